//! Who said what on a call, and when, for those who read it afterwards: as far as it was heard.
//!
//! It is read off the whole log, which is folded as the call was: what an agent wants of itself stands in no
//! event of its own.

use super::transcript::{Speaker, Use};
use crate::call::script::NOBODY_HERE;
use crate::call::{
    Call, CallState, Command, CommandId, CommandState, Decline, Direction, Event, GREETING, News, Outcome,
    Speaks, Verb, born, step,
};
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// One thing in a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When it began, as far as that is known: when the carrier took what was to be said; when the gateway knew
    /// of what it heard itself, which is when it was over.
    pub at: Timestamp,
    /// Whose it is.
    pub by: Speaker,
    /// What it is.
    pub what: What,
    /// How much of it the other side heard.
    pub heard: HowMuch,
}

/// What was said or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// These words were said.
    Said(String),
    /// These keys were pressed.
    Pressed(String),
    /// This file was played.
    Played(String),
    /// Somebody was to be put through to this number.
    Transferred(String),
    /// The line's sound went to this program: what was said then, nobody wrote down unless it stands beside it.
    Streamed(String),
    /// A tool was used.
    Used(Use),
}

/// How much of something the other side heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HowMuch {
    /// All of it; of what was said by sound, the words are those that were heard.
    Whole,
    /// It was cut off, and no carrier tells where.
    Cut,
    /// Nobody knows whether any of it was.
    InDoubt,
}

/// What was said and done on a call, in order. What nobody heard, since it was refused or the call ended first,
/// is not in it.
pub fn turns<'e>(log: impl IntoIterator<Item = &'e Event>) -> Vec<Turn> {
    let mut turns = Turns::default();
    let mut call: Option<Call> = None;
    for event in log {
        let next = match &call {
            Some(call) => step(call, event).call,
            None => match born(event) {
                Some(born) => born,
                None => return Vec::new(),
            },
        };
        turns.follow(call.as_ref(), &next, event);
        call = Some(next);
    }
    turns.all
}

#[derive(Default)]
struct Turns {
    all: Vec<Turn>,
    /// The commands that stand in it, and where.
    begun: Vec<(CommandId, usize)>,
    /// Those whose answer does.
    answered: BTreeSet<CommandId>,
    is_greeted: bool,
}

impl Turns {
    /// What an event made of the call.
    fn follow(&mut self, was: Option<&Call>, call: &Call, event: &Event) {
        let at = event.at;
        self.greet(was, call, at);
        for command in &call.commands {
            if was.and_then(|was| was.command(command.id)).is_none_or(|was| was.state != command.state) {
                self.command(command, at);
            }
        }
        let mut add = |by, what| self.all.push(Turn { at, by, what, heard: HowMuch::Whole });
        match &event.news {
            News::Spoken { by, text, .. } => add(*by, What::Said(text.clone())),
            News::DigitsHeard { digits, .. } if was.is_none_or(|was| was.pressed != call.pressed) => {
                add(Speaker::Remote, What::Pressed(digits.clone()));
            }
            News::ToolAsked { id, tool, arguments } => {
                let (id, tool, arguments) = (id.clone(), tool.clone(), arguments.clone());
                add(Speaker::Agent, What::Used(Use { id, tool, arguments, output: None }));
            }
            News::ToolReplied { id, output } => {
                for turn in &mut self.all {
                    if let What::Used(one) = &mut turn.what
                        && one.id == *id
                    {
                        one.output = Some(output.clone());
                    }
                }
            }
            _ => {}
        }
    }

    /// What the line's first document says, where that is no command.
    fn greet(&mut self, was: Option<&Call>, call: &Call, at: Timestamp) {
        let facts = &call.facts;
        let said = match &call.state {
            _ if self.is_greeted => None,
            CallState::InProgress(_) | CallState::HangingUp(_) | CallState::Ended(_)
                if call.answered_at().is_some() && call.command(GREETING).is_none() && !facts.by_command =>
            {
                let nothing = facts.direction == Direction::Inbound && !facts.hold;
                facts.say.clone().or_else(|| nothing.then(|| NOBODY_HERE.to_owned()))
            }
            CallState::HangingUp(hanging) => match &hanging.decline {
                Decline::Say(text) => Some(text.clone()),
                Decline::Reject | Decline::RingOut => None,
            },
            _ => None,
        };
        // One that was taken over was greeted by another.
        let is_new = was.is_some();
        if let Some(text) = said.filter(|_| is_new) {
            self.is_greeted = true;
            self.all.push(Turn { at, by: Speaker::Agent, what: What::Said(text), heard: HowMuch::Whole });
        }
    }

    /// How a command stands that changed.
    fn command(&mut self, command: &Command, at: Timestamp) {
        let heard = match &command.state {
            CommandState::Asked | CommandState::Sent { .. } => return,
            CommandState::Taken { .. } | CommandState::Stopping { .. } => HowMuch::Whole,
            CommandState::Done(outcome) if outcome.stopped => HowMuch::Cut,
            CommandState::Done(_) => HowMuch::Whole,
            CommandState::InDoubt { .. } => HowMuch::InDoubt,
            CommandState::Failed { .. } => HowMuch::Cut,
        };
        let place = self.begun.iter().find(|(id, _)| *id == command.id).map(|(_, place)| *place);
        match (place, &command.state) {
            (Some(place), _) => self.all[place].heard = heard,
            // What failed before the carrier took it nobody heard; what was stopped before it began neither.
            (None, CommandState::Failed { .. }) => return,
            (None, _) => self.begin(command, heard, at),
        }
        if let CommandState::Done(outcome) = &command.state {
            self.answer(command.id, outcome, at);
        }
    }

    fn begin(&mut self, command: &Command, heard: HowMuch, at: Timestamp) {
        let what = match &command.verb {
            // A question without words only listens.
            Verb::Ask { text, .. } if text.is_empty() => return,
            Verb::Say { text } | Verb::Ask { text, .. } => What::Said(text.clone()),
            Verb::SendDigits { digits } => What::Pressed(digits.clone()),
            Verb::Play { url, .. } => What::Played(url.clone()),
            Verb::Transfer { to } => What::Transferred(to.as_str().to_owned()),
            Verb::Stream { speaks: Speaks::Echo, .. } => What::Streamed("whoever spoke".to_owned()),
            Verb::Stream { url, .. } => What::Streamed(url.clone()),
        };
        self.begun.push((command.id, self.all.len()));
        self.all.push(Turn { at, by: Speaker::Agent, what, heard });
    }

    /// What the other side answered, once.
    fn answer(&mut self, id: CommandId, outcome: &Outcome, at: Timestamp) {
        let said = outcome.speech.clone().map(What::Said);
        let pressed = outcome.digits.clone().map(What::Pressed);
        let answers: Vec<What> =
            [said, pressed].into_iter().flatten().filter(|what| !what.text().is_empty()).collect();
        if answers.is_empty() || !self.answered.insert(id) {
            return;
        }
        let turn = |what| Turn { at, by: Speaker::Remote, what, heard: HowMuch::Whole };
        self.all.extend(answers.into_iter().map(turn));
    }
}

impl What {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            What::Said(_) => "said",
            What::Pressed(_) => "pressed",
            What::Played(_) => "played",
            What::Transferred(_) => "transferred",
            What::Streamed(_) => "streamed",
            What::Used(_) => "used",
        }
    }

    /// The words, the keys, the address, the number, or the tool.
    pub fn text(&self) -> &str {
        match self {
            What::Said(text)
            | What::Pressed(text)
            | What::Played(text)
            | What::Transferred(text)
            | What::Streamed(text) => text,
            What::Used(one) => &one.tool,
        }
    }
}

impl HowMuch {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            HowMuch::Whole => "whole",
            HowMuch::Cut => "cut",
            HowMuch::InDoubt => "in_doubt",
        }
    }
}

#[cfg(test)]
mod tests;
