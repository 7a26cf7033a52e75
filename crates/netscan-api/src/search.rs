//! What is known of addresses over all scans of a project, as it is searched.

use jiff::Timestamp;
use netscan_model::observation::Host;
use netscan_model::search::Query;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::check::{Check, Findings};
use crate::page;
use crate::query::{WITH_CURSOR, examine_skip};
use crate::text::Name;

/// The most facets that can be asked for at once: as many as there are.
const MOST_FACETS: usize = 6;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct SearchAssets {
    /// A query of the search language, or `@` and the name of a saved search; all hosts without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 2000, example = "port:443 product:nginx")]
    pub q: Option<String>,
    /// The project: its name or id; `default` if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200)]
    pub project: Option<String>,
    /// As it was known at this time, and not as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, format = DateTime)]
    pub as_of: Option<Timestamp>,
    /// What is counted over all that is found, with commas between: `port`, `service`, `product`,
    /// `os`, `vendor`, `net`. Not of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 100, example = "port,service")]
    pub facets: Option<String>,
    /// Where to read on: `next_cursor` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 1000)]
    pub cursor: Option<String>,
    /// How many hosts, 100 if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// So many hosts are passed over first; not with `cursor`, and not of the past.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(minimum = 0, maximum = 10_000_000)]
    pub skip: Option<u64>,
    /// Whether hosts are told as lists need them: without what scripts said, routes, fingerprints and
    /// sequences, with the likeliest operating system, and of each service only its name, program
    /// and version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brief: Option<bool>,
}

impl Check for SearchAssets {
    fn examine(&self, findings: &mut Findings) {
        let is_wrong = self.limit.is_some_and(|limit| limit == 0 || limit > page::MOST);
        findings.add_if(is_wrong, "limit", "must be from 1 to 1000");
        findings.some_text::<Name>("project", self.project.as_deref());
        let with = [
            (self.cursor.is_some(), WITH_CURSOR),
            (self.as_of.is_some(), "can only be used on what is known now: leave as_of out"),
        ];
        examine_skip(self.skip, &with, findings);
        if let Some(Err(wrong)) = self.q.as_deref().map(Looked::read) {
            findings.add("q", wrong);
        }
        if let Err(wrong) = self.facets() {
            findings.add("facets", wrong);
        }
        let is_both = self.as_of.is_some() && self.facets.is_some();
        findings.add_if(
            is_both,
            "facets",
            "can only be counted of what is known now: leave as_of out",
        );
    }
}

impl SearchAssets {
    /// What is counted.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to write.
    pub fn facets(&self) -> Result<Vec<netscan_model::inventory::FacetField>, String> {
        let words = self.facets.iter().flat_map(|text| text.split(','));
        let fields: Result<Vec<_>, _> = words.map(|word| word.trim().parse()).collect();
        let fields = fields.map_err(|_| {
            "must be some of port, service, product, os, vendor, net, with commas between"
                .to_owned()
        })?;
        if fields.len() > MOST_FACETS {
            return Err("names something twice".to_owned());
        }
        Ok(fields)
    }
}

/// How what is looked for is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Looked {
    /// As a query.
    For(Box<Query>),
    /// By the name of a saved search.
    ByName(String),
}

impl Looked {
    /// Reads a query, or `@` and a name.
    ///
    /// # Errors
    ///
    /// What is wrong with it, where, and what to write.
    pub fn read(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            Some("") => Err("names no saved search behind the @".to_owned()),
            Some(name) => Ok(Self::ByName(name.to_owned())),
            None => match text.parse() {
                Ok(query) => Ok(Self::For(Box::new(query))),
                Err(wrong) => Err(wrong.to_string()),
            },
        }
    }
}

/// A host with what is known of it over all scans that looked at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AssetBody {
    /// What is known of the host, as if one scan had seen it: of each port what the last scan saw
    /// that looked at it.
    #[serde(flatten)]
    pub host: Host,
    /// When it first answered a scan.
    #[schema(value_type = String, format = DateTime)]
    pub first_seen: Timestamp,
    /// When it last answered one.
    #[schema(value_type = String, format = DateTime)]
    pub last_seen: Timestamp,
    /// The number of the scan that it last answered.
    pub scan_number: u64,
}

/// How many of the hosts have a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetCount {
    /// The value, such as `443/tcp`.
    pub value: String,
    /// How many.
    pub count: u64,
}

/// What the hosts have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetBody {
    /// What was counted.
    #[schema(value_type = String)]
    pub field: netscan_model::inventory::FacetField,
    /// The most frequent values.
    pub values: Vec<FacetCount>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FoundBody {
    /// How many hosts are meant; null for a time in the past, which is looked at page by page.
    pub total: Option<u64>,
    /// Those of this page, by address.
    pub hosts: Vec<AssetBody>,
    /// What all of them have in common, as far as it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<FacetBody>,
    /// Where to read on; null behind the last host.
    pub next_cursor: Option<String>,
    /// Whether everything that scans have found was looked at. A moment later it will be.
    pub is_current: bool,
}

/// A query to be saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveSearch {
    /// The query, in the search language.
    #[schema(max_length = 2000, min_length = 1, example = "port:443 product:nginx")]
    pub query: String,
}

impl Check for SaveSearch {
    fn examine(&self, findings: &mut Findings) {
        if let Err(wrong) = self.query.parse::<Query>() {
            findings.add("/query", wrong.to_string());
        }
    }
}

/// A saved search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SavedSearchBody {
    /// Its name, unique in its project.
    pub name: String,
    /// The query, in canonical spelling.
    pub query: String,
    /// Who saved it.
    pub saved_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub saved_at: Timestamp,
}
