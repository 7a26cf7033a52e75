//! Values that more than one command takes, and how they are read.

use std::num::{NonZeroU32, NonZeroU64};
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use netscan_model::search::{Query, QueryError};

/// The names of one of the model's enumerations, as a value that clap can list and complete.
pub(super) fn one_of<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names)
        .map(|name| name.parse().ok().expect("clap lets only the names through"))
}

/// A whole number from 1.
pub(super) fn count(text: &str) -> Result<NonZeroU32, String> {
    text.parse().map_err(|_| "write a whole number from 1".to_owned())
}

/// Packets per second, or `none` for no limit.
pub(super) fn rate(text: &str) -> Result<Rate, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Rate(None));
    }
    let rate = text.parse().map_err(|_| "write a whole number from 1, or none".to_owned())?;
    Ok(Rate(Some(rate)))
}

/// A moment: a date, a date and a time (both in UTC), or a time as RFC 3339 has it.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let of_utc = |time: DateTime| time.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp());
    let read = text.parse::<Timestamp>().or_else(|_| text.parse::<DateTime>().and_then(of_utc));
    read.map_err(|_| "write a date or a time, as in 2026-03-01 or 2026-03-01T22:00:00Z".to_owned())
}

/// A query of the search language; what is wrong with one is shown with its place.
pub(super) fn query(text: &str) -> Result<Query, String> {
    text.parse().map_err(|wrong: QueryError| wrong.drawn())
}

/// A query as [`query`] reads it, or `@` and the name of a saved search.
pub(super) fn looked(text: &str) -> Result<String, String> {
    if text.strip_prefix('@').is_some_and(|name| !name.is_empty()) {
        return Ok(text.to_owned());
    }
    query(text).map(|_| text.to_owned())
}

/// A length of time, or `none` for no limit.
pub(super) fn longest(text: &str) -> Result<Longest, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Longest(None));
    }
    text.parse().map(|span| Longest(Some(span)))
}

/// A whole number from 1, or `none` for no limit.
pub(super) fn most(text: &str) -> Result<Most, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Most(None));
    }
    let most = text.parse().map_err(|_| "write a whole number from 1, or none".to_owned())?;
    Ok(Most(Some(most)))
}

/// A limit of time, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Longest(pub(crate) Option<Span>);

impl Longest {
    pub(crate) fn milliseconds(self) -> Option<NonZeroU64> {
        self.0.map(Span::milliseconds)
    }
}

/// A limit of a count, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Most(pub(crate) Option<NonZeroU64>);

/// A limit of packets per second, or none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate(pub(crate) Option<NonZeroU32>);

/// A length of time, written as nmap does: a whole number and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(NonZeroU64);

impl Span {
    /// The span of `duration`, if it is a whole millisecond at least.
    pub(crate) const fn from_secs(seconds: NonZeroU32) -> Self {
        // A product of two numbers above zero that cannot overflow 64 bits.
        match NonZeroU64::new(seconds.get() as u64 * 1_000) {
            Some(milliseconds) => Self(milliseconds),
            None => Self(NonZeroU64::MIN),
        }
    }

    pub(crate) fn milliseconds(self) -> NonZeroU64 {
        self.0
    }

    pub(crate) fn duration(self) -> Duration {
        Duration::from_millis(self.0.get())
    }
}

/// The longest span: nmap knows none beyond 500 hours.
const MOST_MILLISECONDS: u64 = 500 * 3_600_000;

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let unit = match unit {
            "ms" => Some(1),
            "s" => Some(1_000),
            "m" => Some(60_000),
            "h" => Some(3_600_000),
            _ => None,
        };
        let product =
            number.parse::<u64>().ok().zip(unit).and_then(|(n, unit)| n.checked_mul(unit));
        product
            .filter(|milliseconds| *milliseconds <= MOST_MILLISECONDS)
            .and_then(NonZeroU64::new)
            .map(Self)
            .ok_or_else(|| {
                "write a whole number from 1 and a unit, as in 1500ms, 30s, 5m or 2h (500h at most)"
                    .to_owned()
            })
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = self.0.get();
        let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
        let unit = units.into_iter().find(|(length, _)| milliseconds.is_multiple_of(*length));
        let (length, name) = unit.unwrap_or((1, "ms"));
        write!(out, "{}{name}", milliseconds / length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        for (text, milliseconds) in
            [("1500ms", 1_500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000)]
        {
            assert_eq!(
                text.parse::<Span>().map(|span| span.milliseconds().get()),
                Ok(milliseconds)
            );
        }
        for text in ["", "90", "0s", "s", "-5s", "1.5h", "5 m", "501h", "99999999999999999999s"] {
            assert!(text.parse::<Span>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_moment_is_a_date_or_a_time_in_utc_unless_it_says_otherwise() {
        for (text, moment_in_utc) in [
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            ("2026-03-01T22:00", "2026-03-01T22:00:00Z"),
            ("2026-03-01 22:00:00", "2026-03-01T22:00:00Z"),
            ("2026-03-01T22:00:00+02:00", "2026-03-01T20:00:00Z"),
        ] {
            assert_eq!(moment(text).unwrap().to_string(), moment_in_utc, "{text}");
        }
        for text in ["", "tomorrow", "2026-02-30", "22:00"] {
            assert!(moment(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_span_is_written_in_its_largest_unit() {
        for text in ["1500ms", "90s", "5m", "2h"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        assert_eq!("120s".parse::<Span>().unwrap().to_string(), "2m");
    }
}
