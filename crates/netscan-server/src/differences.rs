//! What changed from one scan to another, address by address.
//!
//! A difference is only told where both scans looked: an address that one of them did not reach, or
//! a port that it did not probe, is `not_scanned`, and never `closed` or `gone`. Both scans are read
//! side by side in ascending order, so that their size does not matter.

mod probed;
mod side;

use std::cmp::Ordering;
use std::collections::{BTreeMap, VecDeque};

use netscan_api::diff::{Change, ChangeBody, DiffSummary};
use netscan_model::address::Address;
use netscan_model::coverage::CoverageState;
use netscan_model::observation::{Host, Port, PortKey, PortState, Service};
use netscan_model::scan::Scan;
use netscan_store::{Realm, StoreError};
use serde_json::{Value, json};

use self::probed::Probed;
use self::side::Side;

/// The differences of two scans while they are being looked for.
pub struct Differences {
    before: Side,
    after: Side,
    found: VecDeque<ChangeBody>,
    summary: DiffSummary,
}

impl Differences {
    /// Begins to compare `after` with `before`.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when they cannot be read.
    pub async fn between(realm: &Realm, before: &Scan, after: &Scan) -> Result<Self, StoreError> {
        Ok(Self {
            before: Side::begin(realm, before).await?,
            after: Side::begin(realm, after).await?,
            found: VecDeque::new(),
            summary: DiffSummary::default(),
        })
    }

    /// The next difference, by address; nothing behind the last one.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the rest cannot be read.
    pub async fn next(&mut self) -> Result<Option<ChangeBody>, StoreError> {
        loop {
            if let Some(change) = self.found.pop_front() {
                self.summary.count(change.change);
                return Ok(Some(change));
            }
            if !self.look_at_next().await? {
                return Ok(None);
            }
        }
    }

    /// How many differences of each kind there were so far.
    #[must_use]
    pub fn summary(&self) -> DiffSummary {
        self.summary
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
            before: Sight {
                state: self.before.state_of(next).await?,
                host: self.before.take(next),
                probed: self.before.probed(),
            },
            after: Sight {
                state: self.after.state_of(next).await?,
                host: self.after.take(next),
                probed: self.after.probed(),
            },
        };
        self.found.extend(view.changes());
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
    probed: &'a Probed,
}

impl Sight<'_> {
    fn state_json(&self) -> Value {
        self.state.map_or(Value::Null, |state| json!(state))
    }

    /// Whether the port would have been seen if it were open.
    fn has_looked_at(&self, port: PortKey) -> bool {
        self.state == Some(CoverageState::Up) && self.probed.has(port)
    }
}

impl View<'_> {
    fn changes(&self) -> Vec<ChangeBody> {
        match (&self.before.host, &self.after.host) {
            (Some(before), Some(after)) => self.of_ports(&ports(before), &ports(after)),
            (Some(_), None) => vec![self.of_host(Change::Gone, self.after.state)],
            (None, Some(_)) => vec![self.of_host(Change::New, self.before.state)],
            (None, None) => Vec::new(),
        }
    }

    /// The address answered one scan only; `state` is what became of it in the other.
    fn of_host(&self, change: Change, state: Option<CoverageState>) -> ChangeBody {
        let is_known = state == Some(CoverageState::Down);
        ChangeBody {
            change: if is_known { change } else { Change::NotScanned },
            address: self.address,
            port: None,
            protocol: None,
            before: self.before.state_json(),
            after: self.after.state_json(),
        }
    }

    fn of_ports(
        &self,
        before: &BTreeMap<PortKey, &Port>,
        after: &BTreeMap<PortKey, &Port>,
    ) -> Vec<ChangeBody> {
        let mut keys: Vec<_> = before.keys().chain(after.keys()).copied().collect();
        keys.sort_unstable();
        keys.dedup();
        let change = |key: PortKey| {
            let (before, after) = (before.get(&key).copied(), after.get(&key).copied());
            let change = self.of_port(key, before, after)?;
            Some(ChangeBody {
                change,
                address: self.address,
                port: Some(key.port),
                protocol: Some(key.protocol),
                before: before.map_or(Value::Null, |port| json!(port)),
                after: after.map_or(Value::Null, |port| json!(port)),
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
            (true, true) => {
                let is_same = what_is_behind(before) == what_is_behind(after);
                (!is_same).then_some(Change::Changed)
            }
            (false, true) if is_known(&self.before, before) => Some(Change::Opened),
            (true, false) if is_known(&self.after, after) => Some(Change::Closed),
            _ => Some(Change::NotScanned),
        }
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
