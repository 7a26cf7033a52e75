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

/// What the operator asks for with Ctrl-C, or the system with SIGTERM.
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
        let interrupts = Self::default();
        tokio::spawn(interrupts.clone().pass_on(interrupt, terminate));
        Ok(interrupts)
    }

    async fn pass_on(self, mut interrupt: Signal, mut terminate: Signal) {
        for asked in [Some(&self.pause), Some(&self.hand_back), None] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            match asked {
                Some(token) => token.cancel(),
                None => std::process::exit(Exit::Error as i32),
            }
        }
    }
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
