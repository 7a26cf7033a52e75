//! The report for people: one file without scripts, which asks for nothing and can be printed.
//!
//! What a reader wants first is known last: what was found in all. So the title and the coverage are
//! written at once, the hosts wait in a temporary file, and the summary is written in front of them
//! at the end. Memory holds counts, and as many findings and certificates as the summary lists.

mod charts;
mod map;
pub(crate) mod markup;

use std::io::{self, Write};

use jiff::civil::Date;
use netscan_model::observation::{Host, HostStatus};
use netscan_model::scan::Scan;

use self::map::Map;
use self::markup::{begin_table, end_table, escape, facts, row};
use crate::changes::ChangesSince;
use crate::difference;
use crate::findings::{self, Finding, Severity};
use crate::method;
use crate::sanitise::sanitise;
use crate::spool::{Spool, Tail};
use crate::statement::statement;
use crate::tally::Tally;
use crate::words::{self, clean, counted, grouped};
use crate::writer::{Body, ReportHead};

const STYLE: &str = include_str!("html/style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/// Rows of gaps before only their number is told.
const MOST_GAPS: usize = 1_000;

/// The page.
pub(crate) struct Html {
    tally: Tally,
    map: Map,
    /// A row for each host.
    rows: Spool,
    /// A section for each host.
    hosts: Spool,
    tail: Tail,
}

impl Html {
    pub(crate) fn new() -> Self {
        Self {
            tally: Tally::new(),
            map: Map::of(&[]),
            rows: Spool::new(),
            hosts: Spool::new(),
            tail: Tail::default(),
        }
    }
}

impl Body for Html {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        self.map = Map::of(&head.gaps);
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
        if host.status == HostStatus::Up {
            self.map.add(host);
        }
        let number = self.tally.hosts;
        overview(number, host, &findings, &mut self.rows)?;
        section(number, host, &findings, &mut self.hosts)
    }

    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let day = method::day_of(head);
        key_figures(head, &mut self.tally, page)?;
        self.contents(head, page)?;
        writeln!(page, "</section>")?;
        write_changes(head, page)?;
        write_findings(&mut self.tally, page)?;
        write_charts(&self.tally, page)?;
        write_map(&self.map, page)?;
        write_certificates(&mut self.tally, day, page)?;
        write_gaps(head, page)?;
        write_method(head, page)?;
        self.write_hosts()?;
        Ok(())
    }

    fn rest(&mut self, page: &mut Vec<u8>) -> io::Result<bool> {
        self.tail.next(page)
    }
}

impl Html {
    /// Links to the sections that there are, in their order.
    fn contents(&self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let Self { tally, map, .. } = self;
        let has_gaps = head.gaps.len() + head.unresolved.len() > 0;
        let sections = [
            ("changes", "Changes", head.filter.is_none()),
            ("findings", "Findings", tally.findings.total > 0),
            ("services", "Ports and services", tally.open_ports > 0),
            ("map", "Address space", !map.is_empty()),
            ("certificates", "Certificates", tally.certificates.total > 0),
            ("gaps", "Not fully scanned", has_gaps),
            ("method", "Method", true),
            ("hosts", "Hosts", true),
        ];
        writeln!(page, "<nav aria-label=\"Contents\"><ul>")?;
        for (id, name, _) in sections.iter().filter(|(_, _, is_there)| *is_there) {
            writeln!(page, "<li><a href=\"#{id}\">{name}</a></li>")?;
        }
        writeln!(page, "</ul></nav>")
    }

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

// The first screen

fn front(head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    let Scan { number, name, project, organisation, status, .. } = &head.scan;
    let title = if name.is_empty() { format!("Scan {number}") } else { clean(name) };
    let place = clean(&format!("Scan {number} of project {project}, {organisation}"));
    writeln!(page, "<header>\n<p class=\"kicker\">Scan report</p>\n<h1>{}</h1>", escape(&title))?;
    write!(page, "<p class=\"when\">{}", escape(&place))?;
    if let Some(time) = method::times(head) {
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

fn key_figures(head: &ReportHead, tally: &mut Tally, page: &mut Vec<u8>) -> io::Result<()> {
    writeln!(page, "<dl class=\"figures\">")?;
    for (figure, label) in tally.figures(head) {
        writeln!(page, "<div><dt>{label}</dt><dd>{}</dd></div>", grouped(figure))?;
    }
    writeln!(page, "</dl>")?;
    tally.doubt().map_or(Ok(()), |doubt| writeln!(page, "<p class=\"note\">{doubt}</p>"))
}

// The summary

fn write_changes(head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    if head.filter.is_some() {
        // What changed is told of all hosts, and here some are left out.
        return Ok(());
    }
    writeln!(page, "<section aria-labelledby=\"changes\">")?;
    writeln!(page, "<h2 id=\"changes\">Changes since last time</h2>")?;
    match &head.changes {
        None => writeln!(page, "<p>{}</p>", words::NOTHING_BEFORE)?,
        Some(changes) => list_changes(changes, head, page)?,
    }
    writeln!(page, "</section>")
}

fn list_changes(changes: &ChangesSince, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    writeln!(page, "<p>{}</p>", escape(&changes.sentences()))?;
    let mut rows = changes.rows().peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    begin_table("What changed, by address", difference::COLUMNS, page)?;
    for cells in rows {
        let [change, address, port, before, after] = cells.map(|text| escape(&text));
        let [address, port] =
            [address, port].map(|key| format!("<span class=\"key\">{key}</span>"));
        row(&[change, address, port, before, after], page)?;
    }
    end_table(page)?;
    if let beyond @ 1.. = changes.beyond() {
        let number = changes.number();
        writeln!(
            page,
            "<p class=\"note\">And {} more; <code>netscan diff {number} {}</code> lists all.</p>",
            grouped(beyond),
            head.scan.number
        )?;
    }
    Ok(())
}

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

fn write_map(map: &Map, page: &mut Vec<u8>) -> io::Result<()> {
    if map.is_empty() {
        return Ok(());
    }
    writeln!(page, "<section aria-labelledby=\"map\">\n<h2 id=\"map\">Address space</h2>")?;
    map.write(page)?;
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
            escape(certificate.issuer_words()),
            format!(
                "<span class=\"key\">{}</span><br><span class=\"late\">{}</span>",
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

fn write_method(head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
    writeln!(page, "<section aria-labelledby=\"method\">\n<h2 id=\"method\">Method</h2>")?;
    facts(&method::what(head), page)?;
    if !head.method.arguments.is_empty() {
        let arguments = escape(&clean(&head.method.arguments));
        writeln!(page, "<h3>Command</h3>\n<pre>{arguments}</pre>")?;
    }
    writeln!(page, "<h3>Leave</h3>")?;
    match &head.authorisation {
        Some(authorisation) => facts(&method::leave(authorisation), page)?,
        None => writeln!(page, "<p>{}</p>", words::NO_LEAVE)?,
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
    let worst = findings.first().map(|finding| {
        format!("{} <span class=\"severity {1}\">{1}</span>", findings.len(), finding.severity)
    });
    let cells = [
        format!("<a href=\"#h{number}\">{}</a>", escape(&host.address.to_string())),
        escape(&words::names(host).join(", ")),
        status(host),
        escape(&host.os.first().map(|os| clean(&os.name)).unwrap_or_default()),
        words::open_ports(host).join(", "),
        worst.unwrap_or_default(),
    ];
    row(&cells, rows)
}

/// Its status, with a badge when it is to be doubted.
fn status(host: &Host) -> String {
    let status = words::status_word(host).replace('_', " ");
    match host.details.suspect {
        None => status,
        Some(_) => format!("{status} <span class=\"severity\">suspect</span>"),
    }
}

fn section(
    number: u64,
    host: &Host,
    findings: &[Finding],
    page: &mut impl Write,
) -> io::Result<()> {
    let names = words::names(host);
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
