//! The first start: a link that works once.

use jiff::Timestamp;
use netscan_model::access::Role;
use netscan_server::offer_setup;
use serde_json::json;

use crate::given::{PASSWORD, get, post, server};

#[tokio::test]
async fn the_link_makes_the_first_user_once_and_signs_them_in() {
    let given = server().await;
    let secret = offer_setup(&given.store, Timestamp::now()).await.unwrap().unwrap();
    let body =
        json!({ "token": secret, "user": "Mara", "password": PASSWORD, "organisation": "lab" });
    assert_eq!(
        given.send(get("/api/v1/setup")).await.expect(200),
        json!({ "needed": true, "openid": false })
    );

    let answer = given.send(post("/api/v1/setup", &body)).await;

    let session = answer.expect(201);
    assert_eq!(session["user"]["name"], "mara");
    assert_eq!(
        (&session["role"], &session["organisation"]["name"]),
        (&json!("admin"), &json!("lab"))
    );
    let cookie = answer.cookie("netscan_session").unwrap();
    assert_eq!(given.send(get("/api/v1/session").session(&cookie)).await.expect(200), session);
    assert_eq!(
        given.send(get("/api/v1/setup")).await.expect(200),
        json!({ "needed": false, "openid": false })
    );
    given.send(post("/api/v1/setup", &body)).await.refused(410);
    assert_eq!(offer_setup(&given.store, Timestamp::now()).await.unwrap(), None);
}

#[tokio::test]
async fn another_secret_sets_nothing_up() {
    let given = server().await;
    let first = offer_setup(&given.store, Timestamp::now()).await.unwrap().unwrap();
    offer_setup(&given.store, Timestamp::now()).await.unwrap().unwrap();

    for token in ["guess", &first] {
        let body = json!({ "token": token, "user": "mara", "password": PASSWORD });
        given.send(post("/api/v1/setup", &body)).await.refused(403);
    }

    assert_eq!(given.realm.users().await.unwrap(), []);
}

#[tokio::test]
async fn a_link_holds_for_a_day() {
    let given = server().await;
    let yesterday = Timestamp::now() - std::time::Duration::from_hours(25);
    let secret = offer_setup(&given.store, yesterday).await.unwrap().unwrap();
    let body = json!({ "token": secret, "user": "mara", "password": PASSWORD });

    given.send(post("/api/v1/setup", &body)).await.refused(403);
}

#[tokio::test]
async fn a_weak_password_leaves_the_link_as_it_is() {
    let given = server().await;
    let secret = offer_setup(&given.store, Timestamp::now()).await.unwrap().unwrap();
    let body = |password: &str| json!({ "token": secret, "user": "mara", "password": password });

    let weak = given.send(post("/api/v1/setup", &body("password1234"))).await.expect(422);
    let good = given.send(post("/api/v1/setup", &body(PASSWORD))).await;

    assert_eq!(weak["errors"][0]["field"], "/password");
    good.expect(201);
}

#[tokio::test]
async fn who_has_users_needs_no_set_up() {
    let given = server().await;
    given.user_with_password(&given.realm, "mara", Role::Admin).await;

    assert_eq!(
        given.send(get("/api/v1/setup")).await.expect(200),
        json!({ "needed": false, "openid": false })
    );
}
