//! The limits of the server: how much may run at a time over all organisations.

mod set;
mod show;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(show::show, set::set))
}

/// As the API has them.
fn body(limits: netscan_store::ServerLimits) -> netscan_api::limits::ServerLimits {
    let netscan_store::ServerLimits { max_batches, max_rate, politeness } = limits;
    let netscan_store::Politeness { address_rate, network_rate } = politeness;
    let politeness = netscan_api::limits::Politeness { address_rate, network_rate };
    netscan_api::limits::ServerLimits { max_batches, max_rate, politeness }
}

/// As the store has them.
fn stored(limits: netscan_api::limits::ServerLimits) -> netscan_store::ServerLimits {
    let netscan_api::limits::ServerLimits { max_batches, max_rate, politeness } = limits;
    let netscan_api::limits::Politeness { address_rate, network_rate } = politeness;
    let politeness = netscan_store::Politeness { address_rate, network_rate };
    netscan_store::ServerLimits { max_batches, max_rate, politeness }
}
