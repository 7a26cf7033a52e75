//! A token, as people see it.

use netscan_api::token::TokenBody;
use netscan_store::TokenRecord;

/// A token without its secret.
#[must_use]
pub fn body(record: TokenRecord) -> TokenBody {
    let TokenRecord {
        id,
        name,
        role,
        scopes,
        user: _,
        user_name,
        created_at,
        ends_at,
        last_used_at,
    } = record;
    TokenBody {
        id,
        name,
        role,
        scopes,
        created_at,
        expires_at: ends_at,
        last_used_at,
        owner: user_name,
    }
}
