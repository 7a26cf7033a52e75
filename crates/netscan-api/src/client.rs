//! The client: what programs say to a server, in the types of this crate.
//!
//! [`Client`] sends one request and reads one answer; the files below have a method per operation.
//! A request that never reached the server is sent again, and so is one that was not answered, if
//! that cannot do any harm: reads, and POSTs, which carry an `Idempotency-Key`.

mod download;
mod error;
mod import;
mod machine;
mod people;
mod projects;
mod scans;
mod search;
mod templates;

use std::collections::HashSet;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::page::Page;
use crate::problem::Problem;

pub use download::Download;
pub use error::ClientError;

/// How long reaching the server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server may be silent. A quick scan is answered when it has ended.
const SILENCE: Duration = Duration::from_mins(10);
/// The pauses before a request is sent again.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// Someone who talks to a server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// No parameters behind the `?`, or a body with nothing to say.
#[derive(Debug, Serialize)]
struct Nothing {}

const NOTHING: &Nothing = &Nothing {};

impl Client {
    /// A client of the server at `base_url`, such as `https://scan.example.com`, that says who it is
    /// with `token`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Address`] or [`ClientError::Token`] for a text that is no such thing.
    ///
    /// # Panics
    ///
    /// When no TLS provider has been installed in this process.
    pub fn new(base_url: &str, token: Option<&str>) -> Result<Self, ClientError> {
        let base = address(base_url)?;
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let bearer = format!("Bearer {}", token.trim());
            let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| ClientError::Token)?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("netscan/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE)
            // A token goes to the server that it is for, and nowhere else.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|source| ClientError::SetUp { source })?;
        Ok(Self { http, base })
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Whether what is said can be read on the way: the server is another machine and there is no TLS.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let is_this_machine = host == "localhost" || address.is_ok_and(|it| it.is_loopback());
        self.base.scheme() == "http" && !is_this_machine
    }

    /// Reads what is at `path` below `/api/v1`.
    ///
    /// # Errors
    ///
    /// [`ClientError`]: the server cannot be reached, refuses, or answers what cannot be read.
    pub async fn get<A: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &impl Serialize,
    ) -> Result<A, ClientError> {
        let url = self.url(path, query);
        answer(self.send(Method::GET, url, None::<&()>).await?).await
    }

    /// Sends `body` to `path`.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn post<A: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<A, ClientError> {
        let url = self.url(path, NOTHING);
        answer(self.send(Method::POST, url, Some(body)).await?).await
    }

    /// Puts `body` in the place of what is at `path`.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn put<A: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<A, ClientError> {
        let url = self.url(path, NOTHING);
        answer(self.send(Method::PUT, url, Some(body)).await?).await
    }

    /// Changes what is at `path`.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn patch<A: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<A, ClientError> {
        let url = self.url(path, NOTHING);
        answer(self.send(Method::PATCH, url, Some(body)).await?).await
    }

    /// Removes what is at `path`.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn delete(&self, path: &[&str]) -> Result<(), ClientError> {
        let url = self.url(path, NOTHING);
        self.send(Method::DELETE, url, None::<&()>).await.map(drop)
    }

    /// Reads what is at `path` piece by piece.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn download(
        &self,
        path: &[&str],
        query: &impl Serialize,
    ) -> Result<Download, ClientError> {
        let url = self.url(path, query);
        Ok(Download::new(self.send(Method::GET, url, None::<&()>).await?))
    }

    /// All entries of the list at `path`, page by page.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &impl Serialize,
    ) -> Result<Vec<T>, ClientError> {
        let mut query = parameters(query);
        query.insert("limit".to_owned(), crate::page::MOST.into());
        let (mut items, mut seen) = (Vec::new(), HashSet::new());
        loop {
            let page: Page<T> = self.get(path, &query).await?;
            items.extend(page.items);
            let Some(cursor) = page.next_cursor else { return Ok(items) };
            if !seen.insert(cursor.clone()) {
                return Err(ClientError::Foreign { url: self.address().to_owned(), status: 200 });
            }
            query.insert("cursor".to_owned(), cursor.into());
        }
    }

    /// Where `path` is, below `/api/v1`.
    fn url(&self, path: &[&str], query: &impl Serialize) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v1"]).extend(path);
        }
        for (name, value) in parameters(query) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            url.query_pairs_mut().append_pair(&name, &text);
        }
        url
    }

    /// Where `href` is, which the server gave. Nothing comes back when that is not the server.
    fn own(&self, href: &str) -> Option<Url> {
        let url = self.base.join(href).ok()?;
        (url.origin() == self.base.origin()).then_some(url)
    }

    /// Sends a request until there is an answer, and reads a refusal.
    async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<&impl Serialize>,
    ) -> Result<Response, ClientError> {
        let mut request = self.http.request(method.clone(), url);
        if let Some(body) = body {
            let text = serde_json::to_vec(body).map_err(|source| ClientError::Body { source })?;
            request = request.header(CONTENT_TYPE, "application/json").body(text);
        }
        if method == Method::POST {
            request = request.header("idempotency-key", Uuid::now_v7().to_string());
        }
        let is_harmless = method != Method::DELETE && method != Method::PATCH;
        let response = self.until_answered(&request, is_harmless).await?;
        self.accepted(response).await
    }

    /// Sends `request` again after faults of the network.
    async fn until_answered(
        &self,
        request: &RequestBuilder,
        is_harmless: bool,
    ) -> Result<Response, ClientError> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let copy = request.try_clone().expect("a body of bytes can be sent twice");
            let source = match copy.send().await {
                Ok(response) => return Ok(response),
                Err(source) => source,
            };
            let may_help = source.is_connect() || (is_harmless && source.is_request());
            match pauses.next().filter(|_| may_help && !source.is_timeout()) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(ClientError::network(self.address(), source)),
            }
        }
    }

    /// The answer, unless it is a refusal.
    async fn accepted(&self, response: Response) -> Result<Response, ClientError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let foreign =
            || ClientError::Foreign { url: self.address().to_owned(), status: status.as_u16() };
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        if let Some(to) = location.filter(|_| status.is_redirection()) {
            return Err(ClientError::Moved { url: self.address().to_owned(), to: to.to_owned() });
        }
        let text = response.bytes().await.map_err(|_| foreign())?;
        let problem: Problem = serde_json::from_slice(&text).map_err(|_| foreign())?;
        Err(ClientError::Refused { status: status.as_u16(), problem: Box::new(problem) })
    }
}

/// The address of a server.
fn address(text: &str) -> Result<Url, ClientError> {
    let invalid = || ClientError::Address { text: text.to_owned() };
    let mut url = Url::parse(text.trim()).map_err(|_| invalid())?;
    let is_sound = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_sound {
        return Err(invalid());
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// What of `query` is said, by name.
fn parameters(query: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(query) {
        Ok(Value::Object(parameters)) => {
            parameters.into_iter().filter(|(_, value)| !value.is_null()).collect()
        }
        _ => Map::new(),
    }
}

/// What an answer says; an empty one says nothing.
async fn answer<A: DeserializeOwned>(response: Response) -> Result<A, ClientError> {
    let url = response.url().origin().ascii_serialization();
    let status = response.status();
    let text = response.bytes().await.map_err(|source| ClientError::network(&url, source))?;
    let is_empty = text.is_empty() || status == StatusCode::NO_CONTENT;
    let text: &[u8] = if is_empty { b"null" } else { &text };
    serde_json::from_slice(text).map_err(|source| ClientError::Answer { url, source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::ListScans;

    fn client(base: &str) -> Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::new(base, Some("nso_a_b")).unwrap()
    }

    #[test]
    fn a_path_and_its_parameters_are_escaped() {
        let query =
            ListScans { project: Some("a & b".to_owned()), limit: Some(5), ..ListScans::default() };

        let url =
            client("http://127.0.0.1:8080/netscan/").url(&["targets", "fe80::1%eth0/x"], &query);

        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:8080/netscan/api/v1/targets/fe80::1%25eth0%2Fx?limit=5&project=a+%26+b"
        );
    }

    #[test]
    fn an_address_is_that_of_a_web_server() {
        for text in ["localhost:8080", "ftp://a.lan", "", "http://", "http://user:secret@a.lan"] {
            let refusal = address(text).unwrap_err().to_string();
            assert!(refusal.contains("http://"), "{text:?}: {refusal}");
        }
        assert!(address(" https://scan.example.com/ ").is_ok());
    }

    #[test]
    fn a_token_goes_to_no_other_server() {
        let client = client("https://scan.example.com");

        assert!(client.own("/api/v1/artifacts/1").is_some());
        assert!(client.own("https://scan.example.com/api/v1/artifacts/1").is_some());
        for href in ["//evil.example/x", "https://evil.example/", "http://scan.example.com/x"] {
            assert!(client.own(href).is_none(), "{href}");
        }
    }

    #[test]
    fn what_goes_to_another_machine_without_tls_is_exposed() {
        for (base, is_exposed) in [
            ("http://127.0.0.1:8080", false),
            ("http://[::1]:8080", false),
            ("http://localhost", false),
            ("https://scan.example.com", false),
            ("http://scan.example.com", true),
            ("http://127.0.0.1.example.com", true),
            ("http://192.0.2.1", true),
        ] {
            assert_eq!(client(base).is_exposed(), is_exposed, "{base}");
        }
    }

    #[test]
    fn a_token_is_not_shown_in_logs() {
        assert!(!format!("{:?}", client("http://127.0.0.1:1")).contains("nso_"));
    }
}
