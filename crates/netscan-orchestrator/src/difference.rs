//! What changed from one scan to another, address by address.
//!
//! A difference is only told where both scans looked: an address that one of them did not reach, or
//! a port that it did not probe, is `not_scanned`, and never `closed` or `gone`. A host in whose place
//! something else seems to answer is `suspect`: what it says changes all the time, and none of it is
//! news. Both scans are read side by side in ascending order, so that their size does not matter.

mod choice;
mod side;

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};

use netscan_model::address::Address;
use netscan_model::coverage::CoverageState;
use netscan_model::difference::{Change, Difference, Seen, Wanted};
use netscan_model::observation::{Host, Port, PortKey, PortState, Service};
use netscan_model::reach::Reach;
use netscan_model::scan::Scan;
use netscan_store::{Realm, StoreError};

pub use self::choice::{newest_completed_by, previous};
use self::side::Side;

/// The differences of two scans while they are being looked for.
pub struct Differences {
    before: Side,
    after: Side,
    wanted: Wanted,
    found: VecDeque<Difference>,
}

impl Differences {
    /// Begins to compare `after` with `before`. What `wanted` counts is told.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they cannot be read.
    pub async fn between(
        realm: &Realm,
        before: &Scan,
        after: &Scan,
        wanted: &Wanted,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            before: Side::begin(realm, before).await?,
            after: Side::begin(realm, after).await?,
            wanted: wanted.clone(),
            found: VecDeque::new(),
        })
    }

    /// The next difference, by address; nothing behind the last one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the rest cannot be read.
    pub async fn next(&mut self) -> Result<Option<Difference>, StoreError> {
        loop {
            let Some(difference) = self.found.pop_front() else {
                if self.look_at_next().await? {
                    continue;
                }
                return Ok(None);
            };
            if self.wanted.counts(difference.change) {
                return Ok(Some(difference));
            }
        }
    }

    /// Compares what the scans know of the next address that answered one of them, and says whether
    /// there was one.
    async fn look_at_next(&mut self) -> Result<bool, StoreError> {
        let (before, after) = (self.before.next_address().await?, self.after.next_address().await?);
        let next = match (before, after) {
            (None, None) => return Ok(false),
            (Some(one), None) | (None, Some(one)) => one,
            (Some(one), Some(other)) => match one.to_key().cmp(&other.to_key()) {
                Ordering::Greater => other,
                Ordering::Less | Ordering::Equal => one,
            },
        };
        let view = View {
            address: next,
            before: Sight::of(&mut self.before, next).await?,
            after: Sight::of(&mut self.after, next).await?,
        };
        self.found.extend(view.changes(&self.wanted));
        Ok(true)
    }
}

/// What two scans know of one address.
struct View<'a> {
    address: Address,
    before: Sight<'a>,
    after: Sight<'a>,
}

/// What one scan knows of it.
struct Sight<'a> {
    /// What became of the address; nothing when nobody asked for it.
    state: Option<CoverageState>,
    /// The host, if it answered.
    host: Option<Host>,
    reach: &'a Reach,
}

impl<'a> Sight<'a> {
    async fn of(side: &'a mut Side, address: Address) -> Result<Self, StoreError> {
        Ok(Self {
            state: side.state_of(address).await?,
            host: side.take(address),
            reach: side.reach(),
        })
    }

    /// Whether somebody else seems to answer in its place.
    fn is_suspect(&self) -> bool {
        self.host.as_ref().is_some_and(|host| host.details.suspect.is_some())
    }

    /// Whether the host was scanned to the end.
    fn is_whole(&self) -> bool {
        self.state == Some(CoverageState::Up)
    }

    /// Whether it was not asked for all ports, since it answers on every one.
    fn is_cut_short(&self) -> bool {
        let Some(host) = self.host.as_ref().filter(|_| self.is_suspect()) else { return false };
        let counted: u64 = host.extra_ports.iter().map(|extra| u64::from(extra.count)).sum();
        let told = counted + host.ports.len() as u64;
        self.reach.probed.count().is_none_or(|asked| told < asked)
    }

    /// Whether the port would have been seen if it were open.
    fn has_looked_at(&self, port: PortKey) -> bool {
        self.is_whole() && !self.is_cut_short() && self.reach.probed.has(port)
    }
}

impl View<'_> {
    fn changes(&self, wanted: &Wanted) -> Vec<Difference> {
        let is_suspect = self.before.is_suspect() || self.after.is_suspect();
        if is_suspect && !wanted.has_suspects {
            return vec![self.whole(Change::Suspect)];
        }
        match (&self.before.host, &self.after.host) {
            (Some(before), Some(after)) => self.of_both(before, after),
            (Some(_), None) => vec![self.of_host(Change::Gone, self.after.state)],
            (None, Some(_)) => vec![self.of_host(Change::New, self.before.state)],
            (None, None) => Vec::new(),
        }
    }

    /// The address answered one scan only; `state` is what became of it in the other.
    fn of_host(&self, change: Change, state: Option<CoverageState>) -> Difference {
        let is_known = state == Some(CoverageState::Down);
        self.whole(if is_known { change } else { Change::NotScanned })
    }

    fn whole(&self, change: Change) -> Difference {
        Difference {
            change,
            address: self.address,
            port: None,
            protocol: None,
            before: self.before.state.into(),
            after: self.after.state.into(),
        }
    }

    /// The address answered both. When one of them gave up on it, that is told even if neither saw
    /// an open port: there may be some.
    fn of_both(&self, before: &Host, after: &Host) -> Vec<Difference> {
        let changes = self.of_ports(&ports(before), &ports(after));
        if changes.is_empty() && self.before.is_whole() != self.after.is_whole() {
            return vec![self.of_host(Change::NotScanned, None)];
        }
        changes
    }

    fn of_ports(
        &self,
        before: &BTreeMap<PortKey, &Port>,
        after: &BTreeMap<PortKey, &Port>,
    ) -> Vec<Difference> {
        let mut keys: Vec<_> = before.keys().chain(after.keys()).copied().collect();
        keys.sort_unstable();
        keys.dedup();
        let change = |key: PortKey| {
            let (before, after) = (before.get(&key).copied(), after.get(&key).copied());
            Some(Difference {
                change: self.of_port(key, before, after)?,
                address: self.address,
                port: Some(key.port),
                protocol: Some(key.protocol),
                before: Seen::from(before),
                after: Seen::from(after),
            })
        };
        keys.into_iter().filter_map(change).collect()
    }

    fn of_port(&self, key: PortKey, before: Option<&Port>, after: Option<&Port>) -> Option<Change> {
        let is_open = |port: Option<&Port>| port.is_some_and(|port| port.state == PortState::Open);
        let is_known =
            |sight: &Sight<'_>, port: Option<&Port>| port.is_some() || sight.has_looked_at(key);
        match (is_open(before), is_open(after)) {
            (false, false) => None,
            (true, true) => self.is_another_service(before, after).then_some(Change::Changed),
            (false, true) if is_known(&self.before, before) => Some(Change::Opened),
            (true, false) if is_known(&self.after, after) => Some(Change::Closed),
            _ => Some(Change::NotScanned),
        }
    }

    /// Whether something else is behind an open port. A scan that did not ask knows only what the
    /// port is usually for, which says nothing against one that did.
    fn is_another_service(&self, before: Option<&Port>, after: Option<&Port>) -> bool {
        self.before.reach.has_versions == self.after.reach.has_versions
            && what_is_behind(before) != what_is_behind(after)
    }
}

fn ports(host: &Host) -> BTreeMap<PortKey, &Port> {
    let key = |port: &Port| PortKey { protocol: port.protocol, port: port.port };
    host.ports.iter().map(|port| (key(port), port)).collect()
}

/// The part of a service that is the same as long as the service is: how sure nmap is of it, is not.
fn what_is_behind(port: Option<&Port>) -> Option<[Option<&str>; 5]> {
    let service: &Service = port?.service.as_ref()?;
    Some([
        Some(&service.name),
        service.product.as_deref(),
        service.version.as_deref(),
        service.extra_info.as_deref(),
        service.tunnel.as_deref(),
    ])
}
