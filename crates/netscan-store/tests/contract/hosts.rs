//! Rules on what was found.

use jiff::Timestamp;
use netscan_model::address::AddressSet;
use netscan_model::coverage::Coverage;
use netscan_model::observation::{
    ExtraPorts, ExtraReason, Hop, Host, HostDetails, Hostname, OsClass, OsMatch, Port, PortState,
    PortUsed, Protocol, Script, ScriptNode, ScriptValue, Sequence, Service, Times, Trace, Uptime,
};
use netscan_store::{HostCursor, NewScan, Store, Tally};
use serde_json::json;

use super::given::{
    address, at, complete, created, down, leased, limits, new_scan, open, set, size, started,
    timed_out, told, up,
};

fn script() -> Script {
    let leaf = ScriptNode { key: None, value: ScriptValue::Text("\u{0}\u{202e}<b>".into()) };
    let table = ScriptNode { key: Some("keys".into()), value: ScriptValue::Table(vec![leaf]) };
    Script { id: "ssh-hostkey".into(), output: "a\nb".into(), data: vec![table], truncated: true }
}

fn rich_port() -> Port {
    let text = |text: &str| Some(text.to_owned());
    Port {
        port: 53,
        protocol: Protocol::Udp,
        state: PortState::OpenFiltered,
        reason: "udp-response".into(),
        reason_ttl: Some(63),
        reason_address: text("10.0.0.254"),
        service: Some(Service {
            name: "domain".into(),
            product: text("BIND"),
            version: text("9.18"),
            extra_info: text("Debian"),
            tunnel: text("ssl"),
            method: "probed".into(),
            confidence: 10,
            cpe: vec!["cpe:/a:isc:bind:9.18".into()],
            hostname: text("ns"),
            os_type: text("Linux"),
            device_type: text("firewall"),
            fingerprint: text("SF-Port53"),
            protocol: text("rpc"),
            rpc_number: Some(100_000),
            rpc_low_version: Some(2),
            rpc_high_version: Some(4),
        }),
        scripts: vec![script()],
    }
}

fn rich_host() -> Host {
    let text = |text: &str| Some(text.to_owned());
    let sequence = Sequence {
        class: text("random positive increments"),
        values: "1,2".into(),
        index: Some(260),
        difficulty: text("Good luck!"),
    };
    let details = HostDetails {
        suspect: Some("5 of 5 ports are open".to_owned()),
        uptime: Some(Uptime { seconds: 12, last_boot: text("yesterday") }),
        distance: Some(2),
        trace: Some(Trace {
            protocol: text("tcp"),
            port: Some(80),
            hops: vec![Hop {
                ttl: 1,
                address: text("10.0.0.254"),
                host: text("gate"),
                rtt_ms: text("0.12"),
            }],
        }),
        tcp_sequence: Some(sequence.clone()),
        ip_id_sequence: Some(sequence.clone()),
        tcp_timestamp_sequence: Some(sequence),
        times: Some(Times { srtt: 1, rttvar: -2, to: 3 }),
        os_ports_used: vec![PortUsed { state: PortState::Open, protocol: Protocol::Tcp, port: 80 }],
        os_fingerprints: vec!["OS:SCAN".into()],
        smurf_responses: Some(3),
        truncated: true,
    };
    Host {
        reason: "arp-response".into(),
        reason_ttl: Some(0),
        started_at: Timestamp::from_millisecond(1_790_000_000_123).ok(),
        ended_at: Timestamp::from_millisecond(1_790_000_000_456).ok(),
        hostnames: vec![Hostname { name: "ns.test".into(), kind: "PTR".into() }],
        mac: text("00:11:22:33:44:55"),
        vendor: text("Acme"),
        os: vec![OsMatch {
            name: "Linux 5.0".into(),
            accuracy: 98,
            cpe: vec!["cpe:/o:linux".into()],
            line: Some(7),
            classes: vec![OsClass {
                device_type: text("router"),
                vendor: "Linux".into(),
                family: "Linux".into(),
                generation: text("5.X"),
                accuracy: 98,
                cpe: vec!["cpe:/o:linux:5".into()],
            }],
        }],
        ports: vec![open(22), rich_port()],
        extra_ports: vec![ExtraPorts {
            state: PortState::Closed,
            count: 998,
            reasons: vec![ExtraReason {
                reason: "reset".into(),
                count: 998,
                protocol: Some(Protocol::Tcp),
                ports: text("1-21,23-999"),
            }],
        }],
        scripts: vec![script()],
        details,
        entities: vec![json!({ "kind": "certificate", "names": ["ns.test"] })],
        ..Host::at(address("10.0.0.1"))
    }
}

pub(crate) async fn everything_that_is_known_of_a_host_comes_back(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4 fe80::1%eth0-fe80::4%eth0").await;
    let nameless = Port { service: Some(Service::default()), ..open(9) };
    let hosts = [
        rich_host(),
        down("10.0.0.2"),
        Host { ports: vec![nameless], ..timed_out("10.0.0.3") },
        Host::at(address("10.0.0.4")),
    ];
    let linked = rich_host();
    let linked = Host { address: address("fe80::1%eth0"), ..linked };

    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, &hosts, &[], at(2)).await.unwrap();
    let lease = leased(&store, 1).await;
    store.record_hosts(&lease, std::slice::from_ref(&linked), &[], at(2)).await.unwrap();

    let mut expected = hosts.to_vec();
    expected.push(linked);
    assert_eq!(store.hosts(scan, &HostCursor::default(), 99).await.unwrap(), expected);
    let batches = store.batches(scan).await.unwrap();
    let counted: Vec<_> = batches.iter().map(|batch| (batch.hosts_up, batch.open_ports)).collect();
    assert_eq!(counted, [(3, 2), (1, 1)]);
}

pub(crate) async fn hosts_come_in_pages_by_address(store: Store) {
    let addresses = "9.255.255.255 10.0.0.2 10.0.0.10 ::1 2001:db8::1";
    let scan = started(&store, addresses).await;
    for addresses in ["10.0.0.10 9.255.255.255 10.0.0.2", "2001:db8::1 ::1"] {
        let hosts: Vec<_> = addresses.split(' ').map(up).collect();
        let lease = leased(&store, 1).await;
        store.record_hosts(&lease, &hosts, &[], at(2)).await.unwrap();
    }

    let mut pages = Vec::new();
    let mut cursor = HostCursor::default();
    loop {
        let page = store.hosts(scan, &cursor, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        cursor = HostCursor::after(last.address);
        pages.push(page.iter().map(|host| host.address.to_string()).collect::<Vec<_>>());
    }

    assert_eq!(
        pages,
        [vec!["9.255.255.255", "10.0.0.2"], vec!["10.0.0.10", "::1"], vec!["2001:db8::1"]]
    );
}

pub(crate) async fn a_replayed_report_of_the_same_hosts_changes_nothing(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    let hosts = [rich_host(), down("10.0.0.2"), timed_out("10.0.0.3")];
    let silences = [super::given::silent("10.0.0.4", "no-response")];
    store.record_hosts(&lease, &hosts, &silences, at(2)).await.unwrap();
    let everything = async || {
        (
            store.hosts(scan, &HostCursor::default(), 99).await.unwrap(),
            store.coverage(scan).await.unwrap(),
            store.batches(scan).await.unwrap(),
            store.events(scan, 0, 99).await.unwrap(),
        )
    };
    let before = everything().await;

    store.record_hosts(&lease, &hosts, &silences, at(9)).await.unwrap();
    // Nor does what contradicts it, such as a summary of a whole range.
    let all = [super::given::silent("10.0.0.1-10.0.0.4", "host-unreach")];
    store.record_hosts(&lease, &[up("10.0.0.2")], &all, at(9)).await.unwrap();

    assert_eq!(everything().await, before);
    assert_eq!(
        before.1,
        Coverage { planned: 4, up: 1, down: 2, timed_out: 1, ..Coverage::default() }
    );
}

pub(crate) async fn a_tally_counts_what_answered_once(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    let hosts = [up("10.0.0.1"), down("10.0.0.2"), timed_out("10.0.0.3")];
    store.record_hosts(&lease, &hosts, &[], at(2)).await.unwrap();

    store.record_hosts(&lease, &hosts, &[], at(3)).await.unwrap();

    let tally = store.tally(scan).await.unwrap();
    assert_eq!(tally, Tally { hosts_up: 2, open_ports: 2 });
}

pub(crate) async fn of_two_reports_on_one_address_the_later_counts(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.4").await;
    let lease = leased(&store, 1).await;
    let later = Host { ports: vec![open(22), open(23), open(22)], ..up("10.0.0.1") };

    store.record_hosts(&lease, &[down("10.0.0.1"), later.clone()], &[], at(2)).await.unwrap();

    let stored = Host { ports: vec![open(22), open(23)], ..later };
    assert_eq!(store.hosts(scan, &HostCursor::default(), 9).await.unwrap(), [stored]);
    let coverage = store.coverage(scan).await.unwrap();
    assert_eq!((coverage.up, coverage.down, coverage.pending), (1, 0, 3));
    let events = told(&store, scan).await;
    assert_eq!(events.iter().filter(|event| *event == "host").count(), 1);
}

/// Around the sizes that statements have, with ports that are all alike and all different.
pub(crate) async fn hosts_of_any_number_are_stored(store: Store) {
    let addresses = set("10.0.0.0-10.0.4.255");
    let limits = netscan_model::scan::Limits { batch_size: size(2000), ..limits() };
    let new = NewScan { limits, is_started: true, ..new_scan(1, &addresses.to_string()) };
    let scan = created(&store, &new).await.id;
    let lease = leased(&store, 1).await;
    let product = |port, text: String| Port {
        service: Some(Service { product: Some(text), ..Service::default() }),
        ..open(port)
    };
    let host = |(place, at): (usize, _)| Host {
        ports: match place % 3 {
            0 => vec![open(22), open(80)],
            1 => vec![product(22, place.to_string()), open(80), product(443, place.to_string())],
            _ => vec![],
        },
        ..Host::at(at)
    };
    let hosts: Vec<_> = addresses.iter().enumerate().map(host).collect();

    let mut rest = hosts.as_slice();
    for count in [1, 7, 8, 9, 63, 64, 65, 511, 512, 40] {
        let (piece, later) = rest.split_at(count);
        store.record_hosts(&lease, piece, &[], at(2)).await.unwrap();
        rest = later;
    }

    assert_eq!(rest, []);
    assert_eq!(store.hosts(scan, &HostCursor::default(), 9999).await.unwrap(), hosts);
    assert_eq!(complete(&store, &lease, 3).await, netscan_model::batch::StateName::Succeeded);
}

pub(crate) async fn a_host_that_nobody_asked_for_is_set_aside_once(store: Store) {
    let scan = started(&store, "10.0.0.1-10.0.0.8").await;
    let lease = leased(&store, 1).await;
    // One that is another batch's, one that nobody's is.
    let strangers = [up("10.0.0.5"), up("192.168.0.1"), up("10.0.0.1")];

    store.record_hosts(&lease, &strangers, &[], at(2)).await.unwrap();
    store.record_hosts(&lease, &strangers, &[], at(3)).await.unwrap();
    store.quarantine(&lease, &up("192.168.0.1"), at(4)).await.unwrap();
    store.quarantine(&lease, &up("192.168.0.2"), at(5)).await.unwrap();

    assert_eq!(store.quarantined(scan).await.unwrap(), 3);
    assert_eq!(store.coverage(scan).await.unwrap().pending, 7);
    let known = store.hosts(scan, &HostCursor::default(), 9).await.unwrap();
    assert_eq!(known, [up("10.0.0.1")]);
    let events = told(&store, scan).await;
    assert_eq!(events.iter().filter(|event| *event == "security").count(), 3);
    let other: AddressSet = leased(&store, 6).await.addresses;
    assert_eq!(other, set("10.0.0.5-10.0.0.8"));
}
