//! Files that scanners wrote, read as one stream of events whatever their form.
//!
//! The form is told by the first bytes: gzip or not, XML or JSON. Files come from strangers: what is
//! unpacked is bounded, a host takes no more memory than [`limits`] allow, and what is cut short gives
//! what was whole.

use std::io::{self, BufReader, Cursor, Read};

use flate2::read::MultiGzDecoder;
use netscan_model::import::FileFormat;

use crate::masscan::JsonReader;
use crate::nmap::xml::{Limits, XmlEvent, XmlReader};

/// How much white space may stand before the first character.
const LONGEST_PREFACE: usize = 64 * 1024;
/// The first bytes of what gzip packed (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The mark that some programs put before UTF-8.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is something else.
    #[error(
        "the file begins with {begins:?}, and is neither XML nor JSON: take what nmap writes with \
         -oX, or masscan with -oX or -oJ, as it is or packed by gzip"
    )]
    Foreign {
        /// Its first characters.
        begins: String,
    },
    /// It is not in the form that was named.
    #[error(
        "the file is {}, and not {wanted}: name another format, or none",
        if *is_xml { "XML" } else { "JSON" }
    )]
    OtherFormat {
        /// What was named.
        wanted: FileFormat,
        /// What it is.
        is_xml: bool,
    },
    /// It cannot be read.
    #[error("the file cannot be read")]
    Read(#[from] io::Error),
}

type Source = Box<dyn Read + Send>;

/// Reads one file.
pub struct FileReader {
    reader: Reader,
    format: FileFormat,
    is_named: bool,
}

enum Reader {
    Xml(Box<XmlReader<Source>>),
    Json(JsonReader<Source>),
}

impl FileReader {
    /// A reader at the beginning of `source`, which is in the form `named`, or in whatever form it
    /// shows. No more than `most_bytes` are read of what it holds when it is unpacked.
    ///
    /// # Errors
    ///
    /// [`FileError`] when it is no such file.
    pub fn open(
        source: impl Read + Send + 'static,
        named: Option<FileFormat>,
        most_bytes: u64,
    ) -> Result<Self, FileError> {
        let (first, source) = peeked(Box::new(source), |bytes| bytes.len() >= GZIP.len())?;
        let unpacked: Source =
            if first.starts_with(&GZIP) { Box::new(Unpacked::new(source)) } else { source };
        let bounded = Box::new(Bounded { source: unpacked, most: most_bytes, left: most_bytes });
        let has_begun = |bytes: &[u8]| preface(bytes) < bytes.len();
        let (first, mut source) = peeked(bounded, has_begun)?;
        let preface = preface(&first);
        let is_xml = match first.get(preface) {
            None => return Err(FileError::Empty),
            Some(b'<') => true,
            Some(b'{' | b'[') => false,
            Some(_) => return Err(foreign(&first[preface..])),
        };
        if let Some(wanted) = named.filter(|wanted| wanted.is_xml() != is_xml) {
            return Err(FileError::OtherFormat { wanted, is_xml });
        }
        io::copy(&mut source.by_ref().take(preface as u64), &mut io::sink())?;
        let reader = if is_xml {
            Reader::Xml(Box::new(XmlReader::new(source, limits())))
        } else {
            Reader::Json(JsonReader::new(source))
        };
        let shown = if is_xml { FileFormat::NmapXml } else { FileFormat::MasscanJson };
        Ok(Self { reader, format: named.unwrap_or(shown), is_named: named.is_some() })
    }

    /// What the file says next. The last event is [`XmlEvent::End`], and comes again if asked.
    pub fn next_event(&mut self) -> XmlEvent {
        let event = match &mut self.reader {
            Reader::Xml(reader) => reader.next_event(),
            Reader::Json(reader) => reader.next_event(),
        };
        if let XmlEvent::Start(start) = &event {
            let is_masscan = start.scanner == "masscan";
            if is_masscan && !self.is_named && self.format == FileFormat::NmapXml {
                self.format = FileFormat::MasscanXml;
            }
        }
        event
    }

    /// The form of the file. Who wrote it is known once it has said so, in its first event.
    #[must_use]
    pub fn format(&self) -> FileFormat {
        self.format
    }

    /// Hosts, ports and other entries that could not be read, and were left out.
    #[must_use]
    pub fn entries_left_out(&self) -> u64 {
        match &self.reader {
            Reader::Xml(reader) => reader.entries_left_out(),
            Reader::Json(reader) => reader.entries_left_out(),
        }
    }

    /// How many bytes have been read of what the file holds when it is unpacked.
    #[must_use]
    pub fn offset(&self) -> u64 {
        match &self.reader {
            Reader::Xml(reader) => reader.offset(),
            Reader::Json(reader) => reader.offset(),
        }
    }
}

/// How much is kept of what a stranger's file says. Every port of TCP and of UDP has its place.
#[must_use]
pub fn limits() -> Limits {
    Limits { ports: 2 * 65_536, memory: 48 * 1024 * 1024, ..Limits::default() }
}

/// How many bytes stand before the first character that means something.
fn preface(bytes: &[u8]) -> usize {
    let mark = if bytes.starts_with(&BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let blanks = bytes[mark..].iter().take_while(|byte| byte.is_ascii_whitespace());
    mark + blanks.count()
}

fn foreign(bytes: &[u8]) -> FileError {
    let begins = String::from_utf8_lossy(&bytes[..bytes.len().min(16)]).into_owned();
    FileError::Foreign { begins }
}

/// The first bytes of `source`, as many as `is_enough` asks for, and the source with them in front.
fn peeked(
    mut source: Source,
    is_enough: impl Fn(&[u8]) -> bool,
) -> Result<(Vec<u8>, Source), io::Error> {
    let mut first = Vec::new();
    let mut piece = [0; 1_024];
    while !is_enough(&first) && first.len() < LONGEST_PREFACE {
        match source.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => first.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let whole = Cursor::new(first.clone()).chain(source);
    Ok((first, Box::new(whole)))
}

/// What gzip packed. It ends where it was cut off.
struct Unpacked(MultiGzDecoder<BufReader<Source>>);

impl Unpacked {
    fn new(source: Source) -> Self {
        Self(MultiGzDecoder::new(BufReader::new(source)))
    }
}

impl Read for Unpacked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.0.read(out) {
            // Whoever reads the text knows whether it is whole.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            read => read,
        }
    }
}

/// A source that fails when it holds more than it may.
struct Bounded {
    source: Source,
    most: u64,
    left: u64,
}

impl Read for Bounded {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(out)?;
        let left = self.left.checked_sub(count as u64);
        self.left = left
            .ok_or_else(|| io::Error::other(format!("it holds more than {} bytes", self.most)))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::nmap::xml::DocumentEnd;

    const XML: &str = r#"<?xml version="1.0"?><nmaprun scanner="nmap"><host><address addr="10.0.0.1" addrtype="ipv4"/></host></nmaprun>"#;
    const JSON: &str = r#"[{"ip":"10.0.0.1","ports":[]}]"#;

    fn read(
        bytes: &[u8],
        named: Option<FileFormat>,
    ) -> Result<(FileFormat, u64, DocumentEnd), FileError> {
        let mut reader = FileReader::open(Cursor::new(bytes.to_vec()), named, 1 << 20)?;
        let mut hosts = 0;
        loop {
            match reader.next_event() {
                XmlEvent::Host(_) => hosts += 1,
                XmlEvent::End(end) => return Ok((reader.format(), hosts, end)),
                _ => {}
            }
        }
    }

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut out = GzEncoder::new(Vec::new(), Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn the_form_is_told_by_what_the_file_begins_with() {
        let masscan = XML.replace("\"nmap\"", "\"masscan\"");
        let marked = format!("\u{feff}\n {JSON}");
        for (text, format) in [
            (XML, FileFormat::NmapXml),
            (&masscan, FileFormat::MasscanXml),
            (JSON, FileFormat::MasscanJson),
            (&marked, FileFormat::MasscanJson),
        ] {
            for bytes in [text.as_bytes().to_vec(), packed(text.as_bytes())] {
                let read = read(&bytes, None).unwrap();

                assert_eq!(read, (format, 1, DocumentEnd::Complete), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_what_to_take() {
        let refusal = |bytes: &[u8], named| read(bytes, named).unwrap_err().to_string();

        assert_eq!(refusal(b"", None), "the file is empty");
        assert_eq!(refusal(b" \n", None), "the file is empty");
        assert_eq!(refusal(&packed(b""), None), "the file is empty");
        let told = refusal(b"# Nmap 7.93 scan initiated", None);
        assert!(
            told.starts_with("the file begins with \"# Nmap 7.93 scan\", and is neither"),
            "{told}"
        );
        assert!(told.contains("-oX"), "{told}");
        let told = refusal(XML.as_bytes(), Some(FileFormat::MasscanJson));
        assert_eq!(told, "the file is XML, and not masscan-json: name another format, or none");
    }

    #[test]
    fn a_packed_file_that_was_cut_off_gives_what_was_whole() {
        let hosts = XML.replace("</nmaprun>", &"<x/>".repeat(50_000));
        let bytes = packed(hosts.as_bytes());

        let (_, hosts, end) = read(&bytes[..bytes.len() - 20], None).unwrap();

        assert_eq!(hosts, 1);
        assert!(matches!(end, DocumentEnd::Truncated { .. }), "{end:?}");
    }

    #[test]
    fn no_more_is_unpacked_than_may_be() {
        let bomb = packed(&XML.replace("</nmaprun>", &" ".repeat(4 << 20)).into_bytes());
        assert!(bomb.len() < 64 * 1024);

        let (_, hosts, end) = read(&bomb, None).unwrap();

        let DocumentEnd::Malformed { reason, .. } = end else { panic!("{end:?}") };
        assert_eq!(hosts, 1);
        assert!(reason.contains("it holds more than 1048576 bytes"), "{reason}");
    }
}
