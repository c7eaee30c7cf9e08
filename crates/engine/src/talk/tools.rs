//! The tools that owners give their models: each use stands in the call's log before it begins, so that
//! what a crash cut off is known to be in doubt, and is not done twice without anybody knowing.

use super::servers::Way;
use crate::calls::Calls;
use crate::settings::ToolSettings;
use crate::traced::TRACED;
use agent::tool::{answer, failure, question, result};
use call::call::News;
use call::dialogue::Use;
use call::{Call, CallId};
use carrier::{Operation, Request};
use http::Method;
use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use tracing::Instrument as _;

/// What came of a wish for a tool.
pub(crate) struct Used {
    /// As the model is told of it.
    pub(crate) one: Use,
    /// Whether the log has it.
    pub(crate) is_kept: bool,
}

/// The tools that are at work in this process, by the calls that they are used on.
#[derive(Debug, Default)]
pub(crate) struct AtWork {
    calls: Mutex<BTreeMap<CallId, usize>>,
    changed: Notify,
}

/// One of them, until it is dropped.
struct Working<'w> {
    at_work: &'w AtWork,
    call: CallId,
}

impl AtWork {
    fn begin(&self, call: CallId) -> Working<'_> {
        *self.held().entry(call).or_default() += 1;
        Working { at_work: self, call }
    }

    /// Waits until none is used on this call.
    async fn none_on(&self, call: CallId) {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if !self.held().contains_key(&call) {
                return;
            }
            changed.await;
        }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<CallId, usize>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let mut calls = self.at_work.held();
        let left = calls.remove(&self.call).unwrap_or(1) - 1;
        if left > 0 {
            calls.insert(self.call, left);
        }
        drop(calls);
        self.at_work.changed.notify_waiters();
    }
}

impl Calls {
    /// Waits until no tool is at work for the agent of this call: each has its time.
    pub(crate) async fn wait_for_tools(&self, call: CallId) {
        self.at_work().none_on(call).await;
    }

    /// Uses a tool of the call's agent. It goes on to its end though nobody waits for it any more.
    pub(crate) async fn use_tool(&self, call: Call, tool: String, arguments: String) -> Used {
        let calls = self.clone();
        let (known, given) = (tool.clone(), arguments.clone());
        let span = tracing::info_span!(target: TRACED, "tool.use", call = %call.facts.id, tool);
        let task = async move { calls.really_use(&call, tool, arguments).await };
        let task = tokio::spawn(task.instrument(span));
        task.await.unwrap_or_else(|_| {
            let one = Use { id: new_id(), tool: known, arguments: given, output: None };
            Used { one, is_kept: false }
        })
    }

    async fn really_use(&self, call: &Call, tool: String, arguments: String) -> Used {
        let (id, of) = (new_id(), call.facts.id);
        let _working = self.at_work().begin(of);
        let (asked, given) = (tool.clone(), arguments.clone());
        let news = News::ToolAsked { id: id.clone(), tool: asked, arguments: given };
        let is_kept = self.news_of_agent(of, news).await;
        let output = match self.way_of(call, &tool) {
            _ if !is_kept => failure("it was not used, since that could not be written down"),
            None => failure("the configuration has no such tool any more"),
            Some(Way::Post(settings)) => {
                let request = request(&settings, &id, question(call, &tool, &arguments));
                match self.sender().send(&request, settings.timeout).await {
                    Ok(reply) => answer(reply.status, &reply.body),
                    Err(error) => failure(&error.to_string()),
                }
            }
            Some(Way::Server { server, tool, timeout }) => {
                match server.call(&tool, &arguments, timeout).await {
                    Ok(answer) => result(answer.is_error, &answer.text),
                    Err(why) => failure(&why),
                }
            }
        };
        tracing::info!(call = %of, tool, "a model used a tool");
        self.news_of_agent(of, News::ToolReplied { id: id.clone(), output: output.clone() }).await;
        Used { one: Use { id, tool, arguments, output: Some(output) }, is_kept }
    }
}

fn request(settings: &ToolSettings, id: &str, body: Vec<u8>) -> Request {
    let mut headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("idempotency-key".to_owned(), id.to_owned()),
    ];
    let token = settings.token.as_ref();
    headers.extend(token.map(|token| ("authorization".to_owned(), format!("Bearer {}", token.expose()))));
    Request { operation: Operation::Tool, method: Method::POST, url: settings.url.clone(), headers, body }
}

/// A name for a use of a tool.
pub(crate) fn new_id() -> String {
    format!("use_{:016x}", rand::random::<u64>())
}
