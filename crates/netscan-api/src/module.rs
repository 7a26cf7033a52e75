//! Modules: the abilities that scans are made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModuleBody {
    /// Its id, such as `nmap`.
    #[schema(examples("nmap"))]
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it does.
    pub description: String,
    /// Its version, or that of its program.
    pub version: Option<String>,
    /// Whether it can run here.
    pub available: bool,
    /// Why it cannot.
    pub reason: Option<String>,
    /// What it takes, such as `address`.
    pub inputs: Vec<String>,
    /// What it gives, such as `host`.
    pub outputs: Vec<String>,
    /// The JSON Schema of its options.
    #[schema(value_type = Object)]
    pub options: Value,
}
