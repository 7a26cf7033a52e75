//! What is known of an address over all the scans that really looked at it.
//!
//! A scan says something about what it looked at and nothing about the rest. So what an earlier one
//! saw stays until a later one with at least the same [`Reach`] has seen the host again: a scan of
//! web ports closes no mail port, and a scan without versions takes none away.

mod fact;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use self::fact::{Fact, Kind, MINUTE, facts, hex};
use crate::named;
use crate::observation::{Host, Port, PortKey, PortState};
use crate::reach::Reach;

/// A host as one scan saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// What the scan saw.
    pub host: Host,
    /// When.
    pub seen_at: Timestamp,
    /// The scan's number.
    pub scan: u64,
    /// How far it looked.
    pub reach: Reach,
}

impl Sight {
    /// Whether `later` tells everything anew that this tells.
    #[must_use]
    pub fn is_superseded_by(&self, later: &Self) -> bool {
        !later.host.timed_out && later.reach.covers(&self.reach)
    }

    /// Whether the scan would have listed the port if it were worth a line.
    fn has_looked_at(&self, port: PortKey) -> bool {
        !self.host.timed_out && self.reach.probed.has(port)
    }
}

/// An address of a project with what is known of it now.
#[derive(Clone, Debug, PartialEq)]
pub struct Asset {
    /// What is known, as if one scan had seen it.
    pub host: Host,
    /// When it first answered a scan that is still there.
    pub first_seen: Timestamp,
    /// When it last answered one.
    pub last_seen: Timestamp,
    /// The number of the scan that it last answered.
    pub scan: u64,
}

impl Asset {
    /// What `sights` say together, of which there is at least one, the oldest first. It was
    /// `first_seen` before all of them, perhaps.
    #[must_use]
    pub fn of(sights: Vec<Sight>, first_seen: Option<Timestamp>) -> Option<Self> {
        let latest = sights.last()?;
        let (last_seen, scan) = (latest.seen_at, latest.scan);
        let first_seen = sights.iter().map(|sight| sight.seen_at).chain(first_seen).min()?;
        let mut sights = sights.into_iter();
        let oldest = sights.next()?.host;
        Some(Self { host: sights.fold(oldest, renewed), first_seen, last_seen, scan })
    }
}

/// What the assets that are found may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FacetField {
    /// Open ports, as `443/tcp`.
    Port,
    /// Services on open ports.
    Service,
    /// Programs on open ports.
    Product,
    /// Families of operating systems.
    Os,
    /// Makers of network cards.
    Vendor,
    /// Networks: /24, and /64 of IPv6.
    Net,
}

named!(FacetField, "facet", {
    Port = "port", Service = "service", Product = "product", Os = "os", Vendor = "vendor", Net = "net",
});

/// Keeps, of sights in the order of time, those that later ones do not supersede.
pub fn keep_telling<T>(sights: &mut Vec<T>, sight: impl Fn(&T) -> &Sight) {
    let is_telling: Vec<bool> = (0..sights.len())
        .map(|place| {
            let (own, later) = (sight(&sights[place]), &sights[place + 1..]);
            !later.iter().any(|other| own.is_superseded_by(sight(other)))
        })
        .collect();
    let mut places = is_telling.into_iter();
    sights.retain(|_| places.next().unwrap_or(true));
}

/// What is known after one more look.
fn renewed(before: Host, sight: Sight) -> Host {
    let has_looked = |key: &PortKey| sight.has_looked_at(*key);
    let earlier = before.ports.into_iter().map(|port| (place(&port), port));
    // What the scan did not look at stays; of what it saw again, something may.
    let (mut kept, mut seen): (BTreeMap<_, _>, BTreeMap<_, _>) =
        earlier.partition(|(key, _)| !has_looked(key));
    let Sight { mut host, reach, .. } = sight;
    for port in &mut host.ports {
        let key = place(port);
        if let Some(known) = seen.remove(&key).or_else(|| kept.remove(&key)) {
            enrich(port, known, &reach);
        }
    }
    host.ports.extend(kept.into_values());
    host.ports.sort_by_key(|port| (port.protocol, port.port));
    if host.extra_ports.is_empty() && host.timed_out {
        host.extra_ports = before.extra_ports;
    }
    if host.hostnames.is_empty() {
        host.hostnames = before.hostnames;
    }
    // A scan of fewer ports clears nobody.
    host.details.suspect = host.details.suspect.or(before.details.suspect);
    host.mac = host.mac.or(before.mac);
    host.vendor = host.vendor.or(before.vendor);
    if host.os.is_empty() && !reach.has_os {
        host.os = before.os;
    }
    if host.scripts.is_empty() && !reach.has_scripts {
        host.scripts = before.scripts;
    }
    host
}

fn place(port: &Port) -> PortKey {
    PortKey { protocol: port.protocol, port: port.port }
}

/// Adds to an open port what a scan with less reach did not ask for.
fn enrich(port: &mut Port, known: Port, reach: &Reach) {
    if port.state != PortState::Open || known.state != PortState::Open {
        return;
    }
    let was_asked = known.service.as_ref().is_some_and(|service| service.method == "probed");
    if !reach.has_versions && was_asked {
        port.service = known.service;
    }
    if !reach.has_scripts && port.scripts.is_empty() {
        port.scripts = known.scripts;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Protocol, ScanInfo, Script, Service};

    fn open(number: u16) -> Port {
        Port {
            port: number,
            protocol: Protocol::Tcp,
            state: PortState::Open,
            reason: "syn-ack".to_owned(),
            reason_ttl: None,
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        }
    }

    fn sight(scan: u64, options: &str, probed: &str, ports: Vec<Port>) -> Sight {
        let info = ScanInfo {
            kind: "syn".to_owned(),
            protocol: Some(Protocol::Tcp),
            service_count: 1,
            services: probed.to_owned(),
            scan_flags: None,
        };
        let host = Host { ports, ..Host::at("10.0.0.1".parse().unwrap()) };
        let seen_at = Timestamp::from_second(i64::try_from(scan).unwrap() * 60).unwrap();
        Sight { host, seen_at, scan, reach: Reach::of(options.split(' '), &[info]) }
    }

    fn numbers(asset: &Asset) -> Vec<u16> {
        asset.host.ports.iter().map(|port| port.port).collect()
    }

    #[test]
    fn a_port_stays_until_a_scan_that_looked_at_it_sees_it_no_more() {
        let all = sight(1, "-sS", "1-1000", vec![open(25), open(80)]);
        let web = sight(2, "-sS", "80,443", vec![open(443)]);

        let asset = Asset::of(vec![all.clone(), web.clone()], None).unwrap();
        assert_eq!(numbers(&asset), [25, 443]);
        assert_eq!((asset.first_seen, asset.last_seen, asset.scan), (all.seen_at, web.seen_at, 2));

        let again = sight(3, "-sS", "1-1000", vec![open(80)]);
        assert_eq!(numbers(&Asset::of(vec![all, web, again], None).unwrap()), [80]);
    }

    #[test]
    fn a_host_that_timed_out_closes_nothing() {
        let all = sight(1, "-sS", "1-1000", vec![open(25)]);
        let mut slow = sight(2, "-sS", "1-1000", vec![open(80)]);
        slow.host.timed_out = true;

        assert!(!all.is_superseded_by(&slow));
        assert_eq!(numbers(&Asset::of(vec![all, slow], None).unwrap()), [25, 80]);
    }

    #[test]
    fn a_host_is_suspect_until_a_scan_that_looked_as_far_finds_it_is_not() {
        let mut tarpit = sight(1, "-sS", "1-1000", vec![open(25)]);
        tarpit.host.details.suspect = Some("900 of the 1000 ports are open".to_owned());
        let lesser = sight(2, "-sS", "25", vec![open(25)]);
        let equal = sight(3, "-sS", "1-1000", vec![open(25)]);
        let suspect = |mut sights: Vec<Sight>| {
            keep_telling(&mut sights, |sight| sight);
            Asset::of(sights, None).unwrap().host.details.suspect
        };

        assert_eq!(suspect(vec![tarpit.clone(), lesser.clone()]), tarpit.host.details.suspect);
        assert_eq!(suspect(vec![tarpit, lesser, equal]), None);
    }

    #[test]
    fn what_a_lesser_scan_does_not_ask_for_is_kept() {
        let service = |method: &str, product: Option<&str>| Service {
            name: "ssh".to_owned(),
            product: product.map(str::to_owned),
            method: method.to_owned(),
            ..Service::default()
        };
        let script = Script { id: "banner".to_owned(), ..Script::default() };
        let asked = Port {
            service: Some(service("probed", Some("OpenSSH"))),
            scripts: vec![script],
            ..open(22)
        };
        let guessed = Port { service: Some(service("table", None)), ..open(22) };

        let lesser = sight(2, "-sS", "22", vec![guessed.clone()]);
        let asset = Asset::of(vec![sight(1, "-sV -sC", "22", vec![asked.clone()]), lesser], None);
        assert_eq!(asset.unwrap().host.ports, std::slice::from_ref(&asked));

        let equal = sight(2, "-sV -sC", "22", vec![guessed.clone()]);
        let asset = Asset::of(vec![sight(1, "-sV -sC", "22", vec![asked]), equal], None);
        assert_eq!(asset.unwrap().host.ports, [guessed]);
    }

    #[test]
    fn only_sights_that_still_tell_something_are_kept() {
        let mut sights = vec![
            sight(1, "-sS", "1-1000", vec![open(25)]),
            sight(2, "-sS", "80", vec![]),
            sight(3, "-sS", "80,443", vec![]),
            sight(4, "-sV", "22", vec![]),
            sight(5, "-sS", "80,443", vec![]),
        ];
        keep_telling(&mut sights, |sight| sight);

        assert_eq!(sights.iter().map(|sight| sight.scan).collect::<Vec<_>>(), [1, 4, 5]);
    }
}
