//! The process itself: its runtime, the signals it is sent, and what it says when it has a bug.

use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use anyhow::Context as _;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::ending::Exit;
use crate::output::Talk;

pub(crate) fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("cannot start the program's threads")
}

/// What the operator asks for with Ctrl-C, the system with SIGTERM, or a terminal that is closed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupts {
    /// Once: rest, when what runs has come to an end.
    pub(crate) pause: CancellationToken,
    /// Twice: let go of everything at once.
    pub(crate) hand_back: CancellationToken,
}

impl Interrupts {
    /// Takes the signals over from now on. The third ends the process on the spot.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let install = |kind| signal(kind).context("cannot listen for signals");
        let interrupt = install(SignalKind::interrupt())?;
        let terminate = install(SignalKind::terminate())?;
        // Whoever is told to ignore it, as by nohup, outlives the terminal.
        let hang_up = if ignores_hang_up() { None } else { Some(install(SignalKind::hangup())?) };
        let interrupts = Self::default();
        tokio::spawn(interrupts.clone().pass_on(interrupt, terminate, hang_up));
        Ok(interrupts)
    }

    async fn pass_on(
        self,
        mut interrupt: Signal,
        mut terminate: Signal,
        mut hang_up: Option<Signal>,
    ) {
        for asked in [Some(&self.pause), Some(&self.hand_back), None] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
                () = next(&mut hang_up) => {}
            }
            match asked {
                Some(token) => token.cancel(),
                None => std::process::exit(Exit::Error as i32),
            }
        }
    }
}

/// The next of these signals; never one where they are not listened for.
async fn next(signals: &mut Option<Signal>) {
    match signals {
        Some(signals) => signals.recv().await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

/// Whether this process was started with SIGHUP ignored (proc(5), `SigIgn`).
fn ignores_hang_up() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is signal 1.
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// Replaces Rust's report of a panic by a sentence.
pub(crate) fn tell_of_panics(talk: &Talk) {
    let talk = talk.clone();
    panic::set_hook(Box::new(move |panic| {
        talk.error(&describe(panic));
        talk.hint("this is a bug in netscan, please report it; what was recorded is safe");
    }));
}

fn describe(panic: &PanicHookInfo<'_>) -> String {
    let said = panic.payload_as_str().unwrap_or("no reason given");
    let place = panic.location().map(|at| format!(" ({}:{})", at.file(), at.line()));
    let said = netscan_report::sanitise(said);
    format!("netscan broke down: {said}{}", place.unwrap_or_default())
}

/// What `body` gives, or nothing if it panicked.
pub(crate) fn guarded<T>(body: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(body)).ok()
}
