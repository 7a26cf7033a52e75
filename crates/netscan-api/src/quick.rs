//! The requests of earlier generations: create and start in one, and a quick scan.

use std::num::NonZeroU32;

use netscan_model::Host;
use netscan_model::named;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::check::{Check, Findings};
use crate::scan::{MOST_BATCH_SIZE, MOST_CONCURRENCY, MOST_OPTIONS, MOST_TARGETS, Profile};
use crate::text::{Label, Name, OptionWord, TargetText};

/// Targets that a quick scan may have.
pub const MOST_QUICK_TARGETS: usize = 256;

/// Makes a scan and starts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "project_id": "default", "nmap_flags": ["-sT", "-F"], "targets": ["192.0.2.0/28"]
})))]
pub struct StartScan {
    /// The project: its name or id.
    #[schema(value_type = Name)]
    pub project_id: String,
    /// nmap's options, word by word; those of the profile if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<OptionWord>, max_items = 1000)]
    pub nmap_flags: Vec<String>,
    /// What to scan.
    #[schema(value_type = Vec<TargetText>, min_items = 1, max_items = 100_000)]
    pub targets: Vec<String>,
    /// Addresses in a batch at most.
    #[serde(default = "usual_chunk_size")]
    #[schema(value_type = u32, minimum = 1, maximum = 65536, default = 256)]
    pub chunk_size: NonZeroU32,
    /// Batches at a time.
    #[serde(default = "usual_concurrency")]
    #[schema(value_type = u32, minimum = 1, maximum = 1000, default = 6)]
    pub concurrency: NonZeroU32,
    /// Read and not used: there is one way to run a scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Label>)]
    pub runner: Option<String>,
    /// How much of a host is looked at, when there are no options.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Label>)]
    pub name: Option<String>,
}

fn usual_chunk_size() -> NonZeroU32 {
    NonZeroU32::new(256).expect("not zero")
}

fn usual_concurrency() -> NonZeroU32 {
    NonZeroU32::new(6).expect("not zero")
}

impl Check for StartScan {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Name>("/project_id", &self.project_id);
        findings.texts::<OptionWord>("/nmap_flags", &self.nmap_flags, MOST_OPTIONS);
        findings.add_if(self.targets.is_empty(), "/targets", "is empty: what is to be scanned?");
        findings.texts::<TargetText>("/targets", &self.targets, MOST_TARGETS);
        let (size, concurrency) = (self.chunk_size.get(), self.concurrency.get());
        findings.at_most("/chunk_size", Some(size.into()), MOST_BATCH_SIZE);
        findings.at_most("/concurrency", Some(concurrency.into()), MOST_CONCURRENCY);
        findings.some_text::<Label>("/runner", self.runner.as_deref());
        findings.some_text::<Label>("/name", self.name.as_deref());
        let is_twofold = self.profile.is_some() && !self.nmap_flags.is_empty();
        findings.add_if(
            is_twofold,
            "/profile",
            "cannot stand beside nmap_flags: write one of them",
        );
    }
}

/// A scan that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Started {
    /// Its id.
    pub scan_id: Uuid,
    /// What became of the request.
    pub status: StartedStatus,
}

/// What became of a request to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StartedStatus {
    /// It was started.
    Started,
}

named!(StartedStatus, "outcome of a start", { Started = "started" });

/// Scans a few targets while one waits for the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "nmap_flags": ["-sT", "-F"], "targets": ["192.0.2.1"] })))]
pub struct QuickScan {
    /// nmap's options, word by word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<OptionWord>, max_items = 1000)]
    pub nmap_flags: Vec<String>,
    /// What to scan.
    #[schema(value_type = Vec<TargetText>, min_items = 1, max_items = 256)]
    pub targets: Vec<String>,
    /// The project whose scope holds: its name or id; `default` if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub project: Option<String>,
}

impl Check for QuickScan {
    fn examine(&self, findings: &mut Findings) {
        findings.texts::<OptionWord>("/nmap_flags", &self.nmap_flags, MOST_OPTIONS);
        findings.add_if(self.targets.is_empty(), "/targets", "is empty: what is to be scanned?");
        findings.texts::<TargetText>("/targets", &self.targets, MOST_QUICK_TARGETS);
        findings.some_text::<Name>("/project", self.project.as_deref());
    }
}

/// What a quick scan found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuickResult {
    /// The scan that it was, which is kept like any other.
    pub scan_id: Option<Uuid>,
    /// What nmap printed.
    pub stdout: String,
    /// How nmap ended: 0 when all is well.
    pub exit_code: i32,
    /// What was found.
    pub hosts: Vec<Host>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_of_an_earlier_generation_is_read() {
        let body = json!({
            "project_id": "default", "targets": ["127.0.0.1"], "nmap_flags": ["-sT"], "runner": "asyncio"
        });

        let request: StartScan = serde_json::from_value(body).unwrap();

        assert_eq!((request.chunk_size.get(), request.concurrency.get()), (256, 6));
        assert_eq!(request.check(), Ok(()));
    }

    #[test]
    fn a_scan_of_nothing_is_refused() {
        let request = QuickScan { nmap_flags: vec![], targets: vec![], project: None };

        assert_eq!(request.check().unwrap_err()[0].field, "/targets");
    }

    #[test]
    fn the_answer_says_started() {
        let started = Started { scan_id: Uuid::nil(), status: StartedStatus::Started };

        assert_eq!(serde_json::to_value(started).unwrap()["status"], "started");
    }
}
