//! Scans that were read from a file: what forms there are, and how what is said twice is one host.
//!
//! Nobody here sent a packet for such a scan. It has ended when it is stored, it is never run, and it
//! covers the addresses that the file names and no others.

use crate::coverage::Coverage;
use crate::named;
use crate::observation::{Host, HostStatus, Port, PortKey, Script};
use crate::scan::{Lifecycle, OpenBatches, Scan, State};

/// The id under which a scan that was read from a file lists where it comes from, in the place of
/// the modules that it ran.
pub const MODULE: &str = "import";

/// A form of file that scans are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// What nmap writes with `-oX`.
    NmapXml,
    /// What masscan writes with `-oX`.
    MasscanXml,
    /// What masscan writes with `-oJ` or `-oD`.
    MasscanJson,
}

named!(FileFormat, "file format", {
    NmapXml = "nmap-xml", MasscanXml = "masscan-xml", MasscanJson = "masscan-json",
});

impl FileFormat {
    /// What it means that an address is named twice.
    #[must_use]
    pub fn repeats(self) -> Repeats {
        match self {
            Self::NmapXml => Repeats::Replace,
            Self::MasscanXml | Self::MasscanJson => Repeats::Merge,
        }
    }

    /// Whether it is XML.
    #[must_use]
    pub fn is_xml(self) -> bool {
        self != Self::MasscanJson
    }
}

/// What it means that a file names an address twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// The later entry is all that counts.
    Replace,
    /// Both are parts of one host, as where every port has an entry of its own.
    Merge,
}

impl Scan {
    /// Whether it was read from a file.
    #[must_use]
    pub fn is_imported(&self) -> bool {
        self.modules.iter().any(|module| module.id == MODULE)
    }
}

/// How a scan stands that was read from a file: as its coverage says, and never completed when the
/// file was not whole.
#[must_use]
pub fn conclusion(is_whole: bool, coverage: &Coverage) -> State {
    let read = Lifecycle { state: State::Running, ..Lifecycle::created() };
    match read.settle(OpenBatches::default(), coverage).state {
        State::Completed if !is_whole => State::Partial,
        state => state,
    }
}

/// Adds to `known` what a later entry says of the same address. Where both say something of the same
/// thing, the later one counts; of ports that is so after [`fold_ports`].
pub fn merge(known: &mut Host, later: Host) {
    known.status = match (known.status, later.status) {
        (HostStatus::Up, _) | (_, HostStatus::Up) => HostStatus::Up,
        (_, status) => status,
    };
    if known.reason.is_empty() {
        known.reason = later.reason;
    }
    known.reason_ttl = known.reason_ttl.or(later.reason_ttl);
    known.timed_out &= later.timed_out;
    known.started_at = [known.started_at, later.started_at].into_iter().flatten().min();
    known.ended_at = known.ended_at.max(later.ended_at);
    known.mac = later.mac.or(known.mac.take());
    known.vendor = later.vendor.or(known.vendor.take());
    if !later.hostnames.is_empty() {
        known.hostnames = later.hostnames;
    }
    if !later.os.is_empty() {
        known.os = later.os;
    }
    if !later.scripts.is_empty() {
        known.scripts = later.scripts;
    }
    known.ports.extend(later.ports);
}

/// Makes one entry of all that a host has on the same port, and sorts them.
pub fn fold_ports(host: &mut Host) {
    let key = |port: &Port| PortKey { protocol: port.protocol, port: port.port };
    host.ports.sort_by_key(key);
    let mut folded: Vec<Port> = Vec::with_capacity(host.ports.len());
    for port in host.ports.drain(..) {
        match folded.last_mut() {
            Some(known) if key(known) == key(&port) => merge_port(known, port),
            _ => folded.push(port),
        }
    }
    host.ports = folded;
}

fn merge_port(known: &mut Port, later: Port) {
    known.state = later.state;
    if !later.reason.is_empty() {
        known.reason = later.reason;
    }
    known.reason_ttl = later.reason_ttl.or(known.reason_ttl);
    known.reason_address = later.reason_address.or(known.reason_address.take());
    known.service = later.service.or(known.service.take());
    merge_scripts(&mut known.scripts, later.scripts);
}

/// What scripts say is put together by their names, of which a port has few.
fn merge_scripts(known: &mut Vec<Script>, later: Vec<Script>) {
    const MOST: usize = 32;

    for script in later {
        match known.iter().position(|known| known.id == script.id) {
            Some(place) => known[place] = script,
            None if known.len() < MOST => known.push(script),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::coverage::CoverageState;
    use crate::observation::{PortState, Protocol, Service};

    fn host(ports: Vec<Port>) -> Host {
        Host { ports, ..Host::at("10.0.0.1".parse::<Address>().unwrap()) }
    }

    fn port(number: u16, reason: &str) -> Port {
        Port {
            port: number,
            protocol: Protocol::Tcp,
            state: PortState::Open,
            reason: reason.to_owned(),
            reason_ttl: None,
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        }
    }

    #[test]
    fn the_parts_of_a_host_become_one() {
        let mut known = host(vec![port(80, "syn-ack")]);
        let service = Some(Service { name: "http".into(), ..Service::default() });
        let banner = Script { id: "banner".into(), output: "nginx".into(), ..Script::default() };
        let told = Port { service, scripts: vec![banner], ..port(80, "") };

        merge(&mut known, host(vec![port(443, "syn-ack")]));
        merge(&mut known, host(vec![told.clone()]));
        fold_ports(&mut known);

        let web = Port { reason: "syn-ack".into(), ..told };
        assert_eq!(known, host(vec![web, port(443, "syn-ack")]));
    }

    #[test]
    fn of_two_entries_on_one_port_the_later_counts() {
        let mut known = host(vec![port(80, "syn-ack")]);

        merge(&mut known, host(vec![Port { state: PortState::Closed, ..port(80, "reset") }]));
        fold_ports(&mut known);

        let closed = Port { state: PortState::Closed, ..port(80, "reset") };
        assert_eq!(known.ports, [closed]);
    }

    #[test]
    fn only_a_whole_file_of_hosts_that_were_reached_is_completed() {
        let of = |counts: &[(CoverageState, u64)]| Coverage::of(counts.iter().copied());
        let reached = of(&[(CoverageState::Up, 2), (CoverageState::Down, 1)]);
        let timed_out = of(&[(CoverageState::Up, 2), (CoverageState::TimedOut, 1)]);

        assert_eq!(conclusion(true, &reached), State::Completed);
        assert_eq!(conclusion(false, &reached), State::Partial);
        assert_eq!(conclusion(true, &timed_out), State::Partial);
        assert_eq!(conclusion(true, &Coverage::default()), State::Partial);
    }
}
