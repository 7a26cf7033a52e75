//! Who asks: found out from a bearer token or a session cookie, before anything else is looked at.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jiff::Timestamp;
use netscan_model::access::Permission;
use netscan_store::{By, CallerRecord, Realm};
use subtle::ConstantTimeEq;

use crate::app::App;
use crate::browser;
use crate::door::Remote;
use crate::refusal::Refusal;
use crate::session::opening;
use crate::session::secret::{self, TokenText};

/// Someone who proved who they are.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    record: CallerRecord,
    realm: Realm,
    remote: String,
    is_by_cookie: bool,
}

impl Caller {
    /// What the caller may see and do it in, if they may do `permission` at all.
    ///
    /// # Errors
    ///
    /// A refusal with status 403 that names what is missing.
    pub(crate) fn realm(&self, permission: Permission) -> Result<&Realm, Refusal> {
        self.require(permission)?;
        Ok(&self.realm)
    }

    /// The caller's realm, for what is done on behalf of any operation. Operations themselves name
    /// their permission.
    pub(crate) fn own_realm(&self) -> &Realm {
        &self.realm
    }

    /// Whether the caller may do `permission`, as an error if not.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), Refusal> {
        let CallerRecord { grant, organisation, .. } = &self.record;
        if opening::allows(grant, organisation.id, permission) {
            return Ok(());
        }
        Err(Refusal::forbidden(permission))
    }

    /// Whether the caller speaks for the organisation that answers for the server, as an error if
    /// not.
    pub(crate) fn require_first_organisation(&self) -> Result<(), Refusal> {
        if self.record.organisation.is_first() {
            return Ok(());
        }
        Err(Refusal::foreign("this is for the organisation that answers for the server"))
    }

    /// Who does what is about to be done, for the audit log.
    pub(crate) fn by(&self) -> By<'_> {
        By { actor: &self.record.actor, remote: Some(&self.remote), now: Timestamp::now() }
    }

    pub(crate) fn record(&self) -> &CallerRecord {
        &self.record
    }

    /// What tells them from anybody else: the user who signed in, in whatever session, or the token.
    pub(crate) fn identity(&self) -> String {
        match (&self.record.user, self.is_by_cookie) {
            (Some(user), true) => user.id.to_string(),
            _ => self.record.id.clone(),
        }
    }

    pub(crate) fn remote(&self) -> &str {
        &self.remote
    }

    /// Whether a browser sent along who it is by itself, so that a foreign page may have asked.
    pub(crate) fn is_by_cookie(&self) -> bool {
        self.is_by_cookie
    }

    /// Finds out who asks.
    pub(crate) async fn of(parts: &Parts, app: &App) -> Result<Self, Refusal> {
        let (record, is_by_cookie) = match parts.headers.get(AUTHORIZATION) {
            Some(value) => (by_token(app, value.as_bytes()).await?, false),
            None => (by_session(app, parts).await?, true),
        };
        let record = record.ok_or_else(Refusal::unauthorised)?;
        let realm = app.store().realm(record.organisation.id).await?;
        let realm = realm.ok_or_else(Refusal::unauthorised)?;
        Ok(Self { record, realm, remote: Remote::of(parts).address(), is_by_cookie })
    }
}

async fn by_token(app: &App, value: &[u8]) -> Result<Option<CallerRecord>, Refusal> {
    let Some(token) = TokenText::of_header(value) else { return Ok(None) };
    let given = token.hash();
    let is_right = |stored: &str| bool::from(stored.as_bytes().ct_eq(given.as_bytes()));
    Ok(app.store().caller_by_token(token.id(), is_right, Timestamp::now()).await?)
}

async fn by_session(app: &App, parts: &Parts) -> Result<Option<CallerRecord>, Refusal> {
    let Some(cookie) = browser::SESSION.of(parts) else { return Ok(None) };
    let (hash, idle) = (secret::hash(cookie), app.settings().session_idle);
    let found = app.store().caller_by_session(&hash, idle, Timestamp::now()).await?;
    if found.is_some() {
        browser::refuse_foreign_pages(parts, app.settings())?;
    }
    Ok(found)
}

impl FromRequestParts<App> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let caller = Self::of(parts, app).await?;
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}
