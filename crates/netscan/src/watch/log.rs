//! What happened to the scan that is watched, a line for each event.

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use netscan_api::frame::EventBody;
use netscan_report::sanitise;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::sight::Sight;
use crate::output::words;

/// Lines that one can read back.
const MOST: usize = 1_000;

/// One line. Its text is clean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) at: Timestamp,
    pub(super) text: String,
}

/// The last lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    /// The number of the last event that was read.
    last: Option<u64>,
    /// The numbers of batches by their ids, as far as they were met.
    numbers: HashMap<Uuid, u64>,
    /// How many of the last lines are below what is shown.
    below: usize,
}

impl Log {
    pub(super) fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    pub(super) fn last(&self) -> Option<u64> {
        self.last
    }

    /// How many lines stand below what is shown, because one reads back.
    pub(super) fn below(&self) -> usize {
        self.below
    }

    /// Reads on by so many lines, or back when it is less than none.
    pub(super) fn scroll(&mut self, by: isize) {
        let most = self.entries.len().saturating_sub(1);
        self.below = self.below.saturating_add_signed(-by).min(most);
    }

    /// Takes in what happened since.
    pub(super) fn learn(&mut self, sight: &Sight) {
        let leased = sight.leased.iter().map(|batch| (batch.id, batch.number));
        let slow = sight.slowest.iter().map(|attempt| (attempt.batch_id, attempt.batch_number));
        self.numbers.extend(leased.chain(slow));
        self.last.get_or_insert_default();
        for event in &sight.events {
            self.last = self.last.max(Some(event.seq));
            if let Some(text) = self.told(event) {
                let text = sanitise(&text).into_owned();
                self.entries.push_back(Entry { at: event.ts, text });
                // Whoever reads back keeps their place.
                self.below += usize::from(self.below > 0);
            }
        }
        let surplus = self.entries.len().saturating_sub(MOST);
        self.entries.drain(..surplus);
        self.below = self.below.min(self.entries.len().saturating_sub(1));
    }

    /// The event in words; nothing for those that the bars above show.
    fn told(&self, event: &EventBody) -> Option<String> {
        let rest = &event.rest;
        let batch = || self.batch(rest);
        let because = || text(rest, "reason").map_or_else(String::new, |it| format!(": {it}"));
        Some(match event.event.as_str() {
            "progress" => return None,
            "status" => format!("it is {}{}", text(rest, "status")?, because()),
            "desired" => format!("wanted: {}", text(rest, "desired")?),
            "scan_complete" => format!("it has ended: {}", text(rest, "status")?),
            "batch_start" => format!("{} starts: {}", batch(), list(rest, "targets")),
            "batch_complete" => {
                let summary = rest.get("summary").and_then(Value::as_object);
                let found = |name| summary.and_then(|it| it.get(name)).and_then(Value::as_u64);
                let up = words::grouped(found("hosts_up").unwrap_or_default());
                let open = found("open_ports").unwrap_or_default();
                let open = words::plural(open, "open port", "open ports");
                let status = text(rest, "status").unwrap_or_default();
                format!("{} {status}: {up} up, {open}{}", batch(), because())
            }
            "batch_retry" => format!("{} is tried again{}", batch(), because()),
            "batch_split" => {
                format!("{} is cut into {}{}", batch(), list(rest, "parts"), because())
            }
            "batch_cancel" => {
                let count = rest.get("batches").and_then(Value::as_u64).unwrap_or_default();
                format!("{} cancelled", words::plural(count, "batch", "batches"))
            }
            "host" => {
                let open = rest.get("open_ports").and_then(Value::as_u64).unwrap_or_default();
                let open = words::plural(open, "open port", "open ports");
                format!("{} is {}, {open}", text(rest, "address")?, text(rest, "status")?)
            }
            "security" => {
                let withheld = list(rest, "withheld");
                let address = text(rest, "address").unwrap_or(&withheld);
                format!("security: {address} withheld in {}{}", batch(), because())
            }
            "limits" => format!("limits: {}", plainly(rest)),
            other => format!("{other} {}", plainly(rest)),
        })
    }

    fn batch(&self, rest: &Map<String, Value>) -> String {
        let id = text(rest, "batch_id").unwrap_or_default();
        let number = id.parse().ok().and_then(|id: Uuid| self.numbers.get(&id));
        match number {
            Some(number) => format!("batch {number}"),
            None => format!("batch {}", id.get(..8).unwrap_or(id)),
        }
    }
}

fn text<'a>(rest: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    rest.get(name).and_then(Value::as_str)
}

/// The first entries of a list.
fn list(rest: &Map<String, Value>, name: &str) -> String {
    const MOST_NAMED: usize = 3;
    let entries = rest.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let named: Vec<_> = entries.iter().take(MOST_NAMED).map(word).collect();
    let more = if entries.len() > MOST_NAMED { " …" } else { "" };
    format!("{}{more}", named.join(" "))
}

/// What an event of a kind that has no words of its own says.
fn plainly(rest: &Map<String, Value>) -> String {
    let is_said = |(_, value): &(&String, &Value)| !value.is_null();
    let said = rest.iter().filter(is_said);
    said.map(|(name, value)| format!("{name} {}", word(value))).collect::<Vec<_>>().join(", ")
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BATCH: Uuid = Uuid::from_u128(0x1234_5678 << 96);

    fn told(event: &str, body: Value) -> Option<String> {
        let log = Log { numbers: HashMap::from([(BATCH, 7)]), ..Log::default() };
        log.told(&EventBody::new(Uuid::nil(), 1, Timestamp::UNIX_EPOCH, event, body))
    }

    #[test]
    fn each_event_is_a_line_in_words() {
        let summary = json!({ "hosts_up": 3, "open_ports": 1 });
        for (event, body, line) in [
            ("status", json!({ "status": "paused", "reason": "by hand" }), "it is paused: by hand"),
            ("desired", json!({ "desired": "stop" }), "wanted: stop"),
            ("scan_complete", json!({ "status": "partial" }), "it has ended: partial"),
            (
                "batch_start",
                json!({ "batch_id": BATCH, "targets": ["a", "b", "c", "d"] }),
                "batch 7 starts: a b c …",
            ),
            (
                "batch_complete",
                json!({ "batch_id": BATCH, "status": "succeeded", "summary": summary }),
                "batch 7 succeeded: 3 up, 1 open port",
            ),
            (
                "batch_retry",
                json!({ "batch_id": Uuid::nil(), "reason": "it hung" }),
                "batch 00000000 is tried again: it hung",
            ),
            (
                "batch_split",
                json!({ "batch_id": BATCH, "parts": [8, 9] }),
                "batch 7 is cut into 8 9",
            ),
            ("batch_cancel", json!({ "batches": 2 }), "2 batches cancelled"),
            (
                "host",
                json!({ "address": "192.0.2.1", "status": "up", "open_ports": 2 }),
                "192.0.2.1 is up, 2 open ports",
            ),
            (
                "security",
                json!({ "batch_id": BATCH, "address": "192.0.2.9" }),
                "security: 192.0.2.9 withheld in batch 7",
            ),
            ("limits", json!({ "concurrency": 4, "max_rate": null }), "limits: concurrency 4"),
            ("entity", json!({ "kind": "url" }), "entity kind url"),
        ] {
            assert_eq!(told(event, body).as_deref(), Some(line), "{event}");
        }
        assert_eq!(told("progress", json!({})), None);
    }
}
