//! What one host has answered, and how that is told: ports one by one, or counted by state.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use netscan_model::observation::{ExtraPorts, ExtraReason, Port, PortState, Protocol};

/// More ports than these in one state are counted, not listed; as nmap has it.
const MOST_LISTED: usize = 25;
/// More refusals than these are not remembered one by one.
const MOST_REMEMBERED: usize = 8_192;

/// What one host has answered so far, in one protocol.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// How the host is known to be up, with the hops that answer had left.
    pub(super) up: Option<(&'static str, Option<u8>)>,
    /// The shortest time to an answer.
    pub(super) rtt: Option<Duration>,
    /// Open ports, with the hops their answers had left.
    pub(super) open: Vec<(u16, Option<u8>)>,
    /// The window of the first answer: a mark of who answers.
    pub(super) window: Option<u16>,
    pub(super) closed: u32,
    closed_ttl: Option<u8>,
    refused: Vec<Refusal>,
    /// Those that were not remembered one by one.
    refused_besides: BTreeMap<&'static str, u32>,
    /// Why somebody on the way says that the host cannot be reached.
    pub(super) obstacle: Option<&'static str>,
}

/// A port that was answered for by ICMP.
#[derive(Clone, Copy, Debug)]
struct Refusal {
    port: u16,
    reason: &'static str,
    ttl: Option<u8>,
    by: IpAddr,
}

/// What a protocol calls its answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wording {
    pub(super) protocol: Protocol,
    pub(crate) open: &'static str,
    pub(super) closed: &'static str,
    /// What a port is that stays silent.
    pub(super) silent: PortState,
}

impl Wording {
    pub(crate) const SYN: Self = Self {
        protocol: Protocol::Tcp,
        open: "syn-ack",
        closed: "reset",
        silent: PortState::Filtered,
    };
    // nmap calls it syn-ack in a connect scan, too: it is what the kernel was answered.
    pub(super) const CONNECT: Self = Self { closed: "conn-refused", ..Self::SYN };
    // It hears no refusals, so that a port which stays silent may be either.
    pub(crate) const MASSCAN: Self = Self { silent: PortState::ClosedFiltered, ..Self::SYN };
    pub(crate) const UDP: Self = Self {
        protocol: Protocol::Udp,
        open: "udp-response",
        closed: "port-unreach",
        silent: PortState::OpenFiltered,
    };
}

impl Tally {
    /// One that has heard of open ports only, with the hops their answers had left.
    pub(crate) fn of_open(open: impl IntoIterator<Item = (u16, Option<u8>)>) -> Self {
        Self { open: open.into_iter().collect(), ..Self::default() }
    }

    /// The host answered, and how. The first answer counts.
    pub(super) fn is_up(&mut self, reason: &'static str, ttl: Option<u8>, rtt: Option<Duration>) {
        self.up.get_or_insert((reason, ttl));
        self.rtt = match (self.rtt, rtt) {
            (Some(before), Some(rtt)) => Some(before.min(rtt)),
            (before, rtt) => before.or(rtt),
        };
    }

    pub(super) fn closed(&mut self, ttl: Option<u8>) {
        self.closed += 1;
        self.closed_ttl = self.closed_ttl.or(ttl);
    }

    pub(super) fn refused(&mut self, port: u16, reason: &'static str, by: IpAddr, ttl: Option<u8>) {
        if self.refused.len() < MOST_REMEMBERED {
            self.refused.push(Refusal { port, reason, ttl, by });
        } else {
            *self.refused_besides.entry(reason).or_default() += 1;
        }
    }

    /// The ports as they are told. `is_answered` says which of `asked` have been, by place;
    /// `is_whole` whether silence means something, since all of them were asked.
    pub(crate) fn ports(
        &self,
        ip: IpAddr,
        wording: Wording,
        asked: &[u16],
        is_answered: impl Fn(usize) -> bool,
        is_whole: bool,
    ) -> (Vec<Port>, Vec<ExtraPorts>) {
        let port = |port, state, reason: &str, ttl: Option<u8>| Port {
            port,
            protocol: wording.protocol,
            state,
            reason: reason.to_owned(),
            reason_ttl: ttl.map(u32::from),
            reason_address: None,
            service: None,
            scripts: Vec::new(),
        };
        let open = self
            .open
            .iter()
            .map(|(number, ttl)| port(*number, PortState::Open, wording.open, *ttl));
        let mut ports: Vec<Port> = open.collect();
        let mut told: Vec<u16> = ports.iter().map(|port| port.port).collect();
        told.extend(self.refused.iter().map(|refusal| refusal.port));
        told.sort_unstable();
        let is_told = |port: &u16| told.binary_search(port).is_ok();
        let of = |wanted: bool| {
            let places = asked.iter().enumerate();
            let these =
                places.filter(|(place, port)| is_answered(*place) == wanted && !is_told(port));
            these.map(|(_, port)| *port).collect::<Vec<u16>>()
        };
        let mut groups = Groups::default();
        if self.closed > 0 {
            let listed = if self.refused_besides.is_empty() { of(true) } else { Vec::new() };
            groups.add(PortState::Closed, wording.closed, self.closed, listed);
        }
        let silent = if is_whole { of(false) } else { Vec::new() };
        if !silent.is_empty() {
            let count = u32::try_from(silent.len()).expect("there are 65,536 ports");
            groups.add(wording.silent, "no-response", count, silent);
        }
        for (reason, ports) in self.refusals_by_reason() {
            let besides = self.refused_besides.get(reason).copied().unwrap_or_default();
            let count = u32::try_from(ports.len()).expect("there are 65,536 ports") + besides;
            let listed = if besides == 0 { ports } else { Vec::new() };
            groups.add(PortState::Filtered, reason, count, listed);
        }
        let mut extra = Vec::new();
        for (state, group) in groups.0 {
            if group.count() as usize > MOST_LISTED {
                extra.push(group.counted(state, wording.protocol));
                continue;
            }
            for (reason, _, listed) in group.0 {
                let ttl = (state == PortState::Closed).then_some(self.closed_ttl).flatten();
                ports.extend(listed.iter().map(|number| port(*number, state, reason, ttl)));
            }
        }
        for refusal in &self.refused {
            let listed = ports.iter_mut().find(|port| port.port == refusal.port);
            if let Some(port) = listed {
                port.reason_ttl = refusal.ttl.map(u32::from);
                port.reason_address = (refusal.by != ip).then(|| refusal.by.to_string());
            }
        }
        ports.sort_unstable_by_key(|port| port.port);
        (ports, extra)
    }

    fn refusals_by_reason(&self) -> BTreeMap<&'static str, Vec<u16>> {
        let mut by_reason: BTreeMap<&'static str, Vec<u16>> = BTreeMap::new();
        for refusal in &self.refused {
            by_reason.entry(refusal.reason).or_default().push(refusal.port);
        }
        by_reason
    }
}

/// Ports of one state, by reason: how many, and which if that is known.
#[derive(Default)]
struct Group(Vec<(&'static str, u32, Vec<u16>)>);

#[derive(Default)]
struct Groups(Vec<(PortState, Group)>);

impl Groups {
    fn add(&mut self, state: PortState, reason: &'static str, count: u32, mut listed: Vec<u16>) {
        listed.sort_unstable();
        let place = self.0.iter().position(|(other, _)| *other == state).unwrap_or_else(|| {
            self.0.push((state, Group::default()));
            self.0.len() - 1
        });
        self.0[place].1.0.push((reason, count, listed));
    }
}

impl Group {
    fn count(&self) -> u32 {
        self.0.iter().map(|(_, count, _)| count).sum()
    }

    fn counted(&self, state: PortState, protocol: Protocol) -> ExtraPorts {
        let reasons = self.0.iter().map(|(reason, count, listed)| ExtraReason {
            reason: (*reason).to_owned(),
            count: *count,
            protocol: Some(protocol),
            ports: (!listed.is_empty()).then(|| ranges(listed)),
        });
        ExtraPorts { state, count: self.count(), reasons: reasons.collect() }
    }
}

/// Sorted ports as nmap lists them: `1-21,23`.
pub(crate) fn ranges(ports: &[u16]) -> String {
    let runs = ports.chunk_by(|one, other| one.checked_add(1) == Some(*other));
    let texts = runs.map(|run| match run {
        [first, .., last] => format!("{first}-{last}"),
        _ => run[0].to_string(),
    });
    texts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 7));

    fn brief(ports: &[Port]) -> Vec<(u16, PortState, &str)> {
        ports.iter().map(|port| (port.port, port.state, port.reason.as_str())).collect()
    }

    #[test]
    fn few_ports_in_a_state_are_listed_and_many_are_counted() {
        let asked: Vec<u16> = (1..=100).collect();
        let mut tally = Tally { open: vec![(22, Some(64))], ..Tally::default() };
        (0..94).for_each(|_| tally.closed(Some(64)));
        let is_silent = |place: usize| place >= 95;

        let (ports, extra) = tally.ports(IP, Wording::SYN, &asked, |place| !is_silent(place), true);

        let silent = (96..=100).map(|port| (port, PortState::Filtered, "no-response"));
        let expected: Vec<_> =
            std::iter::once((22, PortState::Open, "syn-ack")).chain(silent).collect();
        assert_eq!(brief(&ports), expected);
        let reasons = vec![ExtraReason {
            reason: "reset".into(),
            count: 94,
            protocol: Some(Protocol::Tcp),
            ports: Some("1-21,23-95".into()),
        }];
        assert_eq!(extra, [ExtraPorts { state: PortState::Closed, count: 94, reasons }]);
    }

    #[test]
    fn a_refusal_names_its_reason_and_whoever_refused() {
        let mut tally = Tally::default();
        tally.refused(80, "admin-prohibited", [10, 0, 0, 1].into(), Some(63));
        tally.refused(81, "admin-prohibited", IP, Some(64));

        let (ports, extra) = tally.ports(IP, Wording::SYN, &[80, 81, 82], |place| place < 2, true);

        let told = |port: &Port| (port.port, port.reason.clone(), port.reason_address.clone());
        assert_eq!(
            ports.iter().map(told).collect::<Vec<_>>(),
            [
                (80, "admin-prohibited".into(), Some("10.0.0.1".into())),
                (81, "admin-prohibited".into(), None),
                (82, "no-response".into(), None),
            ]
        );
        assert!(extra.is_empty());
    }

    #[test]
    fn what_was_never_asked_is_not_called_silent() {
        let tally = Tally { open: vec![(1, None)], ..Tally::default() };

        let (ports, extra) = tally.ports(IP, Wording::SYN, &[1, 2, 3], |place| place == 0, false);

        assert_eq!(brief(&ports), [(1, PortState::Open, "syn-ack")]);
        assert!(extra.is_empty());
    }

    #[test]
    fn neighbouring_ports_are_written_as_ranges() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1-3,5,7-8");
        assert_eq!(ranges(&[]), "");
    }
}
