//! Markdown as GitHub reads it, with every mark in what hosts say escaped.

use std::io::{self, Write};

use netscan_model::observation::Host;

use crate::certificates::Certificate;
use crate::findings::{self, Finding};
use crate::sanitise::sanitise;
use crate::spool::{Spool, Tail};
use crate::statement::statement;
use crate::tally::Tally;
use crate::words::{self, clean, grouped};
use crate::writer::{Body, ReportHead};
use crate::{difference, method};

/// The report for people as Markdown: what [`crate::html`] says, without the pictures.
///
/// As there, the hosts wait in temporary files until all that stands in front of them is known.
pub(crate) struct Markdown {
    tally: Tally,
    /// A row for each host.
    rows: Spool,
    /// A section for each host.
    hosts: Spool,
    tail: Tail,
}

impl Markdown {
    pub(crate) fn new() -> Self {
        Self { tally: Tally::new(), rows: Spool::new(), hosts: Spool::new(), tail: Tail::default() }
    }
}

impl Body for Markdown {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let scan = &head.scan;
        writeln!(page, "# {}\n", escape(&words::title(scan)))?;
        let mut facts = vec![("Status", scan.status.to_string())];
        facts.extend(method::times(head).map(|times| ("Ran", times)));
        facts.extend(scan.reason.as_deref().map(|reason| ("Reason", clean(reason))));
        if !scan.notes.is_empty() {
            facts.push(("Notes", clean(&scan.notes)));
        }
        facts.extend(words::filter(head).map(|query| ("Only hosts that match", query)));
        list(&facts, page)?;
        writeln!(page, "\n## Coverage\n\n{}\n", statement(&head.coverage))?;
        writeln!(page, "{}.", words::coverage_sentence(&head.coverage))
    }

    fn host(&mut self, host: &Host, _: &mut Vec<u8>) -> io::Result<()> {
        let findings = findings::of_host(host);
        self.tally.add(host, &findings);
        overview(host, &findings, &mut self.rows)?;
        section(host, &findings, &mut self.hosts)
    }

    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        write_figures(head, &mut self.tally, page)?;
        write_changes(head, page)?;
        write_findings(&mut self.tally, page)?;
        write_services(&self.tally, page)?;
        write_certificates(&mut self.tally, head, page)?;
        write_gaps(head, page)?;
        write_method(head, page)?;
        self.write_hosts()
    }

    fn rest(&mut self, page: &mut Vec<u8>) -> io::Result<bool> {
        self.tail.next(page)
    }
}

impl Markdown {
    /// Puts the hosts behind what is written.
    fn write_hosts(&mut self) -> io::Result<()> {
        let mut front = Vec::new();
        writeln!(front, "\n## Hosts\n")?;
        if self.tally.hosts == 0 {
            writeln!(front, "None.")?;
        } else {
            let columns = ["Address", "Names", "Status", "OS", "Open ports", "Findings"];
            begin_table(columns, &mut front)?;
        }
        self.tail.append_bytes(front);
        self.tail.append(std::mem::replace(&mut self.rows, Spool::new()))?;
        self.tail.append(std::mem::replace(&mut self.hosts, Spool::new()))
    }
}

// The summary

fn write_figures(head: &ReportHead, tally: &mut Tally, page: &mut Vec<u8>) -> io::Result<()> {
    writeln!(page)?;
    begin_table(["What", "How many"], page)?;
    for (figure, label) in tally.figures(head) {
        row(&[label, grouped(figure)], page)?;
    }
    tally.doubt().map_or(Ok(()), |doubt| writeln!(page, "\n{doubt}"))
}

fn write_changes(head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    if head.filter.is_some() {
        // What changed is told of all hosts, and here some are left out.
        return Ok(());
    }
    writeln!(page, "\n## Changes since last time\n")?;
    let Some(changes) = &head.changes else { return writeln!(page, "{}", words::NOTHING_BEFORE) };
    writeln!(page, "{}", escape(&changes.sentences()))?;
    let mut rows = changes.rows().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    writeln!(page)?;
    begin_table(difference::COLUMNS, page)?;
    for cells in rows {
        row(&cells.map(|text| escape(&text)), page)?;
    }
    if let beyond @ 1.. = changes.beyond() {
        let (number, this) = (changes.number(), head.scan.number);
        let beyond = grouped(beyond);
        writeln!(page, "\nAnd {beyond} more; `netscan diff {number} {this}` lists all.")?;
    }
    Ok(())
}

fn write_findings(tally: &mut Tally, page: &mut Vec<u8>) -> io::Result<()> {
    let total = tally.findings.total;
    if total == 0 {
        return Ok(());
    }
    let severities: Vec<_> = tally
        .severities()
        .map(|(severity, count)| format!("{} {severity}", grouped(count)))
        .collect();
    writeln!(page, "\n## Findings\n\n{}.\n", severities.join(", "))?;
    begin_table(["Finding", "Severity", "Host", "Port", "How it is known"], page)?;
    let listed = tally.findings.listed();
    for (finding, address, _) in listed {
        let [finding, severity, place, known] = finding_cells(finding);
        row(&[finding, severity, escape(&address.to_string()), place, known], page)?;
    }
    rest_of(total, listed.len(), "findings", page)
}

/// A finding as a row without its host.
fn finding_cells(finding: &Finding) -> [String; 4] {
    let Finding { id, title, place, script, certainty, severity, score } = finding;
    let title = if title.is_empty() { String::new() } else { format!(": {title}") };
    [
        escape(&format!("{id}{title}")),
        format!("{severity} {score}").trim_end().to_owned(),
        place.map(|place| place.to_string()).unwrap_or_default(),
        escape(&format!("{certainty} ({script})")),
    ]
}

/// Tells that a list is not whole, and where the rest is.
fn rest_of(total: u64, listed: usize, what: &str, page: &mut Vec<u8>) -> io::Result<()> {
    match total.saturating_sub(listed as u64) {
        0 => Ok(()),
        rest => writeln!(page, "\nAnd {} more {what}, each listed with its host.", grouped(rest)),
    }
}

fn write_services(tally: &Tally, page: &mut Vec<u8>) -> io::Result<()> {
    if tally.open_ports == 0 {
        return Ok(());
    }
    writeln!(page, "\n## Ports and services\n")?;
    counts(["Open port", "Hosts"], &tally.top_ports(), page)?;
    writeln!(page)?;
    counts(["Service", "Open ports"], &tally.top_services(), page)
}

fn counts(columns: [&str; 2], counts: &[(String, u64)], page: &mut Vec<u8>) -> io::Result<()> {
    begin_table(columns, page)?;
    for (name, count) in counts {
        row(&[escape(name), grouped(*count)], page)?;
    }
    Ok(())
}

fn write_certificates(tally: &mut Tally, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    let total = tally.certificates.total;
    if total == 0 {
        return Ok(());
    }
    writeln!(page, "\n## Certificates\n")?;
    begin_table(["For", "Issued by", "Expires", "Key", "Where"], page)?;
    let day = method::day_of(head);
    let listed = tally.certificates.listed();
    for (certificate, _) in listed {
        let Certificate { expires, address, port, subject, key, signature, .. } = certificate;
        let cells = [
            subject.clone(),
            certificate.issuer_words().to_owned(),
            format!("{expires} {}", certificate.expiry(day)).trim_end().to_owned(),
            format!("{key} {signature}").trim().to_owned(),
            format!("{address} {port}"),
        ];
        row(&cells.map(|text| escape(&text)), page)?;
    }
    rest_of(total, listed.len(), "certificates", page)
}

fn write_gaps(head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    let mut gaps = words::gaps(head).peekable();
    if gaps.peek().is_some() {
        writeln!(page, "\n## Not fully scanned\n")?;
        begin_table(["Address", "State", "Reason"], page)?;
    }
    for gap in gaps {
        row(&[gap.place, gap.state, gap.reason].map(|text| escape(&text)), page)?;
    }
    Ok(())
}

fn write_method(head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    writeln!(page, "\n## Method\n")?;
    list(&method::what(head), page)?;
    if !head.method.arguments.is_empty() {
        writeln!(page, "\nCommand:\n\n    {}", clean(&head.method.arguments))?;
    }
    writeln!(page, "\n### Leave\n")?;
    match &head.authorisation {
        Some(authorisation) => list(&method::leave(authorisation), page),
        None => writeln!(page, "{}", words::NO_LEAVE),
    }
}

// The hosts

fn overview(host: &Host, findings: &[Finding], rows: &mut impl Write) -> io::Result<()> {
    let findings = findings.first().map(|worst| {
        let (count, worst) = (findings.len(), worst.severity);
        format!("{count}, {worst}{}", if count > 1 { " at worst" } else { "" })
    });
    let cells = [
        host.address.to_string(),
        words::names(host).join(", "),
        words::status_and_doubt(host),
        host.os.first().map(|os| clean(&os.name)).unwrap_or_default(),
        words::open_ports(host).join(", "),
        findings.unwrap_or_default(),
    ];
    row(&cells.map(|text| escape(&text)), rows)
}

fn section(host: &Host, findings: &[Finding], page: &mut impl Write) -> io::Result<()> {
    writeln!(page, "\n### {}\n", escape(&words::address_and_names(host)))?;
    let reason = Some(sanitise(&host.reason)).filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    let mut facts = vec![("Status", format!("{}{reason}", words::status_words(host)))];
    facts.extend(words::latency(host).map(|latency| ("Latency", latency)));
    facts.extend(words::host_facts(host));
    facts.extend(words::not_shown(host).map(|ports| ("Not shown", ports)));
    list(&facts, page)?;
    ports(host, page)?;
    host_findings(findings, page)?;
    scripts(host, page)
}

fn host_findings(findings: &[Finding], page: &mut impl Write) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(page)?;
    begin_table(["Finding", "Severity", "Port", "How it is known"], page)?;
    findings.iter().try_for_each(|finding| row(&finding_cells(finding), page))
}

fn ports(host: &Host, page: &mut impl Write) -> io::Result<()> {
    if host.ports.is_empty() {
        return Ok(());
    }
    writeln!(page)?;
    begin_table(["Port", "State", "Service", "Version", "Reason"], page)?;
    for port in words::sorted_ports(host) {
        let service = port.service.as_ref();
        let cells = [
            words::key(port).to_string(),
            port.state.to_string(),
            service.map(words::service_name).unwrap_or_default(),
            service.map(words::version).unwrap_or_default(),
            sanitise(&port.reason).into_owned(),
        ];
        row(&cells.map(|text| escape(&text)), page)?;
    }
    Ok(())
}

/// Scripts' output. Indented code has no end that the text could forge: every line is inside.
fn scripts(host: &Host, page: &mut impl Write) -> io::Result<()> {
    for (place, script) in words::scripts(host) {
        writeln!(page, "\n**{}**\n", escape(&words::script_title(place, script)))?;
        for line in words::script_lines(script) {
            writeln!(page, "{}", format!("    {line}").trim_end())?;
        }
    }
    Ok(())
}

fn list(facts: &[(&str, String)], page: &mut impl Write) -> io::Result<()> {
    facts.iter().try_for_each(|(label, value)| writeln!(page, "- {label}: {}", escape(value)))
}

fn begin_table<const N: usize>(columns: [&str; N], page: &mut impl Write) -> io::Result<()> {
    row(&columns, page)?;
    writeln!(page, "|{}", "---|".repeat(N))
}

fn row<const N: usize>(cells: &[impl AsRef<str>; N], page: &mut impl Write) -> io::Result<()> {
    let cells = cells.each_ref().map(AsRef::as_ref);
    writeln!(page, "| {} |", cells.join(" | "))
}

/// Text without a mark: neither emphasis, nor a link, nor a cell's end, nor HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for (place, character) in text.char_indices() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '@' | '$' => {
                escaped.extend(['\\', character]);
            }
            // GitHub makes links of bare addresses.
            ':' if text[place..].starts_with("://") => escaped.push_str("\\:"),
            '.' if text[..place].to_ascii_lowercase().ends_with("www") => escaped.push_str("\\."),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_survives() {
        assert_eq!(escape("a|b `c` **d** _e_"), "a\\|b \\`c\\` \\*\\*d\\*\\* \\_e\\_");
        assert_eq!(escape("<img onerror=x>&amp;"), "&lt;img onerror=x&gt;&amp;amp;");
        assert_eq!(escape("![x](http://evil)"), "\\!\\[x\\](http\\://evil)");
        assert_eq!(escape("WWW.evil.example @team #1"), "WWW\\.evil.example \\@team \\#1");
    }
}
