//! A POST with a key is done once.

use netscan_model::access::Role;
use serde_json::json;

use crate::given::{Ask, get, post, server};

fn create_user(name: &str, key: &str, token: &str) -> Ask {
    let body = json!({ "name": name, "role": "viewer" });
    post("/api/v1/users", &body).token(token).header("idempotency-key", key)
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_is_done_once() {
    let given = server().await;
    let admin = given.admin().await;

    let first = given.send(create_user("ben", "k1", &admin)).await;
    let second = given.send(create_user("ben", "k1", &admin)).await;

    assert_eq!(first.expect(201), second.expect(201));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(given.realm.users().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_refusal_is_repeated_too() {
    let given = server().await;
    let admin = given.admin().await;
    given.send(create_user("ben", "k1", &admin)).await.expect(201);

    let first = given.send(create_user("ben", "k2", &admin)).await;
    let second = given.send(create_user("ben", "k2", &admin)).await;

    assert_eq!(first.refused(409), second.refused(409));
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let given = server().await;
    let (admin, other) = (given.admin().await, given.admin().await);
    given.send(create_user("ben", "k1", &admin)).await.expect(201);

    given.send(create_user("mara", "k1", &admin)).await.refused(422);
    given.send(create_user("ben", "k1", &other)).await.refused(422);

    assert_eq!(given.realm.users().await.unwrap().len(), 3);
}

#[tokio::test]
async fn organisations_do_not_share_keys() {
    let given = server().await;
    let admin = given.admin().await;
    let other = given.organisation("other").await;
    let foreign = given.token(&other, Role::Admin).await;

    given.send(create_user("ben", "k1", &admin)).await.expect(201);

    given.send(create_user("tom", "k1", &foreign)).await.expect(201);
}

#[tokio::test]
async fn many_at_a_time_are_done_once() {
    let given = std::sync::Arc::new(server().await);
    let admin = given.admin().await;
    let sent = (0..8).map(|_| {
        let (given, admin) = (given.clone(), admin.clone());
        tokio::spawn(async move { given.send(create_user("ben", "k1", &admin)).await })
    });

    let mut statuses = Vec::new();
    for answer in sent.collect::<Vec<_>>() {
        statuses.push(answer.await.unwrap().status.as_u16());
    }

    assert!(statuses.contains(&201), "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    given.send(create_user("ben", "k1", &admin)).await.expect(201);
}

#[tokio::test]
async fn a_secret_is_not_shown_again_and_kept_nowhere() {
    let given = server().await;
    let admin = given.admin().await;
    let create = || {
        let body = json!({ "name": "nightly" });
        post("/api/v1/tokens", &body).token(&admin).header("idempotency-key", "k1")
    };

    let first = given.send(create()).await.expect(201);
    let second = given.send(create()).await;

    assert!(second.refused(409).contains("cannot be shown again"));
    assert_eq!(given.realm.tokens(None).await.unwrap().len(), 2);
    let token = first["token"].as_str().unwrap();
    given.send(get("/api/v1/session").token(token)).await.expect(200);
}

#[tokio::test]
async fn nothing_is_kept_of_a_request_with_a_password() {
    let given = server().await;
    let admin = given.admin().await;
    let create = |name: &str| {
        let body = json!({ "name": name, "role": "viewer", "password": "seven green bottles" });
        post("/api/v1/users", &body).token(&admin).header("idempotency-key", "k1")
    };

    given.send(create("ben")).await.expect(201);
    let again = given.send(create("ben")).await;
    let other = given.send(create("mara")).await;

    again.refused(409);
    assert_eq!(again.header("idempotency-replayed"), None);
    other.expect(201);
}

#[tokio::test]
async fn a_key_that_is_no_key_is_refused() {
    let given = server().await;
    let admin = given.admin().await;

    for key in ["", &"x".repeat(256)] {
        given.send(create_user("ben", key, &admin)).await.refused(400);
    }
}

#[tokio::test]
async fn who_is_nobody_is_told_so_whatever_the_key() {
    let given = server().await;

    given.send(create_user("ben", "k1", "nonsense")).await.refused(401);
}
