//! Where a test stands: a lab of its own, a directory, the program and plain nmap.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use netscan_model::address::{Address, AddressRange, AddressSet};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::{Host, HostStatus, PortState, Protocol};
use netscan_modules::nmap::xml::{DocumentEnd, Limits, XmlEvent, XmlReader};
use netscan_testkit::lab::{Lab, Truth};
use serde_json::Value;
use tempfile::TempDir;

/// The IPv4 network of the scenario `small`.
pub(crate) const NETWORK: &str = "10.77.0.0/25";
/// Its IPv6 network.
pub(crate) const NETWORK_6: &str = "fd00:77::/120";

/// A port that accepts, or answers.
pub(crate) type OpenPort = (IpAddr, u16, Protocol);

/// A lab, and a place for what is scanned there.
pub(crate) struct Site {
    lab: Lab,
    directory: TempDir,
}

/// What a session came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Site {
    /// The scenario `small`, drawn from `seed`.
    pub(crate) fn up(seed: u64) -> Self {
        Self::up_with(seed, &[])
    }

    /// The same, with settings as `lab.py up` takes them.
    pub(crate) fn up_with(seed: u64, settings: &[&str]) -> Self {
        let is_root = nix::unistd::geteuid().is_root();
        assert!(is_root, "the lab makes network namespaces: run its tests as root");
        let directory = TempDir::new().expect("a temporary directory can be made");
        Self { lab: Lab::up_with("small", seed, settings), directory }
    }

    pub(crate) fn truth(&self) -> &Truth {
        self.lab.truth()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file and gives its path as an argument.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file of the test can be written");
        path.to_string_lossy().into_owned()
    }

    /// The program in the scanner's namespace, behind the words of `wrapper`.
    pub(crate) fn netscan_behind(&self, wrapper: &[&str], arguments: &[&str]) -> Outcome {
        let words = [wrapper, &[env!("CARGO_BIN_EXE_netscan")], arguments].concat();
        let mut command = self.lab.command(words[0]);
        command.args(&words[1..]);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("NETSCAN_") {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.directory.path()).env("NETSCAN_DATA_DIR", self.path("data"));
        let output = command.stdin(Stdio::null()).output();
        output.expect("iproute2 is installed").into()
    }

    pub(crate) fn netscan(&self, arguments: &[&str]) -> Outcome {
        self.netscan_behind(&[], arguments)
    }

    /// A command that must succeed, and what it printed.
    pub(crate) fn said(&self, arguments: &[&str]) -> String {
        let outcome = self.netscan(arguments);
        assert_eq!(outcome.status, Some(0), "{arguments:?}: {outcome:?}");
        outcome.stdout
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.said(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).expect("--json prints JSON")
    }

    /// Scans to the end, which must be a good one.
    pub(crate) fn scan(&self, targets: &[&str], options: &str, cut: (u32, u32)) {
        let (batch_size, concurrency) = (cut.0.to_string(), cut.1.to_string());
        let how = ["--nmap", options, "--batch-size", &batch_size, "--concurrency", &concurrency];
        self.said(&[&["scan", "-q"], targets, &how].concat());
    }

    /// The hosts of the latest scan.
    pub(crate) fn hosts(&self) -> Vec<Host> {
        let text = self.said(&["results", "latest", "--format", "json"]);
        let mut document: Value = serde_json::from_str(&text).expect("results are JSON");
        serde_json::from_value(document["hosts"].take()).expect("results hold hosts")
    }

    /// The addresses of the latest scan that are in `state`.
    pub(crate) fn covered(&self, state: CoverageState) -> AddressSet {
        let ranges = self.json(&["coverage", "latest"])["ranges"].take();
        let ranges: Vec<CoverageRange> = serde_json::from_value(ranges).expect("ranges are listed");
        ranges.iter().filter(|range| range.state == state).map(|range| range.addresses).collect()
    }

    /// What plain nmap writes with these options for these targets.
    pub(crate) fn nmap(&self, options: &str, targets: &[&str]) -> String {
        let mut command = self.lab.command("nmap");
        command.args(options.split(' ')).args(["-n", "-oX", "-"]).args(targets);
        said(command.stdin(Stdio::null()))
    }

    /// What `nft` prints in the scanner's namespace.
    pub(crate) fn nft(&self, arguments: &[&str]) -> String {
        said(self.lab.command("nft").args(arguments))
    }

    /// The open TCP ports of the truth that are in `networks`.
    pub(crate) fn open_tcp(&self, networks: &[&str]) -> BTreeSet<OpenPort> {
        let asked = addresses(networks);
        let of_tcp = |(address, port)| (address, port, Protocol::Tcp);
        let is_asked = |open: &OpenPort| asked.contains(open.0.into());
        self.truth().open_tcp().into_iter().map(of_tcp).filter(is_asked).collect()
    }

    /// The addresses of `networks` where the truth has a host.
    pub(crate) fn living(&self, networks: &[&str]) -> AddressSet {
        let hosts = self.truth().hosts.iter().map(|host| Address::from(host.address));
        hosts.collect::<AddressSet>().intersect(&addresses(networks))
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("programs write UTF-8");
        Self {
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Runs a program that must succeed, and gives what it printed.
pub(crate) fn said(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let outcome = Outcome::from(output);
    assert_eq!(outcome.status, Some(0), "{command:?}: {outcome:?}");
    outcome.stdout
}

/// Runs one that may complain, such as `ndiff`.
pub(crate) fn outcome(program: impl AsRef<OsStr>, arguments: &[&Path]) -> Outcome {
    let program = program.as_ref();
    let output = Command::new(program).args(arguments).output();
    output.unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display())).into()
}

/// All addresses of `targets`: addresses, networks and full ranges.
pub(crate) fn addresses(targets: &[&str]) -> AddressSet {
    let range = |text: &&str| match text.split_once('/') {
        None => text.parse().expect("it is a range"),
        Some((address, prefix)) => {
            let (address, prefix) = (address.parse().expect("an address"), prefix.parse());
            AddressRange::network(address, prefix.expect("a number")).expect("a network")
        }
    };
    targets.iter().map(range).collect()
}

/// The hosts of an nmap document that is complete, by address.
pub(crate) fn read(document: &str) -> Vec<Host> {
    let mut reader = XmlReader::new(document.as_bytes(), Limits::default());
    let mut hosts = Vec::new();
    loop {
        match reader.next_event() {
            XmlEvent::Host(host) => hosts.push(*host),
            XmlEvent::End(end) => {
                assert_eq!(end, DocumentEnd::Complete);
                hosts.sort_by_key(|host| host.address);
                return hosts;
            }
            _ => {}
        }
    }
}

/// Where the hosts are that are up.
pub(crate) fn up(hosts: &[Host]) -> AddressSet {
    let up = hosts.iter().filter(|host| host.status == HostStatus::Up);
    up.map(|host| host.address).collect()
}

/// Every port of `hosts` that is open, not perhaps but certainly.
pub(crate) fn open(hosts: &[Host]) -> BTreeSet<OpenPort> {
    let of_one = |host: &Host| {
        let open = host.ports.iter().filter(|port| port.state == PortState::Open);
        let address = host.address.ip();
        open.map(|port| (address, port.port, port.protocol)).collect::<Vec<_>>()
    };
    hosts.iter().flat_map(of_one).collect()
}
