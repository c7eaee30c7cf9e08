//! Resources: what was said on a call, and its story, as pages that a model reads.

use super::answers::{Told, sentence};
use super::asker::{Asker, Gateway, escaped, page};
use super::log::Log;
use rmcp::model::{
    ErrorData, ListResourcesResult, ReadResourceResult, Resource, ResourceContents, ResourceTemplate,
};
use serde_json::{Value, json};

/// The templates of their addresses.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = |kind: &Kind| {
        ResourceTemplate::new(format!("{SCHEME}{{id}}/{}", kind.name), kind.name)
            .with_title(kind.title)
            .with_description(kind.description)
            .with_mime_type(MIME)
    };
    KINDS.iter().map(template).collect()
}

/// Those of the newest calls.
///
/// # Errors
/// The gateway said no, or is away.
pub(super) async fn list<G: Gateway>(
    asker: &Asker<'_, G>,
    cursor: Option<String>,
) -> Result<ListResourcesResult, ErrorData> {
    let cursor = cursor.map(|cursor| format!("&cursor={}", escaped(&cursor))).unwrap_or_default();
    let listed = asker.get(&format!("/v1/calls?limit={LISTED}{cursor}")).await.map_err(not_read)?;
    let calls = listed["calls"].as_array().map(Vec::as_slice).unwrap_or_default();
    let pages = calls.iter().flat_map(|call| {
        let id = call["id"].as_str().unwrap_or_default();
        KINDS.iter().map(move |kind| {
            Resource::new(format!("{SCHEME}{id}/{}", kind.name), format!("{id} {}", kind.name))
                .with_title(format!("{}: {}", kind.title, sentence(call)))
                .with_description(kind.description)
                .with_mime_type(MIME)
        })
    });
    let mut result = ListResourcesResult::with_all_items(pages.collect());
    result.next_cursor = listed["next"].as_str().map(str::to_owned);
    Ok(result)
}

/// Reads one.
///
/// # Errors
/// There is no such page, or the gateway said no, or is away.
pub(super) async fn read<G: Gateway>(
    asker: &Asker<'_, G>,
    uri: &str,
) -> Result<ReadResourceResult, ErrorData> {
    let (id, kind) = uri
        .strip_prefix(SCHEME)
        .and_then(|rest| rest.split_once('/'))
        .filter(|(_, kind)| KINDS.iter().any(|known| known.name == *kind))
        .ok_or_else(|| {
            let detail =
                format!("there is no {uri:?}; pages are {SCHEME}{{id}}/transcript and {SCHEME}{{id}}/story");
            ErrorData::resource_not_found(detail, None)
        })?;
    let call = asker.get(&page(&["v1", "calls", id])).await.map_err(not_read)?;
    let text = match kind {
        "transcript" => transcript(asker, &call).await.map_err(not_read)?,
        _ => {
            let mut log = Log::of(id);
            log.read_on(asker).await.map_err(not_read)?;
            story(&call, &log.events)
        }
    };
    Ok(ReadResourceResult::new(vec![ResourceContents::text(text, uri).with_mime_type(MIME)]))
}

/// Who said what, and when.
///
/// # Errors
/// What a model is told instead.
pub(super) async fn transcript<G: Gateway>(asker: &Asker<'_, G>, call: &Value) -> Result<String, Told> {
    let id = call["id"].as_str().unwrap_or_default();
    let told = asker.get(&page(&["v1", "calls", id, "transcript"])).await?;
    let lines = told["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut page = format!("# What was said\n\n{}\n\n", sentence(call));
    if lines.is_empty() {
        page += "Nothing was said yet.\n";
    }
    for line in lines {
        let word = |field: &str| line[field].as_str().unwrap_or_default();
        let who = if word("by") == "agent" { "we" } else { "they" };
        let text = in_one_line(word("text"));
        let told = match word("kind") {
            "said" => text,
            kind => format!("[{kind} {text}]"),
        };
        let remark = match word("heard") {
            "cut" => " [cut off]",
            "in_doubt" => " [nobody knows whether it was heard]",
            _ => "",
        };
        page += &format!("- {} **{who}**: {told}{remark}\n", clock(word("at")));
    }
    page += "\nTheir words are as they were understood, and may be misheard. Times are in UTC.\n";
    Ok(page)
}

/// What was believed, heard and decided.
fn story(call: &Value, events: &[Value]) -> String {
    let id = call["id"].as_str().unwrap_or_default();
    let mut page = format!("# The story of call {id}\n\n{}\n\n", sentence(call));
    let mut believed = None;
    for event in events {
        let word = |field: &str| event[field].as_str().unwrap_or_default();
        let state = event["state"].as_str();
        let moved = if state == believed { String::new() } else { format!(" → {}", state.unwrap_or("-")) };
        believed = state;
        let summary = in_one_line(word("summary"));
        page += &format!("- {} ({}) {summary}{moved}\n", clock(word("at")), word("source"));
    }
    page += "\nIn brackets where each was heard from; behind an arrow the state that was believed after it. Times \
             are in UTC.\n";
    page
}

/// The time of day of an RFC 3339 time.
fn clock(at: &str) -> &str {
    at.get(11..23).unwrap_or(at)
}

/// What others said makes no lines of its own in a page.
fn in_one_line(text: &str) -> String {
    text.split(char::is_control).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

fn not_read(told: Told) -> ErrorData {
    let data = json!(told.structure);
    let detail = format!("{}. {}", told.words, told.next);
    match told.structure["error"]["status"].as_u64() {
        Some(404) => ErrorData::resource_not_found(detail, Some(data)),
        _ => ErrorData::internal_error(detail, Some(data)),
    }
}

/// A page of each call.
struct Kind {
    name: &'static str,
    title: &'static str,
    description: &'static str,
}

const KINDS: [Kind; 2] = [
    Kind {
        name: "transcript",
        title: "What was said",
        description: "Who said what on the call, and when, as it was heard.",
    },
    Kind {
        name: "story",
        title: "Story",
        description: "What the gateway believed, heard and decided of the call, in order.",
    },
];
const SCHEME: &str = "offhook://calls/";
const MIME: &str = "text/markdown";
/// The pages of so many calls are listed at once.
const LISTED: usize = 20;
