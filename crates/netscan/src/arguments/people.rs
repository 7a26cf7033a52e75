//! Options of the commands about people, and about what they did.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use netscan_api::audit::Anchor;
use netscan_model::access::Role;

use super::values::{moment, one_of};

/// Make, list, change and remove users, who sign in to a server
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Show them
    List,
    /// Make a user; the password is read from the terminal or from standard input
    Create {
        /// The name they sign in with
        name: String,
        /// What they may do
        #[arg(long, value_name = "ROLE", ignore_case = true, default_value = "viewer", value_parser = one_of::<Role>(Role::NAMES))]
        role: Role,
        /// The name that others read
        #[arg(long, value_name = "TEXT")]
        display_name: Option<String>,
        #[command(flatten)]
        password: Password,
    },
    /// Change a user; what is left out stays as it is
    Set(SetUser),
    /// Take a user out of the organisation; their sessions and tokens end
    Remove {
        /// Who
        name: String,
    },
}

/// Where a password comes from. It is no argument, since others can read those.
#[derive(Debug, Args)]
pub(crate) struct Password {
    /// Read the password from the first line of standard input, and ask for nothing
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

/// Change a user; what is left out stays as it is
#[derive(Debug, Args)]
#[group(id = "changes", required = true, multiple = true, args = ["role", "display_name", "disable", "enable", "drop_totp", "password_stdin"])]
pub(crate) struct SetUser {
    /// Who
    pub(crate) name: String,
    /// What they may do
    #[arg(long, value_name = "ROLE", ignore_case = true, value_parser = one_of::<Role>(Role::NAMES))]
    pub(crate) role: Option<Role>,
    /// The name that others read
    #[arg(long, value_name = "TEXT")]
    pub(crate) display_name: Option<String>,
    /// Keep them out
    #[arg(long, conflicts_with = "enable")]
    pub(crate) disable: bool,
    /// Let them in again
    #[arg(long)]
    pub(crate) enable: bool,
    /// Take their second factor away, so that they can set up another one
    #[arg(long)]
    pub(crate) drop_totp: bool,
    #[command(flatten)]
    pub(crate) password: Password,
}

/// Show who did what, and check that nobody changed that
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Show what was done, newest first
    List(ListAudit),
    /// Check that the log is as it was written
    Verify {
        /// Check too that it goes on from this end, which an earlier check showed or the server logged
        #[arg(long, value_name = "SEQ:HASH")]
        anchor: Option<Anchor>,
    },
}

/// Which rows of the audit log.
#[derive(Debug, Args)]
pub(crate) struct ListAudit {
    /// Only what this one did, such as user:mara
    #[arg(long, value_name = "WHO")]
    pub(crate) actor: Option<String>,
    /// Only this action, such as scan.pause, or group of actions, such as scan
    #[arg(long, value_name = "ACTION")]
    pub(crate) action: Option<String>,
    /// Only since then, such as 2026-03-01
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// Only until then
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<Timestamp>,
    /// So many rows at most
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
}
