//! Files that become scans.

use std::fs::File;

use netscan_api::ClientError;
use netscan_api::import::{ImportBody, ImportFile};
use netscan_orchestrator::import::{self, ImportError, ImportRequest, Imported};

use super::{Desk, Place};
use crate::ending::Fault;
use crate::output::spinner::Spinner;

impl Desk<'_> {
    /// Makes a scan of the file, which goes by the name `shown` when it cannot be read.
    pub(crate) async fn import(
        &self,
        file: File,
        shown: &str,
        said: ImportFile,
    ) -> anyhow::Result<ImportBody> {
        let _waiting = Spinner::start(&self.context.talk, "Importing");
        let refused = |reason: String| Fault::new(format!("cannot import {shown}: {reason}"));
        match &self.place {
            Place::Here(realm) => {
                let by = self.by();
                let request = ImportRequest {
                    project: self.project().to_owned(),
                    name: said.name.unwrap_or_default(),
                    notes: said.notes.unwrap_or_default(),
                    owner: by.actor.to_owned(),
                    file: said.file,
                    format: said.format,
                };
                let imported = import::import(realm, &request, file, by).await;
                let imported = imported.map_err(|error: ImportError| {
                    if error.is_files_fault() {
                        return refused(told(&error)).into();
                    }
                    anyhow::Error::from(error)
                })?;
                let Imported { scan, hosts, ports, skipped, truncated } = imported;
                Ok(ImportBody { scan, hosts, ports, skipped, truncated })
            }
            Place::There(client) => {
                self.existing_project(client).await?;
                let file = tokio::fs::File::from_std(file);
                client.import(&said, file).await.map_err(|error| match error {
                    ClientError::Refused { status: 422, problem } if problem.errors.is_empty() => {
                        refused(problem.detail).into()
                    }
                    other => other.into(),
                })
            }
        }
    }
}

/// What is wrong with a file, with its cause.
fn told(error: &ImportError) -> String {
    let cause = std::error::Error::source(error);
    cause.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}
