//! Why a request was not done, as the caller reads it: a problem (RFC 9457).
//!
//! Faults of ours are logged with their cause here, once, and answered without it.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use netscan_api::{FieldProblem, Problem};
use netscan_model::access::Permission;
use netscan_orchestrator::submit::SubmitError;
use netscan_store::StoreError;
use tracing::error;

/// An answer that refuses.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Box<Problem>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { problem: Box::new(Problem::new(status.as_u16(), detail)) }
    }

    /// There is no such thing, or it is somebody else's, which is the same to the caller.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no such {what}"))
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// Fields that cannot be taken as they are.
    pub(crate) fn unprocessable(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.message.clone(),
            several => format!("{} fields cannot be taken as they are", several.len()),
        };
        let mut refusal = Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        refusal.problem.errors = errors;
        refusal
    }

    /// One field that cannot be taken as it is; `field` is a JSON pointer, such as `/targets`.
    pub(crate) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::unprocessable(vec![FieldProblem::new(field, message)])
    }

    pub(crate) fn unauthorised() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "sign in, or send a valid token as `Authorization: Bearer nso_…`",
        )
    }

    pub(crate) fn forbidden(permission: Permission) -> Self {
        let role = permission.least_role();
        let detail =
            format!("this needs the permission {permission:?} of a role of {role} at least");
        Self::new(StatusCode::FORBIDDEN, detail.replace('"', ""))
    }

    pub(crate) fn foreign(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// It may be asked again, but not before `retry_after` has passed.
    pub(crate) fn later(
        status: StatusCode,
        detail: impl Into<String>,
        retry_after: Duration,
    ) -> Self {
        let mut refusal = Self::new(status, detail);
        let whole = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
        refusal.problem.retry_after_seconds = Some(whole.max(1));
        refusal
    }

    pub(crate) fn too_many(detail: impl Into<String>, retry_after: Duration) -> Self {
        Self::later(StatusCode::TOO_MANY_REQUESTS, detail, retry_after)
    }

    /// Someone tries again and again to prove who they are.
    pub(crate) fn too_many_attempts(retry_after: Duration) -> Self {
        Self::too_many("too many attempts; wait a while before you try again", retry_after)
    }

    /// The same refusal with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        let detail = std::mem::take(&mut self.problem.detail);
        let errors = std::mem::take(&mut self.problem.errors);
        *self.problem = Problem { errors, ..Problem::new(status.as_u16(), detail) };
        self
    }

    /// The same refusal where the field at `from`, and what is in it, goes by another name.
    pub(crate) fn renamed(mut self, from: &str, to: &str) -> Self {
        for error in &mut self.problem.errors {
            let rest = error.field.strip_prefix(from);
            if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
                error.field = format!("{to}{rest}");
            }
        }
        self
    }

    /// The same refusal with all that is wrong at one field.
    pub(crate) fn all_at(mut self, field: &str) -> Self {
        self.problem.errors.iter_mut().for_each(|error| field.clone_into(&mut error.field));
        self
    }

    /// A fault of ours. Its cause goes to the log and nowhere else.
    pub(crate) fn fault(cause: &dyn std::error::Error) -> Self {
        let mut chain = cause.to_string();
        let mut source = cause.source();
        while let Some(deeper) = source {
            chain = format!("{chain}: {deeper}");
            source = deeper.source();
        }
        error!(cause = chain, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server failed; its log says why, under the id of this request",
        )
    }

    fn unavailable(detail: impl Into<String>) -> Self {
        Self::later(StatusCode::SERVICE_UNAVAILABLE, detail, Duration::from_secs(1))
    }

    /// The fields at fault.
    #[cfg(test)]
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.problem.errors.iter().map(|error| error.field.as_str()).collect()
    }

    /// The HTTP status of the answer.
    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &error {
            missing if missing.is_missing() => {
                Self::new(StatusCode::NOT_FOUND, missing.to_string())
            }
            refused if refused.is_conflict() => Self::conflict(refused.to_string()),
            StoreError::Ambiguous { .. } => Self::field("/reference", error.to_string()),
            StoreError::Busy => Self::unavailable("the database is busy; try again in a moment"),
            StoreError::Full => Self::new(
                StatusCode::INSUFFICIENT_STORAGE,
                "the server's disk is full; nothing was changed",
            ),
            _ => Self::fault(&error),
        }
    }
}

impl From<SubmitError> for Refusal {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Store(error) => error.into(),
            fault if !fault.is_users_fault() => Self::fault(&fault),
            refused => Self::field(refused.field().unwrap_or(""), refused.to_string()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"netscan\""));
        }
        if let Some(seconds) = self.problem.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
