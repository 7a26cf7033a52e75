//! The template that a scan is made from.

use netscan_api::FieldProblem;
use netscan_api::scan::TemplateChoice;
use netscan_model::scan::TemplateVersion;
use netscan_orchestrator::template::{Filled, Template, TemplateProblem};
use netscan_store::Realm;
use serde_json::{Map, Value};

use crate::refusal::Refusal;
use crate::templates;

/// What the chosen template asks for, and which version of it that is.
pub(super) async fn chosen(
    realm: &Realm,
    choice: &TemplateChoice,
) -> Result<(TemplateVersion, Filled), Refusal> {
    let nothing = Map::new();
    let (version, parameters) = match choice {
        TemplateChoice::Newest(_) => (None, &nothing),
        TemplateChoice::Pinned(pinned) => {
            (pinned.version.map(std::num::NonZeroU32::get), &pinned.parameters)
        }
    };
    let stored = templates::existing(realm, choice.reference(), version).await?;
    let version = TemplateVersion { id: stored.id, version: stored.version };
    Ok((version, fill("/template", &stored.body, parameters)?))
}

/// What the template `text` asks for with `parameters`; what is wrong is told below `field`.
fn fill(field: &str, text: &str, parameters: &Map<String, Value>) -> Result<Filled, Refusal> {
    let refused = |problems: Vec<TemplateProblem>| {
        let told = problems.iter().map(|problem| told(field, problem)).collect();
        Refusal::unprocessable(told)
    };
    Template::parse(text).and_then(|template| template.fill(parameters)).map_err(refused)
}

/// A parameter that was given has a place in the request; what stands in the template has a line.
fn told(field: &str, problem: &TemplateProblem) -> FieldProblem {
    match problem.line {
        0 => FieldProblem::new(format!("{field}{}", problem.path), problem.message.clone()),
        _ => FieldProblem::new(field, problem.to_string()),
    }
}
