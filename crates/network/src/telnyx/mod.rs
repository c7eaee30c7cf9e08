//! Telnyx's face: Call Control, version 2, over the simulated world.
//!
//! | spoken | how |
//! |---|---|
//! | `POST /v2/calls` | 200; connection_id, to, from, client_state, command_id, webhook_url, webhook_retries_policies, timeout_secs, time_limit_secs, stream_url with stream_track; other keys of the API are taken and ignored, unknown ones counted |
//! | `GET /v2/calls/{id}` | 200; until 10 minutes after the end, then 404 with 10005 |
//! | `GET /v2/connections/{id}/active_calls` | the live ones, the oldest first, in pages by cursor |
//! | `GET /v2/call_events` | commands and webhooks; filters `leg_id`, `application_session_id`, `connection_id`, `type`, `name`, `from`, `to` |
//! | `GET /v2/call_control_applications/{id}` | one of the customer's connections |
//! | `GET /v2/phone_numbers` | the customer's numbers; filter `phone_number`, digits alone |
//! | `POST /v2/calls/{id}/actions/…` | answer, reject, hangup, speak, playback_start, playback_stop, gather, gather_using_speak, gather_stop, send_dtmf, transfer, transcription_start, transcription_stop, streaming_start, streaming_stop, record_start, record_stop; `PUT …/client_state_update` |
//! | `GET /v2/recordings`, `GET`, `DELETE /v2/recordings/{id}` | those that are over, filter `filter[call_leg_id]`; one of them, with a link to its file as WAV that holds for 10 minutes and lies at the network's own address; deleted |
//! | webhooks | call.initiated, call.answered, call.bridged, call.hangup, call.speak.started and .ended, call.playback.started and .ended, call.gather.ended, call.dtmf.received, call.transcription, call.recording.saved, streaming.started, streaming.stopped, streaming.failed |
//! | media streams | over a real WebSocket: connected, start, media, dtmf, mark, error, stop; media, mark and clear are heeded. stream_url, stream_track, stream_codec, stream_auth_token, custom_parameters, stream_bidirectional_mode, _codec and _sampling_rate |
//!
//! Where Telnyx's documents leave room:
//!
//! - A call that waits to be dialled is not alive and has neither `start_time` nor `end_time`. From
//!   dialling to the end it is alive. `start_time` is the time of dialling, and `call_duration`
//!   counts from there.
//! - A second dial with a `command_id` that was heeded less than 60 s ago is answered like the first
//!   one; any other such command is answered `ok` and does nothing.
//! - A connection without a webhook URL may place calls; nobody is told of them.
//! - Commands to a call that ended are refused with 90018 for as long as it is remembered; to one
//!   that was never there, with 90015.
//! - `answer` for a call that is answered changes nothing; for an outgoing one that isn't, it is
//!   refused with 90034. So is every command that needs a voice path.
//! - A recording's file is there 0.4 s after its end, `dual` and `wav` whatever is asked. What a media stream carries
//!   is silent in it, and so are keys and files. Its webhook's link leads nowhere: the API gives ones that do.
//! - Webhooks don't wait for each other. One that is not answered with 200 in time is tried again
//!   once, at once, or as `webhook_retries_policies` says; then it goes to the failover URL once.
//! - Webhooks are always `POST`ed.
//! - A webhook carries the client state that holds when its event happens: that of the last command
//!   which gave one.
//! - A subscriber who speaks when asked is asked when transcription begins, and whenever something
//!   that was played while it runs is over; never while something plays.
//! - A second `transcription_start` takes the place of the first. What is being said then, or when
//!   transcription stops, is not made out.
//! - An end of the leg that a transfer called ends the leg that was transferred, once the two are
//!   bridged and unless `park_after_unbridge` was `self`; before that it doesn't.
//! - A call may have several media streams, and goes on
//!   whatever becomes of its stream: a server that closes it has `streaming.stopped` told, a
//!   connection that breaks `streaming.failed` with `connection_lost`, and one that never came about
//!   with `connection_failed`.
//! - Codecs are PCMU, PCMA, G722 and L16, low byte first; others are refused. `stream_codec` is PCMU where
//!   it isn't given, L16 is told at `stream_bidirectional_sampling_rate`, and `start` says 16,000 Hz of
//!   G722. An MP3, which is what a server sends where the mode isn't `rtp`, is three seconds of silence.
//! - `user_id` in `start` is the connection's. A message that isn't known is answered with `error`,
//!   and the stream goes on.
//! - What a subscriber hears of other commands is not on a stream: its outbound track is silent but
//!   for what its own server has played.

mod api;
mod body;
mod call;
mod command;
mod dial;
mod error;
mod gather;
mod listing;
mod machine;
pub(crate) mod media;
mod owned;
mod recording;
mod resource;
mod signature;
mod sound;
mod spoil;
mod stream;
mod transcription;
mod transfer;
mod webhook;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use call::{Call, Way};
use rand::Rng;
use serde_json::{Value, json};
use signature::Keys;
use transcription::Transcript;
use webhook::{Flight, Planned};

use crate::settings::{Settings, TelnyxAccount};
use crate::time::Millis;
use crate::wire::WebhookId;
use crate::world::{Behaviour, Entry, Established, Happening, Incoming};
use crate::world::{LegId, Limits, News, Opening, Sound, World};

/// The name of this carrier.
pub(crate) const CARRIER: &str = "telnyx";

/// How long a call may last where nothing else is asked for, and at most.
const TIME_LIMIT_S: u64 = 14_400;

/// How long it may ring where nothing else is asked for.
const RING_S: u64 = 30;

/// How long a command id keeps its repetitions from being heeded.
///
/// Source: <https://developers.telnyx.com/docs/voice/programmable-voice/receiving-webhooks>.
const COMMAND_ID_MS: u64 = 60_000;

/// What the face wanted to be reminded of.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// What is being played has been played.
    SoundEnds { leg: LegId },
    /// No more digits came in time.
    GatherEnds { leg: LegId },
    /// Something that was said has been made out.
    MadeOut { leg: LegId, heard: Box<Transcript> },
    /// The prompt of a gathering has been spoken.
    PromptEnds { leg: LegId },
    /// Something is known of who picked up.
    Detected { leg: LegId, event: &'static str, result: &'static str },
    /// The file of a recording is there.
    Recorded { leg: LegId, recording: String },
    /// A webhook that a fault has delayed leaves.
    Send { leg: LegId, planned: Box<Planned> },
    /// A webhook that a fault holds back for the next one leaves all the same.
    Release { leg: LegId },
    /// A webhook that failed is tried again.
    Retry { flight: Box<Flight> },
}

/// Everything that Telnyx knows.
pub(crate) struct Face {
    pub(crate) account: TelnyxAccount,
    keys: Keys,
    calls: BTreeMap<LegId, Call>,
    legs: BTreeMap<String, LegId>,
    flights: BTreeMap<WebhookId, Flight>,
    /// Which calls were placed by which command id, and when.
    dialled: BTreeMap<String, (Millis, LegId)>,
    latency_ms: u64,
    dial_after_ms: u64,
    calls_kept_max: usize,
}

impl Face {
    pub(crate) fn new(settings: &Settings) -> Face {
        Face {
            account: settings.telnyx.clone(),
            keys: Keys::new(&settings.telnyx.signing_seed),
            calls: BTreeMap::new(),
            legs: BTreeMap::new(),
            flights: BTreeMap::new(),
            dialled: BTreeMap::new(),
            latency_ms: settings.latency_ms,
            dial_after_ms: settings.dial_after_ms,
            calls_kept_max: settings.calls_kept_max,
        }
    }

    /// The key that its webhooks' signatures are checked with, in Base64.
    pub(crate) fn public_key(&self) -> String {
        self.keys.public()
    }

    /// Which leg has this call control id.
    pub(crate) fn leg_of(&self, control_id: &str) -> Option<LegId> {
        self.legs.get(control_id).copied()
    }

    /// Something that the face wanted to be reminded of is due.
    pub(crate) fn happen(&mut self, world: &mut World, alarm: Alarm) {
        match alarm {
            Alarm::SoundEnds { leg } => self.sound_ends(world, leg),
            Alarm::GatherEnds { leg } => self.gather_ends(world, leg),
            Alarm::MadeOut { leg, heard } => self.made_out(world, leg, &heard),
            Alarm::PromptEnds { leg } => self.listen(world, leg),
            Alarm::Detected { leg, event, result } => self.tell_who_picked_up(world, leg, event, result),
            Alarm::Recorded { leg, recording } => self.tell_of_recording(world, leg, &recording),
            Alarm::Send { leg, planned } => self.send(world, leg, *planned),
            Alarm::Release { leg } => self.release(world, leg),
            Alarm::Retry { flight } => self.depart(world, *flight),
        }
    }

    /// Something happened on a line.
    pub(crate) fn hear(&mut self, world: &mut World, id: LegId, news: News) {
        let (Some(call), Some(leg)) = (self.calls.get_mut(&id), world.leg(id)) else { return };
        match news {
            News::Dialled => {
                let payload = call.payload_of_beginning(leg);
                self.tell(world, id, "call.initiated", payload);
            }
            // There is no webhook for it.
            News::Ringing => {}
            News::Answered => {
                let payload = call.payload_of_life(leg, "answered");
                let stream = call.stream_at_answer.take();
                let digits = call.digits_at_answer.take();
                self.tell(world, id, "call.answered", payload);
                self.listen_for_machine(world, id);
                if let Some(digits) = digits {
                    world.play(id, Sound::Digits(digits));
                }
                self.bridge(world, id);
                if let Some(stream) = stream {
                    self.open_stream(world, id, stream);
                }
            }
            News::Pressed(keys) => self.pressed(world, id, &keys),
            News::Spoke(words) => self.spoke(world, id, &words),
            News::Stream(stream, news) => self.hear_of_stream(world, id, stream, news),
            News::Ended(end) => {
                let payload = call.payload_of_end(leg, end);
                call.transcription = None;
                self.fall_silent(world, id);
                self.stop_recording(world, id);
                self.stop_gathering(world, id, "call_hangup");
                self.tell(world, id, "call.hangup", payload);
                self.part(world, id);
            }
        }
    }

    /// A subscriber calls one of the customer's numbers. `None` if it is not in service.
    pub(crate) fn call_in(&mut self, world: &mut World, incoming: Incoming) -> Option<String> {
        let connection_id = self.account.numbers.get(&incoming.to)?.clone();
        let call = Call::new(&connection_id, Way::Incoming, &incoming.from, &incoming.to);
        // How long it rings is up to the caller.
        let limits = Limits { talk_ms: TIME_LIMIT_S * 1_000, ..Limits::NONE };
        let id = self.open(world, call, limits, incoming.behaviour);
        world.arrive(id);
        let (call, leg) = (self.calls.get(&id)?, world.leg(id)?);
        let (control_id, payload) = (call.control_id.clone(), call.payload_of_beginning(leg));
        self.tell(world, id, "call.initiated", payload);
        Some(control_id)
    }

    /// Makes a call that was answered a while ago, as if it had been placed by the API. Its client
    /// state is the called number.
    pub(crate) fn establish(&mut self, world: &mut World, wanted: Established) -> Option<String> {
        let connection_id = self.account.connections.keys().next()?.clone();
        let mut call = Call::new(&connection_id, Way::Dialled, &wanted.from, &wanted.to);
        call.webhook_url = wanted.status_callback;
        call.client_state = Some(STANDARD.encode(&wanted.to));
        let talk_ms = wanted.time_limit_s.unwrap_or(TIME_LIMIT_S).saturating_mul(1_000);
        let limits = Limits { ring_ms: RING_S * 1_000, talk_ms };
        let id = self.open(world, call, limits, wanted.behaviour);
        world.establish(id, wanted.answered_ago_ms);
        Some(self.calls.get(&id)?.control_id.clone())
    }

    /// Gives a call its ids and its leg, and forgets an old one for it if there are too many.
    fn open(
        &mut self,
        world: &mut World,
        mut call: Call,
        limits: Limits,
        behaviour: Option<Behaviour>,
    ) -> LegId {
        call.control_id = format!("v3:{}", URL_SAFE_NO_PAD.encode(world.rng.random::<[u8; 40]>()));
        call.leg_id = uuid(world);
        if call.session_id.is_empty() {
            call.session_id = uuid(world);
        }
        let control_id = call.control_id.clone();
        let id = world.open(Opening {
            direction: call.way.direction(),
            from: call.from.clone(),
            to: call.to.clone(),
            limits,
            behaviour,
            carrier: CARRIER,
            carrier_id: control_id.clone(),
            mark: call.mark(),
        });
        self.legs.insert(control_id, id);
        self.calls.insert(id, call);
        if let Some(forgotten) = world.forget_one(self.calls_kept_max, CARRIER)
            && let Some(call) = self.calls.remove(&forgotten)
        {
            self.legs.remove(&call.control_id);
        }
        id
    }

    fn remind(world: &mut World, after_ms: u64, alarm: Alarm) -> Entry {
        world.remind(after_ms, Happening::Telnyx(alarm))
    }
}

/// An id as Telnyx gives to legs, sessions and events.
fn uuid(world: &mut World) -> String {
    let digits = format!("{:032x}", world.rng.random::<u128>());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// The answer to a command that was taken.
fn done() -> Value {
    json!({ "result": "ok" })
}
