//! How a running scan is shown: a live display on a terminal, and else a line now and then.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use netscan_api::status::RunningBody;
use netscan_model::coverage::Coverage;
use netscan_model::scan::{Desired, Scan, State};

use super::talk::Talk;
use super::words;

/// Without a terminal, a line comes this often while nothing changes.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// The throughput is that of this last while.
const WINDOW: Duration = Duration::from_mins(1);
/// A forecast from less than this would be a guess.
const LEAST_FOR_FORECAST: Duration = Duration::from_secs(3);

/// What is known of a scan at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) scan: Scan,
    pub(crate) coverage: Coverage,
    pub(crate) open_ports: u64,
    /// The batches with workers, as far as it is known what they do.
    pub(crate) running: Vec<RunningBody>,
}

/// Shows one scan until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    talk: Talk,
    bar: Option<ProgressBar>,
    forecast: Forecast,
    begun: Instant,
    last_line: Option<(Instant, State, Desired)>,
}

impl Progress {
    pub(crate) fn begin(talk: &Talk) -> Self {
        let bar = talk.is_live().then(|| {
            let bar = talk.bars().add(ProgressBar::new(1));
            let template = "{bar:30} {percent:>3} %  {elapsed}  {msg}";
            let style = ProgressStyle::with_template(template).expect("a template of this file");
            bar.set_style(style.progress_chars("=> "));
            bar
        });
        let (forecast, begun) = (Forecast::default(), Instant::now());
        Self { talk: talk.clone(), bar, forecast, begun, last_line: None }
    }

    pub(crate) fn show(&mut self, snapshot: &Snapshot) {
        let (done, all) = done_of_all(&snapshot.coverage);
        if snapshot.scan.status == State::Paused {
            // A rest tells nothing about the throughput.
            self.forecast = Forecast::default();
        } else {
            self.forecast.note(self.begun.elapsed(), done);
        }
        if let Some(bar) = &self.bar {
            bar.set_length(all.max(1));
            bar.set_position(done);
            bar.set_message(self.live_text(snapshot));
            return;
        }
        let (state, desired) = (snapshot.scan.status, snapshot.scan.desired);
        let is_due = self.last_line.is_none_or(|(at, before, wish)| {
            before != state || wish != desired || at.elapsed() >= LINE_EVERY
        });
        if is_due {
            self.last_line = Some((Instant::now(), state, desired));
            self.talk.note(self.line_text(snapshot));
        }
    }

    fn live_text(&self, snapshot: &Snapshot) -> String {
        let mut text = self.facts(snapshot).join(", ");
        text.push('\n');
        text.push_str(&slowest(&snapshot.running).unwrap_or_else(|| rest(&snapshot.scan)));
        text
    }

    fn line_text(&self, snapshot: &Snapshot) -> String {
        let scan = &snapshot.scan;
        let share = words::percent(snapshot.coverage.progress());
        let mut parts = vec![format!("scan {}: {}, {share}", scan.number, state_words(scan))];
        parts.extend(self.facts(snapshot));
        parts.extend(slowest(&snapshot.running));
        parts.join(", ")
    }

    fn facts(&self, snapshot: &Snapshot) -> Vec<String> {
        let (done, all) = done_of_all(&snapshot.coverage);
        let mut facts = vec![
            format!("{} of {} done", words::grouped(done), words::addresses(all)),
            format!("{} up", words::grouped(snapshot.coverage.up)),
            words::plural(snapshot.open_ports, "open port", "open ports"),
        ];
        let goes_on = !snapshot.scan.status.is_terminal() && snapshot.scan.desired == Desired::Run;
        if goes_on {
            facts.extend(self.forecast.rate().map(|rate| format!("{rate:.1} addresses/s")));
            facts.push(match self.forecast.left(all - done) {
                Some(left) => format!("about {} left", words::duration(left)),
                None => "time left unknown".into(),
            });
        }
        facts
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Where a scan is, with what is under way to change it.
pub(crate) fn state_words(scan: &Scan) -> String {
    match (scan.status, scan.desired) {
        (State::Queued | State::Running, Desired::Pause) => "being paused".into(),
        (state, Desired::Stop) if !state.is_terminal() => "being stopped".into(),
        (state, _) => state.to_string(),
    }
}

fn rest(scan: &Scan) -> String {
    format!("scan {} is {}", scan.number, state_words(scan))
}

/// The addresses that are dealt with, and all that are to be scanned.
pub(crate) fn done_of_all(coverage: &Coverage) -> (u64, u64) {
    let all = coverage.planned - coverage.excluded - coverage.out_of_scope - coverage.unresolved;
    (all - coverage.pending, all)
}

/// What has been running longest, and what nmap does in it.
fn slowest(running: &[RunningBody]) -> Option<String> {
    let slowest = running.iter().min_by_key(|running| running.since)?;
    let task = slowest.task.as_deref().map_or_else(String::new, |task| {
        let percent =
            slowest.percent.map_or_else(String::new, |percent| format!(" {percent:.0} %"));
        format!(", {}{percent}", netscan_report::sanitise(task))
    });
    let age = words::duration(words::between(slowest.since, Timestamp::now()));
    let (done, all) = (slowest.done, words::addresses(slowest.addresses));
    Some(format!("slowest: batch {}, {done} of {all} after {age}{task}", slowest.batch_number))
}

/// The throughput of the last while, and what follows from it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Forecast {
    /// Since the beginning, and addresses done by then; oldest first.
    seen: VecDeque<(Duration, u64)>,
}

impl Forecast {
    pub(crate) fn note(&mut self, at: Duration, done: u64) {
        self.seen.push_back((at, done));
        while self.seen.len() > 2 && at.saturating_sub(self.seen[1].0) >= WINDOW {
            self.seen.pop_front();
        }
    }

    /// Addresses per second; nothing before enough was seen.
    pub(crate) fn rate(&self) -> Option<f64> {
        let ((from, before), (to, now)) = (self.seen.front()?, self.seen.back()?);
        let time = to.saturating_sub(*from);
        let count = u32::try_from(now.checked_sub(*before)?).ok()?;
        (count > 0 && time >= LEAST_FOR_FORECAST).then(|| f64::from(count) / time.as_secs_f64())
    }

    /// How long so many addresses take, if it goes on like this.
    pub(crate) fn left(&self, addresses: u64) -> Option<Duration> {
        let addresses = f64::from(u32::try_from(addresses).ok()?);
        Duration::try_from_secs_f64(addresses / self.rate()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn there_is_no_forecast_before_anything_was_seen() {
        let mut forecast = Forecast::default();
        forecast.note(second(0), 0);
        forecast.note(second(1), 5);
        assert_eq!(forecast.left(100), None);

        forecast.note(second(60), 0);
        assert_eq!(forecast.left(100), None);
    }

    #[test]
    fn a_forecast_follows_what_was_observed_lately() {
        let mut forecast = Forecast::default();
        for (at, done) in [(0, 0), (10, 0), (70, 120), (130, 240)] {
            forecast.note(second(at), done);
        }

        assert_eq!(forecast.left(100), Some(second(50)));
    }
}
