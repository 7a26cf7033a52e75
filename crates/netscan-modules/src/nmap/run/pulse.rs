//! Signs of life from a program, by which one that hangs is told from one that is busy.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When something was last heard of a program.
#[derive(Clone)]
pub(super) struct Pulse(Arc<Inner>);

struct Inner {
    since: Instant,
    last_beat_ms: AtomicU64,
    /// Whether it is we who keep the program waiting.
    is_held_up: AtomicBool,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner {
            since: Instant::now(),
            last_beat_ms: AtomicU64::new(0),
            is_held_up: AtomicBool::new(false),
        }))
    }

    /// Notes a sign of life.
    pub(super) fn beat(&self) {
        let now = u64::try_from(self.0.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.last_beat_ms.store(now, Ordering::Relaxed);
    }

    /// Does what may take long on our side: silence in the meantime means nothing.
    pub(super) fn hold<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.0.is_held_up.store(true, Ordering::Relaxed);
        let result = wait();
        self.beat();
        self.0.is_held_up.store(false, Ordering::Relaxed);
        result
    }

    /// Waits until nothing was heard for `limit`.
    pub(super) async fn stops_for(&self, limit: Duration) {
        loop {
            if self.0.is_held_up.load(Ordering::Relaxed) {
                self.beat();
            }
            let last = Duration::from_millis(self.0.last_beat_ms.load(Ordering::Relaxed));
            let silence = self.0.since.elapsed().saturating_sub(last);
            match limit.checked_sub(silence) {
                None | Some(Duration::ZERO) => return,
                Some(rest) => tokio::time::sleep(rest).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn silence_that_is_our_own_fault_does_not_count() {
        const LIMIT: Duration = Duration::from_millis(20);

        let pulse = Pulse::new();
        let (release, held) = std::sync::mpsc::channel::<()>();
        let holder = pulse.clone();
        let (tell, told) = std::sync::mpsc::channel();
        let wait = move || tell.send(()).is_ok() && held.recv().is_ok();
        let thread = std::thread::spawn(move || holder.hold(wait));
        told.recv().unwrap();

        let held_up = tokio::time::timeout(10 * LIMIT, pulse.stops_for(LIMIT)).await;
        drop(release);
        thread.join().unwrap();
        let silent = tokio::time::timeout(Duration::from_mins(1), pulse.stops_for(LIMIT)).await;

        assert!(held_up.is_err() && silent.is_ok());
    }
}
