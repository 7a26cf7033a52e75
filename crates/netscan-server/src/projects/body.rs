//! How a project and its targets are told.

use netscan_api::project::{ProjectBody, ProjectLimits};
use netscan_api::target::TargetBody;
use netscan_model::scope::Scope;
use netscan_store::{InventoryTarget, Project};

use crate::refusal::Refusal;

pub(super) fn body(project: Project) -> Result<ProjectBody, Refusal> {
    let Project {
        id,
        organisation_id,
        name,
        description,
        scope: written,
        limits,
        scans,
        targets,
        created_at,
        updated_at,
    } = project;
    let (scope, limits) = (scope(written)?, limits_body(limits));
    Ok(ProjectBody {
        id,
        name,
        description,
        organisation_id,
        created_at,
        updated_at,
        scope,
        limits,
        scans,
        targets,
    })
}

/// A scope as it is stored. One that cannot be read is a fault of ours.
pub(super) fn scope(stored: serde_json::Value) -> Result<Scope, Refusal> {
    serde_json::from_value(stored).map_err(|error| Refusal::fault(&error))
}

pub(super) fn limits_body(limits: netscan_store::ProjectLimits) -> ProjectLimits {
    let netscan_store::ProjectLimits { max_scans, max_batches, max_rate } = limits;
    ProjectLimits { max_scans, max_batches, max_rate }
}

pub(super) fn stored_limits(limits: ProjectLimits) -> netscan_store::ProjectLimits {
    let ProjectLimits { max_scans, max_batches, max_rate } = limits;
    netscan_store::ProjectLimits { max_scans, max_batches, max_rate }
}

pub(super) fn target_body(target: InventoryTarget) -> TargetBody {
    let InventoryTarget { target, kind, tags, added_at } = target;
    TargetBody { target, kind, tags, added_at }
}
