//! The control interface.

use http::Method;
use serde_json::json;

use crate::customer::{Customer, json};

#[test]
fn the_truth_lists_calls_and_narrows_to_live_ones() {
    let mut customer = Customer::new();
    customer.place("+15555550001", &[]);
    let talks = customer.place("+15555550006", &[]);
    customer.pass(10_000);
    let all = customer.control(Method::GET, "/calls", "");
    assert_eq!(all["calls"].as_array().unwrap().len(), 2);
    let live = customer.control(Method::GET, "/calls?live=true", "");
    assert_eq!(live["calls"].as_array().unwrap().len(), 1);
    let call = &live["calls"][0];
    assert_eq!(call["id"], json!(talks));
    assert_eq!(call["carrier"], json!("twilio"));
    assert_eq!(call["direction"], json!("outbound"));
    assert_eq!(call["status"], json!("in-progress"));
    assert_eq!(call["answered_at"], json!(1_767_323_045_200_i64));
    assert_eq!(call["ended_at"], json!(null));
    let by_number = customer.control(Method::GET, "/calls?to=%2B15555550001", "");
    assert_eq!(by_number["calls"].as_array().unwrap().len(), 1);
}

#[test]
fn a_subscriber_can_be_moved_by_hand() {
    let mut customer = Customer::new();
    let sid = customer.place("+15555550002", &[]);
    customer.pass(5_000);
    customer.control(Method::POST, &format!("/calls/{sid}/answer"), "");
    assert_eq!(customer.status(&sid), "in-progress");
    customer.pass(5_000);
    customer.control(Method::POST, &format!("/calls/{sid}/hangup"), "");
    assert_eq!(customer.fetch(&sid)["duration"], json!("5"));
    assert_eq!(customer.truth(&sid)["ended_by"], json!("remote"));
    let (status, _) = customer.try_control(Method::POST, &format!("/calls/{sid}/hangup"), "");
    assert_eq!(status, 409);
}

#[test]
fn a_behaviour_can_be_set_and_read() {
    let mut customer = Customer::new();
    let path = "/subscribers/+15555551234";
    let usual = customer.control(Method::GET, path, "");
    assert_eq!(usual, json!({ "does": "talk", "answer_after_ms": 2000, "talk_ms": 20000 }));
    customer.control(Method::PUT, path, r#"{"does":"silent","answer_after_ms":100}"#);
    let sid = customer.place("+15555551234", &[]);
    customer.pass(3_600_000);
    assert_eq!(customer.status(&sid), "in-progress");
    customer.control(Method::DELETE, path, "");
    assert_eq!(customer.control(Method::GET, path, ""), usual);
    assert_eq!(customer.try_control(Method::PUT, path, r#"{"does":"sing"}"#).0, 400);
}

#[test]
fn many_calls_can_be_in_progress_at_once() {
    let mut customer = Customer::new();
    let body = r#"{"count":1000,"from":"+15550199000","to_base":"+15555000000",
                   "answered_ago_ms":60000,"time_limit_s":90}"#;
    let seeded = customer.control(Method::POST, "/seed", body);
    let sids = seeded["sids"].as_array().unwrap();
    assert_eq!((sids.len(), customer.network.n_live()), (1_000, 1_000));
    let last = customer.fetch(sids[999].as_str().unwrap());
    assert_eq!(last["to"], json!("+15555000999"));
    assert_eq!(last["start_time"], json!("Fri, 02 Jan 2026 03:03:05 +0000"));
    assert_eq!(customer.update(sids[0].as_str().unwrap(), &[("Status", "completed")]).0, 200);
    customer.pass(31_000);
    assert_eq!(customer.network.n_live(), 0);
}

#[test]
fn requests_are_counted() {
    let mut customer = Customer::new();
    let sid = customer.place("+15555550006", &[("Colour", "red")]);
    customer.fetch(&sid);
    customer.fetch(&sid);
    customer.get("/Calls.json");
    let requests = customer.control(Method::GET, "/requests", "");
    assert_eq!(requests["total"], json!(4));
    assert_eq!(requests["by_operation"], json!({ "create": 1, "fetch": 2, "list": 1 }));
    assert_eq!(requests["by_second"], json!({ "1767323045": 4 }));
    assert_eq!(requests["unknown_parameters"], json!({ "Colour": 1 }));
    assert_eq!(requests["last"][0]["status"], json!(201));
    assert_eq!(requests["last"][0]["method"], json!("POST"));
}

#[test]
fn a_reset_forgets_everything_and_repeats_no_name() {
    let mut customer = Customer::new();
    let before = customer.place("+15555550006", &[]);
    customer.fault(r#"{"on":"fetch","do":"html"}"#);
    customer.control(Method::POST, "/reset", "");
    assert_eq!(customer.network.calls(), []);
    assert_eq!(json(customer.get(&format!("/Calls/{before}.json"))).0, 404);
    assert_ne!(customer.place("+15555550006", &[]), before);
}

#[test]
fn what_is_not_there_is_said_so() {
    let mut customer = Customer::new();
    for (method, path, status) in [
        (Method::GET, "/calls/CA0", 404),
        (Method::GET, "/nothing", 404),
        (Method::PATCH, "/calls", 405),
        (Method::GET, "/numbers/+15550199000", 404),
        (Method::DELETE, "/faults/9", 404),
        (Method::POST, "/seed", 400),
    ] {
        let (answered, body) = customer.try_control(method, path, "");
        assert_eq!(answered, status, "{path}");
        assert!(body["error"].is_string());
    }
    let body = r#"{"from":"+15555551234","to":"+15550199000"}"#;
    assert_eq!(customer.try_control(Method::POST, "/calls", body).0, 404);
    assert_eq!(customer.control(Method::GET, "/health", "")["status"], json!("ok"));
}
