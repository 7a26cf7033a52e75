//! What a caller must have themselves before they give it to somebody, or take somebody's place.

use netscan_model::access::{Grant, Role};

use crate::caller::Caller;
use crate::refusal::Refusal;

/// Refuses what is asked at `field` of somebody who is, or will be, `role`, unless the caller may do
/// all that comes with that role: a token that was narrowed to people must not widen itself through
/// one of them.
pub(super) fn require_no_less(caller: &Caller, role: Role, field: &str) -> Result<(), Refusal> {
    if caller.record().grant.covers(&Grant::of(role)) {
        return Ok(());
    }
    let message = format!(
        "this is for who may do all that {} may; ask without a token, or with one of all scopes",
        with_article(role)
    );
    Err(Refusal::field(field, message))
}

fn with_article(role: Role) -> String {
    let article = if role == Role::Viewer { "a" } else { "an" };
    format!("{article} {role}")
}
