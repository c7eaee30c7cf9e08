//! What webhooks say.

use super::*;
use crate::mark::{Ends, Mark};
use crate::webhook::{HeardWebhook, InboundCall, RawWebhook, WebhookError};
use call::call::{
    AnsweredBy, CarrierEnding, CommandId, EndedBy, EndingKind, News, Outcome, Page, Performed, Progress,
};

const RING: &str = include_str!("../fixtures/hook_ring.form");
const START: &str = include_str!("../fixtures/hook_start.form");
const COMPLETED: &str = include_str!("../fixtures/hook_completed.form");
const INBOUND: &str = include_str!("../fixtures/hook_inbound.form");
const INBOUND_HANGUP: &str = include_str!("../fixtures/hook_inbound_hangup.form");
const OTHER_LEG: &str = include_str!("../fixtures/hook_other_leg.form");

fn raw(path: &str, body: &str) -> RawWebhook {
    RawWebhook {
        method: http::Method::POST,
        url: format!("https://gw.example/hooks/plivo{path}"),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

fn decode(path: &str, body: &str) -> Result<HeardWebhook, WebhookError> {
    plivo().decode(&raw(path, body).verified())
}

fn heard(path: &str, body: &str) -> HeardWebhook {
    decode(path, body).unwrap()
}

fn status(body: &str) -> HeardWebhook {
    heard(&format!("/status?call={CALL}"), body)
}

/// The two ends of the fixtures' call.
fn outbound() -> Ends {
    crate::plivo::record::ends(Some("outbound"), Some("15550100000"), Some("12025550143"))
}

fn progressed(progress: Progress) -> News {
    News::Progressed { leg: id(LEG), progress }
}

/// The times of Plivo's webhooks have no offset, and can't be placed.
fn over(kind: EndingKind, code: &str, by: Option<EndedBy>, duration_s: u64) -> News {
    let duration = Some(Duration::from_secs(duration_s));
    let ending = CarrierEnding { kind, code: code.to_owned(), by, ended_at: None, duration };
    News::Over { leg: id(LEG), ending }
}

fn expected(news: Option<News>) -> HeardWebhook {
    let (mark, ends) = (Mark::Unsigned(CALL.parse().unwrap()), Some(outbound()));
    HeardWebhook { mark, leg: id(LEG), was: Some(id(REQUEST)), news, ends, inbound: None, page: None }
}

#[test]
fn a_callback_says_how_far_the_call_is_and_what_it_was_called() {
    let (remote, carrier) = (Some(EndedBy::Remote), Some(EndedBy::Carrier));
    let rows = [
        (RING, progressed(Progress::Ringing)),
        (COMPLETED, over(EndingKind::Completed, "4000 Normal Hangup", remote, 50)),
        (
            &COMPLETED
                .replace("4000", "7011")
                .replace("Normal+Hangup", "Error+Reaching+Answer+URL")
                .replace("Callee", "Plivo"),
            over(EndingKind::Failed, "7011 Error Reaching Answer URL", carrier, 50),
        ),
        (include_str!("../fixtures/hook_busy.form"), over(EndingKind::Busy, "3010 Busy Line", remote, 0)),
        (
            include_str!("../fixtures/hook_no_answer.form"),
            over(EndingKind::NoAnswer, "3000 No Answer", carrier, 0),
        ),
        (
            include_str!("../fixtures/hook_rejected.form"),
            over(EndingKind::Rejected, "3020 Rejected", remote, 0),
        ),
        (include_str!("../fixtures/hook_cancel.form"), over(EndingKind::Canceled, "1000 Canceled", None, 0)),
        (
            include_str!("../fixtures/hook_timeout.form"),
            over(EndingKind::NoAnswer, "6010 Ring Timeout Reached", carrier, 0),
        ),
        (
            include_str!("../fixtures/hook_failed.form"),
            over(EndingKind::Failed, "2000 Invalid Destination Address", carrier, 0),
        ),
        (
            include_str!("../fixtures/hook_unknown.form"),
            News::Unread { leg: id(LEG), what: "parked".to_owned() },
        ),
    ];
    for (body, news) in rows {
        assert_eq!(status(body), expected(Some(news)), "{body}");
    }
    // Where both names are one there is nothing to tell.
    assert_eq!(status(&RING.replace(REQUEST, LEG)).was, None);
}

#[test]
fn every_word_alone_has_its_meaning() {
    let word = |word: &str| status(&format!("CallUUID={LEG}&CallStatus={word}")).news.unwrap();
    let kind = |text: &str| match word(text) {
        News::Over { ending, .. } => (ending.kind, ending.code),
        other => panic!("{text} is {other:?}"),
    };
    assert_eq!(word("queued"), progressed(Progress::Initiated));
    assert_eq!(word("ringing"), progressed(Progress::Ringing));
    assert_eq!(word("in-progress"), progressed(Progress::InProgress));
    for (text, expected) in [
        ("completed", EndingKind::Completed),
        ("busy", EndingKind::Busy),
        ("no-answer", EndingKind::NoAnswer),
        ("cancel", EndingKind::Canceled),
        ("timeout", EndingKind::Failed),
        ("failed", EndingKind::Failed),
    ] {
        assert_eq!(kind(text), (expected, text.to_owned()));
    }
    for text in ["constructor", "Completed", "canceled", "hangup"] {
        assert!(matches!(word(text), News::Unread { .. }), "{text}");
    }
}

#[test]
fn an_answered_call_asks_what_to_do() {
    let first = HeardWebhook { page: Some(Page::First), ..expected(Some(progressed(Progress::InProgress))) };
    assert_eq!(heard(&format!("/voice?call={CALL}"), START), first);
    // The document of a command is asked for: that says how far the call is, and nothing of the
    // command, which the reply to its request does.
    let of = HeardWebhook { page: Some(Page::Of(CommandId(3))), ..first };
    assert_eq!(heard(&format!("/voice?call={CALL}&command=3"), START), of);
}

#[test]
fn a_call_that_comes_in_is_offered_with_its_two_ends() {
    let offered = heard("/voice", INBOUND);
    let inbound = InboundCall { from: Party::read("+12025550143"), to: Party::read("+15550100000") };
    assert_eq!((offered.inbound, offered.page), (Some(inbound), Some(Page::First)));
    assert_eq!((offered.mark, offered.was, offered.leg), (Mark::None, None, id(LEG)));
    assert_eq!(offered.news, Some(progressed(Progress::Ringing)));
    assert_eq!(heard("/status", INBOUND).inbound, None);
    let hidden = heard("/voice", &INBOUND.replace("From=12025550143", "From=anonymous"));
    assert_eq!(hidden.inbound.unwrap().from, Party::Other("anonymous".to_owned()));
}

/// An application without a hangup address tells the end where it asks for documents.
#[test]
fn an_end_is_an_end_wherever_it_is_told_and_wants_no_document() {
    let ended = heard("/voice", INBOUND_HANGUP);
    assert_eq!((ended.page, ended.inbound), (None, None));
    assert_eq!(
        ended.news,
        Some(over(EndingKind::Completed, "4000 Normal Hangup", Some(EndedBy::Remote), 12))
    );
    let ended = heard(&format!("/voice?call={CALL}"), COMPLETED);
    assert_eq!(
        (ended.page, ended.news),
        (None, Some(over(EndingKind::Completed, "4000 Normal Hangup", Some(EndedBy::Remote), 50)))
    );
    // An end that calls itself something else is looked at.
    let odd = heard("/voice", &COMPLETED.replace("CallStatus=completed", "CallStatus=in-progress"));
    assert!(matches!((odd.page, odd.news), (None, Some(News::Unread { .. }))));
}

#[test]
fn a_call_that_was_never_made_ends_under_the_name_of_its_request() {
    let ended = status(include_str!("../fixtures/hook_never_made.form"));
    assert_eq!((&ended.leg, &ended.was), (&id(REQUEST), &None));
    assert!(matches!(ended.news, Some(News::Over { ending, .. }) if ending.kind == EndingKind::Failed));
}

#[test]
fn a_leg_that_was_dialled_never_moves_the_call_that_dialled() {
    for path in ["/status", "/voice"] {
        let other = heard(&format!("{path}?call={CALL}"), OTHER_LEG);
        assert_eq!((other.news, other.inbound, other.was), (None, None, None));
        assert_eq!(other.leg.as_str(), "c0a58e17-9d24-4f6b-8a13-72e5b4c9d806");
    }
    // A call may be called the first leg by either of its names, or not at all.
    for own in [START.to_owned(), START.replace(&format!("ALegUUID={LEG}"), &format!("ALegUUID={REQUEST}"))] {
        assert_eq!(heard("/status", &own).news, Some(progressed(Progress::InProgress)));
    }
}

#[test]
fn the_other_leg_of_a_transfer_tells_of_the_transfer_and_ends_nothing() {
    let told = |body: &str| heard(&format!("/status?call={CALL}&transfer=3"), body);
    let of = |performed| Some(News::CommandHeard { leg: id(LEG), id: CommandId(3), performed });
    let hangup = include_str!("../fixtures/hook_dial_hangup.form");
    for begun in [
        include_str!("../fixtures/hook_dial_answer.form"),
        include_str!("../fixtures/hook_dial_connected.form"),
    ] {
        assert_eq!(told(begun).news, of(Performed::Begun));
    }
    let over = Outcome { transfer: Some("Normal Hangup".to_owned()), ..Outcome::default() };
    assert_eq!(told(hangup).news, of(Performed::Finished(over)));
    let busy = told(include_str!("../fixtures/hook_dial_busy.form"));
    assert_eq!(busy.news, of(Performed::Failed { code: "Busy Line".to_owned() }));
    assert_eq!((busy.leg, busy.was, busy.page), (id(LEG), None, None));
    // Keys that were pressed meanwhile, and events without a command, say nothing.
    assert_eq!(told(&hangup.replace("DialAction=hangup", "DialAction=digits")).news, None);
    assert_eq!(status(hangup).news, None);
    // The call's own end may still hold what was dialled before.
    let own_end = format!("{COMPLETED}&DialBLegUUID=c0a58e17-9d24-4f6b-8a13-72e5b4c9d806");
    assert!(matches!(status(&own_end).news, Some(News::Over { .. })));
}

#[test]
fn an_answer_is_that_of_the_question_in_its_address() {
    let told = |body: &str| heard(&format!("/voice?call={CALL}&answer=2"), body);
    let of = |outcome| {
        let performed = Performed::Finished(outcome);
        Some(News::CommandHeard { leg: id(LEG), id: CommandId(2), performed })
    };
    let pressed = told(include_str!("../fixtures/hook_digits.form"));
    let digits = Some("42".to_owned());
    assert_eq!(pressed.news, of(Outcome { digits, ..Outcome::default() }));
    assert_eq!(pressed.page, Some(Page::Next));
    let speech = Some("seven people".to_owned());
    let spoken = told(include_str!("../fixtures/hook_speech.form"));
    assert_eq!(spoken.news, of(Outcome { speech, ..Outcome::default() }));
}

#[test]
fn a_mark_that_is_none_is_ignored() {
    for query in ["", "?", "?call=", "?call=c_", "?call=../x", "?other=1"] {
        assert_eq!(heard(&format!("/status{query}"), RING).mark, Mark::None, "{query}");
    }
    // A field of the form is no mark: only the address carries it.
    assert_eq!(heard("/status", &format!("{RING}&call={CALL}")).mark, Mark::None);
}

#[test]
fn a_signed_mark_is_one_installation_s_own() {
    let blue = Plivo::new(PlivoConfig { installation: Some("blue".parse().unwrap()), ..config() });
    let status = blue.config.addresses(CALL.parse().unwrap()).status;
    assert_eq!(status, format!("https://gw.example/hooks/plivo/status?call={CALL}&installation=blue"));
    let read = |by: &str| {
        let raw = RawWebhook { url: status.replace("=blue", by), ..raw("/status", RING) };
        blue.decode(&raw.verified()).unwrap().mark
    };
    assert_eq!(read("=blue"), Mark::Ours(CALL.parse().unwrap()));
    assert_eq!(read("=green"), Mark::Others);
    // Addresses of old name no installation.
    assert_eq!(self::status(RING).mark, Mark::Unsigned(CALL.parse().unwrap()));
}

#[test]
fn without_a_status_a_callback_is_unread_and_a_request_only_asks() {
    let body = format!("CallUUID={LEG}");
    assert!(matches!(heard("/status", &body).news, Some(News::Unread { .. })));
    assert_eq!(heard("/voice", &body).news, None);
    let ended = heard("/voice", &format!("{body}&Event=Hangup"));
    assert!(matches!((ended.news, ended.page), (Some(News::Unread { .. }), None)));
}

#[test]
fn a_get_carries_its_fields_in_the_address() {
    let raw = RawWebhook {
        method: http::Method::GET,
        url: format!("https://gw.example/hooks/plivo/status?call={CALL}&{RING}"),
        headers: Vec::new(),
        body: COMPLETED.as_bytes().to_vec(),
    };
    let told = plivo().decode(&raw.verified()).unwrap();
    assert_eq!(told, expected(Some(progressed(Progress::Ringing))));
}

#[test]
fn without_a_call_or_a_known_path_it_cannot_be_read() {
    let rows = [
        ("/status", String::new()),
        ("/status", "CallStatus=ringing".to_owned()),
        ("/status", "CallUUID=&CallStatus=ringing".to_owned()),
        ("/status", "CallUUID=..%2F&CallStatus=ringing".to_owned()),
        ("/status", "CallUUID=..&CallStatus=completed".to_owned()),
        ("/fallback", RING.to_owned()),
        ("/", RING.to_owned()),
        ("/invoice", RING.to_owned()),
    ];
    for (path, body) in rows {
        assert!(matches!(decode(path, &body), Err(WebhookError::Unreadable(_))), "{path} {body}");
    }
}

#[test]
fn a_stream_tells_of_itself_and_of_nothing_else() {
    let told = |event: &str| {
        let body = format!("CallUUID={LEG}&RequestUUID={REQUEST}&StreamID=s1&Event={event}");
        HeardWebhook { ends: Some(outbound()), ..heard(&format!("/status?call={CALL}&stream=3"), &body) }
    };
    let of = |performed| Some(News::CommandHeard { leg: id(LEG), id: CommandId(3), performed });
    assert_eq!(told("StartStream"), expected(of(Performed::Begun)));
    assert_eq!(told("StopStream"), expected(of(Performed::Finished(Outcome::default()))));
    assert_eq!(told("DroppedStream"), expected(of(Performed::Failed { code: "DroppedStream".to_owned() })));
    assert_eq!(told("DegradedStream"), expected(None));
}

#[test]
fn a_question_for_what_follows_a_stopped_command_is_no_news_of_it() {
    let body = format!("CallUUID={LEG}&RequestUUID={REQUEST}&CallStatus=in-progress");
    let heard = heard(&format!("/voice?call={CALL}&stop=3"), &body);
    assert_eq!((heard.news, heard.page), (Some(progressed(Progress::InProgress)), Some(Page::Next)));
}

/// It says so of a call in progress, which it says as well.
#[test]
fn who_picked_up_is_told_beside_the_talk() {
    let rows = [("true", AnsweredBy::Machine), ("True", AnsweredBy::Machine), ("false", AnsweredBy::Human)];
    for (word, by) in rows.into_iter().chain([("maybe", AnsweredBy::Unknown)]) {
        let body = START.replace("Event=StartApp", "Event=MachineDetection");
        assert_ne!(body, START);
        let heard = status(&format!("{}&Machine={word}&IfMachine=continue", body.trim_end()));
        assert_eq!(heard, expected(Some(News::AnsweredBy { leg: id(LEG), by })), "{word}");
    }
}
