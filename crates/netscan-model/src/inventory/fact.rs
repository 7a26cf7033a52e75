//! What an asset is, in pieces that many assets share.
//!
//! Of a million hosts most look alike: the same port, the same program, the same operating system.
//! Each such piece is one *fact*, whatever the number of hosts of which it holds, so that a query is
//! asked of facts and not of hosts. All that a query asks for can be told from the facts of a host:
//! see the tests of the store, which compare the two.

use super::Asset;
use crate::address::{Address, AddressRange};
use crate::named;
use crate::observation::{
    Host, Hostname, OsMatch, Port, PortState, Script, ScriptNode, ScriptValue, Service,
};
use crate::search::{cves_of, folded, title_of};

/// What a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A port's number, protocol, state and reason.
    State,
    /// A port with all that a query may ask of it, but for what scripts said.
    Port,
    /// What a script said of a port.
    Script,
    /// What a script said of the host as a whole.
    HostScript,
    /// Ports that were only counted.
    Extra,
    /// A name.
    Name,
    /// An operating system.
    Os,
    /// A hardware address.
    Mac,
    /// The maker of the network card.
    Vendor,
    /// Why its open ports may not be real.
    Suspect,
    /// How many ports are open.
    Count,
    /// The number of the last scan.
    Scan,
    /// The minute in which it was last seen.
    Seen,
    /// The minute in which it was first seen.
    First,
    /// A network: /16 or /48.
    Wide,
    /// A network: /24 or /64.
    Narrow,
}

named!(Kind, "kind of fact", {
    State = "state", Port = "port", Script = "script", HostScript = "host_script", Extra = "extra",
    Name = "name", Os = "os", Mac = "mac", Vendor = "vendor", Suspect = "suspect", Count = "count", Scan = "scan",
    Seen = "seen", First = "first", Wide = "wide", Narrow = "narrow",
});

/// A piece of what is known of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fact {
    /// What it is about.
    pub kind: Kind,
    /// The place of the fact of [`Kind::State`] that is about the same port, among the facts of the
    /// asset: a host has a port once, so what is about the same one can be brought together.
    pub of: Option<usize>,
    /// What it says, so that [`Fact::host`] can read it back.
    pub body: String,
    /// The number of the port, of those that have one.
    pub port: Option<u16>,
}

/// Milliseconds in the time that a fact of [`Kind::Seen`] stands for.
pub const MINUTE: i64 = 60_000;

/// The facts of an asset. What is about a port stands behind the state of the port. A fact that is
/// known twice is there twice.
#[must_use]
pub fn facts(asset: &Asset) -> Vec<Fact> {
    let host = &asset.host;
    let mut facts = Vec::with_capacity(10 + 2 * host.ports.len());
    for port in &host.ports {
        let number = Some(port.port);
        let bare = Port { scripts: Vec::new(), service: None, ..lean(port) };
        let of = Some(facts.len());
        facts.push(Fact { kind: Kind::State, of: None, body: json(&bare), port: number });
        let whole = Port { scripts: Vec::new(), ..lean(port) };
        facts.push(Fact { kind: Kind::Port, of, body: json(&whole), port: number });
        let scripts = port.scripts.iter().map(|script| json(&lean_script(script)));
        facts.extend(scripts.map(|body| Fact { kind: Kind::Script, of, body, port: number }));
    }
    let mut tell = |kind, body| facts.push(Fact { kind, of: None, body, port: None });
    for script in &host.scripts {
        tell(Kind::HostScript, json(&lean_script(script)));
    }
    for extra in &host.extra_ports {
        tell(Kind::Extra, json(extra));
    }
    for hostname in &host.hostnames {
        tell(Kind::Name, hostname.name.clone());
    }
    for os in &host.os {
        tell(Kind::Os, json(&lean_os(os)));
    }
    host.mac.iter().for_each(|mac| tell(Kind::Mac, mac.clone()));
    host.vendor.iter().for_each(|vendor| tell(Kind::Vendor, vendor.clone()));
    host.details.suspect.iter().for_each(|doubt| tell(Kind::Suspect, doubt.clone()));
    tell(Kind::Count, host.open_ports().to_string());
    tell(Kind::Scan, asset.scan.to_string());
    tell(Kind::Seen, asset.last_seen.as_millisecond().div_euclid(MINUTE).to_string());
    tell(Kind::First, asset.first_seen.as_millisecond().div_euclid(MINUTE).to_string());
    for kind in [Kind::Wide, Kind::Narrow] {
        if let Some(network) = kind.network(host.address) {
            tell(kind, hex(&network.first().to_key()));
        }
    }
    facts
}

impl Kind {
    /// The network of this kind that an address is in, whatever its zone; nothing for another kind.
    #[must_use]
    pub fn network(self, address: Address) -> Option<AddressRange> {
        let prefix = match (self, address.is_ipv6()) {
            (Self::Wide, false) => 16,
            (Self::Wide, true) => 48,
            (Self::Narrow, false) => 24,
            (Self::Narrow, true) => 64,
            _ => return None,
        };
        AddressRange::network(address.with_zone(None), prefix)
    }

    /// The network that a fact of this kind is about, if it is about one.
    #[must_use]
    pub fn network_of(self, body: &str) -> Option<AddressRange> {
        let digits = body.as_bytes().chunks(2);
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let key: Option<Vec<u8>> = digits.map(byte).collect();
        self.network(Address::from_key(&key?)?)
    }
}

impl Fact {
    /// A host of which nothing is known but this: what a query says of it, it says of the fact.
    /// Nothing when the body is not one that [`facts`] writes.
    #[must_use]
    pub fn host(kind: Kind, body: &str) -> Option<Host> {
        let mut host = Host::default();
        match kind {
            Kind::State | Kind::Port => host.ports.push(serde_json::from_str(body).ok()?),
            // Only an open port's scripts are listened to, unless a state is asked for.
            Kind::Script => host.ports.push(Port {
                port: 0,
                protocol: crate::observation::Protocol::Tcp,
                state: PortState::Open,
                reason: String::new(),
                reason_ttl: None,
                reason_address: None,
                service: None,
                scripts: vec![serde_json::from_str(body).ok()?],
            }),
            Kind::HostScript => host.scripts.push(serde_json::from_str(body).ok()?),
            Kind::Extra => host.extra_ports.push(serde_json::from_str(body).ok()?),
            Kind::Name => {
                host.hostnames.push(Hostname { name: body.to_owned(), kind: String::new() });
            }
            Kind::Os => host.os.push(serde_json::from_str(body).ok()?),
            Kind::Mac => host.mac = Some(body.to_owned()),
            Kind::Vendor => host.vendor = Some(body.to_owned()),
            Kind::Suspect => host.details.suspect = Some(body.to_owned()),
            Kind::Count | Kind::Scan | Kind::Seen | Kind::First | Kind::Wide | Kind::Narrow => {}
        }
        Some(host)
    }

    /// All of its text that a query may look for, in lower case, with line breaks between: whatever
    /// a query finds in the fact is a part of it.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let mut texts: Vec<&str> = Vec::new();
        let host = Self::host(self.kind, &self.body)?;
        for port in &host.ports {
            texts.push(&port.reason);
            if let Some(service) = &port.service {
                let Service { name, product, version, extra_info, cpe, os_type, .. } = service;
                texts.push(name);
                texts.extend(
                    [product, version, extra_info, os_type]
                        .into_iter()
                        .flatten()
                        .map(String::as_str),
                );
                texts.extend(cpe.iter().map(String::as_str));
            }
        }
        for script in host.scripts.iter().chain(host.ports.iter().flat_map(|port| &port.scripts)) {
            texts.extend([script.id.as_str(), script.output.as_str()]);
            add_texts(&script.data, &mut texts);
        }
        for os in &host.os {
            texts.push(&os.name);
            texts.extend(os.cpe.iter().map(String::as_str));
            for class in &os.classes {
                texts.extend([class.family.as_str(), class.vendor.as_str()]);
                texts.extend(class.device_type.as_deref());
                texts.extend(class.cpe.iter().map(String::as_str));
            }
        }
        texts.extend(host.hostnames.iter().map(|hostname| hostname.name.as_str()));
        texts.extend(host.mac.as_deref());
        texts.extend(host.vendor.as_deref());
        texts.extend(host.details.suspect.as_deref());
        (!texts.is_empty()).then(|| folded(&texts.join("\n")).into_owned())
    }
}

fn add_texts<'a>(nodes: &'a [ScriptNode], texts: &mut Vec<&'a str>) {
    for node in nodes {
        match &node.value {
            ScriptValue::Text(text) => texts.push(text),
            ScriptValue::Table(nodes) => add_texts(nodes, texts),
        }
    }
}

/// The port with nothing that differs from host to host and that no query asks for.
fn lean(port: &Port) -> Port {
    let service = port.service.as_ref().map(|service| Service {
        name: service.name.clone(),
        product: service.product.clone(),
        version: service.version.clone(),
        extra_info: service.extra_info.clone(),
        cpe: service.cpe.clone(),
        os_type: service.os_type.clone(),
        ..Service::default()
    });
    Port {
        port: port.port,
        protocol: port.protocol,
        state: port.state,
        reason: port.reason.clone(),
        reason_ttl: None,
        reason_address: None,
        service,
        scripts: Vec::new(),
    }
}

/// The script with its title and the CVE ids of its data only.
fn lean_script(script: &Script) -> Script {
    let text = |key: Option<&str>, text: &str| ScriptNode {
        key: key.map(str::to_owned),
        value: ScriptValue::Text(text.to_owned()),
    };
    let mut data = Vec::new();
    if let Some(title) = title_of(script).filter(|title| *title != script.output) {
        data.push(text(Some("title"), title));
    }
    let cves = cves_of(&script.data);
    data.extend(cves.iter().map(|cve| text(None, cve)));
    Script { id: script.id.clone(), output: script.output.clone(), data, truncated: false }
}

fn lean_os(os: &OsMatch) -> OsMatch {
    let mut os = OsMatch { accuracy: 0, line: None, ..os.clone() };
    os.classes.iter_mut().for_each(|class| class.accuracy = 0);
    os
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our own types have no keys that JSON cannot say")
}

/// Bytes in lower-case hexadecimal, which sorts as they do: the body of a fact on a network is the key
/// of its first address in it.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // A string takes everything.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_read_back_from_its_fact() {
        for (address, wide, narrow) in [
            ("10.1.2.3", "10.1.0.0-10.1.255.255", "10.1.2.0-10.1.2.255"),
            (
                "2001:db8:1:2::3",
                "2001:db8:1::-2001:db8:1:ffff:ffff:ffff:ffff:ffff",
                "2001:db8:1:2::-2001:db8:1:2:ffff:ffff:ffff:ffff",
            ),
            (
                "fe80::1%eth0",
                "fe80::-fe80::ffff:ffff:ffff:ffff:ffff",
                "fe80::-fe80::ffff:ffff:ffff:ffff",
            ),
        ] {
            for (kind, expected) in [(Kind::Wide, wide), (Kind::Narrow, narrow)] {
                let network = kind.network(address.parse().unwrap()).unwrap();
                let ends = format!("{}-{}", network.first(), network.last());

                assert_eq!(ends, expected);
                assert_eq!(kind.network_of(&hex(&network.first().to_key())), Some(network));
            }
        }
        assert_eq!(
            (Kind::Narrow.network_of("0x"), Kind::Os.network_of("040a000000")),
            (None, None)
        );
    }
}
