//! The API's door: credentials, paths, rates, and what is done to the sound of a call.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::json;

use super::{Customer, answer};
use crate::settings::{DEFAULT_PLIVO_AUTH_ID, DEFAULT_PLIVO_AUTH_TOKEN};
use crate::wire::WireRequest;

#[test]
fn only_the_account_itself_gets_in() {
    let mut customer = Customer::new();
    for (account, user, token, status) in [
        (DEFAULT_PLIVO_AUTH_ID, DEFAULT_PLIVO_AUTH_ID, DEFAULT_PLIVO_AUTH_TOKEN, 200),
        (DEFAULT_PLIVO_AUTH_ID, DEFAULT_PLIVO_AUTH_ID, "wrong", 401),
        ("MAOFFHOOKSIMULATED01", DEFAULT_PLIVO_AUTH_ID, DEFAULT_PLIVO_AUTH_TOKEN, 401),
    ] {
        let credentials = STANDARD.encode(format!("{user}:{token}"));
        let request = WireRequest::new(Method::GET, format!("/v1/Account/{account}/Call/?status=live"))
            .with_header("authorization", format!("Basic {credentials}"));
        let now = customer.now;
        let (answered, body) = answer(customer.network.request(&request, now));
        assert_eq!(answered, status);
        assert!(body["api_id"].is_string());
    }
}

#[test]
fn paths_and_methods_that_are_none_are_refused() {
    let mut customer = Customer::new();
    for (method, path, status) in [
        (Method::GET, "/Call", 404),
        (Method::PUT, "/Call/", 405),
        (Method::GET, "/Request/x/", 405),
        (Method::GET, "/Conference/", 404),
        (Method::GET, "/Call/x/?status=over", 400),
        (Method::DELETE, "/Call/x/DTMF/", 405),
        (Method::POST, "/Call/x/Sing/", 404),
        (Method::DELETE, "/Request//", 404),
    ] {
        let (answered, body) = answer(customer.ask(method, path, json!({})));
        assert_eq!(answered, status, "{path}");
        assert!(body["error"].is_string());
    }
}

#[test]
fn requests_that_place_no_call_are_limited() {
    let mut customer = Customer::new();
    for _ in 0..300 {
        assert_eq!(customer.get("/Call/?status=live").0, 200);
    }
    assert_eq!(customer.get("/Call/?status=live").0, 429);
    customer.request("+15555550006", json!({}));
    customer.pass(4_999);
    assert_eq!(customer.get("/Call/?status=live").0, 429);
    customer.pass(1);
    assert_eq!(customer.get("/Call/?status=live").0, 200);
}

#[test]
fn a_talking_call_hears_what_the_api_plays() {
    let mut customer = Customer::new();
    let id = customer.place("+15555550006", json!({}));
    assert_eq!(customer.post(&format!("/Call/{id}/Speak/"), json!({ "text": "early" })).0, 404);
    customer.pass(1_000);
    for (path, body, status, message) in [
        ("Speak", json!({ "text": "Hello" }), 202, json!("speak started")),
        ("Speak", json!({}), 400, json!(null)),
        ("Play", json!({ "urls": "http://a/1.mp3,http://a/2.mp3" }), 202, json!("play started")),
        ("DTMF", json!({ "digits": "1w2#" }), 202, json!("digits sent")),
        ("DTMF", json!({ "digits": "one" }), 400, json!(null)),
        ("Record", json!({}), 202, json!("call recording started")),
    ] {
        let (answered, body) = customer.post(&format!("/Call/{id}/{path}/"), body);
        assert_eq!((answered, &body["message"]), (status, &message), "{path}");
    }
    for path in ["Speak", "Play", "Record"] {
        assert_eq!(customer.delete(&format!("/Call/{id}/{path}/")), 204);
    }
    assert_eq!(customer.heard(&id), ["Hello", "http://a/1.mp3", "http://a/2.mp3", "1w2#"]);
}

#[test]
fn a_stream_fails_after_a_second() {
    let mut customer = Customer::new();
    let id = customer.place("+15555550006", json!({}));
    customer.pass(1_000);
    let path = format!("/Call/{id}/Stream/");
    let order = json!({ "service_url": "wss://customer/media", "status_callback_url": "http://customer/st" });
    let (status, body) = customer.post(&path, order);
    assert_eq!((status, &body["message"]), (202, &json!("audio streaming started")));
    let stream = body["stream_id"].as_str().unwrap().to_owned();
    let of = |customer: &mut Customer| customer.get(&format!("{path}{stream}/")).1["status"].clone();
    assert_eq!(of(&mut customer), json!("initiated"));
    customer.pass(1_000);
    assert_eq!(of(&mut customer), json!("stopped"));
    assert_eq!(customer.told("/st", "Event"), ["DroppedStream"]);
    assert_eq!(customer.told("/st", "StreamID"), [stream.as_str()]);
    assert_eq!(customer.get(&path).1["objects"].as_array().unwrap().len(), 1);
    assert_eq!(customer.delete(&format!("{path}{stream}/")), 204);
    assert_eq!(customer.delete(&path), 204);
    assert_eq!(customer.delete(&format!("{path}nobody/")), 404);
    assert_eq!(customer.post(&path, json!({ "service_url": "http://customer/media" })).0, 400);
    assert_eq!(customer.live(&id).0, 200, "the call goes on");
}
