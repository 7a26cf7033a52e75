//! Counts what the assets that were found have in common.

use netscan_model::inventory::{FacetField, Fact, Kind};
use netscan_model::observation::Host;
use netscan_model::target::Target;
use roaring::RoaringBitmap;

use super::super::damaged;
use super::postings::{self, Holder};
use crate::error::StoreError;
use crate::inventory::Facet;
use crate::sqlite::Connection;

/// Of the facts of a kind, so many are looked at: those that hold of most assets.
const MOST_FACTS: i64 = 2_000;
/// Values that are told of one facet.
const MOST_VALUES: usize = 20;

/// How many of `found` have which value, most first.
pub(crate) async fn facet(
    connection: &mut Connection,
    project_key: i64,
    found: &RoaringBitmap,
    field: FacetField,
) -> Result<Vec<Facet>, StoreError> {
    let (kind, open_only) = match field {
        FacetField::Port => (Kind::State, true),
        FacetField::Service | FacetField::Product => (Kind::Port, true),
        FacetField::Os => (Kind::Os, false),
        FacetField::Vendor => (Kind::Vendor, false),
        FacetField::Net => (Kind::Narrow, false),
    };
    let rows: Vec<(i64, Option<Vec<u8>>, String)> = sqlx::query_as(
        "SELECT fact_key, few, body FROM facts
         WHERE project_key = $1 AND kind = $2 AND members > 0 AND is_open >= $3
         ORDER BY members DESC LIMIT $4",
    )
    .bind(project_key)
    .bind(kind.name())
    .bind(i64::from(open_only))
    .bind(MOST_FACTS)
    .fetch_all(&mut *connection)
    .await?;
    let mut holders: Vec<(String, Holder)> = Vec::with_capacity(rows.len());
    for (fact_key, few, body) in rows {
        if let Some(value) = value(field, kind, &body)? {
            holders.push((value, Holder { fact_key, few }));
        }
    }
    let by_value = holders.iter().map(|(value, holder)| (value.as_str(), holder)).collect();
    let mut facets: Vec<Facet> = postings::grouped(connection, by_value)
        .await?
        .into_iter()
        .map(|(value, set)| Facet { value: value.to_owned(), count: set.intersection_len(found) })
        .filter(|facet| facet.count > 0)
        .collect();
    facets.sort_by(|one, other| {
        other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value))
    });
    facets.truncate(MOST_VALUES);
    Ok(facets)
}

fn value(field: FacetField, kind: Kind, body: &str) -> Result<Option<String>, StoreError> {
    if field == FacetField::Net {
        let network = kind.network_of(body).ok_or_else(|| damaged("a network", body))?;
        return Ok(Some(Target::Addresses(network).to_string()));
    }
    let host: Host = Fact::host(kind, body).ok_or_else(|| damaged("a fact", body))?;
    let port = host.ports.first();
    let service = port.and_then(|port| port.service.as_ref());
    Ok(match field {
        FacetField::Port => port.map(|port| format!("{}/{}", port.port, port.protocol)),
        FacetField::Service => {
            service.map(|service| service.name.clone()).filter(|name| !name.is_empty())
        }
        FacetField::Product => service.and_then(|service| service.product.clone()),
        FacetField::Os => host.os.first().map(|os| {
            os.classes.first().map_or_else(|| os.name.clone(), |class| class.family.clone())
        }),
        FacetField::Vendor => host.vendor,
        FacetField::Net => None,
    })
}
