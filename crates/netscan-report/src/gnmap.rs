//! nmap's grepable lines, as nmap writes them (`output.cc`).
//!
//! Fields are separated by tabs, slashes and commas; a slash inside of a field becomes `|`, as
//! nmap does it.

use std::io::{self, Write};

use jiff::Timestamp;
use netscan_model::observation::{Host, HostStatus, Port, Protocol};

use crate::sanitise::sanitise;
use crate::words;
use crate::writer::{Body, ReportHead};
use crate::xml::{ending, nmap_time, start_time};

/// Grepable lines, and the counts that the last of them gives.
#[derive(Default)]
pub(crate) struct Gnmap {
    up: u64,
    down: u64,
    last_seen: Option<Timestamp>,
}

impl Body for Gnmap {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let version = head.method.program_version.as_deref().unwrap_or("unknown");
        let line = format!(
            "# Nmap {version} scan initiated {} as: {}",
            nmap_time(start_time(head)),
            head.method.arguments
        );
        writeln!(page, "{}", sanitise(&line))
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        match host.status {
            HostStatus::Down => self.down += 1,
            _ => self.up += 1,
        }
        self.last_seen = self.last_seen.max(host.ended_at);
        let name = host.hostnames.first().map_or("", |hostname| hostname.name.as_str());
        let place = format!("Host: {} ({})", host.address, sanitise(name));
        writeln!(page, "{place}\tStatus: {}", status(host))?;
        if host.timed_out || (host.ports.is_empty() && host.extra_ports.is_empty()) {
            return Ok(());
        }
        let ports = words::sorted_ports(host);
        let label = match ports.first() {
            Some(port) if port.protocol == Protocol::Ip => "Protocols",
            _ => "Ports",
        };
        let ports: Vec<_> = ports.into_iter().map(port_fields).collect();
        writeln!(page, "{place}\t{label}: {}{}", ports.join(", "), other_fields(host))
    }

    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let total = self.up + self.down.max(head.coverage.down);
        let ending = ending(head, self.last_seen);
        let addresses = words::counted(total, "IP address", "IP addresses");
        let hosts = words::counted(self.up, "host", "hosts");
        let (time, elapsed) = (nmap_time(ending.time), ending.elapsed);
        writeln!(
            page,
            "# Nmap done at {time} -- {addresses} ({hosts} up) scanned in {elapsed} seconds"
        )
    }
}

fn status(host: &Host) -> String {
    if host.timed_out {
        return "Timeout".to_owned();
    }
    if let Some(responses) = host.details.smurf_responses {
        return format!("Smurf ({responses} responses)");
    }
    match host.status {
        HostStatus::Up => "Up",
        HostStatus::Down => "Down",
        HostStatus::Unknown | HostStatus::Skipped => "Unknown",
    }
    .to_owned()
}

fn port_fields(port: &Port) -> String {
    let (name, version) = match &port.service {
        None => (String::new(), String::new()),
        Some(service) => (field(&words::service_name(service)), field(&words::version(service))),
    };
    let (number, state) = (port.port, port.state);
    match port.protocol {
        Protocol::Ip => format!("{number}/{state}/{name}/"),
        protocol => format!("{number}/{state}/{protocol}//{name}//{version}/"),
    }
}

/// What follows the ports. Like nmap, only one state of ports that were counted can be named, and
/// only operating systems that fit perfectly are.
fn other_fields(host: &Host) -> String {
    let mut fields = Vec::new();
    if let [extra] = host.extra_ports.as_slice() {
        fields.push(format!("\tIgnored State: {} ({})", extra.state, extra.count));
    }
    let perfect = host.os.iter().filter(|os| os.accuracy == 100);
    let names: Vec<_> = perfect.map(|os| field(&os.name)).collect();
    if !names.is_empty() {
        fields.push(format!("\tOS: {}", names.join("|")));
    }
    if let Some(index) = host.details.tcp_sequence.as_ref().and_then(|sequence| sequence.index) {
        fields.push(format!("\tSeq Index: {index}"));
    }
    let ip_id = host.details.ip_id_sequence.as_ref();
    if let Some(class) = ip_id.and_then(|sequence| sequence.class.as_deref()) {
        fields.push(format!("\tIP ID Seq: {}", field(class)));
    }
    fields.concat()
}

fn field(text: &str) -> String {
    sanitise(text).replace('/', "|")
}
