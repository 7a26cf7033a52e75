//! Tokens: made, narrowed, used and revoked.

use jiff::Timestamp;
use netscan_model::access::{Grant, Permission, Role};
use netscan_server::MadeToken;
use serde_json::{Value, json};

use crate::given::{Given, by, delete, get, post, server};

const TOKENS: &str = "/api/v1/tokens";

async fn made(given: &Given, caller: &str, body: &Value) -> Value {
    given.send(post(TOKENS, body).token(caller)).await.expect(201)
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_dead_once_revoked() {
    let given = server().await;
    let admin = given.admin().await;

    let answer = made(&given, &admin, &json!({ "name": "nightly", "role": "viewer" })).await;
    let token = answer["token"].as_str().unwrap();

    assert!(token.starts_with("nso_") && token.len() == 4 + 12 + 1 + 43, "{token}");
    assert_eq!(answer["owner"], "admin1");
    let session = given.send(get("/api/v1/session").token(token)).await.expect(200);
    assert_eq!((&session["kind"], &session["token"]), (&json!("token"), &json!("nightly")));
    assert_eq!(session["role"], "viewer");
    let listed = given.send(get(TOKENS).token(&admin)).await;
    assert!(!listed.text().contains(token.rsplit('_').next().unwrap()));
    assert_eq!(listed.expect(200)["items"][0]["id"], answer["id"]);
    let path = format!("{TOKENS}/{}", answer["id"].as_str().unwrap());
    given.send(delete(&path).token(&admin)).await.expect(204);
    given.send(get("/api/v1/session").token(token)).await.refused(401);
    given.send(delete(&path).token(&admin)).await.refused(404);
}

#[tokio::test]
async fn a_token_with_one_letter_changed_is_nobodys() {
    let given = server().await;
    let admin = given.admin().await;
    let last = admin.chars().last().unwrap();
    let other = if last == 'x' { 'y' } else { 'x' };
    let wrong = format!("{}{other}", &admin[..admin.len() - 1]);

    given.send(get("/api/v1/session").token(&wrong)).await.refused(401);
}

#[tokio::test]
async fn nobody_makes_a_token_that_may_more_than_they_may() {
    let given = server().await;
    let operator = given.token(&given.realm, Role::Operator).await;
    let narrow = [Permission::Own, Permission::Read];
    let reader = given.scoped_token(&given.realm, Role::Admin, &narrow).await;
    let field = async |caller: &str, body: Value| {
        let problem = given.send(post(TOKENS, &body).token(caller)).await.expect(422);
        problem["errors"][0]["field"].clone()
    };

    assert_eq!(field(&operator, json!({ "name": "a", "role": "admin" })).await, "/role");
    assert_eq!(field(&reader, json!({ "name": "a" })).await, "/scopes");
    assert_eq!(field(&reader, json!({ "name": "a", "scopes": ["scan"] })).await, "/scopes");
    made(&given, &operator, &json!({ "name": "a" })).await;
    made(&given, &reader, &json!({ "name": "a", "scopes": ["read"] })).await;
}

#[tokio::test]
async fn a_token_does_not_outlive_the_one_that_makes_it() {
    let given = server().await;
    let user = given.user(&given.realm, Role::Admin).await.user.id;
    let end = Timestamp::now() + std::time::Duration::from_hours(1);
    let parent = MadeToken::new("parent", Grant::of(Role::Admin), Some(end), Some(user));
    given.realm.create_token(&parent.record, by()).await.unwrap().unwrap();
    let parent = parent.secret();

    let longer = json!({ "name": "child", "expires_in_seconds": 7_200 });
    let problem = given.send(post(TOKENS, &longer).token(&parent)).await.expect(422);
    let child = made(&given, &parent, &json!({ "name": "child" })).await;

    assert_eq!(problem["errors"][0]["field"], "/expires_in_seconds");
    let child_end: Timestamp = child["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(child_end.as_millisecond(), end.as_millisecond());
}

#[tokio::test]
async fn what_a_token_made_is_dead_once_it_is_revoked() {
    let given = server().await;
    let (parent, admin) = (given.admin().await, given.admin().await);
    let child = made(&given, &parent, &json!({ "name": "child" })).await;
    let child = child["token"].as_str().unwrap();
    let by_child = made(&given, child, &json!({ "name": "grandchild" })).await;
    let grandchild = by_child["token"].as_str().unwrap();
    given.send(get("/api/v1/session").token(grandchild)).await.expect(200);

    let revoke = delete(&format!("{TOKENS}/{}", &parent[4..16]));
    given.send(revoke.token(&admin)).await.expect(204);

    for token in [parent.as_str(), child, grandchild] {
        given.send(get("/api/v1/session").token(token)).await.refused(401);
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_nobodys() {
    let given = server().await;
    let ended = MadeToken::new("old", Grant::of(Role::Admin), Some(Timestamp::now()), None);
    given.realm.create_token(&ended.record, by()).await.unwrap().unwrap();

    given.send(get("/api/v1/session").token(&ended.secret())).await.refused(401);
    let admin = given.admin().await;
    let past = json!({ "name": "a", "expires_at": "2001-01-01T00:00:00Z" });
    given.send(post(TOKENS, &past).token(&admin)).await.expect(422);
}

#[tokio::test]
async fn one_sees_and_revokes_ones_own_tokens_and_admins_those_of_all() {
    let given = server().await;
    let (viewer, other) = (
        given.token(&given.realm, Role::Viewer).await,
        given.token(&given.realm, Role::Viewer).await,
    );
    let admin = given.admin().await;
    let id = |token: &str| token[4..16].to_owned();
    let listed = async |caller: &str| {
        let page = given.send(get(TOKENS).token(caller)).await.expect(200);
        page["items"].as_array().unwrap().len()
    };
    let revoke =
        |whose: &str, caller: &str| delete(&format!("{TOKENS}/{}", id(whose))).token(caller);

    assert_eq!((listed(&viewer).await, listed(&admin).await), (1, 3));
    given.send(revoke(&other, &viewer)).await.refused(404);
    given.send(revoke(&viewer, &viewer)).await.expect(204);
    given.send(revoke(&other, &admin)).await.expect(204);
    given.send(get("/api/v1/session").token(&other)).await.refused(401);
}

#[tokio::test]
async fn a_token_of_the_database_itself_works_and_is_nobodys() {
    let given = server().await;
    let local = MadeToken::new("first", Grant::of(Role::Admin), None, None);
    given.realm.create_token(&local.record, by()).await.unwrap().unwrap();
    let local = local.secret();

    let session = given.send(get("/api/v1/session").token(&local)).await.expect(200);

    assert_eq!((&session["user"], &session["token"]), (&Value::Null, &json!("first")));
    let password = json!({ "current": "a", "new": "seven green bottles" });
    given.send(post("/api/v1/session/password", &password).token(&local)).await.refused(409);
    made(&given, &local, &json!({ "name": "second" })).await;
}
