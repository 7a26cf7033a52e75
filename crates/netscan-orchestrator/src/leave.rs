//! What of a scan rests on nothing but that whoever asked for it answers for this machine.

use jiff::Timestamp;
use netscan_model::address::AddressSet;
use netscan_model::scan::Scan;
use netscan_model::scope::{self, Scope};
use netscan_model::target::TargetList;
use netscan_store::{Realm, StoreError};

/// The addresses that `scan` may touch at `now` only because they were named outright by somebody for
/// whom that is leave enough. What the project's scope allows by itself is not among them.
///
/// # Errors
///
/// [`StoreError`] when the scan is not there, or cannot be read.
pub async fn opened_outright(
    realm: &Realm,
    scan: &Scan,
    now: Timestamp,
) -> Result<AddressSet, StoreError> {
    let nothing = AddressSet::new();
    let definition = realm.definition(scan.id).await?;
    if !definition.opens_outright {
        return Ok(nothing);
    }
    let Some(mut scope) = scope_in_force(realm, scan, now).await? else { return Ok(nothing) };
    let mut opened = scope::opened_outright(&TargetList::parse(&definition.targets.join("\n")));
    for name in realm.names(scan.id).await? {
        let Ok(addresses) = name.outcome else { continue };
        opened = opened.union(&scope::opened_by_name(&name.name, &addresses));
        scope.admit_resolved(&name.name, &addresses);
    }
    let excludes = TargetList::parse(&definition.excludes.join("\n")).into_excludes();
    let excludes = excludes.excluded_addresses();
    let by_leave = scope.divide(&opened, &excludes, &opened).to_scan;
    Ok(by_leave.subtract(&scope.divide(&opened, &excludes, &nothing).to_scan))
}

/// What the project of `scan` may touch; nothing when that is nothing, as the runner has it too.
async fn scope_in_force(
    realm: &Realm,
    scan: &Scan,
    now: Timestamp,
) -> Result<Option<Scope>, StoreError> {
    let Some(project) = realm.project(&scan.project_id.to_string()).await? else { return Ok(None) };
    let scope = serde_json::from_value::<Scope>(project.scope).ok();
    Ok(scope.and_then(|scope| scope.in_force(now).ok()))
}
