//! The thread that reads a file and hands on what it says, chunk by chunk.

use std::collections::{BTreeSet, HashMap};
use std::io::Read;

use jiff::Timestamp;
use netscan_model::import::{FileFormat, Repeats, merge};
use netscan_model::observation::{Host, Protocol, ScanInfo};
use netscan_modules::files::{FileError, FileReader};
use netscan_modules::masscan;
use netscan_modules::nmap::xml::{DocumentEnd, RunStart, RunStats, XmlEvent};
use netscan_store::{AttemptDetail, ImportChunk};
use tokio::sync::mpsc;

use super::MOST_BYTES;

/// Hosts in a chunk at most.
const CHUNK_HOSTS: usize = 1_000;
/// Bytes of the file in a chunk, unless one host takes more. What they become is no more than
/// some fifteen times as large.
const CHUNK_BYTES: u64 = 4 * 1024 * 1024;
/// A scan has one of these for each kind of probe.
const MOST_SCAN_INFOS: usize = 16;
/// A command line is kept up to so many bytes.
const LONGEST_LINE: usize = 16 * 1024;

/// A piece of what a file says, in this order: the head once, and then chunks.
pub(super) enum Piece {
    Head(Head),
    Chunk(ImportChunk),
}

/// What a file says before its hosts.
pub(super) struct Head {
    pub(super) format: FileFormat,
    pub(super) scanner: String,
    pub(super) version: String,
    pub(super) started_at: Option<Timestamp>,
}

/// What a file says apart from its hosts.
pub(super) struct Tail {
    pub(super) detail: AttemptDetail,
    /// Why it is not whole, if it is not.
    pub(super) fault: Option<String>,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) skipped: u64,
}

/// Reads until the file ends or nobody wants more.
pub(super) fn read(
    source: impl Read + Send + 'static,
    format: Option<FileFormat>,
    out: &mpsc::Sender<Piece>,
) -> Result<Tail, FileError> {
    let mut file = FileReader::open(source, format, MOST_BYTES)?;
    let mut told = Told::default();
    let mut draft = Draft::default();
    let end = loop {
        match file.next_event() {
            XmlEvent::Start(start) => {
                if out.blocking_send(Piece::Head(head(file.format(), &start))).is_err() {
                    break DocumentEnd::Complete;
                }
                told.start = start;
            }
            XmlEvent::ScanInfo(info) if told.infos.len() < MOST_SCAN_INFOS => told.infos.push(info),
            XmlEvent::Finished(stats) => told.stats = Some(stats),
            XmlEvent::Host(host) => {
                told.note(&host, file.format());
                draft.add(*host, file.format().repeats());
                if draft.is_full(file.offset()) && !draft.hand_on(&file, &told, out) {
                    break DocumentEnd::Complete;
                }
            }
            XmlEvent::End(end) => break end,
            _ => {}
        }
    };
    draft.hand_on(&file, &told, out);
    Ok(told.tail(&end, &file))
}

fn head(format: FileFormat, start: &RunStart) -> Head {
    Head {
        format,
        scanner: start.scanner.clone(),
        version: start.version.clone(),
        started_at: start.started_at,
    }
}

/// What the file has said so far apart from its hosts.
#[derive(Default)]
struct Told {
    start: RunStart,
    infos: Vec<ScanInfo>,
    stats: Option<RunStats>,
    last_seen: Option<Timestamp>,
    /// The ports that masscan has seen on any host.
    seen: BTreeSet<(Protocol, u16)>,
}

impl Told {
    fn note(&mut self, host: &Host, format: FileFormat) {
        self.last_seen = self.last_seen.max(host.ended_at);
        if format.repeats() == Repeats::Merge {
            self.seen.extend(host.ports.iter().map(|port| (port.protocol, port.port)));
        }
    }

    fn tail(self, end: &DocumentEnd, file: &FileReader) -> Tail {
        let is_masscan = file.format().repeats() == Repeats::Merge;
        let stats = self.stats.unwrap_or_default();
        let mut line = self.start.arguments;
        line.truncate(line.floor_char_boundary(LONGEST_LINE));
        let detail = AttemptDetail {
            argv: line.split_whitespace().map(str::to_owned).collect(),
            version: Some(self.start.version).filter(|version| !version.is_empty()),
            scan_infos: if is_masscan { masscan::scan_infos(&self.seen) } else { self.infos },
            ..AttemptDetail::default()
        };
        let failed = (stats.exit.as_deref() == Some("error"))
            .then(|| stats.error_message.unwrap_or_else(|| "its scanner failed".to_owned()));
        Tail {
            detail,
            fault: fault(end).or(failed),
            ended_at: stats.ended_at.or(self.last_seen).or(self.start.started_at),
            skipped: file.entries_left_out(),
        }
    }
}

/// Why the file is not whole, if it is not.
fn fault(end: &DocumentEnd) -> Option<String> {
    match end {
        DocumentEnd::Complete => None,
        DocumentEnd::Truncated { offset, .. } => {
            Some(format!("the file breaks off after {offset} bytes"))
        }
        DocumentEnd::Malformed { offset, reason } => {
            Some(format!("the file cannot be read beyond byte {offset}: {reason}"))
        }
    }
}

/// A chunk that is being filled.
#[derive(Default)]
struct Draft {
    hosts: Vec<Host>,
    places: HashMap<netscan_model::Address, usize>,
    begins_at: u64,
}

impl Draft {
    fn add(&mut self, mut host: Host, repeats: Repeats) {
        if repeats == Repeats::Merge && host.reason.is_empty() {
            let reason = host.ports.first().map(|port| port.reason.clone());
            host.reason = reason.unwrap_or_default();
        }
        let place = *self.places.entry(host.address).or_insert(self.hosts.len());
        match self.hosts.get_mut(place) {
            Some(known) if repeats == Repeats::Merge => merge(known, host),
            Some(known) => *known = host,
            None => self.hosts.push(host),
        }
    }

    fn is_full(&self, offset: u64) -> bool {
        self.hosts.len() >= CHUNK_HOSTS || offset - self.begins_at >= CHUNK_BYTES
    }

    /// Hands the chunk on, and says whether somebody wanted it.
    fn hand_on(&mut self, file: &FileReader, told: &Told, out: &mpsc::Sender<Piece>) -> bool {
        self.begins_at = file.offset();
        self.places.clear();
        let hosts = std::mem::take(&mut self.hosts);
        if hosts.is_empty() {
            return true;
        }
        let now = Timestamp::now();
        let seen_at = told.last_seen.or(told.start.started_at).unwrap_or(now).min(now);
        let chunk = ImportChunk { hosts, repeats: file.format().repeats(), seen_at };
        out.blocking_send(Piece::Chunk(chunk)).is_ok()
    }
}
