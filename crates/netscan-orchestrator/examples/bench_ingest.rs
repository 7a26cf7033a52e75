//! How fast nmap's XML is read and stored: hosts with four ports each, from a file into SQLite,
//! against reading it alone.
//!
//! `cargo run --release -p netscan-orchestrator --example bench_ingest -- [HOSTS]`, best under
//! `taskset -c 0` so that all of it shares one core.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark takes the time and prints it"
)]

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use netscan_model::observation::Host;
use netscan_model::target::TargetList;
use netscan_modules::nmap::options::NmapOptions;
use netscan_modules::nmap::xml::{Limits, XmlEvent, XmlReader};
use netscan_orchestrator::submit::{self, Request, Wishes};
use netscan_store::{By, Lease, LeaseRequest, Store};

/// Hosts in one transaction.
const CHUNK: usize = 2_000;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let hosts = std::env::args().nth(1).map_or(50_000, |text| text.parse().expect("a number"));
    let directory = tempfile::tempdir().expect("there is room");
    let document = directory.path().join("nmap.xml");
    write_document(&document, hosts);
    let megabytes = document.metadata().expect("it was written").len() as f64 / 1e6;
    println!("ingest: {hosts} hosts with 4 ports each, {megabytes:.1} MB of XML");
    for _ in 0..3 {
        let began = Instant::now();
        let read = read(&document).count();
        let reading = began.elapsed();
        let began = Instant::now();
        let stored = store(&directory.path().join("netscan.db"), &document, hosts).await;
        let storing = began.elapsed();
        assert_eq!((read, stored), (hosts, hosts));
        println!(
            "ingest: {:.0} hosts/s parsed and stored ({:.2} s); parsed alone {:.0} hosts/s; peak memory {} MiB",
            hosts as f64 / storing.as_secs_f64(),
            storing.as_secs_f64(),
            hosts as f64 / reading.as_secs_f64(),
            peak_memory_mib(),
        );
        for file in ["netscan.db", "netscan.db-wal", "netscan.db-shm"] {
            let _ = std::fs::remove_file(directory.path().join(file));
        }
    }
}

/// The hosts of a document, one at a time.
fn read(document: &Path) -> impl Iterator<Item = Host> {
    let file = File::open(document).expect("it was written");
    let mut reader = XmlReader::new(file, Limits::default());
    std::iter::from_fn(move || {
        loop {
            match reader.next_event() {
                XmlEvent::Host(host) => return Some(*host),
                XmlEvent::End(_) => return None,
                _ => {}
            }
        }
    })
}

async fn store(database: &Path, document: &Path, hosts: usize) -> usize {
    let store = Store::open(database).await.expect("it opens");
    let lease = leased(&store, hosts).await;
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut stored = 0;
    for host in read(document) {
        chunk.push(host);
        if chunk.len() == CHUNK {
            stored += hand_in(&store, &lease, &mut chunk).await;
        }
    }
    stored += hand_in(&store, &lease, &mut chunk).await;
    store.close().await;
    stored
}

async fn hand_in(store: &Store, lease: &Lease, chunk: &mut Vec<Host>) -> usize {
    store.record_hosts(lease, chunk, &[], Timestamp::now()).await.expect("it is stored");
    std::mem::take(chunk).len()
}

/// One batch over all addresses.
async fn leased(store: &Store, hosts: usize) -> Lease {
    let last = std::net::Ipv4Addr::from(0x7f00_0000 + u32::try_from(hosts).expect("few") - 1);
    let targets = TargetList::parse(&format!("127.0.0.0-{last}"));
    let request = Request {
        wishes: Wishes {
            batch_size: u32::try_from(hosts).ok().and_then(std::num::NonZeroU32::new),
            ..Wishes::default()
        },
        address_limit: 1 << 24,
        opens_outright: true,
        is_ascending: true,
        is_started: true,
        ..Request::new("bench", targets, &NmapOptions::default())
    };
    let by = By { actor: "bench", remote: None, now: Timestamp::now() };
    let realm = store.default_realm().await.expect("there is one");
    submit::submit(&realm, &request, by).await.expect("it is accepted");
    let worker =
        LeaseRequest { worker: "bench".into(), only: None, duration: Duration::from_mins(10) };
    store.lease_next(&worker, Timestamp::now()).await.expect("it works").expect("there is one")
}

/// What nmap -sS -v writes for hosts with four open ports.
fn write_document(path: &Path, hosts: usize) {
    let mut out = BufWriter::new(File::create(path).expect("there is room"));
    let write = |out: &mut BufWriter<File>, text: &str| {
        out.write_all(text.as_bytes()).expect("there is room");
    };
    write(
        &mut out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner=\"nmap\" args=\"nmap -sS\" start=\"1700000000\" version=\"7.93\" xmloutputversion=\"1.05\">\n",
    );
    for host in 0..hosts {
        let address = std::net::Ipv4Addr::from(0x7f00_0000 + u32::try_from(host).expect("few"));
        write(
            &mut out,
            &format!(
                "<host starttime=\"1700000000\" endtime=\"1700000009\"><status state=\"up\" reason=\"echo-reply\" reason_ttl=\"64\"/>\n<address addr=\"{address}\" addrtype=\"ipv4\"/>\n<hostnames>\n</hostnames>\n<ports><extraports state=\"closed\" count=\"996\">\n<extrareasons reason=\"reset\" count=\"996\" proto=\"tcp\" ports=\"1,3-4,6-7,9\"/>\n</extraports>\n"
            ),
        );
        for (port, service) in [(22, "ssh"), (80, "http"), (443, "https"), (8080, "http-proxy")] {
            write(
                &mut out,
                &format!(
                    "<port protocol=\"tcp\" portid=\"{port}\"><state state=\"open\" reason=\"syn-ack\" reason_ttl=\"64\"/><service name=\"{service}\" method=\"table\" conf=\"3\"/></port>\n"
                ),
            );
        }
        write(&mut out, "</ports>\n<times srtt=\"52\" rttvar=\"17\" to=\"100000\"/>\n</host>\n");
    }
    write(
        &mut out,
        &format!(
            "<runstats><finished time=\"1700000009\" timestr=\"\" summary=\"\" elapsed=\"9.00\" exit=\"success\"/><hosts up=\"{hosts}\" down=\"0\" total=\"{hosts}\"/>\n</runstats>\n</nmaprun>\n"
        ),
    );
    out.flush().expect("there is room");
}

fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0)
        / 1024
}
