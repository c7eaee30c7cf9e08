//! What is asked of a call that lives, and what the other side truly heard of it.

use super::gateway::request;
use super::http::{Answer, exchange};
use super::{SOON, World, number, wait_for, word};
use serde_json::{Value, json};

impl World {
    /// Somebody who picks up, and says this once, so long after there is sound.
    pub(crate) fn telling(&self, words: &str, after_ms: u64) -> String {
        let them = number(1);
        self.subscriber(
            &them,
            &json!({"does": "tell", "answer_after_ms": 0, "words": words, "tell_after_ms": after_ms}),
        );
        them
    }

    /// What was said on a call, by whom, as its log has it.
    pub(crate) fn spoken(&self, id: &str) -> Vec<(String, String)> {
        let said = |event: &Value| {
            let spoken = &event["event"]["spoken"];
            Some((spoken["by"].as_str()?.to_owned(), spoken["text"].as_str()?.to_owned()))
        };
        self.events(id).iter().filter_map(said).collect()
    }

    /// What somebody understood of a stream.
    pub(crate) fn understood(&self, them: &str) -> Vec<String> {
        let heard = self.only_truth_to(them)["streams"][0]["understood"].clone();
        heard.as_array().into_iter().flatten().map(|one| word(one, "text").to_owned()).collect()
    }

    /// For how many milliseconds they talked over it, which they did once, as the gateway has it: about as long
    /// as they had it themselves.
    #[track_caller]
    pub(crate) fn talked_over_once(&self, id: &str, them: &str) -> u64 {
        let over = self.only_truth_to(them)["streams"][0]["talked_over_ms"].clone();
        assert_eq!(over.as_array().map(Vec::len), Some(1), "it spoke on for {over} ms, and was silent");
        let events = self.events(id);
        let measured: Vec<u64> =
            events.iter().filter_map(|event| event["event"]["spoken"]["talk_over_ms"].as_u64()).collect();
        let [measured] = measured[..] else { panic!("they talked over it once, and not {measured:?}") };
        let felt = over[0].as_u64().expect("a number");
        assert!(measured.abs_diff(felt) < 150, "{measured} ms here, {felt} ms for them");
        measured
    }

    /// Asks something of a call, and gives back whatever came.
    pub(crate) fn try_command(&self, id: &str, verb: &str, wish: &Value) -> Answer {
        self.ask("POST", &format!("/v1/calls/{id}/{verb}"), Some(wish))
    }

    /// Asks something of a call, and returns the command's number.
    pub(crate) fn tell(&self, id: &str, verb: &str, wish: &Value) -> u64 {
        let answer = self.try_command(id, verb, wish);
        assert_eq!(answer.status, 202, "{verb} {wish}: {}", answer.body);
        answer.json()["command"]["id"].as_u64().expect("a command has a number")
    }

    /// Asks that something be said.
    pub(crate) fn say(&self, id: &str, text: &str) -> u64 {
        self.tell(id, "say", &json!({ "text": text }))
    }

    /// Asks something of a call under an `Idempotency-Key`.
    pub(crate) fn tell_under(&self, key: &str, id: &str, verb: &str, wish: &Value) -> Answer {
        let mut sent = request("POST", &format!("/v1/calls/{id}/{verb}"), Some(wish));
        sent.headers.push(("idempotency-key".to_owned(), key.to_owned()));
        exchange(self.gateway, &sent).expect("the gateway answers")
    }

    /// A command as it stands.
    pub(crate) fn outcome(&self, id: &str, command: u64) -> Value {
        self.get(&format!("/v1/calls/{id}/commands/{command}"))["command"].clone()
    }

    /// Waits until a command is in one of these states, and returns it.
    pub(crate) fn wait_for_command(&self, id: &str, command: u64, states: &[&str]) -> Value {
        wait_for(&format!("command {command} of {id} is {states:?}"), SOON, || {
            Some(self.outcome(id, command)).filter(|known| states.contains(&word(known, "state")))
        })
    }

    /// Waits until a command is over, and returns it.
    pub(crate) fn wait_until_over(&self, id: &str, command: u64) -> Value {
        self.wait_for_command(id, command, &["done", "failed", "in_doubt"])
    }

    /// Waits until the subscriber at this number has heard the sentence.
    pub(crate) fn wait_until_heard(&self, number: &str, sentence: &str) {
        wait_for(&format!("{number} hears {sentence:?}"), SOON, || {
            (self.n_heard(number, sentence) > 0).then_some(())
        });
    }

    /// How often the sentence was truly begun on calls with this number.
    pub(crate) fn n_heard(&self, number: &str, sentence: &str) -> usize {
        let calls = self.truth();
        let with = calls.iter().filter(|call| call["to"] == number || call["from"] == number);
        with.flat_map(heard).filter(|heard| heard == sentence).count()
    }
}

/// What was played on a call, in order.
pub(crate) fn heard(truth: &Value) -> Vec<String> {
    let heard = truth["heard"].as_array().expect("a list of what was heard");
    heard.iter().map(|one| word(one, "text").to_owned()).collect()
}
