//! Live events over real sockets.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use netscan_model::access::{Permission, Role};
use netscan_model::target::TargetList;
use netscan_modules::nmap::options::Profile;
use netscan_orchestrator::submit::{self, Request};
use netscan_server::Settings;
use netscan_store::{LimitChanges, Realm};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, interval, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::tungstenite::{self, Error};
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

use crate::given::{Given, by, get, post, server, server_with};

/// Longer than anything here takes when it is right.
const LONG: Duration = Duration::from_secs(20);

/// A server that listens.
struct Listening {
    given: Given,
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

async fn listening() -> Listening {
    listening_with(|_| ()).await
}

/// The same with some other settings.
async fn listening_with(change: impl FnOnce(&mut Settings)) -> Listening {
    let given = server_with(change).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = given.app.clone();
    let server = tokio::spawn(async move { netscan_server::serve(app, listener).await.unwrap() });
    Listening { given, address, server }
}

type Client = WebSocketStream<TcpStream>;

impl Listening {
    /// Opens a WebSocket with these headers, or tells the status of the refusal.
    async fn open(&self, path: &str, headers: &[(&str, &str)]) -> Result<Client, u16> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        self.open_on(stream, path, headers).await
    }

    async fn open_on(
        &self,
        stream: TcpStream,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Client, u16> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request().unwrap();
        for (name, value) in headers {
            let name = tungstenite::http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match client_async(request, stream).await {
            Ok((client, _)) => Ok(client),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a WebSocket with a token.
    async fn open_as(&self, token: &str, path: &str) -> Result<Client, u16> {
        self.open(path, &[("authorization", &format!("Bearer {token}"))]).await
    }

    /// Waits until so many WebSockets are open.
    async fn until_clients(&self, count: usize) {
        let line = format!("netscan_websocket_clients {count}\n");
        let mut looks = interval(Duration::from_millis(20));
        let looking = async {
            while !self.given.send(get("/metrics")).await.text().contains(&line) {
                looks.tick().await;
            }
        };
        timeout(LONG, looking).await.expect("so many WebSockets are open in time");
    }

    fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// A scan that was not started, and the number of its newest event.
async fn scan(realm: &Realm) -> (Uuid, u64) {
    realm.ensure_project("default", Uuid::now_v7(), by()).await.unwrap();
    let targets = TargetList::parse("192.0.2.0/30");
    let request = Request::new("default", targets, &Profile::Quick.options());
    let id = submit::submit(realm, &request, by()).await.unwrap().0.id;
    (id, realm.head(id).await.unwrap())
}

/// Makes one more event, of which nobody is told.
async fn happen(realm: &Realm, scan: Uuid) -> u64 {
    let before = realm.head(scan).await.unwrap();
    let concurrency = NonZeroU32::new(2 + u32::try_from(before % 2).unwrap());
    let changes = LimitChanges { concurrency, ..LimitChanges::default() };
    realm.change_limits(scan, &changes, by()).await.unwrap();
    let after = realm.head(scan).await.unwrap();
    assert_eq!(after, before + 1, "a change of limits is one event");
    after
}

/// The next frame that is text.
async fn next(client: &mut Client) -> Value {
    loop {
        let message = timeout(LONG, client.next()).await.unwrap().unwrap().unwrap();
        if let Message::Text(text) = message {
            return serde_json::from_str(&text).unwrap();
        }
    }
}

/// The numbers of so many stored events.
async fn seqs(client: &mut Client, count: usize) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.len() < count {
        seqs.push(next(client).await["seq"].as_u64().unwrap());
    }
    seqs
}

/// The code with which the server ends the connection.
async fn close_code(client: &mut Client) -> u16 {
    loop {
        match timeout(LONG, client.next()).await.unwrap().unwrap().unwrap() {
            Message::Close(Some(frame)) => return frame.code.into(),
            Message::Close(None) => panic!("the server gave no reason"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_client_is_greeted_and_told_every_stored_event_once_and_in_order() {
    let it = listening().await;
    let (scan, head) = scan(&it.given.realm).await;
    let first = happen(&it.given.realm, scan).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;

    let mut client = it.open_as(&token, &format!("/ws/scans/{scan}")).await.unwrap();

    let greeting = next(&mut client).await;
    assert_eq!((&greeting["event"], &greeting["scan_id"]), (&json!("connected"), &json!(scan)));
    assert_eq!(greeting["seq"], 0);
    assert!(greeting["ts"].as_str().unwrap().parse::<Timestamp>().is_ok());
    let stored = usize::try_from(first).unwrap();
    assert_eq!(seqs(&mut client, stored).await, (1..=first).collect::<Vec<_>>());
    let (second, third) =
        (happen(&it.given.realm, scan).await, happen(&it.given.realm, scan).await);
    it.given.ring(scan);
    assert_eq!(seqs(&mut client, 2).await, [second, third]);
    assert!(head < second);
}

#[tokio::test]
async fn who_comes_back_is_told_what_was_missed_and_nothing_twice() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let known = happen(&it.given.realm, scan).await;
    let missed = happen(&it.given.realm, scan).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;

    let path = format!("/api/v1/ws/scans/{scan}?since={known}");
    let mut client = it.open_as(&token, &path).await.unwrap();

    assert_eq!(next(&mut client).await["seq"], known);
    assert_eq!(seqs(&mut client, 1).await, [missed]);
    let new = happen(&it.given.realm, scan).await;
    assert_eq!(seqs(&mut client, 1).await, [new]);
}

#[tokio::test]
async fn lines_are_told_live_without_a_number() {
    let it = listening().await;
    let (scan, head) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let mut client = it.open_as(&token, &format!("/ws/scans/{scan}?since={head}")).await.unwrap();
    next(&mut client).await;

    it.given.line(scan, "Discovered open port 22/tcp");

    let frame = next(&mut client).await;
    assert_eq!(
        (&frame["event"], &frame["line"]),
        (&json!("line"), &json!("Discovered open port 22/tcp"))
    );
    assert_eq!((&frame["number"], &frame["scan_id"]), (&json!(1), &json!(scan)));
    assert!(frame.get("seq").is_none() && frame["batch_id"].is_string() && frame["ts"].is_string());
}

#[tokio::test]
async fn a_project_is_watched_as_a_whole() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let mut client = it.open_as(&token, "/ws/events?project=default").await.unwrap();
    assert_eq!(next(&mut client).await["event"], "connected");

    let seq = happen(&it.given.realm, scan).await;

    let frame = next(&mut client).await;
    assert_eq!((&frame["scan_id"], &frame["seq"]), (&json!(scan), &json!(seq)));
}

#[tokio::test]
async fn what_is_not_there_or_not_ones_own_is_refused_before_the_upgrade() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let other = it.given.organisation("other").await;
    let stranger = it.given.token(&other, Role::Admin).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let blind = it.given.scoped_token(&it.given.realm, Role::Viewer, &[Permission::Own]).await;
    let path = format!("/ws/scans/{scan}");

    assert_eq!(it.open_as(&token, &format!("/ws/scans/{}", Uuid::now_v7())).await.err(), Some(404));
    assert_eq!(it.open_as(&token, "/ws/scans/7").await.err(), Some(404));
    assert_eq!(it.open_as(&stranger, &path).await.err(), Some(404));
    assert_eq!(it.open_as(&token, "/ws/events?project=none").await.err(), Some(404));
    assert_eq!(it.open_as(&stranger, "/ws/events?project=default").await.err(), Some(404));
    assert_eq!(it.open(&path, &[]).await.err(), Some(401));
    assert_eq!(it.open_as(&blind, &path).await.err(), Some(403));
    assert_eq!(it.open_as(&token, &format!("{path}?since=x")).await.err(), Some(422));
}

#[tokio::test]
async fn who_wants_no_websocket_is_told_to_bring_one() {
    let given = server().await;
    let (scan, _) = scan(&given.realm).await;
    let token = given.token(&given.realm, Role::Viewer).await;

    let answer = given.send(get(&format!("/ws/scans/{scan}")).token(&token)).await;

    assert!(answer.refused(426).contains("WebSocket"));
}

#[tokio::test]
async fn a_page_that_is_not_ours_opens_no_websocket() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let user = it.given.user(&it.given.realm, Role::Viewer).await.user.id;
    let cookie = format!("netscan_session={}", it.given.session(&it.given.realm, user).await);
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let bearer = format!("Bearer {token}");
    let (path, own) = (format!("/ws/scans/{scan}"), it.origin());
    let foreign = ("origin", "http://evil.example");

    let mut client = it.open(&path, &[("cookie", &cookie), ("origin", &own)]).await.unwrap();
    assert_eq!(next(&mut client).await["event"], "connected");
    assert_eq!(it.open(&path, &[("cookie", &cookie), foreign]).await.err(), Some(403));
    assert_eq!(it.open(&path, &[("cookie", &cookie)]).await.err(), Some(403));
    assert_eq!(it.open(&path, &[("authorization", &bearer), foreign]).await.err(), Some(403));
}

#[tokio::test]
async fn a_ticket_opens_one_websocket() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let ticket = async || {
        let asked = post("/api/v1/session/ticket", &Value::Null).token(&token);
        it.given.send(asked).await.expect(201)["ticket"].as_str().unwrap().to_owned()
    };
    let path = format!("/ws/scans/{scan}");

    let first = ticket().await;
    let by_query = format!("{path}?ticket={first}");
    assert!(it.open(&by_query, &[]).await.is_ok());
    assert_eq!(it.open(&by_query, &[]).await.err(), Some(401));
    let protocol = format!("netscan.ticket.{}", ticket().await);
    let mut client = it.open(&path, &[("sec-websocket-protocol", &protocol)]).await.unwrap();
    assert_eq!(next(&mut client).await["event"], "connected");
    let foreign = format!("{path}?ticket={}", ticket().await);
    assert_eq!(it.open(&foreign, &[("origin", "http://evil.example")]).await.err(), Some(403));
}

#[tokio::test]
async fn a_ticket_dies_with_the_token_that_it_was_made_by() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let asked = post("/api/v1/session/ticket", &Value::Null).token(&token);
    let answer = it.given.send(asked).await.expect(201);
    let ticket = answer["ticket"].as_str().unwrap();

    revoke(&it.given, &token).await;

    let path = format!("/ws/scans/{scan}?ticket={ticket}");
    assert_eq!(it.open(&path, &[]).await.err(), Some(401));
}

/// As another process on the same database does it.
async fn revoke(given: &Given, token: &str) {
    let id = token.split('_').nth(1).unwrap();
    assert!(given.realm.revoke_token(id, by()).await.unwrap());
}

#[tokio::test]
async fn who_is_shut_out_is_gone_within_a_second() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let other = it.given.token(&it.given.realm, Role::Viewer).await;
    let path = format!("/ws/scans/{scan}");
    let mut client = it.open_as(&token, &path).await.unwrap();
    let mut bystander = it.open_as(&other, &path).await.unwrap();
    next(&mut client).await;

    revoke(&it.given, &token).await;
    let revoked = Instant::now();

    assert_eq!(close_code(&mut client).await, 1008);
    assert!(revoked.elapsed() < Duration::from_secs(1), "{:?}", revoked.elapsed());
    it.given.line(scan, "still there");
    while next(&mut bystander).await["line"] != "still there" {}
}

#[tokio::test]
async fn a_session_that_has_reached_its_end_takes_its_websocket_along() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let user = it.given.user(&it.given.realm, Role::Viewer).await.user.id;
    let ends_at = Timestamp::now() + Duration::from_millis(1_500);
    let secret = it.given.session_until(&it.given.realm, user, ends_at).await;
    let cookie = format!("netscan_session={secret}");
    let headers = [("cookie", cookie.as_str()), ("origin", &it.origin())];

    let mut client = it.open(&format!("/ws/scans/{scan}"), &headers).await.unwrap();

    assert_eq!(close_code(&mut client).await, 1008);
    // The store keeps milliseconds.
    assert!(Timestamp::now().as_millisecond() >= ends_at.as_millisecond());
}

#[tokio::test]
async fn a_session_that_only_watches_ends_whatever_others_change() {
    let idle = Duration::from_secs(1);
    let it = listening_with(|settings| settings.session_idle = idle).await;
    let (scan, _) = scan(&it.given.realm).await;
    let user = it.given.user(&it.given.realm, Role::Viewer).await.user.id;
    let cookie = format!("netscan_session={}", it.given.session(&it.given.realm, user).await);
    let headers = [("cookie", cookie.as_str()), ("origin", &it.origin())];
    let mut client = it.open(&format!("/ws/scans/{scan}"), &headers).await.unwrap();
    let mut changes = interval(Duration::from_millis(50));
    let others = async {
        loop {
            changes.tick().await;
            it.given.access_changed();
        }
    };

    let code = tokio::select! {
        code = timeout(LONG, close_code(&mut client)) => code,
        () = others => unreachable!("others go on"),
    };

    assert_eq!(code, Ok(1008));
}

#[tokio::test]
async fn a_session_that_only_watches_ends_when_nobody_changes_anything() {
    let it = listening_with(|settings| settings.session_idle = Duration::from_secs(1)).await;
    let (scan, _) = scan(&it.given.realm).await;
    let user = it.given.user(&it.given.realm, Role::Viewer).await.user.id;
    let cookie = format!("netscan_session={}", it.given.session(&it.given.realm, user).await);
    let headers = [("cookie", cookie.as_str()), ("origin", &it.origin())];

    let mut client = it.open(&format!("/ws/scans/{scan}"), &headers).await.unwrap();

    assert_eq!(timeout(LONG, close_code(&mut client)).await, Ok(1008));
}

#[tokio::test]
async fn a_server_that_ends_says_so_and_does_not_wait_long() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let mut client = it.open_as(&token, &format!("/ws/scans/{scan}")).await.unwrap();
    next(&mut client).await;

    it.given.shutdown.cancel();

    assert_eq!(close_code(&mut client).await, 1001);
    timeout(Duration::from_secs(8), it.server).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_a_client_says_is_ignored_and_pings_are_answered() {
    let it = listening().await;
    let (scan, head) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let mut client = it.open_as(&token, &format!("/ws/scans/{scan}?since={head}")).await.unwrap();
    next(&mut client).await;

    client.send(Message::text("subscribe to everything")).await.unwrap();
    client.send(Message::Ping("there?".into())).await.unwrap();

    let answer = timeout(LONG, client.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(answer, Message::Pong("there?".into()));
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection() {
    let it = listening().await;
    let (scan, _) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let mut client = it.open_as(&token, &format!("/ws/scans/{scan}")).await.unwrap();

    let _ = client.send(Message::text("x".repeat(65 * 1024))).await;

    it.until_clients(0).await;
}

#[tokio::test]
async fn who_does_not_read_is_sent_away_while_others_go_on() {
    let it = listening().await;
    let (scan, head) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let path = format!("/ws/scans/{scan}?since={head}");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let narrow = socket.connect(it.address).await.unwrap();
    let bearer = format!("Bearer {token}");
    let stalled = it.open_on(narrow, &path, &[("authorization", &bearer)]).await.unwrap();
    let mut healthy = it.open_as(&token, &path).await.unwrap();
    next(&mut healthy).await;

    let long = "x".repeat(4_000);
    let feed = async {
        loop {
            it.given.line(scan, &long);
            while next(&mut healthy).await["event"] != "line" {}
        }
    };
    tokio::select! {
        () = feed => {}
        () = it.until_clients(1) => {}
    }

    let seq = happen(&it.given.realm, scan).await;
    while next(&mut healthy).await["seq"] != seq {}
    drop(stalled);
}

#[tokio::test]
async fn fifty_clients_are_told_the_same() {
    let it = listening().await;
    let (scan, head) = scan(&it.given.realm).await;
    let token = it.given.token(&it.given.realm, Role::Viewer).await;
    let path = format!("/ws/scans/{scan}?since={head}");
    let mut clients = Vec::new();
    for _ in 0..50 {
        clients.push(it.open_as(&token, &path).await.unwrap());
    }
    it.until_clients(50).await;

    let mut expected = Vec::new();
    for _ in 0..20 {
        expected.push(happen(&it.given.realm, scan).await);
    }

    for client in &mut clients {
        next(client).await;
        assert_eq!(seqs(client, expected.len()).await, expected);
    }
    drop(clients);
    it.until_clients(0).await;
}
