//! The runner's loop: batches are leased while there is room, people's wishes are passed on, and
//! stragglers are cut.
//!
//! It was started for one scan, its focus, and ends with it; or for a server, and ends when that
//! does. While it lives, it runs every scan that wants to run, the most urgent first.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::batch::Outcome;
use netscan_model::scan::{Desired, Limits, Scan, State};
use netscan_store::{
    AttemptDetail, AttemptReport, Lease, LeaseRequest, Pulse, Reclaim, StoreError, Verdict,
};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, error, info, info_span, warn};
use uuid::Uuid;

use crate::runner::attempt::{self, Ended, Order};
use crate::runner::ground::Ground;
use crate::runner::job::Scanner;
use crate::runner::{Recall, RunnerError, Shared, patiently};

/// How often the store is asked what people want. A pause from another process takes hold within
/// this time.
const TICK: Duration = Duration::from_millis(250);
/// After so many refusals of a scan's options by nmap in a row, the scan is given up: they are not
/// the fault of a host.
const MOST_REFUSALS: u32 = 6;
/// The most pauses, each twice as long as the one before, that are made because nmap cannot be
/// started, before the run ends. A server makes as many as it takes.
const MOST_PAUSES: u32 = 5;
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// How often limits of projects and of the server are looked at for batches that run already.
const LOOK_AT_LIMITS: Duration = Duration::from_secs(1);
/// How often a scan of which nothing runs is settled although nothing seems to have changed.
const SETTLE_AGAIN: Duration = Duration::from_secs(5);
/// How long all that runs may take to be handed back when a server ends. What takes longer is found
/// by the next runner.
const HAND_BACK: Duration = Duration::from_secs(15);

pub(super) struct Session {
    shared: Arc<Shared>,
    focus: Option<Uuid>,
    scans: HashMap<Uuid, Running>,
    attempts: JoinSet<Result<Ended, StoreError>>,
    /// What each attempt holds, for the case that it comes to a bad end.
    leases: HashMap<Id, Lease>,
    /// Leases of attempts whose end could not be stored.
    unreported: Vec<Lease>,
    settled: HashMap<Uuid, Settled>,
    trouble: Trouble,
    limits_looked_at: Option<Instant>,
    lapsed_looked_for: Instant,
}

/// A scan that this runner works on.
struct Running {
    orders: watch::Sender<Order>,
    ground: Arc<Ground>,
    limits: Limits,
    /// Packets per second that a lease of one of its batches allows now.
    rate: Option<NonZeroU32>,
    state: State,
    attempts: usize,
    /// How long each attempt that came to a good end has taken for an address, for telling a
    /// straggler.
    paces: Vec<Duration>,
    refusals: u32,
}

/// What was known of a scan when it was last settled, and when that was.
struct Settled {
    status: State,
    desired: Desired,
    at: Instant,
}

/// That this machine cannot start nmap: how many pauses were made for it, until when the last is,
/// and which scans say so.
#[derive(Default)]
struct Trouble {
    pauses: u32,
    over_at: Option<Instant>,
    told: HashSet<Uuid>,
}

impl Trouble {
    fn is_pausing(&self) -> bool {
        self.over_at.is_some_and(|time| Instant::now() < time)
    }
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, focus: Option<Uuid>) -> Self {
        Self {
            shared,
            focus,
            scans: HashMap::new(),
            attempts: JoinSet::new(),
            leases: HashMap::new(),
            unreported: Vec::new(),
            settled: HashMap::new(),
            trouble: Trouble::default(),
            limits_looked_at: None,
            lapsed_looked_for: Instant::now(),
        }
    }

    /// Goes on until the focus has ended, or until `shutdown`, and everything is handed back.
    pub(super) async fn run(
        mut self,
        focus: Uuid,
        shutdown: &CancellationToken,
    ) -> Result<Scan, RunnerError> {
        let worked = self.work(shutdown).await;
        // Whatever ended it, nothing of it runs on.
        self.hand_back().await;
        worked?;
        for pulse in self.shared.store.pulses().await? {
            self.settle(&pulse).await?;
        }
        Ok(self.shared.store.scan(focus).await?)
    }

    /// Goes on until `shutdown`, whatever happens, and hands everything back.
    pub(super) async fn serve(mut self, shutdown: &CancellationToken) {
        while let Err(error) = self.work(shutdown).await {
            let pause = self.shared.settings.trouble_pause;
            error!(%error, "cannot run scans just now, trying again in a while");
            self.shared.troubles().database = Some(error.to_string());
            let _ = tokio::time::timeout(pause, shutdown.cancelled()).await;
            if shutdown.is_cancelled() {
                break;
            }
        }
        self.shared.is_ending.cancel();
        if tokio::time::timeout(HAND_BACK, self.hand_back()).await.is_err() {
            warn!("not all batches could be handed back; the next start finds them");
        }
    }

    async fn work(&mut self, shutdown: &CancellationToken) -> Result<(), RunnerError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.report_again().await?;
            self.take_back_lapsed().await?;
            let pulses = patiently!(self.shared, self.shared.store.pulses())?;
            self.shared.troubles().database = None;
            self.forget_all_but(&pulses);
            for pulse in pulses {
                self.follow(pulse).await?;
            }
            if shutdown.is_cancelled() || self.has_reached_its_end().await? {
                return Ok(());
            }
            self.enforce_bounds().await?;
            self.keep_within_limits().await?;
            self.pass_on_wishes().await?;
            self.fill().await?;
            self.cut_stragglers();
            tokio::select! {
                Some(ended) = self.attempts.join_next_with_id() => self.note(ended).await?,
                () = shutdown.cancelled() => {}
                _ = tick.tick() => {}
            }
        }
    }

    async fn has_reached_its_end(&self) -> Result<bool, StoreError> {
        let Some(focus) = self.focus else { return Ok(false) };
        let pulse = patiently!(self.shared, self.shared.store.pulse(focus))?;
        Ok(pulse.status.is_terminal() && !self.runs(focus))
    }

    /// Ends what runs and waits for it.
    async fn hand_back(&mut self) {
        self.order_all(Order::HandBack);
        while let Some(ended) = self.attempts.join_next_with_id().await {
            if let Err(error) = self.note(ended).await {
                warn!(%error, "the end of an attempt could not be stored");
            }
        }
        if let Err(error) = self.report_again().await {
            warn!(%error, "the end of an attempt could not be stored");
        }
    }

    /// Hands back the batches of attempts whose end could not be stored when it came.
    async fn report_again(&mut self) -> Result<(), StoreError> {
        while let Some(lease) = self.unreported.last() {
            self.release(lease, Verdict::HandBack, "its end could not be stored in time").await?;
            self.unreported.pop();
        }
        Ok(())
    }

    /// Takes back batches whose leases nobody renews: a step of the store that was given up may have
    /// been done all the same.
    async fn take_back_lapsed(&mut self) -> Result<(), StoreError> {
        let lease = self.shared.settings.lease;
        if self.focus.is_some() || self.lapsed_looked_for.elapsed() < lease {
            return Ok(());
        }
        self.lapsed_looked_for = Instant::now();
        let store = &self.shared.store;
        let count = patiently!(self.shared, store.reclaim(Reclaim::Lapsed, Timestamp::now()))?;
        if count > 0 {
            warn!(count, "took back {count} batches whose leases had lapsed");
        }
        Ok(())
    }

    /// Forgets scans that are over, and tells of it.
    fn forget_all_but(&mut self, pulses: &[Pulse]) {
        let open: HashSet<_> = pulses.iter().map(|pulse| pulse.scan).collect();
        self.settled.retain(|scan, _| open.contains(scan));
        self.trouble.told.retain(|scan| open.contains(scan));
        let shared = &self.shared;
        self.scans.retain(|scan, running| {
            let is_over = !open.contains(scan);
            if is_over && running.orders.send_replace(Order::Stop) != Order::Stop {
                shared.tell_of(*scan);
            }
            !is_over || running.attempts > 0
        });
    }

    fn runs(&self, scan: Uuid) -> bool {
        self.scans.get(&scan).is_some_and(|running| running.attempts > 0)
    }

    /// Brings a scan up to date with what its batches say and people want.
    async fn follow(&mut self, pulse: Pulse) -> Result<(), StoreError> {
        self.settle(&pulse).await?;
        let Some(running) = self.scans.get_mut(&pulse.scan) else {
            return self.adopt(pulse).await;
        };
        let order = match pulse.desired {
            Desired::Stop => Order::Stop,
            Desired::Pause => Order::Pause,
            Desired::Run => Order::Go,
        };
        running.orders.send_if_modified(|before| std::mem::replace(before, order) != order);
        if running.state != pulse.status {
            running.state = pulse.status;
            self.shared.tell_of(pulse.scan);
        }
        self.apply_changes(&pulse);
        Ok(())
    }

    /// Closes the gap between what people want and what is, once nothing of the scan runs.
    async fn settle(&mut self, pulse: &Pulse) -> Result<(), StoreError> {
        let is_settled = self.runs(pulse.scan)
            || (pulse.desired == Desired::Pause && pulse.status == State::Paused)
            || (pulse.desired == Desired::Run && pulse.status == State::Queued)
            || self.settled.get(&pulse.scan).is_some_and(|last| last.is_fresh(pulse));
        if is_settled {
            return Ok(());
        }
        let store = &self.shared.store;
        patiently!(self.shared, store.settle(pulse.scan, Timestamp::now()))?;
        let (status, desired, at) = (pulse.status, pulse.desired, Instant::now());
        self.settled.insert(pulse.scan, Settled { status, desired, at });
        Ok(())
    }

    async fn adopt(&mut self, pulse: Pulse) -> Result<(), StoreError> {
        if pulse.desired != Desired::Run {
            return Ok(());
        }
        let ground = Arc::new(Ground::of(&self.shared.store, pulse.scan).await?);
        let running = Running {
            orders: watch::channel(Order::Go).0,
            ground,
            limits: pulse.limits,
            rate: pulse.rate,
            state: pulse.status,
            attempts: 0,
            paces: Vec::new(),
            refusals: 0,
        };
        self.scans.insert(pulse.scan, running);
        Ok(())
    }

    /// Makes a change of rate or concurrency felt at once: nmap cannot be told while it runs, so
    /// attempts that are too fast, too slow or too many are ended and begun again.
    fn apply_changes(&mut self, pulse: &Pulse) {
        let Some(running) = self.scans.get_mut(&pulse.scan) else { return };
        let limits = std::mem::replace(&mut running.limits, pulse.limits.clone());
        let rate = std::mem::replace(&mut running.rate, pulse.rate);
        let is_own = |attempt: &&super::Running| attempt.activity.scan == pulse.scan;
        if rate != pulse.rate {
            let attempts = self.shared.running();
            let own = attempts.values().filter(is_own);
            own.filter(|own| own.rate != pulse.rate).for_each(|own| own.recall(Recall::Again));
        }
        if pulse.limits.concurrency < limits.concurrency {
            self.recall_beyond(places(&pulse.limits), is_own);
        }
    }

    /// Recalls all attempts of one kind but the `kept` that have run longest.
    fn recall_beyond(&self, kept: usize, is_meant: impl FnMut(&&super::Running) -> bool) {
        let attempts = self.shared.running();
        let mut meant: Vec<_> = attempts.values().filter(is_meant).collect();
        meant.sort_by_key(|attempt| attempt.activity.since);
        meant.iter().skip(kept).for_each(|surplus| surplus.recall(Recall::Again));
    }

    /// Ends scans that have run for as long, or found as much, as they may.
    async fn enforce_bounds(&self) -> Result<(), StoreError> {
        let has_bounds = |running: &Running| {
            running.limits.max_duration_ms.is_some() || running.limits.max_results.is_some()
        };
        if !self.scans.values().any(has_bounds) {
            return Ok(());
        }
        let store = &self.shared.store;
        for scan in patiently!(self.shared, store.enforce_limits(Timestamp::now()))? {
            info!(scan.id = %scan, "scan {scan} has reached a limit of its own");
            // Nobody has to wait for the next look at what is wanted.
            if let Some(running) = self.scans.get(&scan) {
                running.orders.send_replace(Order::Stop);
            }
            self.shared.tell_of(scan);
        }
        Ok(())
    }

    /// Makes it felt at once that a project, or the server, may run fewer batches at a time than
    /// before. The store hands out no more than they may; here those are recalled that run already.
    async fn keep_within_limits(&mut self) -> Result<(), StoreError> {
        let is_due = self.limits_looked_at.is_none_or(|at| at.elapsed() >= LOOK_AT_LIMITS);
        if !is_due || self.attempts.is_empty() {
            return Ok(());
        }
        self.limits_looked_at = Some(Instant::now());
        let store = &self.shared.store;
        let of_server = patiently!(self.shared, store.server_limits())?;
        self.recall_surplus(of_server.max_batches, |_| true);
        for (project, scan) in self.projects_at_work() {
            let limits = patiently!(self.shared, store.project_of(scan))?.limits;
            self.recall_surplus(limits.max_batches, |attempt| attempt.project == project);
        }
        Ok(())
    }

    fn recall_surplus(&self, most: Option<NonZeroU32>, is_meant: impl Fn(&super::Running) -> bool) {
        if let Some(most) = most {
            self.recall_beyond(count(most), |attempt| is_meant(attempt));
        }
    }

    /// The projects of which batches run, each with a scan of it.
    fn projects_at_work(&self) -> HashMap<Uuid, Uuid> {
        let attempts = self.shared.running();
        attempts.values().map(|attempt| (attempt.project, attempt.activity.scan)).collect()
    }

    async fn pass_on_wishes(&self) -> Result<(), StoreError> {
        if self.attempts.is_empty() {
            return Ok(());
        }
        let wanted = patiently!(self.shared, self.shared.store.to_be_recalled())?;
        for running in self.shared.running().values() {
            if wanted.contains(&running.activity.batch) {
                running.recall(Recall::AsAsked);
            }
        }
        Ok(())
    }

    /// Leases batches until as many run as may.
    async fn fill(&mut self) -> Result<(), RunnerError> {
        if !self.can_run().await? {
            return Ok(self.explain_trouble().await?);
        }
        let has_room = |running: &Running| running.attempts < places(&running.limits);
        while self.attempts.len() < self.places() && self.scans.values().any(has_room) {
            let request = LeaseRequest {
                worker: self.shared.settings.worker.clone(),
                only: None,
                duration: self.shared.settings.lease,
            };
            let store = &self.shared.store;
            let lease = patiently!(self.shared, store.lease_next(&request, Timestamp::now()))?;
            let Some(lease) = lease else { break };
            if let Err(error) = self.begin(lease.clone()).await {
                self.unreported.push(lease);
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Batches that may run at a time on this machine.
    fn places(&self) -> usize {
        let focus = self.focus.and_then(|focus| self.scans.get(&focus));
        let of_focus = focus.map_or(0, |running| places(&running.limits));
        of_focus.max(count(self.shared.settings.places))
    }

    /// Whether there is an nmap to run, and no pause because of it. One that was not there before
    /// is looked for again.
    async fn can_run(&mut self) -> Result<bool, RunnerError> {
        if self.trouble.is_pausing() {
            return Ok(false);
        }
        if self.shared.scanner().is_some() {
            return Ok(true);
        }
        let program = self.shared.settings.program.clone();
        let probed = tokio::task::spawn_blocking(move || Scanner::probe(program.as_deref())).await;
        match probed {
            Ok(Ok(scanner)) => {
                self.shared.set_scanner(Some(scanner));
                self.end_trouble().await?;
                Ok(true)
            }
            Ok(Err(error)) => self.pause_for(error.to_string()).await.map(|()| false),
            Err(panic) => self.pause_for(panic.to_string()).await.map(|()| false),
        }
    }

    async fn begin(&mut self, lease: Lease) -> Result<(), StoreError> {
        if !self.scans.contains_key(&lease.scan) {
            let pulse = self.shared.store.pulse(lease.scan).await?;
            self.adopt(pulse).await?;
        }
        let Some(running) = self.scans.get_mut(&lease.scan) else {
            // Somebody stopped it in this very moment.
            return self.release(&lease, Verdict::HandBack, "the scan was stopped").await;
        };
        running.attempts += 1;
        let (orders, ground) = (running.orders.subscribe(), running.ground.clone());
        let attempt = attempt::supervise(self.shared.clone(), ground, lease.clone(), orders);
        let span = info_span!(
            "attempt",
            scan = lease.scan_number,
            batch = lease.batch_number,
            attempt = lease.attempt_number
        );
        let id = self.attempts.spawn(attempt.instrument(span)).id();
        self.shared.tell_of(lease.scan);
        self.leases.insert(id, lease);
        Ok(())
    }

    /// Takes note of the end of an attempt.
    async fn note(
        &mut self,
        ended: Result<(Id, Result<Ended, StoreError>), JoinError>,
    ) -> Result<(), RunnerError> {
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some(lease) = self.leases.remove(&id) else { return Ok(()) };
        self.settled.remove(&lease.scan);
        self.shared.tell_of(lease.scan);
        if let Some(running) = self.scans.get_mut(&lease.scan) {
            running.attempts -= 1;
        }
        match ended {
            Ok((_, Ok(ended))) => self.learn(&lease, ended).await,
            Ok((_, Err(error))) => {
                self.unreported.push(lease);
                Err(error.into())
            }
            Err(panic) => {
                error!(error = %panic, "supervising an attempt failed");
                let reason = "netscan itself failed while it ran this batch";
                Ok(self.release(&lease, Verdict::Judge, reason).await?)
            }
        }
    }

    /// Draws conclusions from how an attempt has ended that go beyond its batch.
    async fn learn(&mut self, lease: &Lease, ended: Ended) -> Result<(), RunnerError> {
        if let Some(reason) = ended.not_started {
            return self.pause_for(reason).await;
        }
        if std::mem::take(&mut self.trouble.pauses) > 0 {
            self.end_trouble().await?;
        }
        let Some(running) = self.scans.get_mut(&lease.scan) else { return Ok(()) };
        running.paces.extend(ended.pace);
        match ended.refusal {
            None => running.refusals = 0,
            Some(refusal) if refusal.is_final || running.refusals + 1 >= MOST_REFUSALS => {
                let (store, now) = (&self.shared.store, Timestamp::now());
                let reason = format!("nmap cannot be run with these options: {}", refusal.reason);
                patiently!(self.shared, store.give_up(lease.scan, &reason, now))?;
            }
            Some(_) => running.refusals += 1,
        }
        Ok(())
    }

    /// nmap could not be started, which is no fault of any target: nothing is leased for a while.
    async fn pause_for(&mut self, reason: String) -> Result<(), RunnerError> {
        if self.trouble.is_pausing() {
            return Ok(());
        }
        if self.focus.is_some() && self.trouble.pauses == MOST_PAUSES {
            return Err(RunnerError::Unable { reason });
        }
        warn!(reason, "nmap cannot be started, trying again in a while");
        let doubled = self.shared.settings.trouble_pause * (1 << self.trouble.pauses.min(16));
        self.trouble.pauses += 1;
        self.trouble.over_at = Some(Instant::now() + doubled.min(LONGEST_PAUSE));
        if self.focus.is_none() {
            // Whatever nmap there is next may be another one.
            self.shared.set_scanner(None);
        }
        let before = self.shared.troubles().machine.replace(reason.clone());
        if before.is_some_and(|before| before != reason) {
            self.trouble.told.clear();
        }
        Ok(self.explain_trouble().await?)
    }

    /// Says of every scan that wants to run why it does not.
    async fn explain_trouble(&mut self) -> Result<(), StoreError> {
        let Some(reason) = self.shared.troubles().machine.clone() else { return Ok(()) };
        for (scan, running) in &self.scans {
            if *running.orders.borrow() != Order::Go || !self.trouble.told.insert(*scan) {
                continue;
            }
            let (store, now) = (&self.shared.store, Timestamp::now());
            patiently!(self.shared, store.explain(*scan, Some(&reason), now))?;
            self.shared.tell_of(*scan);
        }
        Ok(())
    }

    /// nmap can be started again: no scan says otherwise any more.
    async fn end_trouble(&mut self) -> Result<(), StoreError> {
        self.trouble.over_at = None;
        self.shared.troubles().machine = None;
        for scan in std::mem::take(&mut self.trouble.told) {
            let store = &self.shared.store;
            patiently!(self.shared, store.explain(scan, None, Timestamp::now()))?;
            self.shared.tell_of(scan);
        }
        Ok(())
    }

    async fn release(
        &self,
        lease: &Lease,
        verdict: Verdict,
        reason: &str,
    ) -> Result<(), StoreError> {
        let report = AttemptReport {
            outcome: Outcome::Crashed,
            reason: reason.to_owned(),
            verdict,
            detail: AttemptDetail::default(),
        };
        attempt::report_end(&self.shared, lease, &report).await
    }

    fn order_all(&self, order: Order) {
        for running in self.scans.values() {
            running.orders.send_replace(order);
        }
    }

    /// When workers are idle, the batch that has run longest is ended and what is left of it cut,
    /// if it is slow beside the others and has long to go.
    fn cut_stragglers(&mut self) {
        for (scan, running) in &mut self.scans {
            let idle = places(&running.limits).saturating_sub(running.attempts);
            if idle == 0 || running.attempts == 0 || running.state != State::Running {
                continue;
            }
            let typical = typical(&mut running.paces);
            let attempts = self.shared.running();
            let now = Timestamp::now();
            let slow = attempts.values().filter(|attempt| {
                let activity = &attempt.activity;
                let age = now.duration_since(activity.since).unsigned_abs();
                let patience =
                    patience(self.shared.settings.straggler_after, typical, activity.addresses);
                activity.scan == *scan
                    && activity.addresses.saturating_sub(activity.done) > 1
                    && age >= patience
                    && has_long_to_go(age, activity.done, activity.addresses, patience)
            });
            if let Some(straggler) = slow.min_by_key(|attempt| attempt.activity.since) {
                straggler.recall(Recall::Cut(u32::try_from(idle + 1).unwrap_or(u32::MAX)));
            }
        }
    }
}

impl Settled {
    /// Whether nothing has changed since, as far as `pulse` tells, and that is not long ago.
    fn is_fresh(&self, pulse: &Pulse) -> bool {
        let is_same = (self.status, self.desired) == (pulse.status, pulse.desired);
        is_same && self.at.elapsed() < SETTLE_AGAIN
    }
}

fn places(limits: &Limits) -> usize {
    count(limits.concurrency)
}

fn count(number: NonZeroU32) -> usize {
    usize::try_from(number.get()).unwrap_or(usize::MAX)
}

/// The median.
fn typical(paces: &mut [Duration]) -> Option<Duration> {
    paces.sort_unstable();
    paces.get(paces.len() / 2).copied()
}

/// How long a batch of so many addresses may take before it is a straggler: twice as long as others
/// of the scan would, or `unknown` while none of them has ended. Less than a part of that is what it
/// takes to begin one.
fn patience(unknown: Duration, typical: Option<Duration>, addresses: u64) -> Duration {
    let Some(typical) = typical else { return unknown };
    let addresses = u32::try_from(addresses).unwrap_or(u32::MAX);
    typical.saturating_mul(addresses).saturating_mul(2).max(unknown / 6)
}

/// Whether a batch that took `age` for `done` of its addresses will need longer for the rest than
/// it is worth waiting: what it does just now would have to be done again.
fn has_long_to_go(age: Duration, done: u64, addresses: u64, patience: Duration) -> bool {
    let left = addresses.saturating_sub(done);
    match u32::try_from(done) {
        Ok(0) | Err(_) => true,
        Ok(done) => (age / done).saturating_mul(u32::try_from(left).unwrap_or(u32::MAX)) > patience,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_slow_beside_others_of_its_size() {
        let (minute, second) = (Duration::from_mins(1), Duration::from_secs(1));

        assert_eq!(patience(minute, None, 500), minute);
        assert_eq!(patience(minute, Some(second), 50), Duration::from_secs(100));
        assert_eq!(patience(minute, Some(second), 2), Duration::from_secs(10));
    }

    #[test]
    fn a_batch_that_is_nearly_done_is_not_cut() {
        let minute = Duration::from_mins(1);

        assert!(!has_long_to_go(minute, 8, 10, minute));
        assert!(has_long_to_go(minute, 2, 10, minute));
        assert!(has_long_to_go(minute, 0, 10, minute));
    }
}
