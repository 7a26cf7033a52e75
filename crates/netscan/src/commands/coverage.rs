//! `coverage`: what became of each address of a scan.

use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::scan::Scan;
use netscan_report::coverage_sentence;
use netscan_store::{NoAddress, ResolvedName, Store};
use serde_json::json;

use crate::arguments::reading::Coverage;
use crate::ending::Exit;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Coverage) -> anyhow::Result<Exit> {
    let store = context.store().await?;
    let scan = context.scan(&store, &arguments.scan).await?;
    let coverage = store.coverage(scan.id).await?;
    let unresolved = unresolved(&store, &scan).await?;
    if context.is_json() {
        let ranges = ranges(&store, &scan, CoverageState::ALL).await?;
        let denied = denied(&store, &scan).await?;
        let names: Vec<_> = unresolved
            .iter()
            .map(|(name, reason)| json!({ "name": name, "reason": reason }))
            .collect();
        data::print_json(&json!({
            "scan": scan, "coverage": coverage, "ranges": ranges, "unresolved": names,
            "denied": denied
        }))?;
        return Ok(Exit::Done);
    }
    data::print(&coverage_sentence(&coverage))?;
    let states: Vec<_> = CoverageState::ALL
        .iter()
        .copied()
        .filter(|state| !state.is_scanned() && *state != CoverageState::Unresolved)
        .collect();
    let mut table = Table::new(&["State", "Addresses", "#Count", "Reason"]);
    for range in ranges(&store, &scan, &states).await? {
        let count = u64::try_from(range.addresses.count()).unwrap_or(u64::MAX);
        let CoverageRange { addresses, state, reason } = range;
        table.row([state.to_string(), addresses.to_string(), words::grouped(count), reason]);
    }
    for (name, reason) in unresolved {
        table.row([CoverageState::Unresolved.to_string(), name, "1".into(), reason]);
    }
    for name in denied(&store, &scan).await? {
        let reason = NoAddress::Denied.to_string();
        table.row([CoverageState::OutOfScope.to_string(), name, "1".into(), reason]);
    }
    if !table.is_empty() {
        data::print(&format!("\n{}", table.to_string().trim_end()))?;
    }
    Ok(Exit::Done)
}

/// The addresses of the scan that are in one of `states`.
pub(super) async fn ranges(
    store: &Store,
    scan: &Scan,
    states: &[CoverageState],
) -> anyhow::Result<Vec<CoverageRange>> {
    let mut ranges = Vec::new();
    for state in states {
        ranges.extend(store.coverage_ranges(scan.id, *state).await?);
    }
    Ok(ranges)
}

/// The names that no address was found for, with the reason.
pub(super) async fn unresolved(
    store: &Store,
    scan: &Scan,
) -> anyhow::Result<Vec<(String, String)>> {
    let names = store.names(scan.id).await?;
    let unresolved = |name: ResolvedName| match name.outcome {
        Err(NoAddress::Unresolved(reason)) => Some((name.name, reason)),
        Ok(_) | Err(NoAddress::Denied) => None,
    };
    Ok(names.into_iter().filter_map(unresolved).collect())
}

/// The names that the project's scope does not allow.
async fn denied(store: &Store, scan: &Scan) -> anyhow::Result<Vec<String>> {
    let names = store.names(scan.id).await?;
    let is_denied = |name: &ResolvedName| name.outcome == Err(NoAddress::Denied);
    Ok(names.into_iter().filter(is_denied).map(|name| name.name).collect())
}
