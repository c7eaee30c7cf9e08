//! What is asked of a live call: the requests, their replies, and the documents that are asked for.

use super::*;
use crate::samples::performance;
use crate::wire::Operation;
use call::call::{CommandReply, Input, Performance, Verb};

fn say() -> Verb {
    Verb::Say { text: "Hello there".to_owned() }
}

fn told(names: &[&str], verb: Verb, lines: &[(&str, Reply)]) -> CommandReply {
    talk(|replies| plivo().perform(&known(names), &performance(verb.clone()), replies), lines)
}

#[test]
fn a_command_sends_the_call_to_the_document_that_does_it() {
    let request = asked(plivo().perform(&known(&[LEG]), &performance(say()), &[]));
    assert_eq!((request.operation, line(&request)), (Operation::Command, format!("POST /Call/{LEG}/")));
    let aleg_url = format!("https://gw.example/hooks/plivo/voice?call={CALL}&command=7");
    let expected = serde_json::json!({ "legs": "aleg", "aleg_url": aleg_url, "aleg_method": "POST" });
    assert_eq!(body(&request), expected);
}

/// Nothing tells when a sentence was said: the reply must say how long that takes, whether Plivo
/// asked for the document before it or after.
#[test]
fn what_nothing_tells_the_end_of_ends_by_its_time() {
    let taken = |verb: Verb| {
        let lines =
            [(&*format!("POST /Call/{LEG}/"), reply(202, include_str!("../fixtures/transferred.json")))];
        match told(&[LEG], verb, &lines) {
            CommandReply::Taken { lasts } => lasts,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(taken(say()), Some(say().lasts()));
    let digits = Verb::SendDigits { digits: "1w2".to_owned() };
    assert_eq!(taken(digits.clone()), Some(digits.lasts()));
    let ask = Verb::Ask { text: "Who?".to_owned(), input: Input::Speech, timeout: Duration::from_secs(5) };
    assert_eq!(taken(ask.clone()), Some(ask.lasts() + Duration::from_secs(10)));
    assert_eq!(taken(Verb::Transfer { to: "+12025550199".parse().unwrap() }), None);
}

#[test]
fn only_a_plain_no_means_that_nothing_was_done() {
    let first = format!("POST /Call/{LEG}/");
    let one = |reply: Reply| told(&[LEG], say(), &[(&first, reply)]);
    let refused =
        |code: &str, reason: &str| CommandReply::Refused { code: code.to_owned(), reason: reason.to_owned() };
    assert_eq!(one(not_found()), refused("404", "not found"));
    assert_eq!(one(reply(400, "")), refused("400", "HTTP 400"));
    assert_eq!(one(reply(429, "")), refused("429", "HTTP 429"));
    for status in [302, 408, 409, 425, 500, 502] {
        assert_eq!(one(reply(status, "")), CommandReply::InDoubt { why: format!("HTTP {status}") });
    }
}

#[test]
fn a_name_that_plivo_does_not_know_is_followed_by_the_next_and_any_other_answer_is_the_last() {
    let (first, second) = (format!("POST /Call/{LEG}/"), format!("POST /Call/{REQUEST}/"));
    let names = [LEG, REQUEST];
    let lines = [
        (first.as_str(), not_found()),
        (second.as_str(), reply(202, include_str!("../fixtures/transferred.json"))),
    ];
    assert_eq!(told(&names, say(), &lines), CommandReply::Taken { lasts: Some(say().lasts()) });
    let lines = [(first.as_str(), not_found()), (second.as_str(), reply(500, ""))];
    assert!(matches!(told(&names, say(), &lines), CommandReply::InDoubt { .. }));
    assert!(matches!(
        told(
            &names,
            say(),
            &lines[..0].iter().cloned().chain([(first.as_str(), reply(400, ""))]).collect::<Vec<_>>()
        ),
        CommandReply::Refused { .. }
    ));
}

#[test]
fn what_is_stopped_gives_way_to_a_document_that_holds_the_line() {
    let stops = Performance { stops: true, ..performance(say()) };
    let request = asked(plivo().conclude(&known(&[LEG]), &stops, &[]));
    assert_eq!((request.operation, line(&request)), (Operation::Command, format!("POST /Call/{LEG}/")));
    let aleg_url = format!("https://gw.example/hooks/plivo/voice?call={CALL}&stop=7");
    assert_eq!(body(&request)["aleg_url"], aleg_url);
}
