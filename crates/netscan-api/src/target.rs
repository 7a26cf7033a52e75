//! Targets: a project's inventory, what targets amount to, and what is known of one.

use jiff::Timestamp;
use netscan_model::coverage::CoverageState;
use netscan_model::scan::State;
use netscan_model::target::Rejected;
use netscan_model::{Address, AddressRange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::check::{Check, Findings};
use crate::scan::MOST_TARGETS;
use crate::text::{Name, TargetLines, TargetText, TargetTexts};

/// Words that one target may carry.
pub const MOST_TAGS: usize = 100;
/// Addresses that a preview may show.
pub const MOST_SHOWN: u32 = 10_000;
/// Addresses that a preview shows when nobody says how many.
pub const DEFAULT_SHOWN: u32 = 100;
/// The largest whole number that every reader of JSON keeps as it is (RFC 8259, section 6).
pub const MOST_EXACT: u64 = (1 << 53) - 1;

/// A target in a project's inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TargetBody {
    /// In canonical spelling.
    #[schema(examples("192.0.2.0/24"))]
    pub target: String,
    /// What kind it is, such as `cidr`; `exclude` for what is left out.
    #[schema(examples("cidr"))]
    pub kind: String,
    /// Words that people put on it.
    pub tags: Vec<String>,
    /// When it was added.
    pub added_at: Timestamp,
}

/// Targets, as a list or as a text with many lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "write targets as an array of texts, or as one text")]
pub enum Targets {
    /// One or more in each entry.
    #[schema(value_type = TargetTexts)]
    List(Vec<String>),
    /// One or more in each line, with comments.
    #[schema(value_type = TargetLines)]
    Text(String),
}

impl Default for Targets {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

impl Targets {
    /// As one text with many lines.
    #[must_use]
    pub fn into_text(self) -> String {
        match self {
            Self::List(entries) => entries.join("\n"),
            Self::Text(text) => text,
        }
    }

    fn examine(&self, field: &str, findings: &mut Findings) {
        match self {
            Self::List(entries) => findings.texts::<TargetText>(field, entries, MOST_TARGETS),
            Self::Text(text) => findings.text::<TargetLines>(field, text),
        }
    }
}

/// Adds targets to a project's inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "targets": ["192.0.2.0/24", "!192.0.2.1"], "tags": ["office"] })))]
pub struct AddTargets {
    /// What to add.
    pub targets: Targets,
    /// Words to put on all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Name>, max_items = 100)]
    pub tags: Vec<String>,
    /// Whether nothing is added when some of it cannot be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
}

impl Check for AddTargets {
    fn examine(&self, findings: &mut Findings) {
        self.targets.examine("/targets", findings);
        findings.texts::<Name>("/tags", &self.tags, MOST_TAGS);
    }
}

/// What became of targets that were to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddedTargets {
    /// Added.
    pub new: u64,
    /// There already.
    pub duplicates: u64,
    /// Not added, because it cannot be read: the first hundred.
    pub rejected: Vec<RejectedTarget>,
    /// How many these are in all.
    #[serde(default)]
    pub rejected_count: u64,
}

/// A text that is not a target, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RejectedTarget {
    /// The line, or the entry of the list, from 1.
    pub line: u64,
    /// The column of its first character, from 1.
    pub column: u64,
    /// How it was written.
    pub text: String,
    /// What is wrong with it. Reads on after the text itself.
    #[schema(examples("has a mask longer than 32 bits"))]
    pub reason: String,
}

impl From<&Rejected> for RejectedTarget {
    fn from(rejected: &Rejected) -> Self {
        let Rejected { text, line, column, was_exclude: _, reason } = rejected;
        Self {
            line: u64::try_from(*line).unwrap_or(u64::MAX),
            column: u64::try_from(*column).unwrap_or(u64::MAX),
            text: text.clone(),
            reason: reason.to_string(),
        }
    }
}

/// Takes targets out of a project's inventory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveTargets {
    /// Which, in any spelling.
    #[schema(value_type = Vec<TargetText>, min_items = 1, max_items = 100_000)]
    pub targets: Vec<String>,
}

impl Check for RemoveTargets {
    fn examine(&self, findings: &mut Findings) {
        findings.add_if(self.targets.is_empty(), "/targets", "is empty: which targets?");
        findings.texts::<TargetText>("/targets", &self.targets, MOST_TARGETS);
    }
}

/// What was taken out of a project's inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RemovedTargets {
    /// In canonical spelling.
    pub removed: Vec<String>,
    /// Those that were not there.
    pub missing: Vec<String>,
}

/// Says which words a target carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagTarget {
    /// Which target, in any spelling.
    #[schema(value_type = TargetText)]
    pub target: String,
    /// All words that it carries from now on.
    #[schema(value_type = Vec<Name>, max_items = 100)]
    pub tags: Vec<String>,
}

impl Check for TagTarget {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<TargetText>("/target", &self.target);
        findings.texts::<Name>("/tags", &self.tags, MOST_TAGS);
    }
}

/// Asks what targets amount to. Nothing is stored, and no packet is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "targets": ["192.0.2.0/30"], "limit": 10 })))]
pub struct ExpandTargets {
    /// The targets.
    pub targets: Targets,
    /// What to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<TargetText>, max_items = 100_000)]
    pub excludes: Vec<String>,
    /// The project whose scope holds: its name or id; `default` if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub project: Option<String>,
    /// How many addresses to show, 100 if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 10_000)]
    pub limit: Option<u32>,
}

impl ExpandTargets {
    /// How many addresses to show.
    #[must_use]
    pub fn shown(&self) -> u32 {
        self.limit.unwrap_or(DEFAULT_SHOWN).min(MOST_SHOWN)
    }
}

impl Check for ExpandTargets {
    fn examine(&self, findings: &mut Findings) {
        self.targets.examine("/targets", findings);
        findings.texts::<TargetText>("/excludes", &self.excludes, MOST_TARGETS);
        findings.some_text::<Name>("/project", self.project.as_deref());
        findings.at_most("/limit", self.limit.map(u64::from), MOST_SHOWN.into());
    }
}

/// What targets amount to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExpandedTargets {
    /// How many addresses may be scanned; 9007199254740991 stands for that many or more.
    pub count: u64,
    /// The same, however many they are.
    #[schema(examples("256"))]
    pub count_text: String,
    /// The first of them.
    pub targets: Vec<Address>,
    /// Names, whose addresses are looked up when a scan is made.
    pub names: Vec<String>,
    /// What cannot be read: the first hundred.
    pub rejected: Vec<RejectedTarget>,
    /// How much cannot be read in all.
    #[serde(default)]
    pub rejected_count: u64,
    /// How many addresses are excluded, here or by the project.
    pub excluded: u64,
    /// How many addresses the project's scope does not allow.
    pub out_of_scope: u64,
    /// Whether there are more addresses than are shown.
    pub truncated: bool,
}

/// A count that every reader of JSON keeps as it is.
#[must_use]
pub fn exact(count: u128) -> u64 {
    u64::try_from(count).unwrap_or(MOST_EXACT).min(MOST_EXACT)
}

/// What one scan found out about an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    /// The scan's id.
    pub scan_id: Uuid,
    /// The scan's number.
    pub scan_number: u64,
    /// The scan's name.
    pub scan_name: String,
    /// The project's name.
    pub project: String,
    /// Where the scan is.
    pub scan_status: State,
    /// When the host was stored, or else when the scan ended, began or was made.
    pub at: Timestamp,
    /// What became of the address.
    pub state: CoverageState,
    /// Why.
    pub reason: String,
    /// The host's id, if it answered.
    pub host_id: Option<String>,
    /// Its open ports, such as `22/tcp`.
    pub open_ports: Vec<String>,
}

/// Addresses that resist, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DifficultBody {
    /// The scan's id.
    pub scan_id: Uuid,
    /// The scan's number.
    pub scan_number: u64,
    /// Which addresses.
    pub addresses: AddressRange,
    /// How many they are.
    pub count: u64,
    /// Timed out, or failed.
    pub state: CoverageState,
    /// Why.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use netscan_model::target::TargetList;
    use serde_json::json;

    use super::*;

    #[test]
    fn targets_are_a_list_or_a_text() {
        let read = |body| serde_json::from_value::<AddTargets>(body).unwrap().targets.into_text();

        assert_eq!(read(json!({ "targets": ["a.lan", "b.lan"] })), "a.lan\nb.lan");
        assert_eq!(read(json!({ "targets": "a.lan # first\nb.lan" })), "a.lan # first\nb.lan");
    }

    #[test]
    fn what_is_neither_is_told_what_to_write() {
        let refusal = serde_json::from_value::<AddTargets>(json!({ "targets": 5 })).unwrap_err();

        assert_eq!(refusal.to_string(), "write targets as an array of texts, or as one text");
    }

    #[test]
    fn a_rejected_target_is_told_as_the_model_found_it() {
        let list = TargetList::parse("a.lan\n  10.0.0.0/33");

        assert_eq!(
            RejectedTarget::from(&list.rejected[0]),
            RejectedTarget {
                line: 2,
                column: 3,
                text: "10.0.0.0/33".to_owned(),
                reason: "has a mask longer than 32 bits".to_owned(),
            }
        );
    }

    #[test]
    fn a_count_beyond_what_json_keeps_is_the_largest_that_it_does() {
        assert_eq!(exact(256), 256);
        assert_eq!(exact(1 << 53), MOST_EXACT);
        assert_eq!(exact(u128::MAX), MOST_EXACT);
    }
}
