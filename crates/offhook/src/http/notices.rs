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
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is asked of `POST /v1/notices/{name}/replay`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Replay {
    /// Only what was given up at this place. Default: all.
    place: Option<u64>,
}

/// Who is told of calls.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NoticeList {
    notices: Vec<Notice>,
    /// The newest place in the log.
    newest: u64,
}

/// Somebody who is told of calls, and how that goes.
#[derive(Serialize, JsonSchema)]
struct Notice {
    name: String,
    /// What they are told of.
    tells: Vec<&'static str>,
    /// Up to which place in the log they were told.
    place: u64,
    lines_behind: u64,
    /// What they are being told, and don't take.
    trying: Option<TryingView>,
    /// Since when they are told nothing, since they answered 410.
    stopped_at: Option<String>,
    /// What was given up, and can be replayed.
    given_up: Vec<GivenUp>,
    /// How many that were given up are forgotten.
    forgotten: u64,
}

/// A notice that isn't taken.
#[derive(Serialize, JsonSchema)]
struct TryingView {
    r#type: &'static str,
    call: String,
    tries: u32,
    since: String,
    next_at: String,
    why: String,
}

/// A notice that was given up.
#[derive(Serialize, JsonSchema)]
struct GivenUp {
    place: u64,
    r#type: String,
    call: String,
    given_up_at: String,
    why: String,
}

/// What is sent again.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Replayed {
    name: String,
    place: Option<u64>,
}

/// `GET /v1/notices`.
pub(crate) async fn list(State(pages): State<Pages>) -> Result<Json<NoticeList>, Problem> {
    let newest = pages.calls.log_span().await?.newest;
    let notices = pages.notices.list().into_iter().map(|view| one(view, newest)).collect();
    Ok(Json(NoticeList { notices, newest }))
}

/// `POST /v1/notices/{name}/replay`: 202; it is tried at once.
pub(crate) async fn replay(
    State(pages): State<Pages>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Replayed>), Problem> {
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
    Ok((StatusCode::ACCEPTED, Json(Replayed { name, place: asked.place })))
}

fn one(view: View, newest: u64) -> Notice {
    let View { name, tells, standing, trying } = view;
    let Standing { place, aside, n_forgotten, gone_at } = standing;
    let at = |ms: i64| rfc3339(Timestamp(ms));
    let trying = trying.map(|Trying { kind, call, n_tries, since, next_at, why }| TryingView {
        r#type: kind.word(),
        call,
        tries: n_tries,
        since: at(since),
        next_at: at(next_at),
        why,
    });
    let put = |Aside { place, kind, call, at: given_up_at, why }| GivenUp {
        place,
        r#type: kind,
        call,
        given_up_at: at(given_up_at),
        why,
    };
    Notice {
        name,
        tells: tells.iter().map(|kind| kind.word()).collect(),
        place,
        lines_behind: newest.saturating_sub(place),
        trying,
        stopped_at: gone_at.map(at),
        given_up: aside.into_iter().map(put).collect(),
        forgotten: n_forgotten,
    }
}
