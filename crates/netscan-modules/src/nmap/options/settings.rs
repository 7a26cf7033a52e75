//! Every option that netscan passes to nmap, with its canonical spelling and its limits.
//!
//! The order within each enumeration is the order in which the options are written.

use std::collections::BTreeSet;
use std::fmt;

use netscan_model::named;
use netscan_model::observation::Protocol;

use super::span::TimeSpan;

/// A way to scan ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Technique {
    /// Half-open TCP.
    Syn,
    /// Whole TCP connections; the only one without raw sockets.
    Connect,
    /// TCP with ACK set: which ports are filtered.
    Ack,
    /// As ACK, reading the window of the answer.
    Window,
    /// TCP with FIN and ACK set.
    Maimon,
    /// TCP without flags.
    Null,
    /// TCP with FIN set.
    Fin,
    /// TCP with FIN, PSH and URG set.
    Xmas,
    /// UDP.
    Udp,
    /// SCTP with INIT.
    SctpInit,
    /// SCTP with COOKIE-ECHO.
    SctpCookie,
}

named!(Technique, "scan type", {
    Syn = "-sS", Connect = "-sT", Ack = "-sA", Window = "-sW", Maimon = "-sM", Null = "-sN", Fin = "-sF",
    Xmas = "-sX", Udp = "-sU", SctpInit = "-sY", SctpCookie = "-sZ",
});

impl Technique {
    /// What its probes travel on.
    #[must_use]
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Udp => Protocol::Udp,
            Self::SctpInit | Self::SctpCookie => Protocol::Sctp,
            _ => Protocol::Tcp,
        }
    }
}

/// What a run does with the hosts it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scan {
    /// Scans their ports. No technique: nmap's own, SYN with raw sockets and connect without.
    Ports(BTreeSet<Technique>),
    /// Finds out which are up, `-sn`.
    PingOnly,
    /// Only lists them, `-sL`.
    ListOnly,
}

impl Default for Scan {
    fn default() -> Self {
        Self::Ports(BTreeSet::new())
    }
}

/// A ping that is an ICMP message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IcmpPing {
    /// Echo request.
    Echo,
    /// Timestamp request, IPv4 only.
    Timestamp,
    /// Address mask request, IPv4 only.
    Mask,
}

named!(IcmpPing, "ICMP ping", { Echo = "-PE", Timestamp = "-PP", Mask = "-PM" });

/// A ping that goes to ports, or to IP protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortPing {
    /// TCP SYN; a connection without raw sockets.
    Syn,
    /// TCP ACK; a connection without raw sockets.
    Ack,
    /// UDP.
    Udp,
    /// SCTP INIT.
    Sctp,
    /// Bare IP packets of these protocols.
    Protocol,
}

named!(PortPing, "ping", { Syn = "-PS", Ack = "-PA", Udp = "-PU", Sctp = "-PY", Protocol = "-PO" });

/// An option that is there or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// The 100 most common ports.
    Fast,
    /// Ports in order.
    Sequential,
    /// Versions of services.
    Services,
    /// The operating system.
    OsDetection,
    /// Only of promising hosts.
    OsscanLimit,
    /// With near matches.
    OsscanGuess,
    /// The path to the host.
    Traceroute,
    /// No ARP or neighbour discovery.
    DisableArpPing,
    /// Does not slow down for hosts that limit their resets.
    DefeatRstRatelimit,
    /// Only ports that may be open.
    Open,
    /// Why each state was concluded.
    Reason,
    /// Wrong checksums on purpose.
    BadChecksum,
}

named!(Flag, "flag", {
    Fast = "-F", Sequential = "-r", Services = "-sV", OsDetection = "-O", OsscanLimit = "--osscan-limit",
    OsscanGuess = "--osscan-guess", Traceroute = "--traceroute", DisableArpPing = "--disable-arp-ping",
    DefeatRstRatelimit = "--defeat-rst-ratelimit", Open = "--open", Reason = "--reason", BadChecksum = "--badsum",
});

/// An option with a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Number {
    /// How many of the most common ports.
    TopPorts,
    /// How hard to try for a version.
    VersionIntensity,
    /// Tries at the operating system.
    MaxOsTries,
    /// Repeats of a probe.
    MaxRetries,
    /// Packets per second, at least.
    MinRate,
    /// Packets per second, at most.
    MaxRate,
    /// Probes at once, at least.
    MinParallelism,
    /// Probes at once, at most.
    MaxParallelism,
    /// Bytes per fragment.
    Mtu,
    /// Random bytes in each probe.
    DataLength,
    /// The time to live of packets.
    Ttl,
    /// The port that packets come from.
    SourcePort,
    /// The TCP flags of probes, as a byte.
    ScanFlags,
}

named!(Number, "number", {
    TopPorts = "--top-ports", VersionIntensity = "--version-intensity", MaxOsTries = "--max-os-tries",
    MaxRetries = "--max-retries", MinRate = "--min-rate", MaxRate = "--max-rate",
    MinParallelism = "--min-parallelism", MaxParallelism = "--max-parallelism", Mtu = "--mtu",
    DataLength = "--data-length", Ttl = "--ttl", SourcePort = "--source-port", ScanFlags = "--scanflags",
});

impl Number {
    /// The smallest and the largest value.
    pub(super) fn limits(self) -> (u32, u32) {
        match self {
            Self::TopPorts | Self::SourcePort => (1, 65_535),
            Self::VersionIntensity => (0, 9),
            Self::MaxOsTries => (1, 5),
            Self::MaxRetries => (0, 10),
            Self::MinRate | Self::MaxRate => (1, u32::MAX),
            Self::MinParallelism | Self::MaxParallelism => (1, 256),
            Self::Mtu => (8, 1480),
            Self::DataLength => (0, 1400),
            Self::Ttl | Self::ScanFlags => (0, 255),
        }
    }
}

/// An option with a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Time {
    /// Until a host is given up.
    HostTimeout,
    /// Between probes to one host, at least.
    ScanDelay,
    /// Between probes to one host, at most.
    MaxScanDelay,
    /// Until a probe is repeated, at least.
    MinRttTimeout,
    /// Until a probe is repeated, at most.
    MaxRttTimeout,
    /// Until a probe is repeated, to begin with.
    InitialRttTimeout,
    /// Until a script is stopped.
    ScriptTimeout,
}

named!(Time, "time", {
    HostTimeout = "--host-timeout", ScanDelay = "--scan-delay", MaxScanDelay = "--max-scan-delay",
    MinRttTimeout = "--min-rtt-timeout", MaxRttTimeout = "--max-rtt-timeout",
    InitialRttTimeout = "--initial-rtt-timeout", ScriptTimeout = "--script-timeout",
});

impl Time {
    /// The shortest and the longest. Nmap keeps milliseconds in an `int`: longer ones come out negative.
    pub(super) fn limits(self) -> (TimeSpan, TimeSpan) {
        const HOUR: u64 = 3_600_000;
        let (shortest, longest) = match self {
            Self::HostTimeout | Self::ScriptTimeout => (1, 500 * HOUR),
            Self::MaxRttTimeout => (5, HOUR),
            Self::ScanDelay
            | Self::MaxScanDelay
            | Self::MinRttTimeout
            | Self::InitialRttTimeout => (1, HOUR),
        };
        (TimeSpan::of_milliseconds(shortest), TimeSpan::of_milliseconds(longest))
    }
}

/// One of nmap's timing templates, slowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimingTemplate {
    /// `-T0`: five minutes between probes.
    Paranoid,
    /// `-T1`: fifteen seconds between probes.
    Sneaky,
    /// `-T2`: one probe at a time.
    Polite,
    /// `-T3`: nmap's default.
    Normal,
    /// `-T4`: for networks that are fast and reliable.
    Aggressive,
    /// `-T5`: gives up accuracy, and a host after 15 minutes. Administrators only.
    Insane,
}

named!(TimingTemplate, "timing template", {
    Paranoid = "paranoid", Sneaky = "sneaky", Polite = "polite", Normal = "normal",
    Aggressive = "aggressive", Insane = "insane",
});

impl TimingTemplate {
    /// The number after `-T`.
    #[must_use]
    pub fn level(self) -> u8 {
        self as u8
    }

    /// Reads a level or a name.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let has_level = |template: &&Self| text == template.level().to_string();
        Self::ALL.iter().find(has_level).copied().or_else(|| text.parse().ok())
    }
}

/// How common a port must be: between 0 and 1, in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRatio {
    millionths: u32,
}

impl PortRatio {
    /// Reads `0.01`: up to six decimals.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let decimals = text.strip_prefix("0.")?;
        let is_number =
            matches!(decimals.len(), 1..=6) && decimals.bytes().all(|byte| byte.is_ascii_digit());
        let millionths = if is_number { format!("{decimals:0<6}").parse().ok()? } else { 0 };
        (millionths > 0).then_some(Self { millionths })
    }

    /// About how many ports of a protocol are at least this common in nmap 7.93's table.
    pub(super) fn ports(self, protocol: Protocol) -> u32 {
        // From `awk` over nmap-services: the ports at or above each ratio, for TCP and UDP.
        const STEPS: [(u32, u32, u32); 11] = [
            (100_000, 6, 21),
            (50_000, 11, 32),
            (20_000, 21, 49),
            (10_000, 36, 79),
            (5_000, 72, 135),
            (2_000, 145, 329),
            (1_000, 217, 2_545),
            (500, 353, 12_768),
            (200, 897, 15_616),
            (100, 1_397, 15_617),
            (0, 8_366, 19_022),
        ];
        let step =
            STEPS.iter().find(|(ratio, _, _)| self.millionths >= *ratio).unwrap_or(&STEPS[10]);
        match protocol {
            Protocol::Tcp => step.1,
            Protocol::Udp => step.2,
            Protocol::Sctp | Protocol::Ip => 52,
        }
    }
}

impl fmt::Display for PortRatio {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:06}", self.millionths);
        write!(out, "0.{}", decimals.trim_end_matches('0'))
    }
}
