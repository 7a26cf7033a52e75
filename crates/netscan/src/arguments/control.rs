//! Options of the commands that control scans: `run`, `pause`, `stop` and the like.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use netscan_model::scan::Priority;
use netscan_report::Format;

use super::values::{Longest, Most, Rate, count, longest, most, one_of, rate};

/// Start a scan, or go on with it, and stay until it has ended
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The scan
    pub(crate) scan: String,
    /// Stay until it has ended even if another process was started for it
    #[arg(long)]
    pub(crate) wait: bool,
    /// Leave the terminal that started this process: for `scan --detach`
    #[arg(long, hide = true)]
    pub(crate) detached: bool,
    #[command(flatten)]
    pub(crate) report: Report,
}

/// How the results are written when the scan has ended.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Report {
    /// How the results are written when it has ended
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = one_of::<Format>(Format::NAMES))]
    pub(crate) format: Option<Format>,
    /// Write the results to this file; its ending tells the format if nothing else does
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Let a scan rest; what runs is ended, what was found is kept
#[derive(Debug, Args)]
pub(crate) struct Pause {
    /// The scan
    pub(crate) scan: String,
}

/// Go on with a scan that was paused, and stay until it has ended
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The scan
    pub(crate) scan: String,
    #[command(flatten)]
    pub(crate) report: Report,
}

/// End a scan for good; what was found is kept
#[derive(Debug, Args)]
pub(crate) struct Stop {
    /// The scan
    pub(crate) scan: String,
}

/// Take up again what could not be scanned
#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// The scan
    pub(crate) scan: String,
    /// Only what failed
    #[arg(long, conflicts_with = "difficult")]
    pub(crate) failed: bool,
    /// Only what failed or timed out, each address alone
    #[arg(long)]
    pub(crate) difficult: bool,
    #[command(flatten)]
    pub(crate) report: Report,
}

/// Scan everything again, as a new scan in the same series
#[derive(Debug, Args)]
pub(crate) struct Rerun {
    /// The scan
    pub(crate) scan: String,
    /// Run it in the background
    #[arg(long)]
    pub(crate) detach: bool,
    #[command(flatten)]
    pub(crate) report: Report,
}

/// Change how a scan is run, also while it runs
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Changes {
    /// Batches at a time
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) concurrency: Option<NonZeroU32>,
    /// Packets per second over all batches that run at a time, or `none`
    #[arg(long, value_name = "PPS", value_parser = rate)]
    pub(crate) max_rate: Option<Rate>,
    /// Who goes first among the scans that one process runs
    #[arg(long, value_name = "PRIORITY", ignore_case = true, value_parser = one_of::<Priority>(Priority::NAMES))]
    pub(crate) priority: Option<Priority>,
    /// The longest that the scan may run, pauses not counted, such as 2h, or `none`
    #[arg(long, value_name = "TIME", value_parser = longest)]
    pub(crate) max_duration: Option<Longest>,
    /// End when so many hosts have answered, or `none`
    #[arg(long, value_name = "N", value_parser = most)]
    pub(crate) max_results: Option<Most>,
}

/// Change how a scan is run, also while it runs
#[derive(Debug, Args)]
pub(crate) struct Set {
    /// The scan
    pub(crate) scan: String,
    #[command(flatten)]
    pub(crate) changes: Changes,
}
