//! What the gateway promises, counted from the network's own truth.

use serde::Serialize;
use serde_json::Value;

/// How often each promise was broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Promises {
    /// Calls that the gateway believes live and the network knows to be over.
    pub(super) phantoms: usize,
    /// Calls that live in the network because of the gateway, which it doesn't know.
    pub(super) orphans: usize,
    /// Calls for which more than one phone rang.
    pub(super) second_rings: usize,
    /// Webhooks that the gateway said it had heard, and doesn't know of.
    pub(super) lost_news: usize,
}

impl Promises {
    /// Counts. `believed` are the gateway's calls, `truth` the network's.
    pub(super) fn count(believed: &[Value], truth: &[Value]) -> Promises {
        let ours = |leg: &Value| believed.iter().find(|call| is_of(leg, call));
        let mut promises = Promises::default();
        for leg in truth {
            let lives = leg["live"] == true;
            let call = ours(leg);
            match call {
                None if lives => promises.orphans += 1,
                Some(call) if !lives && call["state"] != "ended" => promises.phantoms += 1,
                _ => {}
            }
            promises.second_rings += usize::from(leg["creates"].as_u64().unwrap_or(0) > 1);
            let told = leg["told"].as_array().map(Vec::as_slice).unwrap_or_default();
            let rank = call.map_or(-1, |call| rank_here(call["state"].as_str().unwrap_or_default()));
            promises.lost_news +=
                told.iter().filter(|word| rank_told(word.as_str().unwrap_or_default()) > rank).count();
        }
        promises
    }

    /// Whether all of them hold.
    pub(super) fn hold(self) -> bool {
        self == Promises::default()
    }

    /// How often each was broken in both.
    pub(super) fn and(self, other: Promises) -> Promises {
        Promises {
            phantoms: self.phantoms + other.phantoms,
            orphans: self.orphans + other.orphans,
            second_rings: self.second_rings + other.second_rings,
            lost_news: self.lost_news + other.lost_news,
        }
    }
}

/// Whether the gateway knows this leg for the one of this call: by its name or, since Plivo has two
/// names for a call, by the mark that the request for it bore, if the gateway knows any name.
fn is_of(leg: &Value, call: &Value) -> bool {
    let is_named = !call["carrier_call_id"].is_null();
    let is_marked = !leg["mark"]["call"].is_null() && leg["mark"]["call"] == call["id"];
    call["carrier_call_id"] == leg["id"] || (is_named && is_marked)
}

/// How far the gateway believes a call to be.
fn rank_here(state: &str) -> i8 {
    match state {
        "queued" | "placing" => 0,
        "initiated" => 1,
        "ringing" => 2,
        "in_progress" => 3,
        "hanging_up" => 4,
        "ended" => 5,
        _ => -1,
    }
}

/// How far a status word that was told takes a call; at Telnyx it is the name of an event, most of
/// which take it nowhere.
fn rank_told(word: &str) -> i8 {
    match word {
        "initiated" | "queued" | "call.initiated" => 1,
        "ringing" => 2,
        "in-progress" | "call.answered" => 3,
        "call.hangup" => 5,
        "" => 0,
        event if event.starts_with("call.") || event.starts_with("streaming.") => 0,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(believed: &Value, truth: &Value, expected: [usize; 4]) {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let promises = Promises::count(&list(believed), &list(truth));
        let counted = [promises.phantoms, promises.orphans, promises.second_rings, promises.lost_news];
        assert_eq!(counted, expected, "{believed} {truth}");
    }

    #[test]
    fn each_broken_promise_is_counted() {
        let live = |id: &str| json!({ "id": id, "live": true, "creates": 1, "told": ["ringing"] });
        let over = |id: &str| json!({ "id": id, "live": false, "creates": 1, "told": ["completed"] });
        let believed = |id: &str, state: &str| json!({ "carrier_call_id": id, "state": state });
        check(&json!([]), &json!([]), [0; 4]);
        check(&json!([believed("a", "ringing")]), &json!([live("a")]), [0; 4]);
        check(&json!([believed("a", "in_progress")]), &json!([over("a")]), [1, 0, 0, 1]);
        check(&json!([]), &json!([live("a")]), [0, 1, 0, 1]);
        check(&json!([believed("a", "ended")]), &json!([over("a")]), [0; 4]);
        let twice = json!({ "id": "a", "live": true, "creates": 2, "told": [] });
        check(&json!([believed("a", "ringing")]), &json!([twice]), [0, 0, 1, 0]);
    }

    #[test]
    fn a_call_with_two_names_is_known_by_its_mark() {
        let leg = json!({ "id": "a", "live": true, "creates": 1, "told": [], "mark": { "call": "c_1" } });
        let call = |name: &Value| json!({ "id": "c_1", "carrier_call_id": name, "state": "ringing" });
        check(&json!([call(&json!("b"))]), &json!([leg]), [0; 4]);
        check(&json!([call(&Value::Null)]), &json!([leg]), [0, 1, 0, 0]);
    }

    #[test]
    fn the_words_of_each_carrier_are_news() {
        let leg = |told: &[&str]| json!([{ "id": "a", "live": true, "creates": 1, "told": told }]);
        let ringing = json!([{ "carrier_call_id": "a", "state": "initiated" }]);
        check(&ringing, &leg(&["call.initiated", "call.speak.started", ""]), [0; 4]);
        check(&ringing, &leg(&["call.answered", "call.hangup", "ringing", "cancel"]), [0, 0, 0, 4]);
    }
}
