//! The second factor: six digits that change every half minute (RFC 6238).

use jiff::Timestamp;
use subtle::ConstantTimeEq;
use totp_rs::{Algorithm, Secret, TOTP};

use crate::session::secret;

/// How long a code holds, in seconds.
const STEP: u64 = 30;
/// How many steps the clocks may be apart.
const SKEW: u64 = 1;
const DIGITS: usize = 6;

/// A new secret in base 32, of 160 bits as the RFC recommends.
pub(crate) fn new_secret() -> String {
    Secret::Raw(secret::bytes::<20>().to_vec()).to_encoded().to_string()
}

/// What an authenticator reads from a QR code. The names of users hold no character that means
/// something in it but `+` and `@`.
pub(crate) fn uri(secret: &str, user: &str) -> String {
    let user = user.replace('+', "%2B").replace('@', "%40");
    format!("otpauth://totp/NetScan:{user}?secret={secret}&issuer=NetScan")
}

/// The time step, about `now`, whose code is `code`.
pub(crate) fn step_of(secret: &str, code: &str, now: Timestamp) -> Option<u64> {
    let authenticator = authenticator(secret)?;
    let current = u64::try_from(now.as_second()).ok()? / STEP;
    let is_code_of = |step: &u64| {
        let right = authenticator.generate(step * STEP);
        bool::from(right.as_bytes().ct_eq(code.as_bytes()))
    };
    (current.saturating_sub(SKEW)..=current + SKEW).find(is_code_of)
}

fn authenticator(secret: &str) -> Option<TOTP> {
    let secret = Secret::Encoded(secret.to_owned()).to_bytes().ok()?;
    TOTP::new(Algorithm::SHA1, DIGITS, 0, STEP, secret).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the RFC's test vectors: `12345678901234567890`.
    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        assert_eq!(step_of(SECRET, "287082", at(59)), Some(1));
        assert_eq!(step_of(SECRET, "081804", at(1_111_111_109)), Some(37_037_036));
    }

    #[test]
    fn a_code_holds_for_a_step_to_both_sides_and_no_longer() {
        assert_eq!(step_of(SECRET, "287082", at(0)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(89)), Some(1));
        assert_eq!(step_of(SECRET, "287082", at(90)), None);
        assert_eq!(step_of(SECRET, "287083", at(59)), None);
    }

    #[test]
    fn a_new_secret_is_one_that_authenticators_take() {
        let secret = new_secret();

        assert_eq!(secret.len(), 32);
        assert!(authenticator(&secret).is_some());
        assert_eq!(
            uri(&secret, "mara+x@example.com"),
            format!("otpauth://totp/NetScan:mara%2Bx%40example.com?secret={secret}&issuer=NetScan")
        );
    }
}
