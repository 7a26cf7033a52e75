//! Hosts, as lists over several scans have them.

use netscan_model::Host;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A part of what one scan knows of addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostsBody {
    /// The hosts.
    pub items: Vec<HostBody>,
    /// What to send as `cursor` for the next part; null when this is the last one.
    pub next_cursor: Option<String>,
    /// How many hosts fit in all; null when each would have to be looked at: with `where`.
    pub total: Option<u64>,
}

/// What one scan knows of one address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct HostBody {
    /// Its id: that of this address in this scan.
    pub id: String,
    /// The scan's id.
    pub scan_id: Uuid,
    /// The scan's number.
    pub scan_number: u64,
    /// The first of its names.
    pub hostname: Option<String>,
    /// The rest.
    #[serde(flatten)]
    pub host: Host,
}
