//! Options of the commands that only read: `status`, `results`, `coverage`, `difficult`, `artifacts`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use netscan_model::difference::Change;
use netscan_model::search::Query;
use netscan_report::{DifferenceFormat, ReportFormat};

use super::control::Report;
use super::values::{looked, moment, one_of, query};

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

/// Watch scans on a screen that keeps itself up to date, and control them with a key
#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// Begin with this scan instead of the list of all
    pub(crate) scan: Option<String>,
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

/// Write the report of a scan for people
#[derive(Debug, Args)]
pub(crate) struct ScanReport {
    /// The scan
    pub(crate) scan: String,
    /// How the report is written: html, unless the file's ending tells otherwise; json is what a template is given
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = one_of::<ReportFormat>(ReportFormat::NAMES))]
    pub(crate) format: Option<ReportFormat>,
    /// Write it by this template of yours, in the language of Jinja (docs/guide.md)
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    pub(crate) template: Option<PathBuf>,
    /// Write the report to this file; its ending tells the format if nothing else does
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
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
    /// Compare also hosts in whose place something else seems to answer, which are left out otherwise
    #[arg(long)]
    pub(crate) suspects: bool,
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

const EXAMPLES_OF_SEARCH: &str = "\
Examples:
  netscan search 'port:443 product:nginx -tag:lab'
  netscan search 'cve:*' --facets port,product
  netscan search --as-of 2026-11-01 -o inventory.csv
  netscan search 'service:telnet' --save telnet
  netscan scan --search @telnet";

/// Look for hosts by what all scans of the project know of them
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES_OF_SEARCH)]
pub(crate) struct Search {
    /// What they are like (docs/search.md), or @NAME of a saved search; all that are known without it
    #[arg(value_name = "QUERY", allow_hyphen_values = true, value_parser = looked)]
    pub(crate) query: Option<String>,
    /// As it was known at this time, and not as it is now; a date is its beginning in UTC
    #[arg(long, value_name = "DATE", value_parser = moment)]
    pub(crate) as_of: Option<Timestamp>,
    /// Count what they have in common: port, service, product, os, vendor, net, with commas between
    #[arg(long, value_name = "FIELDS", conflicts_with = "as_of")]
    pub(crate) facets: Option<String>,
    /// At most so many hosts: 100 in a table and all in other formats, if it is not said
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Save the query under this name
    #[arg(long, value_name = "NAME", requires = "query")]
    pub(crate) save: Option<String>,
    /// List the saved searches
    #[arg(long, conflicts_with_all = ["query", "save", "remove"])]
    pub(crate) saved: bool,
    /// Remove this saved search
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "save"])]
    pub(crate) remove: Option<String>,
    #[command(flatten)]
    pub(crate) report: Report,
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
