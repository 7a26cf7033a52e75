//! What a template is given: the report as one JSON document, with all text harmless to look at.
//!
//! What a report tells at its beginning is known last, so it stands behind the hosts; readers of
//! JSON do not mind. The manual (`docs/guide.md`) lists what there is: take nothing away from it.

use std::io;

use netscan_model::coverage::CoverageState;
use netscan_model::observation::{Host, Script};
use serde_json::{Map, Value, json};

use crate::certificates::Certificate;
use crate::changes::ChangesSince;
use crate::findings::{self, Finding};
use crate::json::json_text;
use crate::method;
use crate::statement::{missed, statement};
use crate::tally::Tally;
use crate::words::{self, clean, moment};
use crate::writer::{Body, ReportHead};

/// Hosts that a template is given: it holds all of them at once.
const MOST_HOSTS: u64 = 10_000;
/// Rows of gaps that it is given.
const MOST_GAPS: usize = 1_000;

/// The document.
pub(crate) struct Material {
    tally: Tally,
}

impl Material {
    pub(crate) fn new() -> Self {
        Self { tally: Tally::new() }
    }
}

impl Body for Material {
    fn begin(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let gaps: Vec<_> = words::gaps(head).take(MOST_GAPS).map(|it| gap(&it)).collect();
        let parts = [
            ("scan", scan(head)),
            ("coverage", coverage(head)),
            ("gaps", gaps.into()),
            ("gaps_total", (head.gaps.len() + head.unresolved.len()).into()),
            ("changes", head.changes.as_ref().map_or(Value::Null, changes)),
            ("method", facts(method::what(head))),
            ("command", clean(&head.method.arguments).into()),
            ("leave", facts(head.authorisation.as_ref().map(method::leave).unwrap_or_default())),
        ];
        page.push(b'{');
        for (name, value) in parts {
            page.extend(format!("\"{name}\":{},\n", json_text(&value, false)?).into_bytes());
        }
        page.extend(b"\"hosts\":[");
        Ok(())
    }

    fn host(&mut self, found: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        let findings = findings::of_host(found);
        self.tally.add(found, &findings);
        if self.tally.hosts > MOST_HOSTS {
            return Ok(());
        }
        let separator = if self.tally.hosts == 1 { "\n" } else { ",\n" };
        page.extend(separator.as_bytes());
        page.extend(json_text(&host(found, &findings), false)?.into_bytes());
        Ok(())
    }

    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let tally = &mut self.tally;
        let day = method::day_of(head);
        let left_out = tally.hosts.saturating_sub(MOST_HOSTS);
        let summary = json!({
            "hosts": tally.hosts, "up": tally.up, "open_ports": tally.open_ports,
            "findings": tally.findings.total, "certificates": tally.certificates.total,
            "certificates_expired": tally.expired(day), "not_scanned": missed(&head.coverage),
            "suspects": tally.suspects,
            "severities": counts(tally.severities().map(|(name, count)| (name.to_string(), count))),
        });
        let found = tally.findings.listed().iter();
        let findings: Vec<_> = found
            .map(|(it, address, _)| {
                let mut it = finding(it);
                it["address"] = address.to_string().into();
                it
            })
            .collect();
        let certificates = tally.certificates.listed().iter();
        let certificates: Vec<_> =
            certificates.map(|(it, _)| certificate(it, &it.expiry(day))).collect();
        let rest = json!({
            "hosts_left_out": left_out, "summary": summary,
            "ports": counts(tally.top_ports()), "services": counts(tally.top_services()),
            "findings": findings, "certificates": certificates,
        });
        let rest = json_text(&rest, false)?;
        page.extend(format!("\n],\n{}\n", &rest[1..]).into_bytes());
        Ok(())
    }
}

fn scan(head: &ReportHead) -> Value {
    let scan = &head.scan;
    let method = &head.method;
    let targets: Vec<_> = scan.targets.iter().map(|target| clean(target)).collect();
    json!({
        "number": scan.number, "id": scan.id, "name": clean(&scan.name),
        "title": words::title(scan), "project": clean(&scan.project),
        "organisation": clean(&scan.organisation), "status": scan.status.to_string(),
        "reason": scan.reason.as_deref().map(clean), "notes": clean(&scan.notes),
        "made_by": clean(&scan.owner), "targets": targets, "options": clean(&scan.options),
        "started": method.started_at.or(scan.started_at).map(moment),
        "ended": method.ended_at.or(scan.completed_at).map(moment),
        "times": method::times(head), "where": words::filter(head),
        "netscan_version": env!("CARGO_PKG_VERSION"),
    })
}

/// The statement in words, and how many addresses are in each state.
fn coverage(head: &ReportHead) -> Value {
    let coverage = &head.coverage;
    let mut said = Map::new();
    said.insert("statement".to_owned(), statement(coverage).into());
    said.insert("sentence".to_owned(), words::coverage_sentence(coverage).into());
    said.insert("planned".to_owned(), coverage.planned.into());
    for state in CoverageState::ALL {
        said.insert(state.name().to_owned(), coverage.count(*state).into());
    }
    said.into()
}

fn gap(gap: &words::Gap) -> Value {
    json!({ "address": gap.place, "state": gap.state, "reason": gap.reason })
}

fn changes(changes: &ChangesSince) -> Value {
    let row = |[change, address, port, before, after]: [String; 5]| {
        json!({
            "change": change, "address": address, "port": port, "before": before, "after": after,
        })
    };
    json!({
        "since": changes.number(), "sentences": changes.sentences(), "counts": changes.counts(),
        "rows": changes.rows().map(row).collect::<Vec<_>>(), "rows_left_out": changes.beyond(),
    })
}

fn facts(facts: Vec<(&str, String)>) -> Value {
    facts.into_iter().map(|(label, value)| json!({ "label": label, "value": value })).collect()
}

fn counts(counts: impl IntoIterator<Item = (String, u64)>) -> Value {
    counts.into_iter().map(|(name, count)| json!({ "name": name, "count": count })).collect()
}

fn host(host: &Host, findings: &[Finding]) -> Value {
    let ports: Vec<_> = words::sorted_ports(host)
        .into_iter()
        .map(|port| {
            let service = port.service.as_ref();
            json!({
                "name": words::key(port).to_string(), "port": port.port,
                "protocol": port.protocol.to_string(), "state": port.state.to_string(),
                "service": service.map(words::service_name).unwrap_or_default(),
                "version": service.map(words::version).unwrap_or_default(),
                "reason": clean(&port.reason), "scripts": scripts(&port.scripts),
            })
        })
        .collect();
    json!({
        "address": host.address.to_string(), "names": words::names(host),
        "status": words::status_word(host).replace('_', " "), "reason": clean(&host.reason),
        "os": host.os.first().map(words::os), "latency": words::latency(host),
        "suspect": host.details.suspect.as_deref().map(clean),
        "facts": facts(words::host_facts(host)), "open_ports": words::open_ports(host),
        "ports": ports, "not_shown": words::not_shown(host), "scripts": scripts(&host.scripts),
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

fn scripts(scripts: &[Script]) -> Value {
    let said = scripts.iter().filter(|script| !script.output.trim().is_empty());
    let lines = |script| words::script_lines(script).collect::<Vec<_>>().join("\n");
    said.map(|script| json!({ "id": clean(&script.id), "output": lines(script) })).collect()
}

fn finding(finding: &Finding) -> Value {
    let Finding { id, title, place, script, certainty, severity, score } = finding;
    json!({
        "id": id, "title": title, "severity": severity.to_string(), "score": score.to_string(),
        "port": place.map(|place| place.to_string()), "script": script,
        "certainty": certainty.to_string(),
    })
}

fn certificate(certificate: &Certificate, expiry: &str) -> Value {
    let Certificate { expires, address, port, subject, issuer, key, signature } = certificate;
    json!({
        "subject": subject, "issuer": issuer, "expires": expires.to_string(), "expiry": expiry,
        "address": address.to_string(), "port": port.to_string(), "key": key,
        "signature": signature,
    })
}
