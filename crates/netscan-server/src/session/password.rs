//! Passwords: which ones are taken, how they are kept, and how one is held against what is kept.
//!
//! They are kept as argon2id in PHC format, with the parameters that OWASP asks for at least. One
//! hashing takes 19 MiB and tens of milliseconds on purpose, so that only two go on at a time and
//! only so many wait: a flood of sign-ins is refused and does not take the machine.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Argon2, Params};
use axum::http::StatusCode;
use tokio::sync::Semaphore;

use crate::refusal::Refusal;
use crate::session::secret;

/// The fewest bytes of a password.
const SHORTEST: usize = 12;
/// The most bytes of a password.
const LONGEST: usize = 1_024;
/// A password that is this or fewer characters over and over is no password.
const SHORTEST_PERIOD: usize = 4;
/// Passwords that everybody tries first, of those that are long enough; one a line, lower case.
const TRIED_FIRST: &str = include_str!("password/tried_first.txt");

/// How many are hashed at a time.
const TURNS: usize = 2;
/// How many may wait for their turn.
const WAITING: usize = 50;

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// It is found by trying.
    #[error("a password has {SHORTEST} characters at least; a few words in a row are good")]
    Short,
    /// It is longer than what is hashed.
    #[error("a password has {LONGEST} bytes at most")]
    Long,
    /// It is one that everybody tries first.
    #[error("this password is among those that are tried first; take another")]
    TriedFirst,
    /// It is the user's name.
    #[error("a password is not the user's name with something around it; take another")]
    Name,
}

/// Whether the user called `name` may have this password.
///
/// # Errors
///
/// [`WeakPassword`], which says what is wrong with it.
pub fn check_password(name: &str, password: &str) -> Result<(), WeakPassword> {
    if password.chars().count() < SHORTEST {
        return Err(WeakPassword::Short);
    }
    if password.len() > LONGEST {
        return Err(WeakPassword::Long);
    }
    let password = password.to_lowercase();
    if TRIED_FIRST.lines().any(|tried| tried == password) || is_repetition(&password) {
        return Err(WeakPassword::TriedFirst);
    }
    let inner = password.trim_matches(|character: char| !character.is_alphabetic());
    let name = name.to_lowercase();
    if password.trim() == name || (!inner.is_empty() && inner == name) {
        return Err(WeakPassword::Name);
    }
    Ok(())
}

/// Whether a text is a few characters over and over, or goes up or down by one each time.
fn is_repetition(text: &str) -> bool {
    let points = text.chars().map(|character| i64::from(u32::from(character))).collect::<Vec<_>>();
    let repeats =
        |period: usize| points.iter().zip(&points[period..]).all(|(one, other)| one == other);
    let steps = |step: i64| points.windows(2).all(|pair| pair[1] - pair[0] == step);
    (1..=SHORTEST_PERIOD).any(repeats) || steps(1) || steps(-1)
}

/// What is kept of a password, in PHC format. Takes tens of milliseconds, so that a server does not
/// call it where it answers.
#[must_use]
pub fn hash_password(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.expect("a salt of the right length and standard parameters are hashed").to_string()
}

/// What became of a password that was held against what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is another one.
    Wrong,
    /// It is the one.
    Right,
    /// It is the one, and this shall be kept of it from now on: more is asked of a hash than when it
    /// was made.
    Outdated(String),
}

/// Those who wait for a password to be hashed.
#[derive(Debug)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(TURNS + WAITING)),
            turns: Arc::new(Semaphore::new(TURNS)),
        }
    }
}

impl Passwords {
    /// What is kept of `password`.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Refusal> {
        self.in_turn(move || hash_password(&password)).await
    }

    /// Holds `password` against what is kept of one. With nothing kept it is wrong, and takes as
    /// long to say so.
    pub(crate) async fn check(
        &self,
        password: String,
        kept: Option<String>,
    ) -> Result<Verdict, Refusal> {
        self.in_turn(move || verdict(&password, kept.as_deref())).await
    }

    /// Carries out `work` when it is its turn, where it keeps nobody from answering.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| crowded())?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| crowded())?;
        // The permits go along: whoever asked may be gone before the work is done.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, turn);
            work()
        });
        done.await.map_err(|error| Refusal::fault(&error))
    }
}

fn crowded() -> Refusal {
    let detail = "too many people sign in at this moment; try again in a few seconds";
    Refusal::later(StatusCode::SERVICE_UNAVAILABLE, detail, Duration::from_secs(3))
}

fn verdict(password: &str, kept: Option<&str>) -> Verdict {
    /// What is hashed when there is nothing to hold a password against.
    static NOBODY: LazyLock<String> = LazyLock::new(|| hash_password(&secret::random()));
    let Ok(hash) = PasswordHash::new(kept.unwrap_or(&NOBODY)) else { return Verdict::Wrong };
    let is_right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    match is_right && kept.is_some() {
        false => Verdict::Wrong,
        true if is_outdated(&hash) => Verdict::Outdated(hash_password(password)),
        true => Verdict::Right,
    }
}

/// Whether less was asked of a hash than is now.
fn is_outdated(hash: &PasswordHash) -> bool {
    let Ok(params) = Params::try_from(hash) else { return true };
    hash.algorithm.as_str() != "argon2id"
        || params.m_cost() < Params::DEFAULT_M_COST
        || params.t_cost() < Params::DEFAULT_T_COST
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Version};

    use super::*;

    const GOOD: &str = "correct horse battery";

    #[test]
    fn a_password_is_kept_as_strongly_as_owasp_asks_for() {
        let kept = hash_password(GOOD);

        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_eq!(verdict(GOOD, Some(&kept)), Verdict::Right);
        assert_eq!(verdict("correct horse batterz", Some(&kept)), Verdict::Wrong);
    }

    #[test]
    fn nobody_has_no_password() {
        assert_eq!(verdict(GOOD, None), Verdict::Wrong);
        assert_eq!(verdict(GOOD, Some("")), Verdict::Wrong);
    }

    #[test]
    fn a_hash_that_was_made_weaker_is_made_anew() {
        let params = Params::new(8_192, 1, 1, None).unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let kept = weak.hash_password(GOOD.as_bytes()).unwrap().to_string();

        let Verdict::Outdated(anew) = verdict(GOOD, Some(&kept)) else { panic!("not outdated") };

        assert_eq!(verdict(GOOD, Some(&anew)), Verdict::Right);
        assert_eq!(verdict("another password", Some(&kept)), Verdict::Wrong);
    }

    #[test]
    fn a_password_that_is_tried_first_is_refused() {
        use WeakPassword::{Long, Name, Short, TriedFirst};
        let refused = [
            ("elevenchars", Short),
            (&"x".repeat(1_025), Long),
            ("Password1234", TriedFirst),
            ("aaaaaaaaaaaaaaaa", TriedFirst),
            ("abcabcabcabcab", TriedFirst),
            ("abcdefghijklmnop", TriedFirst),
            ("mara.kowalska", Name),
            ("!!Mara.Kowalska2026", Name),
        ];

        for (password, why) in refused {
            assert_eq!(check_password("mara.kowalska", password), Err(why), "{password}");
        }
        assert_eq!(check_password("mara.kowalska", GOOD), Ok(()));
        assert_eq!(check_password("mara", "mara has a little lamb"), Ok(()));
    }

    #[tokio::test]
    async fn a_flood_is_refused_and_those_who_wait_have_their_turn() {
        let passwords = Arc::new(Passwords::default());
        let turns = Arc::clone(&passwords.turns).acquire_many_owned(2).await.unwrap();
        let waiting = (0..TURNS + WAITING).map(|_| {
            let passwords = Arc::clone(&passwords);
            tokio::spawn(async move { passwords.in_turn(|| ()).await })
        });
        let waiting = waiting.collect::<Vec<_>>();
        while passwords.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }

        let refusal = passwords.in_turn(|| ()).await.unwrap_err();
        drop(turns);

        assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
        for one in waiting {
            assert!(one.await.unwrap().is_ok());
        }
    }
}
