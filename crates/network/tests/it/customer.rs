//! A carrier's customer in virtual time: asks the API, and answers webhooks by a list of pages.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use network::{
    DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, Millis, Network, Reply, Settings, Webhook, WebhookFailure,
    WireRequest, WireResponse,
};
use serde_json::{Value, json as value};

/// 2026-01-02T03:04:05Z.
pub(crate) const START: Millis = Millis::new(1_767_323_045_000);

pub(crate) struct Customer {
    pub(crate) network: Network,
    pub(crate) now: Millis,
    /// What is answered to a webhook whose URL contains the key. Others get an empty 204.
    pages: BTreeMap<String, Result<WireResponse, WebhookFailure>>,
    /// All webhooks so far.
    pub(crate) webhooks: Vec<Webhook>,
}

impl Customer {
    pub(crate) fn new() -> Customer {
        Customer::with(Settings::default(), 7)
    }

    pub(crate) fn with(settings: Settings, seed: u64) -> Customer {
        Customer {
            network: Network::new(settings, seed),
            now: START,
            pages: BTreeMap::new(),
            webhooks: Vec::new(),
        }
    }

    pub(crate) fn twiml(&mut self, url_part: &str, inside: &str) {
        let document = format!("<Response>{inside}</Response>");
        let page = WireResponse::empty(200).with_header("content-type", "text/xml");
        let page = WireResponse { body: document.into_bytes(), ..page };
        self.pages.insert(url_part.to_owned(), Ok(page));
    }

    pub(crate) fn page(&mut self, url_part: &str, page: Result<WireResponse, WebhookFailure>) {
        self.pages.insert(url_part.to_owned(), page);
    }

    /// Lets so many milliseconds pass, turning whenever something is due.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        loop {
            for webhook in self.network.poll(self.now) {
                let answer = self.answer(&webhook);
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

    fn answer(&self, webhook: &Webhook) -> Result<WireResponse, WebhookFailure> {
        let page = self.pages.iter().find(|(part, _)| webhook.url.contains(part.as_str()));
        page.map_or(Ok(WireResponse::empty(204)), |(_, page)| page.clone())
    }

    /// Sends a form to the API, under the account's path.
    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Reply {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = api(Method::POST, path).with_body(body);
        self.network.request(&request, self.now)
    }

    pub(crate) fn get(&mut self, path: &str) -> Reply {
        self.network.request(&api(Method::GET, path), self.now)
    }

    /// Places a call with an inline document that keeps it, and gives its SID.
    pub(crate) fn place(&mut self, to: &str, more: &[(&str, &str)]) -> String {
        let mut form = vec![("To", to), ("From", "+15550199000")];
        if !more.iter().any(|(name, _)| *name == "Url" || *name == "Twiml") {
            form.push(("Twiml", r#"<Response><Pause length="9999"/></Response>"#));
        }
        form.extend(more);
        let (status, body) = json(self.post("/Calls.json", &form));
        assert_eq!(status, 201, "{body}");
        body["sid"].as_str().unwrap().to_owned()
    }

    pub(crate) fn fetch(&mut self, sid: &str) -> Value {
        let (status, body) = json(self.get(&format!("/Calls/{sid}.json")));
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(crate) fn status(&mut self, sid: &str) -> String {
        self.fetch(sid)["status"].as_str().unwrap().to_owned()
    }

    /// Ends a call, or not: the status and the error code of the answer.
    pub(crate) fn update(&mut self, sid: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let (status, body) = json(self.post(&format!("/Calls/{sid}.json"), form));
        (status, body["code"].clone())
    }

    /// A request to the control interface that must succeed.
    pub(crate) fn control(&mut self, method: Method, path: &str, body: &str) -> Value {
        let (status, answer) = self.try_control(method, path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    pub(crate) fn try_control(&mut self, method: Method, path: &str, body: &str) -> (u16, Value) {
        let request = WireRequest::new(method, format!("/network{path}")).with_body(body);
        json(self.network.request(&request, self.now))
    }

    pub(crate) fn fault(&mut self, fault: &str) {
        self.control(Method::POST, "/faults", fault);
    }

    /// The truth about a call.
    pub(crate) fn truth(&mut self, sid: &str) -> Value {
        self.control(Method::GET, &format!("/calls/{sid}"), "")
    }

    /// One field of every webhook whose URL contains the text, in the order sent.
    pub(crate) fn told(&self, url_part: &str, field: &str) -> Vec<String> {
        let fitting = self.webhooks.iter().filter(|webhook| webhook.url.contains(url_part));
        fitting.map(|webhook| parameter(webhook, field)).collect()
    }
}

/// What the subscriber heard, each thing as `{kind: text}`.
pub(crate) fn heard(customer: &mut Customer, id: &str) -> Vec<Value> {
    let truth = customer.truth(id);
    let sounds = truth["heard"].as_array().unwrap().iter();
    sounds.map(|sound| value!({ sound["kind"].as_str().unwrap(): sound["text"] })).collect()
}

pub(crate) fn api(method: Method, path: &str) -> WireRequest {
    let credentials = STANDARD.encode(format!("{DEFAULT_ACCOUNT_SID}:{DEFAULT_AUTH_TOKEN}"));
    let path = format!("/2010-04-01/Accounts/{DEFAULT_ACCOUNT_SID}{path}");
    WireRequest::new(method, path).with_header("authorization", format!("Basic {credentials}"))
}

/// A parameter of a webhook, in its body or its query; empty where it is not there.
pub(crate) fn parameter(webhook: &Webhook, name: &str) -> String {
    let query = webhook.url.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = form_urlencoded::parse(&webhook.body).chain(form_urlencoded::parse(query.as_bytes()));
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// A reply that must be an answer, as status and JSON.
pub(crate) fn json(reply: Reply) -> (u16, Value) {
    match reply {
        Reply::Respond { response, .. } => {
            (response.status, serde_json::from_slice(&response.body).unwrap_or_default())
        }
        other => panic!("no answer: {other:?}"),
    }
}
