//! Options of the commands about this machine and this program.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

/// Check what this machine can do
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

/// Show who runs batches
#[derive(Debug, Args)]
pub(crate) struct Workers {}

/// Show the settings
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Show what is in force and where it comes from
    Show,
}

/// Bring the database's schema up to date
#[derive(Debug, Args)]
pub(crate) struct Migrate {}

/// Write completions for a shell to standard output
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

/// Write the manual page to standard output
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Write the pages of all commands to this directory instead
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}
