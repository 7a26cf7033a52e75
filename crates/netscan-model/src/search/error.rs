//! Why a query was not accepted, and where.

use std::ops::Range;

use super::field::Field;
use crate::observation::UnknownName;
use crate::target::InvalidTarget;

/// What is wrong with a query, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// There is no text.
    #[error("nothing is looked for: write something such as port:443")]
    Empty,
    /// Longer than any query that someone would write.
    #[error("the query is longer than {most} characters")]
    TooLong {
        /// The most that are accepted.
        most: usize,
    },
    /// Parentheses within parentheses without an end.
    #[error("more than {most} groups and negations are within one another: write it with fewer")]
    TooDeep {
        /// The most that are accepted.
        most: usize,
    },
    /// A name before a `:` that is not a field's.
    #[error("there is no field {name:?}{}", instead(*nearest))]
    UnknownField {
        /// What was read.
        name: String,
        /// What was probably meant.
        nearest: Option<Field>,
    },
    /// A `:` without a field before it.
    #[error(
        "a field is missing before {operator:?}: write one, as in port:443, or quotes around text"
    )]
    MissingField {
        /// What follows.
        operator: String,
    },
    /// A part of a field that has no parts.
    #[error("{field} has no parts, only script has: write script.http-title~\"login\"")]
    NoParts {
        /// The field.
        field: Field,
    },
    /// `script.:x`, `script.a,b:x`.
    #[error(
        "the name of one script goes here, of letters, digits, - and *, as in \
         script.http-title~\"login\""
    )]
    NoScript,
    /// Nothing behind an operator or a comma.
    #[error("a value is missing here: write one, as in {}", field.map_or("~\"login\"", Field::example))]
    MissingValue {
        /// The field.
        field: Option<Field>,
    },
    /// `port~80` and the like.
    #[error("{field} cannot be asked with {operator:?}: write it as in {}", field.example())]
    WrongOperator {
        /// The field.
        field: Field,
        /// The operator.
        operator: String,
    },
    /// `seen:2026-11-01`.
    #[error(
        "{field} is compared: write {field}>7d for longer ago than that, or {field}<2026-11-01"
    )]
    OnlyCompared {
        /// The field.
        field: Field,
    },
    /// Several values where one is compared with.
    #[error("one value is compared with: write one, without a comma")]
    SeveralValues,
    /// A quote without its partner.
    #[error("the quote is not closed: write another \" where the text ends")]
    UnclosedQuote,
    /// A `\` before something else than what needs it.
    #[error("a \\ stands only before \", * and \\: write \\\\ for the character itself")]
    WrongEscape,
    /// Two things without a blank between.
    #[error("a blank is missing here")]
    MissingBlank,
    /// A `(` without its partner.
    #[error("the parenthesis is not closed: write a ) where the group ends")]
    UnclosedGroup,
    /// A `)` without its partner.
    #[error("no parenthesis is open here: take the ) away, or write a ( before it")]
    UnopenedGroup,
    /// `()`.
    #[error("the parentheses are empty: write something between them")]
    EmptyGroup,
    /// `port:80 or`, `not`, `-`.
    #[error("something is missing behind {word:?}; the word itself is written in quotes")]
    NothingBehind {
        /// The word.
        word: String,
    },
    /// `or port:80`.
    #[error("something is missing before {word:?}; the word itself is written in quotes")]
    NothingBefore {
        /// The word.
        word: String,
    },
    /// Something else than a number.
    #[error("{found:?} is not a number: write it as in {}", field.example())]
    NotANumber {
        /// What was read.
        found: String,
        /// The field.
        field: Field,
    },
    /// The name of a service where the number of a port belongs.
    #[error("{found:?} is not a number: write service:{found} for a service, or port:443")]
    NamedPort {
        /// What was read.
        found: String,
    },
    /// A port that no protocol has.
    #[error("{number} is not a port: they end at 65535")]
    NoSuchPort {
        /// The number.
        number: u64,
    },
    /// `90-80`.
    #[error("the range runs backwards: write the smaller number first")]
    Reversed,
    /// A time that cannot be read.
    #[error(
        "{found:?} is not a time: write an age such as 30m, 12h, 7d or 4w, or a date such as 2026-11-01"
    )]
    NotATime {
        /// What was read.
        found: String,
    },
    /// A word that is not one of a few.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// Something else than addresses.
    #[error("{0}")]
    NotAddresses(InvalidTarget),
    /// A name where addresses belong.
    #[error(
        "{found:?} is not an address: write an address, a network or a range; names are for host:{found}"
    )]
    NamedNet {
        /// What was read.
        found: String,
    },
    /// `cve:2021-44228`.
    #[error(
        "{found:?} is not a CVE id: write it in full, as in cve:CVE-2021-44228 or cve:CVE-2021-*"
    )]
    NotACve {
        /// What was read.
        found: String,
    },
    /// `product:""`.
    #[error("the quotes are empty: write text between them, or * for any")]
    EmptyText,
}

/// What to write in place of a field that there is not.
fn instead(nearest: Option<Field>) -> String {
    match nearest {
        Some(field) => format!(": did you mean {field}? Text goes in quotes"),
        None => format!("; the fields are {}. Text goes in quotes", Field::NAMES.join(", ")),
    }
}

/// A text that is not a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {}: {reason}", self.column())]
pub struct QueryError {
    text: String,
    at: Range<usize>,
    reason: Box<Reason>,
}

/// Characters before the mistake that are shown with it.
const SHOWN_BEFORE: usize = 50;
/// Characters that are shown at most.
const SHOWN: usize = 100;

impl QueryError {
    pub(super) fn new(text: &str, at: Range<usize>, reason: Reason) -> Self {
        Self { text: text.to_owned(), at, reason: Box::new(reason) }
    }

    /// What is wrong.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Where it is, in bytes of the text. Empty where something is missing.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.at.clone()
    }

    /// Where it begins, in characters from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.text[..self.at.start].chars().count() + 1
    }

    /// The mistake, with the line that it is in and a mark below it, for a terminal.
    #[must_use]
    pub fn drawn(&self) -> String {
        let Excerpt { line, before, width } = self.excerpt();
        format!("{self}\n\n  {line}\n  {}{}", " ".repeat(before), "^".repeat(width))
    }

    fn excerpt(&self) -> Excerpt {
        let column = self.column() - 1;
        let length = self.text[self.at.clone()].chars().count();
        let skipped = column.saturating_sub(SHOWN_BEFORE);
        // A tab or a line end would move the mark away from the mistake.
        let visible = |character: char| if character.is_control() { ' ' } else { character };
        let mut line: String = self.text.chars().skip(skipped).take(SHOWN).map(visible).collect();
        let room = line.chars().count() - (column - skipped);
        if self.text.chars().nth(skipped + SHOWN).is_some() {
            line.push('…');
        }
        if skipped > 0 {
            line.insert(0, '…');
        }
        let before = column - skipped + usize::from(skipped > 0);
        Excerpt { line, before, width: length.clamp(1, room.max(1)) }
    }
}

/// The part of a query around a mistake.
struct Excerpt {
    line: String,
    /// Characters of the line before the mistake.
    before: usize,
    /// Characters of the mistake.
    width: usize,
}
