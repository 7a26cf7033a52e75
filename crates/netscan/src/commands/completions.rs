//! `completions`: completions for a shell.

use clap::CommandFactory;

use crate::arguments::{Arguments, machine::Completions};
use crate::ending::Exit;
use crate::output::data;

pub(super) fn execute(arguments: &Completions) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "netscan", &mut script);
    data::write(&script)?;
    Ok(Exit::Done)
}
