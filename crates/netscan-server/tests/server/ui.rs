//! The web UI: pages with addresses of their own, and the files they are made of.

use axum::http::Method;
use serde_json::Value;

use crate::given::{Ask, ask, get, post, server};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; \
    base-uri 'none'; form-action 'none'";

/// As a browser asks for a page.
fn open(path: &str) -> Ask {
    get(path).header("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
}

#[tokio::test]
async fn a_page_of_the_ui_comes_wherever_it_is_opened() {
    let given = server().await;

    for path in ["/", "/index.html", "/scans/018f", "/hosts/10.0.0.1", "/setup?token=secret"] {
        let page = given.send(open(path)).await;

        assert_eq!(page.status.as_u16(), 200, "{path}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert_eq!(page.header("cache-control"), Some("no-cache"), "{path}");
        assert_eq!(page.header("content-security-policy"), Some(POLICY), "{path}");
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(page.text().contains("<title>"), "{path}");
    }
}

#[tokio::test]
async fn what_is_no_page_is_refused_as_ever() {
    let given = server().await;

    for path in ["/api/v1/nothing", "/api/nothing", "/ws/nothing", "/assets/old-1.js"] {
        given.send(open(path)).await.refused(404);
    }
    given.send(get("/scans/018f").header("accept", "*/*")).await.refused(404);
    given.send(post("/scans/018f", &Value::Null).header("accept", "text/html")).await.refused(404);
    given.send(post("/", &Value::Null)).await.refused(404);
}

#[tokio::test]
async fn a_page_is_not_sent_to_who_has_it_or_asks_only_about_it() {
    let given = server().await;
    let page = given.send(open("/")).await;
    let tag = page.header("etag").unwrap();

    let again = given.send(open("/scans/018f").header("if-none-match", tag)).await;
    let about = ask(Method::HEAD, "/").header("accept", "text/html");
    let about = given.send(about).await;

    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), Some(tag));
    assert_eq!((about.status.as_u16(), about.body.len()), (200, 0));
    assert_eq!(about.header("content-length"), Some(page.body.len().to_string().as_str()));
}

#[tokio::test]
async fn the_files_that_a_page_names_are_packed_and_kept_for_good() {
    let given = server().await;
    let text = given.send(open("/")).await.text();
    let named: Vec<_> = text.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(!named.is_empty(), "this build has no web UI: run `make web`");

    for path in &named {
        let file = given.send(get(path)).await;
        assert_eq!(file.status.as_u16(), 200, "{path}");
        let caching = file.header("cache-control").unwrap();
        assert_eq!(caching, "public, max-age=31536000, immutable", "{path}");
        assert_eq!(file.header("content-encoding"), None, "{path}");

        let packed = given.send(get(path).header("accept-encoding", "gzip, br")).await;
        // What is tiny does not get smaller.
        if file.body.len() > 1_000 {
            assert_eq!(packed.header("content-encoding"), Some("br"), "{path}");
            let length = packed.body.len().to_string();
            assert_eq!(packed.header("content-length"), Some(length.as_str()), "{path}");
            assert!(packed.body.len() < file.body.len() / 2, "{path}");
        }
    }
}
