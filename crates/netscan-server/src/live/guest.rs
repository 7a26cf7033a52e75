//! Someone who is about to watch: who they are, and whether they still may.

use std::pin::pin;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::request::Parts;
use jiff::Timestamp;
use netscan_model::access::Permission;
use netscan_store::{CallerRecord, Realm, StoreError};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use tracing::warn;
use uuid::Uuid;

use crate::app::App;
use crate::browser;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::secret::{self, TokenText};

/// What a subprotocol begins with that carries a ticket.
const TICKET_PROTOCOL: &str = "netscan.ticket.";
/// How long to wait before the store is asked once more whether somebody still may watch.
const PAUSE: Duration = Duration::from_millis(200);
/// How often at least it is looked whether somebody still may watch: a session ends by not being used,
/// of which nobody is told.
const LOOK: Duration = Duration::from_mins(1);
/// How often at most.
const SHORTEST_LOOK: Duration = Duration::from_millis(100);

/// With what somebody proved who they are, kept so that it can be asked again whether it holds.
/// There is no secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Credential {
    Session { hash: String },
    Token { id: String },
}

impl Credential {
    /// What the caller of this request was known by. The request was let in already.
    pub(super) fn of(parts: &Parts) -> Option<Self> {
        if let Some(value) = parts.headers.get(AUTHORIZATION) {
            let token = TokenText::of_header(value.as_bytes())?;
            return Some(Self::Token { id: token.id().to_owned() });
        }
        browser::SESSION.of(parts).map(|secret| Self::Session { hash: secret::hash(secret) })
    }

    /// Whose it is, if it still holds. That somebody looks does not keep a session alive.
    async fn holder(&self, app: &App) -> Result<Option<CallerRecord>, StoreError> {
        let (store, now) = (app.store(), Timestamp::now());
        match self {
            Self::Session { hash } => {
                store.holder_of_session(hash, app.settings().session_idle, now).await
            }
            // The secret was shown when it was first used.
            Self::Token { id } => store.holder_of_token(id, now).await,
        }
    }
}

/// Someone who may watch what is their organisation's.
pub(super) struct Guest {
    credential: Credential,
    organisation: Uuid,
    realm: Realm,
    ends_at: Option<Timestamp>,
    changes: watch::Receiver<u64>,
}

impl Guest {
    /// Finds out who wants to watch: by ticket, token or session.
    pub(super) async fn of(
        parts: &Parts,
        app: &App,
        ticket: Option<&str>,
    ) -> Result<Self, Refusal> {
        // Listened to from before the first look on, so that no change falls between the two.
        let changes = app.bus().access_changes();
        match ticket.or_else(|| ticket_protocol(&parts.headers).map(ticket_in)) {
            Some(ticket) => Self::by_ticket(parts, app, ticket, changes).await,
            None => Self::by_request(parts, app, changes).await,
        }
    }

    async fn by_ticket(
        parts: &Parts,
        app: &App,
        ticket: &str,
        changes: watch::Receiver<u64>,
    ) -> Result<Self, Refusal> {
        let credential = app
            .tickets()
            .redeem(ticket, Instant::now().into_std())
            .ok_or_else(Refusal::unauthorised)?;
        let record = credential.holder(app).await?.ok_or_else(Refusal::unauthorised)?;
        if !record.grant.allows(Permission::Read) {
            return Err(Refusal::forbidden(Permission::Read));
        }
        browser::refuse_foreign_origin(parts, app.settings())?;
        let (organisation, ends_at) = (record.organisation.id, record.ends_at);
        let realm = app.store().realm(organisation).await?.ok_or_else(Refusal::unauthorised)?;
        Ok(Self { credential, organisation, realm, ends_at, changes })
    }

    async fn by_request(
        parts: &Parts,
        app: &App,
        changes: watch::Receiver<u64>,
    ) -> Result<Self, Refusal> {
        let caller = Caller::of(parts, app).await?;
        if caller.is_by_cookie() {
            browser::refuse_foreign_socket(parts, app.settings())?;
        } else {
            browser::refuse_foreign_origin(parts, app.settings())?;
        }
        let realm = caller.realm(Permission::Read)?.clone();
        let credential = Credential::of(parts).ok_or_else(Refusal::unauthorised)?;
        let (organisation, ends_at) = (caller.record().organisation.id, caller.record().ends_at);
        Ok(Self { credential, organisation, realm, ends_at, changes })
    }

    /// What they may see.
    pub(super) fn realm(&self) -> &Realm {
        &self.realm
    }

    /// Waits until they may no longer watch: their session or token has ended, the session was not
    /// used for too long (watching is no use of it), or they have been shut out.
    pub(super) async fn until_shut_out(mut self, app: &App) {
        let mut end = pin!(until(self.ends_at));
        let pause = LOOK.min(app.settings().session_idle / 4).max(SHORTEST_LOOK);
        let mut looks = interval_at(Instant::now() + pause, pause);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_over = tokio::select! {
                () = &mut end => true,
                changed = self.changes.changed() => changed.is_err(),
                _ = looks.tick() => false,
            };
            if is_over || !self.still_may(app).await {
                return;
            }
        }
    }

    async fn still_may(&self, app: &App) -> bool {
        loop {
            match self.credential.holder(app).await {
                Ok(Some(caller)) => {
                    let is_here = caller.organisation.id == self.organisation;
                    return is_here && caller.grant.allows(Permission::Read);
                }
                Ok(None) => return false,
                Err(error) => {
                    warn!(%error, "cannot look up whether someone may still watch, trying again");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Waits for a time that may never come.
async fn until(end: Option<Timestamp>) {
    let Some(end) = end else { return std::future::pending().await };
    let left = end.duration_since(Timestamp::now());
    sleep(left.try_into().unwrap_or_default()).await;
}

/// The subprotocol that carries a ticket, if one was asked for.
pub(super) fn ticket_protocol(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let words = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    words.map(str::trim).find(|word| word.starts_with(TICKET_PROTOCOL))
}

fn ticket_in(protocol: &str) -> &str {
    protocol.strip_prefix(TICKET_PROTOCOL).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_ticket_is_found_among_the_subprotocols() {
        let mut headers = HeaderMap::new();
        assert_eq!(ticket_protocol(&headers), None);

        let asked = HeaderValue::from_static("netscan.v1, netscan.ticket.abc_-1");
        headers.insert(SEC_WEBSOCKET_PROTOCOL, asked);

        let found = ticket_protocol(&headers).unwrap();
        assert_eq!((found, ticket_in(found)), ("netscan.ticket.abc_-1", "abc_-1"));
    }
}
