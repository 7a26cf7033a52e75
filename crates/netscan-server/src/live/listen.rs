//! What the bus is told without being asked: what the runner says, and that somebody's access may
//! have changed.

use std::time::Duration;

use jiff::Timestamp;
use netscan_broker::{Bus, LineFrame};
use netscan_orchestrator::runner::{Live, Runner};
use netscan_store::Store;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{debug, warn};

use super::history::StoredHistory;

/// How often it is looked whether access has changed. Whoever is shut out is gone within a second.
const LOOK: Duration = Duration::from_millis(500);

/// Passes on what `runner` says, for as long as it lives.
pub(crate) async fn follow_runner(bus: &Bus<StoredHistory>, runner: &Runner) {
    let mut messages = runner.live();
    loop {
        match messages.recv().await {
            Ok(Live::Line { scan, batch, batch_number: _, line }) => {
                let told = LineFrame { batch_id: batch, at: Timestamp::now(), line: &line };
                bus.line(scan, told);
            }
            Ok(Live::Changed { scan }) => bus.ring(scan),
            Err(RecvError::Lagged(missed)) => {
                debug!(missed, "missed {missed} messages of the runner");
                bus.ring(None);
            }
            Err(RecvError::Closed) => return,
        }
    }
}

/// Tells those who watch when somebody's access has changed, by this process or by another. One
/// look serves all of them. Never ends.
pub(crate) async fn follow_access(bus: &Bus<StoredHistory>, store: &Store) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = None;
    loop {
        looks.tick().await;
        match store.access_version().await {
            Ok(version) => {
                if known.is_some_and(|known| known != version) {
                    bus.access_changed();
                }
                known = Some(version);
            }
            Err(error) => warn!(%error, "cannot look whether anybody's access has changed"),
        }
    }
}
