//! Data on standard output. A reader who leaves early is no error.

use std::io::{self, IsTerminal, Write};

use anyhow::Context as _;
use netscan_report::json_text;
use serde::Serialize;

use super::table::Table;

/// Writes `text` and ends the line.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    write(format!("{text}\n").as_bytes()).map(drop)
}

/// Writes `value`, indented where a person looks at it.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&json_text(value, io::stdout().is_terminal())?)
}

pub(crate) fn print_table(table: &Table) -> anyhow::Result<()> {
    write(table.to_string().as_bytes()).map(drop)
}

/// Whether somebody still reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Here,
    /// They have seen enough.
    Gone,
}

pub(crate) fn write(bytes: &[u8]) -> anyhow::Result<Reader> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(Reader::Here),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(error).context("cannot write to standard output"),
    }
}

/// Whether a person looks at standard output.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard output shows colours: a terminal that nobody told otherwise.
pub(crate) fn has_colours() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// The columns of the terminal on standard output, if it is one.
pub(crate) fn width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
}
