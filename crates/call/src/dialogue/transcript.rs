//! What was said and done in a conversation, read off the log of its call.

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

/// One thing in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Somebody said something.
    Said(Line),
    /// The agent used a tool of its owner's.
    Used(Use),
}

/// One use of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// This one, among all.
    pub id: String,
    /// Which tool.
    pub tool: String,
    /// With what, as JSON.
    pub arguments: String,
    /// What the agent was told; `None` where nobody knows what became of it.
    pub output: Option<String>,
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
    let lines = conversation(events).into_iter().filter_map(|entry| match entry {
        Entry::Said(line) => Some(line),
        Entry::Used(_) => None,
    });
    lines.collect()
}

/// The same, with the tools that the agent used.
pub fn conversation<'e>(events: impl IntoIterator<Item = &'e Event> + Clone) -> Vec<Entry> {
    let failed: BTreeSet<CommandId> = events.clone().into_iter().filter_map(unsaid).collect();
    let said = |by, text: &str| Entry::Said(Line { by, text: text.to_owned() });
    let mut entries = Vec::new();
    let mut last = CommandId::default();
    for event in events {
        match &event.news {
            News::CommandAsked(verb) => {
                last = CommandId(last.0 + 1);
                if let (Source::Agent, Verb::Say { text } | Verb::Ask { text, .. }) = (event.source, verb)
                    && !text.is_empty()
                    && !failed.contains(&last)
                {
                    entries.push(said(Speaker::Agent, text));
                }
            }
            News::CommandHeard { performed: Performed::Finished(outcome), .. } => {
                let Outcome { digits, speech, .. } = outcome;
                let answered = speech.iter().chain(digits).filter(|text| !text.is_empty());
                entries.extend(answered.map(|text| said(Speaker::Remote, text)));
            }
            News::Spoken { by, text, .. } => entries.push(said(*by, text)),
            News::ToolAsked { id, tool, arguments } => entries.push(Entry::Used(Use {
                id: id.clone(),
                tool: tool.clone(),
                arguments: arguments.clone(),
                output: None,
            })),
            News::ToolReplied { id, output } => {
                let uses = entries.iter_mut().filter_map(|entry| match entry {
                    Entry::Used(one) => Some(one),
                    Entry::Said(_) => None,
                });
                for one in uses.filter(|one| one.id == *id) {
                    one.output = Some(output.clone());
                }
            }
            _ => {}
        }
    }
    entries
}

/// The command that was never done, if the event says so.
fn unsaid(event: &Event) -> Option<CommandId> {
    match &event.news {
        News::CommandReplied { id, reply: crate::call::CommandReply::Refused { .. } } => Some(*id),
        _ => None,
    }
}
