//! What the rules of the server begin with: a router over a temporary database, people with roles,
//! and requests that are sent to it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use jiff::Timestamp;
use netscan_broker::{Bus, Limits, LineFrame};
use netscan_model::access::{Grant, Permission, Role};
use netscan_modules::nmap::scripts::ScriptCatalogue;
use netscan_server::{App, MadeToken, Parts, Settings, StoredHistory, hash_password};
use netscan_store::{By, Member, NewSession, NewUser, Organisation, Realm, Store};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use uuid::Uuid;

/// A password that is taken.
pub(crate) const PASSWORD: &str = "seven green bottles";
/// The name by which tests know the server.
pub(crate) const HOST: &str = "127.0.0.1:8080";

/// A server without a runner.
pub(crate) struct Given {
    pub(crate) app: App,
    pub(crate) store: Store,
    /// The first organisation.
    pub(crate) realm: Realm,
    /// Ends the server.
    pub(crate) shutdown: CancellationToken,
    bus: Bus<StoredHistory>,
    router: Router,
    /// People are told apart by numbers.
    people: AtomicU32,
    _directory: TempDir,
}

/// The server with its usual settings.
pub(crate) async fn server() -> Given {
    server_with(|_| ()).await
}

/// The server with some other settings.
pub(crate) async fn server_with(change: impl FnOnce(&mut Settings)) -> Given {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("netscan.db")).await.unwrap();
    let mut settings = Settings::new(directory.path().join("artifacts"));
    change(&mut settings);
    let bus = Bus::new(StoredHistory::new(store.clone()), Limits::default());
    let shutdown = CancellationToken::new();
    let app = App::new(Parts {
        store: store.clone(),
        runner: None,
        bus: bus.clone(),
        scripts: ScriptCatalogue::default().into(),
        settings,
        shutdown: shutdown.clone(),
    });
    let realm = store.default_realm().await.unwrap();
    let router = netscan_server::router(app.clone());
    let people = AtomicU32::new(1);
    Given { app, store, realm, shutdown, bus, router, people, _directory: directory }
}

/// Who does what a test begins with.
pub(crate) fn by() -> By<'static> {
    By { actor: "cli:test", remote: None, now: Timestamp::now() }
}

impl Given {
    /// Another organisation.
    pub(crate) async fn organisation(&self, name: &str) -> Realm {
        let made = self.store.create_organisation(Uuid::now_v7(), name, by()).await.unwrap();
        self.store.realm(made.id).await.unwrap().unwrap()
    }

    /// A user without a password, and with a name that says the role.
    pub(crate) async fn user(&self, realm: &Realm, role: Role) -> Member {
        let name = format!("{role}{}", self.people.fetch_add(1, Ordering::Relaxed));
        self.user_called(realm, &name, role, None).await
    }

    /// A user with [`PASSWORD`].
    pub(crate) async fn user_with_password(&self, realm: &Realm, name: &str, role: Role) -> Member {
        self.user_called(realm, name, role, Some(hash_password(PASSWORD))).await
    }

    async fn user_called(
        &self,
        realm: &Realm,
        name: &str,
        role: Role,
        password: Option<String>,
    ) -> Member {
        let user = NewUser {
            id: Uuid::now_v7(),
            name: name.to_owned(),
            display_name: String::new(),
            password,
            identity: None,
            role,
        };
        realm.create_user(&user, by()).await.unwrap()
    }

    /// A token of a new user, who has this role.
    pub(crate) async fn token(&self, realm: &Realm, role: Role) -> String {
        self.scoped_token(realm, role, &[]).await
    }

    /// A token of a new user, narrowed to these permissions.
    pub(crate) async fn scoped_token(
        &self,
        realm: &Realm,
        role: Role,
        scopes: &[Permission],
    ) -> String {
        let user = self.user(realm, role).await.user.id;
        let grant = Grant { role, scopes: scopes.to_vec() };
        let made = MadeToken::new("test", grant, None, Some(user));
        realm.create_token(&made.record, by()).await.unwrap().unwrap();
        made.secret()
    }

    /// An admin's token in the first organisation.
    pub(crate) async fn admin(&self) -> String {
        self.token(&self.realm, Role::Admin).await
    }

    /// Says that something was stored, as the runner does.
    pub(crate) fn ring(&self, scan: Uuid) {
        self.bus.ring(Some(scan));
    }

    /// Says that somebody's access has changed, as an operation does.
    pub(crate) fn access_changed(&self) {
        self.bus.access_changed();
    }

    /// Says what an nmap says, as the runner does.
    pub(crate) fn line(&self, scan: Uuid, line: &str) {
        self.bus.line(scan, LineFrame { batch_id: Uuid::nil(), at: Timestamp::now(), line });
    }

    /// The secret of a session, for the cookie.
    pub(crate) async fn session(&self, realm: &Realm, user: Uuid) -> String {
        self.session_until(realm, user, Timestamp::now() + Duration::from_hours(1)).await
    }

    /// The secret of a session that ends then.
    pub(crate) async fn session_until(
        &self,
        realm: &Realm,
        user: Uuid,
        ends_at: Timestamp,
    ) -> String {
        let secret = MadeToken::new("random", Grant::of(Role::Viewer), None, None).secret();
        let organisation: Organisation = realm.organisation().await.unwrap();
        let session = NewSession {
            hash: hex(&Sha256::digest(secret.as_bytes())),
            id: Uuid::now_v7(),
            user,
            organisation: organisation.id,
            remote: "127.0.0.1".into(),
            agent: "test".into(),
            ends_at,
        };
        assert!(self.store.open_session(&session, by()).await.unwrap());
        secret
    }

    /// The server's answer.
    pub(crate) async fn send(&self, request: Ask) -> Answer {
        let response = self.router.clone().oneshot(request.request()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    remote: String,
}

pub(crate) fn get(path: &str) -> Ask {
    ask(Method::GET, path)
}

pub(crate) fn post(path: &str, body: &Value) -> Ask {
    ask(Method::POST, path).json(body)
}

pub(crate) fn put(path: &str, body: &Value) -> Ask {
    ask(Method::PUT, path).json(body)
}

pub(crate) fn delete(path: &str) -> Ask {
    ask(Method::DELETE, path)
}

pub(crate) fn ask(method: Method, path: &str) -> Ask {
    let headers = vec![("host".to_owned(), HOST.to_owned())];
    Ask {
        method,
        path: path.to_owned(),
        headers,
        body: Vec::new(),
        remote: "127.0.0.1:4711".into(),
    }
}

impl Ask {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(had, _)| !had.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As who has this token.
    pub(crate) fn token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// As the page of who has this session.
    pub(crate) fn session(self, secret: &str) -> Self {
        let cookie = format!("netscan_session={secret}");
        self.header("cookie", &cookie).header("x-netscan", "1")
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.body = serde_json::to_vec(body).unwrap();
        self.header("content-type", "application/json")
    }

    pub(crate) fn bytes(mut self, media: &str, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("content-type", media)
    }

    /// From this address.
    pub(crate) fn from(mut self, remote: &str) -> Self {
        self.remote = format!("{remote}:4711");
        self
    }

    fn request(self) -> Request<Body> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let remote: SocketAddr = self.remote.parse().unwrap();
        request.extension(ConnectInfo(remote)).body(Body::from(self.body)).unwrap()
    }
}

/// What the server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Its body, which is JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Its body as JSON, if its status is the one that is expected.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem's sentence, if the status is the one that is expected.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16) -> String {
        let problem = self.expect(status);
        let media = self.headers.get(header::CONTENT_TYPE);
        assert_eq!(media.unwrap(), "application/problem+json");
        problem["detail"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The value of the cookie that the answer sets, if it sets it.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all(header::SET_COOKIE).iter();
        let mut lines = lines.filter_map(|line| line.to_str().ok());
        let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        value.split(';').next().map(str::to_owned)
    }
}
