//! A scan: one execution over a set of targets, and its lifecycle.
//!
//! ```text
//!  created ─start─▶ queued ─▶ running ⇄ paused      desired: run, pause or stop
//!                     │          │        │
//!                     └──────────┴────────┴──▶ completed | partial | failed | cancelled
//! ```
//!
//! What people want ([`Desired`]) is stored apart from what is ([`State`]): a command changes the
//! first at once, and [`Lifecycle::settle`], called whenever batches moved, closes the two.
//! Stop beats pause. Nothing here derives a state from a percentage.

use std::num::{NonZeroU32, NonZeroU64};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::coverage::Coverage;
use crate::named;

/// Where a scan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Planned, and not started.
    Created,
    /// Started, and no batch has been leased yet.
    Queued,
    /// Batches are being run.
    Running,
    /// Nothing runs until someone resumes it.
    Paused,
    /// Every address was scanned.
    Completed,
    /// Some addresses could not be scanned; coverage lists them.
    Partial,
    /// No address could be scanned.
    Failed,
    /// Someone stopped it.
    Cancelled,
}

named!(State, "scan state", {
    Created = "created", Queued = "queued", Running = "running", Paused = "paused",
    Completed = "completed", Partial = "partial", Failed = "failed", Cancelled = "cancelled",
});

impl State {
    /// Whether it ends here, unless someone asks for a retry.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Partial | Self::Failed | Self::Cancelled)
    }
}

/// What people want of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Desired {
    /// It shall go on.
    Run,
    /// It shall rest.
    Pause,
    /// It shall end.
    Stop,
}

named!(Desired, "desired state", { Run = "run", Pause = "pause", Stop = "stop" });

/// How urgent a scan is among others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// After the others.
    Low,
    /// As usual.
    #[default]
    Medium,
    /// Before the others.
    High,
}

named!(Priority, "priority", { Low = "low", Medium = "medium", High = "high" });

/// How a scan is to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Addresses in a batch at most.
    pub batch_size: NonZeroU32,
    /// Batches at a time.
    pub concurrency: NonZeroU32,
    /// Packets per second over all batches that run at a time.
    pub max_rate: Option<NonZeroU32>,
    /// The longest that the scanner may take for one host.
    pub host_timeout_ms: Option<NonZeroU64>,
    /// The longest that one attempt at a batch may take.
    pub batch_timeout_ms: Option<NonZeroU64>,
    /// Tries at a batch before it is halved.
    pub attempts: NonZeroU32,
    /// How urgent it is.
    pub priority: Priority,
}

impl Limits {
    /// The packets per second that one batch may send, so that all that run at a time keep within
    /// the scan's rate; at least one.
    #[must_use]
    pub fn rate_of_a_batch(&self) -> Option<NonZeroU32> {
        let share = |rate: NonZeroU32| NonZeroU32::new(rate.get() / self.concurrency.get());
        self.max_rate.map(|rate| share(rate).unwrap_or(NonZeroU32::MIN))
    }
}

/// What a scan's lifecycle depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// Where it is.
    pub state: State,
    /// What people want.
    pub desired: Desired,
}

/// What someone asks of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Begin.
    Start,
    /// Rest; running batches are ended, what they found is kept.
    Pause,
    /// Go on.
    Resume,
    /// End for good.
    Stop,
    /// Take up again what could not be scanned.
    Retry,
}

named!(Command, "command", {
    Start = "start", Pause = "pause", Resume = "resume", Stop = "stop", Retry = "retry",
});

/// A command that the scan's state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is over.
    #[error("cannot {command} a scan that is {state}")]
    Ended {
        /// What was asked.
        command: Command,
        /// Where the scan is.
        state: State,
    },
    /// It has not been started.
    #[error("cannot {command} a scan that has not been started; start it with `netscan run`")]
    NotStarted {
        /// What was asked.
        command: Command,
    },
    /// It is being stopped, and that wins.
    #[error("cannot {command} a scan that is being stopped")]
    Stopping {
        /// What was asked.
        command: Command,
    },
    /// There is nothing to take up again yet.
    #[error("cannot retry a scan that is {state}; wait until it has ended, or stop it")]
    NotEnded {
        /// Where the scan is.
        state: State,
    },
}

/// Which batches of a scan are open, as far as its lifecycle cares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenBatches {
    /// Whether any is ready or waits for its time.
    pub is_any_waiting: bool,
    /// Whether any is with a worker.
    pub is_any_leased: bool,
}

impl Lifecycle {
    /// A scan that has been planned and not started.
    #[must_use]
    pub fn created() -> Self {
        Self { state: State::Created, desired: Desired::Run }
    }

    /// The scan after `command`. Asking twice for the same thing is no error.
    ///
    /// # Errors
    ///
    /// Returns a [`Refusal`] that reads as a sentence when the scan's state does not allow it.
    pub fn command(self, command: Command) -> Result<Self, Refusal> {
        let Self { state, desired } = self;
        let ended = Refusal::Ended { command, state };
        match (state, command) {
            (
                State::Partial | State::Failed | State::Completed | State::Cancelled,
                Command::Retry,
            ) => Ok(Self { state: State::Queued, desired: Desired::Run }),
            (_, Command::Retry) => Err(Refusal::NotEnded { state }),
            // A second stop is no error: what was asked for is so already.
            (State::Cancelled, Command::Stop) => Ok(self),
            (state, _) if state.is_terminal() => Err(ended),
            (_, Command::Stop) => Ok(Self { desired: Desired::Stop, ..self }),
            (_, _) if desired == Desired::Stop => Err(Refusal::Stopping { command }),
            (State::Created, Command::Start) => {
                Ok(Self { state: State::Queued, desired: Desired::Run })
            }
            (State::Created, Command::Pause | Command::Resume) => {
                Err(Refusal::NotStarted { command })
            }
            (_, Command::Pause) => Ok(Self { desired: Desired::Pause, ..self }),
            (_, Command::Start | Command::Resume) => Ok(Self { desired: Desired::Run, ..self }),
        }
    }

    /// The scan brought up to what its batches say.
    ///
    /// A stop is done when no batch is leased any more (the caller cancels those that wait), and so
    /// is a pause, unless the last batch ended meanwhile: then the scan is over.
    #[must_use]
    pub fn settle(self, open: OpenBatches, coverage: &Coverage) -> Self {
        let state = match (self.state, self.desired) {
            (state, _) if state.is_terminal() => state,
            (State::Created, Desired::Stop) => State::Cancelled,
            (State::Created, _) => State::Created,
            (_, _) if open == OpenBatches::default() => conclusion(self.desired, coverage),
            (state, Desired::Stop) if open.is_any_leased => state,
            (_, Desired::Stop) => State::Cancelled,
            (_, Desired::Pause) if !open.is_any_leased => State::Paused,
            (State::Queued | State::Running, _) if open.is_any_leased => State::Running,
            (State::Paused, Desired::Run) => State::Queued,
            (state, _) => state,
        };
        Self { state, ..self }
    }
}

/// How a scan without open batches has ended. A scan whose every address was accounted for before
/// the stop took hold is not called cancelled, and one that scanned nothing is not called completed.
fn conclusion(desired: Desired, coverage: &Coverage) -> State {
    let scanned = coverage.up + coverage.down;
    let resisted = coverage.failed + coverage.unresolved + coverage.timed_out + coverage.pending;
    let is_cut_short = coverage.cancelled > 0 || (desired == Desired::Stop && coverage.pending > 0);
    if is_cut_short {
        State::Cancelled
    } else if resisted == 0 && scanned > 0 {
        State::Completed
    } else if scanned + coverage.timed_out > 0 || resisted == 0 {
        State::Partial
    } else {
        State::Failed
    }
}

/// What everyone may know of a scan: the product's JSON for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// Its id.
    pub id: Uuid,
    /// Its number within the project, from 1.
    pub number: u64,
    /// Its name; empty when nobody gave it one.
    pub name: String,
    /// What people noted about it.
    pub notes: String,
    /// The project's name.
    pub project: String,
    /// The scans that repeat each other share this id: that of the first of them.
    pub series: Uuid,
    /// Where it is.
    pub status: State,
    /// What people want of it.
    pub desired: Desired,
    /// 0 to 1, weighted by addresses.
    pub progress: f64,
    /// The targets as they were written.
    pub targets: Vec<String>,
    /// nmap's options in canonical form.
    pub options: String,
    /// How it is run.
    #[serde(flatten)]
    pub limits: Limits,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When it was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// Why it is where it is, when that needs saying.
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::CoverageState;

    const IDLE: OpenBatches = OpenBatches { is_any_waiting: false, is_any_leased: false };
    const WAITING: OpenBatches = OpenBatches { is_any_waiting: true, is_any_leased: false };
    const BUSY: OpenBatches = OpenBatches { is_any_waiting: true, is_any_leased: true };

    fn scan(state: State, desired: Desired) -> Lifecycle {
        Lifecycle { state, desired }
    }

    fn with(counts: &[(CoverageState, u64)]) -> Coverage {
        Coverage::of(counts.iter().copied())
    }

    #[test]
    fn a_scan_is_created_started_run_and_completed() {
        let pending = with(&[(CoverageState::Pending, 9)]);

        let queued = Lifecycle::created().command(Command::Start).unwrap();
        let running = queued.settle(BUSY, &pending);
        let done = running.settle(IDLE, &with(&[(CoverageState::Up, 4), (CoverageState::Down, 5)]));

        assert_eq!(
            [queued.state, running.state, done.state],
            [State::Queued, State::Running, State::Completed]
        );
    }

    #[test]
    fn a_pause_holds_when_the_last_leased_batch_is_back() {
        let pending = with(&[(CoverageState::Pending, 9)]);
        let pausing = scan(State::Running, Desired::Run).command(Command::Pause).unwrap();

        assert_eq!(pausing.settle(BUSY, &pending).state, State::Running);
        assert_eq!(pausing.settle(WAITING, &pending).state, State::Paused);
    }

    #[test]
    fn a_resumed_scan_queues_and_then_runs() {
        let pending = with(&[(CoverageState::Pending, 9)]);
        let resumed = scan(State::Paused, Desired::Pause).command(Command::Resume).unwrap();

        let queued = resumed.settle(WAITING, &pending);

        assert_eq!(
            (queued.state, queued.settle(BUSY, &pending).state),
            (State::Queued, State::Running)
        );
    }

    #[test]
    fn stop_beats_pause_and_resume() {
        let stopping = scan(State::Running, Desired::Pause).command(Command::Stop).unwrap();

        assert_eq!(stopping.desired, Desired::Stop);
        for command in [Command::Pause, Command::Resume, Command::Start] {
            let refusal = stopping.command(command).unwrap_err();
            assert_eq!(
                refusal.to_string(),
                format!("cannot {command} a scan that is being stopped")
            );
        }
    }

    #[test]
    fn a_stopped_scan_is_cancelled_once_nothing_runs() {
        let pending = with(&[(CoverageState::Pending, 9)]);
        let stopping = scan(State::Running, Desired::Stop);

        assert_eq!(stopping.settle(BUSY, &pending).state, State::Running);
        assert_eq!(stopping.settle(WAITING, &pending).state, State::Cancelled);
        assert_eq!(
            scan(State::Created, Desired::Stop).settle(WAITING, &pending).state,
            State::Cancelled
        );
    }

    #[test]
    fn a_stop_that_came_after_the_last_address_changes_nothing() {
        let done =
            scan(State::Running, Desired::Stop).settle(IDLE, &with(&[(CoverageState::Up, 3)]));

        assert_eq!(done.state, State::Completed);
    }

    #[test]
    fn the_end_is_told_by_coverage() {
        use CoverageState::{Down, Excluded, Failed, TimedOut, Unresolved, Up};
        let end = |counts: &[(CoverageState, u64)]| {
            scan(State::Running, Desired::Run).settle(IDLE, &with(counts)).state
        };

        assert_eq!(end(&[(Up, 1), (Failed, 1)]), State::Partial);
        assert_eq!(end(&[(Down, 1), (Unresolved, 1)]), State::Partial);
        assert_eq!(end(&[(TimedOut, 1)]), State::Partial);
        assert_eq!(end(&[(Failed, 2)]), State::Failed);
        assert_eq!(end(&[(Unresolved, 2), (Excluded, 1)]), State::Failed);
        assert_eq!(end(&[(Excluded, 2)]), State::Partial);
        assert_eq!(end(&[(Up, 1), (Excluded, 2)]), State::Completed);
        assert_eq!(end(&[(Up, 1), (CoverageState::Pending, 1)]), State::Partial);
    }

    #[test]
    fn an_ended_scan_takes_no_command_but_retry_and_a_second_stop() {
        for state in [State::Completed, State::Partial, State::Failed, State::Cancelled] {
            let ended = scan(state, Desired::Run);
            for command in [Command::Start, Command::Pause, Command::Resume] {
                assert_eq!(ended.command(command), Err(Refusal::Ended { command, state }));
            }
            assert_eq!(ended.command(Command::Retry), Ok(scan(State::Queued, Desired::Run)));
        }
        assert_eq!(
            scan(State::Cancelled, Desired::Stop).command(Command::Stop),
            Ok(scan(State::Cancelled, Desired::Stop))
        );
    }

    #[test]
    fn a_scan_that_has_not_been_started_cannot_be_paused() {
        let refusal = Lifecycle::created().command(Command::Pause).unwrap_err();

        assert_eq!(
            refusal.to_string(),
            "cannot pause a scan that has not been started; start it with `netscan run`"
        );
    }
}
