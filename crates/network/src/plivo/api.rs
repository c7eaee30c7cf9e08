//! The API's front door: which operation a request is, who asks, which fault strikes, and the
//! answer.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::body::Body;
use super::call::mark;
use super::command::said;
use super::error::ApiError;
use super::operation::{Operation, Verb};
use super::resource::{live, object, queued, record};
use super::{Face, listing, spoil, uuid};
use crate::form::Form;
use crate::wire::{Reply, WireRequest, WireResponse};
use crate::world::{Act, Asked, Drawn, Instead, LegId, Subject, Target, Trick, World};

/// Within how long requests that place no call are counted.
const RATE_WINDOW_MS: u64 = 5_000;

/// What an operation that was carried out answers: a status, and a body for all but 204.
type Done = (u16, Map<String, Value>);

/// A request as this face reads it.
struct Asking<'a> {
    operation: &'a Operation,
    account: &'a str,
    request: &'a WireRequest,
    body: Result<Body, ApiError>,
}

impl Face {
    /// Whether a path is one of this face's.
    pub(crate) fn owns(path: &str) -> bool {
        path.starts_with("/v1/Account/")
    }

    /// The file of a recording, which is where the API says and asks for no credentials.
    fn media(&self, world: &mut World, request: &WireRequest) -> Option<Reply> {
        let name = request.path().rsplit('/').next()?.strip_suffix(".wav")?;
        let subject = Subject { to: None, sid: None };
        let targets = [Target::Recording, Target::AnyApi];
        let drawn = world.faults.draw(&targets, subject, &mut world.rng).map(Drawn::from);
        let reply = match drawn {
            None => Reply::now(self.recording_media(world, name)),
            Some(Drawn::Instead(Instead::Cut)) => Reply::Cut { after_ms: 0 },
            Some(Drawn::Instead(Instead::Stall)) => Reply::Stall,
            Some(Drawn::Instead(Instead::Refuse { status, retry_after_s })) => {
                Reply::now(spoil::refusal(world, status, retry_after_s))
            }
            Some(Drawn::Afterwards(act)) => {
                let response = self.recording_media(world, name);
                spoil::spoil(world, &act, response)
            }
        };
        Some(reply)
    }

    /// Answers a request to the API.
    pub(crate) fn request(&mut self, world: &mut World, request: &WireRequest) -> Reply {
        let query = Form::read(request.query());
        let (account, operation) = Operation::read(&request.method, request.path(), &query);
        let body = Body::read(&request.body);
        if operation == Operation::Create {
            world.journal.note_create_asked(&mark_of(&body));
        }
        if operation == Operation::HangUpAll {
            self.account_hangups += 1;
        }
        let asking = Asking { operation: &operation, account: &account, request, body };
        let media = self.media(world, request);
        let word = if media.is_some() { "recording_media" } else { operation.word() };
        let reply = media.unwrap_or_else(|| self.struck(world, &asking));
        let reply = self.dressed(world, reply);
        world.journal.note(Asked {
            at: world.now,
            method: request.method.to_string(),
            path: request.path_and_query.clone(),
            status: match &reply {
                Reply::Respond { response, .. } | Reply::Truncated { response, .. } => Some(response.status),
                Reply::Cut { .. } | Reply::Stall => None,
            },
            operation: word,
        });
        reply
    }

    /// Lets a fault strike before, instead of or after the operation.
    fn struck(&mut self, world: &mut World, asking: &Asking<'_>) -> Reply {
        let sid = asking.operation.id();
        let known = sid.and_then(|id| self.calls.get(&self.leg_of(id)?));
        let asked = asking.body.as_ref().ok().and_then(|body| body.text("to"));
        let asked = asked.as_deref().and_then(super::body::number);
        let subject = Subject {
            to: known.map(|call| call.to.as_str()).or(asked.as_deref()),
            sid: known.map(|call| call.call_uuid.as_str()).or(sid),
        };
        let drawn = world.faults.draw(asking.operation.targets(), subject, &mut world.rng).map(Drawn::from);
        match drawn {
            None => Reply::now(self.perform(world, asking)),
            Some(Drawn::Instead(Instead::Cut)) => Reply::Cut { after_ms: 0 },
            Some(Drawn::Instead(Instead::Stall)) => Reply::Stall,
            Some(Drawn::Instead(Instead::Refuse { status, retry_after_s })) => {
                Reply::now(spoil::refusal(world, status, retry_after_s))
            }
            Some(Drawn::Afterwards(act)) => {
                let last = world.legs().next_back().map(|(id, _)| id);
                let response = self.perform(world, asking);
                if act == Act::Trick(Trick::ForgetLimits) {
                    let made: Vec<LegId> =
                        world.legs().rev().map(|(id, _)| id).take_while(|id| Some(*id) > last).collect();
                    made.into_iter().for_each(|id| world.forget_limits(id));
                }
                spoil::spoil(world, &act, response)
            }
        }
    }

    fn perform(&mut self, world: &mut World, asking: &Asking<'_>) -> WireResponse {
        let api_id = uuid(world);
        let done = self.admit(world, asking).and_then(|()| self.carry_out(world, asking));
        match done {
            Ok((204, _)) => WireResponse::empty(204),
            Ok((status, mut body)) => {
                body.insert("api_id".to_owned(), json!(api_id));
                WireResponse::json(status, &body)
            }
            Err(error) => error.response(&api_id),
        }
    }

    /// Lets a request in: the account's own, and not too many. Those that are refused for their
    /// number don't count.
    fn admit(&mut self, world: &World, asking: &Asking<'_>) -> Result<(), ApiError> {
        if !self.is_opened_by(asking) {
            return Err(ApiError::unauthenticated());
        }
        let Some(most) = self.account.requests_per_five_seconds else { return Ok(()) };
        if *asking.operation == Operation::Create {
            return Ok(());
        }
        let is_old = |at: &crate::time::Millis| world.now.since(*at) >= RATE_WINDOW_MS;
        while self.asked_at.front().is_some_and(is_old) {
            self.asked_at.pop_front();
        }
        if self.asked_at.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
            return Err(ApiError::too_many());
        }
        self.asked_at.push_back(world.now);
        Ok(())
    }

    fn is_opened_by(&self, asking: &Asking<'_>) -> bool {
        let value = asking.request.header("authorization").and_then(|value| value.split_once(' '));
        let Some((scheme, encoded)) = value else { return false };
        let decoded = STANDARD.decode(encoded.trim()).unwrap_or_default();
        let expected = format!("{}:{}", self.account.auth_id, self.account.auth_token);
        scheme.eq_ignore_ascii_case("basic")
            && decoded == expected.as_bytes()
            && asking.account == self.account.auth_id
    }

    fn carry_out(&mut self, world: &mut World, asking: &Asking<'_>) -> Result<Done, ApiError> {
        let query = Form::read(asking.request.query());
        let body = asking.body.as_ref().map_err(ApiError::clone);
        match asking.operation {
            Operation::Create => {
                let placed = self.create(world, body?)?;
                Ok((201, self.placed(&placed)))
            }
            Operation::Live(id) => {
                let id = self.live_leg(world, id)?;
                let (Some(call), Some(leg)) = (self.calls.get(&id), world.leg(id)) else {
                    return Err(ApiError::not_found());
                };
                Ok((200, live(call, leg)))
            }
            Operation::Queued(id) => self.one_queued(world, id),
            Operation::Record(id) => self.one_record(world, id),
            Operation::LiveList => Ok((200, self.live_ids(world, &query)?)),
            Operation::QueuedList => Ok((200, self.queued_ids(world, &query)?)),
            Operation::RecordList => Ok((200, self.records(world, &query)?)),
            Operation::NoSuchStatus => Err(ApiError::invalid("status")),
            Operation::HangUp(id) => self.hang_up_one(world, id).map(|()| nothing()),
            Operation::HangUpAll => {
                self.hang_up_all(world);
                Ok(nothing())
            }
            Operation::Cancel(id) => self.cancel(world, id).map(|()| nothing()),
            Operation::Redirect(id) => {
                let id = self.talking_leg(world, id)?;
                self.redirect(world, id, body?)?;
                Ok((202, said("call transfered")))
            }
            Operation::Sound(id, verb) => self.sound(world, id, *verb, body?),
            Operation::StopSound(id, Verb::Record) => {
                let id = self.talking_leg(world, id)?;
                self.stop_recording(world, id, None);
                Ok(nothing())
            }
            Operation::StopSound(id, _) => self.talking_leg(world, id).map(|_| nothing()),
            Operation::StartStream(id) => {
                let id = self.talking_leg(world, id)?;
                Ok((202, self.open_stream_of_api(world, id, body?)?))
            }
            Operation::Streams(id, stream) => {
                let id = self.live_leg(world, id)?;
                Ok((200, self.streams(world, id, stream.as_deref())?))
            }
            Operation::StopStreams(id, stream) => {
                let id = self.live_leg(world, id)?;
                self.stop_streams(world, id, stream.as_deref()).map(|()| nothing())
            }
            Operation::Number(digits) => there(self.owned_number(digits)),
            Operation::Application(id) => there(self.application(id)),
            Operation::Recordings => Ok((200, self.recordings(world, &query, asking.request))),
            Operation::Recording(id) => there(self.one_recording(world, id, asking.request)),
            Operation::DropRecording(id) => self.drop_recording(id).map(|()| nothing()),
            Operation::WrongMethod => Err(ApiError::wrong_method()),
            Operation::Other => Err(ApiError::not_found()),
        }
    }

    fn sound(&mut self, world: &mut World, id: &str, verb: Verb, body: &Body) -> Result<Done, ApiError> {
        let id = self.talking_leg(world, id)?;
        let said = match verb {
            Verb::Speak => Face::speak(world, id, body)?,
            Verb::Play => Face::play(world, id, body)?,
            Verb::Dtmf => Face::send_keys(world, id, body)?,
            Verb::Record => self.start_recording(world, id, body)?,
        };
        Ok((202, said))
    }

    /// The answer to a request for calls: one id for one, a list for several.
    fn placed(&self, placed: &[LegId]) -> Map<String, Value> {
        let calls: Vec<_> = placed.iter().filter_map(|id| self.calls.get(id)).collect();
        let message = if calls.iter().any(|call| call.queued) { "call queued" } else { "call fired" };
        let ids: Vec<&str> = calls.iter().map(|call| call.request_uuid.as_str()).collect();
        let ids = if let [id] = ids.as_slice() { json!(id) } else { json!(ids) };
        object(json!({ "message": message, "request_uuid": ids }))
    }

    /// A queued call is known by its request's id alone.
    fn one_queued(&self, world: &World, id: &str) -> Result<Done, ApiError> {
        let known = |id: LegId| Some((self.calls.get(&id)?, world.leg(id)?));
        let found = self.requests.get(id).copied().and_then(known);
        let found = found.filter(|(call, leg)| listing::is_queued(call, leg));
        found.map(|(call, _)| (200, queued(call))).ok_or_else(ApiError::not_found)
    }

    /// A record is known by its call's id alone.
    fn one_record(&self, world: &World, id: &str) -> Result<Done, ApiError> {
        let known = |id: LegId| Some((self.calls.get(&id)?, world.leg(id)?));
        let found = self.legs.get(id).copied().and_then(known);
        let (call, leg) =
            found.filter(|(_, leg)| self.has_record(leg, world.now)).ok_or_else(ApiError::not_found)?;
        Ok((200, record(call, leg, &self.account.auth_id, self.account.utc_offset_minutes)))
    }

    /// Adds what every answer has.
    fn dressed(&self, world: &World, reply: Reply) -> Reply {
        let date = world.now.http_date();
        let dress = |response: WireResponse| response.with_header("date", date);
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

fn there(found: Option<Map<String, Value>>) -> Result<Done, ApiError> {
    found.map(|found| (200, found)).ok_or_else(ApiError::not_found)
}

fn nothing() -> Done {
    (204, Map::new())
}

/// The mark in a request to place a call, whether or not the rest of it is sound.
fn mark_of(body: &Result<Body, ApiError>) -> BTreeMap<String, String> {
    let Ok(body) = body else { return BTreeMap::new() };
    let urls = ["answer_url", "ring_url", "hangup_url", "fallback_url"].map(|key| body.text(key));
    mark(urls.iter().flatten().map(String::as_str))
}
