//! The commands: each reads its options, makes one call, and prints what came of it.

mod artifacts;
mod audit;
mod completions;
mod config;
mod coverage;
pub(crate) mod detached;
mod diff;
mod difficult;
mod doctor;
mod history;
mod import;
mod ingest;
mod limits;
mod man;
mod mcp;
mod migrate;
mod pause;
mod plan;
mod project;
mod report;
mod request;
mod rerun;
mod resplit;
pub(crate) mod results;
mod resume;
mod retry;
mod run;
mod scan;
mod scope;
mod search;
mod serve;
mod set;
mod split;
pub(crate) mod status;
mod stop;
mod targets;
mod template;
mod token;
mod unattended;
mod user;
mod watch;
mod workers;

use netscan_model::scan::Scan;

use crate::arguments::{Arguments, Command};
use crate::desk;
use crate::ending::Exit;
use crate::foreground::print_scan;
use crate::output::{Talk, data, progress};
use crate::wire::Context;

/// Does what was typed.
pub(crate) async fn execute(arguments: Arguments, talk: Talk) -> anyhow::Result<Exit> {
    let Arguments { global, command } = arguments;
    match command {
        Command::Completions(arguments) => {
            if global.server.is_some() {
                talk.note("`completions` writes what this program knows, and asks no server");
            }
            return completions::execute(&arguments);
        }
        Command::Man(arguments) => {
            if global.server.is_some() {
                talk.note("`man` writes what this program knows, and asks no server");
            }
            return man::execute(&arguments);
        }
        _ => {}
    }
    let context = &Context::new(global, talk)?;
    tell_of_place(context, &command);
    Box::pin(carry_out(context, command)).await.map_err(|error| desk::explain(context, error))
}

/// Says so when a command is about this machine although a server is named.
fn tell_of_place(context: &Context, command: &Command) {
    let what = match command {
        Command::Doctor(_) => "`doctor` looks at this machine, and asks the server only how it is",
        Command::Config(_) => {
            "`config` shows the settings of this machine, not those of the server"
        }
        Command::Migrate(_) => "`migrate` works on the database of this machine, not on the server",
        Command::Serve(_) => {
            "`serve` serves the database of this machine, whatever server is named"
        }
        _ => return,
    };
    if context.server().is_some() {
        context.talk.note(what);
    }
}

async fn carry_out(context: &Context, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Scan(arguments) => scan::execute(context, &arguments).await,
        Command::Ingest(arguments) => ingest::execute(context, &arguments).await,
        Command::Import(arguments) => import::execute(context, &arguments).await,
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
        Command::Report(arguments) => report::execute(context, &arguments).await,
        Command::Coverage(arguments) => coverage::execute(context, &arguments).await,
        Command::Difficult(arguments) => difficult::execute(context, &arguments).await,
        Command::Artifacts(arguments) => artifacts::execute(context, &arguments).await,
        Command::Serve(arguments) => serve::execute(context, &arguments).await,
        Command::Token(arguments) => token::execute(context, &arguments).await,
        Command::Diff(arguments) => diff::execute(context, &arguments).await,
        Command::History(arguments) => history::execute(context, &arguments).await,
        Command::Search(arguments) => search::execute(context, &arguments).await,
        Command::Template(arguments) => template::execute(context, arguments).await,
        Command::Project(arguments) => project::execute(context, arguments).await,
        Command::Limits(arguments) => limits::execute(context, &arguments).await,
        Command::Mcp(arguments) => mcp::execute(context, &arguments).await,
        Command::Watch(arguments) => watch::execute(context, &arguments).await,
        Command::Workers(_) => workers::execute(context).await,
        Command::User(arguments) => user::execute(context, arguments).await,
        Command::Audit(arguments) => audit::execute(context, arguments).await,
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
