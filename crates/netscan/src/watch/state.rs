//! What is on the screen, and how keys and what is seen change it. Nothing here draws or reads.

use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroU32;
use std::time::Duration;

use netscan_model::scan::{Desired, Scan, State};
use netscan_report::sanitise;
use uuid::Uuid;

use super::growth::Growth;
use super::keys::Key;
use super::log::{Entry, Log};
use super::sight::{Listed, Seen, Sight, Subject};
use crate::output::progress::{Forecast, done_of_all};
use crate::steering::{Answer, Order, Wish};

/// What happens.
#[derive(Debug)]
pub(super) enum Event {
    Typed(Key),
    Resized(u16, u16),
    /// Nothing, but time has gone on.
    Passed,
    Saw(Seen),
    /// Why nothing could be seen.
    Missed(String),
    Done(Box<Answer>),
    /// Why an order was not carried out.
    Refused(String),
}

/// What is to be done because of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Leave,
    /// Look at once: it is something else that is to be seen.
    Look,
    CarryOut(Box<Order>),
}

/// What follows from an event.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    pub(super) action: Option<Action>,
    /// Whether the screen shows something else now.
    pub(super) is_changed: bool,
}

/// A line about what went on last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) text: String,
    pub(super) is_refusal: bool,
}

/// Everything that is on the screen.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// Whose scans these are, for the title.
    pub(super) place: String,
    pub(super) size: (u16, u16),
    /// Nothing before the first look.
    pub(super) scans: Option<Vec<Listed>>,
    pub(super) selected: Option<Uuid>,
    /// The one scan that is shown instead of the list.
    pub(super) watched: Option<Watched>,
    pub(super) message: Option<Message>,
    /// The scan that is stopped if the answer is yes.
    pub(super) asks_to_stop: Option<Scan>,
    pub(super) is_helping: bool,
    /// When something was seen last.
    pub(super) seen_at: Option<Duration>,
    /// Whether an order is being carried out.
    is_busy: bool,
    /// Whether the message says that nothing can be seen.
    is_blind: bool,
    forecasts: HashMap<Uuid, Forecast>,
}

/// The scan that is shown.
#[derive(Debug)]
pub(super) struct Watched {
    pub(super) scan: Scan,
    /// Nothing before the first look.
    pub(super) sight: Option<Sight>,
    pub(super) log: Log,
    pub(super) growth: Growth,
}

impl Watched {
    fn new(scan: Scan) -> Self {
        Self { scan, sight: None, log: Log::default(), growth: Growth::default() }
    }

    pub(super) fn entries(&self) -> &VecDeque<Entry> {
        self.log.entries()
    }
}

impl Model {
    pub(super) fn new(place: &str, size: (u16, u16), scan: Option<Scan>) -> Self {
        let watched = scan.map(Watched::new);
        Self { place: sanitise(place).into_owned(), size, watched, ..Self::default() }
    }

    /// What is to be looked at for this screen.
    pub(super) fn subject(&self) -> Subject {
        if let Some(watched) = &self.watched {
            let scan = Box::new(watched.scan.clone());
            return Subject::Scan { scan, since: watched.log.last() };
        }
        let known = self.scans.iter().flatten().filter(|listed| listed.detail.is_some());
        let known: HashSet<_> =
            known.map(|listed| (listed.scan.id, listed.scan.updated_at)).collect();
        Subject::Scans { selected: self.selected, rows: self.size.1.into(), known }
    }

    /// How long the rest of a scan takes, if that can be told.
    pub(super) fn left(&self, scan: &Scan, left: u64) -> Option<Duration> {
        let goes_on = scan.status == State::Running && scan.desired == Desired::Run;
        self.forecasts.get(&scan.id).filter(|_| goes_on)?.left(left)
    }

    /// The addresses per second of a scan lately.
    pub(super) fn rate(&self, scan: &Scan) -> Option<f64> {
        self.forecasts.get(&scan.id)?.rate()
    }

    /// The place in the list that is pointed at.
    pub(super) fn place_of_selected(&self) -> usize {
        let scans = self.scans.as_deref().unwrap_or_default();
        let is_it = |listed: &Listed| Some(listed.scan.id) == self.selected;
        scans.iter().position(is_it).unwrap_or_default()
    }

    /// Takes in what happened `at` this time since the beginning.
    pub(super) fn update(&mut self, event: Event, at: Duration) -> Outcome {
        match event {
            Event::Typed(key) => {
                // Whatever was said was read when the next key is typed.
                self.message = None;
                self.is_blind = false;
                Outcome { action: self.typed(key), is_changed: true }
            }
            Event::Resized(columns, rows) => {
                self.size = (columns, rows);
                changed()
            }
            Event::Passed => changed(),
            Event::Saw(seen) => {
                self.seen_at = Some(at);
                let sees_again = std::mem::take(&mut self.is_blind);
                if sees_again {
                    self.message = None;
                }
                Outcome { action: None, is_changed: self.saw(seen, at) || sees_again }
            }
            Event::Missed(why) => {
                self.say(&why, true);
                self.is_blind = true;
                changed()
            }
            Event::Done(answer) => {
                self.is_busy = false;
                self.take_over(&answer.scan);
                self.say(&answer.sentence, false);
                Outcome { action: Some(Action::Look), is_changed: true }
            }
            Event::Refused(why) => {
                self.is_busy = false;
                self.say(&why, true);
                changed()
            }
        }
    }

    fn say(&mut self, text: &str, is_refusal: bool) {
        self.message = Some(Message { text: clean(text), is_refusal });
    }

    // Keys

    fn typed(&mut self, key: Key) -> Option<Action> {
        if key == Key::Leave {
            return Some(Action::Leave);
        }
        if let Some(scan) = self.asks_to_stop.take() {
            if matches!(key, Key::Letter('y' | 'Y')) {
                return self.order(scan, Wish::Stop);
            }
            self.say(&format!("Scan {} goes on", scan.number), false);
            return None;
        }
        if std::mem::take(&mut self.is_helping) && !matches!(key, Key::Letter('q')) {
            return None;
        }
        match key {
            Key::Letter('q') => return Some(Action::Leave),
            Key::Letter('?') => self.is_helping = true,
            Key::Up | Key::Letter('k') => self.point(-1),
            Key::Down | Key::Letter('j') => self.point(1),
            Key::Open => return self.open(),
            Key::Back => return self.go_back(),
            Key::Letter(letter) => return self.ask_of_scan(letter),
            Key::Leave => {}
        }
        None
    }

    /// Points at the next scan of the list, or reads on in the events of the one that is shown.
    fn point(&mut self, by: isize) {
        if let Some(watched) = &mut self.watched {
            watched.log.scroll(by);
            return;
        }
        let scans = self.scans.as_deref().unwrap_or_default();
        let last = scans.len().saturating_sub(1);
        let place = self.place_of_selected().saturating_add_signed(by).min(last);
        self.selected = scans.get(place).map(|listed| listed.scan.id);
    }

    fn open(&mut self) -> Option<Action> {
        if self.watched.is_some() {
            return None;
        }
        self.watched = Some(Watched::new(self.current()?.clone()));
        Some(Action::Look)
    }

    fn go_back(&mut self) -> Option<Action> {
        let watched = self.watched.take()?;
        self.selected = Some(watched.scan.id);
        Some(Action::Look)
    }

    /// The scan that keys are about.
    fn current(&self) -> Option<&Scan> {
        if let Some(watched) = &self.watched {
            return Some(&watched.scan);
        }
        let listed = self.scans.as_deref()?.get(self.place_of_selected())?;
        Some(&listed.scan)
    }

    fn ask_of_scan(&mut self, letter: char) -> Option<Action> {
        if !['p', 'r', 's', '+', '=', '-'].contains(&letter) {
            return None;
        }
        let Some(scan) = self.current().cloned() else {
            self.say("There is no scan to do this to", true);
            return None;
        };
        let concurrency = scan.limits.concurrency;
        match letter {
            'p' => self.order(scan, Wish::Pause),
            'r' if scan.status == State::Created => self.order(scan, Wish::Start),
            'r' => self.order(scan, Wish::Resume),
            's' => {
                self.asks_to_stop = Some(scan);
                None
            }
            '-' => {
                if let Some(fewer) = NonZeroU32::new(concurrency.get() - 1) {
                    return self.order(scan, Wish::Concurrency(fewer));
                }
                self.say("One batch at a time is the least; p pauses", true);
                None
            }
            _ => self.order(scan, Wish::Concurrency(concurrency.saturating_add(1))),
        }
    }

    fn order(&mut self, scan: Scan, wish: Wish) -> Option<Action> {
        if self.is_busy {
            self.say("One moment: what you asked for is still being done", true);
            return None;
        }
        self.is_busy = true;
        Some(Action::CarryOut(Box::new(Order { scan, wish })))
    }

    // What is seen

    /// Takes in what was seen, and says whether it is something new.
    fn saw(&mut self, seen: Seen, at: Duration) -> bool {
        match seen {
            Seen::Scans(scans) => self.saw_scans(scans, at),
            Seen::Scan(sight) => self.saw_scan(*sight, at),
        }
    }

    fn saw_scans(&mut self, mut scans: Vec<Listed>, at: Duration) -> bool {
        let before = self.scans.take().unwrap_or_default();
        let mut details: HashMap<_, _> =
            before.iter().map(|listed| (listed.scan.id, &listed.detail)).collect();
        for listed in &mut scans {
            match &listed.detail {
                Some(detail) => {
                    let (done, _) = done_of_all(&detail.coverage);
                    note(&mut self.forecasts, &listed.scan, done, at);
                }
                None => listed.detail = details.remove(&listed.scan.id).cloned().flatten(),
            }
        }
        let is_changed = before != scans;
        if !scans.iter().any(|listed| Some(listed.scan.id) == self.selected) {
            self.selected = scans.first().map(|listed| listed.scan.id);
        }
        self.scans = Some(scans);
        is_changed
    }

    fn saw_scan(&mut self, sight: Sight, at: Duration) -> bool {
        let Some(watched) = &mut self.watched else { return false };
        let scan = &sight.snapshot.scan;
        // It may be what was looked at before the page was changed.
        if scan.id != watched.scan.id {
            return false;
        }
        let (done, _) = done_of_all(&sight.snapshot.coverage);
        note(&mut self.forecasts, scan, done, at);
        watched.growth.note(at, sight.snapshot.open_ports);
        watched.log.learn(&sight);
        let is_changed = watched.sight.as_ref() != Some(&sight);
        watched.scan = scan.clone();
        watched.sight = Some(sight);
        is_changed
    }

    /// Shows the scan as an order left it, before it is looked at again.
    fn take_over(&mut self, scan: &Scan) {
        let scans = self.scans.iter_mut().flatten().map(|listed| &mut listed.scan);
        let watched = self.watched.iter_mut().map(|watched| &mut watched.scan);
        for shown in scans.chain(watched).filter(|shown| shown.id == scan.id) {
            *shown = scan.clone();
        }
    }
}

fn changed() -> Outcome {
    Outcome { action: None, is_changed: true }
}

fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

/// Notes how much of a scan is done by now. A rest tells nothing about how fast it goes.
fn note(forecasts: &mut HashMap<Uuid, Forecast>, scan: &Scan, done: u64, at: Duration) {
    if scan.status == State::Running {
        forecasts.entry(scan.id).or_default().note(at, done);
    } else {
        forecasts.remove(&scan.id);
    }
}

#[cfg(test)]
mod tests;
