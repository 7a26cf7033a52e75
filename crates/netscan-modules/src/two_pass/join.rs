//! What both passes know of a host, as one.

use netscan_model::observation::{Host, HostStatus, Port, PortState};

/// The host as discovery saw it, with what nmap learned of its open ports.
///
/// Which ports there are, and what became of those that are not open, is for the first pass to say:
/// nmap was asked about no others. An open port stays one when nmap got no answer from it.
pub(super) fn joined(first: Host, second: Host) -> Host {
    if second.status != HostStatus::Up {
        return first;
    }
    let mut looked_at = second.ports;
    let ports = first.ports.into_iter().map(|port| {
        let is_same = |other: &Port| (other.port, other.protocol) == (port.port, port.protocol);
        let closer = looked_at.iter().position(is_same).map(|place| looked_at.swap_remove(place));
        match closer {
            Some(closer) if is_telling(&port, &closer) => closer,
            _ => port,
        }
    });
    Host {
        ports: ports.collect(),
        reason: first.reason,
        reason_ttl: first.reason_ttl,
        timed_out: first.timed_out || second.timed_out,
        mac: second.mac.or(first.mac),
        extra_ports: first.extra_ports,
        details: netscan_model::observation::HostDetails {
            times: second.details.times.or(first.details.times),
            ..second.details
        },
        ..second
    }
}

/// Whether nmap's word on a port says more than what is known of it.
fn is_telling(port: &Port, closer: &Port) -> bool {
    port.state == PortState::Open && matches!(closer.state, PortState::Open | PortState::Closed)
}

#[cfg(test)]
mod tests {
    use netscan_model::observation::{ExtraPorts, Protocol, Service};

    use super::*;

    fn port(number: u16, state: PortState, service: Option<&str>) -> Port {
        let service = service.map(|name| Service { name: name.into(), ..Service::default() });
        Port {
            port: number,
            protocol: Protocol::Tcp,
            state,
            reason: "syn-ack".into(),
            reason_ttl: None,
            reason_address: None,
            service,
            scripts: Vec::new(),
        }
    }

    fn host(ports: Vec<Port>) -> Host {
        Host { ports, ..Host::at("10.0.0.1".parse().unwrap()) }
    }

    #[test]
    fn versions_come_from_nmap_and_everything_else_from_discovery() {
        let closed = ExtraPorts { state: PortState::Closed, count: 998, reasons: Vec::new() };
        let first = Host {
            reason: "echo-reply".into(),
            extra_ports: vec![closed.clone()],
            ..host(vec![port(22, PortState::Open, Some("ssh")), port(80, PortState::Open, None)])
        };
        let second = Host {
            reason: "user-set".into(),
            ..host(vec![
                port(22, PortState::Open, Some("dropbear")),
                port(25, PortState::Closed, None),
                port(80, PortState::Filtered, Some("http")),
            ])
        };

        let both = joined(first, second);

        let name = |port: &Port| port.service.as_ref().map(|service| service.name.clone());
        assert_eq!(
            both.ports.iter().map(name).collect::<Vec<_>>(),
            [Some("dropbear".into()), None]
        );
        assert_eq!(both.ports[1].state, PortState::Open);
        assert_eq!((both.reason.as_str(), both.extra_ports), ("echo-reply", vec![closed]));
    }

    #[test]
    fn a_port_that_was_closed_meanwhile_is_closed() {
        let first = host(vec![port(22, PortState::Open, None)]);
        let second = host(vec![port(22, PortState::Closed, None)]);

        assert_eq!(joined(first, second).ports[0].state, PortState::Closed);
    }

    #[test]
    fn what_nmap_gave_up_on_is_kept_as_it_was() {
        let first = host(vec![port(22, PortState::Open, Some("ssh"))]);
        let second = Host { timed_out: true, ..host(Vec::new()) };

        let both = joined(first.clone(), second);

        assert!(both.timed_out);
        assert_eq!(both.ports, first.ports);
    }
}
