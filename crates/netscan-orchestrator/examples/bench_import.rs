//! How fast a file that nmap wrote is imported: from its first byte until it can be searched.
//!
//! `cargo run --release -p netscan-orchestrator --example bench_import -- FILE`, best under
//! `taskset -c 0` so that all of it shares one core. `benches/import.py` writes such a file, and runs
//! the parsers of others on it.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark takes the time and prints it"
)]

use std::fs::File;
use std::time::Instant;

use jiff::Timestamp;
use netscan_modules::files::FileReader;
use netscan_modules::nmap::xml::XmlEvent;
use netscan_orchestrator::import::{ImportRequest, Imported, import};
use netscan_store::{AssetFilter, By, Store};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let path = std::env::args().nth(1).expect("a file of nmap's XML");
    let file = File::open(&path).expect("it is there");
    let bytes = file.metadata().expect("it is there").len();
    let began = Instant::now();
    let read = read(File::open(&path).expect("it is there"));
    println!("import: {read} hosts read alone in {:.2} s", began.elapsed().as_secs_f64());
    let directory = tempfile::tempdir().expect("there is room");
    let began = Instant::now();
    let store = Store::open(&directory.path().join("netscan.db")).await.expect("it opens");
    let realm = store.default_realm().await.expect("there is one");
    let request = ImportRequest {
        project: "bench".into(),
        name: String::new(),
        notes: String::new(),
        owner: String::new(),
        file: None,
        format: None,
    };
    let by = By { actor: "bench", remote: None, now: Timestamp::now() };
    let imported = import(&realm, &request, file, by).await.expect("it is imported");
    let Imported { scan, hosts, ports, truncated, .. } = imported;
    let stored = began.elapsed().as_secs_f64();
    store.catch_up().await.expect("it is taken up");
    let query = "port:443 product:\"product 443\" version:1.7".parse().expect("it is one");
    let filter = AssetFilter {
        project: "bench".into(),
        query: Some(query),
        limit: 10,
        ..AssetFilter::default()
    };
    let found = realm.assets(&filter, Timestamp::now()).await.expect("it is searched");
    let seconds = began.elapsed().as_secs_f64();
    assert!(found.total > 0 && !truncated, "{scan:?}");
    println!("import: stored after {stored:.2} s, the rest made it searchable");
    println!(
        "import: {hosts} hosts, {ports} ports, {:.1} MB in {seconds:.2} s ({:.0} hosts/s, {:.1} MB/s); peak memory {} MiB",
        bytes as f64 / 1e6,
        hosts as f64 / seconds,
        bytes as f64 / 1e6 / seconds,
        peak_memory_mib(),
    );
    store.close().await;
}

/// How many hosts there are, read and thrown away.
fn read(file: File) -> u64 {
    let mut reader = FileReader::open(file, None, u64::MAX).expect("it is nmap's XML");
    let mut hosts = 0;
    loop {
        match reader.next_event() {
            XmlEvent::Host(_) => hosts += 1,
            XmlEvent::End(_) => return hosts,
            _ => {}
        }
    }
}

fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0)
        / 1024
}
