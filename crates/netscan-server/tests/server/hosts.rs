//! Hosts: found over all scans, and one by one.

use serde_json::{Value, json};

use crate::given::{Given, get, server};
use crate::ran::{id, operator, run_dry, started, stranger, up};

/// A scan that found three hosts.
async fn three(given: &Given, token: &str) -> String {
    let scan = started(given, token, &["192.0.2.0/29"]).await;
    let hosts = [up("192.0.2.1", &[80]), up("192.0.2.2", &[22, 80]), up("192.0.2.5", &[])];
    run_dry(&given.store, &hosts).await;
    id(&scan)
}

fn addresses(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item["address"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn hosts_are_found_by_what_they_are_like() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = three(&given, &token).await;
    let found = async |query: &str| {
        given.send(get(&format!("/api/v1/hosts?{query}")).token(&token)).await.expect(200)
    };

    let all = found("status=UP").await;
    assert_eq!(addresses(&all), ["192.0.2.1", "192.0.2.2", "192.0.2.5"]);
    assert_eq!(addresses(&found("port=22").await), ["192.0.2.2"]);
    assert_eq!(addresses(&found("open=true").await), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(addresses(&found("service=http&status=up").await), ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(addresses(&found("address=192.0.2.2/31&status=up").await), ["192.0.2.2"]);
    assert_eq!(addresses(&found(&format!("scan={scan}&open=true")).await).len(), 2);
    assert_eq!(addresses(&found("project=default&port=22").await), ["192.0.2.2"]);
    let of_scan = format!("/api/v1/scans/{scan}/hosts?open=true&port=80");
    let of_scan = given.send(get(&of_scan).token(&token)).await.expect(200);
    assert_eq!(addresses(&of_scan), ["192.0.2.1", "192.0.2.2"]);
}

#[tokio::test]
async fn hosts_are_listed_page_by_page() {
    let given = server().await;
    let token = operator(&given).await;
    three(&given, &token).await;

    let first = given.send(get("/api/v1/hosts?limit=2&status=up").token(&token)).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("/api/v1/hosts?limit=2&status=up&cursor={cursor}");
    let second = given.send(get(&path).token(&token)).await.expect(200);

    assert_eq!((addresses(&first).len(), addresses(&second)), (2, vec!["192.0.2.5"]));
}

#[tokio::test]
async fn a_host_is_shown_by_its_id_to_nobody_else() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    let scan = three(&given, &token).await;
    let listed = given.send(get("/api/v1/hosts?port=22").token(&token)).await.expect(200);
    let place = format!("/api/v1/hosts/{}", id(&listed["items"][0]));

    let shown = given.send(get(&place).token(&token)).await.expect(200);

    assert_eq!(shown, listed["items"][0]);
    assert_eq!((&shown["scan_id"], &shown["scan_number"]), (&json!(scan), &json!(1)));
    given.send(get(&place).token(&stranger)).await.refused(404);
    given.send(get(&format!("/api/v1/scans/{scan}/hosts")).token(&stranger)).await.refused(404);
    given.send(get(&format!("/api/v1/hosts?scan={scan}")).token(&stranger)).await.refused(404);
    let others = given.send(get("/api/v1/hosts").token(&stranger)).await.expect(200);
    assert_eq!(others["items"], json!([]));
    for malformed in ["x", "AAAA", "%00", "..%2F.."] {
        given.send(get(&format!("/api/v1/hosts/{malformed}")).token(&token)).await.refused(404);
    }
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_named() {
    let given = server().await;
    let token = operator(&given).await;

    for (query, field) in [
        ("port=70000", "/port"),
        ("address=a.lan", "/address"),
        ("status=busy", "/status"),
        ("scan=7", "/scan"),
    ] {
        let answer = given.send(get(&format!("/api/v1/hosts?{query}")).token(&token)).await;
        assert_eq!(answer.expect(422)["errors"][0]["field"], field, "{query}");
    }
    given.send(get("/api/v1/hosts?project=none").token(&token)).await.refused(404);
}
