//! Hosts and networks that answer everything: recognised from a sample, and told with the evidence.

use std::collections::HashMap;
use std::net::IpAddr;

use netscan_model::observation::Host;

/// Fewer ports asked tell nothing.
const FEWEST_ASKED: u32 = 100;
/// Fewer open ports are nothing unusual.
const FEWEST_OPEN: u32 = 64;
/// The share of the ports asked, in percent, above which no real host has them open.
const OPEN_PERCENT: u32 = 60;
/// Fewer addresses that are alike tell nothing of their network.
const FEWEST_ALIKE: usize = 64;
/// The share of a network's addresses, in percent, that answer alike.
const ALIKE_PERCENT: usize = 95;

/// Why the open ports of `host` may not be real, if they are too many of those that were asked.
///
/// It has to be told of each port, at least in number, as nmap does: in a list of open ports alone
/// everyone is a tarpit.
#[must_use]
pub fn judge(host: &Host) -> Option<String> {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let counted = host.extra_ports.iter().map(|extra| extra.count);
    let all = counted.fold(count(host.ports.len()), u32::saturating_add);
    let open = count(host.open_ports());
    is_tarpit(open, all, all).then(|| evidence_of_host(open, all, all))
}

/// Whether a host has more ports open than a real one: `open` among the first `asked` of `all`.
pub(crate) fn is_tarpit(open: u32, asked: u32, all: u32) -> bool {
    all >= FEWEST_ASKED
        && open > FEWEST_OPEN
        && u64::from(open) * 100 > u64::from(asked) * u64::from(OPEN_PERCENT)
}

/// Why a host is thought to be one, for people.
pub(crate) fn evidence_of_host(open: u32, asked: u32, all: u32) -> String {
    if asked < all {
        return format!(
            "{open} of the first about {asked} ports that were asked, chosen at random, are open; \
             the rest of {all} was not asked"
        );
    }
    format!("{open} of the {all} ports that were asked are open")
}

/// How one address answers: what is the same for all addresses behind one middlebox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Signature {
    /// Its open ports, sorted.
    pub(crate) open: Vec<u16>,
    pub(crate) ttl: Option<u8>,
    pub(crate) window: Option<u16>,
}

/// An address of a network that is judged.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub(crate) ip: IpAddr,
    /// Its hardware address, which no two machines share.
    pub(crate) hardware: Option<[u8; 6]>,
    /// How it answers, if it has an open port.
    pub(crate) signature: Option<Signature>,
}

/// The /24, or /64, that an address lies in.
fn network_of(ip: IpAddr) -> (IpAddr, u8) {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            ([a, b, c, 0].into(), 24)
        }
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            ([a, b, c, d, 0, 0, 0, 0].into(), 64)
        }
    }
}

/// The networks in which nearly every address that was asked answers alike, with the evidence for
/// each of those addresses, by its place in `asked`.
pub(crate) fn alike(asked: &[Address]) -> HashMap<usize, String> {
    let mut networks: HashMap<(IpAddr, u8), Vec<usize>> = HashMap::new();
    for (place, address) in asked.iter().enumerate() {
        networks.entry(network_of(address.ip)).or_default().push(place);
    }
    let judged = networks.into_iter().filter(|(_, places)| places.len() >= FEWEST_ALIKE);
    judged
        .flat_map(|((network, prefix), places)| alike_in(asked, &places, network, prefix))
        .collect()
}

fn alike_in(
    asked: &[Address],
    places: &[usize],
    network: IpAddr,
    prefix: u8,
) -> Vec<(usize, String)> {
    let mut by_signature: HashMap<&Signature, Vec<usize>> = HashMap::new();
    for place in places {
        if let Some(signature) = &asked[*place].signature {
            by_signature.entry(signature).or_default().push(*place);
        }
    }
    let most = by_signature.into_iter().max_by_key(|(_, alike)| alike.len());
    let Some((signature, alike)) = most else { return Vec::new() };
    let are_many = alike.len() >= FEWEST_ALIKE && alike.len() * 100 >= places.len() * ALIKE_PERCENT;
    if !are_many || are_different_machines(asked, &alike) {
        return Vec::new();
    }
    let evidence = format!(
        "{} of the {} addresses asked in {network}/{prefix} answer alike, with the same {} open",
        alike.len(),
        places.len(),
        if signature.open.len() == 1 {
            "port".to_owned()
        } else {
            format!("{} ports", signature.open.len())
        },
    );
    alike.into_iter().map(|place| (place, evidence.clone())).collect()
}

/// Whether their hardware addresses say that they are as many machines.
fn are_different_machines(asked: &[Address], places: &[usize]) -> bool {
    let mut hardware: Vec<_> = places.iter().filter_map(|place| asked[*place].hardware).collect();
    hardware.sort_unstable();
    hardware.dedup();
    hardware.len() * 2 > places.len()
}

#[cfg(test)]
mod tests {
    use netscan_model::observation::{ExtraPorts, Port, PortState, Protocol};

    use super::*;

    #[test]
    fn a_host_is_judged_by_the_ports_that_were_asked_so_far() {
        for (open, asked, all, expected) in [
            (64, 64, 65_535, false),
            (65, 65, 65_535, true),
            (65, 120, 65_535, false),
            (90, 120, 1_000, true),
            (600, 1_000, 1_000, false),
            (601, 1_000, 1_000, true),
            (100, 100, 100, true),
            (99, 99, 99, false),
        ] {
            assert_eq!(is_tarpit(open, asked, all), expected, "{open} of {asked} of {all}");
        }
    }

    #[test]
    fn a_host_that_nmap_found_is_judged_by_all_of_its_ports() {
        let port = |port| Port {
            port,
            protocol: Protocol::Tcp,
            state: PortState::Open,
            reason: "syn-ack".into(),
            reason_ttl: None,
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        };
        let host = |open, closed: &[u32]| Host {
            ports: (1..=open).map(port).collect(),
            extra_ports: closed
                .iter()
                .map(|count| ExtraPorts {
                    state: PortState::Closed,
                    count: *count,
                    reasons: Vec::new(),
                })
                .collect(),
            ..Host::default()
        };

        assert_eq!(
            judge(&host(900, &[60, 40])).as_deref(),
            Some("900 of the 1000 ports that were asked are open")
        );
        for (open, closed) in
            [(600, &[400][..]), (90, &[]), (900, &[u32::MAX, u32::MAX]), (0, &[1000])]
        {
            assert_eq!(judge(&host(open, closed)), None, "{open} {closed:?}");
        }
    }

    #[test]
    fn a_filtering_host_with_many_open_ports_is_none() {
        // All that answers is open, since the others are dropped; but few of those asked answer.
        assert!(!is_tarpit(200, 30_000, 65_535));
    }

    #[test]
    fn the_evidence_says_what_was_not_asked() {
        assert_eq!(
            evidence_of_host(900, 1_000, 1_000),
            "900 of the 1000 ports that were asked are open"
        );
        assert!(evidence_of_host(80, 90, 1_000).ends_with("the rest of 1000 was not asked"));
    }

    fn address(last: u8, open: &[u16]) -> Address {
        let signature = (!open.is_empty()).then(|| Signature {
            open: open.to_vec(),
            ttl: Some(60),
            window: Some(1024),
        });
        Address { ip: [198, 51, 100, last].into(), hardware: None, signature }
    }

    #[test]
    fn a_network_whose_addresses_answer_alike_is_suspect() {
        let mut asked: Vec<_> = (0..100).map(|last| address(last, &[80, 443])).collect();
        asked[7] = address(7, &[22]);

        let suspects = alike(&asked);

        assert_eq!(suspects.len(), 99);
        assert!(!suspects.contains_key(&7));
        assert_eq!(
            suspects[&0],
            "99 of the 100 addresses asked in 198.51.100.0/24 answer alike, with the same 2 ports open"
        );
    }

    #[test]
    fn a_network_in_which_some_addresses_are_silent_is_not_suspect() {
        let asked: Vec<_> =
            (0..100).map(|last| address(last, if last < 90 { &[80] } else { &[] })).collect();

        assert!(alike(&asked).is_empty());
    }

    #[test]
    fn machines_of_one_kind_are_not_suspect() {
        let with_hardware =
            |last| Address { hardware: Some([2, 0, 0, 0, 0, last]), ..address(last, &[22]) };
        let asked: Vec<_> = (0..100).map(with_hardware).collect();

        assert!(alike(&asked).is_empty());
    }
}
