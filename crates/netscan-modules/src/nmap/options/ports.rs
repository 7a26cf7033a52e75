//! Ports as `-p`, `--exclude-ports` and the ping options name them.

use std::fmt;

use netscan_model::observation::Protocol;

/// The most items that one option may list.
const MOST_ITEMS: usize = 512;

/// Some ports, as sorted ranges that neither touch nor overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortSet {
    ranges: Vec<(u16, u16)>,
}

/// The ports of an option that may name protocols: `22,T:80,U:53`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortSpec {
    /// Ports of every protocol that is scanned.
    every: PortSet,
    tcp: PortSet,
    udp: PortSet,
    sctp: PortSet,
}

/// The names of services that stand for a port: one name, one port, whatever `nmap-services` says.
const SERVICES: &[(&str, u16)] = &[
    ("ajp13", 8009),
    ("amqp", 5672),
    ("dhcpc", 68),
    ("dhcps", 67),
    ("docker", 2375),
    ("domain", 53),
    ("finger", 79),
    ("ftp", 21),
    ("ftp-data", 20),
    ("git", 9418),
    ("http", 80),
    ("http-alt", 8000),
    ("http-proxy", 8080),
    ("https", 443),
    ("https-alt", 8443),
    ("imap", 143),
    ("imaps", 993),
    ("ipp", 631),
    ("irc", 6667),
    ("isakmp", 500),
    ("kerberos-sec", 88),
    ("ldap", 389),
    ("ldaps", 636),
    ("memcache", 11_211),
    ("microsoft-ds", 445),
    ("mqtt", 1883),
    ("ms-sql-m", 1434),
    ("ms-sql-s", 1433),
    ("ms-wbt-server", 3389),
    ("msrpc", 135),
    ("mysql", 3306),
    ("netbios-dgm", 138),
    ("netbios-ns", 137),
    ("netbios-ssn", 139),
    ("nfs", 2049),
    ("ntp", 123),
    ("oracle", 1521),
    ("pop3", 110),
    ("pop3s", 995),
    ("postgresql", 5432),
    ("radius", 1812),
    ("redis", 6379),
    ("rpcbind", 111),
    ("rsync", 873),
    ("rtsp", 554),
    ("sip", 5060),
    ("smtp", 25),
    ("smtps", 465),
    ("snmp", 161),
    ("snmptrap", 162),
    ("squid-http", 3128),
    ("ssh", 22),
    ("submission", 587),
    ("svn", 3690),
    ("syslog", 514),
    ("telnet", 23),
    ("tftp", 69),
    ("upnp", 1900),
    ("vnc", 5900),
    ("wsman", 5985),
    ("wsmans", 5986),
];

impl PortSet {
    /// A set of these ranges, in any order.
    pub(super) fn of(mut ranges: Vec<(u16, u16)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u16, u16)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some(before) if u32::from(first) <= u32::from(before.1) + 1 => {
                    before.1 = before.1.max(last);
                }
                _ => merged.push((first, last)),
            }
        }
        Self { ranges: merged }
    }

    /// Reads a list without protocols, as ping options take it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let items: Result<Vec<_>, _> = items_of(text)?.map(parse_item).collect();
        Ok(Self::of(items?))
    }

    /// How many ports.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.ranges.iter().map(|(first, last)| u32::from(last - first) + 1).sum()
    }

    /// Whether there are none. For a ping option this means nmap's own choice.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether the port is one of them.
    pub(super) fn contains(&self, port: u16) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&port))
    }

    /// The ports, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u16> {
        self.ranges.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// The highest port.
    pub(super) fn last(&self) -> Option<u16> {
        self.ranges.last().map(|(_, last)| *last)
    }

    /// The ports of both.
    pub(super) fn union(&self, other: &Self) -> Self {
        Self::of([&self.ranges[..], &other.ranges[..]].concat())
    }

    /// The ports that are not in `other`.
    pub(super) fn without(&self, other: &Self) -> Self {
        let cut = |left: Vec<(u16, u16)>, hole: &(u16, u16)| {
            left.into_iter().flat_map(|range| cut(range, *hole)).collect()
        };
        Self { ranges: other.ranges.iter().fold(self.ranges.clone(), cut) }
    }
}

/// What is left of a range, below and above a hole.
fn cut((first, last): (u16, u16), hole: (u16, u16)) -> impl Iterator<Item = (u16, u16)> {
    let below = hole.0.checked_sub(1).map(|end| (first, last.min(end)));
    let above = hole.1.checked_add(1).map(|start| (first.max(start), last));
    below.into_iter().chain(above).filter(|(first, last)| first <= last)
}

impl PortSpec {
    /// Reads nmap's `-p` language: `22,80-90,-100,60000-,http,T:21,U:53`. A protocol holds for all that follows it.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lists: [Vec<(u16, u16)>; 4] = Default::default();
        let mut list = 0;
        for item in items_of(text)? {
            let (protocol, item) = split_protocol(item)?;
            list = protocol.unwrap_or(list);
            lists[list].push(parse_item(item)?);
        }
        let [every, tcp, udp, sctp] = lists.map(PortSet::of);
        let [tcp, udp, sctp] = [tcp, udp, sctp].map(|set| set.without(&every));
        Ok(Self { every, tcp, udp, sctp })
    }

    /// These ports of each protocol, and no others.
    pub(super) fn of_each(tcp: &[u16], udp: &[u16]) -> Self {
        let set = |ports: &[u16]| PortSet::of(ports.iter().map(|port| (*port, *port)).collect());
        Self { tcp: set(tcp), udp: set(udp), ..Self::default() }
    }

    /// The ports of one protocol, including those that hold for every protocol.
    #[must_use]
    pub fn of(&self, protocol: Protocol) -> PortSet {
        self.every.union(self.named_only(protocol))
    }

    /// The ports that stand behind the protocol's own letter.
    pub(super) fn named_only(&self, protocol: Protocol) -> &PortSet {
        match protocol {
            Protocol::Tcp => &self.tcp,
            Protocol::Udp => &self.udp,
            Protocol::Sctp => &self.sctp,
            Protocol::Ip => &self.every,
        }
    }
}

/// The place in [`PortSpec`] that a leading `T:` chooses, and the rest.
fn split_protocol(item: &str) -> Result<(Option<usize>, &str), String> {
    match item.split_once(':') {
        None => Ok((None, item)),
        Some(("T", rest)) => Ok((Some(1), rest)),
        Some(("U", rest)) => Ok((Some(2), rest)),
        Some(("S", rest)) => Ok((Some(3), rest)),
        Some((other, _)) => Err(format!("{other:?} is no protocol here: write T:, U: or S:")),
    }
}

fn items_of(text: &str) -> Result<std::str::Split<'_, char>, String> {
    let count = text.split(',').count();
    if count > MOST_ITEMS {
        return Err(format!("{count} items are more than {MOST_ITEMS}: write ranges"));
    }
    Ok(text.split(','))
}

fn parse_item(item: &str) -> Result<(u16, u16), String> {
    if item.is_empty() {
        return Err("a port is missing: write ports as in 22,80,8000-8100".into());
    }
    if item.starts_with(|character: char| character.is_ascii_alphabetic()) {
        return find_service(item).map(|port| (port, port));
    }
    let (first, last) = match item.split_once('-') {
        None => (parse_port(item)?, parse_port(item)?),
        Some((first, last)) => (parse_end(first, 1)?, parse_end(last, u16::MAX)?),
    };
    if first > last {
        return Err(format!("the range {item} runs backwards"));
    }
    Ok((first, last))
}

fn parse_end(text: &str, otherwise: u16) -> Result<u16, String> {
    if text.is_empty() { Ok(otherwise) } else { parse_port(text) }
}

fn parse_port(text: &str) -> Result<u16, String> {
    let is_number =
        !text.is_empty() && text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let port = if is_number { text.parse().ok() } else { None };
    port.ok_or_else(|| format!("{text:?} is not a port: ports are 0 to 65535"))
}

fn find_service(name: &str) -> Result<u16, String> {
    let entry = SERVICES.iter().find(|(known, _)| *known == name);
    let unknown = || format!("the service name {name:?} is not known here: write the port number");
    entry.map(|(_, port)| *port).ok_or_else(unknown)
}

impl fmt::Display for PortSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if first == last {
                write!(out, "{comma}{first}")?;
            } else {
                write!(out, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for PortSpec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [("", &self.every), ("T:", &self.tcp), ("U:", &self.udp), ("S:", &self.sctp)];
        let written = parts.iter().filter(|(_, set)| !set.is_empty());
        for (index, (letter, set)) in written.enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{letter}{set}")?;
        }
        Ok(())
    }
}
