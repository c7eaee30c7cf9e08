//! Calls that an agent talks on, whose name in these tests is `clerk`.

use super::{SOON, World, number, wait_for, word};
use serde_json::{Value, json};

impl World {
    /// Somebody who picks up, and says these words when they are listened to.
    pub(crate) fn speaker(&self, words: &str) -> String {
        let them = number(1);
        let speaks = json!({
            "does": "speak", "words": words, "answer_after_ms": 0, "speak_after_ms": 100, "talk_ms": 3_600_000
        });
        self.subscriber(&them, &speaks);
        them
    }

    /// The clerk has this number called.
    pub(crate) fn called_by_clerk(&self, to: &str) -> String {
        let placed = self.ask("POST", "/v1/calls", Some(&json!({"to": to, "agent": "clerk"})));
        assert_eq!(placed.status, 202, "{}", placed.body);
        word(&placed.json(), "id").to_owned()
    }

    /// Waits until the only call there is is over.
    pub(crate) fn wait_for_only_end(&self) -> Value {
        wait_for("the call is over", SOON, || {
            let calls = self.get("/v1/calls");
            calls["calls"].as_array()?.first().filter(|call| call["state"] == "ended").cloned()
        })
    }
}

/// The agent ended the call, for this cause.
pub(crate) fn assert_clerk_ended(call: &Value, cause: &str) {
    let ending = ["kind", "by", "cause"].map(|field| word(&call["ending"], field));
    assert_eq!(ending, ["completed", "agent", cause], "{call}");
}
