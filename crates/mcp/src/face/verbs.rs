//! What each tool does: requests to the API, and what came of them in short.

use super::answers::{Told, command, sentence, short, way_on};
use super::asker::{Asker, Gateway, escaped, page};
use super::log::Log;
use super::requests::{
    Ask, GetCall, HangUp, ListCalls, Nothing, PlaceCall, Say, SendDigits, Transfer, read, seconds,
};
use super::waiting::{Awaited, wait_for_call, wait_for_command};
use super::{pages, requests};
use serde_json::{Map, Value, json};

/// Runs the tool of this name; `None` if there is none.
pub(super) async fn run<G: Gateway>(asker: &Asker<'_, G>, name: &str, given: Value) -> Option<Told> {
    let told = match name {
        "place_call" => place_call(asker, given).await,
        "say" => say(asker, given).await,
        "ask" => ask(asker, given).await,
        "listen" => listen(asker, given).await,
        "send_digits" => send_digits(asker, given).await,
        "transfer" => transfer(asker, given).await,
        "hang_up" => hang_up(asker, given).await,
        "get_call" => get_call(asker, given).await,
        "list_calls" => list_calls(asker, given).await,
        "wait_for_call" => wait(asker, given).await,
        "doctor" => doctor(asker, given).await,
        _ => return None,
    };
    Some(told.unwrap_or_else(|told| told))
}

type Outcome = Result<Told, Told>;

async fn place_call<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: PlaceCall = read(given)?;
    let hold = asked.hold.unwrap_or(asked.agent.is_none());
    let mut body = json!({ "to": asked.to, "hold": hold });
    for (field, given) in [("from", asked.from), ("say", asked.say), ("agent", asked.agent)] {
        if let Some(given) = given {
            body[field] = json!(given);
        }
    }
    let call = asker.post_once(&page(&["v1", "calls"]), body, asked.idempotency_key).await?;
    Ok(Told::done(sentence(&call), way_on(&call), short(&call)))
}

async fn say<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: Say = read(given)?;
    let wish = Wish { page: "say", body: json!({ "text": asked.text }), wait_s: asked.wait_s };
    wish.ask(asker, &asked.call, asked.idempotency_key).await
}

async fn ask<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: Ask = read(given)?;
    if asked.text.is_none() {
        return Err(Told::bad_arguments("`text` is missing: write what is to be asked, or use listen"));
    }
    question(asker, asked).await
}

async fn listen<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: Ask = read(given)?;
    if asked.text.is_some() {
        return Err(Told::bad_arguments("listen takes no `text`, and says nothing: use ask"));
    }
    question(asker, asked).await
}

async fn question<G: Gateway>(asker: &Asker<'_, G>, asked: Ask) -> Outcome {
    let input =
        asked.input.unwrap_or_else(|| if asked.digits.is_some() { "digits" } else { "any" }.to_owned());
    let mut body = json!({ "input": input });
    if let Some(text) = asked.text {
        body["text"] = json!(text);
    }
    for (field, given) in [("digits", asked.digits), ("timeout_s", asked.timeout_s)] {
        if let Some(given) = given {
            body[field] = json!(given);
        }
    }
    let wish = Wish { page: "ask", body, wait_s: asked.wait_s };
    wish.ask(asker, &asked.call, asked.idempotency_key).await
}

async fn send_digits<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: SendDigits = read(given)?;
    let wish = Wish { page: "digits", body: json!({ "digits": asked.digits }), wait_s: asked.wait_s };
    wish.ask(asker, &asked.call, asked.idempotency_key).await
}

async fn transfer<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: Transfer = read(given)?;
    let wish = Wish { page: "transfer", body: json!({ "to": asked.to }), wait_s: asked.wait_s };
    wish.ask(asker, &asked.call, asked.idempotency_key).await
}

/// Something that is asked of a call, and waited for.
struct Wish {
    page: &'static str,
    body: Value,
    wait_s: Option<u64>,
}

impl Wish {
    async fn ask<G: Gateway>(self, asker: &Asker<'_, G>, call: &str, key: Option<String>) -> Outcome {
        let at_most = seconds("wait_s", self.wait_s, WAIT_S, WAIT_S_MAX)?;
        let asked = asker.post_once(&page(&["v1", "calls", call, self.page]), self.body, key).await?;
        // A transfer is over when the other leg is: that it began is what is waited for.
        let awaited = if self.page == "transfer" { Awaited::Begun } else { Awaited::Over };
        wait_for_command(asker, asked, awaited, at_most).await
    }
}

async fn hang_up<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: HangUp = read(given)?;
    let call = asker.post(&page(&["v1", "calls", &asked.call, "hangup"])).await?;
    Ok(Told::done(sentence(&call), way_on(&call), short(&call)))
}

async fn get_call<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: GetCall = read(given)?;
    let call = asker.get(&page(&["v1", "calls", &asked.call])).await?;
    let mut log = Log::of(&asked.call);
    log.read_on(asker).await?;
    let mut told = short(&call);
    told.insert("version".to_owned(), json!(log.version));
    let mut words = sentence(&call);
    if asked.transcript {
        let transcript = pages::transcript(asker, &call).await?;
        words = format!("{words}\n\n{transcript}");
        told.insert("transcript".to_owned(), json!(transcript));
    }
    Ok(Told::done(words, way_on(&call), told))
}

async fn list_calls<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: ListCalls = read(given)?;
    let limit = asked.limit.unwrap_or(LIST);
    if !(1..=LIST_MAX).contains(&limit) {
        return Err(Told::bad_arguments(&format!("limit is {limit}, and may be 1 to {LIST_MAX}")));
    }
    let mut query = format!("?limit={limit}");
    if let Some(live) = asked.live {
        query += &format!("&live={live}");
    }
    for (field, given) in [("state", asked.state), ("cursor", asked.cursor)] {
        if let Some(given) = given {
            query += &format!("&{field}={}", escaped(&given));
        }
    }
    let listed = asker.get(&format!("{}{query}", page(&["v1", "calls"]))).await?;
    let calls = listed["calls"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut words: Vec<String> = calls.iter().map(sentence).collect();
    if words.is_empty() {
        words.push("There is no such call.".to_owned());
    }
    let short: Vec<Value> = calls
        .iter()
        .map(|call| {
            let mut call = short(call);
            call.remove("commands");
            Value::Object(call)
        })
        .collect();
    let mut told = Map::from_iter([("calls".to_owned(), json!(short))]);
    let next = match listed["next"].as_str() {
        Some(cursor) => {
            told.insert("cursor".to_owned(), json!(cursor));
            format!("get_call tells more of one; older ones are listed with cursor {cursor:?}.")
        }
        None => "get_call tells more of one.".to_owned(),
    };
    Ok(Told::done(words.join("\n"), next, told))
}

async fn wait<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let asked: requests::WaitForCall = read(given)?;
    let at_most = seconds("timeout_s", asked.timeout_s, WAIT_S, WAIT_S_MAX)?;
    match asked.command {
        Some(id) => {
            let path = page(&["v1", "calls", &asked.call, "commands", &id.to_string()]);
            let command = asker.get(&path).await?;
            wait_for_command(asker, command, Awaited::Over, at_most).await
        }
        None => wait_for_call(asker, &asked, at_most).await,
    }
}

/// How the gateway is.
async fn doctor<G: Gateway>(asker: &Asker<'_, G>, given: Value) -> Outcome {
    let Nothing {} = read(given)?;
    let health = asker.get("/healthz").await?;
    // What this token may not see is left out, and said.
    let pause = asker.get("/v1/pause").await;
    let recovery = asker.get("/v1/recovery").await;
    let live = asker.get(&format!("/v1/calls?live=true&limit={LIVE_MAX}")).await;
    let mut told = Map::new();
    let reasons = texts(&health["reasons"]);
    let mut words = vec![match reasons.is_empty() {
        true => "The gateway is well.".to_owned(),
        false => format!("Something is amiss: {}.", reasons.join("; ")),
    }];
    told.insert("status".to_owned(), health["status"].clone());
    told.insert("reasons".to_owned(), json!(reasons));
    told.insert("notes".to_owned(), health["notes"].clone());
    let is_paused = pause.as_ref().is_ok_and(|pause| pause["paused"] == true);
    if let Ok(pause) = &pause {
        told.insert("paused".to_owned(), pause["paused"].clone());
        told.insert("pause_reason".to_owned(), pause["reason"].clone());
        if is_paused {
            let why = pause["reason"].as_str().unwrap_or("no reason was given");
            words.push(format!("Outbound calls are paused: {why}."));
        }
    }
    if let Ok(live) = &live {
        let n_live = live["calls"].as_array().map_or(0, Vec::len);
        let more = if live["next"].is_null() { "" } else { "more than " };
        words.push(format!("Calls that are not over: {more}{n_live}."));
        told.insert("calls_not_over".to_owned(), json!(n_live));
    }
    if let Ok(recovery) = &recovery {
        let (last, said) = last_start(recovery);
        words.push(said);
        told.insert("last_start".to_owned(), last);
    }
    let hidden = [&pause, &recovery, &live].into_iter().filter_map(|page| page.as_ref().err());
    words.extend(hidden.map(|hidden| format!("Not shown: {}.", hidden.words)));
    let next = match (reasons.is_empty(), is_paused) {
        (_, true) => {
            "No call can be placed until a person lets them start again; tell the person you work for."
        }
        (true, false) => "Calls can be placed.",
        (false, false) => "Calls may fail; tell the person you work for what is amiss.",
    };
    Ok(Told::done(words.join("\n"), next, told))
}

/// What the last start found and decided, in short and in a sentence.
fn last_start(recovery: &Value) -> (Value, String) {
    let calls = recovery["calls"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut decisions: Map<String, Value> = Map::new();
    for decision in calls.iter().filter_map(|call| call["decision"].as_str()) {
        let n = decisions.get(decision).and_then(Value::as_u64).unwrap_or(0);
        decisions.insert(decision.to_owned(), json!(n + 1));
    }
    let at = recovery["started_at"].as_str().unwrap_or("an unknown time");
    let counts: Vec<String> = decisions.iter().map(|(decision, n)| format!("{n} {decision}")).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    let n_found = &recovery["unfinished"];
    let said = format!("It was started at {at}, and found {n_found} unfinished calls{counts}.");
    let shown: Vec<Value> = calls
        .iter()
        .rev()
        .take(SHOWN_MAX)
        .map(|call| json!({ "call": call["id"], "decision": call["decision"], "why": call["why"] }))
        .collect();
    let last = json!({
        "at": recovery["started_at"], "unfinished": recovery["unfinished"], "pending": recovery["pending"],
        "decisions": decisions, "newest": shown,
    });
    (last, said)
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().map(|list| list.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// What came of something that was asked of a call.
pub(super) fn outcome(asked: &Value) -> Told {
    let (call, done) = (&asked["call"], &asked["command"]);
    let word = |field: &str| done[field].as_str();
    let verb = word("verb").unwrap_or_default();
    let why = word("why").unwrap_or("no reason was told");
    let mut told = command(done);
    told.insert("call".to_owned(), call.clone());
    let number = &done["id"];
    let talk_on = "Go on: ask, say or listen; hang_up when all is said.";
    match word("state").unwrap_or_default() {
        "done" => match (word("speech"), word("digits"), word("transfer")) {
            (Some(speech), _, _) => Told::done(format!("They said: \"{speech}\""), talk_on, told),
            (None, Some(keys), _) => Told::done(format!("They pressed: {keys}"), talk_on, told),
            (None, None, Some(how)) => {
                let said = format!("They were put through, and the other leg is over: {how}");
                Told::done(said, "The call may go on: look with get_call.", told)
            }
            (None, None, None) if done["stopped"] == true => {
                Told::done("It was stopped before its time.", talk_on, told)
            }
            (None, None, None) if verb == "ask" => Told::done(
                "They said nothing that was understood, and pressed nothing.",
                "They may be thinking, gone or unable to hear, or have pressed keys, which then stand in `pressed` \
                 of get_call. Ask again in other words, or whether they are there; after the second time say \
                 goodbye and hang_up.",
                told,
            ),
            (None, None, None) => Told::done("It was done.", talk_on, told),
        },
        "failed" => {
            let next = "It was not done, and won't be. get_call tells how the call stands; do it again only if \
                        the line is still open.";
            Told::failed(format!("it was not done: {why}"), next, told)
        }
        "in_doubt" => Told::failed(
            format!("nobody knows whether it was done, and it is not repeated (in_doubt): {why}"),
            "Don't repeat it blindly. get_call tells whether the call still lives; if it does, ask the other \
             side what they heard.",
            told,
        ),
        "taken" if verb == "transfer" => Told::done(
            "They are being put through.",
            "The other number rings or talks with them. wait_for_call with this command tells how that ended; \
             you need say nothing more.",
            told,
        ),
        state => Told::done(
            format!("It is under way (command {number} is {state})."),
            format!(
                "Don't ask it again. wait_for_call with command {number} waits for the outcome; it may wait for \
                 the phone to be picked up, or for what was asked before."
            ),
            told,
        ),
    }
}

/// So long is waited unless told otherwise, in seconds: some clients give a tool a minute.
const WAIT_S: u64 = 50;
/// So long may be waited, in seconds.
const WAIT_S_MAX: u64 = 600;
/// So many calls are listed unless told otherwise.
const LIST: u64 = 10;
/// So many may be.
const LIST_MAX: u64 = 50;
/// Up to so many live calls are counted.
const LIVE_MAX: u64 = 100;
/// So many decisions of the last start are shown, the newest.
const SHOWN_MAX: usize = 20;
