//! What changed between two scans, one difference after the other.

use std::collections::VecDeque;

use anyhow::Context as _;
use jiff::Timestamp;
use netscan_api::client::Download;
use netscan_api::query::{Compare, ListScans};
use netscan_model::difference::{Change, Difference, Wanted};
use netscan_model::scan::Scan;
use netscan_orchestrator::difference::{self, Differences};
use netscan_report::DifferenceFormat;

use super::errors::unless_missing;
use super::{Desk, Place};

/// The differences of two scans, which are being read.
pub(crate) enum Differing {
    Here(Box<Differences>),
    There(Lines),
}

impl Differing {
    /// The next difference, by address; nothing behind the last one.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Difference>> {
        match self {
            Self::Here(differences) => Ok(differences.next().await?),
            Self::There(lines) => lines.next().await,
        }
    }
}

/// A difference per line, as a server sends them.
pub(crate) struct Lines {
    download: Download,
    found: VecDeque<Difference>,
    /// The beginning of a line whose end has not come yet.
    rest: Vec<u8>,
}

impl Lines {
    async fn next(&mut self) -> anyhow::Result<Option<Difference>> {
        while self.found.is_empty() {
            let Some(piece) = self.download.next().await? else { break };
            self.rest.extend(piece);
            let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            for line in self.rest.drain(..end).as_slice().split(|byte| *byte == b'\n') {
                if !line.is_empty() {
                    let read = serde_json::from_slice(line);
                    self.found.push_back(read.context("cannot read what the server answered")?);
                }
            }
        }
        Ok(self.found.pop_front())
    }
}

impl Desk<'_> {
    /// What changed from the scan `from` to the scan `to`: all that `wanted` counts.
    pub(crate) async fn diff(
        &self,
        from: &Scan,
        to: &Scan,
        wanted: &Wanted,
    ) -> anyhow::Result<Differing> {
        match &self.place {
            Place::Here(realm) => {
                let differences = Differences::between(realm, from, to, wanted).await?;
                Ok(Differing::Here(Box::new(differences)))
            }
            Place::There(client) => {
                // A server lists what is left out only when it is asked for by name.
                let counted = Change::ALL.iter().filter(|change| wanted.counts(**change));
                let names: Vec<_> = counted.map(|change| change.name()).collect();
                let query = Compare {
                    against: from.id,
                    format: Some(DifferenceFormat::Jsonl.to_string()),
                    only: Some(names.join(",")),
                    suspects: wanted.has_suspects,
                };
                let download = client.diff(to.id, &query).await?;
                let (found, rest) = (VecDeque::new(), Vec::new());
                Ok(Differing::There(Lines { download, found, rest }))
            }
        }
    }

    /// The last scan before `scan` that had the same addresses to scan.
    pub(crate) async fn previous(&self, scan: &Scan) -> anyhow::Result<Option<Scan>> {
        match &self.place {
            Place::Here(realm) => Ok(difference::previous(realm, scan).await?),
            Place::There(client) => {
                let query = ListScans { previous_of: Some(scan.id), ..ListScans::default() };
                Ok(client.scans(&query).await?.items.into_iter().next())
            }
        }
    }

    /// The scan of the project that was the last to be completed at `time`.
    pub(crate) async fn completed_by(&self, time: Timestamp) -> anyhow::Result<Option<Scan>> {
        match &self.place {
            Place::Here(realm) => {
                let Some(project) = realm.project(self.project()).await? else { return Ok(None) };
                Ok(difference::newest_completed_by(realm, Some(project.id), time).await?)
            }
            Place::There(client) => {
                let query = ListScans {
                    project: Some(self.project().to_owned()),
                    completed_by: Some(time),
                    ..ListScans::default()
                };
                let found = unless_missing(client.scans(&query).await)?;
                Ok(found.and_then(|page| page.items.into_iter().next()))
            }
        }
    }
}
