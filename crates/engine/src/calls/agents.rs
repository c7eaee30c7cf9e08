//! What the agents of calls ask for, and how their programs and models are reached.

use super::{Calls, EngineError};
use crate::heard::Heard;
use crate::settings::ModelSettings;
use call::CallId;
use call::call::{CommandId, News, Source, Verb};
use carrier::Secret;
use carrier::send::Sender;

impl Calls {
    /// The call's own agent asks something of it.
    pub(crate) async fn command_by_agent(&self, call: CallId, verb: Verb) -> Result<(), EngineError> {
        self.ask(Heard::Command { call, verb, key: None, by_agent: true }).await.map(|_| ())
    }

    /// The call's own agent wants one command to end, or all.
    pub(crate) async fn stop_by_agent(
        &self,
        call: CallId,
        command: Option<CommandId>,
    ) -> Result<(), EngineError> {
        let answer = self.inner.ear.hear(Heard::Stop { call, command, by_agent: true }).await?;
        self.called(answer).map(|_| ())
    }

    /// The call's own agent is done.
    pub(crate) async fn agent_left(&self, call: CallId, failed: Option<String>) -> Result<(), EngineError> {
        let news = News::AgentLeft { failed };
        self.inner.ear.hear(Heard::News { call, source: Source::Agent, news }).await?;
        Ok(())
    }

    /// The token by which connections to an agent's program are signed, as it is configured now.
    pub(crate) fn token_of(&self, agent: &str) -> Option<Secret> {
        self.rules().settings.agents.get(agent)?.token.clone()
    }

    /// How an agent's model is asked, as it is configured now.
    pub(crate) fn model_of(&self, agent: &str) -> Option<ModelSettings> {
        self.rules().settings.agents.get(agent)?.model.clone()
    }

    pub(crate) fn sender(&self) -> Sender {
        self.inner.runner.wire.sender.clone()
    }
}
