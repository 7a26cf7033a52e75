//! What a terminal shows: per host a heading and its ports as nmap lists them, coverage at the end.
//!
//! Each host has columns of its own width, so that none has to be kept.

use std::io::{self, Write};

use netscan_model::observation::{Host, HostStatus, PortState};

use crate::words;
use crate::writer::{Body, ReportHead, WriteOptions};

/// Lines of one script that are shown; the other formats have all.
const SCRIPT_LINES: usize = 10;
/// Gaps that are shown; the other formats have all.
const GAPS: usize = 20;
/// Ports of a host that is suspect that are shown: what they say is not worth a screen.
const SUSPECT_PORTS: usize = 10;
/// The narrowest column that text is wrapped into.
const NARROWEST: usize = 20;

const BOLD: &str = "1";
const GREEN: &str = "32";
const YELLOW: &str = "33";

/// Small tables, one per host.
pub(crate) struct Table {
    options: WriteOptions,
    is_first: bool,
    was_terse: bool,
}

impl Body for Table {
    fn begin(&mut self, _: &ReportHead, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        // Hosts of which nothing is known are listed line by line.
        let is_terse = host.status == HostStatus::Down && host.ports.is_empty();
        let is_attached = self.is_first || (is_terse && self.was_terse);
        if !is_attached {
            page.push(b'\n');
        }
        (self.is_first, self.was_terse) = (false, is_terse);
        self.heading(host, page)?;
        for (label, value) in words::host_facts(host) {
            writeln!(page, "{label}: {value}")?;
        }
        self.ports(host, page)?;
        Self::scripts(host, page)?;
        if let Some(ports) = words::not_shown(host) {
            writeln!(page, "Not shown: {ports}")?;
        }
        Ok(())
    }

    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        if !self.is_first {
            page.push(b'\n');
        }
        let title = self.paint(BOLD, &words::title(&head.scan));
        writeln!(page, "{title}: {}", head.scan.status)?;
        writeln!(page, "{}", words::coverage_sentence(&head.coverage))?;
        if let Some(query) = words::filter(head) {
            writeln!(page, "Only hosts that match: {query}")?;
        }
        self.gaps(head, page)
    }
}

impl Table {
    pub(crate) fn new(options: WriteOptions) -> Self {
        Self { options, is_first: true, was_terse: false }
    }

    fn heading(&self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        let name = self.paint(BOLD, &words::address_and_names(host));
        let latency = words::latency(host).map(|time| format!(", latency {time}"));
        let verb = if host.timed_out { "" } else { "is " };
        let status = words::status_words(host);
        writeln!(page, "{name} {verb}{status}{}", latency.unwrap_or_default())
    }

    fn ports(&self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        if host.ports.is_empty() {
            return Ok(());
        }
        let mut rows = vec![["PORT", "STATE", "SERVICE", "VERSION"].map(str::to_owned)];
        let mut ports = words::sorted_ports(host);
        let rest = match host.details.suspect {
            Some(_) => ports.split_off(SUSPECT_PORTS.min(ports.len())).len(),
            None => 0,
        };
        rows.extend(ports.iter().map(|port| {
            let service = port.service.as_ref();
            let name = service.map(words::service_name).unwrap_or_default();
            let version = service.map(words::version).unwrap_or_default();
            [words::key(port).to_string(), port.state.to_string(), name, version]
        }));
        let colours = ports.iter().map(|port| match port.state {
            PortState::Open => Some(GREEN),
            PortState::OpenFiltered | PortState::Filtered => Some(YELLOW),
            _ => None,
        });
        let colours: Vec<_> = std::iter::once(Some(BOLD)).chain(colours).collect();
        self.columns(&rows, &colours, page)?;
        match rest {
            0 => Ok(()),
            rest => writeln!(page, "… and {rest} more"),
        }
    }

    /// Writes `rows` as columns; the last one is wrapped. The colours are those of the rows.
    fn columns(
        &self,
        rows: &[[String; 4]],
        colours: &[Option<&str>],
        page: &mut Vec<u8>,
    ) -> io::Result<()> {
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let [first, second, third] = [0, 1, 2].map(|column| width(column).unwrap_or(0));
        let margin = first + second + third + 3;
        let room = self.options.width.map(|width| usize::from(width).saturating_sub(margin));
        for ([port, state, service, version], colour) in rows.iter().zip(colours) {
            let mut lines = wrap(version, room.unwrap_or(usize::MAX).max(NARROWEST)).into_iter();
            let start = format!("{port:first$} {state:second$} {service:third$}");
            let line = format!("{start} {}", lines.next().unwrap_or_default());
            let line = line.trim_end();
            match colour {
                Some(colour) => writeln!(page, "{}", self.paint(colour, line))?,
                None => writeln!(page, "{line}")?,
            }
            for line in lines {
                writeln!(page, "{:margin$}{line}", "")?;
            }
        }
        Ok(())
    }

    fn scripts(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        for (place, script) in words::scripts(host) {
            writeln!(page, "  {}:", words::script_title(place, script))?;
            let mut lines = words::script_lines(script);
            for line in lines.by_ref().take(SCRIPT_LINES) {
                writeln!(page, "{}", format!("    {line}").trim_end())?;
            }
            let rest = lines.count() as u64;
            if rest > 0 {
                writeln!(page, "    … {} more", words::counted(rest, "line", "lines"))?;
            }
        }
        Ok(())
    }

    fn gaps(&self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let mut all = words::gaps(head);
        let shown: Vec<_> = all.by_ref().take(GAPS).collect();
        if shown.is_empty() {
            return Ok(());
        }
        writeln!(page, "{}", self.paint(YELLOW, "Not fully scanned:"))?;
        let places = shown.iter().map(|gap| gap.place.chars().count()).max().unwrap_or(0);
        let states = shown.iter().map(|gap| gap.state.chars().count()).max().unwrap_or(0);
        for gap in shown {
            let line = format!("  {:places$}  {:states$}  {}", gap.place, gap.state, gap.reason);
            writeln!(page, "{}", line.trim_end())?;
        }
        match all.count() {
            0 => Ok(()),
            rest => writeln!(page, "  … and {rest} more"),
        }
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.options.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// `text` in lines of at most `width` characters, broken at spaces. A longer word stays whole.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always one line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_spaces_and_long_words_stay_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a-very-long-word b", 4), ["a-very-long-word", "b"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
