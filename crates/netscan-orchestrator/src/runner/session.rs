//! One scan being run: what people want is looked up, batches are leased, stragglers are cut.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::scan::{Desired, Limits, Scan, State};
use netscan_store::{LeaseRequest, Pulse, Reclaim, StoreError};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::error;
use uuid::Uuid;

use crate::runner::attempt::{self, Order};
use crate::runner::ground::Ground;
use crate::runner::{Live, Recall, Shared, patiently};

/// How often the store is asked what people want. A pause from another process takes hold within
/// this time.
const TICK: Duration = Duration::from_millis(250);
/// How often leases are looked through for lapsed ones.
const SWEEP: Duration = Duration::from_secs(10);

pub(super) struct Session {
    shared: Arc<Shared>,
    scan: Uuid,
    orders: watch::Sender<Order>,
    attempts: JoinSet<Result<Duration, StoreError>>,
    /// The time that each attempt that ended has taken, for telling a straggler.
    took: Vec<Duration>,
    last_state: Option<State>,
    last_limits: Option<Limits>,
}

impl Session {
    pub(super) fn new(shared: Arc<Shared>, scan: Uuid) -> Self {
        let orders = watch::channel(Order::Go).0;
        Self {
            shared,
            scan,
            orders,
            attempts: JoinSet::new(),
            took: Vec::new(),
            last_state: None,
            last_limits: None,
        }
    }

    /// Goes on until the scan has ended, or until `shutdown` and everything is handed back.
    pub(super) async fn run(mut self, shutdown: CancellationToken) -> Result<Scan, StoreError> {
        let ground = Arc::new(Ground::of(&self.shared.store, self.scan).await?);
        let mut tick = tokio::time::interval(TICK);
        let mut sweep = tokio::time::interval(SWEEP);
        loop {
            let pulse = self.look().await?;
            let is_idle = self.attempts.is_empty();
            if is_idle && (pulse.status.is_terminal() || shutdown.is_cancelled()) {
                return self.shared.store.scan(self.scan).await;
            }
            self.pass_on(pulse.desired, shutdown.is_cancelled());
            self.apply_changes(&pulse.limits);
            if pulse.desired == Desired::Run && !shutdown.is_cancelled() {
                self.fill(&pulse.limits, &ground).await?;
                self.cut_a_straggler(&pulse.limits);
            }
            tokio::select! {
                Some(ended) = self.attempts.join_next() => self.note(ended).await?,
                () = shutdown.cancelled(), if *self.orders.borrow() != Order::HandBack => {}
                _ = sweep.tick() => { self.reclaim_lapsed().await?; }
                _ = tick.tick() => {}
            }
        }
    }

    /// The scan as it is, settled if its batches or people's wishes may have moved it.
    async fn look(&mut self) -> Result<Pulse, StoreError> {
        let mut pulse = self.shared.store.pulse(self.scan).await?;
        let is_settled = pulse.status.is_terminal()
            || (pulse.desired == Desired::Run && !self.attempts.is_empty())
            || (pulse.desired == Desired::Pause && pulse.status == State::Paused);
        if !is_settled {
            patiently!(self.shared, self.shared.store.settle(Timestamp::now()))?;
            pulse = self.shared.store.pulse(self.scan).await?;
        }
        if self.last_state.replace(pulse.status) != Some(pulse.status) {
            self.shared.tell(Live::Changed);
        }
        Ok(pulse)
    }

    fn pass_on(&self, desired: Desired, is_shutting_down: bool) {
        let order = match desired {
            Desired::Stop => Order::Stop,
            _ if is_shutting_down => Order::HandBack,
            Desired::Pause => Order::Pause,
            Desired::Run => Order::Go,
        };
        self.orders.send_if_modified(|before| std::mem::replace(before, order) != order);
    }

    /// Leases batches until as many run as may.
    async fn fill(&mut self, limits: &Limits, ground: &Arc<Ground>) -> Result<(), StoreError> {
        let most = usize::try_from(limits.concurrency.get()).unwrap_or(usize::MAX);
        while self.attempts.len() < most {
            let request = LeaseRequest {
                worker: self.shared.settings.worker.clone(),
                only: Some(self.scan),
                duration: self.shared.settings.lease,
            };
            let store = &self.shared.store;
            let lease = patiently!(self.shared, store.lease_next(&request, Timestamp::now()))?;
            let Some(lease) = lease else { break };
            let orders = self.orders.subscribe();
            let (shared, ground) = (self.shared.clone(), ground.clone());
            self.attempts.spawn(attempt::supervise(shared, ground, lease, orders));
            self.shared.tell(Live::Changed);
        }
        Ok(())
    }

    async fn note(
        &mut self,
        ended: Result<Result<Duration, StoreError>, tokio::task::JoinError>,
    ) -> Result<(), StoreError> {
        self.shared.tell(Live::Changed);
        match ended {
            Ok(Ok(took)) => {
                self.took.push(took);
                Ok(())
            }
            Ok(Err(error)) => self.give_up(error).await,
            Err(panic) => {
                // Its lease lapses, and the batch is tried again.
                error!(error = %panic, "supervising an attempt failed");
                Ok(())
            }
        }
    }

    /// Ends what runs, since what it finds can no longer be stored.
    async fn give_up(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.orders.send_replace(Order::HandBack);
        while self.attempts.join_next().await.is_some() {}
        Err(error)
    }

    async fn reclaim_lapsed(&self) -> Result<(), StoreError> {
        let store = &self.shared.store;
        patiently!(self.shared, store.reclaim(Reclaim::Lapsed, Timestamp::now())).map(|_| ())
    }

    /// Makes a change of rate or concurrency felt at once: nmap cannot be told while it runs, so
    /// attempts that are too fast, too slow or too many are ended and begun again.
    fn apply_changes(&mut self, limits: &Limits) {
        let Some(before) = self.last_limits.replace(limits.clone()) else { return };
        if before.rate_of_a_batch() != limits.rate_of_a_batch() {
            self.recall_beyond(0);
        } else if limits.concurrency < before.concurrency {
            self.recall_beyond(usize::try_from(limits.concurrency.get()).unwrap_or(usize::MAX));
        }
    }

    /// Recalls all but the `kept` attempts that have run longest.
    fn recall_beyond(&self, kept: usize) {
        let running = self.shared.running();
        let mut own: Vec<_> =
            running.values().filter(|running| running.activity.scan == self.scan).collect();
        own.sort_by_key(|running| running.activity.since);
        for surplus in own.iter().skip(kept) {
            surplus.recall.send_if_modified(|recall| recall.replace(Recall::Again).is_none());
        }
    }

    /// When workers are idle, the batch that has run longest is ended and what is left of it cut,
    /// if it is slow beside the others and cutting it can help.
    fn cut_a_straggler(&mut self, limits: &Limits) {
        let most = usize::try_from(limits.concurrency.get()).unwrap_or(usize::MAX);
        let idle = most.saturating_sub(self.attempts.len());
        // Something else than this scan's own batches may still be waiting for its time.
        if idle == 0 || self.attempts.is_empty() {
            return;
        }
        let now = Timestamp::now();
        let patience = self.shared.settings.straggler_after.max(self.typical() * 2);
        let running = self.shared.running();
        let slow = running.values().filter(|running| {
            let age = now.duration_since(running.activity.since).unsigned_abs();
            let left = running.activity.addresses.saturating_sub(running.activity.done);
            running.activity.scan == self.scan
                && running.recall.borrow().is_none()
                && left > 1
                && age >= patience
                && has_long_to_go(age, running.activity.percent, patience)
        });
        if let Some(straggler) = slow.min_by_key(|running| running.activity.since) {
            let parts = u32::try_from(idle + 1).unwrap_or(u32::MAX);
            straggler.recall.send_replace(Some(Recall::Cut(parts)));
        }
    }

    /// The median time of the attempts that have ended.
    fn typical(&mut self) -> Duration {
        self.took.sort_unstable();
        self.took.get(self.took.len() / 2).copied().unwrap_or_default()
    }
}

/// Whether a batch that has run for `age` and says it is `percent` done will go on for longer than
/// it is worth waiting: what it does just now would have to be done again.
fn has_long_to_go(age: Duration, percent: Option<f64>, patience: Duration) -> bool {
    match percent {
        Some(percent) if percent > 0.0 => {
            let left = age.mul_f64((100.0 - percent).max(0.0) / percent);
            left > patience
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_that_is_nearly_done_is_not_cut() {
        let minute = Duration::from_mins(1);

        assert!(!has_long_to_go(minute, Some(80.0), minute));
        assert!(has_long_to_go(minute, Some(20.0), minute));
        assert!(has_long_to_go(minute, None, minute));
    }
}
