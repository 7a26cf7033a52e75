//! One runner at work: what people want is looked up, batches are leased, stragglers are cut.
//!
//! It was started for one scan, its focus, and ends with it. While it lives, it runs every other
//! scan that wants to run too, the most urgent first.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::batch::Outcome;
use netscan_model::scan::{Desired, Limits, Scan, State};
use netscan_store::{
    AttemptDetail, AttemptReport, Lease, LeaseRequest, Pulse, StoreError, Verdict,
};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use uuid::Uuid;

use crate::runner::attempt::{self, Ended, Order};
use crate::runner::ground::Ground;
use crate::runner::{Live, Recall, RunnerError, Shared, patiently};

/// How often the store is asked what people want. A pause from another process takes hold within
/// this time.
const TICK: Duration = Duration::from_millis(250);
/// After so many refusals of a scan's options by nmap in a row, the scan is given up: they are not
/// the fault of a host.
const MOST_REFUSALS: u32 = 6;
/// The most pauses, each twice as long as the one before, that are made because nmap cannot be
/// started, before the run ends.
const MOST_PAUSES: u32 = 5;

pub(super) struct Session {
    shared: Arc<Shared>,
    focus: Uuid,
    scans: HashMap<Uuid, Running>,
    attempts: JoinSet<Result<Ended, StoreError>>,
    /// What each attempt holds, for the case that it comes to a bad end.
    leases: HashMap<Id, Lease>,
    trouble: Trouble,
}

/// A scan that this runner works on.
struct Running {
    orders: watch::Sender<Order>,
    ground: Arc<Ground>,
    limits: Limits,
    state: State,
    attempts: usize,
    /// How long each attempt that ended has taken, for telling a straggler.
    took: Vec<Duration>,
    refusals: u32,
}

/// That this machine cannot start nmap: how many pauses were made for it, and until when.
#[derive(Default)]
struct Trouble {
    pauses: u32,
    over_at: Option<Instant>,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, focus: Uuid) -> Self {
        Self {
            shared,
            focus,
            scans: HashMap::new(),
            attempts: JoinSet::new(),
            leases: HashMap::new(),
            trouble: Trouble::default(),
        }
    }

    /// Goes on until the focus has ended, or until `shutdown`, and everything is handed back.
    pub(super) async fn run(mut self, shutdown: CancellationToken) -> Result<Scan, RunnerError> {
        let worked = self.work(&shutdown).await;
        // Whatever ended it, nothing of it runs on.
        self.order_all(Order::HandBack);
        while let Some(ended) = self.attempts.join_next_with_id().await {
            if let Err(error) = self.note(ended).await {
                warn!(%error, "the end of an attempt could not be stored");
            }
        }
        worked?;
        for pulse in self.shared.store.pulses().await? {
            self.settle(&pulse).await?;
        }
        Ok(self.shared.store.scan(self.focus).await?)
    }

    async fn work(&mut self, shutdown: &CancellationToken) -> Result<(), RunnerError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            for pulse in patiently!(self.shared, self.shared.store.pulses())? {
                self.follow(pulse).await?;
            }
            let focus = patiently!(self.shared, self.shared.store.pulse(self.focus))?;
            if shutdown.is_cancelled() || (focus.status.is_terminal() && !self.runs(self.focus)) {
                return Ok(());
            }
            self.pass_on_wishes_to_cut().await?;
            self.fill().await?;
            self.cut_stragglers();
            tokio::select! {
                Some(ended) = self.attempts.join_next_with_id() => self.note(ended).await?,
                () = shutdown.cancelled() => {}
                _ = tick.tick() => {}
            }
        }
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
            self.shared.tell(Live::Changed);
        }
        self.apply_changes(&pulse);
        Ok(())
    }

    /// Closes the gap between what people want and what is, once nothing of the scan runs.
    async fn settle(&self, pulse: &Pulse) -> Result<(), StoreError> {
        let is_settled = self.runs(pulse.scan)
            || (pulse.desired == Desired::Pause && pulse.status == State::Paused)
            || (pulse.desired == Desired::Run && pulse.status == State::Queued);
        if is_settled {
            return Ok(());
        }
        let store = &self.shared.store;
        patiently!(self.shared, store.settle(pulse.scan, Timestamp::now()))
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
            state: pulse.status,
            attempts: 0,
            took: Vec::new(),
            refusals: 0,
        };
        self.scans.insert(pulse.scan, running);
        Ok(())
    }

    /// Makes a change of rate or concurrency felt at once: nmap cannot be told while it runs, so
    /// attempts that are too fast, too slow or too many are ended and begun again.
    fn apply_changes(&mut self, pulse: &Pulse) {
        let Some(running) = self.scans.get_mut(&pulse.scan) else { return };
        let before = std::mem::replace(&mut running.limits, pulse.limits.clone());
        if before.rate_of_a_batch() != pulse.limits.rate_of_a_batch() {
            self.recall_beyond(pulse.scan, 0);
        } else if pulse.limits.concurrency < before.concurrency {
            self.recall_beyond(pulse.scan, places(&pulse.limits));
        }
    }

    /// Recalls all attempts of a scan but the `kept` that have run longest.
    fn recall_beyond(&self, scan: Uuid, kept: usize) {
        let running = self.shared.running();
        let mut own: Vec<_> =
            running.values().filter(|running| running.activity.scan == scan).collect();
        own.sort_by_key(|running| running.activity.since);
        for surplus in own.iter().skip(kept) {
            surplus.recall(Recall::Again);
        }
    }

    async fn pass_on_wishes_to_cut(&self) -> Result<(), StoreError> {
        if self.attempts.is_empty() {
            return Ok(());
        }
        let wanted = patiently!(self.shared, self.shared.store.to_be_cut())?;
        for running in self.shared.running().values() {
            if wanted.contains(&running.batch) {
                running.recall(Recall::AsAsked);
            }
        }
        Ok(())
    }

    /// Leases batches until as many run as may.
    async fn fill(&mut self) -> Result<(), RunnerError> {
        if self.trouble.over_at.is_some_and(|time| Instant::now() < time) {
            return Ok(());
        }
        let has_room = |running: &Running| running.attempts < places(&running.limits);
        while self.scans.values().any(has_room) {
            let request = LeaseRequest {
                worker: self.shared.settings.worker.clone(),
                only: None,
                duration: self.shared.settings.lease,
            };
            let store = &self.shared.store;
            let lease = patiently!(self.shared, store.lease_next(&request, Timestamp::now()))?;
            let Some(lease) = lease else { break };
            self.begin(lease).await?;
        }
        Ok(())
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
        let id = self.attempts.spawn(attempt).id();
        self.leases.insert(id, lease);
        self.shared.tell(Live::Changed);
        Ok(())
    }

    /// Takes note of the end of an attempt.
    async fn note(
        &mut self,
        ended: Result<(Id, Result<Ended, StoreError>), JoinError>,
    ) -> Result<(), RunnerError> {
        self.shared.tell(Live::Changed);
        let id = ended.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some(lease) = self.leases.remove(&id) else { return Ok(()) };
        if let Some(running) = self.scans.get_mut(&lease.scan) {
            running.attempts -= 1;
        }
        match ended {
            Ok((_, ended)) => self.learn(&lease, ended?).await,
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
            return self.pause_for(lease, reason).await;
        }
        if std::mem::take(&mut self.trouble).pauses > 0 {
            self.shared.store.explain(lease.scan, None, Timestamp::now()).await?;
        }
        let Some(running) = self.scans.get_mut(&lease.scan) else { return Ok(()) };
        running.took.push(ended.took);
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
    async fn pause_for(&mut self, lease: &Lease, reason: String) -> Result<(), RunnerError> {
        let is_told = self.trouble.over_at.is_some_and(|time| Instant::now() < time);
        if is_told {
            return Ok(());
        }
        if self.trouble.pauses == MOST_PAUSES {
            return Err(RunnerError::Unable { reason });
        }
        warn!(reason, "nmap cannot be started, trying again in a while");
        let explained = self.shared.store.explain(lease.scan, Some(&reason), Timestamp::now());
        explained.await?;
        let pause = self.shared.settings.trouble_pause * (1 << self.trouble.pauses);
        self.trouble.pauses += 1;
        self.trouble.over_at = Some(Instant::now() + pause);
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
            let patience = self.shared.settings.straggler_after.max(typical(&mut running.took) * 2);
            let attempts = self.shared.running();
            let now = Timestamp::now();
            let slow = attempts.values().filter(|attempt| {
                let activity = &attempt.activity;
                let age = now.duration_since(activity.since).unsigned_abs();
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

fn places(limits: &Limits) -> usize {
    usize::try_from(limits.concurrency.get()).unwrap_or(usize::MAX)
}

/// The median.
fn typical(took: &mut [Duration]) -> Duration {
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or_default()
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
    fn a_batch_that_is_nearly_done_is_not_cut() {
        let minute = Duration::from_mins(1);

        assert!(!has_long_to_go(minute, 8, 10, minute));
        assert!(has_long_to_go(minute, 2, 10, minute));
        assert!(has_long_to_go(minute, 0, 10, minute));
    }
}
