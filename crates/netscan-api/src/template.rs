//! Templates: reusable scans with parameters. A version of one never changes.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::check::{Check, Findings};
use crate::coverage::UnresolvedBody;
use crate::scan::{MOST_TARGETS, examine_parameters};
use crate::text::{Name, Prose, TargetText, TemplateText};

/// A template at one of its versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TemplateBody {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique within the organisation.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The version that this is.
    pub version: u32,
    /// The newest version.
    pub newest: u32,
    /// Its versions, newest first.
    pub versions: Vec<VersionBody>,
    /// The text.
    pub body: String,
    /// What may be filled in.
    pub parameters: Vec<ParameterBody>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its newest version was made.
    pub updated_at: Timestamp,
    /// Who made it.
    pub created_by: String,
}

/// A version of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionBody {
    /// Its number, from 1.
    pub version: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: String,
}

/// Something that may be filled in when a template is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ParameterBody {
    /// Its name.
    pub name: String,
    /// What it takes, such as `string`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is for.
    pub description: String,
    /// What it is when nothing is said; null when something must be.
    pub default: Value,
    /// Whether something must be said.
    pub required: bool,
}

/// Makes a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTemplate {
    /// Its name.
    #[schema(value_type = Name)]
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Prose>)]
    pub description: Option<String>,
    /// Its first version, in YAML.
    #[schema(value_type = TemplateText)]
    pub body: String,
}

impl Check for CreateTemplate {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<Name>("/name", &self.name);
        findings.some_text::<Prose>("/description", self.description.as_deref());
        findings.text::<TemplateText>("/body", &self.body);
    }
}

/// Changes a template. What is left out stays as it is; a new text is a new version.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateTemplate {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Prose>)]
    pub description: Option<String>,
    /// Its next version, in YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TemplateText>)]
    pub body: Option<String>,
}

impl Check for UpdateTemplate {
    fn examine(&self, findings: &mut Findings) {
        findings.some_text::<Name>("/name", self.name.as_deref());
        findings.some_text::<Prose>("/description", self.description.as_deref());
        findings.some_text::<TemplateText>("/body", self.body.as_deref());
    }
}

/// Asks what is wrong with a template. Nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValidateTemplate {
    /// The template in YAML.
    #[schema(value_type = TemplateText)]
    pub body: String,
}

impl Check for ValidateTemplate {
    fn examine(&self, findings: &mut Findings) {
        findings.text::<TemplateText>("/body", &self.body);
    }
}

/// What is wrong with a template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Validation {
    /// Whether nothing is.
    pub valid: bool,
    /// What is, in the order of the text.
    pub problems: Vec<TemplateProblem>,
    /// The names of what may be filled in.
    pub parameters: Vec<String>,
}

/// Something that is wrong with a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TemplateProblem {
    /// The line, from 1; 0 when it is about the whole.
    pub line: u64,
    /// The column, from 1; 0 when it is about the whole.
    pub column: u64,
    /// The place in the template, such as `modules.0.id`.
    pub path: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

/// Asks what a scan from a template would cost. Nothing is stored, and no packet is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PlanTemplate {
    /// A template that is stored: its id or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub id: Option<String>,
    /// Its version; the newest if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    pub version: Option<NonZeroU32>,
    /// One that is not stored, in YAML.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TemplateText>)]
    pub body: Option<String>,
    /// Values for its parameters, by name; 256 KiB in all.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Map<String, Value>,
    /// What to scan, in place of the template's own targets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<TargetText>, max_items = 100_000)]
    pub targets: Vec<String>,
    /// The project: its name or id; `default` if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub project: Option<String>,
}

impl Check for PlanTemplate {
    fn examine(&self, findings: &mut Findings) {
        findings.some_text::<Name>("/id", self.id.as_deref());
        findings.some_text::<TemplateText>("/body", self.body.as_deref());
        examine_parameters("/parameters", &self.parameters, findings);
        findings.texts::<TargetText>("/targets", &self.targets, MOST_TARGETS);
        findings.some_text::<Name>("/project", self.project.as_deref());
        let is_missing = self.id.is_none() && self.body.is_none();
        findings.add_if(is_missing, "", "which template? write its id, or its body");
        findings.add_if(
            self.id.is_some() && self.body.is_some(),
            "/body",
            "cannot stand beside id: write one of the two",
        );
        let is_stray = self.version.is_some() && self.id.is_none();
        findings.add_if(is_stray, "/version", "needs the id of a template beside it");
    }
}

/// What a scan would cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CostBody {
    /// Addresses to be scanned.
    pub addresses: u64,
    /// Addresses left out by the user or the project's deny rules.
    pub excluded: u64,
    /// Addresses that the project's scope does not allow.
    pub out_of_scope: u64,
    /// Names that no address was found for.
    pub unresolved: Vec<UnresolvedBody>,
    /// Batches.
    pub batches: u64,
    /// Probes sent at least, if every host is up and every probe is answered.
    pub packets: u64,
    /// A rough forecast of the time it takes.
    pub forecast_ms: u64,
    /// nmap's options in canonical form.
    pub options: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(plan: &PlanTemplate) -> Vec<String> {
        plan.check().unwrap_err().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn a_plan_is_of_one_template() {
        let id = Some("weekly".to_owned());
        let body = Some("profile: quick".to_owned());
        let version = NonZeroU32::new(2);

        assert_eq!(fields(&PlanTemplate::default()), [""]);
        let both = PlanTemplate { id: id.clone(), body: body.clone(), ..PlanTemplate::default() };
        assert_eq!(fields(&both), ["/body"]);
        let stray = PlanTemplate { version, body, ..PlanTemplate::default() };
        assert_eq!(fields(&stray), ["/version"]);
        assert_eq!(PlanTemplate { id, version, ..PlanTemplate::default() }.check(), Ok(()));
    }

    #[test]
    fn a_plan_takes_no_values_without_end() {
        let value = Value::String("a".repeat(300 * 1024));
        let parameters = [("x".to_owned(), value)].into_iter().collect();
        let id = Some("weekly".to_owned());

        let plan = PlanTemplate { id, parameters, ..PlanTemplate::default() };

        assert_eq!(fields(&plan), ["/parameters"]);
    }
}
