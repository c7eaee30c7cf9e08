//! Commands to calls at Telnyx: what is played, gathered, transferred, and incoming calls.

use http::Method;
use network::DEFAULT_TELNYX_CONNECTION_ID;
use serde_json::{Value, json};

use crate::customer::{Customer, heard};
use crate::telnyx::{AtTelnyx, URL, customer, id_of};

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

#[test]
fn texts_and_recordings_are_played_one_after_another() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    assert_eq!(customer.command(&id, "speak", speech("Hello")).0, 200);
    let audio = json!({ "audio_url": "http://customer/a.mp3" });
    assert_eq!(customer.command(&id, "playback_start", audio).0, 200);
    customer.pass(500);
    assert_eq!(customer.events(), ["call.speak.started"]);
    customer.pass(10_000);
    let expected = ["call.speak.started", "call.speak.ended", "call.playback.started", "call.playback.ended"];
    assert_eq!(customer.events(), expected);
    assert_eq!(customer.event("call.speak.ended")["status"], json!("completed"));
    assert_eq!(customer.event("call.playback.ended")["media_url"], json!("http://customer/a.mp3"));
    let sounds = [json!({ "say": "Hello" }), json!({ "play": "http://customer/a.mp3" })];
    assert_eq!(heard(&mut customer, &id), sounds);
}

#[test]
fn what_is_played_can_be_stopped_and_ends_with_the_call() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let audio = json!({ "audio_url": "http://customer/a.mp3" });
    customer.command(&id, "playback_start", audio.clone());
    customer.command(&id, "speak", speech("Never said"));
    customer.command(&id, "playback_stop", json!({}));
    customer.pass(500);
    assert_eq!(customer.event("call.playback.ended")["status"], json!("cancelled"));
    customer.command(&id, "playback_start", audio);
    customer.command(&id, "hangup", json!({}));
    customer.pass(500);
    assert_eq!(customer.event("call.playback.ended")["status"], json!("call_hangup"));
    assert_eq!(heard(&mut customer, &id).len(), 2);
}

#[test]
fn digits_are_told_and_gathered() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550009");
    let mut gather = speech("Press one");
    gather["maximum_digits"] = json!(1);
    assert_eq!(customer.command(&id, "gather_using_speak", gather).0, 200);
    customer.pass(5_000);
    assert_eq!(customer.events(), ["call.dtmf.received", "call.gather.ended"]);
    assert_eq!(customer.event("call.dtmf.received")["digit"], json!("1"));
    let ended = customer.event("call.gather.ended");
    assert_eq!((&ended["digits"], &ended["status"]), (&json!("1"), &json!("valid")));
    assert_eq!(heard(&mut customer, &id), [json!({ "say": "Press one" })]);
}

#[test]
fn a_gathering_ends_by_key_by_time_by_another_or_by_the_end() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let ended = |customer: &Customer| {
        let ended = customer.event("call.gather.ended");
        (ended["digits"].clone(), ended["status"].clone())
    };
    let press = |customer: &mut Customer, id: &str, keys: &str| {
        let body = json!({ "digits": keys }).to_string();
        customer.control(Method::POST, &format!("/calls/{id}/digits"), &body);
        customer.pass(1);
    };
    customer.command(&id, "gather", json!({ "minimum_digits": 2 }));
    press(&mut customer, &id, "12#");
    assert_eq!(ended(&customer), (json!("12"), json!("valid")));
    customer.command(&id, "gather", json!({ "valid_digits": "1" }));
    press(&mut customer, &id, "9#");
    assert_eq!(ended(&customer), (json!("9"), json!("invalid")));
    customer.command(&id, "gather", json!({}));
    customer.pass(4_900);
    press(&mut customer, &id, "7");
    customer.pass(4_900);
    assert_eq!(ended(&customer).0, json!("9"), "another key may come");
    customer.pass(200);
    assert_eq!(ended(&customer), (json!("7"), json!("valid")));
    customer.command(&id, "gather", json!({}));
    customer.pass(5_100);
    assert_eq!(ended(&customer), (json!(""), json!("timeout")));
    customer.command(&id, "gather", json!({}));
    customer.command(&id, "gather", json!({}));
    customer.pass(1);
    assert_eq!(ended(&customer).1, json!("cancelled"));
    customer.command(&id, "hangup", json!({}));
    customer.pass(1);
    assert_eq!(ended(&customer).1, json!("call_hangup"));
}

#[test]
fn a_prompt_is_repeated_where_nothing_is_pressed() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let mut gather = speech("Press one");
    gather["maximum_tries"] = json!(2);
    gather["timeout_millis"] = json!(1_000);
    customer.command(&id, "gather_using_speak", gather);
    customer.pass(10_000);
    assert_eq!(heard(&mut customer, &id).len(), 2);
    assert_eq!(customer.event("call.gather.ended")["status"], json!("timeout"));
}

#[test]
fn keys_are_sent_as_tones() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    assert_eq!(customer.command(&id, "send_dtmf", json!({ "digits": "1w#" })).0, 200);
    assert_eq!(heard(&mut customer, &id), [json!({ "digits": "1w#" })]);
    let refused = customer.command(&id, "send_dtmf", json!({ "digits": "x" }));
    assert_eq!(refused, (422, json!("90014")));
}

#[test]
fn a_stream_cannot_be_opened_and_the_call_goes_on() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let stream = json!({ "stream_url": "wss://customer/media", "stream_track": "both_tracks" });
    assert_eq!(customer.command(&id, "streaming_start", stream.clone()).0, 200);
    customer.pass(2_000);
    let failed = customer.event("streaming.failed");
    assert_eq!(failed["failure_reason"], json!("connection_failed"));
    let params = json!({ "stream_url": "wss://customer/media", "track": "both_tracks" });
    assert_eq!(failed["stream_params"], params);
    assert_eq!(customer.command(&id, "streaming_stop", json!({})).0, 200);
    assert_eq!(customer.command(&id, "streaming_start", json!({})), (422, json!("10004")));
    assert_eq!(customer.look(&id)["is_alive"], json!(true));
    customer.dial("+15555550006", stream);
    customer.webhooks.clear();
    customer.pass(5_000);
    assert_eq!(customer.events(), ["call.initiated", "call.answered", "streaming.failed"]);
}

#[test]
fn a_command_is_refused_before_the_answer_and_after_the_end() {
    let mut customer = customer();
    let id = id_of(&customer.dial("+15555550002", json!({})));
    customer.pass(1_000);
    for command in ["speak", "playback_start", "gather", "send_dtmf", "transfer", "streaming_start", "answer"]
    {
        assert_eq!(customer.command(&id, command, json!({})), (422, json!("90034")), "{command}");
    }
    customer.pass(60_000);
    for command in ["speak", "hangup", "answer", "client_state_update"] {
        assert_eq!(customer.command(&id, command, json!({})), (422, json!("90018")), "{command}");
    }
}

#[test]
fn a_repeated_command_does_nothing() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let mut said = speech("Once");
    said["command_id"] = json!("one");
    for _ in 0..2 {
        assert_eq!(customer.command(&id, "speak", said.clone()).0, 200);
    }
    customer.pass(61_000);
    assert_eq!(heard(&mut customer, &id).len(), 1);
    customer.command(&id, "speak", said);
    assert_eq!(heard(&mut customer, &id).len(), 2);
    let refused = customer.command(&id, "speak", json!({ "command_id": "two" }));
    assert_eq!(refused, (422, json!("10004")), "what is refused may be sent again");
    assert_eq!(customer.command(&id, "hangup", json!({ "command_id": "two" })).0, 200);
    assert_eq!(customer.command(&id, "hangup", json!({ "command_id": "two" })).0, 200);
    assert_eq!(customer.truth(&id)["hangups"], json!(1));
}

#[test]
fn a_client_state_comes_back_in_all_that_follows() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let update = json!({ "client_state": "Y18y" });
    assert_eq!(customer.command(&id, "client_state_update", update), (200, Value::Null));
    assert_eq!(customer.look(&id)["client_state"], json!("Y18y"));
    assert_eq!(customer.truth(&id)["mark"], json!({ "call": "c_2" }));
    customer.command(&id, "hangup", json!({ "client_state": "Y18z" }));
    customer.pass(1);
    assert_eq!(customer.event("call.hangup")["client_state"], json!("Y18z"));
}

#[test]
fn a_transfer_calls_somebody_and_ends_with_either() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    let to = json!({ "to": "+15555551234", "target_leg_client_state": "Y18y" });
    assert_eq!(customer.command(&id, "transfer", to).0, 200);
    customer.pass(5_000);
    let expected = ["call.initiated", "call.answered", "call.bridged", "call.bridged"];
    assert_eq!(customer.events(), expected);
    let other = customer.network.calls()[1].clone();
    assert_eq!(customer.look(&other.id)["call_session_id"], customer.look(&id)["call_session_id"]);
    assert_eq!(customer.look(&other.id)["client_state"], json!("Y18y"));
    customer.pass(30_000);
    assert_eq!(customer.network.n_live(), 0, "the other side hung up");
}

#[test]
fn a_failed_transfer_leaves_the_call_alone() {
    let mut customer = customer();
    let id = talking(&mut customer, "+15555550006");
    customer.command(&id, "transfer", json!({ "to": "+15555550001" }));
    customer.pass(5_000);
    assert_eq!(customer.events(), ["call.initiated", "call.hangup"]);
    assert_eq!(customer.look(&id)["is_alive"], json!(true));
    customer.command(&id, "transfer", json!({ "to": "+15555550002" }));
    customer.pass(5_000);
    customer.command(&id, "hangup", json!({}));
    assert_eq!(customer.network.n_live(), 0, "nobody is left to take it over");
}

fn called(customer: &mut Customer) -> String {
    let path = format!("/telnyx/connections/{DEFAULT_TELNYX_CONNECTION_ID}");
    customer.control(Method::PUT, &path, &json!({ "webhook_event_url": URL }).to_string());
    let mapped = json!({ "connection_id": DEFAULT_TELNYX_CONNECTION_ID }).to_string();
    customer.control(Method::PUT, "/telnyx/numbers/+15550199001", &mapped);
    let body = r#"{"from":"+15555551234","to":"+15550199001"}"#;
    let call = customer.control(Method::POST, "/calls", body);
    call["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_called_number_rings_until_it_is_answered() {
    let mut customer = customer();
    let id = called(&mut customer);
    customer.pass(10_000);
    assert_eq!(customer.truth(&id)["status"], json!("ringing"));
    let began = customer.event("call.initiated");
    assert_eq!((&began["direction"], &began["state"]), (&json!("incoming"), &json!("parked")));
    assert_eq!(began["client_state"], Value::Null);
    assert_eq!(customer.command(&id, "speak", speech("Hello")), (422, json!("90034")));
    for _ in 0..2 {
        assert_eq!(customer.command(&id, "answer", json!({ "client_state": "Y18x" })).0, 200);
    }
    customer.pass(60_000);
    assert_eq!(customer.events(), ["call.initiated", "call.answered", "call.hangup"]);
    let end = customer.event("call.hangup");
    assert_eq!((&end["hangup_source"], &end["sip_hangup_cause"]), (&json!("caller"), &json!("unspecified")));
    assert_eq!(customer.truth(&id)["mark"], json!({ "call": "c_1" }));
}

#[test]
fn a_caller_can_be_rejected_or_gives_up() {
    for (cause, expected) in [("USER_BUSY", "user_busy"), ("CALL_REJECTED", "call_rejected")] {
        let mut customer = customer();
        let id = called(&mut customer);
        assert_eq!(customer.command(&id, "reject", json!({})), (422, json!("10004")));
        assert_eq!(customer.command(&id, "reject", json!({ "cause": "NO" })), (422, json!("10032")));
        assert_eq!(customer.command(&id, "reject", json!({ "cause": cause })).0, 200);
        customer.pass(1);
        assert_eq!(customer.event("call.hangup")["hangup_cause"], json!(expected));
    }
    let mut customer = customer();
    called(&mut customer);
    customer.pass(61_000);
    assert_eq!(customer.event("call.hangup")["hangup_cause"], json!("originator_cancel"));
}
