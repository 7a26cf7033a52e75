//! What the server says of itself.

use netscan_model::access::{Permission, Role};
use serde_json::Value;

use crate::given::{get, server, server_with};

fn check<'a>(readiness: &'a Value, name: &str) -> &'a Value {
    let checks = readiness["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

#[tokio::test]
async fn a_server_is_alive_without_asking_who_wants_to_know() {
    let given = server().await;

    for path in ["/healthz", "/api/health", "/api/healthz"] {
        assert_eq!(given.send(get(path)).await.expect(200)["status"], "ok", "{path}");
    }
}

#[tokio::test]
async fn a_server_that_can_work_says_how_it_is() {
    let given = server().await;

    let readiness = given.send(get("/readyz")).await.expect(200);

    assert_eq!(readiness["ready"], true);
    let detail = check(&readiness, "database")["detail"].as_str().unwrap();
    assert!(detail.starts_with("answers in "), "{detail}");
    assert!(check(&readiness, "disk")["detail"].as_str().unwrap().ends_with(" MiB left"));
}

#[tokio::test]
async fn a_server_without_its_database_is_alive_and_not_ready() {
    let given = server().await;
    given.store.close().await;

    let readiness = given.send(get("/readyz")).await.expect(503);

    assert_eq!(readiness["ready"], false);
    assert_eq!(check(&readiness, "database")["ok"], false);
    assert_eq!(check(&readiness, "disk")["ok"], true);
    given.send(get("/healthz")).await.expect(200);
}

#[tokio::test]
async fn a_fault_does_not_show_its_cause() {
    let given = server().await;
    let token = given.admin().await;
    given.store.close().await;

    let answer = given.send(get("/api/v1/scans").token(&token)).await;

    assert!(answer.status.is_server_error(), "{}", answer.status);
    for word in ["sqlx", "pool", "Pool", "sqlite", "/tmp"] {
        assert!(!answer.text().contains(word), "{}", answer.text());
    }
}

#[tokio::test]
async fn measurements_tell_what_was_asked_by_route_and_not_by_address() {
    let given = server().await;
    let token = given.admin().await;
    let id = "0192f3a1-7a10-7000-8000-000000000000";
    given.send(get(&format!("/api/v1/templates/{id}")).token(&token)).await.expect(404);

    let answer = given.send(get("/metrics")).await;

    let text = answer.text();
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    let asked = "netscan_http_request_duration_seconds_count\
                 {route=\"/api/v1/templates/{id}\",method=\"GET\",status=\"404\"} 1\n";
    assert!(text.contains(asked), "{text}");
    assert!(!text.contains(id));
    for family in [
        "netscan_scans{state=\"running\"} 0\n",
        "netscan_batches{state=\"waiting\"} 0\n",
        "netscan_queue_depth_batches 0\n",
        "netscan_leases 0\n",
        "netscan_oldest_lease_age_seconds 0\n",
        "netscan_event_lag_seconds 0\n",
        "netscan_websocket_clients 0\n",
        "netscan_lines_dropped_total 0\n",
        "netscan_process_resident_memory_bytes ",
        "netscan_process_open_fds ",
    ] {
        assert!(text.contains(family), "{family} is not in {text}");
    }
}

#[tokio::test]
async fn every_family_of_measurements_is_described_once() {
    let given = server().await;

    let text = given.send(get("/metrics")).await.text();

    let mut described = std::collections::BTreeSet::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(name.starts_with("netscan_") && help.ends_with('.'), "{line}");
            assert!(described.insert(name), "{name} is there twice");
        }
    }
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    for sample in samples {
        let name = sample.split(['{', ' ']).next().unwrap();
        let ends = ["", "_bucket", "_sum", "_count"];
        let is_described =
            |end: &str| name.strip_suffix(end).is_some_and(|it| described.contains(it));
        assert!(ends.into_iter().any(is_described), "{sample}");
    }
}

#[tokio::test]
async fn measurements_may_be_kept_from_strangers() {
    let given = server_with(|settings| settings.has_open_metrics = false).await;
    let reader = given.scoped_token(&given.realm, Role::Viewer, &[Permission::Read]).await;
    let other = given.scoped_token(&given.realm, Role::Viewer, &[Permission::Own]).await;

    given.send(get("/metrics")).await.refused(401);
    given.send(get("/metrics").token(&other)).await.refused(403);
    let answer = given.send(get("/metrics").token(&reader)).await;

    assert_eq!(answer.status.as_u16(), 200);
}
