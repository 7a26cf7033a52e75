//! From a request to a stored scan: targets are resolved, held against the scope, planned and stored.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::Duration;

use netscan_model::address::{Address, AddressSet};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::plan::{Order, Plan, suggested_batch_size};
use netscan_model::scan::{Limits, Priority, Scan, State};
use netscan_model::scope::{self, Division, Scope};
use netscan_model::target::{TargetList, TooManyAddresses, TooManyNames};
use netscan_modules::resolve;
use netscan_store::{By, Definition, NewScan, NoAddress, ResolvedName, RetryOf, Store, StoreError};
use serde::Serialize;
use uuid::Uuid;

/// Batches at a time when nobody says how many.
pub const DEFAULT_CONCURRENCY: NonZeroU32 = NonZeroU32::new(4).expect("not zero");
/// Tries at a batch when nobody says how many.
pub const DEFAULT_ATTEMPTS: NonZeroU32 = NonZeroU32::new(3).expect("not zero");
/// How long the resolver may take for one name.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);
/// Names that are looked up side by side.
const RESOLVED_AT_ONCE: NonZeroUsize = NonZeroUsize::new(32).expect("not zero");
/// Packets per second that one nmap is taken to send when nothing better is known.
const ASSUMED_RATE: u64 = 1_000;
/// Packets by which nmap finds out whether a host is up (nmap(1), "Host discovery").
const DISCOVERY_PROBES: u64 = 4;

/// A scan that someone asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The project's name.
    pub project: String,
    /// What people call it; may be empty.
    pub name: String,
    /// What people note about it; may be empty.
    pub notes: String,
    /// What to scan and what to leave out.
    pub targets: TargetList,
    /// nmap's options in canonical form.
    pub options: String,
    /// Ports probed on each host, for the forecast.
    pub ports_per_host: u32,
    /// How it is to be run.
    pub wishes: Wishes,
    /// More addresses than this are refused at once.
    pub address_limit: u128,
    /// Whether batches go through the addresses in ascending order instead of spread over subnets.
    pub is_ascending: bool,
    /// Whether it starts at once.
    pub is_started: bool,
    /// The scan that it repeats, if it does.
    pub series: Option<Uuid>,
}

/// How a scan is to be run, as far as somebody said so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wishes {
    /// Addresses in a batch at most; fitted to the number of addresses if nothing is said.
    pub batch_size: Option<NonZeroU32>,
    /// Batches at a time; 4 if nothing is said.
    pub concurrency: Option<NonZeroU32>,
    /// Packets per second over all batches that run at a time.
    pub max_rate: Option<NonZeroU32>,
    /// The longest that nmap may take for one host.
    pub host_timeout_ms: Option<NonZeroU64>,
    /// The longest that one attempt at a batch may take.
    pub batch_timeout_ms: Option<NonZeroU64>,
    /// Tries at a batch before it is halved; 3 if nothing is said.
    pub attempts: Option<NonZeroU32>,
    /// How urgent it is.
    pub priority: Priority,
}

/// What a scan would cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cost {
    /// Addresses to be scanned.
    pub addresses: u64,
    /// Addresses left out by the user or the project's deny rules.
    pub excluded: u64,
    /// Addresses that the project's scope does not allow.
    pub out_of_scope: u64,
    /// Names that no address was found for, with the reason.
    pub unresolved: Vec<(String, String)>,
    /// Batches.
    pub batches: u64,
    /// Probes sent at least, if every host is up and every probe is answered.
    pub packets: u64,
    /// A rough forecast of the time it takes.
    pub forecast_ms: u64,
}

/// Why a scan was not accepted. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// Nothing is left to scan.
    #[error("there is nothing to scan: {reason}")]
    Nothing {
        /// Why.
        reason: String,
    },
    /// Too many addresses.
    #[error(transparent)]
    TooManyAddresses(#[from] TooManyAddresses),
    /// Too many names.
    #[error(transparent)]
    TooManyNames(#[from] TooManyNames),
    /// A name that is to be left out cannot be resolved.
    #[error("cannot tell what to leave out: the excluded name {name} cannot be resolved: {reason}")]
    UnresolvedExclude {
        /// Which name.
        name: String,
        /// What the resolver said.
        reason: String,
    },
    /// The project's scope is not what this program writes.
    #[error("the scope of project {project} cannot be read: {reason}")]
    Scope {
        /// Which project.
        project: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What `request` would cost. Names are resolved for it; nothing is stored.
///
/// # Errors
///
/// As [`submit`].
pub async fn preview(store: &Store, request: &Request) -> Result<Cost, SubmitError> {
    let prepared = prepare(store, request).await?;
    cost(store, request, &prepared).await
}

/// Stores the scan that `request` describes. Once it has come back, it cannot be lost.
///
/// # Errors
///
/// [`SubmitError`] when there is nothing to scan, too much of it, or no telling what to leave out.
pub async fn submit(
    store: &Store,
    request: &Request,
    by: By<'_>,
) -> Result<(Scan, Cost), SubmitError> {
    let prepared = prepare(store, request).await?;
    let cost = cost(store, request, &prepared).await?;
    let id = Uuid::now_v7();
    let definition = Definition {
        targets: request.targets.targets.iter().map(|entry| entry.text.clone()).collect(),
        excludes: request.targets.excludes.iter().map(|entry| entry.text.clone()).collect(),
        seed: id.as_u64_pair().1,
        is_ascending: request.is_ascending,
    };
    let plan = plan(&prepared.division.to_scan, prepared.limits.batch_size, &definition);
    let new = NewScan {
        id,
        series: request.series,
        project: request.project.clone(),
        name: request.name.clone(),
        notes: request.notes.clone(),
        definition,
        options: request.options.clone(),
        limits: prepared.limits,
        addresses: prepared.division.to_scan,
        left_out: prepared.left_out,
        names: prepared.names,
        is_started: request.is_started,
    };
    let scan = store.create_scan(&new, plan.batches(), Uuid::now_v7(), by).await?;
    Ok((scan, cost))
}

/// Stores a new scan like `scan`, in the same series. Names are resolved anew.
///
/// # Errors
///
/// As [`submit`].
pub async fn rerun(
    store: &Store,
    scan: &Scan,
    ports_per_host: u32,
    address_limit: u128,
    is_started: bool,
    by: By<'_>,
) -> Result<(Scan, Cost), SubmitError> {
    let definition = store.definition(scan.id).await?;
    let mut targets = TargetList::parse(&definition.targets.join("\n"));
    targets.append(TargetList::parse(&definition.excludes.join("\n")).into_excludes());
    let request = Request {
        project: scan.project.clone(),
        name: scan.name.clone(),
        notes: scan.notes.clone(),
        targets,
        options: scan.options.clone(),
        ports_per_host,
        wishes: Wishes {
            batch_size: Some(scan.limits.batch_size),
            concurrency: Some(scan.limits.concurrency),
            max_rate: scan.limits.max_rate,
            host_timeout_ms: scan.limits.host_timeout_ms,
            batch_timeout_ms: scan.limits.batch_timeout_ms,
            attempts: Some(scan.limits.attempts),
            priority: scan.limits.priority,
        },
        address_limit,
        is_ascending: definition.is_ascending,
        is_started,
        series: Some(scan.series),
    };
    submit(store, &request, by).await
}

/// Cuts a scan that has not been started into batches of `size` addresses.
///
/// # Errors
///
/// [`StoreError::Started`] once it has been started.
pub async fn split(
    store: &Store,
    scan: &Scan,
    size: NonZeroU32,
    by: By<'_>,
) -> Result<Scan, StoreError> {
    let cut = |addresses: AddressSet, definition: &Definition| {
        batches(&plan(&addresses, size, definition))
    };
    store.split_scan(scan.id, size, cut, by).await
}

/// Takes up again what could not be scanned; 0 when there is nothing of that kind.
///
/// # Errors
///
/// [`StoreError::Refused`] while the scan has not ended.
pub async fn retry(
    store: &Store,
    scan: &Scan,
    what: RetryOf,
    by: By<'_>,
) -> Result<(Scan, u64), StoreError> {
    // Difficult addresses go alone: none of them can hold up another.
    let size = if what == RetryOf::Difficult { NonZeroU32::MIN } else { scan.limits.batch_size };
    let cut = |addresses: AddressSet| batches(&Plan::new(&addresses, size, Order::Ascending));
    store.retry(scan.id, what, cut, by).await
}

fn batches(plan: &Plan) -> std::vec::IntoIter<AddressSet> {
    plan.batches().collect::<Vec<_>>().into_iter()
}

fn plan(addresses: &AddressSet, size: NonZeroU32, definition: &Definition) -> Plan {
    let order = if definition.is_ascending {
        Order::Ascending
    } else {
        Order::Shuffled { seed: definition.seed }
    };
    Plan::new(addresses, size, order)
}

/// A request with its names resolved and its addresses held against the scope.
struct Prepared {
    division: Division,
    left_out: Vec<CoverageRange>,
    names: Vec<ResolvedName>,
    limits: Limits,
}

async fn prepare(store: &Store, request: &Request) -> Result<Prepared, SubmitError> {
    let list = &request.targets;
    let written = list.addresses(request.address_limit)?;
    let scope = scope_of(store, &request.project).await?;
    let names = resolve_names(&scope, list.names(request.address_limit)?).await;
    let mut opened = scope::opened_outright(list);
    let mut requested = written;
    for name in &names {
        if let Ok(addresses) = &name.outcome {
            opened = opened.union(&scope::opened_by_name(&name.name, addresses));
            requested = requested.union(addresses);
        }
    }
    let count = requested.count();
    if count > request.address_limit {
        return Err(TooManyAddresses { count, limit: request.address_limit }.into());
    }
    let excludes = excluded(list, request.address_limit).await?;
    let scope = admitting_names(scope, &names);
    let division = scope.divide(&requested, &excludes, &opened);
    refuse_nothing(request, &division, &names)?;
    let limits = limits(&request.wishes, division.to_scan.count());
    let left_out = left_out(&division);
    Ok(Prepared { division, left_out, names, limits })
}

async fn scope_of(store: &Store, project: &str) -> Result<Scope, SubmitError> {
    let Some(found) = store.project(project).await? else { return Ok(Scope::default()) };
    serde_json::from_value(found.scope)
        .map_err(|error| SubmitError::Scope { project: project.into(), reason: error.to_string() })
}

/// A name that the scope lets in brings its addresses in with it.
fn admitting_names(mut scope: Scope, names: &[ResolvedName]) -> Scope {
    for name in names {
        if let Ok(addresses) = &name.outcome {
            scope.admit_resolved(&name.name, addresses);
        }
    }
    scope
}

async fn resolve_names(scope: &Scope, names: Vec<String>) -> Vec<ResolvedName> {
    let (permitted, denied): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| scope.permits_name(name));
    let answers: HashMap<_, _> =
        resolve::resolve_all(permitted.clone(), RESOLVE_TIMEOUT, RESOLVED_AT_ONCE)
            .await
            .into_iter()
            .collect();
    let resolved = permitted.into_iter().map(|name| {
        let outcome = match &answers[&name] {
            Ok(found) => Ok(preferred(found)),
            Err(error) => Err(NoAddress::Unresolved(error.to_string())),
        };
        ResolvedName { name, outcome }
    });
    let refused =
        denied.into_iter().map(|name| ResolvedName { name, outcome: Err(NoAddress::Denied) });
    resolved.chain(refused).collect()
}

/// The addresses of a name that are scanned: all of IPv4, or all of IPv6 when there are no others.
fn preferred(found: &[IpAddr]) -> AddressSet {
    let all: AddressSet = found.iter().map(|ip| Address::from(ip.to_canonical())).collect();
    let ipv4 = all.of_family(false);
    if ipv4.is_empty() { all } else { ipv4 }
}

async fn excluded(list: &TargetList, limit: u128) -> Result<AddressSet, SubmitError> {
    let mut excludes = list.excluded_addresses();
    let names = list.excluded_names(limit)?;
    for (name, answer) in resolve::resolve_all(names, RESOLVE_TIMEOUT, RESOLVED_AT_ONCE).await {
        let found = answer
            .map_err(|error| SubmitError::UnresolvedExclude { name, reason: error.to_string() })?;
        excludes = excludes.union(&found.into_iter().map(Address::from).collect());
    }
    Ok(excludes)
}

/// A scan of nothing is refused. A scan of names that lead nowhere is not: it fails, and its
/// coverage says why.
fn refuse_nothing(
    request: &Request,
    division: &Division,
    names: &[ResolvedName],
) -> Result<(), SubmitError> {
    if !division.to_scan.is_empty() || names.iter().any(|name| name.outcome.is_err()) {
        return Ok(());
    }
    let excluded = division.excluded.count();
    let outside = division.out_of_scope.count();
    let reason = match (excluded, outside) {
        (0, 0) if request.targets.is_empty() => "no target was given".to_owned(),
        (0, 0) => "the targets have no address that nmap could scan".to_owned(),
        (_, 0) => format!("all {excluded} addresses are excluded"),
        (0, _) => format!(
            "the scope of project {} does not allow any of the {outside} addresses",
            request.project
        ),
        _ => format!("{excluded} addresses are excluded and {outside} are out of scope"),
    };
    Err(SubmitError::Nothing { reason })
}

fn limits(wishes: &Wishes, count: u128) -> Limits {
    let concurrency = wishes.concurrency.unwrap_or(DEFAULT_CONCURRENCY);
    Limits {
        batch_size: wishes.batch_size.unwrap_or_else(|| suggested_batch_size(count, concurrency)),
        concurrency,
        max_rate: wishes.max_rate,
        host_timeout_ms: wishes.host_timeout_ms,
        batch_timeout_ms: wishes.batch_timeout_ms,
        attempts: wishes.attempts.unwrap_or(DEFAULT_ATTEMPTS),
        priority: wishes.priority,
    }
}

fn left_out(division: &Division) -> Vec<CoverageRange> {
    let outside = "not in the project's scope";
    let mut left_out =
        CoverageRange::of_all(&division.excluded, CoverageState::Excluded, "excluded");
    left_out.extend(CoverageRange::of_all(
        &division.out_of_scope,
        CoverageState::OutOfScope,
        outside,
    ));
    left_out
}

async fn cost(store: &Store, request: &Request, prepared: &Prepared) -> Result<Cost, SubmitError> {
    let addresses = small(prepared.division.to_scan.count());
    let packets = addresses.saturating_mul(u64::from(request.ports_per_host) + DISCOVERY_PROBES);
    let order = Order::Ascending;
    let plan = Plan::new(&prepared.division.to_scan, prepared.limits.batch_size, order);
    let unresolved = prepared.names.iter().filter_map(|name| {
        name.outcome.as_ref().err().map(|why| (name.name.clone(), why.to_string()))
    });
    let forecast_ms = match earlier_pace(store, request).await? {
        Some(per_address_ms) => addresses.saturating_mul(per_address_ms),
        None => assumed_ms(packets, &prepared.limits),
    };
    Ok(Cost {
        addresses,
        excluded: small(prepared.division.excluded.count()),
        out_of_scope: small(prepared.division.out_of_scope.count()),
        unresolved: unresolved.collect(),
        batches: plan.batch_count(),
        packets,
        forecast_ms,
    })
}

/// Milliseconds for each address in the project's newest completed scan with the same options.
async fn earlier_pace(store: &Store, request: &Request) -> Result<Option<u64>, SubmitError> {
    for scan in store.scans(&request.project).await? {
        if scan.status != State::Completed || scan.options != request.options {
            continue;
        }
        let Some((started, ended)) = scan.started_at.zip(scan.completed_at) else { continue };
        let coverage = store.coverage(scan.id).await?;
        let scanned = coverage.up + coverage.down;
        if scanned > 0 {
            let took_ms = u64::try_from(ended.duration_since(started).as_millis()).unwrap_or(0);
            return Ok(Some(took_ms.div_ceil(scanned)));
        }
    }
    Ok(None)
}

fn assumed_ms(packets: u64, limits: &Limits) -> u64 {
    let rate = match limits.max_rate {
        Some(rate) => u64::from(rate.get()),
        None => ASSUMED_RATE * u64::from(limits.concurrency.get()),
    };
    packets.saturating_mul(1_000) / rate
}

fn small(count: u128) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
