//! The steps that the store is made of: SQL that runs inside a transaction somebody else opens.
//!
//! One text serves every database. Placeholders are `$1`, numbers are BIGINT, times are
//! milliseconds and ids are text, because that is what both SQLite and PostgreSQL understand; what
//! must differ lives in the backend's own file.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod batches;
pub(crate) mod credentials;
pub(crate) mod events;
pub(crate) mod hosts;
pub(crate) mod import;
pub(crate) mod inventory;
pub(crate) mod later;
pub(crate) mod leases;
pub(crate) mod ledger;
pub(crate) mod map;
pub(crate) mod pace;
pub(crate) mod people;
pub(crate) mod projects;
pub(crate) mod reach;
pub(crate) mod requests;
pub(crate) mod room;
pub(crate) mod scans;
pub(crate) mod searches;
pub(crate) mod templates;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Encode, QueryBuilder, Type};
use uuid::Uuid;

use crate::error::StoreError;
use crate::sqlite::Backend;

/// A count as the database keeps it. Counts beyond its range stay at its end.
pub(crate) fn number(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

/// A count as the database kept it.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Writes ` IN (…)`, so that only these values are meant.
pub(crate) fn push_list<'v, T>(
    query: &mut QueryBuilder<Backend>,
    values: impl IntoIterator<Item = T>,
) where
    T: Encode<'v, Backend> + Type<Backend>,
{
    let mut list = query.push(" IN (").separated(", ");
    for value in values {
        list.push_bind(value);
    }
    query.push(")");
}

pub(crate) fn millis(time: Timestamp) -> i64 {
    time.as_millisecond()
}

pub(crate) fn time(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| damaged("a time", millis))
}

pub(crate) fn some_time(millis: Option<i64>) -> Result<Option<Timestamp>, StoreError> {
    millis.map(time).transpose()
}

/// Reads a word that the store wrote itself: a state, an id, a set of addresses.
pub(crate) fn read<T: std::str::FromStr>(what: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| damaged(what, text))
}

pub(crate) fn id(text: &str) -> Result<Uuid, StoreError> {
    read("an id", text)
}

pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our own types have no keys that JSON cannot say")
}

pub(crate) fn from_json<T: DeserializeOwned>(
    what: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| damaged(what, text))
}

pub(crate) fn damaged(what: &'static str, value: impl std::fmt::Display) -> StoreError {
    let mut value = value.to_string();
    value.truncate(value.floor_char_boundary(80));
    StoreError::Damaged { what, value }
}
