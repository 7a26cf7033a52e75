//! Options that every command takes, before or after its name.

use std::path::PathBuf;

use clap::Args;

/// What holds for every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Where the database and the artifacts are [default: the XDG data directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The database, as a URL
    #[arg(
        long,
        global = true,
        value_name = "URL",
        conflicts_with = "db_path",
        help = "The database, such as sqlite:///var/lib/netscan/netscan.db"
    )]
    pub(crate) database: Option<String>,
    /// The file of an SQLite database
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) db_path: Option<PathBuf>,
    /// The server to work on instead of a database.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        conflicts_with_all = ["database", "db_path"],
        help = "Work on this server instead of a database, such as http://127.0.0.1:8080"
    )]
    pub(crate) server: Option<String>,
    /// The token for the server.
    #[arg(
        long,
        global = true,
        value_name = "TOKEN",
        help = "The token for the server; better in NETSCAN_TOKEN, where other users do not see it"
    )]
    pub(crate) token: Option<String>,
    /// The project to work in [default: default]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// The file with settings [default: netscan.toml in the data or configuration directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Write JSON to standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show no progress and no notes, only errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Show what nmap says and what netscan does; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}
