//! The report of a scan for people: a page, its printed form, Markdown, or what a template is given.

use std::fs::File;
use std::io::Read;

use netscan_model::scan::Scan;
use netscan_modules::chromium::{Chromium, PrintError};
use netscan_report::{Format, ReportFormat, WriteOptions};
use netscan_store::Realm;

use super::{PIECE, Results, ResultsError};

/// A report while it is being written.
pub struct Report(Kind);

enum Kind {
    /// Written as the scan is read.
    Written(Box<Results>),
    /// Printed already; in a file without a name.
    Printed(File),
}

impl Report {
    /// Begins the report of `scan`. For PDF, this is when it is printed, with the Chromium that
    /// `chromium` finds.
    ///
    /// # Errors
    ///
    /// [`ResultsError`] when the scan cannot be read, or not be printed.
    pub async fn begin(
        realm: &Realm,
        scan: &Scan,
        format: ReportFormat,
        chromium: impl FnOnce() -> Result<Chromium, PrintError>,
    ) -> Result<Self, ResultsError> {
        let written = async |format| {
            let options = WriteOptions::default();
            Results::begin(realm, scan, None, format, &options).await
        };
        let results = match format {
            ReportFormat::Html => written(Format::Html).await?,
            ReportFormat::Markdown => written(Format::Markdown).await?,
            ReportFormat::Json => Results::begin_material(realm, scan).await?,
            ReportFormat::Pdf => {
                // Without Chromium there is no use in reading the scan.
                let chromium = chromium()?;
                let page = written(Format::Html).await?;
                return Ok(Self(Kind::Printed(print(page, &chromium).await?)));
            }
        };
        Ok(Self(Kind::Written(Box::new(results))))
    }

    /// The next piece; nothing behind the last one.
    ///
    /// # Errors
    ///
    /// [`ResultsError`] when the rest cannot be had: what came so far is not whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ResultsError> {
        match &mut self.0 {
            Kind::Written(results) => results.next().await,
            Kind::Printed(file) => {
                let mut piece = Vec::new();
                file.take(PIECE as u64).read_to_end(&mut piece)?;
                Ok((!piece.is_empty()).then_some(piece))
            }
        }
    }
}

async fn print(mut page: Results, chromium: &Chromium) -> Result<File, ResultsError> {
    let mut printing = chromium.begin()?;
    while let Some(piece) = page.next().await? {
        printing.write(&piece)?;
    }
    Ok(printing.finish().await?)
}
