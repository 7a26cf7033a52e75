//! Reads the values behind the fields, and tells which text needs no quotes.

use std::ops::Range;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::error::{QueryError, Reason};
use super::expression::{Comparison, How, NumberTest, TextTest, TimeTest};
use super::field::{Field, NumberField, TextField};
use super::pattern::Pattern;
use crate::address::{AddressRange, AddressSet};
use crate::observation::UnknownName;
use crate::target::{InvalidTarget, Target, TargetError};

/// The most ranges that one octet pattern may fall apart into.
const MOST_RANGES: u64 = 1_000;
/// The longest age, in seconds: a century.
const LONGEST_AGE: u64 = 36_525 * 86_400;

/// One value of a list, as it was written.
pub(super) struct Item {
    /// Where it stands.
    pub(super) at: Range<usize>,
    /// What it says, without its quotes.
    pub(super) text: String,
    /// The same, cut where it has a star that stands for anything.
    pub(super) pieces: Vec<String>,
}

impl Item {
    fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }
}

/// What stands between a field and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Is,
    Contains,
    Compare(Comparison),
    /// `=`, which many languages have and this one has not.
    Equals,
}

/// What is behind a field: where it is in the query, the operator, and the values.
pub(super) struct Question<'a> {
    pub(super) query: &'a str,
    /// Where the operator stands.
    pub(super) at: Range<usize>,
    pub(super) operator: Operator,
    /// One at least.
    pub(super) items: Vec<Item>,
}

impl Question<'_> {
    fn fail<T>(&self, at: &Range<usize>, reason: Reason) -> Result<T, QueryError> {
        Err(QueryError::new(self.query, at.clone(), reason))
    }

    fn wrong_operator<T>(&self, field: Field) -> Result<T, QueryError> {
        let operator = self.query[self.at.clone()].to_owned();
        self.fail(&self.at, Reason::WrongOperator { field, operator })
    }

    fn only(&self) -> Result<&Item, QueryError> {
        match self.items.as_slice() {
            [only] => Ok(only),
            items => self.fail(&items[1].at, Reason::SeveralValues),
        }
    }

    fn is_anything(&self) -> bool {
        self.operator == Operator::Is && self.items.iter().any(Item::is_anything)
    }

    /// What the text of `field` has to be like.
    pub(super) fn text(&self, field: Field) -> Result<TextTest, QueryError> {
        let how = match self.operator {
            Operator::Is => How::Whole,
            Operator::Contains => How::Part,
            Operator::Compare(_) | Operator::Equals => return self.wrong_operator(field),
        };
        let any_of = self.items.iter().map(|item| Pattern::of(&item.pieces)).collect();
        Ok(TextTest { how, any_of })
    }

    /// What a CVE id has to be like.
    pub(super) fn cve(&self) -> Result<TextTest, QueryError> {
        let test = self.text(TextField::Cve.field())?;
        let has_beginning = |pattern: &Pattern| {
            let first = &pattern.pieces()[0];
            first.starts_with("cve-")
                || (pattern.pieces().len() > 1 && "cve-".starts_with(first.as_str()))
        };
        let wrong = test.any_of.iter().position(|pattern| !has_beginning(pattern));
        match wrong.filter(|_| test.how == How::Whole) {
            None => Ok(test),
            Some(place) => {
                let Item { at, text, .. } = &self.items[place];
                self.fail(at, Reason::NotACve { found: text.clone() })
            }
        }
    }

    /// What a number has to be like.
    pub(super) fn number(&self, field: NumberField) -> Result<NumberTest, QueryError> {
        match self.operator {
            Operator::Compare(comparison) => {
                let item = self.only()?;
                let number = self.whole_number(item, &item.text, field)?;
                Ok(NumberTest::Compare(comparison, number))
            }
            Operator::Is if self.is_anything() => Ok(NumberTest::Any),
            Operator::Is => {
                let ranges = self.items.iter().map(|item| self.range(item, field));
                Ok(NumberTest::OneOf(joined(ranges.collect::<Result<_, _>>()?)))
            }
            Operator::Contains | Operator::Equals => self.wrong_operator(field.field()),
        }
    }

    fn range(&self, item: &Item, field: NumberField) -> Result<(u64, u64), QueryError> {
        let (first, last) = item.text.split_once('-').unwrap_or((&item.text, &item.text));
        let first = self.whole_number(item, first, field)?;
        let last = self.whole_number(item, last, field)?;
        if first > last {
            return self.fail(&item.at, Reason::Reversed);
        }
        Ok((first, last))
    }

    fn whole_number(&self, item: &Item, text: &str, field: NumberField) -> Result<u64, QueryError> {
        let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let found = || item.text.clone();
        match text.parse().ok().filter(|_| is_decimal) {
            Some(number) if field == NumberField::Port && number > u64::from(u16::MAX) => {
                self.fail(&item.at, Reason::NoSuchPort { number })
            }
            Some(number) => Ok(number),
            None if field == NumberField::Port && item.text.starts_with(char::is_alphabetic) => {
                self.fail(&item.at, Reason::NamedPort { found: found() })
            }
            None => {
                self.fail(&item.at, Reason::NotANumber { found: found(), field: field.field() })
            }
        }
    }

    /// What a moment has to be like.
    pub(super) fn time(&self, field: Field) -> Result<TimeTest, QueryError> {
        let comparison = match self.operator {
            Operator::Compare(comparison) => comparison,
            Operator::Is if self.is_anything() => return Ok(TimeTest::Any),
            Operator::Is | Operator::Contains | Operator::Equals => {
                return self.fail(&self.at, Reason::OnlyCompared { field });
            }
        };
        let item = self.only()?;
        let age = age(&item.text).map(|seconds| TimeTest::Age(comparison, seconds));
        let time = || moment(&item.text).map(|moment| TimeTest::Moment(comparison, moment));
        match age.or_else(time) {
            Some(test) => Ok(test),
            None => self.fail(&item.at, Reason::NotATime { found: item.text.clone() }),
        }
    }

    /// Some of a few names: in the order of `all`, each once.
    pub(super) fn names<T>(&self, field: Field, all: &[T]) -> Result<Vec<T>, QueryError>
    where
        T: FromStr<Err = UnknownName> + Copy + PartialEq,
    {
        if self.operator != Operator::Is {
            return self.wrong_operator(field);
        }
        if self.is_anything() {
            return Ok(all.to_vec());
        }
        let mut some = Vec::new();
        for item in &self.items {
            match item.text.parse::<T>() {
                Ok(one) => some.push(one),
                Err(unknown) => return self.fail(&item.at, unknown.into()),
            }
        }
        Ok(all.iter().filter(|one| some.contains(one)).copied().collect())
    }

    /// Addresses.
    pub(super) fn net(&self) -> Result<AddressSet, QueryError> {
        if self.operator != Operator::Is {
            return self.wrong_operator(Field::Net);
        }
        let mut ranges = Vec::new();
        for item in &self.items {
            match ranges_of(&item.text) {
                Ok(some) => ranges.extend(some),
                Err(reason) => return self.fail(&item.at, reason),
            }
        }
        Ok(ranges.into_iter().collect())
    }
}

/// The ranges in ascending order, those that touch as one.
fn joined(mut ranges: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    ranges.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// Seconds, of a whole number and a unit.
fn age(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let length = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(length)?;
    (seconds <= LONGEST_AGE).then_some(seconds)
}

/// A moment: a date, a date and a time (both in UTC), or a time as RFC 3339 has it.
fn moment(text: &str) -> Option<Timestamp> {
    let of_utc = |time: DateTime| time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let of_civil = || text.parse::<DateTime>().ok().and_then(of_utc);
    text.parse::<Timestamp>().ok().or_else(of_civil)
}

/// The addresses that a text says without a field: one or more with commas between.
pub(super) fn addresses(text: &str) -> Result<AddressSet, Reason> {
    if let Ok(ranges) = ranges_of(text) {
        return Ok(ranges.into_iter().collect());
    }
    let mut all = Vec::new();
    for part in text.split(',') {
        all.extend(ranges_of(part)?);
    }
    Ok(all.into_iter().collect())
}

fn ranges_of(text: &str) -> Result<Vec<AddressRange>, Reason> {
    let refused = |reason| Reason::NotAddresses(InvalidTarget { text: text.to_owned(), reason });
    match text.parse::<Target>().map_err(Reason::NotAddresses)? {
        Target::Addresses(range) => Ok(vec![range]),
        Target::Octets(pattern) => {
            let ranges = pattern.range_count();
            if ranges > MOST_RANGES {
                return Err(refused(TargetError::TooScattered { ranges, most: MOST_RANGES }));
            }
            Ok(pattern.ranges().collect())
        }
        Target::Names(_) | Target::Url { .. } | Target::Email { .. } => {
            Err(Reason::NamedNet { found: text.to_owned() })
        }
    }
}

/// Whether a value may hold this outside of quotes when it is written.
pub(super) fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || "._-/:+@%|#".contains(character)
}

/// Whether a word on its own may hold this outside of quotes when it is written.
pub(super) fn is_plain_in_word(character: char) -> bool {
    character.is_alphanumeric() || "._-/+@%".contains(character)
}

/// Whether a word joins others, and is not looked for itself.
pub(super) fn is_keyword(word: &str) -> bool {
    ["and", "or", "not"].iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}
