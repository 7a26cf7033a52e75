//! What masscan writes: JSON by line or as a list, whole or cut short, and its banners. [`run`] has it
//! find open ports for us.
//!
//! Its lists are seldom JSON as the standard has it: versions end them with a comma, with
//! `{finished: 1}`, or not at all. So objects are cut out of the text one by one, and only these are
//! read as JSON. Every port has an object of its own: an address comes as many times as it has ports.

mod gather;
pub mod run;
mod way;
mod words;

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};

use jiff::Timestamp;
use netscan_model::Address;
use netscan_model::observation::{Host, Port, PortState, Protocol, ScanInfo, Script, Service};
use serde::Deserialize;

use crate::nmap::xml::{DocumentEnd, RunStart, XmlEvent};

pub use way::Way;

/// How much is read at a time.
const BUFFER_BYTES: usize = 64 * 1024;
/// The longest object that is read. One has a single port, as a rule.
const LONGEST_OBJECT: usize = 1024 * 1024;

/// Puts what masscan heard on a port in its place: a service, and what it said of itself.
///
/// masscan gives each thing that it heard as a service of its own, named after what it is.
pub(crate) fn take_banner(port: &mut Port, banner: String) {
    let heard = port.service.take().map(|service| service.name).unwrap_or_default();
    let (script, service) = match heard.as_str() {
        "title" => ("http-title", Some("http")),
        "http.server" => ("http-server-header", Some("http")),
        "html" => ("http-html", Some("http")),
        "X509" | "X509CA" => ("masscan-x509", Some("ssl")),
        "vuln" | "heartbleed" | "ticketbleed" => ("masscan-vuln", None),
        "" | "unknown" => ("banner", None),
        name => ("banner", Some(name)),
    };
    port.service = service.map(|name| Service {
        name: name.to_owned(),
        method: "probed".to_owned(),
        confidence: 10,
        ..Service::default()
    });
    port.scripts.push(Script { id: script.to_owned(), output: banner, ..Script::default() });
}

/// Reads masscan's JSON, object by object.
pub struct JsonReader<R> {
    source: BufReader<R>,
    /// The object that is being read.
    object: Vec<u8>,
    offset: u64,
    skipped: u64,
    is_begun: bool,
    is_list_open: bool,
    /// Whether the writer has said that this was all.
    is_finished: bool,
    end: Option<DocumentEnd>,
}

impl<R: Read> JsonReader<R> {
    /// A reader at the beginning of `source`.
    pub fn new(source: R) -> Self {
        Self {
            source: BufReader::with_capacity(BUFFER_BYTES, source),
            object: Vec::new(),
            offset: 0,
            skipped: 0,
            is_begun: false,
            is_list_open: false,
            is_finished: false,
            end: None,
        }
    }

    /// What the file says next, in the words of the reader of XML.
    pub fn next_event(&mut self) -> XmlEvent {
        if !std::mem::replace(&mut self.is_begun, true) {
            return XmlEvent::Start(RunStart {
                scanner: "masscan".to_owned(),
                arguments: "masscan".to_owned(),
                ..RunStart::default()
            });
        }
        loop {
            if let Some(end) = &self.end {
                return XmlEvent::End(end.clone());
            }
            match self.next_object() {
                Ok(true) => {
                    if let Some(host) = self.host() {
                        return XmlEvent::Host(Box::new(host));
                    }
                }
                Ok(false) => self.skipped += 1,
                Err(end) => self.end = Some(end),
            }
        }
    }

    /// Entries that could not be read, and were left out.
    #[must_use]
    pub fn entries_left_out(&self) -> u64 {
        self.skipped
    }

    /// How many bytes of the source have been used.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Cuts out the next object, and says whether it is short enough to be read.
    fn next_object(&mut self) -> Result<bool, DocumentEnd> {
        let mut cut = Cut::default();
        self.object.clear();
        self.object.shrink_to(BUFFER_BYTES);
        loop {
            let bytes = match self.source.fill_buf() {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.malformed(error.to_string())),
            };
            if bytes.is_empty() {
                return Err(self.ended(cut.depth));
            }
            let Passed { used, inside_from, is_whole, foreign } =
                cut.pass(bytes, &mut self.is_list_open);
            if cut.depth > 0 || is_whole {
                let room = LONGEST_OBJECT + 1 - self.object.len();
                let piece = &bytes[inside_from..used];
                self.object.extend_from_slice(&piece[..piece.len().min(room)]);
            }
            self.source.consume(used);
            self.offset += used as u64;
            if let Some(byte) = foreign {
                let found = char::from(byte).escape_default();
                let reason = format!("'{found}' stands where an object should begin");
                return Err(self.malformed(reason));
            }
            if is_whole {
                return Ok(self.object.len() <= LONGEST_OBJECT);
            }
        }
    }

    /// The host of the object that was cut out. Nothing comes back for one that tells of none.
    fn host(&mut self) -> Option<Host> {
        let text = String::from_utf8_lossy(&self.object);
        if is_farewell(&text) {
            self.is_finished = true;
            return None;
        }
        let read = serde_json::from_str::<Entry<'_>>(&text).ok();
        let Some((entry, address)) = read.and_then(|entry| {
            let address = entry.ip.parse::<Address>().ok()?;
            Some((entry, address))
        }) else {
            self.skipped += 1;
            return None;
        };
        let (host, unreadable) = entry.into_host(address);
        self.skipped += unreadable;
        Some(host)
    }

    fn malformed(&self, reason: String) -> DocumentEnd {
        DocumentEnd::Malformed { offset: self.offset, reason }
    }

    /// How the file stands when there are no more bytes.
    fn ended(&self, depth: usize) -> DocumentEnd {
        let is_open = self.is_list_open && !self.is_finished;
        if depth > 0 || is_open {
            return DocumentEnd::Truncated {
                offset: self.offset,
                depth: depth + usize::from(is_open),
            };
        }
        DocumentEnd::Complete
    }
}

/// Where in an object a reader is.
#[derive(Default)]
struct Cut {
    depth: usize,
    is_in_text: bool,
    is_escaped: bool,
}

/// How far a reader has come in some bytes.
#[derive(Default)]
struct Passed {
    used: usize,
    /// Where the object begins, if it does so in these bytes.
    inside_from: usize,
    is_whole: bool,
    /// What stands where nothing but an object may.
    foreign: Option<u8>,
}

impl Cut {
    /// Goes on to the end of the bytes, or of the object.
    fn pass(&mut self, bytes: &[u8], is_list_open: &mut bool) -> Passed {
        let mut passed = Passed::default();
        for byte in bytes {
            passed.used += 1;
            if self.depth > 0 {
                passed.is_whole = self.take(*byte);
            } else {
                match byte {
                    b'{' => (self.depth, passed.inside_from) = (1, passed.used - 1),
                    b'[' => *is_list_open = true,
                    b']' => *is_list_open = false,
                    b',' | b' ' | b'\t' | b'\r' | b'\n' => {}
                    other => passed.foreign = Some(*other),
                }
            }
            if passed.is_whole || passed.foreign.is_some() {
                break;
            }
        }
        passed
    }

    /// Goes on by one byte, and says whether it was the last one of the object.
    fn take(&mut self, byte: u8) -> bool {
        if self.is_in_text {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_in_text = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.is_in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        self.depth == 0
    }
}

/// Whether this is what masscan writes last: `{finished: 1}`, with or without quotes.
fn is_farewell(object: &str) -> bool {
    let inside = object.trim_start_matches('{').trim_start().trim_start_matches('"');
    inside.starts_with("finished")
}

/// An object of `-oJ`, or of `-oD`, which has one port beside the address.
#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    ip: Cow<'a, str>,
    #[serde(default)]
    timestamp: Seconds,
    #[serde(default, borrow)]
    ports: Vec<EntryPort<'a>>,
    port: Option<u64>,
    #[serde(borrow)]
    proto: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

/// A time, as a number or as a text.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(i64),
    Text(String),
    #[default]
    None,
}

#[derive(Deserialize)]
struct EntryPort<'a> {
    port: u64,
    #[serde(borrow)]
    proto: Cow<'a, str>,
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    ttl: Option<u32>,
    #[serde(borrow)]
    service: Option<EntryService<'a>>,
}

#[derive(Deserialize)]
struct EntryService<'a> {
    #[serde(default, borrow)]
    name: Cow<'a, str>,
    #[serde(default, borrow)]
    banner: Cow<'a, str>,
}

/// What `-oD` says of the port.
#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    ttl: Option<u32>,
    #[serde(borrow)]
    service_name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    banner: Option<Cow<'a, str>>,
}

impl Entry<'_> {
    /// The host, and how many of its ports cannot be.
    fn into_host(mut self, address: Address) -> (Host, u64) {
        if let (Some(port), Some(proto)) = (self.port, self.proto) {
            self.ports.push(EntryPort::beside(port, proto, self.data));
        }
        let mut host = Host::at(address);
        let seen_at = self.timestamp.time();
        (host.started_at, host.ended_at) = (seen_at, seen_at);
        let mut unreadable = 0;
        for entry in self.ports {
            if host.reason.is_empty() {
                entry.reason.as_deref().unwrap_or_default().clone_into(&mut host.reason);
                host.reason_ttl = entry.ttl;
            }
            // An answer to a ping tells that the host is up, and has no port.
            if entry.proto == "icmp" {
                continue;
            }
            match entry.into_port() {
                Some(port) => host.ports.push(port),
                None => unreadable += 1,
            }
        }
        (host, unreadable)
    }
}

impl<'a> EntryPort<'a> {
    fn beside(port: u64, proto: Cow<'a, str>, data: Option<Data<'a>>) -> Self {
        let Some(data) = data else {
            return Self { port, proto, status: None, reason: None, ttl: None, service: None };
        };
        let is_heard = data.service_name.is_some() || data.banner.is_some();
        let service = is_heard.then(|| EntryService {
            name: data.service_name.unwrap_or_default(),
            banner: data.banner.unwrap_or_default(),
        });
        Self { port, proto, status: data.status, reason: data.reason, ttl: data.ttl, service }
    }

    fn into_port(self) -> Option<Port> {
        let mut port = Port {
            port: u16::try_from(self.port).ok()?,
            protocol: self.proto.parse::<Protocol>().ok()?,
            state: self.status.map_or(Some(PortState::Open), |state| state.parse().ok())?,
            reason: self.reason.unwrap_or_default().into_owned(),
            reason_ttl: self.ttl,
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        };
        if let Some(heard) = self.service {
            port.service = Some(Service { name: heard.name.into_owned(), ..Service::default() });
            take_banner(&mut port, heard.banner.into_owned());
        }
        Some(port)
    }
}

impl Seconds {
    fn time(self) -> Option<Timestamp> {
        let seconds = match self {
            Self::Number(seconds) => seconds,
            Self::Text(text) => text.trim().parse().ok()?,
            Self::None => return None,
        };
        Timestamp::from_second(seconds).ok()
    }
}

/// What a scan of these ports by masscan looked for. It asks every address for the same ports, so
/// that those which were seen anywhere were asked for everywhere.
#[must_use]
pub fn scan_infos(seen: &std::collections::BTreeSet<(Protocol, u16)>) -> Vec<ScanInfo> {
    let mut infos: Vec<ScanInfo> = Vec::new();
    for part in Vec::from_iter(seen).chunk_by(|(one, _), (other, _)| one == other) {
        let runs = part.chunk_by(|(_, one), (_, other)| one.checked_add(1) == Some(*other));
        let ranges: Vec<String> = runs.map(|run| range(run[0].1, run[run.len() - 1].1)).collect();
        infos.push(ScanInfo {
            kind: "syn".to_owned(),
            protocol: Some(part[0].0),
            service_count: u32::try_from(part.len()).unwrap_or(u32::MAX),
            services: ranges.join(","),
            scan_flags: None,
        });
    }
    infos
}

fn range(first: u16, last: u16) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Host>, u64, DocumentEnd) {
        let mut reader = JsonReader::new(text.as_bytes());
        let mut hosts = Vec::new();
        loop {
            match reader.next_event() {
                XmlEvent::Host(host) => hosts.push(*host),
                XmlEvent::End(end) => return (hosts, reader.entries_left_out(), end),
                _ => {}
            }
        }
    }

    fn entry(address: &str) -> String {
        format!(
            r#"{{   "ip": "{address}",   "timestamp": "1700000000", "ports": [ {{"port": 80, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 64}} ] }}"#
        )
    }

    #[test]
    fn each_way_in_which_versions_end_a_list_is_its_end() {
        let (one, two) = (entry("10.0.0.1"), entry("10.0.0.2"));
        for list in [
            format!("[\n{one}\n,\n{two}\n]\n"),
            format!("[\n{one},\n{two},\n]\n"),
            format!("[\n{one},\n{two},\n{{finished: 1}}\n]\n"),
            format!("{one},\n{two},\n{{\"finished\": 1}}\n"),
            format!("{one}\n{two}\n"),
            format!("[{one}]\n[{two}]\n"),
        ] {
            let (hosts, skipped, end) = read(&list);

            assert_eq!((hosts.len(), skipped, end), (2, 0, DocumentEnd::Complete), "{list}");
        }
    }

    #[test]
    fn a_list_that_was_cut_short_gives_what_was_whole() {
        let text = format!("[\n{},\n{}", entry("10.0.0.1"), entry("10.0.0.2"));
        for length in 0..=text.len() {
            let (hosts, skipped, end) = read(&text[..length]);

            assert_eq!(end.is_complete(), length == 0, "{length}");
            assert!(hosts.len() <= 2 && skipped == 0, "{length}");
        }
        assert_eq!(read(&text).0.len(), 2);
    }

    #[test]
    fn everything_that_an_entry_says_is_kept() {
        let (hosts, ..) = read(&entry("10.0.0.1"));

        let seen_at = Timestamp::from_second(1_700_000_000).ok();
        let web = Port {
            port: 80,
            protocol: Protocol::Tcp,
            state: PortState::Open,
            reason: "syn-ack".into(),
            reason_ttl: Some(64),
            reason_address: None,
            service: None,
            scripts: vec![],
        };
        let expected = Host {
            reason: "syn-ack".into(),
            reason_ttl: Some(64),
            started_at: seen_at,
            ended_at: seen_at,
            ports: vec![web],
            ..Host::at("10.0.0.1".parse().unwrap())
        };
        assert_eq!(hosts, [expected]);
    }

    #[test]
    fn what_was_heard_is_a_service_and_its_words() {
        let heard = |name: &str| {
            format!(
                r#"{{"ip":"10.0.0.1","ports":[{{"port":80,"proto":"tcp","service":{{"name":"{name}","banner":"a\u0022b"}}}}]}}"#
            )
        };
        for (name, service, script) in [
            ("ssh", Some("ssh"), "banner"),
            ("title", Some("http"), "http-title"),
            ("http.server", Some("http"), "http-server-header"),
            ("X509", Some("ssl"), "masscan-x509"),
            ("unknown", None, "banner"),
        ] {
            let (mut hosts, ..) = read(&heard(name));

            let port = hosts.remove(0).ports.remove(0);
            let words = (port.scripts[0].id.as_str(), port.scripts[0].output.as_str());
            assert_eq!(port.service.as_ref().map(|service| service.name.as_str()), service);
            assert_eq!(words, (script, "a\"b"), "{name}");
        }
    }

    #[test]
    fn lines_of_one_port_each_are_read_too() {
        let lines = concat!(
            r#"{"ip":"10.0.0.1","timestamp":1700000000,"port":22,"proto":"tcp","rec_type":"status","data":{"status":"open","reason":"syn-ack","ttl":63}}"#,
            "\n",
            r#"{"ip":"10.0.0.1","timestamp":1700000001,"port":22,"proto":"tcp","rec_type":"banner","data":{"service_name":"ssh","banner":"SSH-2.0-x"}}"#,
            "\n",
        );

        let (hosts, skipped, end) = read(lines);

        let words = |host: &Host| host.ports[0].scripts.first().map(|it| it.output.clone());
        assert_eq!((skipped, end), (0, DocumentEnd::Complete));
        assert_eq!(hosts.iter().map(words).collect::<Vec<_>>(), [None, Some("SSH-2.0-x".into())]);
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_counted() {
        let good = entry("10.0.0.1");
        let long = format!(r#"{{"ip":"10.0.0.2","x":"{}"}}"#, "y".repeat(LONGEST_OBJECT));
        let deep = format!(r#"{{"ip":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let port =
            r#"{"ip":"10.0.0.1","ports":[{"port":65536,"proto":"tcp"},{"port":1,"proto":"x"}]}"#;
        for (bad, count, hosts_beside) in [
            (r#"{"ip":"10.0.0.256","ports":[]}"#, 1, 0),
            (r#"{"ip":7}"#, 1, 0),
            ("{}", 1, 0),
            ("{\"ip\":\"\u{1}\"}", 1, 0),
            (long.as_str(), 1, 0),
            (deep.as_str(), 1, 0),
            (port, 2, 1),
        ] {
            let (hosts, skipped, end) = read(&format!("[{bad},{good}]"));

            assert_eq!((hosts.len(), skipped), (1 + hosts_beside, count), "{bad:.60}");
            assert_eq!(end, DocumentEnd::Complete, "{bad:.60}");
        }
    }

    #[test]
    fn what_is_no_list_of_objects_is_malformed() {
        let (hosts, _, end) = read(&format!("[{}, 7]", entry("10.0.0.1")));

        let DocumentEnd::Malformed { reason, .. } = end else { panic!("{end:?}") };
        assert_eq!(hosts.len(), 1);
        assert_eq!(reason, "'7' stands where an object should begin");
    }

    #[test]
    fn ports_that_were_seen_anywhere_were_asked_for_everywhere() {
        let seen =
            [(Protocol::Tcp, 22), (Protocol::Tcp, 80), (Protocol::Tcp, 81), (Protocol::Udp, 53)];

        let infos = scan_infos(&seen.into());

        let told = infos.iter().map(|info| (info.protocol, info.services.as_str()));
        let expected = [(Some(Protocol::Tcp), "22,80-81"), (Some(Protocol::Udp), "53")];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
}
