//! What went wrong, as RFC 9457 has it: `application/problem+json`.
//!
//! A problem is for whoever asked. It never holds a cause from inside the server.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check::FieldProblem;

/// The content type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// What kind of problem it is: `about:blank` when the status says it all.
    #[serde(rename = "type")]
    #[schema(examples("about:blank"))]
    pub kind: String,
    /// The status in words.
    #[schema(examples("Not Found"))]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, examples(404))]
    pub status: u16,
    /// What is wrong, as a sentence for people.
    #[schema(examples("there is no scan 0192f3a1-7a10-7000-8000-000000000000"))]
    pub detail: String,
    /// The fields at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// The earliest time at which trying again may help, in seconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u64>,
    /// The request's id, by which the server's log can be searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

impl Problem {
    /// A problem with a status of its own and a sentence.
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: title(status).to_owned(),
            status,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_seconds: None,
            request_id: None,
        }
    }

    /// The body is not JSON, or a parameter cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, detail)
    }

    /// Nobody has said who asks, or not so that it can be believed.
    #[must_use]
    pub fn unauthorised() -> Self {
        Self::new(401, "sign in, or send a token in the header Authorization: Bearer")
    }

    /// Who asks may not do that.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, detail)
    }

    /// There is no such thing, or none that the caller may know of.
    pub fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(404, format!("there is no {what} {id}"))
    }

    /// There is nothing at this path.
    #[must_use]
    pub fn no_route() -> Self {
        Self::new(404, "there is nothing at this path; /openapi.json lists all that there is")
    }

    /// The path is there, and this method is not.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(405, "this path does not have that method; the header Allow lists those it has")
    }

    /// The state of things does not allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, detail)
    }

    /// It was there once, and will not be again.
    pub fn gone(detail: impl Into<String>) -> Self {
        Self::new(410, detail)
    }

    /// The body is larger than what is read.
    #[must_use]
    pub fn too_large(most_bytes: u64) -> Self {
        Self::new(413, format!("the body is larger than {most_bytes} bytes"))
    }

    /// The body is not of a type that is read.
    #[must_use]
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(415, format!("send the body as {expected}, and say so in Content-Type"))
    }

    /// The request can be read, and makes no sense. With one field at fault, its message is the
    /// sentence.
    #[must_use]
    pub fn unprocessable(errors: Vec<FieldProblem>) -> Self {
        let detail = match errors.as_slice() {
            [] => "the request makes no sense".to_owned(),
            [one] if one.field.is_empty() => one.message.clone(),
            [one] => format!("{}: {}", one.field, one.message),
            several => format!("{} fields are wrong; errors lists them", several.len()),
        };
        Self { errors, ..Self::new(422, detail) }
    }

    /// The request can be read, and one field of it makes no sense.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::unprocessable(vec![FieldProblem::new(field, message)])
    }

    /// The request can be read, and as a whole makes no sense.
    pub fn senseless(detail: impl Into<String>) -> Self {
        Self::new(422, detail)
    }

    /// Asked too often.
    #[must_use]
    pub fn too_many(retry_after_seconds: u64) -> Self {
        let detail = format!("asked too often; try again in {retry_after_seconds} s");
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::new(429, detail) }
    }

    /// A fault of the server's own. What it was stands in its log, under the request's id.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(500, "the server failed; its log says why, under the request's id")
    }

    /// The server cannot do it now.
    pub fn unavailable(detail: impl Into<String>, retry_after_seconds: u64) -> Self {
        Self { retry_after_seconds: Some(retry_after_seconds), ..Self::new(503, detail) }
    }

    /// The same problem, as that of the request with this id.
    #[must_use]
    pub fn of_request(self, id: impl Into<String>) -> Self {
        Self { request_id: Some(id.into()), ..self }
    }
}

/// The words for a status (RFC 9110).
fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        status if status < 500 => "Client Error",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_json_as_the_rfc_has_it() {
        let problem = Problem::not_found("scan", 7);

        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no scan 7"}"#
        );
    }

    #[test]
    fn one_field_at_fault_is_told_in_the_sentence() {
        let problem = Problem::field("/targets/0", "is empty").of_request("r1");

        assert_eq!(problem.to_string(), "/targets/0: is empty");
        assert_eq!(problem.request_id.as_deref(), Some("r1"));
        assert_eq!(serde_json::to_value(&problem).unwrap()["errors"][0]["field"], "/targets/0");
    }

    #[test]
    fn who_asks_too_often_is_told_when_to_come_back() {
        let problem = Problem::too_many(30);

        assert_eq!((problem.status, problem.retry_after_seconds), (429, Some(30)));
        assert_eq!(problem.detail, "asked too often; try again in 30 s");
    }
}
