//! What a scan found, in the format that is asked for, piece by piece.
//!
//! The pieces are asked for: whoever reads slowly slows nobody but themselves, and nothing is held
//! but one page of hosts and one piece. A [`Report`] is the same for people, and can be printed.

mod report;

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use netscan_model::coverage::CoverageState;
use netscan_model::difference::Wanted;
use netscan_model::observation::Host;
use netscan_model::scan::Scan;
use netscan_modules::chromium::PrintError;
use netscan_orchestrator::difference::{self, Differences};
use netscan_report::{ChangesSince, Format, Method, ReportHead, ReportWriter, WriteOptions};
use netscan_store::{AttemptRecord, HostCursor, NoAddress, Realm, ResolvedName, StoreError};
use uuid::Uuid;

pub use self::report::Report;
use crate::matching::Matching;

/// Of a scan's attempts, so many are looked at for one that tells how the scan was made.
const ATTEMPTS_LOOKED_AT: u32 = 20;
/// Hosts that are read from the store at a time.
const PAGE: u32 = 256;
/// Bytes after which a piece is handed on.
const PIECE: usize = 64 * 1024;

/// The results of one scan while they are being written.
pub struct Results {
    realm: Realm,
    scan: Uuid,
    /// Nothing once the end is written.
    writer: Option<ReportWriter<Sheet>>,
    sheet: Sheet,
    /// Which hosts are written, if not all.
    only: Option<Matching>,
    hosts: VecDeque<Host>,
    behind: HostCursor,
    /// Whether all hosts were read.
    is_at_end: bool,
}

/// Why results could not be written to their end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResultsError {
    /// They cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They cannot be put into the format.
    #[error("the results cannot be written")]
    Write(#[from] io::Error),
    /// They cannot be printed.
    #[error(transparent)]
    Print(#[from] PrintError),
}

impl Results {
    /// Begins to write what `scan` found; `only` these hosts, if not all of them.
    ///
    /// # Errors
    ///
    /// [`ResultsError`] when the scan cannot be read.
    pub async fn begin(
        realm: &Realm,
        scan: &Scan,
        only: Option<Matching>,
        format: Format,
        options: &WriteOptions,
    ) -> Result<Self, ResultsError> {
        let filter = only.as_ref().map(|only| only.query().to_string());
        let mut head = ReportHead { filter, ..head(realm, scan).await? };
        if only.is_none() && matches!(format, Format::Html | Format::Markdown) {
            head.changes = changes(realm, scan).await?;
        }
        let sheet = Sheet::default();
        let writer = ReportWriter::begin(format, &head, options, sheet.clone())?;
        Ok(Self::of(realm, scan, only, writer, sheet))
    }

    /// Begins to write what a template is given of `scan`.
    ///
    /// # Errors
    ///
    /// [`ResultsError`] when the scan cannot be read.
    pub async fn begin_material(realm: &Realm, scan: &Scan) -> Result<Self, ResultsError> {
        let changes = changes(realm, scan).await?;
        let head = ReportHead { changes, ..head(realm, scan).await? };
        let sheet = Sheet::default();
        let writer = ReportWriter::begin_material(&head, sheet.clone())?;
        Ok(Self::of(realm, scan, None, writer, sheet))
    }

    fn of(
        realm: &Realm,
        scan: &Scan,
        only: Option<Matching>,
        writer: ReportWriter<Sheet>,
        sheet: Sheet,
    ) -> Self {
        Self {
            realm: realm.clone(),
            scan: scan.id,
            writer: Some(writer),
            sheet,
            only,
            hosts: VecDeque::new(),
            behind: HostCursor::default(),
            is_at_end: false,
        }
    }

    /// The next piece; nothing behind the last one.
    ///
    /// # Errors
    ///
    /// [`ResultsError`] when the rest cannot be had: what came so far is not whole.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ResultsError> {
        while self.sheet.length() < PIECE {
            let Some(writer) = &mut self.writer else { break };
            if let Some(host) = self.hosts.pop_front() {
                if self.only.as_ref().is_none_or(|only| only.has(&host)) {
                    writer.host(&host)?;
                }
                continue;
            }
            if self.is_at_end {
                if !writer.end_some()? {
                    self.writer = None;
                }
                continue;
            }
            self.hosts = self.realm.hosts(self.scan, &self.behind, PAGE).await?.into();
            match self.hosts.back() {
                Some(last) => self.behind = HostCursor::after(last.address),
                None => self.is_at_end = true,
            }
        }
        let piece = self.sheet.take();
        Ok((!piece.is_empty()).then_some(piece))
    }
}

/// What is written and was not yet handed on.
#[derive(Clone, Default)]
struct Sheet(Arc<Mutex<Vec<u8>>>);

impl Sheet {
    fn length(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a report of `scan` says besides its hosts.
///
/// # Errors
///
/// [`StoreError`] when the scan cannot be read.
pub async fn head(realm: &Realm, scan: &Scan) -> Result<ReportHead, StoreError> {
    let mut gaps = Vec::new();
    for state in CoverageState::ALL {
        if !state.is_scanned() && *state != CoverageState::Unresolved {
            gaps.extend(realm.coverage_ranges(scan.id, *state).await?);
        }
    }
    Ok(ReportHead {
        scan: scan.clone(),
        coverage: realm.coverage(scan.id).await?,
        gaps,
        unresolved: unresolved(realm, scan).await?,
        method: method(scan, realm.earliest_attempts(scan.id, ATTEMPTS_LOOKED_AT).await?),
        authorisation: realm.seal(scan.id).await?.authorisation,
        filter: None,
        changes: None,
    })
}

/// What changed since the last scan before `scan` that had all of its addresses to scan.
async fn changes(realm: &Realm, scan: &Scan) -> Result<Option<ChangesSince>, StoreError> {
    let Some(before) = difference::previous(realm, scan).await? else { return Ok(None) };
    let mut changes = ChangesSince::new(&before);
    let mut differences = Differences::between(realm, &before, scan, &Wanted::default()).await?;
    while let Some(difference) = differences.next().await? {
        changes.add(difference);
    }
    Ok(Some(changes))
}

/// The names that no address was found for, with the reason.
async fn unresolved(realm: &Realm, scan: &Scan) -> Result<Vec<(String, String)>, StoreError> {
    let names = realm.names(scan.id).await?;
    let unresolved = |name: ResolvedName| match name.outcome {
        Err(NoAddress::Unresolved(reason)) => Some((name.name, reason)),
        Ok(_) | Err(NoAddress::Denied) => None,
    };
    Ok(names.into_iter().filter_map(unresolved).collect())
}

/// How the scan was made, as the first attempt tells that nmap has told something of itself.
fn method(scan: &Scan, attempts: Vec<AttemptRecord>) -> Method {
    let has_told = |attempt: &AttemptRecord| !attempt.detail.scan_infos.is_empty();
    let has_begun = |attempt: &AttemptRecord| !attempt.detail.argv.is_empty();
    let place = attempts.iter().position(has_told).or(attempts.iter().position(has_begun));
    let Some(first) = place.and_then(|place| attempts.into_iter().nth(place)) else {
        return Method::default();
    };
    Method {
        program_version: first.detail.version,
        arguments: first.detail.argv.join(" "),
        scan_infos: first.detail.scan_infos,
        started_at: Some(first.started_at),
        ended_at: scan.completed_at,
    }
}
