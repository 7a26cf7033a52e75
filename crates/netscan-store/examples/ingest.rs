//! How fast hosts are stored: one batch of loopback addresses, four open ports each, as `nmap -sS`
//! reports them.
//!
//! `cargo run --release -p netscan-store --example ingest -- 50000 1000`
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use netscan_model::address::{AddressRange, AddressSet};
use netscan_model::batch::{Outcome, StateName};
use netscan_model::observation::{Host, Port, PortState, Protocol, Service};
use netscan_model::scan::{Limits, Priority};
use netscan_store::{
    AttemptDetail, AttemptReport, By, Definition, Lease, LeaseRequest, NewScan, Store, Verdict,
};
use nix::sys::resource::{UsageWho, getrusage};
use uuid::Uuid;

const PORTS: [(u16, &str); 4] = [(22, "ssh"), (80, "http"), (443, "https"), (3306, "mysql")];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<u32> =
        std::env::args().skip(1).filter_map(|text| text.parse().ok()).collect();
    let count = arguments.first().copied().unwrap_or(50_000);
    let chunk = arguments.get(1).copied().unwrap_or(1_000);
    let directory = tempfile::tempdir()?;
    let store = Store::open(&directory.path().join("netscan.db")).await?;
    let lease = one_batch(&store, count).await?;

    let (clock, cpu) = (Instant::now(), cpu_time()?);
    let addresses: Vec<_> = lease.addresses.iter().collect();
    // What the caller has to do anyway: making the hosts is not measured.
    let mut making = Duration::ZERO;
    for part in addresses.chunks(usize::try_from(chunk)?) {
        let before = cpu_time()?;
        let hosts: Vec<_> = part.iter().map(|address| host(Host::at(*address))).collect();
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
    let (wall, cpu) = (clock.elapsed(), cpu_time()? - cpu - making);

    let peak_kib = getrusage(UsageWho::RUSAGE_SELF)?.max_rss();
    let per_second = f64::from(count) / wall.as_secs_f64();
    let per_cpu_second = f64::from(count) / cpu.as_secs_f64();
    println!(
        "{count} hosts by {chunk}: {:.2} s, {:.2} s of CPU ({:.0} ms to make the hosts), \
         {per_second:.0} hosts/s, {per_cpu_second:.0} hosts per CPU second, {} MiB at most",
        wall.as_secs_f64(),
        cpu.as_secs_f64(),
        making.as_secs_f64() * 1000.0,
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
        notes: String::new(),
        definition: Definition::default(),
        options: "-sS".into(),
        limits: Limits {
            batch_size: size,
            concurrency: NonZeroU32::MIN,
            max_rate: None,
            host_timeout_ms: None,
            batch_timeout_ms: None,
            attempts: NonZeroU32::MIN,
            priority: Priority::Medium,
        },
        addresses: addresses.clone(),
        left_out: Vec::new(),
        names: Vec::new(),
        is_started: true,
    };
    let now = Timestamp::now();
    let by = By { actor: "example", now };
    store.create_scan(&new, [addresses].into_iter(), Uuid::from_u128(2), by).await?;
    let duration = Duration::from_secs(3600);
    let request = LeaseRequest { worker: "example".into(), only: None, duration };
    Ok(store.lease_next(&request, now).await?.ok_or("nothing to lease")?)
}

fn host(mut host: Host) -> Host {
    host.reason = "localhost-response".into();
    host.reason_ttl = Some(0);
    host.started_at = Timestamp::from_second(1_760_000_000).ok();
    host.ended_at = Timestamp::from_second(1_760_000_009).ok();
    host.ports = PORTS.iter().map(|(number, name)| port(*number, name)).collect();
    host
}

fn port(number: u16, name: &str) -> Port {
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

fn cpu_time() -> nix::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let duration = |time: nix::sys::time::TimeVal| {
        Duration::new(time.tv_sec().unsigned_abs(), 0)
            + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    Ok(duration(usage.user_time()) + duration(usage.system_time()))
}
