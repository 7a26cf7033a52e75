//! nmap's own lines on their way to whoever watches: live, lossy, and never in the way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::Observation;

/// How many lines wait for a slow reader. The oldest go first.
const WAITING: usize = 1_000;

/// The longest line that is passed on, in bytes.
const LONGEST: usize = 4 * 1024;

/// Lines that wait for room among the observations.
pub(super) struct Lines {
    out: mpsc::Sender<Observation>,
    /// Whether the attempt has been announced: lines come after that.
    is_announced: Arc<AtomicBool>,
    waiting: VecDeque<String>,
    dropped: u64,
}

impl Lines {
    pub(super) fn new(out: mpsc::Sender<Observation>, is_announced: Arc<AtomicBool>) -> Self {
        Self { out, is_announced, waiting: VecDeque::new(), dropped: 0 }
    }

    /// Adds a line, and passes on what may be passed on now.
    pub(super) fn push(&mut self, line: String) {
        if self.waiting.len() == WAITING {
            self.waiting.pop_front();
            self.dropped += 1;
        }
        self.waiting.push_back(line);
        self.flush();
    }

    /// Passes on lines while half of the channel is free: the other half is for hosts.
    fn flush(&mut self) {
        if !self.is_announced.load(Ordering::Acquire) {
            return;
        }
        while self.out.capacity() > self.out.max_capacity() / 2 {
            let Some(next) = self.next() else { return };
            if self.out.try_send(next).is_err() {
                return;
            }
        }
    }

    /// What is to be passed on next: the gap comes before the line that follows it.
    fn next(&mut self) -> Option<Observation> {
        match std::mem::take(&mut self.dropped) {
            0 => self.waiting.pop_front().map(Observation::Line),
            lines => Some(Observation::Gap { lines }),
        }
    }

    /// Passes on what is left, to a reader who takes it.
    pub(super) async fn finish(mut self) {
        while let Some(next) = self.next() {
            if self.out.send(next).await.is_err() {
                return;
            }
        }
    }
}

/// Makes lines of bytes that arrive in pieces.
#[derive(Default)]
pub(super) struct Splitter {
    partial: Vec<u8>,
}

impl Splitter {
    /// Takes bytes, and gives away each line that they complete.
    pub(super) fn split(&mut self, bytes: &[u8], mut line: impl FnMut(String)) {
        let mut parts = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = parts.next() {
            let room = LONGEST.saturating_sub(self.partial.len());
            self.partial.extend_from_slice(&part[..part.len().min(room)]);
            if parts.peek().is_some() {
                line(sanitised(&self.partial));
                self.partial.clear();
            }
        }
    }

    /// Gives away a last line that has no end.
    pub(super) fn finish(&mut self, line: impl FnOnce(String)) {
        if !self.partial.is_empty() {
            line(sanitised(&self.partial));
            self.partial.clear();
        }
    }
}

/// A line as text without anything that could steer a terminal.
fn sanitised(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|character| !character.is_control() || *character == '\t').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_any_pieces_become_lines_without_control_characters() {
        let text = b"one\r\n\x1b[31mtwo\x1b[0m\n\n\xc3\xa4\xff\tlast";
        for size in 1..text.len() {
            let mut splitter = Splitter::default();
            let mut lines = Vec::new();
            for piece in text.chunks(size) {
                splitter.split(piece, |line| lines.push(line));
            }
            splitter.finish(|line| lines.push(line));

            assert_eq!(lines, ["one", "[31mtwo[0m", "", "\u{e4}\u{fffd}\tlast"]);
        }
    }

    #[test]
    fn a_line_without_end_does_not_grow() {
        let mut splitter = Splitter::default();
        for _ in 0..1_000 {
            splitter.split(&[b'x'; 1_000], |_| panic!("no line has ended"));
        }

        splitter.finish(|line| assert_eq!(line.len(), LONGEST));
    }

    #[test]
    fn lines_leave_half_of_the_channel_free_and_the_oldest_are_dropped() {
        let (out, mut taken) = mpsc::channel(4);
        let mut lines = Lines::new(out, Arc::new(AtomicBool::new(true)));
        for number in 0..WAITING + 12 {
            lines.push(number.to_string());
        }

        let first = [taken.try_recv().unwrap(), taken.try_recv().unwrap()];
        assert_eq!(first, [Observation::Line("0".into()), Observation::Line("1".into())]);
        assert!(taken.try_recv().is_err());
        lines.push("next".into());
        let gap = [taken.try_recv().unwrap(), taken.try_recv().unwrap()];
        assert_eq!(gap, [Observation::Gap { lines: 11 }, Observation::Line("13".into())]);
    }
}
