//! Hands out tickets: leave to open one WebSocket, for who can send neither a cookie nor a header.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::request::Parts;
use netscan_api::session::Ticket;
use netscan_model::access::Permission;

use super::guest::Credential;
use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::secret;

/// How long a ticket is valid.
const LIFETIME: Duration = Duration::from_secs(30);
/// Tickets at a time. Beyond it, the oldest is no longer valid.
const MOST: usize = 10_000;

/// Hands out a ticket for one WebSocket.
///
/// It is good for 30 seconds and for one connection: `?ticket=TICKET`, or the subprotocol
/// `netscan.ticket.TICKET`.
#[utoipa::path(post, path = "/session/ticket", operation_id = "take_ticket", tag = "session",
    responses((status = 201, description = "The ticket.", body = Ticket)))]
pub(crate) async fn take(
    caller: Caller,
    State(app): State<App>,
    parts: Parts,
) -> Result<(StatusCode, Json<Ticket>), Refusal> {
    caller.realm(Permission::Read)?;
    let credential = Credential::of(&parts).ok_or_else(Refusal::unauthorised)?;
    let ticket = app.tickets().issue(credential, Instant::now());
    Ok((StatusCode::CREATED, Json(Ticket { ticket, expires_in_seconds: LIFETIME.as_secs() })))
}

/// The tickets that are out, by their hash.
#[derive(Default)]
pub(crate) struct Tickets {
    out: Mutex<HashMap<String, (Credential, Instant)>>,
}

impl Tickets {
    /// A new ticket for whoever was known by `credential`.
    pub(super) fn issue(&self, credential: Credential, now: Instant) -> String {
        let ticket = secret::random();
        let mut out = self.out();
        if out.len() >= MOST {
            out.retain(|_, (_, ends)| *ends > now);
        }
        if out.len() >= MOST {
            let oldest =
                out.iter().min_by_key(|(_, (_, ends))| *ends).map(|(hash, _)| hash.clone());
            oldest.and_then(|hash| out.remove(&hash));
        }
        out.insert(secret::hash(&ticket), (credential, now + LIFETIME));
        ticket
    }

    /// Whose ticket it is. It is used up by being asked for.
    pub(super) fn redeem(&self, ticket: &str, now: Instant) -> Option<Credential> {
        let (credential, ends) = self.out().remove(&secret::hash(ticket))?;
        (ends > now).then_some(credential)
    }

    fn out(&self) -> MutexGuard<'_, HashMap<String, (Credential, Instant)>> {
        // A panic can leave nothing half done in there.
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(id: &str) -> Credential {
        Credential::Token { id: id.into() }
    }

    #[test]
    fn a_ticket_is_good_once() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let ticket = tickets.issue(credential("a"), now);

        assert_eq!(tickets.redeem(&ticket, now), Some(credential("a")));
        assert_eq!(tickets.redeem(&ticket, now), None);
    }

    #[test]
    fn a_ticket_is_good_for_half_a_minute() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let early = tickets.issue(credential("a"), now);
        let late = tickets.issue(credential("b"), now);

        let last = now + LIFETIME.saturating_sub(Duration::from_millis(1));
        assert_eq!(tickets.redeem(&early, last), Some(credential("a")));
        assert_eq!(tickets.redeem(&late, now + LIFETIME), None);
    }

    #[test]
    fn tickets_that_nobody_uses_are_bounded() {
        let (tickets, now) = (Tickets::default(), Instant::now());
        let first = tickets.issue(credential("first"), now);
        let later = now + Duration::from_millis(1);

        let last = (0..MOST).map(|_| tickets.issue(credential("a"), later)).last().unwrap();

        assert_eq!(tickets.out().len(), MOST);
        assert_eq!(tickets.redeem(&first, later), None);
        assert_eq!(tickets.redeem(&last, later), Some(credential("a")));
    }
}
