//! What is known of addresses over all scans, and the index that it is searched by.

use std::collections::BTreeSet;

use jiff::Timestamp;
use netscan_model::address::Address;
use netscan_model::batch::Outcome;
use netscan_model::import::Repeats;
use netscan_model::inventory::{Asset, FacetField};
use netscan_model::observation::{
    ExtraPorts, ExtraReason, Host, HostDetails, Hostname, OsClass, OsMatch, Port, PortState,
    Protocol, ScanInfo, Script, ScriptNode, ScriptValue, Service,
};
use netscan_model::search::{HostView, Query, Tags};
use netscan_store::{
    AssetFilter, AttemptDetail, AttemptReport, ImportChunk, ImportEnd, InventoryTarget, Lease,
    NewImport, Realm, Store, StoreError,
};
use serde_json::Map;
use uuid::Uuid;

use super::given::{
    PROJECT, address, all_silent, at, by, leased, open, realm, report, started, up,
};

/// Numbers that look random and are the same every time (Knuth, MMIX).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.throw(of.len())].clone()
    }

    fn is(&mut self, one_in: usize) -> bool {
        self.throw(one_in) == 0
    }
}

fn script(dice: &mut Dice) -> Script {
    let text = |key: Option<&str>, text: &str| ScriptNode {
        key: key.map(str::to_owned),
        value: ScriptValue::Text(text.to_owned()),
    };
    match dice.throw(5) {
        0 => Script {
            id: "http-title".to_owned(),
            output: dice.pick(&["Log in", "Welcome to nginx!", "403 Forbidden"]).to_owned(),
            ..Script::default()
        },
        1 => Script {
            id: "http-title".to_owned(),
            output: "Did not follow redirect".to_owned(),
            data: vec![text(Some("title"), dice.pick(&["Log in", "Intranet"]))],
            ..Script::default()
        },
        2 => Script {
            id: "vulners".to_owned(),
            output: "cpe:/a:x:\n  CVE-2021-44228  10.0".to_owned(),
            ..Script::default()
        },
        3 => Script {
            id: "smb-vuln-x".to_owned(),
            output: "State: VULNERABLE".to_owned(),
            data: vec![text(Some("CVE-2017-0143"), "yes"), text(None, "CVE:CVE-2017-0144")],
            ..Script::default()
        },
        _ => Script {
            id: "banner".to_owned(),
            output: format!("220 mail{} ready", dice.throw(5)),
            ..Script::default()
        },
    }
}

fn port(dice: &mut Dice, number: u16) -> Port {
    let service = (!dice.is(4)).then(|| Service {
        name: dice.pick(&["http", "https", "ssh", "http-proxy", "smtp"]).to_owned(),
        product: (!dice.is(3)).then(|| dice.pick(&["nginx", "Apache httpd", "OpenSSH"]).to_owned()),
        version: dice.is(2).then(|| dice.pick(&["1.24.0", "7.4p1 Debian 10", "9.2p1"]).to_owned()),
        extra_info: dice.is(3).then(|| dice.pick(&["Ubuntu", "protocol 2.0"]).to_owned()),
        method: "probed".to_owned(),
        cpe: if dice.is(2) {
            vec![dice.pick(&["cpe:/a:nginx:nginx", "cpe:/a:openbsd:openssh:9.2p1"]).to_owned()]
        } else {
            vec![]
        },
        os_type: dice.is(3).then(|| dice.pick(&["Linux", "Windows"]).to_owned()),
        ..Service::default()
    });
    Port {
        port: number,
        protocol: dice.pick(&[Protocol::Tcp, Protocol::Tcp, Protocol::Udp]),
        state: dice.pick(&[
            PortState::Open,
            PortState::Open,
            PortState::Closed,
            PortState::OpenFiltered,
        ]),
        reason: dice.pick(&["syn-ack", "reset", "no-response"]).to_owned(),
        reason_ttl: Some(60),
        reason_address: None,
        service,
        scripts: (0..dice.throw(3)).map(|_| script(dice)).collect(),
    }
}

fn host(dice: &mut Dice, at: Address) -> Host {
    let numbers: BTreeSet<u16> =
        (0..dice.throw(5)).map(|_| dice.pick(&[22, 25, 80, 443, 8080, 53])).collect();
    let class = OsClass {
        family: dice.pick(&["Linux", "Windows"]).to_owned(),
        vendor: "Microsoft".to_owned(),
        device_type: dice.is(2).then(|| "general purpose".to_owned()),
        cpe: vec!["cpe:/o:linux:linux_kernel:5".to_owned()],
        ..OsClass::default()
    };
    let os = OsMatch {
        name: dice.pick(&["Linux 5.0 - 6.2", "Microsoft Windows 10"]).to_owned(),
        classes: vec![class],
        ..OsMatch::default()
    };
    let extra = ExtraPorts {
        state: dice.pick(&[PortState::Closed, PortState::Filtered]),
        count: 2,
        reasons: vec![ExtraReason {
            reason: "no-responses".to_owned(),
            count: 2,
            protocol: Some(Protocol::Tcp),
            ports: Some("100-101".to_owned()),
        }],
    };
    let evidence = dice.pick(&["900 of the 1000 ports are open", "99 of 99 answer alike"]);
    let suspect = dice.is(3).then(|| evidence.to_owned());
    Host {
        ports: numbers.into_iter().map(|number| port(dice, number)).collect(),
        hostnames: (0..dice.throw(3))
            .map(|_| Hostname {
                name: dice.pick(&["www.Example.com", "a.lan", "mail.example.com"]).to_owned(),
                kind: "PTR".to_owned(),
            })
            .collect(),
        os: if dice.is(2) { vec![os] } else { vec![] },
        mac: dice.is(3).then(|| dice.pick(&["52:54:00:12:34:56", "00:11:22:33:44:55"]).to_owned()),
        vendor: dice.is(3).then(|| dice.pick(&["QEMU virtual NIC", "Cisco"]).to_owned()),
        scripts: if dice.is(3) { vec![script(dice)] } else { vec![] },
        extra_ports: if dice.is(2) { vec![extra] } else { vec![] },
        details: HostDetails { suspect, ..HostDetails::default() },
        ..up(&at.to_string())
    }
}

/// That these TCP ports are looked at.
fn info(services: &str) -> ScanInfo {
    ScanInfo {
        kind: "syn".into(),
        protocol: Some(Protocol::Tcp),
        service_count: 1,
        services: services.into(),
        scan_flags: None,
    }
}

/// A scan that saw these hosts, from a file.
async fn scanned(realm: &Realm, number: u128, seen: i64, options: &str, hosts: Vec<Host>) -> Uuid {
    let new = NewImport {
        id: Uuid::from_u128(number),
        project: PROJECT.into(),
        name: "scan.xml".into(),
        notes: String::new(),
        owner: "user:mara".into(),
        origin: Map::new(),
        started_at: at(seen - 5),
    };
    let mut import = realm.begin_import(&new, Uuid::from_u128(1), by(0)).await.unwrap();
    let chunk = ImportChunk { hosts, repeats: Repeats::Replace, seen_at: at(seen) };
    realm.import_hosts(&mut import, chunk, at(1)).await.unwrap();
    let info = info(options.rsplit(' ').next().unwrap());
    let argv = options.split(' ').map(str::to_owned).collect();
    let detail = AttemptDetail { argv, scan_infos: vec![info], ..Default::default() };
    let end = ImportEnd { detail, fault: None, ended_at: at(seen + 5) };
    realm.finish_import(&import, &end, by(2)).await.unwrap().id
}

fn asked(query: &str) -> AssetFilter {
    AssetFilter {
        project: PROJECT.to_owned(),
        query: Some(query.parse().unwrap()),
        limit: 10_000,
        ..AssetFilter::default()
    }
}

async fn found(realm: &Realm, query: &str) -> Vec<Address> {
    let found = realm.assets(&asked(query), at(100_000)).await.unwrap();
    assert_eq!(found.total, u64::try_from(found.assets.len()).unwrap(), "{query}");
    found.assets.iter().map(|asset| asset.host.address).collect()
}

async fn all(realm: &Realm) -> Vec<Asset> {
    let filter = AssetFilter { query: None, ..asked("*") };
    realm.assets(&filter, at(100_000)).await.unwrap().assets
}

const TERMS: [&str; 60] = [
    "port:443",
    "port:22,80-100",
    "port>442",
    "port:*",
    "protocol:udp",
    "protocol:tcp,sctp",
    "state:closed",
    "state:open|filtered",
    "state:filtered",
    "state:*",
    "service:http",
    "service:http*",
    "service~htt",
    "service:ssh,smtp",
    "product:nginx",
    "product:\"apache httpd\"",
    "product:a*d",
    "version:7.4*",
    "version:*",
    "cpe:*openssh*",
    "cpe:*linux*",
    "cpe:*",
    "reason:syn-ack",
    "reason:no*",
    "title:\"log in\"",
    "title~in",
    "title:*",
    "script:banner",
    "script:smb-*",
    "script:*",
    "script.http-title~\"log\"",
    "script.smb-vuln-*:vulnerable",
    "script.banner~mail3",
    "cve:*",
    "cve:CVE-2021-44228",
    "cve:cve-2017-*",
    "net:10.0.0.0/24",
    "net:10.0.0.5-10.0.1.9",
    "net:2001:db8::/32",
    "net:10.0.0.0/8",
    "net:10.0.0.7",
    "host:*.example.com",
    "host~lan",
    "host:www.example.com",
    "os:linux",
    "os:microsoft",
    "os~dows",
    "mac:52:54:00:*",
    "vendor:cisco",
    "vendor:*",
    "suspect:*",
    "suspect~\"900 of\"",
    "tag:dmz",
    "tag:*",
    "ports>1",
    "ports:0",
    "seen>10h",
    "seen<2027-01-01",
    "first>=2026-09-22",
    "scan:2",
];
const WORDS: [&str; 10] = [
    "nginx",
    "ready",
    "~adm",
    "\"access denied\"",
    "220",
    "debian",
    "windows",
    "example",
    "~x",
    "vulnerable",
];

fn expression(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 || dice.is(4) {
        return if dice.is(5) {
            dice.pick(&WORDS).to_owned()
        } else {
            dice.pick(&TERMS).to_owned()
        };
    }
    let mut parts = (0..2 + dice.throw(2)).map(|_| {
        let part = expression(dice, depth - 1);
        match dice.throw(6) {
            0 => format!("-({part})"),
            1 => format!("({part})"),
            _ => part,
        }
    });
    let parts: Vec<String> = parts.by_ref().collect();
    if dice.is(3) { format!("({})", parts.join(" or ")) } else { parts.join(" ") }
}

pub(crate) async fn the_index_finds_what_a_query_means(store: Store) {
    let realm = realm(&store).await;
    let dice = &mut Dice(4_711);
    let mut addresses: Vec<Address> =
        (0..90).map(|n| address(&format!("10.0.{}.{}", n % 3, n))).collect();
    addresses.extend((0..20).map(|n| address(&format!("2001:db8:0:{}::{n}", n % 4))));
    addresses.push(address("fe80::1%eth0"));
    for (scan, options, seen) in
        [(1_u128, "-sS -sV -sC 1-10000", 0), (2, "-sS 22,80", 60_000), (3, "-sS -sV 1-500", 90_000)]
    {
        let mut hosts = Vec::new();
        for address in &addresses {
            if scan == 1 || dice.is(2) {
                hosts.push(host(dice, *address));
            }
        }
        scanned(&realm, scan + 10, seen, options, hosts).await;
        if scan != 2 {
            store.catch_up().await.unwrap();
        }
    }
    let target = |target: &str, kind: &str, tag: &str| InventoryTarget {
        target: target.to_owned(),
        kind: kind.to_owned(),
        tags: vec![tag.to_owned()],
        added_at: at(3),
    };
    let targets = [target("10.0.1.0/25", "cidr", "dmz"), target("a.lan", "hostname", "office")];
    realm.add_targets(PROJECT, &targets, by(3)).await.unwrap();
    let tags = realm.tags(PROJECT).await.unwrap();
    let assets = all(&realm).await;
    assert_eq!(assets.len(), 111);

    let mut sizes = BTreeSet::new();
    let random: Vec<String> = (0..600).map(|_| expression(dice, 2)).collect();
    let single = TERMS.into_iter().chain(WORDS).map(str::to_owned);
    for query in single.chain(random) {
        let meant = meant(&assets, &query, &tags);
        sizes.insert(meant.len());
        assert_eq!(found(&realm, &query).await, meant, "{query}");
    }
    assert!(sizes.len() > 30, "the queries find too much alike: {sizes:?}");
}

fn meant(assets: &[Asset], query: &str, tags: &Tags) -> Vec<Address> {
    let query: Query = query.parse().unwrap();
    let now: Timestamp = at(100_000);
    let is_meant = |asset: &&Asset| {
        let tags = tags.of_host(&asset.host);
        query.matches(&HostView {
            host: &asset.host,
            tags: &tags,
            first_seen: Some(asset.first_seen),
            last_seen: Some(asset.last_seen),
            scan: Some(asset.scan),
            now,
        })
    };
    assets.iter().filter(is_meant).map(|asset| asset.host.address).collect()
}

fn with(address: &str, ports: &[u16]) -> Host {
    Host { ports: ports.iter().map(|port| open(*port)).collect(), ..up(address) }
}

pub(crate) async fn an_asset_is_what_scans_that_looked_say_of_it(store: Store) {
    let realm = realm(&store).await;
    scanned(
        &realm,
        11,
        0,
        "-sS 1-1000",
        vec![with("10.0.0.1", &[25, 80]), with("10.0.0.2", &[22])],
    )
    .await;
    store.catch_up().await.unwrap();
    let web = scanned(&realm, 12, 60, "-sS 80,443", vec![with("10.0.0.1", &[443])]).await;
    store.catch_up().await.unwrap();

    let asset = all(&realm).await.remove(0);
    let numbers: Vec<u16> = asset.host.ports.iter().map(|port| port.port).collect();
    assert_eq!(
        (numbers, asset.first_seen, asset.last_seen, asset.scan),
        (vec![25, 443], at(0), at(60), 2)
    );
    assert_eq!(found(&realm, "port:80").await, []);
    let before = realm.assets_as_of(PROJECT, at(59), None, 10).await.unwrap();
    let open: Vec<usize> = before.iter().map(|asset| asset.host.open_ports()).collect();
    assert_eq!(open, [2, 1]);
    assert_eq!(realm.assets_as_of(PROJECT, at(-1), None, 10).await.unwrap(), []);

    realm.remove_scan(web, by(5)).await.unwrap();
    store.catch_up().await.unwrap();
    assert_eq!(found(&realm, "port:80").await, [address("10.0.0.1")]);
    assert_eq!(found(&realm, "port:443").await, []);
    assert_eq!(store.catch_up().await.unwrap(), 0);
}

/// A scan that has told of these hosts and not yet where it looks.
async fn running(store: &Store, hosts: &[Host]) -> Lease {
    started(store, "10.0.0.1-10.0.0.2").await;
    let lease = leased(store, 1).await;
    store.record_hosts(&lease, hosts, &[], at(2)).await.unwrap();
    store.catch_up().await.unwrap();
    assert_eq!(store.catch_up().await.unwrap(), 0);
    lease
}

/// Ends the scan, which looked at the first thousand ports.
async fn ended(store: &Store, lease: &Lease) {
    let detail = AttemptDetail { scan_infos: vec![info("1-1000")], ..AttemptDetail::default() };
    let report = AttemptReport { detail, ..report(Outcome::Succeeded) };
    store.record_hosts(lease, &[], &all_silent(&lease.addresses), at(3)).await.unwrap();
    store.finish_attempt(lease, &report, at(3)).await.unwrap();
    store.catch_up().await.unwrap();
    assert_eq!(store.catch_up().await.unwrap(), 0);
}

pub(crate) async fn a_scan_that_runs_closes_a_port_once_it_says_where_it_looked(store: Store) {
    let realm = realm(&store).await;
    let (one, other) = (address("10.0.0.1"), address("10.0.0.2"));
    scanned(&realm, 11, -100, "-sS 1-1000", vec![with("10.0.0.1", &[25, 80])]).await;
    store.catch_up().await.unwrap();
    // Taken up together with what the scan sees.
    scanned(&realm, 12, -100, "-sS 1-1000", vec![with("10.0.0.2", &[25, 80])]).await;
    let seen = [with("10.0.0.1", &[80]), with("10.0.0.2", &[80])];
    let lease = running(&store, &seen).await;
    assert_eq!(found(&realm, "port:25").await, [one, other]);

    ended(&store, &lease).await;

    assert_eq!(found(&realm, "port:25").await, []);
    assert_eq!(found(&realm, "port:80").await, [one, other]);
}

pub(crate) async fn what_is_looked_at_anew_waits_for_a_scan_that_runs(store: Store) {
    let realm = realm(&store).await;
    scanned(&realm, 11, -100, "-sS 1-1000", vec![with("10.0.0.1", &[25, 80])]).await;
    let gone = scanned(&realm, 12, -50, "-sS 443", vec![with("10.0.0.1", &[443])]).await;
    let lease = running(&store, &[with("10.0.0.1", &[80])]).await;
    realm.remove_scan(gone, by(2)).await.unwrap();
    store.catch_up().await.unwrap();
    assert_eq!(found(&realm, "port:443").await, []);

    ended(&store, &lease).await;

    assert_eq!(found(&realm, "port:25").await, []);
}

pub(crate) async fn the_past_is_read_on_behind_addresses_that_are_gone(store: Store) {
    let realm = realm(&store).await;
    let hosts = (1..=5).map(|n| with(&format!("10.0.0.{n}"), &[25])).collect();
    let gone = scanned(&realm, 11, 0, "-sS 1-1000", hosts).await;
    scanned(&realm, 12, 0, "-sS 1-1000", vec![with("10.0.0.9", &[25])]).await;
    store.catch_up().await.unwrap();
    realm.remove_scan(gone, by(5)).await.unwrap();

    let known = realm.assets_as_of(PROJECT, at(9), None, 2).await.unwrap();

    let addresses: Vec<Address> = known.iter().map(|asset| asset.host.address).collect();
    assert_eq!(addresses, [address("10.0.0.9")]);
}

pub(crate) async fn what_is_found_is_counted_and_comes_in_pages(store: Store) {
    let realm = realm(&store).await;
    let hosts = (0..50).map(|n| with(&format!("10.0.{}.{n}", n % 2), &[22, 80 + n % 3])).collect();
    scanned(&realm, 11, 0, "-sS 1-1000", hosts).await;
    store.catch_up().await.unwrap();
    let filter = AssetFilter {
        limit: 20,
        facets: vec![FacetField::Port, FacetField::Net],
        ..asked("port:22")
    };

    let first = realm.assets(&filter, at(0)).await.unwrap();
    let after = first.assets.last().map(|asset| asset.host.address);
    let rest = realm.assets(&AssetFilter { after, limit: 100, ..filter }, at(0)).await.unwrap();

    assert_eq!((first.total, first.assets.len(), rest.assets.len()), (50, 20, 30));
    let told = |place: usize| -> Vec<(&str, u64)> {
        first.facets[place].1.iter().map(|facet| (facet.value.as_str(), facet.count)).collect()
    };
    assert_eq!(told(0), [("22/tcp", 50), ("80/tcp", 17), ("81/tcp", 17), ("82/tcp", 16)]);
    assert_eq!(told(1), [("10.0.0.0/24", 25), ("10.0.1.0/24", 25)]);
}

pub(crate) async fn a_search_is_saved_under_its_name(store: Store) {
    let realm = realm(&store).await;
    scanned(&realm, 11, 0, "-sS 1-1000", vec![with("10.0.0.1", &[25])]).await;
    let query: Query = "port:25".parse().unwrap();

    realm.save_search(PROJECT, "mail", &"port:110".parse().unwrap(), by(1)).await.unwrap();
    let saved = realm.save_search(PROJECT, "mail", &query, by(2)).await.unwrap();
    assert_eq!((saved.query, saved.saved_at), (query, at(2)));
    assert_eq!(realm.searches(PROJECT).await.unwrap().len(), 1);
    realm.remove_search(PROJECT, "mail", by(3)).await.unwrap();
    let again = realm.remove_search(PROJECT, "mail", by(4)).await;
    assert!(matches!(again, Err(StoreError::NoSearch { .. })));
}

pub(crate) async fn a_project_goes_with_its_inventory(store: Store) {
    let realm = realm(&store).await;
    let scan = scanned(&realm, 11, 0, "-sS 1-1000", vec![with("10.0.0.1", &[25])]).await;
    store.catch_up().await.unwrap();
    let project = realm.project(PROJECT).await.unwrap().unwrap().id;
    realm.remove_scan(scan, by(5)).await.unwrap();

    realm.remove_project(project, by(6)).await.unwrap();

    assert_eq!(store.catch_up().await.unwrap(), 0);
    assert_eq!(all(&realm).await, []);
}

pub(crate) async fn a_list_of_many_can_be_jumped_in(store: Store) {
    let realm = realm(&store).await;
    // More than are read and sorted as a whole, in networks of several sizes.
    let host = |n: u32| up(&format!("10.{}.{}.{}", n / 2_000, n / 200 % 10, n % 200));
    let hosts: Vec<Host> = (0..4_500).map(host).collect();
    scanned(&realm, 11, 0, "-sS 1-1000", hosts).await;
    store.catch_up().await.unwrap();
    let all = found(&realm, "port:80").await;
    assert!(all.len() > 4_000, "{}", all.len());
    let asked = |skip: usize| AssetFilter { skip: skip as u64, limit: 3, ..asked("port:80") };

    for skip in [0, 1, 199, 200, 201, 1_999, 2_000, 3_001, all.len() - 2, all.len(), 99_999] {
        let page = realm.assets(&asked(skip), at(0)).await.unwrap();

        let addresses: Vec<Address> = page.assets.iter().map(|asset| asset.host.address).collect();
        let expected: Vec<Address> = all.iter().skip(skip).take(3).copied().collect();
        assert_eq!((addresses, page.total), (expected, all.len() as u64), "{skip}");
    }
}
