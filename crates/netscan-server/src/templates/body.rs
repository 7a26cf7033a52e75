//! How a template is told.

use netscan_api::template::{ParameterBody, TemplateBody, TemplateProblem, VersionBody};
use netscan_orchestrator::template::{self, Parameter};
use netscan_store::{Realm, StoreError, Template, TemplateVersion};
use serde_json::Value;

/// A version of a template, and which others there are.
///
/// # Errors
///
/// [`StoreError`] when the versions cannot be read.
pub async fn body(realm: &Realm, template: Template) -> Result<TemplateBody, StoreError> {
    let versions: Vec<_> =
        realm.template_versions(template.id).await?.into_iter().map(version).collect();
    let Template {
        id,
        name,
        description,
        version,
        latest,
        body,
        created_by,
        created_at,
        updated_at,
    } = template;
    let parameters = template::Template::parse(&body).map(|template| template.parameters);
    // What was taken once may be refused by a newer program; its text can still be read and mended.
    let parameters = parameters.unwrap_or_default().into_iter().map(parameter).collect();
    let created_at = versions.last().map_or(created_at, |first| first.created_at);
    Ok(TemplateBody {
        id,
        name,
        description,
        version,
        newest: latest,
        versions,
        body,
        parameters,
        created_at,
        updated_at,
        created_by,
    })
}

pub(super) fn version(version: TemplateVersion) -> VersionBody {
    let TemplateVersion { version, created_by, created_at } = version;
    VersionBody { version, created_at, created_by }
}

fn parameter(parameter: Parameter) -> ParameterBody {
    let Parameter { name, kind, default, description, is_required } = parameter;
    ParameterBody {
        name,
        kind: kind.to_string(),
        description,
        default: default.unwrap_or(Value::Null),
        required: is_required,
    }
}

/// Something wrong with a template.
#[must_use]
pub fn problem(problem: template::TemplateProblem) -> TemplateProblem {
    let template::TemplateProblem { line, column, path, message } = problem;
    let number = |place: usize| u64::try_from(place).unwrap_or(u64::MAX);
    TemplateProblem { line: number(line), column: number(column), path, message }
}
