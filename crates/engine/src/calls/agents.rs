//! What the agents of calls ask for, and how their programs and models are reached.

use super::{Calls, EngineError};
use crate::heard::Heard;
use crate::media::cascade::Plan;
use crate::program::Credential;
use crate::settings::AgentSettings;
use crate::shell::lane::Lane;
use crate::talk::{Asked, AtWork, Servers, new_id};
use crate::tap::Taps;
use agent::realtime::Session;
use agent::tool::failure;
use call::call::{Agent, AnsweredBy, CommandId, Does, Event, News, Source, Timing, Verb, Waits};
use call::dialogue::{Entry, Line, Speaker, Turn, conversation, turns};
use call::{Call, CallId};
use carrier::Secret;
use carrier::send::Sender;
use std::sync::Arc;
use std::time::Duration;
use store::{Kept, KeptEvent};
use tokio::sync::{broadcast, watch};
use tokio::time::timeout;

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

    /// By what an agent's program or model knows that it is us, as it is configured now.
    ///
    /// A call keeps the address that it began with: what another is shown is nothing for it.
    pub(crate) fn credential_of(&self, agent: &Agent) -> Option<Credential> {
        let rules = self.rules();
        let configured = rules.settings.agents.get(&agent.name)?;
        let token = configured.token.clone().filter(|_| configured.agent.does == agent.does)?;
        Some(match agent.does {
            Does::Realtime { .. } => Credential::Bearer(token),
            _ => Credential::Signature(token),
        })
    }

    /// A session with the model that hears and speaks on a call, as it is configured now; `again` where its
    /// sound came before.
    pub(crate) async fn session_of(&self, call: &Call, again: bool) -> Option<Session> {
        let name = &call.facts.agent.as_ref()?.name;
        let mut settings = self.rules().settings.agents.get(name)?.realtime.clone()?;
        self.give_tools(call, &mut settings.model).await;
        // One that a stream which broke wished for may still be at work; nobody waits for it longer.
        let _ = timeout(TOOLS_WITHIN, self.wait_for_tools(call.facts.id)).await;
        Some(Session::new(settings, self.said_on(call).await, again))
    }

    /// What is needed to talk by sound on a call, with a model of words, as it is configured now; `again` where
    /// its sound came before.
    pub(crate) async fn plan_of(&self, call: &Call, again: bool) -> Option<Plan> {
        let name = &call.facts.agent.as_ref()?.name;
        let configured = self.rules().settings.agents.get(name)?.clone();
        let (asked, sound) = (Asked::of(&configured)?, configured.sound?);
        Some(Plan::new(asked, sound, (call, &self.said_on(call).await), again))
    }

    /// Keeps that a model wished for something in vain, so that it knows.
    pub(crate) async fn refused(&self, call: CallId, tool: String, arguments: String, why: &str) {
        let id = new_id();
        let asked = News::ToolAsked { id: id.clone(), tool, arguments };
        if self.news_of_agent(call, asked).await {
            self.news_of_agent(call, News::ToolReplied { id, output: failure(why) }).await;
        }
    }

    /// The call's agent, as it is configured now.
    pub(crate) fn agent_of(&self, call: &Call) -> Option<AgentSettings> {
        self.rules().settings.agents.get(&call.facts.agent.as_ref()?.name).cloned()
    }

    /// The servers of tools.
    pub(crate) fn servers(&self) -> &Servers {
        &self.inner.servers
    }

    /// What was said and done on a call so far, the greeting first.
    pub(crate) async fn said_on(&self, call: &Call) -> Vec<Entry> {
        let greeting = call.facts.say.clone().map(|text| Entry::Said(Line { by: Speaker::Agent, text }));
        let log = self.log(call.facts.id).await.unwrap_or_default();
        greeting.into_iter().chain(conversation(&log)).collect()
    }

    /// What happened to a call, as far as a transcript is read: whole, where this process heard it.
    pub(crate) async fn log(&self, call: CallId) -> Result<Vec<Event>, EngineError> {
        let mut events = self.events(call, 0, EVENTS_MAX).await?;
        self.inner.unredacted.whole_log(call, &mut events);
        Ok(events.into_iter().map(|kept| kept.event).collect())
    }

    /// The call of this name, with the answers to what was asked on it whole, where this process heard them and the
    /// call isn't long over: for whoever may ask.
    ///
    /// # Errors
    /// The store failed.
    pub async fn answered(&self, call: CallId) -> Result<Option<Kept>, EngineError> {
        Ok(self.get(call).await?.map(|kept| self.inner.unredacted.whole(kept)))
    }

    /// Who said what on a call, and when, as it is kept.
    ///
    /// # Errors
    /// The store failed.
    pub async fn transcript(&self, call: CallId) -> Result<Vec<Turn>, EngineError> {
        let mut log = Vec::new();
        loop {
            let after = log.last().map_or(0, |kept: &KeptEvent| kept.version);
            let more = self.events(call, after, EVENTS_MAX).await?;
            if more.is_empty() {
                return Ok(turns(log.iter().map(|kept| &kept.event)));
            }
            log.extend(more);
        }
    }

    /// Keeps what was said on a call, and when.
    pub(crate) async fn spoken(&self, call: CallId, Line { by, text }: Line, timing: Timing) {
        let Timing { after, waits, talk_over, vendors } = timing;
        let ms = |span: Duration| u64::try_from(span.as_millis()).ok();
        let after_ms = waits.map(Waits::whole_ms).or(after.and_then(ms));
        let talk_over_ms = talk_over.and_then(ms);
        let vendors = (!vendors.is_nobody()).then(|| Box::new(vendors));
        self.news_of_agent(call, News::Spoken { by, text, after_ms, waits, talk_over_ms, vendors }).await;
    }

    /// Keeps news of the call's agent; whether that is on disk.
    pub(crate) async fn news_of_agent(&self, call: CallId, news: News) -> bool {
        let word = news.word();
        let kept = self.inner.ear.hear(Heard::News { call, source: Source::Agent, news }).await;
        if let Err(error) = &kept {
            tracing::warn!(%call, news = word, error = error.0, "what an agent did can't be kept");
        }
        kept.is_ok()
    }

    /// How an agent's model is asked, as it is configured now.
    pub(crate) fn asked_of(&self, agent: &str) -> Option<Asked> {
        self.rules().settings.agents.get(agent).and_then(Asked::of)
    }

    /// Has talks by sound come to the end of a sentence, so that whoever is started next takes them over
    /// without cutting anybody off. It takes five seconds at most.
    pub async fn finish_talks(&self) {
        self.inner.finishing.send_replace(true);
        let _ = timeout(FINISHED_WITHIN, self.inner.finishing.closed()).await;
    }

    /// Tells a talk by sound when it is to be handed over; it is over when this is dropped.
    pub(crate) fn finishing(&self) -> watch::Receiver<bool> {
        self.inner.finishing.subscribe()
    }

    /// Where talks by sound are found by those who listen in.
    pub(crate) fn taps(&self) -> &Taps {
        &self.inner.taps
    }

    /// Tells of each call who picked up, as its carrier finds it out; whoever is told too much at once asks
    /// [`answered_by`](Calls::answered_by).
    pub(crate) fn picked_up(&self) -> broadcast::Receiver<(CallId, AnsweredBy)> {
        self.inner.picked_up.subscribe()
    }

    /// Who picked up this call, as far as its carrier found it out.
    pub(crate) async fn answered_by(&self, call: CallId) -> Option<AnsweredBy> {
        self.get(call).await.ok()??.call.answered_by
    }

    /// The tools of models that are at work.
    pub(crate) fn at_work(&self) -> &AtWork {
        &self.inner.at_work
    }

    /// The way to the carrier of a call, if it is configured still.
    pub(crate) fn lane_of(&self, call: &Call) -> Option<Arc<Lane>> {
        self.inner.runner.wire.lane_of(call)
    }

    pub(crate) fn sender(&self) -> Sender {
        self.inner.runner.wire.sender.clone()
    }
}

/// How long a sentence may take to its end.
const FINISHED_WITHIN: Duration = Duration::from_secs(5);
const TOOLS_WITHIN: Duration = Duration::from_secs(2);
/// So much of a call's log is read for the transcript.
const EVENTS_MAX: usize = 10_000;
