//! How the program ends: its exit status, and the sentence when something could not be done.

use std::fmt;
use std::process::ExitCode;

use netscan_model::scan::State;
use netscan_report::sanitise;

use crate::output::Talk;

/// The exit status, a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Error = 1,
    Usage = 2,
    Partial = 3,
    Failed = 4,
    Cancelled = 5,
    /// Two scans differ, for whoever asked to be told by the status.
    Changed = 10,
}

impl Exit {
    /// The status that follows a scan's end. A scan that rests is no failure.
    pub(crate) fn of(state: State) -> Self {
        match state {
            State::Partial => Self::Partial,
            State::Failed => Self::Failed,
            State::Cancelled => Self::Cancelled,
            State::Created | State::Queued | State::Running | State::Paused | State::Completed => {
                Self::Done
            }
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Something that could not be done, in sentences for people, with the next step if we know it.
#[derive(Debug)]
pub(crate) struct Fault {
    sentences: Vec<String>,
    hint: Option<String>,
    exit: Exit,
}

impl Fault {
    pub(crate) fn new(sentence: impl Into<String>) -> Self {
        Self { sentences: vec![sentence.into()], hint: None, exit: Exit::Error }
    }

    /// Several things that are wrong, a line for each.
    pub(crate) fn all(sentences: Vec<String>) -> Self {
        Self { sentences, hint: None, exit: Exit::Error }
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The fault is in what was typed.
    pub(crate) fn of_usage(self) -> Self {
        Self { exit: Exit::Usage, ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.sentences.join("; "))
    }
}

impl std::error::Error for Fault {}

/// Tells on standard error what went wrong, and gives the exit status for it.
pub(crate) fn tell(error: &anyhow::Error, talk: &Talk) -> Exit {
    let Some(fault) = error.downcast_ref::<Fault>() else {
        talk.error(&sentence(error));
        return Exit::Error;
    };
    for sentence in &fault.sentences {
        talk.error(&sanitise(sentence));
    }
    if let Some(hint) = &fault.hint {
        talk.hint(hint);
    }
    fault.exit
}

/// What could not be done and all its causes, on one line.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut links: Vec<String> = Vec::new();
    for link in error.chain() {
        let text = link.to_string().lines().map(str::trim).collect::<Vec<_>>().join(" ");
        // A transparent error says the same as its source.
        if links.last() != Some(&text) {
            links.push(text);
        }
    }
    sanitise(&links.join(": ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_of_causes_is_one_line() {
        let error = anyhow::anyhow!("disk\nfull\u{1b}[2J")
            .context("cannot write a.csv")
            .context("cannot write a.csv");

        assert_eq!(sentence(&error), "cannot write a.csv: disk full\\x1b[2J");
    }

    #[test]
    fn the_status_follows_the_end_of_the_scan() {
        let statuses: Vec<u8> = State::ALL.iter().map(|state| Exit::of(*state) as u8).collect();

        assert_eq!(statuses, [0, 0, 0, 0, 0, 3, 4, 5]);
    }
}
