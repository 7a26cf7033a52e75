//! Options of the commands about a project's targets and scope, and what is brought into it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use netscan_model::import::FileFormat;

use super::values::{moment, one_of};

/// Add the targets in a file to the project
#[derive(Debug, Args)]
pub(crate) struct Ingest {
    /// The file, or `-` for standard input
    pub(crate) file: PathBuf,
    /// Add nothing when something is rejected
    #[arg(long)]
    pub(crate) strict: bool,
}

/// Make scans of files that nmap or masscan wrote; nothing is scanned
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The files, as they are or packed by gzip, or `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// A name for the scan [default: the file's name]
    #[arg(long, value_name = "TEXT")]
    pub(crate) name: Option<String>,
    /// The form of the file [default: told by its first bytes]
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = one_of::<FileFormat>(FileFormat::NAMES))]
    pub(crate) format: Option<FileFormat>,
}

/// Show and change the project's targets
#[derive(Debug, Subcommand)]
pub(crate) enum Targets {
    /// Show them
    List {
        /// Only those with this tag
        #[arg(long, value_name = "TAG")]
        tag: Option<String>,
    },
    /// Put tags on a target, in place of those it has
    Tag {
        /// The target
        target: String,
        /// The tags; none takes all away
        tags: Vec<String>,
    },
    /// Remove targets
    Remove {
        /// The targets
        #[arg(required = true)]
        targets: Vec<String>,
    },
}

/// Show and change what the project may touch
#[derive(Debug, Subcommand)]
pub(crate) enum Scope {
    /// Show the rules
    Show,
    /// Allow this and, with the first such rule, nothing else
    Allow(Rules),
    /// Deny this, whatever is allowed
    Deny(Rules),
    /// Take rules away
    Remove {
        /// What the rules are about
        #[arg(required = true, value_name = "SUBJECT")]
        subjects: Vec<String>,
    },
    /// Write down by whose leave the project is scanned, and for how long
    Authorise(Authorise),
}

/// By whose leave, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Authorise {
    /// Who allowed it
    #[arg(long, value_name = "WHO", required_unless_present = "nobody")]
    pub(crate) by: Option<String>,
    /// Where that can be looked up
    #[arg(long, value_name = "TICKET", requires = "by")]
    pub(crate) ticket: Option<String>,
    /// Nothing may be scanned before, such as 2026-03-01 or 2026-03-01T22:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// Nothing may be scanned from then on
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<Timestamp>,
    /// Take what was written down away
    #[arg(long, conflicts_with_all = ["by", "ticket", "from", "until"])]
    pub(crate) nobody: bool,
}

/// What rules are about.
#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// Addresses, CIDRs, ranges, names, or *.example.com
    #[arg(required = true, value_name = "SUBJECT")]
    pub(crate) subjects: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// The rule does not hold before, such as 2026-03-01 or 2026-03-01T22:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) from: Option<Timestamp>,
    /// The rule does not hold from then on
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<Timestamp>,
}
