//! Signing in with OpenID Connect, against a provider that listens on this machine and signs for
//! real.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{get as on_get, post as on_post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use netscan_model::access::Role;
use netscan_server::Oidc;
use netscan_store::{Identity, NewUser};
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::given::{Answer, Given, HOST, by, get, server, server_with};

const CLIENT: &str = "netscan";
const SECRET: &str = "a secret of two";
const START: &str = "/api/v1/session/oidc";

/// What is wrong with the tokens that a provider hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Nonce,
    Audience,
    Issuer,
    Ended,
    ForeignKey,
    Unsigned,
    NoToken,
}

/// A provider: discovery, keys, and codes that are exchanged once for a token.
struct Provider {
    issuer: String,
    fault: Fault,
    subject: &'static str,
    name: &'static str,
    key: CoreEdDsaPrivateSigningKey,
    foreign_key: CoreEdDsaPrivateSigningKey,
    /// What was asked for with each code.
    codes: Mutex<HashMap<String, HashMap<String, String>>>,
}

impl Provider {
    async fn start(fault: Fault, subject: &'static str, name: &'static str) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Arc::new(Self {
            issuer,
            fault,
            subject,
            name,
            key: key(1),
            foreign_key: key(2),
            codes: Mutex::default(),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", on_get(discovery))
            .route("/keys", on_get(keys))
            .route("/authorize", on_get(authorize))
            .route("/token", on_post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn settings(&self, default_role: Option<Role>) -> Oidc {
        Oidc {
            issuer: self.issuer.clone(),
            client_id: CLIENT.into(),
            client_secret: SECRET.into(),
            default_role,
        }
    }

    fn id_token(&self, nonce: &str) -> String {
        let now = Timestamp::now().as_second();
        let mut claims = json!({
            "iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": nonce,
            "iat": now, "exp": now + 60, "preferred_username": self.name, "name": "Mara K.",
        });
        let mut header = json!({ "alg": "EdDSA", "kid": "one" });
        match self.fault {
            Fault::Nonce => claims["nonce"] = json!("another"),
            Fault::Audience => claims["aud"] = json!("somebody else"),
            Fault::Issuer => claims["iss"] = json!("http://127.0.0.1:1"),
            Fault::Ended => claims["exp"] = json!(now - 1),
            Fault::Unsigned => header["alg"] = json!("none"),
            Fault::None | Fault::ForeignKey | Fault::NoToken => {}
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(&header), part(&claims));
        let key = if self.fault == Fault::ForeignKey { &self.foreign_key } else { &self.key };
        let signature = key.sign(&CoreJwsSigningAlgorithm::EdDsa, text.as_bytes()).unwrap();
        match self.fault {
            Fault::Unsigned => format!("{text}."),
            _ => format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature)),
        }
    }
}

/// A key that is only good for these tests: PKCS #8 around 32 bytes that are all the same.
fn key(seed: u8) -> CoreEdDsaPrivateSigningKey {
    let prefix = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
    let document = STANDARD.encode([prefix.as_slice(), &[seed; 32]].concat());
    let label = "PRIVATE KEY";
    let pem = format!("-----BEGIN {label}-----\n{document}\n-----END {label}-----\n");
    let id = JsonWebKeyId::new("one".into());
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(id)).unwrap()
}

async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = &provider.issuer;
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "none"],
    }))
}

async fn keys(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let key = serde_json::to_value(provider.key.as_verification_key()).unwrap();
    Json(json!({ "keys": [key] }))
}

async fn authorize(
    State(provider): State<Arc<Provider>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Redirect {
    let (code, state) = (Uuid::now_v7().to_string(), asked["state"].clone());
    let back = format!("{}?code={code}&state={state}", asked["redirect_uri"]);
    provider.codes.lock().unwrap().insert(code, asked);
    Redirect::to(&back)
}

async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: String,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    let sent = form_urlencoded::parse(body.as_bytes()).into_owned().collect::<HashMap<_, _>>();
    let asked = provider.codes.lock().unwrap().remove(&sent["code"]);
    let refused = || (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" })));
    let asked = asked.ok_or_else(refused)?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&sent["code_verifier"]));
    let secret = SECRET.replace(' ', "+");
    let credentials = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{secret}")));
    let is_ours = headers.get("authorization").is_some_and(|value| *value == credentials);
    let is_same = asked["redirect_uri"] == sent["redirect_uri"];
    if asked["code_challenge"] != challenge || !is_ours || !is_same {
        return Err(refused());
    }
    let mut answer = json!({ "access_token": "opaque", "token_type": "bearer" });
    if provider.fault != Fault::NoToken {
        answer["id_token"] = json!(provider.id_token(&asked["nonce"]));
    }
    Ok(Json(answer))
}

/// A browser that has come back from the provider: the path it was sent back to, and its cookie.
struct Returned {
    path: String,
    cookie: String,
}

/// Goes to the provider and back.
async fn go(given: &Given) -> Returned {
    let started = given.send(get(START)).await;
    assert_eq!(started.status, StatusCode::FOUND, "{}", started.text());
    let cookie = started.cookie("netscan_oidc").unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let browser = browser.no_proxy().build().unwrap();
    let sent_on = browser.get(started.header("location").unwrap()).send().await.unwrap();
    let back = sent_on.headers()["location"].to_str().unwrap();
    let path = back.strip_prefix(&format!("http://{HOST}")).unwrap().to_owned();
    Returned { path, cookie }
}

async fn come_back(given: &Given, returned: &Returned) -> Answer {
    let cookie = format!("netscan_oidc={}", returned.cookie);
    let request = get(&returned.path).header("cookie", &cookie);
    given.send(request.header("sec-fetch-site", "cross-site")).await
}

async fn signed_in(fault: Fault) -> (Given, Answer) {
    let provider = Provider::start(fault, "mara's id", "mara").await;
    let role = Some(Role::Viewer);
    let given = server_with(|settings| settings.oidc = Some(provider.settings(role))).await;
    let returned = go(&given).await;
    let answer = come_back(&given, &returned).await;
    (given, answer)
}

#[tokio::test]
async fn who_comes_for_the_first_time_is_made_a_user_and_is_the_same_one_the_next_time() {
    let (given, answer) = signed_in(Fault::None).await;

    assert_eq!(given.send(get("/api/v1/setup")).await.expect(200)["openid"], true);
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.text());
    assert_eq!(answer.header("location"), Some("/"));
    assert_eq!(answer.cookie("netscan_oidc").as_deref(), Some(""));
    let cookie = answer.cookie("netscan_session").unwrap();
    let session = given.send(get("/api/v1/session").session(&cookie)).await.expect(200);
    assert_eq!((&session["user"]["name"], &session["role"]), (&json!("mara"), &json!("viewer")));
    assert_eq!(session["user"]["display_name"], "Mara K.");
    let returned = go(&given).await;
    let again = come_back(&given, &returned).await.cookie("netscan_session").unwrap();
    let again = given.send(get("/api/v1/session").session(&again)).await.expect(200);
    assert_eq!(again["user"], session["user"]);
    assert_eq!(given.realm.users().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_with_any_fault_lets_nobody_in() {
    for fault in [
        Fault::Nonce,
        Fault::Audience,
        Fault::Issuer,
        Fault::Ended,
        Fault::ForeignKey,
        Fault::Unsigned,
        Fault::NoToken,
    ] {
        let (given, answer) = signed_in(fault).await;

        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{fault:?}: {}", answer.text());
        assert_eq!(answer.cookie("netscan_session"), None, "{fault:?}");
        assert_eq!(given.realm.users().await.unwrap(), [], "{fault:?}");
    }
}

#[tokio::test]
async fn who_is_not_known_stays_out_unless_newcomers_are_let_in() {
    let provider = Provider::start(Fault::None, "mara's id", "mara").await;
    let given = server_with(|settings| settings.oidc = Some(provider.settings(None))).await;

    let returned = go(&given).await;
    come_back(&given, &returned).await.refused(403);
    let known = NewUser {
        id: Uuid::now_v7(),
        name: "maria".into(),
        display_name: String::new(),
        password: None,
        identity: Some(Identity { issuer: provider.issuer.clone(), subject: "mara's id".into() }),
        role: Role::Operator,
    };
    given.realm.create_user(&known, by()).await.unwrap();
    let returned = go(&given).await;
    let answer = come_back(&given, &returned).await;

    let cookie = answer.cookie("netscan_session").unwrap();
    let session = given.send(get("/api/v1/session").session(&cookie)).await.expect(200);
    assert_eq!(session["user"]["name"], "maria");
}

#[tokio::test]
async fn nobody_becomes_a_user_of_the_same_name_who_is_there_already() {
    let provider = Provider::start(Fault::None, "mara's id", "mara").await;
    let role = Some(Role::Viewer);
    let given = server_with(|settings| settings.oidc = Some(provider.settings(role))).await;
    given.user_with_password(&given.realm, "mara", Role::Admin).await;

    let returned = go(&given).await;
    let answer = come_back(&given, &returned).await;

    answer.refused(403);
    assert_eq!(answer.cookie("netscan_session"), None);
}

#[tokio::test]
async fn what_one_browser_began_another_does_not_finish_nor_the_same_one_twice() {
    let provider = Provider::start(Fault::None, "mara's id", "mara").await;
    let role = Some(Role::Viewer);
    let given = server_with(|settings| settings.oidc = Some(provider.settings(role))).await;

    let returned = go(&given).await;
    let other = Returned { path: returned.path, cookie: "another".into() };
    come_back(&given, &other).await.refused(403);
    let returned = go(&given).await;
    assert_eq!(come_back(&given, &returned).await.status, StatusCode::FOUND);
    come_back(&given, &returned).await.refused(403);
    let unknown = Returned { path: format!("{START}/callback?code=a&state=b"), ..returned };
    come_back(&given, &unknown).await.refused(403);
}

#[tokio::test]
async fn a_name_that_is_none_here_becomes_a_number() {
    let provider = Provider::start(Fault::None, "mara's id", "<script>").await;
    let role = Some(Role::Viewer);
    let given = server_with(|settings| settings.oidc = Some(provider.settings(role))).await;

    let returned = go(&given).await;
    assert_eq!(come_back(&given, &returned).await.status, StatusCode::FOUND);

    let users = given.realm.users().await.unwrap();
    assert!(users[0].user.name.starts_with("oidc-"), "{}", users[0].user.name);
}

#[tokio::test]
async fn a_provider_that_is_away_is_no_fault_of_the_server() {
    let provider = Provider::start(Fault::None, "mara's id", "mara").await;
    let mut away = provider.settings(None);
    // Nobody listens there: the port was given back.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    away.issuer = format!("http://{free}");
    let given = server_with(|settings| settings.oidc = Some(away)).await;

    let answer = given.send(get(START)).await;

    assert!(answer.refused(503).contains("cannot be reached"));
}

#[tokio::test]
async fn a_provider_that_fails_is_left_alone_for_a_while() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let fail = async move || {
        count.fetch_add(1, Ordering::Relaxed);
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(fail);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (client_id, client_secret) = (CLIENT.into(), SECRET.into());
    let broken = Oidc { issuer, client_id, client_secret, default_role: None };
    let given = server_with(|settings| settings.oidc = Some(broken)).await;

    for _ in 0..3 {
        given.send(get(START)).await.refused(503);
    }

    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn without_a_provider_there_is_no_such_way_in() {
    let given = server().await;

    assert_eq!(given.send(get("/api/v1/setup")).await.expect(200)["openid"], false);
    given.send(get(START)).await.refused(404);
    given.send(get(&format!("{START}/callback?code=a&state=b"))).await.refused(404);
}
