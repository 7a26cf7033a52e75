//! People: who belongs to an organisation, and as what.

use jiff::Timestamp;
use netscan_model::access::Role;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::check::{Check, Findings};
use crate::organisation::OrganisationName;
use crate::text::{Label, NewPassword, UserName};

/// A user, as a member of one organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UserBody {
    /// The id.
    pub id: Uuid,
    /// The name, by which one signs in.
    pub name: String,
    /// What the user is called; may be empty.
    pub display_name: String,
    /// What the user is to the organisation.
    pub role: Role,
    /// The organisation.
    pub organisation: OrganisationName,
    /// Whether the user may not sign in.
    pub is_disabled: bool,
    /// Whether a second factor is asked for.
    pub has_totp: bool,
    /// Whether there is a password; without one, someone else vouches for the user.
    pub has_password: bool,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user last did something.
    pub last_seen_at: Option<Timestamp>,
}

/// Makes a user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateUser {
    /// The name, by which one signs in.
    #[schema(value_type = UserName)]
    pub name: String,
    /// The password; none for someone whom another service vouches for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NewPassword>)]
    pub password: Option<String>,
    /// What the user is to the organisation.
    pub role: Role,
    /// What the user is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Label>)]
    pub display_name: Option<String>,
}

impl std::fmt::Debug for CreateUser {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, password: _, role, display_name } = self;
        let mut out = out.debug_struct("CreateUser");
        out.field("name", name).field("role", role).field("display_name", display_name);
        out.finish_non_exhaustive()
    }
}

impl Check for CreateUser {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<UserName>("/name", &self.name);
        findings.some_text::<NewPassword>("/password", self.password.as_deref());
        findings.some_text::<Label>("/display_name", self.display_name.as_deref());
    }
}

/// Changes a user. What is left out stays as it is.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(examples(json!({ "role": "operator" })))]
pub struct UpdateUser {
    /// What the user is to the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether the user may not sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_disabled: Option<bool>,
    /// What the user is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Label>)]
    pub display_name: Option<String>,
    /// A new password. All sessions of the user end.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NewPassword>)]
    pub password: Option<String>,
    /// `false` takes the second factor away, for someone who has lost it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_totp: Option<bool>,
}

impl std::fmt::Debug for UpdateUser {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { role, is_disabled, display_name, password: _, has_totp } = self;
        let mut out = out.debug_struct("UpdateUser");
        out.field("role", role).field("is_disabled", is_disabled);
        out.field("display_name", display_name).field("has_totp", has_totp);
        out.finish_non_exhaustive()
    }
}

impl Check for UpdateUser {
    fn examine(&self, findings: &mut Findings) {
        findings.some_text::<Label>("/display_name", self.display_name.as_deref());
        findings.some_text::<NewPassword>("/password", self.password.as_deref());
        let is_given = self.has_totp == Some(true);
        let message = "can only be taken away here: each user sets up their own second factor";
        findings.add_if(is_given, "/has_totp", message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_password_is_long_and_is_not_shown_in_logs() {
        let body = json!({ "name": "mara", "password": "swordfish", "role": "ADMIN" });

        let request: CreateUser = serde_json::from_value(body).unwrap();

        assert_eq!(request.role, Role::Admin);
        assert_eq!(request.check().unwrap_err()[0].field, "/password");
        assert!(!format!("{request:?}").contains("swordfish"));
    }
}
