//! `/v1/notices`: who is told of calls by webhooks of ours, and how that goes.

use super::problem::Kind;
use super::reading::read;
use super::view::rfc3339;
use super::{Pages, Problem};
use crate::serve::notices::{Aside, Standing, Trying, View};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use call::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// What is asked of `POST /v1/notices/{name}/replay`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    place: Option<u64>,
}

/// `GET /v1/notices`.
pub(crate) async fn list(State(pages): State<Pages>) -> Result<Json<Value>, Problem> {
    let newest = pages.calls.log_span().await?.newest;
    let told: Vec<Value> = pages.notices.list().into_iter().map(|view| one(view, newest)).collect();
    Ok(Json(json!({ "notices": told, "newest": newest })))
}

/// `POST /v1/notices/{name}/replay`: 202; it is tried at once.
pub(crate) async fn replay(
    State(pages): State<Pages>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let asked: Replay = if body.is_empty() { Replay::default() } else { read(&body)? };
    if !pages.notices.replay(&name, asked.place) {
        let known: Vec<String> = pages.notices.list().into_iter().map(|view| view.name).collect();
        let way_out = if known.is_empty() {
            "nobody is told; add [notices.NAME] to the configuration".to_owned()
        } else {
            format!("there are {}", known.join(", "))
        };
        return Err(Problem::new(
            Kind::NobodyTold,
            format!("nobody of the name {name:?} is told; {way_out}"),
        ));
    }
    Ok((StatusCode::ACCEPTED, Json(json!({ "name": name, "place": asked.place }))))
}

fn one(view: View, newest: u64) -> Value {
    let View { name, tells, standing, trying } = view;
    let Standing { place, aside, n_forgotten, gone_at } = standing;
    let tells: Vec<&str> = tells.iter().map(|kind| kind.word()).collect();
    let at = |ms: i64| rfc3339(Timestamp(ms));
    let trying = trying.map(|Trying { kind, call, n_tries, since, next_at, why }| {
        json!({
            "type": kind.word(), "call": call, "tries": n_tries, "since": at(since), "next_at": at(next_at),
            "why": why,
        })
    });
    let put = |one: &Aside| {
        json!({
            "place": one.place, "type": one.kind, "call": one.call, "given_up_at": at(one.at), "why": one.why,
        })
    };
    json!({
        "name": name,
        "tells": tells,
        "place": place,
        "lines_behind": newest.saturating_sub(place),
        "trying": trying,
        "stopped_at": gone_at.map(at),
        "given_up": aside.iter().map(put).collect::<Vec<_>>(),
        "forgotten": n_forgotten,
    })
}
