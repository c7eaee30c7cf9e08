//! Plivo's face as its customers see it: requests in, replies and webhooks out, and the truth
//! beside.

mod api;
mod calls;
mod faults;
mod hooks;
mod xml;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use crate::network::Network;
use crate::settings::{DEFAULT_PLIVO_AUTH_ID, DEFAULT_PLIVO_AUTH_TOKEN, PlivoAccount, Settings};
use crate::time::Millis;
use crate::wire::{Reply, Webhook, WebhookFailure, WireRequest, WireResponse};

/// 2026-01-02T03:04:05Z.
const START: Millis = Millis::new(1_767_323_045_000);

/// Keeps a call until somebody hangs up.
const HOLD: &str = "<Wait length=\"9999\"/>";

/// A customer of Plivo's in virtual time, who answers webhooks by a list of pages.
struct Customer {
    network: Network,
    now: Millis,
    /// What is answered to a webhook whose URL contains the key. Others get an empty 200.
    pages: BTreeMap<String, Result<WireResponse, WebhookFailure>>,
    webhooks: Vec<Webhook>,
}

impl Customer {
    fn new() -> Customer {
        Customer::with(PlivoAccount::default())
    }

    fn with(plivo: PlivoAccount) -> Customer {
        let network = Network::new(Settings { plivo, ..Settings::default() }, 7);
        Customer { network, now: START, pages: BTreeMap::new(), webhooks: Vec::new() }
    }

    fn xml(&mut self, url_part: &str, inside: &str) {
        let body = format!("<Response>{inside}</Response>").into_bytes();
        self.page(url_part, Ok(WireResponse { body, ..WireResponse::empty(200) }));
    }

    fn page(&mut self, url_part: &str, page: Result<WireResponse, WebhookFailure>) {
        self.pages.insert(url_part.to_owned(), page);
    }

    /// Lets so many milliseconds pass, turning whenever something is due.
    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        loop {
            for webhook in self.network.poll(self.now) {
                let page = self.pages.iter().find(|(part, _)| webhook.url.contains(part.as_str()));
                let answer = page.map_or(Ok(WireResponse::empty(200)), |(_, page)| page.clone());
                self.webhooks.push(webhook.clone());
                self.network.webhook_answered(webhook.id, answer, self.now);
            }
            match self.network.next_due() {
                Some(due) if due <= end => self.now = due.max(self.now),
                _ => break,
            }
        }
        self.now = end;
    }

    fn ask(&mut self, method: Method, path: &str, body: Value) -> Reply {
        let credentials = STANDARD.encode(format!("{DEFAULT_PLIVO_AUTH_ID}:{DEFAULT_PLIVO_AUTH_TOKEN}"));
        let request = WireRequest::new(method, format!("/v1/Account/{DEFAULT_PLIVO_AUTH_ID}{path}"))
            .with_header("authorization", format!("Basic {credentials}"))
            .with_body(if body.is_null() { String::new() } else { body.to_string() });
        self.network.request(&request, self.now)
    }

    fn get(&mut self, path: &str) -> (u16, Value) {
        answer(self.ask(Method::GET, path, Value::Null))
    }

    fn post(&mut self, path: &str, body: Value) -> (u16, Value) {
        answer(self.ask(Method::POST, path, body))
    }

    fn delete(&mut self, path: &str) -> u16 {
        answer(self.ask(Method::DELETE, path, Value::Null)).0
    }

    /// Places a call whose document is at `http://customer/answer`, and gives its request's id.
    fn request(&mut self, to: &str, more: Value) -> String {
        let mut order =
            json!({ "from": "+15550199000", "to": to, "answer_url": "http://customer/answer?call=c_1" });
        for (key, value) in more.as_object().into_iter().flatten() {
            order[key] = value.clone();
        }
        if !self.pages.contains_key("/answer") {
            self.xml("/answer", HOLD);
        }
        let (status, body) = self.post("/Call/", order);
        assert_eq!(status, 201, "{body}");
        body["request_uuid"].as_str().unwrap().to_owned()
    }

    /// Places a call, and gives the call's own id.
    fn place(&mut self, to: &str, more: Value) -> String {
        let request_uuid = self.request(to, more);
        self.truth(&request_uuid)["id"].as_str().unwrap().to_owned()
    }

    fn live(&mut self, call_uuid: &str) -> (u16, Value) {
        self.get(&format!("/Call/{call_uuid}/?status=live"))
    }

    /// The record of a call that must be over for long enough.
    fn record(&mut self, call_uuid: &str) -> Value {
        let (status, body) = self.get(&format!("/Call/{call_uuid}/"));
        assert_eq!(status, 200, "{body}");
        body
    }

    fn control(&mut self, method: Method, path: &str, body: &str) -> Value {
        let request = WireRequest::new(method, format!("/network{path}")).with_body(body);
        let (status, answer) = answer(self.network.request(&request, self.now));
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    fn truth(&mut self, id: &str) -> Value {
        self.control(Method::GET, &format!("/calls/{id}"), "")
    }

    /// What the subscriber heard, without the times.
    fn heard(&mut self, id: &str) -> Vec<String> {
        let truth = self.truth(id);
        let heard = truth["heard"].as_array().unwrap();
        heard.iter().map(|sound| sound["text"].as_str().unwrap().to_owned()).collect()
    }

    /// One field of every webhook whose URL contains the text, in the order sent.
    fn told(&self, url_part: &str, field: &str) -> Vec<String> {
        let fitting = self.webhooks.iter().filter(|webhook| webhook.url.contains(url_part));
        fitting.map(|webhook| parameter(webhook, field)).collect()
    }

    /// A subscriber calls a number whose document is at `http://customer/answer`.
    fn called(&mut self, inside: &str) -> String {
        self.xml("/answer", inside);
        let application = r#"{"answer_url":"http://customer/answer","hangup_url":"http://customer/over"}"#;
        self.control(Method::PUT, "/plivo/numbers/+15550199000", application);
        let body = r#"{"from":"+15555551234","to":"+15550199000"}"#;
        self.control(Method::POST, "/calls", body)["id"].as_str().unwrap().to_owned()
    }
}

/// A parameter of a webhook, in its body or its query; empty where it is not there.
fn parameter(webhook: &Webhook, name: &str) -> String {
    let query = webhook.url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = form_urlencoded::parse(&webhook.body).chain(form_urlencoded::parse(query.as_bytes()));
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// A reply that must be an answer, as status and JSON.
fn answer(reply: Reply) -> (u16, Value) {
    match reply {
        Reply::Respond { response, .. } => {
            (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
        }
        other => panic!("no answer: {other:?}"),
    }
}
