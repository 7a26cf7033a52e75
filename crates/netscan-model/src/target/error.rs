//! Why a target was not accepted.

use std::fmt;

/// What is wrong with the text of a target. Reads on after the text itself:
/// `"10.0.0.1/33" has a mask longer than 32 bits`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// There is no text.
    #[error("is empty")]
    Empty,
    /// A `!` with nothing behind it.
    #[error("excludes nothing: write the target right behind the \"!\"")]
    EmptyExclude,
    /// Longer than any target can be. Nmap would give up the whole list.
    #[error("has more than 1024 characters")]
    TooLong,
    /// A control character other than tab and line end.
    #[error("holds the control character U+{:04X}", u32::from(*character))]
    ControlCharacter {
        /// The first of them.
        character: char,
    },
    /// A letter or digit from outside ASCII, which may look like one from inside.
    #[error("holds {character:?}, which is not ASCII: write the name in punycode (xn--…)")]
    NotAscii {
        /// The first of them.
        character: char,
    },
    /// It looks like an option of a program.
    #[error("begins with \"-\", as an option does and no target may")]
    BeginsWithHyphen,
    /// `2130706433`, which some programs read as 127.0.0.1.
    #[error("is a bare number: write an address with four octets, such as 10.0.0.1")]
    BareNumber,
    /// `0x7f000001`, which some programs read as 127.0.0.1.
    #[error("looks like a hexadecimal address: write four decimal octets")]
    Hexadecimal,
    /// `127.1`, which some programs read as 127.0.0.1, or five octets.
    #[error("does not have four octets, as an address does")]
    WrongOctets,
    /// Nothing between two dots or commas, or at an end.
    #[error("has an empty octet")]
    EmptyOctet,
    /// `0177.0.0.1`, which is 127.0.0.1 for some programs and 177.0.0.1 for nmap.
    #[error("has a leading zero in {octet:?}, which some programs read as octal")]
    LeadingZero {
        /// The number with the zero.
        octet: String,
    },
    /// A number that does not fit in an octet.
    #[error("has the octet {octet}, above 255")]
    OctetTooLarge {
        /// The number.
        octet: String,
    },
    /// Not a number, a range of numbers or a star.
    #[error("has the octet {octet:?}: write a number, a range such as 1-5, or a single *")]
    MalformedOctet {
        /// The octet.
        octet: String,
    },
    /// `*.*.*.1` and the like, which would fill the memory.
    #[error("falls apart into {ranges} ranges, more than {most}: write it as CIDRs or in parts")]
    TooScattered {
        /// How many ranges.
        ranges: u64,
        /// The most that are accepted.
        most: u64,
    },
    /// One octet pattern too many, in a list with many of them.
    #[error(
        "brings the octet patterns of the list to more than {most} ranges: write CIDRs, or scan in \
         parts"
    )]
    ListTooScattered {
        /// The most that are accepted.
        most: u64,
    },
    /// One target too many, in a list with very many of them.
    #[error("is beyond the {most} targets that one list may have: give the rest in another one")]
    ListTooLong {
        /// The most that are accepted.
        most: usize,
    },
    /// A range whose first part is above its last.
    #[error("runs backwards: write the lower end first")]
    Reversed,
    /// `10.0.0.*-10.0.1.*`.
    #[error("is a range with an end that is not one address")]
    InvalidRangeEnd,
    /// A range from IPv4 to IPv6, or from one zone to another.
    #[error("runs from one family or zone into another")]
    MixedRange,
    /// A prefix longer than the address.
    #[error("has a mask longer than {width} bits")]
    MaskTooLong {
        /// The bits of an address: 32 or 128.
        width: u32,
    },
    /// Something other than a number behind the slash.
    #[error("has the mask {mask:?}: write the number of bits, such as /24")]
    InvalidMask {
        /// What is behind the slash.
        mask: String,
    },
    /// `localhost/24`.
    #[error("has a mask on a name: write the network with its address")]
    MaskOnName,
    /// `10.0.0.1-5/24`.
    #[error("has a mask on a range: write one or the other")]
    MaskOnRange,
    /// `[::1]` outside a URL.
    #[error("has brackets around an address: write it without them")]
    BracketedAddress,
    /// `host:80`.
    #[error("names a port: write the host alone, and the ports as an option of the scan")]
    HostWithPort,
    /// Something with colons that is no IPv6 address.
    #[error("is not an IPv6 address")]
    InvalidIpv6,
    /// A zone that no interface can be called.
    #[error("has the zone {zone:?}, which is not the name of an interface")]
    InvalidZone {
        /// What is behind the `%`.
        zone: String,
    },
    /// `2001:db8::1%eth0`: the same address under a second name.
    #[error("has a zone, which only link-local and multicast IPv6 addresses have")]
    MisplacedZone,
    /// Two dots in a row, or one at the beginning of a name.
    #[error("has an empty label")]
    EmptyLabel,
    /// A label of more than 63 characters (RFC 1035, section 2.3.4).
    #[error("has a label longer than 63 characters")]
    LabelTooLong,
    /// A name of more than 253 characters.
    #[error("is a name longer than 253 characters")]
    NameTooLong,
    /// A label that begins or ends with a hyphen.
    #[error("has a label that begins or ends with \"-\"")]
    HyphenAtEdge,
    /// A character that does not belong there.
    #[error("holds {character:?}, which does not belong into a target")]
    IllegalCharacter {
        /// The first of them.
        character: char,
    },
    /// A name such as `example.123`, which programs may take for an address.
    #[error("ends like a number, as no name may")]
    NumericName,
    /// A bracket that is not a range of numbers.
    #[error("has a bracket that is not a range of numbers: write it like host-[1-20].lan")]
    MalformedBracket,
    /// A URL without a scheme that URLs can have.
    #[error("has no valid scheme: write a URL like https://example.com/")]
    InvalidScheme,
    /// A URL whose host is missing, or is more than one address or name.
    #[error("has no single host: write a URL like https://example.com/")]
    InvalidUrlHost,
    /// A URL whose port is not a number from 1 to 65535.
    #[error("has a port that is not a number from 1 to 65535")]
    InvalidPort,
    /// A URL with `user:password@`.
    #[error("holds a user name or password: leave it out of the URL")]
    Credentials,
    /// Whether the comma before it belongs to the URL or ends it, the text does not tell.
    #[error(
        "follows a comma behind a URL: put a space before a new target, or write %2C for a comma \
         within the URL"
    )]
    CommaAfterUrl,
    /// Nothing, or what cannot be there, before the `@`.
    #[error("is not an email address")]
    InvalidEmail,
}

/// A text that is not a target.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} {reason}", Excerpt(text))]
pub struct InvalidTarget {
    /// What was read.
    pub text: String,
    /// What is wrong with it.
    pub reason: TargetError,
}

/// More addresses than may be scanned at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the targets hold {count} addresses, more than the limit of {limit}: \
     give fewer, or raise the limit"
)]
pub struct TooManyAddresses {
    /// How many distinct addresses the targets hold; `u128::MAX` stands for that many or more.
    pub count: u128,
    /// How many there may be.
    pub limit: u128,
}

/// More names than may be resolved for one scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the targets hold {count} names, more than the limit of {limit}: \
     give fewer, or their addresses"
)]
pub struct TooManyNames {
    /// How many names; one that several patterns hold counts for each of them.
    pub count: u128,
    /// How many there may be.
    pub limit: u128,
}

/// A text in quotes with control characters escaped, cut where it no longer helps.
pub(super) struct Excerpt<'a>(pub(super) &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(100) {
            None => write!(out, "{:?}", self.0),
            Some((end, _)) => write!(out, "{:?}…", &self.0[..end]),
        }
    }
}
