//! What the elements of a document mean: from tags and texts to hosts and the other events.
//!
//! The path of open elements is a stack of [`Element`]s. A tag means something only where nmap
//! would write it; anywhere else, it and everything in it is [`Element::Unknown`].

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use netscan_model::observation::{
    ExtraPorts, ExtraReason, Hop, Host, HostStatus, Hostname, OsClass, OsMatch, Port, PortState,
    PortUsed, ScanInfo, Script, ScriptNode, ScriptValue, Sequence, Service, Times, Trace, Uptime,
};
use netscan_model::{Address, address::Space};
use quick_xml::events::BytesStart;

use crate::masscan;

use super::clean::LONGEST_STRETCH;
use super::text::{Place, decode, referenced};
use super::{Limits, Progress, RunScript, RunStart, RunStats, Task, XmlEvent};

/// How deep elements of any kind may nest.
const DEEPEST: usize = 100_000;

/// An element that is open, as far as it matters to what is inside.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Run,
    RunStats,
    RunScripts {
        is_postscript: bool,
    },
    Host,
    Hostnames,
    Ports,
    ExtraPorts,
    Port,
    Service,
    HostScripts,
    Script,
    Table,
    /// A table below the deepest that is kept: its elements go into the one above.
    DeepTable,
    Elem,
    ServiceCpe,
    OsCpe,
    Os,
    OsMatch,
    OsClass,
    Trace,
    Unknown,
}

/// What one tag turned out to be.
type Opened = (Element, Option<XmlEvent>);

/// The state of a document between two tags.
pub(super) struct Content {
    path: Vec<Element>,
    is_root_closed: bool,
    hosts_without_address: u64,
    entries_left_out: u64,
    texts: Texts,
    limits: Limits,
    host: Draft,
    script: ScriptDraft,
    stats: RunStats,
    /// The text of the element that is open, if it is one whose text counts.
    text: String,
}

/// The host that is being read.
struct Draft {
    host: Box<Host>,
    has_address: bool,
    port: Option<Port>,
    script_bytes: usize,
}

impl Default for Draft {
    fn default() -> Self {
        let nowhere = Address::new(Space::V4, 0);
        Self { host: Box::new(Host::at(nowhere)), has_address: false, port: None, script_bytes: 0 }
    }
}

/// The script that is being read.
#[derive(Default)]
struct ScriptDraft {
    script: Script,
    /// The tables that are open, outermost first, each with what it holds so far.
    tables: Vec<(Option<String>, Vec<ScriptNode>)>,
    /// The name of the element that is open.
    key: Option<String>,
    /// What its structured output takes, in bytes.
    data_bytes: usize,
}

impl ScriptDraft {
    /// Where the next node goes.
    fn nodes(&mut self) -> &mut Vec<ScriptNode> {
        match self.tables.last_mut() {
            Some((_, nodes)) => nodes,
            None => &mut self.script.data,
        }
    }

    /// Adds a node, unless the script has as much as is kept.
    fn add(&mut self, key: Option<String>, value: ScriptValue, limit: usize) {
        /// What a node takes beside its text.
        const NODE_BYTES: usize = 32;

        let text_bytes = match &value {
            ScriptValue::Text(text) => text.len(),
            ScriptValue::Table(_) => 0,
        };
        self.data_bytes += NODE_BYTES + text_bytes + key.as_ref().map_or(0, String::len);
        if self.data_bytes > limit {
            self.script.truncated = true;
            return;
        }
        self.nodes().push(ScriptNode { key, value });
    }
}

/// Makes texts of attribute values, and remembers whether one had to be cut.
struct Texts {
    limit: usize,
    /// What texts and lists may still take of memory until the next child of the root.
    room: usize,
    is_cut: bool,
}

impl Texts {
    fn of(&mut self, raw: &str) -> String {
        self.up_to(raw, self.limit)
    }

    fn up_to(&mut self, raw: &str, limit: usize) -> String {
        let limit = limit.min(self.room);
        let mut text = String::with_capacity(raw.len().min(limit));
        self.is_cut |= decode(raw, Place::Attribute, limit, &mut text);
        self.room -= text.len().min(self.room);
        text
    }

    fn uptime(&mut self, tag: &BytesStart<'_>) -> Option<Uptime> {
        let seconds = only(tag, "seconds")?;
        let last_boot = attributes(tag).find(|(key, _)| *key == "lastboot");
        Some(Uptime { seconds, last_boot: last_boot.map(|(_, raw)| self.of(raw)) })
    }

    fn sequence(&mut self, tag: &BytesStart<'_>) -> Sequence {
        let mut sequence = Sequence::default();
        for (key, raw) in attributes(tag) {
            match key {
                "class" => sequence.class = Some(self.of(raw)),
                "values" => sequence.values = self.of(raw),
                "index" => sequence.index = number(raw),
                "difficulty" => sequence.difficulty = Some(self.of(raw)),
                _ => {}
            }
        }
        sequence
    }

    /// Counts a text that was not made here.
    fn count(&mut self, text: &str) {
        self.room -= text.len().min(self.room);
    }

    /// Adds to a list, unless it is full or the host has taken as much as it may.
    fn push<T>(&mut self, list: &mut Vec<T>, item: T, limit: usize) {
        let size = size_of::<T>();
        if list.len() < limit && size <= self.room {
            self.room -= size;
            list.push(item);
        } else {
            self.is_cut = true;
        }
    }
}

impl Content {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            path: Vec::with_capacity(16),
            is_root_closed: false,
            hosts_without_address: 0,
            entries_left_out: 0,
            texts: Texts { limit: limits.text_bytes, room: limits.memory, is_cut: false },
            limits,
            host: Draft::default(),
            script: ScriptDraft::default(),
            stats: RunStats::default(),
            text: String::new(),
        }
    }

    /// How many elements are open.
    pub(super) fn depth(&self) -> usize {
        self.path.len()
    }

    pub(super) fn is_root_closed(&self) -> bool {
        self.is_root_closed
    }

    pub(super) fn hosts_without_address(&self) -> u64 {
        self.hosts_without_address
    }

    pub(super) fn entries_left_out(&self) -> u64 {
        self.hosts_without_address + self.entries_left_out
    }

    /// Takes the beginning of an element.
    pub(super) fn open(&mut self, tag: &BytesStart<'_>) -> Result<Option<XmlEvent>, String> {
        let (element, event) = match self.path.last() {
            None => self.open_root(tag)?,
            Some(Element::Run) => self.open_in_run(tag),
            Some(Element::RunStats) => self.open_in_stats(tag),
            Some(Element::Host) => (self.open_in_host(tag), None),
            Some(Element::Ports) => (self.open_in_ports(tag), None),
            Some(Element::ExtraPorts) => (self.open_in_extra_ports(tag), None),
            Some(Element::Port) => (self.open_in_port(tag), None),
            Some(Element::Os | Element::OsMatch) => (self.open_in_os(tag), None),
            Some(Element::Script | Element::Table | Element::DeepTable) => {
                (self.open_in_script(tag), None)
            }
            Some(parent) => (self.open_in_others(*parent, tag), None),
        };
        if self.path.len() == DEEPEST {
            return Err(format!("elements are nested more than {DEEPEST} deep"));
        }
        self.path.push(element);
        Ok(event)
    }

    /// Takes the end of the innermost element.
    pub(super) fn close(&mut self) -> Option<XmlEvent> {
        match self.path.pop()? {
            Element::Run => self.is_root_closed = true,
            Element::RunStats => return Some(XmlEvent::Finished(std::mem::take(&mut self.stats))),
            Element::Host => return self.close_host(),
            Element::Port => self.close_port(),
            Element::Script => return self.close_script(),
            Element::Table => self.close_table(),
            Element::Elem => self.close_elem(),
            Element::ServiceCpe | Element::OsCpe => self.close_cpe(),
            _ => {}
        }
        None
    }

    /// Takes a text between tags.
    pub(super) fn text(&mut self, raw: &str) -> Result<(), String> {
        if self.path.is_empty() && !raw.trim_ascii().is_empty() {
            return Err("there is text outside of the root element".to_owned());
        }
        if self.collects_text() {
            let limit = self.limits.text_bytes;
            let is_cut = decode(raw, Place::Content, limit, &mut self.text);
            self.note_cut(is_cut || raw.len() >= LONGEST_STRETCH);
        }
        Ok(())
    }

    /// Takes a reference between tags, without its `&` and `;`.
    pub(super) fn reference(&mut self, name: &str) -> Result<(), String> {
        match referenced(name) {
            Some('&') => self.text("&amp;"),
            Some(character) => self.text(character.encode_utf8(&mut [0; 4])),
            None => self.text(&format!("&{name};")),
        }
    }

    /// Takes what stands between `<!DOCTYPE` and `>`.
    pub(super) fn document_type(&self, text: &str) -> Result<(), String> {
        let name = text.split_ascii_whitespace().next().unwrap_or_default();
        if self.depth() > 0 || self.is_root_closed {
            return Err("a document type stands inside of the document".to_owned());
        }
        if name != "nmaprun" || text.contains('[') {
            return Err("only <!DOCTYPE nmaprun> without declarations is allowed".to_owned());
        }
        Ok(())
    }

    fn collects_text(&self) -> bool {
        matches!(self.path.last(), Some(Element::Elem | Element::ServiceCpe | Element::OsCpe))
    }

    fn note_cut(&mut self, is_cut: bool) {
        match self.path.last() {
            Some(Element::Elem) => self.script.script.truncated |= is_cut,
            _ => self.texts.is_cut |= is_cut,
        }
    }

    fn open_root(&mut self, tag: &BytesStart<'_>) -> Result<Opened, String> {
        if self.is_root_closed {
            return Err("something follows the root element".to_owned());
        }
        if tag.name().0 != "nmaprun" {
            let name: String = tag.name().0.chars().take(40).collect();
            return Err(format!("the root element is <{name}>, not <nmaprun>"));
        }
        let mut start = RunStart::default();
        for (key, raw) in attributes(tag) {
            match key {
                "scanner" => start.scanner = self.texts.of(raw),
                "version" => start.version = self.texts.of(raw),
                "args" => start.arguments = self.texts.of(raw),
                "start" => start.started_at = time(raw),
                _ => {}
            }
        }
        Ok((Element::Run, Some(XmlEvent::Start(start))))
    }

    fn open_in_run(&mut self, tag: &BytesStart<'_>) -> Opened {
        self.texts.room = self.limits.memory;
        match tag.name().0 {
            "host" => (self.open_host(tag), None),
            "scaninfo" => (Element::Unknown, Some(XmlEvent::ScanInfo(self.scan_info(tag)))),
            "taskbegin" => (Element::Unknown, Some(XmlEvent::TaskBegin(self.task(tag)))),
            "taskend" => (Element::Unknown, Some(XmlEvent::TaskEnd(self.task(tag)))),
            "taskprogress" => (Element::Unknown, Some(XmlEvent::Progress(self.progress(tag)))),
            "prescript" => (Element::RunScripts { is_postscript: false }, None),
            "postscript" => (Element::RunScripts { is_postscript: true }, None),
            "runstats" => (Element::RunStats, None),
            // <hosthint> is a host that is not done yet, <output> the screen: neither is a result.
            _ => (Element::Unknown, None),
        }
    }

    fn scan_info(&mut self, tag: &BytesStart<'_>) -> ScanInfo {
        let mut info = ScanInfo::default();
        for (key, raw) in attributes(tag) {
            match key {
                "type" => info.kind = self.texts.of(raw),
                "protocol" => info.protocol = number(raw),
                "numservices" => info.service_count = number(raw).unwrap_or(0),
                "services" => info.services = self.texts.up_to(raw, self.limits.port_list_bytes),
                "scanflags" => info.scan_flags = Some(self.texts.of(raw)),
                _ => {}
            }
        }
        info
    }

    fn task(&mut self, tag: &BytesStart<'_>) -> Task {
        let mut task = Task::default();
        for (key, raw) in attributes(tag) {
            match key {
                "task" => task.task = self.texts.of(raw),
                "time" => task.at = time(raw),
                "extrainfo" => task.extra_info = Some(self.texts.of(raw)),
                _ => {}
            }
        }
        task
    }

    fn progress(&mut self, tag: &BytesStart<'_>) -> Progress {
        let mut progress = Progress::default();
        let is_percentage = |percent: &f64| (0.0..=100.0).contains(percent);
        for (key, raw) in attributes(tag) {
            match key {
                "task" => progress.task = self.texts.of(raw),
                "percent" => progress.percent = number(raw).filter(is_percentage).unwrap_or(0.0),
                "remaining" => progress.remaining_seconds = number(raw),
                "etc" => progress.ends_at = time(raw),
                _ => {}
            }
        }
        progress
    }

    fn open_in_stats(&mut self, tag: &BytesStart<'_>) -> Opened {
        let is_finished = tag.name().0 == "finished";
        let is_hosts = tag.name().0 == "hosts";
        let stats = &mut self.stats;
        for (key, raw) in attributes(tag) {
            match key {
                "exit" if is_finished => stats.exit = Some(self.texts.of(raw)),
                "errormsg" if is_finished => stats.error_message = Some(self.texts.of(raw)),
                "elapsed" if is_finished => stats.elapsed = duration(raw),
                "time" if is_finished => stats.ended_at = time(raw),
                "summary" if is_finished => stats.summary = Some(self.texts.of(raw)),
                "up" if is_hosts => stats.up = number(raw).unwrap_or(0),
                "down" if is_hosts => stats.down = number(raw).unwrap_or(0),
                "total" if is_hosts => stats.total = number(raw).unwrap_or(0),
                _ => {}
            }
        }
        (Element::Unknown, None)
    }

    fn open_host(&mut self, tag: &BytesStart<'_>) -> Element {
        self.host = Draft::default();
        self.texts.is_cut = false;
        for (key, raw) in attributes(tag) {
            match key {
                "starttime" => self.host.host.started_at = time(raw),
                "endtime" => self.host.host.ended_at = time(raw),
                "timedout" => self.host.host.timed_out = raw == "true",
                _ => {}
            }
        }
        Element::Host
    }

    fn close_host(&mut self) -> Option<XmlEvent> {
        let draft = std::mem::take(&mut self.host);
        if !draft.has_address {
            self.hosts_without_address += 1;
            return None;
        }
        let mut host = draft.host;
        host.details.truncated |= self.texts.is_cut;
        Some(XmlEvent::Host(host))
    }

    fn open_in_host(&mut self, tag: &BytesStart<'_>) -> Element {
        let details = &mut self.host.host.details;
        match tag.name().0 {
            "status" => self.read_status(tag),
            "address" => self.read_address(tag),
            "hostnames" => return Element::Hostnames,
            "ports" => return Element::Ports,
            "os" => return Element::Os,
            "hostscript" => return Element::HostScripts,
            "trace" => return self.open_trace(tag),
            "uptime" => details.uptime = self.texts.uptime(tag),
            "distance" => details.distance = only(tag, "value"),
            "smurf" => details.smurf_responses = only(tag, "responses"),
            "times" => details.times = Some(read_times(tag)),
            "tcpsequence" => details.tcp_sequence = Some(self.texts.sequence(tag)),
            "ipidsequence" => details.ip_id_sequence = Some(self.texts.sequence(tag)),
            "tcptssequence" => details.tcp_timestamp_sequence = Some(self.texts.sequence(tag)),
            _ => {}
        }
        Element::Unknown
    }

    fn read_status(&mut self, tag: &BytesStart<'_>) {
        let host = &mut self.host.host;
        for (key, raw) in attributes(tag) {
            match key {
                "state" => host.status = number(raw).unwrap_or(HostStatus::Unknown),
                "reason" => host.reason = self.texts.of(raw),
                "reason_ttl" => host.reason_ttl = number(raw),
                _ => {}
            }
        }
    }

    fn read_address(&mut self, tag: &BytesStart<'_>) {
        let (mut address, mut is_mac, mut vendor) = ("", false, None);
        for (key, raw) in attributes(tag) {
            match key {
                "addr" => address = raw,
                "addrtype" => is_mac = raw == "mac",
                "vendor" => vendor = Some(self.texts.of(raw)),
                _ => {}
            }
        }
        if is_mac {
            self.host.host.mac = Some(self.texts.of(address));
            self.host.host.vendor = vendor;
        } else if let (false, Ok(address)) = (self.host.has_address, address.parse()) {
            self.host.host.address = address;
            self.host.has_address = true;
        }
    }

    fn open_trace(&mut self, tag: &BytesStart<'_>) -> Element {
        let mut trace = Trace::default();
        for (key, raw) in attributes(tag) {
            match key {
                "proto" => trace.protocol = Some(self.texts.of(raw)),
                "port" => trace.port = number(raw),
                _ => {}
            }
        }
        self.host.host.details.trace = Some(trace);
        Element::Trace
    }

    fn open_in_ports(&mut self, tag: &BytesStart<'_>) -> Element {
        match tag.name().0 {
            "port" => self.open_port(tag),
            "extraports" => {
                let state = only(tag, "state").unwrap_or(PortState::Unknown);
                let count = only(tag, "count").unwrap_or(0);
                let extra = ExtraPorts { state, count, reasons: Vec::new() };
                self.texts.push(&mut self.host.host.extra_ports, extra, self.limits.items);
                Element::ExtraPorts
            }
            _ => Element::Unknown,
        }
    }

    fn open_in_extra_ports(&mut self, tag: &BytesStart<'_>) -> Element {
        if let ("extrareasons", Some(extra)) = (tag.name().0, self.host.host.extra_ports.last_mut())
        {
            let mut reason =
                ExtraReason { reason: String::new(), count: 0, protocol: None, ports: None };
            for (key, raw) in attributes(tag) {
                match key {
                    "reason" => reason.reason = self.texts.of(raw),
                    "count" => reason.count = number(raw).unwrap_or(0),
                    "proto" => reason.protocol = number(raw),
                    "ports" => {
                        reason.ports = Some(self.texts.up_to(raw, self.limits.port_list_bytes));
                    }
                    _ => {}
                }
            }
            self.texts.push(&mut extra.reasons, reason, self.limits.items);
        }
        Element::Unknown
    }

    fn open_port(&mut self, tag: &BytesStart<'_>) -> Element {
        let (mut protocol, mut port) = (None, None);
        for (key, raw) in attributes(tag) {
            match key {
                "protocol" => protocol = number(raw),
                "portid" => port = number(raw),
                _ => {}
            }
        }
        let (Some(protocol), Some(port)) = (protocol, port) else {
            self.entries_left_out += 1;
            return Element::Unknown;
        };
        self.host.port = Some(Port {
            port,
            protocol,
            state: PortState::Unknown,
            reason: String::new(),
            reason_ttl: None,
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        });
        Element::Port
    }

    fn close_port(&mut self) {
        if let Some(port) = self.host.port.take() {
            self.texts.push(&mut self.host.host.ports, port, self.limits.ports);
        }
    }

    fn open_in_port(&mut self, tag: &BytesStart<'_>) -> Element {
        match tag.name().0 {
            "state" => self.read_port_state(tag),
            "service" => return self.open_service(tag),
            "script" => return self.open_script(tag),
            _ => {}
        }
        Element::Unknown
    }

    fn read_port_state(&mut self, tag: &BytesStart<'_>) {
        let Some(port) = &mut self.host.port else { return };
        for (key, raw) in attributes(tag) {
            match key {
                "state" => port.state = number(raw).unwrap_or(PortState::Unknown),
                "reason" => port.reason = self.texts.of(raw),
                "reason_ttl" => port.reason_ttl = number(raw),
                "reason_ip" => port.reason_address = Some(self.texts.of(raw)),
                _ => {}
            }
        }
    }

    fn open_service(&mut self, tag: &BytesStart<'_>) -> Element {
        let Some(port) = &mut self.host.port else { return Element::Unknown };
        let service = port.service.insert(Service::default());
        let mut banner = None;
        for (key, raw) in attributes(tag) {
            match key {
                "banner" => banner = Some(self.texts.of(raw)),
                "name" => service.name = self.texts.of(raw),
                "product" => service.product = Some(self.texts.of(raw)),
                "version" => service.version = Some(self.texts.of(raw)),
                "extrainfo" => service.extra_info = Some(self.texts.of(raw)),
                "tunnel" => service.tunnel = Some(self.texts.of(raw)),
                "method" => service.method = self.texts.of(raw),
                "conf" => service.confidence = number(raw).unwrap_or(0),
                "hostname" => service.hostname = Some(self.texts.of(raw)),
                "ostype" => service.os_type = Some(self.texts.of(raw)),
                "devicetype" => service.device_type = Some(self.texts.of(raw)),
                "servicefp" => service.fingerprint = Some(self.texts.of(raw)),
                "proto" => service.protocol = Some(self.texts.of(raw)),
                "rpcnum" => service.rpc_number = number(raw),
                "lowver" => service.rpc_low_version = number(raw),
                "highver" => service.rpc_high_version = number(raw),
                _ => {}
            }
        }
        if let Some(banner) = banner {
            masscan::take_banner(port, banner);
        }
        Element::Service
    }

    fn open_in_os(&mut self, tag: &BytesStart<'_>) -> Element {
        let limit = self.limits.items;
        match tag.name().0 {
            "osmatch" => return self.open_os_match(tag),
            "osclass" => return self.open_os_class(tag),
            "portused" => {
                if let Some(port) = port_used(tag) {
                    self.texts.push(&mut self.host.host.details.os_ports_used, port, limit);
                }
            }
            "osfingerprint" => {
                for (_, raw) in attributes(tag).filter(|(key, _)| *key == "fingerprint") {
                    let fingerprint = self.texts.of(raw);
                    let fingerprints = &mut self.host.host.details.os_fingerprints;
                    self.texts.push(fingerprints, fingerprint, limit);
                }
            }
            _ => {}
        }
        Element::Unknown
    }

    fn open_os_match(&mut self, tag: &BytesStart<'_>) -> Element {
        let mut found = OsMatch::default();
        for (key, raw) in attributes(tag) {
            match key {
                "name" => found.name = self.texts.of(raw),
                "accuracy" => found.accuracy = number(raw).unwrap_or(0),
                "line" => found.line = number(raw),
                _ => {}
            }
        }
        self.texts.push(&mut self.host.host.os, found, self.limits.items);
        Element::OsMatch
    }

    fn open_os_class(&mut self, tag: &BytesStart<'_>) -> Element {
        let mut class = OsClass::default();
        for (key, raw) in attributes(tag) {
            match key {
                "type" => class.device_type = Some(self.texts.of(raw)),
                "vendor" => class.vendor = self.texts.of(raw),
                "osfamily" => class.family = self.texts.of(raw),
                "osgen" => class.generation = Some(self.texts.of(raw)),
                "accuracy" => class.accuracy = number(raw).unwrap_or(0),
                _ => {}
            }
        }
        let matches = &mut self.host.host.os;
        // Before nmap 6, classes stood beside the matches.
        if matches.is_empty() {
            matches.push(OsMatch::default());
        }
        let classes = &mut matches.last_mut().expect("pushed above").classes;
        self.texts.push(classes, class, self.limits.items);
        Element::OsClass
    }

    fn close_cpe(&mut self) {
        let cpe = std::mem::take(&mut self.text);
        let limit = self.limits.items;
        self.texts.count(&cpe);
        if self.path.last() == Some(&Element::Service) {
            if let Some(service) = self.host.port.as_mut().and_then(|port| port.service.as_mut()) {
                self.texts.push(&mut service.cpe, cpe, limit);
            }
            return;
        }
        let Some(found) = self.host.host.os.last_mut() else { return };
        if let Some(class) = found.classes.last_mut() {
            self.texts.count(&cpe);
            self.texts.push(&mut class.cpe, cpe.clone(), limit);
        }
        if !found.cpe.contains(&cpe) {
            self.texts.push(&mut found.cpe, cpe, limit);
        }
    }

    fn open_in_others(&mut self, parent: Element, tag: &BytesStart<'_>) -> Element {
        match (parent, tag.name().0) {
            (Element::Hostnames, "hostname") => self.read_hostname(tag),
            (Element::Trace, "hop") => self.read_hop(tag),
            (Element::Service, "cpe") => return self.collect(Element::ServiceCpe),
            (Element::OsClass, "cpe") => return self.collect(Element::OsCpe),
            (Element::HostScripts | Element::RunScripts { .. }, "script") => {
                return self.open_script(tag);
            }
            _ => {}
        }
        Element::Unknown
    }

    /// Begins an element whose text counts.
    fn collect(&mut self, element: Element) -> Element {
        self.text.clear();
        element
    }

    fn read_hostname(&mut self, tag: &BytesStart<'_>) {
        let mut hostname = Hostname::default();
        for (key, raw) in attributes(tag) {
            match key {
                "name" => hostname.name = self.texts.of(raw),
                "type" => hostname.kind = self.texts.of(raw),
                _ => {}
            }
        }
        self.texts.push(&mut self.host.host.hostnames, hostname, self.limits.items);
    }

    fn read_hop(&mut self, tag: &BytesStart<'_>) {
        let mut hop = Hop::default();
        for (key, raw) in attributes(tag) {
            match key {
                "ttl" => hop.ttl = number(raw).unwrap_or(0),
                "ipaddr" => hop.address = Some(self.texts.of(raw)),
                "host" => hop.host = Some(self.texts.of(raw)),
                "rtt" => hop.rtt_ms = Some(self.texts.of(raw)),
                _ => {}
            }
        }
        if let Some(trace) = &mut self.host.host.details.trace {
            self.texts.push(&mut trace.hops, hop, self.limits.items);
        }
    }

    fn open_script(&mut self, tag: &BytesStart<'_>) -> Element {
        self.script = ScriptDraft::default();
        let script = &mut self.script.script;
        let room = self.limits.host_bytes.saturating_sub(self.host.script_bytes);
        for (key, raw) in attributes(tag) {
            match key {
                "id" => script.id = self.texts.of(raw),
                "output" => {
                    let limit = self.limits.script_bytes.min(room);
                    let is_cut = decode(raw, Place::Attribute, limit, &mut script.output);
                    script.truncated = is_cut || raw.len() >= LONGEST_STRETCH;
                }
                _ => {}
            }
        }
        Element::Script
    }

    fn open_in_script(&mut self, tag: &BytesStart<'_>) -> Element {
        let name = tag.name().0;
        if name != "elem" && name != "table" {
            return Element::Unknown;
        }
        let key = attributes(tag).find(|(key, _)| *key == "key");
        let key = key.map(|(_, raw)| self.texts.of(raw));
        if name == "elem" {
            self.script.key = key;
            return self.collect(Element::Elem);
        }
        if self.script.tables.len() >= self.limits.table_depth {
            self.script.script.truncated = true;
            return Element::DeepTable;
        }
        self.script.tables.push((key, Vec::new()));
        Element::Table
    }

    fn close_elem(&mut self) {
        let (key, text) = (self.script.key.take(), std::mem::take(&mut self.text));
        self.script.add(key, ScriptValue::Text(text), self.script_room());
    }

    fn close_table(&mut self) {
        if let Some((key, nodes)) = self.script.tables.pop() {
            self.script.add(key, ScriptValue::Table(nodes), self.script_room());
        }
    }

    /// How large the structured form of the present script may become.
    fn script_room(&self) -> usize {
        let taken = self.host.script_bytes + self.script.script.output.len();
        self.limits.script_bytes.min(self.limits.host_bytes.saturating_sub(taken))
    }

    fn close_script(&mut self) -> Option<XmlEvent> {
        let draft = std::mem::take(&mut self.script);
        let mut script = draft.script;
        if let Some(Element::RunScripts { is_postscript }) = self.path.last() {
            return Some(XmlEvent::Script(RunScript { is_postscript: *is_postscript, script }));
        }
        script.data.shrink_to_fit();
        self.host.script_bytes += script.output.len() + draft.data_bytes;
        let scripts = match &mut self.host.port {
            Some(port) => &mut port.scripts,
            None => &mut self.host.host.scripts,
        };
        self.texts.is_cut |= script.truncated;
        self.texts.push(scripts, script, self.limits.items);
        None
    }
}

/// The attributes of a tag, undecoded. One that is not well-formed ends the list.
fn attributes<'a>(tag: &'a BytesStart<'_>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let mut attributes = tag.attributes();
    attributes.with_checks(false);
    attributes.map_while(Result::ok).map(|attribute| {
        let value = match attribute.value {
            std::borrow::Cow::Borrowed(value) => value,
            std::borrow::Cow::Owned(_) => "",
        };
        (attribute.key.0, value)
    })
}

/// The value of the attribute `name`, if it can be read.
fn only<T: FromStr>(tag: &BytesStart<'_>, name: &str) -> Option<T> {
    let (_, raw) = attributes(tag).find(|(key, _)| *key == name)?;
    number(raw)
}

/// A value that is not text: numbers and names, which need no decoding.
fn number<T: FromStr>(raw: &str) -> Option<T> {
    raw.parse().ok()
}

fn time(raw: &str) -> Option<Timestamp> {
    Timestamp::from_second(raw.parse().ok()?).ok()
}

fn duration(raw: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(raw.parse().ok()?).ok()
}

fn read_times(tag: &BytesStart<'_>) -> Times {
    let value = |name| only(tag, name).unwrap_or(0);
    Times { srtt: value("srtt"), rttvar: value("rttvar"), to: value("to") }
}

fn port_used(tag: &BytesStart<'_>) -> Option<PortUsed> {
    Some(PortUsed {
        state: only(tag, "state")?,
        protocol: only(tag, "proto")?,
        port: only(tag, "portid")?,
    })
}
