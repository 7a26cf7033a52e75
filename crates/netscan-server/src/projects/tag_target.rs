//! Says which words a target carries.

use axum::Json;
use netscan_api::target::{TagTarget, TargetBody};
use netscan_model::access::Permission;
use netscan_store::{InventoryTarget, Realm};

use super::body::target_body;
use super::existing;
use super::remove_targets::canonical;
use crate::caller::Caller;
use crate::input::{Body, Word};
use crate::refusal::Refusal;

/// Puts words on a target of a project, in place of those that it carries.
#[utoipa::path(post, path = "/projects/{id}/targets/tag", operation_id = "tag_target",
    tag = "projects", params(("id" = String, Path, description = "The project's id or name")),
    request_body = TagTarget,
    responses((status = 200, description = "The target as it is now.", body = TargetBody)))]
pub(crate) async fn tag_target(
    caller: Caller,
    Word(reference): Word,
    Body(request): Body<TagTarget>,
) -> Result<Json<TargetBody>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let project = existing(realm, &reference).await?.id.to_string();
    let target = canonical(&request.target).ok_or_else(|| Refusal::not_found("target"))?;
    realm.tag_target(&project, &target, &request.tags, caller.by()).await?;
    let tagged = found(realm, &project, &target).await?;
    Ok(Json(target_body(tagged.ok_or_else(|| Refusal::not_found("target"))?)))
}

async fn found(
    realm: &Realm,
    project: &str,
    target: &str,
) -> Result<Option<InventoryTarget>, Refusal> {
    let targets = realm.targets(project).await?;
    Ok(targets.into_iter().find(|entry| entry.target == target))
}
