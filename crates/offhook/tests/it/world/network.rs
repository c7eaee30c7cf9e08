//! What the network knows that the gateway can only believe, and what can be made to go wrong on
//! it.

use super::http::{Sent, exchange};
use super::{Face, Line, OURS, SOON, World, wait_for, word};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// The number of the nth subscriber: one that numbering plans keep free for stories.
pub(crate) fn number(n: u32) -> String {
    format!("+1202555{:04}", 110 + n)
}

/// A time of the API, RFC 3339, in Unix milliseconds as the network counts.
pub(crate) fn millis_of(time: &Value) -> i64 {
    let text = time.as_str().unwrap_or_else(|| panic!("no time: {time}"));
    text.parse::<jiff::Timestamp>().expect("times are RFC 3339").as_millisecond()
}

impl World {
    /// Sets how a subscriber behaves from the next call on.
    pub(crate) fn subscriber(&self, number: &str, behaviour: &Value) {
        self.tell_network("PUT", &format!("/network/subscribers/{number}"), behaviour);
    }

    /// A subscriber who picks up at once and talks for an hour.
    pub(crate) fn talker(&self, n: u32) -> String {
        let number = number(n);
        self.subscriber(&number, &json!({"does": "talk", "answer_after_ms": 0, "talk_ms": 3_600_000}));
        number
    }

    /// A subscriber whose phone rings, and who never picks up.
    pub(crate) fn sleeper(&self, n: u32) -> String {
        let number = number(n);
        self.subscriber(&number, &json!({"does": "never"}));
        number
    }

    /// Has something go wrong from now on; returns the name under which it can be taken back.
    pub(crate) fn fault(&self, fault: &Value) -> u64 {
        let answer = self.tell_network("POST", "/network/faults", fault);
        answer["id"].as_u64().expect("a fault has a name")
    }

    /// Nothing goes wrong any more.
    pub(crate) fn lift_faults(&self) {
        self.tell_network("DELETE", "/network/faults", &Value::Null);
    }

    /// Has this token, and no other, open the carrier's API.
    pub(crate) fn rotate(&self, face: Face, token: &str) {
        self.tell_network("PUT", &format!("/network/credentials/{}", face.name()), &json!({"token": token}));
    }

    /// The number of ours can be called, and the network asks the gateway what to do.
    pub(crate) fn connect_our_number(&self) {
        let face = match self.line {
            Line::On(face) => face,
            Line::Webhooks | Line::LooksOnly | Line::Simulated => Face::Twilio,
        };
        self.connect(face, "line", OURS);
    }

    /// The number, which is with this carrier, can be called, and the network asks the gateway's
    /// carrier of this name what to do.
    pub(crate) fn connect(&self, face: Face, name: &str, number: &str) {
        self.connect_by(face, name, self.gateway, number);
    }

    /// The same, where the network reaches the gateway at another address than its own.
    pub(crate) fn connect_by(&self, face: Face, name: &str, at: SocketAddr, number: &str) {
        for (path, setting) in face.console(name, at, number) {
            self.tell_network("PUT", &path, &setting);
        }
    }

    /// A subscriber calls our number; the call as it truly is.
    pub(crate) fn call_in(&self, from: &str) -> Value {
        self.call_in_to(OURS, from)
    }

    /// A subscriber calls this number of ours; the call as it truly is.
    pub(crate) fn call_in_to(&self, to: &str, from: &str) -> Value {
        self.tell_network("POST", "/network/calls", &json!({"from": from, "to": to}))
    }

    /// The subscriber picks up.
    pub(crate) fn answers(&self, leg: &str) {
        self.tell_network("POST", &format!("/network/calls/{leg}/answer"), &Value::Null);
    }

    /// The subscriber does this (`answer`, `hangup`), unless the call is over by then: a carrier may
    /// end one at any time.
    pub(crate) fn does_if_it_lives(&self, leg: &str, what: &str) {
        let sent = request("POST", &format!("/network/calls/{leg}/{what}"), &Value::Null);
        let answer = exchange(self.network, &sent).expect("the network answers");
        assert!(matches!(answer.status, 200..=299 | 409), "{what} {leg}: {answer:?}");
    }

    /// The subscriber presses keys.
    pub(crate) fn presses(&self, leg: &str, digits: &str) {
        self.tell_network("POST", &format!("/network/calls/{leg}/digits"), &json!({ "digits": digits }));
    }

    /// The subscriber hangs up.
    pub(crate) fn remote_hangs_up(&self, leg: &str) {
        self.tell_network("POST", &format!("/network/calls/{leg}/hangup"), &Value::Null);
    }

    /// Makes a call that is in progress from nowhere, and returns its leg.
    pub(crate) fn seed(&self, to: &str, answered_ago_ms: u64) -> String {
        let wish = json!({
            "count": 1, "from": OURS, "to_base": to, "answered_ago_ms": answered_ago_ms
        });
        let made = self.tell_network("POST", "/network/seed", &wish);
        made["sids"][0].as_str().expect("a leg").to_owned()
    }

    /// All calls as they truly are, the oldest first.
    pub(crate) fn truth(&self) -> Vec<Value> {
        let calls = self.ask_network("/network/calls");
        calls["calls"].as_array().expect("a list of calls").clone()
    }

    /// The calls to this number as they truly are.
    pub(crate) fn truth_to(&self, to: &str) -> Vec<Value> {
        self.truth().into_iter().filter(|call| call["to"] == to).collect()
    }

    /// The only call to this number as it truly is: were there two, somebody's phone rang twice.
    pub(crate) fn only_truth_to(&self, to: &str) -> Value {
        let calls = self.truth_to(to);
        assert_eq!(calls.len(), 1, "one leg to {to}: {calls:?}");
        calls[0].clone()
    }

    /// Waits until the only call to this number has one of these statuses in truth.
    pub(crate) fn wait_for_truth(&self, to: &str, statuses: &[&str]) -> Value {
        wait_for(&format!("a leg to {to} is truly {statuses:?}"), SOON, || {
            let calls = self.truth_to(to);
            assert!(calls.len() <= 1, "one leg to {to}: {calls:?}");
            calls.into_iter().find(|call| statuses.contains(&word(call, "status")))
        })
    }

    /// Waits until the only call to this number is answered and has its instructions, whatever the
    /// gateway knows of it: when the gateway dies now, the call goes on.
    pub(crate) fn wait_for_instructions(&self, to: &str) -> Value {
        wait_for(&format!("the leg to {to} is being held"), SOON, || {
            let truth = self.truth_to(to).into_iter().next()?;
            let is_told = truth["webhooks_sent"] == truth["webhooks_answered_2xx"];
            (is_told && word(&truth, "status") == "in-progress").then_some(truth)
        })
    }

    /// The requests of this kind that the network had, each with its time, path and status, the
    /// oldest first: `create`, `fetch`, `list`, `update`.
    pub(crate) fn requests(&self, operation: &str) -> Vec<Value> {
        let journal = self.ask_network("/network/requests");
        let last = journal["last"].as_array().expect("a list of requests");
        last.iter().filter(|request| request["operation"] == operation).cloned().collect()
    }

    /// How many requests of these kinds the network had.
    pub(crate) fn n_requests(&self, operations: &[&str]) -> usize {
        operations.iter().map(|operation| self.requests(operation).len()).sum()
    }

    /// Makes so many calls of ours that are in progress from nowhere, to `first` and the numbers after
    /// it, and returns their legs.
    pub(crate) fn seed_many(&self, face: Face, n_calls: usize, first: &str) -> Vec<String> {
        self.seed_from(face, OURS, n_calls, first)
    }

    /// The same, from this number.
    pub(crate) fn seed_from(&self, face: Face, from: &str, n_calls: usize, first: &str) -> Vec<String> {
        let wish = json!({
            "carrier": face.name(), "count": n_calls, "from": from, "to_base": first,
            "answered_ago_ms": 1_000
        });
        let made = self.tell_network("POST", "/network/seed", &wish);
        made["sids"].as_array().expect("legs").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// When requests of this kind came, in Unix milliseconds.
    pub(crate) fn request_times(&self, operation: &str) -> Vec<i64> {
        self.requests(operation).iter().filter_map(|request| request["at"].as_i64()).collect()
    }

    /// What time it is on the network, in Unix milliseconds.
    pub(crate) fn now(&self) -> i64 {
        self.ask_network("/network/health")["now"].as_i64().expect("a time")
    }

    /// What the network's own interface answers.
    pub(crate) fn ask_network(&self, path: &str) -> Value {
        self.tell_network("GET", path, &Value::Null)
    }

    /// The same, as a text, from a network that may be gone.
    pub(crate) fn try_network(&self, path: &str) -> String {
        let asked = exchange(self.network, &request("GET", path, &Value::Null));
        asked.map_or_else(|error| error.to_string(), |answer| answer.body)
    }

    fn tell_network(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = exchange(self.network, &request(method, path, body)).expect("the network answers");
        assert!((200..300).contains(&answer.status), "{method} {path} {body}: {answer:?}");
        if answer.body.is_empty() { Value::Null } else { answer.json() }
    }
}

fn request(method: &str, path: &str, body: &Value) -> Sent {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    Sent { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body }
}
