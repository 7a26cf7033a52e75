//! A batch: the slice of a scan that one worker runs at a time.
//!
//! ```text
//!             lease                  succeed
//!  Waiting ──────────▶ Leased ──────────────────▶ Succeeded
//!     ▲                  │
//!     └──────────────────┼── fail, lapse ───────▶ Failed      one address, no attempt left
//!       attempts left,   │
//!       released         ├── fail, lapse, split ▶ Superseded  its children carry the rest
//!                        │
//!                        └── cancel ────────────▶ Cancelled   also from Waiting
//! ```
//!
//! [`Batch::apply`] is the only way from one state to another. It decides and never acts: the
//! store writes the batch that it returns and carries out the [`Effect`]s in the same transaction.

use jiff::{SignedDuration, Timestamp};

use crate::address::AddressSet;
use crate::named;

/// How one attempt at a batch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It has not ended.
    Running,
    /// Every address of the batch is accounted for.
    Succeeded,
    /// It ran past the batch's time limit.
    TimedOut,
    /// Someone ended it: the operator, a pause, or a signal from outside.
    Killed,
    /// The scanner broke down.
    Crashed,
    /// The scanner fell silent.
    Hung,
    /// The scanner ended without saying what became of every address.
    Truncated,
    /// Its worker is gone.
    Lost,
    /// The scanner would not start with these options.
    Refused,
}

named!(Outcome, "attempt outcome", {
    Running = "running", Succeeded = "succeeded", TimedOut = "timed_out", Killed = "killed",
    Crashed = "crashed", Hung = "hung", Truncated = "truncated", Lost = "lost", Refused = "refused",
});

/// Where a batch is, with what is only true there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Ready to be leased from this time on.
    Waiting {
        /// Not earlier than this: the pause after a failure.
        not_before: Timestamp,
    },
    /// A worker has it.
    Leased {
        /// Which one.
        worker: String,
        /// Until when, unless it is renewed.
        until: Timestamp,
    },
    /// Every address is accounted for.
    Succeeded,
    /// No attempt is left.
    Failed {
        /// Why the last one failed.
        reason: String,
    },
    /// The scan was stopped.
    Cancelled,
    /// Its children carry what was left of it.
    Superseded,
}

/// The name of a state, without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StateName {
    /// See [`State::Waiting`].
    Waiting,
    /// See [`State::Leased`].
    Leased,
    /// See [`State::Succeeded`].
    Succeeded,
    /// See [`State::Failed`].
    Failed,
    /// See [`State::Cancelled`].
    Cancelled,
    /// See [`State::Superseded`].
    Superseded,
}

named!(StateName, "batch state", {
    Waiting = "waiting", Leased = "leased", Succeeded = "succeeded", Failed = "failed",
    Cancelled = "cancelled", Superseded = "superseded",
});

impl State {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> StateName {
        match self {
            State::Waiting { .. } => StateName::Waiting,
            State::Leased { .. } => StateName::Leased,
            State::Succeeded => StateName::Succeeded,
            State::Failed { .. } => StateName::Failed,
            State::Cancelled => StateName::Cancelled,
            State::Superseded => StateName::Superseded,
        }
    }
}

/// What the lifecycle of a batch depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Where it is.
    pub state: State,
    /// How many attempts were begun and not handed back.
    pub attempts: u32,
    /// How many it may have.
    pub attempts_allowed: u32,
}

/// What can happen to a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A worker takes it.
    Lease {
        /// Who.
        worker: String,
        /// Until when.
        until: Timestamp,
    },
    /// The worker is alive.
    Renew {
        /// Until when now.
        until: Timestamp,
    },
    /// The attempt accounted for every address.
    Succeed,
    /// The attempt ended with addresses left over.
    Fail {
        /// How it ended.
        outcome: Outcome,
        /// Why, for people.
        reason: String,
        /// What is not accounted for.
        remaining: AddressSet,
        /// Whether the attempt accounted for anything. Then it does not count: what is left
        /// shrinks each time, so this cannot go on for ever.
        has_progressed: bool,
    },
    /// The worker hands it back through no fault of the batch, such as for a pause. The attempt
    /// does not count.
    Release {
        /// What is not accounted for.
        remaining: AddressSet,
    },
    /// It is cut into parts: it held up its scan, or the operator wants it so.
    Split {
        /// The parts, which together are what is not accounted for.
        parts: Vec<AddressSet>,
    },
    /// Its scan was stopped.
    Cancel,
}

impl Event {
    fn verb(&self) -> &'static str {
        match self {
            Event::Lease { .. } => "be leased",
            Event::Renew { .. } => "be renewed",
            Event::Succeed => "succeed",
            Event::Fail { .. } => "fail",
            Event::Release { .. } => "be released",
            Event::Split { .. } => "be split",
            Event::Cancel => "be cancelled",
        }
    }
}

/// A part of a batch that is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its addresses.
    pub addresses: AddressSet,
    /// How many attempts it may have.
    pub attempts_allowed: u32,
}

/// What must be done, besides storing the batch, for a step to be complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make a waiting child for each part.
    Split {
        /// What each child scans, and how often it may be tried.
        parts: Vec<Part>,
        /// When the children may be leased.
        not_before: Timestamp,
    },
    /// Record these addresses as failed.
    GiveUp {
        /// Which.
        addresses: AddressSet,
        /// Why.
        reason: String,
    },
}

/// A step that the batch's state does not allow. The usual cause is a late report from a worker
/// whose lease has lapsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a batch that is {state} cannot {verb}")]
pub struct InvalidTransition {
    /// Where the batch is.
    pub state: StateName,
    /// What it was to do.
    pub verb: &'static str,
}

/// The longest pause between two attempts.
pub const LONGEST_BACK_OFF: SignedDuration = SignedDuration::from_secs(60);

/// The pause before the next attempt: 1 s after the first failure, doubling up to
/// [`LONGEST_BACK_OFF`].
#[must_use]
pub fn back_off(failures: u32) -> SignedDuration {
    let doublings = failures.saturating_sub(1).min(6);
    SignedDuration::from_secs(1 << doublings).min(LONGEST_BACK_OFF)
}

/// Whether the time has come. A pause that is longer than any can be comes from a clock that was set
/// back, and is over.
fn is_due(not_before: Timestamp, now: Timestamp) -> bool {
    not_before <= now || not_before > now + LONGEST_BACK_OFF
}

impl Batch {
    /// A batch that nobody has tried yet.
    #[must_use]
    pub fn waiting(attempts_allowed: u32, now: Timestamp) -> Self {
        Self { state: State::Waiting { not_before: now }, attempts: 0, attempts_allowed }
    }

    /// The batch after `event`, with what must be done about it.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidTransition`] when the batch cannot take `event` in its present state.
    pub fn apply(
        mut self,
        event: Event,
        now: Timestamp,
    ) -> Result<(Self, Vec<Effect>), InvalidTransition> {
        let effects = match (&self.state, event) {
            (State::Waiting { not_before }, Event::Lease { worker, until })
                if is_due(*not_before, now) =>
            {
                self.attempts += 1;
                self.state = State::Leased { worker, until };
                vec![]
            }
            (State::Leased { worker, .. }, Event::Renew { until }) => {
                self.state = State::Leased { worker: worker.clone(), until };
                vec![]
            }
            (State::Leased { .. }, Event::Succeed) => {
                self.state = State::Succeeded;
                vec![]
            }
            (State::Leased { .. }, Event::Fail { outcome, reason, remaining, has_progressed }) => {
                self.attempts -= u32::from(has_progressed);
                self.retry_or_give_up(outcome, reason, remaining, now)
            }
            (State::Leased { .. }, Event::Release { remaining }) => self.hand_back(&remaining, now),
            (State::Waiting { .. } | State::Leased { .. }, Event::Split { parts }) => {
                let attempts_allowed = self.attempts_allowed;
                let part = |addresses| Part { addresses, attempts_allowed };
                self.supersede(parts.into_iter().map(part).collect(), now)
            }
            (State::Waiting { .. } | State::Leased { .. }, Event::Cancel) => {
                self.state = State::Cancelled;
                vec![]
            }
            (state, event) => {
                return Err(InvalidTransition { state: state.name(), verb: event.verb() });
            }
        };
        Ok((self, effects))
    }

    fn retry_or_give_up(
        &mut self,
        outcome: Outcome,
        reason: String,
        remaining: AddressSet,
        now: Timestamp,
    ) -> Vec<Effect> {
        if remaining.is_empty() {
            self.state = State::Succeeded;
            return vec![];
        }
        // The same batch would run out of time again.
        let is_too_large = outcome == Outcome::TimedOut && remaining.count() > 1;
        if self.attempts < self.attempts_allowed && !is_too_large {
            self.state = State::Waiting { not_before: now + back_off(self.attempts) };
            return vec![];
        }
        if remaining.count() > 1 {
            return self.supersede(halves(&remaining), now + back_off(1));
        }
        self.state = State::Failed { reason: reason.clone() };
        vec![Effect::GiveUp { addresses: remaining, reason }]
    }

    fn hand_back(&mut self, remaining: &AddressSet, now: Timestamp) -> Vec<Effect> {
        self.attempts -= 1;
        self.state = if remaining.is_empty() {
            State::Succeeded
        } else {
            State::Waiting { not_before: now }
        };
        vec![]
    }

    fn supersede(&mut self, parts: Vec<Part>, not_before: Timestamp) -> Vec<Effect> {
        self.state = State::Superseded;
        vec![Effect::Split { parts, not_before }]
    }
}

/// The halves of a batch that has failed for good. One attempt for each: a host that breaks the
/// scanner is alone after log2(n) more attempts, and everything else is done on the way. Once
/// alone, an address is not given up for a fault that passes.
fn halves(remaining: &AddressSet) -> Vec<Part> {
    let part = |addresses: AddressSet| {
        let is_alone = addresses.count() == 1;
        Part { addresses, attempts_allowed: if is_alone { 2 } else { 1 } }
    };
    remaining.cut(2).into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn set(text: &str) -> AddressSet {
        text.parse().unwrap()
    }

    fn part(addresses: &str, attempts_allowed: u32) -> Part {
        Part { addresses: set(addresses), attempts_allowed }
    }

    fn leased(attempts_allowed: u32) -> Batch {
        let lease = Event::Lease { worker: "w".into(), until: at(30) };
        Batch::waiting(attempts_allowed, at(0)).apply(lease, at(0)).unwrap().0
    }

    fn fail(outcome: Outcome, remaining: &str) -> Event {
        let remaining = set(remaining);
        Event::Fail { outcome, reason: "it broke".into(), remaining, has_progressed: false }
    }

    #[test]
    fn a_batch_is_not_leased_before_its_time() {
        let lease = Event::Lease { worker: "w".into(), until: at(30) };

        let refusal = Batch::waiting(3, at(10)).apply(lease, at(9)).unwrap_err();

        assert_eq!(refusal.to_string(), "a batch that is waiting cannot be leased");
    }

    #[test]
    fn a_clock_set_back_holds_no_batch_up() {
        let lease = Event::Lease { worker: "w".into(), until: at(30) };

        assert!(Batch::waiting(3, at(3_600)).apply(lease, at(0)).is_ok());
    }

    #[test]
    fn a_failure_with_attempts_left_waits_longer_each_time() {
        let (batch, effects) = leased(3).apply(fail(Outcome::Crashed, "10.0.0.1"), at(5)).unwrap();

        assert_eq!(batch.state, State::Waiting { not_before: at(6) });
        assert_eq!(effects, []);
        assert_eq!(
            (1..=9).map(|n| back_off(n).as_secs()).collect::<Vec<_>>(),
            [1, 2, 4, 8, 16, 32, 60, 60, 60]
        );
    }

    #[test]
    fn the_last_failure_halves_what_is_left() {
        let (batch, effects) =
            leased(1).apply(fail(Outcome::Crashed, "10.0.0.1-10.0.0.3"), at(5)).unwrap();

        let parts = vec![part("10.0.0.1-10.0.0.2", 1), part("10.0.0.3", 2)];
        assert_eq!(batch.state, State::Superseded);
        assert_eq!(effects, [Effect::Split { parts, not_before: at(6) }]);
    }

    #[test]
    fn the_last_failure_of_one_address_gives_it_up_with_the_reason() {
        let (batch, effects) = leased(1).apply(fail(Outcome::Hung, "10.0.0.1"), at(5)).unwrap();

        assert_eq!(batch.state, State::Failed { reason: "it broke".into() });
        assert_eq!(
            effects,
            [Effect::GiveUp { addresses: set("10.0.0.1"), reason: "it broke".into() }]
        );
    }

    #[test]
    fn a_failure_that_got_somewhere_does_not_count() {
        let progress = Event::Fail {
            outcome: Outcome::Killed,
            reason: "it broke".into(),
            remaining: set("10.0.0.2"),
            has_progressed: true,
        };

        let (batch, effects) = leased(1).apply(progress, at(5)).unwrap();

        assert_eq!((batch.attempts, effects), (0, vec![]));
        assert_eq!(batch.state, State::Waiting { not_before: at(6) });
    }

    #[test]
    fn a_split_on_request_keeps_the_attempts_and_may_run_at_once() {
        let parts = vec![set("10.0.0.1"), set("10.0.0.2")];

        let (batch, effects) = leased(3).apply(Event::Split { parts }, at(5)).unwrap();

        let parts = vec![part("10.0.0.1", 3), part("10.0.0.2", 3)];
        assert_eq!(batch.state, State::Superseded);
        assert_eq!(effects, [Effect::Split { parts, not_before: at(5) }]);
    }

    #[test]
    fn a_batch_that_ran_out_of_time_is_halved_at_once() {
        let (batch, effects) =
            leased(3).apply(fail(Outcome::TimedOut, "10.0.0.1-10.0.0.2"), at(5)).unwrap();

        let parts = vec![part("10.0.0.1", 2), part("10.0.0.2", 2)];
        assert_eq!(batch.state, State::Superseded);
        assert_eq!(effects, [Effect::Split { parts, not_before: at(6) }]);
    }

    #[test]
    fn a_failure_that_left_nothing_over_is_a_success() {
        let (batch, effects) = leased(1).apply(fail(Outcome::Killed, ""), at(5)).unwrap();

        assert_eq!((batch.state, effects), (State::Succeeded, vec![]));
    }

    #[test]
    fn a_batch_handed_back_has_not_used_an_attempt() {
        let (batch, _) =
            leased(1).apply(Event::Release { remaining: set("10.0.0.1") }, at(5)).unwrap();

        assert_eq!(batch, Batch::waiting(1, at(5)));
    }

    #[test]
    fn only_a_waiting_or_leased_batch_moves() {
        let ended = [
            State::Succeeded,
            State::Failed { reason: String::new() },
            State::Cancelled,
            State::Superseded,
        ];
        let events = [
            Event::Lease { worker: "w".into(), until: at(9) },
            Event::Renew { until: at(9) },
            Event::Succeed,
            fail(Outcome::Lost, "10.0.0.1"),
            Event::Release { remaining: set("10.0.0.1") },
            Event::Split { parts: vec![] },
            Event::Cancel,
        ];

        for state in ended {
            for event in &events {
                let batch = Batch { state: state.clone(), attempts: 1, attempts_allowed: 3 };
                assert!(batch.apply(event.clone(), at(9)).is_err(), "{state:?} took {event:?}");
            }
        }
    }
}
