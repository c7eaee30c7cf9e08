//! The life of calls at Telnyx: placing, looking, ending, lists and errors.

use http::Method;
use network::{DEFAULT_TELNYX_API_KEY, DEFAULT_TELNYX_CONNECTION_ID, DEFAULT_TELNYX_PUBLIC_KEY, Reply};
use network::{Settings, WebhookFailure, WireRequest, WireResponse};
use serde_json::{Value, json};

use crate::customer::{Customer, json};

pub(crate) const URL: &str = "http://customer/telnyx";

pub(crate) fn api(method: Method, path: &str, body: &Value) -> WireRequest {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let bearer = format!("Bearer {DEFAULT_TELNYX_API_KEY}");
    WireRequest::new(method, format!("/v2{path}")).with_header("authorization", bearer).with_body(body)
}

/// A customer of Telnyx's, on the same network as Twilio's.
pub(crate) trait AtTelnyx {
    fn ask(&mut self, method: Method, path: &str, body: Value) -> Reply;
    fn dial(&mut self, to: &str, more: Value) -> Value;
    fn command(&mut self, id: &str, command: &str, body: Value) -> (u16, Value);
    fn look(&mut self, id: &str) -> Value;
    fn events(&self) -> Vec<String>;
    fn event(&self, kind: &str) -> Value;
    fn answers_200(&mut self);
}

impl AtTelnyx for Customer {
    fn ask(&mut self, method: Method, path: &str, body: Value) -> Reply {
        self.network.request(&api(method, path, &body), self.now)
    }

    /// Places a call that tells `URL`, and gives what is answered under `data`.
    fn dial(&mut self, to: &str, more: Value) -> Value {
        let (status, body) = json(self.ask(Method::POST, "/calls", order(to, more)));
        assert_eq!(status, 200, "{body}");
        body["data"].clone()
    }

    /// The status and the error code of a command's answer.
    fn command(&mut self, id: &str, command: &str, body: Value) -> (u16, Value) {
        let method = if command == "client_state_update" { Method::PUT } else { Method::POST };
        let (status, body) = json(self.ask(method, &format!("/calls/{id}/actions/{command}"), body));
        (status, body["errors"][0]["code"].clone())
    }

    fn look(&mut self, id: &str) -> Value {
        let (status, body) = json(self.ask(Method::GET, &format!("/calls/{id}"), Value::Null));
        assert_eq!(status, 200, "{body}");
        body["data"].clone()
    }

    /// The types of the events told, in the order sent.
    fn events(&self) -> Vec<String> {
        let told = self.webhooks.iter().filter(|webhook| webhook.url.contains("telnyx"));
        told.map(|webhook| event_type(&webhook.body)).collect()
    }

    /// The payload of the last event of a type.
    fn event(&self, kind: &str) -> Value {
        let told = self.webhooks.iter().rev().find(|webhook| event_type(&webhook.body) == kind);
        let body: Value = serde_json::from_slice(&told.unwrap().body).unwrap();
        body["data"]["payload"].clone()
    }

    fn answers_200(&mut self) {
        self.page("customer/telnyx", Ok(WireResponse::empty(200)));
    }
}

pub(crate) fn order(to: &str, more: Value) -> Value {
    let mut order = json!({
        "connection_id": DEFAULT_TELNYX_CONNECTION_ID,
        "to": to,
        "from": "+15550199000",
        "webhook_url": URL,
    });
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        order[key] = value;
    }
    order
}

fn event_type(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body["data"]["event_type"].as_str().unwrap_or_default().to_owned()
}

pub(crate) fn id_of(call: &Value) -> String {
    call["call_control_id"].as_str().unwrap().to_owned()
}

pub(crate) fn customer() -> Customer {
    let mut customer = Customer::new();
    customer.answers_200();
    customer
}

#[test]
fn a_call_is_placed_answered_and_hung_up() {
    let mut customer = customer();
    // "c_1"
    let call = customer.dial("+15555550006", json!({ "client_state": "Y18x" }));
    let id = id_of(&call);
    assert!(id.starts_with("v3:") && id.len() == 57, "{id}");
    assert_eq!((&call["is_alive"], &call["record_type"]), (&json!(false), &json!("call")));
    let waits = customer.look(&id);
    assert_eq!((&waits["is_alive"], &waits["end_time"]), (&json!(false), &Value::Null));
    customer.pass(10_000);
    let talks = customer.look(&id);
    assert_eq!(talks["is_alive"], json!(true));
    assert_eq!(talks["start_time"], json!("2026-01-02T03:04:05.050Z"));
    assert_eq!(talks["call_duration"], json!(9));
    assert_eq!(talks["client_state"], json!("Y18x"));
    // An answered call stays as it is until somebody ends it.
    assert_eq!(customer.events(), ["call.initiated", "call.answered"]);
    assert_eq!(customer.command(&id, "hangup", json!({})), (200, Value::Null));
    customer.pass(1_000);
    let ended = customer.look(&id);
    assert_eq!((&ended["is_alive"], &ended["end_time"]), (&json!(false), &json!("2026-01-02T03:04:15.000Z")));
    let end = customer.event("call.hangup");
    assert_eq!(end["hangup_cause"], json!("normal_clearing"));
    assert_eq!((&end["hangup_source"], &end["sip_hangup_cause"]), (&json!("caller"), &json!("200")));
    assert_eq!(end["client_state"], json!("Y18x"));
    assert_eq!(end["call_leg_id"], call["call_leg_id"]);
    let truth = customer.truth(&id);
    assert_eq!(truth["carrier"], json!("telnyx"));
    assert_eq!(truth["mark"], json!({ "call": "c_1" }));
    assert_eq!(truth["told"], json!(["call.initiated", "call.answered", "call.hangup"]));
    assert_eq!((&truth["hangups"], &truth["creates"]), (&json!(1), &json!(1)));
}

#[test]
fn what_the_subscriber_does_is_told_in_telnyxs_words() {
    for (to, cause, source, sip) in [
        ("+15555550001", "user_busy", "callee", "486"),
        ("+15555550002", "timeout", "unknown", "487"),
        ("+15555550003", "not_found", "unknown", "404"),
        ("+15555550004", "call_rejected", "callee", "603"),
        ("+15555550008", "normal_clearing", "callee", "200"),
    ] {
        let mut customer = customer();
        customer.dial(to, json!({ "timeout_secs": 5 }));
        customer.pass(60_000);
        let end = customer.event("call.hangup");
        let told = (&end["hangup_cause"], &end["hangup_source"], &end["sip_hangup_cause"]);
        assert_eq!(told, (&json!(cause), &json!(source), &json!(sip)), "{to}");
    }
}

#[test]
fn a_call_ends_at_its_limit_and_one_that_rings_can_be_cancelled() {
    let mut customer = customer();
    let limited = id_of(&customer.dial("+15555550006", json!({ "time_limit_secs": 30 })));
    customer.pass(29_000);
    assert_eq!(customer.look(&limited)["is_alive"], json!(true));
    customer.pass(2_000);
    assert_eq!(customer.event("call.hangup")["hangup_cause"], json!("time_limit"));
    let rings = id_of(&customer.dial("+15555550002", json!({})));
    customer.pass(2_000);
    customer.command(&rings, "hangup", json!({}));
    customer.pass(1_000);
    assert_eq!(customer.event("call.hangup")["hangup_cause"], json!("originator_cancel"));
    assert_eq!(customer.command(&rings, "hangup", json!({})), (422, json!("90018")));
}

#[test]
fn a_status_is_kept_for_ten_minutes() {
    let mut customer = customer();
    let id = id_of(&customer.dial("+15555550001", json!({})));
    customer.pass(600_000);
    assert_eq!(customer.look(&id)["is_alive"], json!(false));
    customer.pass(1_000);
    let (status, body) = json(customer.ask(Method::GET, &format!("/calls/{id}"), Value::Null));
    assert_eq!((status, &body["errors"][0]["code"]), (404, &json!("10005")));
}

#[test]
fn an_id_may_come_escaped() {
    let mut customer = customer();
    let id = id_of(&customer.dial("+15555550006", json!({}))).replace(':', "%3A");
    customer.pass(1_000);
    assert_eq!(customer.look(&id)["is_alive"], json!(true));
}

#[test]
fn wrong_requests_are_refused_in_telnyxs_words() {
    let mut customer = customer();
    for (more, status, code, pointer) in [
        (json!({ "to": null }), 422, "10004", "/to"),
        (json!({ "connection_id": "" }), 422, "10004", "/connection_id"),
        (json!({ "connection_id": "7" }), 422, "10015", "/connection_id"),
        (json!({ "to": "5555550006" }), 422, "10016", "/to"),
        (json!({ "to": 5 }), 422, "10026", "/to"),
        (json!({ "timeout_secs": 4 }), 422, "10033", "/timeout_secs"),
        (json!({ "time_limit_secs": 14_401 }), 422, "10033", "/time_limit_secs"),
        (json!({ "client_state": "c 1" }), 400, "10015", "/client_state"),
        (json!({ "webhook_url": "nowhere" }), 422, "10003", "/webhook_url"),
    ] {
        let (answered, body) =
            json(customer.ask(Method::POST, "/calls", order("+15555550006", more.clone())));
        let error = &body["errors"][0];
        assert_eq!((answered, &error["code"]), (status, &json!(code)), "{more}");
        assert_eq!(error["source"]["pointer"], json!(pointer), "{more}");
        assert!(error["title"].is_string() && error["detail"].is_string());
    }
    assert_eq!(customer.network.calls(), []);
    for (method, path, status, code) in [
        (Method::GET, "/calls/v3:none", 404, "10005"),
        (Method::POST, "/calls/v3:none/actions/hangup", 422, "90015"),
        (Method::GET, "/connections/7/active_calls", 404, "10005"),
        (Method::GET, "/nothing", 404, "10005"),
    ] {
        let (answered, body) = json(customer.ask(method, path, Value::Null));
        assert_eq!((answered, &body["errors"][0]["code"]), (status, &json!(code)), "{path}");
    }
    let request =
        WireRequest::new(Method::GET, "/v2/calls/v3:none").with_header("authorization", "Bearer no");
    let (status, body) = json(customer.network.request(&request, customer.now));
    assert_eq!((status, &body["errors"][0]["code"]), (401, &json!("10009")));
}

#[test]
fn a_repeated_command_id_dials_once_in_a_minute() {
    let mut customer = customer();
    let first = customer.dial("+15555550006", json!({ "command_id": "one", "client_state": "Y18x" }));
    customer.pass(59_000);
    let again = customer.dial("+15555550006", json!({ "command_id": "one", "client_state": "Y18x" }));
    assert_eq!(first, again);
    let truth = customer.truth(&id_of(&first));
    assert_eq!((&truth["creates"], &truth["create_requests"]), (&json!(1), &json!(2)));
    customer.pass(2_000);
    let later = customer.dial("+15555550006", json!({ "command_id": "one", "client_state": "Y18x" }));
    assert_ne!(first, later);
    assert_eq!(customer.truth(&id_of(&later))["creates"], json!(2));
}

#[test]
fn live_calls_are_listed_in_pages() {
    let mut customer = customer();
    customer.dial("+15555550001", json!({}));
    let placed: Vec<_> =
        (0..5).map(|_| id_of(&customer.dial("+15555550006", json!({ "client_state": "Y18x" })))).collect();
    customer.pass(5_000);
    let path = format!("/connections/{DEFAULT_TELNYX_CONNECTION_ID}/active_calls");
    let page = |customer: &mut Customer, query: &str| {
        let (status, body) =
            json(customer.ask(Method::GET, &format!("{path}?page[limit]=2{query}"), Value::Null));
        assert_eq!(status, 200, "{body}");
        let ids: Vec<_> = body["data"].as_array().unwrap().iter().map(id_of).collect();
        (ids, body)
    };
    let (ids, first) = page(&mut customer, "");
    assert_eq!(ids, placed[..2]);
    assert_eq!(first["meta"]["total_items"], json!(5));
    assert_eq!(first["meta"]["previous"], Value::Null);
    assert_eq!(first["data"][0]["client_state"], json!("Y18x"));
    assert_eq!(first["data"][0]["is_alive"], Value::Null, "being listed says it");
    // Calls that end while paging must not shift the pages.
    customer.command(&placed[1], "hangup", json!({}));
    let after =
        |body: &Value| format!("&page%5Bafter%5D={}", body["meta"]["cursors"]["after"].as_str().unwrap());
    let (ids, second) = page(&mut customer, &after(&first));
    assert_eq!(ids, placed[2..4]);
    let (ids, last) = page(&mut customer, &after(&second));
    assert_eq!(ids, placed[4..]);
    assert_eq!((&last["meta"]["next"], &last["meta"]["cursors"]["after"]), (&Value::Null, &Value::Null));
    let before = last["meta"]["cursors"]["before"].as_str().unwrap();
    let (ids, _) = page(&mut customer, &format!("&page[before]={before}"));
    assert_eq!(ids, placed[2..4]);
    let (ids, _) = page(&mut customer, "&page[number]=2");
    assert_eq!(ids, placed[3..]);
    assert_eq!(page(&mut customer, "&page[number]=3").0, Vec::<String>::new());
    for bad in ["page[limit]=251", "page[limit]=0", "page[after]=v1:x"] {
        let (status, _) = json(customer.ask(Method::GET, &format!("{path}?{bad}"), Value::Null));
        assert!(status == 422 || status == 400, "{bad}: {status}");
    }
}

#[test]
fn events_are_listed_and_filtered() {
    let mut customer = customer();
    let call = customer.dial("+15555550001", json!({}));
    customer.dial("+15555550006", json!({}));
    customer.pass(5_000);
    let names = |customer: &mut Customer, query: &str| -> Vec<Value> {
        let (status, body) = json(customer.ask(Method::GET, &format!("/call_events?{query}"), Value::Null));
        assert_eq!(status, 200, "{body}");
        body["data"].as_array().unwrap().iter().map(|event| event["name"].clone()).collect()
    };
    let leg = call["call_leg_id"].as_str().unwrap();
    let all = names(&mut customer, &format!("filter[leg_id]={leg}"));
    assert_eq!(all, ["dial", "call.initiated", "call.hangup"]);
    let session = call["call_session_id"].as_str().unwrap();
    let query = format!("filter[application_session_id]={session}&filter[type]=command");
    assert_eq!(names(&mut customer, &query), ["dial"]);
    assert_eq!(names(&mut customer, "").len(), 6);
    assert_eq!(names(&mut customer, "page[size]=4&page[number]=2").len(), 2);
}

#[test]
fn a_webhook_is_tried_twice_and_then_goes_to_the_failover_url() {
    for (answer, expected) in [
        (Ok(WireResponse::empty(200)), vec![URL]),
        (Ok(WireResponse::empty(503)), vec![URL, URL, "http://failover/telnyx"]),
        (Err(WebhookFailure::TimedOut), vec![URL, URL, "http://failover/telnyx"]),
    ] {
        let mut customer = Customer::new();
        customer.page("customer/telnyx", answer);
        let path = format!("/telnyx/connections/{DEFAULT_TELNYX_CONNECTION_ID}");
        let connection = r#"{"webhook_event_failover_url":"http://failover/telnyx"}"#;
        customer.control(Method::PUT, &path, connection);
        customer.dial("+15555550002", json!({}));
        customer.pass(1_000);
        let urls: Vec<_> = customer.webhooks.iter().map(|webhook| webhook.url.as_str()).collect();
        assert_eq!(urls, expected);
        let bodies: Vec<Value> =
            customer.webhooks.iter().map(|webhook| serde_json::from_slice(&webhook.body).unwrap()).collect();
        for (number, body) in bodies.iter().enumerate() {
            assert_eq!(body["meta"], json!({ "attempt": number + 1, "delivered_to": expected[number] }));
            assert_eq!(body["data"]["id"], bodies[0]["data"]["id"], "it is the same event");
        }
    }
}

#[test]
fn a_retry_policy_says_when_it_is_tried_again() {
    let mut customer = Customer::new();
    customer.page("customer/telnyx", Err(WebhookFailure::Refused));
    let policies = json!({ "call.initiated": { "retries_ms": [1_000, 2_000] } });
    customer.dial("+15555550002", json!({ "webhook_retries_policies": policies }));
    customer.pass(5_000);
    let times: Vec<_> = customer.webhooks.iter().map(|webhook| webhook.at.get() % 60_000).collect();
    assert_eq!(times, [5_050, 6_050, 8_050]);
}

#[test]
fn one_seed_gives_one_history() {
    let history = |seed: u64| {
        let mut customer = Customer::with(Settings::default(), seed);
        for to in ["+15555550001", "+15555550006", "+15555550009"] {
            let id = id_of(&customer.dial(to, json!({})));
            customer.pass(4_000);
            customer.command(&id, "gather", json!({}));
        }
        customer.pass(60_000);
        (customer.network.calls(), customer.webhooks)
    };
    assert_eq!(history(3), history(3));
    assert_ne!(history(3), history(4));
}

#[test]
fn the_public_key_can_be_asked_for() {
    let mut customer = customer();
    let answer = customer.control(Method::GET, "/telnyx/public_key", "");
    assert_eq!(answer["public_key"], json!(DEFAULT_TELNYX_PUBLIC_KEY));
}

#[test]
fn both_carriers_are_on_one_network() {
    let mut customer = customer();
    let at_twilio = customer.place("+15555550006", &[]);
    let at_telnyx = id_of(&customer.dial("+15555550006", json!({})));
    let body = r#"{"count":3,"from":"+15550199000","to_base":"+15555000000","carrier":"telnyx"}"#;
    let seeded = customer.control(Method::POST, "/seed", body);
    customer.pass(5_000);
    assert_eq!(customer.network.n_live(), 5);
    assert_eq!(customer.status(&at_twilio), "in-progress");
    assert_eq!(customer.look(&at_telnyx)["is_alive"], json!(true));
    let established = seeded["sids"][2].as_str().unwrap().to_owned();
    assert_eq!(customer.look(&established)["is_alive"], json!(true));
    assert_eq!(customer.truth(&established)["mark"], json!({ "call": "+15555000002" }));
    let requests = customer.control(Method::GET, "/requests", "");
    assert_eq!(requests["by_operation"]["create"], json!(2));
}
