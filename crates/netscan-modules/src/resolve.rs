//! Names become addresses, once, by the resolver of the machine, and not for long.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How long one name may take.
pub const LIMIT: Duration = Duration::from_secs(5);

/// Why a name has no address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// It is not spelled as a name, so nobody was asked.
    #[error("{name:?} is not a name that can be looked up")]
    Invalid {
        /// What was to be resolved.
        name: String,
    },
    /// The resolver says no, or cannot say.
    #[error("cannot resolve {name}")]
    Lookup {
        /// What was to be resolved.
        name: String,
        /// What it says.
        source: io::Error,
    },
    /// The resolver knows the name and has no address for it.
    #[error("{name} has no address")]
    Empty {
        /// What was to be resolved.
        name: String,
    },
    /// The resolver took too long.
    #[error("{name} was not resolved within {} s", limit.as_secs_f64())]
    TimedOut {
        /// What was to be resolved.
        name: String,
        /// How long was waited.
        limit: Duration,
    },
}

impl ResolveError {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Lookup { .. } | Self::TimedOut { .. })
    }
}

/// The addresses of `name`, each once, IPv4 first.
///
/// # Errors
///
/// Returns why there are none. The usual cause is a name that does not exist.
pub async fn resolve(name: &str, limit: Duration) -> Result<Vec<IpAddr>, ResolveError> {
    let owned = || name.to_owned();
    if !is_name(name) {
        return Err(ResolveError::Invalid { name: owned() });
    }
    let found = tokio::time::timeout(limit, tokio::net::lookup_host((name, 0)))
        .await
        .map_err(|_| ResolveError::TimedOut { name: owned(), limit })?
        .map_err(|source| ResolveError::Lookup { name: owned(), source })?;
    let addresses: BTreeSet<IpAddr> = found.map(|found| found.ip().to_canonical()).collect();
    if addresses.is_empty() {
        return Err(ResolveError::Empty { name: owned() });
    }
    Ok(addresses.into_iter().collect())
}

/// The addresses of each of `names`, in their order, `at_once` of them at a time.
pub async fn resolve_all(
    names: Vec<String>,
    limit: Duration,
    at_once: NonZeroUsize,
) -> Vec<(String, Result<Vec<IpAddr>, ResolveError>)> {
    let places = Arc::new(Semaphore::new(at_once.get()));
    let mut lookups = JoinSet::new();
    for (order, name) in names.into_iter().enumerate() {
        let places = Arc::clone(&places);
        lookups.spawn(async move {
            let _place = places.acquire_owned().await.expect("the semaphore is never closed");
            let result = resolve(&name, limit).await;
            (order, name, result)
        });
    }
    let mut found = lookups.join_all().await;
    found.sort_by_key(|(order, _, _)| *order);
    found.into_iter().map(|(_, name, result)| (name, result)).collect()
}

/// Whether the resolver may see it: what looks like a number is an address to it, and not the one
/// that people expect (`0177.0.0.1`).
fn is_name(name: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or_default();
    let is_numeric = match last.strip_prefix("0x").or(last.strip_prefix("0X")) {
        Some(hex) => hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    };
    let is_label = |label: &str| (1..=63).contains(&label.len());
    name.len() <= 253 && name.bytes().all(is_legal) && name.split('.').all(is_label) && !is_numeric
}

#[cfg(test)]
mod tests {
    use super::*;

    fn several() -> NonZeroUsize {
        NonZeroUsize::new(2).unwrap()
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_resolved_once() {
        let addresses = resolve("localhost", LIMIT).await.unwrap();

        assert!(addresses.iter().all(IpAddr::is_loopback) && !addresses.is_empty());
        assert!(addresses.is_sorted_by(|a, b| a < b), "{addresses:?}");
    }

    #[tokio::test]
    async fn one_bad_name_does_not_hurt_the_others() {
        let names = ["localhost", "no such name", "0177.0.0.1", "localhost"];
        let names = names.map(str::to_owned).to_vec();

        let found = resolve_all(names.clone(), LIMIT, several()).await;

        let (order, results): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        assert_eq!(order, names);
        assert!(results[0].is_ok() && results[3].is_ok());
        assert_eq!(
            results[1].as_ref().unwrap_err().to_string(),
            "\"no such name\" is not a name that can be looked up"
        );
        assert!(!results[2].as_ref().unwrap_err().is_retryable());
    }

    #[tokio::test]
    async fn a_resolver_that_takes_too_long_is_not_waited_for() {
        let error = resolve("a.invalid", Duration::ZERO).await.unwrap_err();

        assert!(error.is_retryable(), "{error}");
    }

    #[test]
    fn what_looks_like_a_number_is_not_a_name() {
        for number in ["127.1", "2130706433", "0x7f000001", "a.0x1", "1.2.3.4", "", "a..b", "a b"] {
            assert!(!is_name(number), "{number}");
        }
        for name in ["a", "a.example.", "1and1.com", "_dmarc.example", "x.0xy1z"] {
            assert!(is_name(name), "{name}");
        }
    }
}
