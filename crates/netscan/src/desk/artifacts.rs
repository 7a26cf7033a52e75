//! The files of attempts, read piece by piece.

use std::fs::File;
use std::io::{self, Read};

use anyhow::Context as _;
use netscan_api::batch::{ArtifactBody, AttemptBody};
use netscan_api::client::Download;
use netscan_server::bodies;
use netscan_store::Artifact;

use super::errors::unless_missing;
use super::{Desk, Place};

/// How much is read of a file at a time.
const PIECE: usize = 64 * 1024;

/// A file that is being read, wherever it is.
#[derive(Debug)]
pub(crate) enum Source {
    Here(File),
    There(Download),
}

impl Source {
    /// The next piece; nothing when it was the last.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Here(file) => {
                let mut piece = vec![0; PIECE];
                let count = file.read(&mut piece)?;
                piece.truncate(count);
                Ok((count > 0).then_some(piece))
            }
            Self::There(download) => Ok(download.next().await?),
        }
    }
}

impl Desk<'_> {
    /// The file as it is stored. Nothing comes back when it is gone.
    pub(crate) async fn artifact(
        &self,
        attempt: &AttemptBody,
        artifact: &ArtifactBody,
    ) -> anyhow::Result<Option<Source>> {
        match &self.place {
            Place::Here(realm) => {
                let record = realm.attempt(attempt.id).await?;
                let files = record.map(|record| record.detail.artifacts).unwrap_or_default();
                let is_it = |file: &&Artifact| bodies::file_name(file) == Some(&artifact.name);
                let Some(file) = files.iter().find(is_it) else { return Ok(None) };
                let root = &self.context.configuration.artifacts_dir.value;
                match File::open(root.join(&file.path)) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    opened => {
                        let failed = || format!("cannot read {}", file.path);
                        Ok(Some(Source::Here(opened.with_context(failed)?)))
                    }
                }
            }
            Place::There(client) => {
                Ok(unless_missing(client.artifact(&artifact.href).await)?.map(Source::There))
            }
        }
    }
}
