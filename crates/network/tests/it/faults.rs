//! Faults, one by one: what the customer sees, and what was done all the same.

use http::Method;
use network::{Reply, WireResponse};
use serde_json::json;

use crate::customer::{Customer, json};

const FORM: [(&str, &str); 3] =
    [("To", "+15555550006"), ("From", "+15550199000"), ("Url", "http://customer/voice?call=c_1")];

/// The reply to a request to place a call under a fault, and how many calls it made.
fn created(act: &str) -> (Reply, usize) {
    let mut customer = Customer::new();
    customer.fault(&format!(r#"{{"on":"create","times":1,"do":{act}}}"#));
    let reply = customer.post("/Calls.json", &FORM);
    let n_calls = customer.network.calls().len();
    // The fault is used up.
    assert_eq!(json(customer.post("/Calls.json", &FORM)).0, 201);
    (reply, n_calls)
}

fn response(reply: Reply) -> WireResponse {
    match reply {
        Reply::Respond { response, .. } => response,
        other => panic!("no answer: {other:?}"),
    }
}

#[test]
fn a_refusal_places_no_call_unless_it_lies() {
    for (status, code) in [(401, 20_003), (403, 20_403), (404, 20_404), (429, 20_429), (503, 20_503)] {
        let (reply, n_calls) = created(&format!(r#"{{"status":{status}}}"#));
        let (answered, body) = json(reply);
        assert_eq!((answered, &body["code"], n_calls), (status, &json!(code), 0));
    }
    let (reply, n_calls) = created(r#"{"status":503,"processed":true}"#);
    assert_eq!((json(reply).0, n_calls), (503, 1));
    let (reply, _) = created(r#"{"status":429,"retry_after_s":7}"#);
    assert_eq!(response(reply).header("retry-after"), Some("7"));
}

#[test]
fn a_connection_can_be_cut_before_or_after() {
    assert_eq!(created(r#""cut-before""#), (Reply::Cut { after_ms: 0 }, 0));
    assert_eq!(created(r#""cut-after""#), (Reply::Cut { after_ms: 0 }, 1));
    assert_eq!(created(r#""stall-before""#), (Reply::Stall, 0));
    assert_eq!(created(r#""stall-after""#), (Reply::Stall, 1));
}

#[test]
fn an_answer_can_be_late_or_no_answer_at_all() {
    let (reply, n_calls) = created(r#"{"delay_ms":900}"#);
    assert!(matches!(reply, Reply::Respond { after_ms: 900, .. }), "{reply:?}");
    assert_eq!(n_calls, 1);
    let (reply, _) = created(r#""broken-body""#);
    assert!(matches!(reply, Reply::Truncated { .. }), "{reply:?}");
    for act in [r#""html""#, r#""truncated-json""#, r#""garbled""#] {
        let (reply, n_calls) = created(act);
        let body = response(reply).body;
        assert!(!body.is_empty() && n_calls == 1, "{act}");
        assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err(), "{act}");
    }
}

#[test]
fn an_answer_can_lie() {
    let mut customer = Customer::new();
    let sid = customer.place("+15555550006", &[]);
    customer.fault(&format!(r#"{{"on":"fetch","sid":"{sid}","times":1,"do":{{"word":"teleported"}}}}"#));
    assert_eq!(customer.status(&sid), "teleported");
    assert_eq!(customer.status(&sid), "queued");
    customer.fault(r#"{"on":"any-api","to":"0006","do":{"wrong-sid":true}}"#);
    assert_ne!(customer.fetch(&sid)["sid"], json!(sid));
}

/// The call's progress as told under a fault on its first callback.
fn told(act: &str) -> Vec<String> {
    let mut customer = Customer::new();
    customer.fault(&format!(r#"{{"on":"status-callback","times":1,"do":{act}}}"#));
    let callback = ("StatusCallback", "http://customer/status");
    let events = ("StatusCallbackEvent", "initiated ringing completed");
    customer.place("+15555550008", &[callback, events]);
    customer.pass(60_000);
    customer.told("/status", "CallStatus")
}

#[test]
fn a_callback_can_be_lost_doubled_late_or_overtaken() {
    assert_eq!(told(r#""drop""#), ["ringing", "completed"]);
    assert_eq!(told(r#""double""#), ["initiated", "initiated", "ringing", "completed"]);
    assert_eq!(told(r#"{"delay_ms":30000}"#), ["ringing", "completed", "initiated"]);
    assert_eq!(told(r#""reorder""#), ["ringing", "initiated", "completed"]);
}

#[test]
fn a_callback_that_nothing_overtakes_comes_all_the_same() {
    let mut customer = Customer::new();
    customer.fault(r#"{"on":"webhook","do":"reorder"}"#);
    customer.place("+15555550001", &[("StatusCallback", "http://customer/status")]);
    customer.pass(4_000);
    assert_eq!(customer.webhooks.len(), 0);
    customer.pass(4_000);
    assert_eq!(customer.told("/status", "CallStatus"), ["busy"]);
}

#[test]
fn a_signature_can_be_garbled() {
    let signature = |fault: Option<&str>| {
        let mut customer = Customer::new();
        if let Some(fault) = fault {
            customer.fault(fault);
        }
        customer.place("+15555550001", &[("StatusCallback", "http://customer/status")]);
        customer.pass(60_000);
        let headers = customer.webhooks[0].headers.clone();
        headers.into_iter().find(|(name, _)| name == "X-Twilio-Signature").unwrap().1
    };
    let fault = r#"{"on":"status-callback","do":"garble-signature"}"#;
    assert_ne!(signature(None), signature(Some(fault)));
}

#[test]
fn instructions_can_be_lost_late_or_asked_for_twice() {
    for (act, n_asked, status) in [
        (r#""drop""#, 0, "completed"),
        (r#""double""#, 2, "in-progress"),
        (r#"{"delay_ms":20000}"#, 1, "in-progress"),
    ] {
        let mut customer = Customer::new();
        customer.twiml("/voice", "<Pause length=\"600\"/>");
        customer.fault(&format!(r#"{{"on":"voice","do":{act}}}"#));
        let sid = customer.place("+15555550006", &[FORM[2]]);
        customer.pass(60_000);
        assert_eq!(customer.told("/voice", "CallSid").len(), n_asked, "{act}");
        assert_eq!(customer.status(&sid), status, "{act}");
    }
}

#[test]
fn a_request_that_was_cut_off_is_counted_with_its_mark() {
    let mut customer = Customer::new();
    customer.fault(r#"{"on":"create","times":1,"do":"cut-before"}"#);
    customer.post("/Calls.json", &FORM);
    let (_, body) = json(customer.post("/Calls.json", &FORM));
    let truth = customer.truth(body["sid"].as_str().unwrap());
    assert_eq!(truth["create_requests"], json!(2));
    assert_eq!(truth["creates"], json!(1));
}

#[test]
fn a_carrier_can_forget_its_limits() {
    let mut customer = Customer::new();
    customer.control(Method::PUT, "/subscribers/+15555551234", r#"{"does":"silent"}"#);
    customer.fault(r#"{"on":"create","to":"1234","times":1,"do":"forget-limits"}"#);
    let limit = [("TimeLimit", "5")];
    let forgotten = customer.place("+15555551234", &limit);
    let kept = customer.place("+15555551234", &limit);
    customer.pass(9_000);
    assert_eq!(customer.status(&forgotten), "in-progress");
    assert_eq!(customer.status(&kept), "completed");
}

#[test]
fn faults_are_listed_and_taken_back() {
    let mut customer = Customer::new();
    let first = customer.control(Method::POST, "/faults", r#"{"on":"list","do":"html"}"#);
    customer.fault(r#"{"on":"fetch","probability":0.5,"do":{"status":503}}"#);
    let listed = customer.control(Method::GET, "/faults", "");
    assert_eq!(listed["faults"].as_array().unwrap().len(), 2);
    assert_eq!(listed["faults"][0]["do"], json!("html"));
    assert_eq!(listed["faults"][0]["struck"], json!(0));
    customer.control(Method::DELETE, &format!("/faults/{}", first["id"]), "");
    let listed = customer.control(Method::GET, "/faults", "");
    assert_eq!(listed["faults"].as_array().unwrap().len(), 1);
    customer.control(Method::DELETE, "/faults", "");
    let listed = customer.control(Method::GET, "/faults", "");
    assert_eq!(listed["faults"], json!([]));
    let (status, answer) = customer.try_control(Method::POST, "/faults", r#"{"on":"list","do":"drop"}"#);
    assert_eq!(status, 400, "{answer}");
}
