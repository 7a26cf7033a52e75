//! How fast an inventory of a million hosts with ten million ports is searched, and written out.
//!
//! `cargo run --release -p netscan-server --example bench_search -- DIRECTORY [HOSTS]`
//!
//! Fills the directory, unless it is filled already, takes what was stored into the inventory, then asks
//! each query of a written list again and again, every time for the first hundred hosts and the total, and
//! writes all of it as JSON lines. What a host is follows from its number.
#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark takes the time and prints it"
)]

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use netscan_model::address::Address;
use netscan_model::import::Repeats;
use netscan_model::inventory::FacetField;
use netscan_model::observation::{
    Host, Hostname, OsClass, OsMatch, Port, PortState, Protocol, ScanInfo, Script, Service,
};
use netscan_server::searches::{Search, page};
use netscan_store::{AttemptDetail, By, ImportChunk, ImportEnd, NewImport, Realm, Store};
use uuid::Uuid;

const PROJECT: &str = "bench";
const HOSTS_OF_A_SCAN: u32 = 65_536;
const ROUNDS: usize = 25;
/// Rows that are written out at least.
const PAGE: u32 = 1_000;

/// Numbers, states, services, texts, wildcards, words, addresses, times, and all that together.
const QUERIES: [&str; 20] = [
    "port:443",
    "port:22,80-100 protocol:tcp",
    "port:3389 state:closed",
    "service:http",
    "product:nginx version:1.2*",
    "port:443 service:https product:nginx",
    "-port:443",
    "port:22 product:openssh -port:80",
    "os:linux ports>10",
    "net:10.3.0.0/16",
    "net:10.0.0.0/8 port:8080",
    "10.7.7.0/24 service:ssh",
    "host:*-77.branch.example.com",
    "host~db-1234",
    "title:\"log in\" port:80",
    "script.ssh-hostkey~abc123",
    "cve:CVE-2021-*",
    "jenkins",
    "seen>1d (product:nginx or product:apache) -os:windows",
    "vendor:cisco cpe:*openssh* net:10.0.0.0-10.9.255.255",
];

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().expect("usage: bench_search DIRECTORY [HOSTS]"));
    let hosts = arguments.next().map_or(1_000_000, |text| text.parse().expect("a number"));
    let database = directory.join("netscan.db");
    let is_new = !database.exists();
    let store = Store::open(&database).await.expect("it opens");
    let realm = store.default_realm().await.expect("there is one");
    if is_new {
        fill(&realm, hosts).await;
    }
    let began = Instant::now();
    let taken = store.catch_up().await.expect("it works");
    if taken > 0 {
        println!("inventory: {taken} hosts taken up in {:.0} s", began.elapsed().as_secs_f64());
    }
    ask(&realm).await;
    count(&realm).await;
    write_out(&realm).await;
    let size = database.metadata().expect("it was written").len() >> 20;
    println!("{size} MiB of database; peak memory {} MiB", peak_memory_mib());
    store.close().await;
}

async fn fill(realm: &Realm, hosts: u32) {
    let began = Instant::now();
    let now = Timestamp::now();
    let mut ports = 0;
    for first in (0..hosts).step_by(HOSTS_OF_A_SCAN as usize) {
        let by = By { actor: "bench", remote: None, now };
        let new = NewImport {
            id: Uuid::from_u128(u128::from(first) + 1),
            project: PROJECT.into(),
            name: format!("hosts from {first}"),
            notes: String::new(),
            owner: "bench".into(),
            origin: serde_json::Map::new(),
            started_at: now,
        };
        let mut import = realm.begin_import(&new, Uuid::from_u128(1), by).await.expect("it works");
        let last = hosts.min(first + HOSTS_OF_A_SCAN);
        for chunk in (first..last).step_by(1_000) {
            let found: Vec<Host> = (chunk..last.min(chunk + 1_000)).map(host).collect();
            ports += found.iter().map(|host| host.ports.len()).sum::<usize>();
            // A month of scans.
            let seen_at = now - Duration::from_secs(u64::from(hosts - first) * 2);
            let chunk = ImportChunk { hosts: found, repeats: Repeats::Replace, seen_at };
            realm.import_hosts(&mut import, chunk, now).await.expect("it works");
        }
        let info = ScanInfo {
            kind: "syn".into(),
            protocol: Some(Protocol::Tcp),
            service_count: 65_535,
            services: "1-65535".into(),
            scan_flags: None,
        };
        let argv = vec!["nmap".into(), "-sV".into(), "-O".into(), "-sC".into()];
        let detail = AttemptDetail { argv, scan_infos: vec![info], ..AttemptDetail::default() };
        let end = ImportEnd { detail, fault: None, ended_at: now };
        realm.finish_import(&import, &end, by).await.expect("it works");
    }
    println!("fill: {hosts} hosts, {ports} ports in {:.0} s", began.elapsed().as_secs_f64());
}

/// A number that looks random, and is the same each time.
fn draw(host: u32, what: u32, sides: u32) -> u32 {
    let mut number = u64::from(host) << 32 | u64::from(what);
    // The finaliser of SplitMix64.
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((number ^ (number >> 31)) % u64::from(sides)).expect("it is less than sides")
}

const USUAL: [(u16, &str, &[&str]); 12] = [
    (80, "http", &["nginx", "Apache httpd", "lighttpd", "Jenkins httpd"]),
    (443, "https", &["nginx", "Apache httpd", "Microsoft IIS httpd"]),
    (22, "ssh", &["OpenSSH", "Dropbear sshd"]),
    (25, "smtp", &["Postfix smtpd", "Exim smtpd"]),
    (53, "domain", &["ISC BIND", "dnsmasq"]),
    (110, "pop3", &["Dovecot pop3d"]),
    (143, "imap", &["Dovecot imapd"]),
    (3306, "mysql", &["MySQL", "MariaDB"]),
    (3389, "ms-wbt-server", &["Microsoft Terminal Services"]),
    (8080, "http-proxy", &["Apache Tomcat", "Squid http proxy", "Jetty"]),
    (445, "microsoft-ds", &["Samba smbd"]),
    (5432, "postgresql", &["PostgreSQL DB"]),
];

fn host(number: u32) -> Host {
    let address = Address::from(std::net::IpAddr::V4(Ipv4Addr::from_bits((10 << 24) + number)));
    let mut ports = Vec::with_capacity(10);
    for (place, (port, service, products)) in (0..).zip(USUAL) {
        if draw(number, place, 12) < 8 {
            ports.push(known(number, port, service, products));
        }
    }
    for what in 0..10 - u32::try_from(ports.len().min(10)).expect("few") {
        let port = u16::try_from(10_000 + 64 * what + draw(number, 100 + what, 64)).expect("few");
        ports.push(bare(
            port,
            if draw(number, 200 + what, 10) == 0 { PortState::Closed } else { PortState::Open },
        ));
    }
    let (name, family) = [
        ("Linux 5.0 - 6.2", "Linux"),
        ("Linux 4.15", "Linux"),
        ("Microsoft Windows 10", "Windows"),
        ("FreeBSD 13", "FreeBSD"),
    ][draw(number, 50, 4) as usize];
    let class = OsClass { family: family.into(), vendor: family.into(), ..OsClass::default() };
    let os =
        OsMatch { name: name.into(), accuracy: 90, classes: vec![class], ..OsMatch::default() };
    Host {
        hostnames: vec![Hostname {
            name: format!("db-{number}-{}.branch.example.com", number % 100),
            kind: "PTR".into(),
        }],
        vendor: (draw(number, 51, 3) == 0).then(|| {
            ["Cisco Systems", "Dell", "Hewlett Packard"][draw(number, 52, 3) as usize].into()
        }),
        os: if draw(number, 53, 2) == 0 { vec![os] } else { vec![] },
        ports,
        ..Host::at(address)
    }
}

fn bare(port: u16, state: PortState) -> Port {
    Port {
        port,
        protocol: Protocol::Tcp,
        state,
        reason: if state == PortState::Open { "syn-ack" } else { "reset" }.into(),
        reason_ttl: Some(64),
        reason_address: None,
        service: None,
        scripts: Vec::new(),
    }
}

fn known(number: u32, port: u16, name: &str, products: &[&str]) -> Port {
    let kind = draw(number, u32::from(port), 200);
    let product = products[kind as usize % products.len()];
    let version = format!("1.{}.{}", kind % 40, kind % 7);
    let script = |id: &str, output: String| Script { id: id.into(), output, ..Script::default() };
    let mut scripts = Vec::new();
    if port == 80 && draw(number, 300, 4) == 0 {
        let titles = ["Log in", "Welcome", "Dashboard [Jenkins]", "Index of /"];
        scripts.push(script(
            "http-title",
            format!("{} {}", titles[kind as usize % 4], draw(number, 301, 5_000)),
        ));
    }
    if port == 22 && draw(number, 302, 4) == 0 {
        scripts.push(script(
            "ssh-hostkey",
            format!("256 {:08x}{:08x} (ED25519)", draw(number, 303, u32::MAX), number),
        ));
    }
    if port == 443 && draw(number, 304, 50) == 0 {
        scripts.push(script("vulners", format!("CVE-20{}-{}", 10 + kind % 15, 1_000 + kind)));
    }
    let service = Service {
        name: name.into(),
        product: Some(product.into()),
        version: Some(version.clone()),
        method: "probed".into(),
        confidence: 10,
        cpe: vec![format!("cpe:/a:{}:{version}", product.to_lowercase().replace(' ', "_"))],
        ..Service::default()
    };
    Port { service: Some(service), scripts, ..bare(port, PortState::Open) }
}

async fn ask(realm: &Realm) {
    let now = Timestamp::now();
    let mut slowest = 0.0_f64;
    println!("{:<58} {:>9} {:>8} {:>8}", "query", "hosts", "p50", "p99");
    for text in QUERIES {
        let query = text.parse().unwrap_or_else(|wrong| panic!("{text}: {wrong}"));
        let search =
            Search { project: PROJECT.into(), query: Some(query), limit: 100, ..Search::default() };
        let mut times = Vec::with_capacity(ROUNDS);
        let mut total = 0;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let found = page(realm, &search, true, now).await.expect("it is searched");
            times.push(began.elapsed().as_secs_f64() * 1e3);
            total = found.total.expect("it is counted");
        }
        times.sort_by(f64::total_cmp);
        let (p50, p99) = (times[ROUNDS / 2], times[ROUNDS - 1]);
        slowest = slowest.max(p99);
        println!("{text:<58} {total:>9} {p50:>5.0} ms {p99:>5.0} ms");
    }
    println!("search: the slowest p99 of {} queries is {slowest:.0} ms", QUERIES.len());
}

async fn count(realm: &Realm) {
    let began = Instant::now();
    let search = Search {
        project: PROJECT.into(),
        query: Some("port:443".parse().expect("it is one")),
        facets: FacetField::ALL.to_vec(),
        limit: 1,
        ..Search::default()
    };
    page(realm, &search, true, Timestamp::now()).await.expect("it is searched");
    println!("facets: all six of port:443 in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
}

/// All hosts as JSON lines, as `search --format jsonl` and the API write them.
async fn write_out(realm: &Realm) {
    let began = Instant::now();
    let mut search = Search { project: PROJECT.into(), limit: PAGE, ..Search::default() };
    let (mut hosts, mut ports, mut bytes) = (0_usize, 0_usize, 0_usize);
    loop {
        let found = page(realm, &search, true, Timestamp::now()).await.expect("it is read");
        for host in &found.hosts {
            hosts += 1;
            ports += host.host.ports.len();
            bytes += serde_json::to_vec(host).expect("it is JSON").len() + 1;
        }
        let Some(cursor) = found.next_cursor else { break };
        search.after = Some(cursor.parse().expect("it is an address"));
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "export: {hosts} hosts with {ports} ports, {:.0} MB of JSON lines in {seconds:.0} s ({:.0} hosts/s, {:.0} ports/s); peak memory {} MiB",
        bytes as f64 / 1e6,
        hosts as f64 / seconds,
        ports as f64 / seconds,
        peak_memory_mib(),
    );
}

/// What the kernel says of this process.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
