//! The template that a scan is made from.

use std::num::NonZeroU64;

use netscan_api::scan::{CreateScan, ScanConfiguration, TemplateChoice};
use netscan_api::span::Span;
use netscan_api::{Check, FieldProblem};
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
    let filled = Template::parse(text).and_then(|template| template.fill(parameters));
    let filled = filled.map_err(refused)?;
    hold(field, &filled)?;
    Ok(filled)
}

/// Holds what a template comes to against the bounds of a request that says it itself; what is
/// wrong is told at `field`.
pub(crate) fn hold(field: &str, filled: &Filled) -> Result<(), Refusal> {
    let refused = |problem: FieldProblem| {
        let place = problem.field.trim_start_matches('/').replace('/', ".");
        FieldProblem::new(field, format!("{place} {}", problem.message))
    };
    asked(filled)?
        .check()
        .map_err(|problems| Refusal::unprocessable(problems.into_iter().map(refused).collect()))
}

/// The request that says what a template says, but for targets and options: those are read anyway.
fn asked(filled: &Filled) -> Result<CreateScan, Refusal> {
    let Filled {
        name,
        description,
        notes,
        targets: _,
        excludes: _,
        modules,
        options: _,
        has_profile: _,
        recursion_depth,
        wishes,
    } = filled;
    let span = |milliseconds: Option<NonZeroU64>| {
        let span = milliseconds.map(|milliseconds| Span::from_millis(milliseconds.get()));
        span.transpose().map_err(|wrong| Refusal::field("/template", wrong.to_string()))
    };
    let configuration = ScanConfiguration {
        max_duration: span(wishes.max_duration_ms)?,
        max_results: wishes.max_results,
        priority: Some(wishes.priority),
        recursion_depth: *recursion_depth,
        chunk_size: wishes.batch_size,
        batch_size: None,
        concurrency: wishes.concurrency,
        max_rate: wishes.max_rate,
        host_timeout: span(wishes.host_timeout_ms)?,
        batch_timeout: span(wishes.batch_timeout_ms)?,
        attempts: wishes.attempts,
    };
    Ok(CreateScan {
        name: name.clone(),
        description: description.clone(),
        notes: notes.clone(),
        modules: modules.clone(),
        configuration: Some(configuration),
        ..CreateScan::default()
    })
}

/// A parameter that was given has a place in the request; what stands in the template has a line.
fn told(field: &str, problem: &TemplateProblem) -> FieldProblem {
    match problem.line {
        0 => FieldProblem::new(format!("{field}{}", problem.path), problem.message.clone()),
        _ => FieldProblem::new(field, problem.to_string()),
    }
}
