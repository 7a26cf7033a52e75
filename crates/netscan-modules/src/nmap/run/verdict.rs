//! What an attempt came to, from everything that is known of its end.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use netscan_model::batch::Outcome;
use nix::sys::signal::Signal;

use super::findings::Findings;

/// Why nmap came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// By itself, or by others.
    Exited,
    /// We were told to stop it.
    Stopped(String),
    /// It ran for longer than it may.
    TimedOut(Duration),
    /// It said nothing for so long.
    Hung(Duration),
    /// Nobody takes what it finds.
    Abandoned,
}

/// Everything that is known of an attempt when it is over.
pub(super) struct Evidence<'a> {
    pub(super) halt: Halt,
    pub(super) status: ExitStatus,
    pub(super) findings: &'a Findings,
    pub(super) given: u128,
    pub(super) stderr: &'a [String],
    /// Whether the kernel killed something for want of memory meanwhile.
    pub(super) is_memory_short: bool,
}

impl Evidence<'_> {
    /// The outcome, and a reason for people.
    pub(super) fn judge(&self) -> (Outcome, String) {
        let Some(fault) = self.fault() else {
            let stats = self.findings.stats.as_ref();
            let summary = stats.and_then(|stats| stats.summary.clone());
            return (Outcome::Succeeded, summary.unwrap_or_else(|| "nmap is done".to_owned()));
        };
        match &self.halt {
            Halt::Stopped(reason) => (Outcome::Killed, reason.clone()),
            Halt::Abandoned => (Outcome::Killed, "nobody takes what nmap finds".to_owned()),
            Halt::TimedOut(limit) => {
                let seconds = limit.as_secs_f64();
                (Outcome::TimedOut, format!("nmap was stopped after {seconds} s without finishing"))
            }
            Halt::Hung(limit) => {
                let seconds = limit.as_secs_f64();
                (Outcome::Hung, format!("nmap said nothing for {seconds} s"))
            }
            Halt::Exited => match (self.status.signal(), self.status.code()) {
                (Some(signal), _) => self.judge_signal(signal),
                (None, Some(0)) => (Outcome::Truncated, fault),
                (None, code) => self.judge_code(code.unwrap_or(-1)),
            },
        }
    }

    /// What keeps the attempt from being a success.
    fn fault(&self) -> Option<String> {
        let findings = self.findings;
        if !self.status.success() {
            return Some(self.status.to_string());
        }
        if !findings.end.is_complete() {
            return Some(format!("nmap exited with code 0, but {}", findings.end));
        }
        let Some(stats) = &findings.stats else {
            return Some("nmap exited with code 0, but wrote no summary".to_owned());
        };
        if stats.exit.as_deref() != Some("success") {
            let message = self.message().unwrap_or_else(|| "it does not say which".to_owned());
            return Some(format!("nmap reported an error: {message}"));
        }
        if findings.strays > 0 {
            let strays = findings.strays;
            return Some(format!("nmap reported {strays} addresses that it was not asked for"));
        }
        if u128::from(stats.total) != self.given {
            return Some(format!("nmap reported {} of {} addresses", stats.total, self.given));
        }
        None
    }

    fn judge_signal(&self, number: i32) -> (Outcome, String) {
        let name = Signal::try_from(number)
            .map_or_else(|_| format!("signal {number}"), |signal| signal.to_string());
        match Signal::try_from(number) {
            Ok(Signal::SIGKILL) if self.is_memory_short => {
                (Outcome::Crashed, "out of memory: the kernel killed nmap".to_owned())
            }
            Ok(
                Signal::SIGSEGV
                | Signal::SIGABRT
                | Signal::SIGBUS
                | Signal::SIGFPE
                | Signal::SIGILL
                | Signal::SIGSYS
                | Signal::SIGTRAP
                | Signal::SIGXFSZ,
            ) => {
                let cause = if self.is_out_of_memory() { "out of memory: " } else { "" };
                (Outcome::Crashed, format!("{cause}nmap died of {name}"))
            }
            _ => (Outcome::Killed, format!("nmap was killed from outside by {name}")),
        }
    }

    fn judge_code(&self, code: i32) -> (Outcome, String) {
        let message = self.message().unwrap_or_else(|| "it does not say why".to_owned());
        // 128 + 9 is how a shell reports a SIGKILL.
        if code == 137 || self.is_out_of_memory() {
            return (Outcome::Crashed, format!("out of memory: nmap exited with code {code}"));
        }
        if self.findings.hosts == 0 {
            return (Outcome::Refused, message);
        }
        (Outcome::Crashed, format!("nmap exited with code {code}: {message}"))
    }

    fn is_out_of_memory(&self) -> bool {
        let says_so = |text: &str| {
            ["Malloc Failed", "out of space", "out of memory", "bad_alloc", "not enough memory"]
                .iter()
                .any(|words| text.contains(words))
        };
        let stats = self.findings.stats.as_ref();
        let own = stats.and_then(|stats| stats.error_message.as_deref());
        own.is_some_and(says_so) || self.stderr.iter().any(|line| says_so(line))
    }

    /// What nmap itself says went wrong.
    fn message(&self) -> Option<String> {
        let stats = self.findings.stats.as_ref();
        let own = stats.and_then(|stats| stats.error_message.as_deref()).map(one_line);
        let last = || self.stderr.iter().rev().find(|line| line.trim() != "QUITTING!").cloned();
        own.filter(|message| !message.is_empty()).or_else(last)
    }
}

/// A text of several lines as one, without control characters.
fn one_line(text: &str) -> String {
    let words = text.split(|character: char| character.is_whitespace() || character.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nmap::xml::{DocumentEnd, RunStats};

    fn complete(total: u64) -> Findings {
        let stats = RunStats { exit: Some("success".into()), total, ..RunStats::default() };
        Findings {
            end: DocumentEnd::Complete,
            version: None,
            scan_types: Vec::new(),
            stats: Some(stats),
            hosts: total,
            strays: 0,
        }
    }

    fn cut() -> Findings {
        let end = DocumentEnd::Truncated { offset: 900, depth: 2 };
        Findings { end, stats: None, ..complete(1) }
    }

    /// What four addresses come to when the wait status is `status`.
    fn judged(halt: Halt, status: i32, findings: &Findings, stderr: &[&str]) -> (Outcome, String) {
        let stderr: Vec<String> = stderr.iter().map(|line| (*line).to_owned()).collect();
        let status = ExitStatus::from_raw(status);
        Evidence { halt, status, findings, given: 4, stderr: &stderr, is_memory_short: false }
            .judge()
    }

    #[test]
    fn success_needs_the_exit_code_and_a_whole_document_and_every_address() {
        let error = Findings {
            stats: Some(RunStats { error_message: Some("no\nway".into()), ..RunStats::default() }),
            ..complete(4)
        };
        let judged = |findings: &Findings| judged(Halt::Exited, 0, findings, &[]);

        assert_eq!(judged(&complete(4)), (Outcome::Succeeded, "nmap is done".into()));
        let truncated = |reason: &str| (Outcome::Truncated, reason.to_owned());
        assert_eq!(judged(&complete(3)), truncated("nmap reported 3 of 4 addresses"));
        assert_eq!(
            judged(&Findings { strays: 1, ..complete(4) }),
            truncated("nmap reported 1 addresses that it was not asked for")
        );
        assert_eq!(judged(&error), truncated("nmap reported an error: no way"));
        assert_eq!(
            judged(&cut()),
            truncated(
                "nmap exited with code 0, but the XML ends after 900 bytes with 2 elements open"
            )
        );
    }

    #[test]
    fn a_run_that_finished_before_it_could_be_stopped_is_a_success() {
        let halt = Halt::Stopped("the user said so".into());

        assert_eq!(judged(halt.clone(), 0, &complete(4), &[]).0, Outcome::Succeeded);
        assert_eq!(judged(halt, 15, &cut(), &[]), (Outcome::Killed, "the user said so".to_owned()));
    }

    #[test]
    fn a_signal_is_a_crash_or_a_kill_by_what_it_is() {
        let judged = |signal| judged(Halt::Exited, signal, &cut(), &[]);

        assert_eq!(judged(11), (Outcome::Crashed, "nmap died of SIGSEGV".into()));
        assert_eq!(judged(6 | 0x80), (Outcome::Crashed, "nmap died of SIGABRT".into()));
        assert_eq!(judged(9), (Outcome::Killed, "nmap was killed from outside by SIGKILL".into()));
        assert_eq!(
            judged(40),
            (Outcome::Killed, "nmap was killed from outside by signal 40".into())
        );
    }

    #[test]
    fn want_of_memory_is_told_from_other_crashes() {
        let malloc = ["Malloc Failed! Probably out of space.", "QUITTING!"];
        let nothing = Findings { hosts: 0, ..cut() };

        let (outcome, reason) = judged(Halt::Exited, 1 << 8, &nothing, &malloc);
        assert_eq!(
            (outcome, reason.as_str()),
            (Outcome::Crashed, "out of memory: nmap exited with code 1")
        );
        let (outcome, reason) = judged(Halt::Exited, 137 << 8, &cut(), &[]);
        assert_eq!((outcome, reason.starts_with("out of memory")), (Outcome::Crashed, true));
    }

    #[test]
    fn a_refusal_carries_the_words_of_nmap() {
        let nothing = Findings { hosts: 0, ..cut() };
        let stderr = ["Invalid argument to -p.", "QUITTING!"];

        assert_eq!(
            judged(Halt::Exited, 255 << 8, &nothing, &stderr),
            (Outcome::Refused, "Invalid argument to -p.".to_owned())
        );
        assert_eq!(
            judged(Halt::Exited, 1 << 8, &cut(), &stderr),
            (Outcome::Crashed, "nmap exited with code 1: Invalid argument to -p.".to_owned())
        );
    }
}
