//! Steps on scans that come from a file.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressSet};
use netscan_model::batch::{Outcome, Part, StateName};
use netscan_model::coverage::CoverageState;
use netscan_model::import::{MODULE, Repeats, conclusion, fold_ports, merge};
use netscan_model::observation::{Host, HostStatus};
use netscan_model::scan::{Limits, ModuleChoice, State};
use netscan_model::seal::Seal;
use serde_json::json;
use uuid::Uuid;

use super::{batches, count, events, hosts, id, json, ledger, millis, number, scans};
use crate::error::StoreError;
use crate::import::{ImportChunk, ImportCounts, ImportEnd, NewImport};
use crate::records::{AttemptDetail, Definition, Lease, NewScan};
use crate::sqlite::Connection;

/// Who did the one attempt at the one batch.
const WORKER: &str = "import";
/// Why a scan is partial while it is being read.
const UNDER_WAY: &str = "the import has not come to its end";

/// A host that is put together from parts takes in no more of them when it has so many bytes as JSON:
/// four times what masscan says of one on which all ports are open.
const MOST_OF_A_HOST: usize = 32 * 1024 * 1024;

/// Stores a scan that is over, with its one batch and the attempt at it.
pub(crate) async fn begin(
    connection: &mut Connection,
    new: &NewImport,
    project_key: i64,
    now: Timestamp,
) -> Result<Lease, StoreError> {
    let scan_key = scans::create(connection, &as_scan(new), project_key, now).await?;
    sqlx::query(
        "UPDATE scans SET state = $2, reason = $3, started_at = $4, completed_at = $4
         WHERE scan_key = $1",
    )
    .bind(scan_key)
    .bind(State::Partial.name())
    .bind(UNDER_WAY)
    .bind(millis(new.started_at))
    .execute(&mut *connection)
    .await?;
    let part = Part { addresses: AddressSet::new(), attempts_allowed: 1 };
    batches::insert(connection, scan_key, None, std::iter::once(part), now).await?;
    let (batch_key, batch): (i64, String) = sqlx::query_as(
        "UPDATE batches SET state = $2, epoch = 1, attempts = 1, started_at = $3, ended_at = $3
         WHERE scan_key = $1 RETURNING batch_key, id",
    )
    .bind(scan_key)
    .bind(StateName::Succeeded.name())
    .bind(millis(new.started_at))
    .fetch_one(&mut *connection)
    .await?;
    let batch = id(&batch)?;
    let attempt = Uuid::new_v5(&batch, &1_i64.to_be_bytes());
    sqlx::query(
        "INSERT INTO attempts (id, batch_key, number, epoch, worker, outcome, reason, detail,
             started_at, ended_at)
         VALUES ($1, $2, 1, 1, $3, $4, $5, $6, $7, $7)",
    )
    .bind(attempt.to_string())
    .bind(batch_key)
    .bind(WORKER)
    .bind(Outcome::Truncated.name())
    .bind(UNDER_WAY)
    .bind(json(&AttemptDetail::default()))
    .bind(millis(new.started_at))
    .execute(&mut *connection)
    .await?;
    let scan = scans::by_key(connection, scan_key).await?;
    Ok(Lease {
        scan: new.id,
        scan_number: scan.number(),
        project_id: scan.project_id()?,
        organisation_id: scan.organisation_id()?,
        batch,
        batch_number: 1,
        attempt,
        attempt_number: 1,
        epoch: 1,
        until: now,
        addresses: AddressSet::new(),
        options: String::new(),
        modules: Vec::new(),
        limits: scan.limits()?,
        patience: NonZeroU32::MIN,
        rate: None,
        seal: Seal::default(),
        scan_key,
        batch_key,
    })
}

/// The scan as it would be asked for: of nothing, with leave for nothing.
fn as_scan(new: &NewImport) -> NewScan {
    let origin = ModuleChoice { id: MODULE.to_owned(), enabled: true, config: new.origin.clone() };
    NewScan {
        id: new.id,
        series: None,
        project: new.project.clone(),
        name: new.name.clone(),
        description: String::new(),
        notes: new.notes.clone(),
        owner: new.owner.clone(),
        modules: vec![origin],
        recursion_depth: 0,
        template: None,
        definition: Definition::default(),
        options: String::new(),
        limits: Limits::LEAST,
        addresses: AddressSet::new(),
        left_out: Vec::new(),
        names: Vec::new(),
        seal: Seal::default(),
        is_started: false,
    }
}

/// Stores a part of a file, and says how much of the file is stored then.
pub(crate) async fn hosts(
    connection: &mut Connection,
    lease: &Lease,
    chunk: ImportChunk,
    counts: ImportCounts,
    now: Timestamp,
) -> Result<ImportCounts, StoreError> {
    let mut found = chunk.hosts;
    found.sort_by_key(|host| host.address);
    let addresses: Vec<Address> = found.iter().map(|host| host.address).collect();
    let known = ledger::known_among(connection, lease.scan_key, &addresses).await?;
    let before = take_out(connection, lease, &mut found, &known, chunk.repeats).await?;
    found.iter_mut().for_each(fold_ports);
    let all: AddressSet = addresses.into_iter().collect();
    plan_for(connection, lease.scan_key, all.subtract(&known).count()).await?;
    let unsettled: Vec<&Host> =
        found.iter().filter(|host| !before.settled.contains(&host.address)).collect();
    let lines = hosts::ledger_lines(&unsettled, &[], lease, &AddressSet::new());
    ledger::record(connection, lease.scan_key, &lines).await?;
    // Of those that are down, the ledger tells all there is, as of any scan.
    let is_down = |host: &&Host| host.status == HostStatus::Down && !host.timed_out;
    let kept: Vec<&Host> = found.iter().filter(|host| !is_down(host)).collect();
    hosts::store_hosts(connection, lease, &kept, chunk.seen_at).await?;
    hosts::tell(connection, lease, &kept, now).await?;
    let ports: usize = kept.iter().map(|host| host.ports.len()).sum();
    Ok(ImportCounts {
        hosts: counts.hosts + count(number(kept.len())) - before.counts.hosts,
        ports: counts.ports + count(number(ports)) - before.counts.ports,
    })
}

/// What was stored of addresses that come again.
#[derive(Default)]
struct Before {
    /// Those of which the ledger says already what it is to say.
    settled: HashSet<Address>,
    counts: ImportCounts,
}

/// Takes out what is stored of the addresses among `found` that are `known`, and merges it with what
/// is found, if that is what a repetition means.
async fn take_out(
    connection: &mut Connection,
    lease: &Lease,
    found: &mut [Host],
    known: &AddressSet,
    repeats: Repeats,
) -> Result<Before, StoreError> {
    let mut before = Before::default();
    let again: Vec<Address> =
        found.iter().map(|host| host.address).filter(|it| known.contains(*it)).collect();
    if again.is_empty() {
        return Ok(before);
    }
    let stored = hosts::at(connection, lease.scan_key, &again).await?;
    let keys: Vec<i64> = stored.iter().map(|(key, _)| *key).collect();
    hosts::forget(connection, &keys).await?;
    let (mut up, mut open_ports) = (0, 0);
    let mut by_address = HashMap::with_capacity(stored.len());
    for (_, host) in stored {
        before.counts.hosts += 1;
        before.counts.ports += count(number(host.ports.len()));
        if host.status == HostStatus::Up {
            up += 1;
            open_ports += number(host.open_ports());
        }
        by_address.insert(host.address, host);
    }
    uncount(connection, lease, up, open_ports).await?;
    for host in found.iter_mut().filter(|host| known.contains(host.address)) {
        let mut is_settled = false;
        if let Some(mut old) = by_address.remove(&host.address) {
            if repeats == Repeats::Merge {
                let state = hosts::fate(&old).0;
                if json(&old).len() < MOST_OF_A_HOST {
                    merge(&mut old, std::mem::take(host));
                } else {
                    old.details.truncated = true;
                }
                is_settled = state == CoverageState::Up && hosts::fate(&old).0 == state;
                *host = old;
            } else {
                is_settled = hosts::fate(&old) == hosts::fate(host);
            }
        }
        if is_settled {
            before.settled.insert(host.address);
        } else {
            ledger::reopen_one(connection, lease.scan_key, host.address).await?;
        }
    }
    Ok(before)
}

/// Takes hosts that were told of before out of the counts.
async fn uncount(
    connection: &mut Connection,
    lease: &Lease,
    up: i64,
    open_ports: i64,
) -> Result<(), StoreError> {
    hosts::count_found(connection, lease.scan_key, -up, -open_ports).await?;
    sqlx::query(
        "UPDATE batches SET hosts_up = hosts_up - $2, open_ports = open_ports - $3
         WHERE batch_key = $1",
    )
    .bind(lease.batch_key)
    .bind(up)
    .bind(open_ports)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds addresses to those that the scan is about.
async fn plan_for(
    connection: &mut Connection,
    scan_key: i64,
    addresses: u128,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE scans SET planned = planned + $2 WHERE scan_key = $1")
        .bind(scan_key)
        .bind(number(addresses))
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends the scan, its batch and the attempt at it, and says how the scan has ended.
pub(crate) async fn finish(
    connection: &mut Connection,
    lease: &Lease,
    end: &ImportEnd,
    now: Timestamp,
) -> Result<State, StoreError> {
    let coverage = ledger::coverage(connection, lease.scan_key).await?;
    let state = conclusion(end.fault.is_none(), &coverage);
    let names_nobody = coverage.planned == 0;
    let reason = end.fault.as_deref().or(names_nobody.then_some("the file names no host"));
    sqlx::query(
        "UPDATE scans SET state = $2, reason = $3, completed_at = $4, ran_ms = $4 - started_at,
             updated_at = $5
         WHERE scan_key = $1",
    )
    .bind(lease.scan_key)
    .bind(state.name())
    .bind(reason)
    .bind(millis(end.ended_at))
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE batches SET address_count = $2, ended_at = $3 WHERE batch_key = $1")
        .bind(lease.batch_key)
        .bind(number(coverage.planned))
        .bind(millis(end.ended_at))
        .execute(&mut *connection)
        .await?;
    let outcome = if end.fault.is_some() { Outcome::Truncated } else { Outcome::Succeeded };
    sqlx::query(
        "UPDATE attempts SET outcome = $2, reason = $3, detail = $4, ended_at = $5
         WHERE batch_key = $1",
    )
    .bind(lease.batch_key)
    .bind(outcome.name())
    .bind(&end.fault)
    .bind(json(&end.detail))
    .bind(millis(end.ended_at))
    .execute(&mut *connection)
    .await?;
    let told = vec![
        events::progress(&coverage),
        events::status(state, reason),
        events::event("scan_complete", &json!({ "scan_id": lease.scan, "status": state })),
    ];
    events::tell(connection, lease.scan_key, told, now).await?;
    Ok(state)
}
