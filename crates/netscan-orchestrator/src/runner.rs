//! The runner: leases batches, supervises their attempts, and ends when there is nothing to do.
//!
//! It holds no state of its own that matters: whatever it knows is in the store, so that it may be
//! killed at any moment. What people want reaches it through the store too, from any process.

mod attempt;
mod ground;
mod job;
mod session;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::scan::Scan;
use netscan_modules::nmap::capabilities::Capabilities;
use netscan_modules::nmap::process;
use netscan_store::{Reclaim, Store, StoreError};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use crate::lock::RunnerLock;
use crate::runner::job::Scanner;
use crate::runner::session::Session;

/// How many live messages a slow watcher may lag behind before it misses some.
const LIVE_BACKLOG: usize = 4_096;

/// How a runner works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name that its leases carry, such as `host-4711`.
    pub worker: String,
    /// Where attempts leave their files.
    pub artifacts: PathBuf,
    /// nmap, if not the one on the path.
    pub program: Option<PathBuf>,
    /// How long a lease holds without a renewal.
    pub lease: Duration,
    /// How often leases are renewed.
    pub heartbeat: Duration,
    /// How long running batches may go on after a pause before they are cut.
    pub grace: Duration,
    /// nmap says something every few seconds; silent for this long, it counts as hung.
    pub silence_limit: Duration,
    /// A batch that has run for this long while others wait for work may be cut.
    pub straggler_after: Duration,
    /// How long a database that is full or locked is tried again before the runner gives up.
    pub patience: Duration,
    /// The first pause when this machine cannot start nmap. Each further one is twice as long; after
    /// the fifth the runner gives up.
    pub trouble_pause: Duration,
}

impl Settings {
    /// The usual times, for a worker of that name.
    #[must_use]
    pub fn new(worker: String, artifacts: PathBuf) -> Self {
        Self {
            worker,
            artifacts,
            program: None,
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(5),
            grace: Duration::from_secs(5),
            silence_limit: Duration::from_mins(1),
            straggler_after: Duration::from_mins(1),
            patience: Duration::from_secs(20),
            trouble_pause: Duration::from_secs(1),
        }
    }
}

/// What happens while a runner works, for people who watch. Lossy: whoever is slow misses some.
#[derive(Clone, Debug)]
pub enum Live {
    /// nmap wrote a line.
    Line {
        /// The batch's number.
        batch_number: u64,
        /// The line, as it came: not to be printed without care.
        line: String,
    },
    /// An attempt began or ended, or a scan's state changed: look at the store again.
    Changed,
}

/// An attempt that is running now.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The scan.
    pub scan: Uuid,
    /// The batch's number.
    pub batch_number: u64,
    /// Addresses in it when it began.
    pub addresses: u64,
    /// Addresses done so far.
    pub done: u64,
    /// Since when.
    pub since: Timestamp,
    /// What nmap is doing, such as `SYN Stealth Scan`.
    pub task: Option<String>,
    /// How far it is with that, 0 to 100.
    pub percent: Option<f64>,
}

/// Why a runner could not work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunnerError {
    /// This machine cannot run scans.
    #[error("this machine cannot run scans: {reason}")]
    Unable {
        /// Why, and what to do about it.
        reason: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs the batches of one database.
pub struct Runner {
    shared: Arc<Shared>,
    focus: Uuid,
}

/// What the parts of a runner have in common.
struct Shared {
    store: Store,
    settings: Settings,
    scanner: Scanner,
    /// The database's id: the mark by which its programs are known.
    instance: Uuid,
    live: broadcast::Sender<Live>,
    running: Mutex<BTreeMap<Uuid, Running>>,
    /// Held as long as anything of the runner lives.
    _lock: RunnerLock,
}

/// An attempt as the runner sees it.
struct Running {
    batch: Uuid,
    activity: Activity,
    /// Asks this attempt alone to end.
    recall: watch::Sender<Option<Recall>>,
}

impl Running {
    /// Asks the attempt to end. The first reason counts.
    fn recall(&self, why: Recall) {
        self.recall.send_if_modified(|recall| {
            let is_first = recall.is_none();
            recall.get_or_insert(why);
            is_first
        });
    }
}

/// Why one attempt is ended while others go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Recall {
    /// It holds up its scan: what is left is cut into so many parts.
    Cut(u32),
    /// How fast or how broadly the scan is run was changed: what is left is begun again.
    Again,
    /// Somebody wants the batch cut, and the store knows how.
    AsAsked,
}

impl Runner {
    /// A runner over `store` for the scan `focus`. It first takes back what a runner before it left
    /// behind: nmaps that are still running, and leases. Other scans that were running then are
    /// sent to rest: they were interrupted, and do not go on unasked.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Unable`] when there is no nmap that could be run safely, or no place for the
    /// artifacts.
    pub async fn start(
        store: Store,
        lock: RunnerLock,
        settings: Settings,
        focus: Uuid,
    ) -> Result<Self, RunnerError> {
        let capabilities = Capabilities::probe(settings.program.as_deref());
        let scanner = Scanner::new(&capabilities)?;
        std::fs::create_dir_all(&settings.artifacts).map_err(|error| RunnerError::Unable {
            reason: format!("cannot make {}: {error}", settings.artifacts.display()),
        })?;
        let now = Timestamp::now();
        let instance = store.instance(Uuid::now_v7(), now).await?;
        lock.announce(&store.scan(focus).await?);
        // The programs first: a batch must not be handed out again while one still works on it.
        let orphans = process::sweep_orphans(&instance.to_string());
        let leases = store.reclaim(Reclaim::All, now).await?;
        let interrupted = store.interrupt(focus, now).await?;
        if orphans > 0 || leases > 0 {
            info!(
                orphans,
                leases, interrupted, "took back {leases} batches and ended {orphans} programs"
            );
        }
        let live = broadcast::channel(LIVE_BACKLOG).0;
        let running = Mutex::default();
        let shared = Shared { store, settings, scanner, instance, live, running, _lock: lock };
        Ok(Self { shared: Arc::new(shared), focus })
    }

    /// What happens from now on.
    #[must_use]
    pub fn live(&self) -> broadcast::Receiver<Live> {
        self.shared.live.subscribe()
    }

    /// The attempts that are running now.
    #[must_use]
    pub fn activity(&self) -> Vec<Activity> {
        self.shared.running().values().map(|running| running.activity.clone()).collect()
    }

    /// Runs the focus until it has ended (a pause holds it, a resume lets it go on), or until
    /// `shutdown`, and meanwhile every other scan that wants to run, the most urgent first. At the
    /// end, what still runs is handed back without an attempt used.
    ///
    /// # Errors
    ///
    /// [`RunnerError::Store`] when the database stays full, locked or broken, and
    /// [`RunnerError::Unable`] when nmap can no longer be started. What was recorded until then is
    /// kept, and the next run goes on from there.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<Scan, RunnerError> {
        let ended = Session::new(self.shared.clone(), self.focus).run(shutdown).await;
        if let Err(error) = &ended {
            warn!(scan.id = %self.focus, %error, "scan {} cannot go on", self.focus);
        }
        ended
    }
}

impl Shared {
    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<Uuid, Running>> {
        // Nothing panics while it holds this lock; if it did, the list is still worth showing.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who watch, if there are any.
    fn tell(&self, live: Live) {
        // An error means that nobody watches.
        let _ = self.live.send(live);
    }

    /// Patience for one step of the store, from now on.
    fn patience(&self) -> Patience {
        Patience { ends: Instant::now() + self.settings.patience }
    }
}

/// How long a database that is full or locked is tried again.
struct Patience {
    ends: Instant,
}

impl Patience {
    /// The step's answer, or that the database is busy if it takes longer than patience lasts.
    async fn bound<T>(
        &self,
        step: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout_at(self.ends, step).await.unwrap_or(Err(StoreError::Busy))
    }

    /// Waits a moment and says whether the step is worth another try.
    async fn outlasts(&self, error: &StoreError) -> bool {
        if !error.is_retryable() || Instant::now() >= self.ends {
            return false;
        }
        warn!(%error, "the database is not available, trying again");
        tokio::time::sleep(Duration::from_millis(500)).await;
        true
    }
}

/// Does a step of the store, again and again for a while as long as trying again may help.
macro_rules! patiently {
    ($shared:expr, $step:expr) => {{
        let patience = $shared.patience();
        loop {
            match patience.bound($step).await {
                Err(error) if patience.outlasts(&error).await => {}
                answer => break answer,
            }
        }
    }};
}

use patiently;
