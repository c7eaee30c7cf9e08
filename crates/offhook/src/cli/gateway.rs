//! The verbs of the gateway's HTTP API that the command line uses.

use std::time::Duration;

use bytes::Bytes;
use call::CallId;
use http::StatusCode;
use hyper::body::Incoming;
use serde_json::{Value, json};

use super::client::{ApiRequest, Body, Client, ClientError, REPLY_WITHIN, Reply};
use super::wire::{Call, PlaceCall, make_plain};
use serde::de::DeserializeOwned;

/// A running gateway.
pub(crate) struct Gateway(Client);

/// Which calls are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that are not over.
    Live,
    /// All that the gateway remembers.
    All,
}

/// All pages of one list, put together.
#[derive(Debug)]
pub(crate) struct Pages {
    url: String,
    items: Vec<Value>,
}

impl Gateway {
    /// The gateway that `client` reaches.
    pub(crate) fn new(client: Client) -> Self {
        Self(client)
    }

    /// Asks for a call. A request whose reply is lost is sent again under the same key, by which
    /// the gateway knows it for a repeat and rings no second phone.
    pub(crate) async fn place(&self, call: &PlaceCall<'_>) -> Result<Reply, ClientError> {
        let bytes = Bytes::from(serde_json::to_vec(call).expect("texts become JSON"));
        self.post_once(&["v1", "calls"], bytes).await
    }

    /// Posts under a key of its own, and again while the reply gets lost.
    async fn post_once(&self, path: &[&str], bytes: Bytes) -> Result<Reply, ClientError> {
        let key = format!("cli-{:032x}", rand::random::<u128>());
        let mut n_tries = 1;
        loop {
            let body = Body {
                content_type: "application/json",
                bytes: bytes.clone(),
                idempotency_key: Some(key.clone()),
                reply_within: REPLY_WITHIN,
            };
            match self.post(path, body).await {
                Err(ClientError::Lost { .. }) if n_tries < PLACE_TRIES_MAX => {
                    n_tries += 1;
                    tokio::time::sleep(PLACE_AGAIN_AFTER).await;
                }
                answer => return answer,
            }
        }
    }

    /// Asks for one call.
    pub(crate) async fn call(&self, id: &str) -> Result<Reply, ClientError> {
        self.get(&["v1", "calls", id], &[]).await
    }

    /// The whole id of the call that a person means: `id`, or the one that begins with it. Of a whole id nothing
    /// is asked, since whoever may end a call may not be allowed to see it.
    ///
    /// # Errors
    /// As of [`call_by_beginning`](Self::call_by_beginning).
    pub(crate) async fn whole_id(&self, id: &str) -> Result<String, ClientError> {
        if id.parse::<CallId>().is_ok() {
            return Ok(id.to_owned());
        }
        Ok(self.call_by_beginning(id).await?.read::<Call>()?.id)
    }

    /// Asks for the call whose id is `id` or, if there is none, the one whose id begins with it.
    ///
    /// # Errors
    /// There is no such call, or there are several, besides what [`call`](Self::call) may meet.
    pub(crate) async fn call_by_beginning(&self, id: &str) -> Result<Reply, ClientError> {
        // That of a command that failed, in a script: every call begins with it.
        if id.is_empty() {
            let message = "an empty id names no call; 'offhook ls --all' lists those there are".to_owned();
            return Err(ClientError::Problem { status: StatusCode::BAD_REQUEST, message });
        }
        let not_found = match self.call(id).await {
            Err(
                error @ ClientError::Problem {
                    status: StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST, ..
                },
            ) => error,
            answer => return answer,
        };
        let calls: Vec<Call> = self.calls(Which::All).await?.read()?;
        let ids: Vec<&str> =
            calls.iter().map(|call| call.id.as_str()).filter(|known| known.starts_with(id)).collect();
        match ids.as_slice() {
            [] => Err(not_found),
            [one] => self.call(one).await,
            [first, second, ..] => Err(ClientError::Problem {
                status: StatusCode::CONFLICT,
                message: format!(
                    "{} calls begin with {id}, such as {first} and {second}; give more of the id",
                    ids.len()
                ),
            }),
        }
    }

    /// Asks for calls, all pages of them.
    pub(crate) async fn calls(&self, which: Which) -> Result<Pages, ClientError> {
        let live = match which {
            Which::Live => [("live", "true")].as_slice(),
            Which::All => &[],
        };
        self.pages(&["v1", "calls"], live, "calls").await
    }

    /// Asks for one page of the calls that are like that, and where the next one begins.
    pub(crate) async fn search(
        &self,
        wanted: &[(&str, &str)],
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<(Vec<Value>, Option<String>), ClientError> {
        let limit = limit.to_string();
        let mut query = wanted.to_vec();
        query.push(("limit", &limit));
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        let reply = self.get(&["v1", "calls"], &query).await?;
        let mut page = reply.json()?;
        match page.get_mut("calls").map(Value::take) {
            Some(Value::Array(found)) => Ok((found, next_page(&page))),
            _ => Err(reply.unreadable("its answer has no list of calls".to_owned())),
        }
    }

    /// Says that an answer isn't what the API promises.
    pub(crate) fn unreadable(&self, why: String) -> ClientError {
        ClientError::Unreadable { url: self.0.url().to_owned(), why }
    }

    /// Asks for a call's story, all pages of it.
    pub(crate) async fn events(&self, id: &str) -> Result<Pages, ClientError> {
        self.pages(&["v1", "calls", id, "events"], &[], "events").await
    }

    /// Asks for what happened on a call after this line of its log.
    #[cfg(feature = "tui")]
    pub(crate) async fn events_after(&self, id: &str, version: u64) -> Result<Pages, ClientError> {
        let path = ["v1", "calls", id, "events"];
        self.pages_from(&path, &[], "events", Some(version.to_string())).await
    }

    /// Asks for what happens on all calls, or on one, after this place of the log; without one from now on.
    pub(crate) async fn follow(
        &self,
        call: Option<&str>,
        after: Option<u64>,
    ) -> Result<Incoming, ClientError> {
        let after = after.map(|after| after.to_string());
        let query = [("call", call), ("after", after.as_deref())];
        let query: Vec<(&str, &str)> =
            query.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        self.0.open(&["v1", "events"], &query).await
    }

    /// Asks for the metrics, as Prometheus reads them.
    #[cfg(feature = "tui")]
    pub(crate) async fn metrics(&self) -> Result<String, ClientError> {
        let text = self.0.fetch(&["metrics"], &[], "text/plain").await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Asks who said what on a call.
    pub(crate) async fn transcript(&self, id: &str, tools: bool) -> Result<Reply, ClientError> {
        self.get(&["v1", "calls", id, "transcript"], with_tools(tools)).await
    }

    /// The same, in words.
    pub(crate) async fn transcript_in_words(&self, id: &str, tools: bool) -> Result<String, ClientError> {
        let path = ["v1", "calls", id, "transcript"];
        let text = self.0.fetch(&path, with_tools(tools), "text/plain").await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Asks for a call's recording, a WAV file.
    pub(crate) async fn recording(&self, id: &str) -> Result<Vec<u8>, ClientError> {
        self.0.fetch(&["v1", "calls", id, "recording"], &[], "audio/wav").await
    }

    /// Listens in on a call: a WAV file that goes on.
    pub(crate) async fn listen(&self, id: &str) -> Result<Incoming, ClientError> {
        self.0.open(&["v1", "calls", id, "sound"], &[]).await
    }

    /// Asks for a call to be hung up.
    pub(crate) async fn hang_up(&self, id: &str) -> Result<Reply, ClientError> {
        self.post(&["v1", "calls", id, "hangup"], json_body(&json!({}))).await
    }

    /// Asks something of a call, under a key, so that it is asked once though the reply be lost.
    pub(crate) async fn command(&self, id: &str, page: &str, body: &Value) -> Result<Reply, ClientError> {
        self.post_once(&["v1", "calls", id, page], Bytes::from(body.to_string())).await
    }

    /// Has one command of a call ended, or all that are open. To ask twice does no harm.
    pub(crate) async fn stop(&self, id: &str, command: Option<u32>) -> Result<Reply, ClientError> {
        let body = command.map_or_else(|| json!({}), |command| json!({ "command": command }));
        self.post(&["v1", "calls", id, "stop"], json_body(&body)).await
    }

    /// Waits a while for what came of a command.
    pub(crate) async fn command_outcome(&self, id: &str, command: u32) -> Result<Reply, ClientError> {
        self.get(&["v1", "calls", id, "commands", &command.to_string()], &[("wait_s", COMMAND_WAIT_S)]).await
    }

    /// Has the recording of a call deleted.
    pub(crate) async fn delete_recording(&self, id: &str) -> Result<Reply, ClientError> {
        self.0.delete(&["v1", "calls", id, "recording"]).await
    }

    /// Asks what the last start found and decided.
    pub(crate) async fn recovery(&self) -> Result<Reply, ClientError> {
        self.get(&["v1", "recovery"], &[]).await
    }

    /// Asks how long replies were waited for on the last so many calls.
    pub(crate) async fn latency(&self, calls: usize) -> Result<Reply, ClientError> {
        self.get(&["v1", "latency"], &[("calls", &calls.to_string())]).await
    }

    /// Asks for the figures of the last so many hours or days.
    pub(crate) async fn figures(&self, by: &str, last: Option<u32>) -> Result<Reply, ClientError> {
        let last = last.map(|n| n.to_string());
        let asked: Vec<(&str, &str)> =
            [("by", by)].into_iter().chain(last.as_deref().map(|n| ("n", n))).collect();
        self.get(&["v1", "figures"], &asked).await
    }

    /// Asks what is amiss.
    pub(crate) async fn health(&self) -> Result<Reply, ClientError> {
        self.get(&["healthz"], &[]).await
    }

    /// Asks whether what is heard can be put on disk.
    pub(crate) async fn ready(&self) -> Result<Reply, ClientError> {
        self.get(&["readyz"], &[]).await
    }

    /// Stops placing new outbound calls.
    pub(crate) async fn pause(&self, reason: Option<&str>) -> Result<Reply, ClientError> {
        let body = reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
        self.post(&["v1", "pause"], json_body(&body)).await
    }

    /// Places outbound calls again.
    pub(crate) async fn resume(&self) -> Result<Reply, ClientError> {
        self.post(&["v1", "resume"], json_body(&json!({}))).await
    }

    /// Has it take no new call.
    pub(crate) async fn drain(&self, within: Option<Duration>) -> Result<Reply, ClientError> {
        let body = within.map_or_else(|| json!({}), |within| json!({ "within_s": within.as_secs() }));
        self.post(&["v1", "drain"], json_body(&body)).await
    }

    /// Asks whether it takes no new call, and how many live.
    pub(crate) async fn draining(&self) -> Result<Reply, ClientError> {
        self.get(&["v1", "drain"], &[]).await
    }

    /// Has it take calls again.
    pub(crate) async fn stop_draining(&self) -> Result<Reply, ClientError> {
        self.0.delete(&["v1", "drain"]).await
    }

    /// Has the configuration read anew.
    pub(crate) async fn reload(&self) -> Result<Reply, ClientError> {
        self.post(&["v1", "reload"], json_body(&json!({}))).await
    }

    /// Asks who is told of calls, and how that goes.
    pub(crate) async fn notices(&self) -> Result<Reply, ClientError> {
        self.get(&["v1", "notices"], &[]).await
    }

    /// Has somebody told again.
    pub(crate) async fn replay_notices(&self, name: &str, place: Option<u64>) -> Result<Reply, ClientError> {
        self.post(&["v1", "notices", name, "replay"], json_body(&json!({ "place": place }))).await
    }

    /// Puts a number on the do-not-call list. To ask twice does no harm.
    pub(crate) async fn list_number(&self, number: &str, reason: Option<&str>) -> Result<Reply, ClientError> {
        self.post(&["v1", "dnc"], json_body(&json!({ "number": number, "reason": reason }))).await
    }

    /// Takes a number off the do-not-call list.
    pub(crate) async fn unlist_number(&self, number: &str) -> Result<Reply, ClientError> {
        self.0.delete(&["v1", "dnc", number]).await
    }

    /// Asks for the do-not-call list, all pages of it.
    pub(crate) async fn listed_numbers(&self) -> Result<Pages, ClientError> {
        self.pages(&["v1", "dnc"], &[], "numbers").await
    }

    /// Asks what the dial gate decided, all pages of it.
    pub(crate) async fn decisions(&self, refused: bool) -> Result<Pages, ClientError> {
        let refused = if refused { [("refused", "true")].as_slice() } else { &[] };
        self.pages(&["v1", "gate", "audit"], refused, "decisions").await
    }

    /// Has a token made. It is not asked twice: a second one would be in the way of the first.
    pub(crate) async fn add_token(&self, token: &Value) -> Result<Reply, ClientError> {
        self.post(&["v1", "tokens"], json_body(token)).await
    }

    /// Gives a token another text.
    pub(crate) async fn rotate_token(&self, name: &str, how: &Value) -> Result<Reply, ClientError> {
        self.post(&["v1", "tokens", name, "rotate"], json_body(how)).await
    }

    /// Takes a token away.
    pub(crate) async fn remove_token(&self, name: &str) -> Result<Reply, ClientError> {
        self.0.delete(&["v1", "tokens", name]).await
    }

    /// Asks for the tokens.
    pub(crate) async fn tokens(&self) -> Result<Reply, ClientError> {
        self.get(&["v1", "tokens"], &[]).await
    }

    /// Asks what was asked for through the API, all pages of it.
    pub(crate) async fn access_lines(&self, query: &[(&str, &str)]) -> Result<Pages, ClientError> {
        self.pages(&["v1", "access", "audit"], query, "lines").await
    }

    /// Hands over a file of numbers that are not to be called.
    pub(crate) async fn import_numbers(&self, lines: Vec<u8>) -> Result<Reply, ClientError> {
        let body = Body {
            content_type: "text/plain",
            bytes: Bytes::from(lines),
            idempotency_key: None,
            reply_within: IMPORTED_WITHIN,
        };
        self.post(&["v1", "dnc", "import"], body).await
    }

    /// Hands over a `calls.jsonl`.
    pub(crate) async fn import(&self, lines: Vec<u8>) -> Result<Reply, ClientError> {
        let body = Body {
            content_type: "application/x-ndjson",
            bytes: Bytes::from(lines),
            idempotency_key: None,
            reply_within: IMPORTED_WITHIN,
        };
        self.post(&["v1", "import"], body).await
    }

    async fn pages(&self, path: &[&str], query: &[(&str, &str)], list: &str) -> Result<Pages, ClientError> {
        self.pages_from(path, query, list, None).await
    }

    async fn pages_from(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        list: &str,
        mut cursor: Option<String>,
    ) -> Result<Pages, ClientError> {
        let mut items = Vec::new();
        for _ in 0..PAGES_MAX {
            let mut query = query.to_vec();
            query.push(("limit", PAGE_LENGTH));
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let reply = self.get(path, &query).await?;
            let mut page = reply.json()?;
            let Some(Value::Array(found)) = page.get_mut(list).map(Value::take) else {
                return Err(reply.unreadable(format!("its answer has no list of {list}")));
            };
            items.extend(found);
            let Some(next) = next_page(&page) else {
                return Ok(Pages { url: self.0.url().to_owned(), items });
            };
            cursor = Some(next);
        }
        Err(ClientError::Unreadable {
            url: self.0.url().to_owned(),
            why: format!("its list of {list} has no end"),
        })
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, ClientError> {
        self.0.ask(ApiRequest { path, query, body: None }).await
    }

    async fn post(&self, path: &[&str], body: Body) -> Result<Reply, ClientError> {
        self.0.ask(ApiRequest { path, query: &[], body: Some(body) }).await
    }
}

impl Pages {
    /// Reads every item as `T`.
    ///
    /// # Errors
    /// [`ClientError::Unreadable`]: one has another shape.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<Vec<T>, ClientError> {
        let read = |item: &Value| {
            let mut item = item.clone();
            make_plain(&mut item);
            serde_json::from_value(item)
        };
        let items: Result<Vec<T>, serde_json::Error> = self.items.iter().map(read).collect();
        items.map_err(|error| ClientError::Unreadable { url: self.url.clone(), why: error.to_string() })
    }

    /// The items as the gateway gave them.
    pub(crate) fn into_items(self) -> Vec<Value> {
        self.items
    }
}

fn with_tools(tools: bool) -> &'static [(&'static str, &'static str)] {
    if tools { &[("tools", "true")] } else { &[] }
}

/// The cursor of the page after this one: an id or a version.
fn next_page(page: &Value) -> Option<String> {
    match page.get("next")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(version) => Some(version.to_string()),
        _ => None,
    }
}

fn json_body(json: &Value) -> Body {
    Body {
        content_type: "application/json",
        bytes: Bytes::from(json.to_string()),
        idempotency_key: None,
        reply_within: REPLY_WITHIN,
    }
}

/// How often a placement is asked for whose reply is lost, and how long after the last time: long
/// enough for a gateway that restarts, short enough for a person who waits.
const PLACE_TRIES_MAX: u32 = 3;
const PLACE_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A history of some hundred thousand calls goes to disk in well under this.
const IMPORTED_WITHIN: Duration = Duration::from_secs(600);

/// Shorter than any reply of the gateway may take.
const COMMAND_WAIT_S: &str = "20";

const PAGE_LENGTH: &str = "500";

/// A million calls; a list that is longer goes in circles.
const PAGES_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::next_page;
    use serde_json::json;

    #[test]
    fn a_page_is_followed_by_the_next_whatever_its_cursor() {
        for (page, expected) in [
            (json!({ "next": "c_1" }), Some("c_1")),
            (json!({ "next": 100 }), Some("100")),
            (json!({ "next": null }), None),
            (json!({}), None),
        ] {
            assert_eq!(next_page(&page).as_deref(), expected, "{page}");
        }
    }
}
