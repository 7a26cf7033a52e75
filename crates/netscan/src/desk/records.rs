//! Between the records of the store and the bodies of the API, which tell the same.

use netscan_api::coverage::UnresolvedBody;
use netscan_api::project::{ProjectBody, ProjectLimits};
use netscan_api::target::TargetBody;
use netscan_api::template::CostBody;
use netscan_api::{batch, scan};
use netscan_orchestrator::submit::Cost;
use netscan_store::{BatchCounts, InventoryTarget, Project, RetryOf};

pub(super) fn api_retry_of(what: RetryOf) -> scan::RetryOf {
    match what {
        RetryOf::Everything => scan::RetryOf::Everything,
        RetryOf::Failed => scan::RetryOf::Failed,
        RetryOf::Difficult => scan::RetryOf::Difficult,
    }
}

pub(super) fn batch_counts(counts: &batch::BatchCounts) -> BatchCounts {
    let batch::BatchCounts {
        total: _,
        waiting,
        leased,
        succeeded,
        failed,
        cancelled,
        superseded,
        backing_off,
        next_try,
    } = *counts;
    BatchCounts { waiting, leased, succeeded, failed, cancelled, superseded, backing_off, next_try }
}

pub(super) fn target(target: InventoryTarget) -> TargetBody {
    let InventoryTarget { target, kind, tags, added_at } = target;
    TargetBody { target, kind, tags, added_at }
}

pub(super) fn cost(cost: Cost, options: &str) -> CostBody {
    let Cost { addresses, excluded, out_of_scope, unresolved, batches, packets, forecast_ms } =
        cost;
    let unresolved = unresolved.into_iter().map(|(name, reason)| UnresolvedBody { name, reason });
    CostBody {
        addresses,
        excluded,
        out_of_scope,
        unresolved: unresolved.collect(),
        batches,
        packets,
        forecast_ms,
        options: options.to_owned(),
    }
}

pub(super) fn project(project: Project) -> Result<ProjectBody, serde_json::Error> {
    let Project {
        id,
        organisation_id,
        name,
        description,
        scope,
        limits,
        scans,
        targets,
        created_at,
        updated_at,
    } = project;
    let netscan_store::ProjectLimits { max_scans, max_batches, max_rate } = limits;
    Ok(ProjectBody {
        id,
        name,
        description,
        organisation_id,
        created_at,
        updated_at,
        scope: serde_json::from_value(scope)?,
        limits: ProjectLimits { max_scans, max_batches, max_rate },
        scans,
        targets,
    })
}
