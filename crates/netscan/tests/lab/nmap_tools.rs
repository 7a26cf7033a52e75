//! A scan in one batch, written as XML, is what nmap itself wrote; nmap's own tools and
//! python-libnmap agree.

use std::path::{Path, PathBuf};
use std::process::Command;

use netscan_model::observation::Host;
use netscan_testkit::lab::{Host as True, StreamService};

use super::site::{self, NETWORK, Site};

/// Prints what python-libnmap reads: hosts, and their ports with what answers there.
const LIBNMAP: &str = "
import sys
from libnmap.parser import NmapParser
report = NmapParser.parse_fromfile(sys.argv[1])
for host in sorted(report.hosts, key=lambda host: host.address):
    print(host.address, host.status, host.mac)
    for port in host.services:
        print(host.address, port.protocol, port.port, port.state, port.service, port.banner)
";

/// Hosts whose services all say at once who they are; others cost `-sV` minutes.
fn is_talkative(host: &True) -> bool {
    let speaks = |open: &StreamService| open.service.is_some() && open.waits_ms == 0;
    host.address.is_ipv4() && !host.tcp.open.is_empty() && host.tcp.open.iter().all(speaks)
}

/// Scans in one batch, and gives three documents: ours, that of the batch, and that of a plain
/// nmap.
fn three_documents(site: &Site, targets: &[&str], options: &str) -> [PathBuf; 3] {
    site.scan(targets, options, (128, 1));
    let (ours, copies) = (site.path("ours.xml"), site.path("artifacts"));
    let text = |path: &Path| path.to_str().expect("a UTF-8 path").to_owned();
    site.said(&["results", "latest", "--format", "xml", "-o", &text(&ours)]);
    site.said(&["artifacts", "latest", "-o", &text(&copies)]);
    let plain = site.file("plain.xml", &site.nmap(options, targets));
    [ours, copies.join("batch-1/attempt-1/nmap.xml"), plain.into()]
}

fn hosts(document: &Path) -> Vec<Host> {
    site::read(&std::fs::read_to_string(document).expect("the document is there"))
}

/// The host without its times, which differ between two runs.
fn timeless(mut host: Host) -> Host {
    (host.started_at, host.ended_at, host.details.times) = (None, None, None);
    host
}

fn check(site: &Site, targets: &[&str], options: &str) {
    let [ours, of_batch, plain] = three_documents(site, targets, options);

    let found = hosts(&ours);
    assert_eq!(found, site.hosts());
    assert!(!site::open(&found).is_empty());
    let up = |path: &Path| {
        let is_up = |host: &Host| site::up(std::slice::from_ref(host)).count() == 1;
        hosts(path).into_iter().filter(is_up).collect::<Vec<_>>()
    };
    assert_eq!(found, up(&of_batch));
    let timeless = |hosts: Vec<Host>| hosts.into_iter().map(timeless).collect::<Vec<_>>();
    assert_eq!(timeless(found), timeless(up(&plain)));
    // An attempt's nmap names the hosts that are down (-v). Plain nmap and our report count them.
    let has_dead = hosts(&of_batch).len() > up(&of_batch).len();
    let others = if has_dead { vec![&plain] } else { vec![&of_batch, &plain] };
    for other in others {
        let told = site::outcome("ndiff", &[other, &ours]);
        assert_eq!(told.status, Some(0), "{told:?}");
    }
    let (ours, plain) = (libnmap(&ours), libnmap(&plain));
    assert!(ours.contains(" open "), "{ours}");
    assert_eq!(ours, plain);
}

/// What python-libnmap reads.
fn libnmap(document: &Path) -> String {
    let python = std::env::var_os("NETSCAN_TEST_PYTHON").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python/bin/python"),
        PathBuf::from,
    );
    assert!(python.exists(), "scripts/install test brings a Python with python-libnmap");
    site::said(Command::new(python).args(["-c", LIBNMAP]).arg(document))
}

#[test]
fn a_scan_in_one_batch_is_written_as_nmap_writes_it() {
    let site = Site::up(51);
    let options = format!("-sS -T4 -p {}", site.truth().survey.tcp);

    check(&site, &[NETWORK], &options);
}

#[test]
fn a_scan_for_versions_in_one_batch_is_written_as_nmap_writes_it() {
    let site = Site::up(52);
    let talkative = site.truth().hosts.iter().filter(|host| is_talkative(host));
    let targets: Vec<_> = talkative.take(8).map(|host| host.address.to_string()).collect();
    let targets: Vec<_> = targets.iter().map(String::as_str).collect();
    let options = format!("-sS -sV -T4 -p {}", site.truth().survey.tcp);

    check(&site, &targets, &options);
}
