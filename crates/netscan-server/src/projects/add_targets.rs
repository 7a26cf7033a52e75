//! Adds targets to a project.

use axum::Json;
use netscan_api::FieldProblem;
use netscan_api::target::{AddTargets, AddedTargets, Targets};
use netscan_model::access::Permission;
use netscan_model::target::{Rejected, TargetEntry, TargetList};
use netscan_store::{By, InventoryTarget};

use super::existing;
use crate::caller::Caller;
use crate::input::{Body, Word};
use crate::refusal::Refusal;
use crate::targets::{self, problem_of};

/// Adds targets to the inventory of a project, as `netscan ingest` does.
///
/// What cannot be read is told and left out; with `strict`, or when it was to be excluded, nothing
/// is added then.
#[utoipa::path(post, path = "/projects/{id}/targets", operation_id = "add_targets",
    tag = "projects", params(("id" = String, Path, description = "The project's id or name")),
    request_body = AddTargets,
    responses((status = 200, description = "What became of them.", body = AddedTargets)))]
pub(crate) async fn add_targets(
    caller: Caller,
    Word(reference): Word,
    Body(request): Body<AddTargets>,
) -> Result<Json<AddedTargets>, Refusal> {
    let realm = caller.realm(Permission::Scan)?;
    let project = existing(realm, &reference).await?;
    let is_list = matches!(request.targets, Targets::List(_));
    let list = targets::list(&request.targets.into_text());
    // What was to be left out and cannot be read would be scanned later.
    let must_stop = |rejected: &Rejected| request.strict || rejected.was_exclude;
    if list.rejected.iter().any(must_stop) {
        return Err(Refusal::unprocessable(problems(&list.rejected, is_list)));
    }
    let by = caller.by();
    let entries = entries(&list, &request.tags, by);
    let new = realm.add_targets(&project.id.to_string(), &entries, by).await?;
    let all = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    Ok(Json(AddedTargets {
        new,
        duplicates: all.saturating_sub(new),
        rejected: targets::told(&list.rejected),
        rejected_count: list.rejected_count(),
    }))
}

fn entries(list: &TargetList, tags: &[String], by: By<'_>) -> Vec<InventoryTarget> {
    let target = |text: String, kind: String| InventoryTarget {
        target: text,
        kind,
        tags: tags.to_vec(),
        added_at: by.now,
    };
    let asked = list
        .targets
        .iter()
        .map(|TargetEntry { target: it, .. }| target(it.to_string(), it.kind().to_string()));
    let left_out = list
        .excludes
        .iter()
        .map(|TargetEntry { target: it, .. }| target(format!("!{it}"), "exclude".into()));
    asked.chain(left_out).collect()
}

fn problems(rejected: &[Rejected], is_list: bool) -> Vec<FieldProblem> {
    let field = |rejected: &Rejected| {
        if is_list {
            problem_of("/targets", rejected)
        } else {
            FieldProblem::new("/targets", rejected.to_string())
        }
    };
    rejected.iter().take(targets::MOST_TOLD).map(field).collect()
}
