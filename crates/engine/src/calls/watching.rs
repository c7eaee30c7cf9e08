//! What those hear who watch, and what carriers tell, with the time that it takes.

use super::{Calls, EngineError};
use crate::driver::PAUSED;
use crate::figures::{Figures, figures};
use crate::health::{Alarm, Report};
use crate::heard::{Answer, Heard, ScriptReply};
use crate::latency::{Latencies, latencies};
use crate::metrics::{Snapshot, WebhookFailure};
use crate::orphan::{Orphan, Stranger};
use crate::recovery::{RecoveryReport, decisions, report};
use crate::traced::concerns;
use call::{CallId, CarrierName};
use carrier::{Document, RawWebhook};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use store::Stretches;

impl Calls {
    /// Hears a webhook. When this returns, what it says is on disk, and the document is the reply.
    ///
    /// # Errors
    /// [`EngineError::Webhook`] for one that is not believed; [`EngineError::Store`] when it could
    /// not be kept: the carrier must not be told that it was.
    pub async fn hear_webhook(
        &self,
        carrier: &str,
        raw: &RawWebhook,
    ) -> Result<Option<Document>, EngineError> {
        let since = Instant::now();
        let heard = self.heard(carrier, raw).await;
        let failed = heard.as_ref().err().map(|error| match error {
            EngineError::Webhook(refused) => WebhookFailure::Refused(refused),
            _ => WebhookFailure::NotKept,
        });
        self.inner.metrics.note_webhook(carrier, since.elapsed(), failed.as_ref());
        heard
    }

    async fn heard(&self, carrier: &str, raw: &RawWebhook) -> Result<Option<Document>, EngineError> {
        let name = CarrierName(carrier.to_owned());
        let lane = self.inner.runner.wire.lanes.get(&name);
        let lane = lane.ok_or_else(|| EngineError::NoCarrier(name.0.clone()))?;
        let carrier = lane.carrier();
        let verified = carrier.verify(raw, self.now())?;
        let heard = carrier.decode(&verified)?;
        let offer = heard.inbound.as_ref().map(|inbound| Box::new(self.offer(inbound, carrier.as_ref())));
        let heard = Arc::new(heard);
        let webhook = Heard::Webhook { carrier: name, heard: Arc::clone(&heard), offer };
        let mut answer = self.inner.ear.hear(webhook.clone()).await?;
        if let Answer::Script(ScriptReply { call: Some(call), .. }) = &answer {
            concerns(*call);
        }
        if let Answer::Script(ScriptReply { call: None, .. }) = &answer
            && let settings = &self.rules().settings
            && let Some(orphan) = Orphan::told(&heard, carrier.as_ref(), settings, self.now())
        {
            let taken = self.inner.ear.hear(Heard::Orphan(Box::new(orphan))).await?;
            if let Answer::Call(call) = &taken {
                self.inner.health.note_orphan(call.facts.id);
            }
            if taken != Answer::NotOurs {
                answer = self.inner.ear.hear(webhook).await?;
            }
        }
        let Answer::Script(ScriptReply { call, mut script }) = answer else { return Ok(None) };
        if let (Some(door), Some(script)) = (&self.inner.runner.wire.door, &mut script) {
            door.lead_script(call, script);
        }
        Ok(script.map(|script| carrier.document(call, &script)))
    }

    /// How the gateway is.
    pub fn health(&self) -> Report {
        let mut report = self.inner.health.report();
        report.notes.extend(self.servers().missing());
        report
    }

    /// A part of the store was found that can't be read: from here on no new call is placed.
    pub fn note_damage(&self, damage: String) {
        self.inner.health.set_damage(damage);
    }

    /// What the last start found, and what was decided since.
    ///
    /// # Errors
    /// The store failed.
    pub async fn recovery(&self) -> Result<RecoveryReport, EngineError> {
        self.read(report).await
    }

    /// Live calls at each carrier that aren't in the store and are left alone, as the last sweep
    /// found them.
    pub fn strangers(&self) -> BTreeMap<CarrierName, Vec<Stranger>> {
        self.inner.health.strangers()
    }

    /// Live calls that were not in the store and were taken in, since the start.
    pub fn orphans(&self) -> Vec<CallId> {
        self.inner.health.orphans()
    }

    /// How many calls the last start found unfinished, and of how many of them nothing was heard
    /// yet. Cheaper than the whole [`recovery`](Calls::recovery).
    ///
    /// # Errors
    /// The store failed.
    pub async fn unheard(&self) -> Result<(u64, u64), EngineError> {
        self.read(|history| history.unheard()).await
    }

    /// What somebody should know of now.
    pub fn alarms(&self) -> Vec<Alarm> {
        self.inner.health.alarms()
    }

    /// How long replies were waited for on the last so many calls.
    ///
    /// # Errors
    /// The store failed.
    pub async fn latencies(&self, n_calls: usize) -> Result<Latencies, EngineError> {
        self.read(move |history| latencies(history, n_calls)).await
    }

    /// Figures of the calls that began in each of these stretches of time, and of how many calls of each
    /// the replies are.
    ///
    /// # Errors
    /// The store failed.
    pub async fn figures(&self, stretches: Stretches) -> Result<(usize, Vec<Figures>), EngineError> {
        let (now, prices) = (self.now(), self.rules().settings.gate.prices.clone());
        self.read(move |history| figures(history, &stretches, &prices, now)).await
    }

    /// Everything that can be measured, in the text form that Prometheus reads.
    ///
    /// # Errors
    /// The store failed.
    pub async fn metrics(&self) -> Result<String, EngineError> {
        let now = self.now();
        let (pulse, paused) =
            self.read(move |history| Ok((history.pulse(now)?, history.setting(PAUSED)?.is_some()))).await?;
        let errands = self.inner.runner.under_way.load(Ordering::Relaxed);
        let snapshot = Snapshot { pulse, now, paused, live_max: self.rules().settings.live_max, errands };
        Ok(self.inner.metrics.text(&snapshot, &self.inner.health))
    }

    /// Counts for the metrics what the last start decided, and says whether all of it is settled. It
    /// reads the log of each call that the start found.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_recovery(&self) -> Result<bool, EngineError> {
        let decisions = self.read(decisions).await?;
        self.inner.metrics.note_recovery(&decisions);
        Ok(!decisions.keys().any(|decision| decision.is_open()))
    }
}
