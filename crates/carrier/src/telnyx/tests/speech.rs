//! A question that words answer: it takes up to four requests, of which one is noticed.

use super::command::{ask, body_of, performance, performed, refused, state};
use super::*;
use crate::telnyx::mark::Doing;
use crate::wire::SendError;
use call::call::{CommandReply, Input};
use serde_json::json;

const ERROR_90054: &str = include_str!("../fixtures/error_90054.json");
const ANSWER_GRACE: Duration = Duration::from_secs(10);

fn next(replies: &[Reply]) -> Next<CommandReply> {
    performed(ask(Input::Speech), replies)
}

fn ok() -> Reply {
    reply(200, HUNG_UP)
}

fn not_running() -> Reply {
    reply(422, ERROR_90034)
}

fn actions(replies: &[Reply]) -> Vec<String> {
    let mut actions = Vec::new();
    for n_known in 0.. {
        match next(&replies[..n_known]) {
            Next::Ask(request) => actions.push(request.url.rsplit('/').next().unwrap().to_owned()),
            Next::Done(_) => break,
        }
    }
    actions
}

const STOP: &str = "transcription_stop";
const START: &str = "transcription_start";

/// Whoever is listened to is the other side alone, and not before the last question's listening is
/// over.
#[test]
fn telnyx_is_made_to_listen_before_the_question_is_said() {
    let stop = asked(next(&[]));
    let expected =
        json!({ "client_state": state(Doing::Hush), "command_id": format!("{CALL}:3:hush_before") });
    assert_eq!(body_of(&stop, STOP), expected);

    let start = asked(next(&[ok()]));
    let expected = json!({
        "transcription_engine": "Google",
        "transcription_engine_config": {
            "transcription_engine": "Google",
            "language": "en",
            "interim_results": false,
        },
        "transcription_tracks": "inbound",
        "client_state": state(Doing::Speech),
        "command_id": format!("{CALL}:3:listen"),
    });
    assert_eq!(body_of(&start, START), expected);

    let speak = asked(next(&[ok(), ok()]));
    let expected = json!({
        "payload": "Which one?",
        "payload_type": "text",
        "voice": "AWS.Polly.Joanna",
        "language": "en-US",
        "stop": "all",
        "client_state": state(Doing::Speech),
        "command_id": format!("{CALL}:3"),
    });
    assert_eq!(body_of(&speak, "speak"), expected);

    // Nothing tells that nobody answered: time does.
    let lasts = Some(ask(Input::Speech).lasts() + ANSWER_GRACE);
    assert_eq!(done(next(&[ok(), ok(), ok()])), CommandReply::Taken { lasts });
}

#[test]
fn that_nothing_was_listened_to_keeps_nobody_from_asking() {
    for stopped in [not_running(), reply(404, ""), reply(200, BAD_GATEWAY)] {
        assert_eq!(actions(&[stopped, ok(), ok()]), [STOP, START, "speak"]);
    }
}

/// What somebody hears is said at most once, and where it wasn't said that is told plainly.
#[test]
fn a_question_that_cannot_be_heard_is_not_asked() {
    let check = |replies: &[Reply], requests: &[&str], expected: CommandReply| {
        assert_eq!(actions(replies), requests, "{replies:?}");
        assert_eq!(done(next(replies)), expected, "{replies:?}");
    };
    check(&[reply(503, "")], &[STOP], refused("not_listening", "HTTP 503"));
    check(&[reply(429, ERROR_10011)], &[STOP], refused("rate_limited", "HTTP 429, 10011"));
    check(&[reply(302, "")], &[STOP], refused("not_listening", "HTTP 302"));
    let running = "Call transcription is already in progress for this call.";
    check(&[ok(), reply(422, ERROR_90054)], &[STOP, START], refused("90054", running));
    check(&[ok(), reply(429, ERROR_10011)], &[STOP, START], refused("rate_limited", "HTTP 429, 10011"));
    // It may listen all the same: that is stopped, and the question isn't said.
    for doubtful in [reply(500, ""), reply(408, ""), reply(409, ""), reply(425, "")] {
        let why = format!("HTTP {}", doubtful.status);
        check(&[ok(), doubtful, reply(500, "")], &[STOP, START, STOP], refused("not_listening", &why));
    }
}

#[test]
fn a_question_that_was_refused_is_not_listened_for() {
    let gone = reply(422, ERROR_90018);
    let replies = [ok(), ok(), gone, ok()];
    assert_eq!(actions(&replies), [STOP, START, "speak", STOP]);
    let stop = json(&asked(next(&replies[..3])));
    assert_eq!(stop["command_id"], format!("{CALL}:3:hush_after"));
    let reason = "This call is no longer active and can't receive commands.";
    assert_eq!(done(next(&replies)), refused("90018", reason));
}

/// It may be said: whoever hears it may be answering.
#[test]
fn a_question_in_doubt_is_listened_for() {
    for doubtful in [reply(500, ""), reply(409, ""), reply(200, BAD_GATEWAY)] {
        let replies = [ok(), ok(), doubtful];
        assert_eq!(actions(&replies), [STOP, START, "speak"]);
        assert!(matches!(done(next(&replies)), CommandReply::InDoubt { .. }));
    }
}

/// A listening that may have begun without its question hears what answers nothing.
#[test]
fn a_question_that_was_not_put_has_no_answer() {
    let broken = SendError::Broken("cut".to_owned());
    let unsent = SendError::NotSent("cut".to_owned());
    let question = performance(3, ask(Input::Speech));
    let cut = |replies: &[Reply], error: &SendError| telnyx().unanswered(&question, replies, error);
    let (why, why_unsent) = (broken.to_string(), unsent.to_string());
    let in_doubt = CommandReply::InDoubt { why: why.clone() };
    assert_eq!(cut(&[], &broken), refused("not_listening", &why));
    assert_eq!(cut(&[ok()], &broken), refused("not_listening", &why));
    assert_eq!(cut(&[ok(), ok()], &broken), in_doubt);
    assert_eq!(cut(&[ok(), ok()], &unsent), refused("not_listening", &why_unsent));
    assert_eq!(cut(&[ok(), reply(500, "")], &broken), refused("not_listening", "HTTP 500"));
    let reason = "This call is no longer active and can't receive commands.";
    assert_eq!(cut(&[ok(), ok(), reply(422, ERROR_90018)], &broken), refused("90018", reason));
    // Whoever else is cut off may have been heard.
    let keys = performance(3, ask(Input::Digits { n_max: None }));
    assert_eq!(telnyx().unanswered(&keys, &[], &broken), in_doubt);
}

/// Whatever is answered, the question itself is sent once at most, and the exchange ends.
#[test]
fn fact_10_a_question_is_never_said_twice() {
    let all = [ok(), reply(422, ERROR_90018), reply(429, ""), reply(503, "")];
    for first in &all {
        for second in &all {
            for third in &all {
                for fourth in &all {
                    let replies = [first, second, third, fourth].map(Clone::clone);
                    let actions = actions(&replies);
                    assert!(actions.iter().filter(|action| *action == "speak").count() <= 1, "{actions:?}");
                    assert!(actions.len() <= 4, "{actions:?}");
                }
            }
        }
    }
}

#[test]
fn when_the_question_is_over_telnyx_stops_listening_and_forgets_no_other_command() {
    let performance = performance(3, ask(Input::Speech));
    let request = asked(telnyx().conclude(&known(LEG), &performance, &[]));
    let expected = json!({ "command_id": format!("{CALL}:3:transcription_stop_when_over") });
    assert_eq!(body_of(&request, STOP), expected);
    let told = done(telnyx().conclude(&known(LEG), &performance, &[reply(500, "")]));
    assert!(matches!(told, CommandReply::InDoubt { .. }), "{told:?}");
}
