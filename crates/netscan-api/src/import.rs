//! Scans that are read from files.

use netscan_model::import::FileFormat;
use netscan_model::scan::Scan;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::check::{Check, Findings};
use crate::text::{Label, Name, Prose};

/// What is said of a file beside what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportFile {
    /// The project: its name or id; `default` if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200)]
    pub project: Option<String>,
    /// What people call the scan; the file's name if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200)]
    pub name: Option<String>,
    /// What people note about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 10_000)]
    pub notes: Option<String>,
    /// What the file is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(max_length = 200)]
    pub file: Option<String>,
    /// The form of the file; told by its first bytes if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    pub format: Option<FileFormat>,
}

impl Check for ImportFile {
    fn examine(&self, findings: &mut Findings) {
        findings.some_text::<Name>("project", self.project.as_deref());
        findings.some_text::<Label>("name", self.name.as_deref());
        findings.some_text::<Prose>("notes", self.notes.as_deref());
        findings.some_text::<Label>("file", self.file.as_deref());
    }
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportBody {
    /// The scan that it became.
    pub scan: Scan,
    /// Hosts that the scan has.
    pub hosts: u64,
    /// Their ports.
    pub ports: u64,
    /// Hosts, ports and other entries that could not be read, and were left out.
    pub skipped: u64,
    /// Whether the file was not whole. The scan is `partial` then.
    pub truncated: bool,
}
