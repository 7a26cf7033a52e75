//! What changed from one scan to another.

pub use netscan_model::difference::{
    Change, Changes as DiffSummary, Difference as ChangeBody, Seen,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What changed from one scan to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DiffBody {
    /// The earlier scan's number.
    pub from: u64,
    /// The later scan's number.
    pub to: u64,
    /// How many changes are listed of each kind, and how many hosts are left out as `suspect`.
    pub summary: DiffSummary,
    /// The changes, by address.
    pub changes: Vec<ChangeBody>,
    /// Whether there are more than are listed.
    pub truncated: bool,
}
