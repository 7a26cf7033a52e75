//! Shows how fast a scan went.

use std::num::NonZeroU32;

use axum::Json;
use netscan_api::map::{PaceBody, PointBody, ShowPace, USUAL_POINTS};
use netscan_model::access::Permission;
use netscan_store::{Pace, PacePoint};

use crate::caller::Caller;
use crate::input::{Id, Query};
use crate::refusal::Refusal;

/// Shows how fast a scan went, from its start to its end, or to now.
#[utoipa::path(get, path = "/scans/{id}/pace", operation_id = "show_pace", tag = "scans",
    params(("id" = Uuid, Path, description = "The scan's id"), ShowPace),
    responses((status = 200, description = "The pace.", body = PaceBody)))]
pub(crate) async fn show_pace(
    caller: Caller,
    Id(id): Id,
    Query(query): Query<ShowPace>,
) -> Result<Json<PaceBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let most = NonZeroU32::new(query.points.unwrap_or(USUAL_POINTS)).unwrap_or(NonZeroU32::MIN);
    let pace = realm.pace(id, most, caller.by().now).await?;
    Ok(Json(pace.map(body).unwrap_or_default()))
}

fn body(Pace { since, until, interval_ms, points }: Pace) -> PaceBody {
    let point = |PacePoint { addresses, hosts_up, open_ports }: PacePoint| PointBody {
        addresses,
        hosts_up,
        open_ports,
    };
    let points = points.into_iter().map(point).collect();
    PaceBody { since: Some(since), until: Some(until), interval_ms, points }
}
