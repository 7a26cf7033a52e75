//! nmap's XML for a whole scan, as `nmap.dtd` 1.05 has it, for ndiff and other tools.
//!
//! Everything that nmap knows of a host has its place here. Three things have none: what modules
//! other than nmap found, whether we cut what was said, and the difference between an answer's
//! time to live that is unknown and one that is 0.

use std::fmt::Display;
use std::io::{self, Write};

use jiff::Timestamp;
use netscan_model::observation::{
    ExtraPorts, Host, HostStatus, OsClass, OsMatch, Port, Protocol, Script, ScriptNode,
    ScriptValue, Sequence, Service, Trace,
};
use netscan_model::scan::State;

use crate::sanitise::{is_treacherous, visible};
use crate::words;
use crate::writer::{Body, ReportHead};

/// The script that tells why a host is suspect.
const SUSPECT: &str = "netscan-suspect";

/// An nmap document, and the counts that stand at its end.
#[derive(Default)]
pub(crate) struct Xml {
    up: u64,
    down: u64,
    last_seen: Option<Timestamp>,
}

impl Body for Xml {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let method = &head.method;
        let start = start_time(head);
        page.extend(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n");
        Tag::new("nmaprun")
            .attribute("scanner", "nmap")
            .attribute("args", &method.arguments)
            .attribute("start", start.as_second())
            .attribute("startstr", nmap_time(start))
            .attribute("version", method.program_version.as_deref().unwrap_or("unknown"))
            .attribute("xmloutputversion", "1.05")
            .open(page)?;
        page.push(b'\n');
        for info in &method.scan_infos {
            Tag::new("scaninfo")
                .attribute("type", &info.kind)
                .optional("scanflags", info.scan_flags.as_ref())
                .attribute("protocol", info.protocol.unwrap_or(Protocol::Ip))
                .attribute("numservices", info.service_count)
                .attribute("services", &info.services)
                .empty_line(page)?;
        }
        Tag::new("verbose").attribute("level", 0).empty_line(page)?;
        Tag::new("debugging").attribute("level", 0).empty_line(page)?;
        for (name, _) in &head.unresolved {
            Tag::new("target")
                .attribute("specification", name)
                .attribute("status", "skipped")
                .attribute("reason", "invalid")
                .empty_line(page)?;
        }
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        match host.status {
            HostStatus::Down => self.down += 1,
            _ => self.up += 1,
        }
        self.last_seen = self.last_seen.max(host.ended_at);
        write_host(host, page)
    }

    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        // Hosts that are down are seldom stored one by one; coverage has counted them.
        let total = self.up + self.down.max(head.coverage.down);
        let ending = ending(head, self.last_seen);
        let is_done = matches!(head.scan.status, State::Completed | State::Partial);
        let time = nmap_time(ending.time);
        let summary = format!(
            "Nmap done at {time}; {} ({} up) scanned in {} seconds",
            words::counted(total, "IP address", "IP addresses"),
            words::counted(self.up, "host", "hosts"),
            ending.elapsed
        );
        let error = (!is_done).then(|| {
            let reason = head.scan.reason.as_deref().unwrap_or("it did not run to its end");
            format!("the scan is {}: {reason}", head.scan.status)
        });
        page.extend(b"<runstats>");
        Tag::new("finished")
            .attribute("time", ending.time.as_second())
            .attribute("timestr", time)
            .attribute("summary", summary)
            .attribute("elapsed", ending.elapsed)
            .attribute("exit", if is_done { "success" } else { "error" })
            .optional("errormsg", error.as_ref())
            .empty(page)?;
        Tag::new("hosts")
            .attribute("up", self.up)
            .attribute("down", total - self.up)
            .attribute("total", total)
            .empty_line(page)?;
        page.extend(b"</runstats>\n</nmaprun>\n");
        Ok(())
    }
}

/// When the scan began, or else when it was planned.
pub(crate) fn start_time(head: &ReportHead) -> Timestamp {
    head.method.started_at.or(head.scan.started_at).unwrap_or(head.scan.created_at)
}

/// The end of a scan.
pub(crate) struct Ending {
    /// When it was over.
    pub(crate) time: Timestamp,
    /// How many seconds it took, with two decimals.
    pub(crate) elapsed: String,
}

/// When the scan ended, or else when the last host was done.
pub(crate) fn ending(head: &ReportHead, last_seen: Option<Timestamp>) -> Ending {
    let start = start_time(head);
    let end = head.method.ended_at.or(head.scan.completed_at).or(last_seen).unwrap_or(start);
    let elapsed_ms = end.as_millisecond().saturating_sub(start.as_millisecond()).max(0);
    let elapsed = format!("{}.{:02}", elapsed_ms / 1000, elapsed_ms % 1000 / 10);
    Ending { time: end, elapsed }
}

/// A time as nmap writes it, but in UTC: `Sat Nov 21 08:08:36 2026`.
pub(crate) fn nmap_time(time: Timestamp) -> String {
    time.strftime("%a %b %e %H:%M:%S %Y").to_string()
}

fn write_host(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    let details = &host.details;
    Tag::new("host")
        .optional("starttime", host.started_at.map(Timestamp::as_second))
        .optional("endtime", host.ended_at.map(Timestamp::as_second))
        .optional("timedout", host.timed_out.then_some("true"))
        .open(page)?;
    write_identity(host, page)?;
    if let Some(responses) = details.smurf_responses {
        Tag::new("smurf").attribute("responses", responses).empty_line(page)?;
    }
    write_ports(host, page)?;
    write_os(host, page)?;
    if let Some(uptime) = &details.uptime {
        Tag::new("uptime")
            .attribute("seconds", uptime.seconds)
            .optional("lastboot", uptime.last_boot.as_ref())
            .empty_line(page)?;
    }
    if let Some(distance) = details.distance {
        Tag::new("distance").attribute("value", distance).empty_line(page)?;
    }
    write_sequences(host, page)?;
    write_host_scripts(host, page)?;
    if let Some(trace) = &details.trace {
        write_trace(trace, page)?;
    }
    if let Some(times) = &details.times {
        Tag::new("times")
            .attribute("srtt", times.srtt)
            .attribute("rttvar", times.rttvar)
            .attribute("to", times.to)
            .empty_line(page)?;
    }
    page.extend(b"</host>\n");
    Ok(())
}

/// What scripts said of the host, and what speaks against it: nmap has no other place for that.
fn write_host_scripts(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    let doubt = host.details.suspect.as_ref().map(|evidence| Script {
        id: SUSPECT.to_owned(),
        output: evidence.clone(),
        ..Script::default()
    });
    let mut scripts = host.scripts.iter().chain(doubt.as_ref()).peekable();
    if scripts.peek().is_none() {
        return Ok(());
    }
    page.extend(b"<hostscript>");
    for script in scripts {
        write_script(script, page)?;
    }
    page.extend(b"</hostscript>\n");
    Ok(())
}

/// Status, addresses and names.
fn write_identity(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    Tag::new("status")
        .attribute("state", host.status)
        .attribute("reason", &host.reason)
        .attribute("reason_ttl", host.reason_ttl.unwrap_or(0))
        .empty_line(page)?;
    Tag::new("address")
        .attribute("addr", host.address)
        .attribute("addrtype", if host.address.is_ipv6() { "ipv6" } else { "ipv4" })
        .empty_line(page)?;
    if let Some(mac) = &host.mac {
        Tag::new("address")
            .attribute("addr", mac)
            .attribute("addrtype", "mac")
            .optional("vendor", host.vendor.as_ref())
            .empty_line(page)?;
    }
    page.extend(b"<hostnames>\n");
    for hostname in &host.hostnames {
        // The DTD knows no other kinds.
        let kind = Some(&hostname.kind).filter(|kind| ["user", "PTR"].contains(&kind.as_str()));
        Tag::new("hostname")
            .attribute("name", &hostname.name)
            .optional("type", kind)
            .empty_line(page)?;
    }
    page.extend(b"</hostnames>\n");
    Ok(())
}

fn write_ports(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    if host.ports.is_empty() && host.extra_ports.is_empty() {
        return Ok(());
    }
    page.extend(b"<ports>");
    for extra in &host.extra_ports {
        write_extra_ports(extra, page)?;
    }
    for port in words::sorted_ports(host) {
        write_port(port, page)?;
    }
    page.extend(b"</ports>\n");
    Ok(())
}

fn write_extra_ports(extra: &ExtraPorts, page: &mut Vec<u8>) -> io::Result<()> {
    Tag::new("extraports")
        .attribute("state", extra.state)
        .attribute("count", extra.count)
        .open(page)?;
    page.push(b'\n');
    for reason in &extra.reasons {
        Tag::new("extrareasons")
            .attribute("reason", &reason.reason)
            .attribute("count", reason.count)
            .optional("proto", reason.protocol)
            .optional("ports", reason.ports.as_ref())
            .empty_line(page)?;
    }
    page.extend(b"</extraports>\n");
    Ok(())
}

fn write_port(port: &Port, page: &mut Vec<u8>) -> io::Result<()> {
    Tag::new("port")
        .attribute("protocol", port.protocol)
        .attribute("portid", port.port)
        .open(page)?;
    Tag::new("state")
        .attribute("state", port.state)
        .attribute("reason", &port.reason)
        .attribute("reason_ttl", port.reason_ttl.unwrap_or(0))
        .optional("reason_ip", port.reason_address.as_ref())
        .empty(page)?;
    if let Some(service) = &port.service {
        write_service(service, page)?;
    }
    for script in &port.scripts {
        write_script(script, page)?;
    }
    page.extend(b"</port>\n");
    Ok(())
}

/// A service. Words that the DTD does not know are left out, or replaced when it wants one.
fn write_service(service: &Service, page: &mut Vec<u8>) -> io::Result<()> {
    let method = if service.method == "probed" { "probed" } else { "table" };
    let tag = Tag::new("service")
        .attribute("name", &service.name)
        .optional("product", service.product.as_ref())
        .optional("version", service.version.as_ref())
        .optional("extrainfo", service.extra_info.as_ref())
        .optional("hostname", service.hostname.as_ref())
        .optional("ostype", service.os_type.as_ref())
        .optional("devicetype", service.device_type.as_ref())
        .optional("servicefp", service.fingerprint.as_ref())
        .optional("tunnel", service.tunnel.as_ref().filter(|tunnel| *tunnel == "ssl"))
        .optional("proto", service.protocol.as_ref().filter(|protocol| *protocol == "rpc"))
        .optional("rpcnum", service.rpc_number)
        .optional("lowver", service.rpc_low_version)
        .optional("highver", service.rpc_high_version)
        .attribute("method", method)
        .attribute("conf", service.confidence.min(10));
    if service.cpe.is_empty() {
        return tag.empty(page);
    }
    tag.open(page)?;
    write_cpes(&service.cpe, page)?;
    page.extend(b"</service>");
    Ok(())
}

fn write_cpes(cpes: &[String], page: &mut Vec<u8>) -> io::Result<()> {
    for cpe in cpes {
        write!(page, "<cpe>{}</cpe>", escape(cpe))?;
    }
    Ok(())
}

fn write_script(script: &Script, page: &mut Vec<u8>) -> io::Result<()> {
    let tag = Tag::new("script").attribute("id", &script.id).attribute("output", &script.output);
    if script.data.is_empty() {
        return tag.empty(page);
    }
    tag.open(page)?;
    write_nodes(&script.data, page)?;
    page.extend(b"</script>");
    Ok(())
}

fn write_nodes(nodes: &[ScriptNode], page: &mut Vec<u8>) -> io::Result<()> {
    for node in nodes {
        match &node.value {
            ScriptValue::Text(text) => {
                Tag::new("elem").optional("key", node.key.as_ref()).open(page)?;
                writeln!(page, "{}</elem>", escape(text))?;
            }
            ScriptValue::Table(rows) => {
                Tag::new("table").optional("key", node.key.as_ref()).open(page)?;
                page.push(b'\n');
                write_nodes(rows, page)?;
                page.extend(b"</table>\n");
            }
        }
    }
    Ok(())
}

fn write_os(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    let details = &host.details;
    let is_known = !(host.os.is_empty()
        && details.os_ports_used.is_empty()
        && details.os_fingerprints.is_empty());
    if !is_known {
        return Ok(());
    }
    page.extend(b"<os>");
    for used in &details.os_ports_used {
        Tag::new("portused")
            .attribute("state", used.state)
            .attribute("proto", used.protocol)
            .attribute("portid", used.port)
            .empty_line(page)?;
    }
    for os in &host.os {
        write_os_match(os, page)?;
    }
    for fingerprint in &details.os_fingerprints {
        Tag::new("osfingerprint").attribute("fingerprint", fingerprint).empty_line(page)?;
    }
    page.extend(b"</os>\n");
    Ok(())
}

fn write_os_match(os: &OsMatch, page: &mut Vec<u8>) -> io::Result<()> {
    Tag::new("osmatch")
        .attribute("name", &os.name)
        .attribute("accuracy", os.accuracy)
        .attribute("line", os.line.unwrap_or(0))
        .open(page)?;
    page.push(b'\n');
    for class in &os.classes {
        write_os_class(class, page)?;
    }
    // nmap keeps CPE names in classes only. Those of a match without classes get one.
    if os.classes.is_empty() && !os.cpe.is_empty() {
        let (accuracy, cpe) = (os.accuracy, os.cpe.clone());
        write_os_class(&OsClass { accuracy, cpe, ..OsClass::default() }, page)?;
    }
    page.extend(b"</osmatch>\n");
    Ok(())
}

fn write_os_class(class: &OsClass, page: &mut Vec<u8>) -> io::Result<()> {
    Tag::new("osclass")
        .optional("type", class.device_type.as_ref())
        .attribute("vendor", &class.vendor)
        .attribute("osfamily", &class.family)
        .optional("osgen", class.generation.as_ref())
        .attribute("accuracy", class.accuracy)
        .open(page)?;
    write_cpes(&class.cpe, page)?;
    page.extend(b"</osclass>\n");
    Ok(())
}

fn write_sequences(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    let details = &host.details;
    let class = |sequence: &Sequence| sequence.class.clone().unwrap_or_default();
    if let Some(sequence) = &details.tcp_sequence {
        Tag::new("tcpsequence")
            .attribute("index", sequence.index.unwrap_or(0))
            .attribute("difficulty", sequence.difficulty.as_deref().unwrap_or_default())
            .attribute("values", &sequence.values)
            .empty_line(page)?;
    }
    if let Some(sequence) = &details.ip_id_sequence {
        Tag::new("ipidsequence")
            .attribute("class", class(sequence))
            .attribute("values", &sequence.values)
            .empty_line(page)?;
    }
    if let Some(sequence) = &details.tcp_timestamp_sequence {
        let values = Some(&sequence.values).filter(|values| !values.is_empty());
        Tag::new("tcptssequence")
            .attribute("class", class(sequence))
            .optional("values", values)
            .empty_line(page)?;
    }
    Ok(())
}

fn write_trace(trace: &Trace, page: &mut Vec<u8>) -> io::Result<()> {
    Tag::new("trace")
        .optional("port", trace.port)
        .optional("proto", trace.protocol.as_ref())
        .open(page)?;
    page.push(b'\n');
    for hop in &trace.hops {
        Tag::new("hop")
            .attribute("ttl", hop.ttl)
            .optional("ipaddr", hop.address.as_ref())
            .optional("rtt", hop.rtt_ms.as_ref())
            .optional("host", hop.host.as_ref())
            .empty_line(page)?;
    }
    page.extend(b"</trace>\n");
    Ok(())
}

/// An element's beginning.
struct Tag(String);

impl Tag {
    fn new(name: &str) -> Self {
        Self(format!("<{name}"))
    }

    fn attribute(mut self, name: &str, value: impl Display) -> Self {
        self.0.extend([" ", name, "=\"", &escape(&value.to_string()), "\""]);
        self
    }

    fn optional(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            None => self,
            Some(value) => self.attribute(name, value),
        }
    }

    fn open(self, page: &mut Vec<u8>) -> io::Result<()> {
        write!(page, "{}>", self.0)
    }

    fn empty(self, page: &mut Vec<u8>) -> io::Result<()> {
        write!(page, "{}/>", self.0)
    }

    fn empty_line(self, page: &mut Vec<u8>) -> io::Result<()> {
        writeln!(page, "{}/>", self.0)
    }
}

/// Text for an element or an attribute. Line ends and tabs are written as references, since an
/// XML reader would turn them into spaces inside of an attribute, and so is what a terminal obeys.
/// What XML 1.0 cannot hold at all becomes visible, as nmap's scripts do it: `\x1b`.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            '\t' | '\n' | '\r' | '\u{7f}'.. if is_treacherous(character) => {
                escaped.extend(["&#x", &format!("{:x}", u32::from(character)), ";"]);
            }
            character if is_treacherous(character) => escaped.push_str(&visible(character)),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_line_ends_and_forbidden_characters_are_escaped() {
        assert_eq!(escape("<a b=\"c\" d='e'>&"), "&lt;a b=&quot;c&quot; d=&apos;e&apos;&gt;&amp;");
        assert_eq!(escape("a\r\n\tb"), "a&#xd;&#xa;&#x9;b");
        assert_eq!(escape("\x1b[0m\0\u{ffff}"), "\\x1b[0m\\x00\u{fffd}");
        assert_eq!(escape("\u{9b}\u{202e}é"), "&#x9b;&#x202e;é");
    }
}
