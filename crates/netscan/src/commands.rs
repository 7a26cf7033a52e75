//! The commands: each reads its options, makes one call, and prints what came of it.

mod artifacts;
mod completions;
mod config;
mod coverage;
mod detached;
mod difficult;
mod doctor;
mod ingest;
mod man;
mod migrate;
mod pause;
mod plan;
mod request;
mod rerun;
mod resplit;
pub(crate) mod results;
mod resume;
mod retry;
mod run;
mod scan;
mod scope;
mod set;
mod split;
mod status;
mod stop;
mod targets;
mod unattended;

use netscan_model::scan::Scan;

use crate::arguments::{Arguments, Command};
use crate::ending::Exit;
use crate::foreground::print_scan;
use crate::output::{Talk, data, progress};
use crate::wire::Context;

/// Does what was typed.
pub(crate) async fn execute(arguments: Arguments, talk: Talk) -> anyhow::Result<Exit> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Completions(arguments) => return completions::execute(&arguments),
        Command::Man(arguments) => return man::execute(&arguments),
        _ => {}
    }
    let context = &Context::new(global, talk)?;
    match command {
        Command::Scan(arguments) => scan::execute(context, &arguments).await,
        Command::Ingest(arguments) => ingest::execute(context, &arguments).await,
        Command::Targets(arguments) => targets::execute(context, &arguments).await,
        Command::Scope(arguments) => scope::execute(context, arguments).await,
        Command::Plan(arguments) => plan::execute(context, &arguments).await,
        Command::Split(arguments) => split::execute(context, &arguments).await,
        Command::Resplit(arguments) => resplit::execute(context, &arguments).await,
        Command::Run(arguments) => run::execute(context, &arguments).await,
        Command::Pause(arguments) => pause::execute(context, &arguments).await,
        Command::Resume(arguments) => resume::execute(context, &arguments).await,
        Command::Stop(arguments) => stop::execute(context, &arguments).await,
        Command::Retry(arguments) => retry::execute(context, &arguments).await,
        Command::Rerun(arguments) => rerun::execute(context, &arguments).await,
        Command::Set(arguments) => set::execute(context, &arguments).await,
        Command::Status(arguments) => status::execute(context, &arguments).await,
        Command::Results(arguments) => results::execute(context, &arguments).await,
        Command::Coverage(arguments) => coverage::execute(context, &arguments).await,
        Command::Difficult(arguments) => difficult::execute(context, &arguments).await,
        Command::Artifacts(arguments) => artifacts::execute(context, &arguments).await,
        Command::Doctor(_) => doctor::execute(context).await,
        Command::Config(_) => config::execute(context),
        Command::Migrate(_) => migrate::execute(context).await,
        Command::Completions(_) | Command::Man(_) => unreachable!("they are done above"),
    }
}

/// Prints where a scan is now.
fn print_state(context: &Context, scan: &Scan) -> anyhow::Result<()> {
    if context.is_json() {
        return print_scan(scan);
    }
    data::print(&format!("Scan {} is {}", scan.number, progress::state_words(scan)))
}
