//! What foreign pages can have a browser send, and what becomes of it.

use netscan_model::access::Role;
use serde_json::json;

use crate::given::{HOST, PASSWORD, ask, get, post, server, server_with};

#[tokio::test]
async fn a_foreign_page_changes_nothing_with_somebodys_cookie() {
    let given = server().await;
    let user = given.user(&given.realm, Role::Admin).await.user.id;
    let secret = given.session(&given.realm, user).await;
    let create = || post("/api/v1/tokens", &json!({ "name": "stolen" })).session(&secret);
    let own = format!("http://{HOST}");

    let foreign = [
        create().header("origin", "http://evil.example"),
        create().header("origin", "null"),
        create().header("sec-fetch-site", "cross-site"),
        create().header("sec-fetch-site", "same-site").header("origin", &own),
        create()
            .bytes("text/plain", br#"{"name":"stolen"}"#)
            .header("x-netscan", "")
            .header("origin", "http://evil.example"),
    ];
    for request in foreign {
        given.send(request).await.refused(403);
    }

    assert_eq!(given.realm.tokens(None).await.unwrap(), []);
    given.send(create().header("origin", &own)).await.expect(201);
    given.send(create().header("sec-fetch-site", "same-origin")).await.expect(201);
}

#[tokio::test]
async fn a_foreign_page_may_not_even_look_under_a_name_that_is_not_ours() {
    let given = server_with(|settings| settings.allowed_hosts = vec!["scan.lan".into()]).await;
    let user = given.user(&given.realm, Role::Admin).await.user.id;
    let secret = given.session(&given.realm, user).await;
    let look = |host: &str| get("/api/v1/session").session(&secret).header("host", host);

    given.send(look("evil.example")).await.refused(403);
    given.send(look("scan.lan:8080")).await.expect(200);
    given.send(look("localhost:8080")).await.expect(200);
}

#[tokio::test]
async fn a_foreign_page_signs_nobody_in() {
    let given = server().await;
    given.user_with_password(&given.realm, "mara", Role::Viewer).await;
    let body = json!({ "user": "mara", "password": PASSWORD });
    let sign_in = || post("/api/v1/session", &body);

    given.send(sign_in().header("origin", "http://evil.example")).await.refused(403);
    given.send(sign_in().header("sec-fetch-site", "cross-site")).await.refused(403);
    given.send(sign_in().header("content-type", "text/plain")).await.refused(415);
    given.send(sign_in()).await.expect(200);
}

#[tokio::test]
async fn a_token_is_asked_for_nothing_that_browsers_are() {
    let given = server().await;
    let admin = given.admin().await;
    let user = given.user(&given.realm, Role::Viewer).await.user.id;
    let secret = given.session(&given.realm, user).await;

    let request = post("/api/v1/tokens", &json!({ "name": "a" }))
        .token(&admin)
        .header("cookie", &format!("netscan_session={secret}"))
        .header("origin", "http://elsewhere.example");

    assert_eq!(given.send(request).await.expect(201)["owner"], "admin1");
}

#[tokio::test]
async fn a_wrong_token_is_not_made_good_by_a_cookie() {
    let given = server().await;
    let user = given.user(&given.realm, Role::Viewer).await.user.id;
    let secret = given.session(&given.realm, user).await;

    let request =
        get("/api/v1/session").session(&secret).header("authorization", "Bearer nonsense");

    given.send(request).await.refused(401);
}

#[tokio::test]
async fn an_unsafe_method_without_a_body_needs_the_mark() {
    let given = server().await;
    let user = given.user(&given.realm, Role::Viewer).await.user.id;
    let secret = given.session(&given.realm, user).await;
    let sign_out = || {
        ask(axum::http::Method::DELETE, "/api/v1/session")
            .header("cookie", &format!("netscan_session={secret}"))
            .header("origin", &format!("http://{HOST}"))
    };

    given.send(sign_out()).await.refused(403);
    given.send(sign_out().header("x-netscan", "1")).await.expect(204);
}
