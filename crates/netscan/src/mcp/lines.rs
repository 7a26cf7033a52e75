//! Standard input, line by line, none of which may be endless.

use std::io::{self, BufRead};
use std::thread;

use tokio::sync::mpsc;

/// Bytes that a line may have.
pub(super) const LONGEST: usize = 1024 * 1024;

/// A line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole(Vec<u8>),
    /// It was passed over.
    TooLong,
}

/// The lines of standard input as they come; their end is its end.
pub(super) fn read() -> mpsc::Receiver<Line> {
    let (sender, receiver) = mpsc::channel(8);
    // Reading waits, and so has a thread of its own.
    thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(line)) = next(&mut input) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn next(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut line = Vec::new();
    let (mut is_too_long, mut is_any) = (false, false);
    loop {
        let piece = input.fill_buf()?;
        let is_last = piece.is_empty();
        is_any |= !is_last;
        let end = piece.iter().position(|byte| *byte == b'\n');
        let text = &piece[..end.unwrap_or(piece.len())];
        is_too_long |= line.len() + text.len() > LONGEST;
        if is_too_long {
            line = Vec::new();
        } else {
            line.extend(text);
        }
        let used = end.map_or(piece.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() || is_last {
            return Ok(is_any.then_some(if is_too_long {
                Line::TooLong
            } else {
                Line::Whole(line)
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn all(text: &[u8]) -> Vec<Line> {
        let mut input = BufReader::with_capacity(7, text);
        std::iter::from_fn(|| next(&mut input).unwrap()).collect()
    }

    #[test]
    fn lines_are_read_one_after_the_other_and_the_last_needs_no_end() {
        let whole = |text: &str| Line::Whole(text.into());

        assert_eq!(all(b"one\n\na long one\nlast"), ["one", "", "a long one", "last"].map(whole));
        assert_eq!(all(b""), []);
        assert_eq!(all(b"one\n"), [whole("one")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_is_read() {
        let mut text = vec![b'x'; LONGEST + 1];
        text.extend(b"\nnext\n");
        text.extend(vec![b'y'; LONGEST]);

        let lines = all(&text);

        assert_eq!(lines[..2], [Line::TooLong, Line::Whole(b"next".to_vec())]);
        assert_eq!(lines[2], Line::Whole(vec![b'y'; LONGEST]));
    }
}
