//! JSON: the whole report as one document, or a host per line.

use std::io;

use netscan_model::observation::Host;
use serde::Serialize;

use crate::sanitise::is_treacherous;
use crate::writer::{Body, ReportHead};

/// `value` as JSON that may be shown on a terminal: what [`crate::sanitise()`] would make visible is
/// written as `\u001b`, which reads back as the same.
///
/// # Errors
///
/// Fails when `value` cannot be JSON, such as a map whose keys are not text.
pub fn json_text(value: &impl Serialize, pretty: bool) -> serde_json::Result<String> {
    let text =
        if pretty { serde_json::to_string_pretty(value)? } else { serde_json::to_string(value)? };
    // JSON itself has no such character but the line ends of pretty printing; all others are
    // inside of strings.
    let is_bad = |character: char| character != '\n' && is_treacherous(character);
    if !text.contains(is_bad) {
        return Ok(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_bad(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                safe.extend(["\\u", &format!("{unit:04x}")]);
            }
        } else {
            safe.push(character);
        }
    }
    Ok(safe)
}

/// A host per line.
pub(crate) struct Lines;

impl Body for Lines {
    fn begin(&mut self, _: &ReportHead, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        page.extend(json_text(host, false)?.as_bytes());
        page.push(b'\n');
        Ok(())
    }

    fn finish(&mut self, _: &ReportHead, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

/// One document: `{"scan": …, "coverage": …, "hosts": […]}`, with `where` when not all hosts are
/// there.
pub(crate) struct Document {
    pretty: bool,
    is_first: bool,
}

impl Document {
    pub(crate) fn new(pretty: bool) -> Self {
        Self { pretty, is_first: true }
    }

    /// A line end and `depth` steps to the right, in pretty documents.
    fn indent(&self, depth: usize, page: &mut Vec<u8>) {
        if self.pretty {
            page.push(b'\n');
            page.extend("  ".repeat(depth).as_bytes());
        }
    }

    fn value(&self, value: &impl Serialize, depth: usize, page: &mut Vec<u8>) -> io::Result<()> {
        let text = json_text(value, self.pretty)?;
        let mut lines = text.lines();
        page.extend(lines.next().unwrap_or_default().as_bytes());
        for line in lines {
            self.indent(depth, page);
            page.extend(line.as_bytes());
        }
        Ok(())
    }

    fn key(&self, name: &str, page: &mut Vec<u8>) {
        self.indent(1, page);
        page.extend(format!("\"{name}\":{}", if self.pretty { " " } else { "" }).as_bytes());
    }
}

impl Body for Document {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        page.push(b'{');
        self.key("scan", page);
        self.value(&head.scan, 1, page)?;
        page.push(b',');
        self.key("coverage", page);
        self.value(&head.coverage, 1, page)?;
        page.push(b',');
        if let Some(query) = &head.filter {
            self.key("where", page);
            self.value(query, 1, page)?;
            page.push(b',');
        }
        self.key("hosts", page);
        page.push(b'[');
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        if !std::mem::take(&mut self.is_first) {
            page.push(b',');
        }
        self.indent(2, page);
        self.value(host, 2, page)
    }

    fn finish(&mut self, _: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        if !self.is_first {
            self.indent(1, page);
        }
        page.push(b']');
        self.indent(0, page);
        page.extend(b"}\n");
        Ok(())
    }
}
