//! Takes several targets out of a project.

use axum::Json;
use netscan_api::target::{RemoveTargets, RemovedTargets};
use netscan_model::access::Permission;
use netscan_model::target::Target;

use super::existing;
use crate::caller::Caller;
use crate::input::{Body, Word};
use crate::refusal::Refusal;

/// Takes targets out of the inventory of a project.
#[utoipa::path(post, path = "/projects/{id}/targets/remove", operation_id = "remove_targets",
    tag = "projects", params(("id" = String, Path, description = "The project's id or name")),
    request_body = RemoveTargets,
    responses((status = 200, description = "What is gone.", body = RemovedTargets)))]
pub(crate) async fn remove_targets(
    caller: Caller,
    Word(reference): Word,
    Body(request): Body<RemoveTargets>,
) -> Result<Json<RemovedTargets>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let project = existing(realm, &reference).await?.id.to_string();
    let mut answer = RemovedTargets::default();
    for text in request.targets {
        let target = canonical(&text).unwrap_or(text);
        let is_removed = realm.remove_target(&project, &target, caller.by()).await?;
        if is_removed { answer.removed.push(target) } else { answer.missing.push(target) }
    }
    Ok(Json(answer))
}

/// A target in the spelling under which an inventory has it; none if it is no target.
pub(super) fn canonical(text: &str) -> Option<String> {
    let (sign, rest) = text.strip_prefix('!').map_or(("", text), |rest| ("!", rest));
    let target: Target = rest.parse().ok()?;
    Some(format!("{sign}{target}"))
}
