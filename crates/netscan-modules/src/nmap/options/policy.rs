//! Who may use which options: the role, and the limits of the installation.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use netscan_model::{access, named};

use crate::nmap::scripts::{Category, Danger, Script, ScriptCatalogue};

/// What the person who writes the options may do. Parsing asks it; nothing else does.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Who is asking.
    pub role: Role,
    /// The most packets per second that `--min-rate` and `--max-rate` may name.
    pub max_rate_limit: NonZeroU32,
    /// Which scripts may run.
    pub scripts: ScriptPolicy,
    /// The network interfaces that `-e` may name. Empty: none.
    pub interfaces: BTreeSet<String>,
}

/// Who writes the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// May scan, with what cannot harm.
    Operator,
    /// Answers for the installation: the local user of the command line, or an administrator.
    Admin,
}

named!(Role, "role", { Operator = "operator", Admin = "admin" });

/// Which scripts may run.
#[derive(Clone, Debug, Default)]
pub struct ScriptPolicy {
    /// The scripts that there are.
    pub catalogue: Arc<ScriptCatalogue>,
    /// Whether an administrator may also use what attacks, guesses passwords, broadcasts, or tells
    /// third parties. Off unless someone turned it on for this installation.
    pub allows_attacks: bool,
}

impl Policy {
    /// One million packets per second: more than one machine sends.
    const MOST_PACKETS: NonZeroU32 = NonZeroU32::new(1_000_000).expect("one million is not zero");

    /// The policy of someone at the command line of their own machine.
    #[must_use]
    pub fn local(catalogue: Arc<ScriptCatalogue>) -> Self {
        let scripts = ScriptPolicy { catalogue, allows_attacks: false };
        let interfaces = BTreeSet::new();
        Self { role: Role::Admin, max_rate_limit: Self::MOST_PACKETS, scripts, interfaces }
    }

    /// The policy of an operator of a server.
    #[must_use]
    pub fn operator(catalogue: Arc<ScriptCatalogue>, max_rate_limit: NonZeroU32) -> Self {
        Self { role: Role::Operator, max_rate_limit, ..Self::local(catalogue) }
    }

    /// The policy of someone with that role in an organisation of a server.
    #[must_use]
    pub fn of(
        role: access::Role,
        catalogue: Arc<ScriptCatalogue>,
        max_rate_limit: NonZeroU32,
    ) -> Self {
        match role {
            access::Role::Admin => Self { max_rate_limit, ..Self::local(catalogue) },
            // Whoever only looks writes no options; if they did, no more would be theirs.
            access::Role::Operator | access::Role::Viewer => {
                Self::operator(catalogue, max_rate_limit)
            }
        }
    }
}

impl ScriptPolicy {
    /// Whether `role` may run `script`.
    ///
    /// # Errors
    ///
    /// Says what about the script forbids it, as the end of a sentence.
    pub fn check(&self, script: &Script, role: Role) -> Result<(), String> {
        let danger = script.dangers.iter().find(|danger| !self.allows_danger(**danger, role));
        if let Some(danger) = danger {
            return Err(danger.to_string());
        }
        let category =
            script.categories.iter().find(|category| !self.allows_category(**category, role));
        match category {
            Some(category) => Err(format!("it is in nmap's category {category}")),
            None => Ok(()),
        }
    }

    /// Files and commands are refused to everybody. `target.add` needs the argument `newtargets`,
    /// which is never passed on, so with the flag it is no more dangerous than the rest.
    fn allows_danger(&self, danger: Danger, role: Role) -> bool {
        match danger {
            Danger::TouchesFiles | Danger::TakesCommand => false,
            Danger::AddsTargets | Danger::RunsBeforeTargets => {
                self.allows_attacks && role == Role::Admin
            }
        }
    }

    fn allows_category(&self, category: Category, role: Role) -> bool {
        match category {
            Category::Default | Category::Discovery | Category::Safe | Category::Version => true,
            Category::Auth | Category::Intrusive | Category::Vuln => role == Role::Admin,
            Category::Broadcast
            | Category::Brute
            | Category::Dos
            | Category::Exploit
            | Category::External
            | Category::Fuzzer
            | Category::Malware => self.allows_attacks && role == Role::Admin,
        }
    }
}
