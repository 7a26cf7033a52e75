//! A streaming reader of nmap's XML, from a pipe or a file, whole or cut short, honest or not.
//!
//! [`XmlReader::next_event`] hands out a host once its `</host>` has been read, and never before.
//! The last event is [`XmlEvent::End`], which tells whether the document was complete. A text that
//! ends early ends without an error in most parsers, so this is decided by depth, here.
//!
//! Documents come from strangers, too: nothing recurses, no entity is expanded, no file opened,
//! and memory is bounded by [`Limits`] whatever the input. nmap drops the zone of link-local
//! addresses; whoever asked for the address puts it back.

mod clean;
mod content;
mod text;

use std::fmt;
use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::observation::{Host, Script};
use quick_xml::errors::{Error, SyntaxError};
use quick_xml::events::Event;
use serde::{Deserialize, Serialize};

use clean::Clean;
use content::Content;

pub use netscan_model::observation::ScanInfo;

/// How much of a document is kept. What is over is left out, and marked as such where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one script's output, and again of its structured form.
    pub script_bytes: usize,
    /// Bytes of all scripts of a host.
    pub host_bytes: usize,
    /// Bytes of any other text.
    pub text_bytes: usize,
    /// Bytes of a list of ports.
    pub port_list_bytes: usize,
    /// Ports of a host that are listed one by one.
    pub ports: usize,
    /// Anything else of which a host has several: names, operating systems, hops.
    pub items: usize,
    /// Bytes of memory that all texts and lists of a host may take together, what scripts say apart.
    pub memory: usize,
    /// How deep a script's tables may nest. What lies deeper is lifted up to this depth.
    ///
    /// Each table is two levels of JSON, and JSON readers stop at 128.
    pub table_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            script_bytes: 256 * 1024,
            host_bytes: 4 * 1024 * 1024,
            text_bytes: 16 * 1024,
            port_list_bytes: 512 * 1024,
            ports: 4 * 65_536,
            items: 1_024,
            memory: 128 * 1024 * 1024,
            table_depth: 24,
        }
    }
}

/// What a document says, in its order.
#[derive(Clone, Debug, PartialEq)]
pub enum XmlEvent {
    /// The document's head.
    Start(RunStart),
    /// What is being scanned for; once for each kind of scan.
    ScanInfo(ScanInfo),
    /// A phase began.
    TaskBegin(Task),
    /// A phase is under way.
    Progress(Progress),
    /// A phase is over.
    TaskEnd(Task),
    /// A script that ran before or after all hosts.
    Script(RunScript),
    /// A host, complete.
    Host(Box<Host>),
    /// The document's foot.
    Finished(RunStats),
    /// Nothing more follows; the same event comes again if asked.
    End(DocumentEnd),
}

/// The head of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// The program: `nmap`, or another that writes its format, such as `masscan`.
    pub scanner: String,
    /// Its version.
    pub version: String,
    /// Its command line, in its own words.
    pub arguments: String,
    /// When it was started.
    pub started_at: Option<Timestamp>,
}

/// The beginning or the end of a phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// nmap's word for it, such as `SYN Stealth Scan`.
    pub task: String,
    /// When.
    pub at: Option<Timestamp>,
    /// What came out of it, such as `8 total ports`.
    pub extra_info: Option<String>,
}

/// How far a phase has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// nmap's word for the phase.
    pub task: String,
    /// 0 to 100.
    pub percent: f64,
    /// Seconds that remain, as far as nmap can tell.
    pub remaining_seconds: Option<u64>,
    /// When it will end, as far as nmap can tell.
    pub ends_at: Option<Timestamp>,
}

/// A script that ran before or after all hosts.
#[derive(Clone, Debug, PartialEq)]
pub struct RunScript {
    /// Whether it ran after them.
    pub is_postscript: bool,
    /// What it said.
    pub script: Script,
}

/// The foot of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStats {
    /// `success` or `error`.
    pub exit: Option<String>,
    /// What went wrong.
    pub error_message: Option<String>,
    /// How long it took.
    pub elapsed: Option<Duration>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// All of this in a sentence.
    pub summary: Option<String>,
    /// Hosts that answered.
    pub up: u64,
    /// Hosts that did not.
    pub down: u64,
    /// Hosts that were looked at.
    pub total: u64,
}

/// How a document ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentEnd {
    /// The root element was closed and nothing but white space and comments followed.
    Complete,
    /// It stopped with elements open, as when the writer was killed.
    Truncated {
        /// How many bytes there were.
        offset: u64,
        /// How many elements were open.
        depth: usize,
    },
    /// It is not what it should be, and was not read to its end.
    Malformed {
        /// Near which byte.
        offset: u64,
        /// What is wrong, as half a sentence.
        reason: String,
    },
}

impl DocumentEnd {
    /// Whether the whole document was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        *self == Self::Complete
    }
}

impl fmt::Display for DocumentEnd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => write!(out, "the XML is complete"),
            Self::Truncated { offset: 0, .. } => write!(out, "the XML is empty"),
            Self::Truncated { offset, depth } => {
                write!(out, "the XML ends after {offset} bytes with {depth} elements open")
            }
            Self::Malformed { offset, reason } => {
                write!(out, "the XML is malformed near byte {offset}: {reason}")
            }
        }
    }
}

/// Reads one document.
///
/// The source needs no buffer of its own.
pub struct XmlReader<R: Read> {
    parser: quick_xml::Reader<Clean<R>>,
    content: Content,
    scratch: Vec<u8>,
    end: Option<DocumentEnd>,
}

impl<R: Read> XmlReader<R> {
    /// A reader at the beginning of `source`.
    pub fn new(source: R, limits: Limits) -> Self {
        let mut parser = quick_xml::Reader::from_reader(Clean::new(source));
        parser.config_mut().allow_dangling_amp = true;
        Self { parser, content: Content::new(limits), scratch: Vec::new(), end: None }
    }

    /// What the document says next.
    pub fn next_event(&mut self) -> XmlEvent {
        loop {
            if let Some(end) = &self.end {
                return XmlEvent::End(end.clone());
            }
            let mut scratch = std::mem::take(&mut self.scratch);
            let event = self.step(&mut scratch);
            self.scratch = recycled(scratch);
            match event {
                Ok(Some(event)) => return event,
                Ok(None) => {}
                Err(end) => self.end = Some(end),
            }
        }
    }

    /// Hosts that had no address that we can read, and were left out.
    #[must_use]
    pub fn hosts_without_address(&self) -> u64 {
        self.content.hosts_without_address()
    }

    /// Hosts and ports that could not be read, and were left out.
    #[must_use]
    pub fn entries_left_out(&self) -> u64 {
        self.content.entries_left_out()
    }

    /// How many bytes of the source have been used.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.parser.get_ref().offset()
    }

    /// The source, to read on behind a document that is malformed.
    pub fn source_mut(&mut self) -> &mut R {
        self.parser.get_mut().source_mut()
    }

    /// Reads one piece of markup or text, which may be an event or a part of one.
    fn step(&mut self, scratch: &mut Vec<u8>) -> Result<Option<XmlEvent>, DocumentEnd> {
        self.parser.get_mut().begin_piece();
        let content = &mut self.content;
        let outcome = match self.parser.read_event_into(scratch) {
            Ok(Event::Start(tag)) => content.open(&tag),
            Ok(Event::Empty(tag)) => content.open(&tag).map(|opened| opened.or(content.close())),
            Ok(Event::End(_)) => Ok(content.close()),
            Ok(Event::Text(text)) => content.text(&text).map(|()| None),
            Ok(Event::CData(text)) => content.text(&text).map(|()| None),
            Ok(Event::GeneralRef(name)) => content.reference(&name).map(|()| None),
            Ok(Event::DocType(text)) => content.document_type(&text).map(|()| None),
            Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => Ok(None),
            Ok(Event::Eof) => return Err(self.ended()),
            Err(error) => return Err(self.failed(&error)),
        };
        outcome.map_err(|reason| self.malformed(reason))
    }

    fn malformed(&self, reason: impl Into<String>) -> DocumentEnd {
        DocumentEnd::Malformed { offset: self.offset(), reason: reason.into() }
    }

    /// How the document stands when there are no more bytes.
    fn ended(&self) -> DocumentEnd {
        match self.content.depth() {
            0 if self.content.is_root_closed() => DocumentEnd::Complete,
            depth => DocumentEnd::Truncated { offset: self.offset(), depth },
        }
    }

    fn failed(&self, error: &Error) -> DocumentEnd {
        match error {
            // Every other syntax error is an end of input inside of something.
            Error::Syntax(error) if *error != SyntaxError::InvalidBangMarkup => self.ended_inside(),
            Error::Syntax(_) if self.parser.get_ref().is_exhausted() => self.ended_inside(),
            error => self.malformed(error.to_string()),
        }
    }

    fn ended_inside(&self) -> DocumentEnd {
        DocumentEnd::Truncated { offset: self.offset(), depth: self.content.depth() + 1 }
    }
}

/// The buffer for the next piece: emptied, and given back when one huge piece has blown it up.
fn recycled(mut scratch: Vec<u8>) -> Vec<u8> {
    const KEPT: usize = 1024 * 1024;

    scratch.clear();
    scratch.shrink_to(KEPT);
    scratch
}
