//! Hosts as lists need them.

use netscan_model::observation::{Host, HostDetails, Port, Service};

/// What of a host a list shows: not what scripts said, nor how it was found out.
pub(crate) fn brief(mut host: Host) -> Host {
    host.os.truncate(1);
    host.extra_ports.iter_mut().for_each(|extra| extra.reasons.clear());
    Host {
        ports: host.ports.into_iter().map(brief_port).collect(),
        scripts: Vec::new(),
        details: HostDetails {
            suspect: host.details.suspect,
            truncated: host.details.truncated,
            ..HostDetails::default()
        },
        entities: Vec::new(),
        ..host
    }
}

fn brief_port(port: Port) -> Port {
    let service = port.service.map(|Service { name, product, version, .. }| Service {
        name,
        product,
        version,
        ..Service::default()
    });
    Port { service, scripts: Vec::new(), reason_ttl: None, reason_address: None, ..port }
}
