//! What a scan may touch, looked up again for each batch: rules may have changed since the plan.

use std::collections::HashMap;

use netscan_model::address::{Address, AddressSet};
use netscan_model::scope::{self, Division, Effect, Rule, Scope};
use netscan_model::target::TargetList;
use netscan_store::{Store, StoreError};
use uuid::Uuid;

/// The part of a scan's scope that cannot change while it runs.
pub(super) struct Ground {
    project: String,
    /// What the user named outright.
    opened: AddressSet,
    names: Vec<(String, AddressSet)>,
    /// The names by which the user asked for an address.
    names_of: HashMap<Address, Vec<String>>,
}

impl Ground {
    pub(super) async fn of(store: &Store, scan: Uuid) -> Result<Self, StoreError> {
        let definition = store.definition(scan).await?;
        let targets = TargetList::parse(&definition.targets.join("\n"));
        let mut opened = scope::opened_outright(&targets);
        let mut names = Vec::new();
        let mut names_of: HashMap<Address, Vec<String>> = HashMap::new();
        for name in store.names(scan).await? {
            let Ok(addresses) = name.outcome else { continue };
            opened = opened.union(&scope::opened_by_name(&name.name, &addresses));
            for address in addresses.iter() {
                names_of.entry(address).or_default().push(name.name.clone());
            }
            names.push((name.name, addresses));
        }
        let project = store.scan(scan).await?.project;
        Ok(Self { project, opened, names, names_of })
    }

    /// The names by which the user asked for `address`.
    pub(super) fn names_of(&self, address: Address) -> &[String] {
        self.names_of.get(&address).map_or(&[], Vec::as_slice)
    }

    /// Holds `addresses` against the project's scope as it is now.
    pub(super) async fn divide(
        &self,
        store: &Store,
        addresses: &AddressSet,
    ) -> Result<Division, StoreError> {
        let project = store.project(&self.project).await?;
        // A scope that is gone or cannot be read allows nothing.
        let scope = project.and_then(|project| serde_json::from_value(project.scope).ok());
        let mut scope = scope.unwrap_or_else(deny_everything);
        for (name, addresses) in &self.names {
            scope.admit_resolved(name, addresses);
        }
        Ok(scope.divide(addresses, &AddressSet::new(), &self.opened))
    }
}

fn deny_everything() -> Scope {
    let deny = |text: &str| Rule {
        effect: Effect::Deny,
        subject: text.parse().expect("it is a network"),
        note: None,
    };
    Scope { rules: vec![deny("0.0.0.0/0"), deny("::/0")] }
}
