//! nmap's table of services: what a port is usually for, and how often it is open.
//!
//! The file `nmap-services` has a line for each port: name, `port/protocol`, how often it was found
//! open, and perhaps a comment (nmap(1), "Well known port list"). nmap's choice of common ports, and
//! the names that it gives to ports that nobody asked further, come from there. So do ours.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::Path;

use netscan_model::observation::{Host, Protocol, Service};

/// How sure nmap is of a service that it knows from its table only.
const CONFIDENCE: u8 = 3;

/// The table of one nmap.
#[derive(Clone, Debug, Default)]
pub struct Services {
    names: HashMap<(Protocol, u16), String>,
    /// The ports of a protocol, the most common one first.
    by_frequency: HashMap<Protocol, Vec<u16>>,
}

impl Services {
    /// Reads `nmap-services` in that directory of nmap's data.
    ///
    /// # Errors
    ///
    /// A sentence that says which file cannot be read, and why.
    pub fn read(datadir: &Path) -> Result<Self, String> {
        let path = datadir.join("nmap-services");
        let text =
            fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Ok(Self::parse(&String::from_utf8_lossy(&text)))
    }

    /// Reads the text of such a file. Lines that say nothing of a port are passed over, as by nmap.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut names = HashMap::new();
        let mut frequencies: HashMap<Protocol, Vec<(f64, u16)>> = HashMap::new();
        for (name, protocol, port, frequency) in text.lines().filter_map(entry) {
            // The first line of a port counts, also for nmap.
            if let Entry::Vacant(first) = names.entry((protocol, port)) {
                first.insert(name.to_owned());
                frequencies.entry(protocol).or_default().push((frequency, port));
            }
        }
        let by_frequency = frequencies.into_iter().map(|(protocol, mut ports)| {
            // Ports that are as common as each other stay in the order of the file.
            ports.sort_by(|one, other| other.0.total_cmp(&one.0));
            (protocol, ports.into_iter().map(|(_, port)| port).collect())
        });
        Self { by_frequency: by_frequency.collect(), names }
    }

    /// The ports of a protocol, the most common one first.
    pub fn most_common(&self, protocol: Protocol) -> impl Iterator<Item = u16> {
        self.by_frequency.get(&protocol).into_iter().flatten().copied()
    }

    /// Gives the ports of a host that have no service the one that is usual there, as nmap does.
    pub fn name_ports(&self, host: &mut Host) {
        for port in host.ports.iter_mut().filter(|port| port.service.is_none()) {
            port.service = self.names.get(&(port.protocol, port.port)).map(|name| Service {
                name: name.clone(),
                method: "table".to_owned(),
                confidence: CONFIDENCE,
                ..Service::default()
            });
        }
    }
}

/// What a line says, if it says anything of a port.
fn entry(line: &str) -> Option<(&str, Protocol, u16, f64)> {
    let mut fields = line.split('#').next()?.split_whitespace();
    let name = fields.next()?;
    let (port, protocol) = fields.next()?.split_once('/')?;
    let frequency = fields.next()?.parse().ok()?;
    Some((name, protocol.parse().ok()?, port.parse().ok()?, frequency))
}

#[cfg(test)]
mod tests {
    use netscan_model::observation::{Port, PortState};

    use super::*;

    const TABLE: &str = "\
# Fields: Service name, port number, open-frequency, and optional comments
tcpmux\t1/tcp\t0.001995\t# TCP Port Service Multiplexer [rfc-1078]
http\t80/tcp\t0.484143\t# World Wide Web HTTP
unknown\t81/tcp\t0.001995
ssh\t22/tcp\t0.182286
ntp\t123/udp\t0.330879
other\t80/tcp\t0.9
no line of a port
";

    #[test]
    fn the_most_common_come_first_and_the_others_as_the_file_has_them() {
        let services = Services::parse(TABLE);

        let tcp: Vec<u16> = services.most_common(Protocol::Tcp).collect();
        assert_eq!(tcp, [80, 22, 1, 81]);
        assert_eq!(services.most_common(Protocol::Udp).collect::<Vec<_>>(), [123]);
        assert_eq!(services.most_common(Protocol::Sctp).count(), 0);
    }

    #[test]
    fn ports_without_a_service_get_the_usual_one() {
        let port = |port, service| Port {
            port,
            protocol: Protocol::Tcp,
            state: PortState::Open,
            reason: "syn-ack".into(),
            reason_ttl: None,
            reason_address: None,
            service,
            scripts: Vec::new(),
        };
        let known = Service { name: "https".into(), ..Service::default() };
        let ports = vec![port(22, None), port(80, Some(known)), port(4_444, None)];
        let mut host = Host { ports, ..Host::default() };

        Services::parse(TABLE).name_ports(&mut host);

        let name = |port: &Port| port.service.as_ref().map(|service| service.name.clone());
        let names: Vec<_> = host.ports.iter().map(name).collect();
        assert_eq!(names, [Some("ssh".into()), Some("https".into()), None]);
        let guessed = host.ports[0].service.as_ref().unwrap();
        assert_eq!((guessed.method.as_str(), guessed.confidence), ("table", 3));
    }
}
