//! Of which assets facts hold: a few ordinals in the row of the fact, and Roaring bitmaps
//! (<https://roaringbitmap.org>) of more.

use std::collections::HashMap;
use std::hash::Hash;

use roaring::{MultiOps as _, RoaringBitmap};
use sqlx::QueryBuilder;

use super::super::{damaged, number, push_list};
use super::facts::{packed, unpacked};
use crate::error::StoreError;
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT};

/// So many ordinals stand in the row of a fact at most.
const FEW: u64 = 32;
/// Ordinals of one block differ in these bits only: a bitmap has at most 128 KiB.
const BLOCK_BITS: u32 = 20;

/// A fact, with its assets if they are few.
#[derive(Clone, sqlx::FromRow)]
pub(super) struct Holder {
    pub(super) fact_key: i64,
    /// Nothing when bitmaps tell.
    pub(super) few: Option<Vec<u8>>,
}

/// Ordinals that are added to the assets of a fact, and taken away from them.
#[derive(Default)]
struct Change {
    added: Vec<u32>,
    removed: Vec<u32>,
}

impl Change {
    /// Changes these, and says by how many they grew.
    fn apply(&self, members: &mut RoaringBitmap) -> i64 {
        let before = number(members.len());
        members.extend(self.added.iter().copied());
        for ordinal in &self.removed {
            members.remove(*ordinal);
        }
        number(members.len()) - before
    }

    /// What of it is about which block.
    fn by_block(self) -> HashMap<i64, Self> {
        let block = |ordinal: u32| i64::from(ordinal >> BLOCK_BITS);
        let mut blocks: HashMap<i64, Self> = HashMap::new();
        for ordinal in self.added {
            blocks.entry(block(ordinal)).or_default().added.push(ordinal);
        }
        for ordinal in self.removed {
            blocks.entry(block(ordinal)).or_default().removed.push(ordinal);
        }
        blocks
    }
}

/// What becomes true or false of assets, by fact.
#[derive(Default)]
pub(super) struct Changes(HashMap<i64, Change>);

/// By how many assets facts grow, and what their rows say of them from now on.
type Grown = HashMap<i64, (i64, Option<Vec<u8>>)>;

impl Changes {
    /// Of the asset `before` held, and `after` holds now, both in ascending order.
    pub(super) fn note(&mut self, ordinal: u32, before: &[i64], after: &[i64]) {
        for fact in after.iter().filter(|fact| before.binary_search(fact).is_err()) {
            self.0.entry(*fact).or_default().added.push(ordinal);
        }
        for fact in before.iter().filter(|fact| after.binary_search(fact).is_err()) {
            self.0.entry(*fact).or_default().removed.push(ordinal);
        }
    }

    /// Writes them down.
    pub(super) async fn apply(self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut changes: Vec<(i64, Change)> = self.0.into_iter().collect();
        changes.sort_unstable_by_key(|(fact, _)| *fact);
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            let step: Vec<_> = changes.by_ref().take(ROWS_PER_STATEMENT).collect();
            let facts: Vec<i64> = step.iter().map(|(fact, _)| *fact).collect();
            let mut known = few(connection, &facts).await?;
            let mut grown = Grown::with_capacity(step.len());
            let mut of_many = Vec::new();
            for (fact, change) in step {
                let Some(mut members) = known.remove(&fact) else {
                    of_many.push((fact, change));
                    continue;
                };
                let before = number(members.len());
                let growth = change.apply(&mut members);
                if members.len() <= FEW {
                    let ordinals: Vec<i64> = members.iter().map(i64::from).collect();
                    grown.insert(fact, (growth, Some(packed(&ordinals))));
                } else {
                    // From the row into bitmaps, for good.
                    grown.insert(fact, (-before, None));
                    of_many
                        .push((fact, Change { added: members.iter().collect(), removed: vec![] }));
                }
            }
            change_blocks(connection, of_many, &mut grown).await?;
            count(connection, grown).await?;
        }
        Ok(())
    }
}

/// The assets of those of these facts whose rows tell.
async fn few(
    connection: &mut Connection,
    facts: &[i64],
) -> Result<HashMap<i64, RoaringBitmap>, StoreError> {
    let mut select = QueryBuilder::<Backend>::new(
        "SELECT fact_key, few FROM facts WHERE few IS NOT NULL AND fact_key",
    );
    push_list(&mut select, facts);
    let rows: Vec<(i64, Vec<u8>)> = select.build_query_as().fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(fact, few)| (fact, ordinals(&few).collect())).collect())
}

async fn change_blocks(
    connection: &mut Connection,
    changes: Vec<(i64, Change)>,
    grown: &mut Grown,
) -> Result<(), StoreError> {
    let facts: Vec<i64> = changes.iter().map(|(fact, _)| *fact).collect();
    let mut known = blocks(connection, &facts).await?;
    let mut written = Vec::with_capacity(changes.len());
    for (fact, change) in changes {
        for (block, change) in change.by_block() {
            let mut members = known.remove(&(fact, block)).unwrap_or_default();
            grown.entry(fact).or_default().0 += change.apply(&mut members);
            let mut bytes = Vec::with_capacity(members.serialized_size());
            // Memory takes everything.
            members.serialize_into(&mut bytes).map_err(|error| damaged("a bitmap", error))?;
            written.push(((fact, block), bytes));
        }
    }
    for chunk in written.chunks(ROWS_PER_STATEMENT) {
        let mut insert =
            QueryBuilder::<Backend>::new("INSERT INTO postings (fact_key, block, members) ");
        insert.push_values(chunk, |mut row, ((fact, block), bytes)| {
            row.push_bind(*fact).push_bind(*block).push_bind(bytes.clone());
        });
        insert.push(" ON CONFLICT (fact_key, block) DO UPDATE SET members = excluded.members");
        insert.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Keeps count of the members of facts, and says which these are where they are few.
async fn count(connection: &mut Connection, grown: Grown) -> Result<(), StoreError> {
    let mut update = QueryBuilder::<Backend>::new("WITH grown (fact_key, count, few) AS (");
    update.push_values(grown, |mut row, (fact, (count, few))| {
        row.push_bind(fact).push_bind(count).push_bind(few);
    });
    update.push(
        ") UPDATE facts SET members = members + grown.count, few = grown.few FROM grown
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
    facts: Vec<&Holder>,
) -> Result<RoaringBitmap, StoreError> {
    let of_one_group = facts.into_iter().map(|fact| ((), fact)).collect();
    let mut sets = grouped(connection, of_one_group).await?;
    Ok(sets.remove(&()).unwrap_or_default())
}

/// By group, the assets of which one of its facts holds at least. A fact is in one group only.
pub(super) async fn grouped<G: Copy + Eq + Hash>(
    connection: &mut Connection,
    facts: Vec<(G, &Holder)>,
) -> Result<HashMap<G, RoaringBitmap>, StoreError> {
    let mut of_few: HashMap<G, RoaringBitmap> = HashMap::new();
    let mut of_many: HashMap<i64, G> = HashMap::new();
    for (group, fact) in facts {
        match &fact.few {
            Some(few) => of_few.entry(group).or_default().extend(ordinals(few)),
            None => {
                of_many.insert(fact.fact_key, group);
            }
        }
    }
    let keys: Vec<i64> = of_many.keys().copied().collect();
    let mut sets: HashMap<G, Vec<RoaringBitmap>> = HashMap::new();
    for ((fact, _), members) in blocks(connection, &keys).await? {
        sets.entry(of_many[&fact]).or_default().push(members);
    }
    for (group, members) in of_few {
        sets.entry(group).or_default().push(members);
    }
    Ok(sets.into_iter().map(|(group, sets)| (group, sets.union())).collect())
}

fn ordinals(few: &[u8]) -> impl Iterator<Item = u32> {
    unpacked(few).into_iter().map(|ordinal| u32::try_from(ordinal).unwrap_or(u32::MAX))
}

fn bitmap(bytes: &[u8]) -> Result<RoaringBitmap, StoreError> {
    RoaringBitmap::deserialize_from(bytes).map_err(|error| damaged("a bitmap", error))
}
