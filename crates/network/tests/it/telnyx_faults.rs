//! Faults at Telnyx: what the customer sees, and what was done all the same. And signatures.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use http::Method;
use network::{DEFAULT_TELNYX_PUBLIC_KEY, Reply, Webhook};
use serde_json::{Value, json};

use crate::customer::{Customer, json};
use crate::telnyx::{AtTelnyx, customer, id_of, order};

/// The reply to a request to place a call under a fault, and how many calls it made.
fn created(act: &str) -> (Reply, usize) {
    let mut customer = customer();
    customer.fault(&format!(r#"{{"on":"create","to":"0006","times":1,"do":{act}}}"#));
    let reply = customer.ask(Method::POST, "/calls", order("+15555550006", json!({})));
    let n_calls = customer.network.calls().len();
    // The fault is used up.
    customer.dial("+15555550006", json!({}));
    (reply, n_calls)
}

#[test]
fn a_refusal_is_in_telnyxs_words_and_places_no_call_unless_it_lies() {
    for (status, code) in [(401, "10009"), (403, "10010"), (404, "10005"), (429, "10011"), (503, "10007")] {
        let (reply, n_calls) = created(&format!(r#"{{"status":{status}}}"#));
        let (answered, body) = json(reply);
        assert_eq!((answered, &body["errors"][0]["code"], n_calls), (status, &json!(code), 0));
    }
    let (reply, n_calls) = created(r#"{"status":503,"processed":true}"#);
    assert_eq!((json(reply).0, n_calls), (503, 1));
    let (reply, _) = created(r#"{"status":429,"retry_after_s":7}"#);
    let Reply::Respond { response, .. } = reply else { panic!("no answer") };
    assert_eq!(response.header("x-ratelimit-reset"), Some("7"));
    assert_eq!(response.header("x-ratelimit-remaining"), Some("0"));
    assert!(response.header("x-ratelimit-limit").is_some());
}

#[test]
fn a_connection_can_be_cut_and_an_answer_spoilt() {
    assert_eq!(created(r#""cut-before""#), (Reply::Cut { after_ms: 0 }, 0));
    assert_eq!(created(r#""cut-after""#), (Reply::Cut { after_ms: 0 }, 1));
    assert_eq!(created(r#""stall-after""#), (Reply::Stall, 1));
    for act in [r#""html""#, r#""truncated-json""#, r#""garbled""#] {
        let (reply, n_calls) = created(act);
        let Reply::Respond { response, .. } = reply else { panic!("no answer") };
        assert!(serde_json::from_slice::<Value>(&response.body).is_err() && n_calls == 1, "{act}");
    }
}

#[test]
fn an_answer_can_lie() {
    let mut customer = customer();
    let id = id_of(&customer.dial("+15555550006", json!({})));
    customer.fault(&format!(r#"{{"on":"fetch","sid":"{id}","times":1,"do":{{"word":"teleported"}}}}"#));
    assert_eq!(customer.look(&id)["is_alive"], json!("teleported"));
    customer.fault(r#"{"on":"fetch","times":1,"do":{"wrong-sid":true}}"#);
    assert_ne!(customer.look(&id)["call_control_id"], json!(id));
    customer.fault(r#"{"on":"update","times":1,"do":{"status":422}}"#);
    assert_eq!(customer.command(&id, "hangup", json!({})), (422, json!("90015")));
}

#[test]
fn a_carrier_can_forget_its_limits() {
    let mut customer = customer();
    customer.control(Method::PUT, "/subscribers/+15555551234", r#"{"does":"silent"}"#);
    customer.fault(r#"{"on":"create","times":1,"do":"forget-limits"}"#);
    let id = id_of(&customer.dial("+15555551234", json!({ "time_limit_secs": 30 })));
    customer.pass(60_000);
    assert_eq!(customer.look(&id)["is_alive"], json!(true));
}

/// What is told of a call under a fault on its first webhook.
fn told(act: &str) -> Vec<String> {
    let mut customer = customer();
    customer.fault(&format!(r#"{{"on":"status-callback","times":1,"do":{act}}}"#));
    customer.dial("+15555550008", json!({}));
    customer.pass(60_000);
    customer.events().iter().map(|kind| kind.replace("call.", "")).collect()
}

#[test]
fn a_webhook_can_be_lost_doubled_late_or_overtaken() {
    assert_eq!(told(r#""drop""#), ["answered", "hangup"]);
    assert_eq!(told(r#""double""#), ["initiated", "initiated", "answered", "hangup"]);
    assert_eq!(told(r#"{"delay_ms":30000}"#), ["answered", "hangup", "initiated"]);
    assert_eq!(told(r#""reorder""#), ["answered", "initiated", "hangup"]);
}

#[test]
fn a_webhook_that_nothing_overtakes_comes_all_the_same() {
    let mut customer = customer();
    customer.fault(r#"{"on":"webhook","times":1,"do":"reorder"}"#);
    customer.dial("+15555550002", json!({}));
    customer.pass(4_000);
    assert_eq!(customer.events(), Vec::<String>::new());
    customer.pass(4_000);
    assert_eq!(customer.events(), ["call.initiated"]);
}

fn is_signed(webhook: &Webhook) -> bool {
    let header = |name: &str| {
        let found = webhook.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap()
    };
    let key: [u8; 32] = STANDARD.decode(DEFAULT_TELNYX_PUBLIC_KEY).unwrap().try_into().unwrap();
    let signature = STANDARD.decode(header("telnyx-signature-ed25519")).unwrap();
    let mut message = format!("{}|", header("telnyx-timestamp")).into_bytes();
    message.extend_from_slice(&webhook.body);
    let signature = Signature::from_slice(&signature).unwrap();
    VerifyingKey::from_bytes(&key).unwrap().verify_strict(&message, &signature).is_ok()
}

#[test]
fn every_webhook_is_signed_unless_its_signature_is_garbled() {
    let mut customer: Customer = customer();
    customer.dial("+15555550008", json!({}));
    customer.pass(60_000);
    assert_eq!(customer.webhooks.len(), 3);
    assert!(customer.webhooks.iter().all(is_signed));
    customer.webhooks.clear();
    customer.fault(r#"{"on":"webhook","do":"garble-signature"}"#);
    customer.dial("+15555550008", json!({}));
    customer.pass(60_000);
    assert_eq!(customer.webhooks.len(), 3);
    assert!(!customer.webhooks.iter().any(is_signed));
}
