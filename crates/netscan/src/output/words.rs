//! Numbers, times and shares in words.

use std::time::Duration;

use jiff::Timestamp;

/// `1 address`, `1,024 addresses`.
pub(crate) fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// `addresses(1)` is `1 address`.
pub(crate) fn addresses(count: u64) -> String {
    plural(count, "address", "addresses")
}

/// The number with a comma before every third digit from the right.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A length of time in its two largest units: `1 h 5 min`, `12 s`, `0.4 s`.
pub(crate) fn duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", span.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

/// The time from `from` to `to`, or none if it runs backwards.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    to.duration_since(from).try_into().unwrap_or_default()
}

/// A share as whole percent. Only all of it is 100 %.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
pub(crate) fn percent(share: f64) -> String {
    format!("{} %", (share.clamp(0.0, 1.0) * 100.0).floor() as u8)
}

/// A moment to the second, in UTC.
pub(crate) fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(
            [0, 999, 1_000, 65_536, 1_234_567].map(grouped),
            ["0", "999", "1,000", "65,536", "1,234,567"]
        );
        assert_eq!((addresses(1), addresses(2)), ("1 address".into(), "2 addresses".into()));
    }

    #[test]
    fn times_are_told_in_two_units() {
        let told = |seconds| duration(Duration::from_secs(seconds));

        assert_eq!(
            [59, 60, 61, 3_660, 90_000].map(told),
            ["59 s", "1 min", "1 min 1 s", "1 h 1 min", "1 d 1 h"]
        );
        assert_eq!(duration(Duration::from_millis(420)), "0.4 s");
    }

    #[test]
    fn what_is_not_finished_is_not_a_hundred_percent() {
        assert_eq!([0.0, 0.999, 1.0].map(percent), ["0 %", "99 %", "100 %"]);
    }
}
