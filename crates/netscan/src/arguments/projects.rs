//! Options of the commands about projects, templates, and how much may run at a time.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::values::{Rate, rate};

/// Make, list, change and remove projects
#[derive(Debug, Subcommand)]
pub(crate) enum Project {
    /// Show them
    List,
    /// Make a project
    Create {
        /// Its name
        name: String,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        description: String,
    },
    /// Remove a project with all its scans
    Remove {
        /// Its name
        name: String,
    },
    /// Change a project; what is left out stays as it is
    Set(SetProject),
}

/// Change a project; what is left out stays as it is
#[derive(Debug, Args)]
#[group(id = "changes", required = true, multiple = true, args = ["rename", "description", "max_scans", "max_batches", "max_rate"])]
pub(crate) struct SetProject {
    /// Its name
    pub(crate) name: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Scans at a time, or `none`
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) max_scans: Option<Rate>,
    /// Batches at a time over all its scans, or `none`
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) max_batches: Option<Rate>,
    /// Packets per second over all its scans, or `none`
    #[arg(long, value_name = "PPS", value_parser = rate)]
    pub(crate) max_rate: Option<Rate>,
}

/// Show and set how much may run at a time over all projects
#[derive(Debug, Subcommand)]
pub(crate) enum Limits {
    /// Show it
    Show,
    /// Change it; what is left out stays as it is
    Set(SetLimits),
}

/// How much may run at a time over all projects.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct SetLimits {
    /// Batches at a time, or `none`
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(crate) max_batches: Option<Rate>,
    /// Packets per second, or `none`
    #[arg(long, value_name = "PPS", value_parser = rate)]
    pub(crate) max_rate: Option<Rate>,
    /// Packets per second to one address, whoever scans it, or `none`
    #[arg(long, value_name = "PPS", value_parser = rate)]
    pub(crate) address_rate: Option<Rate>,
    /// Packets per second to one /24 of IPv4 or /64 of IPv6, or `none`
    #[arg(long, value_name = "PPS", value_parser = rate)]
    pub(crate) network_rate: Option<Rate>,
}

/// Make, list, check and remove templates, which scans are made from
#[derive(Debug, Subcommand)]
pub(crate) enum Template {
    /// Show them
    List,
    /// Show what one says
    Show {
        /// Its name or id
        template: String,
        /// This version instead of the newest
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Make a template
    Create {
        /// Its name
        name: String,
        /// What it says (YAML), or `-` for standard input
        #[arg(short = 'f', long = "file", value_name = "FILE")]
        file: PathBuf,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Change a template; a new text is a new version
    Update(UpdateTemplate),
    /// Remove a template; scans that were made from it stay
    Remove {
        /// Its name or id
        template: String,
    },
    /// Check the text of a template
    Validate {
        /// The text (YAML), or `-` for standard input
        file: PathBuf,
    },
    /// Say what a scan from a template would cost; nothing is stored
    Plan {
        /// Its name or id, with values for its parameters: ID[:name=value,…]
        template: String,
        /// Scan these instead of what the template says
        targets: Vec<String>,
    },
}

/// Change a template; a new text is a new version
#[derive(Debug, Args)]
#[group(id = "changes", required = true, multiple = true, args = ["file", "rename", "description"])]
pub(crate) struct UpdateTemplate {
    /// Its name or id
    pub(crate) template: String,
    /// What it says from now on, or `-` for standard input
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
}
