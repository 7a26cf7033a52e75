//! One attempt at a batch: nmap is started, what it finds is stored as it comes, and its end is
//! judged.
//!
//! Whatever happens here, the batch is safe: hosts are stored whole with what became of their
//! addresses, under the lease's epoch, and whoever takes the batch next goes on with the rest.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::address::AddressRange;
use netscan_model::batch::Outcome;
use netscan_model::coverage::{CoverageRange, CoverageState};
use netscan_model::observation::{Host, Hostname};
use netscan_model::seal::{Seal, SealBroken};
use netscan_modules::discover::tarpit;
use netscan_modules::nmap::run::{self, AttemptEnd, Observation, Stop};
use netscan_store::{Artifact, AttemptDetail, AttemptReport, Lease, Silence, StoreError, Verdict};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use crate::runner::ground::Ground;
use crate::runner::job::Job;
use crate::runner::{Activity, Live, Recall, Running, Shared, patiently};

/// Hosts that wait between nmap's reader and the store. A full channel makes nmap wait.
const BACKLOG: usize = 4_096;
/// Hosts and silent addresses in one transaction.
const CHUNK: usize = 1_000;
/// The longest that a host waits for company before it is stored.
const FLUSH: Duration = Duration::from_millis(250);

/// What all attempts of a scan are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Go on.
    Go,
    /// End within the grace period.
    Pause,
    /// End now; the scan is over.
    Stop,
    /// End now; the program is about to.
    HandBack,
}

/// What an attempt that has ended teaches beyond its batch.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// How long it took for an address, if it came to a good end.
    pub(super) pace: Option<Duration>,
    /// Why nmap could not even be started on this machine.
    pub(super) not_started: Option<String>,
    /// Why nmap would not do what it was told.
    pub(super) refusal: Option<Refusal>,
}

/// Options that were not taken.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) reason: String,
    /// Whether they will not be taken the next time either.
    pub(super) is_final: bool,
}

/// Runs the batch of `lease` and reports how it ended.
pub(super) async fn supervise(
    shared: Arc<Shared>,
    ground: Arc<Ground>,
    mut lease: Lease,
    orders: watch::Receiver<Order>,
) -> Result<Ended, StoreError> {
    match withhold_forbidden(&shared, &ground, &mut lease).await {
        // Somebody took the batch away in this very moment.
        Err(StoreError::Stale { .. }) => return Ok(Ended::default()),
        answer => answer?,
    }
    let (recall, recalls) = watch::channel(None);
    let _listed = Listed::new(&shared, &lease, recall);
    info!(
        batch.number = lease.batch_number,
        attempt = lease.attempt_number,
        "batch {} of scan {} begins",
        lease.batch_number,
        lease.scan_number
    );
    if lease.addresses.is_empty() {
        report_end(&shared, &lease, &end_without_nmap(Outcome::Succeeded, String::new())).await?;
        return Ok(Ended::default());
    }
    let Some(scanner) = shared.scanner() else {
        let reason = "nmap has gone missing".to_owned();
        let verdict = Verdict::HandBack;
        let report =
            AttemptReport { verdict, ..end_without_nmap(Outcome::Crashed, reason.clone()) };
        report_end(&shared, &lease, &report).await?;
        return Ok(Ended { not_started: Some(reason), ..Ended::default() });
    };
    match scanner.prepare(&shared, &lease) {
        Ok((job, fallbacks)) => {
            let attempt = Attempt::new(shared.clone(), ground, lease, fallbacks);
            attempt.run(job, orders, recalls).await
        }
        Err(reason) => {
            let report = end_without_nmap(Outcome::Refused, reason.clone());
            report_end(&shared, &lease, &report).await?;
            let refusal = Some(Refusal { reason, is_final: true });
            Ok(Ended { refusal, ..Ended::default() })
        }
    }
}

/// The second and the third of the scope checks: rules that were made since the scan was planned
/// hold too, and nothing is scanned that the sealed copy does not cover, whatever the batch says.
async fn withhold_forbidden(
    shared: &Shared,
    ground: &Ground,
    lease: &mut Lease,
) -> Result<(), StoreError> {
    let now = Timestamp::now();
    let mut withheld = unsealed(lease, now);
    let forbidden = ground.forbidden(&shared.store, &lease.addresses, now);
    withheld.extend(forbidden.await?);
    if withheld.is_empty() {
        return Ok(());
    }
    patiently!(shared, shared.store.withhold(lease, &withheld, now))?;
    shared.tell_of(lease.scan);
    let withheld = withheld.iter().map(|line| line.addresses).collect();
    lease.addresses = lease.addresses.subtract(&withheld);
    Ok(())
}

/// What of the batch the sealed copy does not cover, now.
fn unsealed(lease: &Lease, now: Timestamp) -> Vec<CoverageRange> {
    // Scans that are older than seals have an empty one.
    if lease.seal == Seal::default() {
        return Vec::new();
    }
    let (outside, reason) = match lease.seal.check(&lease.addresses, now) {
        Ok(()) => return Vec::new(),
        Err(SealBroken::Outside { addresses }) => {
            error!(
                batch.number = lease.batch_number, %addresses,
                "batch {} of scan {} has addresses that the scan was not accepted for",
                lease.batch_number, lease.scan_number
            );
            (addresses, "outside what the scan was accepted for".to_owned())
        }
        Err(SealBroken::NotAuthorised(why)) => (lease.addresses.clone(), why.to_string()),
    };
    CoverageRange::of_all(&outside, CoverageState::OutOfScope, &reason)
}

/// The end of an attempt that nmap was never started for.
fn end_without_nmap(outcome: Outcome, reason: String) -> AttemptReport {
    AttemptReport { outcome, reason, verdict: Verdict::Judge, detail: AttemptDetail::default() }
}

/// Hands in how an attempt has ended. That it comes too late is no failure.
pub(super) async fn report_end(
    shared: &Shared,
    lease: &Lease,
    report: &AttemptReport,
) -> Result<(), StoreError> {
    match patiently!(shared, shared.store.finish_attempt(lease, report, Timestamp::now())) {
        Ok(state) => {
            shared.tell_of(lease.scan);
            info!(
                batch.number = lease.batch_number, outcome = %report.outcome,
                "batch {} of scan {} is {state}", lease.batch_number, lease.scan_number
            );
            Ok(())
        }
        Err(StoreError::Stale { .. }) => {
            warn!(batch.number = lease.batch_number, "the lease was gone before the attempt ended");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Keeps an attempt in the list of those that run, for as long as it lives.
struct Listed<'a> {
    shared: &'a Shared,
    lease: uuid::Uuid,
}

impl<'a> Listed<'a> {
    fn new(shared: &'a Shared, lease: &Lease, recall: watch::Sender<Option<Recall>>) -> Self {
        let activity = Activity {
            scan: lease.scan,
            batch: lease.batch,
            batch_number: lease.batch_number,
            worker: shared.settings.worker.clone(),
            addresses: u64::try_from(lease.addresses.count()).unwrap_or(u64::MAX),
            done: 0,
            since: Timestamp::now(),
            task: None,
            percent: None,
        };
        let running = Running { project: lease.project_id, rate: lease.rate, activity, recall };
        shared.running().insert(lease.attempt, running);
        Self { shared, lease: lease.attempt }
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.shared.running().remove(&self.lease);
    }
}

/// Why an attempt is being ended before its time.
struct Intent {
    reason: &'static str,
    verdict: Verdict,
}

struct Attempt {
    shared: Arc<Shared>,
    ground: Arc<Ground>,
    lease: Lease,
    detail: AttemptDetail,
    stop: Stop,
    intent: Option<Intent>,
    is_stale: bool,
    hosts: Vec<Host>,
    silences: Vec<Silence>,
    strays: Vec<Host>,
}

impl Attempt {
    fn new(shared: Arc<Shared>, ground: Arc<Ground>, lease: Lease, fallbacks: Vec<String>) -> Self {
        Self {
            shared,
            ground,
            lease,
            detail: AttemptDetail { fallbacks, ..AttemptDetail::default() },
            stop: Stop::new(),
            intent: None,
            is_stale: false,
            hosts: Vec::new(),
            silences: Vec::new(),
            strays: Vec::new(),
        }
    }

    async fn run(
        mut self,
        job: Job,
        orders: watch::Receiver<Order>,
        recalls: watch::Receiver<Option<Recall>>,
    ) -> Result<Ended, StoreError> {
        let (sender, mut observations) = mpsc::channel(BACKLOG);
        let program = tokio::spawn(job.run(sender, self.stop.clone()));
        let program = AbortOnDropHandle::new(program);
        let (shared, lease, stop) = (self.shared.clone(), self.lease.clone(), self.stop.clone());
        let (heart, beats) = watch::channel(Heart::Beats);
        let heartbeat = tokio::spawn(keep_lease(shared, lease, stop, heart));
        let _heartbeat = AbortOnDropHandle::new(heartbeat);
        let driven = self.drive(&mut observations, orders, recalls, beats.clone()).await;
        if driven.is_err() || self.is_stale {
            self.stop.now("what it finds can no longer be stored");
        }
        // nmap must not stand still because nobody reads what it says.
        while observations.recv().await.is_some() {}
        let end = program.await;
        driven?;
        if self.is_stale {
            warn!(
                batch.number = self.lease.batch_number,
                "batch {} was given to someone else; what it found since is dropped",
                self.lease.batch_number
            );
            return Ok(Ended::default());
        }
        if *beats.borrow() == Heart::Failed {
            let reason = "its lease could not be renewed";
            self.intent.get_or_insert(Intent { reason, verdict: Verdict::HandBack });
        }
        match end {
            Ok(end) => self.conclude(end).await,
            Err(panic) => {
                let reason = format!("running nmap failed: {panic}");
                let report = end_without_nmap(Outcome::Crashed, reason);
                report_end(&self.shared, &self.lease, &report).await?;
                Ok(Ended::default())
            }
        }
    }

    /// Stores what comes and obeys, until nmap has said its last.
    async fn drive(
        &mut self,
        observations: &mut mpsc::Receiver<Observation>,
        mut orders: watch::Receiver<Order>,
        mut recalls: watch::Receiver<Option<Recall>>,
        mut beats: watch::Receiver<Heart>,
    ) -> Result<(), StoreError> {
        let mut flush = tokio::time::interval(FLUSH);
        flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut grace_ends = self.obey(*orders.borrow_and_update());
        while !self.is_stale {
            let grace = grace_ends.unwrap_or_else(Instant::now);
            tokio::select! {
                observation = observations.recv() => match observation {
                    Some(observation) => self.take(observation).await?,
                    None => break,
                },
                _ = flush.tick() => self.store_found().await?,
                Ok(()) = orders.changed() => grace_ends = self.obey(*orders.borrow_and_update()),
                Ok(()) = recalls.changed() => self.heed(*recalls.borrow_and_update()),
                Ok(()) = beats.changed() => self.is_stale = *beats.borrow_and_update() == Heart::Stale,
                () = tokio::time::sleep_until(grace), if grace_ends.is_some() => {
                    self.end_early("the scan was paused", Verdict::HandBack);
                    grace_ends = None;
                }
            }
        }
        self.store_found().await
    }

    /// Acts on an order; for a pause it says when the time to end by oneself is over.
    fn obey(&mut self, order: Order) -> Option<Instant> {
        match order {
            Order::Go => None,
            Order::Pause => Some(Instant::now() + self.shared.settings.grace),
            Order::Stop => {
                self.end_early("the scan was stopped", Verdict::HandBack);
                None
            }
            Order::HandBack => {
                self.end_early("the program was ended", Verdict::HandBack);
                None
            }
        }
    }

    fn heed(&mut self, recall: Option<Recall>) {
        match recall {
            Some(Recall::Cut(parts)) => {
                self.end_early("it held up its scan and is cut into parts", Verdict::Cut(parts));
            }
            // What becomes of it, the store knows.
            Some(Recall::AsAsked) => {
                self.end_early("somebody wants its batch cut or stopped", Verdict::HandBack);
            }
            Some(Recall::Again) => {
                self.end_early("how the scan is run was changed", Verdict::HandBack);
            }
            None => {}
        }
    }

    fn end_early(&mut self, reason: &'static str, verdict: Verdict) {
        self.intent.get_or_insert(Intent { reason, verdict });
        self.stop.now(reason);
    }

    async fn take(&mut self, observation: Observation) -> Result<(), StoreError> {
        match observation {
            Observation::Host(host) => {
                let host = judged(self.named(*host));
                self.hosts.push(host);
                self.count_done();
            }
            Observation::Down { address, reason } => {
                self.silences.push(Silence { addresses: AddressRange::from(address), reason });
                self.count_done();
            }
            Observation::Stray(host) => self.strays.push(*host),
            Observation::Line(line) => {
                self.shared.tell(Live::Line {
                    scan: self.lease.scan,
                    batch: self.lease.batch,
                    batch_number: self.lease.batch_number,
                    line,
                });
            }
            Observation::Progress(progress) => self.show(progress.task, progress.percent),
            Observation::Gap { lines } => self.detail.lines_dropped += lines,
            // What a script says of the run as a whole is in the artifacts.
            Observation::Script(_) => {}
            Observation::Started { argv, .. } => {
                self.detail.argv = argv;
                let store = &self.shared.store;
                let noted = patiently!(self.shared, store.note_attempt(&self.lease, &self.detail));
                return self.unless_stale(noted);
            }
        }
        if self.hosts.len() + self.silences.len() >= CHUNK {
            self.store_found().await?;
        }
        Ok(())
    }

    /// The host with the names by which the user asked for it.
    fn named(&self, mut host: Host) -> Host {
        let names = self.ground.names_of(host.address).iter();
        let asked = names.map(|name| Hostname { name: name.clone(), kind: "user".into() });
        host.hostnames = asked.chain(host.hostnames).collect();
        host
    }

    fn count_done(&self) {
        if let Some(running) = self.shared.running().get_mut(&self.lease.attempt) {
            running.activity.done += 1;
        }
    }

    fn show(&self, task: String, percent: f64) {
        if let Some(running) = self.shared.running().get_mut(&self.lease.attempt) {
            running.activity.task = Some(task);
            running.activity.percent = Some(percent);
        }
    }

    async fn store_found(&mut self) -> Result<(), StoreError> {
        let now = Timestamp::now();
        for stray in std::mem::take(&mut self.strays) {
            warn!(address = %stray.address, "nmap reported a host that nobody asked for");
            let store = &self.shared.store;
            let stored = patiently!(self.shared, store.quarantine(&self.lease, &stray, now));
            self.unless_stale(stored)?;
        }
        if self.hosts.is_empty() && self.silences.is_empty() {
            return Ok(());
        }
        let (store, lease) = (&self.shared.store, &self.lease);
        let stored =
            patiently!(self.shared, store.record_hosts(lease, &self.hosts, &self.silences, now));
        self.unless_stale(stored)?;
        self.shared.tell_of(self.lease.scan);
        self.hosts.clear();
        self.silences.clear();
        Ok(())
    }

    /// A report that comes too late is no failure: it only means that the work is not ours now.
    fn unless_stale(&mut self, answer: Result<(), StoreError>) -> Result<(), StoreError> {
        match answer {
            Err(StoreError::Stale { .. }) => {
                self.is_stale = true;
                Ok(())
            }
            answer => answer,
        }
    }

    async fn conclude(self, end: AttemptEnd) -> Result<Ended, StoreError> {
        let mut ended = Ended::default();
        let (outcome, reason, verdict) = match &self.intent {
            Some(intent) if end.outcome != Outcome::Succeeded => {
                (Outcome::Killed, intent.reason.to_owned(), intent.verdict)
            }
            // That nmap could not be started says nothing of the targets.
            _ if !end.is_started => {
                ended.not_started = Some(end.reason.clone());
                (end.outcome, end.reason.clone(), Verdict::HandBack)
            }
            _ => (end.outcome, end.reason.clone(), Verdict::Judge),
        };
        if outcome == Outcome::Succeeded {
            let addresses = u32::try_from(self.lease.addresses.count()).unwrap_or(u32::MAX).max(1);
            ended.pace =
                Some(end.ended_at.duration_since(end.started_at).unsigned_abs() / addresses);
        }
        if outcome == Outcome::Refused && ended.not_started.is_none() {
            ended.refusal = Some(Refusal { reason: reason.clone(), is_final: false });
        }
        let detail = self.shared.detail(&self.lease, self.detail, end);
        let report = AttemptReport { outcome, reason, verdict, detail };
        report_end(&self.shared, &self.lease, &report).await?;
        Ok(ended)
    }
}

/// How the lease of an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heart {
    /// It is renewed in time.
    Beats,
    /// It was not, and nmap has been stopped: before somebody else is given the batch, nothing of
    /// ours may run on it.
    Failed,
    /// Somebody else has the batch.
    Stale,
}

/// Renews a lease as long as the attempt lives. It does not depend on anything else that the
/// attempt may be waiting for.
async fn keep_lease(shared: Arc<Shared>, lease: Lease, stop: Stop, heart: watch::Sender<Heart>) {
    let duration = shared.settings.lease;
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(shared.settings.heartbeat).await;
        let deadline = renewed + duration * 2 / 3;
        let renewal = shared.store.renew(&lease, duration, Timestamp::now());
        match tokio::time::timeout_at(deadline, renewal).await {
            Ok(Ok(_)) => renewed = Instant::now(),
            Ok(Err(StoreError::Stale { .. })) => {
                heart.send_replace(Heart::Stale);
                return;
            }
            Ok(Err(error)) if Instant::now() < deadline => {
                warn!(%error, batch.number = lease.batch_number, "cannot renew the lease");
            }
            Ok(Err(_)) | Err(_) => {
                stop.now("its lease could not be renewed");
                heart.send_replace(Heart::Failed);
                return;
            }
        }
    }
}

impl Shared {
    fn detail(&self, lease: &Lease, detail: AttemptDetail, end: AttemptEnd) -> AttemptDetail {
        if let Some(error) = &end.artifact_error {
            warn!(batch.number = lease.batch_number, %error, "artifacts are not complete");
        }
        let root = &self.settings.artifacts;
        let artifact = |file: run::ArtifactFile| Artifact {
            name: file.name(),
            path: file.path.strip_prefix(root).unwrap_or(&file.path).display().to_string(),
            size_bytes: file.size_bytes,
            truncated: file.truncated,
        };
        AttemptDetail {
            argv: detail.argv,
            version: end.nmap_version,
            scan_infos: end.scan_types,
            fallbacks: detail.fallbacks,
            exit_code: end.exit_code,
            signal: end.signal,
            stderr: end.stderr_tail,
            artifacts: end.artifacts.into_iter().map(artifact).collect(),
            artifact_error: end.artifact_error,
            lines_dropped: detail.lines_dropped,
        }
    }
}

/// The host, suspect if it answers on more ports than a real one. Discovery has its own eyes for that,
/// nmap has none.
fn judged(mut host: Host) -> Host {
    if host.details.suspect.is_none() {
        host.details.suspect = tarpit::judge(&host);
    }
    host
}
