//! What Telnyx's webhooks say.

use super::*;
use crate::mark::Ends;
use crate::webhook::{HeardWebhook, InboundCall, RawWebhook, WebhookError};
use call::call::{CarrierEnding, Direction, EndedBy, EndingKind, News};

const HANGUP: &str = include_str!("../fixtures/hook_hangup.json");
const INITIATED: &str = include_str!("../fixtures/hook_initiated.json");
const INCOMING: &str = include_str!("../fixtures/hook_incoming.json");
const ANSWERED: &str = include_str!("../fixtures/hook_answered.json");
pub(super) const STATE: &str = "Y18wMWpkM3Y2cDluZjRxOHMwdDJ4NXo3YTliYw==";

/// What it says, but for what it tells of the leg, which has a test of its own.
pub(super) fn decode(body: &str) -> Result<HeardWebhook, WebhookError> {
    whole(body).map(|heard| HeardWebhook { ends: None, ..heard })
}

fn whole(body: &str) -> Result<HeardWebhook, WebhookError> {
    let raw = RawWebhook {
        method: http::Method::POST,
        url: "https://gw.example/hooks/telnyx/events".to_owned(),
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    };
    telnyx().decode(&raw.verified())
}

pub(super) fn heard(news: Option<News>) -> HeardWebhook {
    HeardWebhook {
        mark: Mark::Unsigned(mark()),
        leg: leg(),
        was: None,
        news,
        ends: None,
        inbound: None,
        page: None,
    }
}

fn progressed(progress: Progress) -> Option<News> {
    Some(News::Progressed { leg: leg(), progress })
}

fn unread(what: &str) -> Option<News> {
    Some(News::Unread { leg: leg(), what: what.to_owned() })
}

fn over(kind: EndingKind, code: &str, by: Option<EndedBy>) -> Option<News> {
    let ended_at = Some(DIALLED + Duration::from_secs(59));
    let ending = CarrierEnding { kind, code: code.to_owned(), by, ended_at, duration: None };
    Some(News::Over { leg: leg(), ending })
}

pub(super) fn with(body: &str, this: &str, that: &str) -> String {
    assert!(body.contains(this), "{this}");
    body.replace(this, that)
}

#[test]
fn an_event_says_how_far_the_call_is() {
    let rows = [
        (INITIATED, progressed(Progress::Initiated)),
        (ANSWERED, progressed(Progress::InProgress)),
        (HANGUP, over(EndingKind::Completed, "normal_clearing", None)),
        (include_str!("../fixtures/hook_streaming_started.json"), None),
    ];
    for (body, news) in rows {
        // The first one tells the name under which the leg's events are listed.
        let was = (body == INITIATED).then(|| CarrierCallId::new(LEG_ID).unwrap());
        assert_eq!(decode(body), Ok(HeardWebhook { was, ..heard(news) }), "{body}");
    }
    // One that Telnyx may add some day says nothing, and names its call all the same.
    let new = with(ANSWERED, "call.answered", "call.pondered");
    assert_eq!(decode(&new), Ok(heard(None)));
}

/// The table of causes of `docs/carriers/telnyx.md`, one row per line.
#[test]
fn a_cause_says_how_it_ended() {
    let rows = [
        ("normal_clearing", over(EndingKind::Completed, "normal_clearing", None)),
        ("time_limit", over(EndingKind::Completed, "time_limit", Some(EndedBy::Carrier))),
        ("user_busy", over(EndingKind::Busy, "user_busy", None)),
        ("no_answer", over(EndingKind::NoAnswer, "no_answer", None)),
        ("timeout", over(EndingKind::NoAnswer, "timeout", None)),
        ("originator_cancel", over(EndingKind::Canceled, "originator_cancel", None)),
        ("call_rejected", over(EndingKind::Rejected, "call_rejected", None)),
        ("not_found", over(EndingKind::Failed, "not_found", None)),
        ("unspecified", over(EndingKind::Failed, "unspecified", None)),
        ("NORMAL_CLEARING", unread("NORMAL_CLEARING")),
        ("constructor", unread("constructor")),
        ("", unread("")),
    ];
    for (cause, news) in rows {
        assert_eq!(decode(&with(HANGUP, "normal_clearing", cause)), Ok(heard(news)), "{cause}");
    }
    let none = with(HANGUP, "\"hangup_cause\": \"normal_clearing\"", "\"hangup_cause\": null");
    assert_eq!(decode(&none), Ok(heard(unread("call.hangup without hangup_cause"))));
}

/// Telnyx says caller and callee; who of them is we depends on who called whom.
#[test]
fn the_other_side_is_told_from_ours() {
    let by = |direction: &str, source: &str, state: &str| {
        let told = format!("\"hangup_source\": \"{source}\"{direction}");
        let body = with(HANGUP, "\"hangup_source\": \"callee\"", &told).replace(STATE, state);
        let Some(News::Over { ending, .. }) = decode(&body).unwrap().news else { panic!("{body}") };
        ending.by
    };
    let (outgoing, incoming) = (",\"direction\": \"outgoing\"", ",\"direction\": \"incoming\"");
    assert_eq!(by(outgoing, "callee", ""), Some(EndedBy::Remote));
    assert_eq!(by(outgoing, "caller", STATE), None);
    assert_eq!(by(incoming, "caller", STATE), Some(EndedBy::Remote));
    assert_eq!(by(incoming, "callee", ""), None);
    // A leg that we answered carries our mark as well as one that we made.
    assert_eq!(by("", "callee", STATE), None);
    assert_eq!(by("", "caller", STATE), None);
    assert_eq!(by("", "caller", ""), Some(EndedBy::Remote));
    assert_eq!(by("", "unknown", STATE), None);
}

#[test]
fn an_event_tells_what_the_leg_is() {
    let ends = |direction, from: &str, to: &str| Ends {
        direction: Some(direction),
        from: Some(Party::read(from)),
        to: Some(Party::read(to)),
    };
    let (us, them) = ("+15550100000", "+12025550143");
    assert_eq!(whole(INITIATED).unwrap().ends, Some(ends(Direction::Outbound, us, them)));
    assert_eq!(whole(INCOMING).unwrap().ends, Some(ends(Direction::Inbound, them, us)));
}

#[test]
fn a_call_that_comes_in_is_offered_with_its_two_ends() {
    let inbound = InboundCall { from: Party::read("+12025550143"), to: Party::read("+15550100000") };
    let news = progressed(Progress::Ringing);
    let was = Some(CarrierCallId::new(LEG_ID).unwrap());
    let expected = HeardWebhook { mark: Mark::None, was, inbound: Some(inbound), ..heard(news) };
    assert_eq!(decode(INCOMING), Ok(expected));
    // Only the first event offers.
    for event in ["call.answered", "call.hangup", "call.bridged"] {
        let later = decode(&with(INCOMING, "call.initiated", event)).unwrap();
        assert_eq!((later.inbound, later.mark), (None, Mark::None), "{event}");
    }
    let hidden = decode(&with(INCOMING, "+12025550143", "anonymous")).unwrap();
    assert_eq!(hidden.inbound.unwrap().from, Party::Other("anonymous".to_owned()));
    // What doesn't say that it comes in isn't offered.
    let unsaid = decode(&with(INCOMING, "\"direction\": \"incoming\"", "\"direction\": null")).unwrap();
    assert_eq!((unsaid.inbound, unsaid.news), (None, progressed(Progress::Initiated)));
}

/// Should Telnyx ever tell such a leg with the mark of the first, its news are about its own name.
#[test]
fn a_leg_that_bears_the_mark_of_another_speaks_of_itself() {
    let heard = decode(include_str!("../fixtures/hook_copied_hangup.json")).unwrap();
    assert_eq!((heard.leg.as_str(), heard.mark), (OTHER_LEG, Mark::Unsigned(mark())));
    let Some(News::Over { leg: ended, .. }) = heard.news else { panic!("it is over") };
    assert_eq!(ended, heard.leg);
    assert_ne!(ended, leg());
}

#[test]
fn what_runs_on_another_application_is_not_ours() {
    for body in [HANGUP, INCOMING, INITIATED] {
        let expected = HeardWebhook { mark: Mark::None, ..heard(None) };
        assert_eq!(decode(&with(body, CONNECTION, "1684641123236054245")), Ok(expected));
    }
    // Where none is told it may be.
    let untold = with(ANSWERED, &format!("\"{CONNECTION}\""), "null");
    assert_eq!(decode(&untold), Ok(heard(progressed(Progress::InProgress))));
}

#[test]
fn a_mark_that_is_none_is_ignored() {
    for state in ["", "c_", "aGF2ZSBhIG5pY2UgZGF5ID1d", CALL, "Y18=", "////"] {
        let heard = decode(&with(ANSWERED, STATE, state)).unwrap();
        assert_eq!((heard.mark, heard.news), (Mark::None, progressed(Progress::InProgress)), "{state}");
    }
}

#[test]
fn a_garbled_time_takes_nothing_from_the_end() {
    let body = with(HANGUP, "2026-11-22T10:00:59Z", "yesterday");
    let Some(News::Over { ending, .. }) = decode(&body).unwrap().news else { panic!("it is over") };
    assert_eq!((ending.kind, ending.ended_at), (EndingKind::Completed, None));
}

/// Applications send it by default, and whoever forgets the setting must not wonder why nothing
/// comes of any webhook.
#[test]
fn the_old_format_is_refused_and_the_setting_is_named() {
    let Err(error) = decode(include_str!("../fixtures/hook_version_1.json")) else { panic!("it is read") };
    let text = error.to_string();
    assert!(matches!(error, WebhookError::Unreadable(_)), "{text}");
    assert!(text.contains("set webhook_api_version of the Call Control application to 2"), "{text}");
}

#[test]
fn an_event_without_a_type_is_unread() {
    let body = with(ANSWERED, "\"event_type\": \"call.answered\"", "\"event_type\": null");
    assert_eq!(decode(&body), Ok(heard(unread("an event without its type"))));
}

#[test]
fn without_a_call_it_cannot_be_read() {
    let rows = [
        "",
        "{}",
        "[]",
        "{\"data\":null}",
        "{\"data\":[]}",
        "{\"data\":{\"event_type\":\"call.hangup\"}}",
        "{\"data\":{\"event_type\":\"call.hangup\",\"payload\":{\"call_control_id\":\"\"}}}",
        "{\"data\":{\"event_type\":\"call.hangup\",\"payload\":{\"call_control_id\":\"a b\"}}}",
        include_str!("../fixtures/hook_message.json"),
        "CallSid=CA1",
    ];
    for body in rows {
        assert!(matches!(decode(body), Err(WebhookError::Unreadable(_))), "{body}");
    }
}

#[test]
fn the_reply_to_a_webhook_says_nothing() {
    for script in [Script::Reject, Script::HangUp, Script::SayAndHangUp("x".to_owned())] {
        assert_eq!(telnyx().document(Some(mark()), &script).body, "");
    }
}
