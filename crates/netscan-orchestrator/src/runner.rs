//! The runner: leases batches, supervises their attempts, and ends when there is nothing to do.
//!
//! It holds no state of its own that matters: whatever it knows is in the store, so that it may be
//! killed at any moment. What people want reaches it through the store too, from any process.

mod attempt;
mod ground;
mod job;
mod session;

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::scan::Scan;
use netscan_modules::nmap::process;
use netscan_store::{Reclaim, Store, StoreError};
use serde::Serialize;
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

/// Batches at a time on one machine when nobody says how many: many scans at a time must not start
/// hundreds of nmaps.
const DEFAULT_PLACES: NonZeroU32 = NonZeroU32::new(16).expect("not zero");

/// How long a step of the store may take once everything is to be handed back.
const PATIENCE_AT_THE_END: Duration = Duration::from_secs(5);

/// How a runner works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name that its leases carry, such as `host-4711`.
    pub worker: String,
    /// Where attempts leave their files.
    pub artifacts: PathBuf,
    /// nmap, if not the one on the path.
    pub program: Option<PathBuf>,
    /// Batches at a time on this machine. The scan that a runner is started for has its own
    /// concurrency even if that is more.
    pub places: NonZeroU32,
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
    /// How long a database that is full or locked is tried again before the runner gives up. A
    /// server does not give up then, and goes on when the database does.
    pub patience: Duration,
    /// The first pause when this machine cannot start nmap. Each further one is twice as long, up to
    /// a minute. After the fifth the runner gives up, unless it is a server.
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
            places: DEFAULT_PLACES,
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
        /// The scan.
        scan: Uuid,
        /// The batch.
        batch: Uuid,
        /// The batch's number.
        batch_number: u64,
        /// The line, as it came: not to be printed without care.
        line: String,
    },
    /// Something was stored: look at the store again.
    Changed {
        /// The scan that it is about, if it is about one alone.
        scan: Option<Uuid>,
    },
}

/// An attempt that is running now.
#[derive(Clone, Debug)]
pub struct Activity {
    /// The scan.
    pub scan: Uuid,
    /// The batch.
    pub batch: Uuid,
    /// The batch's number.
    pub batch_number: u64,
    /// Who runs it.
    pub worker: String,
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

/// Who runs batches, and with what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Worker {
    /// Its name, as leases carry it.
    pub name: String,
    /// Since when it works.
    pub since: Timestamp,
    /// Its nmap's version, if it has one.
    pub nmap_version: Option<String>,
    /// Whether its nmap may send raw packets.
    pub raw_sockets: bool,
    /// Batches that it runs at a time.
    pub places: u32,
    /// Batches that it runs now.
    pub running: usize,
    /// Why it cannot run any just now.
    pub trouble: Option<String>,
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

/// Runs the batches of one database: for one scan, or as long as a server lives.
pub struct Runner {
    shared: Arc<Shared>,
    focus: Option<Uuid>,
}

/// What the parts of a runner have in common.
struct Shared {
    store: Store,
    settings: Settings,
    /// None while this machine has no nmap that could be run safely.
    scanner: Mutex<Option<Arc<Scanner>>>,
    trouble: Mutex<Troubles>,
    since: Timestamp,
    /// The database's id: the mark by which its programs are known.
    instance: Uuid,
    live: broadcast::Sender<Live>,
    running: Mutex<BTreeMap<Uuid, Running>>,
    /// Set once everything is to be handed back: patience is short then.
    is_ending: CancellationToken,
    /// Held as long as anything of the runner lives.
    _lock: RunnerLock,
}

/// Why nothing can be run just now, if that is so.
#[derive(Default)]
struct Troubles {
    database: Option<String>,
    machine: Option<String>,
}

/// An attempt as the runner sees it.
struct Running {
    project: Uuid,
    /// Packets per second that its lease allows.
    rate: Option<NonZeroU32>,
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
    /// Somebody wants the batch cut or stopped, and the store knows which.
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
        let scanner = Scanner::probe(settings.program.as_deref())?;
        lock.announce(&store.scan(focus).await?);
        let shared = Shared::new(store, lock, settings).await?;
        shared.set_scanner(Some(scanner));
        shared.take_back().await?;
        let interrupted = shared.store.interrupt(focus, Timestamp::now()).await?;
        if interrupted > 0 {
            info!(interrupted, "sent {interrupted} scans to rest that were interrupted");
        }
        Ok(Self { shared: Arc::new(shared), focus: Some(focus) })
    }

    /// A runner over `store` for every scan that wants to run, now and later. It takes back what a
    /// runner before it left behind, and what was interrupted goes on: nobody stopped it. A machine
    /// without nmap is no hindrance: see [`Runner::trouble`].
    ///
    /// # Errors
    ///
    /// [`RunnerError::Unable`] when there is no place for the artifacts.
    pub async fn serve(
        store: Store,
        lock: RunnerLock,
        settings: Settings,
    ) -> Result<Self, RunnerError> {
        lock.announce_server();
        let shared = Shared::new(store, lock, settings).await?;
        match Scanner::probe(shared.settings.program.as_deref()) {
            Ok(scanner) => shared.set_scanner(Some(scanner)),
            Err(error) => {
                warn!(%error, "scans wait until this machine can run them");
                shared.troubles().machine = Some(error.to_string());
            }
        }
        shared.take_back().await?;
        Ok(Self { shared: Arc::new(shared), focus: None })
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

    /// Who runs batches: this process alone, so far.
    #[must_use]
    pub fn workers(&self) -> Vec<Worker> {
        let (settings, scanner) = (&self.shared.settings, self.shared.scanner());
        vec![Worker {
            name: settings.worker.clone(),
            since: self.shared.since,
            nmap_version: scanner.as_ref().map(|scanner| scanner.version().to_owned()),
            raw_sockets: scanner.is_some_and(|scanner| scanner.has_raw_sockets()),
            places: settings.places.get(),
            running: self.shared.running().len(),
            trouble: self.trouble(),
        }]
    }

    /// Why nothing can be run just now, if that is so. It is tried again all the time.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let troubles = self.shared.troubles();
        troubles.database.clone().or_else(|| troubles.machine.clone())
    }

    /// Runs the scan that it was started for until that has ended (a pause holds it, a resume lets
    /// it go on), or until `shutdown`, and meanwhile every other scan that wants to run, the most
    /// urgent first. At the end, what still runs is handed back without an attempt used, and the
    /// scan is returned.
    ///
    /// A server runs until `shutdown`, whatever happens, and hands back what still runs within
    /// twenty seconds.
    ///
    /// # Errors
    ///
    /// Never for a server. Otherwise [`RunnerError::Store`] when the database stays full, locked or
    /// broken, and [`RunnerError::Unable`] when nmap can no longer be started. What was recorded
    /// until then is kept, and the next run goes on from there.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<Option<Scan>, RunnerError> {
        let session = Session::new(self.shared.clone(), self.focus);
        let Some(focus) = self.focus else {
            session.serve(&shutdown).await;
            return Ok(None);
        };
        let ended = session.run(focus, &shutdown).await;
        if let Err(error) = &ended {
            warn!(scan.id = %focus, %error, "scan {focus} cannot go on");
        }
        ended.map(Some)
    }
}

impl Shared {
    async fn new(store: Store, lock: RunnerLock, settings: Settings) -> Result<Self, RunnerError> {
        std::fs::create_dir_all(&settings.artifacts).map_err(|error| RunnerError::Unable {
            reason: format!("cannot make {}: {error}", settings.artifacts.display()),
        })?;
        let since = Timestamp::now();
        Ok(Self {
            instance: store.instance(Uuid::now_v7(), since).await?,
            store,
            settings,
            scanner: Mutex::default(),
            trouble: Mutex::default(),
            since,
            live: broadcast::channel(LIVE_BACKLOG).0,
            running: Mutex::default(),
            is_ending: CancellationToken::new(),
            _lock: lock,
        })
    }

    /// Takes back what the runner before left behind.
    async fn take_back(&self) -> Result<(), StoreError> {
        // The programs first: a batch must not be handed out again while one still works on it.
        let orphans = process::sweep_orphans(&self.instance.to_string());
        let leases = self.store.reclaim(Reclaim::All, Timestamp::now()).await?;
        if orphans > 0 || leases > 0 {
            info!(orphans, leases, "took back {leases} batches and ended {orphans} programs");
        }
        Ok(())
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<Uuid, Running>> {
        // Nothing panics while it holds this lock; if it did, the list is still worth showing.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn troubles(&self) -> MutexGuard<'_, Troubles> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scanner(&self) -> Option<Arc<Scanner>> {
        self.scanner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_scanner(&self, scanner: Option<Scanner>) {
        *self.scanner.lock().unwrap_or_else(PoisonError::into_inner) = scanner.map(Arc::new);
    }

    /// Tells those who watch, if there are any.
    fn tell(&self, live: Live) {
        // An error means that nobody watches.
        let _ = self.live.send(live);
    }

    /// Tells those who watch that something of `scan` was stored.
    fn tell_of(&self, scan: Uuid) {
        self.tell(Live::Changed { scan: Some(scan) });
    }

    /// Patience for one step of the store, from now on.
    fn patience(&self) -> Patience {
        let patience = self.settings.patience;
        let is_ending = self.is_ending.is_cancelled();
        let patience = if is_ending { patience.min(PATIENCE_AT_THE_END) } else { patience };
        Patience { ends: Instant::now() + patience }
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
