//! What is asked and answered on calls at Telnyx: speech made out by the carrier, and keys.

use http::Method;
use serde_json::{Value, json};

use crate::customer::{Customer, heard};
use crate::telnyx::{AtTelnyx, customer, id_of};

/// A call that is answered, and what was told of it dropped.
fn talking(customer: &mut Customer, to: &str) -> String {
    let id = id_of(&customer.dial(to, json!({})));
    customer.pass(4_000);
    customer.webhooks.clear();
    id
}

fn speech(text: &str) -> Value {
    json!({ "payload": text, "voice": "female" })
}

fn says(customer: &mut Customer, id: &str, words: &str) {
    let body = json!({ "words": words }).to_string();
    customer.control(Method::POST, &format!("/calls/{id}/speech"), &body);
}

fn presses(customer: &mut Customer, id: &str, digits: &str) {
    let body = json!({ "digits": digits }).to_string();
    customer.control(Method::POST, &format!("/calls/{id}/digits"), &body);
}

/// What was told as transcribed.
fn transcripts(customer: &Customer) -> Vec<Value> {
    let bodies = customer.webhooks.iter().map(|webhook| serde_json::from_slice(&webhook.body).unwrap());
    let all = bodies.filter(|body: &Value| body["data"]["event_type"] == json!("call.transcription"));
    all.map(|body| body["data"]["payload"]["transcription_data"].clone()).collect()
}

#[test]
fn what_is_said_is_transcribed() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550010");
    let start = json!({ "client_state": "Y18y", "command_id": "one" });
    for _ in 0..2 {
        assert_eq!(customer.command(&id, "transcription_start", start.clone()), (200, Value::Null));
    }
    customer.pass(2_000);
    assert_eq!(customer.events().len(), 0, "it is being said");
    customer.pass(20_000);
    let said = json!({ "transcript": "yes please", "confidence": 0.977_219, "is_final": true });
    assert_eq!(transcripts(&customer), [said], "once");
    let payload = customer.event("call.transcription");
    assert_eq!(payload["call_control_id"], json!(id));
    assert_eq!(payload["client_state"], json!("Y18y"));
    let keys: Vec<_> = payload.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "call_control_id",
        "call_leg_id",
        "call_session_id",
        "client_state",
        "connection_id",
        "transcription_data",
    ];
    assert_eq!(keys, expected);
    assert_eq!(customer.truth(&id)["spoken"][0]["words"], json!("yes please"));
}

#[test]
fn a_subscriber_speaks_after_each_question() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550010");
    customer.command(&id, "transcription_start", json!({}));
    customer.command(&id, "speak", speech("Will you come?"));
    customer.pass(10_000);
    assert_eq!(transcripts(&customer).len(), 1, "asked by the speech alone");
    let order = ["call.speak.started", "call.speak.ended", "call.transcription"];
    assert_eq!(customer.events(), order);
    customer.command(&id, "speak", speech("With your dog?"));
    customer.pass(10_000);
    assert_eq!(transcripts(&customer).len(), 2);
    customer.command(&id, "gather_using_speak", speech("Press or say one"));
    customer.pass(10_000);
    assert_eq!(transcripts(&customer).len(), 3, "a gathering's prompt asks too");
    assert_eq!(customer.command(&id, "transcription_stop", json!({})).0, 200);
    customer.command(&id, "speak", speech("Goodbye"));
    customer.pass(10_000);
    assert_eq!(customer.truth(&id)["spoken"].as_array().unwrap().len(), 3);
}

#[test]
fn transcription_is_as_it_was_asked_for() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    says(&mut customer, &id, "nobody listens");
    customer.pass(5_000);
    let google = json!({
        "transcription_engine": "Google",
        "transcription_engine_config": { "transcription_engine": "Google", "interim_results": true },
        "transcription_tracks": "both",
    });
    assert_eq!(customer.command(&id, "transcription_start", google).0, 200);
    says(&mut customer, &id, "seven people");
    customer.pass(5_000);
    let interim = json!({ "transcript": "seven", "confidence": 0.0, "is_final": false });
    let last = json!({ "transcript": "seven people", "confidence": 0.977_219, "is_final": true });
    assert_eq!(transcripts(&customer), [interim, last]);
    customer.webhooks.clear();
    customer.command(&id, "transcription_start", json!({ "transcription_engine": "B" }));
    says(&mut customer, &id, "one");
    customer.pass(5_000);
    assert_eq!(transcripts(&customer)[0]["transcription_track"], json!("inbound"));
    says(&mut customer, &id, "two");
    customer.command(&id, "transcription_stop", json!({}));
    customer.pass(5_000);
    assert_eq!(transcripts(&customer).len(), 1, "stopped before it was made out");
    customer.command(&id, "transcription_start", json!({}));
    says(&mut customer, &id, "three");
    customer.command(&id, "hangup", json!({}));
    customer.pass(5_000);
    assert_eq!(transcripts(&customer).len(), 1, "it is over");
    let other = talking(&mut customer, "+15555550006");
    for wrong in [json!({ "transcription_engine": "C" }), json!({ "transcription_tracks": "all" })] {
        assert_eq!(customer.command(&other, "transcription_start", wrong), (422, json!("10032")));
    }
}

#[test]
fn unasked_keys_are_told_one_by_one() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    presses(&mut customer, &id, "1#");
    customer.pass(1);
    assert_eq!(customer.events(), ["call.dtmf.received", "call.dtmf.received"]);
    let last = customer.event("call.dtmf.received");
    assert_eq!((&last["digit"], &last["call_control_id"]), (&json!("#"), &json!(id)));
    assert_eq!((&last["from"], &last["to"]), (&json!("+15550199000"), &json!("+15555550006")));
}

#[test]
fn a_gathering_gives_its_id_back() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    customer.command(&id, "gather", json!({ "gather_id": "mine", "client_state": "Y18z" }));
    presses(&mut customer, &id, "12#");
    customer.pass(1);
    let ended = customer.event("call.gather.ended");
    assert_eq!((&ended["gather_id"], &ended["client_state"]), (&json!("mine"), &json!("Y18z")));
    assert_eq!((&ended["digits"], &ended["status"]), (&json!("12"), &json!("valid")));
    customer.command(&id, "gather", json!({}));
    presses(&mut customer, &id, "3#");
    customer.pass(1);
    assert_eq!(customer.event("call.gather.ended")["gather_id"].as_str().unwrap().len(), 36);
    let long = json!({ "gather_id": "x".repeat(41) });
    assert_eq!(customer.command(&id, "gather", long), (422, json!("10033")));
}

#[test]
fn a_gathering_has_its_bounds() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    customer.command(&id, "gather", json!({ "timeout_millis": 3_000 }));
    customer.pass(3_100);
    assert_eq!(customer.event("call.gather.ended")["status"], json!("timeout"));
    let bounds = json!({ "minimum_digits": 2, "maximum_digits": 3, "terminating_digit": "*" });
    for (keys, digits, status) in [("123", "123", "valid"), ("1*", "1", "invalid"), ("1#*", "1#", "valid")] {
        customer.command(&id, "gather", bounds.clone());
        presses(&mut customer, &id, keys);
        customer.pass(1);
        let ended = customer.event("call.gather.ended");
        assert_eq!((&ended["digits"], &ended["status"]), (&json!(digits), &json!(status)), "{keys}");
    }
}

#[test]
fn a_prompt_comes_again_with_a_complaint() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let mut gather = speech("Press one");
    gather["invalid_payload"] = json!("That was not one");
    gather["valid_digits"] = json!("1");
    gather["maximum_digits"] = json!(1);
    gather["maximum_tries"] = json!(2);
    customer.command(&id, "gather_using_speak", gather);
    presses(&mut customer, &id, "7");
    let expected = ["Press one", "That was not one", "Press one"].map(|text| json!({ "say": text }));
    assert_eq!(heard(&mut customer, &id), expected);
    presses(&mut customer, &id, "8");
    customer.pass(1);
    let ended = customer.event("call.gather.ended");
    assert_eq!((&ended["digits"], &ended["status"]), (&json!("8"), &json!("invalid")));
}

#[test]
fn a_speech_may_stop_what_is_being_played() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    for text in ["One", "Two"] {
        customer.command(&id, "speak", speech(text));
    }
    let mut now = speech("Three");
    now["stop"] = json!("all");
    now["client_state"] = json!("Y18z");
    customer.command(&id, "speak", now);
    customer.pass(5_000);
    assert_eq!(heard(&mut customer, &id), [json!({ "say": "One" }), json!({ "say": "Three" })]);
    let events = ["call.speak.started", "call.speak.ended", "call.speak.started", "call.speak.ended"];
    assert_eq!(customer.events(), events);
    assert_eq!(customer.event("call.speak.ended")["client_state"], json!("Y18z"));
}

#[test]
fn what_is_played_in_a_loop_is_heard_each_time() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let mut twice = speech("Again");
    twice["loop"] = json!(2);
    customer.command(&id, "speak", twice.clone());
    customer.pass(10_000);
    assert_eq!(heard(&mut customer, &id), [json!({ "say": "Again" }), json!({ "say": "Again" })]);
    assert_eq!(customer.events(), ["call.speak.started", "call.speak.ended"]);
    twice["loop"] = json!("infinity");
    customer.command(&id, "speak", twice.clone());
    customer.pass(4_500);
    customer.command(&id, "playback_stop", json!({}));
    customer.pass(10_000);
    assert_eq!(heard(&mut customer, &id).len(), 2 + 5);
    twice["loop"] = json!("often");
    assert_eq!(customer.command(&id, "speak", twice), (422, json!("10026")));
}

#[test]
fn a_webhook_carries_the_client_state_that_holds() {
    let mut customer = customer();
    let id = id_of(&customer.dial("+15555550006", json!({ "client_state": "Y18x" })));
    customer.pass(4_000);
    assert_eq!(customer.event("call.answered")["client_state"], json!("Y18x"));
    customer.command(&id, "speak", speech("Without one"));
    customer.pass(1);
    assert_eq!(customer.event("call.speak.started")["client_state"], json!("Y18x"));
    customer.command(&id, "send_dtmf", json!({ "digits": "1", "client_state": "Y18y" }));
    customer.pass(5_000);
    assert_eq!(customer.event("call.speak.ended")["client_state"], json!("Y18y"));
    customer.command(&id, "client_state_update", json!({ "client_state": "Y18z" }));
    presses(&mut customer, &id, "1");
    customer.pass(1);
    assert_eq!(customer.event("call.dtmf.received")["client_state"], json!("Y18z"));
    let slow = json!({ "digits": "1", "duration_millis": 501 });
    assert_eq!(customer.command(&id, "send_dtmf", slow), (422, json!("10033")));
}
