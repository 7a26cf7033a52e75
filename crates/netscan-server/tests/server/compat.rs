//! What programs of earlier generations ask for, where they ask for it.

use serde_json::json;

use crate::given::{get, post, server};
use crate::ran::{id, operator, run_dry, up};

#[tokio::test]
async fn a_scan_is_made_and_started_in_one_and_the_answer_comes_at_once() {
    let given = server().await;
    let token = operator(&given).await;
    let project = json!({ "name": "lab", "description": "ours" });
    let project = given.send(post("/api/projects", &project).token(&token)).await.expect(201);
    let body = json!({
        "project_id": project["id"], "targets": ["192.0.2.0/30"], "nmap_flags": ["-T4", "-Pn", "-sT"],
        "runner": "asyncio", "chunk_size": 2, "concurrency": 6,
    });

    let answer = given.send(post("/api/scans/start", &body).token(&token)).await.expect(202);

    let scan = answer["scan_id"].as_str().unwrap();
    assert_eq!(answer, json!({ "scan_id": scan, "status": "started" }));
    let shown = given.send(get(&format!("/api/scans/{scan}")).token(&token)).await.expect(200);
    assert_eq!((&shown["status"], &shown["project"]), (&json!("queued"), &json!("lab")));
    assert_eq!((&shown["options"], &shown["batch_size"]), (&json!("-sT -Pn -T4"), &json!(2)));
    assert_eq!(shown["concurrency"], 6);
    run_dry(&given.store, &[up("192.0.2.1", &[80])]).await;
    let batches = format!("/api/scans/{scan}/batches");
    let batches = given.send(get(&batches).token(&token)).await.expect(200);
    assert_eq!(
        (&batches["items"][0]["target_count"], batches["items"].as_array().unwrap().len()),
        (&json!(2), 2)
    );
    let hosts = format!("/api/scans/{scan}/hosts?open=true");
    let hosts = given.send(get(&hosts).token(&token)).await.expect(200);
    assert_eq!(hosts["items"][0]["address"], "192.0.2.1");
    let host = format!("/api/hosts/{}", id(&hosts["items"][0]));
    assert_eq!(given.send(get(&host).token(&token)).await.expect(200)["ports"][0]["port"], 80);
}

#[tokio::test]
async fn what_those_programs_get_wrong_is_told_in_their_words() {
    let given = server().await;
    let token = operator(&given).await;
    let start = async |body| given.send(post("/api/scans/start", &body).token(&token)).await;

    start(json!({ "project_id": "none", "targets": ["192.0.2.1"] })).await.refused(404);
    for (body, field) in [
        (json!({ "targets": ["192.0.2.1"] }), ""),
        (json!({ "project_id": "default", "targets": [] }), "/targets"),
        (
            json!({ "project_id": "default", "targets": ["192.0.2.1"], "chunk_size": 0 }),
            "/chunk_size",
        ),
        (
            json!({ "project_id": "default", "targets": ["192.0.2.1"], "nmap_flags": ["-oX"] }),
            "/nmap_flags/0",
        ),
        (json!({ "project_id": "default", "targets": ["x y 1.2.3.4/40"] }), "/targets/0"),
    ] {
        let problem = start(body.clone()).await.expect(422);
        assert_eq!(problem["errors"][0]["field"], field, "{body}");
    }
}

#[tokio::test]
async fn nobody_waits_for_a_quick_scan_that_nothing_would_run() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "nmap_flags": ["-sT"], "targets": ["192.0.2.1"] });

    given.send(post("/api/nmap/run", &body).token(&token)).await.refused(503);

    let scans = given.send(get("/api/scans").token(&token)).await.expect(200);
    assert_eq!(scans["items"], json!([]));
}

#[tokio::test]
async fn targets_are_expanded_as_before() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "targets": ["192.0.2.0/30"] });

    let answer = given.send(post("/api/targets/expand", &body).token(&token)).await.expect(200);

    assert_eq!(answer["targets"], json!(["192.0.2.0", "192.0.2.1", "192.0.2.2", "192.0.2.3"]));
}
