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
    scan_id: Uuid,
    batch_id: Uuid,
    number: u64,
    line: &'a str,
}

impl LineFrame<'_> {
    /// The JSON that everyone is sent, as the line of this number among those of `scan_id`.
    pub(crate) fn to_text(self, scan_id: Uuid, number: u64) -> Arc<str> {
        let Self { batch_id, at: ts, line } = self;
        let line = &line[..line.floor_char_boundary(LONGEST)];
        let body = Body { event: "line", ts, scan_id, batch_id, number, line };
        serde_json::to_string(&body).expect("ids, times and text are always JSON").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> String {
        let batch_id = Uuid::from_u128(7);
        let frame = LineFrame { batch_id, at: Timestamp::UNIX_EPOCH, line };
        frame.to_text(Uuid::from_u128(6), 5).to_string()
    }

    fn passed_on(line: &str) -> String {
        let body: serde_json::Value = serde_json::from_str(&text(line)).unwrap();
        body["line"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_line_says_when_and_where_it_was_said() {
        assert_eq!(
            text("22/tcp \"open\""),
            r#"{"event":"line","ts":"1970-01-01T00:00:00Z","scan_id":"00000000-0000-0000-0000-000000000006","batch_id":"00000000-0000-0000-0000-000000000007","number":5,"line":"22/tcp \"open\""}"#,
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
