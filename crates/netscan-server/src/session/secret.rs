//! Secrets that are handed out once: made, written, read back and hashed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Letters and digits; no character that a shell, a URL or a double click would take for another.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The part of a token by which it is found, in characters.
const ID_LENGTH: usize = 12;
/// The part that is secret: 43 of 62 characters are 256 bits.
const SECRET_LENGTH: usize = 43;
/// What every token begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "nso_";

/// 256 random bits as text, for cookies and tickets.
pub(crate) fn random() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// SHA-256 of a secret in hexadecimal. The secrets are random, so that a fast hash is enough.
pub(crate) fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A token as its holder writes it: `nso_ID_SECRET`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct TokenText {
    id: String,
    secret: String,
}

impl TokenText {
    /// A new one.
    pub(crate) fn random() -> Self {
        Self { id: letters(ID_LENGTH), secret: letters(SECRET_LENGTH) }
    }

    /// The token in the value of an `Authorization` header, if it is one.
    pub(crate) fn of_header(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let (scheme, rest) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| Self::parse(rest.trim())).flatten()
    }

    /// The token that `text` is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let is_plain = |part: &str, length| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let is_token = is_plain(id, ID_LENGTH) && is_plain(secret, SECRET_LENGTH);
        is_token.then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What is stored of the secret.
    pub(crate) fn hash(&self) -> String {
        hash(&self.secret)
    }

    /// All of it, to be shown once.
    pub(crate) fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, self.secret)
    }
}

impl std::fmt::Debug for TokenText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "TokenText({}, secret)", self.id)
    }
}

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system has randomness to give");
    bytes
}

/// Random letters, each as likely as any other: bytes beyond the last multiple of 62 are drawn
/// again.
fn letters(length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let drawn = bytes::<64>().into_iter().filter(|byte| *byte < 248);
        let missing = length - text.len();
        text.extend(drawn.take(missing).map(|byte| char::from(ALPHABET[usize::from(byte % 62)])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_from_its_header() {
        let token = TokenText::random();

        let read = TokenText::of_header(format!("bearer {}", token.reveal()).as_bytes());

        assert_eq!(read, Some(token));
    }

    #[test]
    fn what_is_no_token_is_none() {
        let good = TokenText::random().reveal();

        for text in
            ["", "nso_", "nso_a_b", &good[1..], &format!("{good}x"), &good.replace('_', "-")]
        {
            assert_eq!(TokenText::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_does_not_show_its_secret_in_logs() {
        let token = TokenText::random();

        assert!(!format!("{token:?}").contains(&token.secret));
    }
}
