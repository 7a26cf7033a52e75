//! The program: arguments, configuration, and the one place where the parts are joined.

mod arguments;
mod commands;
mod configuration;
mod desk;
mod ending;
mod following;
mod foreground;
mod input;
mod lifecycle;
mod mcp;
mod output;
mod steering;
mod watch;
mod wire;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::ending::Exit;
use crate::output::Talk;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let talk = Talk::new(arguments.global.quiet);
    lifecycle::tell_of_panics(&talk);
    let exit = lifecycle::guarded(|| run(arguments, &talk)).unwrap_or(Exit::Error);
    exit.into()
}

fn run(arguments: Arguments, talk: &Talk) -> Exit {
    // It fails only when there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = lifecycle::runtime()
        .and_then(|runtime| runtime.block_on(commands::execute(arguments, talk.clone())));
    outcome.unwrap_or_else(|error| ending::tell(&error, talk))
}
