//! Findings: the weaknesses that scripts report of a host, with CVE ids and CVSS scores.
//!
//! Two kinds of scripts report them: those with nmap's library `vulns`, which say of each weakness
//! whether the host has it, and `vulners`, which lists what is known of the version that a service
//! says it has.

use std::collections::BTreeSet;
use std::fmt;

use netscan_model::named;
use netscan_model::observation::{Host, PortKey, Script, ScriptNode, ScriptValue};

use crate::sanitise::sanitise;
use crate::words;

/// A host that claims more than this is not believed.
const MOST_OF_A_HOST: usize = 1_000;
/// Characters of a title that are kept.
const LONGEST_TITLE: usize = 200;

/// One weakness in one place. All its text has been through [`sanitise`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How bad it is: the worst first.
    pub severity: Severity,
    /// Its CVSS score, if one is told: the highest first.
    pub score: Score,
    /// Its CVE id, or the script that reports it where none is told.
    pub id: String,
    /// The port, or nothing for the host as a whole.
    pub place: Option<PortKey>,
    /// The script that reports it.
    pub script: String,
    /// What it is called; empty when only its id is told.
    pub title: String,
    /// How sure the script is.
    pub certainty: Certainty,
}

/// How bad a finding is, by its CVSS score. The worst sorts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// 9.0 and above.
    Critical,
    /// 7.0 to 8.9.
    High,
    /// 4.0 to 6.9.
    Medium,
    /// Below 4.0.
    Low,
    /// No score is told.
    Unrated,
}

named!(Severity, "severity", {
    Critical = "critical", High = "high", Medium = "medium", Low = "low", Unrated = "unrated",
});

/// How sure a script is. The surest sorts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It has tried.
    Vulnerable,
    /// It has tried, and something else may look the same.
    Likely,
    /// It goes by the version that the service says it has.
    ByVersion,
}

named!(Certainty, "certainty", {
    Vulnerable = "vulnerable", Likely = "likely vulnerable", ByVersion = "by its version",
});

/// A CVSS score in tenths, or none. High scores sort first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score(Option<u8>);

impl Score {
    /// The score that `text` begins with, such as `7.5 (HIGH)`.
    fn read(text: &str) -> Self {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (whole, rest) = text[..end].split_once('.').unwrap_or((&text[..end], "0"));
        let tenth = rest.chars().next().and_then(|digit| digit.to_digit(10)).unwrap_or(0);
        let whole: Option<u8> = whole.parse().ok().filter(|whole| *whole <= 10);
        let tenth = u8::try_from(tenth).expect("one digit");
        Self(whole.map(|whole| (whole * 10 + tenth).min(100)))
    }

    fn severity(self) -> Severity {
        match self.0 {
            None | Some(0) => Severity::Unrated,
            Some(90..) => Severity::Critical,
            Some(70..) => Severity::High,
            Some(40..) => Severity::Medium,
            Some(_) => Severity::Low,
        }
    }

    /// Whether there is one.
    pub(crate) fn is_told(self) -> bool {
        self.0.is_some()
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.cmp(&self.0)
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Score {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |tenths| write!(out, "{}.{}", tenths / 10, tenths % 10))
    }
}

/// What is worth acting on at `host`, the worst first, each thing once.
#[must_use]
pub fn of_host(host: &Host) -> Vec<Finding> {
    let of_ports = host
        .ports
        .iter()
        .flat_map(|port| port.scripts.iter().map(|script| (Some(words::key(port)), script)));
    let of_host = host.scripts.iter().map(|script| (None, script));
    let all = of_ports.chain(of_host).flat_map(|(place, script)| of_script(place, script));
    let mut seen = BTreeSet::new();
    let is_new = |finding: &Finding| {
        seen.insert((finding.place, finding.script.clone(), finding.id.clone()))
    };
    let mut findings: Vec<_> = all.filter(is_new).take(MOST_OF_A_HOST).collect();
    findings.sort();
    findings
}

fn of_script(place: Option<PortKey>, script: &Script) -> Vec<Finding> {
    let found = if script.id == "vulners" { by_version(script) } else { by_trial(script) };
    let finding = |found: Found| Finding {
        severity: found.score.severity(),
        score: found.score,
        id: found.id.unwrap_or_else(|| sanitise(&script.id).into_owned()),
        place,
        script: sanitise(&script.id).into_owned(),
        title: shortened(&found.title),
        certainty: found.certainty,
    };
    found.into_iter().map(finding).collect()
}

/// A finding before it is known where.
struct Found {
    id: Option<String>,
    score: Score,
    title: String,
    certainty: Certainty,
}

/// What `vulners` lists: a table per CPE, with a table per weakness.
fn by_version(script: &Script) -> Vec<Found> {
    let entries = script.data.iter().flat_map(rows);
    let found = |entry: &ScriptNode| {
        let id = cves(text(rows(entry), "id")?).into_iter().next()?;
        let score = text(rows(entry), "cvss").map(Score::read).unwrap_or_default();
        let certainty = Certainty::ByVersion;
        Some(Found { id: Some(id), score, title: String::new(), certainty })
    };
    entries.filter_map(found).collect()
}

/// What a script with the library `vulns` says: a table per weakness, or only the text of it.
fn by_trial(script: &Script) -> Vec<Found> {
    let tables = script.data.iter().filter(|node| text(rows(node), "state").is_some());
    let mut tables = tables.peekable();
    if tables.peek().is_some() {
        return tables.flat_map(of_table).collect();
    }
    of_text(&script.output)
}

fn of_table(table: &ScriptNode) -> Vec<Found> {
    let Some(certainty) = text(rows(table), "state").and_then(certainty) else { return Vec::new() };
    let title = text(rows(table), "title").unwrap_or_default();
    let scores = under(rows(table), "scores").iter().filter_map(as_text).map(Score::read);
    let score = scores.filter(|score| score.is_told()).min().unwrap_or_default();
    let ids = under(rows(table), "ids").iter().filter_map(as_text);
    let mut named: BTreeSet<String> = ids.flat_map(cves).collect();
    named.extend(table.key.as_deref().map(cves).unwrap_or_default());
    each(named, &Found { id: None, score, title: title.to_owned(), certainty })
}

/// Weaknesses that are told as people read them: a line `State: VULNERABLE` below the title.
fn of_text(output: &str) -> Vec<Found> {
    let lines: Vec<&str> = output.lines().map(str::trim).collect();
    let states = lines
        .iter()
        .enumerate()
        .filter_map(|(place, line)| Some((place, certainty(line.strip_prefix("State:")?)?)));
    let found = states.flat_map(|(place, certainty)| {
        let title = place.checked_sub(1).map_or("", |above| lines[above]);
        let below = lines[place + 1..].iter().take_while(|line| !line.starts_with("State:"));
        let named = below.flat_map(|line| cves(line)).collect();
        each(named, &Found { id: None, score: Score(None), title: title.to_owned(), certainty })
    });
    found.collect()
}

/// One finding per CVE id, or one without any.
fn each(ids: BTreeSet<String>, found: &Found) -> Vec<Found> {
    let with = |id: Option<String>| Found {
        id,
        score: found.score,
        title: found.title.clone(),
        certainty: found.certainty,
    };
    if ids.is_empty() { vec![with(None)] } else { ids.into_iter().map(Some).map(with).collect() }
}

/// What the library `vulns` calls a weakness that is there.
fn certainty(state: &str) -> Option<Certainty> {
    let state = state.trim();
    if state.starts_with("VULNERABLE") {
        Some(Certainty::Vulnerable)
    } else if state.starts_with("LIKELY VULNERABLE") {
        Some(Certainty::Likely)
    } else {
        None
    }
}

/// The CVE ids in `text`, in their order, such as `CVE-2014-3566`.
fn cves(text: &str) -> Vec<String> {
    let id = |(place, prefix): (usize, &str)| {
        let rest = &text[place + prefix.len()..];
        let (year, rest) = rest.split_at_checked(4)?;
        let number = rest.strip_prefix('-')?;
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        let is_id = year.bytes().all(|byte| byte.is_ascii_digit()) && (4..=19).contains(&end);
        is_id.then(|| format!("CVE-{year}-{}", &number[..end]))
    };
    text.match_indices("CVE-").filter_map(id).collect()
}

fn shortened(title: &str) -> String {
    let title = sanitise(title.trim());
    match title.char_indices().nth(LONGEST_TITLE) {
        None => title.into_owned(),
        Some((end, _)) => format!("{}…", &title[..end]),
    }
}

// A script's structured output

/// What is in a table; nothing is in a text.
pub(crate) fn rows(node: &ScriptNode) -> &[ScriptNode] {
    match &node.value {
        ScriptValue::Table(rows) => rows,
        ScriptValue::Text(_) => &[],
    }
}

/// What is in the table under `key`.
pub(crate) fn under<'a>(nodes: &'a [ScriptNode], key: &str) -> &'a [ScriptNode] {
    nodes.iter().find(|node| node.key.as_deref() == Some(key)).map_or(&[], rows)
}

/// The text under `key`.
pub(crate) fn text<'a>(nodes: &'a [ScriptNode], key: &str) -> Option<&'a str> {
    nodes.iter().filter(|node| node.key.as_deref() == Some(key)).find_map(as_text)
}

fn as_text(node: &ScriptNode) -> Option<&str> {
    match &node.value {
        ScriptValue::Text(text) => Some(text),
        ScriptValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use netscan_model::observation::{Port, PortState, Protocol};

    use super::*;

    fn leaf(key: &str, text: &str) -> ScriptNode {
        ScriptNode { key: Some(key.into()), value: ScriptValue::Text(text.into()) }
    }

    fn table(key: &str, rows: Vec<ScriptNode>) -> ScriptNode {
        ScriptNode { key: Some(key.into()), value: ScriptValue::Table(rows) }
    }

    fn with(scripts: Vec<Script>) -> Host {
        let port = Port {
            port: 443,
            protocol: Protocol::Tcp,
            state: PortState::Open,
            reason: String::new(),
            reason_ttl: None,
            reason_address: None,
            service: None,
            scripts,
        };
        Host { ports: vec![port], ..Host::default() }
    }

    fn told(host: &Host) -> Vec<String> {
        let told = |finding: Finding| {
            let Finding { severity, score, id, place, script, title, certainty } = finding;
            let place = place.map(|place| place.to_string()).unwrap_or_default();
            format!("{severity} {score} {id} {place} {script} {title:?} {certainty}")
        };
        of_host(host).into_iter().map(told).collect()
    }

    #[test]
    fn vulners_tells_cves_by_version_each_once_and_the_worst_first() {
        let entry = |id: &str, cvss: &str| ScriptNode {
            key: None,
            value: ScriptValue::Table(vec![leaf("id", id), leaf("cvss", cvss)]),
        };
        let listed = || {
            vec![
                entry("CVE-2019-0001", "4.3"),
                entry("CVE-2020-12345", "9.8"),
                entry("PACKETSTORM:1", "10.0"),
            ]
        };
        let data = vec![table("cpe:/a:one", listed()), table("cpe:/a:two", listed())];
        let host = with(vec![Script { id: "vulners".into(), data, ..Script::default() }]);

        assert_eq!(
            told(&host),
            [
                "critical 9.8 CVE-2020-12345 443/tcp vulners \"\" by its version",
                "medium 4.3 CVE-2019-0001 443/tcp vulners \"\" by its version",
            ]
        );
    }

    #[test]
    fn a_table_of_vulns_is_a_finding_only_when_the_host_has_it() {
        let weakness = |key: &str, state: &str| {
            table(
                key,
                vec![
                    leaf("title", "POODLE\x1b[2J"),
                    leaf("state", state),
                    table(
                        "ids",
                        vec![ScriptNode {
                            key: None,
                            value: ScriptValue::Text("CVE:CVE-2014-3566".into()),
                        }],
                    ),
                    table("scores", vec![leaf("CVSSv2", "7.5 (HIGH) (AV:N)")]),
                ],
            )
        };
        let script = |id: &str, state: &str| Script {
            id: id.into(),
            data: vec![weakness("CVE-2014-3566", state)],
            ..Script::default()
        };
        let host = with(vec![
            script("one", "VULNERABLE (Exploitable)"),
            script("two", "LIKELY VULNERABLE"),
            script("three", "NOT VULNERABLE"),
        ]);

        assert_eq!(
            told(&host),
            [
                "high 7.5 CVE-2014-3566 443/tcp one \"POODLE\\\\x1b[2J\" vulnerable",
                "high 7.5 CVE-2014-3566 443/tcp two \"POODLE\\\\x1b[2J\" likely vulnerable",
            ]
        );
    }

    #[test]
    fn text_alone_is_read_as_people_read_it() {
        let output = "\n  VULNERABLE:\n  Slow requests\n    State: LIKELY VULNERABLE\n    IDs:  CVE:CVE-2007-6750\n  \
                      Other\n    State: NOT VULNERABLE\n    IDs:  CVE:CVE-2001-0001\n  Third\n    State: VULNERABLE";
        let script = Script { id: "http-slow".into(), output: output.into(), ..Script::default() };

        assert_eq!(
            told(&with(vec![script])),
            [
                "unrated  CVE-2007-6750 443/tcp http-slow \"Slow requests\" likely vulnerable",
                "unrated  http-slow 443/tcp http-slow \"Third\" vulnerable",
            ]
        );
        let harmless =
            Script { id: "banner".into(), output: "CVE-2020-1234".into(), ..Script::default() };
        assert_eq!(told(&with(vec![harmless])), [""; 0]);
    }

    #[test]
    fn scores_are_read_in_tenths() {
        for (text, shown, severity) in [
            ("10.0", "10.0", Severity::Critical),
            ("7", "7.0", Severity::High),
            (" 6.94 x", "6.9", Severity::Medium),
            ("0.1", "0.1", Severity::Low),
            ("11.0", "", Severity::Unrated),
            ("", "", Severity::Unrated),
            (".5", "", Severity::Unrated),
            ("10.9", "10.0", Severity::Critical),
            ("7.é", "7.0", Severity::High),
        ] {
            let score = Score::read(text);
            assert_eq!((score.to_string().as_str(), score.severity()), (shown, severity), "{text}");
        }
    }

    #[test]
    fn only_whole_ids_are_cves() {
        assert_eq!(
            cves("CVE-2014-3566, CVE-1-2 CVE-20é4-1234 CVE-2021-44228x"),
            ["CVE-2014-3566", "CVE-2021-44228"]
        );
    }
}
