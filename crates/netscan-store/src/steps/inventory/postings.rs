//! Of which assets facts hold: Roaring bitmaps (<https://roaringbitmap.org>) of their ordinals.

use std::collections::HashMap;

use roaring::{MultiOps as _, RoaringBitmap};
use sqlx::QueryBuilder;

use super::super::{damaged, number, push_list};
use crate::error::StoreError;
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// Ordinals of one block differ in these bits only: a bitmap has at most 128 KiB.
const BLOCK_BITS: u32 = 20;

/// What becomes true or false of assets.
#[derive(Default)]
pub(super) struct Changes {
    /// Ordinals that are added and taken away, by fact and block.
    by_fact: HashMap<(i64, i64), (Vec<u32>, Vec<u32>)>,
}

impl Changes {
    /// Of the asset `before` held, and `after` holds now, both in ascending order.
    pub(super) fn note(&mut self, ordinal: u32, before: &[i64], after: &[i64]) {
        let block = i64::from(ordinal >> BLOCK_BITS);
        for fact in after.iter().filter(|fact| before.binary_search(fact).is_err()) {
            self.by_fact.entry((*fact, block)).or_default().0.push(ordinal);
        }
        for fact in before.iter().filter(|fact| after.binary_search(fact).is_err()) {
            self.by_fact.entry((*fact, block)).or_default().1.push(ordinal);
        }
    }

    /// Writes them down.
    pub(super) async fn apply(self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut changes: Vec<_> = self.by_fact.into_iter().collect();
        changes.sort_unstable_by_key(|(place, _)| *place);
        for chunk in changes.chunks(ROWS_PER_STATEMENT) {
            let facts: Vec<i64> = chunk.iter().map(|((fact, _), _)| *fact).collect();
            let mut known = blocks(connection, &facts).await?;
            let mut written = Vec::with_capacity(chunk.len());
            let mut grown: HashMap<i64, i64> = HashMap::new();
            for (place, (added, removed)) in chunk {
                let mut members = known.remove(place).unwrap_or_default();
                let before = members.len();
                members.extend(added.iter().copied());
                for ordinal in removed {
                    members.remove(*ordinal);
                }
                *grown.entry(place.0).or_default() += number(members.len()) - number(before);
                let mut bytes = Vec::with_capacity(members.serialized_size());
                // Memory takes everything.
                members.serialize_into(&mut bytes).map_err(|error| damaged("a bitmap", error))?;
                written.push((*place, bytes));
            }
            write(connection, &written).await?;
            count(connection, grown.into_iter().collect()).await?;
        }
        Ok(())
    }
}

async fn write(
    connection: &mut Connection,
    written: &[((i64, i64), Vec<u8>)],
) -> Result<(), StoreError> {
    let mut insert =
        QueryBuilder::<Backend>::new("INSERT INTO postings (fact_key, block, members) ");
    insert.push_values(written, |mut row, ((fact, block), bytes)| {
        row.push_bind(*fact).push_bind(*block).push_bind(bytes.clone());
    });
    insert.push(" ON CONFLICT (fact_key, block) DO UPDATE SET members = excluded.members");
    insert.build().execute(connection).await?;
    Ok(())
}

/// Keeps count of the members of facts.
async fn count(connection: &mut Connection, grown: Vec<(i64, i64)>) -> Result<(), StoreError> {
    let mut update = QueryBuilder::<Backend>::new("WITH grown (fact_key, count) AS (");
    update.push_values(&grown, |mut row, (fact, count)| {
        row.push_bind(*fact).push_bind(*count);
    });
    update.push(
        ") UPDATE facts SET members = members + grown.count FROM grown
         WHERE facts.fact_key = grown.fact_key",
    );
    update.build().execute(connection).await?;
    Ok(())
}

async fn blocks(
    connection: &mut Connection,
    facts: &[i64],
) -> Result<HashMap<(i64, i64), RoaringBitmap>, StoreError> {
    let mut blocks = HashMap::with_capacity(facts.len());
    for chunk in facts.chunks(ROWS_PER_STATEMENT) {
        let mut select = QueryBuilder::<Backend>::new(
            "SELECT fact_key, block, members FROM postings WHERE fact_key",
        );
        push_list(&mut select, chunk);
        let rows: Vec<(i64, i64, Vec<u8>)> =
            select.build_query_as().fetch_all(&mut *connection).await?;
        for (fact, block, bytes) in rows {
            blocks.insert((fact, block), bitmap(&bytes)?);
        }
    }
    Ok(blocks)
}

/// The assets of which one of these facts holds at least.
pub(super) async fn union(
    connection: &mut Connection,
    facts: &[i64],
) -> Result<RoaringBitmap, StoreError> {
    let mut sets = Vec::with_capacity(facts.len());
    for chunk in facts.chunks(ROWS_PER_STATEMENT) {
        let mut select =
            QueryBuilder::<Backend>::new("SELECT members FROM postings WHERE fact_key");
        push_list(&mut select, chunk);
        let rows: Vec<Vec<u8>> = select.build_query_scalar().fetch_all(&mut *connection).await?;
        for bytes in rows {
            sets.push(bitmap(&bytes)?);
        }
    }
    Ok(sets.union())
}

/// The assets of which each of these facts holds.
pub(super) async fn each(
    connection: &mut Connection,
    facts: &[i64],
) -> Result<HashMap<i64, RoaringBitmap>, StoreError> {
    let mut each: HashMap<i64, RoaringBitmap> = HashMap::with_capacity(facts.len());
    for ((fact, _), members) in blocks(connection, facts).await? {
        *each.entry(fact).or_default() |= members;
    }
    Ok(each)
}

fn bitmap(bytes: &[u8]) -> Result<RoaringBitmap, StoreError> {
    RoaringBitmap::deserialize_from(bytes).map_err(|error| damaged("a bitmap", error))
}
