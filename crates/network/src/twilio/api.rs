//! The API's front door: which operation a request is, who asks, which fault strikes, and the
//! answer.

use http::Method;
use rand::Rng;
use serde_json::json;

use super::account::authenticated;
use super::call::mark;
use super::create::hook;
use super::error::ApiError;
use super::resource::CallResource;
use super::{API_VERSION, Face, spoil};
use crate::form::Form;
use crate::wire::{Reply, WireRequest, WireResponse};
use crate::world::{Act, Asked, Drawn, Instead, LegId, Subject, Target, Trick, World};

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Create,
    Fetch,
    List,
    Update,
    Delete,
    Events,
    StartStream,
    StopStream,
    StartRecording,
    ListRecordings,
    FetchRecording,
    StopRecording,
    DeleteRecording,
    /// The sound of a recording.
    Media,
    Account,
    Numbers,
    /// A path of Twilio's that this face doesn't speak, or a method that it has not.
    Other,
}

impl Operation {
    fn word(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Fetch => "fetch",
            Operation::List => "list",
            Operation::Update => "update",
            Operation::Delete => "delete",
            Operation::Events => "events",
            Operation::StartStream => "start_stream",
            Operation::StopStream => "stop_stream",
            Operation::StartRecording => "start_recording",
            Operation::ListRecordings => "list_recordings",
            Operation::FetchRecording => "fetch_recording",
            Operation::StopRecording => "stop_recording",
            Operation::DeleteRecording => "delete_recording",
            Operation::Media => "recording_media",
            Operation::Account => "account",
            Operation::Numbers => "numbers",
            Operation::Other => "other",
        }
    }

    fn targets(self) -> &'static [Target] {
        match self {
            Operation::Create => &[Target::Create, Target::AnyApi],
            Operation::Fetch => &[Target::Fetch, Target::AnyApi],
            Operation::List => &[Target::List, Target::AnyApi],
            Operation::Update | Operation::StartStream | Operation::StopStream => {
                &[Target::Update, Target::AnyApi]
            }
            Operation::StartRecording
            | Operation::ListRecordings
            | Operation::FetchRecording
            | Operation::StopRecording
            | Operation::DeleteRecording
            | Operation::Media => &[Target::Recording, Target::AnyApi],
            Operation::Delete
            | Operation::Events
            | Operation::Account
            | Operation::Numbers
            | Operation::Other => &[Target::AnyApi],
        }
    }
}

/// A request's path and method, read.
struct Route<'a> {
    operation: Operation,
    account_sid: &'a str,
    sid: Option<&'a str>,
}

impl<'a> Route<'a> {
    fn read(method: &Method, path: &'a str) -> Route<'a> {
        let mut parts = path.trim_start_matches('/').split('/');
        let version = parts.next();
        let accounts = parts.next();
        let rest: Vec<&str> = parts.collect();
        let is_ours = version == Some(API_VERSION) && accounts == Some("Accounts");
        let is_get = method == Method::GET;
        let is_post = method == Method::POST;
        let (operation, account_sid, sid) = match rest.as_slice() {
            [account] if is_get => (Operation::Account, bare(account), None),
            [account, "Calls.json"] if is_post => (Operation::Create, *account, None),
            [account, "Calls.json"] if is_get => (Operation::List, *account, None),
            [account, "IncomingPhoneNumbers.json"] if is_get => (Operation::Numbers, *account, None),
            [account, "Calls", sid, "Events.json"] if is_get => (Operation::Events, *account, Some(*sid)),
            [account, "Calls", sid, "Streams.json"] if is_post => {
                (Operation::StartStream, *account, Some(*sid))
            }
            [account, "Calls", sid, "Streams", _] if is_post => (Operation::StopStream, *account, Some(*sid)),
            [account, "Calls", sid, "Recordings.json"] if is_post => {
                (Operation::StartRecording, *account, Some(*sid))
            }
            [account, "Calls", sid, "Recordings.json"] if is_get => {
                (Operation::ListRecordings, *account, Some(*sid))
            }
            [account, "Calls", sid, "Recordings", _] => {
                let operation = match *method {
                    Method::GET => Operation::FetchRecording,
                    Method::POST => Operation::StopRecording,
                    Method::DELETE => Operation::DeleteRecording,
                    _ => Operation::Other,
                };
                (operation, *account, Some(*sid))
            }
            [account, "Recordings", _] if is_get => (Operation::Media, *account, None),
            [account, "Calls", sid] => {
                let operation = match *method {
                    Method::GET => Operation::Fetch,
                    Method::POST => Operation::Update,
                    Method::DELETE => Operation::Delete,
                    _ => Operation::Other,
                };
                (operation, *account, Some(bare(sid)))
            }
            [account, ..] => (Operation::Other, *account, None),
            [] => (Operation::Other, "", None),
        };
        let operation = if is_ours { operation } else { Operation::Other };
        Route { operation, account_sid, sid }
    }
}

pub(super) fn bare(part: &str) -> &str {
    part.strip_suffix(".json").unwrap_or(part)
}

impl Face {
    /// Whether a path is one of this face's.
    pub(crate) fn owns(path: &str) -> bool {
        path.strip_prefix('/').is_some_and(|path| path.starts_with(API_VERSION))
    }

    /// Answers a request to the API.
    pub(crate) fn request(&mut self, world: &mut World, request: &WireRequest) -> Reply {
        let route = Route::read(&request.method, request.path());
        let encoded =
            if request.method == Method::POST { request.body.as_slice() } else { request.query().as_bytes() };
        let form = Form::read(encoded);
        if route.operation == Operation::Create {
            world.journal.note_create_asked(&mark_of(&form));
        }
        let reply = self.struck(world, request, &route, &form);
        let reply = self.dressed(world, reply);
        world.journal.note(Asked {
            at: world.now,
            method: request.method.to_string(),
            path: request.path_and_query.clone(),
            status: match &reply {
                Reply::Respond { response, .. } | Reply::Truncated { response, .. } => Some(response.status),
                Reply::Cut { .. } | Reply::Stall => None,
            },
            operation: route.operation.word(),
        });
        reply
    }

    /// Lets a fault strike before, instead of or after the operation.
    fn struck(&mut self, world: &mut World, request: &WireRequest, route: &Route<'_>, form: &Form) -> Reply {
        let known = route.sid.and_then(|sid| self.calls.get(&self.leg_of(sid)?));
        let subject = Subject { to: known.map(|call| call.to.as_str()).or(form.get("To")), sid: route.sid };
        let targets = route.operation.targets();
        let drawn = world.faults.draw(targets, subject, &mut world.rng).map(Drawn::from);
        let path = request.path();
        match drawn {
            None => Reply::now(self.perform(world, request, route, form)),
            Some(Drawn::Instead(Instead::Cut)) => Reply::Cut { after_ms: 0 },
            Some(Drawn::Instead(Instead::Stall)) => Reply::Stall,
            Some(Drawn::Instead(Instead::Refuse { status, retry_after_s })) => {
                Reply::now(spoil::refusal(status, retry_after_s, path))
            }
            Some(Drawn::Afterwards(act)) => {
                let response = self.perform(world, request, route, form);
                if act == Act::Trick(Trick::ForgetLimits) && response.status == 201 {
                    let made = world.legs().next_back().map(|(id, _)| id);
                    made.into_iter().for_each(|id| world.forget_limits(id));
                }
                spoil::spoil(&act, path, response)
            }
        }
    }

    fn perform(
        &mut self,
        world: &mut World,
        request: &WireRequest,
        route: &Route<'_>,
        form: &Form,
    ) -> WireResponse {
        let done = authenticated(&self.accounts, request, route.account_sid)
            .map(|account| account.account_sid.clone())
            .and_then(|account_sid| self.carry_out(world, request, route, form, &account_sid));
        done.unwrap_or_else(|error| error.response())
    }

    fn carry_out(
        &mut self,
        world: &mut World,
        request: &WireRequest,
        route: &Route<'_>,
        form: &Form,
        account_sid: &str,
    ) -> Result<WireResponse, ApiError> {
        match route.operation {
            Operation::Create => {
                let id = self.create(world, account_sid, form)?;
                self.written(world, id, 201, request)
            }
            Operation::List => Ok(self.list(world, account_sid, form)),
            Operation::Fetch => {
                let id = self.owned(route, account_sid, request)?;
                self.written(world, id, 200, request)
            }
            Operation::Update => {
                let id = self.owned(route, account_sid, request)?;
                self.update(world, id, form)?;
                self.written(world, id, 200, request)
            }
            Operation::Delete => {
                let id = self.owned(route, account_sid, request)?;
                if let Some(call) = self.calls.get_mut(&id) {
                    call.deleted = true;
                }
                Ok(WireResponse::empty(204))
            }
            Operation::Events => {
                let id = self.owned(route, account_sid, request)?;
                let missing = || ApiError::not_found(request.path());
                let call = self.calls.get(&id).ok_or_else(missing)?;
                Ok(self.events(call, form))
            }
            Operation::StartStream => {
                let id = self.owned(route, account_sid, request)?;
                Ok(WireResponse::json(200, &self.start_stream(world, id, form)?))
            }
            Operation::StopStream => {
                let id = self.owned(route, account_sid, request)?;
                let sid = request.path().rsplit('/').next().map(bare).unwrap_or_default();
                Ok(WireResponse::json(200, &self.end_stream(world, id, sid, request.path())?))
            }
            Operation::StartRecording => {
                let id = self.owned(route, account_sid, request)?;
                self.start_recording(world, id, form)
            }
            Operation::ListRecordings => {
                let id = self.owned(route, account_sid, request)?;
                Ok(self.list_recordings(world, id))
            }
            Operation::FetchRecording | Operation::StopRecording | Operation::DeleteRecording => {
                let id = self.owned(route, account_sid, request)?;
                self.one_recording(world, id, request, form)
            }
            Operation::Media => self.recording_media(world, account_sid, request.path()),
            Operation::Account => Ok(account(account_sid)),
            Operation::Numbers => Ok(self.owned_numbers(account_sid, form)),
            Operation::Other if route.sid.is_some() => Err(ApiError::wrong_method()),
            Operation::Other => Err(ApiError::not_found(request.path())),
        }
    }

    /// The call in the path, if it is there and the account's.
    fn owned(&self, route: &Route<'_>, account_sid: &str, request: &WireRequest) -> Result<LegId, ApiError> {
        let id = route.sid.and_then(|sid| self.leg_of(sid)).filter(|id| {
            let call = self.calls.get(id);
            call.is_some_and(|call| call.account_sid == account_sid && !call.deleted)
        });
        id.ok_or_else(|| ApiError::not_found(request.path()))
    }

    fn written(
        &self,
        world: &World,
        id: LegId,
        status: u16,
        request: &WireRequest,
    ) -> Result<WireResponse, ApiError> {
        match (self.calls.get(&id), world.leg(id)) {
            (Some(call), Some(leg)) => Ok(WireResponse::json(status, &CallResource::of(call, leg))),
            _ => Err(ApiError::not_found(request.path())),
        }
    }

    /// Adds what every answer of Twilio's has.
    fn dressed(&self, world: &mut World, reply: Reply) -> Reply {
        let request_id = format!("RQ{:032x}", world.rng.random::<u128>());
        let date = world.now.http_date();
        let dress = |response: WireResponse| {
            response
                .with_header("date", date)
                .with_header("twilio-request-id", request_id)
                .with_header("twilio-concurrent-requests", "1")
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

/// The mark in the URLs of a request to place a call, whether or not the rest of it is sound.
fn mark_of(form: &Form) -> std::collections::BTreeMap<String, String> {
    let hooks = ["Url", "FallbackUrl", "StatusCallback"].map(|name| hook(form, name, "", 0).ok().flatten());
    mark(hooks.iter().flatten())
}

fn account(account_sid: &str) -> WireResponse {
    let body = json!({
        "sid": account_sid,
        "friendly_name": "Simulated account",
        "status": "active",
        "type": "Full",
        "owner_account_sid": account_sid,
        "uri": format!("/{API_VERSION}/Accounts/{account_sid}.json"),
    });
    WireResponse::json(200, &body)
}
