//! The first pass, whoever does it.

use netscan_model::batch::Outcome;
use netscan_model::observation::ScanInfo;
use tokio::sync::mpsc;

use crate::discover::{self, DiscoverEnd, DiscoverJob, Found};
use crate::masscan::run::{self as masscan, MasscanEnd, MasscanJob};
use crate::nmap::run::{ArtifactFile, Stop};

/// Who finds the open ports, and what is to be found.
#[derive(Clone, Debug)]
pub enum FirstPass {
    /// This program itself.
    Discover(DiscoverJob),
    /// masscan.
    Masscan(MasscanJob),
}

/// What a first pass came to.
#[derive(Clone, Debug)]
pub(super) struct FirstEnd {
    pub(super) outcome: Outcome,
    /// Why, for people.
    pub(super) reason: String,
    /// How it went, as a line for people.
    pub(super) summary: String,
    pub(super) scan_types: Vec<ScanInfo>,
    pub(super) artifacts: Vec<ArtifactFile>,
    pub(super) artifact_error: Option<String>,
}

impl FirstPass {
    /// What it is called, and told beside `options`.
    pub(super) fn argv(&self, options: Vec<String>) -> Vec<String> {
        match self {
            Self::Discover(_) => [vec!["discover".to_owned()], options].concat(),
            Self::Masscan(job) => job.argv(),
        }
    }

    /// Does it, to its end or to the end of someone's patience.
    pub(super) async fn run(self, out: mpsc::Sender<Found>, stop: Stop) -> FirstEnd {
        match self {
            Self::Discover(job) => discover::discover(job, out, stop).await.into(),
            Self::Masscan(job) => masscan::run(job, out, stop).await.into(),
        }
    }
}

impl FirstEnd {
    pub(super) fn broken(reason: String) -> Self {
        Self {
            outcome: Outcome::Crashed,
            summary: reason.clone(),
            reason,
            scan_types: Vec::new(),
            artifacts: Vec::new(),
            artifact_error: None,
        }
    }
}

impl From<DiscoverEnd> for FirstEnd {
    fn from(end: DiscoverEnd) -> Self {
        Self {
            outcome: end.outcome,
            summary: end.summary(),
            reason: end.reason,
            scan_types: end.scan_types,
            artifacts: Vec::new(),
            artifact_error: None,
        }
    }
}

impl From<MasscanEnd> for FirstEnd {
    fn from(end: MasscanEnd) -> Self {
        let MasscanEnd { outcome, reason, summary, scan_types, artifacts, artifact_error } = end;
        Self { outcome, reason, summary, scan_types, artifacts, artifact_error }
    }
}
