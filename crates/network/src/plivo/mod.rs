//! Plivo's face: its voice API, webhooks and XML, version 1, over the simulated world.
//!
//! | spoken | how |
//! |---|---|
//! | `POST …/Call/` | 201 with a `request_uuid`, or a list of them where `to` has several numbers with `<` between; from, to, answer_url, ring_url, hangup_url, fallback_url with their methods, caller_name, send_digits, time_limit, ring_timeout, hangup_on_ring, machine_detection with its time and URL; other keys of the API are taken and ignored, unknown ones counted |
//! | `GET …/Call/{call_uuid}/?status=live` | a call that is dialled and not over, else 404 |
//! | `GET …/Call/{request_uuid}/?status=queued` | a call that waits to be dialled, else 404 |
//! | `GET …/Call/{call_uuid}/` | the record of a call that is over, some time after its end, else 404 |
//! | `GET …/Call/?status=live`, `?status=queued` | ids alone, at most 20, with `limit` and `offset` |
//! | `GET …/Call/` | records, the latest first; filters on numbers, direction, ends, durations and causes |
//! | `DELETE …/Call/{id}/` | 204, or 404 for one that is neither live nor queued |
//! | `DELETE …/Request/{request_uuid}/` | 204, or 404 once it is answered or over |
//! | `DELETE …/Call/` | 204: hangs up **every** call of the account, and is counted |
//! | `POST …/Call/{call_uuid}/` | 202; legs, aleg_url, bleg_url with their methods |
//! | `POST …/Speak/`, `…/Play/`, `…/Record/`, `…/DTMF/`; `DELETE` of the first three | 202; 204 |
//! | `POST …/Record/` | 202; time_limit (60 s without it), callback_url with its method; file_format and record_channel_type are `wav` and `stereo` whatever is asked |
//! | `GET …/Recording/`, `GET`, `DELETE …/Recording/{recording_id}/` | those whose files are there, filter `call_uuid`; one of them, with a link to its file that asks for no credentials and lies at the network's own address; 204 |
//! | `POST`, `GET`, `DELETE …/Stream/` | service_url, bidirectional, audio_track, content_type, stream_timeout, extra_headers, status_callback_url with its method |
//! | media streams | over a real WebSocket: start, media, dtmf, playedStream, clearedAudio, playFailed; playAudio, checkpoint, clearAudio and sendDTMF are heeded |
//! | `GET …/Number/{digits}/`, `…/Application/{app_id}/` | a number of the account and what it is connected to |
//! | webhooks | to answer, action, ring, hang-up, fallback and callback URLs, signed by V3 and V2 |
//! | XML | Speak, Play, PreAnswer, Wait, GetInput, GetDigits, Redirect, Hangup, Dial, DTMF, Record, Stream |
//!
//! Where Plivo's documents leave room:
//!
//! - `request_uuid` and `call_uuid` differ, as Plivo's sample `all_ids.py` says; a setting makes
//!   them one, as in the fixtures of its client.
//! - A call that was fired and is not dialled yet is neither live nor queued: for so long all looks
//!   answer 404. From dialling on it is live, and `ringing` until it is answered.
//! - A queued call has no id of its own yet: its `call_uuid` is that of the request.
//! - `hangup_url` is the answer URL where none is given.
//! - A path without its last slash is not found. An empty id at the end of a path is none, so
//!   `DELETE …/Call//` means all calls.
//! - `from` comes back with its plus, `to` without; in webhooks both are without. Times in records
//!   are in the account's zone with its offset; those of live calls and in webhooks are in UTC
//!   without one.
//! - `limit` beyond 20 is refused with 400. A search with one end of its time spans 30 days from
//!   there.
//! - A decline is `busy`; a ring time-out is `no-answer`, with code 6010. The words of `call_state`
//!   besides `ANSWER` are made up.
//! - An answer URL whose page is no Plivo XML ends the call with 8011; one that answers with another
//!   status than 200, or not at all, with 7011. An element that Plivo doesn't have is no Plivo XML;
//!   an empty `<Response/>` is, and ends the call with 4010.
//! - Any answer but 200 is tried again at once, with a nonce of its own: an answer URL twice, within
//!   a minute, others once, within 55 s. Only the answer URL has a fallback.
//! - Webhooks don't wait for each other. Redirects (3xx) of a webhook are not followed.
//! - `Hangup`, `Wait` and `PreAnswer`, if they come first, leave a caller unanswered.
//! - Requests beyond the rate are refused and don't count against it; calls are not counted.
//! - A recording's file is there 0.4 s after its end. What a media stream carries is silent in it, and so are keys
//!   and files. A second one of a call that is being recorded is refused.
//! - A stream that the API or its own time ends has `StopStream` told; one that never came about, or
//!   that the customer's server ends or breaks, `DroppedStream`. A document that waits for a stream
//!   goes on after all of them. There is no `stop` message.
//! - Checkpoints that `clearAudio` overtakes are not told of. `extraHeaders` come with commas and are
//!   told with semicolons. A content type that isn't known in a document is the usual one.
//! - Of keys and words a `<GetInput>` takes what comes first, and both end its prompts. `auto` is
//!   two seconds.

mod api;
mod body;
mod call;
mod callback;
mod command;
mod create;
mod dial;
pub(crate) mod document;
mod error;
mod hangup;
mod input;
mod listing;
pub(crate) mod media;
mod operation;
mod owned;
mod recording;
mod resource;
mod script;
mod signature;
mod spoil;
mod stream;
mod webhook;
mod zone;

use std::collections::{BTreeMap, VecDeque};

use crate::form::Form;
use call::{Call, Hook, Way};
use hangup::Hangup;
use rand::Rng;
use webhook::{Flight, Planned};

use crate::settings::{PlivoAccount, Settings};
use crate::time::Millis;
use crate::wire::WebhookId;
use crate::world::{Behaviour, EndedBy, Entry, Established, Happening, Incoming};
use crate::world::{LegId, Limits, News, Opening, StreamId, World};

/// The name of this carrier.
pub(crate) const CARRIER: &str = "plivo";

/// How long a call may last where nothing else is asked for.
const TIME_LIMIT_S: u64 = 14_400;

/// What the face wanted to be reminded of.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// What the script of a call is doing has taken its time. Stale if the script has gone on.
    StepOver { leg: LegId, epoch: u64 },
    /// Whether a machine answered is known.
    Detected { leg: LegId, hook: Hook },
    /// A document had the call hung up at this time.
    HangUp { leg: LegId },
    /// A media stream has lasted for as long as it may.
    StreamTimesOut { stream: StreamId },
    /// A recording has lasted for as long as it may.
    RecordingTimesOut { leg: LegId, recording: String },
    /// The file of a recording is there.
    Recorded { leg: LegId, recording: String },
    /// A webhook that a fault has delayed leaves.
    Send { leg: LegId, planned: Box<Planned> },
    /// A webhook that a fault holds back for the next one leaves all the same.
    Release { leg: LegId },
}

/// Everything that Plivo knows.
pub(crate) struct Face {
    pub(crate) account: PlivoAccount,
    /// How often all calls of the account were asked to be hung up at once.
    pub(crate) account_hangups: u64,
    calls: BTreeMap<LegId, Call>,
    legs: BTreeMap<String, LegId>,
    requests: BTreeMap<String, LegId>,
    flights: BTreeMap<WebhookId, Flight>,
    /// When the last calls are dialled, as many as there may be in a second.
    dials_at: VecDeque<Millis>,
    /// When the last requests came that placed no call.
    asked_at: VecDeque<Millis>,
    latency_ms: u64,
    dial_after_ms: u64,
    calls_kept_max: usize,
}

impl Face {
    pub(crate) fn new(settings: &Settings) -> Face {
        Face {
            account: settings.plivo.clone(),
            account_hangups: 0,
            calls: BTreeMap::new(),
            legs: BTreeMap::new(),
            requests: BTreeMap::new(),
            flights: BTreeMap::new(),
            dials_at: VecDeque::new(),
            asked_at: VecDeque::new(),
            latency_ms: settings.latency_ms,
            dial_after_ms: settings.dial_after_ms,
            calls_kept_max: settings.calls_kept_max,
        }
    }

    /// Which leg has this id, be it the call's or the request's.
    pub(crate) fn leg_of(&self, id: &str) -> Option<LegId> {
        self.legs.get(id).or_else(|| self.requests.get(id)).copied()
    }

    /// Something that the face wanted to be reminded of is due.
    pub(crate) fn happen(&mut self, world: &mut World, alarm: Alarm) {
        match alarm {
            Alarm::StepOver { leg, epoch } => self.step_over(world, leg, epoch),
            Alarm::Detected { leg, hook } => self.tell_of_machine(world, leg, hook),
            Alarm::HangUp { leg } => self.hang_up(world, leg, Hangup::SCHEDULED, EndedBy::Instructions),
            Alarm::StreamTimesOut { stream } => world.close_stream(stream),
            Alarm::RecordingTimesOut { leg, recording } => self.stop_recording(world, leg, Some(&recording)),
            Alarm::Recorded { leg, recording } => self.tell_of_recording(world, leg, &recording),
            Alarm::Send { leg, planned } => self.send(world, leg, *planned),
            Alarm::Release { leg } => self.release(world, leg),
        }
    }

    /// Something happened on a line.
    pub(crate) fn hear(&mut self, world: &mut World, id: LegId, news: News) {
        let Some(call) = self.calls.get(&id) else { return };
        let way = call.way;
        match (news, way) {
            // There is no webhook for it.
            (News::Dialled, _) => {}
            (News::Ringing, Way::OutboundDial(parent)) => self.other_rings(parent, id),
            (News::Ringing, Way::Inbound | Way::OutboundApi) => {
                let ring = call.ring.clone();
                self.tell(world, id, ring, Form::default().with("Event", "Ring"));
            }
            (News::Answered, Way::OutboundApi) => self.begin(world, id),
            (News::Answered, Way::OutboundDial(parent)) => self.other_answers(world, parent, id),
            // Its document is being carried out already.
            (News::Answered, Way::Inbound) => {}
            (News::Pressed(keys), _) => self.pressed(world, id, &keys),
            (News::Spoke(words), _) => self.spoke(world, id, &words),
            (News::Stream(stream, news), _) => self.hear_of_stream(world, id, stream, &news),
            (News::Ended(_), _) => {
                self.stop_recording(world, id, None);
                let Some(call) = self.calls.get(&id) else { return };
                let hook = call.hangup.clone();
                let told =
                    world.leg(id).and_then(|leg| Some(call.parameters_of_end(leg, call.hung_up(leg)?)));
                self.tell(world, id, hook, told.unwrap_or_default());
                self.wind_up(world, id);
            }
        }
    }

    /// A subscriber calls one of the customer's numbers. `None` if it is not in service.
    pub(crate) fn call_in(&mut self, world: &mut World, incoming: Incoming) -> Option<String> {
        let application = self.account.numbers.get(&incoming.to)?.clone();
        let mut call = Call::new(Way::Inbound, &incoming.from, &incoming.to);
        let answer = Hook::new(&application.answer_url, &application.answer_method);
        let hangup = application.hangup_url.as_deref();
        let hangup = hangup.map(|url| Hook::new(url, &application.hangup_method));
        let fallback = application.fallback_answer_url.as_deref();
        call.fallback = fallback.map(|url| Hook::new(url, &application.fallback_method));
        call.hangup = Some(hangup.unwrap_or_else(|| answer.clone()));
        call.answer = Some(answer);
        // How long it rings is up to the caller.
        let limits = Limits { talk_ms: TIME_LIMIT_S * 1_000, ..Limits::NONE };
        let id = self.open(world, call, limits, incoming.behaviour);
        world.arrive(id);
        self.begin(world, id);
        Some(self.calls.get(&id)?.call_uuid.clone())
    }

    /// Makes a call that was answered a while ago, as if it had been placed by the API.
    pub(crate) fn establish(&mut self, world: &mut World, wanted: Established) -> Option<String> {
        let mut call = Call::new(Way::OutboundApi, &wanted.from, &wanted.to);
        call.hangup = wanted.status_callback.as_deref().map(|url| Hook::new(url, "POST"));
        let talk_ms = wanted.time_limit_s.unwrap_or(TIME_LIMIT_S).saturating_mul(1_000);
        let id = self.open(world, call, Limits { ring_ms: 120_000, talk_ms }, wanted.behaviour);
        world.establish(id, wanted.answered_ago_ms);
        Some(self.calls.get(&id)?.call_uuid.clone())
    }

    /// Gives a call its ids and its leg, and forgets an old one for it if there are too many.
    fn open(
        &mut self,
        world: &mut World,
        mut call: Call,
        limits: Limits,
        behaviour: Option<Behaviour>,
    ) -> LegId {
        call.call_uuid = uuid(world);
        let has_request = call.way == Way::OutboundApi && !self.account.equal_uuids;
        call.request_uuid = if has_request { uuid(world) } else { call.call_uuid.clone() };
        let (call_uuid, request_uuid) = (call.call_uuid.clone(), call.request_uuid.clone());
        let id = world.open(Opening {
            direction: call.way.direction(),
            from: call.from.clone(),
            to: call.to.clone(),
            limits,
            behaviour,
            carrier: CARRIER,
            carrier_id: call_uuid.clone(),
            mark: call.mark(),
        });
        if call.way == Way::OutboundApi {
            self.requests.insert(request_uuid, id);
        }
        self.legs.insert(call_uuid, id);
        self.calls.insert(id, call);
        if let Some(forgotten) = world.forget_one(self.calls_kept_max, CARRIER)
            && let Some(call) = self.calls.remove(&forgotten)
        {
            self.legs.remove(&call.call_uuid);
            self.requests.remove(&call.request_uuid);
        }
        id
    }

    /// How long until the next call is dialled: Plivo queues what comes faster than it dials.
    fn free_after_ms(&mut self, now: Millis) -> u64 {
        let soonest = now + self.dial_after_ms;
        let Some(per_second) = self.account.calls_per_second else { return self.dial_after_ms };
        let n_dials = usize::try_from(per_second.max(1)).unwrap_or(usize::MAX);
        let mut dial_at = soonest;
        if self.dials_at.len() >= n_dials
            && let Some(first) = self.dials_at.pop_front()
        {
            dial_at = soonest.max(first + 1_000);
        }
        self.dials_at.push_back(dial_at);
        dial_at.since(now)
    }

    fn remind(world: &mut World, after_ms: u64, alarm: Alarm) -> Entry {
        world.remind(after_ms, Happening::Plivo(alarm))
    }
}

/// An id as Plivo gives to calls, requests and answers.
fn uuid(world: &mut World) -> String {
    let digits = format!("{:032x}", world.rng.random::<u128>());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
