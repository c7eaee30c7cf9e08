//! Lists of calls: filters, pages, and what comes back when they are followed.

use serde_json::{Value, json};

use crate::customer::{Customer, json};

fn sids(body: &Value) -> Vec<String> {
    let calls = body["calls"].as_array().unwrap().iter();
    calls.map(|call| call["sid"].as_str().unwrap().to_owned()).collect()
}

fn listed(customer: &mut Customer, query: &str) -> Vec<String> {
    let (status, body) = json(customer.get(&format!("/Calls.json?{query}")));
    assert_eq!(status, 200);
    sids(&body)
}

#[test]
fn the_newest_come_first_and_pages_lead_to_all() {
    let mut customer = Customer::new();
    let mut placed: Vec<_> = (0..7).map(|_| customer.place("+15555550006", &[])).collect();
    placed.reverse();
    let mut seen = Vec::new();
    let mut path = "/Calls.json?PageSize=3".to_owned();
    for (number, length) in [3, 3, 1].into_iter().enumerate() {
        let (_, body) = json(customer.get(&path));
        assert_eq!(sids(&body).len(), length);
        assert_eq!(body["page"], json!(number));
        assert_eq!(body["start"], json!(number * 3));
        assert_eq!(body["end"], json!(number * 3 + length - 1));
        seen.extend(sids(&body));
        // Calls that come while paging must not shift the pages.
        customer.place("+15555550006", &[]);
        let next = body["next_page_uri"].as_str().unwrap_or_default();
        path = next.find("/Calls.json").map_or(String::new(), |at| next[at..].to_owned());
    }
    assert_eq!(path, "");
    assert_eq!(seen, placed);
}

#[test]
fn a_page_without_token_is_found_by_its_number() {
    let mut customer = Customer::new();
    let placed: Vec<_> = (0..3).map(|_| customer.place("+15555550006", &[])).collect();
    assert_eq!(listed(&mut customer, "PageSize=2&Page=1"), [placed[0].clone()]);
}

#[test]
fn filters_narrow_the_list() {
    let mut customer = Customer::new();
    let busy = customer.place("+15555550001", &[]);
    let talks = customer.place("+15555550006", &[]);
    customer.pass(10_000);
    let waits = customer.place("+15555550002", &[("From", "+15550199001")]);
    for (query, expected) in [
        ("To=%2B15555550001", vec![&busy]),
        ("To=+15555550001", vec![&busy]),
        ("From=%2B15550199000", vec![&waits, &talks, &busy]),
        ("Status=in-progress", vec![&talks]),
        ("Status=busy&To=%2B15555550006", vec![]),
        ("StartTime=2026-01-02", vec![&talks, &busy]),
        ("StartTime%3E=2026-01-02", vec![&talks, &busy]),
        ("StartTime>=2026-01-03", vec![]),
        ("StartTime%3C=2026-01-01", vec![]),
        ("EndTime=2026-01-02", vec![&busy]),
        ("ParentCallSid=CA0", vec![]),
    ] {
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(listed(&mut customer, query), expected, "{query}");
    }
}

#[test]
fn a_page_says_what_was_asked() {
    let mut customer = Customer::new();
    customer.place("+15555550006", &[]);
    customer.place("+15555550006", &[]);
    let (_, body) = json(customer.get("/Calls.json?To=%2B15555550006&PageSize=1"));
    let next = body["next_page_uri"].as_str().unwrap();
    assert!(next.starts_with("/2010-04-01/Accounts/AC"), "{next}");
    assert!(next.contains("To=%2B15555550006&PageSize=1&Page=1&PageToken=PACA"), "{next}");
    assert_eq!(body["previous_page_uri"], Value::Null);
}

#[test]
fn the_events_tell_what_was_asked_and_answered() {
    let mut customer = Customer::new();
    let sid = customer.place("+15555550001", &[("StatusCallback", "http://customer/status")]);
    customer.pass(1_000);
    let (_, body) = json(customer.get(&format!("/Calls/{sid}/Events.json")));
    let event = &body["events"][0];
    assert_eq!(event["request"]["url"], json!("http://customer/status"));
    assert_eq!(event["request"]["parameters"]["CallStatus"], json!("busy"));
    assert_eq!(event["response"]["response_code"], json!(204));
}
