//! What a scan may touch, looked up again for each batch: rules may have changed since the plan.

use std::collections::HashMap;

use jiff::Timestamp;
use netscan_model::address::{Address, AddressSet};
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::scope::{self, NotAuthorised, Scope};
use netscan_model::target::TargetList;
use netscan_store::{Store, StoreError};
use uuid::Uuid;

const CHANGED: &str = "the project's scope was changed after the scan was planned";
const UNREADABLE: &str = "the project's scope cannot be read";

/// The part of a scan's scope that cannot change while it runs.
pub(super) struct Ground {
    scan: Uuid,
    /// What the user named outright, if that is leave enough.
    opened: AddressSet,
    names: Vec<(String, AddressSet)>,
    /// The names by which the user asked for an address.
    names_of: HashMap<Address, Vec<String>>,
}

impl Ground {
    pub(super) async fn of(store: &Store, scan: Uuid) -> Result<Self, StoreError> {
        let definition = store.definition(scan).await?;
        let targets = TargetList::parse(&definition.targets.join("\n"));
        let opens = |addresses: AddressSet| {
            if definition.opens_outright { addresses } else { AddressSet::new() }
        };
        let mut opened = opens(scope::opened_outright(&targets));
        let mut names = Vec::new();
        let mut names_of: HashMap<Address, Vec<String>> = HashMap::new();
        for name in store.names(scan).await? {
            let Ok(addresses) = name.outcome else { continue };
            opened = opened.union(&opens(scope::opened_by_name(&name.name, &addresses)));
            for address in addresses.iter() {
                names_of.entry(address).or_default().push(name.name.clone());
            }
            names.push((name.name, addresses));
        }
        Ok(Self { scan, opened, names, names_of })
    }

    /// The names by which the user asked for `address`.
    pub(super) fn names_of(&self, address: Address) -> &[String] {
        self.names_of.get(&address).map_or(&[], Vec::as_slice)
    }

    /// Holds `addresses` against the project's scope as it is now, and says what of them must not be
    /// scanned, and why.
    pub(super) async fn forbidden(
        &self,
        store: &Store,
        addresses: &AddressSet,
        now: Timestamp,
    ) -> Result<Vec<CoverageRange>, StoreError> {
        let project = store.project_of(self.scan).await?;
        let out_of_scope = |set: &AddressSet, why: &str| {
            CoverageRange::of_all(set, CoverageState::OutOfScope, why)
        };
        Ok(match in_force(project.scope, now) {
            Ok(scope) => self.outside(scope, addresses),
            Err(Closed::NotAuthorised(why)) => out_of_scope(addresses, &why.to_string()),
            Err(Closed::Unreadable) => out_of_scope(addresses, UNREADABLE),
        })
    }

    fn outside(&self, mut scope: Scope, addresses: &AddressSet) -> Vec<CoverageRange> {
        for (name, addresses) in &self.names {
            scope.admit_resolved(name, addresses);
        }
        let division = scope.divide(addresses, &AddressSet::new(), &self.opened);
        let lines = |set: &AddressSet, state| CoverageRange::of_all(set, state, CHANGED);
        let mut outside = lines(&division.excluded, CoverageState::Excluded);
        outside.extend(lines(&division.out_of_scope, CoverageState::OutOfScope));
        outside
    }
}

/// Why nothing of a project may be scanned.
enum Closed {
    NotAuthorised(NotAuthorised),
    Unreadable,
}

/// A scope that cannot be read allows nothing.
fn in_force(scope: serde_json::Value, now: Timestamp) -> Result<Scope, Closed> {
    let scope: Scope = serde_json::from_value(scope).map_err(|_| Closed::Unreadable)?;
    scope.in_force(now).map_err(Closed::NotAuthorised)
}
