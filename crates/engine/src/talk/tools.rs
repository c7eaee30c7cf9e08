//! The tools that owners give their models: each use stands in the call's log before it begins, so that
//! what a crash cut off is known to be in doubt, and is not done twice without anybody knowing.

use crate::calls::Calls;
use crate::settings::ToolSettings;
use agent::tool::{answer, failure, question};
use call::Call;
use call::call::News;
use call::dialogue::Use;
use carrier::{Operation, Request};
use http::Method;

impl Calls {
    /// Uses a tool of the call's agent. It goes on to its end though nobody waits for it any more.
    pub(crate) async fn use_tool(&self, call: Call, tool: String, arguments: String) -> Use {
        let calls = self.clone();
        let (known, given) = (tool.clone(), arguments.clone());
        let task = tokio::spawn(async move { calls.really_use(&call, tool, arguments).await });
        task.await.unwrap_or_else(|_| Use { id: new_id(), tool: known, arguments: given, output: None })
    }

    async fn really_use(&self, call: &Call, tool: String, arguments: String) -> Use {
        let id = new_id();
        let of = call.facts.id;
        let output = match self.tool_of(call, &tool) {
            None => failure("the configuration has no such tool any more"),
            Some(settings) => {
                let (asked, given) = (tool.clone(), arguments.clone());
                let news = News::ToolAsked { id: id.clone(), tool: asked, arguments: given };
                if self.news_of_agent(of, news).await {
                    let request = request(&settings, &id, question(call, &tool, &arguments));
                    match self.sender().send(&request, settings.timeout).await {
                        Ok(reply) => answer(reply.status, &reply.body),
                        Err(error) => failure(&error.to_string()),
                    }
                } else {
                    failure("it was not used, since that could not be written down")
                }
            }
        };
        tracing::info!(call = %of, tool, "a model used a tool");
        self.news_of_agent(of, News::ToolReplied { id: id.clone(), output: output.clone() }).await;
        Use { id, tool, arguments, output: Some(output) }
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

fn new_id() -> String {
    format!("use_{:016x}", rand::random::<u64>())
}
