//! What a scan found, piece by piece, and what changed between two scans.

use netscan_api::client::Download;
use netscan_api::diff::DiffBody;
use netscan_api::query::ReadResults;
use netscan_model::scan::Scan;
use netscan_report::{Format, WriteOptions};
use netscan_server::differences::Differences;
use netscan_server::results::Results;

use super::{Desk, Place};

/// The results of a scan in one format, which are being read.
pub(crate) enum Pieces {
    Here(Box<Results>),
    There(Download),
}

impl Pieces {
    /// The next piece; nothing when it was the last.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Here(results) => Ok(results.next().await?),
            Self::There(download) => Ok(download.next().await?),
        }
    }
}

impl Desk<'_> {
    pub(crate) async fn results(
        &self,
        scan: &Scan,
        format: Format,
        options: &WriteOptions,
    ) -> anyhow::Result<Pieces> {
        match &self.place {
            Place::Here(realm) => {
                let results = Results::begin(realm, scan, format, options).await?;
                Ok(Pieces::Here(Box::new(results)))
            }
            Place::There(client) => {
                let query = ReadResults {
                    format: Some(format.to_string()),
                    width: options.width,
                    colour: Some(options.colour),
                    pretty: Some(options.pretty),
                };
                Ok(Pieces::There(client.results(scan.id, &query).await?))
            }
        }
    }

    /// What changed from the scan `from` to the scan `to`.
    pub(crate) async fn diff(&self, from: &Scan, to: &Scan) -> anyhow::Result<DiffBody> {
        let realm = match &self.place {
            Place::Here(realm) => realm,
            Place::There(client) => return Ok(client.diff(from.id, to.id).await?),
        };
        let mut differences = Differences::between(realm, from, to).await?;
        let mut changes = Vec::new();
        while let Some(change) = differences.next().await? {
            changes.push(change);
        }
        let summary = differences.summary();
        Ok(DiffBody { from: from.number, to: to.number, summary, changes, truncated: false })
    }
}
