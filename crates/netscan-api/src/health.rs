//! Health: whether the server is alive, and whether it can work.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// That the server is alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Liveness {
    /// `ok`.
    #[schema(examples("ok"))]
    pub status: String,
    /// netscan's version.
    pub version: String,
}

/// Whether the server can work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// Whether everything is well.
    pub ready: bool,
    /// What was looked at.
    pub checks: Vec<HealthCheck>,
}

impl Readiness {
    /// Ready when every check is well.
    #[must_use]
    pub fn of(checks: Vec<HealthCheck>) -> Self {
        Self { ready: checks.iter().all(|check| check.ok), checks }
    }
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthCheck {
    /// What.
    #[schema(examples("database"))]
    pub name: String,
    /// Whether it is well.
    pub ok: bool,
    /// How it is, and what to do when it is not well.
    #[schema(examples("answers in 0.4 ms"))]
    pub detail: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_when_every_check_is_well() {
        let check = |ok| HealthCheck { name: "database".to_owned(), ok, detail: String::new() };

        assert!(Readiness::of(vec![check(true)]).ready);
        assert!(!Readiness::of(vec![check(true), check(false)]).ready);
    }
}
