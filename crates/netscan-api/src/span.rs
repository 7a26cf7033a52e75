//! A length of time, as people write it: seconds as a number, or a number with a unit.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The longest span: nmap knows none beyond 500 hours.
const MOST_MILLISECONDS: u64 = 500 * 3_600_000;

/// A length of time of 1 ms to 500 h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(NonZeroU64);

/// A text or number that is no span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "write seconds as a whole number, or a whole number and a unit, as in 1500ms, 30s, 5m or 2h \
     (500h at most)"
)]
pub struct InvalidSpan;

impl Span {
    /// The span of so many milliseconds, unless there are none or too many.
    ///
    /// # Errors
    ///
    /// [`InvalidSpan`], which says what is possible.
    pub fn from_millis(milliseconds: u64) -> Result<Self, InvalidSpan> {
        NonZeroU64::new(milliseconds)
            .filter(|milliseconds| milliseconds.get() <= MOST_MILLISECONDS)
            .map(Self)
            .ok_or(InvalidSpan)
    }

    /// The span of so many seconds, unless there are none or too many.
    ///
    /// # Errors
    ///
    /// [`InvalidSpan`], which says what is possible.
    pub fn from_secs(seconds: u64) -> Result<Self, InvalidSpan> {
        seconds.checked_mul(1_000).ok_or(InvalidSpan).and_then(Self::from_millis)
    }

    /// In milliseconds.
    #[must_use]
    pub fn milliseconds(self) -> NonZeroU64 {
        self.0
    }

    /// As the standard library has it.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_millis(self.0.get())
    }
}

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err(InvalidSpan),
        };
        let number = number.parse::<u64>().map_err(|_| InvalidSpan)?;
        number.checked_mul(unit).ok_or(InvalidSpan).and_then(Self::from_millis)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.get();
        let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        let unit = units.into_iter().find(|(length, _)| milliseconds.is_multiple_of(*length));
        let (length, name) = unit.unwrap_or((1, "ms"));
        write!(out, "{}{name}", milliseconds / length)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl Visitor<'_> for Written {
            type Value = Span;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("seconds, or a text such as 5m")
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
                Span::from_secs(seconds).map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Span, E> {
                u64::try_from(seconds)
                    .map_err(|_| E::custom(InvalidSpan))
                    .and_then(|seconds| self.visit_u64(seconds))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Written)
    }
}

impl PartialSchema for Span {
    fn schema() -> RefOr<Schema> {
        let seconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(1_800_000))
            .description(Some("Seconds."))
            .examples([300]);
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(
                "^[1-9][0-9]{0,4}(ms|s)$|^[1-9][0-9]{0,3}m$|^[1-9][0-9]?h$|^[1-4][0-9]{2}h$|^500h$",
            ))
            .description(Some("A whole number with the unit ms, s, m or h; 500h at most."))
            .examples(["5m"]);
        OneOfBuilder::new()
            .item(seconds)
            .item(text)
            .description(Some("A length of time: seconds as a number, or a number with a unit."))
            .into()
    }
}

impl ToSchema for Span {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_seconds_and_a_text_has_its_unit() {
        let read = |json: &str| serde_json::from_str::<Span>(json).unwrap().to_string();

        assert_eq!(read("90"), "90s");
        assert_eq!(read("\"120s\""), "2m");
        assert_eq!(read("\"1500ms\""), "1500ms");
        assert_eq!(read("1800000"), "500h");
    }

    #[test]
    fn what_is_no_span_is_told_how_to_write_one() {
        for json in [
            "0",
            "-1",
            "1800001",
            "\"5\"",
            "\"501h\"",
            "\"0s\"",
            "1.5",
            "true",
            "\"99999999999999999999s\"",
        ] {
            assert!(serde_json::from_str::<Span>(json).is_err(), "{json}");
        }
        let refusal = serde_json::from_str::<Span>("\"soon\"").unwrap_err().to_string();
        assert!(refusal.starts_with("write seconds as a whole number"), "{refusal}");
    }

    #[test]
    fn what_the_document_shows_can_be_read() {
        for text in ["99999ms", "99999s", "9999m", "99h", "499h", "500h"] {
            assert!(text.parse::<Span>().is_ok(), "{text}");
        }
    }
}
