//! What went wrong, as RFC 9457 has it, with a stable code and a page for each in `docs/errors`.

use super::view::rfc3339;
use crate::config::ConfigFaults;
use axum::extract::OriginalUri;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use call::access::Scope;
use call::gate::{Refused, Rule};
use carrier::WebhookError;
use engine::{EngineError, Refusal, StreamRefused};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// What went wrong.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    gate: Option<GateBody>,
    faults: Vec<String>,
    access: Box<AccessBody>,
}

/// What a refusal of a token adds, and what the request is called.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
struct AccessBody {
    /// The token, by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// The scope that it lacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    /// The limit that it is beyond.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// How RFC 6750 says what is wrong with a token.
    #[serde(skip)]
    challenge: Option<String>,
    /// How long to wait, in seconds.
    #[serde(skip)]
    retry_after_s: Option<u64>,
    /// The number that it is about, for the audit.
    #[serde(skip)]
    number: Option<String>,
}

/// What a refusal of the dial gate adds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct GateBody {
    /// The rule.
    rule: &'static str,
    /// What changes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_by: Option<&'static str>,
    /// Before this time it refuses again, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<String>,
}

/// The problems that there are: code, HTTP status and title of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No bearer token, or a wrong one.
    Unauthorized,
    /// The request can't be read.
    Unreadable,
    /// No telephone number.
    BadNumber,
    /// A number that is never dialled.
    NeverDialled,
    /// The number to call from is not ours, or there is none.
    NotOurs,
    /// The text to say is too long.
    SayTooLong,
    /// No agent of this name is configured.
    NoAgent,
    /// The number was called too often.
    TooManyAttempts,
    /// Outbound calls are paused.
    Paused,
    /// No new call is taken.
    Draining,
    /// An `Idempotency-Key` that was used for another request.
    KeyReused,
    /// No such call.
    NoSuchCall,
    /// The store can't be written or read.
    StoreFailed,
    /// A webhook without the carrier's signature.
    WebhookNotBelieved,
    /// A webhook that can't be read.
    WebhookUnreadable,
    /// A carrier that is not configured.
    NoSuchCarrier,
    /// No such page.
    NoSuchPage,
    /// A page that is there, but not by this method.
    WrongMethod,
    /// Larger than anything that this page takes.
    TooLarge,
    /// Something was asked of a call that is over.
    CallOver,
    /// Something was asked of a call whose line is closed when its text was said.
    NotHeld,
    /// Too much was asked of a call already.
    TooManyCommands,
    /// No keys of a telephone.
    NoDigits,
    /// No command of this number.
    NoSuchCommand,
    /// A command that can't be ended by itself.
    CannotStop,
    /// Nobody of this name is told of calls.
    NobodyTold,
    /// No address that a carrier could reach.
    NoAddress,
    /// It is night where the number is.
    QuietHours,
    /// The number is on the do-not-call list.
    DoNotCall,
    /// The number rejected a call not long ago.
    RejectedLately,
    /// The day's minutes or money are used up.
    DayUsedUp,
    /// The number is not on the do-not-call list.
    NotListed,
    /// A call that nobody can listen in on.
    NoSound,
    /// The configuration that is written can't be taken over.
    ConfigurationRefused,
    /// Calls live at a carrier that the configuration leaves out.
    CarriersInUse,
    /// A carrier's stream that came before, or whose command is over.
    StreamTooLate,
    /// The program that a stream is for can't be reached.
    NoProgram,
    /// The token is not for this.
    ScopeLacking,
    /// The token is, but not so far.
    BeyondLimits,
    /// More requests than a token, or a stranger, may send.
    TooFast,
    /// The token asked for as many calls as it may.
    TokenUsedUp,
    /// No token of this name.
    NoSuchToken,
    /// A token that can't be made.
    TokenNotMade,
    /// A call can't be recorded.
    NotRecorded,
    /// A call has no recording.
    NoRecording,
}

/// What a problem is, to a program.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct Body<'a> {
    /// The page about it, relative to the project.
    r#type: String,
    title: &'a str,
    status: u16,
    /// What was tried, the value, and the way out.
    detail: &'a str,
    /// What it is, for programs.
    code: &'a str,
    #[serde(flatten)]
    gate: Option<&'a GateBody>,
    #[serde(flatten)]
    access: &'a AccessBody,
    /// Of a configuration: what is wrong with it, each with its place and the way out.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    faults: &'a [String],
}

impl Kind {
    fn row(self) -> (&'static str, StatusCode, &'static str) {
        match self {
            Kind::Unauthorized => ("OH-0001", StatusCode::UNAUTHORIZED, "unauthorized"),
            Kind::Unreadable => ("OH-0002", StatusCode::BAD_REQUEST, "the request cannot be read"),
            Kind::BadNumber => ("OH-0003", StatusCode::UNPROCESSABLE_ENTITY, "not a telephone number"),
            Kind::NeverDialled => ("OH-0004", StatusCode::FORBIDDEN, "this number is not dialled"),
            Kind::NotOurs => ("OH-0005", StatusCode::UNPROCESSABLE_ENTITY, "no number to call from"),
            Kind::SayTooLong => ("OH-0006", StatusCode::UNPROCESSABLE_ENTITY, "the text to say is too long"),
            Kind::TooManyAttempts => ("OH-0007", StatusCode::TOO_MANY_REQUESTS, "called too often"),
            Kind::Paused => ("OH-0008", StatusCode::CONFLICT, "outbound calls are paused"),
            Kind::Draining => ("OH-0047", StatusCode::SERVICE_UNAVAILABLE, "no new call is taken"),
            Kind::KeyReused => {
                ("OH-0009", StatusCode::UNPROCESSABLE_ENTITY, "the key was used for another request")
            }
            Kind::NoSuchCall => ("OH-0010", StatusCode::NOT_FOUND, "no such call"),
            Kind::StoreFailed => ("OH-0011", StatusCode::SERVICE_UNAVAILABLE, "the store failed"),
            Kind::WebhookNotBelieved => ("OH-0012", StatusCode::FORBIDDEN, "the webhook is not believed"),
            Kind::WebhookUnreadable => ("OH-0013", StatusCode::BAD_REQUEST, "the webhook cannot be read"),
            Kind::NoSuchCarrier => ("OH-0014", StatusCode::NOT_FOUND, "no such carrier"),
            Kind::NoSuchPage => ("OH-0015", StatusCode::NOT_FOUND, "no such page"),
            Kind::WrongMethod => ("OH-0017", StatusCode::METHOD_NOT_ALLOWED, "not by this method"),
            Kind::CallOver => ("OH-0018", StatusCode::CONFLICT, "the call is over"),
            Kind::NotHeld => ("OH-0019", StatusCode::CONFLICT, "the line is not held"),
            Kind::TooManyCommands => ("OH-0020", StatusCode::TOO_MANY_REQUESTS, "too much is asked at once"),
            Kind::NoDigits => ("OH-0021", StatusCode::UNPROCESSABLE_ENTITY, "not keys of a telephone"),
            Kind::NoSuchCommand => ("OH-0022", StatusCode::NOT_FOUND, "no such command"),
            Kind::CannotStop => ("OH-0023", StatusCode::CONFLICT, "it cannot be stopped"),
            Kind::NoAddress => ("OH-0024", StatusCode::UNPROCESSABLE_ENTITY, "no address for a carrier"),
            Kind::QuietHours => ("OH-0025", StatusCode::CONFLICT, "it is night there"),
            Kind::DoNotCall => ("OH-0026", StatusCode::FORBIDDEN, "on the do-not-call list"),
            Kind::RejectedLately => ("OH-0027", StatusCode::CONFLICT, "it rejected a call not long ago"),
            Kind::DayUsedUp => ("OH-0028", StatusCode::TOO_MANY_REQUESTS, "the day is used up"),
            Kind::NotListed => ("OH-0029", StatusCode::NOT_FOUND, "not on the do-not-call list"),
            Kind::ConfigurationRefused => {
                ("OH-0030", StatusCode::UNPROCESSABLE_ENTITY, "the configuration is not taken")
            }
            Kind::CarriersInUse => ("OH-0031", StatusCode::CONFLICT, "calls live at a carrier that would go"),
            Kind::StreamTooLate => ("OH-0032", StatusCode::CONFLICT, "no such stream is awaited"),
            Kind::NoProgram => ("OH-0033", StatusCode::BAD_GATEWAY, "the program cannot be reached"),
            Kind::NobodyTold => ("OH-0046", StatusCode::NOT_FOUND, "nobody of this name is told"),
            Kind::NoAgent => ("OH-0034", StatusCode::UNPROCESSABLE_ENTITY, "no such agent"),
            Kind::ScopeLacking => ("OH-0040", StatusCode::FORBIDDEN, "the token is not for this"),
            Kind::BeyondLimits => ("OH-0041", StatusCode::FORBIDDEN, "beyond the token's limits"),
            Kind::TooFast => ("OH-0042", StatusCode::TOO_MANY_REQUESTS, "too many requests"),
            Kind::TokenUsedUp => ("OH-0043", StatusCode::TOO_MANY_REQUESTS, "the token's calls are used up"),
            Kind::NoSuchToken => ("OH-0044", StatusCode::NOT_FOUND, "no such token"),
            Kind::TokenNotMade => ("OH-0045", StatusCode::CONFLICT, "the token is not made"),
            Kind::NotRecorded => ("OH-0035", StatusCode::UNPROCESSABLE_ENTITY, "the call cannot be recorded"),
            Kind::NoRecording => ("OH-0036", StatusCode::NOT_FOUND, "no recording"),
            Kind::NoSound => ("OH-0048", StatusCode::CONFLICT, "it cannot be listened to"),
            Kind::TooLarge => ("OH-0016", StatusCode::PAYLOAD_TOO_LARGE, "the request is too large"),
        }
    }
}

impl Problem {
    /// A problem of this kind; `detail` says what was tried, the value, and the way out.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        Problem { kind, detail: detail.into(), gate: None, faults: Vec::new(), access: Box::default() }
    }

    /// No good token; `why` the one that was shown isn't, if one was.
    pub(super) fn unauthorized(why: Option<&str>) -> Problem {
        let detail = format!(
            "{}; send 'Authorization: Bearer TOKEN' with a token of 'offhook token add', or the owner's: [api] \
             token, or the one in the .token file beside the store",
            why.unwrap_or("no bearer token")
        );
        let mut problem = Problem::new(Kind::Unauthorized, detail);
        // RFC 6750, section 3.1: who showed nothing is told of no error.
        problem.access.challenge =
            why.map(|why| format!("error=\"invalid_token\", error_description=\"{why}\""));
        problem
    }

    /// Says which scope a token lacks.
    pub(super) fn lacks(mut self, token: &str, scope: Scope) -> Problem {
        self.access.challenge = Some(format!("error=\"insufficient_scope\", scope=\"{}\"", scope.word()));
        self.access.scope = Some(scope.word());
        self.access.token = Some(token.to_owned());
        self
    }

    /// Says which limit of a token is exceeded.
    pub(super) fn beyond(mut self, token: &str, limit: &'static str) -> Problem {
        self.access.limit = Some(limit);
        self.access.token = Some(token.to_owned());
        self
    }

    /// Says how long to wait.
    pub(super) fn after(mut self, wait: Duration) -> Problem {
        self.access.retry_after_s = Some(wait.as_secs_f64().ceil() as u64);
        self
    }

    /// Says which number it is about, for the audit alone.
    pub(super) fn about(mut self, number: &str) -> Problem {
        self.access.number = Some(number.to_owned());
        self
    }

    /// Says what the request is called.
    pub(super) fn of_request(mut self, id: &str) -> Problem {
        self.access.request_id = Some(id.to_owned());
        self
    }

    /// Its stable code.
    pub(super) fn code(&self) -> &'static str {
        self.kind.row().0
    }

    /// The number that it is about.
    pub(super) fn number(&self) -> Option<&str> {
        self.access.number.as_deref()
    }

    /// A configuration that has faults, while another is in force.
    pub(super) fn faults(faults: &ConfigFaults) -> Problem {
        let detail = format!("{}; the configuration before stays in force", faults.summary());
        let faults = faults.iter().map(ToString::to_string).collect();
        Problem { faults, ..Problem::new(Kind::ConfigurationRefused, detail) }
    }

    /// A refusal of the dial gate.
    fn refused(refused: &Refused) -> Problem {
        let rule = refused.rule();
        let kind = match rule {
            Rule::Emergency | Rule::Premium | Rule::Destination => Kind::NeverDialled,
            Rule::Paused => Kind::Paused,
            Rule::DoNotCall => Kind::DoNotCall,
            Rule::Rejected => Kind::RejectedLately,
            Rule::QuietHours => Kind::QuietHours,
            Rule::AttemptsPerHour | Rule::AttemptsPerDay => Kind::TooManyAttempts,
            Rule::MinutesPerDay | Rule::SpendPerDay => Kind::DayUsedUp,
        };
        let not_before = refused.not_before().map(rfc3339);
        let gate = GateBody { rule: rule.word(), changed_by: rule.changed_by(), not_before };
        Problem { gate: Some(gate), ..Problem::new(kind, refused.to_string()) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (code, status, title) = self.kind.row();
        let body = Body {
            r#type: format!("{PAGES}{code}.md"),
            title,
            status: status.as_u16(),
            detail: &self.detail,
            code,
            gate: self.gate.as_ref(),
            access: &self.access,
            faults: &self.faults,
        };
        let mut response = (status, serde_json::to_string(&body).unwrap_or_default()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA));
        let challenge = self.access.challenge.as_deref();
        if status == StatusCode::UNAUTHORIZED || challenge.is_some() {
            let rest = challenge.map(|rest| format!(", {rest}")).unwrap_or_default();
            if let Ok(value) = HeaderValue::from_str(&format!("Bearer realm=\"offhook\"{rest}")) {
                headers.insert(header::WWW_AUTHENTICATE, value);
            }
        }
        if let Some(wait) = self.access.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
        }
        // Whoever names the request, and whoever keeps the audit, look here.
        response.extensions_mut().insert(self);
        response
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Problem {
        let kind = match &error {
            EngineError::Refused(Refusal::Gate(refused)) => return Problem::refused(refused),
            EngineError::Refused(Refusal::NotListed(_)) => Kind::NotListed,
            EngineError::Refused(Refusal::CarriersInUse(_)) => Kind::CarriersInUse,
            EngineError::Refused(Refusal::NoSuchCall(_)) => Kind::NoSuchCall,
            EngineError::Refused(Refusal::KeyReused(_)) => Kind::KeyReused,
            EngineError::Refused(Refusal::Draining) => Kind::Draining,
            EngineError::Refused(Refusal::CallOver(_)) => Kind::CallOver,
            EngineError::Refused(Refusal::NotHeld(_)) => Kind::NotHeld,
            EngineError::Refused(Refusal::TooManyCommands { .. }) => Kind::TooManyCommands,
            EngineError::Refused(Refusal::NoSuchCommand { .. }) => Kind::NoSuchCommand,
            EngineError::Refused(Refusal::CannotStop { .. }) => Kind::CannotStop,
            EngineError::Refused(Refusal::NoStreamAwaited { .. }) => Kind::StreamTooLate,
            EngineError::Refused(Refusal::TokenUsedUp { .. }) => Kind::TokenUsedUp,
            EngineError::Refused(Refusal::NoSuchToken(_)) => Kind::NoSuchToken,
            EngineError::Refused(Refusal::TokenTaken(_)) => Kind::TokenNotMade,
            EngineError::NoDigits(_) => Kind::NoDigits,
            EngineError::NoAddress { .. } => Kind::NoAddress,
            EngineError::NotOurs { .. } | EngineError::NoNumber => Kind::NotOurs,
            EngineError::SayTooLong { .. } => Kind::SayTooLong,
            EngineError::NoAgent { .. } => Kind::NoAgent,
            EngineError::NotRecorded(_) => Kind::NotRecorded,
            EngineError::NoCarrier(_) => Kind::NoSuchCarrier,
            EngineError::Webhook(WebhookError::Unreadable(_)) => Kind::WebhookUnreadable,
            EngineError::Webhook(WebhookError::Unsigned | WebhookError::WrongSignature(_)) => {
                Kind::WebhookNotBelieved
            }
            EngineError::Store(_) => Kind::StoreFailed,
        };
        let detail = match error {
            EngineError::SayTooLong { n_letters, allowed } => too_long(n_letters, allowed),
            other => other.to_string(),
        };
        Problem::new(kind, detail)
    }
}

impl From<StreamRefused> for Problem {
    fn from(refused: StreamRefused) -> Problem {
        let kind = match refused {
            StreamRefused::NotOurs => Kind::NoSuchPage,
            StreamRefused::Unsigned => Kind::WebhookNotBelieved,
            StreamRefused::TooLate => Kind::StreamTooLate,
            StreamRefused::NoProgram(_) => Kind::NoProgram,
            StreamRefused::Store(_) => Kind::StoreFailed,
        };
        Problem::new(kind, refused.to_string())
    }
}

/// The way out of a text that no carrier takes at once. One of few letters has many that count for
/// several, and its number of letters alone would explain nothing.
fn too_long(n_letters: usize, allowed: usize) -> String {
    let counted = match n_letters > allowed {
        true => "",
        false => ", of which & counts five, and < and > four",
    };
    format!(
        "the text to say has {n_letters} letters{counted}; at most {allowed} can be said at once: hold the line \
         and say it in parts, one after the other"
    )
}

/// For addresses that mean nothing.
pub(crate) async fn no_such_page(OriginalUri(uri): OriginalUri) -> Problem {
    let detail = format!("there is nothing at {}; the pages are listed in docs/http.md", uri.path());
    Problem::new(Kind::NoSuchPage, detail)
}

/// For pages that don't take this method.
pub(crate) async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Problem {
    let detail = format!("{} does not take {method}; the pages are listed in docs/http.md", uri.path());
    Problem::new(Kind::WrongMethod, detail)
}

/// Says in our own words that a body was too large.
pub(crate) async fn too_large(response: Response) -> Response {
    if response.status() != StatusCode::PAYLOAD_TOO_LARGE {
        return response;
    }
    Problem::new(Kind::TooLarge, "the body is larger than anything that this page takes; send less")
        .into_response()
}

/// What RFC 9457 calls it.
pub(super) const MEDIA: &str = "application/problem+json";
/// Where the pages on problems are, relative to the project.
const PAGES: &str = "docs/errors/";
