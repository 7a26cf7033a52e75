//! What a query means, and its canonical spelling.
//!
//! Reading the spelling gives the same expression back: see the tests of the parser.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::field::{Field, NumberField, TextField, TimeField};
use super::pattern::Pattern;
use super::value;
use crate::address::AddressSet;
use crate::observation::{PortState, Protocol};
use crate::target::Target;

/// What has to hold of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// All of these. Those [`Term`]s among them that are about a port hold of one and the same
    /// port, which is open unless a state is asked for. A single one stands here only within
    /// another [`Expression::All`]: it is about a port of its own.
    All(Vec<Expression>),
    /// One of these at least.
    Any(Vec<Expression>),
    /// Not this: of no port, when it is about ports.
    Not(Box<Expression>),
    /// This.
    Term(Term),
}

/// One thing that is asked of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// Text in anything that the host said.
    Words(TextTest),
    /// A text.
    Text(TextField, TextTest),
    /// What a script said.
    Output {
        /// The script's name.
        script: Pattern,
        /// What it said.
        says: TextTest,
    },
    /// A number.
    Number(NumberField, NumberTest),
    /// A moment.
    Time(TimeField, TimeTest),
    /// One of these protocols.
    Protocol(Vec<Protocol>),
    /// One of these states.
    State(Vec<PortState>),
    /// One of these addresses.
    Net(AddressSet),
}

/// What a text has to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTest {
    /// How a pattern has to be found.
    pub how: How,
    /// One of these has to be found.
    pub any_of: Vec<Pattern>,
}

/// How a pattern has to be found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// As whole words.
    Whole,
    /// As any part.
    Part,
}

/// What a number has to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberTest {
    /// Any number.
    Any,
    /// In one of these ranges, both ends included: ascending, and none touches the next.
    OneOf(Vec<(u64, u64)>),
    /// On that side of this one.
    Compare(Comparison, u64),
}

/// What a moment has to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeTest {
    /// Any moment.
    Any,
    /// So many seconds before now, compared: *greater* is longer ago.
    Age(Comparison, u64),
    /// Compared with this moment: *greater* is later.
    Moment(Comparison, Timestamp),
}

/// How two values have to be to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// Whether it holds of these two.
    #[must_use]
    pub fn holds<T: PartialOrd>(self, value: &T, other: &T) -> bool {
        match self {
            Self::Less => value < other,
            Self::AtMost => value <= other,
            Self::Greater => value > other,
            Self::AtLeast => value >= other,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// What a term is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The host.
    Host,
    /// One of its ports.
    Port,
    /// The host as a whole, or one of its ports.
    Either,
}

impl Term {
    /// What it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        match self {
            Self::Words(_)
            | Self::Time(..)
            | Self::Net(_)
            | Self::Number(NumberField::Ports | NumberField::Scan, _) => Subject::Host,
            Self::Protocol(_) | Self::State(_) | Self::Number(NumberField::Port, _) => {
                Subject::Port
            }
            Self::Output { .. } => Subject::Either,
            Self::Text(field, _) => match field {
                TextField::Service
                | TextField::Product
                | TextField::Version
                | TextField::Reason
                | TextField::Title => Subject::Port,
                TextField::Cpe | TextField::Script | TextField::Cve => Subject::Either,
                TextField::Host
                | TextField::Os
                | TextField::Mac
                | TextField::Vendor
                | TextField::Suspect
                | TextField::Tag => Subject::Host,
            },
        }
    }

    /// The field that it asks for, if it asks for one by name.
    #[must_use]
    pub fn field(&self) -> Option<Field> {
        match self {
            Self::Words(_) => None,
            Self::Text(field, _) => Some(field.field()),
            Self::Output { .. } => Some(Field::Script),
            Self::Number(field, _) => Some(field.field()),
            Self::Time(field, _) => Some(field.field()),
            Self::Protocol(_) => Some(Field::Protocol),
            Self::State(_) => Some(Field::State),
            Self::Net(_) => Some(Field::Net),
        }
    }
}

impl Expression {
    /// All of these, as the parser writes it.
    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0).alone() } else { Self::All(parts) }
    }

    /// One of these, as the parser writes it.
    pub(super) fn any(arms: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(arms.len());
        for arm in arms {
            match arm.alone() {
                Self::Any(inner) => flat.extend(inner),
                arm => flat.push(arm),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { Self::Any(flat) }
    }

    /// Not this, as the parser writes it.
    pub(super) fn not(inner: Self) -> Self {
        match inner.alone() {
            // What is not denied is asked of a port of its own.
            Self::Not(inner) => inner.group(),
            inner => Self::Not(Box::new(inner)),
        }
    }

    /// This in parentheses, as the parser writes it.
    pub(super) fn group(self) -> Self {
        match self {
            Self::Term(term) if term.subject() != Subject::Host => {
                Self::All(vec![Self::Term(term)])
            }
            other => other,
        }
    }

    /// The expression where nothing stands beside it: parentheses around one term say nothing.
    fn alone(self) -> Self {
        match self {
            Self::All(mut parts) if parts.len() == 1 => parts.remove(0),
            other => other,
        }
    }

    /// Whether `holds` of one of its terms at least.
    pub(super) fn any_term(&self, holds: &impl Fn(&Term) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.any_term(holds)),
            Self::Not(inner) => inner.any_term(holds),
            Self::Term(term) => holds(term),
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => {
                join(out, parts, " ", |part| matches!(part, Self::All(_) | Self::Any(_)))
            }
            Self::Any(arms) => join(out, arms, " or ", |arm| matches!(arm, Self::Any(_))),
            Self::Not(inner) => match inner.as_ref() {
                Self::Term(term) => write!(out, "-{term}"),
                inner => write!(out, "-({inner})"),
            },
            Self::Term(term) => write!(out, "{term}"),
        }
    }
}

/// The parts with `between` them, those in parentheses that need them.
fn join(
    out: &mut fmt::Formatter<'_>,
    parts: &[Expression],
    between: &str,
    needs_parentheses: impl Fn(&Expression) -> bool,
) -> fmt::Result {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            out.write_str(between)?;
        }
        if needs_parentheses(part) {
            write!(out, "({part})")?;
        } else {
            write!(out, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(TextTest { how: How::Whole, any_of }) => {
                any_of.iter().try_for_each(|word| write_word(word, out))
            }
            Self::Words(test) => write!(out, "{test}"),
            // Everyone knows them in capitals.
            Self::Text(TextField::Cve, test) => {
                write!(out, "{}{}", Field::Cve, test.to_string().to_ascii_uppercase())
            }
            Self::Text(field, test) => write!(out, "{}{test}", field.field()),
            Self::Output { script, says } => {
                write!(out, "{}.", Field::Script)?;
                script.write(out, value::is_plain)?;
                write!(out, "{says}")
            }
            Self::Number(field, test) => write!(out, "{}{test}", field.field()),
            Self::Time(field, test) => write!(out, "{}{test}", field.field()),
            Self::Protocol(some) => {
                write!(out, "{}:{}", Field::Protocol, names(some, Protocol::ALL, Protocol::name))
            }
            Self::State(some) => {
                write!(out, "{}:{}", Field::State, names(some, PortState::ALL, PortState::name))
            }
            Self::Net(addresses) => {
                let ranges = addresses.ranges().iter();
                let texts: Vec<_> =
                    ranges.map(|range| Target::Addresses(*range).to_string()).collect();
                write!(out, "{}:{}", Field::Net, texts.join(","))
            }
        }
    }
}

/// A word on its own, in quotes when it would be taken for something else.
fn write_word(word: &Pattern, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = word.pieces().join("*");
    let means_else =
        text.starts_with('-') || value::is_keyword(&text) || value::addresses(&text).is_ok();
    if means_else { word.write_quoted(out) } else { word.write(out, value::is_plain_in_word) }
}

fn names<T: Copy + PartialEq>(some: &[T], all: &[T], name: fn(T) -> &'static str) -> String {
    if some == all {
        return "*".to_owned();
    }
    some.iter().map(|one| name(*one)).collect::<Vec<_>>().join(",")
}

impl fmt::Display for TextTest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self.how {
            How::Whole => ":",
            How::Part => "~",
        })?;
        for (place, pattern) in self.any_of.iter().enumerate() {
            if place > 0 {
                out.write_str(",")?;
            }
            pattern.write(out, value::is_plain)?;
        }
        Ok(())
    }
}

impl fmt::Display for NumberTest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.write_str(":*"),
            Self::OneOf(ranges) => {
                let text = |(first, last): &(u64, u64)| {
                    if first == last { first.to_string() } else { format!("{first}-{last}") }
                };
                write!(out, ":{}", ranges.iter().map(text).collect::<Vec<_>>().join(","))
            }
            Self::Compare(comparison, number) => write!(out, "{}{number}", comparison.sign()),
        }
    }
}

impl fmt::Display for TimeTest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => out.write_str(":*"),
            Self::Age(comparison, seconds) => {
                let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
                let unit = units.into_iter().find(|(length, _)| seconds.is_multiple_of(*length));
                let (length, name) = unit.unwrap_or((1, 's'));
                write!(out, "{}{}{name}", comparison.sign(), seconds / length)
            }
            Self::Moment(comparison, moment) => {
                let civil = TimeZone::UTC.to_datetime(*moment);
                out.write_str(comparison.sign())?;
                if civil.time() == Time::midnight() {
                    write!(out, "{}", civil.date())
                } else {
                    write!(out, "{moment}")
                }
            }
        }
    }
}
