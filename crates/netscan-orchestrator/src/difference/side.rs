//! One of two scans that are compared, read from its lowest address to its highest.

use std::collections::VecDeque;

use netscan_model::address::Address;
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::{Host, HostStatus};
use netscan_model::reach::Reach;
use netscan_model::scan::Scan;
use netscan_store::{HostCursor, Realm, StoreError};
use uuid::Uuid;

/// Hosts, or lines of the ledger, that are read at a time.
const PAGE: u32 = 256;

/// A scan and how far it has been read.
pub(super) struct Side {
    realm: Realm,
    scan: Uuid,
    reach: Reach,
    hosts: VecDeque<Host>,
    behind: HostCursor,
    has_all_hosts: bool,
    lines: VecDeque<CoverageRange>,
    last_line: Option<Address>,
    has_all_lines: bool,
}

impl Side {
    pub(super) async fn begin(realm: &Realm, scan: &Scan) -> Result<Self, StoreError> {
        Ok(Self {
            realm: realm.clone(),
            scan: scan.id,
            reach: realm.reach(scan).await?,
            hosts: VecDeque::new(),
            behind: HostCursor::default(),
            has_all_hosts: false,
            lines: VecDeque::new(),
            last_line: None,
            has_all_lines: false,
        })
    }

    /// How far the scan looked.
    pub(super) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The address of the next host that answered.
    pub(super) async fn next_address(&mut self) -> Result<Option<Address>, StoreError> {
        while self.hosts.is_empty() && !self.has_all_hosts {
            let page = self.realm.hosts(self.scan, &self.behind, PAGE).await?;
            match page.last() {
                Some(last) => self.behind = HostCursor::after(last.address),
                None => self.has_all_hosts = true,
            }
            self.hosts.extend(page.into_iter().filter(|host| host.status == HostStatus::Up));
        }
        Ok(self.hosts.front().map(|host| host.address))
    }

    /// The next host, if it is the one at `address`.
    pub(super) fn take(&mut self, address: Address) -> Option<Host> {
        self.hosts.pop_front_if(|host| host.address == address)
    }

    /// What became of `address`, which lies behind all that were asked for before.
    pub(super) async fn state_of(
        &mut self,
        address: Address,
    ) -> Result<Option<CoverageState>, StoreError> {
        let key = address.to_key();
        self.lines.retain(|line| line.addresses.last().to_key() >= key);
        let has_passed = |line: &CoverageRange| line.addresses.first().to_key() > key;
        while !self.has_all_lines && !self.lines.back().is_some_and(has_passed) {
            let page = self.realm.coverage_page(self.scan, &[], self.last_line, PAGE).await?;
            match page.last() {
                Some(last) => self.last_line = Some(last.addresses.last()),
                None => self.has_all_lines = true,
            }
            let is_ahead = |line: &CoverageRange| line.addresses.last().to_key() >= key;
            self.lines.extend(page.into_iter().filter(is_ahead));
        }
        let line = self.lines.iter().find(|line| line.addresses.contains(address));
        Ok(line.map(|line| line.state))
    }
}
