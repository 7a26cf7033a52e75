//! Data on standard output. A reader who leaves early is no error.

use std::io::{self, IsTerminal, Write};

use anyhow::Context as _;
use netscan_report::json_text;
use serde::Serialize;

use super::table::Table;

/// Writes `text` and ends the line.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    write(format!("{text}\n").as_bytes())
}

/// Writes `value`, indented where a person looks at it.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&json_text(value, io::stdout().is_terminal())?)
}

pub(crate) fn print_table(table: &Table) -> anyhow::Result<()> {
    write(table.to_string().as_bytes())
}

pub(crate) fn write(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    unless_closed(written).context("cannot write to standard output")
}

/// `written`, unless its reader has seen enough.
pub(crate) fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Whether standard output shows colours: a terminal that nobody told otherwise.
pub(crate) fn has_colours() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// The columns of the terminal on standard output, if it is one.
pub(crate) fn width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
}
