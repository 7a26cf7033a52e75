//! Options of the commands that make scans and cut them: `scan`, `plan`, `split`, `resplit`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use netscan_model::scan::{ModuleChoice, Priority};
use netscan_modules::nmap::options::Profile;
use netscan_orchestrator::template::Said;
use netscan_report::Format;

use super::values::{Span, count, looked, one_of};
use crate::ending::Fault;

/// Plan and run a scan, with live progress; Ctrl-C pauses it
#[derive(Debug, Args)]
pub(crate) struct Scan {
    /// Addresses, CIDRs, ranges (10.0.0.1-50), names, URLs; `!x` excludes x
    #[arg(value_name = "TARGET", required_unless_present_any = ["files", "template", "search"])]
    pub(crate) targets: Vec<String>,
    /// Read targets from this file, or from standard input with `-`
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Scan the hosts that this means of those that are known (docs/search.md), or @NAME of a saved
    /// search
    #[arg(long, value_name = "QUERY", allow_hyphen_values = true, value_parser = looked)]
    pub(crate) search: Option<String>,
    /// Leave this out
    #[arg(long = "exclude", value_name = "TARGET")]
    pub(crate) excludes: Vec<String>,
    /// Leave out what is in this file
    #[arg(long = "exclude-file", value_name = "FILE")]
    pub(crate) exclude_files: Vec<PathBuf>,
    /// Scan what this template says, with values for its parameters: ID[:name=value,…]
    #[arg(long, value_name = "TEMPLATE")]
    pub(crate) template: Option<String>,
    /// Scan nothing when a line of a file is rejected
    #[arg(long)]
    pub(crate) strict: bool,
    /// Leave it running in the background
    #[arg(long)]
    pub(crate) detach: bool,
    /// How the results are written when it has ended
    #[arg(long, value_name = "FORMAT", ignore_case = true, value_parser = one_of::<Format>(Format::NAMES))]
    pub(crate) format: Option<Format>,
    /// Write the results to this file; its ending tells the format if nothing else does
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) how: How,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten)]
    pub(crate) label: Label,
}

/// What nmap is to do.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What nmap does")]
pub(crate) struct How {
    /// quick: top 100 ports; default: top 1,000 with versions; full: all ports with versions
    #[arg(long, value_name = "PROFILE", ignore_case = true, value_parser = one_of::<Profile>(Profile::NAMES))]
    pub(crate) profile: Option<Profile>,
    /// Only these ports, such as 22,80,8000-8100
    #[arg(short, long, value_name = "PORTS")]
    pub(crate) ports: Option<String>,
    /// Only the N most common ports
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) top_ports: Option<u16>,
    /// UDP as well as TCP
    #[arg(long)]
    pub(crate) udp: bool,
    /// nmap's own options in place of those above, such as "-sT -sV -p 22,80"; nmap does all of it then
    #[arg(
        long = "nmap",
        visible_alias = "options",
        value_name = "OPTIONS",
        allow_hyphen_values = true,
        conflicts_with_all = ["profile", "ports", "top_ports", "udp", "modules"]
    )]
    pub(crate) nmap: Option<String>,
    /// Who finds the open ports: this program (discover), masscan, or nmap, which does the rest in any
    /// case
    #[arg(
        long = "module",
        value_name = "ID",
        ignore_case = true,
        value_parser = PossibleValuesParser::new(ModuleChoice::KNOWN)
    )]
    pub(crate) modules: Vec<String>,
}

impl How {
    /// In which form it was said.
    pub(crate) fn said(&self) -> Said {
        let Self { profile, ports, top_ports, udp, nmap, modules: _ } = self;
        let has_profile = profile.is_some() || ports.is_some() || top_ports.is_some() || *udp;
        match nmap {
            Some(_) => Said::Options,
            None if has_profile => Said::Profile,
            None => Said::Nothing,
        }
    }

    /// The modules that were named; none, if none was.
    pub(crate) fn modules(&self) -> Result<Vec<ModuleChoice>, Fault> {
        if self.modules.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<String> = self.modules.iter().map(|id| id.to_ascii_lowercase()).collect();
        ModuleChoice::with_nmap(ids.iter().map(String::as_str))
            .map_err(|problem| Fault::new(format!("--module: {problem}")).of_usage())
    }

    /// Whether nothing was said of what nmap is to do.
    pub(crate) fn is_nothing(&self) -> bool {
        self.said() == Said::Nothing
    }
}

/// How hard and how patiently a scan is run.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "How it is run")]
pub(crate) struct Pace {
    /// Addresses in a batch at most
    #[arg(long, visible_alias = "chunk-size", value_name = "N", value_parser = count)]
    pub(crate) batch_size: Option<NonZeroU32>,
    /// Batches at a time
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) concurrency: Option<NonZeroU32>,
    /// Packets per second over all batches that run at a time
    #[arg(long, value_name = "PPS", value_parser = count)]
    pub(crate) max_rate: Option<NonZeroU32>,
    /// The longest that nmap may take for one host, such as 5m
    #[arg(long, value_name = "TIME")]
    pub(crate) host_timeout: Option<Span>,
    /// The longest that one attempt at a batch may take, such as 1h
    #[arg(long, value_name = "TIME")]
    pub(crate) batch_timeout: Option<Span>,
    /// Tries at a batch before it is halved
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) attempts: Option<NonZeroU32>,
    /// Who goes first among the scans that one process runs
    #[arg(long, value_name = "PRIORITY", ignore_case = true, value_parser = one_of::<Priority>(Priority::NAMES))]
    pub(crate) priority: Option<Priority>,
    /// The longest that the scan may run, pauses not counted, such as 2h
    #[arg(long, value_name = "TIME")]
    pub(crate) max_duration: Option<Span>,
    /// End when so many hosts have answered
    #[arg(long, value_name = "N", value_parser = count)]
    pub(crate) max_results: Option<NonZeroU32>,
}

/// What people call it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What it is called")]
pub(crate) struct Label {
    /// A name for it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) description: String,
    /// Notes about it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) notes: String,
}

/// Create a scan over the project's targets without starting it, and say what it will cost
#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) how: How,
    #[command(flatten)]
    pub(crate) pace: Pace,
    #[command(flatten)]
    pub(crate) label: Label,
}

/// Cut a scan that has not been started into batches of another size
#[derive(Debug, Args)]
pub(crate) struct Split {
    /// The scan
    pub(crate) scan: String,
    /// Addresses in a batch
    #[arg(long, visible_alias = "batch-size", value_name = "N", value_parser = count)]
    pub(crate) chunk_size: NonZeroU32,
}

/// Cut a batch into smaller ones
#[derive(Debug, Args)]
pub(crate) struct Resplit {
    /// The batch: SCAN/NUMBER, a number within the latest scan, or its id
    pub(crate) batch: String,
    /// Addresses in each part
    #[arg(long, visible_alias = "batch-size", value_name = "N", value_parser = count)]
    pub(crate) chunk_size: NonZeroU32,
}
