//! Says what changed from one scan to another.

use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use netscan_api::diff::DiffBody;
use netscan_api::query::Compare;
use netscan_model::access::Permission;
use netscan_model::scan::Scan;
use netscan_store::StoreError;
use serde_json::json;

use super::streamed::{Pieces, streamed};
use crate::caller::Caller;
use crate::differences::Differences;
use crate::input::{Id, Query};
use crate::refusal::Refusal;

/// Bytes after which a piece is handed on.
const PIECE: usize = 64 * 1024;

/// Says what changed from the scan `against` to this one, address by address. What one of the two
/// did not look at is told as such, and never as closed or gone.
#[utoipa::path(get, path = "/scans/{id}/diff", operation_id = "compare_scans", tag = "scans",
    params(("id" = Uuid, Path, description = "The later scan's id"), Compare),
    responses((status = 200, description = "The changes.", body = DiffBody)))]
pub(crate) async fn compare(
    caller: Caller,
    Id(id): Id,
    Query(compare): Query<Compare>,
) -> Result<Response, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let (before, after) = (realm.scan(compare.against).await?, realm.scan(id).await?);
    let differences = Differences::between(realm, &before, &after).await?;
    let document =
        Document { opening: Some(opening(&before, &after)), differences, place: Place::First };
    let media = HeaderValue::from_static("application/json");
    Ok(([(CONTENT_TYPE, media)], streamed(document)).into_response())
}

fn opening(before: &Scan, after: &Scan) -> String {
    format!("{{\"from\":{},\"to\":{},\"changes\":[", before.number, after.number)
}

/// A [`DiffBody`] while it is being written: the changes as they are found, and then the summary.
struct Document {
    opening: Option<String>,
    differences: Differences,
    place: Place,
}

/// Where a document is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// No change has been written.
    First,
    /// There is a change before the next one.
    Further,
    /// All is written.
    End,
}

impl Pieces for Document {
    type Error = StoreError;

    async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        let mut piece = self.opening.take().unwrap_or_default();
        while piece.len() < PIECE && self.place != Place::End {
            if let Some(change) = self.differences.next().await? {
                if self.place == Place::Further {
                    piece.push(',');
                }
                piece.push_str(&json!(change).to_string());
                self.place = Place::Further;
            } else {
                let summary = json!(self.differences.summary());
                piece.push_str("],\"summary\":");
                piece.push_str(&summary.to_string());
                piece.push_str(",\"truncated\":false}");
                self.place = Place::End;
            }
        }
        Ok((!piece.is_empty()).then(|| Bytes::from(piece)))
    }
}
