//! The way to the provider: short answers in good time, from where they are expected.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use openidconnect::http::Response;
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Why the provider gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutsideError {
    /// It is not where a provider may be.
    #[error("{url} is neither https nor, as the issuer is, on this machine")]
    Refused { url: String },
    /// It did not answer.
    #[error("there is no answer")]
    Http(#[from] reqwest::Error),
    /// It answered at length.
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
    /// What it answered makes no answer.
    #[error("the answer cannot be put together")]
    Answer(#[from] openidconnect::http::Error),
}

/// What the provider will have answered.
type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, OutsideError>> + Send>>;

/// The way to one provider.
#[derive(Clone)]
pub(super) struct Outside {
    /// Whether the provider is on this machine, and may do without TLS.
    is_local: bool,
    client: Arc<OnceLock<Client>>,
}

impl Outside {
    /// The way to the provider that calls itself `issuer`.
    pub(super) fn new(issuer: &str) -> Self {
        let is_local = Url::parse(issuer).is_ok_and(|url| is_on_this_machine(&url));
        Self { is_local, client: Arc::default() }
    }

    /// [`ask`](Self::ask) as a function that has all it needs.
    pub(super) fn way(&self) -> impl Fn(HttpRequest) -> Answer + Send + Sync + 'static {
        let outside = self.clone();
        move |request| {
            let outside = outside.clone();
            Box::pin(async move { outside.ask(request).await })
        }
    }

    /// Asks the provider. Where it sends one on to is not followed.
    pub(super) async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, OutsideError> {
        let (parts, body) = request.into_parts();
        let url = parts.uri.to_string();
        let refused = || OutsideError::Refused { url: url.clone() };
        let target = Url::parse(&url).map_err(|_| refused())?;
        let is_plain = target.scheme() == "http" && self.is_local && is_on_this_machine(&target);
        if target.scheme() != "https" && !is_plain {
            return Err(refused());
        }
        let asked = self.client()?.request(parts.method, target).headers(parts.headers).body(body);
        let mut answer = asked.send().await?;
        let mut made = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            made = made.header(name, value);
        }
        let mut text = Vec::new();
        while let Some(part) = answer.chunk().await? {
            if text.len() + part.len() > LARGEST {
                return Err(OutsideError::TooLarge);
            }
            text.extend_from_slice(&part);
        }
        Ok(made.body(text)?)
    }

    fn client(&self) -> Result<&Client, OutsideError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // Whoever was first has set it; it is the same one everywhere in this program.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let made = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE)
            .build()?;
        Ok(self.client.get_or_init(|| made))
    }
}

fn is_on_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(issuer: &str, url: &str) -> Option<String> {
        let request = openidconnect::http::Request::get(url).body(Vec::new()).unwrap();
        match Outside::new(issuer).ask(request).await {
            Err(OutsideError::Refused { url }) => Some(url),
            _ => None,
        }
    }

    #[tokio::test]
    async fn a_provider_without_tls_is_on_this_machine_or_not_asked() {
        for (issuer, url) in [
            ("https://id.example.com", "http://127.0.0.1:1/keys"),
            ("https://id.example.com", "http://id.example.com/keys"),
            ("http://127.0.0.1:1", "http://192.0.2.1/keys"),
            ("http://192.0.2.1", "http://192.0.2.1/keys"),
            ("http://127.0.0.1:1", "http://127.0.0.1.example.com/keys"),
        ] {
            assert_eq!(refusal(issuer, url).await.as_deref(), Some(url));
        }
        assert_eq!(refusal("http://127.0.0.1:1", "http://127.0.0.1:1/keys").await, None);
    }
}
