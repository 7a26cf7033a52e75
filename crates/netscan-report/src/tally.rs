//! What a report counts while hosts pass by: none of it grows with them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use netscan_model::address::Address;
use netscan_model::observation::{Host, HostStatus, PortKey, PortState};

use crate::certificates::{self, Certificate};
use crate::findings::{Finding, Severity};
use crate::method;
use crate::statement::missed;
use crate::words::{self, grouped};
use crate::writer::ReportHead;

/// Names of services that are counted by name.
const MOST_SERVICES: usize = 4_096;
/// Findings, and certificates, that are listed in front of the hosts.
const LISTED: usize = 200;

/// The counts.
pub(crate) struct Tally {
    /// All hosts.
    pub(crate) hosts: u64,
    /// Those that answered.
    pub(crate) up: u64,
    /// Ports that are open.
    pub(crate) open_ports: u64,
    /// Hosts in whose place something else seems to answer.
    pub(crate) suspects: u64,
    /// The open ports of those.
    doubtful_ports: u64,
    ports: BTreeMap<PortKey, u64>,
    services: BTreeMap<String, u64>,
    services_beyond: u64,
    severities: BTreeMap<Severity, u64>,
    /// The worst findings, with the number of the host.
    pub(crate) findings: Leaders<(Finding, Address, u64)>,
    /// The certificates that expire first, with the number of the host.
    pub(crate) certificates: Leaders<(Certificate, u64)>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            hosts: 0,
            up: 0,
            open_ports: 0,
            suspects: 0,
            doubtful_ports: 0,
            ports: BTreeMap::new(),
            services: BTreeMap::new(),
            services_beyond: 0,
            severities: BTreeMap::new(),
            findings: Leaders::new(),
            certificates: Leaders::new(),
        }
    }

    /// Counts a host and what was found of it.
    pub(crate) fn add(&mut self, host: &Host, findings: &[Finding]) {
        self.hosts += 1;
        self.up += u64::from(host.status == HostStatus::Up && !host.timed_out);
        if host.details.suspect.is_some() {
            self.suspects += 1;
            self.doubtful_ports += host.open_ports() as u64;
        }
        for port in host.ports.iter().filter(|port| port.state == PortState::Open) {
            self.open_ports += 1;
            *self.ports.entry(words::key(port)).or_default() += 1;
            let service = port.service.as_ref().map(words::service_name).unwrap_or_default();
            self.add_service(service);
        }
        for finding in findings {
            *self.severities.entry(finding.severity).or_default() += 1;
            self.findings.add((finding.clone(), host.address, self.hosts));
        }
        for certificate in certificates::of_host(host) {
            self.certificates.add((certificate, self.hosts));
        }
    }

    fn add_service(&mut self, name: String) {
        if self.services.len() < MOST_SERVICES || self.services.contains_key(&name) {
            *self.services.entry(name).or_default() += 1;
        } else {
            self.services_beyond += 1;
        }
    }

    /// The ports that most hosts have open.
    pub(crate) fn top_ports(&self) -> Vec<(String, u64)> {
        top(self.ports.iter().map(|(port, count)| (port.to_string(), *count)))
    }

    /// The services that are found most often.
    pub(crate) fn top_services(&self) -> Vec<(String, u64)> {
        let name =
            |name: &String| if name.is_empty() { "unknown".to_owned() } else { name.clone() };
        let named = self.services.iter().map(|(service, count)| (name(service), *count));
        let beyond =
            (self.services_beyond > 0).then(|| ("others".to_owned(), self.services_beyond));
        top(named.chain(beyond))
    }

    /// How many findings there are of each severity that any has, the worst first.
    pub(crate) fn severities(&self) -> impl Iterator<Item = (Severity, u64)> {
        self.severities.iter().map(|(severity, count)| (*severity, *count))
    }

    /// How many of the listed certificates had expired on that day.
    pub(crate) fn expired(&mut self, day: Option<Date>) -> usize {
        let Some(day) = day else { return 0 };
        let listed = self.certificates.listed();
        listed.iter().filter(|(certificate, _)| certificate.expires < day).count()
    }
}

impl Tally {
    /// What the first screen tells in figures.
    pub(crate) fn figures(&mut self, head: &ReportHead) -> [(u64, String); 5] {
        let certificates = match self.expired(method::day_of(head)) {
            0 => "certificates".to_owned(),
            expired => format!("certificates, {expired} expired"),
        };
        [
            (self.up, "hosts that answered".to_owned()),
            (self.open_ports, "open ports".to_owned()),
            (self.findings.total, "findings".to_owned()),
            (self.certificates.total, certificates),
            (missed(&head.coverage), "not fully scanned".to_owned()),
        ]
    }

    /// Which of the figures is to be doubted, if one is.
    pub(crate) fn doubt(&self) -> Option<String> {
        let hosts = match self.suspects {
            0 => return None,
            1 => "1 host that is".to_owned(),
            many => format!("{} hosts that are", grouped(many)),
        };
        let ports = grouped(self.doubtful_ports);
        Some(format!(
            "Of the open ports, {ports} are those of {hosts} suspect, and may not be real."
        ))
    }
}

fn top(counts: impl Iterator<Item = (String, u64)>) -> Vec<(String, u64)> {
    const SHOWN: usize = 10;
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts.truncate(SHOWN);
    counts
}

/// The least of many, and how many there were.
pub(crate) struct Leaders<T> {
    kept: Vec<T>,
    /// All that were added.
    pub(crate) total: u64,
}

impl<T: Ord> Leaders<T> {
    fn new() -> Self {
        Self { kept: Vec::new(), total: 0 }
    }

    fn add(&mut self, one: T) {
        self.total += 1;
        self.kept.push(one);
        if self.kept.len() >= 2 * LISTED {
            self.listed();
        }
    }

    /// Those that are listed, in order.
    pub(crate) fn listed(&mut self) -> &[T] {
        self.kept.sort();
        self.kept.truncate(LISTED);
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaders_are_the_least_of_all_and_all_are_counted() {
        let mut leaders = Leaders::new();
        for number in (0..10_000_u64).rev() {
            leaders.add(number);
        }

        assert_eq!(leaders.total, 10_000);
        assert!(leaders.kept.len() < 2 * LISTED);
        assert_eq!(leaders.listed(), (0..LISTED as u64).collect::<Vec<_>>());
    }

    #[test]
    fn a_stranger_with_many_names_of_services_takes_no_room() {
        let mut tally = Tally::new();
        for number in 0..2 * MOST_SERVICES {
            tally.add_service(format!("service {number}"));
        }

        assert_eq!(
            (tally.services.len(), tally.services_beyond),
            (MOST_SERVICES, MOST_SERVICES as u64)
        );
        assert_eq!(tally.top_services()[0], ("others".to_owned(), MOST_SERVICES as u64));
    }
}
