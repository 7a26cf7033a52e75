//! The thread that reads the XML as nmap writes it and sends each host on at once.

use std::io::{self, Read};
use std::sync::Arc;

use netscan_model::address::Space;
use netscan_model::observation::{Host, HostStatus, ScanInfo};
use netscan_model::{Address, AddressSet};
use tokio::sync::mpsc;

use super::Observation;
use super::artifact::Artifact;
use super::drain::Abandonable;
use super::pulse::Pulse;
use crate::nmap::xml::{DocumentEnd, Limits, RunStats, XmlEvent, XmlReader};

/// What the XML of one run came to.
pub(super) struct Findings {
    pub(super) end: DocumentEnd,
    pub(super) version: Option<String>,
    pub(super) scan_types: Vec<ScanInfo>,
    pub(super) stats: Option<RunStats>,
    /// Hosts that were reported, up or down, asked for or not.
    pub(super) hosts: u64,
    /// Those that were never asked for, or have no address.
    pub(super) strays: u64,
}

/// The addresses that nmap was given.
pub(super) struct Asked {
    targets: Arc<AddressSet>,
    /// The number lines that they lie on, of one family.
    spaces: Vec<Space>,
}

impl Asked {
    /// Nothing but a reason comes back when nmap could not be given these, or could not be
    /// understood afterwards.
    pub(super) fn new(targets: AddressSet) -> Result<Self, String> {
        let mut spaces: Vec<Space> = targets.ranges().iter().map(|range| range.space()).collect();
        spaces.dedup();
        if spaces.is_empty() {
            return Err("there is no address to scan".to_owned());
        }
        if spaces.contains(&Space::V4) && spaces.len() > 1 {
            return Err("nmap scans IPv4 or IPv6, not both at once".to_owned());
        }
        let seen_without_zone: AddressSet = targets
            .ranges()
            .iter()
            .filter_map(|range| {
                let first = range.first().with_zone(None);
                netscan_model::AddressRange::new(first, range.last().with_zone(None))
            })
            .collect();
        if seen_without_zone.count() != targets.count() {
            // nmap does not write the zone, so its answers could not be told apart.
            return Err("one address is asked for through two interfaces".to_owned());
        }
        Ok(Self { targets: Arc::new(targets), spaces })
    }

    pub(super) fn is_ipv6(&self) -> bool {
        self.spaces[0] != Space::V4
    }

    pub(super) fn count(&self) -> u128 {
        self.targets.count()
    }

    /// Every address as nmap reads it, one by one.
    pub(super) fn lines(&self) -> impl Iterator<Item = String> + Send + 'static {
        let ranges = self.targets.ranges().to_vec();
        ranges.into_iter().flat_map(netscan_model::AddressRange::iter).map(|line| line.to_string())
    }

    /// The address that was asked for and that nmap calls `address`: nmap drops the zone.
    fn find(&self, address: Address) -> Option<Address> {
        let candidates = self.spaces.iter().map(|space| match space {
            Space::V4 => address,
            Space::V6(zone) => address.with_zone(*zone),
        });
        candidates.into_iter().find(|candidate| self.targets.contains(*candidate))
    }
}

/// Where the XML comes from: the pipe, with a copy to the artifact.
pub(super) struct Source {
    pub(super) pipe: Abandonable,
    pub(super) artifact: Option<Artifact>,
    pub(super) pulse: Pulse,
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.pipe.read(buffer)?;
        self.pulse.beat();
        if let Some(artifact) = &mut self.artifact {
            artifact.write(&buffer[..count]);
        }
        Ok(count)
    }
}

/// Where the hosts go.
pub(super) struct Outlet {
    pub(super) out: mpsc::Sender<Observation>,
    pub(super) pulse: Pulse,
}

impl Outlet {
    /// Waits for room. Nobody at the other end is no error: whoever started the run sees it, too.
    pub(super) fn send(&self, observation: Observation) {
        if let Err(mpsc::error::TrySendError::Full(observation)) = self.out.try_send(observation) {
            let _ = self.pulse.hold(|| self.out.blocking_send(observation));
        }
    }

    /// Sends what is worth nothing a moment later, if that leaves room for hosts.
    fn mention(&self, observation: Observation) {
        if self.out.capacity() > self.out.max_capacity() / 2 {
            let _ = self.out.try_send(observation);
        }
    }
}

/// Reads until nmap closes its end, whatever it writes.
pub(super) fn read(
    source: Source,
    limits: Limits,
    asked: &Asked,
    outlet: &Outlet,
) -> (Findings, Option<Artifact>) {
    let mut reader = XmlReader::new(source, limits);
    let mut findings = Findings {
        end: DocumentEnd::Truncated { offset: 0, depth: 0 },
        version: None,
        scan_types: Vec::new(),
        stats: None,
        hosts: 0,
        strays: 0,
    };
    loop {
        match reader.next_event() {
            XmlEvent::Start(start) => findings.version = Some(start.version),
            XmlEvent::ScanInfo(info) => findings.scan_types.push(info),
            XmlEvent::Progress(progress) => outlet.mention(Observation::Progress(progress)),
            XmlEvent::Script(script) => outlet.send(Observation::Script(script)),
            XmlEvent::Finished(stats) => findings.stats = Some(stats),
            XmlEvent::TaskBegin(_) | XmlEvent::TaskEnd(_) => {}
            XmlEvent::Host(host) => {
                let observation = place(host, asked);
                findings.hosts += 1;
                findings.strays += u64::from(matches!(observation, Observation::Stray(_)));
                outlet.send(observation);
            }
            XmlEvent::End(end) => {
                findings.end = end;
                break;
            }
        }
    }
    findings.strays += reader.hosts_without_address();
    findings.hosts += reader.hosts_without_address();
    drain(reader.source_mut());
    (findings, reader.source_mut().artifact.take())
}

/// What a host is to us.
fn place(mut host: Box<Host>, asked: &Asked) -> Observation {
    match asked.find(host.address) {
        None => Observation::Stray(host),
        Some(address) if host.status == HostStatus::Down => {
            Observation::Down { address, reason: host.reason }
        }
        Some(address) => {
            host.address = address;
            Observation::Host(host)
        }
    }
}

/// Reads what follows a document that is malformed, so that nmap can go on and the artifact has it.
fn drain(source: &mut Source) {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match source.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(count) if count > 0 => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(targets: &str) -> Result<Asked, String> {
        Asked::new(targets.parse().unwrap())
    }

    #[test]
    fn the_zone_that_nmap_drops_is_restored() {
        let asked = asked("2001:db8::1,fe80::1%eth0-fe80::9%eth0,fe80::a%eth1").unwrap();
        let find = |text: &str| asked.find(text.parse().unwrap()).map(|found| found.to_string());

        assert_eq!(find("fe80::2").as_deref(), Some("fe80::2%eth0"));
        assert_eq!(find("fe80::a").as_deref(), Some("fe80::a%eth1"));
        assert_eq!(find("2001:db8::1").as_deref(), Some("2001:db8::1"));
        assert_eq!((find("fe80::b"), find("10.0.0.1")), (None, None));
    }

    #[test]
    fn what_one_nmap_cannot_scan_is_refused() {
        let refusal = |targets| asked(targets).err().unwrap();

        assert_eq!(refusal(""), "there is no address to scan");
        assert_eq!(refusal("10.0.0.1,::1"), "nmap scans IPv4 or IPv6, not both at once");
        assert_eq!(
            refusal("fe80::1%a,fe80::1%b"),
            "one address is asked for through two interfaces"
        );
    }
}
