//! Twilio's face: its voice API, webhooks and TwiML, 2010-04-01, over the simulated world.
//!
//! | spoken | how |
//! |---|---|
//! | `POST …/Calls.json` | 201; To, From, Url or Twiml, Method, FallbackUrl, StatusCallback with its method and events, Timeout, TimeLimit, SendDigits, MachineDetection; other parameters of the API are taken and ignored, unknown ones counted |
//! | `GET …/Calls/{Sid}.json` | 200, or 404 with 20404 |
//! | `GET …/Calls.json` | newest first, with Twilio's filters and pages |
//! | `POST …/Calls/{Sid}.json` | Status, Url, Twiml, TimeLimit, StatusCallback; 400 with 21220 when the call isn't in progress |
//! | `DELETE …/Calls/{Sid}.json` | 204: forgets the record, and the call goes on |
//! | `GET …/Calls/{Sid}/Events.json` | what was asked of the webhooks, and answered |
//! | `POST …/Calls/{Sid}/Streams.json` | 200; Url, Track, Name, StatusCallback, Parameter1.Name and .Value…: a media stream that goes one way; `POST …/Streams/{Sid}.json` with Status=stopped ends it |
//! | `POST …/Calls/{Sid}/Recordings.json` | 201; RecordingStatusCallback with its method and events, RecordingChannels and RecordingTrack, which are `dual` and `both` whatever is asked; 400 with 21220 when the call isn't in progress. `POST …/Recordings/{Sid}.json`, or `Twilio.CURRENT`, with Status=stopped ends it before the call |
//! | `GET …/Calls/{Sid}/Recordings.json`, `GET`, `DELETE …/Calls/{Sid}/Recordings/{Sid}.json` | the recordings of a call; one of them; 204 |
//! | `GET …/Recordings/{Sid}.wav` | the sound, linear in two channels: to the left the subscriber, to the right what they heard |
//! | media streams | `<Connect><Stream>`, both ways, which the document waits for; `<Start><Stream>`, one way; `<Stop><Stream name>`. Over a real WebSocket: connected, start, media, dtmf, mark, stop; media, mark and clear are heeded |
//! | `GET …/Accounts/{Sid}.json` | the account |
//! | `GET …/IncomingPhoneNumbers.json` | the account's numbers; filter `PhoneNumber`, a whole one |
//!
//! Where Twilio's documents leave room:
//!
//! - `start_time` is the time of dialling and, once the call is answered, that of the answer.
//! - `end_time` is there for every ended call, `duration` only for those that were answered.
//! - A call that is dialled and doesn't ring yet is `queued`; its callback says `initiated`.
//! - A decline (SIP 603) is `busy`.
//! - `Status=completed` before the answer ends the call as `canceled`.
//! - The status callbacks of one call are sent one after another, the next when the one before is
//!   settled. Twilio promises no order; the `reorder` fault takes this one away.
//! - `<Gather>`: `input` of keys, speech or both; `speechTimeout` is that of `timeout` where it isn't
//!   given, and `auto` 1 s of silence. What was said is told when the silence after it is over. Where
//!   keys and speech came, the keys are told. An empty result that is asked for has empty `Digits`.
//!   Keys and speech end the prompts; prompts that were not reached are not heard.
//! - A subscriber who speaks when asked is asked when a `<Gather>`'s prompts are over; one who presses,
//!   when it begins.
//! - `<Dial>`: a number, or the first `<Number>` with its `statusCallback`, `statusCallbackEvent`,
//!   `statusCallbackMethod` and `sendDigits`. The caller is answered before anybody is dialled.
//!   An end of the call that dialled ends the other one too, without a request to `action`.
//! - Other instructions by the API take the place of whatever a call is doing; whom it had dialled is
//!   hung up, and no `action` is asked.
//! - A media stream's address is `wss:`, or `ws:` on the loopback. One with a query is refused with
//!   31920 before anybody is asked. The handshake is signed over the address as it was given.
//! - A server that closes with 1000, or says no code, has `stream-stopped` told; another code
//!   `stream-error` with 31921, a broken connection or a slow reader 31903, no connection 31902 or
//!   31901, and a message that isn't known 31924, which ends the stream. The document goes on after all of them.
//! - `StreamError` is the error's number with a text. `StreamName` is the SID where none was given.
//! - What a subscriber hears of other verbs is not on a stream: its outbound track is silent but for
//!   what its own server has played.
//! - A recording is `processing` for 0.4 s after its end. What a media stream carries is silent in it, and so
//!   are keys and files.
//! - A webhook is tried again once, at once, and only if no connection came about.
//! - Redirects (3xx) of a webhook are not followed: they are failures.

mod account;
mod api;
mod call;
mod create;
mod dial;
mod error;
mod gather;
mod listing;
mod machine;
pub(crate) mod media;
mod numbers;
mod recording;
mod resource;
mod script;
mod signature;
mod spoil;
mod stream;
pub(crate) mod twiml;
mod update;
mod webhook;

use std::collections::BTreeMap;

use call::{Call, CallbackEvent, Hook, Way};
use rand::Rng;
use script::{Doing, Script};
use webhook::{Flight, Planned};

use crate::settings::{Account, Number, Settings};
use crate::time::Millis;
use crate::wire::WebhookId;
use crate::world::{Behaviour, Direction, EndedBy, Entry, Established, Happening, Incoming};
use crate::world::{LegId, Limits, News, Opening, World};

/// The name of this carrier.
pub(crate) const CARRIER: &str = "twilio";

/// The version of the API, in paths and webhooks.
pub(crate) const API_VERSION: &str = "2010-04-01";

/// How long a call may last where nothing else is asked for.
const TIME_LIMIT_S: u64 = 14_400;

/// What the face wanted to be reminded of.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// What the script of a call is doing has taken its time. Stale if the script has gone on.
    StepOver { leg: LegId, epoch: u64 },
    /// Who picked up is known while the call goes on.
    Detected { leg: LegId, hook: Box<Hook>, answered_by: &'static str },
    /// A webhook that a fault has delayed leaves.
    Send { leg: LegId, planned: Box<Planned> },
    /// The file of a recording is there.
    Recorded { leg: LegId, sid: String },
    /// A webhook that a fault holds back for the next one leaves all the same.
    Release { leg: LegId },
}

/// Everything that Twilio knows.
pub(crate) struct Face {
    accounts: Vec<Account>,
    pub(crate) numbers: BTreeMap<String, Number>,
    calls: BTreeMap<LegId, Call>,
    legs: BTreeMap<String, LegId>,
    flights: BTreeMap<WebhookId, Flight>,
    /// When each account's next call may be dialled.
    free_at: BTreeMap<String, Millis>,
    calls_per_second: Option<u32>,
    latency_ms: u64,
    dial_after_ms: u64,
    calls_kept_max: usize,
}

impl Face {
    pub(crate) fn new(settings: &Settings) -> Face {
        Face {
            accounts: settings.accounts.clone(),
            numbers: settings.numbers.clone(),
            calls: BTreeMap::new(),
            legs: BTreeMap::new(),
            flights: BTreeMap::new(),
            free_at: BTreeMap::new(),
            calls_per_second: settings.calls_per_second,
            latency_ms: settings.latency_ms,
            dial_after_ms: settings.dial_after_ms,
            calls_kept_max: settings.calls_kept_max,
        }
    }

    /// Has this token be that of the first account.
    pub(crate) fn rotate(&mut self, auth_token: String) {
        if let Some(account) = self.accounts.first_mut() {
            account.auth_token = auth_token;
        }
    }

    /// Which leg has this SID.
    pub(crate) fn leg_of(&self, sid: &str) -> Option<LegId> {
        self.legs.get(sid).copied()
    }

    /// The status word that the API says of a call.
    pub(crate) fn status_of(&self, world: &World, leg: LegId) -> Option<&'static str> {
        Some(self.calls.get(&leg)?.status(world.leg(leg)?))
    }

    /// Something that the face wanted to be reminded of is due.
    pub(crate) fn happen(&mut self, world: &mut World, alarm: Alarm) {
        match alarm {
            Alarm::StepOver { leg, epoch } => self.step_over(world, leg, epoch),
            Alarm::Detected { leg, hook, answered_by } => {
                self.tell_who_picked_up(world, leg, *hook, answered_by);
            }
            Alarm::Send { leg, planned } => self.send_loose(world, leg, *planned),
            Alarm::Recorded { leg, sid } => self.tell_of_recording(world, leg, &sid),
            Alarm::Release { leg } => self.release(world, leg),
        }
    }

    /// Something happened on a line.
    pub(crate) fn hear(&mut self, world: &mut World, leg: LegId, news: News) {
        let Some(call) = self.calls.get_mut(&leg) else { return };
        call.updated_at = world.now;
        match news {
            News::Dialled => {
                call.queued_ms = world.now.since(call.created_at);
                self.tell(world, leg, CallbackEvent::Initiated);
            }
            News::Ringing => self.tell(world, leg, CallbackEvent::Ringing),
            News::Answered => {
                let begins = call.way == Way::OutboundApi;
                self.tell(world, leg, CallbackEvent::Answered);
                if begins {
                    self.listen_for_machine(world, leg);
                    self.begin(world, leg);
                } else {
                    self.send_digits(world, leg);
                }
            }
            News::Pressed(digits) => self.pressed(world, leg, &digits),
            News::Spoke(words) => self.spoke(world, leg, &words),
            News::Stream(stream, news) => self.hear_of_stream(world, leg, stream, news),
            News::Ended(_) => {
                let parent = call.parent;
                let doing = call.script.stop(world);
                if let Doing::Dialling { child, .. } = doing {
                    world.hang_up(child, EndedBy::Instructions);
                }
                self.end_recordings(world, leg);
                self.tell(world, leg, CallbackEvent::Completed);
                if let Some(parent) = parent {
                    self.child_ended(world, parent, leg);
                }
            }
        }
    }

    /// A subscriber calls one of the customer's numbers. `None` if it is not in service.
    pub(crate) fn call_in(&mut self, world: &mut World, incoming: Incoming) -> Option<String> {
        let number = self.numbers.get(&incoming.to)?.clone();
        let account = match &number.account_sid {
            Some(sid) => self.accounts.iter().find(|account| account.account_sid == *sid)?,
            None => self.accounts.first()?,
        };
        let mut call = Call::new(&account.account_sid, Way::Inbound, &incoming.from, &incoming.to);
        call.voice = Some(Hook::new(&number.voice_url, &number.voice_method));
        call.fallback = number.voice_fallback_url.as_deref().map(|url| Hook::new(url, "POST"));
        let callback = number.status_callback.as_deref();
        call.callback = callback.map(|url| Hook::new(url, &number.status_callback_method));
        // How long it rings is up to the caller.
        let limits = Limits { talk_ms: TIME_LIMIT_S * 1_000, ..Limits::NONE };
        let leg = self.open(world, call, limits, incoming.behaviour);
        world.arrive(leg);
        self.begin(world, leg);
        Some(self.calls.get(&leg)?.sid.clone())
    }

    /// Makes a call that was answered a while ago, as if it had been placed by the API.
    pub(crate) fn establish(&mut self, world: &mut World, wanted: Established) -> Option<String> {
        let account_sid = self.accounts.first()?.account_sid.clone();
        let mut call = Call::new(&account_sid, Way::OutboundApi, &wanted.from, &wanted.to);
        call.callback = wanted.status_callback.as_deref().map(|url| Hook::new(url, "POST"));
        let talk_ms = wanted.time_limit_s.unwrap_or(TIME_LIMIT_S).saturating_mul(1_000);
        let limits = Limits { ring_ms: 60_000, talk_ms };
        let leg = self.open(world, call, limits, wanted.behaviour);
        world.establish(leg, wanted.answered_ago_ms);
        let call = self.calls.get_mut(&leg)?;
        call.created_at = world.now.before(wanted.answered_ago_ms);
        Some(call.sid.clone())
    }

    /// Gives a call its SID and its leg, and forgets an old one for it if there are too many.
    fn open(
        &mut self,
        world: &mut World,
        mut call: Call,
        limits: Limits,
        behaviour: Option<Behaviour>,
    ) -> LegId {
        call.sid = format!("CA{:032x}", world.rng.random::<u128>());
        call.created_at = world.now;
        call.updated_at = world.now;
        let sid = call.sid.clone();
        let leg = world.open(Opening {
            direction: call.way.direction(),
            from: call.from.clone(),
            to: call.to.clone(),
            limits,
            behaviour,
            carrier: CARRIER,
            carrier_id: sid.clone(),
            mark: call.mark(),
        });
        self.legs.insert(sid, leg);
        self.calls.insert(leg, call);
        if let Some(forgotten) = world.forget_one(self.calls_kept_max, CARRIER)
            && let Some(call) = self.calls.remove(&forgotten)
        {
            self.legs.remove(&call.sid);
        }
        leg
    }

    /// When the account's next call is dialled: Twilio queues what comes faster than it dials.
    fn dial_after_ms(&mut self, now: Millis, account_sid: &str) -> u64 {
        let soonest = now + self.dial_after_ms;
        let Some(per_second) = self.calls_per_second else { return self.dial_after_ms };
        let free_at = self.free_at.entry(account_sid.to_owned()).or_default();
        let dial_at = soonest.max(*free_at);
        *free_at = dial_at + 1_000 / u64::from(per_second.max(1));
        dial_at.since(now)
    }

    fn remind(world: &mut World, after_ms: u64, alarm: Alarm) -> Entry {
        world.remind(after_ms, Happening::Twilio(alarm))
    }
}

impl Way {
    fn direction(self) -> Direction {
        match self {
            Way::Inbound => Direction::Inbound,
            Way::OutboundApi | Way::OutboundDial => Direction::Outbound,
        }
    }
}

/// A script that has nothing to do.
impl Default for Script {
    fn default() -> Script {
        Script::idle()
    }
}
