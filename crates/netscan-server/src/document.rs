//! The document of the API (OpenAPI 3.1), made from the operations, and the explorer that shows it.

use std::sync::{Arc, LazyLock};

use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use netscan_api::problem::{self, Problem};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, ResponseBuilder, SecurityRequirement};
use utoipa::{OpenApi as _, ToSchema as _};
use utoipa_swagger_ui::Config;

use crate::app::App;
use crate::browser::PLAIN_COOKIE;
use crate::refusal::Refusal;
use crate::router;

/// What may be asked without being anyone.
const OPEN: [&str; 5] = ["show_setup", "set_up", "sign_in", "start_oidc", "finish_oidc"];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "NetScan Orchestrator",
        description = "Plan, run and steer network scans, and read what they found.\n\n\
            Live events come over WebSockets, which this document cannot describe: \
            `/ws/scans/{id}?since=SEQ` for one scan, `/ws/events?project=NAME` for a project.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/api/v1")),
    components(schemas(Problem)),
)]
struct Frame;

/// The document of the API, as it is checked in under `docs/openapi.json`.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = Frame::openapi();
    document.merge(router::operations().into_openapi());
    if let Some(components) = document.components.as_mut() {
        let token =
            HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("nso_ID_SECRET");
        components.add_security_scheme("token", SecurityScheme::Http(token.build()));
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(PLAIN_COOKIE)));
        components.add_security_scheme("session", cookie);
    }
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        operations.into_iter().flatten().for_each(complete);
    }
    document
}

/// Adds what holds for every operation: how to say who one is, and what a refusal looks like.
fn complete(operation: &mut Operation) {
    let schema = Ref::from_schema_name(Problem::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let refused = ResponseBuilder::new()
        .description("Refused, and why.")
        .content(problem::CONTENT_TYPE, content)
        .build();
    operation.responses.responses.insert("default".into(), refused.into());
    let is_open = operation.operation_id.as_deref().is_some_and(|id| OPEN.contains(&id));
    if !is_open {
        let nothing: [&str; 0] = [];
        operation.security = Some(vec![
            SecurityRequirement::new("token", nothing),
            SecurityRequirement::new("session", nothing),
        ]);
    }
}

/// The document, and the explorer.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/openapi.json", get(show))
        .route("/api/openapi.json", get(show))
        .route("/api/docs", get(async || Redirect::permanent("/api/docs/")))
        .route("/api/docs/", get(async || explorer("index.html")))
        .route("/api/docs/{file}", get(async |Path(file): Path<String>| explorer(&file)))
}

async fn show() -> Response {
    static DOCUMENT: LazyLock<OpenApi> = LazyLock::new(openapi);
    Json(&*DOCUMENT).into_response()
}

/// A file of the explorer. None of them holds a script or a style within a page, so that they work
/// under the policy of all pages.
fn explorer(file: &str) -> Response {
    static SETTINGS: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
        Arc::new(Config::from("/openapi.json").try_it_out_enabled(true).filter(true))
    });
    match utoipa_swagger_ui::serve(file, Arc::clone(&SETTINGS)) {
        Ok(Some(found)) => {
            let mut response = found.bytes.into_owned().into_response();
            let headers = response.headers_mut();
            if let Ok(media) = HeaderValue::from_str(&found.content_type) {
                headers.insert(CONTENT_TYPE, media);
            }
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
        Ok(None) => Refusal::not_found("page").into_response(),
        Err(error) => Refusal::fault(&*error).into_response(),
    }
}
