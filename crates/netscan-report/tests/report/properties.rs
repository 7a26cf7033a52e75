//! What holds for every host, whatever it says.

use std::io;

use netscan_model::observation::Host;
use netscan_report::{Format, ReportWriter, WriteOptions, sanitise_lines};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::samples::{any_head, any_host, office, report};

const PLAIN: WriteOptions =
    WriteOptions { colour: false, width: None, pretty: false, open_only: false };

proptest! {
    #[test]
    fn no_format_lets_a_control_character_through(
        head in any_head(), hosts in vec(any_host(), 0..3), pretty in any::<bool>(),
        open_only in any::<bool>(), width in any::<Option<u16>>(),
    ) {
        let options = WriteOptions { colour: false, width, pretty, open_only };
        for format in Format::ALL.iter().filter(|format| format.is_text()) {
            let text = report(*format, &head, &hosts, options);
            // The line ends of CSV are the only carriage returns.
            let text = text.replace("\r\n", "\n");

            prop_assert_eq!(sanitise_lines(&text), text.as_str(), "{}", format);
        }
    }

    #[test]
    fn a_line_of_json_is_the_host_again(hosts in vec(any_host(), 0..4)) {
        let text = report(Format::Jsonl, &office().0, &hosts, PLAIN);

        let read: Vec<Host> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();

        prop_assert_eq!(read, hosts);
    }

    #[test]
    fn the_document_holds_scan_coverage_and_hosts(
        head in any_head(), hosts in vec(any_host(), 0..4), pretty in any::<bool>(),
    ) {
        let text = report(Format::Json, &head, &hosts, WriteOptions { pretty, ..PLAIN });

        let read: Value = serde_json::from_str(&text).unwrap();

        prop_assert_eq!(&read["scan"], &serde_json::to_value(&head.scan).unwrap());
        prop_assert_eq!(&read["coverage"], &serde_json::to_value(head.coverage).unwrap());
        let read_hosts: Vec<Host> = serde_json::from_value(read["hosts"].clone()).unwrap();
        prop_assert_eq!(read_hosts, hosts);
        prop_assert_eq!(read.as_object().unwrap().len(), 3);
        prop_assert_eq!(text.lines().count() == 1, !pretty);
    }

    #[test]
    fn every_row_of_csv_has_all_columns_and_no_formula(hosts in vec(any_host(), 0..4)) {
        let text = report(Format::Csv, &office().0, &hosts, PLAIN);

        let rows = rows_of_csv(&text);

        let ports: usize = hosts.iter().map(|host| host.ports.len().max(1)).sum();
        prop_assert_eq!(rows.len(), 1 + ports);
        for row in &rows {
            prop_assert_eq!(row.len(), rows[0].len());
            for cell in row {
                prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']));
            }
        }
    }

    #[test]
    fn grepable_lines_have_seven_slashes_per_port(host in any_host()) {
        let text = report(Format::Gnmap, &office().0, std::slice::from_ref(&host), PLAIN);

        let is_plain = host.ports.iter().all(|port| port.protocol.name() != "ip");
        let ports = text.lines().find_map(|line| line.split('\t').nth(1)?.strip_prefix("Ports: "));
        if let Some(ports) = ports.filter(|_| is_plain) {
            prop_assert_eq!(ports.matches('/').count(), 7 * host.ports.len(), "{}", ports);
        }
    }

    #[test]
    fn html_has_no_tag_of_a_stranger(head in any_head(), hosts in vec(any_host(), 0..3)) {
        let text = report(Format::Html, &head, &hosts, PLAIN);

        prop_assert!(!text.contains("<script"));
        prop_assert_eq!(text.matches("<article").count(), hosts.len());
    }
}

/// A reader for RFC 4180, as strict as one is.
fn rows_of_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '"' => {
                assert!(cell.is_empty(), "a quote inside of a plain cell");
                loop {
                    match rest.next().expect("a quoted cell ends") {
                        '"' if rest.next_if_eq(&'"').is_some() => cell.push('"'),
                        '"' => break,
                        inside => cell.push(inside),
                    }
                }
            }
            ',' => row.push(std::mem::take(&mut cell)),
            '\r' => {
                assert_eq!(rest.next(), Some('\n'), "rows end with both characters");
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            plain => cell.push(plain),
        }
    }
    assert!(row.is_empty() && cell.is_empty(), "the last row ends");
    rows
}

#[test]
fn colours_are_the_only_escapes_of_a_coloured_table() {
    let (head, hosts) = office();
    let coloured = report(Format::Table, &head, &hosts, WriteOptions { colour: true, ..PLAIN });

    let stripped = ["\x1b[0m", "\x1b[1m", "\x1b[32m", "\x1b[33m"]
        .iter()
        .fold(coloured.clone(), |text, escape| text.replace(escape, ""));

    assert_ne!(coloured, stripped);
    assert_eq!(stripped, report(Format::Table, &head, &hosts, PLAIN));
}

#[test]
fn a_report_keeps_no_host() {
    /// Counts what passes, and how much at a time.
    struct Meter {
        writes: usize,
        largest: usize,
    }
    impl io::Write for Meter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes += 1;
            self.largest = self.largest.max(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (head, hosts) = office();
    for format in Format::ALL {
        let meter = Meter { writes: 0, largest: 0 };
        let mut writer = ReportWriter::begin(*format, &head, &PLAIN, meter).unwrap();
        for _ in 0..1_000 {
            writer.host(&hosts[0]).unwrap();
        }
        let meter = writer.finish().unwrap();

        let waits =
            matches!(format, Format::Html | Format::Markdown | Format::Xlsx | Format::Sarif);
        assert!(waits || meter.writes >= 1_000, "{format} writes each host at once");
        assert!(meter.largest < 20_000, "{format} collects {} bytes", meter.largest);
    }
}
