//! Tells the log of the server where the audit log ends: a copy of the one that is kept elsewhere shows
//! when the end of the other was cut off, or all of it was written anew.

use std::convert::Infallible;
use std::time::Duration;

use netscan_store::{AuditHead, Store};
use tokio::time::{MissedTickBehavior, interval};
use tracing::{info, warn};

/// How often it is told.
const EVERY: Duration = Duration::from_mins(5);

/// Someone who remembers where the audit log ended.
#[derive(Debug)]
pub struct AuditWitness {
    store: Store,
    told: Option<AuditHead>,
}

impl AuditWitness {
    /// One who has told nothing yet of the audit log in `store`.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, told: None }
    }

    /// Tells where the audit log ends, now and every five minutes in which it has grown. Never ends.
    pub async fn watch(&mut self) -> Infallible {
        let mut times = interval(EVERY);
        times.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            times.tick().await;
            self.tell().await;
        }
    }

    /// Tells where the audit log ends, unless that was told before, and gives what was told.
    pub async fn tell(&mut self) -> Option<AuditHead> {
        let head = match self.store.audit_head().await {
            Ok(head) => head,
            Err(error) => {
                warn!(%error, "cannot look where the audit log ends");
                return None;
            }
        };
        if self.told.as_ref() == Some(&head) {
            return None;
        }
        let AuditHead { seq, hash } = &head;
        info!(audit.seq = seq, audit.hash = hash, "the audit log ends at {seq}:{hash}");
        self.told = Some(head.clone());
        Some(head)
    }
}
