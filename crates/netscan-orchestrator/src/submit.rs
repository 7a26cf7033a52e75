//! From a request to a stored scan: targets are resolved, held against the scope, planned and stored.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressSet};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::plan::{
    Order, Plan, discovered_batch_size, observed_batch_size, suggested_batch_size,
};
use netscan_model::scan::{Limits, ModuleChoice, Priority, Scan, State, TemplateVersion};
use netscan_model::scope::{self, Division, NotAuthorised, Scope};
use netscan_model::seal::Seal;
use netscan_model::target::{Rejected, TargetList, TooManyAddresses, TooManyNames};
use netscan_modules::nmap::options::NmapOptions;
use netscan_modules::resolve::{self, Patience};
use netscan_store::{By, Definition, NewScan, NoAddress, Realm, ResolvedName, RetryOf, StoreError};
use serde::Serialize;
use uuid::Uuid;

/// Batches at a time when nobody says how many.
pub const DEFAULT_CONCURRENCY: NonZeroU32 = NonZeroU32::new(4).expect("not zero");
/// Tries at a batch when nobody says how many.
pub const DEFAULT_ATTEMPTS: NonZeroU32 = NonZeroU32::new(3).expect("not zero");
/// Addresses in a scan at most when nobody says how many.
pub const DEFAULT_ADDRESS_LIMIT: u128 = 65_536;
/// Names in a scan at most, whatever its limit of addresses is: more cannot be resolved while
/// somebody waits for it.
pub const MOST_NAMES: u128 = 10_000;
/// How long is waited for the names of targets, and as long for those of excludes. Somebody waits
/// for the answer, behind a proxy perhaps, which gives up at some point.
const PATIENCE: Patience = Patience {
    each: resolve::LIMIT,
    all: Duration::from_mins(1),
    at_once: NonZeroUsize::new(16).expect("not zero"),
};
/// Packets per second that one nmap is taken to send when nothing better is known.
const ASSUMED_RATE: u64 = 1_000;
/// Probes per second that port discovery is taken to send. It finds out by itself what the network
/// carries.
const DISCOVERY_RATE: u64 = 50_000;
/// An earlier scan of fewer addresses does not tell how many make a batch.
const TELLING_ADDRESSES: u64 = 64;
/// Packets by which nmap finds out whether a host is up (nmap(1), "Host discovery").
const DISCOVERY_PROBES: u64 = 4;

/// A scan that someone asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The project's name.
    pub project: String,
    /// What people call it; may be empty.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// What people note about it; may be empty.
    pub notes: String,
    /// Whose it is, such as `user:mara`; may be empty.
    pub owner: String,
    /// What to scan and what to leave out.
    pub targets: TargetList,
    /// nmap's options in canonical form.
    pub options: String,
    /// Ports probed on each host, for the forecast.
    pub ports_per_host: u32,
    /// The modules that it runs.
    pub modules: Vec<ModuleChoice>,
    /// How far what one module finds is taken up by others: 0 for not at all.
    pub recursion_depth: u32,
    /// The template that it is made from, if it is.
    pub template: Option<TemplateVersion>,
    /// How it is to be run.
    pub wishes: Wishes,
    /// More addresses than this are refused at once.
    pub address_limit: u128,
    /// Whether naming an address outright is leave enough to scan it where it is closed by default.
    /// That is for whoever answers for this machine to say: loopback, seen from a server, is the
    /// server itself.
    pub opens_outright: bool,
    /// Whether batches go through the addresses in ascending order instead of spread over subnets.
    pub is_ascending: bool,
    /// Whether it starts at once.
    pub is_started: bool,
    /// The scan that it repeats, if it does.
    pub series: Option<Uuid>,
}

impl Request {
    /// A scan of `targets` by nmap alone, as usual in everything else: nameless, not started, and closed
    /// to what is closed by default.
    #[must_use]
    pub fn new(project: &str, targets: TargetList, options: &NmapOptions) -> Self {
        Self {
            project: project.to_owned(),
            name: String::new(),
            description: String::new(),
            notes: String::new(),
            owner: String::new(),
            targets,
            options: options.canonical(),
            ports_per_host: options.port_count_estimate(),
            modules: ModuleChoice::nmap_alone(),
            recursion_depth: 0,
            template: None,
            wishes: Wishes::default(),
            address_limit: DEFAULT_ADDRESS_LIMIT,
            opens_outright: false,
            is_ascending: false,
            is_started: false,
            series: None,
        }
    }
}

/// How a scan is to be run, as far as somebody said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// The longest that the scan may run, pauses not counted.
    pub max_duration_ms: Option<NonZeroU64>,
    /// The most hosts that answer which are wanted.
    pub max_results: Option<NonZeroU64>,
}

impl Wishes {
    /// The wishes that lead to these limits again.
    #[must_use]
    pub fn like(limits: &Limits) -> Self {
        Self {
            batch_size: Some(limits.batch_size),
            concurrency: Some(limits.concurrency),
            max_rate: limits.max_rate,
            host_timeout_ms: limits.host_timeout_ms,
            batch_timeout_ms: limits.batch_timeout_ms,
            attempts: Some(limits.attempts),
            priority: limits.priority,
            max_duration_ms: limits.max_duration_ms,
            max_results: limits.max_results,
        }
    }
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
    /// What is to be left out cannot be read.
    #[error("cannot tell what to leave out: {rejected}")]
    UnreadExclude {
        /// What cannot be read, and why.
        rejected: Rejected,
    },
    /// The project's scope is not what this program writes.
    #[error("the scope of project {project} cannot be read: {reason}")]
    Scope {
        /// Which project.
        project: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing of the project may be scanned now.
    #[error(transparent)]
    NotAuthorised(#[from] NotAuthorised),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SubmitError {
    /// What of the request is at fault, as a JSON pointer into the product's JSON for it.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::Nothing { .. } | Self::TooManyAddresses(_) | Self::TooManyNames(_) => {
                Some("/targets")
            }
            Self::UnresolvedExclude { .. } | Self::UnreadExclude { .. } => Some("/excludes"),
            Self::NotAuthorised(_) => Some("/project"),
            Self::Scope { .. } | Self::Store(_) => None,
        }
    }

    /// Whether another request could be accepted, and the same one again could not.
    #[must_use]
    pub fn is_users_fault(&self) -> bool {
        self.field().is_some()
    }
}

/// What `request` would cost. Names are resolved for it; nothing is stored.
///
/// # Errors
///
/// As [`submit`].
pub async fn preview(
    realm: &Realm,
    request: &Request,
    now: Timestamp,
) -> Result<Cost, SubmitError> {
    let prepared = prepare(realm, request, now).await?;
    Ok(cost(request, &prepared))
}

/// Stores the scan that `request` describes. Once it has come back, it cannot be lost.
///
/// # Errors
///
/// [`SubmitError`] when there is nothing to scan, too much of it, no telling what to leave out, or
/// no leave to scan now.
pub async fn submit(
    realm: &Realm,
    request: &Request,
    by: By<'_>,
) -> Result<(Scan, Cost), SubmitError> {
    let prepared = prepare(realm, request, by.now).await?;
    let cost = cost(request, &prepared);
    let id = Uuid::now_v7();
    let definition = Definition {
        targets: request.targets.targets.iter().map(|entry| entry.text.clone()).collect(),
        excludes: request.targets.excludes.iter().map(|entry| entry.text.clone()).collect(),
        seed: id.as_u64_pair().1,
        is_ascending: request.is_ascending,
        opens_outright: request.opens_outright,
    };
    let plan = plan(&prepared.division.to_scan, prepared.limits.batch_size, &definition);
    let new = NewScan {
        id,
        series: request.series,
        project: request.project.clone(),
        name: request.name.clone(),
        description: request.description.clone(),
        notes: request.notes.clone(),
        owner: request.owner.clone(),
        definition,
        options: request.options.clone(),
        modules: request.modules.clone(),
        recursion_depth: request.recursion_depth,
        template: request.template,
        limits: prepared.limits,
        seal: prepared.seal,
        addresses: prepared.division.to_scan,
        left_out: prepared.left_out,
        names: prepared.names,
        is_started: request.is_started,
    };
    let scan = realm.create_scan(&new, plan.batches(), Uuid::now_v7(), by).await?;
    Ok((scan, cost))
}

/// What of a repetition does not follow from the scan that is repeated.
#[derive(Clone, Debug)]
pub struct Rerun {
    /// Ports probed on each host, for the forecast.
    pub ports_per_host: u32,
    /// More addresses than this are refused at once.
    pub address_limit: u128,
    /// As in a [`Request`]: whoever repeats a scan may not be who first asked for it.
    pub opens_outright: bool,
    /// Whether it starts at once.
    pub is_started: bool,
    /// Whose it is.
    pub owner: String,
}

/// Stores a new scan like `scan`, in the same series. Names are resolved anew.
///
/// # Errors
///
/// As [`submit`].
pub async fn rerun(
    realm: &Realm,
    scan: &Scan,
    how: Rerun,
    by: By<'_>,
) -> Result<(Scan, Cost), SubmitError> {
    if scan.is_imported() {
        return Err(StoreError::Imported { number: scan.number }.into());
    }
    let definition = realm.definition(scan.id).await?;
    let request = Request {
        project: scan.project.clone(),
        name: scan.name.clone(),
        description: scan.description.clone(),
        notes: scan.notes.clone(),
        owner: how.owner,
        targets: written(&definition),
        options: scan.options.clone(),
        ports_per_host: how.ports_per_host,
        modules: scan.modules.clone(),
        recursion_depth: scan.recursion_depth,
        template: scan.template,
        wishes: Wishes::like(&scan.limits),
        address_limit: how.address_limit,
        opens_outright: how.opens_outright,
        is_ascending: definition.is_ascending,
        is_started: how.is_started,
        series: Some(scan.series),
    };
    submit(realm, &request, by).await
}

/// The targets and excludes as they were written.
fn written(definition: &Definition) -> TargetList {
    let mut targets = TargetList::parse(&definition.targets.join("\n"));
    targets.append(TargetList::parse(&definition.excludes.join("\n")).into_excludes());
    targets
}

/// What someone wants to know of targets before there is a scan.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The project's name.
    pub project: &'a str,
    /// What would be scanned and what left out.
    pub targets: &'a TargetList,
    /// More addresses than this are refused at once.
    pub address_limit: u128,
    /// As in a [`Request`].
    pub opens_outright: bool,
    /// How many addresses are wanted one by one.
    pub first: usize,
}

/// What targets come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expansion {
    /// Addresses that would be scanned, those of names not among them.
    pub count: u64,
    /// The first of them, in ascending order.
    pub addresses: Vec<Address>,
    /// Names that would be resolved, each once.
    pub names: Vec<String>,
    /// What could not be read; the first of it when it is much.
    pub rejected: Vec<Rejected>,
    /// How much could not be read.
    pub rejected_count: u64,
    /// Addresses that would be left out by the user or the project's deny rules.
    pub excluded: u64,
    /// Addresses that the project's scope does not allow.
    pub out_of_scope: u64,
    /// Why nothing of the project may be scanned now. All addresses are out of scope then.
    pub not_authorised: Option<NotAuthorised>,
}

/// What the targets of a question come to. No name is resolved and nothing is stored.
///
/// # Errors
///
/// [`SubmitError`] when they are too many, or the project's scope cannot be read.
pub async fn expand(
    realm: &Realm,
    question: &Question<'_>,
    now: Timestamp,
) -> Result<Expansion, SubmitError> {
    let list = question.targets;
    let requested = list.addresses(question.address_limit)?;
    let names = list.names(name_limit(question.address_limit))?;
    let excludes = list.excluded_addresses();
    let scope = scope_of(realm, question.project).await?;
    let (division, not_authorised) = match scope.in_force(now) {
        Ok(scope) => {
            let opened = opened_outright(list, question.opens_outright);
            (scope.divide(&requested, &excludes, &opened), None)
        }
        Err(why) => (nothing_of(&requested, &excludes), Some(why)),
    };
    Ok(Expansion {
        count: small(division.to_scan.count()),
        addresses: division.to_scan.iter().take(question.first).collect(),
        names,
        rejected: list.rejected.clone(),
        rejected_count: list.rejected_count(),
        excluded: small(division.excluded.count()),
        out_of_scope: small(division.out_of_scope.count()),
        not_authorised,
    })
}

/// Cuts a scan that has not been started into batches of `size` addresses.
///
/// # Errors
///
/// [`StoreError::Started`] once it has been started.
pub async fn split(
    realm: &Realm,
    scan: &Scan,
    size: NonZeroU32,
    by: By<'_>,
) -> Result<Scan, StoreError> {
    let cut = |addresses: AddressSet, definition: &Definition| {
        batches(&plan(&addresses, size, definition))
    };
    realm.split_scan(scan.id, size, cut, by).await
}

/// Takes up again what could not be scanned; 0 when there is nothing of that kind.
///
/// # Errors
///
/// [`StoreError::Refused`] while the scan has not ended.
pub async fn retry(
    realm: &Realm,
    scan: &Scan,
    what: RetryOf,
    by: By<'_>,
) -> Result<(Scan, u64), StoreError> {
    // Difficult addresses go alone: none of them can hold up another.
    let size = if what == RetryOf::Difficult { NonZeroU32::MIN } else { scan.limits.batch_size };
    let cut = |addresses: AddressSet| batches(&Plan::new(&addresses, size, Order::Ascending));
    realm.retry(scan.id, what, cut, by).await
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

/// The division when nothing may be scanned.
fn nothing_of(requested: &AddressSet, excludes: &AddressSet) -> Division {
    Division {
        to_scan: AddressSet::new(),
        excluded: requested.intersect(excludes),
        out_of_scope: requested.subtract(excludes),
    }
}

/// A request with its names resolved and its addresses held against the scope.
struct Prepared {
    division: Division,
    left_out: Vec<CoverageRange>,
    names: Vec<ResolvedName>,
    limits: Limits,
    seal: Seal,
    pace: Option<Pace>,
}

/// How fast an earlier scan was.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Milliseconds of the whole scan for each address.
    address_ms: u64,
    /// Over how many addresses that was seen.
    addresses: u64,
}

async fn prepare(
    realm: &Realm,
    request: &Request,
    now: Timestamp,
) -> Result<Prepared, SubmitError> {
    let list = &request.targets;
    if let Some(rejected) = list.rejected.iter().find(|rejected| rejected.was_exclude) {
        return Err(SubmitError::UnreadExclude { rejected: rejected.clone() });
    }
    let written = list.addresses(request.address_limit)?;
    // Nobody's name server is asked for what may not be scanned anyway.
    let scope = scope_of(realm, &request.project).await?.in_force(now)?;
    let names = resolve_names(&scope, list.names(name_limit(request.address_limit))?).await;
    let mut opened = opened_outright(list, request.opens_outright);
    let mut requested = written;
    for name in &names {
        if let Ok(addresses) = &name.outcome {
            if request.opens_outright {
                opened = opened.union(&scope::opened_by_name(&name.name, addresses));
            }
            requested = requested.union(addresses);
        }
    }
    let count = requested.count();
    if count > request.address_limit {
        return Err(TooManyAddresses { count, limit: request.address_limit }.into());
    }
    let excludes = excluded(&scope, list, request.address_limit).await?;
    let scope = admitting_names(scope, &names);
    let division = scope.divide(&requested, &excludes, &opened);
    refuse_nothing(request, &division, &names)?;
    let pace = earlier_pace(realm, request).await?;
    let limits = limits(request, division.to_scan.count(), pace);
    let left_out = left_out(&division);
    let seal =
        Seal { addresses: division.to_scan.clone(), authorisation: scope.authorisation.clone() };
    Ok(Prepared { division, left_out, names, limits, seal, pace })
}

async fn scope_of(realm: &Realm, project: &str) -> Result<Scope, SubmitError> {
    let Some(found) = realm.project(project).await? else { return Ok(Scope::default()) };
    serde_json::from_value(found.scope)
        .map_err(|error| SubmitError::Scope { project: project.into(), reason: error.to_string() })
}

fn opened_outright(list: &TargetList, is_open: bool) -> AddressSet {
    if is_open { scope::opened_outright(list) } else { AddressSet::new() }
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
        resolve::resolve_all(permitted.clone(), PATIENCE).await.into_iter().collect();
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

/// As many names as addresses are too many for the resolver.
fn name_limit(address_limit: u128) -> u128 {
    address_limit.min(MOST_NAMES)
}

async fn excluded(
    scope: &Scope,
    list: &TargetList,
    limit: u128,
) -> Result<AddressSet, SubmitError> {
    let mut excludes = list.excluded_addresses();
    let names = list.excluded_names(name_limit(limit))?;
    if let Some(name) = names.iter().find(|name| !scope.permits_name(name)) {
        let reason =
            "the scope of the project does not let anybody ask for it; write its addresses";
        return Err(SubmitError::UnresolvedExclude { name: name.clone(), reason: reason.into() });
    }
    for (name, answer) in resolve::resolve_all(names, PATIENCE).await {
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

/// Whether nmap is told which ports are open.
fn discovers(request: &Request) -> bool {
    request.modules.iter().any(ModuleChoice::is_first_pass)
}

fn limits(request: &Request, count: u128, pace: Option<Pace>) -> Limits {
    let wishes = &request.wishes;
    let concurrency = wishes.concurrency.unwrap_or(DEFAULT_CONCURRENCY);
    let suggested = || batch_size(request, count, concurrency, pace);
    Limits {
        batch_size: wishes.batch_size.unwrap_or_else(suggested),
        concurrency,
        max_rate: wishes.max_rate,
        host_timeout_ms: wishes.host_timeout_ms,
        batch_timeout_ms: wishes.batch_timeout_ms,
        attempts: wishes.attempts.unwrap_or(DEFAULT_ATTEMPTS),
        priority: wishes.priority,
        max_duration_ms: wishes.max_duration_ms,
        max_results: wishes.max_results,
    }
}

/// As many addresses as take about a minute: by an earlier scan with the same options, or else by
/// what is usual.
fn batch_size(
    request: &Request,
    count: u128,
    concurrency: NonZeroU32,
    pace: Option<Pace>,
) -> NonZeroU32 {
    let usual = if discovers(request) {
        let rate = request.wishes.max_rate.map_or(DISCOVERY_RATE, |rate| u64::from(rate.get()));
        let rate = rate.min(DISCOVERY_RATE);
        discovered_batch_size(count, concurrency, request.ports_per_host, rate)
    } else {
        suggested_batch_size(count, concurrency)
    };
    match pace {
        // A scan of few addresses says more of what it costs to begin one.
        Some(Pace { address_ms, addresses }) if addresses >= TELLING_ADDRESSES => {
            observed_batch_size(count, concurrency, address_ms, usual)
        }
        _ => usual,
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

fn cost(request: &Request, prepared: &Prepared) -> Cost {
    let addresses = small(prepared.division.to_scan.count());
    let packets = addresses.saturating_mul(u64::from(request.ports_per_host) + DISCOVERY_PROBES);
    let order = Order::Ascending;
    let plan = Plan::new(&prepared.division.to_scan, prepared.limits.batch_size, order);
    let unresolved = prepared.names.iter().filter_map(|name| {
        name.outcome.as_ref().err().map(|why| (name.name.clone(), why.to_string()))
    });
    let forecast_ms = match prepared.pace {
        Some(pace) => addresses.saturating_mul(pace.address_ms),
        None => assumed_ms(packets, &prepared.limits, discovers(request)),
    };
    Cost {
        addresses,
        excluded: small(prepared.division.excluded.count()),
        out_of_scope: small(prepared.division.out_of_scope.count()),
        unresolved: unresolved.collect(),
        batches: plan.batch_count(),
        packets,
        forecast_ms,
    }
}

/// How fast the project's newest completed scan was that did the same.
async fn earlier_pace(realm: &Realm, request: &Request) -> Result<Option<Pace>, SubmitError> {
    for scan in realm.scans(&request.project).await? {
        let is_same = scan.options == request.options && scan.modules == request.modules;
        if scan.status != State::Completed || !is_same {
            continue;
        }
        let Some((started, ended)) = scan.started_at.zip(scan.completed_at) else { continue };
        let coverage = realm.coverage(scan.id).await?;
        let scanned = coverage.up + coverage.down;
        if scanned > 0 {
            let took_ms = u64::try_from(ended.duration_since(started).as_millis()).unwrap_or(0);
            return Ok(Some(Pace { address_ms: took_ms.div_ceil(scanned), addresses: scanned }));
        }
    }
    Ok(None)
}

fn assumed_ms(packets: u64, limits: &Limits, discovers: bool) -> u64 {
    let usual =
        if discovers { DISCOVERY_RATE } else { ASSUMED_RATE * u64::from(limits.concurrency.get()) };
    let rate = match limits.max_rate {
        Some(rate) if discovers => usual.min(u64::from(rate.get())),
        Some(rate) => u64::from(rate.get()),
        None => usual,
    };
    packets.saturating_mul(1_000) / rate
}

fn small(count: u128) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
