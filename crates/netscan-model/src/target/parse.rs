//! Reads the text of one target.
//!
//! Which form a text has is decided by the first of these that holds: it contains `://` (a URL),
//! `@` (an email address), `:` (IPv6), `/` (an IPv4 network), it is made of digits, dots, hyphens,
//! stars and commas (IPv4 addresses), or else it is a name.

use std::net::{IpAddr, Ipv4Addr};

use super::names::{self, NamePattern};
use super::{OctetPattern, Target, TargetError, UrlHost};
use crate::address::{Address, AddressRange, Zone};

/// The longest text that is looked at, in characters.
const LONGEST: usize = 1024;

/// Reads one target.
pub(super) fn target(text: &str) -> Result<Target, TargetError> {
    // Most lists are plain addresses, and nothing below would read one differently.
    if let Ok(ip) = text.parse::<Ipv4Addr>() {
        return Ok(Target::Addresses(Address::from(IpAddr::V4(ip)).into()));
    }
    check_characters(text)?;
    if text.starts_with('-') && !is_octets(text) {
        return Err(TargetError::BeginsWithHyphen);
    }
    if text.contains("://") {
        url(text)
    } else if text.contains('@') {
        email(text)
    } else if text.contains(':') {
        ipv6(text).and_then(canonical).map(Target::Addresses)
    } else if let Some((address, mask)) = text.split_once('/') {
        ipv4_network(address, mask).map(Target::Addresses)
    } else if is_numeric(text) {
        ipv4(text)
    } else {
        NamePattern::parse(text).map(Target::Names)
    }
}

/// How many dots `text` has, if octets could be written so.
pub(super) fn dots_of_octets(text: &str) -> Option<usize> {
    let is_of_octets = |byte: u8| byte.is_ascii_digit() || b".-*".contains(&byte);
    let is_some = !text.is_empty() && text.bytes().all(is_of_octets);
    is_some.then(|| text.bytes().filter(|byte| *byte == b'.').count())
}

fn is_numeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b".-*,".contains(&byte))
}

/// Whether `text` has the four octets of an address: `-3.0.0.1` does, `-3` is an option.
fn is_octets(text: &str) -> bool {
    is_numeric(text) && text.bytes().filter(|byte| *byte == b'.').count() == 3
}

fn check_characters(text: &str) -> Result<(), TargetError> {
    if text.is_empty() {
        return Err(TargetError::Empty);
    }
    if text.len() > LONGEST && text.chars().nth(LONGEST).is_some() {
        return Err(TargetError::TooLong);
    }
    match text.chars().find(|c| !c.is_ascii_graphic()) {
        Some(character) if character.is_control() => {
            Err(TargetError::ControlCharacter { character })
        }
        Some(character @ ' ') => Err(TargetError::IllegalCharacter { character }),
        Some(character) => Err(TargetError::NotAscii { character }),
        None => Ok(()),
    }
}

/// A full range, or four octets.
fn ipv4(text: &str) -> Result<Target, TargetError> {
    match text.split_once('-') {
        // Only between whole addresses does a hyphen have a dot behind it and three before it.
        Some((first, last)) if last.contains('.') && first.matches('.').count() >= 3 => {
            range(ipv4_address(first)?, ipv4_address(last)?).map(Target::Addresses)
        }
        _ => {
            let pattern = OctetPattern::parse(text)?;
            let has_gaps = pattern.range_count() > 1;
            Ok(if has_gaps { Target::Octets(pattern) } else { Target::Addresses(pattern.hull()) })
        }
    }
}

fn ipv4_address(text: &str) -> Result<Address, TargetError> {
    let hull = OctetPattern::parse(text)?.hull();
    if hull.first() == hull.last() {
        return Ok(hull.first());
    }
    Err(TargetError::InvalidRangeEnd)
}

fn ipv4_network(address: &str, mask: &str) -> Result<AddressRange, TargetError> {
    if let Ok(ip) = address.parse::<Ipv4Addr>() {
        return network(Address::from(IpAddr::V4(ip)), mask);
    }
    if is_numeric(address) {
        ipv4(address)?;
        return Err(TargetError::MaskOnRange);
    }
    if is_decimal(mask) {
        NamePattern::parse(address)?;
        return Err(TargetError::MaskOnName);
    }
    Err(TargetError::IllegalCharacter { character: '/' })
}

/// An IPv6 address, network or range, before [`canonical`].
fn ipv6(text: &str) -> Result<AddressRange, TargetError> {
    if text.starts_with('[') {
        return Err(TargetError::BracketedAddress);
    }
    if let Some((host, port)) = text.split_once(':')
        && !port.contains(':')
        && !host.is_empty()
    {
        return Err(if is_decimal(port) {
            TargetError::HostWithPort
        } else {
            TargetError::IllegalCharacter { character: ':' }
        });
    }
    if let Some((first, mask)) = text.split_once('/') {
        return match address(first) {
            Ok(first) => network(first, mask),
            Err(_) if ipv6_range(first).is_some() => Err(TargetError::MaskOnRange),
            Err(reason) => Err(reason),
        };
    }
    match ipv6_range(text) {
        Some((first, last)) => range(first, last),
        None => address(text).map(AddressRange::from),
    }
}

/// The ends of a range. A zone may hold a hyphen and an address may not, so the hyphen that counts
/// is the one with an address on both sides.
fn ipv6_range(text: &str) -> Option<(Address, Address)> {
    text.match_indices('-')
        .find_map(|(at, _)| Some((address(&text[..at]).ok()?, address(&text[at + 1..]).ok()?)))
}

fn address(text: &str) -> Result<Address, TargetError> {
    let (ip, zone) = match text.split_once('%') {
        None => (text, None),
        Some((ip, zone)) => (ip, Some(zone)),
    };
    let address: Address = ip.parse::<IpAddr>().map_err(|_| TargetError::InvalidIpv6)?.into();
    let Some(zone) = zone else {
        return Ok(address);
    };
    if !address.is_ipv6() {
        return Err(TargetError::MisplacedZone);
    }
    let invalid = |_| TargetError::InvalidZone { zone: zone.to_owned() };
    Ok(address.with_zone(Some(zone.parse::<Zone>().map_err(invalid)?)))
}

fn range(first: Address, last: Address) -> Result<AddressRange, TargetError> {
    if first.space() != last.space() {
        return Err(TargetError::MixedRange);
    }
    AddressRange::new(first, last).ok_or(TargetError::Reversed)
}

fn network(address: Address, mask: &str) -> Result<AddressRange, TargetError> {
    let has_leading_zero = mask.len() > 1 && mask.starts_with('0');
    if !is_decimal(mask) || has_leading_zero {
        return Err(TargetError::InvalidMask { mask: mask.to_owned() });
    }
    let width = address.space().width();
    // A number too long for the type is too long for a mask as well.
    let prefix = mask.parse().unwrap_or(u32::MAX);
    AddressRange::network(address, prefix).ok_or(TargetError::MaskTooLong { width })
}

/// The same addresses with IPv4-mapped ones as IPv4, so that one machine has one address.
fn canonical(range: AddressRange) -> Result<AddressRange, TargetError> {
    let (first, last) = (range.first(), range.last());
    if first.zone().is_some() && !(may_have_zone(first) && may_have_zone(last)) {
        return Err(TargetError::MisplacedZone);
    }
    match (mapped(first), mapped(last)) {
        (Some(first), Some(last)) => self::range(first, last),
        _ => Ok(range),
    }
}

fn may_have_zone(address: Address) -> bool {
    match address.ip() {
        IpAddr::V4(_) => false,
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.is_multicast(),
    }
}

/// The IPv4 address that an IPv4-mapped IPv6 address stands for.
fn mapped(address: Address) -> Option<Address> {
    match address.ip() {
        IpAddr::V4(_) => None,
        IpAddr::V6(ip) => ip.to_ipv4_mapped().map(|ip| IpAddr::V4(ip).into()),
    }
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `scheme://host[:port][/rest]`, without credentials and commas.
fn url(text: &str) -> Result<Target, TargetError> {
    let (scheme, rest) = text.split_once("://").ok_or(TargetError::InvalidScheme)?;
    let is_of_scheme = |c: char| c.is_ascii_alphanumeric() || "+.-".contains(c);
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(is_of_scheme) {
        return Err(TargetError::InvalidScheme);
    }
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // Other programs take the one for a separator of lists and the other for a slash.
    if let Some(character) = rest.chars().find(|c| [',', '\\'].contains(c)) {
        return Err(TargetError::IllegalCharacter { character });
    }
    let (host, port) = url_authority(authority)?;
    let scheme = scheme.to_ascii_lowercase();
    let host_text = match &host {
        UrlHost::Address(address) if address.is_ipv6() => format!("[{address}]"),
        UrlHost::Address(address) => address.to_string(),
        UrlHost::Name(name) => name.clone(),
    };
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let slash = if rest.starts_with('/') { "" } else { "/" };
    let text = format!("{scheme}://{host_text}{port}{slash}{rest}");
    // The slash may have been one too many.
    if text.len() > LONGEST { Err(TargetError::TooLong) } else { Ok(Target::Url { text, host }) }
}

fn url_authority(authority: &str) -> Result<(UrlHost, Option<u16>), TargetError> {
    if authority.contains('@') {
        return Err(TargetError::Credentials);
    }
    let end_of_host = match authority.strip_prefix('[') {
        None => 0,
        Some(_) => authority.find(']').ok_or(TargetError::InvalidIpv6)? + 1,
    };
    let (host, port) = match authority[end_of_host..].split_once(':') {
        None => (authority, None),
        Some((before, port)) => (&authority[..end_of_host + before.len()], Some(url_port(port)?)),
    };
    Ok((url_host(host)?, port))
}

fn url_port(text: &str) -> Result<u16, TargetError> {
    let port = if is_decimal(text) { text.parse().ok() } else { None };
    port.filter(|port| *port > 0).ok_or(TargetError::InvalidPort)
}

fn url_host(text: &str) -> Result<UrlHost, TargetError> {
    if let Some(inner) = text.strip_prefix('[') {
        let ip = inner.strip_suffix(']').and_then(|ip| ip.parse().ok());
        let address = Address::from(IpAddr::V6(ip.ok_or(TargetError::InvalidIpv6)?));
        return Ok(UrlHost::Address(mapped(address).unwrap_or(address)));
    }
    match text {
        "" => Err(TargetError::InvalidUrlHost),
        _ if is_numeric(text) => match ipv4(text)? {
            Target::Addresses(range) if range.first() == range.last() => {
                Ok(UrlHost::Address(range.first()))
            }
            _ => Err(TargetError::InvalidUrlHost),
        },
        _ => Ok(UrlHost::Name(names::name(text)?)),
    }
}

/// `local@domain`, the local part unquoted (RFC 5322, `dot-atom`) and without the `!` and `#` that
/// mean something in lists.
fn email(text: &str) -> Result<Target, TargetError> {
    let (local, domain) = text.rsplit_once('@').ok_or(TargetError::InvalidEmail)?;
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "$%&'*+-/=?^_`{|}~".contains(c);
    let is_word = |word: &str| !word.is_empty() && word.chars().all(is_atom);
    if local.len() > 64 || !local.split('.').all(is_word) {
        return Err(TargetError::InvalidEmail);
    }
    let domain = names::name(domain)?;
    Ok(Target::Email { text: format!("{local}@{domain}"), domain })
}
