//! `man`: the manual page.

use anyhow::Context as _;
use clap::CommandFactory;
use clap_mangen::Man;

use crate::arguments::{Arguments, machine};
use crate::ending::Exit;
use crate::output::data;

pub(super) fn execute(arguments: &machine::Man) -> anyhow::Result<Exit> {
    let command = Arguments::command();
    if let Some(directory) = &arguments.output {
        std::fs::create_dir_all(directory)
            .and_then(|()| clap_mangen::generate_to(command, directory))
            .with_context(|| format!("cannot write to {}", directory.display()))?;
        return Ok(Exit::Done);
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    data::write(&page)?;
    Ok(Exit::Done)
}
