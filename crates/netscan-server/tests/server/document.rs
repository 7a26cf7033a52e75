//! The document of the API, the explorer that shows it, and what every answer carries.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::given::{ask, get, post, server};

const CHECKED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

/// Every operation of the document: its path, its method, and what is said of it.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    });
    all.filter(|(_, method, _)| *method != "parameters").collect()
}

#[test]
fn the_document_that_is_checked_in_is_that_of_the_operations() {
    let made = netscan_server::openapi().to_pretty_json().unwrap() + "\n";

    let checked_in = std::fs::read_to_string(CHECKED_IN).unwrap_or_default();

    assert!(made == checked_in, "docs/openapi.json is not up to date: run `make openapi`");
}

#[tokio::test]
async fn the_document_is_served_and_every_reference_in_it_leads_somewhere() {
    let given = server().await;

    let document = given.send(get("/openapi.json")).await.expect(200);

    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let text = document.to_string();
    let references: BTreeSet<_> = text
        .match_indices("\"$ref\":\"#")
        .map(|(at, found)| {
            let rest = &text[at + found.len()..];
            rest[..rest.find('"').unwrap()].to_owned()
        })
        .collect();
    assert!(references.len() > 10);
    for reference in references {
        assert!(document.pointer(&reference).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn each_operation_has_a_name_of_its_own_a_tag_and_a_problem() {
    let document = serde_json::to_value(netscan_server::openapi()).unwrap();
    let mut names = BTreeSet::new();

    for (path, method, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} is there twice");
        assert!(operation["tags"][0].is_string(), "{method} {path} has no tag");
        assert!(operation["summary"].is_string(), "{method} {path} is not described");
        let problem = &operation["responses"]["default"]["content"];
        assert!(problem["application/problem+json"].is_object(), "{method} {path}");
    }

    assert!(names.contains("take_ticket"));
}

#[test]
fn each_parameter_of_a_path_is_described() {
    let document = serde_json::to_value(netscan_server::openapi()).unwrap();

    for (path, method, operation) in operations(&document) {
        let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let in_path: BTreeSet<_> = in_path.collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let described = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let described: BTreeSet<_> = described.map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(described, in_path, "{method} {path}");
    }
}

#[tokio::test]
async fn the_explorer_holds_no_script_and_no_style_within_its_page() {
    let given = server().await;

    let moved = given.send(get("/api/docs")).await;
    assert_eq!((moved.status.as_u16(), moved.header("location")), (308, Some("/api/docs/")));
    let page = given.send(get("/api/docs/")).await;

    assert_eq!(page.header("content-type"), Some("text/html"));
    let text = page.text();
    for (at, _) in text.match_indices("<script") {
        let tag = &text[at..at + text[at..].find("</script>").unwrap()];
        assert!(tag.contains("src=") && tag.trim_end().ends_with('>'), "{tag}");
    }
    assert!(!text.contains("<style") && !text.contains("style=") && !text.contains("onload="));
    let files = text
        .split('"')
        .filter(|part| part.rsplit_once('.').is_some_and(|(_, end)| end == "js" || end == "css"));
    let files: Vec<_> = files.map(|file| file.trim_start_matches("./")).collect();
    assert!(files.len() >= 4, "{files:?}");
    for file in files {
        let found = given.send(get(&format!("/api/docs/{file}"))).await;
        assert_eq!(found.status.as_u16(), 200, "{file}");
    }
    let settings = given.send(get("/api/docs/swagger-initializer.js")).await.text();
    assert!(settings.contains("/openapi.json"), "{settings}");
    given.send(get("/api/docs/passwords.txt")).await.refused(404);
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_guard_browsers() {
    let given = server().await;
    let expected = [
        ("cache-control", "no-store"),
        (
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
             form-action 'self'",
        ),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ];

    for path in ["/healthz", "/openapi.json", "/api/v1/scans", "/nothing", "/ws/events"] {
        let answer = given.send(get(path)).await;

        for (name, value) in expected {
            assert_eq!(answer.header(name), Some(value), "{name} of {path}");
        }
        assert_eq!(answer.header("strict-transport-security"), None, "{path}");
    }
}

#[tokio::test]
async fn who_comes_by_tls_is_told_to_stay_with_it() {
    let given = server().await;

    let by_proxy = get("/healthz").header("x-forwarded-proto", "https");
    let trusted = given.send(by_proxy.clone()).await;
    let stranger = given.send(by_proxy.from("192.0.2.1")).await;

    assert_eq!(trusted.header("strict-transport-security"), Some("max-age=31536000"));
    assert_eq!(stranger.header("strict-transport-security"), None);
}

#[tokio::test]
async fn a_refusal_names_the_request_and_so_does_the_answer() {
    let given = server().await;

    let own = given.send(get("/api/v1/scans").header("x-request-id", "mine-1")).await;
    let strange = given.send(get("/nothing").header("x-request-id", "<script>")).await;

    assert_eq!(own.expect(401)["request_id"], "mine-1");
    assert_eq!(own.header("x-request-id"), Some("mine-1"));
    let id = strange.expect(404)["request_id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 36, "{id}");
    assert_eq!(strange.header("x-request-id"), Some(id.as_str()));
}

#[tokio::test]
async fn a_method_that_is_not_there_is_a_problem_that_says_which_are() {
    let given = server().await;

    let answer = given.send(ask("PATCH".parse().unwrap(), "/api/v1/session")).await;

    assert!(answer.refused(405).contains("Allow"));
    assert!(answer.header("allow").unwrap().contains("GET"));
}

#[tokio::test]
async fn operations_answer_under_both_bases() {
    let given = server().await;
    let token = given.admin().await;

    for base in ["/api", "/api/v1"] {
        given.send(get(&format!("{base}/workers")).token(&token)).await.expect(200);
        let ticket = post(&format!("{base}/session/ticket"), &Value::Null).token(&token);
        given.send(ticket).await.expect(201);
    }
}
