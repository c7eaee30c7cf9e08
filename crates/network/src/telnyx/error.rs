//! Telnyx's error answers: an HTTP status with a list of errors, whose codes are texts.
//!
//! Source: the examples of 400, 422, 500 and 503 in Telnyx's OpenAPI, and
//! <https://developers.telnyx.com/docs/overview/errors/>.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use crate::wire::WireResponse;

/// An error that Telnyx answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: u16,
    code: &'static str,
    title: String,
    detail: String,
    source: Source,
}

/// What in a request an error is about.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// All of it.
    None,
    /// A key of the body.
    Body(String),
    /// A parameter of the query.
    Query(String),
}

impl ApiError {
    fn new(status: u16, code: &'static str, title: &str, detail: impl Into<String>) -> ApiError {
        ApiError { status, code, title: title.to_owned(), detail: detail.into(), source: Source::None }
    }

    fn at(mut self, key: &str) -> ApiError {
        self.source = Source::Body(format!("/{key}"));
        self
    }

    pub(crate) fn bad_request(detail: &str) -> ApiError {
        ApiError::new(400, "10015", "Bad Request", detail)
    }

    pub(crate) fn bad_base64(key: &str) -> ApiError {
        ApiError::bad_request(&format!("The '{key}' parameter must be a valid Base-64 encoded string."))
            .at(key)
    }

    pub(crate) fn bad_url(key: &str) -> ApiError {
        ApiError::new(422, "10003", "Invalid URL", format!("The '{key}' parameter must be a URL.")).at(key)
    }

    pub(crate) fn missing(key: &str) -> ApiError {
        let detail = format!("The '{key}' parameter is required and cannot be blank.");
        ApiError::new(422, "10004", "Missing required parameter", detail).at(key)
    }

    pub(crate) fn wrong_type(key: &str, kind: &str) -> ApiError {
        let detail = format!("The '{key}' parameter must be of type '{kind}'");
        ApiError::new(422, "10026", "Invalid parameter type", detail).at(key)
    }

    pub(crate) fn not_a_number(key: &str) -> ApiError {
        let detail = format!("The '{key}' parameter must be in E164 format.");
        ApiError::new(422, "10016", "Phone number must be in +E164 format", detail).at(key)
    }

    pub(crate) fn none_of(key: &str, words: &[&str]) -> ApiError {
        let detail = format!("The value must be one of: {}.", words.join(", "));
        ApiError::new(422, "10032", "Invalid enumerated value", detail).at(key)
    }

    pub(crate) fn outside(key: &str, range: &RangeInclusive<u64>) -> ApiError {
        ApiError::out_of_range(range).at(key)
    }

    pub(crate) fn query_outside(name: &str, range: &RangeInclusive<u64>) -> ApiError {
        ApiError { source: Source::Query(name.to_owned()), ..ApiError::out_of_range(range) }
    }

    fn out_of_range(range: &RangeInclusive<u64>) -> ApiError {
        let detail = format!("The value is outside of allowed range {} to {}", range.start(), range.end());
        ApiError::new(422, "10033", "Value outside of range", detail)
    }

    pub(crate) fn bad_digits(key: &str) -> ApiError {
        let detail = format!(
            "The '{key}' parameter must be a 'string' made of a combination of either 0, 1, 2, 3, 4, 5, 6, \
             7, 8, 9, A, B, C, D, w, W, * or #"
        );
        ApiError::new(422, "90014", &format!("Invalid value for {key}"), detail).at(key)
    }

    pub(crate) fn unknown_connection() -> ApiError {
        ApiError::new(
            422,
            "10015",
            "Invalid value for connection_id (Call Control App ID)",
            "The requested connection_id (Call Control App ID) is either invalid or does not exist. Only \
             Call Control Apps with valid webhook URL are accepted.",
        )
        .at("connection_id")
    }

    pub(crate) fn unauthenticated() -> ApiError {
        ApiError::new(401, "10009", "Authentication failed", "Could not understand the provided credentials.")
    }

    pub(crate) fn not_found() -> ApiError {
        let detail = "The requested resource or URL could not be found.";
        ApiError::new(404, "10005", "Resource not found", detail)
    }

    /// The id of a command's call is none.
    pub(crate) fn unknown_call() -> ApiError {
        let detail = "The call_control_id provided was not valid.";
        ApiError::new(422, "90015", "Invalid Call Control ID", detail).at("call_control_id")
    }

    pub(crate) fn ended() -> ApiError {
        let detail = "This call is no longer active and can't receive commands.";
        ApiError::new(422, "90018", "Call has already ended", detail)
    }

    pub(crate) fn not_answered() -> ApiError {
        let detail = "This call can't receive this command because it has not been answered yet.";
        ApiError::new(422, "90034", "Call not answered yet", detail)
    }

    /// What Telnyx says with this status when it is not about the request.
    pub(crate) fn of_status(status: u16) -> ApiError {
        let error = |code, title: &str| ApiError::new(status, code, title, title);
        match status {
            400 => ApiError::bad_request("Invalid characters in the request."),
            401 => ApiError::unauthenticated(),
            403 => error("10010", "Authorization failed"),
            404 => ApiError::not_found(),
            422 => ApiError::unknown_call(),
            429 => error("10011", "Too many requests"),
            500 => error("10007", "Internal server error"),
            503 => error("10007", "Service unavailable"),
            _ => error("10007", "Unexpected error"),
        }
    }

    pub(crate) fn response(&self) -> WireResponse {
        let mut error = json!({ "code": self.code, "title": self.title, "detail": self.detail });
        let source: Value = match &self.source {
            Source::None => return WireResponse::json(self.status, &json!({ "errors": [error] })),
            Source::Body(pointer) => json!({ "pointer": pointer }),
            Source::Query(name) => json!({ "parameter": name }),
        };
        error["source"] = source;
        WireResponse::json(self.status, &json!({ "errors": [error] }))
    }
}
