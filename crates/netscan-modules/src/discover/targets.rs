//! The addresses of a part of a job, with how each is reached from here.

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use netscan_model::{Address, AddressSet};
use nix::net::if_::if_nametoindex;

/// One address to be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) address: Address,
    pub(crate) ip: IpAddr,
    /// The interface of a link-local IPv6 address, else zero.
    pub(crate) scope: u32,
    /// The address of ours that the kernel sends from.
    pub(crate) source: IpAddr,
    pub(crate) reach: Reach,
    /// The interface of the link that it is on, else zero.
    pub(crate) link: u32,
}

/// How near an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It is this machine.
    Local,
    /// It is on a link of this machine: the kernel asks for its hardware address.
    OnLink,
    /// It is behind a router.
    Routed,
}

/// Addresses by their place.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    list: Vec<Target>,
    places: HashMap<(IpAddr, u32), u32>,
}

impl Targets {
    /// Looks up the way to each address. Those without one come back with the reason.
    pub(crate) fn look_up(addresses: &AddressSet) -> (Self, Vec<(Address, &'static str)>) {
        let mut targets = Self::default();
        let mut unreachable = Vec::new();
        let compass = Compass::new();
        for address in addresses.iter() {
            match compass.target(address) {
                Ok(target) => targets.push(target),
                Err(reason) => unreachable.push((address, reason)),
            }
        }
        (targets, unreachable)
    }

    fn push(&mut self, target: Target) {
        let place = u32::try_from(self.list.len()).expect("a part holds fewer");
        self.places.insert((target.ip, target.scope), place);
        self.list.push(target);
    }

    pub(crate) fn list(&self) -> &[Target] {
        &self.list
    }

    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.list.len()).expect("a part holds fewer")
    }

    pub(super) fn at(&self, place: u32) -> &Target {
        &self.list[place as usize]
    }

    /// The place of the target at `ip`, which was heard of on the interface `scope`.
    pub(super) fn find(&self, ip: IpAddr, scope: u32) -> Option<u32> {
        self.places.get(&(ip, if is_link_local(ip) { scope } else { 0 })).copied()
    }
}

/// Whether an address means nothing without its interface.
pub(super) fn is_link_local(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local())
}

/// Asks the kernel for ways.
struct Compass {
    v4: Option<UdpSocket>,
    v6: Option<UdpSocket>,
    networks: OnLink,
}

impl Compass {
    fn new() -> Self {
        let v4 = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok();
        // The last address of a network is one to the kernel only if it may be broadcast to.
        let _ = v4.as_ref().map(|socket| socket.set_broadcast(true));
        let v6 = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).ok();
        Self { v4, v6, networks: OnLink::read() }
    }

    fn target(&self, address: Address) -> Result<Target, &'static str> {
        let ip = address.ip();
        let scope = match address.zone() {
            Some(zone) if is_link_local(ip) => {
                if_nametoindex(zone.as_str()).map_err(|_| "no-route")?
            }
            _ => 0,
        };
        let source = self.source(ip, scope).ok_or("no-route")?;
        let link = if scope == 0 { self.networks.link_of(ip) } else { scope };
        let reach = if ip.is_loopback() || source == ip {
            Reach::Local
        } else if link != 0 {
            Reach::OnLink
        } else {
            Reach::Routed
        };
        Ok(Target { address, ip, scope, source, reach, link })
    }

    fn source(&self, ip: IpAddr, scope: u32) -> Option<IpAddr> {
        let mut to = SocketAddr::new(ip, 9);
        if let SocketAddr::V6(to) = &mut to {
            to.set_scope_id(scope);
        }
        let socket = if ip.is_ipv4() { self.v4.as_ref() } else { self.v6.as_ref() }?;
        // Connecting a UDP socket sends nothing.
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip())
    }
}

/// A network, and how its addresses are reached.
#[derive(Debug, PartialEq, Eq)]
struct Route {
    network: IpAddr,
    prefix: u32,
    /// The interface by which its addresses are neighbours. Zero if a router is between.
    link: u32,
}

/// The kernel's routes, longest prefix first.
struct OnLink(Vec<Route>);

impl OnLink {
    fn read() -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        let index = |name: &str| if_nametoindex(name).unwrap_or(0);
        let v4 = text("/proc/net/route");
        let v6 = text("/proc/net/ipv6_route");
        let mut routes: Vec<Route> = v4
            .lines()
            .filter_map(|line| route_v4(line, &index))
            .chain(v6.lines().filter_map(|line| route_v6(line, &index)))
            .collect();
        routes.sort_by_key(|route| std::cmp::Reverse(route.prefix));
        Self(routes)
    }

    fn link_of(&self, ip: IpAddr) -> u32 {
        let route = self.0.iter().find(|route| is_within(ip, route.network, route.prefix));
        route.map_or(0, |route| route.link)
    }
}

fn is_within(ip: IpAddr, network: IpAddr, prefix: u32) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            (ip.to_bits() ^ network.to_bits()).leading_zeros() >= prefix
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            (ip.to_bits() ^ network.to_bits()).leading_zeros() >= prefix
        }
        _ => false,
    }
}

/// A line of `/proc/net/route`, whose numbers are in the machine's byte order.
fn route_v4(text: &str, index: &impl Fn(&str) -> u32) -> Option<Route> {
    let columns: Vec<&str> = text.split_whitespace().collect();
    let number = |place: usize| u32::from_str_radix(columns.get(place)?, 16).ok();
    let octets = |place| Some(number(place)?.to_ne_bytes());
    let prefix = u32::from_be_bytes(octets(7)?).leading_ones();
    let is_on_link = number(2)? == 0;
    let link = if is_on_link { index(columns[0]) } else { 0 };
    Some(Route { network: octets(1)?.into(), prefix, link })
}

/// A line of `/proc/net/ipv6_route`.
fn route_v6(text: &str, index: &impl Fn(&str) -> u32) -> Option<Route> {
    const REJECT: u32 = 0x200;
    let columns: Vec<&str> = text.split_whitespace().collect();
    let address = |place: usize| u128::from_str_radix(columns.get(place)?, 16).ok();
    let flags = u32::from_str_radix(columns.get(8)?, 16).ok()?;
    let interface = *columns.get(9)?;
    let is_on_link = address(4)? == 0 && flags & REJECT == 0 && interface != "lo";
    Some(Route {
        network: Ipv6Addr::from_bits(address(0)?).into(),
        prefix: u32::from_str_radix(columns.get(1)?, 16).ok()?,
        link: if is_on_link { index(interface) } else { 0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The index of `eth0`.
    fn index(name: &str) -> u32 {
        if name == "eth0" { 3 } else { 0 }
    }

    #[test]
    fn a_route_without_a_gateway_is_a_link() {
        let line = "eth0\t004D0A0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0";
        let gateway = "eth0\t00000000\tFEFF4C0A\t0003\t0\t0\t0\t00000000\t0\t0\t0";

        let network = [10, 10, 77, 0].into();
        assert_eq!(route_v4(line, &index), Some(Route { network, prefix: 24, link: 3 }));
        let network = [0, 0, 0, 0].into();
        assert_eq!(route_v4(gateway, &index), Some(Route { network, prefix: 0, link: 0 }));
        assert_eq!(route_v4("Iface\tDestination\tGateway", &index), None);
    }

    #[test]
    fn the_longest_prefix_decides() {
        let to =
            |network: &str, prefix, link| Route { network: network.parse().unwrap(), prefix, link };
        let routes = OnLink(vec![to("10.1.0.0", 16, 0), to("10.0.0.0", 8, 3)]);

        let links =
            [[10, 2, 0, 1], [10, 1, 0, 1], [11, 0, 0, 1]].map(|ip| routes.link_of(ip.into()));
        assert_eq!(links, [3, 0, 0]);
    }

    #[test]
    fn a_route_of_ipv6_is_read() {
        let line = "fd000077000000000000000000000000 40 00000000000000000000000000000000 00 \
                    00000000000000000000000000000000 00000100 00000001 00000000 00000001 eth0";

        let network = "fd00:77::".parse().unwrap();
        assert_eq!(route_v6(line, &index), Some(Route { network, prefix: 64, link: 3 }));
    }

    #[test]
    fn this_machine_is_local_and_found_again() {
        let (targets, unreachable) = Targets::look_up(&"127.0.0.1-127.0.0.3".parse().unwrap());

        assert!(unreachable.is_empty());
        assert_eq!(targets.find([127, 0, 0, 3].into(), 0), Some(2));
        assert_eq!(targets.find([127, 0, 0, 4].into(), 0), None);
        assert_eq!(targets.at(2).reach, Reach::Local);
    }
}
