//! Says what targets amount to.

use axum::Json;
use axum::extract::State;
use netscan_api::target::{ExpandTargets, ExpandedTargets, exact};
use netscan_model::access::Permission;
use netscan_orchestrator::submit::{self, Expansion, Question};

use super::{list, read, told};
use crate::app::App;
use crate::caller::Caller;
use crate::input::Body;
use crate::projects;
use crate::refusal::Refusal;

/// Says what targets amount to under the scope of a project. Nothing is stored, no name is looked
/// up, and no packet is sent.
#[utoipa::path(post, path = "/targets/expand", operation_id = "expand_targets", tag = "targets",
    request_body = ExpandTargets,
    responses((status = 200, description = "What they amount to.", body = ExpandedTargets)))]
pub(crate) async fn expand(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<ExpandTargets>,
) -> Result<Json<ExpandedTargets>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let project = request.project.as_deref().unwrap_or(projects::USUAL);
    if request.project.is_some() {
        projects::existing(realm, project).await?;
    }
    let shown = request.shown();
    let excludes = read("/excludes", &request.excludes)?;
    let mut targets = list(&request.targets.into_text());
    targets.append(excludes.into_excludes());
    let question = Question {
        project,
        targets: &targets,
        address_limit: app.settings().address_limit,
        opens_outright: caller.record().grant.allows(Permission::Scope),
        first: usize::try_from(shown).unwrap_or(usize::MAX),
    };
    let expansion = submit::expand(realm, &question, caller.by().now).await?;
    Ok(Json(body(expansion)))
}

fn body(expansion: Expansion) -> ExpandedTargets {
    let Expansion {
        count,
        addresses,
        names,
        rejected,
        rejected_count,
        excluded,
        out_of_scope,
        // Everything is out of scope then, and a scan that is made says why.
        not_authorised: _,
    } = expansion;
    let shown = u64::try_from(addresses.len()).unwrap_or(u64::MAX);
    ExpandedTargets {
        count: exact(count.into()),
        count_text: count.to_string(),
        targets: addresses,
        names,
        rejected: told(&rejected),
        rejected_count,
        excluded: exact(excluded.into()),
        out_of_scope: exact(out_of_scope.into()),
        truncated: count > shown,
    }
}
