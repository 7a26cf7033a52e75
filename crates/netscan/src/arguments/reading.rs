//! Options of the commands that only read: `status`, `results`, `coverage`, `difficult`, `artifacts`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use netscan_model::difference::Change;
use netscan_model::search::Query;
use netscan_report::DifferenceFormat;

use super::control::Report;
use super::values::{moment, one_of, query};

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
    /// Only hosts that match, such as `port:443 product:nginx -tag:lab` (docs/search.md)
    #[arg(long = "where", value_name = "QUERY", allow_hyphen_values = true, value_parser = query)]
    pub(crate) only: Option<Query>,
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

const EXIT_STATUSES_OF_DIFF: &str = "\
With --exit-code: 0 nothing differs, 10 something does, 3 nothing differs where both scans looked, but not all \
was scanned in both (leave that out with --only)";

/// Show what changed from one scan to another
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUSES_OF_DIFF)]
pub(crate) struct Diff {
    /// The earlier scan; the later one, if it is alone
    #[arg(value_name = "SCAN_A", required_unless_present = "from")]
    pub(crate) first: Option<String>,
    /// The later scan
    #[arg(value_name = "SCAN_B")]
    pub(crate) second: Option<String>,
    /// From the last scan before it that had all of its addresses to scan, as with one scan alone
    #[arg(long, conflicts_with_all = ["second", "from"])]
    pub(crate) last: bool,
    /// From the newest scan that was completed at this time; a date is its beginning in UTC
    #[arg(long, value_name = "DATE", value_parser = moment, conflicts_with = "first")]
    pub(crate) from: Option<Timestamp>,
    /// To the newest scan that was completed at this time: now, if it is left out
    #[arg(long, value_name = "DATE", value_parser = moment, requires = "from")]
    pub(crate) to: Option<Timestamp>,
    /// Only changes of these kinds, with commas between them
    #[arg(long, value_name = "KINDS", value_delimiter = ',', ignore_case = true, value_parser = one_of::<Change>(Change::NAMES))]
    pub(crate) only: Vec<Change>,
    /// How the changes are written
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = one_of::<DifferenceFormat>(DifferenceFormat::NAMES))]
    pub(crate) format: Option<DifferenceFormat>,
    /// Write the changes to this file; its ending tells the format if nothing else does
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// End with status 10 if something differs
    #[arg(long)]
    pub(crate) exit_code: bool,
}

/// Show what scans of the project saw of an address: when it was seen first and last, and each of
/// its ports
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The address
    pub(crate) address: String,
    /// Only when it and its ports were seen first and last, by the scans that reached it
    #[arg(long)]
    pub(crate) summary: bool,
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
