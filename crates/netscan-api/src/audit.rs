//! The audit log: who did what, in a chain that shows when a row was changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditBody {
    /// Its place in the log, from 1.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who, such as `user:mara`.
    #[schema(examples("user:mara"))]
    pub actor: String,
    /// What, such as `scan.pause`.
    #[schema(examples("scan.pause"))]
    pub action: String,
    /// To what.
    pub subject: String,
    /// With what.
    #[schema(value_type = Object)]
    pub detail: Value,
    /// From which address, if it was from another machine.
    pub address: Option<String>,
    /// SHA-256 over this row and the hash of the one before, in hexadecimal.
    pub hash: String,
}

/// Whether the audit log is as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditVerdict {
    /// Whether it is.
    pub is_intact: bool,
    /// How many rows were looked at.
    pub rows: u64,
    /// The first row that is not as it was written.
    pub first_bad: Option<u64>,
    /// The hash of the last row: who writes it down elsewhere can tell if rows are cut off.
    pub head: String,
}
