//! Questions for hardware addresses, sent by ourselves when the kernel's own got lost.
//!
//! The kernel asks a second time after a second only. The answer to our question is to its table as
//! good as that to its own.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::ifaddrs::getifaddrs;
use nix::net::if_::if_nametoindex;
use nix::sys::socket::{AddressFamily, LinkAddr, MsgFlags, SockFlag, SockType, bind, send, socket};

/// The way out of every interface that has hardware addresses, by its index.
#[derive(Debug, Default)]
pub(crate) struct Links(HashMap<u32, Link>);

#[derive(Debug)]
struct Link {
    socket: OwnedFd,
    hardware: [u8; 6],
}

impl Links {
    /// Opens a way out of each. There are none where packet sockets are forbidden.
    pub(crate) fn open() -> Self {
        let interfaces = getifaddrs().into_iter().flatten();
        let link = |interface: nix::ifaddrs::InterfaceAddress| {
            let address = *interface.address?.as_link_addr()?;
            let index = if_nametoindex(interface.interface_name.as_str()).ok()?;
            Some((index, Link::open(&address)?))
        };
        Self(interfaces.filter_map(link).collect())
    }

    /// Whether there is a way out of the interface `index`.
    pub(super) fn holds(&self, index: u32) -> bool {
        self.0.contains_key(&index)
    }

    /// Asks on the interface `index` who has `target`, and tells whether that went out.
    pub(crate) fn ask(&self, index: u32, source: Ipv4Addr, target: Ipv4Addr) -> bool {
        let Some(link) = self.0.get(&index) else { return false };
        let frame = question(link.hardware, source, target);
        send(link.socket.as_raw_fd(), &frame, MsgFlags::MSG_DONTWAIT).is_ok()
    }
}

impl Link {
    fn open(address: &LinkAddr) -> Option<Self> {
        let hardware = address.addr().filter(|bytes| *bytes != [0; 6])?;
        // Without a protocol it hears nothing, which is all that we want to hear.
        let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
        let socket = socket(AddressFamily::Packet, SockType::Raw, flags, None).ok()?;
        bind(socket.as_raw_fd(), address).ok()?;
        Some(Self { socket, hardware })
    }
}

/// An Ethernet frame to everyone, with an ARP request in it.
fn question(hardware: [u8; 6], source: Ipv4Addr, target: Ipv4Addr) -> [u8; 42] {
    let mut frame = [0; 42];
    frame[..6].fill(0xff);
    frame[6..12].copy_from_slice(&hardware);
    frame[12..14].copy_from_slice(&[0x08, 0x06]);
    frame[14..22].copy_from_slice(&[0, 1, 8, 0, 6, 4, 0, 1]);
    frame[22..28].copy_from_slice(&hardware);
    frame[28..32].copy_from_slice(&source.octets());
    frame[38..42].copy_from_slice(&target.octets());
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_goes_to_everyone_and_names_who_asks() {
        let frame = question([2, 0, 0, 0, 0, 9], [10, 0, 0, 1].into(), [10, 0, 0, 7].into());

        assert_eq!(
            frame,
            [
                0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
                2, 0, 0, 0, 0, 9, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 7
            ]
        );
    }
}
