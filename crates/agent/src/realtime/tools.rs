//! What a model wishes to have done, and what came of it.

use super::event::Item;
use super::message::output;
use super::{Act, Acts, Leave, Session};
use crate::model::{Wish, output_of};
use call::dialogue::{Entry, Use};
use serde_json::{Value, json};

/// A tool that is being used, and the server's name for the wish.
#[derive(Clone, Debug)]
pub(super) struct OpenUse {
    pub(super) wish: String,
    pub(super) tool: String,
    pub(super) arguments: String,
}

impl Session {
    /// The server is done with an item of its reply, which may be the call of a tool.
    pub(super) fn done(&mut self, item: Item, acts: Acts<'_>) {
        let Item::FunctionCall { call_id, name, arguments, status } = item else { return };
        // One that somebody talked over isn't whole.
        if status.is_some_and(|status| status != "completed") {
            return;
        }
        let output = match self.settings.model.wish(&name, &arguments) {
            Ok(Wish::End) => return self.leaving = Some((Leave::End, call_id)),
            Ok(Wish::Transfer(to)) => return self.leaving = Some((Leave::Transfer(to), call_id)),
            Ok(Wish::Use) => {
                let (wish, tool) = (call_id.clone(), name.clone());
                self.open_uses.push(OpenUse { wish, tool, arguments: arguments.clone() });
                return acts(Act::Use { wish: call_id, tool: name, arguments });
            }
            Ok(Wish::Keys(keys)) => {
                acts(Act::Press(keys));
                return self.playing.pressed(call_id, acts);
            }
            Err(refused) => {
                acts(Act::Warn("it asked for something that it can't have", refused.to_string()));
                json!({ "ok": false, "error": refused.to_string() })
            }
        };
        self.answer(&call_id, &output, acts);
    }

    /// The model can't leave as it wished: it is told why, and goes on.
    pub fn refuse(&mut self, wish: &str, why: &str, acts: Acts<'_>) {
        self.answer(wish, &json!({ "ok": false, "error": why }), acts);
    }

    /// A tool was used, as the model wished.
    pub fn used(&mut self, wish: &str, one: Use, acts: Acts<'_>) {
        self.open_uses.retain(|open| open.wish != wish);
        acts(Act::Tell(output(wish, output_of(&one)).to_string()));
        self.said.push(Entry::Used(one));
        self.ask(acts);
    }

    /// Tells what came of a tool.
    pub(super) fn answer(&mut self, call_id: &str, output: &Value, acts: Acts<'_>) {
        acts(Act::Tell(self::output(call_id, &output.to_string()).to_string()));
        self.ask(acts);
    }
}
