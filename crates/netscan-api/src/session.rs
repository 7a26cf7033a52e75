//! Sessions: signing in, who one is, and one's own password and second factor.

use jiff::Timestamp;
use netscan_model::access::{Permission, Role};
use netscan_model::named;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::check::{Check, Findings};
use crate::organisation::OrganisationName;
use crate::text::{Name, NewPassword, OneTimeCode, Secret, UserName};

/// Signs in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The user's name.
    #[schema(value_type = UserName)]
    pub user: String,
    /// The password.
    #[schema(value_type = Secret)]
    pub password: String,
    /// What the authenticator shows, for who has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<OneTimeCode>)]
    pub totp: Option<String>,
    /// The organisation's name, for who belongs to several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub organisation: Option<String>,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { user, password: _, totp: _, organisation } = self;
        let mut out = out.debug_struct("SignIn");
        out.field("user", user).field("organisation", organisation).finish_non_exhaustive()
    }
}

impl Check for SignIn {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<UserName>("/user", &self.user);
        findings.text::<Secret>("/password", &self.password);
        findings.some_text::<OneTimeCode>("/totp", self.totp.as_deref());
        findings.some_text::<Name>("/organisation", self.organisation.as_deref());
    }
}

/// By what one is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionKind {
    /// Someone who signed in.
    Session,
    /// A program with a token.
    Token,
}

named!(SessionKind, "kind of session", { Session = "session", Token = "token" });

/// Who one is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionBody {
    /// By what one is known.
    pub kind: SessionKind,
    /// The user; null for a token that is nobody's own.
    pub user: Option<SessionUser>,
    /// The token's name; null for someone who signed in.
    pub token: Option<String>,
    /// The organisation.
    pub organisation: OrganisationName,
    /// The organisations that one may change to.
    pub organisations: Vec<OrganisationName>,
    /// What one is to the organisation.
    pub role: Role,
    /// What one may do.
    pub permissions: Vec<Permission>,
    /// When it ends at the latest.
    pub expires_at: Option<Timestamp>,
}

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionUser {
    /// The id.
    pub id: Uuid,
    /// The name.
    pub name: String,
    /// What the user is called; may be empty.
    pub display_name: String,
    /// Whether a second factor is asked for.
    pub has_totp: bool,
}

/// Leave to open one WebSocket.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Ticket {
    /// What to send as `?ticket=`, once.
    pub ticket: String,
    /// How long it is valid.
    pub expires_in_seconds: u64,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Ticket").finish_non_exhaustive()
    }
}

/// Changes one's own password. All other sessions end.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password as it is.
    #[schema(value_type = Secret)]
    pub current: String,
    /// The password as it shall be.
    #[schema(value_type = NewPassword)]
    pub new: String,
}

impl std::fmt::Debug for ChangePassword {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ChangePassword").finish_non_exhaustive()
    }
}

impl Check for ChangePassword {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Secret>("/current", &self.current);
        findings.text::<NewPassword>("/new", &self.new);
    }
}

/// Begins to set up a second factor, or takes it away.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvePassword {
    /// The password: who walks up to an open screen does not know it.
    #[schema(value_type = Secret)]
    pub password: String,
}

impl std::fmt::Debug for ProvePassword {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ProvePassword").finish_non_exhaustive()
    }
}

impl Check for ProvePassword {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Secret>("/password", &self.password);
    }
}

/// What an authenticator must be told. It is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TotpEnrolment {
    /// The secret, in base 32.
    pub secret: String,
    /// The same with all that belongs to it, for a QR code.
    #[schema(examples("otpauth://totp/NetScan:mara?secret=…&issuer=NetScan"))]
    pub uri: String,
}

impl std::fmt::Debug for TotpEnrolment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("TotpEnrolment").finish_non_exhaustive()
    }
}

/// Shows that the authenticator was told.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmTotp {
    /// What it shows.
    #[schema(value_type = OneTimeCode)]
    pub code: String,
}

impl std::fmt::Debug for ConfirmTotp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ConfirmTotp").finish_non_exhaustive()
    }
}

impl Check for ConfirmTotp {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<OneTimeCode>("/code", &self.code);
    }
}

/// One of one's own sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionEntry {
    /// Its id, by which it can be ended.
    pub id: Uuid,
    /// The address it was opened from.
    pub remote: String,
    /// What the browser called itself.
    pub agent: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

/// Goes on in another organisation. The session begins anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeOrganisation {
    /// The organisation's name.
    #[schema(value_type = Name)]
    pub organisation: String,
}

impl Check for ChangeOrganisation {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Name>("/organisation", &self.organisation);
    }
}

/// What an `OpenID` provider sends a browser back with.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OidcAnswer {
    /// What was sent along to the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 1000)]
    pub state: Option<String>,
    /// What the server gets the proof of identity for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 4000)]
    pub code: Option<String>,
    /// Why the provider does not vouch for the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(max_length = 1000)]
    pub error: Option<String>,
}

impl std::fmt::Debug for OidcAnswer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { state: _, code: _, error } = self;
        out.debug_struct("OidcAnswer").field("error", error).finish_non_exhaustive()
    }
}

impl Check for OidcAnswer {
    fn examine(&self, findings: &mut Findings) {
        let bounds = [("/state", &self.state, 1_000), ("/code", &self.code, 4_000)];
        for (field, text, most) in bounds {
            let length = text.as_ref().map_or(0, String::len);
            findings.add_if(length > most, field, "is longer than any that was asked for");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown_in_logs() {
        let secret = || "swordfish".to_owned();
        let shown = [
            format!(
                "{:?}",
                SignIn {
                    user: "mara".to_owned(),
                    password: secret(),
                    totp: Some(secret()),
                    organisation: None
                }
            ),
            format!("{:?}", Ticket { ticket: secret(), expires_in_seconds: 30 }),
            format!("{:?}", ChangePassword { current: secret(), new: secret() }),
            format!("{:?}", ProvePassword { password: secret() }),
            format!("{:?}", TotpEnrolment { secret: secret(), uri: secret() }),
            format!("{:?}", ConfirmTotp { code: secret() }),
        ];

        for text in shown {
            assert!(!text.contains("swordfish"), "{text}");
        }
    }

    #[test]
    fn a_password_that_is_shown_may_be_short_and_one_that_is_chosen_may_not() {
        let change = ChangePassword { current: "old".to_owned(), new: "new".to_owned() };

        assert_eq!(change.check().unwrap_err()[0].field, "/new");
    }
}
