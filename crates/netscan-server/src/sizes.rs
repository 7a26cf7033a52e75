//! How much a request may bring: each operation takes as large a body as it can have a use for.
//!
//! What nobody has a use for would be memory that anyone can take, some of it before they have said
//! who they are.

use std::time::Duration;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

/// The largest body of what is asked before, or about, who one is: names, passwords and scopes.
const ABOUT_ONESELF: usize = 16 * 1024;
/// The largest body of what holds no list of targets: a template's text at its longest has as much.
const USUAL: usize = 1024 * 1024;
/// The operations that take lists of targets, and so as much as a server takes at all.
const WITH_TARGETS: [&str; 7] = [
    "/projects/{id}/targets",
    "/projects/{id}/targets/remove",
    "/scans",
    "/scans/plan",
    "/scans/start",
    "/targets/expand",
    "/templates/plan",
];
/// How long nothing of a body may come, also of one that is streamed.
pub(crate) const STALLED: Duration = Duration::from_secs(30);

/// Says how large the body may be. An operation that streams its body may say otherwise.
pub(crate) async fn bound(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let most = most(path).min(app.settings().body_limit);
    DefaultBodyLimit::max(most).apply(&mut request);
    next.run(request).await
}

/// The largest body of the operations at `path`.
fn most(path: &str) -> usize {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let path = path.strip_prefix("/v1").unwrap_or(path);
    match path.split('/').nth(1) {
        Some("session" | "setup" | "tokens") => ABOUT_ONESELF,
        _ if WITH_TARGETS.contains(&path) => usize::MAX,
        _ => USUAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::openapi;

    #[test]
    fn lists_of_targets_may_be_long_and_what_strangers_send_is_short() {
        for (path, expected) in [
            ("/api/v1/session", ABOUT_ONESELF),
            ("/api/session/totp/confirm", ABOUT_ONESELF),
            ("/api/v1/setup", ABOUT_ONESELF),
            ("/api/tokens", ABOUT_ONESELF),
            ("/api/v1/users", USUAL),
            ("/api/v1/scans/{id}", USUAL),
            ("/api/v1/scans", usize::MAX),
            ("/api/projects/{id}/targets", usize::MAX),
        ] {
            assert_eq!(most(path), expected, "{path}");
        }
    }

    #[test]
    fn every_list_of_targets_is_an_operation() {
        let document = openapi();

        for path in WITH_TARGETS {
            assert!(document.paths.paths.contains_key(path), "{path}");
        }
    }
}
