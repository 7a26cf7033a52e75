//! A length of time as nmap writes it: a whole number and a unit.

use std::fmt;
use std::time::Duration;

/// A length of time: 1 to 999,999 milliseconds, seconds, minutes or hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan {
    milliseconds: u64,
}

/// The units, longest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
const MOST: u64 = 999_999;

impl TimeSpan {
    /// Reads `30m`, `1500ms`. The unit is needed: bare numbers changed their meaning in nmap once.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let milliseconds = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, length)| *length);
        match (number.parse::<u64>(), milliseconds) {
            (Ok(number @ 1..=MOST), Some(length)) if !text.starts_with('0') => {
                Ok(Self { milliseconds: number * length })
            }
            _ => Err("write a whole number from 1 and a unit, as in 500ms, 30s, 5m or 2h".into()),
        }
    }

    /// The shortest span that nmap can be told and that is not shorter than `duration`.
    #[must_use]
    pub fn at_least(duration: Duration) -> Self {
        let wanted =
            u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX).max(1);
        let rounded = |length: u64| wanted.div_ceil(length).min(MOST) * length;
        let fits = UNITS.iter().rev().find(|(_, length)| wanted.div_ceil(*length) <= MOST);
        Self { milliseconds: rounded(fits.map_or(UNITS[0].1, |(_, length)| *length)) }
    }

    /// The same time for Rust.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }

    /// A span for tables of limits.
    pub(super) const fn of_milliseconds(milliseconds: u64) -> Self {
        Self { milliseconds }
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divides = |(_, length): &&(&str, u64)| self.milliseconds.is_multiple_of(*length);
        let (unit, length) = UNITS.iter().find(divides).unwrap_or(&UNITS[3]);
        write!(out, "{}{unit}", self.milliseconds / length)
    }
}
