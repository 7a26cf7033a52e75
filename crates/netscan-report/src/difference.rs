//! What changed from one scan to another, as text, JSON, Markdown or a page of its own.
//!
//! A [`DifferenceWriter`] takes one difference after the other and keeps none of them, so that their
//! number costs no memory. Therefore the counts come last in every format.

use std::io::{self, Write};
use std::path::Path;

use netscan_model::difference::{Change, Changes, Difference, Seen, Wanted};
use netscan_model::named;
use netscan_model::observation::{Port, PortKey};
use netscan_model::scan::Scan;

use crate::html::markup;
use crate::json::json_text;
use crate::markdown;
use crate::words;
use crate::writer::ending;

/// A form that differences can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DifferenceFormat {
    /// A line for each, for people.
    Text,
    /// One JSON document, as the HTTP interface gives it.
    Json,
    /// A JSON object per difference and line.
    Jsonl,
    /// Markdown as GitHub reads it.
    Markdown,
    /// A page without scripts that needs no network and can be printed.
    Html,
}

named!(DifferenceFormat, "format of differences", {
    Text = "text", Json = "json", Jsonl = "jsonl", Markdown = "md", Html = "html",
});

impl DifferenceFormat {
    /// How the name of a file in this format ends, without the dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            other => other.name(),
        }
    }

    /// The format that the ending of `path` tells of, if it does.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = ending(path)?;
        Self::ALL.iter().copied().find(|format| format.extension() == ending)
    }
}

/// Which scans are compared, and what is told of them.
#[derive(Clone, Debug)]
pub struct DifferenceHead {
    /// The earlier scan.
    pub before: Scan,
    /// The later scan.
    pub after: Scan,
    /// Which of their differences.
    pub wanted: Wanted,
}

/// Writes the differences of two scans, piece by piece.
pub struct DifferenceWriter {
    head: DifferenceHead,
    shape: Box<dyn Shape>,
    changes: Changes,
    is_first: bool,
    page: Vec<u8>,
}

impl DifferenceWriter {
    /// Begins with what comes before the differences.
    ///
    /// # Errors
    ///
    /// Fails, as the other methods do, when a difference cannot be put into the format.
    pub fn begin(format: DifferenceFormat, head: &DifferenceHead) -> io::Result<Self> {
        let shape: Box<dyn Shape> = match format {
            DifferenceFormat::Text => Box::new(Text),
            DifferenceFormat::Json => Box::new(Document),
            DifferenceFormat::Jsonl => Box::new(Lines),
            DifferenceFormat::Markdown => Box::new(Markdown),
            DifferenceFormat::Html => Box::new(Html),
        };
        let mut page = Vec::new();
        shape.begin(head, &mut page)?;
        let (head, changes) = (head.clone(), Changes::default());
        Ok(Self { head, shape, changes, is_first: true, page })
    }

    /// Adds a difference. It is counted, and written if it is one of those that are listed.
    pub fn difference(&mut self, difference: &Difference) -> io::Result<()> {
        self.changes.count(difference.change);
        if !self.head.wanted.lists(difference.change) {
            return Ok(());
        }
        let is_first = std::mem::take(&mut self.is_first);
        self.shape.difference(difference, is_first, &mut self.page)
    }

    /// Adds what comes after the differences, and gives their counts.
    pub fn finish(&mut self) -> io::Result<Changes> {
        let told = Told { changes: self.changes, is_any_listed: !self.is_first };
        self.shape.finish(&self.head, told, &mut self.page)?;
        Ok(self.changes)
    }

    /// What was written since this was last asked.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.page)
    }

    /// How many bytes can be taken.
    #[must_use]
    pub fn length(&self) -> usize {
        self.page.len()
    }
}

/// One format: what it writes into `page` for each part.
trait Shape: Send {
    fn begin(&self, head: &DifferenceHead, page: &mut Vec<u8>) -> io::Result<()>;
    fn difference(
        &self,
        difference: &Difference,
        is_first: bool,
        page: &mut Vec<u8>,
    ) -> io::Result<()>;
    fn finish(&self, head: &DifferenceHead, told: Told, page: &mut Vec<u8>) -> io::Result<()>;
}

/// What the differences were in all.
#[derive(Clone, Copy)]
struct Told {
    changes: Changes,
    is_any_listed: bool,
}

/// Lines of columns. A column is as wide as what usually stands in it: the rest is not known yet.
struct Text;

impl Shape for Text {
    fn begin(&self, head: &DifferenceHead, page: &mut Vec<u8>) -> io::Result<()> {
        for (label, value) in facts(head) {
            writeln!(page, "{label}: {value}")?;
        }
        writeln!(page)
    }

    fn difference(&self, found: &Difference, _: bool, page: &mut Vec<u8>) -> io::Result<()> {
        let (change, address, port) = (found.change, found.address.to_string(), port(found));
        let [before, after] = before_and_after(found);
        writeln!(page, "{change:<11}  {address:<15}  {port:<9}  {before} -> {after}")
    }

    fn finish(&self, head: &DifferenceHead, told: Told, page: &mut Vec<u8>) -> io::Result<()> {
        let sentence = sentence(head, told.changes);
        writeln!(page, "{}{sentence}", if told.is_any_listed { "\n" } else { "" })?;
        words::left_out(told.changes).map_or(Ok(()), |note| writeln!(page, "{note}"))
    }
}

/// One document: `{"from": …, "to": …, "changes": […], "summary": …}`, a line for each change.
struct Document;

impl Shape for Document {
    fn begin(&self, head: &DifferenceHead, page: &mut Vec<u8>) -> io::Result<()> {
        let (from, to) = (head.before.number, head.after.number);
        write!(page, "{{\"from\":{from},\"to\":{to},\"changes\":[")
    }

    fn difference(&self, found: &Difference, is_first: bool, page: &mut Vec<u8>) -> io::Result<()> {
        write!(page, "{}\n{}", if is_first { "" } else { "," }, json_text(found, false)?)
    }

    fn finish(&self, _: &DifferenceHead, told: Told, page: &mut Vec<u8>) -> io::Result<()> {
        let summary = json_text(&told.changes, false)?;
        writeln!(page, "\n],\"summary\":{summary},\"truncated\":false}}")
    }
}

/// A difference per line.
struct Lines;

impl Shape for Lines {
    fn begin(&self, _: &DifferenceHead, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn difference(&self, found: &Difference, _: bool, page: &mut Vec<u8>) -> io::Result<()> {
        writeln!(page, "{}", json_text(found, false)?)
    }

    fn finish(&self, _: &DifferenceHead, _: Told, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

/// The columns of a table of changes.
pub(crate) const COLUMNS: [&str; 5] = ["Change", "Address", "Port", "Before", "After"];

/// A table, in Markdown.
struct Markdown;

impl Shape for Markdown {
    fn begin(&self, head: &DifferenceHead, page: &mut Vec<u8>) -> io::Result<()> {
        writeln!(page, "# {}\n", markdown::escape(&title(head)))?;
        for (label, value) in facts(head) {
            writeln!(page, "- {label}: {}", markdown::escape(&value))?;
        }
        writeln!(page)
    }

    fn difference(&self, found: &Difference, is_first: bool, page: &mut Vec<u8>) -> io::Result<()> {
        if is_first {
            writeln!(page, "| {} |\n|---|---|---|---|---|", COLUMNS.join(" | "))?;
        }
        let cells = cells(found).map(|text| markdown::escape(&text));
        writeln!(page, "| {} |", cells.join(" | "))
    }

    fn finish(&self, head: &DifferenceHead, told: Told, page: &mut Vec<u8>) -> io::Result<()> {
        let sentence = markdown::escape(&sentence(head, told.changes));
        writeln!(page, "{}{sentence}", if told.is_any_listed { "\n" } else { "" })?;
        words::left_out(told.changes)
            .map_or(Ok(()), |note| writeln!(page, "\n{}", markdown::escape(&note)))
    }
}

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top;
  border-bottom: 1px solid #8884; overflow-wrap: anywhere; }
tbody th { font-weight: 600; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } }
";

/// A page: no script, nothing from the network.
struct Html;

impl Shape for Html {
    fn begin(&self, head: &DifferenceHead, page: &mut Vec<u8>) -> io::Result<()> {
        let title = markup::escape(&title(head));
        writeln!(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(
            page,
            "<meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        )?;
        writeln!(page, "<meta name=\"viewport\" content=\"width=device-width\">")?;
        writeln!(page, "<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>")?;
        writeln!(page, "<h1>{title}</h1>\n<dl>")?;
        for (label, value) in facts(head) {
            writeln!(page, "<dt>{label}</dt><dd>{}</dd>", markup::escape(&value))?;
        }
        writeln!(page, "</dl>")
    }

    fn difference(&self, found: &Difference, is_first: bool, page: &mut Vec<u8>) -> io::Result<()> {
        if is_first {
            let columns = COLUMNS.map(|text| format!("<th scope=\"col\">{text}</th>"));
            writeln!(page, "<table>\n<caption>What differs, by address</caption>")?;
            writeln!(page, "<thead><tr>{}</tr></thead>\n<tbody>", columns.concat())?;
        }
        let [change, rest @ ..] = cells(found).map(|text| markup::escape(&text));
        let rest = rest.map(|text| format!("<td>{text}</td>"));
        writeln!(page, "<tr><th scope=\"row\">{change}</th>{}</tr>", rest.concat())
    }

    fn finish(&self, head: &DifferenceHead, told: Told, page: &mut Vec<u8>) -> io::Result<()> {
        if told.is_any_listed {
            writeln!(page, "</tbody>\n</table>")?;
        }
        writeln!(page, "<p>{}</p>", markup::escape(&sentence(head, told.changes)))?;
        if let Some(note) = words::left_out(told.changes) {
            writeln!(page, "<p>{}</p>", markup::escape(&note))?;
        }
        writeln!(page, "</main>\n</body>\n</html>")
    }
}

fn title(head: &DifferenceHead) -> String {
    format!("Changes from scan {} to scan {}", head.before.number, head.after.number)
}

fn facts(head: &DifferenceHead) -> Vec<(&'static str, String)> {
    let mut facts = vec![("From", scan_words(&head.before)), ("To", scan_words(&head.after))];
    if !head.wanted.only.is_empty() {
        let kinds: Vec<_> = head.wanted.only.iter().map(|change| change_words(*change)).collect();
        facts.push(("Only", kinds.join(", ")));
    }
    if head.wanted.has_suspects {
        facts.push(("Suspects", "compared as any other host".to_owned()));
    }
    facts
}

/// `Scan 3 "office" of project default, completed 2026-11-01 10:00:00 UTC`.
fn scan_words(scan: &Scan) -> String {
    let time = scan.completed_at.or(scan.started_at).map(words::moment).unwrap_or_default();
    format!("{}, {} {time}", words::title(scan), scan.status).trim_end().to_owned()
}

/// A difference as a row of that table.
pub(crate) fn cells(found: &Difference) -> [String; 5] {
    let [before, after] = before_and_after(found);
    [change_words(found.change), found.address.to_string(), port(found), before, after]
}

fn change_words(change: Change) -> String {
    change.name().replace('_', " ")
}

/// Such as `22/tcp`; nothing for a whole host.
fn port(found: &Difference) -> String {
    let key = found.port.zip(found.protocol);
    key.map(|(port, protocol)| PortKey { protocol, port }.to_string()).unwrap_or_default()
}

fn before_and_after(found: &Difference) -> [String; 2] {
    [&found.before, &found.after].map(|seen| match seen {
        Seen::Address(state) => words::state_words(*state),
        Seen::Port(port) => port_words(port),
        Seen::Nothing if found.port.is_none() => "not asked for".to_owned(),
        Seen::Nothing if found.change == Change::NotScanned => "not scanned".to_owned(),
        Seen::Nothing => "not open".to_owned(),
    })
}

/// Its state and what is behind it: `open ssh OpenSSH 9.2p1`.
fn port_words(port: &Port) -> String {
    let service = port.service.as_ref();
    let of_service = service.map(|service| [words::service_name(service), words::version(service)]);
    let mut parts = vec![port.state.to_string()];
    parts.extend(of_service.into_iter().flatten().filter(|part| !part.is_empty()));
    parts.join(" ")
}

/// The counts: `From scan 3 to scan 4: 2 opened, 1 gone, 4 not scanned in both`.
fn sentence(head: &DifferenceHead, changes: Changes) -> String {
    let known = Change::ALL.iter().filter(|change| change.is_known());
    let known = known.filter(|change| changes.of(**change) > 0);
    let mut parts: Vec<_> =
        known.map(|change| format!("{} {change}", changes.of(*change))).collect();
    if parts.is_empty() {
        parts.push("nothing differs where both looked".to_owned());
    }
    if changes.not_scanned > 0 {
        parts.push(format!("{} not scanned in both", changes.not_scanned));
    }
    let (from, to) = (head.before.number, head.after.number);
    format!("From scan {from} to scan {to}: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_the_ending_of_a_file() {
        for format in DifferenceFormat::ALL {
            let path = format!("changes.{}", format.extension().to_uppercase());
            assert_eq!(DifferenceFormat::of_path(Path::new(&path)), Some(*format));
        }
        let of_path = |path| DifferenceFormat::of_path(Path::new(path));
        assert_eq!(of_path("a.htm"), Some(DifferenceFormat::Html));
        assert_eq!(of_path("a.csv"), None);
    }
}
