//! Gives out a file that an attempt left.

use std::io;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
};
use axum::response::{IntoResponse, Response};
use netscan_model::access::Permission;
use netscan_store::{Artifact, Realm};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, Take};
use uuid::Uuid;

use super::streamed::{Pieces, streamed};
use crate::app::App;
use crate::batches::file_name;
use crate::caller::Caller;
use crate::input::Words;
use crate::refusal::Refusal;

/// Bytes that are read at a time.
const PIECE: usize = 64 * 1024;

/// Gives out a file that an attempt left, as it is stored.
#[utoipa::path(get, path = "/scans/{id}/artifacts/{attempt}/{name}", operation_id = "read_artifact",
    tag = "scans",
    params(
        ("id" = Uuid, Path, description = "The scan's id"),
        ("attempt" = Uuid, Path, description = "The attempt's id"),
        ("name" = String, Path, description = "The file's name, as the list has it"),
    ),
    responses((status = 200, description = "The file.", body = Vec<u8>,
        content_type = "application/octet-stream")))]
pub(crate) async fn read_artifact(
    State(app): State<App>,
    caller: Caller,
    Words(words): Words<3>,
) -> Result<Response, Refusal> {
    let [scan, attempt, name] = words;
    let realm = caller.realm(Permission::Read)?;
    let artifact = listed(realm, &scan, &attempt, &name).await?;
    let artifact = artifact.ok_or_else(|| Refusal::not_found("file"))?;
    let path = app.settings().artifacts.join(&artifact.path);
    let (file, length) = opened(&path).await?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        // The name is plain, or the store's list would not have led here.
        (CONTENT_DISPOSITION, attachment(&name)?),
        (CONTENT_LENGTH, HeaderValue::from(length)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((headers, streamed(Contents(file.take(length)))).into_response())
}

/// The file of that name, if the store knows of it. Nothing else is given out, whatever lies there.
async fn listed(
    realm: &Realm,
    scan: &str,
    attempt: &str,
    name: &str,
) -> Result<Option<Artifact>, Refusal> {
    let ids = Uuid::try_parse(scan).ok().zip(Uuid::try_parse(attempt).ok());
    let Some((scan, attempt)) = ids else { return Ok(None) };
    let Some(attempt) = realm.attempt(attempt).await? else { return Ok(None) };
    let batch = realm.batch(attempt.batch_id).await?;
    if batch.is_none_or(|batch| batch.scan_id != scan) {
        return Ok(None);
    }
    let mut artifacts = attempt.detail.artifacts.into_iter();
    Ok(artifacts.find(|artifact| file_name(artifact) == Some(name)))
}

async fn opened(path: &std::path::Path) -> Result<(File, u64), Refusal> {
    let missing = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Refusal::not_found("file"),
        _ => Refusal::fault(&error),
    };
    let about = tokio::fs::symlink_metadata(path).await.map_err(missing)?;
    if !about.is_file() {
        return Err(Refusal::not_found("file"));
    }
    Ok((File::open(path).await.map_err(missing)?, about.len()))
}

fn attachment(name: &str) -> Result<HeaderValue, Refusal> {
    let value = format!("attachment; filename=\"{name}\"");
    HeaderValue::from_str(&value).map_err(|error| Refusal::fault(&error))
}

/// A file while it is being given out.
struct Contents(Take<File>);

impl Pieces for Contents {
    type Error = io::Error;

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let mut piece = vec![0; PIECE];
        let count = self.0.read(&mut piece).await?;
        piece.truncate(count);
        Ok((count > 0).then(|| Bytes::from(piece)))
    }
}
