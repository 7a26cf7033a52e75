//! Browsers that are at the provider, and what they must come back with.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use openidconnect::{Nonce, PkceCodeVerifier, RedirectUrl};
use subtle::ConstantTimeEq;

use crate::session::secret;

/// How long a browser may be at the provider.
pub(crate) const LIFETIME: Duration = Duration::from_mins(10);
/// How many may be there at a time. One more, and the one that left first is forgotten.
const MOST: usize = 1_000;

/// A browser on its way to the provider and back.
pub(super) struct Errand {
    /// The hash of the cookie that it was given.
    pub(super) browser: String,
    pub(super) nonce: Nonce,
    pub(super) verifier: PkceCodeVerifier,
    pub(super) return_to: RedirectUrl,
}

/// All who are on their way, by the hash of their state.
#[derive(Default)]
pub(super) struct Errands {
    begun: Mutex<HashMap<String, (Instant, Errand)>>,
}

impl Errands {
    pub(super) fn begin(&self, state: &str, errand: Errand, now: Instant) {
        let mut begun = self.begun();
        if begun.len() >= MOST {
            begun.retain(|_, (at, _)| now.saturating_duration_since(*at) < LIFETIME);
        }
        if begun.len() >= MOST {
            let first = begun.iter().min_by_key(|(_, (at, _))| *at).map(|(state, _)| state.clone());
            first.and_then(|state| begun.remove(&state));
        }
        begun.insert(secret::hash(state), (now, errand));
    }

    /// The errand with this state, if `browser` went on it. It is over then, whoever asked.
    pub(super) fn end(&self, state: &str, browser: &str, now: Instant) -> Option<Errand> {
        let (at, errand) = self.begun().remove(&secret::hash(state))?;
        let is_in_time = now.saturating_duration_since(at) < LIFETIME;
        let is_same = bool::from(errand.browser.as_bytes().ct_eq(browser.as_bytes()));
        (is_in_time && is_same).then_some(errand)
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<String, (Instant, Errand)>> {
        // A panic can leave nothing half done in there.
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errand(browser: &str) -> Errand {
        Errand {
            browser: browser.to_owned(),
            nonce: Nonce::new("nonce".into()),
            verifier: PkceCodeVerifier::new("verifier".into()),
            return_to: RedirectUrl::new("http://127.0.0.1/".into()).unwrap(),
        }
    }

    #[test]
    fn an_errand_ends_once_in_time_and_in_the_browser_that_began_it() {
        let (errands, now) = (Errands::default(), Instant::now());
        for state in ["a", "b", "c"] {
            errands.begin(state, errand("mine"), now);
        }

        assert!(errands.end("a", "mine", now).is_some());
        assert!(errands.end("a", "mine", now).is_none());
        assert!(errands.end("b", "another", now).is_none());
        assert!(errands.end("c", "mine", now + LIFETIME).is_none());
    }

    #[test]
    fn a_flood_of_errands_takes_no_more_memory_than_it_may() {
        let (errands, now) = (Errands::default(), Instant::now());

        for number in 0..=MOST {
            let later = now + Duration::from_millis(u64::try_from(number).unwrap());
            errands.begin(&number.to_string(), errand("mine"), later);
        }

        assert_eq!(errands.begun().len(), MOST);
        assert!(errands.end("0", "mine", now).is_none());
        assert!(errands.end("1", "mine", now).is_some());
    }
}
