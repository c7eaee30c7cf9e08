//! What was said on a call, by whom and when, read off its events as the API lists them.

use call::call::{CommandId, CommandReply, Facts, News, Outcome, Performed, StreamEnd, Verb};
use call::dialogue::Speaker;
use mcp::face::{Said, Who};
use serde_json::Value;
use std::collections::BTreeMap;

/// What was said, in the order in which it was heard. What waits and was not begun is not in it.
pub(super) fn said(events: &[Value]) -> Vec<Said> {
    let mut reader = Reader::default();
    for event in events {
        // An event of a newer gateway, of which nothing is known here, says nothing.
        if let Ok(news) = serde_json::from_value::<News>(event["event"].clone()) {
            reader.hear(event, &news);
        }
    }
    reader.said
}

#[derive(Default)]
struct Reader {
    said: Vec<Said>,
    /// What is said first when the line is open.
    greeting: Option<String>,
    /// What was asked of the call and not begun, and by whom.
    waiting: BTreeMap<CommandId, (Who, Verb)>,
    n_asked: u32,
}

impl Reader {
    fn hear(&mut self, event: &Value, news: &News) {
        let at = event["at"].as_str().unwrap_or_default();
        if event["state"] == "in_progress" {
            self.greet(at);
        }
        match news {
            News::Asked(facts) | News::Offered(facts, _) | News::Imported(facts, _) => self.begin(facts),
            News::CommandAsked(verb) => {
                self.n_asked += 1;
                let who = if event["source"] == "agent" { Who::Agent } else { Who::Us };
                self.waiting.insert(CommandId(self.n_asked), (who, verb.clone()));
            }
            News::CommandReplied { id, reply } => match reply {
                CommandReply::Taken { .. } => self.begun(*id, at, ""),
                CommandReply::Refused { reason, .. } => {
                    self.begun(*id, at, &format!(" [not done: {reason}]"))
                }
                CommandReply::InDoubt { .. } => self.begun(*id, at, " [nobody knows whether it was heard]"),
            },
            News::CommandHeard { id, performed, .. } => self.performed(*id, at, performed),
            News::StreamOver { id, end: StreamEnd::Failed { code }, .. } => {
                self.begun(*id, at, &format!(" [failed: {code}]"));
            }
            News::Spoken { by: Speaker::Agent, text, .. } => self.say(at, Who::Agent, text),
            News::Spoken { by: Speaker::Remote, text, .. } => self.say(at, Who::Them, text),
            News::DigitsHeard { digits, .. } => self.say(at, Who::Them, &format!("[pressed {digits}]")),
            _ => {}
        }
    }

    fn begin(&mut self, facts: &Facts) {
        self.greeting = facts.say.clone();
    }

    fn greet(&mut self, at: &str) {
        if let Some(greeting) = self.greeting.take() {
            self.say(at, Who::Us, &greeting);
        }
    }

    /// Something that was asked is heard from here on.
    fn begun(&mut self, id: CommandId, at: &str, remark: &str) {
        let Some((who, verb)) = self.waiting.remove(&id) else { return };
        let said = match verb {
            // To listen is to say nothing.
            Verb::Ask { text, .. } if text.is_empty() => return,
            Verb::Say { text } | Verb::Ask { text, .. } => text,
            Verb::SendDigits { digits } => format!("[pressed {digits}]"),
            Verb::Play { url, .. } => format!("[played {url}]"),
            Verb::Transfer { to } => format!("[put through to {to}]"),
            Verb::Stream { .. } => "[handed the sound to a program]".to_owned(),
        };
        self.say(at, who, &format!("{said}{remark}"));
    }

    fn performed(&mut self, id: CommandId, at: &str, performed: &Performed) {
        match performed {
            Performed::Begun => self.begun(id, at, ""),
            Performed::Failed { code } => self.begun(id, at, &format!(" [failed: {code}]")),
            Performed::Finished(Outcome { digits, speech, stopped, .. }) => {
                self.begun(id, at, if *stopped { " [stopped before its end]" } else { "" });
                if let Some(speech) = speech.as_deref().filter(|speech| !speech.is_empty()) {
                    self.say(at, Who::Them, speech);
                }
                if let Some(digits) = digits.as_deref().filter(|digits| !digits.is_empty()) {
                    self.say(at, Who::Them, &format!("[pressed {digits}]"));
                }
            }
        }
    }

    fn say(&mut self, at: &str, who: Who, text: &str) {
        self.said.push(Said { at: at.to_owned(), who, text: text.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn told(events: Vec<(&str, Value)>) -> Vec<(Who, String)> {
        let events: Vec<Value> = events
            .into_iter()
            .map(|(source, event)| json!({ "at": "t", "source": source, "state": "in_progress", "event": event }))
            .collect();
        said(&events).into_iter().map(|said| (said.who, said.text)).collect()
    }

    fn ask(text: &str) -> Value {
        json!({ "command_asked": { "ask": { "text": text, "input": "any", "timeout": 10_000 } } })
    }

    fn say(text: &str) -> Value {
        json!({ "command_asked": { "say": { "text": text } } })
    }

    fn taken(id: u32) -> Value {
        json!({ "command_replied": { "id": id, "reply": { "taken": {} } } })
    }

    fn heard(id: u32, outcome: Value) -> Value {
        json!({ "command_heard": { "leg": "CA1", "id": id, "performed": { "finished": outcome } } })
    }

    /// What was asked ahead is told when it is heard, and not when it was asked.
    #[test]
    fn what_is_said_stands_where_it_was_heard() {
        let lines = told(vec![
            ("api", ask("How many?")),
            ("api", say("Thank you.")),
            ("reply", taken(1)),
            ("webhook", heard(1, json!({ "speech": "two" }))),
            ("reply", taken(2)),
            ("webhook", json!({ "digits_heard": { "leg": "CA1", "digits": "7" } })),
            ("api", say("Never begun.")),
        ]);
        let expected =
            [(Who::Us, "How many?"), (Who::Them, "two"), (Who::Us, "Thank you."), (Who::Them, "[pressed 7]")];
        assert_eq!(lines, expected.map(|(who, text)| (who, text.to_owned())));
    }

    #[test]
    fn what_was_refused_cut_off_or_is_in_doubt_says_so() {
        let refused = json!({ "refused": { "code": "1", "reason": "no" } });
        let lines = told(vec![
            ("agent", say("A")),
            ("reply", json!({ "command_replied": { "id": 1, "reply": refused } })),
            ("api", say("B")),
            ("reply", json!({ "command_replied": { "id": 2, "reply": { "in_doubt": { "why": "w" } } } })),
            ("api", ask("")),
            ("webhook", heard(3, json!({ "digits": "1" }))),
            ("api", say("C")),
            ("webhook", heard(4, json!({ "stopped": true }))),
            ("unheard of", json!({ "of_a_newer_gateway": {} })),
        ]);
        let expected = [
            (Who::Agent, "A [not done: no]"),
            (Who::Us, "B [nobody knows whether it was heard]"),
            (Who::Them, "[pressed 1]"),
            (Who::Us, "C [stopped before its end]"),
        ];
        assert_eq!(lines, expected.map(|(who, text)| (who, text.to_owned())));
    }
}
