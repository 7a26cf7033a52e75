//! How often somebody may try to sign in.
//!
//! Each address has 20 attempts a minute. Each name has five at each address; after that comes a
//! pause, twice as long each time, of a quarter of an hour at most. Nobody is ever locked out: who
//! waits may try again, and what somebody tries elsewhere does not count here.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Attempts that an address may make at once.
const BURST: u32 = 20;
/// How long it takes until it may make one more.
const REFILL: Duration = Duration::from_secs(3);
/// Attempts at one name from one address before there are pauses.
const FREE: u32 = 5;
/// The longest pause. What is not tried for as long is forgotten.
const LONGEST_PAUSE: Duration = Duration::from_mins(15);
/// How many names, and how many addresses, are remembered at most.
const MOST: usize = 10_000;

/// Counts who tries to sign in, where and how often.
#[derive(Default)]
pub(crate) struct SignInGuard {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// When each address will have all its attempts again.
    addresses: HashMap<String, Instant>,
    names: HashMap<(String, String), Failures>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    not_before: Instant,
}

impl SignInGuard {
    /// Lets an attempt at `name` from `remote` pass, or says how long to wait. It counts as failed
    /// until it is said that it succeeded, so that many at a time win nothing.
    pub(crate) fn admit(&self, name: &str, remote: &str, now: Instant) -> Result<(), Duration> {
        let address = network(remote);
        let mut seen = self.seen();
        let key = (name.to_lowercase(), address.clone());
        let failures = seen.names.get(&key).filter(|failures| !failures.is_forgotten(now)).copied();
        let failures = failures.unwrap_or(Failures { count: 0, not_before: now });
        if failures.not_before > now {
            return Err(failures.not_before - now);
        }
        seen.take_attempt(address, now)?;
        make_room(&mut seen.names, &key, |failures| failures.not_before, now);
        seen.names.insert(key, failures.and_one_more(now));
        Ok(())
    }

    /// Lets an attempt from `remote` pass that names nobody, or says how long to wait.
    pub(crate) fn admit_nameless(&self, remote: &str, now: Instant) -> Result<(), Duration> {
        self.seen().take_attempt(network(remote), now)
    }

    /// Forgets the attempts at `name` from `remote`: the last one succeeded.
    pub(crate) fn note_success(&self, name: &str, remote: &str) {
        self.seen().names.remove(&(name.to_lowercase(), network(remote)));
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A panic can leave nothing half done in there.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn take_attempt(&mut self, address: String, now: Instant) -> Result<(), Duration> {
        let full_at = self.addresses.get(&address).copied().unwrap_or(now).max(now) + REFILL;
        let allowed = now + REFILL * BURST;
        if full_at > allowed {
            return Err(full_at - allowed);
        }
        make_room(&mut self.addresses, &address, |full_at| *full_at, now);
        self.addresses.insert(address, full_at);
        Ok(())
    }
}

impl Failures {
    fn and_one_more(self, now: Instant) -> Self {
        let count = self.count.saturating_add(1);
        let pause = match count.checked_sub(FREE) {
            None => Duration::ZERO,
            Some(beyond) => Duration::from_secs(2 << beyond.min(10)).min(LONGEST_PAUSE),
        };
        Self { count, not_before: now + pause }
    }

    fn is_forgotten(self, now: Instant) -> bool {
        now.saturating_duration_since(self.not_before) >= LONGEST_PAUSE
    }
}

/// Makes room for `key`: first what has no effect any more goes, then what has it for the least
/// time.
fn make_room<K: Clone + Eq + Hash, V>(
    map: &mut HashMap<K, V>,
    key: &K,
    effective_until: impl Fn(&V) -> Instant,
    now: Instant,
) {
    if map.len() < MOST || map.contains_key(key) {
        return;
    }
    map.retain(|_, value| effective_until(value) + LONGEST_PAUSE > now);
    if map.len() < MOST {
        return;
    }
    // A tenth at a time, so that a flood does not look at all of them for each that comes.
    let mut ends = map.iter().map(|(key, value)| (effective_until(value), key)).collect::<Vec<_>>();
    ends.select_nth_unstable_by_key(MOST / 10, |(end, _)| *end);
    let earliest = ends[..MOST / 10].iter().map(|(_, key)| (*key).clone()).collect::<Vec<_>>();
    for key in earliest {
        map.remove(&key);
    }
}

/// What one person has of addresses: one of IPv4, a /64 of IPv6.
fn network(remote: &str) -> String {
    match remote.parse() {
        Ok(IpAddr::V6(address)) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).to_string()
        }
        _ => remote.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn after_five_failures_each_takes_a_pause_twice_as_long() {
        let (guard, mut now) = (SignInGuard::default(), Instant::now());
        let mut pauses = Vec::new();

        for _ in 0..16 {
            let pause = guard.admit("mara", HERE, now).err().unwrap_or_default();
            if !pause.is_zero() {
                now += pause;
                guard.admit("Mara", HERE, now).unwrap();
            }
            pauses.push(pause.as_secs());
        }

        assert_eq!(pauses, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
    }

    #[test]
    fn what_is_tried_from_elsewhere_or_on_another_name_does_not_count() {
        let (guard, now) = (SignInGuard::default(), Instant::now());
        for _ in 0..FREE {
            guard.admit("mara", HERE, now).unwrap();
        }

        assert_eq!(guard.admit("mara", HERE, now), Err(seconds(2)));
        assert_eq!(guard.admit("ben", HERE, now), Ok(()));
        assert_eq!(guard.admit("mara", "192.0.2.2", now), Ok(()));
    }

    #[test]
    fn who_succeeds_begins_anew() {
        let (guard, now) = (SignInGuard::default(), Instant::now());
        for _ in 0..FREE {
            guard.admit("mara", HERE, now).unwrap();
        }

        guard.note_success("mara", HERE);

        assert_eq!(guard.admit("mara", HERE, now), Ok(()));
    }

    #[test]
    fn failures_are_forgotten_after_a_quarter_of_an_hour() {
        let (guard, now) = (SignInGuard::default(), Instant::now());
        for _ in 0..FREE {
            guard.admit("mara", HERE, now).unwrap();
        }
        let later = now + seconds(2) + LONGEST_PAUSE;

        for _ in 0..FREE {
            assert_eq!(guard.admit("mara", HERE, later), Ok(()));
        }
        assert_eq!(guard.admit("mara", HERE, later), Err(seconds(2)));
    }

    #[test]
    fn an_address_has_twenty_attempts_a_minute_whatever_the_names() {
        let (guard, now) = (SignInGuard::default(), Instant::now());
        for number in 0..BURST {
            guard.admit(&format!("user{number}"), "2001:db8::1", now).unwrap();
        }

        assert_eq!(guard.admit("mara", "2001:db8::2", now), Err(REFILL));
        assert_eq!(guard.admit("mara", "2001:db8:0:1::1", now), Ok(()));
        assert_eq!(guard.admit("mara", "2001:db8::2", now + REFILL), Ok(()));
    }

    #[test]
    fn a_flood_takes_no_more_memory_than_it_may() {
        let (guard, now) = (SignInGuard::default(), Instant::now());

        for number in 0..=2 * MOST {
            let remote = Ipv4Addr::from_bits(u32::try_from(number).unwrap()).to_string();
            guard.admit("mara", &remote, now).unwrap();
        }

        let seen = guard.seen();
        assert!(seen.names.len() <= MOST, "{}", seen.names.len());
        assert!(seen.addresses.len() <= MOST, "{}", seen.addresses.len());
    }

    use std::net::Ipv4Addr;
}
