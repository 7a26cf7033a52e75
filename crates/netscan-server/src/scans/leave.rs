//! What a caller must be allowed themselves before they let a scan send packets that somebody else
//! asked for.

use jiff::Timestamp;
use netscan_api::scan::Options;
use netscan_model::scan::Scan;
use netscan_orchestrator::leave;
use netscan_store::Realm;

use super::request;
use crate::app::App;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Refuses to run `scan` for whoever may not ask for its options, for its rate, or for an address that
/// is closed by default and that it names outright.
pub(crate) async fn require(
    app: &App,
    caller: &Caller,
    realm: &Realm,
    scan: &Scan,
) -> Result<(), Refusal> {
    let policy = app.policy(caller.record().grant.role);
    request::parsed("/options", &Options::Line(scan.options.clone()), &policy)?;
    request::allow_rate("/max_rate", scan.limits.max_rate, &policy)?;
    if request::opens_outright(caller) {
        return Ok(());
    }
    match leave::opened_outright(realm, scan, Timestamp::now()).await?.iter().next() {
        None => Ok(()),
        Some(address) => Err(closed(&address.to_string())),
    }
}

fn closed(address: &str) -> Refusal {
    let message = format!(
        "{address} is scanned only because an admin named it; ask one to go on, or to add it to the \
         project's scope"
    );
    Refusal::field("/targets", message)
}
