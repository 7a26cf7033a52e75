//! The beginning of a session, whatever its user proved who they are with.

use std::time::Duration;

use axum::Json;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use netscan_api::organisation::OrganisationName;
use netscan_api::session::{SessionBody, SessionKind, SessionUser};
use netscan_model::access::{Grant, Permission};
use netscan_store::{CallerKind, CallerRecord, Membership, NewSession, User};
use uuid::Uuid;

use crate::app::App;
use crate::browser::SESSION;
use crate::refusal::Refusal;
use crate::session::guest::Guest;
use crate::session::secret;

/// An answer that begins a session: its status, its cookie and who one is now.
pub(crate) type Opened = (StatusCode, [(HeaderName, HeaderValue); 1], Json<SessionBody>);

/// Begins a session of `user` in one of their organisations, in place of the one they have, and
/// gives the cookie for it.
pub(crate) async fn open(
    app: &App,
    guest: &Guest,
    user: &User,
    organisation: Uuid,
) -> Result<(HeaderValue, Timestamp), Refusal> {
    let (secret, actor) = (secret::random(), format!("user:{}", user.name));
    let by = guest.by(&actor);
    // To the millisecond, as it is stored.
    let ends_at = by.now.as_millisecond() + millis(app.settings().session_lifetime);
    let ends_at = Timestamp::from_millisecond(ends_at).unwrap_or(Timestamp::MAX);
    let session = NewSession {
        hash: secret::hash(&secret),
        id: Uuid::now_v7(),
        user: user.id,
        organisation,
        remote: guest.remote.clone(),
        agent: guest.agent.clone(),
        ends_at,
    };
    if !app.store().open_session(&session, by).await? {
        return Err(Refusal::conflict("the user was disabled or removed a moment ago"));
    }
    if let Some(before) = &guest.session
        && app.store().close_session(before, by).await?
    {
        app.bus().access_changed();
    }
    Ok((SESSION.set(&secret, None, guest.is_secure), ends_at))
}

fn millis(span: Duration) -> i64 {
    // A session that outlives the calendar has no need of more.
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 2)
}

/// Begins a session as [`open`] does, and says who one is now.
pub(crate) async fn open_and_tell(
    app: &App,
    guest: &Guest,
    user: &User,
    membership: &Membership,
    memberships: &[Membership],
) -> Result<(HeaderValue, SessionBody), Refusal> {
    let (cookie, ends_at) = open(app, guest, user, membership.organisation_id).await?;
    let grant = Grant::of(membership.role);
    let body = SessionBody {
        kind: SessionKind::Session,
        user: Some(session_user(user)),
        token: None,
        organisation: organisation_name(membership),
        organisations: memberships.iter().map(organisation_name).collect(),
        role: grant.role,
        permissions: permissions(&grant, membership.organisation_id),
        expires_at: Some(ends_at),
    };
    Ok((cookie, body))
}

/// The answer that begins a session.
pub(crate) fn answer(status: StatusCode, (cookie, body): (HeaderValue, SessionBody)) -> Opened {
    (status, [(SET_COOKIE, cookie)], Json(body))
}

/// Who a caller is.
pub(crate) fn body(record: &CallerRecord, memberships: &[Membership]) -> SessionBody {
    let organisation =
        OrganisationName { id: record.organisation.id, name: record.organisation.name.clone() };
    let organisations = match record.kind {
        CallerKind::Session => memberships.iter().map(organisation_name).collect(),
        CallerKind::Token => vec![organisation.clone()],
    };
    SessionBody {
        kind: match record.kind {
            CallerKind::Session => SessionKind::Session,
            CallerKind::Token => SessionKind::Token,
        },
        user: record.user.as_ref().map(session_user),
        token: record.token_name().map(str::to_owned),
        organisation,
        organisations,
        role: record.grant.role,
        permissions: permissions(&record.grant, record.organisation.id),
        expires_at: record.ends_at,
    }
}

/// Whether a grant in an organisation allows something: what is the server's is for the first
/// organisation.
pub(crate) fn allows(grant: &Grant, organisation: Uuid, permission: Permission) -> bool {
    let is_first = organisation == netscan_store::Organisation::FIRST;
    grant.allows(permission) && (is_first || permission != Permission::Settings)
}

fn permissions(grant: &Grant, organisation: Uuid) -> Vec<Permission> {
    let all = Permission::ALL.iter().copied();
    all.filter(|permission| allows(grant, organisation, *permission)).collect()
}

fn session_user(user: &User) -> SessionUser {
    SessionUser {
        id: user.id,
        name: user.name.clone(),
        display_name: user.display_name.clone(),
        has_totp: user.has_totp,
    }
}

fn organisation_name(membership: &Membership) -> OrganisationName {
    OrganisationName { id: membership.organisation_id, name: membership.organisation.clone() }
}
