//! The writer of reports: one head, any number of hosts, and an end.
//!
//! Each format is a [`Body`] that turns these into bytes. The writer hands each host's bytes on in
//! one piece, so that a reader of the stream never sees half a host.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;
use netscan_model::coverage::{Coverage, CoverageRange};
use netscan_model::named;
use netscan_model::observation::{ExtraPorts, ExtraReason, Host, Port, PortState, ScanInfo};
use netscan_model::scan::Scan;
use netscan_model::scope::Authorisation;

use crate::changes::ChangesSince;
use crate::template::material;
use crate::{csv, gnmap, html, json, markdown, sarif, table, text, xlsx, xml};

/// A form that results can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// What a terminal shows at the end of a scan.
    Table,
    /// One JSON document, as the HTTP interface gives it.
    Json,
    /// A JSON object per host and line.
    Jsonl,
    /// Comma-separated values (RFC 4180), a row per port.
    Csv,
    /// Markdown as GitHub reads it.
    Markdown,
    /// A page without scripts that needs no network and can be printed.
    Html,
    /// Plain text with everything that is known.
    Text,
    /// nmap's XML, for other tools.
    Xml,
    /// nmap's grepable lines.
    Gnmap,
    /// A workbook for spreadsheets: hosts, ports, and coverage.
    Xlsx,
    /// The findings, for programs that collect them (SARIF 2.1.0).
    Sarif,
}

named!(Format, "report format", {
    Table = "table", Json = "json", Jsonl = "jsonl", Csv = "csv", Markdown = "md", Html = "html",
    Text = "txt", Xml = "xml", Gnmap = "gnmap", Xlsx = "xlsx", Sarif = "sarif",
});

impl Format {
    /// Whether it is text, so that a terminal can show it.
    #[must_use]
    pub fn is_text(self) -> bool {
        self != Self::Xlsx
    }

    /// How the name of a file in this format ends, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Table => Self::Text.name(),
            other => other.name(),
        }
    }

    /// The format that the ending of `path` tells of, if it does.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = ending(path)?;
        let is_told = |format: &Self| *format != Self::Table && format.extension() == ending;
        Self::ALL.iter().copied().find(is_told)
    }
}

/// How the name of a file ends, without the dot, in the spelling that we use.
pub(crate) fn ending(path: &Path) -> Option<String> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    Some(match ending.as_str() {
        "htm" => "html".to_owned(),
        "markdown" => "md".to_owned(),
        "ndjson" => "jsonl".to_owned(),
        _ => ending,
    })
}

/// A form of the report for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportFormat {
    /// As [`Format::Html`].
    Html,
    /// As [`Format::Markdown`].
    Markdown,
    /// The page, printed.
    Pdf,
    /// What a template is given.
    Json,
}

named!(ReportFormat, "form of a report", {
    Html = "html", Markdown = "md", Pdf = "pdf", Json = "json",
});

impl ReportFormat {
    /// The form that the ending of `path` tells of, if it does.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = ending(path)?;
        Self::ALL.iter().copied().find(|format| format.name() == ending)
    }
}

/// How the scan was made, as far as an nmap document tells.
#[derive(Clone, Debug, Default)]
pub struct Method {
    /// nmap's version, such as `7.93`; nothing when nmap had no part in it.
    pub program_version: Option<String>,
    /// The command line, such as `nmap -sS -p 22 10.0.0.0/24`.
    pub arguments: String,
    /// What was probed.
    pub scan_infos: Vec<ScanInfo>,
    /// When the first attempt began.
    pub started_at: Option<Timestamp>,
    /// When the last attempt ended.
    pub ended_at: Option<Timestamp>,
}

/// What a report says besides its hosts.
#[derive(Clone, Debug)]
pub struct ReportHead {
    /// The scan.
    pub scan: Scan,
    /// What became of its addresses, counted.
    pub coverage: Coverage,
    /// The addresses that were not scanned to the end, and why.
    pub gaps: Vec<CoverageRange>,
    /// The names that no address was found for, each with the reason.
    pub unresolved: Vec<(String, String)>,
    /// How it was made.
    pub method: Method,
    /// By whose leave it was made, if that was written down.
    pub authorisation: Option<Authorisation>,
    /// The query that the hosts were chosen by, if not all are there.
    pub filter: Option<String>,
    /// What changed since an earlier scan of the same addresses, if there is one.
    pub changes: Option<ChangesSince>,
}

/// What the reader wishes.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    /// Whether a table may use the terminal's colours.
    pub colour: bool,
    /// How many columns a table may use; without it, lines are as long as they are.
    pub width: Option<u16>,
    /// Whether JSON is written with line ends and indented.
    pub pretty: bool,
    /// Whether ports are listed only when they are open or may be; the others are only counted.
    pub open_only: bool,
}

/// Writes one report.
pub struct ReportWriter<W> {
    head: ReportHead,
    options: WriteOptions,
    body: Box<dyn Body>,
    has_ended: bool,
    page: Vec<u8>,
    out: W,
}

/// One format: what it writes into `page` for each part of a report.
pub(crate) trait Body: Send {
    /// What comes before the hosts.
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()>;
    /// One host.
    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()>;
    /// What comes after the hosts.
    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()>;
    /// What comes behind that, a piece at a time; whether there was one.
    fn rest(&mut self, _page: &mut Vec<u8>) -> io::Result<bool> {
        Ok(false)
    }
}

impl<W: Write> ReportWriter<W> {
    /// Begins a report on `out`, which need not be buffered.
    ///
    /// # Errors
    ///
    /// Fails when `out` does, as do the other methods. Then the report is unusable.
    pub fn begin(
        format: Format,
        head: &ReportHead,
        options: &WriteOptions,
        out: W,
    ) -> io::Result<Self> {
        Self::begin_with(body(format, *options), head, *options, out)
    }

    /// Begins what a template is given, as one JSON document: see [`crate::Template`].
    ///
    /// # Errors
    ///
    /// As [`ReportWriter::begin`].
    pub fn begin_material(head: &ReportHead, out: W) -> io::Result<Self> {
        let body = Box::new(material::Material::new());
        Self::begin_with(body, head, WriteOptions::default(), out)
    }

    fn begin_with(
        body: Box<dyn Body>,
        head: &ReportHead,
        options: WriteOptions,
        out: W,
    ) -> io::Result<Self> {
        let mut writer =
            Self { head: head.clone(), options, body, has_ended: false, page: Vec::new(), out };
        writer.body.begin(&writer.head, &mut writer.page)?;
        writer.turn_page()?;
        Ok(writer)
    }

    /// Adds a host, in one write; HTML, Markdown and XLSX keep it in a temporary file until the end.
    pub fn host(&mut self, host: &Host) -> io::Result<()> {
        let host = if self.options.open_only { open_ports_only(host) } else { Cow::Borrowed(host) };
        self.body.host(&host, &mut self.page)?;
        self.turn_page()
    }

    /// Writes a piece of the end; whether there may be more of it. For whoever hands on a long end
    /// piece by piece, and then calls [`ReportWriter::finish`].
    pub fn end_some(&mut self) -> io::Result<bool> {
        let is_more = if self.has_ended {
            self.body.rest(&mut self.page)?
        } else {
            self.has_ended = true;
            self.body.finish(&self.head, &mut self.page)?;
            true
        };
        self.turn_page()?;
        Ok(is_more)
    }

    /// Ends the report, flushes it, and gives back what it was written to.
    pub fn finish(mut self) -> io::Result<W> {
        while self.end_some()? {}
        self.out.flush()?;
        Ok(self.out)
    }

    fn turn_page(&mut self) -> io::Result<()> {
        self.out.write_all(&self.page)?;
        self.page.clear();
        Ok(())
    }
}

fn body(format: Format, options: WriteOptions) -> Box<dyn Body> {
    match format {
        Format::Table => Box::new(table::Table::new(options)),
        Format::Json => Box::new(json::Document::new(options.pretty)),
        Format::Jsonl => Box::new(json::Lines),
        Format::Csv => Box::new(csv::Csv),
        Format::Markdown => Box::new(markdown::Markdown::new()),
        Format::Html => Box::new(html::Html::new()),
        Format::Text => Box::new(text::Text),
        Format::Xml => Box::new(xml::Xml::default()),
        Format::Gnmap => Box::new(gnmap::Gnmap::default()),
        Format::Xlsx => Box::new(xlsx::Xlsx::new()),
        Format::Sarif => Box::new(sarif::Sarif::default()),
    }
}

/// The host with every other port moved to those that are only counted.
fn open_ports_only(host: &Host) -> Cow<'_, Host> {
    let is_open = |port: &Port| matches!(port.state, PortState::Open | PortState::OpenFiltered);
    if host.ports.iter().all(is_open) {
        return Cow::Borrowed(host);
    }
    let mut host = host.clone();
    let (open, others) = std::mem::take(&mut host.ports).into_iter().partition(is_open);
    host.ports = open;
    for port in &others {
        count_only(&mut host.extra_ports, port);
    }
    Cow::Owned(host)
}

/// Adds `port` to those that are only counted, under its state and its reason.
fn count_only(extra_ports: &mut Vec<ExtraPorts>, port: &Port) {
    let place =
        extra_ports.iter().position(|extra| extra.state == port.state).unwrap_or_else(|| {
            extra_ports.push(ExtraPorts { state: port.state, count: 0, reasons: Vec::new() });
            extra_ports.len() - 1
        });
    let extra = &mut extra_ports[place];
    extra.count += 1;
    let is_same = |reason: &&mut ExtraReason| {
        reason.reason == port.reason && reason.protocol == Some(port.protocol)
    };
    if let Some(reason) = extra.reasons.iter_mut().find(is_same) {
        reason.count += 1;
        reason.ports = reason.ports.take().map(|ports| format!("{ports},{}", port.port));
    } else {
        extra.reasons.push(ExtraReason {
            reason: port.reason.clone(),
            count: 1,
            protocol: Some(port.protocol),
            ports: Some(port.port.to_string()),
        });
    }
}

#[cfg(test)]
mod tests {
    use netscan_model::observation::Protocol;

    use super::*;

    #[test]
    fn a_format_is_told_by_the_ending_of_a_file() {
        for format in Format::ALL.iter().filter(|format| **format != Format::Table) {
            let path = format!("report.{}", format.extension().to_uppercase());
            assert_eq!(Format::of_path(Path::new(&path)), Some(*format));
        }
        assert_eq!(Format::of_path(Path::new("a.ndjson")), Some(Format::Jsonl));
        assert_eq!(Format::of_path(Path::new("a.pdf")), None);
        assert_eq!(Format::of_path(Path::new("table")), None);
        assert_eq!(Format::of_path(Path::new("a.table")), None);
    }

    #[test]
    fn a_form_of_the_report_is_told_by_the_ending_of_a_file() {
        let told = ["a.HTM", "a.markdown", "a.pdf", "a.json", "a.csv"]
            .map(|path| ReportFormat::of_path(Path::new(path)));

        let (html, markdown) = (Some(ReportFormat::Html), Some(ReportFormat::Markdown));
        let (pdf, json) = (Some(ReportFormat::Pdf), Some(ReportFormat::Json));
        assert_eq!(told, [html, markdown, pdf, json, None]);
    }

    fn port(number: u16, state: PortState, reason: &str) -> Port {
        Port {
            port: number,
            protocol: Protocol::Tcp,
            state,
            reason: reason.to_owned(),
            reason_ttl: None,
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        }
    }

    #[test]
    fn ports_that_are_left_out_are_still_counted() {
        let closed = |count, ports: &str| ExtraPorts {
            state: PortState::Closed,
            count,
            reasons: vec![ExtraReason {
                reason: "reset".to_owned(),
                count,
                protocol: Some(Protocol::Tcp),
                ports: Some(ports.to_owned()),
            }],
        };
        let host = Host {
            ports: vec![
                port(22, PortState::Open, "syn-ack"),
                port(80, PortState::Closed, "reset"),
                port(443, PortState::Closed, "reset"),
            ],
            extra_ports: vec![closed(2, "1-2")],
            ..Host::default()
        };

        let shown = open_ports_only(&host);

        assert_eq!(shown.ports, [port(22, PortState::Open, "syn-ack")]);
        assert_eq!(shown.extra_ports, [closed(4, "1-2,80,443")]);
    }
}
