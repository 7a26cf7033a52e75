//! masscan as the first pass, behind a router, and what becomes of a scan where it cannot be.

use netscan_model::observation::PortState;
use netscan_testkit::lab::Host as True;
use serde_json::{Value, json};

use super::site::{self, NETWORK, Site};

/// What is said of who finds the ports.
const MASSCAN: [&str; 3] = ["--module", "masscan", "-q"];

/// The last attempt of the latest scan.
fn attempt(site: &Site) -> Value {
    site.json(&["status", "latest"])["slowest"][0].take()
}

/// A host that says at once who it is on its port 22.
fn with_ssh(host: &True) -> bool {
    let is_ssh = |open: &netscan_testkit::lab::StreamService| open.port == 22 && open.kind == "ssh";
    host.address.is_ipv4() && host.manner == "ordinary" && host.tcp.open.iter().any(is_ssh)
}

#[test]
fn masscan_finds_the_truth_behind_a_router() {
    let site = Site::up_with(71, &["--routed"]);
    let ports = site.truth().survey.tcp.clone();
    let how = ["--profile", "quick", "-p", &ports, "--batch-size", "128"];

    site.said(&[&["scan", NETWORK], &MASSCAN[..], &how].concat());

    let hosts = site.hosts();
    assert_eq!(site::open(&hosts), site.open_tcp(&[NETWORK]));
    let attempt = attempt(&site);
    assert_eq!(attempt["fallbacks"], json!([]));
    assert!(attempt["argv"][0].as_str().unwrap().ends_with("/masscan"), "{attempt}");
    // It does not say which ports refused, and we do not say that it did.
    let listed = hosts.iter().flat_map(|host| &host.ports).map(|port| port.state);
    let counted = hosts.iter().flat_map(|host| &host.extra_ports).map(|extra| extra.state);
    assert!(listed.clone().all(|state| state == PortState::Open));
    assert!(counted.clone().count() > 0);
    assert!(counted.clone().all(|state| state == PortState::ClosedFiltered));
    let planned = site.json(&["coverage", "latest"])["coverage"].take();
    let count = |state: &str| planned[state].as_u64().unwrap();
    assert_eq!((count("planned"), count("up") + count("down")), (128, 128));
}

#[test]
fn nmap_looks_at_what_masscan_found() {
    let site = Site::up_with(72, &["--routed"]);
    let host = site
        .truth()
        .hosts
        .iter()
        .find(|host| with_ssh(host))
        .expect("some host has ssh at its port");
    let target = host.address.to_string();

    site.said(&[&["scan", &target], &MASSCAN[..], &["-p", "22"]].concat());

    let hosts = site.hosts();
    let service = hosts[0].ports[0].service.clone().expect("nmap names it");
    assert_eq!(service.product.as_deref(), Some("OpenSSH"));
    let copies = site.path("artifacts");
    site.said(&["artifacts", "latest", "-o", copies.to_str().unwrap()]);
    let kept = |name: &str| std::fs::read_to_string(copies.join("batch-1/attempt-1").join(name));
    assert!(kept("stdout.log").unwrap().contains(&target), "masscan's JSON is kept");
    assert!(kept("1-nmap.xml").unwrap().contains("OpenSSH"));
}

/// What is told of a scan of `target` by masscan that masscan did not do.
fn fallback(site: &Site, wrapper: &[&str], target: &str, ports: &str) -> Value {
    let words = ["scan", target, "--module", "masscan", "--profile", "quick", "-p", ports];
    let outcome = site.netscan_behind(wrapper, &words);
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    assert_eq!(site::open(&site.hosts()), site.open_tcp(&[target]));
    attempt(site)["fallbacks"].take()
}

#[test]
fn where_masscan_cannot_go_discover_does_and_it_is_said() {
    let site = Site::up(73);
    let ports = site.truth().survey.tcp.clone();

    let near = fallback(&site, &[], "10.77.0.16/30", &ports);
    let without = "mount --bind /dev/null /usr/bin/masscan && exec \"$@\"";
    let hidden = ["unshare", "--mount", "sh", "-c", without, "sh"];
    let missing = fallback(&site, &hidden, "10.77.0.16/30", &ports);

    let told = "masscan gives everything to a router, and 10.77.0.16 is on a link of this machine; \
                discover found the ports";
    assert_eq!(near, json!([told]));
    let told = "masscan was not found in /usr/local/bin, /usr/bin, /bin: install it; discover found \
                the ports";
    assert_eq!(missing, json!([told]));
}
