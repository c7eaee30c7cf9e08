//! What is done on the line of a call: commands, and what their replies say.
//!
//! Source: the paths `/calls/{call_control_id}/actions/…` of Telnyx's OpenAPI document (2026-07-16).
//!
//! That a command was taken says that it will be done; a webhook tells what came of it. Each
//! request that somebody on the line would notice is sent once, and carries a `command_id`, as a
//! second lock.

use super::Telnyx;
use super::control::{hang_up, hung_up, refusal, whole_seconds};
use super::mark::{ClientState, Doing};
use super::record::unknown;
use super::retries::policies;
use crate::roles::{Leg, Next};
use crate::wire::SendError;
use crate::wire::{Operation, Reply, Request};
use call::call::command::ANSWER_GRACE;
use call::call::{CommandReply, HangUpReply, Input, Performance, Verb};
use serde_json::{Value, json};
use std::time::Duration;

/// Answers a call that came in. Like a hang-up it is repeated exactly when it did nothing, and so
/// carries no `command_id`, for which Telnyx would ignore the repeat.
pub(super) fn answer(telnyx: &Telnyx, leg: &Leg, replies: &[Reply]) -> Next<CommandReply> {
    match replies.last() {
        None => {
            let mut body = json!({ "client_state": telnyx.mark(leg.sought.mark) });
            telnyx.add_webhook_url(&mut body);
            Next::Ask(telnyx.act(Operation::Command, leg, "answer", &body))
        }
        Some(reply) => Next::Done(judged(reply, None)),
    }
}

/// Declines a call that came in. Should it have been answered meanwhile, Telnyx can't decline it
/// any more, and it is hung up.
pub(super) fn decline(telnyx: &Telnyx, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
    match replies.split_first() {
        None => {
            let body = json!({ "cause": "CALL_REJECTED", "client_state": telnyx.mark(leg.sought.mark) });
            Next::Ask(telnyx.act(Operation::HangUp, leg, "reject", &body))
        }
        Some((rejected, [])) => match hung_up(rejected) {
            HangUpReply::Failed(_) if rejected.status == 422 => hang_up(telnyx, &leg.id, &[]),
            answer => Next::Done(answer),
        },
        Some((_, rest)) => hang_up(telnyx, &leg.id, rest),
    }
}

/// Does what was asked.
pub(super) fn perform(
    telnyx: &Telnyx,
    leg: &Leg,
    performance: &Performance,
    replies: &[Reply],
) -> Next<CommandReply> {
    let task = Task { telnyx, leg, performance };
    match &performance.verb {
        Verb::Say { text } | Verb::Ask { text, .. } if text.chars().count() > PAYLOAD_MAX => {
            let reason = format!("at most {PAYLOAD_MAX} characters can be said at once");
            Next::Done(CommandReply::Refused { code: "too_long".to_owned(), reason })
        }
        Verb::Say { text } => once(replies, None, || task.speak(text, Doing::Say)),
        Verb::Ask { text, input: Input::Digits { n_max }, timeout } => {
            once(replies, None, || task.gather(text, *n_max, *timeout))
        }
        Verb::Ask { text, input: Input::Speech | Input::Any, .. } => task.ask_for_speech(text, replies),
        Verb::SendDigits { digits } => {
            // No webhook tells when they were pressed.
            once(replies, Some(performance.verb.lasts()), || {
                task.request("send_dtmf", Doing::Digits, "", json!({ "digits": digits }))
            })
        }
        Verb::Play { url, .. } => once(replies, None, || {
            task.request("playback_start", Doing::Play, "", json!({ "audio_url": url, "stop": "all" }))
        }),
        Verb::Transfer { to } => once(replies, None, || task.transfer(to.as_str())),
        Verb::Stream { url, .. } => match (&performance.gap, replies) {
            // Whatever comes of the words, the sound is there.
            (Some(gap), [started]) if matches!(judged(started, None), CommandReply::Taken { .. }) => {
                Next::Ask(task.speak_of_gap(gap))
            }
            (_, [started, ..]) => Next::Done(judged(started, None)),
            (_, []) => Next::Ask(task.stream(url)),
        },
    }
}

/// A question that waits for words is put by the third request. If that never left, or one before it
/// got no reply, then nothing was asked, and what is heard from a listening that may have begun
/// answers nothing.
pub(super) fn unanswered(performance: &Performance, replies: &[Reply], error: &SendError) -> CommandReply {
    let why = error.to_string();
    if let (Verb::Stream { .. }, [started, ..]) = (&performance.verb, replies) {
        return judged(started, None);
    }
    let (Verb::Ask { input: Input::Speech | Input::Any, .. }, [_, listening, rest @ ..]) =
        (&performance.verb, replies)
    else {
        return match performance.verb {
            Verb::Ask { input: Input::Speech | Input::Any, .. } => not_asked(why),
            _ => CommandReply::InDoubt { why },
        };
    };
    match (judged(listening, None), rest) {
        (CommandReply::Taken { .. }, []) if matches!(error, SendError::NotSent(_) | SendError::TooLate) => {
            not_asked(why)
        }
        (CommandReply::Taken { .. }, []) => CommandReply::InDoubt { why },
        // The words were refused, and it was the stop after them that got no reply.
        (CommandReply::Taken { .. }, [spoken, ..]) => judged(spoken, None),
        _ => nothing_asked(listening),
    }
}

/// Ends what was asked before its time; and stops listening, when a question is over whose answer
/// is words. It leaves `client_state` alone: the next command may be under way already, and what is
/// told of it must name it.
pub(super) fn conclude(
    telnyx: &Telnyx,
    leg: &Leg,
    performance: &Performance,
    replies: &[Reply],
) -> Next<CommandReply> {
    let actions: &[&str] = match (&performance.verb, performance.stops) {
        (Verb::Ask { input: Input::Speech | Input::Any, .. }, true) => {
            &["transcription_stop", "playback_stop"]
        }
        (Verb::Ask { input: Input::Speech | Input::Any, .. }, false) => &["transcription_stop"],
        (Verb::Ask { input: Input::Digits { .. }, .. }, _) => &["gather_stop"],
        (Verb::Say { .. } | Verb::Play { .. }, _) => &["playback_stop"],
        (Verb::Stream { .. }, _) => &["streaming_stop"],
        // The core asks no such thing.
        (Verb::SendDigits { .. } | Verb::Transfer { .. }, _) => &[],
    };
    let (call, id) = (leg.sought.mark, performance.id);
    match (actions.get(replies.len()), replies.last()) {
        (Some(action), _) => {
            let body = json!({ "command_id": format!("{call}:{id}:{action}_when_over") });
            Next::Ask(telnyx.act(Operation::Command, leg, action, &body))
        }
        (None, Some(reply)) => Next::Done(judged(reply, None)),
        (None, None) => Next::Done(CommandReply::Taken { lasts: None }),
    }
}

/// One command of one call.
struct Task<'a> {
    telnyx: &'a Telnyx,
    leg: &'a Leg,
    performance: &'a Performance,
}

impl Task<'_> {
    fn speak(&self, text: &str, doing: Doing) -> Request {
        let mut body = said(text);
        // A question that was answered before it was said to its end is still being said.
        body["stop"] = json!("all");
        self.request("speak", doing, "", body)
    }

    /// Beside a sound that is brought again. What is told of these words answers nothing.
    fn speak_of_gap(&self, text: &str) -> Request {
        let part = format!(":gap_{}", self.performance.attached);
        self.request("speak", Doing::Hush, &part, said(text))
    }

    /// Without a word about it Telnyx would ask three times.
    fn gather(&self, text: &str, n_max: Option<u8>, timeout: Duration) -> Request {
        let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        let mut body = said(text);
        body["minimum_digits"] = json!(1);
        body["maximum_digits"] = json!(n_max.map_or(DIGITS_MAX, u64::from).clamp(1, DIGITS_MAX));
        body["maximum_tries"] = json!(1);
        body["timeout_millis"] = json!(timeout_ms.max(TIMEOUT_MS_MIN));
        body["inter_digit_timeout_millis"] = json!(BETWEEN_DIGITS_MS);
        body["terminating_digit"] = json!("#");
        self.request("gather_using_speak", Doing::Keys, "", body)
    }

    /// Telnyx is made to listen first, so that a refusal comes before a word is said. What it still
    /// listens to for an earlier question is stopped before that: what that hears late can't be
    /// taken for the answer to this one.
    fn ask_for_speech(&self, text: &str, replies: &[Reply]) -> Next<CommandReply> {
        let lasts = Some(self.performance.verb.lasts() + ANSWER_GRACE);
        let Some((hushed, replies)) = replies.split_first() else {
            return Next::Ask(self.hush("before"));
        };
        // A 4xx says that nothing was listened to, or what the next reply will say as well.
        if !(matches!(hushed.status, 200..=299 | 400..=499) && hushed.status != 429) {
            return Next::Done(nothing_asked(hushed));
        }
        let Some((listening, replies)) = replies.split_first() else {
            return Next::Ask(self.listen());
        };
        let is_heard = match judged(listening, None) {
            CommandReply::Taken { .. } => true,
            CommandReply::InDoubt { .. } => false,
            CommandReply::Refused { .. } => return Next::Done(nothing_asked(listening)),
        };
        match (is_heard, replies) {
            // There is nothing to be said, and to listen is all.
            (true, []) if text.is_empty() => Next::Done(CommandReply::Taken { lasts }),
            (true, []) => Next::Ask(self.speak(text, Doing::Speech)),
            (true, [spoken]) => match judged(spoken, lasts) {
                CommandReply::Refused { .. } => Next::Ask(self.hush("after")),
                reply => Next::Done(reply),
            },
            (true, [spoken, ..]) => Next::Done(judged(spoken, lasts)),
            (false, []) => Next::Ask(self.hush("after")),
            (false, _) => Next::Done(nothing_asked(listening)),
        }
    }

    /// Only the other side is listened to, not the voice that asks; and only what is final is told.
    fn listen(&self) -> Request {
        let body = json!({
            "transcription_engine": ENGINE,
            "transcription_engine_config": {
                "transcription_engine": ENGINE,
                "language": HEARD_LANGUAGE,
                "interim_results": false,
            },
            "transcription_tracks": "inbound",
        });
        self.request("transcription_start", Doing::Speech, ":listen", body)
    }

    /// Stops listening. What is heard all the same isn't told as an answer to anything.
    fn hush(&self, when: &str) -> Request {
        self.request("transcription_stop", Doing::Hush, &format!(":hush_{when}"), json!({}))
    }

    /// When the other two have spoken, the call's own leg waits for what is asked of it next: without
    /// `park_after_unbridge` Telnyx would hang it up.
    fn transfer(&self, to: &str) -> Request {
        let Performance { id, from, hold, .. } = self.performance;
        let call = self.telnyx.signed(self.leg.sought.mark);
        let second = ClientState::Second { call, id: *id, first: self.leg.id.clone() };
        let mut body = json!({
            "to": to,
            "from": from.as_str(),
            "timeout_secs": TRANSFER_RING_S,
            "time_limit_secs": whole_seconds(*hold).clamp(TALK_S_MIN, TALK_S_MAX),
            "park_after_unbridge": "self",
            "target_leg_client_state": second.write(),
        });
        self.telnyx.add_webhook_url(&mut body);
        self.request("transfer", Doing::Transfer, "", body)
    }

    /// Both ways in the same codec. Without a word about it Telnyx would take whole MP3 files.
    fn stream(&self, url: &str) -> Request {
        let codec = self.telnyx.config.stream_codec;
        let body = json!({
            "stream_url": url,
            "stream_track": "inbound_track",
            "stream_codec": codec.word(),
            "stream_bidirectional_mode": "rtp",
            "stream_bidirectional_codec": codec.word(),
            "stream_bidirectional_sampling_rate": codec.form().rate.hz(),
        });
        // One that is asked for again is no repeat.
        let part = match self.performance.attached {
            0 => String::new(),
            n => format!(":stream_{n}"),
        };
        self.request("streaming_start", Doing::Stream, &part, body)
    }

    fn request(&self, action: &str, doing: Doing, part: &str, mut body: Value) -> Request {
        let (call, id) = (self.leg.sought.mark, self.performance.id);
        let signed = self.telnyx.signed(call);
        body["client_state"] = json!(ClientState::Ours { call: signed, doing: Some((id, doing)) }.write());
        body["command_id"] = json!(format!("{call}:{id}{part}"));
        self.telnyx.act(Operation::Command, self.leg, action, &body)
    }
}

impl Telnyx {
    pub(super) fn act(&self, operation: Operation, leg: &Leg, action: &str, body: &Value) -> Request {
        self.post(operation, format!("{}/actions/{action}", self.call_url(&leg.id)), body)
    }

    fn add_webhook_url(&self, body: &mut Value) {
        if let Some(url) = self.webhook_url() {
            body["webhook_url"] = json!(url);
            body["webhook_retries_policies"] = policies();
        }
    }
}

fn said(text: &str) -> Value {
    json!({ "payload": text, "payload_type": "text", "voice": VOICE, "language": VOICE_LANGUAGE })
}

fn once(replies: &[Reply], lasts: Option<Duration>, request: impl Fn() -> Request) -> Next<CommandReply> {
    match replies.last() {
        None => Next::Ask(request()),
        Some(reply) => Next::Done(judged(reply, lasts)),
    }
}

/// As with a placement: a 4xx means that Telnyx judged the request and did nothing, but for three
/// that are said of requests which may go on somewhere. A 2xx that isn't Telnyx's is no yes.
pub(super) fn judged(reply: &Reply, lasts: Option<Duration>) -> CommandReply {
    match reply.status {
        200..=299 if is_result(reply) => CommandReply::Taken { lasts },
        200..=299 => CommandReply::InDoubt { why: format!("HTTP {} without a result", reply.status) },
        429 => CommandReply::Refused { code: "rate_limited".to_owned(), reason: unknown(reply).detail },
        408 | 409 | 425 => CommandReply::InDoubt { why: unknown(reply).detail },
        400..=499 => {
            let (code, reason) = refusal(reply);
            CommandReply::Refused { code, reason }
        }
        _ => CommandReply::InDoubt { why: unknown(reply).detail },
    }
}

/// The question wasn't said, whatever became of the listening: nobody on the line noticed a thing.
fn nothing_asked(reply: &Reply) -> CommandReply {
    match judged(reply, None) {
        refused @ CommandReply::Refused { .. } => refused,
        CommandReply::InDoubt { why } => not_asked(why),
        CommandReply::Taken { .. } => not_asked("not asked".to_owned()),
    }
}

fn not_asked(reason: String) -> CommandReply {
    CommandReply::Refused { code: "not_listening".to_owned(), reason }
}

/// Telnyx answers a command with `{"data":{"result":"ok"}}`.
fn is_result(reply: &Reply) -> bool {
    serde_json::from_slice::<Value>(&reply.body).is_ok_and(|body| body["data"]["result"].is_string())
}

/// The name that the OpenAPI document gives as the example of a voice: US English, clear on a
/// telephone line, and part of the account without a key of another company.
const VOICE: &str = "AWS.Polly.Joanna";
const VOICE_LANGUAGE: &str = "en-US";
/// The default engine. It alone is stated to send no interim results when it is told not to.
const ENGINE: &str = "Google";
const HEARD_LANGUAGE: &str = "en";
/// What `payload` may hold (schema `SpeakRequest`).
const PAYLOAD_MAX: usize = 3_000;
/// What `maximum_digits` may be (schema `GatherUsingSpeakRequest`).
const DIGITS_MAX: u64 = 128;
/// Nobody can begin to answer sooner.
const TIMEOUT_MS_MIN: u64 = 1_000;
/// So long after a key the next one may come: Telnyx's own default.
const BETWEEN_DIGITS_MS: u64 = 5_000;
/// So long may the second phone of a transfer ring: Telnyx's own default.
const TRANSFER_RING_S: u64 = 30;
/// What `time_limit_secs` may be (schema `TransferCallRequest`).
const TALK_S_MIN: u64 = 30;
const TALK_S_MAX: u64 = 14_400;
