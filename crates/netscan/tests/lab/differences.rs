//! What changed between two scans that reached everything is what ndiff says of them.

use std::collections::BTreeSet;

use netscan_model::address::Address;
use serde_json::Value;

use super::site::{self, NETWORK, Site};

/// A change, where, and the port as in `22/tcp`, if it is one.
type Told = (String, Address, Option<String>);

/// Two labs of the same network, and one database for the scans of both. No host is on the scanner's
/// own link, or else ndiff would tell hosts by their network cards.
struct Sites {
    earlier: Site,
    later: Site,
}

impl Sites {
    fn up(seeds: (u64, u64)) -> Self {
        let up = |seed| Site::up_with(seed, &["--routed"]);
        Self { earlier: up(seeds.0), later: up(seeds.1) }
    }

    /// A command on the database of both, from the network of one.
    fn said(&self, at: &Site, arguments: &[&str]) -> String {
        let data = self.earlier.path("data");
        let data = data.to_str().expect("a UTF-8 path");
        at.said(&[&["--data-dir", data][..], arguments].concat())
    }

    /// Scans all of the network to the end, which must be a good one: nothing is left out.
    fn scan(&self, at: &Site, options: &str) {
        let how = ["--nmap", options, "--batch-size", "32", "--concurrency", "4"];
        self.said(at, &[&["scan", "-q", NETWORK], &how[..]].concat());
    }

    /// What `diff` tells.
    fn differences(&self, from: &str, to: &str) -> BTreeSet<Told> {
        let text = self.said(&self.earlier, &["diff", from, to, "--json"]);
        let body: Value = serde_json::from_str(&text).expect("--json prints JSON");
        let changes = body["changes"].as_array().expect("changes are listed");
        changes.iter().map(told).collect()
    }

    /// What ndiff tells of the same scans, as nmap's XML.
    fn told_by_ndiff(&self, from: &str, to: &str) -> BTreeSet<Told> {
        let file = |number: &str| {
            let path = self.earlier.path(&format!("{number}.xml"));
            let text = path.to_str().expect("a UTF-8 path");
            self.said(&self.earlier, &["results", number, "--format", "xml", "-o", text]);
            path
        };
        let outcome = site::outcome("ndiff", &[&file(from), &file(to)]);
        assert_eq!(outcome.status, Some(1), "{outcome:?}");
        of_ndiff(&outcome.stdout)
    }
}

fn told(change: &Value) -> Told {
    let text = |name: &str| change[name].as_str().expect("it is a text").to_owned();
    let address = text("address").parse().expect("an address");
    let port = change["port"].as_u64().map(|port| format!("{port}/{}", text("protocol")));
    (text("change"), address, port)
}

/// The same changes in the words of ndiff: each line begins with a sign, a host's first one is its
/// address and a colon, and a port's is as nmap prints it.
fn of_ndiff(text: &str) -> BTreeSet<Told> {
    let mut told = BTreeSet::new();
    let mut host: Option<(char, Address)> = None;
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    for line in text.lines() {
        let (sign, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
        let sign = sign.chars().next().expect("it is one character long");
        if let Some(address) = rest.strip_suffix(':').and_then(|name| name.parse().ok()) {
            host = Some((sign, address));
            match sign {
                '-' => told.insert(("gone".to_owned(), address, None)),
                '+' => told.insert(("new".to_owned(), address, None)),
                _ => false,
            };
        }
        let mut words = rest.split_whitespace();
        let (port, state) = (words.next().unwrap_or_default(), words.next());
        let Some((' ', address)) = host else { continue };
        if port.contains('/') && state == Some("open") {
            match sign {
                '-' => before.insert((address, port.to_owned())),
                '+' => after.insert((address, port.to_owned())),
                _ => false,
            };
        }
    }
    let of = |change: &str, (address, port): &(Address, String)| {
        (change.to_owned(), *address, Some(port.clone()))
    };
    told.extend(after.difference(&before).map(|place| of("opened", place)));
    told.extend(before.difference(&after).map(|place| of("closed", place)));
    told.extend(before.intersection(&after).map(|place| of("changed", place)));
    told
}

fn kinds(told: &BTreeSet<Told>) -> BTreeSet<&str> {
    told.iter().map(|(change, ..)| change.as_str()).collect()
}

#[test]
fn what_changed_between_scans_that_reached_everything_is_what_ndiff_says() {
    let sites = Sites::up((61, 62));
    let options = format!("-sS -T4 -p {}", sites.earlier.truth().survey.tcp);
    sites.scan(&sites.earlier, &options);
    sites.scan(&sites.later, &options);

    for (from, to) in [("1", "2"), ("2", "1")] {
        let ours = sites.differences(from, to);

        assert_eq!(ours, sites.told_by_ndiff(from, to));
        assert_eq!(kinds(&ours), BTreeSet::from(["closed", "gone", "new", "opened"]));
    }
}
