//! A page of its own: no script, nothing from the network, fit for printing.

use std::io::{self, Write};

use netscan_model::observation::Host;

use crate::sanitise::sanitise;
use crate::words;
use crate::writer::{Body, ReportHead};

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2rem; border-top: 1px solid #8888; padding-top: 1rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top;
  border-bottom: 1px solid #8884; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #8881; padding: .5rem; }
@media print { body { margin: 0; max-width: none; } section { break-inside: avoid-page; } }
";

/// The page.
pub(crate) struct Html;

impl Body for Html {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let title = escape(&words::title(&head.scan));
        writeln!(page, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(
            page,
            "<meta http-equiv=\"Content-Security-Policy\" \
             content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        )?;
        writeln!(page, "<meta name=\"viewport\" content=\"width=device-width\">")?;
        writeln!(page, "<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>")?;
        writeln!(page, "<h1>{title}</h1>")?;
        facts(&words::scan_facts(head), page)?;
        let mut gaps = words::gaps(head).peekable();
        if gaps.peek().is_some() {
            writeln!(page, "<h2>Not fully scanned</h2>")?;
            let rows = gaps.map(|gap| [gap.place, gap.state, gap.reason]);
            table(["Address", "State", "Reason"], rows, page)?;
        }
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        writeln!(page, "<section>\n<h2>{}</h2>", escape(&words::address_and_names(host)))?;
        let mut known = vec![("Status", words::status_words(host).to_owned())];
        if !host.reason.is_empty() {
            known.push(("Reason", sanitise(&host.reason).into_owned()));
        }
        known.extend(words::host_facts(host));
        known.extend(words::not_shown(host).map(|ports| ("Not shown", ports)));
        facts(&known, page)?;
        ports(host, page)?;
        for (place, script) in words::scripts(host) {
            let lines: Vec<_> = words::script_lines(script).collect();
            writeln!(page, "<h3>{}</h3>", escape(&words::script_title(place, script)))?;
            writeln!(page, "<pre>{}</pre>", escape(&lines.join("\n")))?;
        }
        writeln!(page, "</section>")
    }

    fn finish(&mut self, _: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        writeln!(page, "</body>\n</html>")
    }
}

fn facts(facts: &[(&str, String)], page: &mut Vec<u8>) -> io::Result<()> {
    writeln!(page, "<dl>")?;
    for (label, value) in facts {
        writeln!(page, "<dt>{label}</dt><dd>{}</dd>", escape(value))?;
    }
    writeln!(page, "</dl>")
}

fn ports(host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
    if host.ports.is_empty() {
        return Ok(());
    }
    let rows = words::sorted_ports(host).into_iter().map(|port| {
        let service = port.service.as_ref();
        [
            words::key(port).to_string(),
            port.state.to_string(),
            service.map(words::service_name).unwrap_or_default(),
            service.map(words::version).unwrap_or_default(),
            sanitise(&port.reason).into_owned(),
        ]
    });
    table(["Port", "State", "Service", "Version", "Reason"], rows, page)
}

fn table<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    page: &mut Vec<u8>,
) -> io::Result<()> {
    let header = header.map(|text| format!("<th scope=\"col\">{text}</th>"));
    writeln!(page, "<table>\n<thead><tr>{}</tr></thead>\n<tbody>", header.concat())?;
    for row in rows {
        let cells = row.map(|text| format!("<td>{}</td>", escape(&text)));
        writeln!(page, "<tr>{}</tr>", cells.concat())?;
    }
    writeln!(page, "</tbody>\n</table>")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            character => escaped.push(character),
        }
    }
    escaped
}
