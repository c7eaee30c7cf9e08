//! Twilio's error answers: an HTTP status with a body that says the error's own number.
//!
//! Source: <https://www.twilio.com/docs/api/errors>.

use serde::Serialize;

use crate::wire::WireResponse;

/// An error that Twilio answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) code: u32,
    pub(crate) message: String,
}

impl ApiError {
    pub(crate) fn new(status: u16, code: u32, message: impl Into<String>) -> ApiError {
        ApiError { status, code, message: message.into() }
    }

    pub(crate) fn unauthenticated() -> ApiError {
        ApiError::new(401, 20_003, "Authenticate")
    }

    pub(crate) fn not_found(path: &str) -> ApiError {
        ApiError::new(404, 20_404, format!("The requested resource {path} was not found"))
    }

    pub(crate) fn wrong_method() -> ApiError {
        ApiError::new(405, 20_004, "Method not allowed")
    }

    pub(crate) fn not_in_progress() -> ApiError {
        ApiError::new(400, 21_220, "Call is not in-progress. Cannot redirect.")
    }

    /// What Twilio says with this status when it is not about the request.
    pub(crate) fn of_status(status: u16, path: &str) -> ApiError {
        match status {
            401 => ApiError::unauthenticated(),
            403 => ApiError::new(403, 20_403, "Forbidden"),
            404 => ApiError::not_found(path),
            429 => ApiError::new(429, 20_429, "Too Many Requests"),
            500 => ApiError::new(500, 20_500, "An internal server error has occurred"),
            503 => ApiError::new(503, 20_503, "Service is unavailable. Please try again"),
            _ => ApiError::new(status, 20_000 + u32::from(status), "Error"),
        }
    }

    pub(crate) fn response(&self) -> WireResponse {
        let body = Body {
            code: self.code,
            message: &self.message,
            more_info: format!("https://www.twilio.com/docs/errors/{}", self.code),
            status: self.status,
        };
        WireResponse::json(self.status, &body)
    }
}

#[derive(Serialize)]
struct Body<'a> {
    code: u32,
    message: &'a str,
    more_info: String,
    status: u16,
}
