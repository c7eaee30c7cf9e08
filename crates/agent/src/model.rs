//! A language model: what it is told it is, and what it may do on a call.

use call::PhoneNumber;
use call::call::command::are_keys;
use call::dialogue::{Entry, Line, Use};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a model is asked with, beside what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The server's name for it.
    pub name: String,
    /// Who it is and what it is for.
    pub prompt: String,
    /// To whom it may put the call through, by the names that it knows.
    pub transfers: BTreeMap<String, PhoneNumber>,
    /// What else it may call, by its name.
    pub tools: BTreeMap<String, OwnTool>,
}

/// A tool that the model's owner gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTool {
    /// What it is for.
    pub description: String,
    /// What it takes, as a JSON schema.
    pub parameters: Value,
}

/// Something that a model wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The call is to end when all was said.
    End,
    /// These keys are to be pressed.
    Keys(String),
    /// The call is to be put through.
    Transfer(PhoneNumber),
    /// A tool of its owner's is to be used, and it is to be told what came of it.
    Use,
}

/// Why a model's wish can't be had.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoWish {
    /// There is no such tool.
    #[error("there is no tool {0:?}")]
    NoTool(String),
    /// It isn't asked as it must be.
    #[error("{tool} was asked with {arguments:?}: {why}")]
    Unreadable {
        /// Which tool.
        tool: &'static str,
        /// What it was asked with.
        arguments: String,
        /// What is wrong.
        why: String,
    },
}

/// Something that a model may call.
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) description: String,
    /// A JSON schema.
    pub(crate) parameters: Value,
}

impl Model {
    /// What a call of a tool means.
    ///
    /// # Errors
    /// [`NoWish`].
    pub fn wish(&self, tool: &str, arguments: &str) -> Result<Wish, NoWish> {
        let unreadable = |tool: &'static str, why: &str| NoWish::Unreadable {
            tool,
            arguments: arguments.chars().take(SHOWN_MAX).collect(),
            why: why.to_owned(),
        };
        let given: Value = serde_json::from_str(arguments).unwrap_or_default();
        match tool {
            END => Ok(Wish::End),
            KEYS => match given["digits"].as_str() {
                Some(digits) if are_keys(digits) => Ok(Wish::Keys(digits.to_owned())),
                _ => Err(unreadable(KEYS, "digits must be 0-9, *, # and w, at most 64")),
            },
            TRANSFER => match given["to"].as_str().and_then(|name| self.transfers.get(name)) {
                Some(number) => Ok(Wish::Transfer(number.clone())),
                None => Err(unreadable(TRANSFER, "to must be one of the names that it may have")),
            },
            own if self.tools.contains_key(own) => Ok(Wish::Use),
            other => Err(NoWish::NoTool(other.chars().take(SHOWN_MAX).collect())),
        }
    }

    /// With what it calls [`TRANSFER`] to have this number.
    pub fn asks_for(&self, number: &PhoneNumber) -> String {
        let name = self.transfers.iter().find(|(_, known)| *known == number).map(|(name, _)| name);
        json!({ "to": name }).to_string()
    }

    /// What it may call.
    pub(crate) fn tools(&self) -> Vec<Tool> {
        let tool = |name: &str, description: &str, parameters| Tool {
            name: name.to_owned(),
            description: description.to_owned(),
            parameters: object(&parameters),
        };
        let keys = "Presses keys on the line: 0-9, *, #, and w for half a second of waiting.";
        let mut tools = vec![
            tool(END, "Ends the call, after what you say in the same reply.", json!({})),
            tool(KEYS, keys, json!({ "digits": { "type": "string" } })),
        ];
        if !self.transfers.is_empty() {
            let names: Vec<&String> = self.transfers.keys().collect();
            let to = json!({ "to": { "type": "string", "enum": names } });
            tools.push(tool(TRANSFER, "Puts the call through to somebody else, and leaves it.", to));
        }
        tools.extend(self.tools.iter().map(|(name, own)| Tool {
            name: name.clone(),
            description: own.description.clone(),
            parameters: own.parameters.clone(),
        }));
        tools
    }
}

/// All properties of it are needed.
fn object(properties: &Value) -> Value {
    let names: Vec<&String> = properties.as_object().into_iter().flat_map(|all| all.keys()).collect();
    json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
}

/// What is told of a tool of which nobody knows what became: its request may have been sent.
pub(crate) fn output_of(one: &Use) -> &str {
    one.output.as_deref().unwrap_or(IN_DOUBT)
}

/// The last entries, up to so many letters.
pub(crate) fn end_of(said: &[Entry]) -> &[Entry] {
    let mut n_letters = 0;
    let fits = |entry: &&Entry| {
        n_letters += match entry {
            Entry::Said(Line { text, .. }) => text.chars().count(),
            Entry::Used(one) => one.arguments.chars().count() + output_of(one).chars().count(),
        };
        n_letters <= HISTORY_MAX
    };
    let n_lines = said.iter().rev().take_while(fits).count().max(1);
    &said[said.len().saturating_sub(n_lines)..]
}

/// Whether a tool of one's own may have this name.
pub fn is_free(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    !name.is_empty() && name.len() <= 64 && name.bytes().all(fits) && ![END, KEYS, TRANSFER].contains(&name)
}

const IN_DOUBT: &str = r#"{"error":"nobody knows yet whether this was done; it may have been"}"#;
const END: &str = "end_call";
const KEYS: &str = "press_keys";
/// The tool by which a model puts its call through.
pub const TRANSFER: &str = "transfer_call";
/// So many letters of what was said are sent: some 6,000 tokens.
const HISTORY_MAX: usize = 24_000;
const SHOWN_MAX: usize = 200;

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use call::dialogue::Speaker;

    pub(crate) fn model() -> Model {
        let desk = ("desk".to_owned(), "+12025550143".parse().unwrap());
        let (name, prompt) = ("m".to_owned(), "Be brief.".to_owned());
        Model { name, prompt, transfers: [desk].into(), tools: BTreeMap::new() }
    }

    /// The same, which can look up the weather.
    pub(crate) fn with_weather() -> Model {
        let parameters = object(&json!({ "place": { "type": "string" } }));
        let weather = OwnTool { description: "Tells the weather.".to_owned(), parameters };
        Model { tools: [("weather".to_owned(), weather)].into(), ..model() }
    }

    fn line(by: Speaker, text: &str) -> Entry {
        Entry::Said(Line { by, text: text.to_owned() })
    }

    #[test]
    fn of_a_long_conversation_the_end_is_sent() {
        let long = vec![line(Speaker::Remote, &"x".repeat(1_000)); 100];
        assert_eq!(end_of(&long).len(), 24);
        assert_eq!(end_of(&[line(Speaker::Remote, &"x".repeat(50_000))]).len(), 1, "the last word always is");
        assert_eq!(end_of(&[]), []);
    }

    #[test]
    fn a_tool_is_what_it_is_asked_for() {
        let asked = |tool: &str, arguments: &str| model().wish(tool, arguments);
        assert_eq!(asked("end_call", ""), Ok(Wish::End));
        assert_eq!(asked("press_keys", r#"{"digits":"12#"}"#), Ok(Wish::Keys("12#".to_owned())));
        assert_eq!(
            asked("transfer_call", r#"{"to":"desk"}"#),
            Ok(Wish::Transfer("+12025550143".parse().unwrap()))
        );
        for (tool, arguments, why) in [
            ("transfer_call", r#"{"to":"+19005550143"}"#, "one of the names"),
            ("transfer_call", "{", "one of the names"),
            ("press_keys", r#"{"digits":"hello"}"#, "0-9"),
            ("sing", "{}", "no tool"),
            ("weather", "{}", "no tool"),
        ] {
            let error = asked(tool, arguments).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_tool_of_ones_own_is_one_among_the_others() {
        assert_eq!(with_weather().wish("weather", "{"), Ok(Wish::Use), "its owner reads what it is given");
        let names: Vec<String> = with_weather().tools().into_iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["end_call", "press_keys", "transfer_call", "weather"]);
        assert!(is_free("find_booking-2"));
        for name in ["", "end_call", "two words", "ümlaut", &"x".repeat(65)] {
            assert!(!is_free(name), "{name:?}");
        }
    }
}
