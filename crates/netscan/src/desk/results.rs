//! What a scan found, piece by piece.

use netscan_api::client::Download;
use netscan_api::query::ReadResults;
use netscan_model::scan::Scan;
use netscan_model::search::Query;
use netscan_report::{Format, WriteOptions};
use netscan_server::matching::Matching;
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
        only: Option<&Query>,
        format: Format,
        options: &WriteOptions,
    ) -> anyhow::Result<Pieces> {
        match &self.place {
            Place::Here(realm) => {
                let only = match only {
                    Some(query) => {
                        Some(Matching::of(realm, scan, query.clone(), self.by().now).await?)
                    }
                    None => None,
                };
                let results = Results::begin(realm, scan, only, format, options).await?;
                Ok(Pieces::Here(Box::new(results)))
            }
            Place::There(client) => {
                let query = ReadResults {
                    format: Some(format.to_string()),
                    width: options.width,
                    colour: Some(options.colour),
                    pretty: Some(options.pretty),
                    filter: only.map(ToString::to_string),
                };
                Ok(Pieces::There(client.results(scan.id, &query).await?))
            }
        }
    }
}
