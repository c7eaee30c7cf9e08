//! What is asked of a live call: the requests, their replies, and what webhooks say of them.

use super::*;
use crate::mark::Mark;
use crate::samples::performance;
use crate::webhook::{HeardWebhook, RawWebhook};
use crate::wire::Operation;
use call::call::{CommandId, CommandReply, Input, News, Outcome, Page, Performance, Performed, Speaks, Verb};

const IN_PROGRESS: &str = include_str!("../fixtures/in_progress.json");
const ERROR_21220: &str = include_str!("../fixtures/error_21220.json");
const ERROR_20429: &str = include_str!("../fixtures/error_20429.json");

fn question() -> Verb {
    let (text, input) = ("How many?".to_owned(), Input::Digits { n_max: Some(1) });
    Verb::Ask { text, input, timeout: Duration::from_secs(5) }
}

fn replied(verb: Verb, reply: Reply) -> CommandReply {
    done(twilio().perform(&known(LEG), &performance(verb), &[reply]))
}

/// Without a webhook's signature, which is another test's.
fn heard(path_and_query: &str, body: &str) -> HeardWebhook {
    let raw = RawWebhook {
        method: http::Method::POST,
        url: format!("https://gw.example/hooks/twilio/{path_and_query}"),
        headers: vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
        body: body.as_bytes().to_vec(),
    };
    crate::twilio::webhook::decode(None, &raw).unwrap()
}

#[test]
fn a_command_replaces_what_runs_on_the_line() {
    let request = asked(twilio().perform(&known(LEG), &performance(question()), &[]));
    assert_eq!((request.operation, &request.method), (Operation::Command, &http::Method::POST));
    assert_eq!(request.url, format!("https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls/{LEG}.json"));
    let document = twilio().document(Some(sought().mark), &Script::Perform(performance(question())));
    assert_eq!(form(&request), [("Twiml".to_owned(), document.body)]);
}

#[test]
fn only_a_plain_no_means_that_nothing_was_done() {
    let say = || Verb::Say { text: "Hello there".to_owned() };
    assert_eq!(replied(say(), reply(200, IN_PROGRESS)), CommandReply::Taken { lasts: Some(say().lasts()) });
    let refused = |reply| match replied(say(), reply) {
        CommandReply::Refused { code, .. } => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(reply(400, ERROR_21220)), "21220");
    assert_eq!(refused(reply(429, ERROR_20429)), "20429");
    assert_eq!(refused(reply(403, "")), "403");
    for doubtful in [
        reply(200, "{}"),
        reply(200, "<html>"),
        reply(500, ""),
        reply(502, "<html>"),
        reply(408, ""),
        reply(302, ""),
        reply(409, ""),
    ] {
        let told = replied(say(), doubtful.clone());
        assert!(matches!(told, CommandReply::InDoubt { .. }), "{doubtful:?} is {told:?}");
    }
}

#[test]
fn what_is_told_by_webhook_needs_an_address_for_it() {
    let blind = Twilio::new(TwilioConfig { callback_base: None, ..config() });
    let CommandReply::Refused { code, .. } = done(blind.perform(&known(LEG), &performance(question()), &[]))
    else {
        panic!("nobody would hear the answer");
    };
    assert_eq!(code, "no_public_url");
    asked(blind.perform(&known(LEG), &performance(Verb::Say { text: "a".to_owned() }), &[]));
}

#[test]
fn an_answer_is_that_of_the_question_in_its_address() {
    let answered = |id, digits: &str| {
        let path = format!("voice?call={CALL}&answer={id}");
        let body = format!("CallSid={LEG}&CallStatus=in-progress&Digits={digits}");
        heard(&path, &body)
    };
    for id in [1, 7] {
        let heard = answered(id, "42%23");
        let outcome = Outcome { digits: Some("42#".to_owned()), ..Outcome::default() };
        let performed = Performed::Finished(outcome);
        assert_eq!(heard.news, Some(News::CommandHeard { leg: leg(), id: CommandId(id), performed }));
        assert_eq!((heard.mark, heard.page), (Mark::Unsigned(sought().mark), Some(Page::Next)));
    }
    let spoken = heard(
        &format!("voice?call={CALL}&answer=2"),
        &format!("CallSid={LEG}&CallStatus=in-progress&SpeechResult=seven+people&Confidence=0.9"),
    );
    let outcome = Outcome { speech: Some("seven people".to_owned()), ..Outcome::default() };
    let performed = Performed::Finished(outcome);
    assert_eq!(spoken.news, Some(News::CommandHeard { leg: leg(), id: CommandId(2), performed }));
}

#[test]
fn the_other_leg_of_a_transfer_tells_of_the_transfer_and_ends_nothing() {
    let told = |word: &str| {
        let child = "CA0000000000000000000000000000000c";
        let body = format!("CallSid={child}&ParentCallSid={LEG}&CallStatus={word}&Direction=outbound-dial");
        heard(&format!("status?call={CALL}&transfer=3"), &body)
    };
    let of = |performed| Some(News::CommandHeard { leg: leg(), id: CommandId(3), performed });
    assert_eq!(told("ringing").news, None);
    assert_eq!(told("in-progress").news, of(Performed::Begun));
    let over = Outcome { transfer: Some("completed".to_owned()), ..Outcome::default() };
    assert_eq!(told("completed").news, of(Performed::Finished(over)));
    for word in ["busy", "no-answer", "failed", "canceled"] {
        assert_eq!(told(word).news, of(Performed::Failed { code: word.to_owned() }));
    }
    assert_eq!(told("completed").leg, leg());
}

#[test]
fn what_is_stopped_gives_way_to_a_held_line() {
    let stops = Performance { stops: true, ..performance(question()) };
    let request = asked(twilio().conclude(&known(LEG), &stops, &[]));
    assert_eq!(request.operation, Operation::Command);
    let held = twilio().document(None, &Script::Hold(Duration::from_secs(60)));
    assert_eq!(form(&request), [("Twiml".to_owned(), held.body)]);
    let told = |reply| done(twilio().conclude(&known(LEG), &stops, &[reply]));
    assert!(matches!(told(reply(200, IN_PROGRESS)), CommandReply::Taken { .. }));
    assert!(matches!(told(reply(500, "")), CommandReply::InDoubt { .. }));
}

/// "`<Stream>` does not support query strings": Twilio would say so when the call is connected.
#[test]
fn fact_7_a_stream_takes_no_query() {
    let stream = |url: &str| Verb::Stream { url: url.to_owned(), speaks: Speaks::Carrier };
    let refused =
        done(twilio().perform(&known(LEG), &performance(stream("wss://example.com/a?token=b")), &[]));
    assert!(matches!(refused, CommandReply::Refused { code, .. } if code == "31920"));
    asked(twilio().perform(&known(LEG), &performance(stream("wss://example.com/a/b")), &[]));
}

#[test]
fn a_stream_tells_of_itself_and_of_nothing_else() {
    let told = |event: &str| {
        let body = format!("CallSid={LEG}&StreamSid=MZ1&StreamEvent={event}&StreamError=connection+refused");
        heard(&format!("status?call={CALL}&stream=3"), &body).news
    };
    let of = |performed| Some(News::CommandHeard { leg: leg(), id: CommandId(3), performed });
    assert_eq!(told("stream-started"), of(Performed::Begun));
    assert_eq!(told("stream-stopped"), of(Performed::Finished(Outcome::default())));
    assert_eq!(told("stream-error"), of(Performed::Failed { code: "connection refused".to_owned() }));
    assert_eq!(told("stream-pondered"), None);
}
