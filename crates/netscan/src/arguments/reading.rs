//! Options of the commands that only read: `status`, `results`, `coverage`, `difficult`, `artifacts`.

use std::path::PathBuf;

use clap::Args;

use super::control::Report;

/// Show scans, their progress, what is slow, what failed, and what waits and why
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Only this scan, with its batches
    pub(crate) scan: Option<String>,
    /// Write the same as JSON to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) json_out: Option<PathBuf>,
    /// Write the scans as CSV to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) csv_out: Option<PathBuf>,
    /// Show it again whenever it changes, until everything has ended
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Show what a scan found
#[derive(Debug, Args)]
pub(crate) struct Results {
    /// The scan
    pub(crate) scan: String,
    #[command(flatten)]
    pub(crate) report: Report,
}

/// Show what became of each address of a scan
#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// The scan
    pub(crate) scan: String,
}

/// Show the addresses that resist, with the reason
#[derive(Debug, Args)]
pub(crate) struct Difficult {
    /// Only those of this scan
    pub(crate) scan: Option<String>,
}

/// Show what changed from one scan to another
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The earlier scan
    #[arg(value_name = "SCAN_A")]
    pub(crate) from: String,
    /// The later scan
    #[arg(value_name = "SCAN_B")]
    pub(crate) to: String,
}

/// Show what scans of the project saw of an address
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The address
    pub(crate) address: String,
}

/// Copy what nmap itself wrote in each attempt
#[derive(Debug, Args)]
pub(crate) struct Artifacts {
    /// The scan
    pub(crate) scan: String,
    /// Only this batch, by number or id
    pub(crate) batch: Option<String>,
    /// Where to; the directory is made
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: PathBuf,
}
