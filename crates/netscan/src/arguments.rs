//! What may be typed: every command, its options, and what their values mean.

pub(crate) mod control;
pub(crate) mod global;
pub(crate) mod inventory;
pub(crate) mod machine;
pub(crate) mod people;
pub(crate) mod plan;
pub(crate) mod projects;
pub(crate) mod reading;
pub(crate) mod serving;
mod values;

use clap::{Parser, Subcommand};

pub(crate) use global::Global;
pub(crate) use values::{Longest, Span};

const EXIT_STATUSES: &str = "\
Exit status: 0 done, 1 error, 2 wrong usage, 3 partial, 4 failed, 5 cancelled

A scan is named by its number, its id, a unique beginning of the id, or `latest`; a batch by SCAN/NUMBER or its id. \
Scan only what you are allowed to scan.";

/// Scans networks with nmap, and keeps every step under control
#[derive(Debug, Parser)]
#[command(name = "netscan", version, after_help = EXIT_STATUSES, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Scan(plan::Scan),
    Ingest(inventory::Ingest),
    Import(inventory::Import),
    #[command(subcommand)]
    Targets(inventory::Targets),
    #[command(subcommand)]
    Scope(inventory::Scope),
    Plan(plan::Plan),
    Split(plan::Split),
    Resplit(plan::Resplit),
    Run(control::Run),
    Pause(control::Pause),
    Resume(control::Resume),
    Stop(control::Stop),
    Retry(control::Retry),
    Rerun(control::Rerun),
    Set(control::Set),
    Status(reading::Status),
    Watch(reading::Watch),
    Results(reading::Results),
    Report(reading::ScanReport),
    Coverage(reading::Coverage),
    Difficult(reading::Difficult),
    Artifacts(reading::Artifacts),
    Serve(serving::Serve),
    Mcp(serving::Mcp),
    #[command(subcommand)]
    Token(serving::Token),
    Diff(reading::Diff),
    History(reading::History),
    Search(reading::Search),
    #[command(subcommand)]
    Template(projects::Template),
    #[command(subcommand)]
    Project(projects::Project),
    #[command(subcommand)]
    Limits(projects::Limits),
    Workers(machine::Workers),
    #[command(subcommand)]
    User(people::User),
    #[command(subcommand)]
    Audit(people::Audit),
    Doctor(machine::Doctor),
    #[command(subcommand)]
    Config(machine::Config),
    Migrate(machine::Migrate),
    Completions(machine::Completions),
    Man(machine::Man),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }
}
