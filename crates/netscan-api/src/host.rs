//! Hosts, as lists over several scans have them.

use netscan_model::Host;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

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
