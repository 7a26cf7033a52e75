//! Names become addresses, once, by the resolver of the machine, and not for long.
//!
//! The resolver cannot be interrupted: a lookup that nobody waits for any more still has a thread of
//! the process until it ends by itself. So it keeps its place until then, and places are few.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::num::NonZeroUsize;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout, timeout_at};

/// How long one name may take.
pub const LIMIT: Duration = Duration::from_secs(5);
/// Lookups of the whole process at a time: an eighth of the threads that Tokio has for what blocks,
/// so that files are read and passwords checked whatever the name servers do.
const PLACES: usize = 64;

/// How long somebody waits for many names.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For each of them.
    pub each: Duration,
    /// For all together. What is left then was not resolved.
    pub all: Duration,
    /// Names that are looked up at a time, so that one who has many leaves places to others.
    pub at_once: NonZeroUsize,
}

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
    /// The names before it took all the time there was.
    #[error("{name} was not looked up: all names together may take {} s", limit.as_secs_f64())]
    NoTimeLeft {
        /// What was to be resolved.
        name: String,
        /// How long all of them might take.
        limit: Duration,
    },
}

impl ResolveError {
    /// Whether trying again may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Lookup { .. } | Self::TimedOut { .. } | Self::NoTimeLeft { .. })
    }
}

/// The addresses of `name`, each once, IPv4 first.
///
/// # Errors
///
/// Returns why there are none. The usual cause is a name that does not exist.
pub async fn resolve(name: &str, limit: Duration) -> Result<Vec<IpAddr>, ResolveError> {
    MACHINE.resolve(name, limit).await
}

/// The addresses of each of `names`, in their order.
pub async fn resolve_all(
    names: Vec<String>,
    patience: Patience,
) -> Vec<(String, Result<Vec<IpAddr>, ResolveError>)> {
    MACHINE.resolve_all(names, patience).await
}

/// The resolver of this machine.
static MACHINE: LazyLock<Resolver> = LazyLock::new(|| Resolver::new(PLACES, ask_the_machine));

fn ask_the_machine(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|found| found.ip()).collect())
}

/// What finds the addresses of a name, and takes as long as it likes.
type Ask = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// A resolver, and the places of those that wait for it.
#[derive(Clone)]
struct Resolver {
    places: Arc<Semaphore>,
    ask: Arc<Ask>,
}

impl Resolver {
    fn new(
        places: usize,
        ask: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), ask: Arc::new(ask) }
    }

    async fn resolve(&self, name: &str, limit: Duration) -> Result<Vec<IpAddr>, ResolveError> {
        let owned = || name.to_owned();
        if !is_name(name) {
            return Err(ResolveError::Invalid { name: owned() });
        }
        let found = timeout(limit, self.look_up(owned()))
            .await
            .map_err(|_| ResolveError::TimedOut { name: owned(), limit })?
            .map_err(|source| ResolveError::Lookup { name: owned(), source })?;
        let addresses: BTreeSet<IpAddr> = found.iter().map(IpAddr::to_canonical).collect();
        if addresses.is_empty() {
            return Err(ResolveError::Empty { name: owned() });
        }
        Ok(addresses.into_iter().collect())
    }

    /// Asks as soon as there is a place, which is free again when the answer is there, however long
    /// anybody waits for that.
    async fn look_up(&self, name: String) -> io::Result<Vec<IpAddr>> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let ask = Arc::clone(&self.ask);
        let lookup = spawn_blocking(move || {
            let _place = place.expect("the semaphore is never closed");
            ask(&name)
        });
        lookup.await.map_err(io::Error::other)?
    }

    async fn resolve_all(
        &self,
        names: Vec<String>,
        patience: Patience,
    ) -> Vec<(String, Result<Vec<IpAddr>, ResolveError>)> {
        let end = Instant::now() + patience.all;
        let turns = Arc::new(Semaphore::new(patience.at_once.get()));
        let mut lookups = JoinSet::new();
        for (order, name) in names.into_iter().enumerate() {
            let (turns, resolver) = (Arc::clone(&turns), self.clone());
            lookups.spawn(async move {
                let in_turn = async {
                    let _turn = turns.acquire().await.expect("the semaphore is never closed");
                    resolver.resolve(&name, patience.each).await
                };
                let result = timeout_at(end, in_turn).await.unwrap_or_else(|_| {
                    Err(ResolveError::NoTimeLeft { name: name.clone(), limit: patience.all })
                });
                (order, name, result)
            });
        }
        let mut found = lookups.join_all().await;
        found.sort_by_key(|(order, _, _)| *order);
        found.into_iter().map(|(_, name, result)| (name, result)).collect()
    }
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
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Mutex, mpsc};

    use super::*;

    /// Two at a time.
    fn patience(all: Duration) -> Patience {
        Patience { each: LIMIT, all, at_once: NonZeroUsize::new(2).unwrap() }
    }

    /// A resolver that answers when the sender is dropped, and how often it was asked.
    fn stuck() -> (Resolver, mpsc::Sender<()>, Arc<AtomicUsize>) {
        let (release, released) = mpsc::channel::<()>();
        let (released, asked) = (Mutex::new(released), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        let resolver = Resolver::new(2, move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            // Whoever holds the lock waits for the sender, and the others for the lock.
            let _ = released.lock().unwrap().recv();
            Ok(vec![IpAddr::from([192, 0, 2, 1])])
        });
        (resolver, release, asked)
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

        let found = resolve_all(names.clone(), patience(LIMIT)).await;

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
    async fn a_lookup_that_nobody_waits_for_keeps_its_place_until_it_ends() {
        let (resolver, release, asked) = stuck();
        let names: Vec<String> = (0..20).map(|number| format!("host-{number}")).collect();

        let short = Patience { each: Duration::from_millis(5), ..patience(LIMIT) };
        let found = resolver.resolve_all(names, short).await;

        let is_late = |result: &Result<_, _>| matches!(result, Err(ResolveError::TimedOut { .. }));
        assert!(found.iter().all(|(_, result)| is_late(result)), "{found:?}");
        assert!(asked.load(Ordering::SeqCst) <= 2, "{asked:?} lookups for 2 places");
        assert_eq!(resolver.places.available_permits(), 0);
        drop(release);
        assert!(resolver.resolve("a.lan", LIMIT).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_left_when_the_time_is_over_was_not_resolved() {
        let (resolver, _release, _) = stuck();
        let names: Vec<String> = (0..1_000).map(|number| format!("host-{number}")).collect();

        let found = resolver.resolve_all(names.clone(), patience(Duration::from_millis(10))).await;

        assert!(found.iter().map(|(name, _)| name).eq(&names));
        let error = found[999].1.as_ref().unwrap_err();
        assert_eq!(
            error.to_string(),
            "host-999 was not looked up: all names together may take 0.01 s"
        );
        assert!(error.is_retryable());
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
