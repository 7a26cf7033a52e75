//! The method: how the scan was made, with what, when, and by whose leave.

use std::io::{self, Write};

use netscan_model::observation::ScanInfo;
use netscan_model::scope::Authorisation;

use super::markup::{escape, facts};
use crate::words::{self, clean, counted, moment};
use crate::writer::ReportHead;

/// The section.
pub(super) fn write(head: &ReportHead, page: &mut impl Write) -> io::Result<()> {
    writeln!(page, "<section aria-labelledby=\"method\">\n<h2 id=\"method\">Method</h2>")?;
    facts(&what(head), page)?;
    if !head.method.arguments.is_empty() {
        let arguments = escape(&clean(&head.method.arguments));
        writeln!(page, "<h3>Command</h3>\n<pre>{arguments}</pre>")?;
    }
    writeln!(page, "<h3>Leave</h3>")?;
    match &head.authorisation {
        Some(authorisation) => facts(&leave(authorisation), page)?,
        None => writeln!(page, "<p>Nobody wrote down who allowed this scan.</p>")?,
    }
    writeln!(page, "</section>")
}

fn what(head: &ReportHead) -> Vec<(&'static str, String)> {
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

fn leave(authorisation: &Authorisation) -> Vec<(&'static str, String)> {
    let Authorisation { authorised_by, ticket, valid_from, valid_until } = authorisation;
    let mut facts = vec![("Allowed by", clean(authorised_by))];
    facts.extend(ticket.as_deref().map(|ticket| ("Ticket", clean(ticket))));
    facts.extend(valid_from.map(|time| ("From", moment(time))));
    facts.extend(valid_until.map(|time| ("Until", moment(time))));
    facts
}
