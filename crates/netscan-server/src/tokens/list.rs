//! Lists tokens.

use axum::Json;
use netscan_api::Page;
use netscan_api::token::TokenBody;
use netscan_model::access::Permission;

use super::body::body;
use crate::caller::Caller;
use crate::refusal::Refusal;

/// Lists one's own tokens, newest first; those of everyone for who may say who belongs to the
/// organisation. Secrets are not among what is known of them.
#[utoipa::path(get, path = "/tokens", operation_id = "list_tokens", tag = "tokens",
    responses((status = 200, description = "The tokens.", body = Page<TokenBody>)))]
pub(crate) async fn list(caller: Caller) -> Result<Json<Page<TokenBody>>, Refusal> {
    let realm = caller.realm(Permission::Own)?;
    let tokens = if caller.require(Permission::People).is_ok() {
        realm.tokens(None).await?
    } else {
        match &caller.record().user {
            Some(user) => realm.tokens(Some(user.id)).await?,
            // A token that is nobody's own has nothing but itself.
            None => realm.token(&caller.record().id).await?.into_iter().collect(),
        }
    };
    Ok(Json(Page::whole(tokens.into_iter().map(body).collect())))
}
