//! What webhooks say.

use super::*;
use crate::mark::{Ends, Mark};
use crate::webhook::{HeardWebhook, InboundCall, RawWebhook, WebhookError};
use call::call::{AnsweredBy, CarrierEnding, EndingKind, News, Page, Progress};

const VOICE_OUTBOUND: &str = include_str!("../fixtures/voice_outbound.form");
const VOICE_INBOUND: &str = include_str!("../fixtures/voice_inbound.form");
const RINGING: &str = include_str!("../fixtures/status_ringing.form");
const CHILD: &str = include_str!("../fixtures/status_child.form");

fn raw(path: &str, body: &str) -> RawWebhook {
    RawWebhook {
        method: http::Method::POST,
        url: format!("https://gw.example/hooks/twilio{path}"),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

fn decode(path: &str, body: &str) -> Result<HeardWebhook, WebhookError> {
    twilio().decode(&raw(path, body).verified())
}

fn heard(path: &str, body: &str) -> HeardWebhook {
    decode(path, body).unwrap()
}

/// The two ends of the fixtures' call.
fn outbound() -> Ends {
    ends("outbound-api", "+15550100000", "+12025550143")
}

fn ends(direction: &str, from: &str, to: &str) -> Ends {
    crate::twilio::record::ends(Some(direction), Some(from), Some(to))
}

fn progressed(progress: Progress) -> News {
    News::Progressed { leg: leg(), progress }
}

fn over(kind: EndingKind, code: &str, duration_s: u64) -> News {
    let ending = CarrierEnding {
        kind,
        code: code.to_owned(),
        by: None,
        ended_at: Some(CREATED + Duration::from_secs(59)),
        duration: Some(Duration::from_secs(duration_s)),
    };
    News::Over { leg: leg(), ending }
}

#[test]
fn a_status_callback_says_how_far_the_call_is() {
    let rows = [
        (include_str!("../fixtures/status_initiated.form"), progressed(Progress::Initiated)),
        (RINGING, progressed(Progress::Ringing)),
        (include_str!("../fixtures/status_in_progress.form"), progressed(Progress::InProgress)),
        (include_str!("../fixtures/status_completed.form"), over(EndingKind::Completed, "completed", 50)),
        (include_str!("../fixtures/status_busy.form"), over(EndingKind::Busy, "busy", 0)),
        (include_str!("../fixtures/status_declined.form"), over(EndingKind::Rejected, "busy", 0)),
        (include_str!("../fixtures/status_no_answer.form"), over(EndingKind::NoAnswer, "no-answer", 0)),
        (include_str!("../fixtures/status_canceled.form"), over(EndingKind::Canceled, "canceled", 0)),
        (include_str!("../fixtures/status_failed.form"), over(EndingKind::Failed, "failed", 0)),
        (
            include_str!("../fixtures/status_parked.form"),
            News::Unread { leg: leg(), what: "parked".to_owned() },
        ),
    ];
    for (body, news) in rows {
        let expected = HeardWebhook {
            mark: Mark::Unsigned(CALL.parse().unwrap()),
            leg: leg(),
            was: None,
            news: Some(news),
            ends: Some(outbound()),
            inbound: None,
            page: None,
        };
        assert_eq!(heard(&format!("/status?call={CALL}"), body), expected);
    }
}

#[test]
fn an_answered_call_asks_what_to_do() {
    let expected = HeardWebhook {
        mark: Mark::Unsigned(CALL.parse().unwrap()),
        leg: leg(),
        was: None,
        news: Some(progressed(Progress::InProgress)),
        ends: Some(outbound()),
        inbound: None,
        page: Some(Page::First),
    };
    assert_eq!(heard(&format!("/voice?call={CALL}"), VOICE_OUTBOUND), expected);
}

#[test]
fn a_call_that_comes_in_is_offered_with_its_two_ends() {
    let inbound = InboundCall { from: Party::read("+12025550143"), to: Party::read("+15550100000") };
    let expected = HeardWebhook {
        mark: Mark::None,
        leg: leg(),
        was: None,
        news: Some(progressed(Progress::Ringing)),
        ends: Some(ends("inbound", "+12025550143", "+15550100000")),
        inbound: Some(inbound),
        page: Some(Page::First),
    };
    assert_eq!(heard("/voice", VOICE_INBOUND), expected);
    // The same call's status callback offers nothing.
    assert_eq!(heard("/status", VOICE_INBOUND).inbound, None);
    // What is over isn't offered.
    assert_eq!(heard("/voice", &VOICE_INBOUND.replace("=ringing", "=completed")).inbound, None);
    let hidden = heard("/voice", &VOICE_INBOUND.replace("From=%2B12025550143", "From=anonymous"));
    assert_eq!(hidden.inbound.unwrap().from, Party::Other("anonymous".to_owned()));
}

#[test]
fn a_leg_that_was_dialled_never_moves_the_call_that_dialled() {
    for path in ["/status", "/voice"] {
        let child = heard(&format!("{path}?call={CALL}"), CHILD);
        assert_eq!((child.news, child.inbound), (None, None));
        assert_eq!(child.leg.as_str(), "CA0000000000000000000000000000000c");
    }
    // A call may name itself as its parent, or none.
    let own = RINGING.to_owned() + "&ParentCallSid=" + LEG;
    assert_eq!(heard("/status", &own).news, Some(progressed(Progress::Ringing)));
    let none = RINGING.to_owned() + "&ParentCallSid=";
    assert_eq!(heard("/status", &none).news, Some(progressed(Progress::Ringing)));
}

#[test]
fn a_mark_that_is_none_is_ignored() {
    for query in ["", "?", "?call=", "?call=c_", "?call=../x", "?other=1"] {
        assert_eq!(heard(&format!("/status{query}"), RINGING).mark, Mark::None, "{query}");
    }
    // A field of the form is no mark: only the address carries it.
    assert_eq!(heard("/status", &format!("{RINGING}&call={CALL}")).mark, Mark::None);
}

#[test]
fn a_signed_mark_is_one_installation_s_own() {
    let blue = Twilio::new(TwilioConfig { installation: Some("blue".parse().unwrap()), ..config() });
    let status = blue.addresses(Some(CALL.parse().unwrap())).unwrap().status;
    assert_eq!(status, format!("https://gw.example/hooks/twilio/status?call={CALL}&installation=blue"));
    let read = |by: &str| {
        let url = status.replace("=blue", by);
        let raw = RawWebhook { url, ..raw("/status", RINGING) };
        blue.decode(&raw.verified()).unwrap().mark
    };
    assert_eq!(read("=blue"), Mark::Ours(CALL.parse().unwrap()));
    assert_eq!(read("=green"), Mark::Others);
    assert_eq!(heard(&format!("/status?call={CALL}&installation=blue"), RINGING).mark, Mark::Others);
}

#[test]
fn without_a_status_a_callback_is_unread_and_a_request_only_asks() {
    let body = format!("AccountSid={ACCOUNT}&CallSid={LEG}");
    assert!(matches!(heard("/status", &body).news, Some(News::Unread { .. })));
    assert_eq!(heard("/voice", &body).news, None);
}

#[test]
fn a_garbled_time_or_duration_takes_nothing_from_the_end() {
    let body = format!("CallSid={LEG}&CallStatus=busy&Timestamp=yesterday&CallDuration=-1");
    let Some(News::Over { ending, .. }) = heard("/status", &body).news else { panic!("it is over") };
    assert_eq!((ending.kind, ending.ended_at, ending.duration), (EndingKind::Busy, None, None));
}

#[test]
fn without_a_call_or_a_known_path_it_cannot_be_read() {
    let rows = [
        ("/status", String::new()),
        ("/status", "CallStatus=ringing".to_owned()),
        ("/status", "CallSid=&CallStatus=ringing".to_owned()),
        ("/status", "CallSid=CA%2F..&CallStatus=ringing".to_owned()),
        ("/status", "{\"CallSid\":\"x\"}".to_owned()),
        ("/fallback", RINGING.to_owned()),
        ("/", RINGING.to_owned()),
        ("/invoice", RINGING.to_owned()),
    ];
    for (path, body) in rows {
        assert!(matches!(decode(path, &body), Err(WebhookError::Unreadable(_))), "{path} {body}");
    }
}

#[test]
fn who_picked_up_is_told_where_it_was_asked_for() {
    let path = format!("/hooks/twilio/status?call={CALL}&machine");
    let rows = [
        ("human", AnsweredBy::Human),
        ("machine_start", AnsweredBy::Machine),
        ("machine_end_beep", AnsweredBy::Recording),
        ("machine_end_silence", AnsweredBy::Recording),
        ("machine_end_other", AnsweredBy::Recording),
        ("fax", AnsweredBy::Fax),
        ("unknown", AnsweredBy::Unknown),
        ("a_parrot", AnsweredBy::Unknown),
    ];
    for (word, by) in rows {
        let body = format!("CallSid={LEG}&AccountSid=AC1&AnsweredBy={word}&MachineDetectionDuration=2400");
        let expected = News::AnsweredBy { leg: leg(), by };
        assert_eq!(heard(&path, &body).news, Some(expected), "{word}");
    }
}
