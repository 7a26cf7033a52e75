//! Projects: a named set of targets, a scope and scans.
//!
//! A scope itself is [`netscan_model::scope::Scope`], as it stands.

use std::num::NonZeroU32;

use jiff::Timestamp;
use netscan_model::scope::Scope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::check::{Check, Findings};
use crate::limits::examine_project;
use crate::text::{Name, Prose};

/// Rules that one scope may have.
pub const MOST_RULES: usize = 10_000;

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProjectBody {
    /// Its id.
    pub id: Uuid,
    /// Its name, unique within the organisation.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whose it is.
    pub organisation_id: Uuid,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// What it may touch.
    pub scope: Scope,
    /// How much of it may run at a time.
    pub limits: ProjectLimits,
    /// How many scans it has.
    pub scans: u64,
    /// How many targets it has.
    pub targets: u64,
}

/// How much of a project may run at a time. What is null has no limit of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProjectLimits {
    /// Scans at a time.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000)]
    pub max_scans: Option<NonZeroU32>,
    /// Batches at a time, over all scans.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000)]
    pub max_batches: Option<NonZeroU32>,
    /// Packets per second, over all scans.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 10_000_000)]
    pub max_rate: Option<NonZeroU32>,
}

impl Check for ProjectLimits {
    fn examine(&self, findings: &mut Findings) {
        examine_project("", self, findings);
    }
}

/// Makes a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({ "name": "office", "description": "All that is ours in the office" })))]
pub struct CreateProject {
    /// Its name.
    #[schema(value_type = Name)]
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Prose>)]
    pub description: Option<String>,
    /// How much of it may run at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<ProjectLimits>,
}

impl Check for CreateProject {
    fn examine(&self, findings: &mut Findings) {
        examine_name(&self.name, findings);
        findings.some_text::<Prose>("/description", self.description.as_deref());
        if let Some(limits) = &self.limits {
            examine_project("/limits", limits, findings);
        }
    }
}

/// Changes a project. What is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(examples(json!({ "limits": { "max_scans": 2, "max_rate": 1000 } })))]
pub struct UpdateProject {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Name>)]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Prose>)]
    pub description: Option<String>,
    /// How much of it may run at a time: all limits anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<ProjectLimits>,
}

impl Check for UpdateProject {
    fn examine(&self, findings: &mut Findings) {
        if let Some(name) = &self.name {
            examine_name(name, findings);
        }
        findings.some_text::<Prose>("/description", self.description.as_deref());
        if let Some(limits) = &self.limits {
            examine_project("/limits", limits, findings);
        }
    }
}

/// Projects are found by name and by id: no name may be taken for an id.
fn examine_name(name: &str, findings: &mut Findings) {
    findings.text::<Name>("/name", name);
    let is_id = name.parse::<Uuid>().is_ok();
    findings.add_if(is_id, "/name", "is an id, and no name is written like one");
}

impl Check for Scope {
    fn examine(&self, findings: &mut Findings) {
        findings.count("/rules", self.rules.len(), MOST_RULES);
        for (place, rule) in self.rules.iter().enumerate().take(MOST_RULES) {
            let at = |name: &str| format!("/rules/{place}/{name}");
            findings.some_text::<Prose>(&at("note"), rule.note.as_deref());
            let is_reversed = rule.from.zip(rule.until).is_some_and(|(from, until)| from >= until);
            findings.add_if(is_reversed, &at("until"), "must be later than from");
        }
        if let Some(authorisation) = &self.authorisation {
            findings.text::<Name>("/authorisation/authorised_by", &authorisation.authorised_by);
            let ticket = authorisation.ticket.as_deref();
            findings.some_text::<Name>("/authorisation/ticket", ticket);
            let times = authorisation.valid_from.zip(authorisation.valid_until);
            let is_reversed = times.is_some_and(|(from, until)| from >= until);
            let field = "/authorisation/valid_until";
            findings.add_if(is_reversed, field, "must be later than valid_from");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_project_needs_a_name() {
        let request: CreateProject = serde_json::from_value(json!({ "name": "" })).unwrap();

        assert_eq!(request.check().unwrap_err()[0].field, "/name");
    }

    #[test]
    fn a_project_is_not_called_as_ids_are_written() {
        let id = "01890000-0000-7000-8000-000000000001";
        for name in [id, &id.replace('-', ""), &id.to_uppercase()] {
            let create: CreateProject = serde_json::from_value(json!({ "name": name })).unwrap();
            let update: UpdateProject = serde_json::from_value(json!({ "name": name })).unwrap();

            assert_eq!(create.check().unwrap_err()[0].field, "/name");
            assert_eq!(update.check().unwrap_err()[0].field, "/name");
        }
    }

    #[test]
    fn a_time_in_a_scope_ends_after_it_begins() {
        let scope: Scope = serde_json::from_value(json!({
            "rules": [{
                "effect": "DENY",
                "subject": "192.0.2.0/24",
                "from": "2026-02-01T00:00:00Z",
                "until": "2026-01-01T00:00:00Z",
            }],
            "authorisation": {
                "authorised_by": "Mara",
                "valid_from": "2026-01-01T00:00:00Z",
                "valid_until": "2026-01-01T00:00:00Z",
            },
        }))
        .unwrap();

        let fields = scope.check().unwrap_err().into_iter().map(|problem| problem.field);
        assert_eq!(fields.collect::<Vec<_>>(), ["/rules/0/until", "/authorisation/valid_until"]);
    }
}
