//! The report of a scan for people, piece by piece.

use netscan_api::client::Download;
use netscan_api::query::ReadReport;
use netscan_model::scan::Scan;
use netscan_modules::chromium::Chromium;
use netscan_report::ReportFormat;
use netscan_server::results::Report;

use super::{Desk, Place};

/// A report, which is being read.
pub(crate) enum Pages {
    Here(Box<Report>),
    There(Download),
}

impl Pages {
    /// The next piece; nothing when it was the last.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        match self {
            Self::Here(report) => Ok(report.next().await?),
            Self::There(download) => Ok(download.next().await?),
        }
    }
}

impl Desk<'_> {
    /// The report of `scan`. A server prints with its own Chromium.
    pub(crate) async fn report(&self, scan: &Scan, format: ReportFormat) -> anyhow::Result<Pages> {
        match &self.place {
            Place::Here(realm) => {
                let program = self.context.configuration.chromium_path.value.as_deref();
                let chromium = || Chromium::find(program);
                let report = Report::begin(realm, scan, format, chromium).await?;
                Ok(Pages::Here(Box::new(report)))
            }
            Place::There(client) => {
                let query = ReadReport { format: Some(format.to_string()) };
                Ok(Pages::There(client.report(scan.id, &query).await?))
            }
        }
    }
}
