//! A POST with an `Idempotency-Key` is done once, however often it is sent: the second time, the
//! first answer comes back.
//!
//! An answer that holds a secret is not kept, nor one that sets a cookie: whoever sends the request
//! again is told that it was done. A request that holds a password or a code is done as if it had
//! no key: its hash would let whoever reads the database try passwords against it.

use axum::body::{Body, Bytes, HttpBody as _, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use netscan_store::{Begun, Realm};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tracing::Instrument as _;

use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;
use crate::session::secret::hex;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key, in bytes.
const LONGEST_KEY: usize = 255;
/// The largest answer that is kept; one that is larger is not answered twice from memory.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Marks an answer whose body is shown once and kept nowhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShownOnce;

/// What is kept of an answer.
#[derive(Serialize, Deserialize)]
struct Kept {
    content_type: Option<String>,
    location: Option<String>,
    /// Nothing of it is kept when it is a secret, or large.
    body: Option<String>,
}

/// What of a body may be a secret that people choose or that is short.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Secrets {
    password: Option<IgnoredAny>,
    current: Option<IgnoredAny>,
    new: Option<IgnoredAny>,
    code: Option<IgnoredAny>,
    totp: Option<IgnoredAny>,
}

impl Secrets {
    fn are_in(body: &[u8]) -> bool {
        let secrets = serde_json::from_slice::<Self>(body).unwrap_or_default();
        let Self { password, current, new, code, totp } = secrets;
        [password, current, new, code, totp].iter().any(Option::is_some)
    }
}

/// A request that is done once.
#[derive(Clone)]
struct Keyed {
    realm: Realm,
    key: String,
    /// The hash of all that tells it from others.
    request: String,
}

/// Answers a request that was answered before as it was answered before.
pub(crate) async fn answer_once(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_asked = request.method() == Method::POST && request.headers().contains_key(KEY);
    if !is_asked {
        return next.run(request).await;
    }
    match once(&app, request, next).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn once(app: &App, request: Request, next: Next) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let key = parts.headers.get(KEY).and_then(|key| key.to_str().ok()).unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        let detail = format!("an Idempotency-Key has 1 to {LONGEST_KEY} visible characters");
        return Err(Refusal::bad_request(detail));
    }
    let key = key.to_owned();
    // Whoever is not let in is told so by the operation itself.
    let Ok(caller) = Caller::from_request_parts(&mut parts, app).await else {
        return Ok(next.run(Request::from_parts(parts, body)).await);
    };
    let limit = app.settings().body_limit;
    let body = to_bytes(body, limit).await.map_err(|_| {
        let detail = "the body is too large to be sent with an Idempotency-Key";
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })?;
    if Secrets::are_in(&body) {
        return Ok(next.run(Request::from_parts(parts, Body::from(body))).await);
    }
    let request = request_hash(&caller, &parts.uri, &body);
    let keyed = Keyed { realm: caller.own_realm().clone(), key, request };
    let begun = keyed.realm.begin_request(&keyed.key, &keyed.request, Timestamp::now()).await?;
    match begun {
        Begun::New => {}
        Begun::Again { status, answer } => return replay(status, &answer),
        Begun::Running => {
            return Err(Refusal::conflict("a request with this Idempotency-Key is being answered"));
        }
        Begun::Other => {
            let detail = "this Idempotency-Key was used for another request; take a new one";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
    }
    // It is done to its end even if whoever asked goes away: they will ask again what became of it.
    let request = Request::from_parts(parts, Body::from(body));
    let done = tokio::spawn(keyed.clone().done(request, next).in_current_span()).await;
    match done {
        Ok(answer) => answer,
        Err(error) => {
            keyed.forget().await?;
            Err(Refusal::fault(&error))
        }
    }
}

/// A request by who sent it, where to, and what.
fn request_hash(caller: &Caller, uri: &Uri, body: &Bytes) -> String {
    let mut hash = Sha256::new();
    let query = uri.query().unwrap_or_default();
    for part in [caller.identity().as_bytes(), uri.path().as_bytes(), query.as_bytes()] {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.update(body);
    hex(&hash.finalize())
}

impl Keyed {
    /// Does what is asked, and keeps the answer.
    async fn done(self, request: Request, next: Next) -> Result<Response, Refusal> {
        let response = next.run(request).await;
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            // It may be tried again.
            self.forget().await?;
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let is_secret = parts.extensions.get::<ShownOnce>().is_some()
            || parts.headers.contains_key(header::SET_COOKIE);
        let value = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let mut kept = Kept {
            content_type: value(header::CONTENT_TYPE).map(str::to_owned),
            location: value(header::LOCATION).map(str::to_owned),
            body: None,
        };
        let is_short = body.size_hint().upper().is_some_and(|size| size <= LARGEST_ANSWER as u64);
        let body = if is_short && !is_secret {
            let bytes = to_bytes(body, LARGEST_ANSWER).await;
            let bytes = bytes.map_err(|error| Refusal::fault(&error))?;
            kept.body = std::str::from_utf8(&bytes).ok().map(str::to_owned);
            Body::from(bytes)
        } else {
            body
        };
        let answer = serde_json::to_string(&kept).unwrap_or_default();
        let Self { realm, key, request } = &self;
        realm.finish_request(key, request, status.as_u16(), &answer).await?;
        Ok(Response::from_parts(parts, body))
    }

    /// Lets the request be sent anew.
    async fn forget(&self) -> Result<(), Refusal> {
        Ok(self.realm.drop_request(&self.key, &self.request).await?)
    }
}

fn replay(status: u16, answer: &str) -> Result<Response, Refusal> {
    let kept: Kept = serde_json::from_str(answer).map_err(|error| Refusal::fault(&error))?;
    let Some(body) = kept.body else {
        let detail = "this was done when it was asked for the first time, and the answer to that \
                      cannot be shown again";
        return Err(Refusal::conflict(detail));
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    let pairs = [(header::CONTENT_TYPE, kept.content_type), (header::LOCATION, kept.location)];
    for (name, value) in pairs {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
