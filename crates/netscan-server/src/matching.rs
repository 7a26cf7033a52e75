//! Which hosts of one scan a query means.
//!
//! What a query asks for besides what the scan saw of a host, such as the tags of targets, is read
//! once and only when it is asked for.

use jiff::Timestamp;
use netscan_model::observation::Host;
use netscan_model::scan::Scan;
use netscan_model::search::{Field, HostView, Query, QueryError, Tags};
use netscan_store::{Realm, StoreError};

use crate::refusal::Refusal;

/// The hosts of one scan that a query means.
#[derive(Debug)]
pub struct Matching {
    query: Query,
    scan: u64,
    /// When the scan saw a host of which nmap does not say when.
    at: Option<Timestamp>,
    tags: Tags,
    now: Timestamp,
}

/// The query that a parameter holds, if it is there; `field` is its JSON pointer.
pub(crate) fn asked(field: &str, text: Option<&str>) -> Result<Option<Query>, Refusal> {
    let read = text.map(str::parse).transpose();
    read.map_err(|wrong: QueryError| Refusal::field(field, wrong.to_string()))
}

impl Matching {
    /// The hosts of `scan` that `query` means at the time `now`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the tags cannot be read.
    pub async fn of(
        realm: &Realm,
        scan: &Scan,
        query: Query,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let tags = if query.asks_for(Field::Tag) {
            realm.tags(&scan.project_id.to_string()).await?
        } else {
            Tags::default()
        };
        let at = scan.completed_at.or(scan.started_at);
        Ok(Self { query, scan: scan.number, at, tags, now })
    }

    /// What is looked for.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether the host is one of them.
    #[must_use]
    pub fn has(&self, host: &Host) -> bool {
        let tags = self.tags.of_host(host);
        let seen = host.ended_at.or(host.started_at).or(self.at);
        self.query.matches(&HostView {
            host,
            tags: &tags,
            first_seen: seen,
            last_seen: seen,
            scan: Some(self.scan),
            now: self.now,
        })
    }
}
