//! Batches: changed, cut, stopped and tried again one by one.

use axum::http::Method;
use serde_json::{Value, json};

use crate::given::{Given, ask, get, post, server};
use crate::ran::{fail_dry, id, lease, operator, run_dry, started, stranger};

async fn first_batch(given: &Given, token: &str, scan: &Value) -> String {
    let path = format!("/api/v1/scans/{}/batches", id(scan));
    id(&given.send(get(&path).token(token)).await.expect(200)["items"][0])
}

/// A scan of 8 addresses in one batch, and the batch.
async fn of_eight(given: &Given, token: &str) -> (String, String) {
    let body = json!({
        "targets": ["192.0.2.0/29"], "start": true, "configuration": { "chunk_size": 8, "attempts": 1 },
    });
    let scan = given.send(post("/api/v1/scans", &body).token(token)).await.expect(202);
    (id(&scan), first_batch(given, token, &scan).await)
}

#[tokio::test]
async fn a_batch_is_shown_and_changed_while_it_waits() {
    let given = server().await;
    let token = operator(&given).await;
    let (scan, batch) = of_eight(&given, &token).await;
    let place = format!("/api/v1/batches/{batch}");

    let shown = given.send(get(&place).token(&token)).await.expect(200);
    let change = json!({ "priority": "HIGH", "attempts_allowed": 7 });
    let changed = given.send(ask(Method::PATCH, &place).json(&change).token(&token)).await;

    assert_eq!((&shown["scan_id"], &shown["target_count"]), (&json!(scan), &json!(8)));
    assert_eq!(shown["targets"], json!(["192.0.2.0-192.0.2.7"]));
    let changed = changed.expect(200);
    assert_eq!((&changed["priority"], &changed["attempts_allowed"]), (&json!("high"), &json!(7)));
    let wrong = ask(Method::PATCH, &place).json(&json!({ "attempts_allowed": 0 })).token(&token);
    assert_eq!(given.send(wrong).await.expect(422)["errors"][0]["field"], "/attempts_allowed");
}

#[tokio::test]
async fn a_batch_is_cut_into_parts_and_cutting_it_again_changes_nothing() {
    let given = server().await;
    let token = operator(&given).await;
    let (scan, batch) = of_eight(&given, &token).await;
    let path = format!("/api/v1/batches/{batch}/split");
    let cut = json!({ "chunk_size": 4 });

    let first = given.send(post(&path, &cut).token(&token)).await.expect(200);
    let second = given.send(post(&path, &cut).token(&token)).await.expect(200);

    assert_eq!((&first["outcome"], first["parts"].as_array().unwrap().len()), (&json!("done"), 2));
    assert_eq!(second["parts"].as_array().unwrap().len(), 2);
    let listed = format!("/api/v1/scans/{scan}/batches?status=waiting");
    let listed = given.send(get(&listed).token(&token)).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let nothing = given.send(post(&path, &json!({})).token(&token)).await.expect(422);
    assert_eq!(nothing["errors"][0]["field"], "/chunk_size");
}

#[tokio::test]
async fn a_batch_with_a_worker_is_cut_by_the_worker() {
    let given = server().await;
    let token = operator(&given).await;
    let (_, batch) = of_eight(&given, &token).await;
    lease(&given.store).await.unwrap();

    let path = format!("/api/v1/batches/{batch}/split");
    let answer = given.send(post(&path, &json!({ "chunk_size": 1 })).token(&token)).await;

    assert_eq!(answer.expect(200), json!({ "outcome": "asked", "parts": [] }));
}

#[tokio::test]
async fn a_batch_is_stopped_and_tried_again_as_a_new_one() {
    let given = server().await;
    let token = operator(&given).await;
    let (_, batch) = of_eight(&given, &token).await;
    let path = |verb: &str| format!("/api/v1/batches/{batch}/{verb}");

    let open = given.send(post(&path("retry"), &json!({})).token(&token)).await;
    let stopped = given.send(post(&path("stop"), &json!({})).token(&token)).await.expect(202);
    let again = given.send(ask(Method::POST, &path("retry")).token(&token)).await.expect(202);

    open.refused(409);
    assert_eq!(stopped["status"], "cancelled");
    assert_eq!((&again["status"], &again["target_count"]), (&json!("waiting"), &json!(8)));
    assert_ne!(id(&again), batch);
    // What was asked for is so already.
    given.send(post(&path("stop"), &json!({})).token(&token)).await.expect(202);
    given.send(post(&path("retry"), &json!({})).token(&token)).await.refused(409);
}

#[tokio::test]
async fn a_batch_that_is_done_is_neither_cut_nor_changed() {
    let given = server().await;
    let token = operator(&given).await;
    let (_, batch) = of_eight(&given, &token).await;
    run_dry(&given.store, &[]).await;
    let place = format!("/api/v1/batches/{batch}");

    let cut =
        given.send(post(&format!("{place}/split"), &json!({ "chunk_size": 1 })).token(&token));
    let change = ask(Method::PATCH, &place).json(&json!({ "priority": "low" })).token(&token);

    assert_eq!(cut.await.refused(409), "batch 1 is succeeded and cannot be cut any more");
    given.send(change).await.refused(409);
}

#[tokio::test]
async fn batches_of_others_are_not_there() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    let (scan, batch) = of_eight(&given, &token).await;
    fail_dry(&given.store).await;
    let place = format!("/api/v1/batches/{batch}");

    given.send(get(&place).token(&stranger)).await.refused(404);
    given.send(get(&format!("/api/v1/scans/{scan}/batches")).token(&stranger)).await.refused(404);
    let patch = ask(Method::PATCH, &place).json(&json!({})).token(&stranger);
    given.send(patch).await.refused(404);
    for (verb, body) in
        [("retry", json!({})), ("stop", json!({})), ("split", json!({ "chunk_size": 1 }))]
    {
        given.send(post(&format!("{place}/{verb}"), &body).token(&stranger)).await.refused(404);
    }
    given.send(get("/api/v1/batches/7").token(&token)).await.refused(404);
}

#[tokio::test]
async fn batches_are_listed_by_number_page_by_page() {
    let given = server().await;
    let token = operator(&given).await;
    let scan = started(&given, &token, &["192.0.2.0/30"]).await;
    let place = format!("/api/v1/scans/{}/batches", id(&scan));
    let numbers = |page: &Value| {
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };

    let first = given.send(get(&format!("{place}?limit=3")).token(&token)).await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let path = format!("{place}?limit=3&cursor={cursor}");
    let second = given.send(get(&path).token(&token)).await.expect(200);
    let one = given.send(get(&format!("{place}?number=2")).token(&token)).await.expect(200);

    assert_eq!(
        (numbers(&first), numbers(&second), numbers(&one)),
        (vec![1, 2, 3], vec![4], vec![2])
    );
    assert_eq!(second["next_cursor"], Value::Null);
}
