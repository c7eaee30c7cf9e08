//! The events of a call, read on from where one stopped.

use super::answers::Told;
use super::asker::{Asker, Gateway, page};
use serde_json::Value;

/// The log of a call, as far as it was read.
pub(super) struct Log {
    path: String,
    /// All that was read, the oldest first.
    pub(super) events: Vec<Value>,
    /// The number of the last one.
    pub(super) version: u64,
}

impl Log {
    /// The log of this call, of which nothing was read yet.
    pub(super) fn of(call: &str) -> Log {
        Log { path: page(&["v1", "calls", call, "events"]), events: Vec::new(), version: 0 }
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// What a model is told instead.
    pub(super) async fn read_on<G: Gateway>(&mut self, asker: &Asker<'_, G>) -> Result<(), Told> {
        for _ in 0..PAGES_MAX {
            let read = asker.get(&format!("{}?cursor={}", self.path, self.version)).await?;
            let Value::Array(events) = read["events"].clone() else { break };
            self.version = events.iter().filter_map(version).max().unwrap_or(self.version);
            self.events.extend(events);
            if read["next"].is_null() {
                break;
            }
        }
        Ok(())
    }

    /// What happened after this version that whoever made the call would want to know, in words.
    pub(super) fn news(&self, since: u64) -> Vec<String> {
        let mut state = None;
        let mut news = Vec::new();
        for event in &self.events {
            let moved = event["state"].as_str() != state;
            state = event["state"].as_str();
            let is_told = moved || event["kind"].as_str().is_some_and(|kind| TOLD.contains(&kind));
            if is_told && version(event).is_some_and(|version| version > since) {
                news.push(event["summary"].as_str().unwrap_or_default().to_owned());
            }
        }
        news
    }
}

fn version(event: &Value) -> Option<u64> {
    event["version"].as_u64()
}

/// Kinds of events that somebody waits for, though the call's state stays what it was.
const TOLD: [&str; 7] =
    ["agent_left", "answered_by", "command_heard", "digits_heard", "opted_out", "place_refused", "spoken"];
/// The log of a long call has some thousand events.
const PAGES_MAX: usize = 50;
