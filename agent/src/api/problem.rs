//! What an outsider is told when something is refused: an RFC 9457 problem with a code, never an internal detail.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// A problem document.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// The kind of problem, relative to the documentation.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    code: &'static str,
}

impl Problem {
    /// A problem of this status, code and title.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, title: &'static str) -> Problem {
        Problem { kind: format!("/problems/{code}"), title, status: status.as_u16(), code }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// Nothing is at this address, or nothing that the caller may see.
#[must_use]
pub fn not_found() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
}

/// The request does not carry the carrier's signature.
#[must_use]
pub fn forbidden() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "bad_signature",
        "the request is not signed by the configured carrier account",
    )
}

/// The request is not of the form that this address takes.
#[must_use]
pub fn bad_request() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad_request",
        "the request is not of the form that this address takes",
    )
}
