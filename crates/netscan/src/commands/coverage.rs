//! `coverage`: what became of each address of a scan.

use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_report::coverage_sentence;
use netscan_store::NoAddress;
use serde_json::json;

use crate::arguments::reading::Coverage;
use crate::desk::{Desk, Names};
use crate::ending::Exit;
use crate::output::{Table, data, words};
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Coverage) -> anyhow::Result<Exit> {
    let desk = Desk::open(context).await?;
    let scan = desk.scan(&arguments.scan).await?;
    let coverage = desk.coverage(&scan).await?;
    let Names { unresolved, denied } = desk.names(&scan).await?;
    if context.is_json() {
        let ranges = desk.ranges(&scan, CoverageState::ALL).await?;
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
    for range in desk.ranges(&scan, &states).await? {
        let count = u64::try_from(range.addresses.count()).unwrap_or(u64::MAX);
        let CoverageRange { addresses, state, reason } = range;
        table.row([state.to_string(), addresses.to_string(), words::grouped(count), reason]);
    }
    for (name, reason) in unresolved {
        table.row([CoverageState::Unresolved.to_string(), name, "1".into(), reason]);
    }
    for name in denied {
        let reason = NoAddress::Denied.to_string();
        table.row([CoverageState::OutOfScope.to_string(), name, "1".into(), reason]);
    }
    if !table.is_empty() {
        data::print(&format!("\n{}", table.to_string().trim_end()))?;
    }
    Ok(Exit::Done)
}
