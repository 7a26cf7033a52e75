//! Users and organisations.

use netscan_model::access::{Permission, Role};
use serde_json::json;
use uuid::Uuid;

use crate::given::{Ask, Given, PASSWORD, by, delete, get, post, put, server};

const USERS: &str = "/api/v1/users";

fn user(id: Uuid) -> String {
    format!("{USERS}/{id}")
}

#[tokio::test]
async fn a_user_is_made_shown_changed_and_removed() {
    let given = server().await;
    let admin = given.admin().await;
    let body = json!({ "name": "Ben", "role": "VIEWER", "password": PASSWORD });

    let made = given.send(post(USERS, &body).token(&admin)).await;

    let ben = made.expect(201);
    let path = made.header("location").unwrap();
    assert_eq!((&ben["name"], &ben["role"]), (&json!("ben"), &json!("viewer")));
    assert_eq!(ben["has_password"], true);
    assert!(!made.text().contains("argon2"), "{}", made.text());
    assert_eq!(given.send(get(path).token(&admin)).await.expect(200), ben);
    let listed = given.send(get(USERS).token(&admin)).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let change = json!({ "role": "operator", "display_name": "Ben B." });
    let changed = given.send(put(path, &change).token(&admin)).await.expect(200);
    assert_eq!(
        (&changed["role"], &changed["display_name"]),
        (&json!("operator"), &json!("Ben B."))
    );
    given.send(delete(path).token(&admin)).await.expect(204);
    given.send(get(path).token(&admin)).await.refused(404);
}

#[tokio::test]
async fn two_users_do_not_have_one_name() {
    let given = server().await;
    let admin = given.admin().await;
    let body = json!({ "name": "ben", "role": "viewer" });

    given.send(post(USERS, &body).token(&admin)).await.expect(201);

    given.send(post(USERS, &body).token(&admin)).await.refused(409);
}

#[tokio::test]
async fn a_password_that_is_tried_first_is_told_at_its_field() {
    let given = server().await;
    let admin = given.admin().await;
    let body = json!({ "name": "ben.kowalski", "role": "viewer", "password": "ben.kowalski1" });

    let problem = given.send(post(USERS, &body).token(&admin)).await.expect(422);

    assert_eq!(problem["errors"][0]["field"], "/password");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let given = server().await;
    let member = given.user_with_password(&given.realm, "boss", Role::Admin).await;
    let secret = given.session(&given.realm, member.user.id).await;
    let path = user(member.user.id);

    for change in [json!({ "role": "viewer" }), json!({ "is_disabled": true })] {
        given.send(put(&path, &change).session(&secret)).await.refused(409);
    }
    given.send(delete(&path).session(&secret)).await.refused(409);

    given.send(get(&path).session(&secret)).await.expect(200);
}

#[tokio::test]
async fn whoever_is_kept_out_is_out_at_once() {
    let given = server().await;
    let admin = given.admin().await;
    let token = given.token(&given.realm, Role::Operator).await;
    let operator = given.realm.user_named("operator2").await.unwrap().unwrap().user.id;
    let secret = given.session(&given.realm, operator).await;
    given.send(get("/api/v1/session").session(&secret)).await.expect(200);

    let disable = put(&user(operator), &json!({ "is_disabled": true }));
    given.send(disable.token(&admin)).await.expect(200);

    given.send(get("/api/v1/session").session(&secret)).await.refused(401);
    given.send(get("/api/v1/session").token(&token)).await.refused(401);
}

#[tokio::test]
async fn a_lesser_role_holds_at_once_for_sessions_and_tokens() {
    let given = server().await;
    let admin = given.admin().await;
    let token = given.admin().await;
    let other = given.realm.user_named("admin2").await.unwrap().unwrap().user.id;

    let lower = put(&user(other), &json!({ "role": "viewer" }));
    given.send(lower.token(&admin)).await.expect(200);

    given.send(get(USERS).token(&token)).await.refused(403);
    assert_eq!(
        given.send(get("/api/v1/session").token(&token)).await.expect(200)["role"],
        "viewer"
    );
}

#[tokio::test]
async fn an_admin_takes_a_lost_second_factor_away_but_not_that_of_another_organisation_too() {
    let given = server().await;
    let admin = given.admin().await;
    let ben = given.user_with_password(&given.realm, "ben", Role::Viewer).await.user.id;
    let take_away = || put(&user(ben), &json!({ "has_totp": false })).token(&admin);
    with_totp(&given, ben).await;

    let answer = given.send(take_away()).await.expect(200);

    assert_eq!(answer["has_totp"], false);
    with_totp(&given, ben).await;
    let other = given.organisation("other").await.organisation().await.unwrap();
    given.store.add_member(other.id, ben, Role::Admin, by()).await.unwrap();
    given.send(take_away()).await.refused(409);
    let both = json!({ "has_totp": false, "role": "operator" });
    given.send(put(&user(ben), &both).token(&admin)).await.refused(409);
    assert_eq!(given.realm.user(ben).await.unwrap().unwrap().role, Role::Viewer);
}

async fn with_totp(given: &Given, user: Uuid) {
    let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    assert!(given.realm.set_totp(user, secret, by()).await.unwrap());
    assert!(given.realm.confirm_totp(user, secret, 1, by()).await.unwrap());
}

#[tokio::test]
async fn who_may_do_little_makes_nobody_more_and_takes_nobodys_place() {
    let given = server().await;
    let boss = given.user_with_password(&given.realm, "boss", Role::Admin).await.user.id;
    let ben = given.user_with_password(&given.realm, "ben", Role::Viewer).await.user.id;
    with_totp(&given, boss).await;
    let narrow = [Permission::People, Permission::Read, Permission::Own];
    let narrow = given.scoped_token(&given.realm, Role::Admin, &narrow).await;
    let field = async |ask: Ask| {
        given.send(ask.token(&narrow)).await.expect(422)["errors"][0]["field"].clone()
    };
    let own = json!({ "name": "me", "role": "admin", "password": PASSWORD });
    let password = json!({ "password": "nine green bottles" });

    assert_eq!(field(post(USERS, &own)).await, "/role");
    assert_eq!(field(put(&user(ben), &json!({ "role": "operator" }))).await, "/role");
    assert_eq!(field(put(&user(boss), &password)).await, "/password");
    assert_eq!(field(put(&user(boss), &json!({ "has_totp": false }))).await, "/has_totp");

    assert_eq!(given.realm.user(ben).await.unwrap().unwrap().role, Role::Viewer);
    assert!(given.realm.user(boss).await.unwrap().unwrap().user.has_totp);
    given.send(put(&user(ben), &password).token(&narrow)).await.expect(200);
    given.send(put(&user(ben), &json!({ "is_disabled": true })).token(&narrow)).await.expect(200);
    let viewer = json!({ "name": "nora", "role": "viewer" });
    given.send(post(USERS, &viewer).token(&narrow)).await.expect(201);
}

#[tokio::test]
async fn people_of_another_organisation_are_not_there() {
    let given = server().await;
    let other = given.organisation("other").await;
    let foreign = given.token(&other, Role::Admin).await;
    let ben = given.user(&given.realm, Role::Viewer).await.user.id;

    given.send(get(&user(ben)).token(&foreign)).await.refused(404);
    given.send(put(&user(ben), &json!({ "role": "admin" })).token(&foreign)).await.refused(404);
    given.send(delete(&user(ben)).token(&foreign)).await.refused(404);
    let listed = given.send(get(USERS).token(&foreign)).await.expect(200);

    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_makes_an_organisation_is_its_admin() {
    let given = server().await;
    let user = given.user(&given.realm, Role::Admin).await.user.id;
    let secret = given.session(&given.realm, user).await;
    let body = json!({ "name": "branch" });
    let path = "/api/v1/organisations";

    let made = given.send(post(path, &body).session(&secret)).await.expect(201);
    given.send(post(path, &body).session(&secret)).await.refused(409);

    let listed = given.send(get(path).session(&secret)).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let change = post("/api/v1/session/organisation", &json!({ "organisation": "branch" }));
    let there = given.send(change.session(&secret)).await.expect(200);
    assert_eq!((&there["organisation"]["id"], &there["role"]), (&made["id"], &json!("admin")));
}

#[tokio::test]
async fn what_is_the_servers_is_for_admins_of_the_first_organisation() {
    let given = server().await;
    let other = given.organisation("other").await;
    let foreign = given.token(&other, Role::Admin).await;
    let path = "/api/v1/organisations";

    given.send(post(path, &json!({ "name": "more" })).token(&foreign)).await.refused(403);

    let listed = given.send(get(path).token(&foreign)).await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let session = given.send(get("/api/v1/session").token(&foreign)).await.expect(200);
    assert!(!session["permissions"].as_array().unwrap().contains(&json!("settings")));
}
