//! A part of a list, and where the next part begins.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Entries of a page when nobody says how many.
pub const DEFAULT_LIMIT: u32 = 100;
/// Entries of a page at most.
pub const MOST: u32 = 1_000;

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next part; null when this is the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that is one page.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// The page with each entry turned into another.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), next_cursor: self.next_cursor }
    }
}
