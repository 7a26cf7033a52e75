//! A live line of a batch, as it crosses the network.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// The longest part of a line that is passed on, in bytes.
const LONGEST: usize = 4_096;

/// What a batch's nmap has just said.
#[derive(Clone, Copy, Debug)]
pub struct LineFrame<'a> {
    /// Whose line it is.
    pub batch_id: Uuid,
    /// When it was said.
    pub at: Timestamp,
    /// The line. Of more than 4 KiB only the beginning is passed on.
    pub line: &'a str,
}

#[derive(Serialize)]
struct Body<'a> {
    event: &'static str,
    ts: Timestamp,
    batch_id: Uuid,
    line: &'a str,
}

impl LineFrame<'_> {
    /// The JSON that everyone is sent.
    pub(crate) fn to_text(self) -> Arc<str> {
        let line = &self.line[..self.line.floor_char_boundary(LONGEST)];
        let body = Body { event: "line", ts: self.at, batch_id: self.batch_id, line };
        serde_json::to_string(&body).expect("ids, times and text are always JSON").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> String {
        let batch_id = Uuid::from_u128(7);
        LineFrame { batch_id, at: Timestamp::UNIX_EPOCH, line }.to_text().to_string()
    }

    fn passed_on(line: &str) -> String {
        let body: serde_json::Value = serde_json::from_str(&text(line)).unwrap();
        body["line"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_line_says_when_and_of_which_batch_it_is() {
        assert_eq!(
            text("22/tcp \"open\""),
            r#"{"event":"line","ts":"1970-01-01T00:00:00Z","batch_id":"00000000-0000-0000-0000-000000000007","line":"22/tcp \"open\""}"#,
        );
    }

    #[test]
    fn a_line_of_4_kib_is_whole_and_a_longer_one_is_cut() {
        let whole = "x".repeat(LONGEST);

        assert_eq!(passed_on(&whole), whole);
        assert_eq!(passed_on(&format!("{whole}y")), whole);
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        let line = format!("{}é", "x".repeat(LONGEST - 1));

        assert_eq!(passed_on(&line), "x".repeat(LONGEST - 1));
    }
}
