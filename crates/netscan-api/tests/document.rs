//! The schemas of all bodies as one document: it is whole, and it says what is checked.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use netscan_api::{
    audit, batch, check, coverage, diff, frame, health, host, limits, module, organisation, page,
    problem, project, quick, scan, session, setup, status, target, template, token, user, worker,
};
use netscan_model::scan::{Scan, State};
use netscan_model::scope::Scope;
use serde_json::{Value, json};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(components(schemas(
    Scan, Scope, page::Page<Scan>,
    audit::AuditBody,
    audit::AuditVerdict,
    batch::BatchBody,
    batch::BatchCounts,
    batch::PatchBatch,
    batch::SplitBody,
    batch::AttemptBody,
    batch::ArtifactBody,
    check::FieldProblem,
    coverage::CoverageBody,
    coverage::RangeBody,
    coverage::UnresolvedBody,
    diff::DiffBody,
    diff::DiffSummary,
    diff::ChangeBody,
    frame::EventBody,
    frame::Frame,
    health::Liveness,
    health::Readiness,
    health::HealthCheck,
    host::HostBody,
    limits::ServerLimits,
    limits::Politeness,
    module::ModuleBody,
    organisation::OrganisationBody,
    organisation::OrganisationName,
    organisation::CreateOrganisation,
    problem::Problem,
    project::ProjectBody,
    project::ProjectLimits,
    project::CreateProject,
    project::UpdateProject,
    quick::StartScan,
    quick::Started,
    quick::QuickScan,
    quick::QuickResult,
    scan::TypedTarget,
    scan::Options,
    scan::TemplateChoice,
    scan::PinnedTemplate,
    scan::ScanConfiguration,
    scan::CreateScan,
    scan::UpdateScan,
    scan::RetryScan,
    scan::RerunScan,
    scan::Cut,
    scan::ResultsBody,
    session::SignIn,
    session::SessionBody,
    session::SessionUser,
    session::Ticket,
    session::ChangePassword,
    session::ProvePassword,
    session::TotpEnrolment,
    session::ConfirmTotp,
    session::SessionEntry,
    session::ChangeOrganisation,
    setup::SetupState,
    setup::SetUp,
    status::ScanStatus,
    status::WaitingBody,
    status::RunningBody,
    target::TargetBody,
    target::Targets,
    target::AddTargets,
    target::AddedTargets,
    target::RejectedTarget,
    target::RemoveTargets,
    target::RemovedTargets,
    target::TagTarget,
    target::ExpandTargets,
    target::ExpandedTargets,
    target::HistoryEntry,
    target::DifficultBody,
    template::TemplateBody,
    template::VersionBody,
    template::ParameterBody,
    template::CreateTemplate,
    template::UpdateTemplate,
    template::ValidateTemplate,
    template::Validation,
    template::TemplateProblem,
    template::PlanTemplate,
    template::CostBody,
    token::TokenBody,
    token::CreateToken,
    token::NewToken,
    user::UserBody,
    user::CreateUser,
    user::UpdateUser,
    worker::WorkerBody,
    worker::WorkerBatch
)))]
struct Document;

fn document() -> Value {
    serde_json::to_value(Document::openapi()).unwrap()
}

/// All that `value` refers to.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            let reference = object.get("$ref").and_then(Value::as_str);
            found.extend(reference.map(|text| text.rsplit('/').next().unwrap().to_owned()));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();

    let mut found = BTreeSet::new();
    references(&document, &mut found);

    let missing: Vec<_> = found.iter().filter(|name| !schemas.contains_key(*name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(found.len() > 40, "{found:?}");
}

#[test]
fn an_enumeration_lists_its_names_and_says_that_any_case_will_do() {
    let document = document();
    let schema = &document["components"]["schemas"]["ScanState"];

    assert_eq!(schema["enum"], json!(State::NAMES));
    assert!(schema["description"].as_str().unwrap().contains("any case"));
}

#[test]
fn a_request_allows_no_field_that_it_does_not_have() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let verbs =
        ["Create", "Update", "PatchBatch", "StartScan", "QuickScan", "AddTargets", "Expand"];
    let is_request =
        |name: &str| verbs.iter().any(|verb| name.starts_with(verb)) && name != "ExpandedTargets";

    let requests: Vec<_> = schemas.iter().filter(|(name, _)| is_request(name)).collect();

    assert!(requests.len() >= 14, "{}", requests.len());
    for (name, schema) in requests {
        assert_eq!(schema["additionalProperties"], false, "{name}");
    }
}

#[test]
fn a_limit_that_null_takes_away_may_be_null() {
    let document = document();
    let rate = &document["components"]["schemas"]["UpdateScan"]["properties"]["max_rate"];

    assert_eq!(rate["type"], json!(["integer", "null"]));
    assert_eq!((&rate["minimum"], &rate["maximum"]), (&json!(1), &json!(10_000_000)));
}
