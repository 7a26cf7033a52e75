//! All routes, and the layers around them.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower::ServiceBuilder;
use tower_http::ServiceBuilderExt as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::MakeRequestUuid;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tower_http::trace::TraceLayer;
use tracing::{Span, info};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::door::{self, REQUEST_ID};
use crate::refusal::Refusal;
use crate::{
    audit, batches, document, health, hosts, idempotency, imports, limits, live, modules, nmap,
    organisations, projects, scans, searches, session, setup, sizes, targets, templates, tokens,
    ui, users, workers,
};

/// The operations below `/api/v1`, with what the document says of them.
pub(crate) fn operations() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .merge(audit::routes())
        .merge(batches::routes())
        .merge(hosts::routes())
        .merge(imports::routes())
        .merge(limits::routes())
        .merge(live::operations())
        .merge(modules::routes())
        .merge(nmap::routes())
        .merge(organisations::routes())
        .merge(projects::routes())
        .merge(scans::routes())
        .merge(searches::routes())
        .merge(session::routes())
        .merge(setup::routes())
        .merge(targets::routes())
        .merge(templates::routes())
        .merge(tokens::routes())
        .merge(users::routes())
        .merge(workers::routes())
}

/// Everything that the server answers.
pub fn router(app: App) -> Router {
    let operations = Router::from(operations())
        .layer(from_fn_with_state(app.clone(), idempotency::answer_once))
        .layer(from_fn_with_state(app.clone(), sizes::bound))
        .layer(RequestBodyTimeoutLayer::new(sizes::STALLED));
    let trace = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_request(())
        .on_response(tell)
        // What fails is told where it fails.
        .on_failure(());
    let named = ServiceBuilder::new()
        .sensitive_headers([AUTHORIZATION, COOKIE, SET_COOKIE])
        .set_request_id(REQUEST_ID, MakeRequestUuid)
        .layer(trace)
        .propagate_request_id(REQUEST_ID);
    Router::new()
        .nest("/api/v1", operations.clone())
        .nest("/api", operations)
        .merge(document::routes())
        .merge(live::routes())
        .merge(health::routes())
        .fallback(ui::show)
        .method_not_allowed_fallback(async || {
            let detail = "this address does not take that method; see the Allow header";
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, detail)
        })
        // From here on, what stands further down is passed earlier.
        .layer(CatchPanicLayer::custom(tell_of_panic))
        .layer(from_fn(door::complete_refusals))
        .layer(CompressionLayer::new())
        .layer(from_fn(door::guard_browsers))
        .layer(from_fn_with_state(app.clone(), door::note_remote))
        .layer(from_fn_with_state(app.clone(), health::measure))
        .layer(named)
        .layer(from_fn(door::forget_strange_ids))
        .with_state(app)
}

/// The span of a request: its id, and nothing that could be secret.
fn span(request: &Request) -> Span {
    let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or("");
    let (method, path) = (request.method().as_str(), request.uri().path());
    tracing::info_span!("request", request.id = id, method, path)
}

/// Logs that a request was answered.
fn tell<B>(response: &axum::http::Response<B>, took: Duration, _span: &Span) {
    let status = response.status().as_u16();
    info!(status, took_ms = took.as_secs_f64() * 1e3, "answered {status}");
}

/// A panic is a mistake of ours, and is answered as any other.
#[expect(clippy::needless_pass_by_value, reason = "it is handed over so")]
fn tell_of_panic(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    tracing::error!(panic = text, "an operation panicked");
    let detail = "the server failed; its log says why, under the id of this request";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
}
