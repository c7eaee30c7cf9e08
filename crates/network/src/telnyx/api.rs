//! The API's front door: which operation a request is, who asks, which fault strikes, and the
//! answer.

use std::collections::BTreeMap;

use http::Method;
use serde_json::json;

use super::body::Body;
use super::call::mark;
use super::command::Command;
use super::error::ApiError;
use super::listing::Query;
use super::resource::{CallStatus, DialledCall};
use super::{Face, done, spoil, uuid};
use crate::wire::{Reply, WireRequest, WireResponse, unescaped};
use crate::world::{Act, Asked, Drawn, Instead, LegId, Subject, Target, Trick, World};

/// How long after its end a call's status can be asked for.
///
/// Source: "data is available 10 minutes after call ended", `GET /calls/{call_control_id}` in
/// Telnyx's OpenAPI.
const STATUS_KEPT_MS: u64 = 600_000;

/// What a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Operation {
    Dial,
    Status(String),
    /// The live calls of a connection.
    ActiveCalls(String),
    CallEvents,
    Application(String),
    Numbers,
    Recordings,
    Recording(String),
    DeleteRecording(String),
    /// The sound of a recording, by a link that opens itself.
    Media(String),
    Command(String, Command),
    /// A path of Telnyx's that this face doesn't speak, or a method that it has not.
    Other,
}

impl Operation {
    fn read(method: &Method, path: &str) -> Operation {
        let parts: Vec<String> = path.trim_matches('/').split('/').skip(1).map(unescaped).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (method, parts.as_slice()) {
            (&Method::POST, ["calls"]) => Operation::Dial,
            (&Method::GET, ["calls", id]) => Operation::Status((*id).to_owned()),
            (&Method::GET, ["connections", id, "active_calls"]) => Operation::ActiveCalls((*id).to_owned()),
            (&Method::GET, ["call_events"]) => Operation::CallEvents,
            (&Method::GET, ["call_control_applications", id]) => Operation::Application((*id).to_owned()),
            (&Method::GET, ["phone_numbers"]) => Operation::Numbers,
            (&Method::GET, ["recordings"]) => Operation::Recordings,
            (&Method::GET, ["recordings", id]) => Operation::Recording((*id).to_owned()),
            (&Method::DELETE, ["recordings", id]) => Operation::DeleteRecording((*id).to_owned()),
            (&Method::GET, ["recordings", id, "sound.wav"]) => Operation::Media((*id).to_owned()),
            (_, ["calls", id, "actions", word]) => match Command::read(method, word) {
                Some(command) => Operation::Command((*id).to_owned(), command),
                None => Operation::Other,
            },
            _ => Operation::Other,
        }
    }

    /// Its name in the journal.
    fn word(&self) -> &'static str {
        match self {
            Operation::Dial => "create",
            Operation::Status(_) => "fetch",
            Operation::ActiveCalls(_) => "list",
            Operation::CallEvents => "events",
            Operation::Application(_) => "application",
            Operation::Numbers => "numbers",
            Operation::Recordings => "list_recordings",
            Operation::Recording(_) => "fetch_recording",
            Operation::DeleteRecording(_) => "delete_recording",
            Operation::Media(_) => "recording_media",
            Operation::Command(_, command) => command.word(),
            Operation::Other => "other",
        }
    }

    fn targets(&self) -> &'static [Target] {
        match self {
            Operation::Dial => &[Target::Create, Target::AnyApi],
            Operation::Status(_) => &[Target::Fetch, Target::AnyApi],
            Operation::ActiveCalls(_) => &[Target::List, Target::AnyApi],
            Operation::Command(_, Command::RecordStart | Command::RecordStop)
            | Operation::Recordings
            | Operation::Recording(_)
            | Operation::DeleteRecording(_)
            | Operation::Media(_) => &[Target::Recording, Target::AnyApi],
            Operation::Command(..) => &[Target::Update, Target::AnyApi],
            Operation::CallEvents | Operation::Application(_) | Operation::Numbers | Operation::Other => {
                &[Target::AnyApi]
            }
        }
    }

    /// The call in the path.
    fn control_id(&self) -> Option<&str> {
        match self {
            Operation::Status(id) | Operation::Command(id, _) => Some(id),
            Operation::Dial
            | Operation::ActiveCalls(_)
            | Operation::CallEvents
            | Operation::Application(_)
            | Operation::Numbers
            | Operation::Recordings
            | Operation::Recording(_)
            | Operation::DeleteRecording(_)
            | Operation::Media(_)
            | Operation::Other => None,
        }
    }
}

impl Face {
    /// Whether a path is one of this face's.
    pub(crate) fn owns(path: &str) -> bool {
        path.trim_start_matches('/').split('/').next() == Some("v2")
    }

    /// Answers a request to the API.
    pub(crate) fn request(&mut self, world: &mut World, request: &WireRequest) -> Reply {
        let operation = Operation::read(&request.method, request.path());
        let body = Body::read(&request.body);
        if operation == Operation::Dial {
            world.journal.note_create_asked(&mark_of(&body));
        }
        let reply = self.struck(world, request, &operation, &body);
        let reply = self.dressed(world, reply);
        world.journal.note(Asked {
            at: world.now,
            method: request.method.to_string(),
            path: request.path_and_query.clone(),
            status: match &reply {
                Reply::Respond { response, .. } | Reply::Truncated { response, .. } => Some(response.status),
                Reply::Cut { .. } | Reply::Stall => None,
            },
            operation: operation.word(),
        });
        reply
    }

    /// Lets a fault strike before, instead of or after the operation.
    fn struck(
        &mut self,
        world: &mut World,
        request: &WireRequest,
        operation: &Operation,
        body: &Result<Body, ApiError>,
    ) -> Reply {
        let sid = operation.control_id();
        let known = sid.and_then(|id| self.calls.get(&self.leg_of(id)?));
        let asked = body.as_ref().ok().and_then(|body| body.text("to").ok().flatten());
        let subject = Subject { to: known.map(|call| call.to.as_str()).or(asked), sid };
        let drawn = world.faults.draw(operation.targets(), subject, &mut world.rng).map(Drawn::from);
        match drawn {
            None => Reply::now(self.perform(world, request, operation, body)),
            Some(Drawn::Instead(Instead::Cut)) => Reply::Cut { after_ms: 0 },
            Some(Drawn::Instead(Instead::Stall)) => Reply::Stall,
            Some(Drawn::Instead(Instead::Refuse { status, retry_after_s })) => {
                Reply::now(spoil::refusal(status, retry_after_s))
            }
            Some(Drawn::Afterwards(act)) => {
                let response = self.perform(world, request, operation, body);
                if act == Act::Trick(Trick::ForgetLimits) && response.status == 200 {
                    let made = world.legs().next_back().map(|(id, _)| id);
                    made.into_iter().for_each(|id| world.forget_limits(id));
                }
                spoil::spoil(&act, response)
            }
        }
    }

    fn perform(
        &mut self,
        world: &mut World,
        request: &WireRequest,
        operation: &Operation,
        body: &Result<Body, ApiError>,
    ) -> WireResponse {
        if let Operation::Media(id) = operation {
            return self.recording_media(world, id, request).unwrap_or_else(|error| error.response());
        }
        if !self.is_opened_by(request) {
            return ApiError::unauthenticated().response();
        }
        let done = self.carry_out(world, request, operation, body);
        done.unwrap_or_else(|error| error.response())
    }

    fn is_opened_by(&self, request: &WireRequest) -> bool {
        let credentials = request.header("authorization").and_then(|value| value.split_once(' '));
        let Some((scheme, key)) = credentials else { return false };
        scheme.eq_ignore_ascii_case("bearer") && self.account.api_keys.iter().any(|known| known == key.trim())
    }

    fn carry_out(
        &mut self,
        world: &mut World,
        request: &WireRequest,
        operation: &Operation,
        body: &Result<Body, ApiError>,
    ) -> Result<WireResponse, ApiError> {
        match operation {
            Operation::Dial => {
                let body = body.as_ref().map_err(ApiError::clone)?;
                let id = self.dial(world, body)?;
                let call = self.calls.get(&id).ok_or_else(ApiError::not_found)?;
                Ok(WireResponse::json(200, &json!({ "data": DialledCall::of(call) })))
            }
            Operation::Status(control_id) => self.status(world, control_id),
            Operation::ActiveCalls(connection_id) => {
                self.active_calls(world, connection_id, &Query::read(request.query()))
            }
            Operation::CallEvents => self.call_events(world, &Query::read(request.query())),
            Operation::Application(id) => self.application(id),
            Operation::Numbers => Ok(self.owned_numbers(request.query())),
            Operation::Command(control_id, command) => {
                let id = self.leg_of(control_id).ok_or_else(ApiError::unknown_call)?;
                let body = body.as_ref().map_err(ApiError::clone)?;
                self.command(world, id, *command, body)?;
                let mut done = done();
                if *command == Command::RecordStart {
                    done["recording_id"] = json!(self.recording_of(id));
                }
                Ok(WireResponse::json(200, &json!({ "data": done })))
            }
            Operation::Recordings => Ok(self.list_recordings(world, request)),
            Operation::Recording(id) => self.fetch_recording(world, id, request),
            Operation::DeleteRecording(id) => self.delete_recording(world, id, request),
            Operation::Media(_) | Operation::Other => Err(ApiError::not_found()),
        }
    }

    fn status(&self, world: &World, control_id: &str) -> Result<WireResponse, ApiError> {
        let known = |id: LegId| Some((self.calls.get(&id)?, world.leg(id)?));
        let found = self.leg_of(control_id).and_then(known);
        let (call, leg) = found
            .filter(|(_, leg)| leg.end().is_none_or(|end| world.now.since(end.at) <= STATUS_KEPT_MS))
            .ok_or_else(ApiError::not_found)?;
        Ok(WireResponse::json(200, &json!({ "data": CallStatus::of(call, leg, world.now) })))
    }

    /// Adds what every answer of Telnyx's has.
    fn dressed(&self, world: &mut World, reply: Reply) -> Reply {
        let request_id = uuid(world);
        let date = world.now.http_date();
        let dress = |response: WireResponse| {
            response.with_header("date", date).with_header("x-request-id", request_id)
        };
        let late = self.latency_ms;
        match reply {
            Reply::Respond { response, after_ms } => {
                Reply::Respond { response: dress(response), after_ms: after_ms + late }
            }
            Reply::Truncated { response, after_ms } => {
                Reply::Truncated { response: dress(response), after_ms: after_ms + late }
            }
            Reply::Cut { after_ms } => Reply::Cut { after_ms: after_ms + late },
            Reply::Stall => Reply::Stall,
        }
    }
}

/// The mark in a request to place a call, whether or not the rest of it is sound.
fn mark_of(body: &Result<Body, ApiError>) -> BTreeMap<String, String> {
    let state = body.as_ref().ok().and_then(|body| body.text("client_state").ok().flatten());
    state.map(mark).unwrap_or_default()
}
