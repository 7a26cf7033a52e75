//! Which scan another one is compared with, when nobody names it.

use jiff::Timestamp;
use netscan_model::address::{Address, AddressSet};
use netscan_model::coverage::CoverageState;
use netscan_model::scan::{Scan, State};
use netscan_store::{Realm, ScanCursor, ScanFilter, StoreError};
use uuid::Uuid;

/// Scans, or lines of the ledger, that are read at a time.
const PAGE: u32 = 256;

/// The newest scan of the same project that was made before `scan`, has ended, and had all of its
/// addresses to scan. One that failed or was cancelled is passed over: it looked at too little.
///
/// # Errors
///
/// [`StoreError`] when the scans cannot be read.
pub async fn previous(realm: &Realm, scan: &Scan) -> Result<Option<Scan>, StoreError> {
    let wanted = to_scan(realm, scan).await?;
    let mut completed = Completed::of(realm, Some(scan.project_id), Some(ScanCursor::after(scan)));
    while let Some(candidate) = completed.next().await? {
        if wanted.subtract(&to_scan(realm, &candidate).await?).is_empty() {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// The scan, of one project or of all, that was the last to be completed at `time`. Those that failed
/// or were cancelled do not count.
///
/// # Errors
///
/// [`StoreError`] when the scans cannot be read.
pub async fn newest_completed_by(
    realm: &Realm,
    project: Option<Uuid>,
    time: Timestamp,
) -> Result<Option<Scan>, StoreError> {
    let mut newest: Option<Scan> = None;
    let mut completed = Completed::of(realm, project, None);
    while let Some(scan) = completed.next().await? {
        let is_newer = newest.as_ref().is_none_or(|best| scan.completed_at > best.completed_at);
        if is_newer && scan.completed_at.is_some_and(|end| end <= time) {
            newest = Some(scan);
        }
    }
    Ok(newest)
}

/// The addresses that were not left out from the beginning.
async fn to_scan(realm: &Realm, scan: &Scan) -> Result<AddressSet, StoreError> {
    let is_left_out = |state| {
        matches!(
            state,
            CoverageState::Excluded | CoverageState::OutOfScope | CoverageState::Unresolved
        )
    };
    let (mut ranges, mut behind): (Vec<_>, Option<Address>) = (Vec::new(), None);
    loop {
        let page = realm.coverage_page(scan.id, &[], behind, PAGE).await?;
        let Some(last) = page.last() else { return Ok(ranges.into_iter().collect()) };
        behind = Some(last.addresses.last());
        let asked = page.into_iter().filter(|line| !is_left_out(line.state));
        ranges.extend(asked.map(|line| line.addresses));
    }
}

/// Scans that were completed, wholly or in part, newest first.
struct Completed<'a> {
    realm: &'a Realm,
    filter: ScanFilter,
    page: std::vec::IntoIter<Scan>,
}

impl<'a> Completed<'a> {
    fn of(realm: &'a Realm, project: Option<Uuid>, before: Option<ScanCursor>) -> Self {
        let states = vec![State::Completed, State::Partial];
        let filter = ScanFilter { project, states, before, ..ScanFilter::default() };
        Self { realm, filter, page: Vec::new().into_iter() }
    }

    async fn next(&mut self) -> Result<Option<Scan>, StoreError> {
        if let Some(scan) = self.page.next() {
            return Ok(Some(scan));
        }
        let page = self.realm.list_scans(&self.filter, PAGE).await?;
        if let Some(last) = page.last() {
            self.filter.before = Some(ScanCursor::after(last));
        }
        self.page = page.into_iter();
        Ok(self.page.next())
    }
}
