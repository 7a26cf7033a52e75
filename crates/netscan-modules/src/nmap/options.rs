//! The nmap options that people may use: typed, checked, and written in one spelling only.
//!
//!   text ──split──▶ words ──grammar──▶ [`NmapOptions`] ──arguments──▶ argv
//!                                           ▲                │
//!                                           └── canonical ───┘   reads back as the same value
//!
//! Nmap takes any unambiguous shortening of a long option, with one dash or two, so a list of
//! forbidden options always leaks. Here it is the other way about: what is not in `grammar` does
//! not exist, and no text of the user's reaches nmap. Every value is parsed and written again.
//!
//! What [`NmapOptions`] holds is also accepted by nmap as a whole: options that contradict each
//! other are refused with a sentence, by the rules that nmap 7.93 itself was seen to follow.

mod conflicts;
mod grammar;
mod passes;
mod policy;
mod ports;
mod profile;
mod raw_sockets;
mod refused;
mod script_arguments;
mod settings;
mod span;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use netscan_model::observation::Protocol;

use crate::nmap::scripts::ScriptName;
pub use passes::FirstPass;
pub use policy::{Policy, Role, ScriptPolicy};
pub use ports::{PortSet, PortSpec};
pub use profile::Profile;
pub use raw_sockets::{Fallback, NeedsRawSockets};
use script_arguments::ScriptArguments;
pub use settings::{
    Flag, IcmpPing, Number, PortPing, PortRatio, Scan, Technique, Time, TimingTemplate,
};
pub use span::TimeSpan;
use words::Word;

/// What one nmap run is asked to do, apart from its targets and its output.
///
/// Two are equal when nmap would do the same. The default is nmap's: the 1,000 most common TCP
/// ports of every host that answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NmapOptions {
    scan: Scan,
    discovery: Discovery,
    ports: Option<PortSpec>,
    excluded_ports: Option<PortSpec>,
    port_ratio: Option<PortRatio>,
    timing: Option<TimingTemplate>,
    flags: BTreeSet<Flag>,
    numbers: BTreeMap<Number, u32>,
    times: BTreeMap<Time, TimeSpan>,
    scripts: BTreeSet<ScriptName>,
    script_arguments: ScriptArguments,
    interface: Option<Interface>,
}

/// How it is found out which hosts are up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Discovery {
    /// As nmap likes: it depends on the network and on raw sockets.
    #[default]
    Usual,
    /// Not at all, `-Pn`.
    Skip,
    /// With these. No ports: nmap's choice for that ping.
    Pings { icmp: BTreeSet<IcmpPing>, ports: BTreeMap<PortPing, PortSet> },
}

/// The name of a network interface. Never begins with a dash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Interface(String);

/// Why options cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// One option is unknown, not allowed, or has a bad value.
    #[error("{option} at {place}: {why}")]
    Refused {
        /// The word, as it was written.
        option: String,
        /// Where it stands.
        place: Place,
        /// What is wrong and what to do.
        why: String,
    },
    /// A value that did not come as text of options is bad.
    #[error("{option}: {why}")]
    Value {
        /// What it was given for.
        option: &'static str,
        /// What is wrong and what to do.
        why: String,
    },
    /// Options that are good alone do not go together.
    #[error("{why}")]
    Contradiction {
        /// Which, and what to do.
        why: String,
    },
    /// A quote has no end.
    #[error("the quote at {place} is never closed: close it, or leave it out")]
    UnclosedQuote {
        /// Where it opens.
        place: Place,
    },
    /// Something that is not printable ASCII.
    #[error("the character U+{:04X} at {place} has no place in nmap options: type the options by hand", u32::from(*character))]
    Character {
        /// What was found.
        character: char,
        /// Where it stands.
        place: Place,
    },
    /// More text than options ever need.
    #[error("the options are longer than {limit} characters: leave most of them out")]
    TooLong {
        /// The most that is read.
        limit: usize,
    },
}

/// Where something stands in what the user gave; the first is 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// This character of a text.
    Column(usize),
    /// This word of a list.
    Word(usize),
}

impl NmapOptions {
    /// Reads options as they would stand on nmap's command line. Quotes are understood, nothing is expanded.
    ///
    /// `-n`, `-v` and `-6` are accepted and dropped, since netscan decides them. `-sC` and script
    /// categories become the names of those scripts that `policy` allows.
    ///
    /// # Errors
    ///
    /// Returns [`OptionError`] for the first option that is unknown, not allowed by `policy` or has
    /// a bad value, and for options that contradict each other.
    pub fn parse(text: &str, policy: &Policy) -> Result<Self, OptionError> {
        grammar::parse(words::split(text)?, policy)
    }

    /// Reads options that are already split into words, as in a JSON array.
    ///
    /// # Errors
    ///
    /// As [`NmapOptions::parse`]; places count words.
    pub fn parse_words(words: &[String], policy: &Policy) -> Result<Self, OptionError> {
        grammar::parse(words::adopt(words)?, policy)
    }

    /// The one spelling of these options: what is stored and shown. [`NmapOptions::parse`] reads it back.
    #[must_use]
    pub fn canonical(&self) -> String {
        let quoted = |word: String| if word.contains('"') { format!("'{word}'") } else { word };
        self.arguments().into_iter().map(quoted).collect::<Vec<_>>().join(" ")
    }

    /// As [`NmapOptions::canonical`], with a count in place of many script names: for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let is_long = |word: &str| word.starts_with("--script=") && self.scripts.len() > 5;
        let count = || format!("--script=({} scripts)", self.scripts.len());
        let shorten = |word: String| if is_long(&word) { count() } else { word };
        self.arguments().into_iter().map(shorten).collect::<Vec<_>>().join(" ")
    }

    /// The words to start nmap with, before those that netscan adds itself.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut words = Vec::new();
        self.write_scan(&mut words);
        self.discovery.write(&mut words);
        words.extend(self.ports.iter().map(|ports| format!("-p{ports}")));
        words.extend(self.excluded_ports.iter().map(|ports| format!("--exclude-ports={ports}")));
        words.extend(self.port_ratio.iter().map(|ratio| format!("--port-ratio={ratio}")));
        words.extend(self.flags.iter().map(ToString::to_string));
        words.extend(self.timing.iter().map(|timing| format!("-T{}", timing.level())));
        words.extend(self.numbers.iter().map(|(number, value)| format!("{number}={value}")));
        words.extend(self.times.iter().map(|(time, span)| format!("{time}={span}")));
        self.write_scripts(&mut words);
        if let Some(Interface(name)) = &self.interface {
            // Two words: nmap reads `-exclude` as --exclude, not as the interface `xclude`.
            words.extend(["-e".to_owned(), name.clone()]);
        }
        words
    }

    /// What is done with the hosts.
    #[must_use]
    pub fn scan(&self) -> &Scan {
        &self.scan
    }

    /// Whether ports are scanned, and not only hosts found or listed.
    #[must_use]
    pub fn scans_ports(&self) -> bool {
        matches!(self.scan, Scan::Ports(_))
    }

    /// Whether nothing is sent to the targets.
    #[must_use]
    pub fn is_list_only(&self) -> bool {
        self.scan == Scan::ListOnly
    }

    /// Whether this is asked for.
    #[must_use]
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }

    /// The number given for this, if any.
    #[must_use]
    pub fn number(&self, number: Number) -> Option<u32> {
        self.numbers.get(&number).copied()
    }

    /// The time given for this, if any. For the host timeout see [`NmapOptions::host_timeout`].
    #[must_use]
    pub fn time(&self, time: Time) -> Option<Duration> {
        self.times.get(&time).map(|span| span.duration())
    }

    /// The scripts that run, by name. With `-sV` nmap adds those of its category `version` itself.
    pub fn scripts(&self) -> impl Iterator<Item = &ScriptName> {
        self.scripts.iter()
    }

    /// The timing template; nmap's own default is [`TimingTemplate::Normal`].
    #[must_use]
    pub fn timing(&self) -> TimingTemplate {
        self.timing.unwrap_or(TimingTemplate::Normal)
    }

    /// After how long nmap gives a host up, if ever. `-T5` alone means 15 minutes.
    #[must_use]
    pub fn host_timeout(&self) -> Option<Duration> {
        let insane = (self.timing() == TimingTemplate::Insane).then_some(Duration::from_mins(15));
        self.time(Time::HostTimeout).or(insane)
    }

    /// The same with hosts given up after `limit`, unless they already are sooner.
    ///
    /// Rounded up to what nmap can be told; never beyond 500 hours.
    #[must_use]
    pub fn with_host_timeout(mut self, limit: Duration) -> Self {
        let (_, longest) = Time::HostTimeout.limits();
        let limit = self.host_timeout().map_or(limit, |ours| ours.min(limit));
        self.times.insert(Time::HostTimeout, TimeSpan::at_least(limit).min(longest));
        self
    }

    /// The same with at most `limit` packets per second, unless there is a lower limit already.
    #[must_use]
    pub fn with_max_rate(mut self, limit: NonZeroU32) -> Self {
        let limit = self.number(Number::MaxRate).map_or(limit.get(), |ours| ours.min(limit.get()));
        self.numbers.insert(Number::MaxRate, limit);
        // Nmap refuses a minimum above the maximum.
        self.numbers.entry(Number::MinRate).and_modify(|least| *least = limit.min(*least));
        self
    }

    /// About how many ports of each host are probed: over all protocols, before retries.
    #[must_use]
    pub fn port_count_estimate(&self) -> u32 {
        self.techniques().iter().map(|technique| self.ports_of(technique.protocol())).sum()
    }

    /// The techniques, with nmap's default made explicit as SYN.
    fn techniques(&self) -> BTreeSet<Technique> {
        match &self.scan {
            Scan::Ports(techniques) if techniques.is_empty() => BTreeSet::from([Technique::Syn]),
            Scan::Ports(techniques) => techniques.clone(),
            Scan::PingOnly | Scan::ListOnly => BTreeSet::new(),
        }
    }

    fn ports_of(&self, protocol: Protocol) -> u32 {
        let excluded =
            self.excluded_ports.as_ref().map(|ports| ports.of(protocol)).unwrap_or_default();
        let named = self.ports.as_ref().map(|ports| ports.of(protocol).without(&excluded).len());
        let most_common = self.most_common_ports(protocol);
        match named {
            Some(named) => named.min(most_common.unwrap_or(named)),
            None => most_common.unwrap_or(1_000).min(known_ports(protocol)),
        }
    }

    /// How many of the most common ports are asked for, if that is how they are asked for.
    fn most_common_ports(&self, protocol: Protocol) -> Option<u32> {
        let fast = self.has(Flag::Fast).then_some(100);
        let ratio = self.port_ratio.map(|ratio| ratio.ports(protocol));
        self.number(Number::TopPorts).or(ratio).or(fast)
    }

    fn write_scan(&self, words: &mut Vec<String>) {
        match &self.scan {
            Scan::Ports(techniques) => words.extend(techniques.iter().map(ToString::to_string)),
            Scan::PingOnly => words.push("-sn".into()),
            Scan::ListOnly => words.push("-sL".into()),
        }
    }

    fn write_scripts(&self, words: &mut Vec<String>) {
        if !self.scripts.is_empty() {
            let names: Vec<_> = self.scripts.iter().map(ScriptName::as_str).collect();
            words.push(format!("--script={}", names.join(",")));
        }
        if !self.script_arguments.is_empty() {
            let pairs =
                self.script_arguments.iter().map(|(key, value)| format!("{key}=\"{value}\""));
            words.push(format!("--script-args={}", pairs.collect::<Vec<_>>().join(",")));
        }
    }
}

/// How many ports of a protocol nmap 7.93 knows the frequency of.
fn known_ports(protocol: Protocol) -> u32 {
    match protocol {
        Protocol::Tcp => 8_366,
        Protocol::Udp => 19_022,
        Protocol::Sctp | Protocol::Ip => 52,
    }
}

impl Discovery {
    /// The pings, to add to. None when discovery is skipped.
    fn pings(&mut self) -> Option<(&mut BTreeSet<IcmpPing>, &mut BTreeMap<PortPing, PortSet>)> {
        if *self == Self::Usual {
            *self = Self::Pings { icmp: BTreeSet::new(), ports: BTreeMap::new() };
        }
        match self {
            Self::Pings { icmp, ports } => Some((icmp, ports)),
            Self::Usual | Self::Skip => None,
        }
    }

    fn has_icmp(&self, ping: IcmpPing) -> bool {
        matches!(self, Self::Pings { icmp, .. } if icmp.contains(&ping))
    }

    fn has_port_ping(&self, ping: PortPing) -> bool {
        matches!(self, Self::Pings { ports, .. } if ports.contains_key(&ping))
    }

    fn write(&self, words: &mut Vec<String>) {
        match self {
            Self::Usual => {}
            Self::Skip => words.push("-Pn".into()),
            Self::Pings { icmp, ports } => {
                words.extend(icmp.iter().map(ToString::to_string));
                words.extend(ports.iter().map(|(ping, ports)| format!("{ping}{ports}")));
            }
        }
    }
}

impl Interface {
    fn parse(name: &str) -> Option<Self> {
        let is_allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b':' | b'-');
        let starts_well = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        (starts_well && name.len() <= 15 && name.bytes().all(is_allowed))
            .then(|| Self(name.to_owned()))
    }
}

impl OptionError {
    fn refused(word: &Word, why: String) -> Self {
        const MOST_SHOWN: usize = 60;
        let mut option: String = word.text.chars().take(MOST_SHOWN).collect();
        if word.text.len() > MOST_SHOWN {
            option.push_str("...");
        }
        Self::Refused { option, place: word.place, why }
    }
}

impl fmt::Display for NmapOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.canonical())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(column) => write!(out, "column {column}"),
            Self::Word(word) => write!(out, "word {word}"),
        }
    }
}
