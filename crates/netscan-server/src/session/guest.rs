//! Someone who has not said yet who they are.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::header::{HOST, USER_AGENT};
use axum::http::request::Parts;
use jiff::Timestamp;
use netscan_store::By;

use crate::app::App;
use crate::browser;
use crate::door::Remote;
use crate::refusal::Refusal;
use crate::session::secret;

/// The longest name of a browser that is kept, in characters.
const LONGEST_AGENT: usize = 200;

/// Someone who has not said yet who they are, and whom no foreign page sends.
#[derive(Clone, Debug)]
pub(crate) struct Guest {
    /// The address they come from.
    pub(crate) remote: String,
    /// What their browser calls itself.
    pub(crate) agent: String,
    /// Whether they come over TLS.
    pub(crate) is_secure: bool,
    /// The name under which they know this server.
    pub(crate) host: String,
    /// The hash of the session that they have, if they have one.
    pub(crate) session: Option<String>,
    /// What binds a sign-in elsewhere to their browser, if they have begun one.
    pub(crate) errand: Option<String>,
}

impl Guest {
    /// What they do as `actor`, for the audit log.
    pub(crate) fn by<'a>(&'a self, actor: &'a str) -> By<'a> {
        By { actor, remote: Some(&self.remote), now: Timestamp::now() }
    }
}

impl FromRequestParts<App> for Guest {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        if parts.method == Method::GET {
            // Links from elsewhere lead here, such as that of an OpenID provider.
            browser::refuse_foreign_names(&parts.headers, app.settings())?;
        } else {
            browser::refuse_foreign_guests(parts, app.settings())?;
        }
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let remote = Remote::of(parts);
        Ok(Self {
            remote: remote.address(),
            agent: text(USER_AGENT).unwrap_or_default().chars().take(LONGEST_AGENT).collect(),
            is_secure: remote.is_secure(),
            host: text(HOST).unwrap_or_default().to_owned(),
            session: browser::SESSION.of(parts).map(secret::hash),
            errand: browser::ERRAND.of(parts).map(str::to_owned),
        })
    }
}
