//! Hosts: what scans know of addresses.

pub(crate) mod brief;
mod list;
mod show;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use netscan_api::Page;
use netscan_api::host::HostBody;
use netscan_api::query::Paging;
use netscan_model::address::Address;
use netscan_store::{FoundCursor, FoundHost, HostFilter, Realm};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::input::{LARGEST_PAGE, cursor, next_cursor, page_size, place};
use crate::matching::Matching;
use crate::refusal::Refusal;

/// Times that as many hosts as a page may hold are read for a page of those that match.
const MOST_READS: usize = 10;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(show::show))
}

/// An address in a scan, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HostId {
    /// The scan.
    pub(crate) scan: Uuid,
    /// The address.
    pub(crate) address: Address,
}

impl fmt::Display for HostId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.scan.as_bytes().as_slice(), &self.address.to_key()].concat();
        out.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl HostId {
    /// Reads what [`fmt::Display`] writes.
    fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (scan, address) = bytes.split_at_checked(16)?;
        let scan = Uuid::from_slice(scan).ok()?;
        Some(Self { scan, address: Address::from_key(address)? })
    }
}

/// The hosts that fit.
pub(crate) async fn page(
    realm: &Realm,
    filter: HostFilter,
    paging: &Paging,
) -> Result<Page<HostBody>, Refusal> {
    let size = page_size(paging.limit)?;
    let filter = HostFilter { after: place(paging.cursor.as_deref())?, ..filter };
    let hosts = realm.hosts_page(&filter, size).await?;
    let next_cursor = next_cursor(&hosts, size, FoundCursor::after);
    Ok(Page { items: hosts.into_iter().map(body).collect(), next_cursor })
}

/// The hosts of one scan that fit, and that `only` has. Of those that fit, so many are looked at for
/// one page that its answer does not take long.
pub(crate) async fn matching_page(
    realm: &Realm,
    filter: HostFilter,
    paging: &Paging,
    only: &Matching,
) -> Result<Page<HostBody>, Refusal> {
    let size = page_size(paging.limit)?;
    let mut after = place(paging.cursor.as_deref())?;
    let mut items = Vec::new();
    for _ in 0..MOST_READS {
        let read = HostFilter { after: after.clone(), ..filter.clone() };
        let hosts = realm.hosts_page(&read, LARGEST_PAGE).await?;
        let is_last = hosts.len() < LARGEST_PAGE as usize;
        for found in hosts {
            if items.len() == size as usize {
                return Ok(Page { items, next_cursor: after.as_ref().map(cursor) });
            }
            after = Some(FoundCursor::after(&found));
            if only.has(&found.host) {
                items.push(body(found));
            }
        }
        if is_last {
            return Ok(Page { items, next_cursor: None });
        }
    }
    Ok(Page { items, next_cursor: after.as_ref().map(cursor) })
}

fn body(found: FoundHost) -> HostBody {
    let FoundHost { scan_id, scan_number, host, .. } = found;
    let id = HostId { scan: scan_id, address: host.address }.to_string();
    let hostname = host.hostnames.first().map(|hostname| hostname.name.clone());
    HostBody { id, scan_id, scan_number, hostname, host }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_host_is_read_back_and_nothing_else_is() {
        for address in ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"] {
            let id = HostId { scan: Uuid::from_u128(7), address: address.parse().unwrap() };

            assert_eq!(HostId::parse(&id.to_string()), Some(id));
        }
        for text in ["", "x", "AAAA", &"A".repeat(22), &"é".repeat(20)] {
            assert_eq!(HostId::parse(text), None, "{text}");
        }
    }
}
