//! Options of the server, of the tokens by which programs speak to it, and of what answers assistants.

use std::net::SocketAddr;

use clap::{Args, Subcommand};
use netscan_model::access::{Permission, Role};

use super::values::{Span, one_of};

/// Serve the API and run the scans of this database, until Ctrl-C
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}

/// Make, list and revoke tokens, by which programs speak to a server
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make a token and print it, once
    Create(CreateToken),
    /// Show the tokens, without their secrets
    List,
    /// Revoke a token: it is dead at once
    Revoke {
        /// Its id, the part between the underscores, as `token list` shows it
        id: String,
    },
}

/// Make a token and print it, once
#[derive(Debug, Args)]
pub(crate) struct CreateToken {
    /// What it is for
    pub(crate) name: String,
    /// What it may do
    #[arg(long, value_name = "ROLE", ignore_case = true, default_value = "admin", value_parser = one_of::<Role>(Role::NAMES))]
    pub(crate) role: Role,
    /// Only this permission of the role; may be given several times
    #[arg(long = "scope", value_name = "PERMISSION", ignore_case = true, value_parser = one_of::<Permission>(Permission::NAMES))]
    pub(crate) scopes: Vec<Permission>,
    /// It holds for so long, such as 24h; for ever if nothing is said
    #[arg(long, value_name = "TIME")]
    pub(crate) expires_in: Option<Span>,
}

/// Answer an assistant's questions about results, over the Model Context Protocol on standard input
/// and output (docs/assistants.md)
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Let the assistant pause, resume and stop scans too; it can never start one
    #[arg(long)]
    pub(crate) allow_control: bool,
}
