//! What a user may write to say what is to be scanned, and the one parser that reads it.
//!
//! The command line, the API, the UI and imports all come through [`TargetList::parse`]. It reads
//! less than nmap does: whatever nmap, libc or a browser might understand differently (leading
//! zeros, `127.1`, hexadecimal, masks on names) is rejected here. Nmap is given the literals of the
//! resulting [`crate::AddressSet`] and never the user's spelling.
//!
//! A range is never expanded: a /8 costs as much as one address, and `host-[1-1000000].lan` as
//! much as one name.

mod error;
mod list;
mod names;
mod octets;
mod parse;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::{Address, AddressRange};
use crate::named;

pub use error::{InvalidTarget, TargetError, TooManyAddresses, TooManyNames};
pub use list::{Rejected, TargetEntry, TargetList};
pub use names::NamePattern;
pub use octets::{MOST_RANGES_OF_A_PATTERN, OctetPattern};

/// One thing that a user asked for, in canonical form: two spellings of the same addresses or of
/// the same name are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// One address, a CIDR, or whatever else covers addresses without a gap, such as
    /// `10.0.0.1-50` and `10.0.*.*`. IPv4-mapped IPv6 addresses have become IPv4.
    Addresses(AddressRange),
    /// IPv4 addresses with gaps between them, such as `10.0.0-3.1,5`.
    Octets(OctetPattern),
    /// A hostname or domain, or many by `host-[1-20].lan`.
    Names(NamePattern),
    /// A URL, whose host is to be scanned.
    Url {
        /// The URL with scheme and host in canonical form, and the rest as it was written.
        text: String,
        /// The host in it.
        host: UrlHost,
    },
    /// An email address: an input for modules, with nothing to scan.
    Email {
        /// The address with its domain in canonical form.
        text: String,
        /// What is behind the `@`.
        domain: String,
    },
}

/// The host of a URL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UrlHost {
    /// It was written as an address.
    Address(Address),
    /// It was written as a name: lower case, without a dot at the end.
    Name(String),
}

/// How a target reads in canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// One address.
    Address,
    /// A network with a prefix, however it was written.
    Cidr,
    /// Addresses without a gap that are not a network.
    Range,
    /// Addresses with gaps.
    Octets,
    /// A hostname or domain, or a pattern of them: the text alone cannot tell these apart.
    Hostname,
    /// A URL.
    Url,
    /// An email address.
    Email,
}

named!(TargetKind, "kind of target", {
    Address = "address",
    Cidr = "cidr",
    Range = "range",
    Octets = "octets",
    Hostname = "hostname",
    Url = "url",
    Email = "email",
});

impl Target {
    /// How it reads in canonical form. `10.0.0.*` is a [`TargetKind::Cidr`].
    #[must_use]
    pub fn kind(&self) -> TargetKind {
        match self {
            Target::Addresses(range) if range.first() == range.last() => TargetKind::Address,
            Target::Addresses(range) if range.prefix().is_some() => TargetKind::Cidr,
            Target::Addresses(_) => TargetKind::Range,
            Target::Octets(_) => TargetKind::Octets,
            Target::Names(_) => TargetKind::Hostname,
            Target::Url { .. } => TargetKind::Url,
            Target::Email { .. } => TargetKind::Email,
        }
    }

    /// The addresses that the text itself says, in ascending order: none for a name or an email
    /// address.
    pub fn ranges(&self) -> impl Iterator<Item = AddressRange> {
        let (range, octets) = match self {
            Target::Addresses(range) => (Some(*range), None),
            Target::Octets(pattern) => (None, Some(pattern.ranges())),
            Target::Url { host: UrlHost::Address(address), .. } => (Some((*address).into()), None),
            Target::Names(_) | Target::Url { .. } | Target::Email { .. } => (None, None),
        };
        range.into_iter().chain(octets.into_iter().flatten())
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    /// Reads one target. Lists, comments and `!` are for [`TargetList::parse`].
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse::target(text).map_err(|reason| InvalidTarget { text: text.to_owned(), reason })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Addresses(range) if range.first() == range.last() => write!(out, "{range}"),
            Target::Addresses(range) => match range.prefix() {
                Some(prefix) => write!(out, "{}/{prefix}", range.first()),
                None => write!(out, "{range}"),
            },
            Target::Octets(pattern) => write!(out, "{pattern}"),
            Target::Names(pattern) => write!(out, "{pattern}"),
            Target::Url { text, .. } | Target::Email { text, .. } => out.write_str(text),
        }
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
