//! Faults at Plivo: what the customer sees, and what was done all the same.

use http::Method;
use serde_json::{Value, json};

use super::super::signature::sign_v3;
use super::{Customer, answer};
use crate::settings::DEFAULT_PLIVO_AUTH_TOKEN;
use crate::wire::Reply;

fn fault(customer: &mut Customer, fault: &Value) {
    customer.control(Method::POST, "/faults", &fault.to_string());
}

fn order() -> Value {
    json!({ "from": "15550199000", "to": "15555550006", "answer_url": "http://customer/answer?call=c_1" })
}

/// The reply to a request to place a call under a fault, and how many calls it made.
fn created(act: Value) -> (Reply, usize) {
    let mut customer = Customer::new();
    fault(&mut customer, &json!({ "on": "create", "to": "0006", "times": 1, "do": act }));
    let reply = customer.ask(Method::POST, "/Call/", order());
    (reply, customer.network.calls().len())
}

#[test]
fn a_refusal_is_in_plivos_words_and_places_no_call_unless_it_lies() {
    for status in [400, 401, 403, 404, 429, 500, 503] {
        let (reply, n_calls) = created(json!({ "status": status }));
        let (answered, body) = answer(reply);
        assert_eq!((answered, n_calls), (status, 0));
        assert!(body["error"].is_string() && body["api_id"].is_string());
    }
    let (reply, n_calls) = created(json!({ "status": 503, "processed": true, "retry_after_s": 7 }));
    let Reply::Respond { response, .. } = reply else { panic!("no answer") };
    assert_eq!((response.status, response.header("retry-after"), n_calls), (503, Some("7"), 1));
}

#[test]
fn a_connection_can_be_cut_and_an_answer_spoilt() {
    assert_eq!(created(json!("cut-before")), (Reply::Cut { after_ms: 0 }, 0));
    assert_eq!(created(json!("cut-after")), (Reply::Cut { after_ms: 0 }, 1));
    assert_eq!(created(json!("stall-before")), (Reply::Stall, 0));
    assert_eq!(created(json!("stall-after")), (Reply::Stall, 1));
    for act in ["html", "truncated-json", "garbled"] {
        let (reply, n_calls) = created(json!(act));
        assert_eq!((answer(reply).1, n_calls), (Value::Null, 1), "{act}");
    }
    let (reply, _) = created(json!({ "wrong-sid": true }));
    assert_eq!(answer(reply).1["request_uuid"], json!("ffffffff-ffff-ffff-ffff-ffffffffffff"));
}

#[test]
fn words_and_ids_lie_on_request() {
    let mut customer = Customer::new();
    let id = customer.place("+15555550006", json!({}));
    customer.pass(1_000);
    fault(&mut customer, &json!({ "on": "fetch", "sid": id, "times": 1, "do": { "word": "teleported" } }));
    assert_eq!(customer.live(&id).1["call_status"], json!("teleported"));
    fault(&mut customer, &json!({ "on": "fetch", "times": 1, "do": { "wrong-sid": true } }));
    assert_ne!(customer.live(&id).1["call_uuid"], json!(id));
    fault(&mut customer, &json!({ "on": "list", "times": 1, "do": { "wrong-sid": true } }));
    assert_ne!(customer.get("/Call/?status=live").1["calls"], json!([id]));
    fault(&mut customer, &json!({ "on": "update", "times": 1, "do": "cut-after" }));
    assert_eq!(
        customer.ask(Method::DELETE, &format!("/Call/{id}/"), Value::Null),
        Reply::Cut { after_ms: 0 }
    );
    assert_eq!(customer.network.n_live(), 0);
}

#[test]
fn limits_are_forgotten_on_request() {
    let mut customer = Customer::new();
    fault(&mut customer, &json!({ "on": "create", "do": "forget-limits" }));
    let id = customer.place("+15555550002", json!({ "ring_timeout": 5 }));
    customer.pass(600_000);
    assert_eq!(customer.live(&id).0, 200);
}

#[test]
fn webhooks_are_lost_doubled_delayed_swapped_and_garbled() {
    let told = |act: Value| {
        let mut customer = Customer::new();
        fault(&mut customer, &json!({ "on": "status-callback", "times": 1, "do": act }));
        let more = json!({ "ring_url": "http://customer/st", "hangup_url": "http://customer/st" });
        let id = customer.place("+15555550008", more);
        customer.pass(20_000);
        (customer.told("/st", "Event"), customer.truth(&id)["webhooks_lost"].clone(), customer.webhooks)
    };
    assert_eq!(told(json!("drop")).0, ["Hangup"]);
    assert_eq!(told(json!("drop")).1, json!(1));
    assert_eq!(told(json!("double")).0, ["Ring", "Ring", "Hangup"]);
    assert_eq!(told(json!({ "delay_ms": 9_000 })).0, ["Hangup", "Ring"]);
    assert_eq!(told(json!("reorder")).0, ["Hangup", "Ring"]);
    let (_, _, webhooks) = told(json!("garble-signature"));
    let wrong: Vec<bool> = webhooks
        .iter()
        .map(|webhook| {
            let value = |name: &str| {
                let found = webhook.headers.iter().find(|(key, _)| key == name);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            };
            let form = crate::form::Form::read(&webhook.body);
            let nonce = value("X-Plivo-Signature-V3-Nonce");
            let signed = sign_v3(DEFAULT_PLIVO_AUTH_TOKEN, &webhook.method, &webhook.url, &form, &nonce);
            value("X-Plivo-Signature-V3") != signed
        })
        .collect();
    assert_eq!(wrong, [true, false, false]);
}

#[test]
fn instructions_can_be_lost_and_late() {
    let mut customer = Customer::new();
    fault(&mut customer, &json!({ "on": "voice", "times": 1, "do": "drop" }));
    let lost = customer.place("+15555550006", json!({}));
    customer.pass(5_000);
    assert_eq!(customer.record(&lost)["hangup_cause_code"], json!(7011));
    fault(&mut customer, &json!({ "on": "voice", "times": 1, "do": { "delay_ms": 3_000 } }));
    let late = customer.place("+15555550006", json!({}));
    customer.pass(3_000);
    assert_eq!(customer.told("/answer", "Event").len(), 1, "of the first call's end");
    customer.pass(3_000);
    assert_eq!(customer.live(&late).0, 200);
    assert_eq!(customer.told("/answer", "Event").last().unwrap(), "StartApp");
}

#[test]
fn one_seed_gives_one_history() {
    let history = || {
        let mut customer = Customer::new();
        for to in ["+15555550001", "+15555550006", "+15555550009"] {
            customer.request(to, json!({}));
            customer.pass(4_000);
        }
        customer.pass(60_000);
        (customer.network.calls(), customer.webhooks)
    };
    assert_eq!(history(), history());
}

#[test]
fn what_is_asked_is_counted() {
    let mut customer = Customer::new();
    customer.post("/Call/", order());
    let order = json!({ "from": "1555", "to": "15555550006", "answer_url": "http://c/a?call=c_1", "tea": 1 });
    customer.post("/Call/", order);
    customer.get("/Call/?status=live");
    let requests = customer.control(Method::GET, "/requests", "");
    assert_eq!(requests["by_operation"], json!({ "create": 2, "list": 1 }));
    assert_eq!(requests["unknown_parameters"], json!({ "tea": 1 }));
    let calls = customer.network.calls();
    assert_eq!((calls[0].carrier, calls[0].creates, calls[0].create_requests), ("plivo", 1, 2));
    assert_eq!(calls[0].mark, [("call".to_owned(), "c_1".to_owned())].into());
}
