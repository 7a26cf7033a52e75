//! Which hosts one nmap looks at together.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;

use netscan_model::observation::{Host, PortState, Protocol};
use netscan_model::{Address, AddressRange, AddressSet};

use crate::nmap::options::NmapOptions;

/// More nmaps than this for one batch would take longer to start than they save: then hosts whose
/// ports are alike go together, and a few of their closed ports are asked again.
const MOST_GROUPS: usize = 16;
/// More open ports of a host than these are not looked at closer. All of them must fit on a command
/// line, where one word may have 128 KiB (`MAX_ARG_STRLEN` in linux/binfmts.h).
const MOST_PORTS: usize = 10_000;

/// Open ports, ascending: TCP and UDP.
type Ports = (Vec<u16>, Vec<u16>);

/// Hosts that are looked at together, and the ports of theirs that are open.
#[derive(Debug)]
pub(super) struct Group {
    hosts: Vec<Host>,
    tcp: BTreeSet<u16>,
    udp: BTreeSet<u16>,
}

/// The open ports of a host that are looked at.
pub(super) fn open_ports(host: &Host) -> Ports {
    let of = |protocol| {
        let open = host.ports.iter().filter(|port| port.state == PortState::Open);
        let mut ports: Vec<u16> =
            open.filter(|port| port.protocol == protocol).map(|port| port.port).collect();
        ports.sort_unstable();
        ports.truncate(MOST_PORTS);
        ports
    };
    (of(Protocol::Tcp), of(Protocol::Udp))
}

/// Hosts with the same open ports together, as far as that makes few groups; at most `most_hosts`
/// in each, and of one address family.
pub(super) fn of(hosts: Vec<Host>, most_hosts: NonZeroU32) -> Vec<Group> {
    let mut by_ports: BTreeMap<(bool, Ports), Vec<Host>> = BTreeMap::new();
    for host in hosts {
        by_ports.entry((host.address.is_ipv6(), open_ports(&host))).or_default().push(host);
    }
    let most_hosts = most_hosts.get() as usize;
    let sets_in_a_group = by_ports.len().div_ceil(MOST_GROUPS);
    let mut groups: Vec<(bool, usize, Group)> = Vec::new();
    for ((is_ipv6, (tcp, udp)), hosts) in by_ports {
        let mut hosts = hosts.into_iter();
        while hosts.len() > 0 {
            // Sets of ports that follow each other begin alike.
            let has_room = groups.last().is_some_and(|(family, sets, group)| {
                *family == is_ipv6 && *sets < sets_in_a_group && group.hosts.len() < most_hosts
            });
            if !has_room {
                let empty = Group { hosts: Vec::new(), tcp: BTreeSet::new(), udp: BTreeSet::new() };
                groups.push((is_ipv6, 0, empty));
            }
            let (_, sets, group) = groups.last_mut().expect("one was made");
            *sets += 1;
            group.tcp.extend(&tcp);
            group.udp.extend(&udp);
            group.hosts.extend(hosts.by_ref().take(most_hosts - group.hosts.len()));
        }
    }
    groups.into_iter().map(|(.., group)| group).collect()
}

impl Group {
    /// What of `asked` is left for nmap.
    pub(super) fn options(&self, asked: &NmapOptions) -> NmapOptions {
        let list = |ports: &BTreeSet<u16>| ports.iter().copied().collect::<Vec<_>>();
        let second = asked.second_pass(&list(&self.tcp), &list(&self.udp));
        second.expect("hosts of which nothing more is asked are in no group")
    }

    pub(super) fn addresses(&self) -> AddressSet {
        self.hosts.iter().map(|host| AddressRange::from(host.address)).collect()
    }

    pub(super) fn hosts(self) -> HashMap<Address, Host> {
        self.hosts.into_iter().map(|host| (host.address, host)).collect()
    }
}

#[cfg(test)]
mod tests {
    use netscan_model::observation::Port;

    use super::*;

    fn host(address: &str, tcp: &[u16]) -> Host {
        let port = |port: &u16| Port {
            port: *port,
            protocol: Protocol::Tcp,
            state: PortState::Open,
            reason: "syn-ack".into(),
            reason_ttl: None,
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        };
        let mut host = Host::at(address.parse().unwrap());
        host.ports = tcp.iter().map(port).collect();
        host
    }

    fn grouped(hosts: Vec<Host>, most: u32) -> Vec<(String, Vec<u16>)> {
        let groups = of(hosts, NonZeroU32::new(most).unwrap()).into_iter();
        groups
            .map(|group| (group.addresses().to_string(), group.tcp.iter().copied().collect()))
            .collect()
    }

    #[test]
    fn hosts_with_the_same_ports_are_looked_at_together() {
        let hosts = vec![
            host("10.0.0.1", &[22, 80]),
            host("10.0.0.2", &[443]),
            host("10.0.0.3", &[80, 22]),
            host("fe80::1", &[443]),
        ];

        assert_eq!(
            grouped(hosts, 64),
            [
                ("10.0.0.1,10.0.0.3".to_owned(), vec![22, 80]),
                ("10.0.0.2".to_owned(), vec![443]),
                ("fe80::1".to_owned(), vec![443]),
            ]
        );
    }

    #[test]
    fn a_group_has_no_more_hosts_than_it_may() {
        let hosts = (1..=5).map(|last| host(&format!("10.0.0.{last}"), &[22])).collect();

        let sizes = grouped(hosts, 2);

        let addresses: Vec<_> = sizes.iter().map(|(addresses, _)| addresses.as_str()).collect();
        assert_eq!(addresses, ["10.0.0.1-10.0.0.2", "10.0.0.3-10.0.0.4", "10.0.0.5"]);
    }

    #[test]
    fn many_sets_of_ports_make_few_groups() {
        let hosts: Vec<Host> =
            (1..=100).map(|last| host(&format!("10.0.0.{last}"), &[last])).collect();

        let groups = of(hosts, NonZeroU32::new(64).unwrap());

        assert!(groups.len() <= MOST_GROUPS, "{}", groups.len());
        assert_eq!(groups.iter().map(|group| group.hosts.len()).sum::<usize>(), 100);
        assert!(groups.iter().all(|group| group.tcp.len() == group.hosts.len()));
    }
}
