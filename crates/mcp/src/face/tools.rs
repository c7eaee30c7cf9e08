//! The tools as a model is told of them: written for one that has never seen a telephone.

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// All of them, in the order in which they are mostly used.
pub(super) fn all() -> Vec<Tool> {
    vec![
        place_call(),
        ask(),
        say(),
        listen(),
        send_digits(),
        transfer(),
        hang_up(),
        wait_for_call(),
        get_call(),
        list_calls(),
        doctor(),
    ]
}

/// The names of the tools.
pub fn names() -> Vec<String> {
    all().into_iter().map(|tool| tool.name.into_owned()).collect()
}

fn place_call() -> Tool {
    let takes = takes(
        &["to"],
        json!({
            "to": text("The number to call, in international form: + and the country code first, no spaces, such as +12025550143. One that you were given, never one that you guess."),
            "say": text("What a voice says as soon as somebody picks up: who is calling, that you are an assistant, and why, in one or two spoken sentences. Without it there is silence until you ask or say something."),
            "hold": { "type": "boolean", "description": "true, the default: the line stays open after `say`, so that you can converse. false: the call says `say` and ends by itself, as an announcement does." },
            "agent": text("The name of an agent in the gateway's configuration, which then talks instead of you. Leave it out to talk yourself."),
            "from": text("Which of the gateway's own numbers calls. Leave it out for the first of them."),
            "idempotency_key": key("call"),
        }),
    );
    tool(
        "place_call",
        "Place a phone call",
        PLACE_CALL,
        takes,
        call_schema(json!({})),
        &Hints { destructive: true, idempotent: false, ..WORLD },
    )
}

fn ask() -> Tool {
    let takes = takes(
        &["call", "text"],
        json!({
            "call": call_id(),
            "text": text("What is said, as one says it on the phone: short sentences, no lists, no markup, at most 3,000 letters."),
            "input": input(),
            "digits": digits_expected(),
            "timeout_s": begin(),
            "wait_s": wait(),
            "idempotency_key": key("question"),
        }),
    );
    tool("ask", "Say something and hear the answer", ASK, takes, command_schema(), &WORLD)
}

fn say() -> Tool {
    let takes = takes(
        &["call", "text"],
        json!({
            "call": call_id(),
            "text": text("What is said, as one says it on the phone: short sentences, no lists, no markup, at most 3,000 letters."),
            "wait_s": wait(),
            "idempotency_key": key("sentence"),
        }),
    );
    tool("say", "Say something", SAY, takes, command_schema(), &WORLD)
}

fn listen() -> Tool {
    let takes = takes(
        &["call"],
        json!({
            "call": call_id(),
            "input": { "type": "string", "enum": ["any", "speech"], "description": "What is listened for: any, the default, is words or one key; speech is words." },
            "timeout_s": begin(),
            "wait_s": wait(),
            "idempotency_key": key("listening"),
        }),
    );
    tool("listen", "Listen without saying anything", LISTEN, takes, command_schema(), &WORLD)
}

fn send_digits() -> Tool {
    let takes = takes(
        &["call", "digits"],
        json!({
            "call": call_id(),
            "digits": { "type": "string", "pattern": "^[0-9*#w]{1,64}$", "description": "The keys in order: 0-9, * and #, and w for a pause of half a second, such as 1w2." },
            "wait_s": wait(),
            "idempotency_key": key("pressing"),
        }),
    );
    let hints = Hints { destructive: true, ..WORLD };
    tool("send_digits", "Press keys", SEND_DIGITS, takes, command_schema(), &hints)
}

fn transfer() -> Tool {
    let takes = takes(
        &["call", "to"],
        json!({
            "call": call_id(),
            "to": text("The number of whoever is to talk with them, in international form, such as +12025550143."),
            "wait_s": wait(),
            "idempotency_key": key("transfer"),
        }),
    );
    let hints = Hints { destructive: true, ..WORLD };
    tool("transfer", "Put the call through to somebody else", TRANSFER, takes, command_schema(), &hints)
}

fn hang_up() -> Tool {
    let hints = Hints { destructive: true, idempotent: true, ..WORLD };
    let takes = takes(&["call"], json!({ "call": call_id() }));
    tool("hang_up", "Hang up", HANG_UP, takes, call_schema(json!({})), &hints)
}

fn wait_for_call() -> Tool {
    let takes = takes(
        &["call"],
        json!({
            "call": call_id(),
            "until": { "type": "string", "enum": ["answered", "ended", "news"], "default": "ended", "description": "answered: somebody or a machine picked up, or the call is over. ended: it is over. news: anything happened, such as ringing, a key that was pressed, words that were heard, or something you asked being done." },
            "command": { "type": "integer", "minimum": 0, "description": "Waits for the outcome of this one thing that was asked of the call instead, by its number, as ask, say and the others tell it." },
            "since": { "type": "integer", "minimum": 0, "description": "`version` of an earlier result: what happened after that counts, though it be past. Without it what happens from now on." },
            "timeout_s": { "type": "integer", "minimum": 0, "maximum": 600, "default": 50, "description": "How long to wait at most, in seconds. When it is over you are told how the call stands, and may wait again." },
        }),
    );
    let more = json!({
        "version": version(),
        "timed_out": { "type": "boolean", "description": "Whether the time was over before it came." },
        "happened": { "type": "array", "items": { "type": "string" }, "description": "What happened meanwhile, in order." },
        "command": { "type": "integer" }, "verb": { "type": "string" },
        "speech": { "type": "string" }, "digits": { "type": "string" },
    });
    tool("wait_for_call", "Wait for a call", WAIT_FOR_CALL, takes, call_schema(more), &LOOK)
}

fn get_call() -> Tool {
    let takes = takes(
        &["call"],
        json!({
            "call": call_id(),
            "transcript": { "type": "boolean", "default": false, "description": "Whether to tell what was said on it, too." },
        }),
    );
    let more = json!({ "version": version(), "transcript": { "type": "string" } });
    tool("get_call", "Look at a call", GET_CALL, takes, call_schema(more), &LOOK)
}

fn list_calls() -> Tool {
    let takes = takes(
        &[],
        json!({
            "live": { "type": "boolean", "description": "true: only calls that are not over." },
            "state": { "type": "string", "enum": STATES, "description": "Only calls in this state." },
            "limit": { "type": "integer", "minimum": 1, "maximum": 50, "default": 10, "description": "How many at most." },
            "cursor": text("`cursor` of an earlier result, for older ones."),
        }),
    );
    let more = json!({
        "calls": { "type": "array", "items": { "type": "object" }, "description": "Calls in short, the newest first." },
        "cursor": { "type": "string" },
    });
    tool("list_calls", "List calls", LIST_CALLS, takes, gives(more), &LOOK)
}

fn doctor() -> Tool {
    let more = json!({
        "status": { "type": "string", "description": "ok, or degraded if anything is amiss." },
        "reasons": { "type": "array", "items": { "type": "string" }, "description": "What is amiss." },
        "notes": { "type": "array", "items": { "type": "string" } },
        "paused": { "type": "boolean" },
        "pause_reason": { "type": ["string", "null"] },
        "calls_not_over": { "type": "integer" },
        "last_start": { "type": "object", "description": "What the gateway found unfinished when it was started last, and what it decided." },
    });
    tool("doctor", "How the gateway is", DOCTOR, takes(&[], json!({})), gives(more), &LOOK)
}

/// What a client may think of a tool before it is used.
struct Hints {
    read_only: bool,
    destructive: bool,
    idempotent: bool,
    open_world: bool,
}

/// Heard on a line, by somebody.
const WORLD: Hints = Hints { read_only: false, destructive: false, idempotent: false, open_world: true };
/// Only looks at the gateway.
const LOOK: Hints = Hints { read_only: true, destructive: false, idempotent: true, open_world: false };

fn tool(
    name: &'static str,
    title: &str,
    description: &'static str,
    takes: Value,
    gives: Value,
    hints: &Hints,
) -> Tool {
    let annotations = ToolAnnotations::with_title(title)
        .read_only(hints.read_only)
        .destructive(hints.destructive)
        .idempotent(hints.idempotent)
        .open_world(hints.open_world);
    Tool::new(name, description, object(takes))
        .with_title(title)
        .with_raw_output_schema(Arc::new(object(gives)))
        .with_annotations(annotations)
}

fn object(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn takes(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// A result has what is known of these, and `next` always.
fn gives(more: Value) -> Value {
    let mut properties = object(more);
    properties.insert("next".to_owned(), json!({ "type": "string", "description": "What to do next." }));
    properties.insert(
        "error".to_owned(),
        json!({ "type": "object", "description": "Why it was not done: `detail`, and of a refusal its `code`." }),
    );
    json!({ "type": "object", "properties": properties, "required": ["next"] })
}

fn call_schema(more: Value) -> Value {
    let mut properties = object(json!({
        "call": { "type": "string", "description": "Its id, by which all other tools know it." },
        "state": { "type": "string", "description": "queued, placing, initiated, ringing, offered, answering, in_progress (picked up), hanging_up, ended; of a command asked, sent, taken, done, failed, in_doubt." },
        "direction": { "type": "string" },
        "to": { "type": "string" }, "from": { "type": "string" },
        "created_at": { "type": "string" }, "answered_at": { "type": "string" }, "ended_at": { "type": "string" },
        "ending": { "type": "object", "description": "How it ended: `kind` is completed (it was picked up), busy, no_answer, canceled, rejected, failed or indeterminate; `by` who ended it; `cause` why; `duration_s`." },
        "answered_by": { "type": "string", "description": "Who picked up, where the carrier can tell: human, machine, recording, fax, unknown." },
        "pressed": { "type": "string", "description": "Keys that they pressed unasked." },
        "waits_for": { "type": "string" }, "agent": { "type": "string" }, "alarm": { "type": "string" },
        "commands": { "type": "array", "items": { "type": "object" }, "description": "The last things that were asked of it, and what came of them." },
    }));
    properties.extend(object(more));
    gives(Value::Object(properties))
}

fn command_schema() -> Value {
    gives(json!({
        "call": { "type": "string" },
        "command": { "type": "integer", "description": "Its number, for wait_for_call." },
        "verb": { "type": "string" },
        "state": { "type": "string", "description": "done; asked, sent or taken: under way; failed: it was not done; in_doubt: nobody knows, and it is not repeated." },
        "speech": { "type": "string", "description": "What they said, as it was understood." },
        "digits": { "type": "string", "description": "The keys that they pressed." },
        "transfer": { "type": "string", "description": "How the other leg ended." },
        "stopped": { "type": "boolean" },
        "code": { "type": "string" },
        "why": { "type": "string", "description": "Why it failed, or is in doubt." },
        "idempotency_key": { "type": "string" },
    }))
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn call_id() -> Value {
    text("The call's id, as place_call or list_calls told it, such as c_01m81qdxrjejr9qs9jcr4789w6.")
}

fn key(what: &str) -> Value {
    let description = format!(
        "Any text of your own making that names this one {what}, such as order-4711-table-for-two. If you see no \
         answer and repeat the very same arguments with the same key, it is not done a second time."
    );
    json!({ "type": "string", "minLength": 1, "maxLength": 255, "description": description })
}

fn input() -> Value {
    json!({ "type": "string", "enum": ["any", "speech", "digits"], "description": "What the answer may be: any, the default, is words or one key; speech is words; digits is keys." })
}

fn digits_expected() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 32, "description": "How many keys to wait for, such as 4 for a code; then input is digits. Without it as many as are pressed, until # or a pause." })
}

fn begin() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 60, "default": 10, "description": "How long they may take to begin to answer, in seconds." })
}

fn wait() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": 600, "default": 50, "description": "How long you wait for the outcome, in seconds. If it takes longer it goes on, and wait_for_call with its `command` tells the outcome." })
}

fn version() -> Value {
    json!({ "type": "integer", "description": "How far the call's story is told; wait_for_call takes it as `since`." })
}

const PLACE_CALL: &str = "Calls a phone number, so that a real phone rings at a real person's, which costs money \
    and cannot be undone. Returns at once with the call's id, before anybody picks up. The line then stays open \
    for you to converse by ask, until hang_up, unless hold is false. Give an idempotency_key, so that a repeat of \
    this request rings nobody twice. The gateway refuses numbers, hours and amounts that its owner doesn't want; \
    a refusal names the rule, and is not for you to get around.";
const ASK: &str = "Says something on a call by a voice, then listens, and returns what the other side said (in \
    `speech`, as it was understood) or which keys they pressed (in `digits`). One turn of a conversation. Waits \
    until somebody picked up and until what was asked before is over. Neither `speech` nor `digits`: nobody \
    answered in time.";
const SAY: &str = "Says something on a call by a voice, and waits until it was said, but for no answer: for a \
    goodbye, or while something is looked up. Use ask where an answer is wanted.";
const LISTEN: &str = "Listens on a call without saying anything, and returns what the other side says or which \
    key they press: when they are to go on, when a recorded announcement plays, or when they asked you to wait.";
const SEND_DIGITS: &str = "Presses keys of the telephone on a call, as one does in the menu of a machine (\"press \
    1 for reservations\"), or for a code or extension. What the keys do at the other end cannot be undone.";
const TRANSFER: &str = "Calls another number and connects whoever is on the call with it, such as a person who \
    takes over. That phone rings too, and costs money too. Returns when they are being put through; if nobody \
    there picks up, the call is yours again.";
const HANG_UP: &str = "Ends a call. Say goodbye first, by say. What still waits to be said is not said any more. \
    To hang up a call that is over changes nothing.";
const WAIT_FOR_CALL: &str = "Waits until a call was picked up, is over, or anything happened on it, and tells how \
    it stands then. It only looks: the call goes on alike whether you wait or not.";
const GET_CALL: &str = "Tells how a call stands: whether it rings, was picked up or is over, how it ended, what \
    was asked on it and answered, and, with transcript true, all that was said.";
const LIST_CALLS: &str = "Lists calls, the newest first: those that you placed, those of others, and those that \
    came in. Use it to find an id again, or to see what is not over yet.";
const DOCTOR: &str = "Tells how the telephone gateway is: whether anything is amiss, whether calls are paused and \
    why, how many calls are not over, and what was decided of unfinished calls when it was started last. Use it \
    when calls fail, or after an outage.";
const STATES: [&str; 9] = [
    "queued",
    "placing",
    "initiated",
    "ringing",
    "offered",
    "answering",
    "in_progress",
    "hanging_up",
    "ended",
];
