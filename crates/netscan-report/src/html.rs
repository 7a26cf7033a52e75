//! The report for people: one file without scripts, which asks for nothing and can be printed.
//!
//! What a reader wants first is known last: what was found in all. So the title and the coverage are
//! written at once, the hosts wait in a temporary file, and the summary is written in front of them
//! at the end. Memory holds counts, and as many findings and certificates as the summary lists.

mod certificates;
mod charts;
mod map;
pub(crate) mod markup;
mod method;
mod tally;

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::observation::{Host, Port, PortState};
use netscan_model::scan::Scan;

use self::markup::{begin_table, end_table, escape, facts, grouped, row};
use self::tally::Tally;
use crate::findings::{self, Finding, Severity};
use crate::sanitise::sanitise;
use crate::spool::{Spool, Tail};
use crate::words::{self, clean, counted, moment};
use crate::writer::{Body, ReportHead};

const STYLE: &str = include_str!("html/style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/// Rows of gaps before only their number is told.
const MOST_GAPS: usize = 1_000;

/// The page.
pub(crate) struct Html {
    tally: Tally,
    /// A row for each host.
    rows: Spool,
    /// A section for each host.
    hosts: Spool,
    tail: Tail,
}

impl Html {
    pub(crate) fn new() -> Self {
        Self {
            tally: Tally::of(&[]),
            rows: Spool::new(),
            hosts: Spool::new(),
            tail: Tail::default(),
        }
    }
}

impl Body for Html {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        self.tally = Tally::of(&head.gaps);
        let title = escape(&words::title(&head.scan));
        writeln!(
            page,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>"
        )?;
        front(head, page)?;
        writeln!(page, "<main>\n<section aria-labelledby=\"coverage\">")?;
        writeln!(page, "<h2 id=\"coverage\">Coverage</h2>")?;
        writeln!(page, "<p class=\"lead\">{}</p>", statement(&head.coverage))?;
        if let Some(query) = words::filter(head) {
            writeln!(
                page,
                "<p>Only hosts that match <code>{}</code> are shown.</p>",
                escape(&query)
            )?;
        }
        charts::coverage_bar(&head.coverage, page)
    }

    fn host(&mut self, host: &Host, _: &mut Vec<u8>) -> io::Result<()> {
        let findings = findings::of_host(host);
        self.tally.add(host, &findings);
        let number = self.tally.hosts;
        overview(number, host, &findings, &mut self.rows)?;
        section(number, host, &findings, &mut self.hosts)
    }

    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let day = day_of(head);
        key_figures(head, &mut self.tally, page)?;
        contents(&self.tally, page)?;
        writeln!(page, "</section>")?;
        write_findings(&mut self.tally, page)?;
        write_charts(&self.tally, page)?;
        write_map(&self.tally, page)?;
        write_certificates(&mut self.tally, day, page)?;
        write_gaps(head, page)?;
        method::write(head, page)?;
        self.write_hosts()?;
        Ok(())
    }

    fn rest(&mut self, page: &mut Vec<u8>) -> io::Result<bool> {
        self.tail.next(page)
    }
}

impl Html {
    /// Puts the hosts behind what is written, and the end behind them.
    fn write_hosts(&mut self) -> io::Result<()> {
        let (mut front, mut between, mut end) = (Vec::new(), Vec::new(), Vec::new());
        writeln!(front, "<section aria-labelledby=\"hosts\">\n<h2 id=\"hosts\">Hosts</h2>")?;
        let header = ["Address", "Names", "Status", "Operating system", "Open ports", "Findings"];
        begin_table("All hosts", header, &mut front)?;
        end_table(&mut between)?;
        writeln!(end, "</section>\n</main>")?;
        let version = env!("CARGO_PKG_VERSION");
        writeln!(end, "<footer>Written by netscan {version}.</footer>\n</body>\n</html>")?;
        self.tail.append_bytes(front);
        self.tail.append(std::mem::replace(&mut self.rows, Spool::new()))?;
        self.tail.append_bytes(between);
        self.tail.append(std::mem::replace(&mut self.hosts, Spool::new()))?;
        self.tail.append_bytes(end);
        Ok(())
    }
}

/// The day that certificates are seen from.
fn day_of(head: &ReportHead) -> Option<Date> {
    let ended = head.method.ended_at.or(head.scan.completed_at).or(head.scan.started_at)?;
    Some(ended.to_zoned(TimeZone::UTC).date())
}

// The first screen

fn front(head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    let Scan { number, name, project, organisation, status, .. } = &head.scan;
    let title = if name.is_empty() { format!("Scan {number}") } else { clean(name) };
    let place = clean(&format!("Scan {number} of project {project}, {organisation}"));
    writeln!(page, "<header>\n<p class=\"kicker\">Scan report</p>\n<h1>{}</h1>", escape(&title))?;
    write!(page, "<p class=\"when\">{}", escape(&place))?;
    if let Some(time) = times(head) {
        write!(page, " · {time}")?;
    }
    writeln!(page, " · <span class=\"status\">{status}</span></p>")?;
    if let Some(reason) = &head.scan.reason {
        writeln!(page, "<p class=\"when\">{}</p>", escape(&clean(reason)))?;
    }
    if !head.scan.notes.is_empty() {
        writeln!(page, "<p class=\"when\">{}</p>", escape(&clean(&head.scan.notes)))?;
    }
    writeln!(page, "</header>")
}

/// When the scan ran, and how long.
fn times(head: &ReportHead) -> Option<String> {
    let from = head.method.started_at.or(head.scan.started_at)?;
    let until = head.method.ended_at.or(head.scan.completed_at);
    let took = until.map(|until| format!(", {}", duration(from, until))).unwrap_or_default();
    Some(format!("{}{took}", moment(from)))
}

fn duration(from: Timestamp, until: Timestamp) -> String {
    let seconds = until.as_second().saturating_sub(from.as_second()).max(0).unsigned_abs();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// The coverage in words: what the report is about, and what it cannot know.
fn statement(coverage: &Coverage) -> String {
    let left_out = coverage.excluded + coverage.out_of_scope;
    let asked = coverage.planned - left_out;
    let scanned = coverage.up + coverage.down;
    let mut sentences = vec![of_scanned(coverage, asked, scanned)];
    if asked > scanned {
        let missed = asked - scanned;
        let (were, those) = if missed == 1 { ("was", "it") } else { ("were", "them") };
        let missed = grouped(missed);
        sentences.push(format!(
            "{missed} {were} not, so what this report does not show of {those} may still be there."
        ));
    }
    if left_out > 0 {
        let were = if left_out == 1 { "was" } else { "were" };
        sentences.push(format!("{} {were} left out on purpose.", addresses(left_out)));
    }
    sentences.join(" ")
}

/// How many were scanned to the end, and how many of them answered.
fn of_scanned(coverage: &Coverage, asked: u64, scanned: u64) -> String {
    let answered = match (coverage.up, coverage.down) {
        (1, 0) => "it answered".to_owned(),
        (0, 1) => "it did not answer".to_owned(),
        (_, 0) => "all of them answered".to_owned(),
        (0, _) => "none of them answered".to_owned(),
        (up, down) => format!("{} answered, {} did not", grouped(up), grouped(down)),
    };
    match (asked, scanned) {
        (0, 0) => "No address was to be scanned.".to_owned(),
        (_, 0) => format!("Of {}, none was scanned to the end.", addresses(asked)),
        (1, 1) => format!("The one address was scanned to the end: {answered}."),
        (asked, scanned) if asked == scanned => {
            format!("All {} were scanned to the end: {answered}.", addresses(asked))
        }
        (_, 1) => format!("Of {}, one was scanned to the end: {answered}.", addresses(asked)),
        _ => format!(
            "Of {}, {} were scanned to the end: {answered}.",
            addresses(asked),
            grouped(scanned)
        ),
    }
}

fn addresses(count: u64) -> String {
    format!("{} {}", grouped(count), if count == 1 { "address" } else { "addresses" })
}

fn key_figures(head: &ReportHead, tally: &mut Tally, page: &mut Vec<u8>) -> io::Result<()> {
    let missed = CoverageState::ALL.iter().filter(|state| {
        !state.is_scanned() && !matches!(state, CoverageState::Excluded | CoverageState::OutOfScope)
    });
    let missed: u64 = missed.map(|state| head.coverage.count(*state)).sum();
    let certificates = match tally.expired(day_of(head)) {
        0 => "certificates".to_owned(),
        expired => format!("certificates, {expired} expired"),
    };
    let figures = [
        (tally.up, "hosts that answered".to_owned()),
        (tally.open_ports, "open ports".to_owned()),
        (tally.findings.total, "findings".to_owned()),
        (tally.certificates.total, certificates),
        (missed, "not fully scanned".to_owned()),
    ];
    writeln!(page, "<dl class=\"figures\">")?;
    for (figure, label) in figures {
        writeln!(page, "<div><dt>{label}</dt><dd>{}</dd></div>", grouped(figure))?;
    }
    writeln!(page, "</dl>")
}

fn contents(tally: &Tally, page: &mut Vec<u8>) -> io::Result<()> {
    let sections = [
        ("findings", "Findings", tally.findings.total > 0),
        ("services", "Ports and services", tally.open_ports > 0),
        ("map", "Address space", !tally.map.is_empty()),
        ("certificates", "Certificates", tally.certificates.total > 0),
        ("method", "Method", true),
        ("hosts", "Hosts", true),
    ];
    writeln!(page, "<nav aria-label=\"Contents\"><ul>")?;
    for (id, name, _) in sections.iter().filter(|(_, _, is_there)| *is_there) {
        writeln!(page, "<li><a href=\"#{id}\">{name}</a></li>")?;
    }
    writeln!(page, "</ul></nav>")
}

// The summary

fn write_findings(tally: &mut Tally, page: &mut Vec<u8>) -> io::Result<()> {
    if tally.findings.total == 0 {
        return Ok(());
    }
    let severities: Vec<_> = tally
        .severities()
        .map(|(severity, count)| format!("{} {severity}", grouped(count)))
        .collect();
    writeln!(page, "<section aria-labelledby=\"findings\">\n<h2 id=\"findings\">Findings</h2>")?;
    writeln!(page, "<p>{}.</p>", severities.join(", "))?;
    let header = ["Finding", "Severity", "Host", "Port", "How it is known"];
    begin_table("The worst findings", header, page)?;
    let total = tally.findings.total;
    let listed = tally.findings.listed();
    for (finding, address, number) in listed {
        let host = format!("<a href=\"#h{number}\">{}</a>", escape(&address.to_string()));
        row(&finding_cells(finding, Some(host)), page)?;
    }
    end_table(page)?;
    rest_of(total, listed.len(), "findings", page)?;
    writeln!(page, "</section>")
}

/// A finding as a row: with its host, or without where that is known.
fn finding_cells(finding: &Finding, host: Option<String>) -> [String; 5] {
    let Finding { id, title, place, script, certainty, .. } = finding;
    let title = if title.is_empty() {
        String::new()
    } else {
        format!("<br><span class=\"note\">{}</span>", escape(title))
    };
    [
        format!("<strong>{}</strong>{title}", escape(id)),
        severity(finding),
        host.unwrap_or_default(),
        place.map(|place| place.to_string()).unwrap_or_default(),
        format!("{certainty} <span class=\"note\">({})</span>", escape(script)),
    ]
}

fn severity(finding: &Finding) -> String {
    let Finding { severity, score, .. } = finding;
    let score = if *severity == Severity::Unrated { String::new() } else { format!(" {score}") };
    format!("<span class=\"severity {severity}\">{severity}{score}</span>")
}

/// Tells that a list is not whole, and where the rest is.
fn rest_of(total: u64, listed: usize, what: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let rest = total.saturating_sub(listed as u64);
    if rest > 0 {
        writeln!(
            page,
            "<p class=\"note\">And {} more {what}, each listed with its host.</p>",
            grouped(rest)
        )?;
    }
    Ok(())
}

fn write_charts(tally: &Tally, page: &mut Vec<u8>) -> io::Result<()> {
    if tally.open_ports == 0 {
        return Ok(());
    }
    writeln!(page, "<section aria-labelledby=\"services\">")?;
    writeln!(page, "<h2 id=\"services\">Ports and services</h2>\n<div class=\"side\">")?;
    charts::bars("Hosts by open port", &tally.top_ports(), page)?;
    charts::bars("Open ports by service", &tally.top_services(), page)?;
    writeln!(page, "</div>\n</section>")
}

fn write_map(tally: &Tally, page: &mut Vec<u8>) -> io::Result<()> {
    if tally.map.is_empty() {
        return Ok(());
    }
    writeln!(page, "<section aria-labelledby=\"map\">\n<h2 id=\"map\">Address space</h2>")?;
    tally.map.write(page)?;
    writeln!(page, "</section>")
}

fn write_certificates(tally: &mut Tally, day: Option<Date>, page: &mut Vec<u8>) -> io::Result<()> {
    if tally.certificates.total == 0 {
        return Ok(());
    }
    writeln!(page, "<section aria-labelledby=\"certificates\">")?;
    writeln!(page, "<h2 id=\"certificates\">Certificates</h2>")?;
    let header = ["For", "Issued by", "Expires", "Key", "Where"];
    begin_table("Certificates, those that expire first on top", header, page)?;
    let total = tally.certificates.total;
    let listed = tally.certificates.listed();
    for (certificate, number) in listed {
        let address = certificate.address.to_string();
        let cells = [
            escape(&certificate.subject),
            if certificate.issuer == certificate.subject {
                "itself".to_owned()
            } else {
                escape(&certificate.issuer)
            },
            format!(
                "{}<br><span class=\"late\">{}</span>",
                certificate.expires,
                certificate.expiry(day)
            ),
            format!(
                "{}<br><span class=\"note\">{}</span>",
                escape(&certificate.key),
                escape(&certificate.signature)
            ),
            format!("<a href=\"#h{number}\">{}</a> {}", escape(&address), certificate.port),
        ];
        row(&cells, page)?;
    }
    end_table(page)?;
    rest_of(total, listed.len(), "certificates", page)?;
    writeln!(page, "</section>")
}

fn write_gaps(head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    let total = head.gaps.len() + head.unresolved.len();
    if total == 0 {
        return Ok(());
    }
    writeln!(page, "<section aria-labelledby=\"gaps\">\n<h2 id=\"gaps\">Not fully scanned</h2>")?;
    begin_table("Addresses that were not scanned to the end", ["Address", "State", "Why"], page)?;
    for gap in words::gaps(head).take(MOST_GAPS) {
        row(&[gap.place, gap.state, gap.reason].map(|text| escape(&text)), page)?;
    }
    end_table(page)?;
    let rest = total.saturating_sub(MOST_GAPS);
    if rest > 0 {
        writeln!(page, "<p class=\"note\">And {} more.</p>", grouped(rest as u64))?;
    }
    writeln!(page, "</section>")
}

// The hosts

fn overview(
    number: u64,
    host: &Host,
    findings: &[Finding],
    rows: &mut impl Write,
) -> io::Result<()> {
    let names: Vec<_> = host.hostnames.iter().map(|name| clean(&name.name)).collect();
    let is_open = |port: &&Port| port.state == PortState::Open;
    let open: Vec<_> = words::sorted_ports(host)
        .into_iter()
        .filter(is_open)
        .map(|port| words::key(port).to_string())
        .collect();
    let worst = findings.first().map(|finding| {
        format!("{} <span class=\"severity {1}\">{1}</span>", findings.len(), finding.severity)
    });
    let cells = [
        format!("<a href=\"#h{number}\">{}</a>", escape(&host.address.to_string())),
        escape(&names.join(", ")),
        words::status_word(host).replace('_', " "),
        escape(&host.os.first().map(|os| clean(&os.name)).unwrap_or_default()),
        open.join(", "),
        worst.unwrap_or_default(),
    ];
    row(&cells, rows)
}

fn section(
    number: u64,
    host: &Host,
    findings: &[Finding],
    page: &mut impl Write,
) -> io::Result<()> {
    let names: Vec<_> = host.hostnames.iter().map(|name| clean(&name.name)).collect();
    let address = escape(&host.address.to_string());
    writeln!(page, "<article class=\"host\" aria-labelledby=\"h{number}\">")?;
    writeln!(
        page,
        "<h3 id=\"h{number}\">{address} <span>{}</span></h3>",
        escape(&names.join(", "))
    )?;
    let mut known = vec![("Status", words::status_words(host).to_owned())];
    if !host.reason.is_empty() {
        known.push(("Reason", sanitise(&host.reason).into_owned()));
    }
    known.extend(words::latency(host).map(|latency| ("Latency", latency)));
    known.extend(words::host_facts(host));
    known.extend(words::not_shown(host).map(|ports| ("Not shown", ports)));
    facts(&known, page)?;
    ports(host, page)?;
    host_findings(host, findings, page)?;
    for (place, script) in words::scripts(host) {
        let lines: Vec<_> = words::script_lines(script).collect();
        writeln!(page, "<h4>{}</h4>", escape(&words::script_title(place, script)))?;
        writeln!(page, "<pre>{}</pre>", escape(&lines.join("\n")))?;
    }
    writeln!(page, "</article>")
}

fn ports(host: &Host, page: &mut impl Write) -> io::Result<()> {
    if host.ports.is_empty() {
        return Ok(());
    }
    let caption = format!("Ports of {}", host.address);
    begin_table(&caption, ["Port", "State", "Service", "Version", "Reason"], page)?;
    for port in words::sorted_ports(host) {
        let service = port.service.as_ref();
        let cells = [
            words::key(port).to_string(),
            port.state.to_string(),
            service.map(words::service_name).unwrap_or_default(),
            service.map(words::version).unwrap_or_default(),
            clean(&port.reason),
        ];
        row(&cells.map(|text| escape(&text)), page)?;
    }
    end_table(page)
}

fn host_findings(host: &Host, findings: &[Finding], page: &mut impl Write) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    writeln!(page, "<h4>{}</h4>", counted(findings.len() as u64, "finding", "findings"))?;
    let caption = format!("Findings of {}", host.address);
    begin_table(&caption, ["Finding", "Severity", "Port", "How it is known"], page)?;
    for finding in findings {
        let [id, severity, _, place, known] = finding_cells(finding, None);
        row(&[id, severity, place, known], page)?;
    }
    end_table(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_never_claims_what_was_not_scanned() {
        let said = |counts: &[(CoverageState, u64)]| {
            statement(&Coverage::of(counts.iter().copied())).replace('\u{202f}', " ")
        };

        assert_eq!(
            said(&[
                (CoverageState::Up, 12),
                (CoverageState::Down, 1_244),
                (CoverageState::TimedOut, 1)
            ]),
            "Of 1 257 addresses, 1 256 were scanned to the end: 12 answered, 1 244 did not. \
             1 was not, so what this report does not show of it may still be there."
        );
        assert_eq!(
            said(&[(CoverageState::Up, 2), (CoverageState::Excluded, 3)]),
            "All 2 addresses were scanned to the end: all of them answered. \
             3 addresses were left out on purpose."
        );
        assert_eq!(
            said(&[(CoverageState::Down, 1)]),
            "The one address was scanned to the end: it did not answer."
        );
        assert_eq!(
            said(&[(CoverageState::Failed, 4)]),
            "Of 4 addresses, none was scanned to the end. \
             4 were not, so what this report does not show of them may still be there."
        );
        assert_eq!(said(&[]), "No address was to be scanned.");
    }

    #[test]
    fn a_duration_is_told_in_two_parts() {
        let from = Timestamp::UNIX_EPOCH;
        let told = |seconds| duration(from, Timestamp::from_second(seconds).unwrap());

        assert_eq!(
            [5, 90, 7_500, 90_000].map(told),
            ["5 s", "1 min 30 s", "2 h 5 min", "25 h 0 min"]
        );
        assert_eq!(duration(Timestamp::from_second(9).unwrap(), from), "0 s");
    }
}
