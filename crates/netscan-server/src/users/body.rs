//! A user, as others of the organisation see them.

use netscan_api::organisation::OrganisationName;
use netscan_api::user::UserBody;
use netscan_store::{Member, User};

use crate::caller::Caller;

/// A member of the caller's organisation.
pub(super) fn body(caller: &Caller, member: Member) -> UserBody {
    let organisation = &caller.record().organisation;
    let Member { user, role } = member;
    let User {
        id,
        name,
        display_name,
        has_password,
        has_totp,
        has_identity: _,
        is_disabled,
        created_at,
        last_seen_at,
    } = user;
    UserBody {
        id,
        name,
        display_name,
        role,
        organisation: OrganisationName { id: organisation.id, name: organisation.name.clone() },
        is_disabled,
        has_totp,
        has_password,
        created_at,
        last_seen_at,
    }
}
