//! Comma-separated values (RFC 4180), a row per port, for spreadsheets.
//!
//! A spreadsheet runs a cell that begins like a formula. Such cells get an apostrophe in front.

use std::borrow::Cow;
use std::io;

use netscan_model::observation::{Host, Port};

use crate::sanitise::sanitise_lines;
use crate::words;
use crate::writer::{Body, ReportHead};

const HEADER: [&str; 18] = [
    "address",
    "hostname",
    "status",
    "mac",
    "vendor",
    "os",
    "protocol",
    "port",
    "state",
    "reason",
    "service",
    "tunnel",
    "product",
    "version",
    "extra_info",
    "cpe",
    "scripts",
    "suspect",
];

/// Rows of ports.
pub(crate) struct Csv;

impl Body for Csv {
    fn begin(&mut self, _: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        row(HEADER, page);
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        let of_host = host_cells(host);
        let of_host = of_host.each_ref().map(String::as_str);
        // Columns are only ever added at the end: people's sheets count them.
        let doubt = host.details.suspect.as_deref().unwrap_or_default();
        for port in words::sorted_ports(host) {
            let of_port = port_cells(port);
            let of_port = of_port.iter().map(String::as_str);
            row(of_host.into_iter().chain(of_port).chain([doubt]), page);
        }
        if host.ports.is_empty() {
            let scripts = words::scripts_text(&host.scripts);
            let empty = ["", "", "", "", "", "", "", "", "", "", &scripts, doubt];
            row(of_host.into_iter().chain(empty), page);
        }
        Ok(())
    }

    fn finish(&mut self, _: &ReportHead, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

fn host_cells(host: &Host) -> [String; 6] {
    let names: Vec<_> = host.hostnames.iter().map(|hostname| hostname.name.as_str()).collect();
    [
        host.address.to_string(),
        names.join(" "),
        words::status_word(host).to_owned(),
        host.mac.clone().unwrap_or_default(),
        host.vendor.clone().unwrap_or_default(),
        host.os.first().map(|os| os.name.clone()).unwrap_or_default(),
    ]
}

fn port_cells(port: &Port) -> [String; 11] {
    let service = port.service.clone().unwrap_or_default();
    [
        port.protocol.to_string(),
        port.port.to_string(),
        port.state.to_string(),
        port.reason.clone(),
        service.name,
        service.tunnel.unwrap_or_default(),
        service.product.unwrap_or_default(),
        service.version.unwrap_or_default(),
        service.extra_info.unwrap_or_default(),
        service.cpe.join(" "),
        words::scripts_text(&port.scripts),
    ]
}

fn row<'a>(cells: impl IntoIterator<Item = &'a str>, page: &mut Vec<u8>) {
    for (place, text) in cells.into_iter().enumerate() {
        if place > 0 {
            page.push(b',');
        }
        page.extend(cell(text).as_bytes());
    }
    page.extend(b"\r\n");
}

fn cell(text: &str) -> Cow<'_, str> {
    // Before the sanitising, which would make a leading carriage return look harmless.
    let is_formula = text.starts_with(['\t', '\r', '\n'])
        || text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let text = sanitise_lines(text);
    let text = if is_formula { Cow::Owned(format!("'{text}")) } else { text };
    if text.contains(['"', ',', '\n', ' ', '\t', ';']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_looks_like_a_formula_is_made_text() {
        for text in
            ["=1", "+1", "-1", "@A1", "\tx", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1", " =1"]
        {
            assert!(cell(text).trim_start_matches('"').starts_with('\''), "{text:?}");
        }
        assert_eq!(cell("a=1"), "a=1");
    }

    #[test]
    fn a_cell_with_a_separator_or_a_quote_is_quoted() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,\"b\"\nc"), "\"a,\"\"b\"\"\nc\"");
        assert_eq!(
            cell("=HYPERLINK(\"http://a\",\"b\")"),
            "\"'=HYPERLINK(\"\"http://a\"\",\"\"b\"\")\""
        );
    }
}
