//! Finds facts by parts of their text, through FTS5's trigram index
//! (<https://www.sqlite.org/fts5.html#the_trigram_tokenizer>).
//!
//! The index keeps no positions: a text that has all three-letter parts of what is looked for may
//! still be another. So what is found may be meant, and what is not found is not.

use sqlx::QueryBuilder;

use super::{Backend, Connection};
use crate::error::StoreError;

/// So many parts are looked for: more hardly tell more, and each of the frequent ones costs.
const MOST_PARTS: usize = 3;
/// Letters from the most frequent one on, in English text and in names of hosts. A part without them
/// is in few texts.
const FREQUENT: &str = "etaoinsrhl.dcumpgw-0123";

/// Three-letter parts, all of which are in a text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pieces(Vec<String>);

impl Pieces {
    /// The parts of these texts, which are in lower case; nothing when they are too short.
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut parts = Vec::new();
        for text in texts {
            let letters: Vec<char> = text.chars().collect();
            parts.extend(letters.windows(3).map(String::from_iter));
        }
        // What a string of FTS5 cannot hold is not looked for.
        parts.retain(|part| !part.contains('\0'));
        parts.sort_unstable();
        parts.dedup();
        // The rarest are looked for: each costs as much as there are texts with it.
        parts.sort_by_key(|part| frequency(part));
        parts.truncate(MOST_PARTS);
        (!parts.is_empty()).then_some(Self(parts))
    }
}

/// How frequent the letters of a part are, by their places in [`FREQUENT`].
fn frequency(part: &str) -> usize {
    let of_each =
        part.chars().map(|letter| FREQUENT.find(letter).map_or(0, |place| FREQUENT.len() - place));
    of_each.sum()
}

/// Facts of many hosts, and the others: their texts are kept apart, so that a million names do not slow
/// down who looks for a program.
fn table(is_of_many: bool) -> &'static str {
    if is_of_many { "shared_texts" } else { "own_texts" }
}

/// Keeps the texts of facts, by their keys.
pub(crate) async fn store(
    connection: &mut Connection,
    is_of_many: bool,
    texts: &[(i64, String)],
) -> Result<(), StoreError> {
    if texts.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Backend>::new("INSERT INTO ");
    insert.push(table(is_of_many)).push(" (rowid, text) ");
    insert.push_values(texts, |mut row, (key, text)| {
        row.push_bind(*key).push_bind(text.clone());
    });
    insert.build().execute(connection).await?;
    Ok(())
}

/// Writes ` FROM facts f … WHERE `, so that only facts are left in whose text one of each list is.
pub(crate) fn push_from(
    select: &mut QueryBuilder<Backend>,
    is_of_many: bool,
    texts: &[Vec<Pieces>],
) {
    if texts.is_empty() {
        select.push(" FROM facts f WHERE ");
        return;
    }
    // The few that the texts leave are looked up, and not the other way round.
    let table = table(is_of_many);
    select.push(format!(
        " FROM {table} CROSS JOIN facts f ON f.fact_key = {table}.rowid WHERE {table} MATCH "
    ));
    let groups = texts.iter().map(|any_of| {
        let arms = any_of.iter().map(|Pieces(parts)| {
            let quoted = parts.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\"")));
            format!("({})", quoted.collect::<Vec<_>>().join(" AND "))
        });
        format!("({})", arms.collect::<Vec<_>>().join(" OR "))
    });
    select.push_bind(groups.collect::<Vec<_>>().join(" AND ")).push(" AND ");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_parts_of_three_letters() {
        let parts = |texts: &[&str]| Pieces::of(texts.iter().copied()).map(|Pieces(parts)| parts);

        let mut nginx = parts(&["nginx"]).unwrap();
        nginx.sort();
        assert_eq!(nginx, ["gin", "inx", "ngi"]);
        assert_eq!(parts(&["ab", "", "äöü"]).unwrap(), ["äöü"]);
        assert_eq!(parts(&["ab"]), None);
        let rare = parts(&["-77.branch.example.com", "kubernetes"]).unwrap();
        assert!(rare.len() == MOST_PARTS && rare.contains(&"kub".to_owned()), "{rare:?}");
        assert!(!rare.contains(&"net".to_owned()), "{rare:?}");
    }
}
