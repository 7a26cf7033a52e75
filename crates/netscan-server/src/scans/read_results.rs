//! Gives out what a scan found, in any format.

use axum::http::header::{
    ACCEPT, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use netscan_api::query::ReadResults;
use netscan_api::scan::ResultsBody;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_report::{Format, WriteOptions};

use super::streamed::streamed;
use crate::caller::Caller;
use crate::input::{Id, Query};
use crate::matching::{self, Matching};
use crate::refusal::Refusal;
use crate::results::Results;

/// What a workbook is called among media types.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Gives out what a scan found, in the format that is asked for by `format` or by the header
/// `Accept`: JSON if nothing is asked for.
#[utoipa::path(get, path = "/scans/{id}/results", operation_id = "read_results", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ReadResults),
    responses((status = 200, description = "The results.", content(
        (ResultsBody = "application/json"),
        (String = "application/x-ndjson"),
        (String = "text/csv"),
        (String = "text/markdown"),
        (String = "text/html"),
        (String = "text/plain"),
        (String = "application/xml"),
        (String = "application/sarif+json"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ))))]
pub(crate) async fn read_results(
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ReadResults>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let format = format(query.format.as_deref(), &headers)?;
    let scan = realm.scan(id).await?;
    let options = WriteOptions {
        colour: query.colour.unwrap_or_default(),
        width: query.width,
        pretty: query.pretty.unwrap_or_default(),
        open_only: format == Format::Table,
    };
    let only = match matching::asked("/where", query.filter.as_deref())? {
        Some(query) => Some(Matching::of(realm, &scan, query, Timestamp::now()).await?),
        None => None,
    };
    let results = Results::begin(realm, &scan, only, format, &options).await?;
    let mut response = streamed(results).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(format)));
    headers.insert(CONTENT_DISPOSITION, disposition(&scan, format)?);
    headers.insert(VARY, HeaderValue::from_static("accept"));
    if format == Format::Html {
        // It has its own style, and no business with this server.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    Ok(response)
}

fn format(asked: Option<&str>, headers: &HeaderMap) -> Result<Format, Refusal> {
    if let Some(name) = asked {
        return name.parse().map_err(|error: netscan_model::observation::UnknownName| {
            Refusal::field("/format", error.to_string())
        });
    }
    let accepted = headers.get(ACCEPT).and_then(|accepted| accepted.to_str().ok());
    Ok(accepted.and_then(preferred).unwrap_or(Format::Json))
}

/// The format that an `Accept` header (RFC 9110, section 12.5.1) likes best, if it names one that
/// there is.
fn preferred(accepted: &str) -> Option<Format> {
    let mut wishes: Vec<(f32, Format)> = accepted.split(',').filter_map(wish).collect();
    // Of those that are liked as much, the first: sorting is stable.
    wishes.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    wishes.first().map(|(_, format)| *format)
}

fn wish(text: &str) -> Option<(f32, Format)> {
    let mut parts = text.split(';').map(str::trim);
    let media = parts.next()?.to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q="));
    let weight = weight.map_or(Some(1.0), |weight| weight.parse().ok())?;
    let format = match media.as_str() {
        "application/json" => Format::Json,
        "application/x-ndjson" | "application/jsonl" => Format::Jsonl,
        "text/csv" => Format::Csv,
        "text/markdown" => Format::Markdown,
        "text/html" => Format::Html,
        "text/plain" => Format::Text,
        "application/xml" | "text/xml" => Format::Xml,
        "application/sarif+json" => Format::Sarif,
        XLSX => Format::Xlsx,
        _ => return None,
    };
    (weight > 0.0).then_some((weight, format))
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Jsonl => "application/x-ndjson",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Markdown => "text/markdown; charset=utf-8",
        Format::Html => "text/html; charset=utf-8",
        Format::Table | Format::Text | Format::Gnmap => "text/plain; charset=utf-8",
        Format::Xml => "application/xml",
        Format::Sarif => "application/sarif+json",
        Format::Xlsx => XLSX,
    }
}

/// What the results are called when they are saved.
fn disposition(scan: &Scan, format: Format) -> Result<HeaderValue, Refusal> {
    let value = format!("inline; filename=\"scan-{}.{}\"", scan.number, format.extension());
    HeaderValue::from_str(&value).map_err(|error| Refusal::fault(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_that_is_liked_best_is_taken() {
        for (accepted, format) in [
            ("text/csv", Some(Format::Csv)),
            ("text/csv;q=0.5, application/xml;q=0.9", Some(Format::Xml)),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some(Format::Html)),
            ("text/csv;q=0, */*", None),
            ("*/*", None),
            ("application/sarif+json, application/json;q=0.9", Some(Format::Sarif)),
            (XLSX, Some(Format::Xlsx)),
            ("image/png", None),
            ("", None),
        ] {
            assert_eq!(preferred(accepted), format, "{accepted}");
        }
    }
}
