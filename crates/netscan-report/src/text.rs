//! Plain text: coverage and gaps on top, then a section per host with everything known of it.

use std::io::{self, Write};

use netscan_model::observation::{Host, Port};

use crate::sanitise::sanitise;
use crate::words;
use crate::writer::{Body, ReportHead};

/// Sections of plain text.
pub(crate) struct Text;

impl Body for Text {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        heading(&words::title(&head.scan), '=', page)?;
        for (label, value) in words::scan_facts(head) {
            writeln!(page, "{label}: {value}")?;
        }
        let mut gaps = words::gaps(head).peekable();
        if gaps.peek().is_some() {
            page.push(b'\n');
            heading("Not fully scanned", '-', page)?;
        }
        for gap in gaps {
            writeln!(page, "{}: {} ({})", gap.place, gap.state, gap.reason)?;
        }
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        page.push(b'\n');
        heading(&format!("Host {}", host.address), '-', page)?;
        for hostname in &host.hostnames {
            writeln!(page, "Name: {} ({})", sanitise(&hostname.name), sanitise(&hostname.kind))?;
        }
        writeln!(page, "Status: {}{}", words::status_words(host), because(&host.reason))?;
        if let Some(latency) = words::latency(host) {
            writeln!(page, "Latency: {latency}")?;
        }
        for (label, value) in words::host_facts(host) {
            writeln!(page, "{label}: {value}")?;
        }
        for os in host.os.iter().skip(1) {
            writeln!(page, "Or OS: {}", words::os(os))?;
        }
        if !host.ports.is_empty() {
            writeln!(page, "Ports:")?;
        }
        for port in words::sorted_ports(host) {
            writeln!(page, "  {}", port_line(port))?;
        }
        if let Some(ports) = words::not_shown(host) {
            writeln!(page, "Not shown: {ports}")?;
        }
        scripts(host, page)?;
        route(host, page)
    }

    fn finish(&mut self, _: &ReportHead, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

fn heading(text: &str, line: char, page: &mut Vec<u8>) -> io::Result<()> {
    writeln!(page, "{text}\n{}", line.to_string().repeat(text.chars().count()))
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({})", sanitise(reason)) }
}

fn port_line(port: &Port) -> String {
    let mut parts = vec![words::key(port).to_string(), port.state.to_string()];
    if let Some(service) = &port.service {
        parts.extend([words::service_name(service), words::version(service)]);
        parts.extend(service.cpe.iter().map(|cpe| sanitise(cpe).into_owned()));
    }
    parts.retain(|part| !part.is_empty());
    format!("{}{}", parts.join("  "), because(&port.reason))
}

fn scripts(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    let scripts = words::scripts(host);
    if !scripts.is_empty() {
        writeln!(page, "Scripts:")?;
    }
    for (place, script) in scripts {
        writeln!(page, "  {}:", words::script_title(place, script))?;
        for line in words::script_lines(script) {
            writeln!(page, "{}", format!("    {line}").trim_end())?;
        }
    }
    Ok(())
}

fn route(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    let Some(trace) = &host.details.trace else { return Ok(()) };
    writeln!(page, "Route:")?;
    for hop in &trace.hops {
        let of = |part: &Option<String>| part.as_deref().map(|text| sanitise(text).into_owned());
        let rtt = of(&hop.rtt_ms).map(|rtt| format!("{rtt} ms"));
        let parts = [of(&hop.address), of(&hop.host), rtt];
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        writeln!(page, "  {}  {}", hop.ttl, parts.join("  "))?;
    }
    Ok(())
}
