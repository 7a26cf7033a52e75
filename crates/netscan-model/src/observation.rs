//! What a scan found: hosts, their ports, services and scripts.
//!
//! The fields carry the names of the product's JSON (a contract) and cover every element that
//! nmap writes for a host, so that nmap XML can be written again from them without loss.
//! Everything here comes from strangers' machines: it is data to be escaped, never to be trusted.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::address::Address;

/// A word that is not one of the names that an enumeration has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not a {of}; it is one of {}", expected.join(", "))]
pub struct UnknownName {
    /// What was being named, such as `port state`.
    pub of: &'static str,
    /// What was read.
    pub found: String,
    /// The names that there are.
    pub expected: &'static [&'static str],
}

/// Gives an enumeration its names: one spelling for JSON, SQL, the command line and messages.
/// Names are read in any case.
#[macro_export]
macro_rules! named {
    ($type:ident, $of:literal, { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// Every name, in the order of the definition.
            pub const NAMES: &'static [&'static str] = &[$($name),+];
            /// Every value, in the order of the definition.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name, as in JSON and SQL.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::observation::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let is_it = |value: &&Self| value.name().eq_ignore_ascii_case(text);
                Self::ALL.iter().find(is_it).copied().ok_or_else(|| {
                    $crate::observation::UnknownName {
                        of: $of,
                        found: text.to_owned(),
                        expected: Self::NAMES,
                    }
                })
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        $crate::named_schema!($type, $of);
    };
}

/// Describes an enumeration of [`named!`] in the API's document, for whoever serves it.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! named_schema {
    ($type:ident, $of:literal) => {
        impl $crate::observation::schema::PartialSchema for $type {
            fn schema() -> $crate::observation::schema::RefOr {
                $crate::observation::schema::of_names($of, Self::NAMES)
            }
        }

        impl $crate::observation::schema::ToSchema for $type {
            fn name() -> std::borrow::Cow<'static, str> {
                $crate::observation::schema::name($of).into()
            }
        }
    };
}

/// Nothing has to be described where no document is made.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! named_schema {
    ($type:ident, $of:literal) => {};
}

/// What [`named_schema!`] is made of.
#[cfg(feature = "schema")]
#[doc(hidden)]
pub mod schema {
    use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
    pub use utoipa::{PartialSchema, ToSchema};

    /// A schema, or the name of one.
    pub type RefOr = utoipa::openapi::RefOr<Schema>;

    /// A text that is one of `names`.
    #[must_use]
    pub fn of_names(of: &str, names: &[&str]) -> RefOr {
        let description = format!("The name of a {of}. It is read in any case.");
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
            .enum_values(Some(names.iter().copied()))
            .into()
    }

    /// `port state` as the name of a schema: `PortState`.
    #[must_use]
    pub fn name(of: &str) -> String {
        let capitalised = |word: &str| {
            let (first, rest) = word.split_at(word.len().min(1));
            first.to_uppercase() + rest
        };
        of.split_whitespace().map(capitalised).collect()
    }
}

/// Whether a host answered (nmap's `<status state>`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HostStatus {
    /// It answered.
    #[default]
    Up,
    /// It did not answer.
    Down,
    /// Nmap could not tell.
    Unknown,
    /// Nmap did not look.
    Skipped,
}

named!(HostStatus, "host status", { Up = "up", Down = "down", Unknown = "unknown", Skipped = "skipped" });

/// The transport protocol of a port; `Ip` is for the protocol scan `-sO`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// An IP protocol number instead of a port.
    Ip,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

named!(Protocol, "protocol", { Ip = "ip", Tcp = "tcp", Udp = "udp", Sctp = "sctp" });

/// What a scan concluded about a port (nmap(1), "Port scanning basics").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PortState {
    /// An application accepts connections.
    Open,
    /// Reachable, and nothing listens.
    Closed,
    /// A filter keeps the probes away.
    Filtered,
    /// Reachable, open or closed.
    Unfiltered,
    /// Open or filtered.
    OpenFiltered,
    /// Closed or filtered.
    ClosedFiltered,
    /// Nmap gives no answer.
    Unknown,
}

named!(PortState, "port state", {
    Open = "open", Closed = "closed", Filtered = "filtered", Unfiltered = "unfiltered",
    OpenFiltered = "open|filtered", ClosedFiltered = "closed|filtered", Unknown = "unknown",
});

/// Everything that one scan knows of one address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Host {
    /// Where it is, with the zone that was asked for.
    pub address: Address,
    /// Whether it answered.
    pub status: HostStatus,
    /// What the status was concluded from, in nmap's words, such as `echo-reply`.
    pub reason: String,
    /// The time to live of the answer that gave the status, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_ttl: Option<u32>,
    /// Whether nmap gave up on it at `--host-timeout`: then missing ports mean nothing.
    #[serde(skip_serializing_if = "is_false")]
    pub timed_out: bool,
    /// When nmap began with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When nmap was done with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Its names.
    pub hostnames: Vec<Hostname>,
    /// Its hardware address, if it is on the same link.
    pub mac: Option<String>,
    /// The maker of its network card.
    pub vendor: Option<String>,
    /// The operating systems that its answers resemble, best first.
    pub os: Vec<OsMatch>,
    /// Ports that are worth a line of their own.
    pub ports: Vec<Port>,
    /// The others, counted by state.
    pub extra_ports: Vec<ExtraPorts>,
    /// Scripts that looked at the host as a whole.
    pub scripts: Vec<Script>,
    /// What else nmap writes for a host.
    #[serde(flatten)]
    pub details: HostDetails,
    /// What modules other than nmap found here.
    pub entities: Vec<serde_json::Value>,
}

impl Default for Host {
    fn default() -> Self {
        Self::at(Address::new(crate::address::Space::V4, 0))
    }
}

impl Host {
    /// A host that is up, and nothing more is known of it.
    #[must_use]
    pub fn at(address: Address) -> Self {
        Self {
            address,
            status: HostStatus::Up,
            reason: String::new(),
            reason_ttl: None,
            timed_out: false,
            started_at: None,
            ended_at: None,
            hostnames: Vec::new(),
            mac: None,
            vendor: None,
            os: Vec::new(),
            ports: Vec::new(),
            extra_ports: Vec::new(),
            scripts: Vec::new(),
            details: HostDetails::default(),
            entities: Vec::new(),
        }
    }

    /// How many of its ports are open.
    #[must_use]
    pub fn open_ports(&self) -> usize {
        self.ports.iter().filter(|port| port.state == PortState::Open).count()
    }
}

/// The rarer things that nmap writes for a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct HostDetails {
    /// Why its open ports may not be real, as a clause for people: a tarpit or a machine in between
    /// answers in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspect: Option<String>,
    /// How long it has been up, by its TCP timestamps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uptime: Option<Uptime>,
    /// Hops to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<u32>,
    /// The way to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
    /// How hard its TCP sequence numbers are to guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_sequence: Option<Sequence>,
    /// How it numbers its IP packets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_id_sequence: Option<Sequence>,
    /// How it counts its TCP timestamps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_timestamp_sequence: Option<Sequence>,
    /// Round-trip times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// The ports that the operating system was told by.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub os_ports_used: Vec<PortUsed>,
    /// nmap's fingerprint of it, when nothing matched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub os_fingerprints: Vec<String>,
    /// SMURF answers counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub smurf_responses: Option<u32>,
    /// Whether some of what nmap wrote for it was left out, because it was more than we keep.
    #[serde(skip_serializing_if = "is_false")]
    pub truncated: bool,
}

/// A name of a host and where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Hostname {
    /// The name.
    pub name: String,
    /// `user` for a name that was asked for, `PTR` for one from reverse DNS.
    pub kind: String,
}

/// An operating system that a host's answers resemble.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct OsMatch {
    /// Its name, such as `Linux 5.0 - 6.2`.
    pub name: String,
    /// How well it fits, in percent.
    pub accuracy: u8,
    /// Its CPE names.
    pub cpe: Vec<String>,
    /// The line of nmap's database that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The classes that it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<OsClass>,
}

/// A family of operating systems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct OsClass {
    /// What kind of device, such as `router`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    /// Who makes it.
    pub vendor: String,
    /// The family, such as `Linux`.
    pub family: String,
    /// The generation, such as `5.X`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<String>,
    /// How well it fits, in percent.
    pub accuracy: u8,
    /// Its CPE names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cpe: Vec<String>,
}

/// A port that an operating system was told by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PortUsed {
    /// Its state.
    pub state: PortState,
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub port: u16,
}

/// One port of a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Port {
    /// Its number, or the IP protocol's.
    pub port: u16,
    /// Its transport.
    pub protocol: Protocol,
    /// What was concluded.
    pub state: PortState,
    /// What it was concluded from, in nmap's words, such as `syn-ack`.
    pub reason: String,
    /// The time to live of that answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_ttl: Option<u32>,
    /// The machine that answered, if it was another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_address: Option<String>,
    /// What is behind it, as far as known.
    pub service: Option<Service>,
    /// Scripts that looked at it.
    #[serde(default)]
    pub scripts: Vec<Script>,
}

/// What is behind a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Service {
    /// The service's name, such as `ssh`.
    pub name: String,
    /// The program, such as `OpenSSH`.
    pub product: Option<String>,
    /// The program's version.
    pub version: Option<String>,
    /// Anything more that it said of itself.
    pub extra_info: Option<String>,
    /// `ssl` when the service is inside TLS.
    pub tunnel: Option<String>,
    /// `probed` when it was asked, `table` when guessed from the port number.
    pub method: String,
    /// 0 to 10.
    pub confidence: u8,
    /// CPE names.
    pub cpe: Vec<String>,
    /// The name that it gives to its host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// The operating system that it says it runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_type: Option<String>,
    /// The kind of device that it says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    /// nmap's fingerprint, when nothing matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// `rpc` for a service behind the portmapper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The RPC program's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc_number: Option<u32>,
    /// Lowest RPC version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc_low_version: Option<u32>,
    /// Highest RPC version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpc_high_version: Option<u32>,
}

/// Ports that nmap only counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ExtraPorts {
    /// The state of all of them.
    pub state: PortState,
    /// How many.
    pub count: u32,
    /// Why, by kind of answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ExtraReason>,
}

/// One kind of answer among the ports that were only counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ExtraReason {
    /// The kind, in nmap's words, such as `conn-refused`.
    pub reason: String,
    /// How many ports gave it.
    pub count: u32,
    /// Their protocol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<Protocol>,
    /// Their numbers, as nmap lists them (`1-21,23-79`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ports: Option<String>,
}

/// What a script of the Nmap Scripting Engine said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Script {
    /// Its name.
    pub id: String,
    /// What it said, for people.
    pub output: String,
    /// The same, for programs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<ScriptNode>,
    /// Whether the output was longer than we keep.
    #[serde(skip_serializing_if = "is_false")]
    pub truncated: bool,
}

/// One element of a script's structured output: nmap's `<elem>` or `<table>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScriptNode {
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What is under that name.
    #[serde(flatten)]
    pub value: ScriptValue,
}

/// A text or a table of more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScriptValue {
    /// An `<elem>`.
    Text(String),
    /// A `<table>`.
    #[cfg_attr(feature = "schema", schema(no_recursion))]
    Table(Vec<ScriptNode>),
}

/// How long a host has been up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Uptime {
    /// Seconds.
    pub seconds: u64,
    /// When it started, in nmap's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_boot: Option<String>,
}

/// The way to a host, by `--traceroute`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Trace {
    /// The probes' protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The probes' port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The machines passed, nearest first.
    pub hops: Vec<Hop>,
}

/// One machine on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Hop {
    /// How many hops away.
    pub ttl: u32,
    /// Its address, in nmap's spelling.
    pub address: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Round-trip time in milliseconds, in nmap's spelling (`0.12`, or `--`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<String>,
}

/// A sequence of numbers that a host gives out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Sequence {
    /// How it is formed, in nmap's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The samples.
    pub values: String,
    /// For TCP sequence numbers, how hard they are to guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<String>,
}

/// Round-trip times in microseconds, as nmap measured them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Times {
    /// Smoothed round-trip time.
    pub srtt: i64,
    /// Its variance.
    pub rttvar: i64,
    /// The time-out that nmap arrived at.
    pub to: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// One kind of scan within a run: nmap's `<scaninfo>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScanInfo {
    /// nmap's word for it, such as `syn` or `connect`.
    pub kind: String,
    /// The protocol of its ports.
    pub protocol: Option<Protocol>,
    /// How many ports it looks at.
    pub service_count: u32,
    /// Which (`1-1000,8080`).
    pub services: String,
    /// The TCP flags of its probes, if they were chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_flags: Option<String>,
}

/// Where a port is, for sorting and for keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortKey {
    /// Its protocol.
    pub protocol: Protocol,
    /// Its number.
    pub port: u16,
}

impl fmt::Display for PortKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.port, self.protocol)
    }
}
