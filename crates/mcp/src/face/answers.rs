//! What a model is told: what came of it in words and as a structure, and what to do next.

use super::asker::{NoReply, Reply};
use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Map, Value, json};

/// The result of a tool.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) words: String,
    pub(super) next: String,
    pub(super) structure: Map<String, Value>,
    pub(super) is_error: bool,
}

impl Told {
    /// That it was done.
    pub(super) fn done(
        words: impl Into<String>,
        next: impl Into<String>,
        structure: Map<String, Value>,
    ) -> Told {
        Told { words: words.into(), next: next.into(), structure, is_error: false }
    }

    /// That it was not, or that nobody knows.
    pub(super) fn failed(
        words: impl Into<String>,
        next: impl Into<String>,
        mut structure: Map<String, Value>,
    ) -> Told {
        let words = words.into();
        if !structure.contains_key("error") {
            structure.insert("error".to_owned(), json!({ "detail": words }));
        }
        Told { words, next: next.into(), structure, is_error: true }
    }

    /// That what was given can't be read.
    pub(super) fn bad_arguments(why: &str) -> Told {
        let words = format!("the arguments cannot be read: {why}");
        Told::failed(words, "Nothing was done. Correct the arguments and try again.", Map::new())
    }

    pub(super) fn cancelled() -> Told {
        Told::failed("it was cancelled", "The call itself goes on; look with get_call.", Map::new())
    }

    /// That the gateway refused it, and why.
    pub(super) fn problem(reply: &Reply) -> Told {
        let word = |field: &str| reply.body[field].as_str();
        let detail = word("detail").or(word("title"));
        let detail =
            detail.map_or_else(|| format!("the gateway answered HTTP {}", reply.status), str::to_owned);
        let code = word("code").unwrap_or_default();
        let mut error = json!({ "status": reply.status, "detail": detail });
        for field in ["code", "rule", "changed_by", "not_before"] {
            if let Some(said) = word(field) {
                error[field] = json!(said);
            }
        }
        let words = if code.is_empty() { detail } else { format!("{detail} ({code})") };
        let structure = Map::from_iter([("error".to_owned(), error)]);
        Told::failed(words, way_out(code, reply.status), structure)
    }

    /// That the gateway is away; `key` is the request's, if it did something.
    pub(super) fn no_reply(why: &NoReply, key: Option<&str>) -> Told {
        match (why, key) {
            (NoReply::Unreachable(why), _) => Told::failed(
                why.clone(),
                "The gateway is away: nothing was sent to it. Calls that live go on at their carrier, and it \
                 looks after them when it is back. Try again in some seconds; if it stays away, tell the \
                 person you work for.",
                Map::new(),
            ),
            (NoReply::Lost(why), None) => Told::failed(
                format!("{why}; it went away, or is being started again"),
                "What was asked for was only to be looked at, or may be asked again without harm. Calls that \
                 live go on at their carrier. Try again in some seconds.",
                Map::new(),
            ),
            (NoReply::Lost(_), Some(key)) => Told::lost(why, key),
        }
    }

    /// That something may have been done of which no reply came.
    pub(super) fn lost(why: &NoReply, key: &str) -> Told {
        let (NoReply::Lost(said) | NoReply::Unreachable(said)) = why;
        let structure = Map::from_iter([("idempotency_key".to_owned(), json!(key))]);
        Told::failed(
            format!("{said}; nobody knows whether it was done"),
            format!(
                "Try again in some seconds with the very same arguments and idempotency_key {key:?}: if it was \
                 done, it is not done twice. Never repeat it without that key."
            ),
            structure,
        )
    }

    /// In the words of the protocol's library.
    pub(super) fn into_result(self) -> CallToolResult {
        let Told { words, next, mut structure, is_error } = self;
        let text = ContentBlock::text(format!("{words}\n{next}"));
        structure.insert("next".to_owned(), json!(next));
        let mut result = match is_error {
            true => CallToolResult::error(vec![text]),
            false => CallToolResult::success(vec![text]),
        };
        result.structured_content = Some(Value::Object(structure));
        result
    }
}

/// A call in short, for a model.
pub(super) fn short(call: &Value) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("call".to_owned(), call["id"].clone());
    for field in FIELDS {
        if let Some(known) = call.get(field).filter(|known| !known.is_null()) {
            told.insert(field.to_owned(), known.clone());
        }
    }
    if let Some(ending) = call.get("ending").filter(|ending| ending.is_object()) {
        let kept = ["kind", "by", "cause", "duration_s"];
        let ending: Map<String, Value> =
            kept.iter().map(|field| ((*field).to_owned(), ending[*field].clone())).collect();
        told.insert("ending".to_owned(), Value::Object(ending));
    }
    let commands = call["commands"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !commands.is_empty() {
        let newest = &commands[commands.len().saturating_sub(COMMANDS_MAX)..];
        told.insert("commands".to_owned(), newest.iter().map(|one| Value::Object(command(one))).collect());
    }
    told
}

/// Something that was asked of a call, in short.
pub(super) fn command(command: &Value) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("command".to_owned(), command["id"].clone());
    for field in ["verb", "state", "speech", "digits", "transfer", "code", "why"] {
        if let Some(known) = command.get(field).filter(|known| !known.is_null()) {
            told.insert(field.to_owned(), known.clone());
        }
    }
    if command["stopped"] == true {
        told.insert("stopped".to_owned(), json!(true));
    }
    told
}

/// How a call stands, in a sentence.
pub(super) fn sentence(call: &Value) -> String {
    let word = |field: &str| call[field].as_str().unwrap_or_default();
    let whom = match word("direction") {
        "inbound" => format!("from {}", word("from")),
        _ => format!("to {}", word("to")),
    };
    let stands = match word("state") {
        "queued" => match word("waits_for") {
            "pause" => "waits, since outbound calls are paused",
            "slot" => "waits for a free line",
            "retry" => "waits to be tried again, since the carrier put it off",
            _ => "waits for its turn; nothing was dialled yet",
        }
        .to_owned(),
        "placing" | "initiated" => "is being dialled".to_owned(),
        "ringing" => "rings".to_owned(),
        "offered" | "answering" => "came in, and is being answered".to_owned(),
        "in_progress" => "was answered, and lasts".to_owned(),
        "hanging_up" => "is being hung up".to_owned(),
        "ended" => ended(&call["ending"]),
        other => format!("is {other}"),
    };
    let by = match word("answered_by") {
        "machine" | "recording" => "; an answering machine picked up",
        "fax" => "; a fax picked up",
        _ => "",
    };
    let id = word("id");
    format!("Call {id} {whom} {stands}{by}.")
}

/// What to do next on a call.
pub(super) fn way_on(call: &Value) -> String {
    let word = |field: &str| call[field].as_str().unwrap_or_default();
    let is_held = word("say").is_empty() || call["hold"] == true;
    match word("state") {
        "ended" => after_the_end(word("id"), call["ending"]["kind"].as_str().unwrap_or_default()),
        "hanging_up" => "Nothing more can be said on it. wait_for_call with until \"ended\" tells how it ended.".to_owned(),
        _ if call.get("agent").is_some_and(Value::is_string) => {
            "An agent of the gateway talks on it by itself. wait_for_call with until \"ended\", then read the \
             transcript."
                .to_owned()
        }
        _ if !is_held => {
            "Its text is said, and then it ends by itself. wait_for_call with until \"ended\".".to_owned()
        }
        "in_progress" => {
            "The line is open: ask, say or listen; hang_up when all is said, since it costs money meanwhile."
                .to_owned()
        }
        _ => "Nobody picked up yet. wait_for_call with until \"answered\", or ask at once: what you ask waits for \
              the answer."
            .to_owned(),
    }
}

fn ended(ending: &Value) -> String {
    let word = |field: &str| ending[field].as_str().unwrap_or_default();
    let lasted = ending["duration_s"].as_u64().map(|s| format!(" after {s} s of talk")).unwrap_or_default();
    let by = match word("by") {
        "remote" => ", by the other side",
        "carrier" => ", by the carrier",
        "gateway" => ", by a rule or limit of the gateway",
        _ => "",
    };
    let how = match word("kind") {
        "completed" => format!("is over{lasted}{by}"),
        "busy" => "is over: the line was busy".to_owned(),
        "no_answer" => "is over: nobody picked up".to_owned(),
        "canceled" => "is over: it was ended before anybody picked up".to_owned(),
        "rejected" => "is over: the other side declined it".to_owned(),
        "indeterminate" => "is over, and what became of it could not be learnt".to_owned(),
        _ => format!("is over: it failed{by}"),
    };
    let cause = word("cause");
    if cause.is_empty() { how } else { format!("{how} ({cause})") }
}

fn after_the_end(id: &str, kind: &str) -> String {
    match kind {
        "completed" => format!(
            "Nothing more can be said on it. Tell the person you work for what came of it; what was said is at \
             offhook://calls/{id}/transcript, or in get_call with transcript true."
        ),
        "busy" | "no_answer" | "rejected" | "canceled" => {
            "Nobody was spoken with. Tell the person you work for; don't call again at once.".to_owned()
        }
        _ => format!(
            "Nobody was spoken with. Why is at offhook://calls/{id}/story. Tell the person you work for; don't \
             call again before they want it."
        ),
    }
}

/// What to do about a refusal.
fn way_out(code: &str, status: u16) -> &'static str {
    match code {
        "OH-0001" => {
            "The token of this connection is not the gateway's. Only the person who set it up can mend that."
        }
        "OH-0002" | "OH-0021" => "Nothing was done. Correct the arguments and try again.",
        "OH-0003" => {
            "Nothing was dialled. Write the number in international form, + and the country code first, such as \
             +12025550143; if you don't know it for certain, ask the person you work for."
        }
        "OH-0004" | "OH-0026" => {
            "Nothing was dialled, and won't be. Don't try it another way; tell the person you work for."
        }
        "OH-0005" => "Nothing was dialled. Leave `from` out, or name one of the gateway's own numbers.",
        "OH-0006" => "Nothing was said. Say less, or say it in parts, one after the other.",
        "OH-0007" | "OH-0025" | "OH-0027" | "OH-0028" => {
            "Nothing was dialled. Don't try before `not_before`, if that is told; tell the person you work for."
        }
        "OH-0008" => "Nothing was dialled. A person paused all calls, and a person lets them start again.",
        "OH-0009" => {
            "Nothing was done. That idempotency_key belongs to another request: for something new use a new one, \
             and for a repeat exactly the same arguments."
        }
        "OH-0010" => {
            "Use the whole id that place_call or list_calls told, such as c_01m81qdxrjejr9qs9jcr4789w6."
        }
        "OH-0011" => {
            "The gateway cannot write to its disk. Try again in a minute with the same idempotency_key; see doctor."
        }
        "OH-0018" => "The call is over: nothing more can be said on it. get_call tells how it ended.",
        "OH-0019" => {
            "This call only says its text, and ends. To converse, place one with hold true, if the person you work for wants another call."
        }
        "OH-0020" => {
            "Too much waits on this call already. Wait until it was said: wait_for_call with `command`."
        }
        "OH-0022" => "get_call shows what was asked of the call.",
        "OH-0034" => "Nothing was dialled. Leave `agent` out, and talk yourself with ask.",
        "OH-0047" => {
            "Nothing was dialled. The gateway is being taken down: trying again doesn't help; tell the person you \
             work for."
        }
        _ if status == 403 => {
            "That is not allowed here. Don't try it another way; tell the person you work for."
        }
        _ if status >= 500 => "The gateway failed. Try again in some seconds; see doctor.",
        _ => "Tell the person you work for what was refused, and why.",
    }
}

/// What a model is told of a call, where it is known.
const FIELDS: [&str; 12] = [
    "state",
    "direction",
    "to",
    "from",
    "created_at",
    "answered_at",
    "ended_at",
    "agent",
    "answered_by",
    "pressed",
    "waits_for",
    "alarm",
];
/// Of the commands of a call the last ones.
const COMMANDS_MAX: usize = 8;
