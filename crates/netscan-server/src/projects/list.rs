//! Lists projects.

use axum::Json;
use netscan_api::Page;
use netscan_api::project::ProjectBody;
use netscan_api::query::ListProjects;
use netscan_model::access::Permission;

use super::body::body;
use crate::caller::Caller;
use crate::input::{Query, cursor, page_size, place};
use crate::refusal::Refusal;

/// Lists the organisation's projects, by name.
#[utoipa::path(get, path = "/projects", operation_id = "list_projects", tag = "projects",
    params(ListProjects),
    responses((status = 200, description = "The projects.", body = Page<ProjectBody>)))]
pub(crate) async fn list(
    caller: Caller,
    Query(query): Query<ListProjects>,
) -> Result<Json<Page<ProjectBody>>, Refusal> {
    let realm = caller.realm(Permission::Read)?;
    let size = usize::try_from(page_size(query.limit)?).unwrap_or(usize::MAX);
    let after: Option<String> = place(query.cursor.as_deref())?;
    let mut projects = realm.projects().await?;
    projects.sort_by(|one, other| one.name.cmp(&other.name));
    projects.retain(|project| {
        after.as_ref().is_none_or(|after| project.name > *after)
            && query.name.as_ref().is_none_or(|name| project.name == *name)
    });
    let is_more = projects.len() > size;
    projects.truncate(size);
    let next_cursor = projects.last().filter(|_| is_more).map(|last| cursor(&last.name));
    let items = projects.into_iter().map(body).collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next_cursor }))
}
