//! Who runs batches, and what is known of addresses.

use std::time::SystemTime;

use jiff::Timestamp;
use netscan_api::query::ListHistory;
use netscan_api::target::HistoryEntry;
use netscan_api::worker::{WorkerBody, WorkerKind};
use netscan_model::Address;
use netscan_orchestrator::lock::Holder;
use netscan_server::bodies;

use super::errors::unless_missing;
use super::{Desk, Place};

/// What is told of an address at most.
const MOST_HISTORY: u32 = 1_000;

impl Desk<'_> {
    /// Who runs the batches just now, as far as scans that wait are concerned.
    pub(crate) fn holder(&self) -> Option<Holder> {
        match &self.place {
            Place::Here(_) => self.context.holder(),
            Place::There(_) => Some(Holder { is_server: true, ..Holder::default() }),
        }
    }

    /// Which version the server has and as whom it knows the caller, in a few words; nothing to say
    /// without a server.
    pub(crate) async fn who(&self) -> anyhow::Result<String> {
        let Place::There(client) = &self.place else { return Ok(String::new()) };
        let version = client.liveness().await?.version;
        let session = client.session().await?;
        let organisation = session.organisation.name;
        Ok(format!("netscan {version}; {} of {organisation}", session.role))
    }

    /// All workers. Of a process on this machine it is known that it runs, and not what.
    pub(crate) async fn workers(&self) -> anyhow::Result<Vec<WorkerBody>> {
        match &self.place {
            Place::Here(_) => {
                Ok(self.context.holder().map(|it| self.local(it)).into_iter().collect())
            }
            Place::There(client) => Ok(client.workers().await?),
        }
    }

    fn local(&self, holder: Holder) -> WorkerBody {
        let capabilities = self.context.capabilities();
        let name = holder.pid.map_or_else(|| "unknown".into(), |pid| format!("process {pid}"));
        let now = Timestamp::now();
        WorkerBody {
            name,
            kind: if holder.is_server { WorkerKind::Embedded } else { WorkerKind::Local },
            pid: holder.pid,
            version: env!("CARGO_PKG_VERSION").into(),
            nmap_version: capabilities.nmap.map(|nmap| nmap.version),
            raw_sockets: capabilities.raw_sockets,
            modules: vec!["nmap".into()],
            since: holder.pid.and_then(begun).unwrap_or(now),
            last_seen_at: now,
            batches: Vec::new(),
        }
    }

    /// What scans of the project saw of an address, newest first.
    pub(crate) async fn history(&self, address: Address) -> anyhow::Result<Vec<HistoryEntry>> {
        match &self.place {
            Place::Here(realm) => {
                let Some(project) = realm.project(self.project()).await? else {
                    return Ok(Vec::new());
                };
                let seen = realm.history(address, Some(project.id), MOST_HISTORY).await?;
                Ok(seen.into_iter().map(|it| bodies::history_entry(address, it)).collect())
            }
            Place::There(client) => {
                let project = Some(self.project().to_owned());
                let query = ListHistory { project, ..ListHistory::default() };
                let seen = client.history(&address.to_string(), &query).await;
                Ok(unless_missing(seen)?.unwrap_or_default())
            }
        }
    }
}

/// When a process of this machine began (proc(5)).
fn begun(pid: u32) -> Option<Timestamp> {
    let directory = std::fs::metadata(format!("/proc/{pid}")).ok()?;
    let begun: SystemTime = directory.modified().ok()?;
    begun.try_into().ok()
}
