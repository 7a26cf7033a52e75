//! The parameters behind the `?` of lists, the same for the server that reads them and the client
//! that writes them.

use jiff::Timestamp;
use netscan_model::coverage::CoverageState;
use netscan_model::observation::HostStatus;
use netscan_model::{batch, scan, search};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::audit::Anchor;
use crate::check::{Check, Findings};
use crate::page;
use crate::text::Name;

/// Which part of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// Where to read on: `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 1000)]
    pub cursor: Option<String>,
    /// How many entries, 100 if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

impl Paging {
    /// How many entries.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(page::DEFAULT_LIMIT).clamp(1, page::MOST)
    }
}

/// The longest text of a filter, in characters.
const LONGEST_TEXT: usize = 200;
/// The greatest number that every reader of JSON takes as it is (RFC 8259, section 6).
const GREATEST_NUMBER: u64 = 9_007_199_254_740_991;

/// The most entries that can be passed over.
const FURTHEST_SKIP: u64 = 10_000_000;
/// Why what is passed over cannot be said beside a cursor.
pub(crate) const WITH_CURSOR: &str = "cannot be used with cursor, which says where to read on";

/// What is wrong with a filter's text, if anything is.
fn examine_text(field: &str, text: Option<&str>, findings: &mut Findings) {
    let is_too_long = text.is_some_and(|text| text.chars().count() > LONGEST_TEXT);
    findings.add_if(is_too_long, field, "must have at most 200 characters");
}

/// What is wrong with a query of the search language, if anything is.
fn examine_filter(text: Option<&str>, findings: &mut Findings) {
    if let Some(Err(wrong)) = text.map(str::parse::<search::Query>) {
        findings.add("where", wrong.to_string());
    }
}

/// What is wrong with a limit, if anything is.
fn examine_limit(limit: Option<u32>, findings: &mut Findings) {
    let is_wrong = limit.is_some_and(|limit| limit == 0 || limit > page::MOST);
    findings.add_if(is_wrong, "limit", "must be from 1 to 1000");
}

/// What is wrong with a number of entries to pass over, if anything is: it may be too many, or be there
/// together with what it cannot be used with.
pub(crate) fn examine_skip(skip: Option<u64>, with: &[(bool, &str)], findings: &mut Findings) {
    let skip = skip.unwrap_or(0);
    findings.add_if(skip > FURTHEST_SKIP, "skip", "must be from 0 to 10000000");
    for (is_there, says) in with {
        findings.add_if(skip > 0 && *is_there, "skip", says);
    }
}

/// Defines a list's parameters: its filters, a cursor and a limit.
macro_rules! listing {
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$field_doc:meta])* $field:ident: $type:ty, )*
        }
        |$query:ident, $findings:ident| $examine:block
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
        #[into_params(parameter_in = Query)]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
            /// Where to read on: `next_cursor` of the page before.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[param(max_length = 1000)]
            pub cursor: Option<String>,
            /// How many entries, 100 if it is not said.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[param(minimum = 1, maximum = 1000)]
            pub limit: Option<u32>,
        }

        impl $name {
            /// Which part of the list.
            #[must_use]
            pub fn paging(&self) -> Paging {
                Paging { cursor: self.cursor.clone(), limit: self.limit }
            }
        }

        impl Check for $name {
            fn examine(&self, findings: &mut Findings) {
                examine_limit(self.limit, findings);
                let ($query, $findings) = (self, findings);
                $examine
            }
        }
    };
}

impl Check for Paging {
    fn examine(&self, findings: &mut Findings) {
        examine_limit(self.limit, findings);
    }
}

listing! {
    /// Which projects, by name.
    ListProjects {
        /// Only the one with exactly this name.
        #[param(max_length = 200)]
        name: String,
    }
    |query, findings| {
        findings.some_text::<Name>("name", query.name.as_deref());
    }
}

listing! {
    /// Which scans, newest first.
    ListScans {
        /// Only those of this project: its name or id.
        #[param(max_length = 200)]
        project: String,
        /// Only those in this state, or in one of several with commas between them.
        #[param(value_type = String, max_length = 200, example = "running,paused")]
        status: States,
        /// Only those of this owner, such as `user:mara`.
        #[param(max_length = 200)]
        owner: String,
        /// Only the one that this means: an id or the beginning of one, a number, or `latest`.
        #[param(max_length = 200)]
        reference: String,
        /// Only those whose names hold this, in any case.
        #[param(max_length = 200)]
        name: String,
        /// Only those that repeat this one, and this one.
        series: Uuid,
        /// Only the one to compare this scan with: the newest of its project that was made before
        /// it, was completed at least in part, and had all of its addresses to scan.
        previous_of: Uuid,
        /// Only the one that was the last to be completed, at least in part, at this time.
        completed_by: Timestamp,
    }
    |query, findings| {
        findings.some_text::<Name>("project", query.project.as_deref());
        examine_text("owner", query.owner.as_deref(), findings);
        examine_text("reference", query.reference.as_deref(), findings);
        examine_text("name", query.name.as_deref(), findings);
    }
}

listing! {
    /// Which batches of a scan, by number.
    ListBatches {
        /// Only those in this state.
        status: batch::StateName,
        /// Only the one with this number.
        #[param(minimum = 1, maximum = 9_007_199_254_740_991i64)]
        number: u64,
    }
    |query, findings| {
        let is_none = query.number.is_some_and(|number| number == 0 || number > GREATEST_NUMBER);
        findings.add_if(is_none, "number", "must be a whole number from 1");
    }
}

listing! {
    /// Which hosts of a scan, by address.
    ListHosts {
        /// Only those with this port open.
        #[param(minimum = 0, maximum = 65535)]
        port: u16,
        /// Only those with this service on an open port.
        #[param(max_length = 200)]
        service: String,
        /// Only those in this state.
        status: HostStatus,
        /// Only those with an open port.
        open: bool,
        /// Only those that match this query of the search language. A page may have fewer hosts than
        /// asked for, and even none, while `next_cursor` tells that there may be more.
        #[serde(rename = "where")]
        #[param(max_length = 2000, example = "port:443 product:nginx")]
        filter: String,
        /// So many are passed over first; neither with `cursor` nor with `where`.
        #[param(minimum = 0, maximum = 10_000_000)]
        skip: u64,
        /// Whether hosts are told as lists need them: without what scripts said, routes, fingerprints and
        /// sequences, with the likeliest operating system, and of each service only its name, program
        /// and version.
        brief: bool,
    }
    |query, findings| {
        examine_text("service", query.service.as_deref(), findings);
        examine_filter(query.filter.as_deref(), findings);
        let with = [
            (query.cursor.is_some(), WITH_CURSOR),
            (query.filter.is_some(), "cannot be used with where: read on by next_cursor"),
        ];
        examine_skip(query.skip, &with, findings);
    }
}

listing! {
    /// Which hosts of all scans, newest scan first.
    SearchHosts {
        /// Only those of this scan.
        scan: Uuid,
        /// Only those of this project: its name or id.
        #[param(max_length = 200)]
        project: String,
        /// Only those with these addresses: an address, a CIDR or a range.
        #[param(max_length = 200)]
        address: String,
        /// Only those with this port open.
        #[param(minimum = 0, maximum = 65535)]
        port: u16,
        /// Only those with this service on an open port.
        #[param(max_length = 200)]
        service: String,
        /// Only those in this state.
        status: HostStatus,
        /// Only those with an open port.
        open: bool,
    }
    |query, findings| {
        findings.some_text::<Name>("project", query.project.as_deref());
        examine_text("address", query.address.as_deref(), findings);
        examine_text("service", query.service.as_deref(), findings);
    }
}

listing! {
    /// Which sightings of an address, newest first.
    ListHistory {
        /// Only those of this project: its name or id.
        #[param(max_length = 200)]
        project: String,
    }
    |query, findings| {
        findings.some_text::<Name>("project", query.project.as_deref());
    }
}

listing! {
    /// Which addresses of a scan, in ascending order.
    ListCoverage {
        /// Only those of which this became.
        state: CoverageState,
    }
    |_query, _findings| {}
}

listing! {
    /// Which addresses that resist.
    ListDifficult {
        /// Only those of this project: its name or id.
        #[param(max_length = 200)]
        project: String,
        /// Only those of this scan.
        scan: Uuid,
    }
    |query, findings| {
        findings.some_text::<Name>("project", query.project.as_deref());
    }
}

listing! {
    /// Which audit rows, newest first.
    ListAudit {
        /// Only those of this actor, such as `user:mara`, or of all tokens of one name: `token:nightly`.
        #[param(max_length = 200)]
        actor: String,
        /// Only those of this action, such as `scan.pause`.
        #[param(max_length = 200)]
        action: String,
        /// Only those from this time on.
        from: Timestamp,
        /// Only those before this time.
        until: Timestamp,
    }
    |query, findings| {
        examine_text("actor", query.actor.as_deref(), findings);
        examine_text("action", query.action.as_deref(), findings);
    }
}

/// What the audit log is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct VerifyAudit {
    /// The end of the log as it was once: the number of its last row, a colon, and that row's hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(value_type = String, max_length = 100, pattern = "^[0-9]{1,19}:[0-9a-fA-F]{64}$")]
    pub anchor: Option<Anchor>,
}

impl Check for VerifyAudit {
    fn examine(&self, _: &mut Findings) {}
}

/// Which events of a scan, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListEvents {
    /// Only those behind this one: its `seq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 0, maximum = 9_007_199_254_740_991i64)]
    pub since: Option<u64>,
    /// How many, 100 if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
}

impl Check for ListEvents {
    fn examine(&self, findings: &mut Findings) {
        examine_limit(self.limit, findings);
        let is_beyond = self.since.is_some_and(|since| since > GREATEST_NUMBER);
        findings.add_if(is_beyond, "since", "must be the number of an event");
    }
}

/// How results are to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReadResults {
    /// `json` if it is not said, or `jsonl`, `csv`, `md`, `html`, `txt`, `xml`, `gnmap`, `xlsx`, `sarif` or `table`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 20)]
    pub format: Option<String>,
    /// The columns of the terminal that a table is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 65535)]
    pub width: Option<u16>,
    /// Whether a table is coloured by the sequences that terminals know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<bool>,
    /// Whether JSON is indented.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretty: Option<bool>,
    /// Only hosts that match this query of the search language.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 2000, example = "port:443 product:nginx")]
    pub filter: Option<String>,
}

impl Check for ReadResults {
    fn examine(&self, findings: &mut Findings) {
        findings.add_if(self.width == Some(0), "width", "must be a whole number from 1");
        examine_filter(self.filter.as_deref(), findings);
    }
}

/// How a report is to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReadReport {
    /// `html` if it is not said, or `md`, `pdf`, or `json` for what a template is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 20)]
    pub format: Option<String>,
}

impl Check for ReadReport {
    fn examine(&self, _: &mut Findings) {}
}

/// Which batch of a project is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FindBatch {
    /// The project's name or id.
    #[param(max_length = 200)]
    pub project: String,
    /// An id or the beginning of one, `SCAN/NUMBER`, or a number within the newest scan.
    #[param(max_length = 200)]
    pub reference: String,
}

impl Check for FindBatch {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Name>("project", &self.project);
        examine_text("reference", Some(&self.reference), findings);
    }
}

/// Which scan to compare with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Compare {
    /// The earlier scan's id.
    pub against: Uuid,
    /// `json` if it is not said, or `jsonl`, `md`, `html` or `text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 20)]
    pub format: Option<String>,
    /// Only changes of this kind, or of one of several with commas between them. The counts are of
    /// those that are told, and of the hosts that are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200, example = "opened,closed")]
    pub only: Option<String>,
    /// Whether hosts in whose place something else seems to answer are compared as any other. They
    /// are left out if not; `only=suspect` lists them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspects: bool,
}

impl Check for Compare {
    fn examine(&self, findings: &mut Findings) {
        examine_text("only", self.only.as_deref(), findings);
    }
}

/// States of scans: in a query, names with commas between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States(pub Vec<scan::State>);

impl From<scan::State> for States {
    fn from(state: scan::State) -> Self {
        Self(vec![state])
    }
}

impl Serialize for States {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names: Vec<_> = self.0.iter().map(|state| state.name()).collect();
        serializer.serialize_str(&names.join(","))
    }
}

impl<'de> Deserialize<'de> for States {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(str::parse).collect::<Result<_, _>>().map(Self).map_err(de::Error::custom)
    }
}
