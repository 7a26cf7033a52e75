//! Markdown as GitHub reads it, with every mark in what hosts say escaped.

use std::io::{self, Write};

use netscan_model::observation::Host;

use crate::sanitise::sanitise;
use crate::words;
use crate::writer::{Body, ReportHead};

/// Headings, tables, and scripts' output as indented code.
pub(crate) struct Markdown;

impl Body for Markdown {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        writeln!(page, "# {}\n", escape(&words::title(&head.scan)))?;
        for (label, value) in words::scan_facts(head) {
            writeln!(page, "- {label}: {}", escape(&value))?;
        }
        let mut gaps = words::gaps(head).peekable();
        if gaps.peek().is_some() {
            writeln!(page, "\n## Not fully scanned\n")?;
            row(&["Address", "State", "Reason"], page)?;
            writeln!(page, "|---|---|---|")?;
        }
        for gap in gaps {
            row(&[&gap.place, &gap.state, &gap.reason].map(|text| escape(text)), page)?;
        }
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        writeln!(page, "\n## {}\n", escape(&words::address_and_names(host)))?;
        let reason = Some(sanitise(&host.reason)).filter(|reason| !reason.is_empty());
        let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        let status = format!("{}{reason}", words::status_words(host));
        writeln!(page, "- Status: {}", escape(&status))?;
        for (label, value) in words::host_facts(host) {
            writeln!(page, "- {label}: {}", escape(&value))?;
        }
        if let Some(ports) = words::not_shown(host) {
            writeln!(page, "- Not shown: {}", escape(&ports))?;
        }
        ports(host, page)?;
        scripts(host, page)
    }

    fn finish(&mut self, _: &ReportHead, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

fn ports(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    if host.ports.is_empty() {
        return Ok(());
    }
    page.push(b'\n');
    row(&["Port", "State", "Service", "Version", "Reason"], page)?;
    writeln!(page, "|---|---|---|---|---|")?;
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
fn scripts(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    for (place, script) in words::scripts(host) {
        writeln!(page, "\n**{}**\n", escape(&words::script_title(place, script)))?;
        for line in words::script_lines(script) {
            writeln!(page, "{}", format!("    {line}").trim_end())?;
        }
    }
    Ok(())
}

fn row<const N: usize>(cells: &[impl AsRef<str>; N], page: &mut Vec<u8>) -> io::Result<()> {
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
