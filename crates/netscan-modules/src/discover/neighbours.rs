//! Who is on our links: the kernel's table of hardware addresses, asked over netlink.

use std::collections::HashMap;
use std::net::IpAddr;
use std::os::fd::AsRawFd;

use super::targets::is_link_local;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, sendto,
    socket,
};

const GET_NEIGHBOURS: u16 = 30;
const NEW_NEIGHBOUR: u16 = 28;
const DONE: u16 = 3;
const ERROR: u16 = 2;
const REQUEST_DUMP: u16 = 0x301;
const HEADER: usize = 16;
const NEIGHBOUR: usize = 12;
const DESTINATION: u16 = 1;
const HARDWARE_ADDRESS: u16 = 2;
/// Incomplete, failed, or not a neighbour at all: nobody has answered.
const UNANSWERED: u16 = 0x01 | 0x20;
/// Answered, at some time: reachable, stale, delayed, probed or permanent.
const ANSWERED: u16 = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
/// Answered within the last half minute or so: reachable, or told so for good.
const FRESH: u16 = 0x02 | 0x80;

/// Someone who has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Neighbour {
    pub(super) hardware: [u8; 6],
    /// Whether that was just now. It may be gone otherwise.
    pub(super) is_fresh: bool,
}

/// Those who have answered, by address, and by interface where an address means nothing without
/// one.
pub(super) type Neighbours = HashMap<(IpAddr, u32), Neighbour>;

/// Asks the kernel for its neighbours of both families. None come back if it does not answer.
pub(super) fn read() -> Neighbours {
    let mut neighbours = Neighbours::new();
    // A table that cannot be read only means that hosts must answer for themselves.
    let _ = dump(&mut neighbours);
    neighbours
}

fn dump(neighbours: &mut Neighbours) -> nix::Result<()> {
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    let kernel = NetlinkAddr::new(0, 0);
    bind(netlink.as_raw_fd(), &kernel)?;
    sendto(netlink.as_raw_fd(), &question(), &kernel, MsgFlags::empty())?;
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let length = recv(netlink.as_raw_fd(), &mut bytes, MsgFlags::empty())?;
        if length == 0 || read_messages(&bytes[..length], neighbours) {
            return Ok(());
        }
    }
}

/// A dump of the neighbours of every family.
fn question() -> [u8; HEADER + NEIGHBOUR] {
    let mut bytes = [0; HEADER + NEIGHBOUR];
    bytes[..4].copy_from_slice(&28_u32.to_ne_bytes());
    bytes[4..6].copy_from_slice(&GET_NEIGHBOURS.to_ne_bytes());
    bytes[6..8].copy_from_slice(&REQUEST_DUMP.to_ne_bytes());
    bytes
}

/// Adds the neighbours of some messages, and tells whether those were the last.
fn read_messages(mut bytes: &[u8], neighbours: &mut Neighbours) -> bool {
    while let Some((length, kind)) = double_word(bytes, 0).zip(word(bytes, 4)) {
        let length = length as usize;
        if matches!(kind, DONE | ERROR) || length < HEADER {
            return true;
        }
        let Some(message) = bytes.get(HEADER..length) else { return true };
        if kind == NEW_NEIGHBOUR {
            neighbours.extend(neighbour(message));
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    false
}

fn neighbour(message: &[u8]) -> Option<((IpAddr, u32), Neighbour)> {
    let interface = double_word(message, 4)?;
    let state = word(message, 8)?;
    if state & UNANSWERED != 0 || state & ANSWERED == 0 {
        return None;
    }
    let mut attributes = message.get(NEIGHBOUR..)?;
    let (mut ip, mut hardware) = (None, None);
    while let Some((length, kind)) = word(attributes, 0).zip(word(attributes, 2)) {
        let length = usize::from(length);
        let value = attributes.get(4..length)?;
        match kind {
            DESTINATION => ip = address(value),
            HARDWARE_ADDRESS => hardware = value.try_into().ok(),
            _ => {}
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    let ip = ip?;
    let neighbour = Neighbour { hardware: hardware?, is_fresh: state & FRESH != 0 };
    Some(((ip, if is_link_local(ip) { interface } else { 0 }), neighbour))
}

fn address(value: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(value).ok().map(IpAddr::from);
    v4.or_else(|| <[u8; 16]>::try_from(value).ok().map(IpAddr::from))
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn double_word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message as the kernel writes it, for 10.0.0.7 on interface 3.
    fn message(state: u16) -> Vec<u8> {
        let mut bytes = vec![2, 0, 0, 0];
        bytes.extend(3_u32.to_ne_bytes());
        bytes.extend(state.to_ne_bytes());
        bytes.extend([0, 1]);
        for (kind, value) in [(1_u16, &[10, 0, 0, 7][..]), (2, &[2, 0, 0, 0, 0, 9])] {
            bytes.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        let mut whole = u32::try_from(16 + bytes.len()).unwrap().to_ne_bytes().to_vec();
        whole.extend(NEW_NEIGHBOUR.to_ne_bytes());
        whole.resize(16, 0);
        whole.extend(bytes);
        whole
    }

    #[test]
    fn a_neighbour_that_answered_has_a_hardware_address() {
        let mut neighbours = Neighbours::new();

        let is_last = read_messages(&[message(0x04), message(0x02)].concat(), &mut neighbours);

        let here = (IpAddr::from([10, 0, 0, 7]), 0);
        let neighbour = Neighbour { hardware: [2, 0, 0, 0, 0, 9], is_fresh: true };
        assert_eq!(neighbours, Neighbours::from([(here, neighbour)]));
        assert!(!is_last);
    }

    #[test]
    fn a_neighbour_of_long_ago_may_be_gone() {
        let mut neighbours = Neighbours::new();

        read_messages(&message(0x04), &mut neighbours);

        assert!(neighbours.values().all(|neighbour| !neighbour.is_fresh));
        assert_eq!(neighbours.len(), 1);
    }

    #[test]
    fn a_neighbour_that_never_answered_is_none() {
        let mut neighbours = Neighbours::new();

        for state in [0x01, 0x20, 0x40] {
            read_messages(&message(state), &mut neighbours);
        }

        assert!(neighbours.is_empty());
    }

    #[test]
    fn the_kernel_is_asked_without_privileges() {
        assert!(dump(&mut Neighbours::new()).is_ok());
    }
}
