//! Webhooks that are ready to leave.

use crate::wire::{Webhook, WebhookId};

/// Ready webhooks in the order in which they came due.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    ready: Vec<Webhook>,
    named: u64,
}

impl Outbox {
    /// A name that no webhook has had.
    pub(crate) fn name(&mut self) -> WebhookId {
        self.named += 1;
        WebhookId(self.named)
    }

    pub(crate) fn put(&mut self, webhook: Webhook) {
        self.ready.push(webhook);
    }

    pub(crate) fn take(&mut self) -> Vec<Webhook> {
        std::mem::take(&mut self.ready)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.ready.clear();
    }
}
