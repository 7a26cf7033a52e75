//! The lab of `lab/`: a network of known hosts in namespaces of its own, up for as long as a [`Lab`] lives.
//!
//! Needs root, Python 3, iproute2, nftables and OpenSSL. What is in it stands in `lab/README.md`.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use serde::Deserialize;

/// A lab that is up. It goes down when this is dropped, or when this process ends in any way.
#[derive(Debug)]
pub struct Lab {
    prefix: String,
    truth: Truth,
    truth_text: String,
}

impl Lab {
    /// Makes the lab of `scenario` (`small`, `live`, `deep`, `filtering`, `hampered` or `wide`) and `seed`.
    ///
    /// # Panics
    ///
    /// If it cannot be made. The usual cause is a missing tool, or not being root.
    #[must_use]
    pub fn up(scenario: &str, seed: u64) -> Self {
        Self::up_with(scenario, seed, &[])
    }

    /// The same, with settings as `lab.py up` takes them: `["--delay", "1", "--loss", "1", "--routed"]`.
    ///
    /// # Panics
    ///
    /// As [`Lab::up`] does.
    #[must_use]
    pub fn up_with(scenario: &str, seed: u64, settings: &[&str]) -> Self {
        let (seed, owner) = (seed.to_string(), process::id().to_string());
        let named = ["up", "--scenario", scenario, "--seed", &seed, "--owner", &owner];
        let prefix = answer(&[&named, settings].concat()).trim().to_owned();
        let truth_text = answer(&["truth", "--prefix", &prefix]);
        let truth = serde_json::from_str(&truth_text).expect("lab.py writes what this file reads");
        Self { prefix, truth, truth_text }
    }

    /// What the lab holds, and so what a scan must find.
    #[must_use]
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// The same as JSON, for programs that are not ours.
    #[must_use]
    pub fn truth_text(&self) -> &str {
        &self.truth_text
    }

    /// A command that will run inside the scanner's namespace. Only from there are the hosts reached.
    #[must_use]
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &format!("{}-scan", self.prefix)]);
        command.arg(program.as_ref());
        command
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // When this fails the lab still goes with its owner, which is this process.
        let _ = script().args(["down", "--prefix", &self.prefix]).status();
    }
}

fn script() -> Command {
    let place: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "lab", "lab.py"].iter().collect();
    let mut command = Command::new("python3");
    command.arg(place);
    command
}

fn answer(arguments: &[&str]) -> String {
    let output = script().args(arguments).output().expect("python3 is installed");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "lab.py {}: {complaint}", arguments.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a lab holds, drawn from its seed and never from scanning.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Truth {
    /// Which kind of lab this is.
    pub scenario: String,
    /// What it was drawn from.
    pub seed: u64,
    /// The round trip, without what single hosts add.
    pub delay_ms: f64,
    /// Frames lost, each way.
    pub loss_percent: f64,
    /// Whether the hosts are behind a router, where ARP finds none of them.
    pub routed: bool,
    /// What to scan. An address of these that is not in `hosts` is dead.
    pub networks: Vec<String>,
    /// The scanner's own addresses, outside the networks.
    pub scanner: Vec<IpAddr>,
    /// Who answers DNS, if anyone.
    pub resolver: Option<IpAddr>,
    /// A short list of ports with every open one in it.
    pub survey: Survey,
    /// Every address that is not dead.
    pub hosts: Vec<Host>,
}

/// Ports worth asking for, in nmap's spelling.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Survey {
    /// All that are open somewhere, some filtered, some closed everywhere.
    pub tcp: String,
    /// The same for UDP.
    pub udp: String,
}

/// One host of a lab.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Host {
    /// Its only address.
    pub address: IpAddr,
    /// Its name in the lab's DNS.
    pub name: String,
    /// Whether it ever answers anything above ARP.
    pub state: HostState,
    /// How it behaves, in a word that `lab/README.md` explains.
    pub manner: String,
    /// Whether an ICMP echo is answered.
    pub answers_ping: bool,
    /// How much later than the round trip every answer is.
    pub answer_after_ms: u64,
    /// Its TCP ports.
    pub tcp: Ports<StreamService>,
    /// Its UDP ports.
    pub udp: Ports<DatagramService>,
}

/// Whether a host answers.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum HostState {
    /// To something.
    Up,
    /// To ARP and neighbour discovery, and to nothing else.
    Filtered,
}

/// All ports of one host and protocol.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Ports<S> {
    /// What every port is that stands in neither list.
    pub default: PortState,
    /// The open ones, in order.
    pub open: Vec<S>,
    /// The ones filtered on a host whose others are closed.
    pub filtered: Vec<u16>,
}

/// What a port is when it is not open.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum PortState {
    /// Refused at once.
    Closed,
    /// Not answered, or with an ICMP error.
    Filtered,
}

/// An open TCP port.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct StreamService {
    /// Its number.
    pub port: u16,
    /// Who answers there; `real-…` is no imitation.
    pub kind: String,
    /// As `nmap -sV` names it; nothing for one that says nothing.
    pub service: Option<String>,
    /// As `nmap -sV` names it.
    pub product: Option<String>,
    /// As `nmap -sV` names it.
    pub version: Option<String>,
    /// `ssl`, or nothing.
    pub tunnel: Option<String>,
    /// How long it takes before it speaks. The connection itself is quick.
    pub waits_ms: u64,
}

/// An open UDP port.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct DatagramService {
    /// Its number.
    pub port: u16,
    /// Who answers there.
    pub kind: String,
    /// As `nmap -sV` names it.
    pub service: Option<String>,
    /// Whether it answers. One that does not is `open|filtered` to any scanner.
    pub answers: bool,
}

impl Truth {
    /// Every open TCP port.
    #[must_use]
    pub fn open_tcp(&self) -> BTreeSet<(IpAddr, u16)> {
        let ports = |host: &Host| host.tcp.open.iter().map(|open| open.port).collect::<Vec<_>>();
        self.of_all_hosts(ports)
    }

    /// Every UDP port that a scanner can know to be open.
    #[must_use]
    pub fn open_udp(&self) -> BTreeSet<(IpAddr, u16)> {
        let answering = |host: &Host| {
            let open = host.udp.open.iter().filter(|open| open.answers);
            open.map(|open| open.port).collect::<Vec<_>>()
        };
        self.of_all_hosts(answering)
    }

    /// The host at `address`, or nothing when the address is dead.
    #[must_use]
    pub fn host(&self, address: IpAddr) -> Option<&Host> {
        self.hosts.iter().find(|host| host.address == address)
    }

    fn of_all_hosts(&self, ports: impl Fn(&Host) -> Vec<u16>) -> BTreeSet<(IpAddr, u16)> {
        let of_one = |host: &Host| {
            let address = host.address;
            ports(host).into_iter().map(move |port| (address, port))
        };
        self.hosts.iter().flat_map(of_one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_stands_in_its_own_network_and_goes_with_its_value() {
        let lab = Lab::up("small", 7);
        let namespace = Path::new("/run/netns").join(format!("{}-scan", lab.prefix));

        let seen = lab.command("ip").args(["-4", "-o", "address"]).output().expect("ip runs");

        let own = lab.truth().scanner[0].to_string();
        assert!(String::from_utf8_lossy(&seen.stdout).contains(&own), "{seen:?}");
        assert!(namespace.exists());
        drop(lab);
        assert!(!namespace.exists());
    }
}
