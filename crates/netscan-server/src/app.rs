//! What all operations share.

use std::sync::Arc;

use netscan_broker::Bus;
use netscan_model::access::Role;
use netscan_modules::nmap::options::Policy;
use netscan_modules::nmap::scripts::ScriptCatalogue;
use netscan_orchestrator::runner::Runner;
use netscan_store::Store;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::health::Measures;
use crate::live::{StoredHistory, Tickets};
use crate::session::guard::SignInGuard;
use crate::session::oidc::Provider;
use crate::session::password::Passwords;
use crate::settings::Settings;

/// What a server is made of.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
}

/// What is handed to a server when it is made.
pub struct Parts {
    /// Everything that outlives it.
    pub store: Store,
    /// The runner in this process, if there is one.
    pub runner: Option<Arc<Runner>>,
    /// The live events.
    pub bus: Bus<StoredHistory>,
    /// The scripts of the nmap on this machine.
    pub scripts: Arc<ScriptCatalogue>,
    /// How it behaves.
    pub settings: Settings,
    /// Cancelled when the server is to end: open WebSockets close.
    pub shutdown: CancellationToken,
}

struct Shared {
    parts: Parts,
    measures: Measures,
    sockets: TaskTracker,
    tickets: Tickets,
    sign_in: SignInGuard,
    passwords: Passwords,
    oidc: Option<Provider>,
    printer: Semaphore,
}

impl App {
    /// The server made of `parts`.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let oidc = parts.settings.oidc.clone().map(Provider::new);
        let shared = Shared {
            parts,
            measures: Measures::default(),
            sockets: TaskTracker::new(),
            tickets: Tickets::default(),
            sign_in: SignInGuard::default(),
            passwords: Passwords::default(),
            oidc,
            printer: Semaphore::new(1),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The whole database: for finding out who asks, and for operations. Handlers get a realm from
    /// their caller instead.
    pub(crate) fn store(&self) -> &Store {
        &self.shared.parts.store
    }

    pub(crate) fn runner(&self) -> Option<&Arc<Runner>> {
        self.shared.parts.runner.as_ref()
    }

    pub(crate) fn bus(&self) -> &Bus<StoredHistory> {
        &self.shared.parts.bus
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.shared.parts.settings
    }

    /// What was measured, for `/metrics`.
    pub(crate) fn measures(&self) -> &Measures {
        &self.shared.measures
    }

    /// The WebSockets that are open.
    pub(crate) fn sockets(&self) -> &TaskTracker {
        &self.shared.sockets
    }

    pub(crate) fn shutdown(&self) -> &CancellationToken {
        &self.shared.parts.shutdown
    }

    pub(crate) fn tickets(&self) -> &Tickets {
        &self.shared.tickets
    }

    pub(crate) fn sign_in(&self) -> &SignInGuard {
        &self.shared.sign_in
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.shared.passwords
    }

    /// Who else vouches for people, if somebody does.
    pub(crate) fn oidc(&self) -> Option<&Provider> {
        self.shared.oidc.as_ref()
    }

    /// The right to print a report.
    pub(crate) fn printer(&self) -> &Semaphore {
        &self.shared.printer
    }

    /// What someone with that role may ask of nmap.
    pub(crate) fn policy(&self, role: Role) -> Policy {
        Policy::of(role, self.shared.parts.scripts.clone(), self.settings().max_rate_limit)
    }
}
