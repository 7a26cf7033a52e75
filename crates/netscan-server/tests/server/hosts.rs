//! Hosts: found over all scans, and one by one.

use netscan_model::observation::Script;
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
async fn a_list_of_the_hosts_of_a_scan_can_be_jumped_in() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = three(&given, &token).await;
    let ask = async |query: &str| {
        given.send(get(&format!("/api/v1/scans/{scan}/hosts?{query}")).token(&token)).await
    };

    let second = ask("status=up&skip=1&limit=1").await.expect(200);
    let cursor = second["next_cursor"].as_str().unwrap();
    let third = ask(&format!("status=up&limit=1&cursor={cursor}")).await.expect(200);
    let beyond = ask("status=up&skip=9").await.expect(200);

    assert_eq!((addresses(&second), addresses(&third)), (vec!["192.0.2.2"], vec!["192.0.2.5"]));
    for page in [&second, &third, &beyond] {
        assert_eq!(page["total"], 3);
    }
    assert_eq!(ask("port=80").await.expect(200)["total"], 2);
    assert_eq!(ask("where=port:80&skip=0").await.expect(200)["total"], Value::Null);
    let both = format!("skip=1&cursor={cursor}");
    for wrong in ["skip=10000001", "skip=-1", "skip=1&where=port:80", &both] {
        assert_eq!(ask(wrong).await.expect(422)["errors"][0]["field"], "/skip", "{wrong}");
    }
}

#[tokio::test]
async fn a_brief_host_says_what_a_list_shows_and_no_more() {
    let given = server().await;
    let token = operator(&given).await;
    let mut host = up("192.0.2.1", &[80]);
    let service = host.ports[0].service.as_mut().unwrap();
    (service.product, service.fingerprint) = (Some("nginx".into()), Some("SF-Port80".into()));
    service.cpe = vec!["cpe:/a:nginx".into()];
    host.ports[0].scripts = vec![Script { id: "http-title".into(), ..Script::default() }];
    host.scripts = vec![Script { id: "smb-os".into(), ..Script::default() }];
    host.details.os_fingerprints = vec!["OS:SCAN".into()];
    host.details.suspect = Some("all answer alike".into());
    let scan = id(&started(&given, &token, &["192.0.2.1"]).await);
    run_dry(&given.store, &[host]).await;
    let ask = async |path: &str| given.send(get(path).token(&token)).await.expect(200);

    let whole = ask(&format!("/api/v1/scans/{scan}/hosts")).await["items"][0].to_string();
    let briefly =
        ask(&format!("/api/v1/scans/{scan}/hosts?brief=true")).await["items"][0].to_string();
    let found = ask("/api/v1/search?brief=true").await["hosts"][0].to_string();

    for left_out in ["SF-Port80", "cpe:/a:nginx", "http-title", "smb-os", "OS:SCAN"] {
        assert!(whole.contains(left_out), "{whole}");
        assert!(!briefly.contains(left_out) && !found.contains(left_out), "{briefly} {found}");
    }
    for told in ["192.0.2.1", "nginx", "http", "syn-ack", "all answer alike"] {
        assert!(briefly.contains(told) && found.contains(told), "{briefly} {found}");
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
