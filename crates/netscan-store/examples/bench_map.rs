//! How fast pages of the web UI are read from the largest scans: the map of a /8 of which all is known,
//! the pace of 65,536 batches, and places far down in lists of 100,000 hosts.
//!
//! `cargo run --release -p netscan-store --example bench_map`
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::batch::Outcome;
use netscan_model::observation::{Host, Port, PortState, Protocol};
use netscan_model::plan::{Order, Plan};
use netscan_model::scan::{Command, Limits};
use netscan_model::seal::Seal;
use netscan_store::{
    AssetFilter, AttemptDetail, AttemptReport, By, Definition, HostFilter, LeaseRequest, NewScan,
    Realm, Silence, Store, Verdict,
};
use uuid::Uuid;

type Fault = Box<dyn std::error::Error>;

const BLOCK: &str = "10.0.0.0-10.255.255.255";
const HOSTS: u32 = 100_000;
/// Hosts in a report.
const CHUNK: usize = 2_000;
const ROUNDS: u32 = 20;
const PROJECT: &str = "speed";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let directory = tempfile::tempdir()?;
    let store = Store::open(&directory.path().join("netscan.db")).await?;
    let realm = store.default_realm().await?;
    let known = known(&store, &realm).await?;
    let many = many_batches(&realm).await?;
    store.catch_up().await?;

    let part: AddressRange = "10.5.0.0-10.5.255.255".parse()?;
    for (name, within, cells) in [
        ("/8 in 1,024", None, 1_024),
        ("/8 in 4,096", None, 4_096),
        ("/16 in 1,024", Some(part), 1_024),
    ] {
        let cells = NonZeroU32::new(cells).ok_or("no cells")?;
        time(&format!("map of a {name} cells"), async || realm.map(known, within, cells).await)
            .await?;
    }
    let points = NonZeroU32::new(120).ok_or("no points")?;
    let now = Timestamp::now();
    time("pace of 65,536 batches", async || realm.pace(many, points, now).await).await?;
    let filter = HostFilter { scan: Some(known), skip: 90_000, ..HostFilter::default() };
    time("hosts 90,000 to 90,200 of a scan", async || realm.hosts_page(&filter, 200).await).await?;
    time("all hosts of a scan, counted", async || realm.count_hosts(&filter).await).await?;
    let filter =
        AssetFilter { project: PROJECT.into(), skip: 90_000, limit: 200, ..Default::default() };
    time("hosts 90,000 to 90,200 of a search", async || realm.assets(&filter, now).await).await?;
    store.close().await;
    Ok(())
}

/// Says how long something takes, at best and at worst.
async fn time<T, E: Into<Fault>>(
    what: &str,
    read: impl AsyncFn() -> Result<T, E>,
) -> Result<(), Fault> {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        read().await.map_err(Into::into)?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{what}: {:.1} ms, at worst {:.1} ms", ms(median), ms(worst));
    Ok(())
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A scan of all addresses as one batch, with hosts here and there and silence between them.
async fn known(store: &Store, realm: &Realm) -> Result<Uuid, Fault> {
    let all: AddressSet = [BLOCK.parse::<AddressRange>()?].into_iter().collect();
    let scan = Uuid::from_u128(1);
    let now = Timestamp::now();
    let new = new_scan(scan, &all, u32::MAX);
    realm.create_scan(&new, [all].into_iter(), Uuid::from_u128(9), by(now)).await?;
    let duration = Duration::from_hours(1);
    let request = LeaseRequest { worker: "example".into(), only: None, duration };
    let lease = store.lease_next(&request, now).await?.ok_or("nothing to lease")?;
    let step = (1 << 24) / HOSTS;
    let place = |number: u32| Address::from(IpAddr::from(Ipv4Addr::from_bits((10 << 24) + number)));
    let numbers: Vec<u32> = (0..HOSTS).collect();
    for chunk in numbers.chunks(CHUNK) {
        let hosts: Vec<Host> = chunk.iter().map(|number| host(place(number * step))).collect();
        let silence = |number: &u32| {
            let addresses =
                AddressRange::new(place(number * step + 1), place(number * step + step - 1));
            addresses.map(|addresses| Silence {
                addresses,
                reason: format!("no-response {}", number % 2),
            })
        };
        let silences: Vec<Silence> = chunk.iter().filter_map(silence).collect();
        store.record_hosts(&lease, &hosts, &silences, now).await?;
    }
    let ended = AttemptReport {
        outcome: Outcome::Succeeded,
        reason: String::new(),
        verdict: Verdict::Judge,
        detail: AttemptDetail::default(),
    };
    store.finish_attempt(&lease, &ended, now).await?;
    Ok(scan)
}

/// A scan of all addresses in batches of 256, which was stopped.
async fn many_batches(realm: &Realm) -> Result<Uuid, Fault> {
    let all: AddressSet = [BLOCK.parse::<AddressRange>()?].into_iter().collect();
    let size = NonZeroU32::new(256).ok_or("no size")?;
    let plan = Plan::new(&all, size, Order::Ascending);
    let scan = Uuid::from_u128(2);
    let now = Timestamp::now();
    let new = new_scan(scan, &all, size.get());
    realm.create_scan(&new, plan.batches(), Uuid::from_u128(9), by(now)).await?;
    realm.command(scan, Command::Stop, by(now + SignedDuration::from_hours(1))).await?;
    Ok(scan)
}

fn by(now: Timestamp) -> By<'static> {
    By { actor: "example", remote: None, now }
}

fn new_scan(id: Uuid, addresses: &AddressSet, batch_size: u32) -> NewScan {
    NewScan {
        id,
        series: None,
        project: PROJECT.into(),
        name: String::new(),
        description: String::new(),
        notes: String::new(),
        owner: "example".into(),
        modules: Vec::new(),
        recursion_depth: 0,
        template: None,
        definition: Definition::default(),
        options: "-sS".into(),
        limits: Limits {
            batch_size: NonZeroU32::new(batch_size).unwrap_or(NonZeroU32::MIN),
            ..Limits::LEAST
        },
        addresses: addresses.clone(),
        left_out: Vec::new(),
        names: Vec::new(),
        seal: Seal { addresses: addresses.clone(), authorisation: None },
        is_started: true,
    }
}

fn host(address: Address) -> Host {
    let open = |port| Port {
        port,
        protocol: Protocol::Tcp,
        state: PortState::Open,
        reason: "syn-ack".into(),
        reason_ttl: Some(64),
        reason_address: None,
        service: None,
        scripts: Vec::new(),
    };
    Host { reason: "echo-reply".into(), ports: vec![open(22), open(443)], ..Host::at(address) }
}
