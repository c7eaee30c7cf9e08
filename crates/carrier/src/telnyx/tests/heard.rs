//! What webhooks say of commands, of keys, and of the second leg of a transfer.

use super::webhook::{STATE, decode, heard, with};
use super::*;
use crate::telnyx::mark::{ClientState, Doing};
use crate::webhook::HeardWebhook;
use call::call::{AnsweredBy, CommandId, News, Outcome, Performed};

const SPEAK_ENDED: &str = include_str!("../fixtures/hook_speak_ended.json");
const GATHER_ENDED: &str = include_str!("../fixtures/hook_gather_ended.json");
const GATHER_TIMEOUT: &str = include_str!("../fixtures/hook_gather_timeout.json");
const TRANSCRIPTION: &str = include_str!("../fixtures/hook_transcription.json");
const PLAYBACK_ENDED: &str = include_str!("../fixtures/hook_playback_ended.json");
const STREAMING_STARTED: &str = include_str!("../fixtures/hook_streaming_started.json");
const STREAMING_STOPPED: &str = include_str!("../fixtures/hook_streaming_stopped.json");
const STREAMING_FAILED: &str = include_str!("../fixtures/hook_streaming_failed.json");
const BRIDGED: &str = include_str!("../fixtures/hook_bridged.json");
const DTMF: &str = include_str!("../fixtures/hook_dtmf.json");
/// Its fields are those of the OpenAPI document's example.
const MACHINE: &str = include_str!("../fixtures/hook_machine.json");
const SECOND_INITIATED: &str = include_str!("../fixtures/hook_second_initiated.json");
const SECOND_ANSWERED: &str = include_str!("../fixtures/hook_second_answered.json");
const SECOND_BRIDGED: &str = include_str!("../fixtures/hook_second_bridged.json");
const SECOND_HANGUP: &str = include_str!("../fixtures/hook_second_hangup.json");
const SECOND_BUSY: &str = include_str!("../fixtures/hook_second_busy.json");

fn command(id: u32, performed: Performed) -> HeardWebhook {
    heard(Some(News::CommandHeard { leg: leg(), id: CommandId(id), performed }))
}

fn finished(outcome: Outcome) -> Performed {
    Performed::Finished(outcome)
}

fn nothing() -> Performed {
    finished(Outcome::default())
}

fn keys(digits: &str) -> Performed {
    finished(Outcome { digits: Some(digits.to_owned()), ..Outcome::default() })
}

fn words(speech: &str) -> Performed {
    finished(Outcome { speech: Some(speech.to_owned()), ..Outcome::default() })
}

fn transferred(cause: &str) -> Performed {
    finished(Outcome { transfer: Some(cause.to_owned()), ..Outcome::default() })
}

fn failed(code: &str) -> Performed {
    Performed::Failed { code: code.to_owned() }
}

fn pressed(digit: &str) -> HeardWebhook {
    let event_id = Some("0ccc7b54-4df3-4bca-a65a-3da1ecc77706".to_owned());
    heard(Some(News::DigitsHeard { leg: leg(), digits: digit.to_owned(), event_id }))
}

/// The event as it would be if this were the last that was set on the leg.
fn under(body: &str, id: u32, doing: Doing) -> String {
    let mut json: serde_json::Value = serde_json::from_str(body).unwrap();
    let state = ClientState::Ours { call: signed(), doing: Some((CommandId(id), doing)) };
    json["data"]["payload"]["client_state"] = state.write().into();
    json.to_string()
}

/// The table of events of `docs/carriers/telnyx.md`, one row per line.
#[test]
fn an_event_says_what_became_of_its_command() {
    let speak = |word: &str| with(SPEAK_ENDED, "\"completed\"", word);
    let gather = |word: &str| with(GATHER_ENDED, "\"valid\"", word);
    let without = |word: &str| with(GATHER_TIMEOUT, "\"timeout\"", word);
    let rows = [
        (SPEAK_ENDED.to_owned(), command(1, nothing())),
        (speak("null"), command(1, nothing())),
        (speak("\"call_hangup\""), command(1, failed("call_hangup"))),
        (speak("\"cancelled_amd\""), command(1, failed("cancelled_amd"))),
        (GATHER_ENDED.to_owned(), command(2, keys("5503"))),
        (gather("\"invalid\""), command(2, keys("5503"))),
        (gather("\"call_hangup\""), command(2, keys("5503"))),
        (gather("null"), command(2, keys("5503"))),
        (with(GATHER_ENDED, "\"5503\"", "5503"), command(2, keys("5503"))),
        (gather("\"cancelled\""), heard(None)),
        (gather("\"cancelled_amd\""), heard(None)),
        (GATHER_TIMEOUT.to_owned(), command(2, nothing())),
        (without("\"call_hangup\""), command(2, nothing())),
        (without("\"invalid\""), command(2, nothing())),
        (without("\"pondered\""), command(2, nothing())),
        (without("\"cancelled\""), heard(None)),
        (with(GATHER_TIMEOUT, "\"digits\": \"\"", "\"digits\": null"), command(2, nothing())),
        (TRANSCRIPTION.to_owned(), command(3, words("hello this is a test speech"))),
        (with(TRANSCRIPTION, "hello this is a test speech", " yes\\n"), command(3, words("yes"))),
        (with(TRANSCRIPTION, "hello this is a test speech", " "), heard(None)),
        (with(TRANSCRIPTION, "\"is_final\": true", "\"is_final\": false"), heard(None)),
        (with(TRANSCRIPTION, "\"is_final\": true", "\"is_final\": null"), heard(None)),
        (with(TRANSCRIPTION, "\"is_final\": true", "\"is_final\": \"true\""), heard(None)),
        (with(TRANSCRIPTION, "transcription_data", "transcription"), heard(None)),
        (BRIDGED.to_owned(), command(4, Performed::Begun)),
        (PLAYBACK_ENDED.to_owned(), command(5, nothing())),
        (with(PLAYBACK_ENDED, "\"completed\"", "\"file_not_found\""), command(5, failed("file_not_found"))),
        (under(STREAMING_STARTED, 6, Doing::Stream), command(6, Performed::Begun)),
        (STREAMING_STOPPED.to_owned(), command(6, nothing())),
        (STREAMING_FAILED.to_owned(), command(6, failed("connection_failed"))),
    ];
    for (body, expected) in rows {
        assert_eq!(decode(&body), Ok(expected), "{body}");
    }
}

/// Told as command 0, it is what is said before anything is asked.
#[test]
fn the_greeting_is_a_command_as_any() {
    assert_eq!(decode(&under(SPEAK_ENDED, 0, Doing::Say)), Ok(command(0, nothing())));
}

/// `client_state` is the leg's: an event tells what was set last, which may be a later command's.
#[test]
fn an_event_of_one_command_is_not_taken_for_the_end_of_another_kind() {
    let events = [SPEAK_ENDED, GATHER_ENDED, TRANSCRIPTION, BRIDGED, PLAYBACK_ENDED, STREAMING_STOPPED];
    let own = [Doing::Say, Doing::Keys, Doing::Speech, Doing::Transfer, Doing::Play, Doing::Stream];
    let all = [own.as_slice(), &[Doing::Hush, Doing::Digits]].concat();
    for (event, own) in events.into_iter().zip(own) {
        for doing in &all {
            let heard = decode(&under(event, 9, *doing)).unwrap();
            assert_eq!(heard.news.is_some(), *doing == own, "{event} while {doing:?}");
            assert_eq!((heard.mark, heard.leg), (Mark::Unsigned(mark()), leg()));
        }
    }
}

/// The voice that asks is not the answer, nor is what is heard of an earlier question.
#[test]
fn only_words_answer_a_question_for_words() {
    assert_eq!(decode(&under(SPEAK_ENDED, 3, Doing::Speech)), Ok(heard(None)));
    assert_eq!(decode(&under(TRANSCRIPTION, 3, Doing::Hush)), Ok(heard(None)));
    assert_eq!(decode(&under(TRANSCRIPTION, 4, Doing::Say)), Ok(heard(None)));
    assert_eq!(decode(&under(TRANSCRIPTION, 4, Doing::Keys)), Ok(heard(None)));
}

/// Whose answer it is can't be told: Telnyx's own example of a transcription has none.
#[test]
fn an_event_that_names_no_command_speaks_of_none() {
    for event in [SPEAK_ENDED, GATHER_ENDED, TRANSCRIPTION, BRIDGED] {
        let mut json: serde_json::Value = serde_json::from_str(event).unwrap();
        json["data"]["payload"]["client_state"] = serde_json::Value::Null;
        let unnamed = HeardWebhook { mark: Mark::None, ..heard(None) };
        assert_eq!(decode(&json.to_string()), Ok(unnamed), "{event}");
        json["data"]["payload"]["client_state"] = STATE.into();
        assert_eq!(decode(&json.to_string()), Ok(heard(None)), "{event}");
    }
}

#[test]
fn every_key_is_told_whatever_is_being_done() {
    assert_eq!(decode(DTMF), Ok(pressed("#")));
    for doing in [Doing::Say, Doing::Keys, Doing::Speech, Doing::Hush, Doing::Digits, Doing::Transfer] {
        assert_eq!(decode(&under(DTMF, 9, doing)), Ok(pressed("#")));
    }
    for key in ["0", "9", "*", "A", "D"] {
        assert_eq!(decode(&with(DTMF, "\"#\"", &format!("\"{key}\""))), Ok(pressed(key)));
    }
    assert_eq!(decode(&with(DTMF, "\"#\"", "5")), Ok(pressed("5")));
    for key in ["\"\"", "null", "\"E\"", "\"one\"", "[]"] {
        assert_eq!(decode(&with(DTMF, "\"#\"", key)), Ok(heard(None)), "{key}");
    }
    let nameless = with(DTMF, "\"id\": \"0ccc7b54-4df3-4bca-a65a-3da1ecc77706\"", "\"id\": null");
    let Some(News::DigitsHeard { event_id, .. }) = decode(&nameless).unwrap().news else { panic!("a key") };
    assert_eq!(event_id, None);
}

/// The second leg's webhooks name their own leg; what they say is said of the first one's command.
#[test]
fn a_second_leg_tells_what_becomes_of_the_transfer() {
    let cause = |word: &str| with(SECOND_HANGUP, "\"normal_clearing\"", word);
    let rows = [
        (SECOND_INITIATED.to_owned(), heard(None)),
        (SECOND_ANSWERED.to_owned(), command(4, Performed::Begun)),
        (SECOND_BRIDGED.to_owned(), command(4, Performed::Begun)),
        (SECOND_HANGUP.to_owned(), command(4, transferred("normal_clearing"))),
        (cause("\"time_limit\""), command(4, transferred("time_limit"))),
        (cause("\"no_answer\""), command(4, failed("no_answer"))),
        (cause("\"timeout\""), command(4, failed("timeout"))),
        (cause("\"call_rejected\""), command(4, failed("call_rejected"))),
        (cause("\"originator_cancel\""), command(4, failed("originator_cancel"))),
        (cause("\"not_found\""), command(4, failed("not_found"))),
        (SECOND_BUSY.to_owned(), command(4, failed("user_busy"))),
        // Over it is, however that is called.
        (cause("\"pondered\""), command(4, transferred("pondered"))),
        (cause("null"), command(4, transferred("unspecified"))),
    ];
    for (body, expected) in rows {
        assert!(body.contains(OTHER_LEG));
        assert_eq!(decode(&body), Ok(expected), "{body}");
    }
}

/// Whatever it is told to be: no event of a second leg ends the first, moves it, or is offered.
#[test]
fn nothing_of_a_second_leg_is_news_of_the_first_leg_itself() {
    let events = [
        "call.initiated",
        "call.answered",
        "call.bridged",
        "call.hangup",
        "call.speak.ended",
        "call.gather.ended",
        "call.dtmf.received",
        "call.transcription",
        "call.pondered",
    ];
    for event in events {
        let incoming = "\"call.hangup\",\n\"digit\": \"1\"";
        let body = with(SECOND_HANGUP, "\"call.hangup\"", &incoming.replace("call.hangup", event));
        let body = with(&body, "\"state\": \"hangup\"", "\"direction\": \"incoming\", \"digit\": \"1\"");
        let heard = decode(&body).unwrap();
        assert!(matches!(heard.news, None | Some(News::CommandHeard { .. })), "{event}: {heard:?}");
        assert_eq!((heard.inbound, heard.mark, heard.leg), (None, Mark::Unsigned(mark()), leg()), "{event}");
    }
}

/// Its connection isn't stated to be ours; its text is one that only we write.
#[test]
fn a_second_leg_is_known_whatever_it_runs_on() {
    let elsewhere = with(SECOND_ANSWERED, CONNECTION, "1684641123236054245");
    assert_eq!(decode(&elsewhere), Ok(command(4, Performed::Begun)));
}

#[test]
fn who_picked_up_is_heard_and_when_its_greeting_is_over() {
    let by = |by| heard(Some(News::AnsweredBy { leg: leg(), by }));
    let result = |word: &str| with(MACHINE, "\"machine\"", word);
    let greeted = |word: &str| with(&result(word), "detection.ended", "greeting.ended");
    let rows = [
        (MACHINE.to_owned(), by(AnsweredBy::Machine)),
        (result("\"human\""), by(AnsweredBy::Human)),
        (result("\"not_sure\""), by(AnsweredBy::Unknown)),
        (result("\"a_parrot\""), by(AnsweredBy::Unknown)),
        (result("null"), by(AnsweredBy::Unknown)),
        (greeted("\"beep_detected\""), by(AnsweredBy::Recording)),
        (greeted("\"ended\""), by(AnsweredBy::Recording)),
        (greeted("\"not_sure\""), by(AnsweredBy::Recording)),
    ];
    for (body, expected) in rows {
        assert_eq!(decode(&body), Ok(expected), "{body}");
    }
}
