//! An organisation, as people see it.

use netscan_api::organisation::OrganisationBody;
use netscan_store::Organisation;

pub(super) fn body(organisation: Organisation) -> OrganisationBody {
    let Organisation { id, name, created_at } = organisation;
    OrganisationBody { id, name, created_at }
}
