//! The audit log: what somebody did, and whether the log is whole.

use jiff::Timestamp;
use serde::Serialize;

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditRecord {
    /// Its number in the log of the whole database, from 1 and without gaps.
    pub seq: u64,
    /// When.
    pub ts: Timestamp,
    /// Who, such as `cli:root`.
    pub actor: String,
    /// The address they came from, if it was not this machine's terminal.
    pub remote: Option<String>,
    /// What, such as `scan.pause`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// With what.
    pub detail: serde_json::Value,
    /// The hash over it and all before it; empty for a row that is not part of the chain.
    pub hash: String,
}

/// Which rows of the audit log are wanted; nothing stands for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of whom. `token:NAME` is each token of that name, `token:NAME#ID` one of them.
    pub actor: Option<String>,
    /// Which action, or group of them: `scan` is `scan.create`, `scan.start`, and so on.
    pub action: Option<String>,
    /// On what.
    pub subject: Option<String>,
    /// From when, included.
    pub since: Option<Timestamp>,
    /// Until when, not included.
    pub until: Option<Timestamp>,
    /// Only rows with lower numbers: the last `seq` of the page before.
    pub before: Option<u64>,
}

/// The end of the audit log. Kept elsewhere, it proves later that nothing before it was touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditHead {
    /// The number of the last row; 0 when there is none.
    pub seq: u64,
    /// Its hash, over it and all before it.
    pub hash: String,
}

/// Whether the audit log is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditVerdict {
    /// How many rows were found to be right, from the first.
    pub rows: u64,
    /// The last of them.
    pub head: AuditHead,
    /// The number of the first row that is wrong or missing.
    pub first_bad: Option<u64>,
    /// What is wrong with it.
    pub why: Option<AuditFault>,
}

/// What is wrong with a row of the audit log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AuditFault {
    /// There are rows after it, or were, but not it.
    #[error("it is missing")]
    Missing,
    /// It is not part of the chain.
    #[error("it has no hash")]
    Unchained,
    /// It, or its place, is not what was written.
    #[error("it is not what was written")]
    Changed,
    /// The chain is sound in itself, but not the one that the anchor was taken from.
    #[error("it is not the row that was anchored")]
    Replaced,
}
