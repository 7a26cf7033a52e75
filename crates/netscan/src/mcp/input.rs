//! What a tool is asked, and what may be asked of it.

use std::fmt;

use netscan_model::scan::Scan;
use netscan_model::search::Query;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::desk::Desk;

/// Entries of an answer when nobody says how many.
const USUAL: u32 = 50;
/// Entries of an answer at most.
pub(super) const MOST: u32 = 200;

/// Reads the arguments of a call.
pub(super) fn read<T: DeserializeOwned>(arguments: Value) -> anyhow::Result<T> {
    let arguments = if arguments.is_null() { Value::Object(Map::new()) } else { arguments };
    serde_json::from_value(arguments).map_err(|error| anyhow::anyhow!("arguments: {error}"))
}

/// How many entries are wanted.
pub(super) fn limit(limit: Option<u32>) -> anyhow::Result<usize> {
    let limit = limit.unwrap_or(USUAL);
    anyhow::ensure!((1..=MOST).contains(&limit), "limit is a number from 1 to {MOST}");
    Ok(usize::try_from(limit)?)
}

/// How many entries a cursor leaves out, in lists that are counted.
pub(super) fn offset(cursor: Option<&str>) -> anyhow::Result<usize> {
    let read = cursor.map_or(Ok(0), str::parse);
    read.map_err(|_| anyhow::anyhow!("this is no cursor of this list; send next_cursor as it came"))
}

/// Where a list of hosts is read on: behind a place of the store's list, and there behind so many
/// parts of the first host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) behind: Option<String>,
    pub(super) skipped: usize,
}

impl Place {
    pub(super) fn read(cursor: Option<&str>) -> anyhow::Result<Self> {
        let Some(cursor) = cursor else { return Ok(Self::default()) };
        let (skipped, behind) = cursor.split_once('@').unwrap_or((cursor, ""));
        let behind = (!behind.is_empty()).then(|| behind.to_owned());
        Ok(Self { behind, skipped: offset(Some(skipped))? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}@{}", self.skipped, self.behind.as_deref().unwrap_or_default())
    }
}

/// A query of the search language.
pub(super) fn query(text: Option<&str>) -> anyhow::Result<Option<Query>> {
    let read = text.filter(|text| !text.trim().is_empty()).map(str::parse::<Query>).transpose();
    read.map_err(|wrong| anyhow::anyhow!("where: {wrong}"))
}

pub(super) async fn scan(desk: &Desk<'_>, reference: &Reference) -> anyhow::Result<Scan> {
    match reference {
        Reference::Number(number) => desk.scan(&number.to_string()).await,
        Reference::Text(text) => desk.scan(text).await,
    }
}

/// A scan, as assistants name it: some write numbers as numbers.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(untagged, expecting = "a scan is its number, its id, or \"latest\"")]
pub(super) enum Reference {
    Number(u64),
    Text(String),
}

/// The arguments of a tool that is about one scan.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OneScan {
    pub(super) scan: Reference,
}

impl OneScan {
    pub(super) fn schema() -> Value {
        schema(&json!({ "scan": scan_schema("The scan") }), &["scan"])
    }
}

// Schemas

/// The schema of a tool's arguments.
pub(super) fn schema(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object", "properties": properties, "required": required,
        "additionalProperties": false,
    })
}

pub(super) fn scan_schema(description: &str) -> Value {
    json!({
        "type": ["string", "integer"],
        "description": format!("{description}: its number, its id, or `latest`"),
    })
}

pub(super) fn where_schema() -> Value {
    json!({
        "type": "string", "maxLength": 2_000,
        "description": "Only hosts that match, in netscan's search language: blanks mean and, `-` means not. \
            Fields: port, service, product, version, os, net, host, script, cve, title, ports, tag. \
            Examples: `port:443 product:nginx`, `net:10.0.0.0/8 -service:ssh`, `cve:*`, `script.http-title~\"login\"`",
    })
}

pub(super) fn limit_schema() -> Value {
    json!({
        "type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL,
        "description": "How many entries at most",
    })
}

pub(super) fn cursor_schema() -> Value {
    json!({
        "type": "string",
        "description": "`next_cursor` of the answer before, to read on from there",
    })
}

pub(super) fn names_schema(names: &[&str], description: &str) -> Value {
    json!({
        "type": "array", "items": { "type": "string", "enum": names }, "description": description,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_as_it_is_written() {
        for (behind, skipped) in [(None, 0), (None, 7), (Some("192.0.2.1"), 0), (Some("e30="), 3)] {
            let place = Place { behind: behind.map(str::to_owned), skipped };

            assert_eq!(Place::read(Some(&place.to_string())).unwrap(), place);
        }
        assert!(Place::read(Some("here")).is_err());
    }

    #[test]
    fn a_scan_is_named_by_a_number_or_a_text() {
        let read = |value| serde_json::from_value::<Reference>(value);

        assert!(matches!(read(json!(7)).unwrap(), Reference::Number(7)));
        assert!(
            matches!(read(json!("latest")).unwrap(), Reference::Text(text) if text == "latest")
        );
        assert!(read(json!([7])).unwrap_err().to_string().contains("its number, its id"));
    }
}
