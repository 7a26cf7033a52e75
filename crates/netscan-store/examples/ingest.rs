//! How fast hosts are stored: one batch of loopback addresses, four open ports each, as `nmap -sS`
//! reports them.
//!
//! `cargo run --release -p netscan-store --example ingest -- 50000 1000`: so many hosts, so many in
//! a report. With `distinct` behind it no port looks like another, as with `-sV` and scripts.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::batch::{Outcome, StateName};
use netscan_model::observation::{Host, Port, PortState, Protocol, Service};
use netscan_model::scan::Limits;
use netscan_model::seal::Seal;
use netscan_store::{
    AttemptDetail, AttemptReport, By, Definition, Lease, LeaseRequest, NewScan, Store, Verdict,
};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use uuid::Uuid;

const PORTS: [(u16, &str); 4] = [(22, "ssh"), (80, "http"), (443, "https"), (3306, "mysql")];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<u32> =
        std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let count = arguments.first().copied().unwrap_or(50_000);
    let chunk = arguments.get(1).copied().unwrap_or(1_000);
    let is_distinct = std::env::args().any(|text| text == "distinct");
    let directory = tempfile::tempdir()?;
    let store = Store::open(&directory.path().join("netscan.db")).await?;
    let lease = one_batch(&store, count).await?;

    let (clock, cpu) = (Instant::now(), cpu_time()?);
    let addresses: Vec<_> = lease.addresses.iter().collect();
    // What the caller has to do anyway: making the hosts is not measured.
    let mut making = 0.0;
    for part in addresses.chunks(usize::try_from(chunk)?) {
        let before = cpu_time()?;
        let hosts: Vec<_> = part.iter().map(|address| host(*address, is_distinct)).collect();
        making += cpu_time()? - before;
        store.record_hosts(&lease, &hosts, &[], Timestamp::now()).await?;
    }
    let report = AttemptReport {
        outcome: Outcome::Succeeded,
        reason: String::new(),
        verdict: Verdict::Judge,
        detail: AttemptDetail::default(),
    };
    assert_eq!(
        store.finish_attempt(&lease, &report, Timestamp::now()).await?,
        StateName::Succeeded
    );
    let (wall, cpu) = (clock.elapsed().as_secs_f64(), cpu_time()? - cpu - making);

    let peak_kib = getrusage(UsageWho::RUSAGE_SELF)?.max_rss();
    let per_second = f64::from(count) / wall;
    let per_cpu_second = f64::from(count) / cpu;
    println!(
        "{count} hosts by {chunk}: {wall:.2} s, {cpu:.2} s of CPU (and {making:.2} s to make them), \
         {per_second:.0} hosts/s, {per_cpu_second:.0} hosts per CPU second, {} MiB at most",
        peak_kib / 1024,
    );
    store.close().await;
    let size = std::fs::metadata(directory.path().join("netscan.db"))?.len();
    println!("{} MiB of database", size >> 20);
    Ok(())
}

async fn one_batch(store: &Store, count: u32) -> Result<Lease, Box<dyn std::error::Error>> {
    let range = format!("127.0.0.1-{}", std::net::Ipv4Addr::from_bits(0x7f00_0000 + count));
    let addresses: AddressSet = [range.parse::<AddressRange>()?].into_iter().collect();
    let size = NonZeroU32::new(count).ok_or("no hosts")?;
    let new = NewScan {
        id: Uuid::from_u128(1),
        series: None,
        project: "speed".into(),
        name: String::new(),
        description: String::new(),
        notes: String::new(),
        owner: "example".into(),
        modules: Vec::new(),
        recursion_depth: 0,
        template: None,
        definition: Definition::default(),
        options: "-sS".into(),
        limits: Limits { batch_size: size, ..Limits::LEAST },
        addresses: addresses.clone(),
        left_out: Vec::new(),
        names: Vec::new(),
        seal: Seal { addresses: addresses.clone(), authorisation: None },
        is_started: true,
    };
    let now = Timestamp::now();
    let by = By { actor: "example", remote: None, now };
    let realm = store.default_realm().await?;
    realm.create_scan(&new, [addresses].into_iter(), Uuid::from_u128(2), by).await?;
    let duration = Duration::from_hours(1);
    let request = LeaseRequest { worker: "example".into(), only: None, duration };
    Ok(store.lease_next(&request, now).await?.ok_or("nothing to lease")?)
}

fn host(address: Address, is_distinct: bool) -> Host {
    let port = |(number, name): &(u16, &str)| {
        let mut port = open(*number, name);
        if let Some(service) = port.service.as_mut().filter(|_| is_distinct) {
            service.product = Some(format!("{name} of {address}"));
        }
        port
    };
    Host {
        reason: "localhost-response".into(),
        reason_ttl: Some(0),
        started_at: Timestamp::from_second(1_760_000_000).ok(),
        ended_at: Timestamp::from_second(1_760_000_009).ok(),
        ports: PORTS.iter().map(port).collect(),
        ..Host::at(address)
    }
}

fn open(number: u16, name: &str) -> Port {
    Port {
        port: number,
        protocol: Protocol::Tcp,
        state: PortState::Open,
        reason: "syn-ack".into(),
        reason_ttl: Some(64),
        reason_address: None,
        service: Some(Service {
            name: name.into(),
            method: "table".into(),
            confidence: 3,
            ..Service::default()
        }),
        scripts: Vec::new(),
    }
}

/// Seconds of CPU that all threads have used so far.
fn cpu_time() -> nix::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(microseconds.unsigned_abs()).as_secs_f64())
}
