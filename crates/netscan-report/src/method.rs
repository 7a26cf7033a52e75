//! The method: how the scan was made, with what, when, and by whose leave.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use netscan_model::observation::ScanInfo;
use netscan_model::scope::Authorisation;

use crate::words::{self, clean, counted, moment};
use crate::writer::ReportHead;

/// Labels and values.
type Facts = Vec<(&'static str, String)>;

/// With what it was made, and when.
pub(crate) fn what(head: &ReportHead) -> Facts {
    let ReportHead { scan, method, .. } = head;
    let limits = &scan.limits;
    let mut facts = vec![("Targets", words::targets(&scan.targets))];
    facts.extend(scan.modules.iter().filter(|module| module.enabled).map(|module| {
        let options = if module.id == "nmap" { scan.options.as_str() } else { "" };
        ("Module", clean(format!("{} {options}", module.id).trim()))
    }));
    facts.extend(method.program_version.as_deref().map(|version| ("nmap", clean(version))));
    facts.extend(method.scan_infos.iter().map(|info| ("Probed", probed(info))));
    facts.extend(method.started_at.or(scan.started_at).map(|time| ("Started", moment(time))));
    facts.extend(method.ended_at.or(scan.completed_at).map(|time| ("Ended", moment(time))));
    let rate = limits.max_rate.map(|rate| format!("{rate} packets per second at most"));
    let host =
        limits.host_timeout_ms.map(|time| format!("{} s for a host at most", time.get() / 1000));
    let tries =
        format!("{} for a batch at most", counted(limits.attempts.get().into(), "try", "tries"));
    let pace: Vec<_> = rate.into_iter().chain(host).chain([tries]).collect();
    facts.push(("Pace", pace.join(", ")));
    facts.push(("Made by", clean(&scan.owner)));
    facts.push(("Scan", scan.id.to_string()));
    facts
}

fn probed(info: &ScanInfo) -> String {
    const SHOWN: usize = 200;
    let protocol = info.protocol.map(|protocol| format!("{protocol} ")).unwrap_or_default();
    let ports = counted(info.service_count.into(), "port", "ports");
    let services = clean(&info.services);
    let services = match services.char_indices().nth(SHOWN) {
        None => services,
        Some((end, _)) => format!("{}…", &services[..end]),
    };
    format!("{protocol}{}: {ports} ({services})", clean(&info.kind))
}

/// By whose leave.
pub(crate) fn leave(authorisation: &Authorisation) -> Facts {
    let Authorisation { authorised_by, ticket, valid_from, valid_until } = authorisation;
    let mut facts = vec![("Allowed by", clean(authorised_by))];
    facts.extend(ticket.as_deref().map(|ticket| ("Ticket", clean(ticket))));
    facts.extend(valid_from.map(|time| ("From", moment(time))));
    facts.extend(valid_until.map(|time| ("Until", moment(time))));
    facts
}

/// When the scan ran, and how long.
pub(crate) fn times(head: &ReportHead) -> Option<String> {
    let from = head.method.started_at.or(head.scan.started_at)?;
    let until = head.method.ended_at.or(head.scan.completed_at);
    let took = until.map(|until| format!(", {}", duration(from, until))).unwrap_or_default();
    Some(format!("{}{took}", moment(from)))
}

fn duration(from: Timestamp, until: Timestamp) -> String {
    let seconds = until.as_second().saturating_sub(from.as_second()).max(0).unsigned_abs();
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// The day that certificates are seen from.
pub(crate) fn day_of(head: &ReportHead) -> Option<Date> {
    let ended = head.method.ended_at.or(head.scan.completed_at).or(head.scan.started_at)?;
    Some(ended.to_zoned(TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_two_parts() {
        let from = Timestamp::UNIX_EPOCH;
        let told = |seconds| duration(from, Timestamp::from_second(seconds).unwrap());

        assert_eq!(
            [5, 90, 7_500, 90_000].map(told),
            ["5 s", "1 min 30 s", "2 h 5 min", "25 h 0 min"]
        );
        assert_eq!(duration(Timestamp::from_second(9).unwrap(), from), "0 s");
    }
}
