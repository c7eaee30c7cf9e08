//! Replies as servers write them, and requests as they read them.
#![allow(clippy::unwrap_used)]

use super::*;
use std::collections::BTreeMap;

const STREAM: &str = concat!(
    ": a comment keeps the line open\n\n",
    r#"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"choices":[{"index":0,"delta":{"content":"Good"},"finish_reason":null}]}"#,
    "\r\n\r\n",
    r#"data:{"choices":[{"index":0,"delta":{"content":"bye, Grüße."},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"transfer_call","arguments":""}}]},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"to\":"}},{"index":1,"id":"call_2","type":"function","function":{"name":"end_call","arguments":"{}"}}]},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"desk\"}"}}]},"finish_reason":null}]}"#,
    "\n\n",
    r#"data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#,
    "\n\n",
    r#"data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#,
    "\n\n",
    "data: [DONE]\n\n",
);

fn model() -> Model {
    crate::model::tests::model()
}

fn line(by: Speaker, text: &str) -> Entry {
    Entry::Said(Line { by, text: text.to_owned() })
}

#[test]
fn a_reply_is_the_same_in_pieces_of_any_length() {
    let tool =
        |name: &str, arguments: &str| Piece::Tool { name: name.to_owned(), arguments: arguments.to_owned() };
    let expected = [
        Piece::Words("Good".to_owned()),
        Piece::Words("bye, Grüße.".to_owned()),
        tool("transfer_call", r#"{"to":"desk"}"#),
        tool("end_call", "{}"),
        Piece::Done,
    ];
    for length in [1, 2, 7, 100, STREAM.len()] {
        let mut reader = Reader::default();
        let pieces: Vec<Piece> =
            STREAM.as_bytes().chunks(length).flat_map(|part| reader.hear(part)).collect();
        assert_eq!(pieces, expected, "{length}");
        assert!(reader.is_done());
    }
}

/// Its arguments may take longer than a first word would.
#[test]
fn a_tool_is_known_to_be_called_until_all_of_it_is_there() {
    let mut reader = Reader::default();
    let delta = |delta: &str, reason: &str| {
        format!("data: {{\"choices\":[{{\"delta\":{delta},\"finish_reason\":{reason}}}]}}\n\n")
    };
    assert_eq!(reader.hear(delta(r#"{"role":"assistant"}"#, "null").as_bytes()), []);
    assert_eq!(reader.called_bytes(), 0);
    let call = r#"{"tool_calls":[{"index":0,"function":{"name":"end_call","arguments":"{"}}]}"#;
    assert_eq!(reader.hear(delta(call, "null").as_bytes()), []);
    assert_eq!(reader.called_bytes(), "end_call{".len());
    reader.hear(b": ping\n\n");
    assert_eq!(reader.called_bytes(), "end_call{".len());
    reader.hear(delta("{}", "\"tool_calls\"").as_bytes());
    assert!(reader.called_bytes() == 0 && reader.is_done());
}

#[test]
fn a_reply_that_breaks_off_is_not_whole_and_a_failure_is_told() {
    let mut reader = Reader::default();
    let cut = STREAM.find("bye, ").unwrap();
    assert_eq!(reader.hear(&STREAM.as_bytes()[..cut]), [Piece::Words("Good".to_owned())]);
    assert!(!reader.is_done());
    let told = |text: &str| Reader::default().hear(text.as_bytes());
    let overloaded = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n";
    assert_eq!(told(overloaded), [Piece::Failed("overloaded".to_owned())]);
    assert!(matches!(told("data: <html>\n").as_slice(), [Piece::Failed(why)] if why.contains("<html>")));
    assert!(matches!(told(&"x".repeat(1_100_000)).as_slice(), [Piece::Failed(_)]));
    let cut = r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"pay","arguments":"{\"sum\":1"}}]},"finish_reason":"length"}]}"#;
    assert!(matches!(told(&format!("{cut}\n")).as_slice(), [Piece::Failed(why)] if why.contains("limit")));
}

#[test]
fn what_was_said_stands_in_a_request_by_whom() {
    let said = [line(Speaker::Agent, "Hello."), line(Speaker::Remote, "Hi, it is \"Ada\".")];
    let body: Value = serde_json::from_slice(&request(&model(), &said)).unwrap();
    let expected = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "assistant", "content": "Hello." },
        { "role": "user", "content": "Hi, it is \"Ada\"." },
    ]);
    assert_eq!((&body["model"], &body["stream"], &body["messages"]), (&json!("m"), &json!(true), &expected));
    let names: Vec<&str> = body["tools"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|tool| tool["function"]["name"].as_str())
        .collect();
    assert_eq!(names, ["end_call", "press_keys", "transfer_call"]);
    let nobody = Model { transfers: BTreeMap::new(), ..model() };
    let body: Value = serde_json::from_slice(&request(&nobody, &said)).unwrap();
    assert_eq!(body["tools"].as_array().map(Vec::len), Some(2), "there is nobody to put a call through to");
}

#[test]
fn what_a_tool_said_stands_in_a_request_and_so_does_that_nobody_knows() {
    let used = |output: Option<&str>| {
        let (id, tool, arguments) = ("use_1".to_owned(), "weather".to_owned(), "{}".to_owned());
        Entry::Used(call::dialogue::Use { id, tool, arguments, output: output.map(str::to_owned) })
    };
    let said = [line(Speaker::Remote, "Is it raining?"), used(Some("\"no\"")), used(None)];
    let body: Value = serde_json::from_slice(&request(&crate::model::tests::with_weather(), &said)).unwrap();
    assert_eq!(body["tools"][3]["function"]["name"], "weather");
    let asked =
        json!([{ "id": "use_1", "type": "function", "function": { "name": "weather", "arguments": "{}" } }]);
    assert_eq!(body["messages"][2], json!({ "role": "assistant", "content": null, "tool_calls": asked }));
    let told = json!({ "role": "tool", "tool_call_id": "use_1", "content": "\"no\"" });
    assert_eq!(body["messages"][3], told);
    assert!(body["messages"][5]["content"].as_str().unwrap().contains("nobody knows"));
    let late = [&said[..], &[line(Speaker::Agent, "Let me see.")]].concat();
    let body: Value = serde_json::from_slice(&request(&crate::model::tests::with_weather(), &late)).unwrap();
    assert_eq!(body["messages"][2]["content"], "Let me see.");
    assert_eq!(body["messages"][6]["role"], "tool", "it is what is to be replied to");
}
