//! What a server says of its tools, and what they say, as plain values within bounds.

use crate::{Answer, DESCRIPTION_MAX, Listing, SCHEMA_MAX, TOOLS_MAX, Tool};
use rmcp::model::{self, CallToolResult, ContentBlock, ResourceContents};

/// Takes what fits of a page of a listing. Whether there is room for more.
pub(crate) fn take(listing: &mut Listing, page: Vec<model::Tool>) -> bool {
    for tool in page {
        let name = tool.name.into_owned();
        if listing.tools.len() == TOOLS_MAX {
            listing.left_out.push(format!("it has more than {TOOLS_MAX} tools; the rest is left out"));
            return false;
        }
        let schema = serde_json::Value::Object((*tool.input_schema).clone()).to_string();
        if schema.len() > SCHEMA_MAX {
            let n_bytes = schema.len();
            let why = format!("{name:?} has a schema of {n_bytes} bytes, and {SCHEMA_MAX} are read");
            listing.left_out.push(why);
            continue;
        }
        let said = tool.description.unwrap_or_default();
        let description = said.trim().chars().take(DESCRIPTION_MAX).collect();
        listing.tools.push(Tool { name, description, schema });
    }
    true
}

/// What a tool says: its texts, one after another, and what else there is by its name.
pub(crate) fn answer(result: CallToolResult) -> Answer {
    let is_error = result.is_error.unwrap_or_default();
    let mut parts: Vec<String> = result.content.iter().map(part).collect();
    // It may say in a structure alone what it says.
    if parts.is_empty() {
        parts.extend(result.structured_content.map(|structure| structure.to_string()));
    }
    Answer { is_error, text: parts.join("\n") }
}

fn part(block: &ContentBlock) -> String {
    let left_out = |what: &str| format!("[{what}, which can't be given here]");
    match block {
        ContentBlock::Text(text) => text.text.clone(),
        ContentBlock::Image(image) => left_out(&format!("an image, {}", image.mime_type)),
        ContentBlock::Audio(audio) => left_out(&format!("a sound, {}", audio.mime_type)),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => text.clone(),
            ResourceContents::BlobResourceContents { uri, .. } => left_out(&format!("the resource {uri}")),
            _ => left_out("a resource"),
        },
        ContentBlock::ResourceLink(link) => left_out(&format!("the resource {}", link.uri)),
        _ => left_out("something"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::{Value, json};

    fn said(result: Value) -> (bool, String) {
        let Answer { is_error, text } = answer(serde_json::from_value(result).unwrap());
        (is_error, text)
    }

    #[test]
    fn texts_are_told_and_all_else_is_named() {
        let content = json!([
            { "type": "text", "text": "Room 12" },
            { "type": "image", "data": "AAAA", "mimeType": "image/png" },
            { "type": "audio", "data": "AAAA", "mimeType": "audio/wav" },
            { "type": "resource", "resource": { "uri": "file:///a", "text": "a page" } },
            { "type": "resource", "resource": { "uri": "file:///b", "blob": "AAAA" } },
            { "type": "resource_link", "uri": "file:///c", "name": "c" },
        ]);
        let (is_error, text) = said(json!({ "content": content }));
        assert!(!is_error);
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "Room 12",
                "[an image, image/png, which can't be given here]",
                "[a sound, audio/wav, which can't be given here]",
                "a page",
                "[the resource file:///b, which can't be given here]",
                "[the resource file:///c, which can't be given here]",
            ]
        );
        assert_eq!(said(json!({ "content": [], "isError": true })), (true, String::new()));
        assert_eq!(said(json!({ "content": [], "structuredContent": { "room": 12 } })).1, r#"{"room":12}"#);
        let both =
            json!({ "content": [{ "type": "text", "text": "12" }], "structuredContent": { "room": 12 } });
        assert_eq!(said(both).1, "12");
    }

    #[test]
    fn a_listing_has_bounds() {
        let tool = |name: &str, more: &str| -> model::Tool {
            let schema = json!({ "type": "object", "title": more });
            serde_json::from_value(json!({ "name": name, "description": more, "inputSchema": schema }))
                .unwrap()
        };
        let mut listing = Listing::default();
        assert!(take(&mut listing, vec![tool("small", " x "), tool("long", &"ä".repeat(2_000))]));
        assert!(take(&mut listing, vec![tool("huge", &"x".repeat(9_000))]));
        let (small, long) = (&listing.tools[0], &listing.tools[1]);
        assert_eq!((small.name.as_str(), small.description.as_str()), ("small", "x"));
        assert_eq!(small.schema, r#"{"title":" x ","type":"object"}"#);
        assert_eq!(long.description.chars().count(), DESCRIPTION_MAX);
        assert_eq!((listing.tools.len(), listing.left_out.len()), (2, 1));
        assert!(listing.left_out[0].contains("\"huge\" has a schema of 9"), "{:?}", listing.left_out);

        assert!(!take(&mut listing, vec![tool("small", "x"); 100]));
        assert_eq!((listing.tools.len(), listing.left_out.len()), (TOOLS_MAX, 2));
    }
}
