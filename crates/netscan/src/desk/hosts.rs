//! The hosts of a scan, page by page.

use anyhow::Context as _;
use netscan_api::Page;
use netscan_api::query::ListHosts;
use netscan_model::Address;
use netscan_model::observation::Host;
use netscan_model::scan::Scan;
use netscan_model::search::Query;
use netscan_server::matching::Matching;
use netscan_store::HostCursor;

use super::{Desk, Place};

/// Hosts that are read from the store at a time when only some of them match.
const READ_AT_A_TIME: u32 = 1_000;
/// How often that is done for one page.
const MOST_READS: usize = 10;

impl Desk<'_> {
    /// The next hosts of the scan behind `cursor`, by address; `only` those that match, if it is
    /// said. Where few match, a page may have fewer than `limit` though there are more.
    pub(crate) async fn hosts(
        &self,
        scan: &Scan,
        only: Option<&Query>,
        cursor: Option<&str>,
        limit: u32,
    ) -> anyhow::Result<Page<Host>> {
        let realm = match &self.place {
            Place::Here(realm) => realm,
            Place::There(client) => {
                let query = ListHosts {
                    filter: only.map(ToString::to_string),
                    cursor: cursor.map(str::to_owned),
                    limit: Some(limit),
                    ..ListHosts::default()
                };
                return Ok(client.hosts_of_scan(scan.id, &query).await?.map(|body| body.host));
            }
        };
        let only = match only {
            Some(query) => Some(Matching::of(realm, scan, query.clone(), self.by().now).await?),
            None => None,
        };
        let at_a_time = if only.is_some() { READ_AT_A_TIME } else { limit };
        let mut behind = cursor.map(place).transpose()?;
        let mut items = Vec::new();
        for _ in 0..MOST_READS {
            let after = behind.map(HostCursor::after).unwrap_or_default();
            let hosts = realm.hosts(scan.id, &after, at_a_time).await?;
            let is_last = u32::try_from(hosts.len()).is_ok_and(|read| read < at_a_time);
            for host in hosts {
                if u32::try_from(items.len()).is_ok_and(|count| count >= limit) {
                    return Ok(page(items, behind));
                }
                behind = Some(host.address);
                if only.as_ref().is_none_or(|only| only.has(&host)) {
                    items.push(host);
                }
            }
            if is_last {
                return Ok(Page::whole(items));
            }
        }
        Ok(page(items, behind))
    }
}

fn page(items: Vec<Host>, behind: Option<Address>) -> Page<Host> {
    Page { items, next_cursor: behind.map(|address| address.to_string()) }
}

/// The address that a cursor stands for.
fn place(cursor: &str) -> anyhow::Result<Address> {
    cursor.parse().context("this is no cursor of this list; take it as it came")
}
