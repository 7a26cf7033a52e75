//! What every request passes and every answer carries, whatever the operation.

use std::net::{IpAddr, SocketAddr};

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use netscan_api::problem::{self, Problem};

use crate::app::App;

/// The header that carries the id of a request and of its answer.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id of a request that a caller may choose.
const LONGEST_ID: usize = 64;
/// More bytes than any refusal has.
const LARGEST_REFUSAL: usize = 1024 * 1024;

/// What pages of this server may load: only what comes from it, and no script or style that stands
/// in the page itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// Where a request comes from.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    address: Option<IpAddr>,
    is_secure: bool,
}

impl Remote {
    #[cfg(test)]
    pub(crate) fn new(address: Option<IpAddr>, is_secure: bool) -> Self {
        Self { address, is_secure }
    }

    /// What [`note_remote`] found out.
    pub(crate) fn of(parts: &Parts) -> Self {
        let unknown = Self { address: None, is_secure: false };
        parts.extensions.get::<Self>().cloned().unwrap_or(unknown)
    }

    /// The address as text; empty if there is none.
    pub(crate) fn address(&self) -> String {
        self.address.map_or_else(String::new, |address| address.to_string())
    }

    /// Whether it came over TLS, as far as a proxy that is trusted says so.
    pub(crate) fn is_secure(&self) -> bool {
        self.is_secure
    }
}

/// Notes where the request comes from.
pub(crate) async fn note_remote(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Response {
    let remote = remote(&request, &app.settings().trusted_proxies);
    request.extensions_mut().insert(remote);
    next.run(request).await
}

/// Where the request comes from: the peer, or what trusted proxies say of it.
fn remote(request: &Request, trusted_proxies: &[IpAddr]) -> Remote {
    let is_trusted =
        |address: &IpAddr| trusted_proxies.iter().any(|trusted| trusted.to_canonical() == *address);
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let Some(peer) = peer.map(|ConnectInfo(peer)| peer.ip().to_canonical()) else {
        return Remote { address: None, is_secure: false };
    };
    let mut address = peer;
    // Each proxy writes behind what it was given whom it saw itself: what stands before the first
    // address that is no proxy's, anybody may have written.
    let mut hops = entries(request.headers(), "x-forwarded-for").into_iter().rev();
    while is_trusted(&address) {
        let Some(hop) = hops.next().and_then(forwarded_address) else { break };
        address = hop;
    }
    let protocol = entries(request.headers(), "x-forwarded-proto").pop();
    let is_https = protocol.is_some_and(|protocol| protocol.eq_ignore_ascii_case("https"));
    Remote { address: Some(address), is_secure: is_https && is_trusted(&peer) }
}

/// The entries of a list in a header, over all lines of that name: a proxy may add to the last line
/// or write one of its own.
fn entries<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim).collect()
}

/// The address in an entry of `X-Forwarded-For`, which may have a port.
fn forwarded_address(entry: &str) -> Option<IpAddr> {
    let with_port = || entry.parse().map(|address: SocketAddr| address.ip());
    entry.parse().or_else(|_| with_port()).ok().map(|address: IpAddr| address.to_canonical())
}

/// Takes away a request's id that nobody should have to read in a log. It gets a new one then.
pub(crate) async fn forget_strange_ids(mut request: Request, next: Next) -> Response {
    let is_plain = |id: &HeaderValue| {
        let bytes = id.as_bytes();
        let is_legal = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        (1..=LONGEST_ID).contains(&bytes.len()) && bytes.iter().all(is_legal)
    };
    if !request.headers().get(REQUEST_ID).is_some_and(is_plain) {
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
}

/// Makes a problem of every refusal, also of those that no operation wrote, and puts the request's
/// id into it.
pub(crate) async fn complete_refusals(request: Request, next: Next) -> Response {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_REFUSAL).await else {
        return (parts, Body::empty()).into_response();
    };
    let is_problem =
        parts.headers.get(CONTENT_TYPE).is_some_and(|media| media == problem::CONTENT_TYPE);
    let is_json = parts.headers.get(CONTENT_TYPE).is_some_and(|media| media == "application/json");
    let problem = match serde_json::from_slice(&body) {
        Ok(problem) if is_problem => problem,
        // Health speaks of itself in its own words.
        _ if is_json => return (parts, body).into_response(),
        _ => Problem::new(status.as_u16(), String::from_utf8_lossy(&body)),
    };
    let problem = Problem { request_id: id, ..problem };
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(problem::CONTENT_TYPE));
    let body = serde_json::to_vec(&problem).expect("a problem is texts and numbers");
    (parts, body).into_response()
}

/// Adds the headers that keep browsers from being used against us.
pub(crate) async fn guard_browsers(request: Request, next: Next) -> Response {
    let is_secure = request.extensions().get::<Remote>().is_some_and(Remote::is_secure);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(CACHE_CONTROL, "no-store");
    if is_secure {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a request from `peer` comes from when these lines came with it.
    fn found(peer: &str, lines: &[(&str, &str)]) -> (String, bool) {
        let mut request = Request::new(Body::empty());
        for (name, value) in lines {
            let name = HeaderName::try_from(*name).unwrap();
            request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
        }
        let peer: IpAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer, 4711)));
        let trusted = ["127.0.0.1", "192.0.2.10"].map(|address| address.parse().unwrap());
        let remote = remote(&request, &trusted);
        (remote.address(), remote.is_secure())
    }

    #[test]
    fn what_a_client_writes_of_itself_is_not_believed() {
        let of = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
            found("127.0.0.1", &lines).0
        };

        assert_eq!(of(&["198.51.100.7"]), "198.51.100.7");
        assert_eq!(of(&["10.9.9.9, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(of(&["10.9.9.9", "198.51.100.7"]), "198.51.100.7");
        assert_eq!(of(&["10.9.9.9", "198.51.100.7, 192.0.2.10"]), "198.51.100.7");
        assert_eq!(of(&["10.9.9.9, 198.51.100.7", "192.0.2.10"]), "198.51.100.7");
        assert_eq!(of(&["10.9.9.9, nonsense, 192.0.2.10"]), "192.0.2.10");
        assert_eq!(of(&["10.9.9.9", "nonsense"]), "127.0.0.1");
        assert_eq!(of(&["127.0.0.1"]), "127.0.0.1");
        assert_eq!(of(&[]), "127.0.0.1");
    }

    #[test]
    fn an_address_has_one_spelling() {
        let of = |text| found("::ffff:127.0.0.1", &[("x-forwarded-for", text)]).0;

        assert_eq!(of("::ffff:198.51.100.7"), "198.51.100.7");
        assert_eq!(of("198.51.100.7:5555"), "198.51.100.7");
        assert_eq!(of("[2001:DB8::1]:5555"), "2001:db8::1");
    }

    #[test]
    fn who_is_no_proxy_is_who_asks() {
        let lines = [("x-forwarded-for", "10.9.9.9"), ("x-forwarded-proto", "https")];

        assert_eq!(found("198.51.100.7", &lines), ("198.51.100.7".to_owned(), false));
    }

    #[test]
    fn the_last_word_on_the_protocol_is_the_proxys() {
        let of = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| ("x-forwarded-proto", *line)).collect();
            found("127.0.0.1", &lines).1
        };

        assert!(of(&["https"]) && of(&["HTTPS"]) && of(&["http, https"]) && of(&["http", "https"]));
        assert!(!of(&["https", "http"]) && !of(&["https, http"]) && !of(&["http"]) && !of(&[]));
    }
}
