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
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked of `GET /v1/calls/{id}/transcript`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TranscriptAsked")]
pub(crate) struct Asked {
    /// Whether the agent's use of tools is told too.
    #[serde(default)]
    tools: bool,
}

/// Who said what, and when.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Transcript {
    call: String,
    /// Whether nothing will be added.
    is_over: bool,
    lines: Vec<Line>,
}

/// Something that was said, or done on the line.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TranscriptLine")]
struct Line {
    at: String,
    #[schemars(extend("enum" = ["agent", "remote"]))]
    by: &'static str,
    /// `said`, `pressed`, `played`, `transferred`, `streamed` or `used`.
    kind: &'static str,
    text: String,
    /// How much of it was heard: `whole`, `cut` or `in_doubt`.
    heard: &'static str,
    /// Of a tool that was used: with what.
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<String>,
    /// Of a tool that was used: what came, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    output: Option<Option<String>>,
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
    let lines = turns.iter().map(|turn| line(turn)).collect();
    let is_over = kept.call.state.is_ended();
    Ok(Json(Transcript { call: id.to_string(), is_over, lines }).into_response())
}

fn line(turn: &Turn) -> Line {
    let Turn { at, by, what, heard } = turn;
    let (arguments, output) = match what {
        What::Used(Use { arguments, output, .. }) => (Some(arguments.clone()), Some(output.clone())),
        _ => (None, None),
    };
    Line {
        at: rfc3339(*at),
        by: by_word(*by),
        kind: what.word(),
        text: what.text().to_owned(),
        heard: heard.word(),
        arguments,
        output,
    }
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
