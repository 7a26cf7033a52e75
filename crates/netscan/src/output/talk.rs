//! Talk to the person at the terminal: notes, warnings, errors and hints on standard error.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anstyle::{AnsiColor, Style};
use indicatif::MultiProgress;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default();

/// Of what is said while it is held back, so much is kept.
const MOST_HELD: usize = 64 * 1024;

/// The only writer of standard error, so that lines and progress do not tear each other apart.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    is_quiet: bool,
    bars: MultiProgress,
    /// What was said while the screen belonged to something else.
    held: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Talk {
    pub(crate) fn new(is_quiet: bool) -> Self {
        Self { is_quiet, bars: MultiProgress::new(), held: Arc::default() }
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.is_quiet
    }

    /// Whether someone sees progress being drawn.
    pub(crate) fn is_live(&self) -> bool {
        !self.is_quiet && std::io::stderr().is_terminal() && !is_dumb_terminal()
    }

    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Something worth knowing.
    pub(crate) fn note(&self, text: impl Display) {
        if !self.is_quiet {
            self.write_line(&format!("{text}"));
        }
    }

    /// It goes on, but not as meant.
    pub(crate) fn warning(&self, text: impl Display) {
        if !self.is_quiet {
            self.write_line(&format!("{WARNING}warning:{WARNING:#} {text}"));
        }
    }

    /// It does not go on.
    pub(crate) fn error(&self, text: &str) {
        self.write_line(&format!("{ERROR}error:{ERROR:#} {text}"));
    }

    /// What to do next.
    pub(crate) fn hint(&self, text: &str) {
        self.write_line(&format!("\n{HINT}hint:{HINT:#} {text}"));
    }

    /// Lines that are written already, such as those of the log.
    pub(crate) fn raw(&self, bytes: &[u8]) {
        if let Some(held) = self.held().as_mut() {
            held.extend(&bytes[..bytes.len().min(MOST_HELD.saturating_sub(held.len()))]);
            return;
        }
        // Nobody can be told that nobody listens.
        let _ = self.bars.suspend(|| anstream::stderr().write_all(bytes));
    }

    /// Keeps back what is said on a terminal until [`Talk::release`]: something draws on it.
    pub(crate) fn hold(&self) {
        if std::io::stderr().is_terminal() {
            self.held().get_or_insert_default();
        }
    }

    /// Says what was kept back.
    pub(crate) fn release(&self) {
        let held = self.held().take();
        if let Some(held) = held {
            self.raw(&held);
        }
    }

    fn held(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_line(&self, line: &str) {
        self.raw(format!("{line}\n").as_bytes());
    }
}

fn is_dumb_terminal() -> bool {
    std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb")
}
