//! Names: one hostname, or the many that `host-[1-20].lan` stands for.
//!
//! A bracket holds a range of numbers. Zeros at the front set a width: `[08-12]` gives `08`, `09`,
//! `10`. Several brackets multiply. Names are ASCII, in lower case and without a dot at the end.

use std::fmt::{self, Write};

use super::TargetError;

/// One name, or a pattern of names that is expanded only on demand.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamePattern {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Piece {
    Text(String),
    /// `[first-last]`, padded with zeros to `width` digits.
    Numbers {
        first: u32,
        last: u32,
        width: usize,
    },
}

impl NamePattern {
    /// The pattern that stands for `name` alone, which must be a canonical name.
    pub(super) fn exactly(name: String) -> Self {
        Self { pieces: vec![Piece::Text(name)] }
    }

    /// How many names it stands for, at least one and at most `u128::MAX`.
    #[must_use]
    pub fn count(&self) -> u128 {
        self.pieces.iter().map(Piece::count).fold(1, u128::saturating_mul)
    }

    /// The name, if it has no brackets.
    #[must_use]
    pub fn as_name(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text(name)] => Some(name),
            _ => None,
        }
    }

    /// Every name, the last bracket counting up fastest. Lazy, so that a large pattern can be
    /// begun.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.count()).map(|number| self.name(number))
    }

    fn name(&self, mut number: u128) -> String {
        let mut texts = vec![];
        for piece in self.pieces.iter().rev() {
            texts.push(piece.text(number % piece.count()));
            number /= piece.count();
        }
        texts.reverse();
        texts.concat()
    }

    /// Reads a name with or without brackets.
    pub(super) fn parse(text: &str) -> Result<Self, TargetError> {
        let mut pieces = vec![];
        let mut rest = text;
        while let Some((before, bracket)) = rest.split_once('[') {
            let (numbers, after) = bracket.split_once(']').ok_or(TargetError::MalformedBracket)?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_ascii_lowercase()));
            }
            pieces.push(Piece::numbers(numbers)?);
            rest = after;
        }
        if rest.contains(']') {
            return Err(TargetError::MalformedBracket);
        }
        let rest = rest.strip_suffix('.').unwrap_or(rest);
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(rest.to_ascii_lowercase()));
        }

        // All names of a pattern differ in digits only, and none is longer than the last.
        let longest: String = pieces.iter().map(|piece| piece.text(piece.count() - 1)).collect();
        check(&longest)?;
        Ok(Self { pieces })
    }
}

impl Piece {
    fn numbers(text: &str) -> Result<Self, TargetError> {
        let (first, last) = text.split_once('-').ok_or(TargetError::MalformedBracket)?;
        let number = |digits: &str| {
            let is_short = (1..=9).contains(&digits.len());
            let is_number = is_short && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().ok()).flatten().ok_or(TargetError::MalformedBracket)
        };
        let is_padded = |digits: &str| digits.len() > 1 && digits.starts_with('0');
        let width = if is_padded(first) { first.len() } else { 1 };
        let (lowest, highest) = (number(first)?, number(last)?);
        if last.len() < width || (is_padded(last) && last.len() != width) {
            return Err(TargetError::MalformedBracket);
        }
        if lowest > highest {
            return Err(TargetError::Reversed);
        }
        Ok(Piece::Numbers { first: lowest, last: highest, width })
    }

    fn count(&self) -> u128 {
        match self {
            Piece::Text(_) => 1,
            Piece::Numbers { first, last, .. } => u128::from(last - first) + 1,
        }
    }

    fn text(&self, number: u128) -> String {
        match self {
            Piece::Text(text) => text.clone(),
            Piece::Numbers { first, width, .. } => {
                format!("{:0width$}", u128::from(*first) + number)
            }
        }
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => out.write_str(text),
            Piece::Numbers { first, last, width } => {
                out.write_char('[')?;
                write!(out, "{first:0width$}-{last:0width$}")?;
                out.write_char(']')
            }
        })
    }
}

/// One name in canonical form: lower case, no dot at the end.
pub(super) fn name(text: &str) -> Result<String, TargetError> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    check(&name)?;
    Ok(name)
}

/// Whether `name` could be resolved by no one as anything but a name.
fn check(name: &str) -> Result<(), TargetError> {
    if name.len() > 253 {
        return Err(TargetError::NameTooLong);
    }
    name.split('.').try_for_each(check_label)?;

    // An address, if one of its many spellings, ends with a number (WHATWG URL, "ends in a
    // number"). A name that does not is an address to no one.
    let last = name.rsplit('.').next().unwrap_or(name);
    if is_hexadecimal(name) {
        return Err(TargetError::Hexadecimal);
    }
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit()) || is_hexadecimal(last);
    if is_number { Err(TargetError::NumericName) } else { Ok(()) }
}

fn check_label(label: &str) -> Result<(), TargetError> {
    let is_illegal = |c: &char| !c.is_ascii_alphanumeric() && *c != '-' && *c != '_';
    if let Some(character) = label.chars().find(is_illegal) {
        return Err(TargetError::IllegalCharacter { character });
    }
    match label.len() {
        0 => Err(TargetError::EmptyLabel),
        64.. => Err(TargetError::LabelTooLong),
        _ if label.starts_with('-') || label.ends_with('-') => Err(TargetError::HyphenAtEdge),
        _ => Ok(()),
    }
}

fn is_hexadecimal(text: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_hexdigit();
    text.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(is_digit))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        NamePattern::parse(text).unwrap().names().collect()
    }

    #[test]
    fn brackets_multiply_and_the_last_counts_fastest() {
        assert_eq!(
            names("[1-2]-h[08-10].LAN."),
            ["1-h08.lan", "1-h09.lan", "1-h10.lan", "2-h08.lan", "2-h09.lan", "2-h10.lan"]
        );
    }

    #[test]
    fn a_width_is_kept_until_the_numbers_outgrow_it() {
        assert_eq!(names("h[098-100]"), ["h098", "h099", "h100"]);
        assert_eq!(names("h[9-11]"), ["h9", "h10", "h11"]);
        assert_eq!(names("h[099-101]"), ["h099", "h100", "h101"]);
        assert_eq!(names("h[0-1]"), ["h0", "h1"]);
    }

    #[test]
    fn a_large_pattern_is_counted_and_begun_without_expanding() {
        let pattern = NamePattern::parse("[0-999999999][0-999999999][0-999999999].lan").unwrap();

        assert_eq!(pattern.count(), 10_u128.pow(27));
        assert_eq!(pattern.names().nth(1).unwrap(), "001.lan");
    }

    #[test]
    fn every_name_of_a_pattern_is_within_the_limits() {
        let label = "a".repeat(62);

        assert!(NamePattern::parse(&format!("{label}[1-9]")).is_ok());
        assert_eq!(NamePattern::parse(&format!("{label}[1-10]")), Err(TargetError::LabelTooLong));
        assert_eq!(NamePattern::parse("host.[1-3]"), Err(TargetError::NumericName));
    }

    proptest! {
        #[test]
        fn a_pattern_reads_as_it_writes(text in "[a-z_]{1,3}(\\[0{0,2}[1-4]-[5-9]{3}\\]){0,2}(\\.[A-Z1-9]{0,2}[a-z])?") {
            let pattern = NamePattern::parse(&text).unwrap();

            prop_assert_eq!(NamePattern::parse(&pattern.to_string()).unwrap(), pattern.clone());
            prop_assert!(pattern.names().take(9).all(|text| name(&text).as_ref() == Ok(&text)));
        }
    }
}
