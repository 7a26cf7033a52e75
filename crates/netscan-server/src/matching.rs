//! Which hosts of one scan a query means.
//!
//! What a query asks for besides what the scan saw of a host, such as the tags of targets, is read
//! once and only when it is asked for.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use netscan_model::address::{AddressRange, AddressSet};
use netscan_model::observation::Host;
use netscan_model::scan::Scan;
use netscan_model::search::{Field, HostView, Query, QueryError};
use netscan_model::target::{Target, UrlHost};
use netscan_store::{Realm, StoreError};

use crate::refusal::Refusal;

/// The most names of one pattern that are looked at for tags.
const MOST_NAMES: usize = 65_536;

/// The hosts of one scan that a query means.
#[derive(Debug)]
pub struct Matching {
    query: Query,
    scan: u64,
    /// When the scan saw a host of which nmap does not say when.
    at: Option<Timestamp>,
    tagged: Vec<Tagged>,
    now: Timestamp,
}

/// The query that a parameter holds, if it is there; `field` is its JSON pointer.
pub(crate) fn asked(field: &str, text: Option<&str>) -> Result<Option<Query>, Refusal> {
    let read = text.map(str::parse).transpose();
    read.map_err(|wrong: QueryError| Refusal::field(field, wrong.to_string()))
}

/// What has one tag.
#[derive(Debug)]
struct Tagged {
    tag: String,
    addresses: AddressSet,
    /// In lower case.
    names: HashSet<String>,
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
        let asks_for_tags = query.asks_for(Field::Tag);
        let tagged = if asks_for_tags {
            tagged(realm, &scan.project_id.to_string()).await?
        } else {
            Vec::new()
        };
        let at = scan.completed_at.or(scan.started_at);
        Ok(Self { query, scan: scan.number, at, tagged, now })
    }

    /// What is looked for.
    #[must_use]
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// Whether the host is one of them.
    #[must_use]
    pub fn has(&self, host: &Host) -> bool {
        let has_tag = |tagged: &&Tagged| tagged.has(host);
        let tags: Vec<String> =
            self.tagged.iter().filter(has_tag).map(|tagged| tagged.tag.clone()).collect();
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

impl Tagged {
    fn has(&self, host: &Host) -> bool {
        self.addresses.contains(host.address)
            || self.addresses.contains(host.address.with_zone(None))
            || host.hostnames.iter().any(|it| self.names.contains(&it.name.to_ascii_lowercase()))
    }
}

/// The targets of a project, by their tags.
async fn tagged(realm: &Realm, project: &str) -> Result<Vec<Tagged>, StoreError> {
    let mut by_tag: BTreeMap<String, (Vec<AddressRange>, HashSet<String>)> = BTreeMap::new();
    for target in realm.targets(project).await? {
        // What is stored was a target once.
        let Ok(read) = target.target.parse::<Target>() else { continue };
        for tag in target.tags {
            let (ranges, names) = by_tag.entry(tag).or_default();
            ranges.extend(read.ranges());
            names.extend(names_of(&read));
        }
    }
    let tagged = |(tag, (ranges, names)): (String, (Vec<AddressRange>, HashSet<String>))| Tagged {
        tag,
        addresses: ranges.into_iter().collect(),
        names,
    };
    Ok(by_tag.into_iter().map(tagged).collect())
}

fn names_of(target: &Target) -> Vec<String> {
    match target {
        Target::Names(pattern) => pattern.names().take(MOST_NAMES).collect(),
        Target::Url { host: UrlHost::Name(name), .. } => vec![name.clone()],
        Target::Addresses(_) | Target::Octets(_) | Target::Url { .. } | Target::Email { .. } => {
            Vec::new()
        }
    }
}
