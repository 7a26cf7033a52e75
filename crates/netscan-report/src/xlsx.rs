//! XLSX for spreadsheets: the hosts, their ports, and what became of every address.
//!
//! Each sheet goes to a temporary file row by row, and the three are packed at the end into one
//! more: memory stays as it is, however many rows there are. Every cell is a text or a number; none
//! is a formula, whatever it begins with.

use std::io;

use netscan_model::observation::{Host, Port, PortState};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::findings;
use crate::sanitise::{sanitise, sanitise_lines};
use crate::spool::{Spool, Tail};
use crate::words;
use crate::writer::{Body, ReportHead};

/// The rows that a sheet can have.
const MOST_ROWS: u32 = 1_048_576;
/// The characters that a cell can have, counted in UTF-16 as spreadsheets do.
const LONGEST_CELL: usize = 32_767;

const HOSTS: Sheet = Sheet {
    name: "Hosts",
    columns: &[
        ("Address", 18),
        ("Names", 32),
        ("Status", 12),
        ("Reason", 16),
        ("MAC", 18),
        ("Vendor", 20),
        ("OS", 32),
        ("Open ports", 11),
        ("Findings", 10),
        ("Scripts", 60),
        ("Suspect", 48),
    ],
};
const PORTS: Sheet = Sheet {
    name: "Ports",
    columns: &[
        ("Address", 18),
        ("Names", 32),
        ("Protocol", 9),
        ("Port", 8),
        ("State", 14),
        ("Reason", 16),
        ("Service", 16),
        ("Tunnel", 8),
        ("Product", 24),
        ("Version", 20),
        ("Extra", 24),
        ("CPE", 36),
        ("Scripts", 60),
    ],
};
const COVERAGE: Sheet = Sheet {
    name: "Coverage",
    columns: &[("What", 34), ("State", 16), ("Why", 48), ("Addresses", 12)],
};

/// A table of the workbook.
struct Sheet {
    name: &'static str,
    /// What each column is called, and how wide it is in characters.
    columns: &'static [(&'static str, u16)],
}

/// The workbook.
pub(crate) struct Xlsx {
    workbook: Workbook,
    hosts: Place,
    ports: Place,
    tail: Tail,
}

/// Where the next row of a table goes.
struct Place {
    table: Sheet,
    /// Which sheet of the workbook.
    sheet: usize,
    row: u32,
    /// How many sheets the table takes so far.
    sheets: u32,
}

/// What a cell holds.
enum Cell {
    Text(String),
    Number(f64),
}

impl Xlsx {
    pub(crate) fn new() -> Self {
        let place = |table| Place { table, sheet: 0, row: MOST_ROWS, sheets: 0 };
        Self {
            workbook: Workbook::new(),
            hosts: place(HOSTS),
            ports: place(PORTS),
            tail: Tail::default(),
        }
    }
}

impl Body for Xlsx {
    fn begin(&mut self, head: &ReportHead, _: &mut Vec<u8>) -> io::Result<()> {
        let scan = &head.scan;
        let made_at = scan.completed_at.unwrap_or(scan.created_at).as_second();
        let made_at = ExcelDateTime::from_timestamp(made_at).map_err(io::Error::other)?;
        let properties = DocProperties::new()
            .set_title(legal(&words::title(scan)))
            .set_creation_datetime(&made_at);
        self.workbook.set_properties(&properties);
        self.hosts.turn(&mut self.workbook).map_err(io::Error::other)?;
        self.ports.turn(&mut self.workbook).map_err(io::Error::other)?;
        write_coverage(head, &mut self.workbook).map_err(io::Error::other)
    }

    fn host(&mut self, host: &Host, _: &mut Vec<u8>) -> io::Result<()> {
        let Self { workbook, hosts, ports, .. } = self;
        hosts.write(of_host(host), workbook).map_err(io::Error::other)?;
        for port in words::sorted_ports(host) {
            ports.write(of_port(host, port), workbook).map_err(io::Error::other)?;
        }
        Ok(())
    }

    fn finish(&mut self, _: &ReportHead, _: &mut Vec<u8>) -> io::Result<()> {
        let mut packed = Spool::new();
        self.workbook.save_to_writer(&mut packed).map_err(io::Error::other)?;
        self.tail.append(packed)
    }

    fn rest(&mut self, page: &mut Vec<u8>) -> io::Result<bool> {
        self.tail.next(page)
    }
}

impl Place {
    /// Writes a row, on a new sheet when this one is full.
    fn write(&mut self, cells: Vec<Cell>, workbook: &mut Workbook) -> Result<(), XlsxError> {
        if self.row == MOST_ROWS {
            self.turn(workbook)?;
        }
        let sheet = workbook.worksheet_from_index(self.sheet)?;
        write_row(sheet, self.row, cells)?;
        self.row += 1;
        Ok(())
    }

    /// Begins a new sheet.
    fn turn(&mut self, workbook: &mut Workbook) -> Result<(), XlsxError> {
        self.sheets += 1;
        self.sheet = workbook.worksheets().len();
        self.row = 1;
        let name = match self.sheets {
            1 => self.table.name.to_owned(),
            number => format!("{} {number}", self.table.name),
        };
        begin_sheet(&self.table, &name, workbook).map(drop)
    }
}

fn begin_sheet<'a>(
    table: &Sheet,
    name: &str,
    workbook: &'a mut Workbook,
) -> Result<&'a mut Worksheet, XlsxError> {
    let sheet = workbook.add_worksheet_with_constant_memory()?;
    sheet.set_name(name)?.set_freeze_panes(1, 0)?;
    let heading = Format::new().set_bold();
    for (column, (title, width)) in (0..).zip(table.columns) {
        sheet.set_column_width(column, f64::from(*width))?;
        sheet.write_string_with_format(0, column, *title, &heading)?;
    }
    Ok(sheet)
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: Vec<Cell>) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(cells) {
        match cell {
            Cell::Number(number) => sheet.write_number(row, column, number)?,
            Cell::Text(text) if text.is_empty() => continue,
            Cell::Text(text) => sheet.write_string(row, column, text)?,
        };
    }
    Ok(())
}

fn of_host(host: &Host) -> Vec<Cell> {
    let open = host.ports.iter().filter(|port| port.state == PortState::Open).count();
    vec![
        text(&host.address.to_string()),
        text(&names(host)),
        text(words::status_word(host)),
        text(&host.reason),
        text(host.mac.as_deref().unwrap_or_default()),
        text(host.vendor.as_deref().unwrap_or_default()),
        text(host.os.first().map(|os| os.name.as_str()).unwrap_or_default()),
        count(open as u64),
        count(findings::of_host(host).len() as u64),
        text(&words::scripts_text(&host.scripts)),
        text(host.details.suspect.as_deref().unwrap_or_default()),
    ]
}

fn of_port(host: &Host, port: &Port) -> Vec<Cell> {
    let service = port.service.clone().unwrap_or_default();
    vec![
        text(&host.address.to_string()),
        text(&names(host)),
        text(port.protocol.name()),
        count(port.port.into()),
        text(port.state.name()),
        text(&port.reason),
        text(&service.name),
        text(&service.tunnel.unwrap_or_default()),
        text(&service.product.unwrap_or_default()),
        text(&service.version.unwrap_or_default()),
        text(&service.extra_info.unwrap_or_default()),
        text(&service.cpe.join(" ")),
        text(&words::scripts_text(&port.scripts)),
    ]
}

/// The counts first, then what was not scanned to the end, as far as one sheet takes it.
fn write_coverage(head: &ReportHead, workbook: &mut Workbook) -> Result<(), XlsxError> {
    let sheet = begin_sheet(&COVERAGE, COVERAGE.name, workbook)?;
    let counts = words::coverage_counts(&head.coverage).into_iter().map(|(state, addresses)| {
        vec![text("All"), text(&words::state_words(state)), text(""), count(addresses)]
    });
    let ranges = head.gaps.iter().map(|range| {
        let addresses = u64::try_from(range.addresses.count()).unwrap_or(u64::MAX);
        let (place, state) = (range.addresses.to_string(), words::state_words(range.state));
        vec![text(&place), text(&state), text(&range.reason), count(addresses)]
    });
    let names = head
        .unresolved
        .iter()
        .map(|(name, reason)| vec![text(name), text("unresolved"), text(reason), count(0)]);
    let filter = words::filter(head)
        .map(|query| vec![text("Only hosts that match are shown"), text(""), text(&query)]);
    for (row, cells) in (1..MOST_ROWS).zip(counts.chain(ranges).chain(names).chain(filter)) {
        write_row(sheet, row, cells)?;
    }
    Ok(())
}

fn names(host: &Host) -> String {
    let names: Vec<_> = host.hostnames.iter().map(|hostname| sanitise(&hostname.name)).collect();
    names.join(" ")
}

#[expect(clippy::cast_precision_loss, reason = "a spreadsheet's numbers are no more exact")]
fn count(count: u64) -> Cell {
    Cell::Number(count as f64)
}

/// A text as a cell takes it: nothing that XML cannot hold, and no longer than may be.
fn text(text: &str) -> Cell {
    Cell::Text(fitted(legal(text)))
}

/// `text` without what XML cannot hold.
fn legal(text: &str) -> String {
    sanitise_lines(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

fn fitted(text: String) -> String {
    const CUT: &str = "\n(cut here)";
    let units = |text: &str| text.chars().map(char::len_utf16).sum::<usize>();
    if text.len() <= LONGEST_CELL || units(&text) <= LONGEST_CELL {
        return text;
    }
    let mut length = CUT.len();
    let fits = |character: &char| {
        length += character.len_utf16();
        length <= LONGEST_CELL
    };
    let kept: String = text.chars().take_while(fits).collect();
    kept + CUT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_cut_where_spreadsheets_would_refuse_it() {
        let fits = "é".repeat(LONGEST_CELL);
        let wide = "👩".repeat(LONGEST_CELL);

        assert_eq!(fitted(fits.clone()), fits);
        let cut = fitted(wide);
        assert!(cut.ends_with("👩\n(cut here)"));
        assert!(cut.encode_utf16().count() <= LONGEST_CELL);
        assert!(cut.encode_utf16().count() > LONGEST_CELL - 2);
    }
}
