//! `/v1/calls/{id}/transcript`: who said what, and when.

use super::api::{call_id, no_such_call};
use super::reading::query;
use super::view::rfc3339;
use super::{Pages, Problem};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use call::dialogue::{HowMuch, Speaker, Turn, Use, What};
use serde::Deserialize;
use serde_json::{Value, json};

/// What is asked of `GET /v1/calls/{id}/transcript`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    #[serde(default)]
    tools: bool,
}

/// `GET /v1/calls/{id}/transcript`: as JSON, or in words where `Accept` asks for `text/plain`.
pub(crate) async fn get(
    pages: Pages,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let asked = query(asked)?;
    let id = call_id(&id)?;
    let kept = pages.calls.get(id).await?.ok_or_else(|| no_such_call(id))?;
    let turns = pages.calls.transcript(id).await?;
    let wanted = |turn: &&Turn| asked.tools || !matches!(turn.what, What::Used(_));
    let turns: Vec<&Turn> = turns.iter().filter(wanted).collect();
    if wants_words(&headers) {
        let text: String = turns.iter().map(|turn| in_words(turn)).collect();
        return Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response());
    }
    let lines: Vec<Value> = turns.iter().map(|turn| line(turn)).collect();
    let is_over = kept.call.state.is_ended();
    Ok(Json(json!({ "call": id.to_string(), "is_over": is_over, "lines": lines })).into_response())
}

fn line(turn: &Turn) -> Value {
    let Turn { at, by, what, heard } = turn;
    let mut line = json!({
        "at": rfc3339(*at), "by": by_word(*by), "kind": what.word(), "text": what.text(), "heard": heard.word(),
    });
    if let What::Used(Use { arguments, output, .. }) = what {
        line["arguments"] = json!(arguments);
        line["output"] = json!(output);
    }
    line
}

/// A line of text. What was said may have any letters, and begins no line of its own.
fn in_words(turn: &Turn) -> String {
    let Turn { at, by, what, heard } = turn;
    let text = what.text().replace(|letter: char| letter.is_control(), " ");
    let told = match what {
        What::Said(_) => text,
        What::Pressed(_) => format!("(pressed {text})"),
        What::Played(_) => format!("(played {text})"),
        What::Transferred(_) => format!("(put it through to {text})"),
        What::Streamed(_) => format!("(the sound went to {text})"),
        What::Used(one) => {
            let came = one.output.as_deref().unwrap_or("nobody knows what").replace(char::is_control, " ");
            format!("(used {text} with {}: {came})", one.arguments.replace(char::is_control, " "))
        }
    };
    let remark = match heard {
        HowMuch::Whole => "",
        HowMuch::Cut => " (cut off)",
        HowMuch::InDoubt => " (perhaps not heard)",
    };
    format!("{}  {:<6}  {told}{remark}\n", rfc3339(*at), by_word(*by))
}

fn by_word(by: Speaker) -> &'static str {
    match by {
        Speaker::Agent => "agent",
        Speaker::Remote => "remote",
    }
}

/// Whether `Accept` names text before JSON, or alone.
fn wants_words(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = accepts.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    let known = |one: &&str| matches!(*one, "text/plain" | "application/json" | "*/*");
    first.into_iter().find(known) == Some("text/plain")
}
