//! How a scan is done in two passes: what of these options a discovery of ports can do, and what is
//! left for nmap, which then looks at the open ports only.

use std::num::NonZeroU32;

use netscan_model::observation::Protocol;

use super::ports::PortSpec;
use super::settings::{Flag, Number, Scan, Technique, Time, TimingTemplate};
use super::{Discovery, NmapOptions};
use crate::nmap::services::Services;

/// What a discovery of ports is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstPass {
    /// TCP ports, ascending.
    pub tcp: Vec<u16>,
    /// UDP ports, ascending.
    pub udp: Vec<u16>,
    /// Whether hosts must show that they are there before their ports are asked for.
    pub pings: bool,
    /// Whether TCP ports may be asked for by SYN. If not, by connections.
    pub by_syn: bool,
}

/// Whether something is asked for.
type Asked = fn(&NmapOptions) -> bool;

/// What only nmap itself can do, by the name that people know it by.
const OBSTACLES: &[(&str, Asked)] = &[
    ("no port scan", |options| !options.scans_ports()),
    ("a choice of pings", |options| matches!(options.discovery, Discovery::Pings { .. })),
    ("a part of the known ports (--port-ratio)", |options| options.port_ratio.is_some()),
    ("an interface (-e)", |options| options.interface.is_some()),
    ("a timing below -T3", |options| options.timing() < TimingTemplate::Normal),
];

/// Techniques, flags, numbers and times that the two passes honour between them.
const TECHNIQUES: [Technique; 3] = [Technique::Syn, Technique::Connect, Technique::Udp];
const FLAGS: [Flag; 3] = [Flag::Fast, Flag::Services, Flag::Reason];
const NUMBERS: [Number; 3] = [Number::TopPorts, Number::VersionIntensity, Number::MaxRate];
const TIMES: [Time; 2] = [Time::HostTimeout, Time::ScriptTimeout];

impl NmapOptions {
    /// What a discovery of ports has to do for these options.
    ///
    /// # Errors
    ///
    /// What of them only nmap itself can do.
    pub fn first_pass(&self, services: &Services) -> Result<FirstPass, String> {
        if let Some(obstacle) = self.obstacle() {
            return Err(obstacle);
        }
        let techniques = self.techniques();
        let asked = |technique: &Technique| techniques.contains(technique);
        let has_tcp = asked(&Technique::Syn) || asked(&Technique::Connect);
        let ports = |protocol| self.port_numbers(protocol, services);
        Ok(FirstPass {
            tcp: if has_tcp { ports(Protocol::Tcp) } else { Vec::new() },
            udp: if asked(&Technique::Udp) { ports(Protocol::Udp) } else { Vec::new() },
            pings: self.discovery != Discovery::Skip,
            by_syn: !asked(&Technique::Connect),
        })
    }

    /// What is left for nmap when these ports of some hosts are known to be open: versions and
    /// scripts. Nothing, if only ports were asked for or none is open.
    #[must_use]
    pub fn second_pass(&self, tcp: &[u16], udp: &[u16]) -> Option<Self> {
        let is_more_asked = self.has(Flag::Services) || !self.scripts.is_empty();
        if !is_more_asked || (tcp.is_empty() && udp.is_empty()) {
            return None;
        }
        let mut options = self.clone();
        let mut techniques = self.techniques();
        if tcp.is_empty() {
            techniques.retain(|technique| *technique == Technique::Udp);
        }
        if udp.is_empty() {
            techniques.remove(&Technique::Udp);
        }
        options.scan = Scan::Ports(techniques);
        options.discovery = Discovery::Skip;
        options.ports = Some(PortSpec::of_each(tcp, udp));
        options.excluded_ports = None;
        options.flags.remove(&Flag::Fast);
        options.numbers.remove(&Number::TopPorts);
        Some(options)
    }

    /// The most packets per second that were asked for.
    #[must_use]
    pub fn max_rate(&self) -> Option<NonZeroU32> {
        self.number(Number::MaxRate).and_then(NonZeroU32::new)
    }

    /// The first of what only nmap itself can do.
    fn obstacle(&self) -> Option<String> {
        let named = OBSTACLES.iter().find(|(_, is_there)| is_there(self));
        if let Some((name, _)) = named {
            return Some((*name).to_owned());
        }
        let techniques = self.techniques().into_iter().filter(|one| !TECHNIQUES.contains(one));
        let flags = self.flags.iter().filter(|one| !FLAGS.contains(one));
        let numbers = self.numbers.keys().filter(|one| !NUMBERS.contains(one));
        let times = self.times.keys().filter(|one| !TIMES.contains(one));
        let mut words = techniques
            .map(|one| one.to_string())
            .chain(flags.map(ToString::to_string))
            .chain(numbers.map(ToString::to_string))
            .chain(times.map(ToString::to_string));
        words.next()
    }

    /// The ports of a protocol that nmap would scan, ascending.
    fn port_numbers(&self, protocol: Protocol, services: &Services) -> Vec<u16> {
        let spec = |ports: &Option<PortSpec>| ports.as_ref().map(|ports| ports.of(protocol));
        let excluded = spec(&self.excluded_ports).unwrap_or_default();
        let named = spec(&self.ports);
        let is_wanted = |port: &u16| {
            named.as_ref().is_none_or(|named| named.contains(*port)) && !excluded.contains(*port)
        };
        let count = self.most_common_ports(protocol);
        let mut ports: Vec<u16> = match (&named, count) {
            (Some(named), None) => named.iter().filter(is_wanted).collect(),
            (_, count) => {
                // nmap(1): "scan the most common 1,000 ports for each protocol" by default.
                let count = count.map_or(1_000, |count| count as usize);
                services.most_common(protocol).filter(is_wanted).take(count).collect()
            }
        };
        ports.sort_unstable();
        ports
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::nmap::options::{Policy, Profile};
    use crate::nmap::scripts::ScriptCatalogue;

    const TABLE: &str = "http 80/tcp 0.5\nssh 22/tcp 0.2\nhttps 443/tcp 0.3\nntp 123/udp 0.3\n";

    fn options(text: &str) -> NmapOptions {
        NmapOptions::parse(text, &Policy::local(Arc::new(ScriptCatalogue::default()))).unwrap()
    }

    fn first(text: &str) -> Result<FirstPass, String> {
        options(text).first_pass(&Services::parse(TABLE))
    }

    #[test]
    fn ports_are_those_that_nmap_would_scan() {
        let tcp = |text| first(text).unwrap().tcp;

        assert_eq!(tcp("-sS -sU -p 20-22,T:80,U:53"), [20, 21, 22, 80]);
        assert_eq!(tcp("--top-ports 2"), [80, 443]);
        assert_eq!(tcp("-p 1-100 --top-ports 2"), [22, 80]);
        assert_eq!(tcp("--top-ports 2 --exclude-ports 80"), [22, 443]);
        assert_eq!(tcp(""), [22, 80, 443]);
        assert_eq!(first("-sU -p U:53").unwrap().udp, [53]);
        assert_eq!(first("-sU").unwrap().tcp, [] as [u16; 0]);
        assert_eq!(first("-sS -sU --top-ports 1").unwrap().udp, [123]);
    }

    #[test]
    fn pings_and_connections_are_as_asked() {
        assert!(first("-p 22").unwrap().pings);
        assert!(!first("-Pn -p 22").unwrap().pings);
        assert!(first("-sS").unwrap().by_syn);
        assert!(!first("-sT").unwrap().by_syn);
    }

    #[test]
    fn what_only_nmap_can_do_is_named() {
        for (text, obstacle) in [
            ("-sn", "no port scan"),
            ("-PE -p 22", "a choice of pings"),
            ("-sF", "-sF"),
            ("-O", "-O"),
            ("-T2", "a timing below -T3"),
            ("--max-retries 1", "--max-retries"),
            ("--scan-delay 1s", "--scan-delay"),
        ] {
            assert_eq!(first(text), Err(obstacle.to_owned()), "{text}");
        }
    }

    #[test]
    fn profiles_are_done_in_two_passes() {
        for profile in [Profile::Quick, Profile::Default, Profile::Full] {
            assert!(profile.options().first_pass(&Services::parse(TABLE)).is_ok());
        }
    }

    #[test]
    fn nmap_looks_at_open_ports_only_and_only_when_more_is_asked() {
        let two = options("-sS -sU -sV -F -T4 --exclude-ports 25 --host-timeout 60s");

        let second = two.second_pass(&[22, 80, 81], &[]).unwrap();

        assert_eq!(second.canonical(), "-sS -Pn -pT:22,80-81 -sV -T4 --host-timeout=1m");
        let udp = two.second_pass(&[], &[53]).unwrap();
        assert_eq!(udp.canonical(), "-sU -Pn -pU:53 -sV -T4 --host-timeout=1m");
        assert_eq!(two.second_pass(&[], &[]), None);
        assert_eq!(options("-sS -p 22").second_pass(&[22], &[]), None);
    }
}
