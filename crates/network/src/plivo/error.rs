//! Plivo's error answers: an HTTP status with a text under `error`.
//!
//! Source: <https://www.plivo.com/docs/voice/api/response>. The texts are this face's own where
//! Plivo shows none.

use serde_json::json;

use crate::wire::WireResponse;

/// An error that Plivo answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: u16,
    text: String,
}

impl ApiError {
    fn new(status: u16, text: impl Into<String>) -> ApiError {
        ApiError { status, text: text.into() }
    }

    pub(crate) fn bad(text: impl Into<String>) -> ApiError {
        ApiError::new(400, text)
    }

    pub(crate) fn missing(key: &str) -> ApiError {
        ApiError::bad(format!("{key} parameter not present"))
    }

    pub(crate) fn invalid(key: &str) -> ApiError {
        ApiError::bad(format!("{key} parameter is not valid"))
    }

    pub(crate) fn unauthenticated() -> ApiError {
        ApiError::new(401, "authentication failed")
    }

    pub(crate) fn not_found() -> ApiError {
        ApiError::new(404, "not found")
    }

    pub(crate) fn wrong_method() -> ApiError {
        ApiError::new(405, "method not allowed")
    }

    pub(crate) fn too_many() -> ApiError {
        ApiError::new(429, "too many requests")
    }

    /// What Plivo says with this status when it is not about the request.
    pub(crate) fn of_status(status: u16) -> ApiError {
        match status {
            401 => ApiError::unauthenticated(),
            404 => ApiError::not_found(),
            405 => ApiError::wrong_method(),
            429 => ApiError::too_many(),
            400 => ApiError::bad("bad request"),
            403 => ApiError::new(403, "forbidden"),
            500..=599 => ApiError::new(status, "internal server error"),
            _ => ApiError::new(status, "unexpected error"),
        }
    }

    pub(crate) fn response(&self, api_id: &str) -> WireResponse {
        WireResponse::json(self.status, &json!({ "api_id": api_id, "error": self.text }))
    }
}
