//! Looks for hosts.

use axum::Json;
use jiff::Timestamp;
use netscan_api::search::{AssetBody, FoundBody, Looked, SearchAssets};
use netscan_model::access::Permission;
use netscan_model::address::Address;

use super::{Search, catch_up, meant, page};
use crate::caller::Caller;
use crate::hosts::brief::brief;
use crate::input::{Query, page_size};
use crate::projects;
use crate::refusal::Refusal;

/// Looks for hosts by what is known of them over all scans of a project, in the search language.
#[utoipa::path(get, path = "/search", operation_id = "search", tag = "hosts",
    params(SearchAssets),
    responses((status = 200, description = "What was found.", body = FoundBody)))]
pub(crate) async fn find(
    caller: Caller,
    Query(asked): Query<SearchAssets>,
) -> Result<Json<FoundBody>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let project = match &asked.project {
        Some(reference) => projects::existing(realm, reference).await?.id.to_string(),
        None => projects::USUAL.to_owned(),
    };
    let query = match &asked.q {
        Some(text) => {
            let looked = Looked::read(text).map_err(|wrong| Refusal::field("/q", wrong))?;
            let query = meant(realm, &project, looked).await?;
            Some(
                query
                    .ok_or_else(|| Refusal::field("/q", "names no saved search of the project"))?,
            )
        }
        None => None,
    };
    let after = asked.cursor.as_deref().map(str::parse::<Address>).transpose();
    let search = Search {
        project,
        query,
        as_of: asked.as_of,
        facets: asked.facets().map_err(|wrong| Refusal::field("/facets", wrong))?,
        after: after.map_err(|_| Refusal::field("/cursor", "is no cursor of this list"))?,
        skip: asked.skip.unwrap_or(0),
        limit: page_size(asked.limit)?,
    };
    let is_current = catch_up(realm).await?;
    let mut found = page(realm, &search, is_current, Timestamp::now()).await?;
    if asked.brief == Some(true) {
        let shorten = |asset: AssetBody| AssetBody { host: brief(asset.host), ..asset };
        found.hosts = found.hosts.into_iter().map(shorten).collect();
    }
    Ok(Json(found))
}
