//! The search language: one way to say which hosts are meant, for every door.
//!
//! `port:443 service:http product:nginx net:10.0.0.0/8 -tag:lab seen>7d cve:* os:linux`. A blank
//! means *and*, and binds closer than `or`. Whatever is asked of a port in one breath is asked of
//! one and the same port, which is open unless `state:` says otherwise; parentheses begin a new
//! breath. What people need to know of it is in `docs/search.md`.
//!
//! [`Query`] is read here and asked of one host at a time. Its [`Expression`] is public, so that a
//! database can be asked for the same. No clock is read: ages are counted from [`HostView::now`].

mod error;
mod evaluate;
mod expression;
mod field;
mod parse;
mod pattern;
mod tags;
mod value;

use std::fmt;
use std::str::FromStr;

pub use error::{QueryError, Reason};
pub use evaluate::{HostView, cves_of, is_among, title_of};
pub use expression::{Comparison, Expression, How, NumberTest, Subject, Term, TextTest, TimeTest};
pub use field::{Field, NumberField, TextField, TimeField};
pub use pattern::{Pattern, folded};
pub use tags::{Tagged, Tags};

/// Which hosts are meant. Reads back what it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    expression: Expression,
}

impl Query {
    /// The most characters that a query may have, as it is written and in canonical spelling.
    pub const LONGEST: usize = parse::LONGEST;

    /// What has to hold of a host.
    #[must_use]
    pub fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Whether the host is one of those that are meant.
    #[must_use]
    pub fn matches(&self, view: &HostView<'_>) -> bool {
        view.fits(&self.expression)
    }

    /// Whether it asks for `field` anywhere: what it does not ask for need not be known.
    #[must_use]
    pub fn asks_for(&self, field: Field) -> bool {
        self.expression.any_term(&|term| term.field() == Some(field))
    }
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let query = Self { expression: parse::query(text)? };
        // A few octets can stand for many ranges.
        if query.to_string().chars().nth(Self::LONGEST).is_some() {
            return Err(QueryError::new(
                text,
                0..text.len(),
                Reason::TooLong { most: Self::LONGEST },
            ));
        }
        Ok(query)
    }
}

impl fmt::Display for Query {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.expression, out)
    }
}
