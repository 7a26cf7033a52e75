//! How things are said to people, in every format that people read.
//!
//! All text that leaves here has been through [`sanitise`]; the formats add only their own
//! escaping.

use jiff::Timestamp;
use netscan_model::coverage::{Coverage, CoverageState};
use netscan_model::difference::Changes;
use netscan_model::observation::{Host, OsMatch, Port, PortKey, PortState, Script, Service};
use netscan_model::scan::Scan;

use crate::sanitise::sanitise;
use crate::writer::ReportHead;

/// Said instead of changes.
pub(crate) const NOTHING_BEFORE: &str =
    "No earlier scan had all of these addresses to scan, so there is nothing to compare with.";
/// Said instead of who allowed a scan.
pub(crate) const NO_LEAVE: &str = "Nobody wrote down who allowed this scan.";

/// The coverage as a sentence: `256 addresses planned: 12 up, 240 down, 4 timed out`.
#[must_use]
pub fn coverage_sentence(coverage: &Coverage) -> String {
    let counts: Vec<_> = coverage_counts(coverage)
        .into_iter()
        .map(|(state, count)| format!("{count} {}", state_words(state)))
        .collect();
    let planned = counted(coverage.planned, "address", "addresses");
    if counts.is_empty() {
        return format!("{planned} planned");
    }
    format!("{planned} planned: {}", counts.join(", "))
}

/// How many addresses are in each state that any is in: those that were scanned first.
pub(crate) fn coverage_counts(coverage: &Coverage) -> Vec<(CoverageState, u64)> {
    let order = [
        CoverageState::Up,
        CoverageState::Down,
        CoverageState::TimedOut,
        CoverageState::Unresolved,
        CoverageState::Failed,
        CoverageState::Cancelled,
        CoverageState::Excluded,
        CoverageState::OutOfScope,
        CoverageState::Pending,
    ];
    let counts = order.into_iter().map(|state| (state, coverage.count(state)));
    counts.filter(|(_, count)| *count > 0).collect()
}

/// A coverage state in words: its name with spaces.
pub(crate) fn state_words(state: CoverageState) -> String {
    state.name().replace('_', " ")
}

/// That hosts are left out of a comparison, why, and what to do; nothing when none is.
pub(crate) fn left_out(changes: Changes) -> Option<String> {
    let hosts = changes.suspect;
    let (are, their, them) =
        if hosts == 1 { ("is", "its", "it") } else { ("are", "their", "them") };
    (hosts > 0).then(|| {
        format!(
            "{} {} {are} left out, because something seems to answer in {their} place: \
             netscan diff --suspects compares {them} too",
            grouped(hosts),
            if hosts == 1 { "host" } else { "hosts" }
        )
    })
}

/// `1 address`, `2 addresses`.
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A number as people read it: `12 345`, with a space that does not break.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + 8);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A moment for people, in UTC.
pub(crate) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What to call a scan: `Scan 12 "office" of project default`.
pub(crate) fn title(scan: &Scan) -> String {
    let name = if scan.name.is_empty() { String::new() } else { format!(" \"{}\"", scan.name) };
    sanitise(&format!("Scan {}{name} of project {}", scan.number, scan.project)).into_owned()
}

/// What there is to say of the scan, as labels and values.
pub(crate) fn scan_facts(head: &ReportHead) -> Vec<(&'static str, String)> {
    let ReportHead { scan, coverage, method, .. } = head;
    let mut facts = vec![("Status", scan.status.to_string())];
    facts.extend(scan.reason.as_deref().map(|reason| ("Reason", clean(reason))));
    facts.push(("Targets", targets(&scan.targets)));
    if !scan.notes.is_empty() {
        facts.push(("Notes", clean(&scan.notes)));
    }
    if !method.arguments.is_empty() {
        facts.push(("Command", clean(&method.arguments)));
    }
    facts.extend(method.program_version.as_deref().map(|version| ("nmap", clean(version))));
    facts.extend(method.started_at.or(scan.started_at).map(|time| ("Started", moment(time))));
    facts.extend(method.ended_at.or(scan.completed_at).map(|time| ("Ended", moment(time))));
    facts.push(("Coverage", coverage_sentence(coverage)));
    facts.extend(filter(head).map(|query| ("Only hosts that match", query)));
    facts
}

/// The query that the hosts were chosen by, if not all are there.
pub(crate) fn filter(head: &ReportHead) -> Option<String> {
    head.filter.as_deref().map(clean)
}

/// The targets, as far as a line takes them.
pub(crate) fn targets(targets: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<_> = targets.iter().take(SHOWN).map(|target| clean(target)).collect();
    match targets.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        rest => format!("{}, and {rest} more", shown.join(", ")),
    }
}

/// Something that was not scanned to the end.
pub(crate) struct Gap {
    /// Addresses, or a name that led to none.
    pub(crate) place: String,
    /// What became of it.
    pub(crate) state: String,
    /// Why.
    pub(crate) reason: String,
}

/// All that was not scanned to the end.
pub(crate) fn gaps(head: &ReportHead) -> impl Iterator<Item = Gap> {
    let ranges = head.gaps.iter().map(|range| Gap {
        place: range.addresses.to_string(),
        state: state_words(range.state),
        reason: clean(&range.reason),
    });
    let names = head.unresolved.iter().map(|(name, reason)| Gap {
        place: clean(name),
        state: state_words(CoverageState::Unresolved),
        reason: clean(reason),
    });
    ranges.chain(names)
}

/// A host's address and names: `10.0.0.1 (router.lan, gw.lan)`.
pub(crate) fn address_and_names(host: &Host) -> String {
    if host.hostnames.is_empty() {
        return host.address.to_string();
    }
    format!("{} ({})", host.address, names(host).join(", "))
}

/// A host's names.
pub(crate) fn names(host: &Host) -> Vec<String> {
    host.hostnames.iter().map(|hostname| clean(&hostname.name)).collect()
}

/// A host's open ports, such as `22/tcp`, in ascending order.
pub(crate) fn open_ports(host: &Host) -> Vec<String> {
    let ports = sorted_ports(host).into_iter();
    let open = ports.filter(|port| port.state == PortState::Open);
    open.map(|port| key(port).to_string()).collect()
}

/// One word for a host's status. A time-out is told apart from an answer, since what is missing
/// then may still be there.
pub(crate) fn status_word(host: &Host) -> &'static str {
    if host.timed_out { CoverageState::TimedOut.name() } else { host.status.name() }
}

/// A host's status in words, with what a time-out means.
pub(crate) fn status_words(host: &Host) -> &'static str {
    if host.timed_out {
        "timed out: what is missing here may still be there"
    } else {
        host.status.name()
    }
}

/// A host's status in a table of hosts: `up`, `timed out`, or `up, suspect`.
pub(crate) fn status_and_doubt(host: &Host) -> String {
    let doubt = if host.details.suspect.is_some() { ", suspect" } else { "" };
    format!("{}{doubt}", status_word(host).replace('_', " "))
}

/// The time that an answer takes, if nmap measured it.
pub(crate) fn latency(host: &Host) -> Option<String> {
    let srtt = host.details.times.as_ref()?.srtt;
    (srtt >= 0).then(|| format!("{}.{:02} ms", srtt / 1000, srtt % 1000 / 10))
}

/// What there is to say of a host besides address, names, ports and scripts.
pub(crate) fn host_facts(host: &Host) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    facts.extend(host.details.suspect.as_deref().map(|evidence| ("Suspect", clean(evidence))));
    if let Some(mac) = &host.mac {
        let vendor = host.vendor.as_ref().map(|vendor| format!(" ({vendor})")).unwrap_or_default();
        facts.push(("MAC", clean(&format!("{mac}{vendor}"))));
    }
    facts.extend(host.os.first().map(|best| ("OS", os(best))));
    if let Some(uptime) = &host.details.uptime {
        let days = counted(uptime.seconds / 86_400, "day", "days");
        facts.push(("Up for", format!("{days} {} h", uptime.seconds % 86_400 / 3_600)));
    }
    facts.extend(
        host.details.distance.map(|hops| ("Distance", counted(hops.into(), "hop", "hops"))),
    );
    if host.details.truncated {
        facts.push(("Note", "it said more than is kept".to_owned()));
    }
    facts
}

/// An operating system and how well it fits.
pub(crate) fn os(os: &OsMatch) -> String {
    format!("{} ({} %)", clean(&os.name), os.accuracy)
}

/// A host's ports in ascending order, TCP before UDP.
pub(crate) fn sorted_ports(host: &Host) -> Vec<&Port> {
    let mut ports: Vec<_> = host.ports.iter().collect();
    ports.sort_by_key(|port| key(port));
    ports
}

/// Where a port is, such as `22/tcp`.
pub(crate) fn key(port: &Port) -> PortKey {
    PortKey { protocol: port.protocol, port: port.port }
}

/// A service's name, with what it is inside of: `ssl/http`.
pub(crate) fn service_name(service: &Service) -> String {
    match &service.tunnel {
        None => clean(&service.name),
        Some(tunnel) => clean(&format!("{tunnel}/{}", service.name)),
    }
}

/// What a service says it is, as nmap puts it: `OpenSSH 9.2p1 (protocol 2.0)`.
pub(crate) fn version(service: &Service) -> String {
    let extra = service.extra_info.as_ref().map(|extra| format!("({extra})"));
    let rpc = match (service.rpc_number, service.rpc_low_version, service.rpc_high_version) {
        (None, ..) => None,
        (Some(number), Some(low), Some(high)) if low == high => {
            Some(format!("{low} (RPC #{number})"))
        }
        (Some(number), Some(low), Some(high)) => Some(format!("{low}-{high} (RPC #{number})")),
        (Some(number), ..) => Some(format!("(RPC #{number})")),
    };
    let parts = [service.product.clone(), service.version.clone(), rpc, extra];
    clean(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
}

/// The ports that were only counted: `990 closed, 9 filtered ports`.
pub(crate) fn not_shown(host: &Host) -> Option<String> {
    let total: u64 = host.extra_ports.iter().map(|extra| u64::from(extra.count)).sum();
    let counts: Vec<_> =
        host.extra_ports.iter().map(|extra| format!("{} {}", extra.count, extra.state)).collect();
    let ports = if total == 1 { "port" } else { "ports" };
    (total > 0).then(|| format!("{} {ports}", counts.join(", ")))
}

/// All scripts that said something, those of ports first, with where they looked.
pub(crate) fn scripts(host: &Host) -> Vec<(Option<PortKey>, &Script)> {
    let of_ports = sorted_ports(host)
        .into_iter()
        .flat_map(|port| port.scripts.iter().map(|script| (Some(key(port)), script)));
    let of_host = host.scripts.iter().map(|script| (None, script));
    of_ports.chain(of_host).filter(|(_, script)| !script.output.trim().is_empty()).collect()
}

/// What scripts said, each after its id, on one line or more. It is not sanitised.
pub(crate) fn scripts_text(scripts: &[Script]) -> String {
    let said: Vec<_> =
        scripts.iter().map(|script| format!("{}: {}", script.id, script.output.trim())).collect();
    said.join("\n")
}

/// What a script's lines are headed by: `22/tcp ssh-hostkey`.
pub(crate) fn script_title(place: Option<PortKey>, script: &Script) -> String {
    match place {
        None => clean(&script.id),
        Some(place) => format!("{place} {}", clean(&script.id)),
    }
}

/// A script's output line by line, without empty lines at either end. A last line tells when it
/// was cut.
pub(crate) fn script_lines(script: &Script) -> impl Iterator<Item = String> {
    let cut = script.truncated.then(|| "(cut here: the script said more)".to_owned());
    let lines = script.output.trim_matches(['\n', '\r', ' ']).lines();
    lines.map(|line| clean(line.trim_end())).chain(cut)
}

/// `text` from a stranger as one harmless line.
pub(crate) fn clean(text: &str) -> String {
    sanitise(text).into_owned()
}

#[cfg(test)]
mod tests {
    use netscan_model::observation::Times;

    use super::*;

    #[test]
    fn coverage_names_only_what_there_is() {
        let coverage = Coverage::of([
            (CoverageState::Up, 12),
            (CoverageState::Down, 240),
            (CoverageState::OutOfScope, 4),
        ]);

        assert_eq!(
            coverage_sentence(&coverage),
            "256 addresses planned: 12 up, 240 down, 4 out of scope"
        );
        assert_eq!(
            coverage_sentence(&Coverage::of([(CoverageState::TimedOut, 1)])),
            "1 address planned: 1 timed out"
        );
        assert_eq!(coverage_sentence(&Coverage::default()), "0 addresses planned");
    }

    #[test]
    fn latency_is_told_only_when_it_was_measured() {
        let mut host = Host::default();
        assert_eq!(latency(&host), None);

        host.details.times = Some(Times { srtt: 12_345, rttvar: 1, to: 1 });
        assert_eq!(latency(&host).as_deref(), Some("12.34 ms"));

        host.details.times = Some(Times { srtt: -1, rttvar: -1, to: -1 });
        assert_eq!(latency(&host), None);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        let grouped = |number| super::grouped(number).replace('\u{202f}', "_");

        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1_000", "1_234_567"]);
    }
}
