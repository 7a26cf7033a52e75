//! From a file that a scanner wrote to a scan that has ended: read as a stream, stored in chunks.
//!
//! One thread reads, and hands on no more than a chunk at a time, so that a file of any size takes the
//! memory of three chunks. What is stored is stored: a file that breaks off in the middle is a scan
//! that is *partial*.

mod reader;

use std::io::Read;

use jiff::Timestamp;
use netscan_model::import::FileFormat;
use netscan_model::scan::Scan;
use netscan_modules::files::FileError;
use netscan_store::{By, ImportCounts, ImportEnd, NewImport, Realm, StoreError};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use uuid::Uuid;

use self::reader::{Head, Piece, Tail};

/// More is not read of what a file holds when it is unpacked.
pub const MOST_BYTES: u64 = 64 * 1024 * 1024 * 1024;

/// A file that is to become a scan.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// The project's name.
    pub project: String,
    /// What people call the scan; may be empty.
    pub name: String,
    /// What people note about it; may be empty.
    pub notes: String,
    /// Whose it is, such as `user:mara`; may be empty.
    pub owner: String,
    /// What the file is called, if it has a name.
    pub file: Option<String>,
    /// The form of the file, if that is not to be found out.
    pub format: Option<FileFormat>,
}

/// A file that has become a scan.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The scan.
    pub scan: Scan,
    /// Hosts that it has.
    pub hosts: u64,
    /// Their ports.
    pub ports: u64,
    /// Hosts, ports and other entries that could not be read, and were left out.
    pub skipped: u64,
    /// Whether the file was not whole.
    pub truncated: bool,
}

/// Why a file did not become a scan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is no such file. Nothing is stored.
    #[error(transparent)]
    File(#[from] FileError),
    /// It breaks off, or is something else, before it says anything. Nothing is stored.
    #[error("the file says nothing of a scan: {reason}")]
    Nothing {
        /// What is wrong with it.
        reason: String,
    },
    /// What reads the file has failed. What was stored before stays, as a partial scan.
    #[error("the file could not be read to its end by a mistake of this program")]
    Reader,
    /// The store failed. What was stored before stays, as a partial scan.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ImportError {
    /// Whether the fault is in the file.
    #[must_use]
    pub fn is_files_fault(&self) -> bool {
        matches!(self, Self::File(_) | Self::Nothing { .. })
    }
}

/// Reads a scan from `source` and stores it.
///
/// # Errors
///
/// [`ImportError`] when it is no file of the kind, or cannot be stored.
pub async fn import(
    realm: &Realm,
    request: &ImportRequest,
    source: impl Read + Send + 'static,
    by: By<'_>,
) -> Result<Imported, ImportError> {
    let (out, mut pieces) = mpsc::channel(1);
    let format = request.format;
    let reading = tokio::task::spawn_blocking(move || reader::read(source, format, &out));
    let mut begun = None;
    while let Some(piece) = pieces.recv().await {
        match (piece, &mut begun) {
            (Piece::Head(head), begun @ None) => {
                let new = new_import(request, &head, by.now);
                *begun = Some(realm.begin_import(&new, Uuid::now_v7(), by).await?);
            }
            (Piece::Chunk(chunk), Some(import)) => {
                realm.import_hosts(import, chunk, Timestamp::now()).await?;
            }
            (Piece::Head(_), Some(_)) | (Piece::Chunk(_), None) => return Err(ImportError::Reader),
        }
    }
    // It has sent its last piece, and so has ended, or panicked.
    let tail = reading.await.map_err(|_| ImportError::Reader)??;
    let Some(import) = begun else {
        let reason = tail.fault.unwrap_or_else(|| "it has no root element".to_owned());
        return Err(ImportError::Nothing { reason });
    };
    let ImportCounts { hosts, ports } = import.counts();
    let Tail { detail, fault, ended_at, skipped } = tail;
    let truncated = fault.is_some();
    let end = ImportEnd { detail, fault, ended_at: ended_at.unwrap_or(by.now).min(by.now) };
    let scan = realm.finish_import(&import, &end, By { now: Timestamp::now(), ..by }).await?;
    Ok(Imported { scan, hosts, ports, skipped, truncated })
}

fn new_import(request: &ImportRequest, head: &Head, now: Timestamp) -> NewImport {
    NewImport {
        id: Uuid::now_v7(),
        project: request.project.clone(),
        name: request.name.clone(),
        notes: request.notes.clone(),
        owner: request.owner.clone(),
        origin: origin(request, head),
        // Clocks of others run ahead now and then.
        started_at: head.started_at.unwrap_or(now).min(now),
    }
}

/// Where the scan comes from, for everyone who sees it.
fn origin(request: &ImportRequest, head: &Head) -> Map<String, Value> {
    let mut origin = Map::new();
    origin.insert("format".into(), json!(head.format));
    let said = [
        ("file", request.file.as_deref()),
        ("scanner", Some(head.scanner.as_str())),
        ("version", Some(head.version.as_str())),
    ];
    for (name, value) in said {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            origin.insert(name.into(), value.into());
        }
    }
    origin
}
