//! The way by which masscan reaches a batch: one interface, one router.
//!
//! masscan gives every frame to one router, and finds out by the default route which. The kernel
//! knows better: the batch may lie behind another one, or beside us, where no router is.

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};

use netscan_model::AddressSet;

use crate::discover::targets::{Reach, Target, Targets};

/// More addresses than these are not looked up one by one.
const MOST_ADDRESSES: u128 = 65_536;

/// How frames leave this machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The interface.
    pub interface: String,
    /// The address of ours that they come from.
    pub source: Ipv4Addr,
    /// Who they are given to.
    pub router: Ipv4Addr,
}

impl Way {
    /// The way that all of `targets` have in common.
    ///
    /// # Errors
    ///
    /// Why masscan cannot scan all of them together, as a clause for people.
    pub fn to(targets: &AddressSet) -> Result<Self, String> {
        if targets.count() > MOST_ADDRESSES {
            return Err(format!("masscan is given {MOST_ADDRESSES} addresses at a time"));
        }
        if !targets.of_family(true).is_empty() {
            return Err("masscan is asked about IPv4 only".to_owned());
        }
        let (looked_up, unreachable) = Targets::look_up(targets);
        if let Some((address, _)) = unreachable.first() {
            return Err(format!("masscan has no way to {address}"));
        }
        let text = fs::read_to_string("/proc/net/route").unwrap_or_default();
        let routers = Routers::parse(&text);
        let ways = looked_up.list().iter().map(|target| routers.way_to(target));
        let mut ways = ways.collect::<Result<BTreeSet<Self>, String>>()?.into_iter();
        match (ways.next(), ways.next()) {
            (Some(way), None) => Ok(way),
            _ => Err("masscan gives everything to one router, and these are behind several".into()),
        }
    }
}

/// A network behind a router.
#[derive(Debug, PartialEq, Eq)]
struct Route {
    network: Ipv4Addr,
    prefix: u32,
    interface: String,
    router: Ipv4Addr,
}

/// What is behind routers, longest prefix first.
struct Routers(Vec<Route>);

impl Routers {
    /// Reads the text of `/proc/net/route`.
    fn parse(text: &str) -> Self {
        let mut routes: Vec<Route> = text.lines().filter_map(route).collect();
        routes.sort_by_key(|route| std::cmp::Reverse(route.prefix));
        Self(routes)
    }

    fn way_to(&self, target: &Target) -> Result<Way, String> {
        let address = target.ip;
        let (IpAddr::V4(ip), IpAddr::V4(source)) = (address, target.source) else {
            return Err("masscan is asked about IPv4 only".to_owned());
        };
        match target.reach {
            Reach::Local => return Err(format!("masscan cannot see this machine ({address})")),
            Reach::OnLink => {
                return Err(format!(
                    "masscan gives everything to a router, and {address} is on a link of this \
                     machine"
                ));
            }
            Reach::Routed => {}
        }
        let is_within = |route: &&Route| {
            (ip.to_bits() ^ route.network.to_bits()).leading_zeros() >= route.prefix
        };
        let route = self.0.iter().find(is_within);
        let route = route.ok_or_else(|| format!("masscan has no way to {address}"))?;
        Ok(Way { interface: route.interface.clone(), source, router: route.router })
    }
}

/// A line of `/proc/net/route` that names a router. Its numbers are in the machine's byte order.
fn route(line: &str) -> Option<Route> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let octets = |place: usize| {
        let number = u32::from_str_radix(columns.get(place)?, 16).ok()?;
        Some(number.to_ne_bytes())
    };
    let router = Ipv4Addr::from(octets(2)?);
    let prefix = u32::from_be_bytes(octets(7)?).leading_ones();
    let interface = columns[0].to_owned();
    (!router.is_unspecified()).then(|| Route {
        network: octets(1).map_or(Ipv4Addr::UNSPECIFIED, Into::into),
        prefix,
        interface,
        router,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n\
        eth0\t00000000\tFE01A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
        eth1\t00004D0A\tFDFF4C0A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
        eth0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n";

    fn target(ip: &str, reach: Reach) -> Target {
        Target {
            address: ip.parse().unwrap(),
            ip: ip.parse().unwrap(),
            scope: 0,
            source: [192, 168, 1, 9].into(),
            reach,
            link: 0,
        }
    }

    #[test]
    fn the_router_with_the_longest_prefix_is_taken() {
        let routers = Routers::parse(TABLE);
        let way = |ip| routers.way_to(&target(ip, Reach::Routed)).unwrap();

        let near = way("10.77.0.5");
        let far = way("203.0.113.5");

        assert_eq!((near.interface.as_str(), near.router), ("eth1", [10, 76, 255, 253].into()));
        assert_eq!((far.interface.as_str(), far.router), ("eth0", [192, 168, 1, 254].into()));
        assert_eq!(far.source, Ipv4Addr::new(192, 168, 1, 9));
    }

    #[test]
    fn neighbours_and_this_machine_have_no_router() {
        let routers = Routers::parse(TABLE);
        let refused = |reach| routers.way_to(&target("192.168.1.7", reach)).unwrap_err();

        assert_eq!(refused(Reach::Local), "masscan cannot see this machine (192.168.1.7)");
        assert_eq!(
            refused(Reach::OnLink),
            "masscan gives everything to a router, and 192.168.1.7 is on a link of this machine"
        );
    }

    #[test]
    fn what_masscan_cannot_scan_is_told_before_it_is_started() {
        let refused = |targets: &str| Way::to(&targets.parse().unwrap()).unwrap_err();

        assert_eq!(refused("127.0.0.1"), "masscan cannot see this machine (127.0.0.1)");
        assert_eq!(refused("fd00::1"), "masscan is asked about IPv4 only");
        assert_eq!(refused("10.0.0.0-10.2.0.0"), "masscan is given 65536 addresses at a time");
    }
}
