//! Says what a scan from a template would cost.

use axum::Json;
use axum::extract::State;
use netscan_api::template::{CostBody, PlanTemplate};
use netscan_model::access::{Permission, Role};
use netscan_model::target::TargetList;
use netscan_modules::nmap::options::{NmapOptions, Profile};
use netscan_orchestrator::submit::{self, Request};
use netscan_orchestrator::template::{Filled, Template};
use netscan_store::{Project, Realm};

use super::validate::refusal;
use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::refusal::Refusal;
use crate::scans::request::{self, cost_body};
use crate::targets::{inventory, read};

/// The project that is meant when none is named.
const USUAL: &str = "default";

/// Says what a scan from a template would cost, with the values that are given for its parameters.
///
/// Names are looked up for it. Nothing is stored, and no packet is sent to a target. Without targets,
/// neither in the template nor beside it, those of the project are meant.
#[utoipa::path(post, path = "/templates/plan", operation_id = "plan_template", tag = "templates",
    request_body = PlanTemplate,
    responses((status = 200, description = "What it would cost.", body = CostBody)))]
pub(crate) async fn plan(
    caller: Caller,
    State(app): State<App>,
    Body(asked): Body<PlanTemplate>,
) -> Result<Json<CostBody>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let template = template(realm, &asked).await?;
    let filled = template.fill(&asked.parameters).map_err(|problems| refusal(&problems))?;
    request::hold("/body", &filled)?;
    let project = asked.project.as_deref().unwrap_or(USUAL);
    let project = realm.project(project).await?;
    let project = project.ok_or_else(|| Refusal::field("/project", "there is no such project"))?;
    let options = options(&app, caller.record().grant.role, &filled)?;
    let request = Request {
        targets: targets(realm, &project, &asked, &filled).await?,
        wishes: filled.wishes,
        address_limit: app.settings().address_limit,
        opens_outright: request::opens_outright(&caller),
        ..Request::new(&project.name, TargetList::default(), &options)
    };
    let cost = submit::preview(realm, &request, caller.by().now).await?;
    Ok(Json(cost_body(cost, &request.options)))
}

async fn template(realm: &Realm, asked: &PlanTemplate) -> Result<Template, Refusal> {
    let text = match (&asked.id, &asked.body) {
        (Some(reference), _) => {
            super::existing(realm, reference, asked.version.map(Into::into)).await?.body
        }
        (None, text) => text.clone().unwrap_or_default(),
    };
    super::validate::refuse_problems(&text)
}

fn options(app: &App, role: Role, filled: &Filled) -> Result<NmapOptions, Refusal> {
    match &filled.options {
        Some(text) => NmapOptions::parse(text, &app.policy(role))
            .map_err(|error| Refusal::field("/body", error.to_string())),
        None => Ok(Profile::default().options()),
    }
}

async fn targets(
    realm: &Realm,
    project: &Project,
    asked: &PlanTemplate,
    filled: &Filled,
) -> Result<TargetList, Refusal> {
    let own = if asked.targets.is_empty() { &filled.targets } else { &asked.targets };
    let mut list = match own.as_slice() {
        [] => inventory(realm, &project.id.to_string()).await?,
        own => read("/targets", own)?,
    };
    let excludes = read("/targets", &filled.excludes).map_err(|refusal| refusal.all_at("/body"))?;
    list.append(excludes.into_excludes());
    Ok(list)
}
