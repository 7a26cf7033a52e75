//! The dictionary of facts: each has one key in its project, whatever the number of assets of which
//! it holds.

use std::collections::HashMap;

use netscan_model::inventory::{Fact, Kind};
use netscan_model::observation::PortState;
use sha2::{Digest as _, Sha256};
use sqlx::QueryBuilder;

use super::super::push_list;
use crate::error::StoreError;
use crate::sqlite::{Backend, Connection, ROWS_PER_STATEMENT, texts};

/// So many keys are remembered from one step to the next.
const MOST_REMEMBERED: usize = 200_000;

/// What tells a fact from all others of its project: its kind, the key of its port, and its body.
type Name = (Kind, Option<i64>, String);

/// Keys of facts, as far as they were needed.
#[derive(Default)]
pub(crate) struct Dictionary {
    known: HashMap<(i64, Name), i64>,
}

impl Dictionary {
    /// The keys of the facts of some assets, which are given to facts that have none yet.
    pub(super) async fn keys(
        &mut self,
        connection: &mut Connection,
        project_key: i64,
        of_each: Vec<Vec<Fact>>,
    ) -> Result<Vec<Vec<i64>>, StoreError> {
        if self.known.len() > MOST_REMEMBERED {
            self.known.clear();
        }
        // What is about a port comes behind the state of the port.
        let mut found: HashMap<Name, i64> = HashMap::new();
        let mut keys: Vec<Vec<i64>> = of_each.iter().map(|facts| vec![0; facts.len()]).collect();
        for has_port in [false, true] {
            let mut missing: HashMap<Name, (Option<u16>, bool)> = HashMap::new();
            let mut wanted = Vec::new();
            for (asset, facts) in of_each.iter().enumerate() {
                for (place, fact) in facts.iter().enumerate() {
                    if fact.of.is_some() != has_port {
                        continue;
                    }
                    let of = fact.of.map(|port| keys[asset][port]);
                    let name = (fact.kind, of, fact.body.clone());
                    if let Some(key) = self.known.get(&(project_key, name.clone())) {
                        keys[asset][place] = *key;
                        continue;
                    }
                    missing.entry(name.clone()).or_insert_with(|| {
                        let port = fact.of.map_or(fact, |port| &facts[port]);
                        (fact.port, is_open(port))
                    });
                    wanted.push((asset, place, name));
                }
            }
            found.extend(resolved(connection, project_key, missing).await?);
            for (asset, place, name) in wanted {
                let key = found[&name];
                keys[asset][place] = key;
                if is_shared(name.0) {
                    self.known.insert((project_key, name), key);
                }
            }
        }
        Ok(keys)
    }
}

/// Whether many assets have facts of this kind in common. The others are not worth remembering.
pub(super) fn is_shared(kind: Kind) -> bool {
    !matches!(kind, Kind::Script | Kind::HostScript | Kind::Name | Kind::Mac | Kind::Suspect)
}

/// Whether it is, or is about, an open port.
fn is_open(fact: &Fact) -> bool {
    matches!(fact.kind, Kind::State | Kind::Port)
        && Fact::host(fact.kind, &fact.body)
            .is_some_and(|host| host.ports.iter().any(|port| port.state == PortState::Open))
}

/// The keys of these facts, which are stored if they are not yet.
async fn resolved(
    connection: &mut Connection,
    project_key: i64,
    missing: HashMap<Name, (Option<u16>, bool)>,
) -> Result<HashMap<Name, i64>, StoreError> {
    let mut by_digest: HashMap<Vec<u8>, (Name, Option<u16>, bool)> = missing
        .into_iter()
        .map(|(name, (port, is_open))| (digest(&name), (name, port, is_open)))
        .collect();
    let mut keys = HashMap::with_capacity(by_digest.len());
    let digests: Vec<Vec<u8>> = by_digest.keys().cloned().collect();
    for chunk in digests.chunks(ROWS_PER_STATEMENT) {
        let mut select =
            QueryBuilder::<Backend>::new("SELECT fact_key, digest FROM facts WHERE project_key = ");
        push_list(select.push_bind(project_key).push(" AND digest"), chunk);
        let rows: Vec<(i64, Vec<u8>)> = select.build_query_as().fetch_all(&mut *connection).await?;
        for (key, digest) in rows {
            if let Some((name, ..)) = by_digest.remove(&digest) {
                keys.insert(name, key);
            }
        }
    }
    let mut next: i64 = sqlx::query_scalar(
        "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'facts'), 0)",
    )
    .fetch_one(&mut *connection)
    .await?;
    let mut new = Vec::with_capacity(by_digest.len());
    for (digest, (name, port, is_open)) in by_digest {
        next += 1;
        keys.insert(name.clone(), next);
        new.push((next, digest, name, port, is_open));
    }
    store(connection, project_key, &new).await?;
    Ok(keys)
}

type New = (i64, Vec<u8>, Name, Option<u16>, bool);

async fn store(
    connection: &mut Connection,
    project_key: i64,
    new: &[New],
) -> Result<(), StoreError> {
    for chunk in new.chunks(ROWS_PER_STATEMENT) {
        let mut insert = QueryBuilder::<Backend>::new(
            "INSERT INTO facts
                 (fact_key, project_key, kind, digest, of_fact, port, is_open, body, few) ",
        );
        insert.push_values(chunk, |mut row, (key, digest, (kind, of, body), port, is_open)| {
            row.push_bind(*key)
                .push_bind(project_key)
                .push_bind(kind.name())
                .push_bind(digest.clone())
                .push_bind(*of)
                .push_bind(port.map(i64::from))
                .push_bind(i64::from(*is_open))
                .push_bind(body.clone())
                .push_bind(Vec::<u8>::new());
        });
        insert.build().execute(&mut *connection).await?;
        for is_of_many in [false, true] {
            let texts: Vec<(i64, String)> = chunk
                .iter()
                .filter(|(_, _, (kind, ..), ..)| {
                    *kind != Kind::State && is_shared(*kind) == is_of_many
                })
                .filter_map(|(key, _, (kind, _, body), ..)| {
                    let fact = Fact { kind: *kind, of: None, body: body.clone(), port: None };
                    Some((*key, fact.text()?))
                })
                .collect();
            texts::store(connection, is_of_many, &texts).await?;
        }
    }
    Ok(())
}

/// Sixteen bytes that no two facts of a project have in common.
fn digest((kind, of, body): &Name) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(kind.name());
    hash.update([0]);
    hash.update(of.unwrap_or_default().to_be_bytes());
    hash.update(body);
    hash.finalize()[..16].to_vec()
}

/// Ascending keys in few bytes: each as its distance from the one before, seven bits a byte (LEB128).
pub(super) fn packed(keys: &[i64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * keys.len());
    let mut last = 0;
    for key in keys {
        let mut left = (key - last).unsigned_abs();
        last = *key;
        loop {
            let [low, ..] = left.to_le_bytes();
            left >>= 7;
            if left == 0 {
                bytes.push(low & 0x7f);
                break;
            }
            bytes.push(low | 0x80);
        }
    }
    bytes
}

/// What was [`packed`].
pub(super) fn unpacked(bytes: &[u8]) -> Vec<i64> {
    let mut keys = Vec::with_capacity(bytes.len());
    let (mut last, mut distance, mut shift) = (0_i64, 0_u64, 0);
    for byte in bytes {
        distance |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            last += i64::try_from(distance).unwrap_or(i64::MAX);
            keys.push(last);
            (distance, shift) = (0, 0);
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_as_they_were_packed() {
        for keys in [vec![], vec![1], vec![1, 2, 127, 128, 129, 300, 1 << 40]] {
            assert_eq!(unpacked(&packed(&keys)), keys);
        }
    }
}
