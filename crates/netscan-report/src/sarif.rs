//! SARIF 2.1.0 (OASIS): the findings, for programs that collect findings of many tools.
//!
//! A result is a weakness in one place of one host. Results stand before the tool that made them,
//! so that its rules can be told when all are known.

use std::collections::BTreeMap;
use std::io;

use netscan_model::observation::Host;
use netscan_model::scan::State;
use serde_json::{Value, json};

use crate::findings::{self, Certainty, Finding, Score, Severity};
use crate::json::json_text;
use crate::sanitise::sanitise;
use crate::words;
use crate::writer::{Body, ReportHead};

/// Rules that are described. A result may name one that is not.
const MOST_RULES: usize = 10_000;

/// The document.
#[derive(Default)]
pub(crate) struct Sarif {
    /// The greatest score under each id.
    rules: BTreeMap<String, Score>,
    has_results: bool,
}

impl Body for Sarif {
    fn begin(&mut self, _: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        page.extend(
            b"{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\
              \"runs\":[{\"results\":[",
        );
        Ok(())
    }

    fn host(&mut self, host: &Host, page: &mut Vec<u8>) -> io::Result<()> {
        for finding in findings::of_host(host) {
            if self.has_results {
                page.push(b',');
            }
            page.push(b'\n');
            page.extend(json_text(&result(host, &finding), false)?.as_bytes());
            self.has_results = true;
            self.know(finding);
        }
        Ok(())
    }

    fn finish(&mut self, head: &ReportHead, page: &mut Vec<u8>) -> io::Result<()> {
        let rules: Vec<Value> = self.rules.iter().map(|(id, score)| rule(id, *score)).collect();
        let driver = json!({
            "name": "netscan",
            "version": env!("CARGO_PKG_VERSION"),
            "rules": rules,
        });
        let tool = json_text(&json!({ "driver": driver }), false)?;
        let invocation = json_text(&invocation(head), false)?;
        page.extend(
            format!("\n],\"tool\":{tool},\"invocations\":[{invocation}]}}]}}\n").as_bytes(),
        );
        Ok(())
    }
}

impl Sarif {
    fn know(&mut self, finding: Finding) {
        if self.rules.len() < MOST_RULES || self.rules.contains_key(&finding.id) {
            let score = self.rules.entry(finding.id).or_default();
            // The highest sorts first.
            *score = finding.score.min(*score);
        }
    }
}

fn result(host: &Host, finding: &Finding) -> Value {
    let Finding { id, place, script, .. } = finding;
    let (address, place) = (host.address, place.map(|place| place.to_string()));
    let at = place.as_deref().unwrap_or("host");
    json!({
        "ruleId": id,
        "level": level(finding),
        "message": { "text": message(host, finding) },
        "locations": [{
            "physicalLocation": { "artifactLocation": {
                "uri": format!("host/{address}/{at}").replace('%', "%25"),
            } },
            "logicalLocations": [{ "fullyQualifiedName": format!("{address} {at}") }],
        }],
        "partialFingerprints": { "place/v1": format!("{address} {at} {script} {id}") },
        "properties": {
            "address": address.to_string(),
            "hostnames": host.hostnames.iter().map(|name| sanitise(&name.name)).collect::<Vec<_>>(),
            "port": place,
            "script": script,
            "certainty": finding.certainty.name(),
            "severity": finding.severity.name(),
            "cvss": finding.score.is_told().then(|| finding.score.to_string()),
        },
    })
}

fn level(finding: &Finding) -> &'static str {
    match (finding.severity, finding.certainty) {
        (Severity::Critical | Severity::High, _) => "error",
        (Severity::Medium, _) | (Severity::Unrated, Certainty::Vulnerable | Certainty::Likely) => {
            "warning"
        }
        (Severity::Low, _) | (Severity::Unrated, Certainty::ByVersion) => "note",
    }
}

/// What the result says, in SARIF's plain text: there, brackets make links and braces are places to
/// fill in, unless they are escaped.
fn message(host: &Host, finding: &Finding) -> String {
    let place = finding.place.map(|place| format!(" port {place}")).unwrap_or_default();
    let title =
        if finding.title.is_empty() { String::new() } else { format!(" ({})", finding.title) };
    let Finding { id, certainty, script, .. } = finding;
    let address = words::address_and_names(host);
    let said = match certainty {
        Certainty::Vulnerable => format!("{address}{place} is vulnerable to {id}{title}"),
        Certainty::Likely => format!("{address}{place} is likely vulnerable to {id}{title}"),
        Certainty::ByVersion => {
            format!("{address}{place} says it is of a version that {id}{title} is known of")
        }
    };
    plain(&format!("{said}, as the script {script} tells"))
}

fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '[' | ']' => plain.extend(['\\', character]),
            '{' | '}' => plain.extend([character, character]),
            character => plain.push(character),
        }
    }
    plain
}

fn rule(id: &str, score: Score) -> Value {
    let is_cve = id.starts_with("CVE-");
    let text = if is_cve { plain(id) } else { format!("What the script {} finds", plain(id)) };
    let mut rule = json!({
        "id": id,
        "shortDescription": { "text": text },
        "properties": { "tags": ["security"] },
    });
    if is_cve {
        rule["helpUri"] = json!(format!("https://www.cve.org/CVERecord?id={id}"));
    }
    if score.is_told() {
        rule["properties"]["security-severity"] = json!(score.to_string());
    }
    rule
}

/// How the tool ran, with what it did not reach.
fn invocation(head: &ReportHead) -> Value {
    let ReportHead { scan, coverage, method, .. } = head;
    let is_whole = scan.status == State::Completed;
    let mut invocation = json!({
        "executionSuccessful": is_whole,
        "toolExecutionNotifications": [{
            "level": if is_whole { "note" } else { "warning" },
            "message": { "text": plain(&words::coverage_sentence(coverage)) },
        }],
        "properties": { "scan": words::title(scan), "filter": words::filter(head) },
    });
    if !method.arguments.is_empty() {
        invocation["commandLine"] = json!(sanitise(&method.arguments));
    }
    for (name, time) in [
        ("startTimeUtc", method.started_at.or(scan.started_at)),
        ("endTimeUtc", method.ended_at.or(scan.completed_at)),
    ] {
        if let Some(time) = time {
            invocation[name] = json!(time.to_string());
        }
    }
    invocation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_braces_are_text() {
        assert_eq!(plain("[a](http://b) {0} \\"), "\\[a\\](http://b) {{0}} \\\\");
    }
}
