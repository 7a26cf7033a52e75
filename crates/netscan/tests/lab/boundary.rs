//! No packet leaves for an address that is not to be scanned: counted on the wire, ARP and
//! neighbour discovery too.

use netscan_model::address::{Address, AddressSet};
use netscan_model::coverage::CoverageState;
use serde_json::Value;

use super::site::{self, Site};

/// What is asked for, at the edge of more hosts of the same lab.
const TARGETS: [&str; 2] = ["10.77.0.0/26", "fd00:77::/122"];
const OPTIONS: &str = "-sS -T4 -p 22,80,443";

/// Packets that have left the scanner.
#[derive(Debug, PartialEq, Eq)]
struct Sent {
    inside: u64,
    outside: u64,
}

/// Counts from now on what leaves for `inside` and what leaves for anywhere else.
fn watch(site: &Site, inside: &AddressSet) {
    let (ipv4, ipv6) = (inside.of_family(false), inside.of_family(true));
    let asked_for: AddressSet = ipv6.iter().map(solicited_node).collect();
    let ipv6 = ipv6.union(&asked_for);
    // Of what a host says by itself only requests count: others answer what it is asked.
    let rules = format!(
        "table netdev watch {{
            counter inside {{ }}
            counter outside {{ }}
            set ipv4 {{ type ipv4_addr; flags interval; elements = {{ {ipv4} }}; }}
            set ipv6 {{ type ipv6_addr; flags interval; elements = {{ {ipv6} }}; }}
            chain out {{
                type filter hook egress device eth0 priority 0;
                arp operation != request accept
                arp daddr ip @ipv4 counter name inside accept
                ip daddr @ipv4 counter name inside accept
                ip6 daddr @ipv6 counter name inside accept
                icmpv6 type {{ mld2-listener-report, nd-router-solicit, nd-neighbor-advert }} accept
                counter name outside
            }}
        }}"
    );
    site.nft(&["-f", &site.file("watch.nft", &rules)]);
}

/// The group that an address is asked for in (RFC 4291, 2.7.1).
fn solicited_node(address: Address) -> Address {
    let group: Address = "ff02::1:ff00:0".parse().expect("an address");
    Address::new(group.space(), group.bits() | (address.bits() & 0xff_ffff))
}

fn sent(site: &Site) -> Sent {
    let listed = site.nft(&["-j", "list", "counters", "table", "netdev", "watch"]);
    let listed: Value = serde_json::from_str(&listed).expect("nft -j prints JSON");
    let entries = listed["nftables"].as_array().expect("nft lists what is there");
    let packets = |name: &str| {
        let mut counters = entries.iter().map(|entry| &entry["counter"]);
        let counter = counters.find(|counter| counter["name"] == name);
        counter.and_then(|counter| counter["packets"].as_u64()).expect("the counter is there")
    };
    Sent { inside: packets("inside"), outside: packets("outside") }
}

/// Nothing has gone outside so far, and it would have been seen.
fn check_nothing_went_outside(site: &Site, forbidden: &str) {
    let so_far = sent(site);
    assert!(so_far.inside > 0, "{so_far:?}");
    assert_eq!(so_far.outside, 0);
    site.nmap(OPTIONS, &[forbidden]);
    assert!(sent(site).outside > 0, "the watch is blind");
}

/// Each batch has reported hosts of its own addresses, and the batches share `all` among them.
fn check_batches(site: &Site, all: &AddressSet) {
    let output = site.path("artifacts");
    site.said(&["artifacts", "latest", "-o", output.to_str().expect("a UTF-8 path")]);
    let status = site.json(&["status", "latest"]);
    let mut seen = AddressSet::new();
    for batch in status["batches"].as_array().expect("batches are listed") {
        let addresses: AddressSet =
            serde_json::from_value(batch["addresses"].clone()).expect("they are a set");
        assert!(seen.intersect(&addresses).is_empty(), "{batch}");
        seen = seen.union(&addresses);
        let document = output.join(format!("batch-{}/attempt-1/nmap.xml", batch["number"]));
        let document = std::fs::read_to_string(document).expect("nmap's XML is kept");
        let reported = site::read(&document).iter().map(|host| host.address).collect();
        assert!(addresses.contains_all(&reported), "{batch} reports {reported:?}");
    }
    assert_eq!(&seen, all);
}

#[test]
fn nothing_is_sent_to_what_is_excluded_or_denied() {
    let site = Site::up(41);
    let left_out = site::addresses(&["10.77.0.8-10.77.0.23", "10.77.0.32/28", "fd00:77::10/124"]);
    let to_scan = site::addresses(&TARGETS).subtract(&left_out);
    watch(&site, &to_scan);
    site.said(&["scope", "deny", "10.77.0.32/28", "fd00:77::10/124"]);

    let how = ["--exclude", "10.77.0.8-10.77.0.23", "--nmap", OPTIONS, "--batch-size", "7"];
    site.said(&[&["scan", "-q"], &TARGETS[..], &how].concat());

    check_nothing_went_outside(&site, "10.77.0.32");
    assert_eq!(site.covered(CoverageState::Excluded), left_out);
    check_batches(&site, &to_scan);
}

#[test]
fn nothing_is_sent_to_what_is_denied_after_the_plan() {
    let site = Site::up(42);
    let denied = site::addresses(&["10.77.0.16/28", "fd00:77::10/124"]);
    let to_scan = site::addresses(&TARGETS).subtract(&denied);
    watch(&site, &to_scan);
    let list = site.file("targets.txt", &TARGETS.join("\n"));
    site.said(&["ingest", &list]);
    site.said(&["plan", "--options", OPTIONS, "--batch-size", "24"]);
    site.said(&["scope", "deny", "10.77.0.16/28", "fd00:77::10/124"]);

    site.said(&["run", "latest", "-q"]);

    check_nothing_went_outside(&site, "10.77.0.16");
    assert_eq!(site.covered(CoverageState::Excluded), denied);
}
