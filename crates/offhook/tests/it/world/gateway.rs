//! What a user of the gateway can ask of it: its API and its command line.

use super::http::{Answer, Sent, exchange};
use super::{API_TOKEN, SOON, World, offhook, wait_for};
use serde_json::{Value, json};
use std::io;
use std::process::Output;

impl World {
    /// Asks the API, and gives back whatever came.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let asked = self.try_ask(method, path, body);
        asked.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Asks the API, which may not be there.
    ///
    /// # Errors
    /// It isn't.
    pub(crate) fn try_ask(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Answer> {
        exchange(self.gateway, &request(method, path, body))
    }

    /// What the API answers with 2xx.
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, None);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        answer.json()
    }

    /// Places a call that holds the line, and returns it as the API answered.
    pub(crate) fn place(&self, to: &str) -> Value {
        self.place_with(&json!({ "to": to }))
    }

    /// Places a call that holds the line, and returns its id.
    pub(crate) fn dial(&self, to: &str) -> String {
        word(&self.place(to), "id").to_owned()
    }

    /// Waits until the gateway knows the carrier's name for the call, and returns it.
    pub(crate) fn wait_for_leg(&self, id: &str) -> String {
        wait_for(&format!("the leg of call {id} is known"), SOON, || {
            self.call(id)["carrier_call_id"].as_str().map(str::to_owned)
        })
    }

    /// Places a call with these wishes.
    pub(crate) fn place_with(&self, wishes: &Value) -> Value {
        let answer = self.ask("POST", "/v1/calls", Some(wishes));
        assert_eq!(answer.status, 202, "a call can be placed: {}", answer.body);
        answer.json()
    }

    /// Places a call under an `Idempotency-Key`.
    pub(crate) fn place_under(&self, key: &str, wishes: &Value) -> Answer {
        self.try_place_under(key, wishes).expect("the gateway answers")
    }

    /// The same, at a gateway that may die of it.
    ///
    /// # Errors
    /// It did.
    pub(crate) fn try_place_under(&self, key: &str, wishes: &Value) -> io::Result<Answer> {
        let mut sent = request("POST", "/v1/calls", Some(wishes));
        sent.headers.push(("idempotency-key".to_owned(), key.to_owned()));
        exchange(self.gateway, &sent)
    }

    /// The call as it is now.
    pub(crate) fn call(&self, id: &str) -> Value {
        self.get(&format!("/v1/calls/{id}"))
    }

    /// Every event of the call.
    pub(crate) fn events(&self, id: &str) -> Vec<Value> {
        let events = self.get(&format!("/v1/calls/{id}/events"));
        events["events"].as_array().expect("a list of events").clone()
    }

    /// Asks for the end of a call.
    pub(crate) fn hang_up(&self, id: &str) {
        let answer = self.ask("POST", &format!("/v1/calls/{id}/hangup"), None);
        assert_eq!(answer.status, 202, "{}", answer.body);
    }

    /// Waits until the call is in one of these states, and returns it.
    pub(crate) fn wait_for_state(&self, id: &str, states: &[&str]) -> Value {
        wait_for(&format!("call {id} is {states:?}"), SOON, || {
            Some(self.call(id)).filter(|call| states.contains(&word(call, "state")))
        })
    }

    /// Waits until an answered call is known as such, and its carrier has its instructions: a
    /// gateway that dies now leaves a call that goes on.
    pub(crate) fn wait_for_talk(&self, id: &str) -> Value {
        let to = word(&self.call(id), "to").to_owned();
        wait_for(&format!("call {id} is being held"), SOON, || {
            let call = self.call(id);
            let is_known = word(&call, "state") == "in_progress";
            let truth =
                self.truth_to(&to).into_iter().find(|truth| truth["id"] == call["carrier_call_id"])?;
            let is_told = truth["webhooks_sent"] == truth["webhooks_answered_2xx"];
            (is_known && is_told && word(&truth, "status") == "in-progress").then_some(call)
        })
    }

    /// Waits until the call is over, and returns it.
    pub(crate) fn wait_for_end(&self, id: &str) -> Value {
        self.wait_for_state(id, &["ended"])
    }

    /// What the last start found and decided, as soon as every carrier was heard.
    pub(crate) fn recovery(&self) -> Value {
        wait_for("recovery is through", SOON, || {
            let report = self.get("/v1/recovery");
            (report["pending"] == 0).then_some(report)
        })
    }

    /// The line of the recovery report on this call.
    pub(crate) fn recovered(&self, id: &str) -> Value {
        // A start answers before the first look is back.
        let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
        loop {
            let report = self.recovery();
            let lines = report["calls"].as_array().expect("a list of calls");
            let line = lines.iter().find(|line| line["id"] == id);
            let line = line.unwrap_or_else(|| panic!("recovery doesn't speak of {id}: {report}"));
            if line["decision"] != "pending" || std::time::Instant::now() > until {
                return line.clone();
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// `/healthz`: whether all is well, and the reasons if not, in one text.
    pub(crate) fn health(&self) -> (bool, String) {
        let health = self.get("/healthz");
        let reasons = health["reasons"].as_array().expect("a list of reasons");
        let text: Vec<&str> = reasons.iter().filter_map(Value::as_str).collect();
        assert_eq!(health["status"] == "ok", text.is_empty(), "{health}");
        (text.is_empty(), text.join("\n"))
    }

    /// `/metrics`, as text.
    pub(crate) fn metrics(&self) -> String {
        let answer = self.ask("GET", "/metrics", None);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }

    /// Runs a command of the command line against this gateway, to its end.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        let mut command = offhook(self.folder.path());
        command.args(arguments).arg("--config").arg(self.config_file());
        command.output().expect("the binary runs")
    }
}

/// Places a call at the gateway of this address, and returns its id.
pub(crate) fn order_at(gateway: std::net::SocketAddr, to: &str) -> String {
    let answer = exchange(gateway, &request("POST", "/v1/calls", Some(&json!({ "to": to }))));
    let answer = answer.expect("the gateway answers");
    assert_eq!(answer.status, 202, "{}", answer.body);
    word(&answer.json(), "id").to_owned()
}

/// A field that is a word; empty if it isn't there.
pub(crate) fn word<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// What a command said: its exit code, its standard output, and its standard error.
pub(crate) fn words(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// A request without a token.
pub(crate) fn bare(path: &str) -> Sent {
    Sent { method: "GET".to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
}

pub(super) fn request(method: &str, path: &str, body: Option<&Value>) -> Sent {
    let mut headers = vec![("authorization".to_owned(), format!("Bearer {API_TOKEN}"))];
    if body.is_some() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    Sent { method: method.to_owned(), path: path.to_owned(), headers, body }
}
