//! Webhooks: what they say, how they are signed, and how often they are tried.

use http::Method;
use serde_json::json;

use super::super::signature::{sign_v2, sign_v3};
use super::{Customer, parameter};
use crate::form::Form;
use crate::settings::{DEFAULT_PLIVO_AUTH_TOKEN, PlivoAccount};
use crate::wire::{Webhook, WebhookFailure, WireResponse};

fn header<'a>(webhook: &'a Webhook, name: &str) -> &'a str {
    webhook.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
}

#[test]
fn a_webhook_names_the_call_its_request_and_both_numbers() {
    let mut customer = Customer::new();
    let request_uuid = customer.request("+15555550008", json!({ "hangup_url": "http://customer/over" }));
    customer.pass(10_000);
    let id = customer.truth(&request_uuid)["id"].as_str().unwrap().to_owned();
    for url in ["/answer", "/over"] {
        for (field, expected) in [
            ("CallUUID", id.as_str()),
            ("ALegUUID", &id),
            ("RequestUUID", &request_uuid),
            ("ALegRequestUUID", &request_uuid),
            ("From", "15550199000"),
            ("To", "15555550008"),
            ("Direction", "outbound"),
        ] {
            assert_eq!(customer.told(url, field), [expected], "{url} {field}");
        }
    }
    assert_eq!(customer.told("/answer", "call"), ["c_1"]);
    assert_eq!(customer.told("/over", "HangupCause"), ["NORMAL_CLEARING"]);
    assert_eq!(customer.told("/over", "HangupCauseName"), ["Normal Hangup"]);
    assert_eq!(customer.told("/over", "HangupSource"), ["Callee"]);
    assert_eq!(customer.told("/over", "EndTime"), ["2026-01-02 03:04:06"]);
    assert_eq!(customer.truth(&id)["told"], json!(["in-progress", "completed"]));
}

#[test]
fn both_versions_sign_each_webhook() {
    let mut customer = Customer::new();
    customer.request("+15555550008", json!({ "answer_method": "GET" }));
    customer.pass(10_000);
    assert_eq!(customer.webhooks.len(), 2);
    for webhook in &customer.webhooks {
        let form = Form::read(&webhook.body);
        let nonce = header(webhook, "X-Plivo-Signature-V3-Nonce");
        let v3 = sign_v3(DEFAULT_PLIVO_AUTH_TOKEN, &webhook.method, &webhook.url, &form, nonce);
        assert_eq!(header(webhook, "X-Plivo-Signature-V3"), v3);
        assert_eq!(header(webhook, "X-Plivo-Signature-Ma-V3"), v3);
        let nonce = header(webhook, "X-Plivo-Signature-V2-Nonce");
        let v2 = sign_v2(DEFAULT_PLIVO_AUTH_TOKEN, &webhook.url, nonce);
        assert_eq!(header(webhook, "X-Plivo-Signature-V2"), v2);
        assert_eq!(header(webhook, "X-Plivo-Signature-Ma-V2"), v2);
    }
    let asked = &customer.webhooks[0];
    assert_eq!((&asked.method, asked.body.is_empty()), (&Method::GET, true));
    assert_eq!(parameter(asked, "Event"), "StartApp");
}

#[test]
fn of_several_signatures_the_last_is_the_accounts_own() {
    let other_tokens = vec!["retired".to_owned()];
    let mut customer = Customer::with(PlivoAccount { other_tokens, ..PlivoAccount::default() });
    customer.request("+15555550001", json!({}));
    customer.pass(1_000);
    let webhook = &customer.webhooks[0];
    let form = Form::read(&webhook.body);
    let nonce = header(webhook, "X-Plivo-Signature-V3-Nonce");
    let sign = |token| sign_v3(token, &webhook.method, &webhook.url, &form, nonce);
    let expected = format!("{},{}", sign("retired"), sign(DEFAULT_PLIVO_AUTH_TOKEN));
    assert_eq!(header(webhook, "X-Plivo-Signature-V3"), expected);
}

#[test]
fn what_is_not_answered_with_200_is_tried_again() {
    for (fragment, answer, n_tries) in [
        ("", Ok(WireResponse::empty(200)), 1),
        ("", Ok(WireResponse::empty(204)), 2),
        ("", Ok(WireResponse::empty(503)), 2),
        ("", Err(WebhookFailure::Refused), 2),
        ("#rc=4", Err(WebhookFailure::TimedOut), 5),
        ("#rc=0", Err(WebhookFailure::TimedOut), 1),
        ("#rp=ct,rt", Ok(WireResponse::empty(503)), 1),
    ] {
        let mut customer = Customer::new();
        customer.page("/over", answer);
        let url = format!("http://customer/over{fragment}");
        customer.request("+15555550001", json!({ "hangup_url": url }));
        customer.pass(10_000);
        let urls: Vec<&str> = customer.webhooks.iter().map(|webhook| webhook.url.as_str()).collect();
        assert_eq!(urls, vec!["http://customer/over"; n_tries], "{fragment}");
        let mut nonces: Vec<&str> =
            customer.webhooks.iter().map(|webhook| header(webhook, "X-Plivo-Signature-V3-Nonce")).collect();
        nonces.dedup();
        assert_eq!(nonces.len(), n_tries, "each try has a nonce of its own");
    }
}

#[test]
fn time_outs_are_the_fragments_or_plivos() {
    let mut customer = Customer::new();
    customer.request("+15555550006", json!({}));
    customer.request("+15555550006", json!({ "answer_url": "http://customer/answer#ct=500&rt=3000" }));
    customer.pass(1_000);
    let waits: Vec<_> =
        customer.webhooks.iter().map(|webhook| (webhook.connect_timeout_ms, webhook.timeout_ms)).collect();
    assert_eq!(waits, [(2_000, 40_000), (500, 3_000)]);
}

#[test]
fn a_minute_is_all_that_an_answer_url_has() {
    let mut customer = Customer::new();
    customer.request("+15555550006", json!({ "fallback_url": "http://customer/fallback" }));
    let mut tries = Vec::new();
    // Each try waits for all of its time.
    for _ in 0..40 {
        for webhook in customer.network.poll(customer.now) {
            customer.now = customer.now + webhook.timeout_ms;
            tries.push((webhook.url.clone(), webhook.timeout_ms));
            customer.network.webhook_answered(webhook.id, Err(WebhookFailure::TimedOut), customer.now);
        }
        let Some(due) = customer.network.next_due() else { break };
        customer.now = customer.now.max(due);
        if tries.len() == 3 {
            break;
        }
    }
    let urls: Vec<&str> = tries.iter().map(|(url, _)| url.split('?').next().unwrap()).collect();
    assert_eq!(urls, ["http://customer/answer", "http://customer/answer", "http://customer/fallback"]);
    let waits: Vec<u64> = tries.iter().map(|(_, ms)| *ms).collect();
    assert_eq!(waits, [40_000, 20_000, 40_000]);
}
