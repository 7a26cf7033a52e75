//! The audit log over the network.

use netscan_model::access::Role;
use netscan_server::AuditWitness;
use serde_json::{Value, json};

use crate::given::{Given, get, put, server};

/// The actions of a page, and where the next one begins.
async fn actions(given: &Given, token: &str, query: &str) -> (Vec<String>, Option<String>) {
    let page = given.send(get(&format!("/api/v1/audit{query}")).token(token)).await.expect(200);
    let items = page["items"].as_array().unwrap().iter();
    let actions = items.map(|row| row["action"].as_str().unwrap().to_owned()).collect();
    (actions, page["next_cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn what_was_done_is_listed_newest_first_with_who_and_from_where() {
    let given = server().await;
    let admin = given.admin().await;
    given.send(put("/api/v1/settings/limits", &json!({})).token(&admin)).await.expect(200);

    let page = given.send(get("/api/v1/audit?limit=1").token(&admin)).await.expect(200);

    let row = &page["items"][0];
    assert_eq!(row["actor"], format!("token:test#{}", &admin[4..16]));
    assert_eq!(row["address"], "127.0.0.1");
    assert_eq!(row["hash"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn pages_of_the_log_follow_each_other_without_gaps() {
    let given = server().await;
    let admin = given.admin().await;
    for _ in 0..4 {
        given.send(put("/api/v1/settings/limits", &json!({})).token(&admin)).await.expect(200);
    }

    let (all, _) = actions(&given, &admin, "").await;
    let (mut paged, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let (page, next) = actions(&given, &admin, &query).await;
        paged.extend(page);
        let Some(next) = next else { break };
        query = format!("?limit=2&cursor={next}");
    }

    assert!(all.len() >= 5);
    assert_eq!(paged, all);
}

#[tokio::test]
async fn rows_are_found_by_actor_action_and_time() {
    let given = server().await;
    let admin = given.admin().await;
    given.send(put("/api/v1/settings/limits", &json!({})).token(&admin)).await.expect(200);

    let (of_token, _) = actions(&given, &admin, "?actor=token:test").await;
    let (of_nobody, _) = actions(&given, &admin, "?actor=user:nobody").await;
    let (of_token_make, _) = actions(&given, &admin, "?action=token").await;
    let (before_all, _) = actions(&given, &admin, "?until=2020-01-01T00:00:00Z").await;

    assert_eq!(of_token.len(), 1);
    assert!(of_nobody.is_empty() && before_all.is_empty());
    assert!(of_token_make.iter().all(|action| action.starts_with("token.")), "{of_token_make:?}");
    assert!(!of_token_make.is_empty());
}

#[tokio::test]
async fn an_organisation_does_not_see_the_rows_of_another() {
    let given = server().await;
    let other = given.organisation("other").await;
    let stranger = given.token(&other, Role::Admin).await;
    let admin = given.admin().await;
    given.send(put("/api/v1/settings/limits", &json!({})).token(&admin)).await.expect(200);

    let page = given.send(get("/api/v1/audit").token(&stranger)).await.expect(200);

    let is_of_limits = |row: &Value| row["action"] == "settings.limits";
    assert!(!page["items"].as_array().unwrap().iter().any(is_of_limits), "{page}");
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_intact() {
    let given = server().await;
    let admin = given.admin().await;

    let verdict = given.send(get("/api/v1/audit/verify").token(&admin)).await.expect(200);

    assert_eq!(verdict["is_intact"], true);
    assert_eq!(verdict["first_bad"], Value::Null);
    assert!(verdict["rows"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn what_tokens_of_one_name_did_is_told_apart() {
    let given = server().await;
    let (one, other) = (given.admin().await, given.admin().await);
    for token in [&one, &other] {
        given.send(put("/api/v1/settings/limits", &json!({})).token(token)).await.expect(200);
    }
    let of = async |actor: &str| actions(&given, &one, &format!("?actor={actor}")).await.0.len();

    assert_eq!(of("token:test").await, 2);
    assert_eq!(of(&format!("token:test%23{}", &other[4..16])).await, 1);
}

#[tokio::test]
async fn an_anchor_shows_whether_the_log_goes_on_from_it() {
    let given = server().await;
    let admin = given.admin().await;
    let verify = async |query: &str| {
        let path = format!("/api/v1/audit/verify{query}");
        given.send(get(&path).token(&admin)).await
    };
    let before = verify("").await.expect(200);
    let (rows, head) = (before["rows"].as_u64().unwrap(), before["head"].as_str().unwrap());
    given.send(put("/api/v1/settings/limits", &json!({})).token(&admin)).await.expect(200);

    let whole = verify(&format!("?anchor={rows}:{head}")).await.expect(200);
    let cut = verify(&format!("?anchor={}:{head}", rows + 2)).await.expect(200);
    let anew = verify(&format!("?anchor={rows}:{}", "0".repeat(64))).await.expect(200);

    assert_eq!((&whole["is_intact"], &whole["rows"]), (&json!(true), &json!(rows + 1)));
    assert_eq!((&cut["first_bad"], &cut["why"]), (&json!(rows + 2), &json!("it is missing")));
    assert_eq!((&anew["is_intact"], &anew["first_bad"]), (&json!(false), &json!(rows)));
    assert_eq!(anew["why"], "it is not the row that was anchored");
    let never = verify(&format!("?anchor=0:{head}")).await.expect(200);
    assert_eq!(never["is_intact"], false);
    let problem = verify("?anchor=12").await.expect(422);
    assert_eq!(problem["errors"][0]["field"], "/anchor");
}

#[tokio::test]
async fn the_end_of_the_log_is_told_when_it_has_moved() {
    let given = server().await;
    let admin = given.admin().await;
    let mut witness = AuditWitness::new(given.store.clone());

    let first = witness.tell().await;
    let same = witness.tell().await;
    given.send(put("/api/v1/settings/limits", &json!({})).token(&admin)).await.expect(200);
    let later = witness.tell().await;

    assert!(first.is_some() && first != later);
    assert_eq!(same, None);
    assert_eq!(later, Some(given.store.audit_head().await.unwrap()));
}

#[tokio::test]
async fn the_chain_of_all_organisations_is_for_admins_of_the_first() {
    let given = server().await;
    let other = given.organisation("other").await;
    let stranger = given.token(&other, Role::Admin).await;
    let operator = given.token(&given.realm, Role::Operator).await;

    given.send(get("/api/v1/audit/verify").token(&stranger)).await.refused(403);
    given.send(get("/api/v1/audit/verify").token(&operator)).await.refused(403);
    given.send(get("/api/v1/audit").token(&operator)).await.refused(403);
}
