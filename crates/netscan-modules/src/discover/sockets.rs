//! Raw sockets, and the source ports that only we use.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockFilter, Socket, Type};

use super::order::Chance;

/// How many source ports there are: one for each slice that answers may still come to.
pub(super) const SOURCE_PORTS: u16 = 64;
/// What the kernel may keep for us until we read it, in bytes.
const RECEIVE_BUFFER: usize = 32 * 1024 * 1024;
const SEND_BUFFER: usize = 4 * 1024 * 1024;
/// How many ranges of ports are tried before giving up.
const MOST_TRIES: u64 = 96;
/// Where they are looked for first: above what the kernel gives to connections by itself, 32768 to
/// 60999 (`ip_local_port_range` in ip(7)). A service that starts anew finds its port free.
const OWN_RANGE: (u64, u64) = (61_000, 65_535);
/// Where else: among the dynamic ports of RFC 6335.
const DYNAMIC_RANGE: (u64, u64) = (49_152, 65_535);

/// The sockets of one family.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) tcp: Socket,
    pub(super) icmp: Socket,
}

/// Everything that a raw scan sends and hears with.
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) v4: Option<Pair>,
    pub(super) v6: Option<Pair>,
    pub(super) first_port: u16,
    /// Bound and never listening: no program gets these ports, and the kernel resets whoever
    /// answers them, so that no connection stays half open.
    _reserved: Vec<Socket>,
}

impl Sockets {
    /// Opens what the families need.
    pub(super) fn open(has_v4: bool, has_v6: bool, seed: u64) -> io::Result<Self> {
        let (first_port, reserved) = reserve_ports(has_v6, seed)?;
        let v4 = has_v4.then(|| Pair::open(Domain::IPV4, first_port)).transpose()?;
        let v6 = has_v6.then(|| Pair::open(Domain::IPV6, first_port)).transpose()?;
        Ok(Self { v4, v6, first_port, _reserved: reserved })
    }
}

impl Pair {
    fn open(domain: Domain, first_port: u16) -> io::Result<Self> {
        let icmp = if domain == Domain::IPV4 { Protocol::ICMPV4 } else { Protocol::ICMPV6 };
        let tcp = raw(domain, Protocol::TCP)?;
        tcp.attach_filter(&to_ports(domain, first_port))?;
        Ok(Self { tcp, icmp: raw(domain, icmp)? })
    }
}

fn raw(domain: Domain, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
    socket.set_nonblocking(true)?;
    enlarge(&socket);
    if domain == Domain::IPV4 {
        // The last address of a network may be a host like any other.
        socket.set_broadcast(true)?;
    } else {
        setsockopt(&socket, sockopt::Ipv6RecvHopLimit, &true)?;
    }
    Ok(socket)
}

/// As large a buffer as we may have. Only some may have one above the limit.
fn enlarge(socket: &Socket) {
    if setsockopt(socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    }
    if setsockopt(socket, sockopt::SndBufForce, &SEND_BUFFER).is_err() {
        let _ = socket.set_send_buffer_size(SEND_BUFFER);
    }
}

/// A program for the kernel that keeps all segments away that are not for our ports.
fn to_ports(domain: Domain, first: u16) -> Vec<SockFilter> {
    const LOAD_IP_HEADER_LENGTH: u16 = 0xb1;
    const LOAD_WORD_BEHIND: u16 = 0x48;
    const LOAD_WORD: u16 = 0x28;
    const IF_AT_LEAST: u16 = 0x35;
    const IF_ABOVE: u16 = 0x25;
    const RETURN: u16 = 0x06;
    let (first, last) = (u32::from(first), u32::from(first + (SOURCE_PORTS - 1)));
    let mut program = if domain == Domain::IPV4 {
        vec![
            SockFilter::new(LOAD_IP_HEADER_LENGTH, 0, 0, 0),
            SockFilter::new(LOAD_WORD_BEHIND, 0, 0, 2),
        ]
    } else {
        vec![SockFilter::new(LOAD_WORD, 0, 0, 2)]
    };
    program.extend([
        SockFilter::new(IF_AT_LEAST, 0, 2, first),
        SockFilter::new(IF_ABOVE, 1, 0, last),
        SockFilter::new(RETURN, 0, 0, 0xffff),
        SockFilter::new(RETURN, 0, 0, 0),
    ]);
    program
}

/// Takes a range of ports that nobody else has.
fn reserve_ports(has_v6: bool, seed: u64) -> io::Result<(u16, Vec<Socket>)> {
    let mut chance = Chance::new(seed ^ 0x706f_7274);
    let mut last_error = io::Error::other("no ports were tried");
    for number in 0..MOST_TRIES {
        let (lowest, highest) = if number < MOST_TRIES * 2 / 3 { OWN_RANGE } else { DYNAMIC_RANGE };
        let places = highest - u64::from(SOURCE_PORTS) - lowest;
        let first = u16::try_from(lowest + chance.next() % places).expect("no higher than ports");
        let range = first..first + SOURCE_PORTS;
        match range.map(|port| reserve(port, has_v6)).collect() {
            Ok(reserved) => return Ok((first, reserved)),
            Err(error) => last_error = error,
        }
    }
    Err(last_error)
}

fn reserve(port: u16, has_v6: bool) -> io::Result<Socket> {
    let (domain, address): (_, SocketAddr) = if has_v6 {
        (Domain::IPV6, (Ipv6Addr::UNSPECIFIED, port).into())
    } else {
        (Domain::IPV4, (Ipv4Addr::UNSPECIFIED, port).into())
    };
    let socket = Socket::new(domain, Type::STREAM, None)?;
    if has_v6 {
        // One socket holds the port of both families.
        socket.set_only_v6(false)?;
    }
    socket.bind(&address.into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_have_ports_of_their_own() {
        let (one, _held) = reserve_ports(false, 1).unwrap();
        let (two, _also_held) = reserve_ports(false, 1).unwrap();

        assert!(one.abs_diff(two) >= SOURCE_PORTS, "{one} and {two}");
    }
}
