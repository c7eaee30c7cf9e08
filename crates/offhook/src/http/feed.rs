//! `GET /v1/events`: what happens on all calls, as it happens, as server-sent events (the WHATWG's
//! HTML standard, section 9.2). Each is a line of the log with its place there as its id, so that
//! whoever comes back with the last one it has (`Last-Event-ID`) misses nothing, across a restart too.

use super::caller::Caller;
use super::openapi::CALL_ID;
use super::problem::Kind;
use super::reading::query;
use super::view::CallView;
use super::{Pages, Problem, api, decided};
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use call::CallId;
use futures::{Stream, StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::time::Duration;
use store::{LogLine, LogSpan};
use tokio::sync::watch;

/// What is asked of `GET /v1/events`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Follow {
    /// What comes after this place in the log. Default: what happens from now on.
    after: Option<u64>,
    /// Only what happens on this call.
    #[schemars(extend("pattern" = CALL_ID))]
    call: Option<String>,
}

/// `GET /v1/events`.
pub(crate) async fn follow(
    pages: Pages,
    caller: Caller,
    headers: HeaderMap,
    asked: Result<Query<Follow>, QueryRejection>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let asked = query(asked)?;
    let call = asked.call.as_deref().map(api::call_id).transpose()?;
    if let Some(id) = call {
        let kept = pages.calls.get(id).await?;
        kept.filter(|kept| caller.sees(&kept.call)).ok_or_else(|| api::no_such_call(id))?;
    }
    let commits = pages.calls.commits();
    let span = pages.calls.log_span().await?;
    let after = last_seen(&headers)?.or(asked.after);
    let mut closing = pages.closing.clone();
    let mut told = VecDeque::from([message("ready", span.newest, &json!({ "place": span.newest }))]);
    let mut place = span.newest;
    if let Some(after) = after {
        match after_which(after, span) {
            Ok(after) => (told, place) = (VecDeque::new(), after),
            Err(gap) => told.push_front(message("gap", span.newest, &gap)),
        }
    }
    let follower = Follower { pages, caller, call, place, commits, told };
    let lines = stream::unfold(follower, Follower::next).map(Ok);
    // A gateway that is told to stop waits for nobody who listens.
    let lines = lines.take_until(async move {
        let _ = closing.wait_for(|closing| *closing).await;
    });
    Ok(Sse::new(lines).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// The place after which one goes on who has everything up to `after`, or what is to be told if that
/// can't be: the log never came so far, as when an older store was put back.
fn after_which(after: u64, span: LogSpan) -> Result<u64, Value> {
    if after <= span.newest {
        return Ok(after);
    }
    Err(json!({ "after": after, "newest": span.newest }))
}

/// Somebody who listens.
struct Follower {
    pages: Pages,
    caller: Caller,
    /// Of which call; all if `None`.
    call: Option<CallId>,
    /// Up to where they were told.
    place: u64,
    commits: watch::Receiver<()>,
    /// What was read and isn't sent yet.
    told: VecDeque<Event>,
}

impl Follower {
    /// The next message, when there is one. It is asked for when the last one was taken: whoever reads
    /// slowly is read for slowly, and nothing piles up.
    async fn next(mut self) -> Option<(Event, Follower)> {
        loop {
            if let Some(event) = self.told.pop_front() {
                return Some((event, self));
            }
            if !self.pages.book.is_good(&self.caller.held, self.pages.calls.now()) {
                return None;
            }
            self.commits.borrow_and_update();
            match self.read().await {
                Ok(told) => self.told = told,
                // Whoever follows comes back with the last place it has.
                Err(problem) => {
                    tracing::warn!(?problem, "the log could not be followed");
                    return None;
                }
            }
            if self.told.is_empty() {
                self.commits.changed().await.ok()?;
                // What else is committed in this time is read with it.
                tokio::time::sleep(GATHER).await;
            }
        }
    }

    async fn read(&mut self) -> Result<VecDeque<Event>, Problem> {
        let calls = &self.pages.calls;
        let lines = calls.follow(self.call, self.place, LINES_MAX).await?;
        let mut by_call: BTreeMap<CallId, Vec<&LogLine>> = BTreeMap::new();
        for line in &lines {
            by_call.entry(line.call).or_default().push(line);
        }
        let mut messages = BTreeMap::new();
        for (id, lines) in by_call {
            let stands = calls.get(id).await?.filter(|stands| self.caller.sees(&stands.call));
            let Some(stands) = stands else { continue };
            let view = json!(CallView::of(&stands.call));
            let n_before = lines.first().map_or(0, |line| line.kept.version.saturating_sub(1));
            let before = calls.events(id, 0, usize::try_from(n_before).unwrap_or(usize::MAX)).await?;
            let kept: Vec<_> = lines.iter().map(|line| line.kept.clone()).collect();
            for (line, event) in lines.iter().zip(decided::lines(&before, &kept)) {
                let told = json!({ "place": line.place, "call": &view, "event": event });
                messages.insert(line.place, message("call", line.place, &told));
            }
        }
        self.place = lines.last().map_or(self.place, |line| line.place);
        Ok(messages.into_values().collect())
    }
}

fn message(kind: &str, place: u64, told: &Value) -> Event {
    Event::default().event(kind).id(place.to_string()).data(told.to_string())
}

/// The last message that a browser had before it came back.
fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("Last-Event-ID") else { return Ok(None) };
    let place = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let wrong = || {
        let detail = "Last-Event-ID is no id of a message of this page: send the id of the last message that \
            you have, or leave it out";
        Problem::new(Kind::Unreadable, detail)
    };
    place.map(Some).ok_or_else(wrong)
}

/// So many lines are read at once.
const LINES_MAX: usize = 100;
/// What is committed within this time is read at once.
const GATHER: Duration = Duration::from_millis(20);
/// Proxies close what says nothing for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
