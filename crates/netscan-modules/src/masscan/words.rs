//! What masscan says of itself while it runs: one line that it writes again and again, and complaints.

use std::collections::VecDeque;

/// The longest line that is looked at, in bytes.
const LONGEST_LINE: usize = 1024;
/// How many complaints are remembered.
const REMEMBERED: usize = 8;

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Status {
    /// Percent of the packets that were sent.
    pub(super) percent: f64,
    /// Open ports so far.
    pub(super) found: u64,
    /// Once all is sent: how many seconds it will still listen. Negative when it should have ended.
    pub(super) waits: Option<i64>,
}

impl Status {
    /// Reads `rate:  9.95-kpps, 64.84% done,   0:00:03 remaining, found=98`, or `waiting 2-secs`.
    fn parse(line: &str) -> Option<Self> {
        let fields = line.trim().strip_prefix("rate:")?;
        let mut status = Self::default();
        for field in fields.split(',').map(str::trim) {
            if let Some(percent) = field.strip_suffix("% done") {
                status.percent = percent.trim().parse().ok()?;
            } else if let Some(seconds) = field.strip_prefix("waiting ") {
                status.waits = seconds.strip_suffix("-secs")?.parse().ok();
            } else if let Some(found) = field.strip_prefix("found=") {
                status.found = found.parse().ok()?;
            }
        }
        Some(status)
    }
}

/// Its standard error, cut into lines. The line of its status ends with a carriage return.
#[derive(Debug, Default)]
pub(super) struct Words {
    line: Vec<u8>,
    complaints: VecDeque<String>,
}

impl Words {
    /// Takes in what was read, and gives the last status in it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Status> {
        let mut last = None;
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => last = self.end_line().or(last),
                byte if self.line.len() < LONGEST_LINE => self.line.push(*byte),
                _ => {}
            }
        }
        last
    }

    fn end_line(&mut self) -> Option<Status> {
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
        if let Some(status) = Status::parse(&line) {
            return Some(status);
        }
        let is_shown = |character: &char| !character.is_control();
        let line: String = line.trim().chars().filter(is_shown).collect();
        if !line.is_empty() {
            self.complaints.push_back(line);
        }
        if self.complaints.len() > REMEMBERED {
            self.complaints.pop_front();
        }
        None
    }

    /// Why it failed, as far as it says so: what it marks as a failure, or else its last line.
    pub(super) fn reason(mut self) -> Option<String> {
        self.end_line();
        let failure = self.complaints.iter().find_map(|line| line.strip_prefix("[-] "));
        failure.map(str::to_owned).or_else(|| self.complaints.pop_back())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_status_is_read_from_the_line_that_it_writes_again_and_again() {
        let mut words = Words::default();

        let sending =
            words.take(b"rate:  9.95-kpps, 64.84% done,   0:00:03 remaining, found=98    \r");
        let waiting =
            words.take(b"rate:  0.00-kpps, 100.00% done, waiting -1-secs, found=150   \rrate: 0");

        assert_eq!(sending, Some(Status { percent: 64.84, found: 98, waits: None }));
        assert_eq!(waiting, Some(Status { percent: 100.0, found: 150, waits: Some(-1) }));
    }

    #[test]
    fn its_reason_is_the_line_that_it_marks() {
        let mut words = Words::default();
        words.take(b"Starting masscan 1.3.2\n[-] FAIL: could not determine \x1b[1minterface\n");
        words.take(b"    [hint] try \"--interface ethX\"\n");

        assert_eq!(words.reason().unwrap(), "FAIL: could not determine [1minterface");
        let mut words = Words::default();
        words.take(b"unknown option");
        assert_eq!(words.reason().unwrap(), "unknown option");
        assert_eq!(Words::default().reason(), None);
    }
}
