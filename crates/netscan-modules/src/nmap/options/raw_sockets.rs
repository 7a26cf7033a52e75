//! What needs raw sockets, and what is done without them.
//!
//! A connect scan and connect pings stand in for SYN scans, ICMP and ACK pings, as nmap itself does.
//! For everything else there is no substitute, and it is refused before the scan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use netscan_model::named;

use super::ports::PortSet;
use super::settings::{Flag, IcmpPing, Number, PortPing, Scan, Technique};
use super::{Discovery, NmapOptions};

/// Something that only raw sockets can do.
struct Ability {
    name: &'static str,
    has_substitute: bool,
    is_chosen: fn(&NmapOptions) -> bool,
}

const fn needed(name: &'static str, is_chosen: fn(&NmapOptions) -> bool) -> Ability {
    Ability { name, has_substitute: false, is_chosen }
}

const fn replaceable(name: &'static str, is_chosen: fn(&NmapOptions) -> bool) -> Ability {
    Ability { name, has_substitute: true, is_chosen }
}

const ABILITIES: &[Ability] = &[
    replaceable("SYN scan (-sS)", |options| scans(options, Technique::Syn)),
    needed("ACK scan (-sA)", |options| scans(options, Technique::Ack)),
    needed("window scan (-sW)", |options| scans(options, Technique::Window)),
    needed("Maimon scan (-sM)", |options| scans(options, Technique::Maimon)),
    needed("null scan (-sN)", |options| scans(options, Technique::Null)),
    needed("FIN scan (-sF)", |options| scans(options, Technique::Fin)),
    needed("Xmas scan (-sX)", |options| scans(options, Technique::Xmas)),
    needed("UDP scan (-sU)", |options| scans(options, Technique::Udp)),
    needed("SCTP INIT scan (-sY)", |options| scans(options, Technique::SctpInit)),
    needed("SCTP COOKIE-ECHO scan (-sZ)", |options| scans(options, Technique::SctpCookie)),
    replaceable("ICMP echo ping (-PE)", |options| options.discovery.has_icmp(IcmpPing::Echo)),
    replaceable("ICMP timestamp ping (-PP)", |options| {
        options.discovery.has_icmp(IcmpPing::Timestamp)
    }),
    replaceable("ICMP address mask ping (-PM)", |options| {
        options.discovery.has_icmp(IcmpPing::Mask)
    }),
    replaceable("TCP ACK ping (-PA)", |options| options.discovery.has_port_ping(PortPing::Ack)),
    needed("UDP ping (-PU)", |options| options.discovery.has_port_ping(PortPing::Udp)),
    needed("SCTP INIT ping (-PY)", |options| options.discovery.has_port_ping(PortPing::Sctp)),
    needed("IP protocol ping (-PO)", |options| options.discovery.has_port_ping(PortPing::Protocol)),
    needed("OS detection (-O)", |options| options.has(Flag::OsDetection)),
    needed("traceroute (--traceroute)", |options| options.has(Flag::Traceroute)),
    replaceable("--defeat-rst-ratelimit", |options| options.has(Flag::DefeatRstRatelimit)),
    needed("wrong checksums (--badsum)", |options| options.has(Flag::BadChecksum)),
    needed("fragments (-f, --mtu)", |options| options.number(Number::Mtu).is_some()),
    needed("--data-length", |options| options.number(Number::DataLength).is_some()),
    needed("--ttl", |options| options.number(Number::Ttl).is_some()),
    needed("--source-port", |options| options.number(Number::SourcePort).is_some()),
    needed("--scanflags", |options| options.number(Number::ScanFlags).is_some()),
];

/// Options that IPv4 has and IPv6 does not.
const IPV4_ONLY: &[Ability] = &[
    needed("ICMP timestamp ping (-PP)", |options| options.discovery.has_icmp(IcmpPing::Timestamp)),
    needed("ICMP address mask ping (-PM)", |options| options.discovery.has_icmp(IcmpPing::Mask)),
    needed("fragments (-f, --mtu)", |options| options.number(Number::Mtu).is_some()),
];

fn scans(options: &NmapOptions, technique: Technique) -> bool {
    matches!(&options.scan, Scan::Ports(techniques) if techniques.contains(&technique))
}

/// What was done in place of what needs raw sockets. The attempt records it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fallback {
    /// Whole connections in place of half-open ones.
    ConnectScan,
    /// Connections in place of ICMP messages.
    ConnectForIcmpPings,
    /// Connections in place of ACK probes.
    ConnectForAckPings,
    /// `--defeat-rst-ratelimit` was dropped together with the SYN scan.
    NoDefeatRstRatelimit,
}

named!(Fallback, "fallback", {
    ConnectScan = "SYN scan (-sS) needs raw sockets; connect scan (-sT) was used",
    ConnectForIcmpPings = "ICMP pings (-PE, -PP, -PM) need raw sockets; TCP connect pings (-PS) were used",
    ConnectForAckPings = "TCP ACK pings (-PA) need raw sockets; TCP connect pings (-PS) were used",
    NoDefeatRstRatelimit = "--defeat-rst-ratelimit works only with a SYN scan; it was left out",
});

/// The options ask for what this machine may not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedsRawSockets {
    /// What cannot be done.
    pub abilities: Vec<&'static str>,
}

impl std::error::Error for NeedsRawSockets {}

impl fmt::Display for NeedsRawSockets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let need = if self.abilities.len() == 1 { "needs" } else { "need" };
        let list = self.abilities.join(", ");
        write!(
            out,
            "{list} {need} raw sockets, which netscan does not have here: run it as root or with the ambient \
             capability CAP_NET_RAW, or leave these options out"
        )
    }
}

impl NmapOptions {
    /// What is asked for that needs raw sockets, with or without a substitute.
    #[must_use]
    pub fn needs_raw_sockets(&self) -> Vec<&'static str> {
        names_of(ABILITIES, |ability| (ability.is_chosen)(self))
    }

    /// What is asked for that nmap refuses over IPv6.
    #[must_use]
    pub fn ipv4_only(&self) -> Vec<&'static str> {
        names_of(IPV4_ONLY, |ability| (ability.is_chosen)(self))
    }

    /// The same for a machine with raw sockets: a scan type that was left open becomes SYN.
    #[must_use]
    pub fn with_raw_sockets(&self) -> Self {
        let mut options = self.clone();
        if options.scans_ports() {
            options.scan = Scan::Ports(self.techniques());
        }
        options
    }

    /// The same for a machine without raw sockets, and what was replaced. A scan type that was left
    /// open becomes connect, which is no fallback: nobody asked for another.
    ///
    /// # Errors
    ///
    /// Returns [`NeedsRawSockets`] with all that has no substitute.
    pub fn without_raw_sockets(&self) -> Result<(Self, Vec<Fallback>), NeedsRawSockets> {
        let abilities =
            names_of(ABILITIES, |ability| !ability.has_substitute && (ability.is_chosen)(self));
        if !abilities.is_empty() {
            return Err(NeedsRawSockets { abilities });
        }
        let mut options = self.clone();
        let mut fallbacks = Vec::new();
        options.connect_scan(&mut fallbacks);
        options.discovery.connect_pings(&mut fallbacks);
        Ok((options, fallbacks))
    }

    fn connect_scan(&mut self, fallbacks: &mut Vec<Fallback>) {
        if let Scan::Ports(techniques) = &mut self.scan {
            if techniques.remove(&Technique::Syn) {
                fallbacks.push(Fallback::ConnectScan);
            }
            techniques.insert(Technique::Connect);
        }
        if self.flags.remove(&Flag::DefeatRstRatelimit) {
            fallbacks.push(Fallback::NoDefeatRstRatelimit);
        }
    }
}

impl Discovery {
    fn connect_pings(&mut self, fallbacks: &mut Vec<Fallback>) {
        let Self::Pings { icmp, ports } = self else { return };
        if !icmp.is_empty() {
            fallbacks.push(Fallback::ConnectForIcmpPings);
        }
        if let Some(acks) = ports.remove(&PortPing::Ack) {
            fallbacks.push(Fallback::ConnectForAckPings);
            let syns = ports.remove(&PortPing::Syn);
            let both = syns.into_iter().fold(or_80(acks), |both, syns| both.union(&or_80(syns)));
            ports.insert(PortPing::Syn, both);
        }
        if ports.is_empty() {
            // What nmap itself tries without raw sockets.
            ports.insert(PortPing::Syn, PortSet::of(vec![(80, 80), (443, 443)]));
        }
        *self = Self::Pings { icmp: BTreeSet::new(), ports: BTreeMap::clone(ports) };
    }
}

/// Nmap's own choice of port for a TCP ping, made explicit.
fn or_80(ports: PortSet) -> PortSet {
    if ports.is_empty() { PortSet::of(vec![(80, 80)]) } else { ports }
}

fn names_of(abilities: &[Ability], is_meant: impl Fn(&Ability) -> bool) -> Vec<&'static str> {
    abilities.iter().filter(|ability| is_meant(ability)).map(|ability| ability.name).collect()
}
