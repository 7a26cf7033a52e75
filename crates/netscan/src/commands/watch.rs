//! `watch`: scans on a screen that keeps itself up to date.

use std::io::{self, IsTerminal};

use crate::arguments::reading::Watch;
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::output::data;
use crate::watch;
use crate::wire::Context;

pub(super) async fn execute(context: &Context, arguments: &Watch) -> anyhow::Result<Exit> {
    let is_terminal = io::stdin().is_terminal() && data::is_terminal() && !is_dumb();
    if context.is_json() || !is_terminal {
        let why = if context.is_json() { "and writes no JSON" } else { "and here is none" };
        let instead = context.command("status --watch");
        let sentence = format!("`watch` draws on a terminal, {why}: use `{instead}`");
        return Err(Fault::new(sentence).of_usage().into());
    }
    let desk = Desk::open(context).await?;
    let scan = match &arguments.scan {
        Some(reference) => Some(desk.scan(reference).await?),
        None => None,
    };
    watch::run(context, &desk, scan).await?;
    Ok(Exit::Done)
}

/// Whether the terminal knows no sequences that move its cursor.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb")
}
