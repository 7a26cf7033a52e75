//! A database, a fake nmap, and what tests ask of them again and again.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use netscan_model::batch::Outcome;
use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::scan::{Scan, State};
use netscan_model::target::TargetList;
use netscan_modules::nmap::options::NmapOptions;
use netscan_orchestrator::lock::RunnerLock;
use netscan_orchestrator::runner::{Runner, Settings};
use netscan_orchestrator::submit::{self, Request, SubmitError, Wishes};
use netscan_store::{By, EventRecord, Realm, Store};
use netscan_testkit::FakeNmap;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct Bench {
    pub(crate) directory: TempDir,
    pub(crate) store: Store,
    pub(crate) realm: Realm,
    pub(crate) program: Option<PathBuf>,
}

/// A runner for everything, at work.
pub(crate) struct Server {
    pub(crate) runner: Arc<Runner>,
    shutdown: CancellationToken,
    work: JoinHandle<()>,
}

impl Server {
    /// Ends it, and says how long that took.
    pub(crate) async fn end(self) -> Duration {
        let began = Instant::now();
        self.shutdown.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(20), self.work).await;
        ended.expect("it ends in time").unwrap();
        began.elapsed()
    }

    /// Ends it as a crash does: nothing is handed back.
    pub(crate) async fn crash(self) {
        self.work.abort();
        let _ = self.work.await;
    }
}

impl Bench {
    pub(crate) async fn with_real_nmap() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("netscan.db")).await.unwrap();
        let realm = store.default_realm().await.unwrap();
        Self { directory, store, realm, program: None }
    }

    pub(crate) async fn with(fake: FakeNmap) -> Self {
        let mut bench = Self::with_real_nmap().await;
        bench.program = Some(fake.install(bench.directory.path()));
        bench
    }

    pub(crate) fn request(targets: &str, wishes: Wishes) -> Request {
        let targets = TargetList::parse(targets);
        Request {
            options: "-sT -T4 -Pn -p1".into(),
            ports_per_host: 1,
            wishes,
            opens_outright: true,
            is_ascending: true,
            is_started: true,
            ..Request::new("default", targets, &NmapOptions::default())
        }
    }

    pub(crate) async fn submit(&self, targets: &str, wishes: Wishes) -> Result<Scan, SubmitError> {
        let request = Self::request(targets, wishes);
        Ok(submit::submit(&self.realm, &request, by()).await?.0)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join("netscan.db")
    }

    pub(crate) fn artifacts(&self) -> PathBuf {
        self.directory.path().join("artifacts")
    }

    pub(crate) fn settings(&self) -> Settings {
        Settings {
            program: self.program.clone(),
            heartbeat: Duration::from_millis(200),
            grace: Duration::ZERO,
            silence_limit: Duration::from_secs(2),
            straggler_after: Duration::from_millis(500),
            trouble_pause: Duration::from_millis(1),
            ..Settings::new("test".into(), self.artifacts())
        }
    }

    /// The same for fakes that fall silent and are meant to go on for ever.
    pub(crate) fn patient(&self) -> Settings {
        let hour = Duration::from_hours(1);
        Settings { silence_limit: hour, straggler_after: hour, ..self.settings() }
    }

    pub(crate) async fn runner(&self, focus: &Scan) -> Runner {
        let lock = RunnerLock::take(&self.database()).unwrap();
        Runner::start(self.store.clone(), lock, self.settings(), focus.id).await.unwrap()
    }

    pub(crate) async fn serve(&self, settings: Settings) -> Server {
        // What a crash has left of another one may hold it for a moment.
        until("the lock is free", async || RunnerLock::take(&self.database()).is_ok()).await;
        let lock = RunnerLock::take(&self.database()).unwrap();
        let runner = Runner::serve(self.store.clone(), lock, settings).await.unwrap();
        let runner = Arc::new(runner);
        let shutdown = CancellationToken::new();
        let (own, token) = (runner.clone(), shutdown.clone());
        let work = tokio::spawn(async move {
            assert_eq!(own.run(token).await.unwrap(), None);
        });
        Server { runner, shutdown, work }
    }

    pub(crate) async fn run(&self, scan: &Scan) -> Scan {
        let runner = self.runner(scan).await;
        let ended = runner.run(CancellationToken::new());
        let ended = tokio::time::timeout(Duration::from_mins(1), ended).await;
        ended.expect("it ends").unwrap().expect("it has a focus")
    }

    pub(crate) async fn scan(&self, scan: &Scan) -> Scan {
        self.store.scan(scan.id).await.unwrap()
    }

    /// Waits until the scan is in `state`.
    pub(crate) async fn reaches(&self, scan: &Scan, state: State) -> Scan {
        let complaint = format!("scan {} is {state}", scan.number);
        until(&complaint, async || self.scan(scan).await.status == state).await;
        self.scan(scan).await
    }

    pub(crate) async fn coverage(&self, scan: &Scan) -> Coverage {
        self.store.coverage(scan.id).await.unwrap()
    }

    pub(crate) async fn outcomes(&self, scan: &Scan) -> Vec<Outcome> {
        let attempts = self.store.attempts(scan.id).await.unwrap();
        attempts.into_iter().map(|attempt| attempt.outcome).collect()
    }

    pub(crate) async fn events(&self, scan: &Scan, kind: &str) -> Vec<EventRecord> {
        let all = self.store.events(scan.id, 0, 100_000).await.unwrap();
        all.into_iter().filter(|event| event.event == kind).collect()
    }

    pub(crate) async fn failed(&self, scan: &Scan) -> Vec<String> {
        let ranges = self.store.coverage_ranges(scan.id, CoverageState::Failed).await.unwrap();
        ranges.into_iter().map(|range| range.addresses.to_string()).collect()
    }

    /// The rate that the newest attempts at the scan's batches were started with.
    pub(crate) async fn rates(&self, scan: &Scan) -> Vec<Option<String>> {
        let attempts = self.store.attempts(scan.id).await.unwrap();
        let is_running = |outcome: Outcome| outcome == Outcome::Running;
        let running = attempts.iter().filter(|attempt| is_running(attempt.outcome));
        let rate = |argv: &[String]| {
            let words = argv.iter().find_map(|word| word.strip_prefix("--max-rate="));
            words.map(str::to_owned)
        };
        running.map(|attempt| rate(&attempt.detail.argv)).collect()
    }

    /// How many programs run of which a file lies in the directory.
    pub(crate) fn programs(&self) -> usize {
        programs_of(self.directory.path())
    }
}

fn programs_of(directory: &Path) -> usize {
    let directory = directory.to_str().unwrap();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let command_lines =
        processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    command_lines.filter(|words| String::from_utf8_lossy(words).starts_with(directory)).count()
}

pub(crate) fn by() -> By<'static> {
    By { actor: "test", remote: None, now: Timestamp::now() }
}

pub(crate) fn batches_of(size: u32, concurrency: u32) -> Wishes {
    Wishes {
        batch_size: NonZeroU32::new(size),
        concurrency: NonZeroU32::new(concurrency),
        ..Wishes::default()
    }
}

/// Waits for something, and complains that it never was so.
pub(crate) async fn until(claim: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so().await {
        assert!(Instant::now() < deadline, "it never was so: {claim}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
