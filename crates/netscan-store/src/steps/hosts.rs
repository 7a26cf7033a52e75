//! Steps on what was found: hosts with their ports, in bulk.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::{
    ExtraPorts, Host, HostDetails, HostStatus, Hostname, OsMatch, Port, PortState, Protocol,
    Script, Service,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{
    damaged, events, from_json, id, json, leases, ledger, millis, number, push_list, read,
    some_time, time,
};
use crate::error::StoreError;
use crate::records::{
    FoundHost, HostCursor, HostFilter, Lease, OpenPort, Sighting, Silence, Tally,
};
use crate::sqlite::insert::{self, NewHost, Report};
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// Stores complete hosts and silent addresses of a batch, all of it or nothing: hosts, ports,
/// ledger and events. What is accounted for already stays as it is, so that a replay is harmless.
/// What the lease did not ask for is set aside.
pub(crate) async fn record(
    connection: &mut Connection,
    lease: &Lease,
    hosts: &[Host],
    silences: &[Silence],
    now: Timestamp,
) -> Result<(), StoreError> {
    leases::held(connection, lease).await?;
    let was_asked_for = |host: &&Host| lease.addresses.contains(host.address);
    let (asked, strangers): (Vec<_>, Vec<_>) =
        last_of_each(hosts).into_iter().partition(was_asked_for);
    for host in strangers {
        set_aside(connection, lease, host, now).await?;
    }
    let of_hosts = asked.iter().map(|host| AddressRange::from(host.address));
    let of_silences = silences.iter().map(|silence| silence.addresses);
    let reported: AddressSet = of_hosts.chain(of_silences).collect();
    let known = ledger::accounted(connection, lease.scan_key, &reported).await?;
    let is_new = |host: &&Host| !known.contains(host.address);
    let found: Vec<_> = asked.into_iter().filter(is_new).collect();
    let lines = ledger_lines(&found, silences, lease, &known);
    ledger::record(connection, lease.scan_key, &lines).await?;
    let accounted = lines.iter().map(|line| line.addresses).collect();
    forget_timed_out(connection, lease.scan_key, &accounted).await?;
    store_hosts(connection, lease, &found, now).await?;
    tell(connection, lease, &found, now).await
}

/// In ascending order of address; of two reports on one address, the later one.
fn last_of_each(hosts: &[Host]) -> Vec<&Host> {
    let mut hosts: Vec<_> = hosts.iter().rev().collect();
    hosts.sort_by_key(|host| host.address);
    hosts.dedup_by_key(|host| host.address);
    hosts
}

/// Counts the hosts that are up, and tells of each.
pub(super) async fn tell(
    connection: &mut Connection,
    lease: &Lease,
    found: &[&Host],
    now: Timestamp,
) -> Result<(), StoreError> {
    let up: Vec<_> = found.iter().filter(|host| host.status == HostStatus::Up).collect();
    if up.is_empty() {
        return Ok(());
    }
    let open_ports: usize = up.iter().map(|host| host.open_ports()).sum();
    sqlx::query(
        "UPDATE batches SET hosts_up = hosts_up + $2, open_ports = open_ports + $3
         WHERE batch_key = $1",
    )
    .bind(lease.batch_key)
    .bind(number(up.len()))
    .bind(number(open_ports))
    .execute(&mut *connection)
    .await?;
    count_found(connection, lease.scan_key, number(up.len()), number(open_ports)).await?;
    let told = up.into_iter().map(|host| told_of(lease, host)).collect();
    events::tell(connection, lease.scan_key, told, now).await
}

fn told_of(lease: &Lease, host: &Host) -> events::Event {
    #[derive(Serialize)]
    struct Body {
        batch_id: Uuid,
        address: Address,
        status: HostStatus,
        open_ports: usize,
        timed_out: bool,
    }
    let body = Body {
        batch_id: lease.batch,
        address: host.address,
        status: host.status,
        open_ports: host.open_ports(),
        timed_out: host.timed_out,
    };
    events::event("host", &body)
}

/// What became of the addresses of a report: neighbours with the same fate share a line. A host
/// that was found counts more than a silence about it.
pub(super) fn ledger_lines(
    found: &[&Host],
    silences: &[Silence],
    lease: &Lease,
    known: &AddressSet,
) -> Vec<CoverageRange> {
    let mut lines = Vec::new();
    for run in found.chunk_by(|one, other| fate(one) == fate(other)) {
        let (state, reason) = fate(run[0]);
        let addresses = run.iter().map(|host| AddressRange::from(host.address)).collect();
        lines.extend(CoverageRange::of_all(&addresses, state, reason));
    }
    let mut by_reason: BTreeMap<&str, Vec<AddressRange>> = BTreeMap::new();
    for silence in silences {
        by_reason.entry(&silence.reason).or_default().push(silence.addresses);
    }
    let here: AddressSet = found.iter().map(|host| AddressRange::from(host.address)).collect();
    let mut taken = known.union(&here);
    for (reason, ranges) in by_reason {
        let silent: AddressSet = ranges.into_iter().collect();
        let silent = silent.intersect(&lease.addresses).subtract(&taken);
        lines.extend(CoverageRange::of_all(&silent, CoverageState::Down, reason));
        taken = taken.union(&silent);
    }
    lines
}

pub(super) fn fate(host: &Host) -> (CoverageState, &str) {
    match host.status {
        _ if host.timed_out => (CoverageState::TimedOut, "the host's time limit was reached"),
        HostStatus::Up => (CoverageState::Up, ""),
        HostStatus::Down | HostStatus::Unknown | HostStatus::Skipped => {
            (CoverageState::Down, &host.reason)
        }
    }
}

/// What of a host has no column of its own. Times are milliseconds, as everywhere in the store.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct HostRest<'a> {
    #[serde(skip_serializing_if = "is_default")]
    reason_ttl: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    started_at: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    ended_at: Option<i64>,
    #[serde(skip_serializing_if = "is_default")]
    hostnames: Cow<'a, [Hostname]>,
    #[serde(skip_serializing_if = "is_default")]
    os: Cow<'a, [OsMatch]>,
    #[serde(skip_serializing_if = "is_default")]
    extra_ports: Cow<'a, [ExtraPorts]>,
    #[serde(skip_serializing_if = "is_default")]
    scripts: Cow<'a, [Script]>,
    #[serde(skip_serializing_if = "is_default")]
    details: Cow<'a, HostDetails>,
    #[serde(skip_serializing_if = "is_default")]
    entities: Cow<'a, [Value]>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn host_rest(host: &Host) -> Option<String> {
    let rest = HostRest {
        reason_ttl: host.reason_ttl,
        started_at: host.started_at.map(millis),
        ended_at: host.ended_at.map(millis),
        hostnames: Cow::Borrowed(&host.hostnames),
        os: Cow::Borrowed(&host.os),
        extra_ports: Cow::Borrowed(&host.extra_ports),
        scripts: Cow::Borrowed(&host.scripts),
        details: Cow::Borrowed(&host.details),
        entities: Cow::Borrowed(&host.entities),
    };
    (!is_default(&rest)).then(|| json(&rest))
}

/// What of a port and its service has no column of its own.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct PortRest<'a> {
    #[serde(skip_serializing_if = "is_default")]
    reason_ttl: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    reason_address: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_default")]
    scripts: Cow<'a, [Script]>,
    /// Without its name, product and version, which have columns.
    #[serde(skip_serializing_if = "is_default")]
    service: ServiceRest<'a>,
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct ServiceRest<'a> {
    #[serde(skip_serializing_if = "is_default")]
    extra_info: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_default")]
    tunnel: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_default")]
    method: Cow<'a, str>,
    #[serde(skip_serializing_if = "is_default")]
    confidence: u8,
    #[serde(skip_serializing_if = "is_default")]
    cpe: Cow<'a, [String]>,
    #[serde(skip_serializing_if = "is_default")]
    hostname: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_default")]
    os_type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_default")]
    device_type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_default")]
    fingerprint: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_default")]
    protocol: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "is_default")]
    rpc_number: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    rpc_low_version: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    rpc_high_version: Option<u32>,
}

impl<'a> ServiceRest<'a> {
    fn of(service: &'a Service) -> Self {
        let text = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        let Service {
            name: _,
            product: _,
            version: _,
            extra_info,
            tunnel,
            method,
            confidence,
            cpe,
            hostname,
            os_type,
            device_type,
            fingerprint,
            protocol,
            rpc_number,
            rpc_low_version,
            rpc_high_version,
        } = service;
        Self {
            extra_info: text(extra_info),
            tunnel: text(tunnel),
            method: Cow::Borrowed(method),
            confidence: *confidence,
            cpe: Cow::Borrowed(cpe),
            hostname: text(hostname),
            os_type: text(os_type),
            device_type: text(device_type),
            fingerprint: text(fingerprint),
            protocol: text(protocol),
            rpc_number: *rpc_number,
            rpc_low_version: *rpc_low_version,
            rpc_high_version: *rpc_high_version,
        }
    }

    fn into_service(
        self,
        name: String,
        product: Option<String>,
        version: Option<String>,
    ) -> Service {
        let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
        Service {
            name,
            product,
            version,
            extra_info: text(self.extra_info),
            tunnel: text(self.tunnel),
            method: self.method.into_owned(),
            confidence: self.confidence,
            cpe: self.cpe.into_owned(),
            hostname: text(self.hostname),
            os_type: text(self.os_type),
            device_type: text(self.device_type),
            fingerprint: text(self.fingerprint),
            protocol: text(self.protocol),
            rpc_number: self.rpc_number,
            rpc_low_version: self.rpc_low_version,
            rpc_high_version: self.rpc_high_version,
        }
    }
}

/// Nothing for a port about which only its columns say something.
fn port_rest(port: &Port) -> Option<String> {
    let rest = PortRest {
        reason_ttl: port.reason_ttl,
        reason_address: port.reason_address.as_deref().map(Cow::Borrowed),
        scripts: Cow::Borrowed(&port.scripts),
        service: port.service.as_ref().map(ServiceRest::of).unwrap_or_default(),
    };
    (!is_default(&rest)).then(|| json(&rest))
}

pub(super) async fn store_hosts(
    connection: &mut Connection,
    lease: &Lease,
    found: &[&Host],
    now: Timestamp,
) -> Result<(), StoreError> {
    if found.is_empty() {
        return Ok(());
    }
    let mut rows = Vec::with_capacity(found.len());
    let mut ports = Vec::with_capacity(found.iter().map(|host| host.ports.len()).sum());
    let keys = insert::next_host_key(connection).await?..;
    for (host_key, host) in keys.zip(found) {
        rows.push(NewHost {
            host_key,
            address: host.address.to_key(),
            status: host.status.name(),
            timed_out: host.timed_out,
            reason: &host.reason,
            mac: host.mac.as_deref(),
            vendor: host.vendor.as_deref(),
            open_ports: number(host.open_ports()),
            detail: host_rest(host),
        });
        let behind = ports.len();
        ports.extend(host.ports.iter().map(|port| (host_key, port)));
        // In the order of the table, so that rows are appended and not searched a place for.
        ports[behind..].sort_by_key(|(_, port)| (port.protocol.name(), port.port));
    }
    ports.dedup_by_key(|(host_key, port)| (*host_key, port.protocol, port.port));
    let Lease { scan_key, batch_key, epoch, .. } = *lease;
    let report = Report { scan_key, batch_key, epoch, at: millis(now) };
    insert::hosts(connection, report, rows).await?;
    insert::ports(connection, &ports, port_rest).await
}

/// Forgets hosts that are known from an attempt before a retry and have been accounted for anew.
/// Only a host that timed out is in the ledger in a state that a retry takes up again.
pub(crate) async fn forget_timed_out(
    connection: &mut Connection,
    scan_key: i64,
    accounted: &AddressSet,
) -> Result<(), StoreError> {
    let (Some(lowest), Some(highest)) = (accounted.ranges().first(), accounted.ranges().last())
    else {
        return Ok(());
    };
    let rows: Vec<(i64, Vec<u8>, i64)> = sqlx::query_as(
        "SELECT host_key, address, open_ports FROM hosts WHERE scan_key = $1 AND timed_out = 1
             AND address >= $2 AND address <= $3",
    )
    .bind(scan_key)
    .bind(lowest.first().to_key())
    .bind(highest.last().to_key())
    .fetch_all(&mut *connection)
    .await?;
    for (host_key, address, open_ports) in rows {
        let address = Address::from_key(&address).ok_or_else(|| damaged("an address", host_key))?;
        if !accounted.contains(address) {
            continue;
        }
        for table in
            ["DELETE FROM ports WHERE host_key = $1", "DELETE FROM hosts WHERE host_key = $1"]
        {
            sqlx::query(table).bind(host_key).execute(&mut *connection).await?;
        }
        count_found(connection, scan_key, -1, -open_ports).await?;
    }
    Ok(())
}

/// Moves the scan's counters of what it has found.
pub(super) async fn count_found(
    connection: &mut Connection,
    scan_key: i64,
    hosts_up: i64,
    open_ports: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE scans SET hosts_up = hosts_up + $2, open_ports = open_ports + $3
         WHERE scan_key = $1",
    )
    .bind(scan_key)
    .bind(hosts_up)
    .bind(open_ports)
    .execute(connection)
    .await?;
    Ok(())
}

/// Sets aside a host that nobody asked for.
pub(crate) async fn quarantine(
    connection: &mut Connection,
    lease: &Lease,
    host: &Host,
    now: Timestamp,
) -> Result<(), StoreError> {
    leases::held(connection, lease).await?;
    set_aside(connection, lease, host, now).await
}

/// Stores a host that nobody asked for apart from all others, and tells of it, once per batch.
async fn set_aside(
    connection: &mut Connection,
    lease: &Lease,
    host: &Host,
    now: Timestamp,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "INSERT INTO quarantine (scan_key, batch_key, address, detail, observed_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (batch_key, address) DO NOTHING",
    )
    .bind(lease.scan_key)
    .bind(lease.batch_key)
    .bind(host.address.to_key())
    .bind(json(host))
    .bind(millis(now))
    .execute(&mut *connection)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(());
    }
    let body = json!({ "batch_id": lease.batch, "address": host.address });
    events::tell(connection, lease.scan_key, vec![events::event("security", &body)], now).await
}

/// How many hosts answered, and how many of their ports are open.
pub(crate) async fn tally(connection: &mut Connection, scan_key: i64) -> Result<Tally, StoreError> {
    let (hosts, ports): (i64, i64) =
        sqlx::query_as("SELECT hosts_up, open_ports FROM scans WHERE scan_key = $1")
            .bind(scan_key)
            .fetch_one(connection)
            .await?;
    Ok(Tally { hosts_up: super::count(hosts), open_ports: super::count(ports) })
}

/// How many hosts of the scan were set aside.
pub(crate) async fn quarantined(
    connection: &mut Connection,
    scan_key: i64,
) -> Result<u64, StoreError> {
    let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM quarantine WHERE scan_key = $1")
        .bind(scan_key)
        .fetch_one(connection)
        .await?;
    Ok(super::count(rows))
}

/// Reads what [`HostRow`] holds.
const SELECT: &str =
    "SELECT host_key, address, status, timed_out, reason, mac, vendor, detail FROM hosts WHERE ";

#[derive(sqlx::FromRow)]
struct HostRow {
    host_key: i64,
    address: Vec<u8>,
    status: String,
    timed_out: i64,
    reason: String,
    mac: Option<String>,
    vendor: Option<String>,
    detail: Option<String>,
}

#[derive(sqlx::FromRow)]
struct PortRow {
    host_key: i64,
    protocol: String,
    port: i64,
    state: String,
    reason: String,
    service: Option<String>,
    product: Option<String>,
    version: Option<String>,
    detail: Option<String>,
}

/// The next `limit` hosts behind the cursor, in ascending order of address, with their ports.
pub(crate) async fn page(
    connection: &mut Connection,
    scan_key: i64,
    after: &HostCursor,
    limit: u32,
) -> Result<Vec<Host>, StoreError> {
    let mut select = QueryBuilder::<Backend>::new(SELECT);
    select.push("scan_key = ").push_bind(scan_key);
    select.push(" AND address > ").push_bind(&after.0);
    select.push(" ORDER BY address LIMIT ").push_bind(i64::from(limit));
    let rows = select.build_query_as().fetch_all(&mut *connection).await?;
    with_ports(connection, rows).await
}

/// What the scan has stored of these addresses, each host under its key.
pub(super) async fn at(
    connection: &mut Connection,
    scan_key: i64,
    addresses: &[Address],
) -> Result<Vec<(i64, Host)>, StoreError> {
    let mut rows: Vec<HostRow> = Vec::new();
    for chunk in addresses.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new(SELECT);
        select.push("scan_key = ").push_bind(scan_key).push(" AND address");
        push_list(&mut select, chunk.iter().map(|address| address.to_key()));
        rows.extend(select.build_query_as::<HostRow>().fetch_all(&mut *connection).await?);
    }
    under_keys(connection, rows).await
}

/// These hosts under their keys, in ascending order of these; those that are gone are left out.
pub(super) async fn by_keys(
    connection: &mut Connection,
    keys: &[i64],
) -> Result<Vec<(i64, Host)>, StoreError> {
    let mut rows: Vec<HostRow> = Vec::with_capacity(keys.len());
    for chunk in keys.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new(SELECT);
        push_list(select.push("host_key"), chunk);
        rows.extend(select.build_query_as::<HostRow>().fetch_all(&mut *connection).await?);
    }
    rows.sort_by_key(|row| row.host_key);
    under_keys(connection, rows).await
}

async fn under_keys(
    connection: &mut Connection,
    rows: Vec<HostRow>,
) -> Result<Vec<(i64, Host)>, StoreError> {
    let keys: Vec<i64> = rows.iter().map(|row| row.host_key).collect();
    Ok(keys.into_iter().zip(with_ports(connection, rows).await?).collect())
}

/// Removes hosts with their ports.
pub(super) async fn forget(connection: &mut Connection, keys: &[i64]) -> Result<(), StoreError> {
    for chunk in keys.chunks(ROWS_PER_STATEMENT) {
        for table in ["DELETE FROM ports WHERE host_key", "DELETE FROM hosts WHERE host_key"] {
            let mut delete = QueryBuilder::<Backend>::new(table);
            push_list(&mut delete, chunk);
            delete.build().execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// These hosts, in this order, with their ports.
async fn with_ports(
    connection: &mut Connection,
    rows: Vec<HostRow>,
) -> Result<Vec<Host>, StoreError> {
    let mut hosts = Vec::with_capacity(rows.len());
    let mut places = std::collections::HashMap::with_capacity(rows.len());
    for row in rows {
        places.insert(row.host_key, hosts.len());
        hosts.push(host(row)?);
    }
    let keys: Vec<i64> = places.keys().copied().collect();
    for chunk in keys.chunks(ROWS_PER_STATEMENT) {
        for row in ports_of(connection, chunk).await? {
            let place = places[&row.host_key];
            let found: Port = port(row)?;
            hosts[place].ports.push(found);
        }
    }
    for host in &mut hosts {
        host.ports.sort_by_key(|port| (port.protocol, port.port));
    }
    Ok(hosts)
}

#[derive(sqlx::FromRow)]
struct FoundRow {
    scan_key: i64,
    scan_id: String,
    scan_number: i64,
    project: String,
    observed_at: i64,
    #[sqlx(flatten)]
    host: HostRow,
}

/// So many open ports of one kind are looked up one by one; where there are more, it is quicker to go
/// through the hosts in order until enough are found.
const FEW: i64 = 5_000;

/// The next `limit` hosts of the organisation that fit, those of newer scans first, and those of
/// one scan in ascending order of address.
pub(crate) async fn found(
    connection: &mut Connection,
    organisation_key: i64,
    filter: &HostFilter,
    limit: u32,
) -> Result<Vec<FoundHost>, StoreError> {
    let is_rare = filter.scan.is_none() && is_rare(connection, filter).await?;
    let mut select = QueryBuilder::<Backend>::new(
        "SELECT s.scan_key, s.id AS scan_id, s.number AS scan_number, p.name AS project,
             h.observed_at, h.host_key, h.address, h.status, h.timed_out, h.reason, h.mac, h.vendor,
             h.detail ",
    );
    push_hosts(&mut select, organisation_key, filter, is_rare);
    select.push(" ORDER BY s.scan_key DESC, h.address LIMIT ").push_bind(i64::from(limit));
    select.push(" OFFSET ").push_bind(number(filter.skip));
    let rows: Vec<FoundRow> = select.build_query_as().fetch_all(&mut *connection).await?;
    found_hosts(connection, rows).await
}

/// How many hosts of the organisation fit.
pub(crate) async fn count(
    connection: &mut Connection,
    organisation_key: i64,
    filter: &HostFilter,
) -> Result<u64, StoreError> {
    let is_rare = is_rare(connection, filter).await?;
    let mut select = QueryBuilder::<Backend>::new("SELECT COUNT(*) ");
    push_hosts(&mut select, organisation_key, filter, is_rare);
    let count: i64 = select.build_query_scalar().fetch_one(connection).await?;
    Ok(super::count(count))
}

/// Writes where hosts are from, and which of them.
fn push_hosts(
    select: &mut QueryBuilder<Backend>,
    organisation_key: i64,
    filter: &HostFilter,
    is_rare: bool,
) {
    // CROSS JOIN keeps the order of the tables: either from the few ports to their hosts, or in the
    // order of the list through the index on scan and address.
    select.push(if is_rare {
        "FROM hosts h CROSS JOIN scans s ON s.scan_key = h.scan_key
             CROSS JOIN projects p ON p.project_key = s.project_key"
    } else {
        "FROM scans s CROSS JOIN projects p ON p.project_key = s.project_key
             CROSS JOIN hosts h ON h.scan_key = s.scan_key"
    });
    select.push(" WHERE p.organisation_key = ").push_bind(organisation_key);
    push_host_filter(select, filter, is_rare);
}

async fn is_rare(connection: &mut Connection, filter: &HostFilter) -> Result<bool, StoreError> {
    if filter.port.is_none() && filter.service.is_none() {
        return Ok(false);
    }
    let mut select = QueryBuilder::<Backend>::new("SELECT COUNT(*) FROM (SELECT 1 FROM ports q");
    push_open_port(select.push(" WHERE "), filter);
    select.push(" LIMIT ").push_bind(FEW).push(") AS some");
    let some: i64 = select.build_query_scalar().fetch_one(connection).await?;
    Ok(some < FEW)
}

/// That `q` is an open port of the kind that is wanted.
fn push_open_port(select: &mut QueryBuilder<Backend>, filter: &HostFilter) {
    select.push("q.state = 'open'");
    if let Some(port) = filter.port {
        select.push(" AND q.port = ").push_bind(i64::from(port));
    }
    if let Some(service) = &filter.service {
        select.push(" AND q.service IS NOT NULL AND q.service = ").push_bind(service.clone());
    }
}

fn push_host_filter(select: &mut QueryBuilder<Backend>, filter: &HostFilter, is_rare: bool) {
    if let Some(scan) = filter.scan {
        select.push(" AND s.id = ").push_bind(scan.to_string());
    }
    if let Some(project) = filter.project {
        select.push(" AND p.id = ").push_bind(project.to_string());
    }
    if let Some(network) = filter.network {
        select.push(" AND h.address >= ").push_bind(network.first().to_key());
        select.push(" AND h.address <= ").push_bind(network.last().to_key());
    }
    if let Some(status) = filter.status {
        select.push(" AND h.status = ").push_bind(status.name());
    }
    if filter.open_only {
        select.push(" AND h.open_ports > 0");
    }
    if filter.port.is_some() || filter.service.is_some() {
        select.push(if is_rare {
            " AND h.host_key IN (SELECT q.host_key FROM ports q WHERE "
        } else {
            // By their names, so that the ports are found by their key.
            " AND h.open_ports > 0 AND EXISTS (SELECT 1 FROM ports q WHERE q.host_key = h.host_key
                  AND q.protocol IN ('tcp', 'udp', 'sctp', 'ip') AND "
        });
        push_open_port(select, filter);
        select.push(")");
    }
    if let Some(after) = &filter.after {
        select.push(" AND s.scan_key <= ").push_bind(after.scan);
        select.push(" AND (s.scan_key < ").push_bind(after.scan);
        select.push(" OR h.address > ").push_bind(after.address.clone()).push(")");
    }
}

async fn found_hosts(
    connection: &mut Connection,
    rows: Vec<FoundRow>,
) -> Result<Vec<FoundHost>, StoreError> {
    let mut places = Vec::with_capacity(rows.len());
    let mut hosts = Vec::with_capacity(rows.len());
    for FoundRow { scan_key, scan_id, scan_number, project, observed_at, host } in rows {
        places.push((
            scan_key,
            id(&scan_id)?,
            super::count(scan_number),
            project,
            time(observed_at)?,
        ));
        hosts.push(host);
    }
    let hosts = with_ports(connection, hosts).await?;
    let found = |((scan_key, scan_id, scan_number, project, observed_at), host)| FoundHost {
        scan_id,
        scan_number,
        project,
        observed_at,
        host,
        scan_key,
    };
    Ok(places.into_iter().zip(hosts).map(found).collect())
}

#[derive(sqlx::FromRow)]
struct SightingRow {
    scan_id: String,
    scan_number: i64,
    scan_name: String,
    project: String,
    scan_status: String,
    at: i64,
    state: String,
    reason: String,
    host_key: Option<i64>,
}

/// What the organisation's scans saw of an address, the newest first: also those that looked for it
/// and found nothing.
pub(crate) async fn history(
    connection: &mut Connection,
    organisation_key: i64,
    address: Address,
    project: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Sighting>, StoreError> {
    // Of each scan, the line of the ledger that begins at the address or before it.
    let rows: Vec<SightingRow> = sqlx::query_as(
        "SELECT s.id AS scan_id, s.number AS scan_number, s.name AS scan_name, p.name AS project,
             s.state AS scan_status,
             COALESCE(h.observed_at, s.completed_at, s.started_at, s.created_at) AS at,
             c.state, c.reason, h.host_key
         FROM scans s JOIN projects p ON p.project_key = s.project_key
             JOIN coverage c ON c.scan_key = s.scan_key AND c.first =
                 (SELECT before.first FROM coverage before
                  WHERE before.scan_key = s.scan_key AND before.first <= $2
                  ORDER BY before.first DESC LIMIT 1)
             LEFT JOIN hosts h ON h.scan_key = s.scan_key AND h.address = $2
         WHERE p.organisation_key = $1 AND (CAST($3 AS TEXT) IS NULL OR p.id = $3) AND c.last >= $2
         ORDER BY at DESC, s.scan_key DESC LIMIT $4",
    )
    .bind(organisation_key)
    .bind(address.to_key())
    .bind(project.map(|project| project.to_string()))
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await?;
    let mut sightings = Vec::with_capacity(rows.len());
    for row in rows {
        sightings.push(sighting(connection, row).await?);
    }
    Ok(sightings)
}

async fn sighting(connection: &mut Connection, row: SightingRow) -> Result<Sighting, StoreError> {
    let open_ports = match row.host_key {
        Some(host_key) => open_ports(connection, host_key).await?,
        None => Vec::new(),
    };
    Ok(Sighting {
        scan_id: id(&row.scan_id)?,
        scan_number: super::count(row.scan_number),
        scan_name: row.scan_name,
        project: row.project,
        scan_status: read("a scan state", &row.scan_status)?,
        at: time(row.at)?,
        state: read("a coverage state", &row.state)?,
        reason: row.reason,
        open_ports,
    })
}

async fn open_ports(
    connection: &mut Connection,
    host_key: i64,
) -> Result<Vec<OpenPort>, StoreError> {
    let rows: Vec<(i64, String, Option<String>)> = sqlx::query_as(
        "SELECT port, protocol, service FROM ports WHERE host_key = $1 AND state = 'open'
         ORDER BY protocol, port",
    )
    .bind(host_key)
    .fetch_all(connection)
    .await?;
    let open = |(port, protocol, service): (i64, String, Option<String>)| {
        Ok(OpenPort {
            port: u16::try_from(port).map_err(|_| damaged("a port number", port))?,
            protocol: read::<Protocol>("a protocol", &protocol)?,
            service,
        })
    };
    rows.into_iter().map(open).collect()
}

async fn ports_of(connection: &mut Connection, keys: &[i64]) -> Result<Vec<PortRow>, StoreError> {
    let mut select = QueryBuilder::<Backend>::new(
        "SELECT host_key, protocol, port, state, reason, service, product, version, detail
         FROM ports WHERE host_key",
    );
    push_list(&mut select, keys);
    Ok(select.build_query_as().fetch_all(connection).await?)
}

fn host(row: HostRow) -> Result<Host, StoreError> {
    let address = Address::from_key(&row.address);
    let rest: HostRest<'_> = match &row.detail {
        Some(detail) => from_json("a host", detail)?,
        None => HostRest::default(),
    };
    Ok(Host {
        address: address.ok_or_else(|| damaged("an address", format!("{:?}", row.address)))?,
        status: read("a host status", &row.status)?,
        reason: row.reason,
        reason_ttl: rest.reason_ttl,
        timed_out: row.timed_out != 0,
        started_at: some_time(rest.started_at)?,
        ended_at: some_time(rest.ended_at)?,
        hostnames: rest.hostnames.into_owned(),
        mac: row.mac,
        vendor: row.vendor,
        os: rest.os.into_owned(),
        ports: Vec::new(),
        extra_ports: rest.extra_ports.into_owned(),
        scripts: rest.scripts.into_owned(),
        details: rest.details.into_owned(),
        entities: rest.entities.into_owned(),
    })
}

fn port(row: PortRow) -> Result<Port, StoreError> {
    let rest: PortRest<'_> = match &row.detail {
        Some(detail) => from_json("a port", detail)?,
        None => PortRest::default(),
    };
    let (service, product, version) = (rest.service, row.product, row.version);
    Ok(Port {
        port: u16::try_from(row.port).map_err(|_| damaged("a port number", row.port))?,
        protocol: read::<Protocol>("a protocol", &row.protocol)?,
        state: read::<PortState>("a port state", &row.state)?,
        reason: row.reason,
        reason_ttl: rest.reason_ttl,
        reason_address: rest.reason_address.map(Cow::into_owned),
        service: row.service.map(|name| service.into_service(name, product, version)),
        scripts: rest.scripts.into_owned(),
    })
}
