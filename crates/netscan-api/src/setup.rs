//! Set-up: the first user of a new server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check::{Check, Findings};
use crate::text::{Name, NewPassword, Secret, UserName};

/// What somebody who is not signed in has to know: how one comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SetupState {
    /// Whether a first user has to be made.
    pub needed: bool,
    /// Whether one may sign in through an OpenID provider too: `GET /session/oidc` leads there.
    pub openid: bool,
}

/// Makes the first user, who is an admin, and signs them in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// What stands in the link that the server printed when it was started.
    #[schema(value_type = Secret)]
    pub token: String,
    /// The user's name.
    #[schema(value_type = UserName)]
    pub user: String,
    /// The password.
    #[schema(value_type = NewPassword)]
    pub password: String,
    /// What the organisation is called; `default` if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub organisation: Option<String>,
}

impl std::fmt::Debug for SetUp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { token: _, user, password: _, organisation } = self;
        let mut out = out.debug_struct("SetUp");
        out.field("user", user).field("organisation", organisation).finish_non_exhaustive()
    }
}

impl Check for SetUp {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Secret>("/token", &self.token);
        findings.text::<UserName>("/user", &self.user);
        findings.text::<NewPassword>("/password", &self.password);
        findings.some_text::<Name>("/organisation", self.organisation.as_deref());
    }
}
