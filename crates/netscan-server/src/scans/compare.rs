//! Says what changed from one scan to another.

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use netscan_api::diff::DiffBody;
use netscan_api::query::Compare;
use netscan_model::access::Permission;
use netscan_model::difference::{Change, Wanted};
use netscan_orchestrator::difference::Differences;
use netscan_report::{DifferenceFormat, DifferenceHead, DifferenceWriter};

use super::streamed::{Pieces, streamed};
use crate::caller::Caller;
use crate::input::{Id, Query};
use crate::refusal::Refusal;
use crate::results::ResultsError;

/// Bytes after which a piece is handed on.
const PIECE: usize = 64 * 1024;

/// Says what changed from the scan `against` to this one, address by address. What one of the two
/// did not look at is told as such, and never as closed or gone. Hosts that are suspect are left out
/// and counted, unless they are asked for.
#[utoipa::path(get, path = "/scans/{id}/diff", operation_id = "compare_scans", tag = "scans",
    params(("id" = Uuid, Path, description = "The later scan's id"), Compare),
    responses((status = 200, description = "The changes.", content(
        (DiffBody = "application/json"),
        (String = "application/x-ndjson"),
        (String = "text/markdown"),
        (String = "text/html"),
        (String = "text/plain"),
    ))))]
pub(crate) async fn compare(
    caller: Caller,
    Id(id): Id,
    Query(compare): Query<Compare>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let format = format(compare.format.as_deref())?;
    let only = kinds(compare.only.as_deref())?;
    let wanted = Wanted { only, has_suspects: compare.suspects };
    let (before, after) = (realm.scan(compare.against).await?, realm.scan(id).await?);
    let differences = Differences::between(realm, &before, &after, &wanted).await?;
    let head = DifferenceHead { before, after, wanted };
    let writer = DifferenceWriter::begin(format, &head).map_err(ResultsError::Write)?;
    let mut response = streamed(Document { differences, writer, is_ended: false }).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(format)));
    headers.insert(CONTENT_DISPOSITION, disposition(&head, format)?);
    if format == DifferenceFormat::Html {
        // It has its own style, and no business with this server.
        let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
    Ok(response)
}

fn format(name: Option<&str>) -> Result<DifferenceFormat, Refusal> {
    let Some(name) = name else { return Ok(DifferenceFormat::Json) };
    name.parse().map_err(|error: netscan_model::observation::UnknownName| {
        Refusal::field("/format", error.to_string())
    })
}

fn kinds(names: Option<&str>) -> Result<Vec<Change>, Refusal> {
    let names = names.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    let kinds = names.map(str::parse).collect::<Result<_, _>>();
    kinds.map_err(|error: netscan_model::observation::UnknownName| {
        Refusal::field("/only", error.to_string())
    })
}

fn media_type(format: DifferenceFormat) -> &'static str {
    match format {
        DifferenceFormat::Text => "text/plain; charset=utf-8",
        DifferenceFormat::Json => "application/json",
        DifferenceFormat::Jsonl => "application/x-ndjson",
        DifferenceFormat::Markdown => "text/markdown; charset=utf-8",
        DifferenceFormat::Html => "text/html; charset=utf-8",
    }
}

/// What the changes are called when they are saved.
fn disposition(head: &DifferenceHead, format: DifferenceFormat) -> Result<HeaderValue, Refusal> {
    let (from, to) = (head.before.number, head.after.number);
    let value = format!("inline; filename=\"diff-{from}-{to}.{}\"", format.extension());
    HeaderValue::from_str(&value).map_err(|error| Refusal::fault(&error))
}

/// Differences while they are being written.
struct Document {
    differences: Differences,
    writer: DifferenceWriter,
    is_ended: bool,
}

impl Pieces for Document {
    type Error = ResultsError;

    async fn next(&mut self) -> Result<Option<Bytes>, ResultsError> {
        while !self.is_ended && self.writer.length() < PIECE {
            if let Some(difference) = self.differences.next().await? {
                self.writer.difference(&difference)?;
            } else {
                self.writer.finish()?;
                self.is_ended = true;
            }
        }
        let piece = self.writer.take();
        Ok((!piece.is_empty()).then(|| Bytes::from(piece)))
    }
}
