//! `GET /v1/calls/{id}/sound` and `GET /v1/levels`: both sides of a talk as they are heard on the line, for
//! whoever listens in, and how loud they are.

use super::api::{call_id, no_such_call};
use super::caller::Caller;
use super::openapi::CALL_IDS;
use super::problem::Kind;
use super::reading::query;
use super::{Pages, Problem};
use audio::tape::{ENDLESS, header, levels_dbfs};
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query};
use axum::http::header as name;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse as _, Response, Sse};
use call::{Call, CallId, CallState};
use engine::{Listener, NotHeard};
use futures::{Stream, StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// `GET /v1/calls/{id}/sound`: a WAV file that goes on for as long as the talk, the other side to the left.
pub(crate) async fn listen(
    pages: Pages,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = call_id(&id)?;
    let kept = pages.calls.get(id).await?.ok_or_else(|| no_such_call(id))?;
    let listener = pages.calls.listen(id).map_err(|why| not_heard(&kept.call, why))?;
    let closing = closing(&pages);
    let heard = stream::unfold(
        (pages, caller, listener, beat(PIECE)),
        async |(pages, caller, mut listener, mut beat)| {
            beat.tick().await;
            if !pages.book.is_good(&caller.held, pages.calls.now()) {
                return None;
            }
            let sound = listener.sound()?;
            Some((Bytes::from(sound), (pages, caller, listener, beat)))
        },
    );
    let beginning = Bytes::copy_from_slice(&header(ENDLESS));
    let file = stream::iter([beginning]).chain(heard).take_until(closing).map(Ok::<_, Infallible>);
    let headers = [(name::CONTENT_TYPE, "audio/wav"), (name::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(file)).into_response())
}

/// Why there is nothing to be heard.
fn not_heard(call: &Call, why: NotHeard) -> Problem {
    let id = call.facts.id;
    let detail = match (why, &call.state) {
        (NotHeard::TooMany, _) => format!("as many listen to {id} as may; let one of them leave"),
        (NotHeard::NoSound, CallState::Ended(_)) => {
            format!("{id} is over; its recording, if it has one, is GET /v1/calls/{id}/recording")
        }
        (NotHeard::NoSound, CallState::InProgress { .. }) => format!(
            "no sound of {id} goes through the gateway: its carrier hears and speaks for it. Give it an agent by \
             sound (an llm with a recognizer and a synthesizer, realtime, stream or echo)"
        ),
        (NotHeard::NoSound, state) => {
            format!("{id} is {}: there is sound once an agent by sound hears its line", state.word())
        }
    };
    Problem::new(Kind::NoSound, detail)
}

/// What is asked of `GET /v1/levels`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Levels {
    /// The ids of the calls, with commas between them.
    #[schemars(extend("pattern" = CALL_IDS))]
    calls: String,
}

/// `GET /v1/levels`: how loud both sides of these calls are, five times a second.
pub(crate) async fn levels(
    pages: Pages,
    caller: Caller,
    asked: Result<Query<Levels>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let asked = query(asked)?;
    let ids: Vec<CallId> = asked.calls.split(',').map(call_id).collect::<Result<_, _>>()?;
    if ids.len() > LOOKED_AT_MAX {
        let detail = format!("calls names {} calls, and may name {LOOKED_AT_MAX}", ids.len());
        return Err(Problem::new(Kind::Unreadable, detail));
    }
    if caller.sees_only().is_some() {
        for id in &ids {
            let kept = pages.calls.get(*id).await?;
            kept.filter(|kept| caller.sees(&kept.call)).ok_or_else(|| no_such_call(*id))?;
        }
    }
    let closing = closing(&pages);
    let looked_at = ids.into_iter().map(|id| (id, None)).collect();
    let meter = Meter { pages, caller, looked_at, told: None, beat: beat(LOOK) };
    let told = stream::unfold(meter, Meter::next).take_until(closing).map(Ok);
    Ok(Sse::new(told).keep_alive(KeepAlive::default()))
}

/// Somebody who looks at levels.
struct Meter {
    pages: Pages,
    caller: Caller,
    /// Each call with whoever listens to it, while it has a sound.
    looked_at: Vec<(CallId, Option<Listener>)>,
    told: Option<Value>,
    beat: Interval,
}

impl Meter {
    /// The levels, when they are others than those that were told.
    async fn next(mut self) -> Option<(Event, Meter)> {
        loop {
            self.beat.tick().await;
            if !self.pages.book.is_good(&self.caller.held, self.pages.calls.now()) {
                return None;
            }
            let levels = self.levels();
            if self.told.as_ref() != Some(&levels) {
                let event = Event::default().event("levels").data(levels.to_string());
                self.told = Some(levels);
                return Some((event, self));
            }
        }
    }

    fn levels(&mut self) -> Value {
        let mut levels = Map::new();
        for (id, listener) in &mut self.looked_at {
            if listener.is_none() {
                *listener = self.pages.calls.listen(*id).ok();
            }
            let sound = listener.as_mut().and_then(Listener::sound);
            if sound.is_none() {
                *listener = None;
            }
            let level = sound.map(|sound| {
                let [remote, agent] = levels_dbfs(&sound).map(f32::round);
                json!({ "remote": remote as i32, "agent": agent as i32 })
            });
            levels.insert(id.to_string(), json!(level));
        }
        Value::Object(levels)
    }
}

/// Comes when the gateway is told to stop, which waits for nobody who listens.
fn closing(pages: &Pages) -> impl Future<Output = ()> + use<> {
    let mut closing: watch::Receiver<bool> = pages.closing.clone();
    async move {
        let _ = closing.wait_for(|closing| *closing).await;
    }
}

/// What is late is not made up for: whoever reads slowly is sent more at once.
fn beat(every: Duration) -> Interval {
    let mut beat = interval(every);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat
}

/// So much sound is sent at a time.
const PIECE: Duration = Duration::from_millis(100);
/// So often one looks how loud it is.
const LOOK: Duration = Duration::from_millis(200);
/// The levels of so many calls are told at once: more than are seen on a screen.
const LOOKED_AT_MAX: usize = 100;
