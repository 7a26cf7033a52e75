//! Which ports a scan looked at.

use netscan_model::observation::{PortKey, Protocol, ScanInfo};
use netscan_model::scan::Scan;
use netscan_store::{Realm, StoreError};

/// Of a scan's attempts, so many are looked at for one that tells which ports were probed.
const ATTEMPTS_LOOKED_AT: u32 = 20;

/// The ports that a scan looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Probed {
    /// These ranges.
    These(Vec<(Protocol, u16, u16)>),
    /// Nothing tells, as of a scan that was imported: then what is not listed is taken for closed.
    Unknown,
}

impl Probed {
    /// The ports that `scan` looked at, as the first attempt tells that tells of any.
    pub(super) async fn by(realm: &Realm, scan: &Scan) -> Result<Self, StoreError> {
        let attempts = realm.earliest_attempts(scan.id, ATTEMPTS_LOOKED_AT).await?;
        let telling = attempts.iter().find(|attempt| !attempt.detail.scan_infos.is_empty());
        let is_portless = scan.options.split(' ').any(|word| matches!(word, "-sn" | "-sL"));
        Ok(match telling {
            Some(attempt) => Self::told(&attempt.detail.scan_infos),
            None if is_portless => Self::These(Vec::new()),
            None => Self::Unknown,
        })
    }

    fn told(infos: &[ScanInfo]) -> Self {
        let ranges = infos.iter().filter_map(|info| Some((info.protocol?, &info.services)));
        let ranges = ranges.flat_map(|(protocol, services)| {
            services.split(',').filter_map(move |item| range(protocol, item))
        });
        Self::These(ranges.collect())
    }

    pub(super) fn has(&self, PortKey { protocol, port }: PortKey) -> bool {
        let covers = |(of, first, last): &(Protocol, u16, u16)| {
            *of == protocol && (*first..=*last).contains(&port)
        };
        match self {
            Self::These(ranges) => ranges.iter().any(covers),
            Self::Unknown => true,
        }
    }
}

fn range(protocol: Protocol, item: &str) -> Option<(Protocol, u16, u16)> {
    let (first, last) = item.split_once('-').unwrap_or((item, item));
    Some((protocol, first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_was_probed_when_nmap_says_so() {
        let info = ScanInfo {
            kind: "syn".into(),
            protocol: Some(Protocol::Tcp),
            service_count: 4,
            services: "22,80-82".into(),
            scan_flags: None,
        };
        let probed = Probed::told(&[info]);
        let has = |protocol, port| probed.has(PortKey { protocol, port });

        assert!(has(Protocol::Tcp, 22) && has(Protocol::Tcp, 82));
        assert!(!has(Protocol::Tcp, 83) && !has(Protocol::Udp, 22));
        assert!(Probed::Unknown.has(PortKey { protocol: Protocol::Udp, port: 53 }));
    }
}
