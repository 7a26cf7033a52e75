//! How far a scan looks: at which ports, and whether it asks who is behind them.

use crate::observation::{PortKey, Protocol, ScanInfo};

/// What a scan would have seen of a host that answered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The ports that it looks at.
    pub probed: Probed,
    /// Whether it asks open ports who they are (`-sV`).
    pub has_versions: bool,
    /// Whether it runs scripts (`-sC`, `--script`).
    pub has_scripts: bool,
    /// Whether it looks for the operating system (`-O`).
    pub has_os: bool,
}

impl Reach {
    /// The reach of a scan with these `words` on nmap's command line, which says itself in `infos`
    /// at which ports it looked.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>, infos: &[ScanInfo]) -> Self {
        let mut reach = Self {
            probed: Probed::Unknown,
            has_versions: false,
            has_scripts: false,
            has_os: false,
        };
        let mut is_portless = false;
        for word in words {
            match word {
                "-sV" => reach.has_versions = true,
                "-O" => reach.has_os = true,
                "-A" => {
                    (reach.has_versions, reach.has_scripts, reach.has_os) = (true, true, true);
                }
                "-sn" | "-sL" => is_portless = true,
                word if word == "-sC" || word.starts_with("--script=") || word == "--script" => {
                    reach.has_scripts = true;
                }
                _ => {}
            }
        }
        if !infos.is_empty() {
            reach.probed = Probed::told(infos);
        } else if is_portless {
            reach.probed = Probed::These(Vec::new());
        }
        reach
    }

    /// Whether whatever a scan with the reach `other` sees, one with this reach sees too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.has_versions >= other.has_versions
            && self.has_scripts >= other.has_scripts
            && self.has_os >= other.has_os
            && self.probed.covers(&other.probed)
    }
}

/// The ports that a scan looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// These ranges: ascending within a protocol, and none touches the next.
    These(Vec<(Protocol, u16, u16)>),
    /// Nothing tells, as of a scan that was imported: then what is not listed is taken for closed.
    Unknown,
}

impl Probed {
    fn told(infos: &[ScanInfo]) -> Self {
        let ranges = infos.iter().filter_map(|info| Some((info.protocol?, &info.services)));
        let ranges = ranges.flat_map(|(protocol, services)| {
            services.split(',').filter_map(move |item| range(protocol, item))
        });
        let mut ranges: Vec<_> = ranges.collect();
        ranges.sort_unstable();
        ranges.dedup_by(|(protocol, first, last), (earlier, _, end)| {
            let touches = protocol == earlier && u32::from(*first) <= u32::from(*end) + 1;
            if touches {
                *end = (*end).max(*last);
            }
            touches
        });
        Self::These(ranges)
    }

    /// How many they are, as far as that is known.
    #[must_use]
    pub fn count(&self) -> Option<u64> {
        let Self::These(ranges) = self else { return None };
        Some(ranges.iter().map(|(_, first, last)| u64::from(last.saturating_sub(*first)) + 1).sum())
    }

    /// Whether it looked at this port.
    #[must_use]
    pub fn has(&self, PortKey { protocol, port }: PortKey) -> bool {
        self.has_range((protocol, port, port))
    }

    fn has_range(&self, (protocol, first, last): (Protocol, u16, u16)) -> bool {
        match self {
            Self::These(ranges) => ranges
                .iter()
                .any(|(of, begin, end)| *of == protocol && *begin <= first && last <= *end),
            Self::Unknown => true,
        }
    }

    /// Whether it looked at every port that `other` looked at.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) => true,
            (Self::These(_), Self::Unknown) => false,
            (Self::These(_), Self::These(ranges)) => {
                ranges.iter().all(|range| self.has_range(*range))
            }
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

    fn info(protocol: Protocol, services: &str) -> ScanInfo {
        ScanInfo {
            kind: "syn".into(),
            protocol: Some(protocol),
            service_count: 4,
            services: services.into(),
            scan_flags: None,
        }
    }

    #[test]
    fn a_port_was_probed_when_nmap_says_so() {
        let probed = Probed::told(&[info(Protocol::Tcp, "22,80-82")]);
        let has = |protocol, port| probed.has(PortKey { protocol, port });

        assert!(has(Protocol::Tcp, 22) && has(Protocol::Tcp, 82));
        assert!(!has(Protocol::Tcp, 83) && !has(Protocol::Udp, 22));
        assert!(Probed::Unknown.has(PortKey { protocol: Protocol::Udp, port: 53 }));
        assert_eq!((probed.count(), Probed::Unknown.count()), (Some(4), None));
    }

    #[test]
    fn a_reach_covers_what_it_looks_at_and_nothing_else() {
        let reach = |words: &str, services: &str| {
            Reach::of(words.split(' '), &[info(Protocol::Tcp, services)])
        };
        let wide = reach("-sS -sV", "1-80,81-1000");

        assert!(wide.covers(&reach("-sS", "22,80-90")));
        assert!(wide.covers(&wide) && wide.covers(&reach("-sV", "79-82")));
        assert!(!wide.covers(&reach("-sS", "22,1001")));
        assert!(!wide.covers(&reach("-sV -sC", "22")));
        assert!(!wide.covers(&Reach::of(["-sS"], &[info(Protocol::Udp, "53")])));
        assert!(!wide.covers(&Reach::of(["-sS"], &[])));
        assert!(Reach::of(["-A"], &[]).covers(&wide));
        assert!(wide.covers(&Reach::of(["-sn"], &[])));
    }
}
