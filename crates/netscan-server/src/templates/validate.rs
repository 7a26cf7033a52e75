//! Says what is wrong with a template.

use axum::Json;
use netscan_api::FieldProblem;
use netscan_api::template::{ValidateTemplate, Validation};
use netscan_model::access::Permission;
use netscan_orchestrator::template::{Template, TemplateProblem};

use super::body::problem;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;

/// Says what is wrong with a template, and on which lines. Nothing is stored.
#[utoipa::path(post, path = "/templates/validate", operation_id = "validate_template",
    tag = "templates", request_body = ValidateTemplate,
    responses((status = 200, description = "What is wrong, if anything is.", body = Validation)))]
pub(crate) async fn validate(
    caller: Caller,
    Body(asked): Body<ValidateTemplate>,
) -> Result<Json<Validation>, Refusal> {
    caller.realm(Permission::Read)?;
    Ok(Json(match Template::parse(&asked.body) {
        Ok(template) => {
            let names = template.parameters.into_iter().map(|parameter| parameter.name);
            Validation { valid: true, problems: Vec::new(), parameters: names.collect() }
        }
        Err(problems) => {
            let problems = problems.into_iter().map(problem).collect();
            Validation { valid: false, problems, parameters: Vec::new() }
        }
    }))
}

/// Refuses a template with mistakes.
pub(super) fn refuse_problems(text: &str) -> Result<Template, Refusal> {
    Template::parse(text).map_err(|problems| refusal(&problems))
}

/// Problems of a template as those of a request: with what was given for a parameter, or with a
/// line of the text.
pub(super) fn refusal(problems: &[TemplateProblem]) -> Refusal {
    let field = |problem: &TemplateProblem| {
        let (field, text) = match problem.line {
            0 => (problem.path.as_str(), problem.message.clone()),
            _ => ("/body", problem.to_string()),
        };
        FieldProblem::new(field, text)
    };
    Refusal::unprocessable(problems.iter().map(field).collect())
}
