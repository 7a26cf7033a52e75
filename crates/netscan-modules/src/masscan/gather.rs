//! Hosts from masscan's entries, of which each has one port.

use std::collections::BTreeMap;
use std::io::Read;

use netscan_model::observation::{Host, PortState, Protocol};
use netscan_model::{Address, AddressSet};

use super::JsonReader;
use crate::discover::tally::{Tally, Wording};
use crate::discover::{Found, HostSeen, Suspicion, tarpit};
use crate::nmap::xml::{DocumentEnd, XmlEvent};

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) targets: AddressSet,
    /// Ascending.
    pub(super) tcp: Vec<u16>,
    /// Ascending.
    pub(super) udp: Vec<u16>,
}

/// What masscan heard.
#[derive(Debug, Default)]
pub(super) struct Heard {
    hosts: BTreeMap<Address, Answers>,
    /// Entries that cannot be: unreadable, or of what nobody asked for.
    pub(super) strange: u64,
    /// Why the text is no good, if it is not.
    pub(super) malformed: Option<String>,
}

/// What one host answered.
#[derive(Debug, Default)]
struct Answers {
    up: Option<(&'static str, Option<u8>)>,
    tcp: BTreeMap<u16, Option<u8>>,
    udp: BTreeMap<u16, Option<u8>>,
}

impl Heard {
    /// Takes in all that masscan writes, until it ends.
    pub(super) fn of(source: impl Read, asked: &Asked) -> Self {
        let mut heard = Self::default();
        let mut reader = JsonReader::new(source);
        loop {
            match reader.next_event() {
                XmlEvent::Host(host) => heard.take(*host, asked),
                // One that was killed leaves a list without an end.
                XmlEvent::End(DocumentEnd::Malformed { reason, .. }) => {
                    heard.malformed = Some(reason);
                    break;
                }
                XmlEvent::End(_) => break,
                _ => {}
            }
        }
        heard.strange += reader.entries_left_out();
        heard
    }

    fn take(&mut self, host: Host, asked: &Asked) {
        if !asked.targets.contains(host.address) {
            self.strange += 1;
            return;
        }
        let answers = self.hosts.entry(host.address).or_default();
        let ttl = |ttl: Option<u32>| ttl.and_then(|ttl| u8::try_from(ttl).ok());
        if host.ports.is_empty() {
            answers.up.get_or_insert(("echo-reply", ttl(host.reason_ttl)));
        }
        for port in host.ports.into_iter().filter(|port| port.state == PortState::Open) {
            let (asked, list, reason) = match port.protocol {
                Protocol::Tcp => (&asked.tcp, &mut answers.tcp, Wording::SYN.open),
                Protocol::Udp => (&asked.udp, &mut answers.udp, Wording::UDP.open),
                _ => continue,
            };
            if asked.binary_search(&port.port).is_err() {
                self.strange += 1;
                continue;
            }
            let ttl = ttl(port.reason_ttl);
            answers.up.get_or_insert((reason, ttl));
            list.entry(port.port).or_insert(ttl);
        }
    }

    /// How many hosts answered.
    pub(super) fn host_count(&self) -> usize {
        self.hosts.values().filter(|answers| answers.up.is_some()).count()
    }

    /// How many ports are open.
    pub(super) fn port_count(&self) -> usize {
        self.hosts.values().map(|answers| answers.tcp.len() + answers.udp.len()).sum()
    }

    /// The same, address by address of those that were asked for.
    pub(super) fn told(self, asked: &Asked) -> impl Iterator<Item = Found> {
        let alike = self.alike(asked);
        let mut hosts = self.hosts;
        asked.targets.iter().map(move |address| {
            let answers = hosts.remove(&address).and_then(|answers| Some((answers.up?, answers)));
            match answers {
                Some((up, answers)) => {
                    let evidence = answers.evidence(asked).or_else(|| alike.get(&address).cloned());
                    Found::Host(Box::new(answers.host(address, up, asked, evidence)))
                }
                None => Found::Down { address, reason: "no-response" },
            }
        })
    }

    /// Addresses that answer like all others around them, with the evidence.
    fn alike(&self, asked: &Asked) -> BTreeMap<Address, String> {
        let judged = |address: Address| {
            let answers = self.hosts.get(&address).filter(|answers| !answers.tcp.is_empty());
            let signature = answers.map(|answers| tarpit::Signature {
                open: answers.tcp.keys().copied().collect(),
                ttl: answers.up.and_then(|(_, ttl)| ttl),
                window: None,
            });
            tarpit::Address { ip: address.ip(), hardware: None, signature }
        };
        let addresses: Vec<Address> = asked.targets.iter().collect();
        let judged: Vec<_> = addresses.iter().map(|address| judged(*address)).collect();
        let alike = tarpit::alike(&judged).into_iter();
        alike.map(|(place, evidence)| (addresses[place], evidence)).collect()
    }
}

impl Answers {
    /// Why the open ports may not be real, if there are too many of them.
    fn evidence(&self, asked: &Asked) -> Option<String> {
        let count = |ports: usize| u32::try_from(ports).expect("there are 65,536 ports");
        let (open, all) = (count(self.tcp.len()), count(asked.tcp.len()));
        tarpit::is_tarpit(open, all, all).then(|| tarpit::evidence_of_host(open, all, all))
    }

    fn host(
        self,
        address: Address,
        (reason, reason_ttl): (&'static str, Option<u8>),
        asked: &Asked,
        evidence: Option<String>,
    ) -> HostSeen {
        let told = |open: BTreeMap<u16, Option<u8>>, wording, asked: &[u16]| {
            Tally::of_open(open).ports(address.ip(), wording, asked, |_| false, true)
        };
        let (mut ports, mut extra_ports) = told(self.tcp, Wording::MASSCAN, &asked.tcp);
        let (more, more_extra) = told(self.udp, Wording::UDP, &asked.udp);
        ports.extend(more);
        extra_ports.extend(more_extra);
        HostSeen {
            address,
            reason,
            reason_ttl,
            hardware: None,
            ports,
            extra_ports,
            rtt: None,
            suspect: evidence.map(|evidence| Suspicion { evidence }),
            timed_out: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(targets: &str, tcp: impl Iterator<Item = u16>, udp: &[u16]) -> Asked {
        Asked { targets: targets.parse().unwrap(), tcp: tcp.collect(), udp: udp.to_vec() }
    }

    fn entry(address: &str, port: u16, protocol: &str) -> String {
        format!(
            r#"{{ "ip": "{address}", "timestamp": "1700000000", "ports": [ {{"port": {port}, "proto": "{protocol}", "status": "open", "reason": "syn-ack", "ttl": 60}} ] }}"#
        )
    }

    fn told(entries: &[String], asked: &Asked) -> (Vec<Found>, u64) {
        let heard = Heard::of(format!("[\n{}\n]\n", entries.join(",\n")).as_bytes(), asked);
        let strange = heard.strange;
        (heard.told(asked).collect(), strange)
    }

    fn host(found: &Found) -> Host {
        match found {
            Found::Host(host) => host.clone().into_host(),
            other => panic!("{other:?} is no host"),
        }
    }

    #[test]
    fn entries_of_one_address_are_one_host_and_silence_is_told_as_silence() {
        let asked = asked("10.0.0.1-10.0.0.3", [22, 25, 80].into_iter(), &[53, 123]);
        let entries = [
            entry("10.0.0.1", 80, "tcp"),
            entry("10.0.0.1", 53, "udp"),
            entry("10.0.0.1", 22, "tcp"),
            entry("10.0.0.1", 53, "udp"),
            entry("10.0.0.3", 0, "icmp"),
        ];

        let (found, strange) = told(&entries, &asked);

        let first = host(&found[0]);
        let ports: Vec<_> = first
            .ports
            .iter()
            .map(|port| format!("{}/{} {} {}", port.port, port.protocol, port.state, port.reason))
            .collect();
        assert_eq!(
            ports,
            [
                "22/tcp open syn-ack",
                "25/tcp closed|filtered no-response",
                "80/tcp open syn-ack",
                "53/udp open udp-response",
                "123/udp open|filtered no-response",
            ]
        );
        assert_eq!((first.reason.as_str(), first.reason_ttl), ("syn-ack", Some(60)));
        let down = Found::Down { address: "10.0.0.2".parse().unwrap(), reason: "no-response" };
        assert_eq!(found[1], down);
        assert_eq!(host(&found[2]).reason, "echo-reply");
        assert_eq!((found.len(), strange), (3, 0));
    }

    #[test]
    fn what_nobody_asked_for_is_left_out() {
        let asked = asked("10.0.0.1", [80].into_iter(), &[]);
        let entries =
            [entry("10.0.0.9", 80, "tcp"), entry("10.0.0.1", 81, "tcp"), "{\"ip\": 7}".into()];

        let (found, strange) = told(&entries, &asked);

        assert!(matches!(found[..], [Found::Down { .. }]), "{found:?}");
        assert_eq!(strange, 3);
    }

    #[test]
    fn a_host_that_answers_everywhere_is_suspect() {
        let asked = asked("10.0.0.1", 1..=200, &[]);
        let entries: Vec<_> = (1..=200).map(|port| entry("10.0.0.1", port, "tcp")).collect();

        let (found, _) = told(&entries, &asked);

        let evidence = host(&found[0]).details.suspect;
        assert_eq!(evidence.as_deref(), Some("200 of the 200 ports that were asked are open"));
    }
}
