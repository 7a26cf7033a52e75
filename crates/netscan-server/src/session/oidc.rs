//! Signing in elsewhere: OpenID Connect with the authorization code flow, PKCE and a nonce.
//!
//! A browser that wants to sign in is sent to the provider on an [`Errand`]: a state, a nonce and a
//! PKCE verifier that are kept here and hold once, for ten minutes, for that browser. What it comes
//! back with is exchanged for an identity token, of which signature, issuer, audience, time and
//! nonce are checked.

mod errand;
mod outside;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use netscan_store::Identity;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm,
    CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge,
    RedirectUrl, Scope, TokenResponse as _,
};
use tokio::sync::Mutex;
use tracing::warn;

pub(crate) use self::errand::LIFETIME as ERRAND_LIFETIME;
use self::errand::{Errand, Errands};
use self::outside::Outside;
use crate::refusal::Refusal;
use crate::session::secret;
use crate::settings::Oidc;

/// How long what the provider says of itself is believed.
const FRESH: Duration = Duration::from_mins(10);
/// How long a provider that does not answer is left alone: those who wait for it meanwhile, one
/// after the other, would each wait for another answer that does not come.
const REST: Duration = Duration::from_secs(10);

/// Signatures that are believed: those of keys that the provider publishes.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// A provider that vouches for people.
pub(crate) struct Provider {
    settings: Oidc,
    outside: Outside,
    known: Mutex<Known>,
    errands: Errands,
}

/// What is known of the provider.
#[derive(Default)]
struct Known {
    /// What it said of itself, and when it was asked for that.
    metadata: Option<(Instant, Arc<CoreProviderMetadata>)>,
    /// When it last gave no answer.
    failed_at: Option<Instant>,
}

/// What a browser is sent to the provider with.
pub(crate) struct Departure {
    /// Where it is sent.
    pub(crate) url: String,
    /// What binds the errand to it.
    pub(crate) cookie: String,
}

/// Whom the provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Vouched {
    /// Who.
    pub(crate) identity: Identity,
    /// By which name they would like to be known here.
    pub(crate) name: Option<String>,
    /// As others read it.
    pub(crate) display_name: String,
}

impl Provider {
    pub(crate) fn new(settings: Oidc) -> Self {
        let outside = Outside::new(&settings.issuer);
        Self { settings, outside, known: Mutex::default(), errands: Errands::default() }
    }

    /// What people are when they come for the first time, if they are let in.
    pub(crate) fn default_role(&self) -> Option<netscan_model::access::Role> {
        self.settings.default_role
    }

    /// Sends a browser to the provider, from where it comes back to `return_to`.
    pub(crate) async fn send(&self, return_to: String, now: Instant) -> Result<Departure, Refusal> {
        let metadata = self.metadata(now).await?;
        let return_to = RedirectUrl::new(return_to)
            .map_err(|_| Refusal::bad_request("the host of this request makes no address"))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = CoreClient::from_provider_metadata(
            CoreProviderMetadata::clone(&metadata),
            self.client_id(),
            Some(self.client_secret()),
        );
        let (url, state, nonce) = client
            .set_redirect_uri(return_to.clone())
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(secret::random()),
                || Nonce::new(secret::random()),
            )
            .add_scope(Scope::new("profile".into()))
            .add_scope(Scope::new("email".into()))
            .set_pkce_challenge(challenge)
            .url();
        let cookie = secret::random();
        let browser = secret::hash(&cookie);
        self.errands.begin(state.secret(), Errand { browser, nonce, verifier, return_to }, now);
        Ok(Departure { url: url.into(), cookie })
    }

    /// Whom the provider vouches for, when the browser with `cookie` comes back with `state` and
    /// `code`.
    pub(crate) async fn receive(
        &self,
        (state, code, cookie): (&str, String, &str),
        now: Instant,
    ) -> Result<Vouched, Refusal> {
        let begun_here =
            || forbidden("this sign-in was not begun in this browser, or too long ago");
        let errand = self.errands.end(state, &secret::hash(cookie), now).ok_or_else(begun_here)?;
        let metadata = self.metadata(now).await?;
        let client = CoreClient::from_provider_metadata(
            CoreProviderMetadata::clone(&metadata),
            self.client_id(),
            Some(self.client_secret()),
        )
        .set_redirect_uri(errand.return_to);
        let ask = self.outside.way();
        let exchange = client.exchange_code(AuthorizationCode::new(code));
        let exchange = exchange.map_err(|error| self.unusable(&error))?;
        let exchange = exchange.set_pkce_verifier(errand.verifier);
        let answer = exchange.request_async(&ask).await.map_err(|error| self.distrusted(&error))?;
        let token =
            answer.id_token().ok_or_else(|| forbidden("the provider says nobody's name"))?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        match token.claims(&verifier, &errand.nonce) {
            Ok(claims) => Ok(vouched(claims)),
            Err(error) => {
                // Its keys may have changed since they were asked for.
                self.known.lock().await.metadata = None;
                Err(self.distrusted(&error))
            }
        }
    }

    /// What the provider says of itself, asked for when it is not known or not fresh.
    async fn metadata(&self, now: Instant) -> Result<Arc<CoreProviderMetadata>, Refusal> {
        let mut known = self.known.lock().await;
        let is_within = |at: Instant, span| now.saturating_duration_since(at) < span;
        let metadata = known.metadata.as_ref().filter(|(at, _)| is_within(*at, FRESH));
        if let Some((_, metadata)) = metadata {
            return Ok(Arc::clone(metadata));
        }
        if known.failed_at.is_some_and(|at| is_within(at, REST)) {
            return Err(unreachable_provider());
        }
        let found = self.discover().await;
        // Not `now`: the answer may have been waited for since then.
        known.failed_at = found.is_err().then(Instant::now);
        let found = found?;
        known.metadata = Some((now, Arc::clone(&found)));
        Ok(found)
    }

    /// Asks the provider what it says of itself.
    async fn discover(&self) -> Result<Arc<CoreProviderMetadata>, Refusal> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone());
        let issuer = issuer.map_err(|error| self.unusable(&error))?;
        let ask = self.outside.way();
        let found = CoreProviderMetadata::discover_async(issuer, &ask).await;
        found.map(Arc::new).map_err(|error| self.unusable(&error))
    }

    fn client_id(&self) -> ClientId {
        ClientId::new(self.settings.client_id.clone())
    }

    fn client_secret(&self) -> ClientSecret {
        ClientSecret::new(self.settings.client_secret.clone())
    }

    /// The provider cannot be used at the moment. Why is for the log.
    fn unusable(&self, cause: &dyn std::error::Error) -> Refusal {
        warn!(issuer = self.settings.issuer, cause = chain(cause), "the provider cannot be used");
        unreachable_provider()
    }

    /// What came back is not believed. Why is for the log.
    fn distrusted(&self, cause: &dyn std::error::Error) -> Refusal {
        warn!(issuer = self.settings.issuer, cause = chain(cause), "a sign-in is not believed");
        forbidden("what the provider says of you cannot be believed; begin again")
    }
}

fn unreachable_provider() -> Refusal {
    let detail = "the provider that would vouch for you cannot be reached; try again later, or \
                  sign in with a password";
    Refusal::later(StatusCode::SERVICE_UNAVAILABLE, detail, Duration::from_secs(30))
}

pub(crate) fn forbidden(detail: &str) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, detail)
}

fn vouched(claims: &CoreIdTokenClaims) -> Vouched {
    let issuer = claims.issuer().to_string();
    let subject = claims.subject().to_string();
    let name = claims.preferred_username().map(|name| name.to_string());
    let display_name = claims.name().and_then(|name| name.get(None));
    Vouched {
        identity: Identity { issuer, subject },
        name: name.or_else(|| claims.email().map(|email| email.to_string())),
        display_name: display_name.map(|name| name.to_string()).unwrap_or_default(),
    }
}

/// An error with all its causes.
fn chain(cause: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(cause), |cause| cause.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
