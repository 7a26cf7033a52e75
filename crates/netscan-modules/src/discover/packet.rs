//! Packets as bytes: the probes that are sent, and the answers that may come.
//!
//! Raw IPv4 sockets deliver the IP header, raw IPv6 sockets do not. What cannot be read is nothing:
//! anyone may send us anything.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest probe: a TCP header with one option.
pub(super) const LONGEST_PROBE: usize = 24;
/// How much of an answer is read: headers with options, twice.
pub(super) const LONGEST_ANSWER: usize = 256;

pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const ICMPV6: u8 = 58;

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

const ECHO_REPLY: u8 = 0;
const UNREACHABLE: u8 = 3;
const ECHO: u8 = 8;
const TIME_EXCEEDED: u8 = 11;
const TIMESTAMP: u8 = 13;
const TIMESTAMP_REPLY: u8 = 14;
const UNREACHABLE_V6: u8 = 1;
const TIME_EXCEEDED_V6: u8 = 3;
const ECHO_V6: u8 = 128;
const ECHO_REPLY_V6: u8 = 129;

/// A probe as it is handed to a raw socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Packet {
    bytes: [u8; LONGEST_PROBE],
    length: usize,
}

impl Packet {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// `bytes` with their Internet checksum, begun with `sum`, at `place`.
    fn with_checksum(bytes: &[u8], sum: u32, place: usize) -> Self {
        let mut packet = Self { bytes: [0; LONGEST_PROBE], length: bytes.len() };
        packet.bytes[..bytes.len()].copy_from_slice(bytes);
        let checksum = folded(add_words(sum, bytes));
        packet.bytes[place..place + 2].copy_from_slice(&(!checksum).to_be_bytes());
        packet
    }
}

/// From where to where a TCP probe goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub(super) source: IpAddr,
    pub(super) source_port: u16,
    pub(super) target: IpAddr,
    pub(super) port: u16,
}

/// A SYN, with the option that every real one has: the longest segment.
pub(super) fn syn(path: Path, cookie: u32) -> Packet {
    let mut bytes = [0; 24];
    bytes[..20].copy_from_slice(&tcp_header(path, cookie, 0, SYN, 6));
    bytes[20..].copy_from_slice(&[2, 4, 0x05, 0xb4]);
    Packet::with_checksum(&bytes, pseudo_header(path, TCP, 24), 16)
}

/// An ACK out of nowhere. Whatever is up and unfiltered resets it.
pub(super) fn ack(path: Path, cookie: u32) -> Packet {
    let bytes = tcp_header(path, cookie, cookie, ACK, 5);
    Packet::with_checksum(&bytes, pseudo_header(path, TCP, 20), 16)
}

fn tcp_header(path: Path, sequence: u32, acknowledged: u32, flags: u8, words: u8) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes[..2].copy_from_slice(&path.source_port.to_be_bytes());
    bytes[2..4].copy_from_slice(&path.port.to_be_bytes());
    bytes[4..8].copy_from_slice(&sequence.to_be_bytes());
    bytes[8..12].copy_from_slice(&acknowledged.to_be_bytes());
    bytes[12] = words << 4;
    bytes[13] = flags;
    bytes[14..16].copy_from_slice(&1024_u16.to_be_bytes());
    bytes
}

/// An ICMP echo that carries `token` as its identifier and sequence.
pub(super) fn echo(path: Path, token: [u8; 4]) -> Packet {
    let [a, b, c, d] = token;
    match path.target {
        IpAddr::V4(_) => Packet::with_checksum(&[ECHO, 0, 0, 0, a, b, c, d], 0, 2),
        IpAddr::V6(_) => {
            let sum = pseudo_header(path, ICMPV6, 8);
            Packet::with_checksum(&[ECHO_V6, 0, 0, 0, a, b, c, d], sum, 2)
        }
    }
}

/// A question for the time, of which IPv6 has none.
pub(super) fn timestamp(token: [u8; 4]) -> Packet {
    let mut bytes = [0; 20];
    bytes[0] = TIMESTAMP;
    bytes[4..8].copy_from_slice(&token);
    Packet::with_checksum(&bytes, 0, 2)
}

fn pseudo_header(path: Path, protocol: u8, length: u32) -> u32 {
    let addresses = match (path.source, path.target) {
        (IpAddr::V4(source), IpAddr::V4(target)) => {
            add_words(add_words(0, &source.octets()), &target.octets())
        }
        (IpAddr::V6(source), IpAddr::V6(target)) => {
            add_words(add_words(0, &source.octets()), &target.octets())
        }
        _ => unreachable!("the source is chosen by the target's family"),
    };
    addresses + u32::from(protocol) + length
}

fn add_words(sum: u32, bytes: &[u8]) -> u32 {
    bytes
        .chunks_exact(2)
        .fold(sum, |sum, pair| sum + u32::from(u16::from_be_bytes([pair[0], pair[1]])))
}

fn folded(sum: u32) -> u16 {
    let once = (sum & 0xffff) + (sum >> 16);
    let twice = (once & 0xffff) + (once >> 16);
    u16::try_from(twice).expect("two folds leave 16 bits")
}

/// What came in, before anyone has looked whether it answers a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Who sent it.
    pub(super) from: IpAddr,
    /// How many hops it had left, if that is known.
    pub(super) ttl: Option<u8>,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    SynAck(Segment),
    Reset(Segment),
    EchoReply([u8; 4]),
    TimestampReply([u8; 4]),
    /// Someone on the way says that the probe did not arrive.
    Unreachable {
        /// Where the probe went.
        target: IpAddr,
        /// Why, in nmap's words.
        reason: &'static str,
        probe: Quoted,
    },
}

/// What matters of a TCP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// The target's port.
    pub(super) port: u16,
    /// Ours.
    pub(super) source_port: u16,
    pub(super) sequence: u32,
    pub(super) acknowledged: u32,
    /// What it would take at a time: one of the marks of who answers.
    pub(super) window: u16,
}

/// The beginning of a probe, as an ICMP message quotes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoted {
    Tcp { source_port: u16, port: u16, sequence: u32 },
    Echo([u8; 4]),
}

/// Reads a TCP or ICMP packet with its IPv4 header.
pub(super) fn parse_ipv4(packet: &[u8]) -> Option<Answer> {
    let (protocol, source, _, payload) = split_ipv4(packet)?;
    let (from, ttl) = (source.into(), Some(packet[8]));
    let kind = match protocol {
        TCP => parse_tcp(payload)?,
        ICMP => parse_icmp(payload)?,
        _ => return None,
    };
    Some(Answer { from, ttl, kind })
}

/// Reads a TCP segment or an `ICMPv6` message from `from`.
pub(super) fn parse_ipv6(
    protocol: u8,
    payload: &[u8],
    from: Ipv6Addr,
    ttl: Option<u8>,
) -> Option<Answer> {
    let kind = if protocol == TCP { parse_tcp(payload)? } else { parse_icmpv6(payload)? };
    Some(Answer { from: from.into(), ttl, kind })
}

fn split_ipv4(packet: &[u8]) -> Option<(u8, Ipv4Addr, Ipv4Addr, &[u8])> {
    let header = packet.get(..20)?;
    let length = usize::from(header[0] & 0x0f) * 4;
    if header[0] >> 4 != 4 || length < 20 {
        return None;
    }
    let address = |at: usize| <[u8; 4]>::try_from(&header[at..at + 4]).ok().map(Ipv4Addr::from);
    Some((header[9], address(12)?, address(16)?, packet.get(length..)?))
}

fn parse_tcp(segment: &[u8]) -> Option<Kind> {
    let header = segment.get(..20)?;
    let parsed = Segment {
        port: word(header, 0)?,
        source_port: word(header, 2)?,
        sequence: double_word(header, 4)?,
        acknowledged: double_word(header, 8)?,
        window: word(header, 14)?,
    };
    match header[13] & (SYN | RST | ACK) {
        flags if flags & RST != 0 => Some(Kind::Reset(parsed)),
        flags if flags == SYN | ACK => Some(Kind::SynAck(parsed)),
        _ => None,
    }
}

fn parse_icmp(message: &[u8]) -> Option<Kind> {
    let header = message.get(..8)?;
    match (header[0], header[1]) {
        (ECHO_REPLY, 0) => return Some(Kind::EchoReply(quad(header, 4)?)),
        (TIMESTAMP_REPLY, 0) => return Some(Kind::TimestampReply(quad(header, 4)?)),
        _ => {}
    }
    let reason = refusal(header[0], header[1])?;
    let (protocol, _, target, quote) = split_ipv4(&message[8..])?;
    let probe = match protocol {
        TCP => quoted_tcp(quote)?,
        ICMP => Quoted::Echo(quad(quote, 4)?),
        _ => return None,
    };
    Some(Kind::Unreachable { target: target.into(), reason, probe })
}

/// What an ICMP message says of a packet that did not arrive, in nmap's words.
pub(super) fn refusal(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (UNREACHABLE, 0) => "net-unreach",
        (UNREACHABLE, 1) => "host-unreach",
        (UNREACHABLE, 2) => "proto-unreach",
        (UNREACHABLE, 3) => "port-unreach",
        (UNREACHABLE, 9) => "net-prohibited",
        (UNREACHABLE, 10) => "host-prohibited",
        (UNREACHABLE, 13) => "admin-prohibited",
        // Not a refusal: the packet was too big, and is sent again by whoever cares.
        (UNREACHABLE, 4) => return None,
        (UNREACHABLE, _) => "dest-unreach",
        (TIME_EXCEEDED, _) => "time-exceeded",
        _ => return None,
    })
}

/// The same of `ICMPv6`.
pub(super) fn refusal_v6(kind: u8, code: u8) -> Option<&'static str> {
    Some(match (kind, code) {
        (UNREACHABLE_V6, 0) => "no-route",
        (UNREACHABLE_V6, 1 | 5) => "admin-prohibited",
        (UNREACHABLE_V6, 2) => "beyond-scope",
        (UNREACHABLE_V6, 3) => "host-unreach",
        (UNREACHABLE_V6, 4) => "port-unreach",
        (UNREACHABLE_V6, 6) => "reject-route",
        (UNREACHABLE_V6, _) => "dest-unreach",
        (TIME_EXCEEDED_V6, _) => "time-exceeded",
        _ => return None,
    })
}

fn parse_icmpv6(message: &[u8]) -> Option<Kind> {
    let header = message.get(..8)?;
    if (header[0], header[1]) == (ECHO_REPLY_V6, 0) {
        return Some(Kind::EchoReply(quad(header, 4)?));
    }
    let reason = refusal_v6(header[0], header[1])?;
    let quoted = message.get(8..48)?;
    let target = Ipv6Addr::from(<[u8; 16]>::try_from(&quoted[24..40]).ok()?);
    let quote = message.get(48..)?;
    let probe = match quoted[6] {
        TCP => quoted_tcp(quote)?,
        ICMPV6 => Quoted::Echo(quad(quote, 4)?),
        _ => return None,
    };
    Some(Kind::Unreachable { target: target.into(), reason, probe })
}

fn quoted_tcp(quote: &[u8]) -> Option<Quoted> {
    Some(Quoted::Tcp {
        source_port: word(quote, 0)?,
        port: word(quote, 2)?,
        sequence: double_word(quote, 4)?,
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn double_word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(quad(bytes, at)?))
}

fn quad(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at + 4)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(source: &str, target: &str) -> Path {
        Path {
            source: source.parse().unwrap(),
            source_port: 40_000,
            target: target.parse().unwrap(),
            port: 80,
        }
    }

    /// The one's complement sum of all 16-bit words, which is `0xffff` when the checksum is right
    /// (RFC 1071).
    fn sum_of(parts: &[&[u8]]) -> u16 {
        folded(parts.iter().fold(0, |sum, part| add_words(sum, part)))
    }

    #[test]
    fn a_syn_is_what_was_worked_out_by_hand() {
        let packet = syn(path("10.0.0.1", "10.0.0.2"), 0x0102_0304);

        // 0a00+0001+0a00+0002+0006+0018 + 9c40+0050+0102+0304+6002+0400+0204+05b4 = 12071, which
        // folds to 2072 and inverts to df8d.
        assert_eq!(
            packet.bytes(),
            [
                0x9c, 0x40, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0, 0, 0, 0, 0x60, 0x02, 0x04, 0x00,
                0xdf, 0x8d, 0, 0, 0x02, 0x04, 0x05, 0xb4
            ]
        );
    }

    #[test]
    fn checksums_of_both_families_cover_the_pseudo_header() {
        let v4 = syn(path("192.168.1.77", "198.51.100.200"), 0xdead_beef);
        let v6 = ack(path("fd00::1", "2001:db8::ffff:8"), 0xdead_beef);
        let ping = echo(path("fd00::1", "2001:db8::ffff:8"), [1, 2, 3, 4]);
        let ends = |path: &str| path.parse::<Ipv6Addr>().unwrap().octets();

        let v4_header = [192, 168, 1, 77, 198, 51, 100, 200, 0, 6, 0, 24];
        assert_eq!(sum_of(&[v4.bytes(), &v4_header]), 0xffff);
        let (source, target) = (ends("fd00::1"), ends("2001:db8::ffff:8"));
        assert_eq!(sum_of(&[v6.bytes(), &source, &target, &[0, 6, 0, 20]]), 0xffff);
        assert_eq!(sum_of(&[ping.bytes(), &source, &target, &[0, 58, 0, 8]]), 0xffff);
    }

    #[test]
    fn icmp_questions_carry_the_token_and_a_checksum() {
        let asked = [
            echo(path("10.0.0.1", "10.0.0.2"), [0xab, 0xcd, 0x12, 0x34]),
            timestamp([0xab, 0xcd, 0x12, 0x34]),
        ];

        assert_eq!(asked[0].bytes(), [8, 0, 0x39, 0xfe, 0xab, 0xcd, 0x12, 0x34]);
        for packet in asked {
            assert_eq!(sum_of(&[packet.bytes()]), 0xffff);
            assert_eq!(packet.bytes()[4..8], [0xab, 0xcd, 0x12, 0x34]);
        }
    }

    /// An answer from 10.0.0.2 to 10.0.0.1 with 61 hops left.
    fn from_host(protocol: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 61, protocol, 0, 0];
        packet.extend([10, 0, 0, 2, 10, 0, 0, 1]);
        packet.extend(payload);
        packet
    }

    const SYN_ACK: [u8; 20] = [
        0x00, 0x50, 0x9c, 0x40, 0x11, 0x22, 0x33, 0x44, 0x01, 0x02, 0x03, 0x05, 0x50, 0x12, 0xfa,
        0xf0, 0, 0, 0, 0,
    ];

    #[test]
    fn a_syn_ack_and_a_reset_tell_ports_and_numbers() {
        let segment = Segment {
            port: 80,
            source_port: 40_000,
            sequence: 0x1122_3344,
            acknowledged: 0x0102_0305,
            window: 64_240,
        };
        let mut reset = SYN_ACK;
        reset[13] = 0x14;

        let answer = |kind| Answer { from: [10, 0, 0, 2].into(), ttl: Some(61), kind };
        assert_eq!(parse_ipv4(&from_host(6, &SYN_ACK)), Some(answer(Kind::SynAck(segment))));
        assert_eq!(parse_ipv4(&from_host(6, &reset)), Some(answer(Kind::Reset(segment))));
    }

    #[test]
    fn a_syn_alone_answers_nothing() {
        let mut syn = SYN_ACK;
        syn[13] = 0x02;

        assert_eq!(parse_ipv4(&from_host(6, &syn)), None);
    }

    #[test]
    fn options_of_the_ip_header_are_passed_over() {
        let mut packet = from_host(6, &SYN_ACK);
        packet[0] = 0x46;
        packet.splice(20..20, [1, 1, 1, 0]);

        assert!(matches!(parse_ipv4(&packet).unwrap().kind, Kind::SynAck(_)));
    }

    #[test]
    fn an_unreachable_quotes_the_probe_and_its_code_is_the_reason() {
        let probe = syn(path("10.0.0.1", "10.0.0.9"), 0x0102_0304);
        let mut quoted = vec![0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 9];
        quoted.extend(&probe.bytes()[..8]);

        for (code, reason) in [(1, "host-unreach"), (3, "port-unreach"), (13, "admin-prohibited")] {
            let message = [&[3, code, 0, 0, 0, 0, 0, 0], &quoted[..]].concat();
            let kind = parse_ipv4(&from_host(1, &message)).unwrap().kind;

            let probe = Quoted::Tcp { source_port: 40_000, port: 80, sequence: 0x0102_0304 };
            let target = [10, 0, 0, 9].into();
            assert_eq!(kind, Kind::Unreachable { target, reason, probe });
        }
    }

    #[test]
    fn an_unreachable_of_ipv6_is_read_behind_the_quoted_header() {
        let from: Ipv6Addr = "fd00::fe".parse().unwrap();
        let target: Ipv6Addr = "fd00::9".parse().unwrap();
        let probe = syn(path("fd00::1", "fd00::9"), 0x0102_0304);
        let mut message = vec![1, 1, 0, 0, 0, 0, 0, 0, 0x60, 0, 0, 0, 0, 24, 6, 64];
        message.extend([0; 16]);
        message.extend(target.octets());
        message.extend(probe.bytes());

        let answer = parse_ipv6(ICMPV6, &message, from, Some(64)).unwrap();

        let probe = Quoted::Tcp { source_port: 40_000, port: 80, sequence: 0x0102_0304 };
        let reason = "admin-prohibited";
        let kind = Kind::Unreachable { target: target.into(), reason, probe };
        assert_eq!(answer, Answer { from: from.into(), ttl: Some(64), kind });
    }

    #[test]
    fn whatever_is_cut_short_is_nothing() {
        let message = [&[3, 13, 0, 0, 0, 0, 0, 0][..], &from_host(6, &SYN_ACK)].concat();
        for whole in [from_host(6, &SYN_ACK), from_host(1, &message)] {
            assert!(parse_ipv4(&whole).is_some());
            for length in 0..40 {
                assert_eq!(parse_ipv4(&whole[..length]), None, "{length} bytes");
            }
        }
    }
}
