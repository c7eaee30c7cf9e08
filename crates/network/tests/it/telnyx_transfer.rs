//! Transfers at Telnyx: the second leg, the bridge, and whose end is whose.

use http::Method;
use serde_json::{Value, json};

use crate::customer::{Customer, heard};
use crate::telnyx::{AtTelnyx, customer, id_of};

/// A call that is answered and then transferred, and the id of the second leg.
fn transferred(customer: &mut Customer, to: &str, more: Value) -> (String, String) {
    let first = id_of(&customer.dial("+15555550006", json!({ "client_state": "Y18x" })));
    customer.pass(4_000);
    customer.webhooks.clear();
    let mut order = json!({ "to": to, "target_leg_client_state": "Y18y" });
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        order[key] = value;
    }
    assert_eq!(customer.command(&first, "transfer", order).0, 200);
    let second = customer.network.calls()[1].id.clone();
    customer.pass(4_000);
    (first, second)
}

/// What was told: the event, whose it was, and its client state.
fn told(customer: &Customer) -> Vec<(String, String, Value)> {
    let bodies = customer.webhooks.iter().map(|webhook| serde_json::from_slice(&webhook.body).unwrap());
    let read = |body: Value| {
        let data = &body["data"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let id = text(&data["payload"]["call_control_id"]);
        (text(&data["event_type"]), id, data["payload"]["client_state"].clone())
    };
    bodies.map(read).collect()
}

fn event(kind: &str, id: &str, client_state: &str) -> (String, String, Value) {
    (kind.to_owned(), id.to_owned(), json!(client_state))
}

#[test]
fn the_second_leg_has_webhooks_of_its_own() {
    let mut customer = customer();
    let (first, second) = transferred(&mut customer, "+15555550006", json!({ "client_state": "Y18z" }));
    let expected = [
        event("call.initiated", &second, "Y18y"),
        event("call.answered", &second, "Y18y"),
        event("call.bridged", &second, "Y18y"),
        event("call.bridged", &first, "Y18z"),
    ];
    assert_eq!(told(&customer), expected);
    let began = customer.event("call.initiated");
    assert_eq!((&began["direction"], &began["state"]), (&json!("outgoing"), &json!("bridging")));
    assert_eq!((&began["from"], &began["to"]), (&json!("+15555550006"), &json!("+15555550006")));
    customer.webhooks.clear();
    customer.command(&first, "hangup", json!({}));
    customer.pass(1);
    let expected = [event("call.hangup", &first, "Y18z"), event("call.hangup", &second, "Y18y")];
    assert_eq!(told(&customer), expected);
}

#[test]
fn an_end_of_the_second_leg_ends_the_first_unless_it_is_parked() {
    for (more, lives) in [(json!({}), false), (json!({ "park_after_unbridge": "self" }), true)] {
        let mut customer = customer();
        let (first, second) = transferred(&mut customer, "+15555550006", more);
        customer.command(&second, "hangup", json!({}));
        customer.pass(1);
        assert_eq!(customer.look(&first)["is_alive"], json!(lives));
        if lives {
            let said = json!({ "payload": "Still there?", "voice": "female" });
            assert_eq!(customer.command(&first, "speak", said).0, 200);
        } else {
            assert_eq!(customer.event("call.hangup")["call_control_id"], json!(first));
            assert_eq!(customer.event("call.hangup")["hangup_cause"], json!("normal_clearing"));
        }
    }
}

#[test]
fn whoever_does_not_take_a_call_over_leaves_it_alone() {
    for (to, cause) in
        [("+15555550001", "user_busy"), ("+15555550002", "timeout"), ("+15555550003", "not_found")]
    {
        let mut customer = customer();
        let (first, second) = transferred(&mut customer, to, json!({ "timeout_secs": 5 }));
        customer.pass(5_000);
        let expected = [event("call.initiated", &second, "Y18y"), event("call.hangup", &second, "Y18y")];
        assert_eq!(told(&customer), expected, "{to}");
        assert_eq!(customer.event("call.hangup")["hangup_cause"], json!(cause));
        assert_eq!(customer.look(&first)["is_alive"], json!(true), "{to}");
    }
}

#[test]
fn the_second_leg_hears_keys_when_it_answers() {
    let mut customer = customer();
    let more = json!({ "send_digits_on_answer": "ww200", "from": "+15550199001" });
    let (first, second) = transferred(&mut customer, "+15555550006", more);
    assert_eq!(heard(&mut customer, &second), [json!({ "digits": "ww200" })]);
    assert_eq!(customer.truth(&second)["from"], json!("+15550199001"));
    assert_eq!(heard(&mut customer, &first).len(), 0);
    let wrong = json!({ "to": "+15555550006", "send_digits_on_answer": "x", "client_state": "Y18w" });
    assert_eq!(customer.command(&first, "transfer", wrong), (422, json!("90014")));
    assert_eq!(customer.look(&first)["client_state"], json!("Y18x"), "what is refused changes nothing");
    let wrong = json!({ "to": "+15555550006", "park_after_unbridge": "both" });
    assert_eq!(customer.command(&first, "transfer", wrong), (422, json!("10032")));
}

#[test]
fn the_other_leg_may_be_transcribed() {
    let mut customer = customer();
    let (first, second) = transferred(&mut customer, "+15555550006", json!({}));
    customer.webhooks.clear();
    let start = json!({ "transcription_engine": "Telnyx", "transcription_tracks": "both" });
    customer.command(&first, "transcription_start", start);
    for (id, track) in [(&first, "inbound"), (&second, "outbound")] {
        customer.control(Method::POST, &format!("/calls/{id}/speech"), r#"{"words":"hello"}"#);
        customer.pass(5_000);
        let payload = customer.event("call.transcription");
        assert_eq!(payload["call_control_id"], json!(first));
        assert_eq!(payload["transcription_data"]["transcription_track"], json!(track));
    }
    assert_eq!(told(&customer).len(), 2);
}
