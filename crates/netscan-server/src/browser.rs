//! What is asked of browsers besides who they are: they send cookies along for any page that is
//! open in them, and resolve any name that a page's owner controls.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::door::Remote;
use crate::refusal::Refusal;
use crate::settings::Settings;

/// The session's cookie over TLS. A cookie of this name cannot be set by a neighbouring host
/// (RFC 6265bis, section 4.1.3.2).
pub(crate) const SECURE_COOKIE: &str = "__Host-netscan";
/// The session's cookie without TLS, on one's own machine.
pub(crate) const PLAIN_COOKIE: &str = "netscan_session";
/// A header that no foreign page can send without being asked by us first.
pub(crate) const MARK: HeaderName = HeaderName::from_static("x-netscan");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A cookie of ours: one name over TLS and another one without, so that the first is never taken
/// from where anybody could have put it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookie {
    secure: &'static str,
    plain: &'static str,
}

/// The cookie with the session's secret.
pub(crate) const SESSION: Cookie = Cookie { secure: SECURE_COOKIE, plain: PLAIN_COOKIE };
/// The cookie that binds a sign-in elsewhere to the browser that began it.
pub(crate) const ERRAND: Cookie = Cookie { secure: "__Host-netscan-oidc", plain: "netscan_oidc" };

impl Cookie {
    /// Its value in a request.
    pub(crate) fn of(self, parts: &Parts) -> Option<&str> {
        let name = self.name(Remote::of(parts).is_secure());
        let lines = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((name.trim(), value.trim()))
        });
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// The value of a `Set-Cookie` that sets it: no script reads it, and no other site sends it
    /// along, except by a link to us. Without `max_age` it goes when the browser does.
    pub(crate) fn set(
        self,
        value: &str,
        max_age: Option<Duration>,
        is_secure: bool,
    ) -> HeaderValue {
        let name = self.name(is_secure);
        let secure = if is_secure { "; Secure" } else { "" };
        let age = max_age.map(|age| format!("; Max-Age={}", age.as_secs())).unwrap_or_default();
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
        HeaderValue::try_from(text).expect("a secret of ours is letters, digits, - and _")
    }

    /// The value of a `Set-Cookie` that removes it.
    pub(crate) fn clear(self, is_secure: bool) -> HeaderValue {
        self.set("", Some(Duration::ZERO), is_secure)
    }

    fn name(self, is_secure: bool) -> &'static str {
        if is_secure { self.secure } else { self.plain }
    }
}

/// Refuses what a foreign page may have sent with somebody's cookie: unsafe methods without proof
/// of where they come from, and any request under a name that is not ours (DNS rebinding).
pub(crate) fn refuse_foreign_pages(parts: &Parts, settings: &Settings) -> Result<(), Refusal> {
    refuse_foreign_names(&parts.headers, settings)?;
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    let headers = &parts.headers;
    let is_meant = headers.contains_key(MARK) || is_json(headers);
    // Every browser says where an unsafe request comes from; what is none says at least that.
    let is_ours = is_same_site(parts, settings).unwrap_or(headers.contains_key(MARK));
    if is_safe || (is_meant && is_ours) {
        return Ok(());
    }
    Err(Refusal::foreign(
        "the request does not come from a page of this server; send the header `X-Netscan: 1`, or \
         a token instead of a cookie",
    ))
}

/// Refuses what a foreign page may have sent to somebody who is not signed in: it could sign them
/// in as somebody else.
pub(crate) fn refuse_foreign_guests(parts: &Parts, settings: &Settings) -> Result<(), Refusal> {
    refuse_foreign_names(&parts.headers, settings)?;
    match is_same_site(parts, settings) {
        Some(false) => {
            Err(Refusal::foreign("the request does not come from a page of this server"))
        }
        _ => Ok(()),
    }
}

/// Refuses a WebSocket that was opened with somebody's cookie by a page that is not ours. Browsers
/// send `Origin` with every WebSocket (RFC 6455, section 4.1); one that is missing is foreign.
pub(crate) fn refuse_foreign_socket(parts: &Parts, settings: &Settings) -> Result<(), Refusal> {
    refuse_foreign_names(&parts.headers, settings)?;
    match origin(&parts.headers) {
        Some(origin) if is_own_origin(origin, parts, settings) => Ok(()),
        _ => Err(Refusal::foreign("a WebSocket is opened by pages of this server only")),
    }
}

/// Refuses an `Origin` that is not ours, and lets one that is missing pass.
pub(crate) fn refuse_foreign_origin(parts: &Parts, settings: &Settings) -> Result<(), Refusal> {
    match parts.headers.get(ORIGIN) {
        Some(_) => refuse_foreign_socket(parts, settings),
        None => Ok(()),
    }
}

/// Refuses a `Host` that is neither a literal address nor a name under which we are known.
pub(crate) fn refuse_foreign_names(
    headers: &HeaderMap,
    settings: &Settings,
) -> Result<(), Refusal> {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = host_name(host);
    let is_literal = name.parse::<std::net::IpAddr>().is_ok();
    let is_local = name == "localhost" || name.ends_with(".localhost");
    let is_known = settings.allowed_hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
        || public_authority(settings).is_some_and(|known| host_name(known) == name);
    if is_literal || is_local || is_known {
        return Ok(());
    }
    Err(Refusal::foreign("this server is not known under that name; an admin can allow it"))
}

/// Whether the request comes from a page of ours; nothing when it does not say.
fn is_same_site(parts: &Parts, settings: &Settings) -> Option<bool> {
    let headers = &parts.headers;
    if let Some(site) = headers.get(FETCH_SITE) {
        return Some(site == "same-origin" || site == "none");
    }
    headers.get(ORIGIN)?;
    Some(origin(headers).is_some_and(|origin| is_own_origin(origin, parts, settings)))
}

/// Whether the body is JSON, which no form can send.
fn is_json(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json")
}

fn origin(headers: &HeaderMap) -> Option<&str> {
    headers.get(ORIGIN).and_then(|value| value.to_str().ok())
}

/// Whether a page of `origin` is one of ours: it was loaded from where it now asks, or from the
/// public address. Over TLS, a page that came without is not: anybody on the way could have
/// written it.
fn is_own_origin(origin: &str, parts: &Parts, settings: &Settings) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let host = parts.headers.get(HOST).and_then(|value| value.to_str().ok());
    let is_as_safe = scheme == "https" || !Remote::of(parts).is_secure();
    (host == Some(authority) && is_as_safe) || public_origin(settings) == Some(origin)
}

/// The part of the public address that browsers send as `Origin`.
fn public_origin(settings: &Settings) -> Option<&str> {
    let url = settings.public_url.as_deref()?;
    let start = url.find("://")? + "://".len();
    let end = url[start..].find('/').map_or(url.len(), |length| start + length);
    Some(&url[..end])
}

fn public_authority(settings: &Settings) -> Option<&str> {
    public_origin(settings)?.split_once("://").map(|(_, authority)| authority)
}

/// The name in `host:port`, without brackets.
fn host_name(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    authority.rsplit_once(':').map_or(authority, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn settings() -> Settings {
        let public_url = Some("https://scan.example.com".into());
        Settings { public_url, ..Settings::new("artifacts".into()) }
    }

    #[test]
    fn a_socket_is_opened_by_our_own_pages_only() {
        let is_let_in =
            |pairs: &[_]| refuse_foreign_socket(&parts(Method::GET, pairs), &settings()).is_ok();

        assert!(is_let_in(&[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")]));
        assert!(is_let_in(&[("host", "scan.example.com"), ("origin", "https://scan.example.com")]));
        assert!(!is_let_in(&[("host", "127.0.0.1:8080"), ("origin", "http://evil.example")]));
        assert!(!is_let_in(&[("host", "127.0.0.1:8080"), ("origin", "null")]));
        assert!(!is_let_in(&[("host", "127.0.0.1:8080")]));
        assert!(!is_let_in(&[("host", "evil.example"), ("origin", "http://evil.example")]));
    }

    #[test]
    fn over_tls_a_page_that_came_without_is_not_ours() {
        let is_let_in = |origin: &'static str, is_secure| {
            let pairs = [("host", "192.0.2.1"), ("origin", origin)];
            let mut parts = parts(Method::GET, &pairs);
            parts.extensions.insert(Remote::new(None, is_secure));
            refuse_foreign_socket(&parts, &settings()).is_ok()
        };

        assert!(is_let_in("https://192.0.2.1", true));
        assert!(!is_let_in("http://192.0.2.1", true));
        assert!(is_let_in("http://192.0.2.1", false));
    }

    fn parts(method: Method, pairs: &[(&'static str, &'static str)]) -> Parts {
        let mut parts = axum::http::Request::new(()).into_parts().0;
        parts.method = method;
        parts.headers = headers(pairs);
        parts
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let parts = parts(Method::GET, &[("cookie", "a=b; netscan_session=secret; c=d")]);

        assert_eq!(SESSION.of(&parts), Some("secret"));
    }

    #[test]
    fn over_tls_a_cookie_that_a_neighbour_could_set_is_not_looked_at() {
        let cookies = "netscan_session=planted; __Host-netscan=ours";
        let mut parts = parts(Method::GET, &[("cookie", cookies)]);
        parts.extensions.insert(Remote::new(None, true));

        assert_eq!(SESSION.of(&parts), Some("ours"));
    }

    #[test]
    fn a_cookie_is_kept_from_scripts_and_other_sites() {
        assert_eq!(
            SESSION.set("x", None, true),
            "__Host-netscan=x; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(
            SESSION.clear(false),
            "netscan_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }

    #[test]
    fn an_unsafe_request_with_a_cookie_comes_from_our_own_pages_only() {
        let json = ("content-type", "application/json");
        let form = ("content-type", "text/plain");
        let host = ("host", "127.0.0.1:8080");
        let origin = ("origin", "http://127.0.0.1:8080");
        let is_let_in =
            |pairs: &[_]| refuse_foreign_pages(&parts(Method::POST, pairs), &settings()).is_ok();

        assert!(is_let_in(&[host, json, origin]));
        assert!(is_let_in(&[host, json, ("sec-fetch-site", "same-origin")]));
        assert!(is_let_in(&[host, ("x-netscan", "1"), origin]));
        assert!(is_let_in(&[host, ("x-netscan", "1")]));
        assert!(!is_let_in(&[host, json]));
        assert!(!is_let_in(&[host, form, origin]));
        assert!(!is_let_in(&[host, json, ("sec-fetch-site", "cross-site")]));
        assert!(!is_let_in(&[host, json, ("sec-fetch-site", "same-site"), origin]));
        assert!(!is_let_in(&[host, json, ("x-netscan", "1"), ("origin", "http://evil.example")]));
        assert!(!is_let_in(&[host, json, ("origin", "null")]));
        assert!(!is_let_in(&[host, json, ("origin", "http://scan.example.com")]));
        assert!(!is_let_in(&[("host", "evil.example"), ("x-netscan", "1")]));
    }

    #[test]
    fn a_foreign_page_cannot_sign_anybody_in() {
        let host = ("host", "127.0.0.1:8080");
        let is_let_in =
            |pairs: &[_]| refuse_foreign_guests(&parts(Method::POST, pairs), &settings()).is_ok();

        assert!(is_let_in(&[host]));
        assert!(is_let_in(&[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(!is_let_in(&[host, ("origin", "http://evil.example")]));
        assert!(!is_let_in(&[host, ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn names_are_told_from_ports() {
        assert_eq!(["[::1]:80", "a.b:1", "a.b"].map(host_name), ["::1", "a.b", "a.b"]);
    }
}
