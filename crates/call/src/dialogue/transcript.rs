//! What was said in a conversation, read off the log of its call.

use crate::call::{CommandId, Event, News, Outcome, Performed, Source, Verb};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// By whom.
    pub by: Speaker,
    /// The words, or the keys.
    pub text: String,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The call's agent.
    Agent,
    /// Whoever is on the line.
    Remote,
}

/// What the agent had said, and what was answered, in order. A sentence that nobody said, since its
/// request was refused or the call ended first, is not in it.
pub fn transcript<'e>(events: impl IntoIterator<Item = &'e Event> + Clone) -> Vec<Line> {
    let failed: BTreeSet<CommandId> = events.clone().into_iter().filter_map(unsaid).collect();
    let mut lines = Vec::new();
    let mut last = CommandId::default();
    for event in events {
        match &event.news {
            News::CommandAsked(verb) => {
                last = CommandId(last.0 + 1);
                if let (Source::Agent, Verb::Say { text } | Verb::Ask { text, .. }) = (event.source, verb)
                    && !text.is_empty()
                    && !failed.contains(&last)
                {
                    lines.push(Line { by: Speaker::Agent, text: text.clone() });
                }
            }
            News::CommandHeard { performed: Performed::Finished(outcome), .. } => {
                let Outcome { digits, speech, .. } = outcome;
                let answered = speech.iter().chain(digits).filter(|text| !text.is_empty());
                lines.extend(answered.map(|text| Line { by: Speaker::Remote, text: text.clone() }));
            }
            News::Spoken { by, text } => lines.push(Line { by: *by, text: text.clone() }),
            _ => {}
        }
    }
    lines
}

/// The command that was never done, if the event says so.
fn unsaid(event: &Event) -> Option<CommandId> {
    match &event.news {
        News::CommandReplied { id, reply: crate::call::CommandReply::Refused { .. } } => Some(*id),
        _ => None,
    }
}
