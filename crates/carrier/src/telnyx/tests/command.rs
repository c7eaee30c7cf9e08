//! What is done on the line: each request field by field, and the verdict on every reply.

use super::*;
use crate::samples;
use crate::telnyx::mark::{ClientState, Doing};
use crate::telnyx::retries::policies;
use crate::wire::Operation;
use call::call::{CommandId, CommandReply, HangUpReply, Input, Performance, Speaks, Verb};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) fn say() -> Verb {
    Verb::Say { text: "Fish & chips".to_owned() }
}

pub(super) fn ask(input: Input) -> Verb {
    Verb::Ask { text: "Which one?".to_owned(), input, timeout: Duration::from_millis(7_500) }
}

fn send_digits() -> Verb {
    Verb::SendDigits { digits: "1w2#".to_owned() }
}

fn transfer() -> Verb {
    Verb::Transfer { to: "+12025550144".parse().unwrap() }
}

pub(super) fn performance(id: u32, verb: Verb) -> Performance {
    Performance { id: CommandId(id), hold: Duration::from_millis(4_199_001), ..samples::performance(verb) }
}

pub(super) fn performed(verb: Verb, replies: &[Reply]) -> Next<CommandReply> {
    telnyx().perform(&known(LEG), &performance(3, verb), replies)
}

pub(super) fn state(doing: Doing) -> String {
    ClientState::Ours { call: signed(), doing: Some((CommandId(3), doing)) }.write()
}

pub(super) fn refused(code: &str, reason: &str) -> CommandReply {
    CommandReply::Refused { code: code.to_owned(), reason: reason.to_owned() }
}

fn in_doubt(why: &str) -> CommandReply {
    CommandReply::InDoubt { why: why.to_owned() }
}

/// The one request of a command: what every one of them has, and its body.
pub(super) fn body_of(request: &Request, action: &str) -> Value {
    assert_eq!((request.operation, &request.method), (Operation::Command, &http::Method::POST));
    assert_eq!(request.url, format!("https://api.telnyx.com/v2/calls/{LEG}/actions/{action}"));
    assert_eq!(header(request, "content-type"), Some("application/json"));
    assert_eq!(header(request, "authorization"), Some("Bearer KEY0123_nobody_may_see"));
    json(request)
}

#[test]
fn to_say_something_is_to_speak() {
    let expected = json!({
        "payload": "Fish & chips",
        // So that no text is taken for markup.
        "payload_type": "text",
        "voice": "AWS.Polly.Joanna",
        "language": "en-US",
        "stop": "all",
        // printf c_01jd3v6p9nf4q8s0t2x5z7a9bc:3:say | base64
        "client_state": "Y18wMWpkM3Y2cDluZjRxOHMwdDJ4NXo3YTliYzozOnNheQ==",
        "command_id": format!("{CALL}:3"),
    });
    assert_eq!(body_of(&asked(performed(say(), &[])), "speak"), expected);
}

/// Telnyx would ask three times, and wait a minute each time.
#[test]
fn to_ask_for_keys_is_to_gather_once() {
    let expected = |n_max: u64| {
        json!({
            "payload": "Which one?",
            "payload_type": "text",
            "voice": "AWS.Polly.Joanna",
            "language": "en-US",
            "minimum_digits": 1,
            "maximum_digits": n_max,
            "maximum_tries": 1,
            "timeout_millis": 7_500,
            "inter_digit_timeout_millis": 5_000,
            "terminating_digit": "#",
            "client_state": state(Doing::Keys),
            "command_id": format!("{CALL}:3"),
        })
    };
    for (n_max, told) in [(Some(4), 4), (None, 128), (Some(0), 1), (Some(255), 128)] {
        let request = asked(performed(ask(Input::Digits { n_max }), &[]));
        assert_eq!(body_of(&request, "gather_using_speak"), expected(told));
    }
    let verb =
        Verb::Ask { text: "?".to_owned(), input: Input::Digits { n_max: None }, timeout: Duration::ZERO };
    assert_eq!(json(&asked(performed(verb, &[])))["timeout_millis"], 1_000);
}

#[test]
fn to_press_keys_is_to_send_dtmf() {
    let expected = json!({
        "digits": "1w2#",
        "client_state": state(Doing::Digits),
        "command_id": format!("{CALL}:3"),
    });
    assert_eq!(body_of(&asked(performed(send_digits(), &[])), "send_dtmf"), expected);
}

#[test]
fn to_transfer_is_to_have_a_second_leg_that_tells_whose_it_is() {
    let second = ClientState::Second { call: signed(), id: CommandId(3), first: leg() };
    let expected = json!({
        "to": "+12025550144",
        "from": "+15550100000",
        "timeout_secs": 30,
        "time_limit_secs": 4_200,
        // Without it Telnyx hangs up the first leg when the second one ends.
        "park_after_unbridge": "self",
        "target_leg_client_state": second.write(),
        "webhook_url": "https://gw.example/hooks/telnyx/events",
        "webhook_retries_policies": policies(),
        "client_state": state(Doing::Transfer),
        "command_id": format!("{CALL}:3"),
    });
    assert_eq!(body_of(&asked(performed(transfer(), &[])), "transfer"), expected);
    let long = Performance { hold: Duration::from_secs(90_000), ..performance(3, transfer()) };
    assert_eq!(json(&asked(telnyx().perform(&known(LEG), &long, &[])))["time_limit_secs"], 14_400);
    // Without a public address the application's own is left.
    let telnyx = Telnyx::new(TelnyxConfig { callback_base: None, ..config() });
    let request = asked(telnyx.perform(&known(LEG), &performance(3, transfer()), &[]));
    assert_eq!(json(&request).get("webhook_url"), None);
}

/// With a `command_id` Telnyx would ignore the second, which is only sent because the phone rings on.
#[test]
fn an_answer_carries_the_mark_and_can_be_repeated() {
    let request = asked(telnyx().answer(&known(LEG), &[]));
    let expected = json!({
        "client_state": "Y18wMWpkM3Y2cDluZjRxOHMwdDJ4NXo3YTliYw==",
        "webhook_url": "https://gw.example/hooks/telnyx/events",
        "webhook_retries_policies": policies(),
    });
    assert_eq!(body_of(&request, "answer"), expected);
    let answered = |reply| done(telnyx().answer(&known(LEG), &[reply]));
    assert_eq!(answered(reply(200, HUNG_UP)), CommandReply::Taken { lasts: None });
    assert!(matches!(answered(reply(422, ERROR_90018)), CommandReply::Refused { .. }));
    assert_eq!(answered(reply(502, BAD_GATEWAY)), in_doubt("HTTP 502"));
}

#[test]
fn a_call_is_declined_with_a_cause() {
    let request = asked(telnyx().decline(&known(LEG), &[]));
    assert_eq!((request.operation, &request.method), (Operation::HangUp, &http::Method::POST));
    assert_eq!(request.url, format!("https://api.telnyx.com/v2/calls/{LEG}/actions/reject"));
    let expected =
        json!({ "cause": "CALL_REJECTED", "client_state": "Y18wMWpkM3Y2cDluZjRxOHMwdDJ4NXo3YTliYw==" });
    assert_eq!(json(&request), expected);
}

#[test]
fn what_a_decline_is_answered() {
    let check = |replies: &[Reply], expected: HangUpReply| {
        assert_eq!(done(telnyx().decline(&known(LEG), replies)), expected);
    };
    let failed = |why, detail: &str| HangUpReply::Failed(unknown(why, detail));
    let ended = HangUpReply::NothingToEnd { code: "90018".to_owned() };
    check(&[reply(200, HUNG_UP)], HangUpReply::Accepted);
    check(&[reply(422, ERROR_90018)], ended.clone());
    check(&[reply(404, ERROR_10005)], failed(UnknownWhy::NotFound, "HTTP 404, 10005"));
    check(&[reply(401, ERROR_10009)], failed(UnknownWhy::Unauthorized, "HTTP 401, 10009"));
    check(&[reply(429, ERROR_10011)], failed(UnknownWhy::RateLimited, "HTTP 429, 10011"));
    check(&[reply(500, ERROR_10007)], failed(UnknownWhy::CarrierError, "HTTP 500, 10007"));
    // Answered meanwhile, it can't be declined any more: it is hung up.
    let answered = reply(422, ERROR_90034);
    let request = asked(telnyx().decline(&known(LEG), std::slice::from_ref(&answered)));
    assert_eq!(request.operation, Operation::HangUp);
    assert!(request.url.ends_with("/actions/hangup"), "{}", request.url);
    check(&[answered.clone(), reply(200, HUNG_UP)], HangUpReply::Accepted);
    check(&[answered.clone(), reply(422, ERROR_90018)], ended);
    check(&[answered, reply(503, "")], failed(UnknownWhy::CarrierError, "HTTP 503"));
}

/// The table of replies of `docs/carriers/telnyx.md`, one row per line.
#[test]
fn a_reply_to_a_command_is_a_yes_a_no_or_a_doubt() {
    let gone = "This call is no longer active and can't receive commands.";
    let who = "the carrier did not accept our credentials: The required authentication headers were either \
        invalid or not included in the request.";
    let rows = [
        (reply(200, HUNG_UP), CommandReply::Taken { lasts: None }),
        (reply(200, BAD_GATEWAY), in_doubt("HTTP 200 without a result")),
        (reply(200, ERROR_90018), in_doubt("HTTP 200 without a result")),
        (reply(204, ""), in_doubt("HTTP 204 without a result")),
        (reply(302, ""), in_doubt("HTTP 302")),
        (reply(400, BAD_GATEWAY), refused("400", "HTTP 400")),
        (reply(401, ERROR_10009), refused("10009", who)),
        (reply(404, ERROR_10005), refused("10005", "The requested resource or URL could not be found.")),
        (reply(408, ""), in_doubt("HTTP 408")),
        (reply(409, ""), in_doubt("HTTP 409")),
        (reply(422, ERROR_90015), refused("90015", "The call_control_id provided was not valid.")),
        (reply(422, ERROR_90018), refused("90018", gone)),
        (reply(425, ""), in_doubt("HTTP 425")),
        (reply(429, ERROR_10011), refused("rate_limited", "HTTP 429, 10011")),
        (reply(500, ERROR_10007), in_doubt("HTTP 500, 10007")),
        (reply(503, HUNG_UP), in_doubt("HTTP 503")),
    ];
    for (reply, expected) in rows {
        for verb in [say(), ask(Input::Digits { n_max: None }), transfer()] {
            assert_eq!(done(performed(verb, std::slice::from_ref(&reply))), expected, "{reply:?}");
        }
    }
}

fn play() -> Verb {
    Verb::Play { url: "https://example.com/hello.mp3".to_owned(), lasts: Duration::from_secs(9) }
}

fn stream() -> Verb {
    Verb::Stream { url: "wss://example.com/sound".to_owned(), speaks: Speaks::Carrier }
}

#[test]
fn to_play_a_file_is_to_start_its_playback() {
    let expected = json!({
        "audio_url": "https://example.com/hello.mp3",
        "stop": "all",
        "client_state": state(Doing::Play),
        "command_id": format!("{CALL}:3"),
    });
    assert_eq!(body_of(&asked(performed(play(), &[])), "playback_start"), expected);
}

/// Telnyx would ignore a repeat of the same command.
#[test]
fn a_stream_that_is_asked_for_again_is_another_command() {
    let again = Performance { attached: 2, ..performance(3, stream()) };
    let request = asked(telnyx().perform(&known(LEG), &again, &[]));
    assert_eq!(body_of(&request, "streaming_start")["command_id"], format!("{CALL}:3:stream_2"));
}

#[test]
fn a_sound_that_is_brought_again_is_there_whatever_comes_of_the_words_about_it() {
    let gap = Some("One moment.".to_owned());
    let again = Performance { attached: 1, gap, ..performance(3, stream()) };
    let next = |replies: &[Reply]| telnyx().perform(&known(LEG), &again, replies);
    body_of(&asked(next(&[])), "streaming_start");
    let refused = reply(422, "{}");
    assert!(matches!(done(next(std::slice::from_ref(&refused))), CommandReply::Refused { .. }));
    let started = reply(200, r#"{"data":{"result":"ok"}}"#);
    let words = body_of(&asked(next(std::slice::from_ref(&started))), "speak");
    assert_eq!(
        (&words["payload"], &words["client_state"]),
        (&json!("One moment."), &json!(state(Doing::Hush)))
    );
    let taken = CommandReply::Taken { lasts: None };
    assert_eq!(done(next(&[started.clone(), refused])), taken);
    let broken = crate::SendError::Broken("x".to_owned());
    assert_eq!(telnyx().unanswered(&again, &[started], &broken), taken);
}

/// Both ways in the codec that was chosen: without its mode Telnyx would take whole MP3 files.
#[test]
fn to_stream_is_to_have_telnyx_connect_both_ways() {
    for (stream_codec, word, hz) in [
        (StreamCodec::Pcmu, "PCMU", 8_000),
        (StreamCodec::Pcma, "PCMA", 8_000),
        (StreamCodec::G722, "G722", 16_000),
        (StreamCodec::L16, "L16", 8_000),
    ] {
        let telnyx = Telnyx::new(TelnyxConfig { stream_codec, ..config() });
        let expected = json!({
            "stream_url": "wss://example.com/sound",
            "stream_track": "inbound_track",
            "stream_codec": word,
            "stream_bidirectional_mode": "rtp",
            "stream_bidirectional_codec": word,
            "stream_bidirectional_sampling_rate": hz,
            "client_state": state(Doing::Stream),
            "command_id": format!("{CALL}:3"),
        });
        let next = telnyx.perform(&known(LEG), &performance(3, stream()), &[]);
        assert_eq!(body_of(&asked(next), "streaming_start"), expected);
    }
}

/// What is stopped sets nothing on the leg, and can be stopped twice.
#[test]
fn each_command_is_stopped_by_its_own_word() {
    let keys = ask(Input::Digits { n_max: None });
    let rows: [(Verb, &[&str]); 5] = [
        (say(), &["playback_stop"]),
        (play(), &["playback_stop"]),
        (keys, &["gather_stop"]),
        (ask(Input::Speech), &["transcription_stop", "playback_stop"]),
        (stream(), &["streaming_stop"]),
    ];
    for (verb, actions) in rows {
        let stops = Performance { stops: true, ..performance(3, verb) };
        let mut replies = Vec::new();
        for action in actions {
            let request = asked(telnyx().conclude(&known(LEG), &stops, &replies));
            let expected = json!({ "command_id": format!("{CALL}:3:{action}_when_over") });
            assert_eq!(body_of(&request, action), expected);
            replies.push(reply(200, HUNG_UP));
        }
        let told = done(telnyx().conclude(&known(LEG), &stops, &replies));
        assert_eq!(told, CommandReply::Taken { lasts: None });
    }
}

/// Of keys that we press no webhook tells.
#[test]
fn only_what_no_webhook_ends_lasts_for_a_time() {
    let taken = |verb| done(performed(verb, &[reply(200, HUNG_UP)]));
    assert_eq!(taken(send_digits()), CommandReply::Taken { lasts: Some(send_digits().lasts()) });
    for verb in [say(), ask(Input::Digits { n_max: Some(1) }), play(), transfer(), stream()] {
        assert_eq!(taken(verb), CommandReply::Taken { lasts: None });
    }
}

#[test]
fn what_is_too_long_to_be_said_is_not_sent() {
    let of = |length: usize| "é".repeat(length);
    let speech = |text| Verb::Ask { text, input: Input::Speech, timeout: Duration::from_secs(5) };
    assert_eq!(json(&asked(performed(Verb::Say { text: of(3_000) }, &[])))["payload"], of(3_000));
    for verb in [Verb::Say { text: of(3_001) }, speech(of(3_001))] {
        let expected = refused("too_long", "at most 3000 characters can be said at once");
        assert_eq!(done(performed(verb, &[])), expected);
    }
}

/// Two questions of one call, and one of two calls, are told apart by Telnyx and by us.
#[test]
fn every_command_has_a_name_of_its_own() {
    let names = |id: u32, call: u128| {
        let sought = Sought { mark: CallId::from_bits(call), ..sought() };
        let leg = Leg { sought, ..known(LEG) };
        let body = json(&asked(telnyx().perform(&leg, &performance(id, say()), &[])));
        [body["command_id"].to_string(), body["client_state"].to_string()]
    };
    let [a, b, c] = [names(1, 7), names(2, 7), names(1, 8)];
    for place in 0..2 {
        assert_ne!(a[place], b[place]);
        assert_ne!(a[place], c[place]);
    }
    assert_eq!(a, names(1, 7));
}

/// Telnyx's own libraries send again after 408, 409, 429 and 5xx; here no reply to a request that
/// somebody may notice is answered by the same request.
#[test]
fn fact_10_no_command_is_sent_again() {
    for status in [200, 302, 400, 401, 404, 408, 409, 422, 425, 429, 500, 502, 503, 504] {
        for verb in [say(), ask(Input::Digits { n_max: None }), send_digits(), transfer()] {
            done(performed(verb, &[reply(status, "")]));
        }
    }
}

proptest! {
    /// An id is one segment of a path, whatever is in it.
    #[test]
    fn a_hostile_id_stays_in_its_place(id in "[!-~]{1,64}") {
        let leg = known(&id);
        let requests = [
            (asked(telnyx().answer(&leg, &[])), "answer"),
            (asked(telnyx().decline(&leg, &[])), "reject"),
            (asked(telnyx().perform(&leg, &performance(3, say()), &[])), "speak"),
            (asked(telnyx().perform(&leg, &performance(3, transfer()), &[])), "transfer"),
            (asked(telnyx().perform(&leg, &performance(3, ask(Input::Speech)), &[])), "transcription_stop"),
        ];
        for (request, action) in requests {
            let uri: http::Uri = request.url.parse().unwrap();
            prop_assert_eq!((uri.host(), uri.query()), (Some("api.telnyx.com"), None));
            let segments: Vec<&str> = uri.path().split('/').collect();
            prop_assert_eq!(segments.len(), 6);
            prop_assert_eq!((segments[4], segments[5]), ("actions", action));
            let bytes: Vec<u8> = percent_encoding::percent_decode_str(segments[3]).collect();
            prop_assert_eq!(bytes, id.as_bytes());
        }
    }

    /// Whatever is said or pressed, the body has the same fields, and each holds what it was given.
    #[test]
    fn a_body_holds_what_it_was_given(text in "\\PC{0,80}", digits: String) {
        let spoken = json(&asked(performed(Verb::Say { text: text.clone() }, &[])));
        prop_assert_eq!(spoken.as_object().unwrap().len(), 7);
        prop_assert_eq!(&spoken["payload"], &text);
        let pressed = json(&asked(performed(Verb::SendDigits { digits: digits.clone() }, &[])));
        prop_assert_eq!(pressed.as_object().unwrap().len(), 3);
        prop_assert_eq!(&pressed["digits"], &digits);
    }
}
