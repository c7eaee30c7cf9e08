//! The configuration was read anew.

use super::forward::Forward;
use super::{Driver, Turn};
use crate::heard::{Answer, Heard, Refusal};
use call::CarrierName;
use std::sync::Arc;
use store::StoreError;

impl Driver {
    /// Has the settings that were heard, and not refused, hold from the next turn on.
    pub(super) fn take_settings(&mut self, heard: &[Heard], answers: &[Result<Answer, StoreError>]) {
        for (heard, answer) in heard.iter().zip(answers) {
            if let (Heard::Reload { settings, .. }, Ok(Answer::Done)) = (heard, answer) {
                self.settings = Arc::clone(settings);
            }
        }
    }
}

impl Turn<'_> {
    /// Refuses to leave calls alone at a carrier that nobody could ask any more. What carriers could
    /// not be asked before they may be asked now, so every call is due.
    pub(super) fn reload(&mut self, gone: &[CarrierName], look: bool) -> Result<Answer, StoreError> {
        let mut in_use = Vec::new();
        if !gone.is_empty() {
            let queued = self.page.queued(usize::MAX)?;
            for carrier in gone {
                let waiting = queued.iter().filter(|kept| &kept.call.facts.carrier == carrier).count();
                let n_calls = self.page.live_at(carrier)? + waiting as u64;
                if n_calls > 0 {
                    in_use.push((carrier.clone(), n_calls));
                }
            }
        }
        if !in_use.is_empty() {
            return Ok(Answer::Refused(Refusal::CarriersInUse(in_use)));
        }
        if look {
            self.brought.forward = Some(Forward::from(self.now));
        }
        Ok(Answer::Done)
    }
}
