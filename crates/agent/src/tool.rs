//! The tools that owners give their models: what a tool is asked, and what the model is told of it.

use call::Call;
use call::call::Direction;
use serde_json::{Value, json};

/// What a tool is asked with: the model's arguments, and whose call it is.
pub fn question(call: &Call, tool: &str, arguments: &str) -> Vec<u8> {
    let facts = &call.facts;
    let direction = match facts.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    };
    // What is no JSON is for the tool to refuse.
    let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| json!(arguments));
    let body = json!({
        "tool": tool,
        "arguments": arguments,
        "call": {
            "id": facts.id.to_string(),
            "direction": direction,
            "from": facts.from.as_str(),
            "to": facts.to.as_str(),
        },
    });
    body.to_string().into_bytes()
}

/// What the model is told of this reply.
pub fn answer(status: u16, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    match (status / 100 == 2, text.chars().count()) {
        (true, _) => done(text),
        // What it says may help the model to ask again.
        (false, n) if (1..=REFUSAL_MAX).contains(&n) => {
            let said = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
            json!({ "error": format!("HTTP {status}"), "said": said }).to_string()
        }
        (false, _) => failure(&format!("HTTP {status}")),
    }
}

/// What the model is told of what a server's tool says, which may say that it failed.
pub fn result(is_error: bool, text: &str) -> String {
    let text = text.trim();
    match is_error {
        false => done(text),
        true if text.is_empty() => failure("it failed, and doesn't say why"),
        true => failure(&text.chars().take(REFUSAL_MAX).collect::<String>()),
    }
}

/// What the model is told of a tool that says this.
fn done(text: &str) -> String {
    match text.chars().count() {
        0 => json!({ "ok": true }).to_string(),
        n if n > ANSWER_MAX => {
            failure(&format!("its answer has {n} letters, and {ANSWER_MAX} are read; let it say less"))
        }
        _ => text.to_owned(),
    }
}

/// What the model is told where a tool could not be used.
pub fn failure(why: &str) -> String {
    json!({ "error": why }).to_string()
}

/// So many letters are told: some 2,000 tokens, which the model reads again at each reply.
pub const ANSWER_MAX: usize = 8_000;
const REFUSAL_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_told_what_a_tool_says_and_what_is_wrong_with_it() {
        assert_eq!(answer(200, b" {\"room\": 12}\n"), "{\"room\": 12}");
        assert_eq!(answer(204, b""), r#"{"ok":true}"#);
        assert_eq!(answer(404, b"no such guest"), r#"{"error":"HTTP 404","said":"no such guest"}"#);
        assert_eq!(answer(422, b"{\"why\":\"no name\"}"), r#"{"error":"HTTP 422","said":{"why":"no name"}}"#);
        assert_eq!(answer(502, "<".repeat(600).as_bytes()), r#"{"error":"HTTP 502"}"#);
        assert!(answer(200, "x".repeat(9_000).as_bytes()).contains("9000 letters"));
    }

    #[test]
    fn a_model_is_told_what_a_servers_tool_says() {
        assert_eq!(result(false, " Room 12.\n"), "Room 12.");
        assert_eq!(result(false, ""), r#"{"ok":true}"#);
        assert!(result(false, &"x".repeat(9_000)).contains("9000 letters"));
        assert_eq!(result(true, "no such \"guest\""), r#"{"error":"no such \"guest\""}"#);
        assert_eq!(result(true, ""), r#"{"error":"it failed, and doesn't say why"}"#);
        assert_eq!(result(true, &"x".repeat(9_000)).len(), 512);
    }
}
