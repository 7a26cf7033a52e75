//! WebSocket frames: what is told live of a scan, one JSON text each.
//!
//! A frame has `event` and `ts`; one that is stored has the scan's `scan_id` and its `seq` too.
//! `connected` comes first, with the `seq` behind which the stored events begin. A `line` has no `seq`:
//! lines are not stored, and may be dropped under load; then a `gap` says which, by the lines' own
//! numbers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// A stored event, as lists have it and as frames carry it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventBody {
    /// What happened, such as `batch_start`.
    #[schema(examples("batch_start"))]
    pub event: String,
    /// Its place among the scan's events, from 1 and without gaps.
    pub seq: u64,
    /// When.
    pub ts: Timestamp,
    /// Whose event it is.
    pub scan_id: Uuid,
    /// The rest of it, by the kind of event.
    #[serde(flatten)]
    #[schema(additional_properties)]
    pub rest: Map<String, Value>,
}

impl EventBody {
    /// The event with what was stored as its body. A body that is no object has nothing to tell.
    #[must_use]
    pub fn new(scan_id: Uuid, seq: u64, ts: Timestamp, event: &str, body: Value) -> Self {
        let mut rest = match body {
            Value::Object(rest) => rest,
            _ => Map::new(),
        };
        for taken in ["event", "seq", "ts", "scan_id"] {
            rest.remove(taken);
        }
        Self { event: event.to_owned(), seq, ts, scan_id, rest }
    }
}

/// The frame of a stored event.
#[must_use]
pub fn stored_frame(scan_id: Uuid, seq: u64, ts: Timestamp, event: &str, body: &Value) -> String {
    let event = EventBody::new(scan_id, seq, ts, event, body.clone());
    serde_json::to_string(&event).expect("its keys are texts")
}

/// A frame that is not a stored event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Frame {
    /// The first one. Stored events follow from `seq` + 1 on.
    Connected {
        /// The scan that is listened to; not there when it is a whole project.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scan_id: Option<Uuid>,
        /// Where the stored events begin.
        seq: u64,
        /// When.
        ts: Timestamp,
    },
    /// A line that a scanner printed.
    Line {
        /// Whose scan it is.
        scan_id: Uuid,
        /// The batch that it is about.
        batch_id: Uuid,
        /// The line's own number among those of the scan, from 1, for as long as the server runs.
        number: u64,
        /// What it says.
        line: String,
        /// When.
        ts: Timestamp,
    },
    /// Lines that were dropped.
    Gap {
        /// Whose scan it is.
        scan_id: Uuid,
        /// The number of the first.
        from: u64,
        /// The number of the last.
        to: u64,
        /// When.
        ts: Timestamp,
    },
}

impl Frame {
    /// As JSON text.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("its keys are texts")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn moment() -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    #[test]
    fn a_stored_event_is_one_flat_object() {
        let body =
            json!({ "batch_id": Uuid::nil(), "summary": { "hosts_up": 3, "open_ports": 7 } });

        let frame = stored_frame(Uuid::nil(), 7, moment(), "batch_complete", &body);

        assert_eq!(
            serde_json::from_str::<Value>(&frame).unwrap(),
            json!({
                "event": "batch_complete",
                "seq": 7,
                "ts": "2026-01-02T03:04:05Z",
                "scan_id": Uuid::nil(),
                "batch_id": Uuid::nil(),
                "summary": { "hosts_up": 3, "open_ports": 7 },
            })
        );
    }

    #[test]
    fn the_body_of_an_event_cannot_change_its_place() {
        let body = json!({ "seq": 1, "event": "forged", "ts": "x", "scan_id": "y", "a": 1 });

        let frame = stored_frame(Uuid::nil(), 7, moment(), "host", &body);

        let event: EventBody = serde_json::from_str(&frame).unwrap();
        assert_eq!((event.seq, event.event.as_str()), (7, "host"));
        assert_eq!(event.rest.len(), 1);
        assert_eq!(frame.matches("\"seq\"").count(), 1);
    }

    #[test]
    fn a_line_has_no_seq_and_a_gap_says_which_lines_are_missing() {
        let (scan_id, batch_id) = (Uuid::nil(), Uuid::nil());
        let line =
            Frame::Line { scan_id, batch_id, number: 4, line: "up".to_owned(), ts: moment() };
        let gap = Frame::Gap { scan_id, from: 5, to: 9, ts: moment() };

        assert!(line.text().starts_with(r#"{"event":"line","#), "{}", line.text());
        assert!(!line.text().contains("seq"));
        assert!(gap.text().contains(r#""from":5,"to":9"#), "{}", gap.text());
    }
}
