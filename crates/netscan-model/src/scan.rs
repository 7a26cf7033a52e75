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

/// A limit that ends a scan once it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// The time that it may run.
    MaxDuration,
    /// The results that are wanted.
    MaxResults,
}

named!(Bound, "limit of a scan", { MaxDuration = "max_duration", MaxResults = "max_results" });

/// Addresses that a batch may be asked to have.
pub const MOST_BATCH_SIZE: u64 = 65_536;
/// Batches of one scan that may be asked to run at a time.
pub const MOST_CONCURRENCY: u64 = 1_000;
/// Packets per second that may be asked for.
pub const MOST_RATE: u64 = 10_000_000;
/// Tries at a batch that may be asked for.
pub const MOST_ATTEMPTS: u64 = 100;
/// Results that may be asked for.
pub const MOST_RESULTS: u64 = 1_000_000_000;
/// How deep recursion may be asked to go.
pub const MOST_DEPTH: u64 = 10;

/// How a scan is to be run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = ScanLimits))]
pub struct Limits {
    /// Addresses in a batch at most.
    #[cfg_attr(feature = "schema", schema(value_type = u32, minimum = 1))]
    pub batch_size: NonZeroU32,
    /// Batches at a time.
    #[cfg_attr(feature = "schema", schema(value_type = u32, minimum = 1))]
    pub concurrency: NonZeroU32,
    /// Packets per second over all batches that run at a time.
    #[cfg_attr(feature = "schema", schema(value_type = Option<u32>, minimum = 1))]
    pub max_rate: Option<NonZeroU32>,
    /// The longest that the scanner may take for one host.
    #[cfg_attr(feature = "schema", schema(value_type = Option<u64>, minimum = 1))]
    pub host_timeout_ms: Option<NonZeroU64>,
    /// The longest that one attempt at a batch may take.
    #[cfg_attr(feature = "schema", schema(value_type = Option<u64>, minimum = 1))]
    pub batch_timeout_ms: Option<NonZeroU64>,
    /// Tries at a batch before it is halved.
    #[cfg_attr(feature = "schema", schema(value_type = u32, minimum = 1))]
    pub attempts: NonZeroU32,
    /// How urgent it is.
    pub priority: Priority,
    /// The longest that the scan may run, pauses not counted.
    #[cfg_attr(feature = "schema", schema(value_type = Option<u64>, minimum = 1))]
    #[serde(default)]
    pub max_duration_ms: Option<NonZeroU64>,
    /// The most results that are wanted: hosts that answered.
    #[cfg_attr(feature = "schema", schema(value_type = Option<u64>, minimum = 1))]
    #[serde(default)]
    pub max_results: Option<NonZeroU64>,
}

impl Limits {
    /// The least that can be asked for: of what is not run at all.
    pub const LEAST: Self = Self {
        batch_size: NonZeroU32::MIN,
        concurrency: NonZeroU32::MIN,
        max_rate: None,
        host_timeout_ms: None,
        batch_timeout_ms: None,
        attempts: NonZeroU32::MIN,
        priority: Priority::Medium,
        max_duration_ms: None,
        max_results: None,
    };

    /// The limit that is reached by a scan that ran for `ran_ms` and found `results`, if any is.
    #[must_use]
    pub fn reached(&self, ran_ms: u64, results: u64) -> Option<Bound> {
        let is_over =
            |limit: Option<NonZeroU64>, value| limit.is_some_and(|most| value >= most.get());
        if is_over(self.max_duration_ms, ran_ms) {
            Some(Bound::MaxDuration)
        } else if is_over(self.max_results, results) {
            Some(Bound::MaxResults)
        } else {
            None
        }
    }

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
    /// The limit that ends it, once one is reached. It then stops as if someone had asked for it,
    /// and is not called cancelled.
    pub reached: Option<Bound>,
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
        Self { state: State::Created, desired: Desired::Run, reached: None }
    }

    /// The scan after `command`. Asking twice for the same thing is no error.
    ///
    /// # Errors
    ///
    /// Returns a [`Refusal`] that reads as a sentence when the scan's state does not allow it.
    pub fn command(self, command: Command) -> Result<Self, Refusal> {
        let Self { state, desired, .. } = self;
        let ended = Refusal::Ended { command, state };
        match (state, command) {
            (
                State::Partial | State::Failed | State::Completed | State::Cancelled,
                Command::Retry,
            ) => Ok(Self { state: State::Queued, desired: Desired::Run, reached: None }),
            (_, Command::Retry) => Err(Refusal::NotEnded { state }),
            // A second stop is no error: what was asked for is so already.
            (State::Cancelled, Command::Stop) => Ok(self),
            (state, _) if state.is_terminal() => Err(ended),
            (_, Command::Stop) => Ok(Self { desired: Desired::Stop, ..self }),
            (_, _) if desired == Desired::Stop => Err(Refusal::Stopping { command }),
            (State::Created, Command::Start) => Ok(Self { state: State::Queued, ..self }),
            (State::Created, Command::Pause | Command::Resume) => {
                Err(Refusal::NotStarted { command })
            }
            (_, Command::Pause) => Ok(Self { desired: Desired::Pause, ..self }),
            (_, Command::Start | Command::Resume) => Ok(Self { desired: Desired::Run, ..self }),
        }
    }

    /// The scan that has reached a limit: it stops. The first limit counts, and one that is
    /// stopped already or over stays as it is.
    #[must_use]
    pub fn reach(self, bound: Bound) -> Self {
        if self.state.is_terminal() || self.desired == Desired::Stop {
            return self;
        }
        Self { desired: Desired::Stop, reached: Some(bound), ..self }
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
            (_, _) if open == OpenBatches::default() => self.conclusion(coverage),
            (state, Desired::Stop) if open.is_any_leased => state,
            (_, Desired::Stop) => self.stopped(coverage),
            (_, Desired::Pause) if !open.is_any_leased => State::Paused,
            (State::Queued | State::Running, _) if open.is_any_leased => State::Running,
            (State::Paused, Desired::Run) => State::Queued,
            (state, _) => state,
        };
        Self { state, ..self }
    }

    /// How a scan without open batches has ended. A scan whose every address was accounted for
    /// before the stop took hold is not called cancelled, and neither is one of which only some
    /// batches were stopped.
    fn conclusion(self, coverage: &Coverage) -> State {
        let is_cut_short = coverage.cancelled + coverage.pending > 0;
        if self.desired == Desired::Stop && is_cut_short {
            self.stopped(coverage)
        } else {
            judged(coverage)
        }
    }

    /// How a scan has ended that was stopped before its end: by someone, or by a limit.
    fn stopped(self, coverage: &Coverage) -> State {
        match (self.reached, judged(coverage)) {
            (None, _) => State::Cancelled,
            (Some(_), State::Completed) => State::Partial,
            (Some(_), judged) => judged,
        }
    }
}

/// How a scan has ended by what became of its addresses. One that scanned nothing is not called
/// completed.
fn judged(coverage: &Coverage) -> State {
    let scanned = coverage.up + coverage.down;
    let left = coverage.pending + coverage.cancelled;
    let resisted = coverage.failed + coverage.unresolved + coverage.timed_out + left;
    if resisted == 0 && scanned > 0 {
        State::Completed
    } else if scanned + coverage.timed_out > 0 || resisted == 0 {
        State::Partial
    } else {
        State::Failed
    }
}

/// A module that a scan runs, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ModuleChoice {
    /// Its id, such as `nmap`.
    pub id: String,
    /// Whether it runs. One that does not is kept with its configuration.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Its options, by the module's own schema.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub config: serde_json::Map<String, serde_json::Value>,
}

fn yes() -> bool {
    true
}

impl ModuleChoice {
    /// nmap: finds hosts, open ports and what is behind them.
    pub const NMAP: &str = "nmap";
    /// Port discovery by this program itself.
    pub const DISCOVER: &str = "discover";
    /// Port discovery by masscan.
    pub const MASSCAN: &str = "masscan";
    /// What is wrong with a scan that names both of those which find the open ports.
    pub const TWO_FIRST_PASSES: &str = "discover and masscan both find the open ports: name one";
    /// All that there are.
    pub const KNOWN: [&str; 3] = [Self::NMAP, Self::DISCOVER, Self::MASSCAN];

    /// The module of that id as it is, with no options of its own.
    #[must_use]
    pub fn of(id: &str) -> Self {
        Self { id: id.to_owned(), enabled: true, config: serde_json::Map::new() }
    }

    /// The modules of a scan that leaves everything to nmap.
    #[must_use]
    pub fn nmap_alone() -> Vec<Self> {
        vec![Self::of(Self::NMAP)]
    }

    /// The modules of a scan in two passes: open ports are discovered, and nmap looks at those.
    #[must_use]
    pub fn two_passes() -> Vec<Self> {
        vec![Self::of(Self::DISCOVER), Self::of(Self::NMAP)]
    }

    /// The modules of a scan for which these are named: each once, with nmap for what else is asked.
    ///
    /// # Errors
    ///
    /// A sentence when two of them find the open ports.
    pub fn with_nmap<'a>(ids: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, String> {
        let mut first_passes: Vec<Self> =
            ids.into_iter().map(Self::of).filter(Self::is_first_pass).collect();
        first_passes.dedup();
        if first_passes.len() > 1 {
            return Err(Self::TWO_FIRST_PASSES.to_owned());
        }
        Ok([first_passes, Self::nmap_alone()].concat())
    }

    /// Whether it finds the open ports, for nmap to look at those only.
    #[must_use]
    pub fn is_first_pass(&self) -> bool {
        self.runs(Self::DISCOVER) || self.runs(Self::MASSCAN)
    }

    /// Whether it is the module of that id, and runs.
    #[must_use]
    pub fn runs(&self, id: &str) -> bool {
        self.enabled && self.id == id
    }
}

/// The version of a template that a scan was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateVersion {
    /// The template.
    pub id: Uuid,
    /// Its version, from 1.
    pub version: u32,
}

/// What everyone may know of a scan: the product's JSON for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Scan {
    /// Its id.
    pub id: Uuid,
    /// Its number within the project, from 1.
    pub number: u64,
    /// Its name; empty when nobody gave it one.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What people noted about it.
    pub notes: String,
    /// Who made it, such as `user:mara`.
    pub owner: String,
    /// The organisation's name.
    pub organisation: String,
    /// The organisation's id.
    pub organisation_id: Uuid,
    /// The project's name.
    pub project: String,
    /// The project's id.
    pub project_id: Uuid,
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
    /// The modules that it runs.
    pub modules: Vec<ModuleChoice>,
    /// nmap's options in canonical form.
    pub options: String,
    /// How far what one module finds is taken up by others: 0 for not at all.
    pub recursion_depth: u32,
    /// The template that it was made from, if it was.
    pub template: Option<TemplateVersion>,
    /// How it is run.
    #[serde(flatten)]
    pub limits: Limits,
    /// When it was planned.
    pub created_at: Timestamp,
    /// When its definition or its state last changed.
    pub updated_at: Timestamp,
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
        Lifecycle { state, desired, reached: None }
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
    fn a_scan_that_reached_a_limit_is_partial_and_not_cancelled() {
        let limited = scan(State::Running, Desired::Run).reach(Bound::MaxResults);
        let some = with(&[(CoverageState::Up, 1), (CoverageState::Cancelled, 8)]);
        let none = with(&[(CoverageState::Cancelled, 9)]);

        assert_eq!(limited.settle(BUSY, &some).state, State::Running);
        assert_eq!(limited.settle(IDLE, &some).state, State::Partial);
        assert_eq!(limited.settle(IDLE, &none).state, State::Failed);
    }

    #[test]
    fn a_scan_of_which_one_batch_was_stopped_is_partial() {
        let rest = with(&[(CoverageState::Up, 4), (CoverageState::Cancelled, 4)]);

        assert_eq!(scan(State::Running, Desired::Run).settle(IDLE, &rest).state, State::Partial);
        assert_eq!(scan(State::Running, Desired::Stop).settle(IDLE, &rest).state, State::Cancelled);
    }

    #[test]
    fn a_stop_by_someone_is_not_taken_for_a_limit() {
        let stopping = scan(State::Running, Desired::Stop);

        assert_eq!(stopping.reach(Bound::MaxDuration), stopping);
    }

    #[test]
    fn a_limit_is_reached_at_its_value() {
        let limits = Limits {
            max_duration_ms: NonZeroU64::new(1_000),
            max_results: NonZeroU64::new(3),
            ..Limits::LEAST
        };

        assert_eq!(limits.reached(999, 2), None);
        assert_eq!(limits.reached(1_000, 2), Some(Bound::MaxDuration));
        assert_eq!(limits.reached(0, 3), Some(Bound::MaxResults));
    }

    #[test]
    fn one_module_finds_the_ports_and_nmap_does_the_rest() {
        let ids = |named: &[&str]| {
            let modules = ModuleChoice::with_nmap(named.iter().copied());
            modules.map(|modules| modules.into_iter().map(|module| module.id).collect::<Vec<_>>())
        };

        assert_eq!(ids(&["nmap"]).unwrap(), ["nmap"]);
        assert_eq!(ids(&["masscan"]).unwrap(), ["masscan", "nmap"]);
        assert_eq!(ids(&["nmap", "discover", "discover"]).unwrap(), ["discover", "nmap"]);
        assert_eq!(ids(&["discover", "masscan"]), Err(ModuleChoice::TWO_FIRST_PASSES.to_owned()));
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
