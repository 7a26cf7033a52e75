//! Targets: what they amount to, what was seen of them, and which resist.

use serde_json::{Value, json};

use crate::given::{get, post, put, server};
use crate::ran::{fail_dry, id, operator, run_dry, started, stranger, up};

#[tokio::test]
async fn targets_are_counted_shown_in_part_and_rejected_with_reasons() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({
        "targets": ["192.0.2.0/28", "a.lan", "01.0.0.1"], "excludes": ["192.0.2.0"], "limit": 2,
    });

    let answer = given.send(post("/api/v1/targets/expand", &body).token(&token)).await.expect(200);

    assert_eq!((&answer["count"], &answer["count_text"]), (&json!(15), &json!("15")));
    assert_eq!(answer["targets"], json!(["192.0.2.1", "192.0.2.2"]));
    assert_eq!((&answer["names"], &answer["excluded"]), (&json!(["a.lan"]), &json!(1)));
    assert_eq!(answer["truncated"], true);
    assert_eq!(
        (&answer["rejected"][0]["line"], &answer["rejected"][0]["text"]),
        (&json!(3), &json!("01.0.0.1"))
    );
}

#[tokio::test]
async fn an_operator_sees_that_loopback_is_closed_until_a_rule_opens_it() {
    let given = server().await;
    let (operator, admin) = (operator(&given).await, given.admin().await);
    let body = json!({ "targets": ["127.0.0.1"] });
    let count = async |token: &str| {
        let answer = given.send(post("/api/v1/targets/expand", &body).token(token)).await;
        let answer = answer.expect(200);
        (answer["count"].as_u64().unwrap(), answer["out_of_scope"].as_u64().unwrap())
    };

    assert_eq!((count(&operator).await, count(&admin).await), ((0, 1), (1, 0)));
    let project = json!({ "name": "default" });
    given.send(post("/api/v1/projects", &project).token(&admin)).await.expect(201);
    let scope = json!({ "rules": [{ "effect": "allow", "subject": "127.0.0.1" }] });
    given.send(put("/api/v1/projects/default/scope", &scope).token(&admin)).await.expect(200);
    assert_eq!(count(&operator).await, (1, 0));
}

#[tokio::test]
async fn more_targets_than_may_be_scanned_are_refused_with_their_count() {
    let given = server().await;
    let token = operator(&given).await;
    let body = json!({ "targets": ["10.0.0.0/8"] });

    let answer = given.send(post("/api/v1/targets/expand", &body).token(&token)).await;

    let problem = answer.expect(422);
    assert_eq!(problem["errors"][0]["field"], "/targets");
    assert!(problem["detail"].as_str().unwrap().contains("16777216"), "{problem}");
}

#[tokio::test]
async fn what_scans_saw_of_an_address_is_told_newest_first() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    started(&given, &token, &["192.0.2.1"]).await;
    run_dry(&given.store, &[up("192.0.2.1", &[22])]).await;
    started(&given, &token, &["192.0.2.0/30"]).await;
    run_dry(&given.store, &[]).await;
    let path = "/api/v1/targets/192.0.2.1/history";

    let history = given.send(get(path).token(&token)).await.expect(200);

    let entries = history["items"].as_array().unwrap();
    let told = |at: usize| (entries[at]["scan_number"].clone(), entries[at]["state"].clone());
    assert_eq!((told(0), told(1)), ((json!(2), json!("down")), (json!(1), json!("up"))));
    assert_eq!(
        (&entries[1]["open_ports"], &entries[0]["host_id"]),
        (&json!(["22/tcp"]), &Value::Null)
    );
    let host = format!("/api/v1/hosts/{}", entries[1]["host_id"].as_str().unwrap());
    assert_eq!(given.send(get(&host).token(&token)).await.expect(200)["address"], "192.0.2.1");
    let others = given.send(get(path).token(&stranger)).await.expect(200);
    assert_eq!(others["items"], json!([]));
    let wrong = given.send(get("/api/v1/targets/a.lan/history").token(&token)).await.expect(422);
    assert_eq!(wrong["errors"][0]["field"], "/address");
}

#[tokio::test]
async fn addresses_that_resist_are_listed() {
    let given = server().await;
    let (token, stranger) = (operator(&given).await, stranger(&given).await);
    let body = json!({
        "targets": ["192.0.2.1", "192.0.2.9"], "start": true,
        "configuration": { "chunk_size": 1, "attempts": 1 },
    });
    let scan = given.send(post("/api/v1/scans", &body).token(&token)).await.expect(202);
    fail_dry(&given.store).await;

    let all = given.send(get("/api/v1/difficult-targets?limit=1").token(&token)).await.expect(200);
    let cursor = all["next_cursor"].as_str().unwrap();
    let path = format!("/api/v1/difficult-targets?scan={}&limit=1&cursor={cursor}", id(&scan));
    let rest = given.send(get(&path).token(&token)).await.expect(200);

    assert_eq!(
        (&all["items"][0]["state"], &all["items"][0]["count"]),
        (&json!("failed"), &json!(1))
    );
    assert_eq!(rest["items"][0]["addresses"], "192.0.2.9");
    assert_eq!(rest["next_cursor"], Value::Null);
    let path = format!("/api/v1/difficult-targets?scan={}", id(&scan));
    given.send(get(&path).token(&stranger)).await.refused(404);
}
