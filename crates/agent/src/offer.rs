//! What servers of tools offer a model, and under which names it has that.

use crate::model::{Model, OwnTool, is_free};
use serde_json::{Map, Value, json};

/// A tool, as a server tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The server's name for it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it takes, as a JSON schema.
    pub schema: String,
}

impl Model {
    /// Gives it what a server offers, each under the name that [`known_as`] tells; what it can't have, and why.
    /// What it has stays as it is.
    pub fn give(&mut self, server: &str, offered: impl IntoIterator<Item = Offered>) -> Vec<String> {
        let mut refused = Vec::new();
        for Offered { name, description, schema } in offered {
            let known = known_as(server, &name);
            let why = if !is_free(&known) {
                format!(
                    "{known:?} is no name for it, being longer than 64 letters or one of the gateway's own"
                )
            } else if self.tools.contains_key(&known) {
                format!("there is another {known:?}; give the server another name")
            } else if self.tools.len() == TOOLS_MAX {
                format!("the model has {TOOLS_MAX} tools already; say with `only` which it needs")
            } else if let Some(parameters) = parameters(&schema) {
                self.tools.insert(known, OwnTool { description, parameters });
                continue;
            } else {
                "its schema is none of an object".to_owned()
            };
            refused.push(format!("{name:?}: {why}"));
        }
        refused
    }
}

/// How a model knows a server's tool: by both names, of which each letter that models don't take is `_`. So it
/// is the same whatever else the model has.
pub fn known_as(server: &str, tool: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    format!("{server}_{tool}").chars().map(|letter| if fits(letter) { letter } else { '_' }).collect()
}

/// A schema that models take: of an object, and one that says so.
fn parameters(schema: &str) -> Option<Value> {
    let mut schema: Map<String, Value> = serde_json::from_str(schema).ok()?;
    if schema.entry("type").or_insert_with(|| json!("object")) != "object" {
        return None;
    }
    // Some servers of models take none without.
    schema.entry("properties").or_insert_with(|| json!({}));
    Some(Value::Object(schema))
}

/// So many tools a model has at most: OpenAI's take 128, and each is read again at each reply.
const TOOLS_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Wish;
    use crate::model::tests::with_weather;

    fn offered(name: &str) -> Offered {
        Offered { name: name.to_owned(), description: "It is.".to_owned(), schema: "{}".to_owned() }
    }

    #[test]
    fn what_a_server_offers_is_known_by_both_names() {
        let mut model = with_weather();
        assert_eq!(model.give("hotel", [offered("find"), offered("rooms.free")]), [] as [&str; 0]);
        assert_eq!(model.wish("hotel_find", "{}"), Ok(Wish::Use));
        assert_eq!(model.wish("hotel_rooms_free", "{}"), Ok(Wish::Use));
        assert_eq!(model.tools["hotel_find"].parameters, json!({ "type": "object", "properties": {} }));
        assert!(model.wish("find", "{}").is_err());
    }

    #[test]
    fn what_a_model_can_not_have_is_told() {
        let mut model = with_weather();
        let weather = model.tools["weather"].clone();
        model.tools.insert("hotel_find".to_owned(), weather.clone());
        let list = Offered { schema: r#"{"type":"array"}"#.to_owned(), ..offered("list") };
        let text = Offered { schema: "\"object\"".to_owned(), ..offered("text") };
        let refused = model.give("hotel", [offered("find"), offered(&"x".repeat(64)), list, text]);
        let why = ["another \"hotel_find\"", "no name for it", "none of an object", "none of an object"];
        assert_eq!(refused.len(), why.len());
        for (refused, why) in refused.iter().zip(why) {
            assert!(refused.contains(why), "{refused}");
        }
        assert_eq!(model.tools["hotel_find"], weather, "what it has stays");
        assert_eq!(model.give("call", [offered("end")]), [] as [&str; 0]);
        let refused = model.give("end", [offered("call")]);
        assert!(refused[0].contains("\"end_call\" is no name"), "{refused:?}");
        let many = (0..200).map(|n| offered(&n.to_string()));
        assert_eq!((model.give("many", many).len(), model.tools.len()), (103, TOOLS_MAX));
    }
}
