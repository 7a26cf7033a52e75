//! A scan that runs in this process: it is shown while it runs, obeys Ctrl-C, and is reported at
//! its end.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use netscan_model::scan::{Scan, State};
use netscan_orchestrator::runner::{Live, Runner};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::commands::results::{self, Destination};
use crate::desk::Desk;
use crate::ending::{Exit, Fault};
use crate::lifecycle::Interrupts;
use crate::output::data;
use crate::output::progress::{Progress, Snapshot};
use crate::wire::Context;

/// How often the scan is looked at, at the fastest.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Runs the scan to its end, or until the operator sends it to rest, and says what came of it.
pub(crate) async fn run(
    context: &Context,
    desk: &Desk<'_>,
    runner: Runner,
    scan: &Scan,
    interrupts: &Interrupts,
    destination: Destination,
) -> anyhow::Result<Exit> {
    let shutdown = CancellationToken::new();
    let watch = Watch { context, desk, runner: &runner, scan, interrupts };
    let ended = tokio::select! {
        ended = runner.run(shutdown.clone()) => ended?,
        never = watch.follow(&shutdown) => match never {},
    };
    // The lock goes with it: nobody shall wait while results are written.
    drop(runner);
    let ended = ended.expect("a runner that was started for a scan ends with it");
    conclude(context, desk, &ended, interrupts, destination).await
}

/// Says how it ended, and gives the exit status for it.
pub(crate) async fn conclude(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    interrupts: &Interrupts,
    destination: Destination,
) -> anyhow::Result<Exit> {
    if scan.status.is_terminal() {
        return report(context, desk, scan, destination).await;
    }
    let resume = context.command(&format!("resume {}", scan.number));
    if interrupts.hand_back.is_cancelled() || scan.status != State::Paused {
        let sentence = format!("scan {} was interrupted", scan.number);
        return Err(Fault::new(sentence).hint(format!("`{resume}` goes on with it")).into());
    }
    context.talk.note(format_args!("Paused. Resume with: {resume}"));
    if context.is_json() {
        print_scan(scan)?;
    }
    Ok(Exit::Done)
}

/// Shows the results of a scan that has ended, and gives the exit status for its end.
pub(crate) async fn report(
    context: &Context,
    desk: &Desk<'_>,
    scan: &Scan,
    destination: Destination,
) -> anyhow::Result<Exit> {
    let is_scan_wanted = context.is_json() && !destination.is_stdout_taken();
    if is_scan_wanted {
        print_scan(scan)?;
    }
    if !is_scan_wanted || destination.has_file() {
        results::write(context, desk, scan, destination).await?;
    }
    explain(context, desk, scan).await?;
    Ok(Exit::of(scan.status))
}

/// Why a scan is not complete, and what can be done about it.
async fn explain(context: &Context, desk: &Desk<'_>, scan: &Scan) -> anyhow::Result<()> {
    let coverage = desk.coverage(scan).await?;
    let missed = coverage.failed + coverage.timed_out + coverage.unresolved + coverage.cancelled;
    let (number, planned) = (scan.number, coverage.planned);
    let hint = match scan.status {
        State::Partial | State::Failed => format!("coverage {number}"),
        State::Cancelled => format!("retry {number}"),
        _ => return Ok(()),
    };
    let reason = scan.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
    let reason = netscan_report::sanitise(&reason).into_owned();
    context.talk.note(format_args!(
        "Scan {number} is {}: {missed} of {planned} addresses were not scanned to the end{reason}",
        scan.status
    ));
    let what = if scan.status == State::Cancelled { "takes them up again" } else { "lists them" };
    if !context.talk.is_quiet() {
        context.talk.hint(&format!("`{}` {what}", context.command(&hint)));
    }
    Ok(())
}

/// The scan as JSON, as every command that makes or changes one prints it.
pub(crate) fn print_scan(scan: &Scan) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Body<'a> {
        scan: &'a Scan,
    }
    data::print_json(&Body { scan })
}

/// What follows the scan while the runner works.
struct Watch<'a> {
    context: &'a Context,
    desk: &'a Desk<'a>,
    runner: &'a Runner,
    scan: &'a Scan,
    interrupts: &'a Interrupts,
}

impl Watch<'_> {
    /// Shows progress, and passes on what the operator asks for. Never ends by itself.
    async fn follow(&self, shutdown: &CancellationToken) -> Infallible {
        let mut live = self.runner.live();
        let mut progress = Progress::begin(&self.context.talk);
        let mut next_look = Instant::now();
        let mut trouble = Trouble::default();
        let mut has_told_of_rest = false;
        let mut is_pausing = false;
        loop {
            tokio::select! {
                () = self.interrupts.pause.cancelled(), if !is_pausing => {
                    is_pausing = true;
                    if let Err(error) = pause(self.context, self.desk, self.scan).await {
                        self.context.talk.warning(format_args!(
                            "Cannot pause scan {}, leaving it: {error}", self.scan.number
                        ));
                        shutdown.cancel();
                    }
                }
                () = self.interrupts.hand_back.cancelled(), if !shutdown.is_cancelled() => {
                    shutdown.cancel();
                }
                heard = live.recv() => self.hear(heard, &mut next_look).await,
                () = tokio::time::sleep_until(next_look.into()) => {
                    let begun = Instant::now();
                    let seen = self.desk.look(self.scan, self.runner.activity()).await;
                    if let Some(now) = trouble.or_warn(self.context, seen) {
                        progress.show(&now);
                        let is_resting = now.scan.status == State::Paused;
                        if is_resting && is_pausing {
                            shutdown.cancel();
                        } else if is_resting && !has_told_of_rest {
                            tell_of_rest(self.context, &now.scan);
                        }
                        has_told_of_rest = is_resting;
                    }
                    // Looking shall not cost more than a twentieth of the time.
                    next_look = Instant::now() + LOOK_EVERY.max(begun.elapsed() * 20);
                }
            }
        }
    }

    async fn hear(&self, heard: Result<Live, RecvError>, next_look: &mut Instant) {
        match heard {
            Ok(Live::Line { batch_number, line, .. }) => {
                if self.context.flags.verbose > 0 {
                    let line = netscan_report::sanitise(&line);
                    self.context.talk.note(format_args!("batch {batch_number}: {line}"));
                }
            }
            Ok(Live::Changed { .. }) => *next_look = (*next_look).min(Instant::now() + LOOK_EVERY),
            Err(RecvError::Lagged(_)) => {}
            // The runner is about to end, and this with it.
            Err(RecvError::Closed) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Looks that failed. The first is told; what goes on meanwhile goes on.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    has_told: bool,
}

impl Trouble {
    /// What was seen, or nothing with a warning.
    pub(crate) fn or_warn(
        &mut self,
        context: &Context,
        seen: anyhow::Result<Snapshot>,
    ) -> Option<Snapshot> {
        match seen {
            Ok(snapshot) => Some(snapshot),
            Err(error) => {
                if !std::mem::replace(&mut self.has_told, true) {
                    context.talk.warning(format_args!("Cannot show how far it is: {error}"));
                }
                None
            }
        }
    }
}

/// Lets the scan rest, because the operator says so here. One that is ending anyway ends.
pub(crate) async fn pause(context: &Context, desk: &Desk<'_>, scan: &Scan) -> anyhow::Result<()> {
    if desk.pause(scan).await? {
        let note = "Pausing; what runs has a few seconds to end. Ctrl-C again leaves at once";
        context.talk.note(note);
    }
    Ok(())
}

pub(crate) fn tell_of_rest(context: &Context, scan: &Scan) {
    let resume = context.command(&format!("resume {}", scan.number));
    let number = scan.number;
    let why = scan.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
    let why = netscan_report::sanitise(&why);
    context.talk.note(format_args!(
        "Scan {number} was paused from elsewhere{why} and waits for: {resume} (Ctrl-C leaves)"
    ));
}
