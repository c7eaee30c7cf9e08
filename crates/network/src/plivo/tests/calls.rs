//! Calls placed by the API, looked at, listed, cancelled and hung up.

use http::Method;
use serde_json::{Value, json};

use super::{Customer, answer};
use crate::settings::PlivoAccount;

#[test]
fn a_call_is_placed_answered_and_hung_up() {
    let mut customer = Customer::new();
    let request_uuid = customer.request("+15555550006", json!({ "ring_url": "http://customer/ring" }));
    let call_uuid = customer.truth(&request_uuid)["id"].as_str().unwrap().to_owned();
    assert_ne!(request_uuid, call_uuid);
    assert_eq!(customer.live(&call_uuid).0, 404, "it is not dialled yet");
    customer.pass(10_000);
    let (status, live) = customer.live(&call_uuid);
    assert_eq!(status, 200);
    assert_eq!(live["call_status"], json!("in-progress"));
    assert_eq!((&live["call_uuid"], &live["request_uuid"]), (&json!(call_uuid), &json!(request_uuid)));
    assert_eq!((&live["from"], &live["to"]), (&json!("+15550199000"), &json!("15555550006")));
    assert_eq!(live["session_start"], json!("2026-01-02 03:04:05.000000"));
    assert_eq!(customer.live(&request_uuid).0, 404, "a request is no call");
    assert_eq!(customer.get(&format!("/Call/{call_uuid}/")).0, 404, "there is no record yet");
    assert_eq!(customer.delete(&format!("/Call/{call_uuid}/")), 204);
    assert_eq!(customer.delete(&format!("/Call/{call_uuid}/")), 404);
    customer.pass(1_999);
    assert_eq!(customer.get(&format!("/Call/{call_uuid}/")).0, 404, "the record is late");
    customer.pass(1);
    let record = customer.record(&call_uuid);
    assert_eq!(record["end_time"], json!("2026-01-02 08:34:15+05:30"));
    assert_eq!((&record["call_duration"], &record["billed_duration"]), (&json!(9), &json!(60)));
    assert_eq!(record["hangup_cause_code"], json!(4000));
    assert_eq!(record["hangup_source"], json!("API Request"));
    assert_eq!(record["call_state"], json!("ANSWER"));
    assert_eq!(record["parent_call_uuid"], Value::Null);
    assert!(record["api_id"].is_string());
    assert_eq!(customer.get(&format!("/Call/{request_uuid}/")).0, 404);
    assert_eq!(customer.told("/ring", "Event"), ["Ring"]);
    // Where no other URL is given, the answer URL hears of the end.
    assert_eq!(customer.told("/answer", "Event"), ["StartApp", "Hangup"]);
}

#[test]
fn the_two_ids_may_be_one() {
    let mut customer = Customer::with(PlivoAccount { equal_uuids: true, ..PlivoAccount::default() });
    let request_uuid = customer.request("+15555550006", json!({}));
    customer.pass(1_000);
    let (status, live) = customer.live(&request_uuid);
    assert_eq!((status, &live["call_uuid"]), (200, &json!(request_uuid)));
}

#[test]
fn what_comes_too_fast_is_queued() {
    let mut customer = Customer::new();
    let first = customer.request("+15555550006", json!({}));
    customer.request("+15555550006", json!({}));
    let order =
        json!({ "from": "15550199000", "to": "15555550006<15555551006", "answer_url": "http://customer/a" });
    let (status, body) = customer.post("/Call/", order);
    assert_eq!((status, &body["message"]), (201, &json!("call queued")));
    let ids: Vec<&str> =
        body["request_uuid"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    let (_, queued) = customer.get("/Call/?status=queued");
    assert_eq!(queued["calls"], json!(ids));
    let (status, one) = customer.get(&format!("/Call/{}/?status=queued", ids[0]));
    assert_eq!((status, &one["call_status"]), (200, &json!("queued")));
    assert_eq!(customer.get(&format!("/Call/{first}/?status=queued")).0, 404, "it was fired");
    assert_eq!(customer.delete(&format!("/Call/{}/", ids[1])), 204, "a queued one can be hung up");
    customer.pass(1_100);
    let (_, live) = customer.get("/Call/?status=live");
    assert_eq!(live["calls"].as_array().unwrap().len(), 3);
    assert_eq!(customer.get("/Call/?status=queued").1["calls"], json!([]));
    let truth = customer.truth(ids[1]);
    assert_eq!((&truth["dialled_at"], &truth["cause"]), (&Value::Null, &json!("canceled")));
}

#[test]
fn a_request_is_cancelled_until_somebody_answers() {
    let mut customer = Customer::new();
    let rings = customer.request("+15555550002", json!({}));
    customer.pass(5_000);
    let talks = customer.request("+15555550006", json!({}));
    customer.pass(5_000);
    assert_eq!(customer.delete(&format!("/Request/{rings}/")), 204);
    assert_eq!(customer.delete(&format!("/Request/{rings}/")), 404);
    assert_eq!(customer.delete(&format!("/Request/{talks}/")), 404);
    customer.pass(2_000);
    let id = customer.truth(&rings)["id"].as_str().unwrap().to_owned();
    let record = customer.record(&id);
    assert_eq!((&record["hangup_cause_code"], &record["answer_time"]), (&json!(1000), &Value::Null));
    assert_eq!(customer.told("/answer", "CallStatus"), ["in-progress", "cancel"]);
}

#[test]
fn a_hang_up_that_names_no_call_ends_them_all_and_is_counted() {
    let mut customer = Customer::new();
    let calls: Vec<String> = (0..3).map(|_| customer.place("+15555550006", json!({}))).collect();
    customer.pass(700);
    assert_eq!(customer.control(Method::GET, "/plivo/account_hangups", "")["account_hangups"], json!(0));
    assert_eq!(customer.delete("/Call/"), 204);
    assert_eq!(customer.network.n_live(), 0);
    assert_eq!(customer.control(Method::GET, "/plivo/account_hangups", "")["account_hangups"], json!(1));
    assert_eq!(customer.delete("/Call//"), 204);
    assert_eq!(customer.control(Method::GET, "/plivo/account_hangups", "")["account_hangups"], json!(2));
    customer.pass(2_000);
    assert_eq!(customer.record(&calls[0])["hangup_cause_code"], json!(0));
    assert_eq!(customer.truth(&calls[0])["hangups"], json!(1));
}

#[test]
fn how_a_call_ended_is_said_by_code_and_by_word() {
    for (to, code, status, state) in [
        ("+15555550001", 3010, "busy", "BUSY"),
        ("+15555550002", 6010, "no-answer", "NO_ANSWER"),
        ("+15555550003", 2010, "failed", "FAILED"),
        ("+15555550004", 3020, "busy", "BUSY"),
        ("+15555550008", 4000, "completed", "ANSWER"),
    ] {
        let mut customer = Customer::new();
        let more = json!({ "ring_timeout": 30, "hangup_url": "http://customer/over" });
        let id = customer.place(to, more);
        customer.pass(60_000);
        let record = customer.record(&id);
        assert_eq!(
            (&record["hangup_cause_code"], &record["call_state"]),
            (&json!(code), &json!(state)),
            "{to}"
        );
        assert_eq!(customer.told("/over", "CallStatus"), [status], "{to}");
        assert_eq!(customer.told("/over", "HangupCauseCode"), [code.to_string()], "{to}");
    }
}

#[test]
fn limits_are_kept() {
    let mut customer = Customer::new();
    let rings = customer.place("+15555550002", json!({ "hangup_on_ring": "3" }));
    let talks = customer.place("+15555550006", json!({ "time_limit": 5 }));
    customer.pass(10_000);
    assert_eq!(customer.record(&rings)["hangup_cause_code"], json!(6010));
    let record = customer.record(&talks);
    assert_eq!((&record["hangup_cause_code"], &record["call_duration"]), (&json!(6000), &json!(5)));
}

#[test]
fn live_calls_are_listed_by_twenties() {
    let mut customer = Customer::new();
    let body = r#"{"count":45,"from":"+15550199000","to_base":"+15555000000","carrier":"plivo"}"#;
    let seeded = customer.control(Method::POST, "/seed", body);
    let mut found: Vec<Value> = Vec::new();
    for offset in [0, 20, 40, 60] {
        let (status, page) = customer.get(&format!("/Call/?status=live&limit=20&offset={offset}"));
        assert_eq!(status, 200);
        found.extend(page["calls"].as_array().unwrap().clone());
    }
    assert_eq!(json!(found), seeded["sids"]);
    assert_eq!(customer.get("/Call/?status=live&limit=21").0, 400);
    let (_, one) = customer.get("/Call/?status=live&to_number=15555000044");
    assert_eq!(one["calls"], json!([seeded["sids"][44]]));
}

#[test]
fn records_are_listed_filtered_and_paged() {
    let mut customer = Customer::new();
    let calls: Vec<String> = (0..5)
        .map(|index| {
            let id = customer.place(&format!("+155555{index}0008"), json!({}));
            customer.pass(10_000);
            id
        })
        .collect();
    let ids = |customer: &mut Customer, query: &str| -> Vec<String> {
        let (status, body) = customer.get(&format!("/Call/?{query}"));
        assert_eq!(status, 200, "{body}");
        let objects = body["objects"].as_array().unwrap();
        objects.iter().map(|object| object["call_uuid"].as_str().unwrap().to_owned()).collect()
    };
    let newest_first: Vec<String> = calls.iter().rev().cloned().collect();
    assert_eq!(ids(&mut customer, ""), newest_first);
    assert_eq!(ids(&mut customer, "to_number=15555520008"), [calls[2].clone()]);
    assert_eq!(ids(&mut customer, "to_number=%2B1555552"), [calls[2].clone()]);
    let query = "end_time__gte=2026-01-02%2003:04:10&end_time__lt=2026-01-02%2003:04:25";
    assert_eq!(ids(&mut customer, query), [calls[1].clone()]);
    assert_eq!(ids(&mut customer, "bill_duration__gt=0"), Vec::<String>::new());
    assert_eq!(ids(&mut customer, "hangup_cause_code=4000&limit=2&offset=3"), newest_first[3..]);
    let (_, page) = customer.get("/Call/?limit=2&offset=2&from_number=15550199000");
    assert_eq!(
        page["meta"],
        json!({
            "limit": 2, "offset": 2, "total_count": 5,
            "next": "/v1/Account/MAOFFHOOKSIMULATED00/Call/?from_number=15550199000&limit=2&offset=4",
            "previous": "/v1/Account/MAOFFHOOKSIMULATED00/Call/?from_number=15550199000&limit=2&offset=0",
        })
    );
    for query in [
        "limit=21",
        "limit=0",
        "offset=x",
        "end_time__gte=yesterday",
        "status=over",
        "end_time__gte=2025-11-01%2000:00&end_time__lte=2026-01-01%2000:00",
    ] {
        assert_eq!(customer.get(&format!("/Call/?{query}")).0, 400, "{query}");
    }
}

#[test]
fn a_request_that_lacks_something_places_no_call() {
    let order = json!({ "from": "15550199000", "to": "15555550006", "answer_url": "http://customer/a" });
    for (key, value) in [
        ("from", Value::Null),
        ("to", json!("")),
        ("answer_url", Value::Null),
        ("answer_url", json!("customer/a")),
        ("to", json!("15555550006<sip:a@b")),
        ("to", json!("15550199000")),
        ("hangup_method", json!("PUT")),
        ("machine_detection_time", json!(1)),
        ("time_limit", json!("long")),
    ] {
        let mut customer = Customer::new();
        let mut order = order.clone();
        order[key] = value;
        let (status, body) = customer.post("/Call/", order);
        assert_eq!(status, 400, "{key}");
        assert!(body["api_id"].is_string() && body["error"].is_string(), "{body}");
        assert_eq!(customer.network.calls().len(), 0);
    }
    let mut customer = Customer::new();
    assert_eq!(answer(customer.ask(Method::POST, "/Call/", json!([1]))).0, 400);
}
