//! Signing in and out, passwords, second factors, and other sessions.

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use jiff::Timestamp;
use netscan_model::access::Role;
use netscan_store::{By, NewUser};
use serde_json::{Value, json};
use totp_rs::{Secret, TOTP};
use uuid::Uuid;

use crate::given::{Ask, Given, PASSWORD, by, delete, get, post, put, server, server_with};

const SESSION: &str = "/api/v1/session";

fn sign_in(user: &str, password: &str) -> Ask {
    post(SESSION, &json!({ "user": user, "password": password }))
}

async fn with_mara() -> Given {
    let given = server().await;
    given.user_with_password(&given.realm, "mara", Role::Operator).await;
    given
}

async fn cookie(given: &Given, password: &str) -> String {
    let answer = given.send(sign_in("mara", password)).await;
    answer.expect(200);
    answer.cookie("netscan_session").unwrap()
}

#[tokio::test]
async fn who_signs_in_is_who_they_are_until_they_sign_out() {
    let given = with_mara().await;

    let answer = given.send(sign_in("MARA", PASSWORD)).await;
    let body = answer.expect(200);
    let cookie = answer.cookie("netscan_session").unwrap();
    let shown = given.send(get(SESSION).session(&cookie)).await.expect(200);
    let gone = given.send(delete(SESSION).session(&cookie)).await;

    assert_eq!(body, shown);
    assert_eq!((&body["kind"], &body["user"]["name"]), (&json!("session"), &json!("mara")));
    assert_eq!(body["permissions"], json!(["read", "own", "scan", "projects"]));
    gone.expect(204);
    assert_eq!(gone.cookie("netscan_session").unwrap(), "");
    given.send(get(SESSION).session(&cookie)).await.refused(401);
}

#[tokio::test]
async fn all_who_do_not_prove_who_they_are_get_the_same_answer() {
    let given = with_mara().await;
    given.user(&given.realm, Role::Viewer).await;
    let disabled = given.user_with_password(&given.realm, "ben", Role::Viewer).await.user.id;
    let admin = given.admin().await;
    let path = format!("/api/v1/users/{disabled}");
    given.send(put(&path, &json!({ "is_disabled": true })).token(&admin)).await.expect(200);

    let mut answers = Vec::new();
    for (user, password) in [
        ("mara", "not the password"),
        ("nobody", PASSWORD),
        ("viewer1", PASSWORD),
        ("ben", PASSWORD),
    ] {
        answers.push(given.send(sign_in(user, password)).await);
    }

    for answer in &answers {
        assert_eq!(answer.refused(401), "the name or the password is wrong");
        assert_eq!(answer.cookie("netscan_session"), None);
    }
    let audited = given.store.audited(100).await.unwrap();
    let refused = audited.iter().filter(|record| record.action == "session.refuse");
    assert_eq!(refused.count(), answers.len());
}

#[tokio::test]
async fn after_five_failures_even_the_right_password_waits() {
    let given = with_mara().await;
    for _ in 0..5 {
        given.send(sign_in("mara", "not the password")).await.refused(401);
    }

    let here = given.send(sign_in("mara", PASSWORD)).await;
    let elsewhere = given.send(sign_in("mara", PASSWORD).from("127.0.0.2")).await;

    here.refused(429);
    assert_eq!(here.header("retry-after"), Some("2"));
    elsewhere.expect(200);
}

#[tokio::test]
async fn an_address_that_tries_many_names_waits() {
    let given = server().await;
    // On a slow machine tries come back while others are made.
    for number in 0..200 {
        let answer = given.send(sign_in(&format!("user{number}"), PASSWORD)).await;
        if number >= 20 && answer.status == 429 {
            assert!(answer.header("retry-after").is_some());
            return;
        }
        answer.refused(401);
    }
    panic!("200 names were tried");
}

#[tokio::test]
async fn the_cookie_is_one_for_tls_when_a_trusted_proxy_says_so() {
    let given = with_mara().await;
    let over_tls = sign_in("mara", PASSWORD).header("x-forwarded-proto", "https");

    let trusted = given.send(over_tls.clone()).await;
    let stranger = given.send(over_tls.from("192.0.2.1")).await;

    let set = trusted.header("set-cookie").unwrap();
    assert!(set.starts_with("__Host-netscan="), "{set}");
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"), "{set}");
    let set = stranger.header("set-cookie").unwrap();
    assert!(set.starts_with("netscan_session=") && !set.contains("Secure"), "{set}");
}

#[tokio::test]
async fn who_signs_in_again_leaves_the_session_before() {
    let given = with_mara().await;
    let before = cookie(&given, PASSWORD).await;

    let after = given.send(sign_in("mara", PASSWORD).session(&before)).await;

    let after = after.cookie("netscan_session").unwrap();
    assert_ne!(after, before);
    given.send(get(SESSION).session(&before)).await.refused(401);
    given.send(get(SESSION).session(&after)).await.expect(200);
}

#[tokio::test]
async fn a_session_ends_after_its_lifetime() {
    let given = server_with(|settings| settings.session_lifetime = std::time::Duration::ZERO).await;
    given.user_with_password(&given.realm, "mara", Role::Operator).await;

    let cookie = cookie(&given, PASSWORD).await;

    given.send(get(SESSION).session(&cookie)).await.refused(401);
}

#[tokio::test]
async fn another_password_ends_all_other_sessions() {
    let given = with_mara().await;
    let (here, there) = (cookie(&given, PASSWORD).await, cookie(&given, PASSWORD).await);
    let change = |current: &str, new: &str| {
        let body = json!({ "current": current, "new": new });
        post("/api/v1/session/password", &body).session(&here)
    };

    let wrong = given.send(change("not the password", "nine green bottles")).await.expect(422);
    let weak = given.send(change(PASSWORD, "password1234")).await.expect(422);
    given.send(change(PASSWORD, "nine green bottles")).await.expect(204);

    assert_eq!(wrong["errors"][0]["field"], "/current");
    assert_eq!(weak["errors"][0]["field"], "/new");
    given.send(get(SESSION).session(&here)).await.expect(200);
    given.send(get(SESSION).session(&there)).await.refused(401);
    given.send(sign_in("mara", PASSWORD)).await.refused(401);
    given.send(sign_in("mara", "nine green bottles")).await.expect(200);
}

#[tokio::test]
async fn a_weakly_hashed_password_is_hashed_anew_at_sign_in() {
    let given = server().await;
    let params = Params::new(8_192, 1, 1, None).unwrap();
    let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let user = NewUser {
        id: Uuid::now_v7(),
        name: "mara".into(),
        display_name: String::new(),
        password: Some(weak.hash_password(PASSWORD.as_bytes()).unwrap().to_string()),
        identity: None,
        role: Role::Viewer,
    };
    given.realm.create_user(&user, by()).await.unwrap();

    let first = cookie(&given, PASSWORD).await;

    let kept = given.store.credentials("mara").await.unwrap().unwrap().password.unwrap();
    assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
    given.send(get(SESSION).session(&first)).await.expect(200);
    given.send(sign_in("mara", PASSWORD)).await.expect(200);
}

#[tokio::test]
async fn ones_own_sessions_are_listed_and_ended() {
    let given = with_mara().await;
    let (here, there) = (cookie(&given, PASSWORD).await, cookie(&given, PASSWORD).await);
    let third = cookie(&given, PASSWORD).await;
    let others = "/api/v1/session/others";

    let listed = given.send(get(others).session(&here)).await.expect(200);
    let items = listed["items"].as_array().unwrap();
    let current = |item: &&Value| item["is_current"] == true;
    assert_eq!((items.len(), items.iter().filter(current).count()), (3, 1));
    assert_eq!(items[0]["remote"], "127.0.0.1");

    let newest = items[0]["id"].as_str().unwrap();
    given.send(delete(&format!("{others}/{newest}")).session(&here)).await.expect(204);
    given.send(get(SESSION).session(&third)).await.refused(401);
    given.send(get(SESSION).session(&there)).await.expect(200);
    given.send(delete(others).session(&here)).await.expect(204);
    given.send(get(SESSION).session(&there)).await.refused(401);
    given.send(get(SESSION).session(&here)).await.expect(200);
}

#[tokio::test]
async fn nobody_ends_a_session_of_somebody_else() {
    let given = with_mara().await;
    let mara = cookie(&given, PASSWORD).await;
    let listed = given.send(get("/api/v1/session/others").session(&mara)).await.expect(200);
    let id = listed["items"][0]["id"].as_str().unwrap();
    let admin = given.admin().await;

    let path = format!("/api/v1/session/others/{id}");
    given.send(delete(&path).token(&admin)).await.refused(404);

    given.send(get(SESSION).session(&mara)).await.expect(200);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_once_it_is_confirmed() {
    let given = with_mara().await;
    let here = cookie(&given, PASSWORD).await;
    let prove = json!({ "password": PASSWORD });
    let enrol = post("/api/v1/session/totp", &prove).session(&here);
    let confirm =
        |code: &str| post("/api/v1/session/totp/confirm", &json!({ "code": code })).session(&here);
    let with_code =
        |code: &str| post(SESSION, &json!({ "user": "mara", "password": PASSWORD, "totp": code }));

    let enrolment = given.send(enrol.clone()).await.expect(200);
    let secret = enrolment["secret"].as_str().unwrap();
    assert!(enrolment["uri"].as_str().unwrap().contains(secret));
    // Codes hold for a step to both sides, so that the test does not depend on when it runs.
    let (now, next) = (code(secret, 0), code(secret, 30));
    given.send(sign_in("mara", PASSWORD)).await.expect(200);
    given.send(confirm(&wrong(secret))).await.expect(422);
    given.send(confirm(&now)).await.expect(204);

    let asked = given.send(sign_in("mara", PASSWORD)).await.expect(401);
    assert_eq!(asked["errors"][0]["field"], "/totp");
    given.send(with_code(&now)).await.refused(401);
    given.send(with_code(&wrong(secret))).await.refused(401);
    given.send(with_code(&next)).await.expect(200);
    given.send(with_code(&next)).await.refused(401);
    given.send(enrol).await.refused(409);
    let drop = delete("/api/v1/session/totp").json(&prove).session(&here);
    given.send(drop).await.expect(204);
    given.send(sign_in("mara", PASSWORD)).await.expect(200);
}

fn code(secret: &str, later: u64) -> String {
    let secret = Secret::Encoded(secret.to_owned()).to_bytes().unwrap();
    let totp = TOTP::new(totp_rs::Algorithm::SHA1, 6, 0, 30, secret).unwrap();
    totp.generate(u64::try_from(Timestamp::now().as_second()).unwrap() + later)
}

/// A code that holds neither now nor a while before or after.
fn wrong(secret: &str) -> String {
    let right = [0, 30, 60].map(|later| code(secret, later));
    let mut candidates = (0..10).map(|digit| digit.to_string().repeat(6));
    candidates.find(|candidate| !right.contains(candidate)).unwrap()
}

#[tokio::test]
async fn one_goes_on_in_another_organisation_with_the_role_one_has_there() {
    let given = with_mara().await;
    let other = given.organisation("other").await.organisation().await.unwrap();
    let mara = given.realm.user_named("mara").await.unwrap().unwrap().user.id;
    given.store.add_member(other.id, mara, Role::Viewer, by()).await.unwrap();
    given.organisation("third").await;
    let before = cookie(&given, PASSWORD).await;
    let change = |name: &str, secret: &str| {
        let body = json!({ "organisation": name });
        post("/api/v1/session/organisation", &body).session(secret)
    };

    given.send(change("third", &before)).await.expect(422);
    let answer = given.send(change("other", &before)).await;

    let body = answer.expect(200);
    assert_eq!((&body["organisation"]["name"], &body["role"]), (&json!("other"), &json!("viewer")));
    assert_eq!(body["organisations"].as_array().unwrap().len(), 2);
    given.send(get(SESSION).session(&before)).await.refused(401);
    let there = answer.cookie("netscan_session").unwrap();
    assert_eq!(given.send(get(SESSION).session(&there)).await.expect(200), body);
    let named = json!({ "user": "mara", "password": PASSWORD, "organisation": "other" });
    assert_eq!(given.send(post(SESSION, &named)).await.expect(200)["role"], "viewer");
}

#[tokio::test]
async fn the_store_holds_no_secret_of_a_session() {
    let given = with_mara().await;
    let secret = cookie(&given, PASSWORD).await;

    let by = By { actor: "cli:test", remote: None, now: Timestamp::now() };

    assert!(!given.store.close_session(&secret, by).await.unwrap());
    given.send(get(SESSION).session(&secret)).await.expect(200);
}
