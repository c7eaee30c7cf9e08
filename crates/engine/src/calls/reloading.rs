//! What the configuration in force says, and how another one takes its place while calls live.

use super::{Calls, EngineError, unexpected};
use crate::heard::{Answer, Heard};
use crate::settings::Settings;
use crate::shell::keeper::Keep;
use crate::shell::lane::Line;
use call::CarrierName;
use std::sync::{Arc, PoisonError};

/// What the configuration says, but for the carriers.
pub(super) struct Rules {
    pub(super) settings: Settings,
    pub(super) keep: Keep,
}

/// What a configuration that was read anew brings.
pub struct Reload {
    /// The carriers.
    pub lines: Vec<Line>,
    /// What it says about calls.
    pub settings: Settings,
    /// How much of the past is kept.
    pub keep: Keep,
    /// Whether anything about carriers is new: then every call is looked at.
    pub look: bool,
}

impl Calls {
    /// Takes another configuration while calls live. Not one of them changes by it: each keeps the
    /// limits that it was made with, and what is on its way to a carrier is not sent again.
    ///
    /// # Errors
    /// [`Refusal::CarriersInUse`](crate::Refusal::CarriersInUse), or the store failed: the
    /// configuration in force is the one before.
    pub async fn reload(&self, reload: Reload) -> Result<(), EngineError> {
        let Reload { lines, settings, keep, look } = reload;
        let lanes = &self.inner.runner.wire.lanes;
        let gone = lanes.gone(&lines);
        let heard = Heard::Reload { settings: Arc::new(settings.clone()), gone, look };
        match self.inner.ear.hear(heard).await? {
            Answer::Done => {}
            Answer::Refused(refusal) => return Err(refusal.into()),
            other => return Err(unexpected(&other)),
        }
        if look {
            self.inner.health.forget_credentials();
        }
        self.inner.metrics.begin_at_zero(lines.iter().map(|line| line.carrier.name().clone()).collect());
        lanes.replace(lines);
        self.inner.servers.are_those_of(&settings, &self.sender());
        *self.inner.rules.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(Rules { settings, keep });
        Ok(())
    }

    /// Says in the health that a configuration was refused, and why, or that none is.
    pub fn note_configuration(&self, refused: Option<String>) {
        self.inner.health.set_configuration(refused);
    }

    /// How many calls at most may be live at once, and at this carrier.
    pub fn live_max(&self, carrier: &CarrierName) -> (u64, Option<u64>) {
        let rules = self.rules();
        (rules.settings.live_max, rules.settings.carrier_live_max.get(carrier).copied())
    }

    pub(super) fn rules(&self) -> Arc<Rules> {
        // What a panic elsewhere left behind is still whole: it is only ever replaced.
        Arc::clone(&self.inner.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What it says about calls at this moment.
    pub(crate) fn settings(&self) -> Settings {
        self.rules().settings.clone()
    }

    /// How much of the past is kept.
    pub(crate) fn keep(&self) -> Keep {
        self.rules().keep
    }
}
