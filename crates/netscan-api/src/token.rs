//! API tokens: keys for programs, with a role, narrowed to some permissions, for some time.

use jiff::Timestamp;
use netscan_model::access::{Permission, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check::{Check, Findings};
use crate::text::Name;

/// Seconds that a token may be valid: ten years.
pub const MOST_SECONDS: u64 = 315_360_000;

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenBody {
    /// Its id, which is part of the token.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// The only permissions of the role that hold; empty for all of them.
    pub scopes: Vec<Permission>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends to be valid.
    pub expires_at: Option<Timestamp>,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// Whose it is; null when it was made on the server itself.
    pub owner: Option<String>,
}

/// Makes a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "name": "nightly", "role": "operator", "scopes": ["read", "scan"], "expires_in_seconds": 86400
})))]
pub struct CreateToken {
    /// What it is for.
    #[schema(value_type = Name)]
    pub name: String,
    /// Its role; that of who asks if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The only permissions of the role that hold; all of them if it is not said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub scopes: Vec<Permission>,
    /// How long it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 315_360_000)]
    pub expires_in_seconds: Option<u64>,
    /// Until when it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl Check for CreateToken {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Name>("/name", &self.name);
        findings.count("/scopes", self.scopes.len(), 100);
        let is_none = self.expires_in_seconds == Some(0);
        findings.add_if(is_none, "/expires_in_seconds", "must be 1 at least");
        findings.at_most("/expires_in_seconds", self.expires_in_seconds, MOST_SECONDS);
        findings.one_of(
            ["/expires_in_seconds", "/expires_at"],
            [self.expires_in_seconds.is_some(), self.expires_at.is_some()],
        );
    }
}

/// A token that was made. Its secret is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewToken {
    /// The token itself: what to send as `Authorization: Bearer`.
    #[schema(examples("nso_4fQ2mZ81kLpX_…"))]
    pub token: String,
    /// All that is known of it.
    #[serde(flatten)]
    pub about: TokenBody,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("NewToken").field("about", &self.about).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_ends_at_one_time() {
        let body = json!({
            "name": "a", "expires_in_seconds": 5, "expires_at": "2030-01-01T00:00:00Z"
        });

        let request: CreateToken = serde_json::from_value(body).unwrap();

        assert_eq!(request.check().unwrap_err()[0].field, "/expires_at");
    }

    #[test]
    fn a_token_may_end_in_a_moment_but_not_have_ended() {
        let read = |seconds| {
            let body = json!({ "name": "a", "expires_in_seconds": seconds });
            serde_json::from_value::<CreateToken>(body).unwrap().check()
        };

        assert_eq!(read(1), Ok(()));
        assert_eq!(read(0).unwrap_err()[0].field, "/expires_in_seconds");
        assert_eq!(read(MOST_SECONDS + 1).unwrap_err()[0].field, "/expires_in_seconds");
    }
}
