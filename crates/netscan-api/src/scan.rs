//! Scans: what makes one, what changes one, and what is told of one.
//!
//! A scan itself is [`netscan_model::scan::Scan`], as it stands.

use std::num::{NonZeroU16, NonZeroU32, NonZeroU64};

pub use netscan_model::scan::{
    MOST_ATTEMPTS, MOST_BATCH_SIZE, MOST_CONCURRENCY, MOST_DEPTH, MOST_RATE, MOST_RESULTS,
};
use netscan_model::scan::{ModuleChoice, Priority, Scan};
use netscan_model::{Host, coverage::Coverage, named};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::check::{Check, Findings};
use crate::span::Span;
use crate::text::{Label, Name, OptionLine, OptionWord, OptionWords, PortList, Prose, TargetText};

/// Targets that one request may hold.
pub const MOST_TARGETS: usize = 100_000;
/// Words of nmap's command line that one request may hold.
pub const MOST_OPTIONS: usize = 1_000;
/// Modules that one scan may run.
pub const MOST_MODULES: usize = 100;
/// Bytes that all values for the parameters of a template may have together: thousands of targets.
pub const MOST_PARAMETER_BYTES: usize = 256 * 1024;

/// What kind of target someone says that theirs is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetType {
    /// A domain.
    Domain,
    /// One address.
    Ip,
    /// A network with a prefix.
    Cidr,
    /// The addresses from one to another, or a pattern of them.
    Range,
    /// The name of one host.
    Hostname,
    /// A URL.
    Url,
    /// An email address.
    Email,
    /// The hosts that a query of the search language means, or `@` and the name of a saved search:
    /// those that it means when the scan is made.
    Search,
}

named!(TargetType, "target type", {
    Domain = "DOMAIN", Ip = "IP", Cidr = "CIDR", Range = "RANGE", Hostname = "HOSTNAME",
    Url = "URL", Email = "EMAIL", Search = "SEARCH",
});

/// A target that says what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedTarget {
    /// What it is. A value that is something else is refused.
    #[serde(rename = "type")]
    pub kind: TargetType,
    /// The target.
    #[schema(value_type = TargetText)]
    pub value: String,
}

/// How much of a host is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The top 100 ports.
    Quick,
    /// The top 1,000 ports, with the versions of open ones.
    #[default]
    Default,
    /// All ports, with versions.
    Full,
}

named!(Profile, "scan profile", { Quick = "quick", Default = "default", Full = "full" });

/// nmap's options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "write nmap's options as a text, or as an array of words")]
pub enum Options {
    /// As on a command line.
    #[schema(value_type = OptionLine)]
    Line(String),
    /// Word by word.
    #[schema(value_type = OptionWords)]
    Words(Vec<String>),
}

impl Options {
    pub(crate) fn examine(&self, field: &str, findings: &mut Findings) {
        match self {
            Self::Line(line) => findings.text::<OptionLine>(field, line),
            Self::Words(words) => findings.texts::<OptionWord>(field, words, MOST_OPTIONS),
        }
    }
}

/// Which template a scan is made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "write a template's id, or an object with id, version and parameters"
)]
pub enum TemplateChoice {
    /// Its id or name; its newest version without parameters.
    #[schema(value_type = Name)]
    Newest(String),
    /// A version of it, with parameters.
    Pinned(PinnedTemplate),
}

/// A template, a version of it, and values for its parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinnedTemplate {
    /// Its id or name.
    #[schema(value_type = Name)]
    pub id: String,
    /// Its version; the newest if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    pub version: Option<NonZeroU32>,
    /// Values for its parameters, by name; 256 KiB in all.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
}

impl TemplateChoice {
    /// The template's id or name.
    #[must_use]
    pub fn reference(&self) -> &str {
        match self {
            Self::Newest(id) => id,
            Self::Pinned(pinned) => &pinned.id,
        }
    }

    fn examine(&self, findings: &mut Findings) {
        match self {
            Self::Newest(id) => findings.text::<Name>("/template", id),
            Self::Pinned(pinned) => {
                findings.text::<Name>("/template/id", &pinned.id);
                examine_parameters("/template/parameters", &pinned.parameters, findings);
            }
        }
    }
}

/// What is wrong with values for the parameters of a template, whatever it makes of them.
pub(crate) fn examine_parameters(
    field: &str,
    values: &Map<String, Value>,
    findings: &mut Findings,
) {
    let bytes: usize = values.iter().map(|(name, value)| name.len() + bytes_of(value)).sum();
    if bytes > MOST_PARAMETER_BYTES {
        let most = MOST_PARAMETER_BYTES;
        findings.add(field, format!("have {bytes} bytes, more than the {most} that they may have"));
    }
}

/// About as many bytes as a value has in JSON.
fn bytes_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(values) => 2 + values.iter().map(|value| bytes_of(value) + 1).sum::<usize>(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| name.len() + bytes_of(value) + 4;
            2 + fields.iter().map(field).sum::<usize>()
        }
    }
}

/// How a scan is to be run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ScanConfiguration {
    /// The longest that the scan may run, pauses not counted: seconds, or a text such as `2h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_duration: Option<Span>,
    /// The most results that are wanted: hosts that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1, maximum = 1_000_000_000)]
    pub max_results: Option<NonZeroU64>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// How far what one module finds is taken up by others: 0 for not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 10)]
    pub recursion_depth: Option<u32>,
    /// Addresses in a batch at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 65536)]
    pub chunk_size: Option<NonZeroU32>,
    /// The same as `chunk_size`: write one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 65536)]
    pub batch_size: Option<NonZeroU32>,
    /// Batches at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub concurrency: Option<NonZeroU32>,
    /// Packets per second over all batches that run at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    pub max_rate: Option<NonZeroU32>,
    /// The longest that the scanner may take for one host: seconds, or a text such as `5m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_timeout: Option<Span>,
    /// The longest that one attempt at a batch may take: seconds, or a text such as `1h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_timeout: Option<Span>,
    /// Tries at a batch before it is halved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub attempts: Option<NonZeroU32>,
}

impl ScanConfiguration {
    /// Addresses in a batch at most, under either name.
    #[must_use]
    pub fn size_of_a_batch(&self) -> Option<NonZeroU32> {
        self.chunk_size.or(self.batch_size)
    }

    fn examine(&self, findings: &mut Findings) {
        let at = |name: &str| format!("/configuration/{name}");
        let small = |number: Option<NonZeroU32>| number.map(|number| number.get().into());
        let results = self.max_results.map(NonZeroU64::get);
        findings.at_most(&at("max_results"), results, MOST_RESULTS);
        let depth = self.recursion_depth.map(u64::from);
        findings.at_most(&at("recursion_depth"), depth, MOST_DEPTH);
        findings.at_most(&at("chunk_size"), small(self.chunk_size), MOST_BATCH_SIZE);
        findings.at_most(&at("batch_size"), small(self.batch_size), MOST_BATCH_SIZE);
        findings.at_most(&at("concurrency"), small(self.concurrency), MOST_CONCURRENCY);
        findings.at_most(&at("max_rate"), small(self.max_rate), MOST_RATE);
        findings.at_most(&at("attempts"), small(self.attempts), MOST_ATTEMPTS);
        findings.one_of(
            [&at("chunk_size"), &at("batch_size")],
            [self.chunk_size.is_some(), self.batch_size.is_some()],
        );
    }
}

/// Makes a scan.
///
/// Without `target` and `targets` it is made over the targets of its project, or of its template.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(examples(json!({
    "name": "office, weekly",
    "targets": ["192.0.2.0/28", "!192.0.2.13"],
    "profile": "quick",
    "configuration": { "chunk_size": 16, "concurrency": 4, "host_timeout": "5m" },
    "start": true
})))]
pub struct CreateScan {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Label>)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Prose>)]
    pub description: Option<String>,
    /// What people note about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Prose>)]
    pub notes: Option<String>,
    /// The project: its name or id; `default` if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub project: Option<String>,
    /// The same as `project`: write one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub project_id: Option<String>,
    /// What to scan, if it is one target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TypedTarget>,
    /// What to scan. `!` before a target leaves it out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<TargetText>, max_items = 100_000)]
    pub targets: Vec<String>,
    /// What to leave out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<TargetText>, max_items = 100_000)]
    pub excludes: Vec<String>,
    /// What to run; nmap if nothing is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 100)]
    pub modules: Vec<ModuleChoice>,
    /// How it is to be run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<ScanConfiguration>,
    /// nmap's own options, in place of `profile`, `ports`, `top_ports` and `udp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub options: Option<Options>,
    /// How much of a host is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Only these ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<PortList>)]
    pub ports: Option<String>,
    /// Only the most common ports, so many of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u16>, minimum = 1, maximum = 65535)]
    pub top_ports: Option<NonZeroU16>,
    /// UDP as well as TCP.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub udp: bool,
    /// The template that it is made from. What is said here too, goes before the template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateChoice>,
    /// The same as `configuration.priority`: write one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Whether it starts at once.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub start: bool,
}

impl CreateScan {
    /// The project's name or id, if it is said.
    #[must_use]
    pub fn project_reference(&self) -> Option<&str> {
        self.project.as_deref().or(self.project_id.as_deref())
    }

    /// What is asked for, under either name.
    #[must_use]
    pub fn all_targets(&self) -> Vec<&str> {
        let typed = self.target.iter().map(|target| target.value.as_str());
        typed.chain(self.targets.iter().map(String::as_str)).collect()
    }

    /// How it is to be run, as far as that is said, with the priority under either name.
    #[must_use]
    pub fn configured(&self) -> ScanConfiguration {
        let configuration = self.configuration.clone().unwrap_or_default();
        ScanConfiguration { priority: configuration.priority.or(self.priority), ..configuration }
    }
}

impl Check for CreateScan {
    fn examine(&self, findings: &mut Findings) {
        findings.some_text::<Label>("/name", self.name.as_deref());
        findings.some_text::<Prose>("/description", self.description.as_deref());
        findings.some_text::<Prose>("/notes", self.notes.as_deref());
        findings.some_text::<Name>("/project", self.project.as_deref());
        findings.some_text::<Name>("/project_id", self.project_id.as_deref());
        let target = self.target.as_ref().map(|target| target.value.as_str());
        findings.some_text::<TargetText>("/target/value", target);
        findings.texts::<TargetText>("/targets", &self.targets, MOST_TARGETS);
        findings.texts::<TargetText>("/excludes", &self.excludes, MOST_TARGETS);
        examine_modules(&self.modules, findings);
        if let Some(configuration) = &self.configuration {
            configuration.examine(findings);
        }
        if let Some(options) = &self.options {
            options.examine("/options", findings);
        }
        findings.some_text::<PortList>("/ports", self.ports.as_deref());
        if let Some(template) = &self.template {
            template.examine(findings);
        }
        self.examine_contradictions(findings);
    }
}

impl CreateScan {
    fn examine_contradictions(&self, findings: &mut Findings) {
        let of_configuration = self.configuration.as_ref().and_then(|it| it.priority);
        findings.one_of(
            ["/project", "/project_id"],
            [self.project.is_some(), self.project_id.is_some()],
        );
        findings.one_of(["/target", "/targets"], [self.target.is_some(), !self.targets.is_empty()]);
        findings.one_of(
            ["/priority", "/configuration/priority"],
            [self.priority.is_some(), of_configuration.is_some()],
        );
        let of_profile = self.profile.is_some() || self.ports.is_some() || self.udp;
        findings.add_if(
            self.options.is_some() && (of_profile || self.top_ports.is_some()),
            "/options",
            "cannot stand beside profile, ports, top_ports or udp: say it all in the options",
        );
    }
}

/// What is wrong with the modules of a scan.
fn examine_modules(modules: &[ModuleChoice], findings: &mut Findings) {
    findings.count("/modules", modules.len(), MOST_MODULES);
    for (place, module) in modules.iter().enumerate().take(MOST_MODULES) {
        findings.text::<Name>(&format!("/modules/{place}/id"), &module.id);
        let is_twice = modules[..place].iter().any(|other| other.id == module.id);
        findings.add_if(is_twice, &format!("/modules/{place}/id"), "stands here a second time");
    }
}

/// Changes a scan. What is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(examples(json!({ "concurrency": 8, "max_rate": null, "priority": "high" })))]
pub struct UpdateScan {
    /// What people call it; empty for no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Label>)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Prose>)]
    pub description: Option<String>,
    /// What people note about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Prose>)]
    pub notes: Option<String>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Batches at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    pub concurrency: Option<NonZeroU32>,
    /// Packets per second over all batches that run at a time; null takes the limit away.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    pub max_rate: Option<Option<NonZeroU32>>,
    /// The longest that the scan may run, pauses not counted; null takes the limit away.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Span>)]
    pub max_duration: Option<Option<Span>>,
    /// The most results that are wanted; null takes the limit away.
    #[serde(deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>, minimum = 1, maximum = 1_000_000_000)]
    pub max_results: Option<Option<NonZeroU64>>,
}

/// Reads a field that tells null from being left out.
#[expect(clippy::option_option, reason = "left out, null and a value are three things")]
pub(crate) fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl Check for UpdateScan {
    fn examine(&self, findings: &mut Findings) {
        let small = |number: Option<NonZeroU32>| number.map(|number| number.get().into());
        let results = self.max_results.flatten().map(NonZeroU64::get);
        findings.some_text::<Label>("/name", self.name.as_deref());
        findings.some_text::<Prose>("/description", self.description.as_deref());
        findings.some_text::<Prose>("/notes", self.notes.as_deref());
        findings.at_most("/concurrency", small(self.concurrency), MOST_CONCURRENCY);
        findings.at_most("/max_rate", small(self.max_rate.flatten()), MOST_RATE);
        findings.at_most("/max_results", results, MOST_RESULTS);
    }
}

/// Which addresses a retry takes up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RetryOf {
    /// All that could not be scanned, also those left over by a stop.
    #[default]
    Everything,
    /// Those that failed.
    Failed,
    /// Those that timed out or failed, each alone in a batch.
    Difficult,
}

named!(RetryOf, "part of a scan to retry", {
    Everything = "everything", Failed = "failed", Difficult = "difficult",
});

/// Takes up again what could not be scanned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RetryScan {
    /// Which addresses.
    pub only: RetryOf,
}

impl Check for RetryScan {
    fn examine(&self, _: &mut Findings) {}
}

/// Makes a scan again: a new one of the same series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RerunScan {
    /// Whether it starts at once.
    pub start: bool,
}

impl Default for RerunScan {
    fn default() -> Self {
        Self { start: true }
    }
}

impl Check for RerunScan {
    fn examine(&self, _: &mut Findings) {}
}

/// Cuts a scan that has not been started, or a batch, into batches of another size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(examples(json!({ "chunk_size": 16 })))]
pub struct Cut {
    /// Addresses in a batch at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 65536)]
    pub chunk_size: Option<NonZeroU32>,
    /// The same as `chunk_size`: write one of the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 65536)]
    pub batch_size: Option<NonZeroU32>,
}

impl Cut {
    /// Into batches of so many addresses at most.
    #[must_use]
    pub fn into_batches_of(size: NonZeroU32) -> Self {
        Self { chunk_size: Some(size), batch_size: None }
    }

    /// Addresses in a batch at most, under either name.
    #[must_use]
    pub fn size(&self) -> Option<NonZeroU32> {
        self.chunk_size.or(self.batch_size)
    }
}

impl Check for Cut {
    fn examine(&self, findings: &mut Findings) {
        let small = |number: Option<NonZeroU32>| number.map(|number| number.get().into());
        findings.add_if(self.size().is_none(), "/chunk_size", "is missing: how many addresses?");
        findings.at_most("/chunk_size", small(self.chunk_size), MOST_BATCH_SIZE);
        findings.at_most("/batch_size", small(self.batch_size), MOST_BATCH_SIZE);
        findings.one_of(
            ["/chunk_size", "/batch_size"],
            [self.chunk_size.is_some(), self.batch_size.is_some()],
        );
    }
}

/// A whole scan: what `results?format=json` answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ResultsBody {
    /// The scan.
    pub scan: Scan,
    /// What became of its addresses.
    pub coverage: Coverage,
    /// The query that the hosts were chosen by, if not all are there.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// What was found.
    pub hosts: Vec<Host>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::FieldProblem;

    fn create(body: Value) -> Result<CreateScan, String> {
        serde_json::from_value(body).map_err(|error| error.to_string())
    }

    fn fields(problems: Result<(), Vec<FieldProblem>>) -> Vec<String> {
        problems.unwrap_err().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn enumerations_and_spans_are_read_as_people_write_them() {
        let request = create(json!({
            "target": { "type": "cidr", "value": "192.0.2.0/24" },
            "profile": "QUICK",
            "configuration": { "priority": "High", "max_duration": 90, "host_timeout": "5m" },
            "template": { "id": "weekly", "version": 2 },
            "options": ["-sT", "-p", "80"],
        }))
        .unwrap();

        let configuration = request.configured();
        assert_eq!(request.target.as_ref().unwrap().kind, TargetType::Cidr);
        assert_eq!(request.profile, Some(Profile::Quick));
        assert_eq!(configuration.priority, Some(Priority::High));
        assert_eq!(configuration.max_duration.unwrap().to_string(), "90s");
        assert_eq!(request.template.as_ref().unwrap().reference(), "weekly");
        assert_eq!(request.all_targets(), ["192.0.2.0/24"]);
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(create(json!({ "chunk_size": 1 })).unwrap_err().contains("unknown field"));
        assert!(create(json!({ "template": { "id": "a", "x": 1 } })).is_err());
    }

    #[test]
    fn no_batch_is_empty() {
        assert!(create(json!({ "configuration": { "chunk_size": 0 } })).is_err());
    }

    #[test]
    fn every_mistake_is_told_with_its_place() {
        let request = create(json!({
            "name": "a\u{7}",
            "targets": ["a.lan", ""],
            "target": { "type": "IP", "value": "192.0.2.1" },
            "modules": [{ "id": "nmap" }, { "id": "nmap" }],
            "configuration": { "chunk_size": 1, "batch_size": 1, "attempts": 101 },
            "options": "-sT",
            "udp": true,
        }))
        .unwrap();

        assert_eq!(
            fields(request.check()),
            [
                "/name",
                "/targets/1",
                "/modules/1/id",
                "/configuration/attempts",
                "/configuration/batch_size",
                "/targets",
                "/options",
            ]
        );
    }

    #[test]
    fn values_for_parameters_have_a_quarter_of_a_megabyte_together() {
        let with = |bytes: usize| {
            let parameters = json!({ "x": "a".repeat(bytes), "y": ["b".repeat(bytes)] });
            create(json!({ "template": { "id": "weekly", "parameters": parameters } })).unwrap()
        };

        assert_eq!(with(100_000).check(), Ok(()));
        assert_eq!(fields(with(200_000).check()), ["/template/parameters"]);
    }

    #[test]
    fn a_request_without_anything_can_be_checked() {
        assert_eq!(create(json!({})).unwrap().check(), Ok(()));
    }

    #[test]
    fn null_takes_a_limit_away_and_its_absence_does_not() {
        let read = |body: Value| serde_json::from_value::<UpdateScan>(body).unwrap();

        assert_eq!(read(json!({})).max_rate, None);
        assert_eq!(read(json!({ "max_rate": null })).max_rate, Some(None));
        assert_eq!(read(json!({ "max_rate": 5 })).max_rate, Some(NonZeroU32::new(5)));
        let body = serde_json::to_value(read(json!({ "max_rate": null }))).unwrap();
        assert_eq!(body, json!({ "max_rate": null }));
    }

    #[test]
    fn a_cut_says_its_size_once() {
        let size = NonZeroU32::new(8);

        assert_eq!(fields(Cut::default().check()), ["/chunk_size"]);
        assert_eq!(fields(Cut { chunk_size: size, batch_size: size }.check()), ["/batch_size"]);
        assert_eq!(Cut { chunk_size: None, batch_size: size }.size(), size);
    }
}
