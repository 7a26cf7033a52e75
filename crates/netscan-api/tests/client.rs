//! The client against servers that answer, refuse, break off, send elsewhere or are not there.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io;
use std::sync::{Arc, Mutex};

use netscan_api::problem::{CONTENT_TYPE, Problem};
use netscan_api::project::{CreateProject, ProjectBody};
use netscan_api::query::ReadResults;
use netscan_api::{Client, ClientError};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

/// What is done with one connection.
#[derive(Clone)]
enum Answer {
    /// It is answered with a status, a head and a body.
    Say(u16, &'static str, String),
    /// It is closed once the request has been read.
    Hang,
    /// The body ends before it is whole.
    Cut,
}

fn ok(body: &Value) -> Answer {
    Answer::Say(200, "content-type: application/json", body.to_string())
}

/// A server that gives these answers, one a connection, and keeps what it was sent.
struct Server {
    client: Client,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn with(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = client(&format!("http://{}", listener.local_addr().unwrap()));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&requests);
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read(&mut stream).await.unwrap();
                heard.lock().unwrap().push(request);
                say(&mut stream, answer).await.unwrap();
            }
        });
        Self { client, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn client(base: &str) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::new(base, Some("nso_id_secret")).unwrap()
}

/// The head and the body of a request.
async fn read(stream: &mut TcpStream) -> io::Result<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Ok(String::from_utf8_lossy(&request).into_owned());
            }
        }
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await?;
        assert!(count > 0, "the request ended early");
        request.extend_from_slice(&piece[..count]);
    }
}

async fn say(stream: &mut TcpStream, answer: Answer) -> io::Result<()> {
    let text = match answer {
        Answer::Say(status, head, body) => {
            let length = body.len();
            let head = if head.is_empty() { String::new() } else { format!("{head}\r\n") };
            format!(
                "HTTP/1.1 {status} X\r\n{head}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        }
        Answer::Hang => return Ok(()),
        Answer::Cut => "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned(),
    };
    stream.write_all(text.as_bytes()).await?;
    stream.shutdown().await
}

fn project(name: &str) -> Value {
    json!({
        "id": Uuid::nil(), "name": name, "description": "", "organisation_id": Uuid::nil(),
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "scope": { "rules": [] }, "limits": {}, "scans": 0, "targets": 0,
    })
}

fn header<'a>(request: &'a str, name: &str) -> Option<&'a str> {
    request.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn new_project() -> CreateProject {
    CreateProject { name: "lab".to_owned(), description: None, limits: None }
}

#[tokio::test]
async fn a_list_is_read_to_its_last_page() {
    let server = Server::with(vec![
        ok(&json!({ "items": [project("a")], "next_cursor": "c1" })),
        ok(&json!({ "items": [project("b")], "next_cursor": null })),
    ])
    .await;

    let names: Vec<String> =
        server.client.projects().await.unwrap().into_iter().map(|project| project.name).collect();

    assert_eq!(names, ["a", "b"]);
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /api/v1/projects?limit=1000 HTTP/1.1"), "{}", requests[0]);
    assert!(requests[1].contains("cursor=c1"), "{}", requests[1]);
    assert_eq!(header(&requests[0], "authorization"), Some("Bearer nso_id_secret"));
}

#[tokio::test]
async fn a_list_that_goes_in_circles_is_given_up() {
    let page = ok(&json!({ "items": [project("a")], "next_cursor": "same" }));
    let server = Server::with(vec![page.clone(), page]).await;

    let refusal = server.client.projects().await.unwrap_err();

    assert!(matches!(refusal, ClientError::Foreign { .. }), "{refusal}");
}

#[tokio::test]
async fn a_post_that_was_not_answered_is_sent_again_under_the_same_key() {
    let server = Server::with(vec![Answer::Hang, ok(&project("lab"))]).await;

    let made: ProjectBody = server.client.create_project(&new_project()).await.unwrap();

    assert_eq!(made.name, "lab");
    let keys: Vec<_> = server
        .requests()
        .iter()
        .map(|request| header(request, "idempotency-key").unwrap().to_owned())
        .collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
}

#[tokio::test]
async fn a_removal_that_was_not_answered_is_not_sent_again() {
    let server = Server::with(vec![Answer::Hang, Answer::Say(204, "", String::new())]).await;

    let refusal = server.client.delete_project(Uuid::nil()).await.unwrap_err();

    assert!(matches!(refusal, ClientError::Broken { .. }), "{refusal}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_empty_answer_is_one() {
    let server = Server::with(vec![Answer::Say(204, "", String::new())]).await;

    server.client.delete_project(Uuid::nil()).await.unwrap();
}

#[tokio::test]
async fn a_refusal_is_told_in_the_words_of_the_server() {
    let problem = Problem::conflict("there is a project lab already");
    let body = serde_json::to_string(&problem).unwrap();
    let head: &'static str = format!("content-type: {CONTENT_TYPE}").leak();
    let server = Server::with(vec![Answer::Say(409, head, body)]).await;

    let refusal = server.client.create_project(&new_project()).await.unwrap_err();

    assert_eq!(refusal.to_string(), "there is a project lab already");
    assert_eq!(refusal.status(), Some(409));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);

    let refusal = client(&format!("http://{address}")).projects().await.unwrap_err();

    assert_eq!(
        refusal.to_string(),
        format!(
            "cannot reach the server at http://{address}; see that it runs, and that the address \
             is right"
        )
    );
    assert!(refusal.is_retryable());
}

#[tokio::test]
async fn a_token_is_not_carried_to_where_a_server_sends() {
    let elsewhere = Answer::Say(301, "location: http://127.0.0.1:1/", String::new());
    let server = Server::with(vec![elsewhere]).await;

    let refusal = server.client.projects().await.unwrap_err().to_string();

    assert!(
        refusal.ends_with("sends to http://127.0.0.1:1/; use that address instead"),
        "{refusal}"
    );
}

#[tokio::test]
async fn another_kind_of_server_is_told_apart() {
    let page = Answer::Say(404, "content-type: text/html", "<h1>Not here</h1>".to_owned());
    let server = Server::with(vec![page]).await;

    let refusal = server.client.projects().await.unwrap_err();

    assert!(refusal.to_string().contains("is not netscan (status 404)"), "{refusal}");
}

#[tokio::test]
async fn results_that_end_early_are_an_error_and_not_a_short_file() {
    let server = Server::with(vec![Answer::Cut]).await;
    let query = ReadResults { format: Some("csv".to_owned()), ..ReadResults::default() };

    let mut download = server.client.results(Uuid::nil(), &query).await.unwrap();

    let mut last = download.next().await;
    while matches!(last, Ok(Some(_))) {
        last = download.next().await;
    }
    assert!(matches!(last, Err(ClientError::Broken { .. })), "{last:?}");
}
