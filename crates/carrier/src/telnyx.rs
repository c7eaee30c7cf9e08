//! Telnyx: Call Control v2, with JSON both ways and webhooks signed with Ed25519.
//!
//! What Telnyx promises and what it doesn't is in `docs/carriers/telnyx.md`. Field names are those
//! of its OpenAPI document (2026-07-16). Telnyx takes no instructions from the reply to a webhook:
//! a call is placed, looked at, listed and ended here, and what is done on the line in between
//! takes commands that [`Carrier`] doesn't have.

mod config;
mod control;
mod listing;
mod record;
mod signature;
mod status;
mod webhook;

pub use config::{NoPublicKey, PublicKey, TelnyxConfig};
pub use status::{ending, progress};

use crate::roles::{Candidate, Carrier, Next, PlaceError, Placement, Sought};
use crate::webhook::{Document, HeardWebhook, RawWebhook, Verified, WebhookError};
use crate::wire::{Reply, Request};
use call::call::{HangUpReply, Script, Sighting, Unknown};
use call::{CallId, CarrierCallId, CarrierName, Timestamp};

/// One Call Control application of a Telnyx account.
pub struct Telnyx {
    config: TelnyxConfig,
    /// Where the API is, version and all; no slash at its end.
    base: String,
    /// The value of the `authorization` header.
    authorization: String,
}

impl Telnyx {
    /// Takes an application as configured. Nothing is sent.
    pub fn new(config: TelnyxConfig) -> Telnyx {
        Telnyx { base: config.base(), authorization: config.authorization(), config }
    }

    /// As [`Carrier::find`], for a placement whose mark is known: of the calls that live, the one
    /// that carries it, or, of those that carry nothing, one whose two ends are told and the same.
    pub fn find_marked(
        &self,
        mark: CallId,
        sought: &Sought,
        replies: &[Reply],
    ) -> Next<Result<Vec<Candidate>, Unknown>> {
        listing::find(self, Some(mark), sought, replies)
    }

    /// As [`Carrier::verify`], and refuses what was signed too long before or after `now`: without
    /// that, whoever once saw a webhook may send it again for ever.
    ///
    /// # Errors
    /// [`WebhookError::Unsigned`] or [`WebhookError::WrongSignature`].
    pub fn verify_at<'a>(&self, raw: &'a RawWebhook, now: Timestamp) -> Result<Verified<'a>, WebhookError> {
        signature::verify_at(&self.config.public_key, raw, now)
    }
}

impl Carrier for Telnyx {
    fn name(&self) -> &CarrierName {
        &self.config.name
    }

    fn account(&self) -> Option<&str> {
        Some(&self.config.connection_id)
    }

    fn place(&self, placement: &Placement) -> Request {
        control::place(self, placement)
    }

    fn read_placed(&self, reply: &Reply) -> Result<CarrierCallId, PlaceError> {
        control::read_placed(reply)
    }

    fn look_up(&self, leg: &CarrierCallId, replies: &[Reply]) -> Next<Sighting> {
        control::look_up(self, leg, replies)
    }

    /// Telnyx's listing tells a call's mark and not its numbers, and `sought` numbers and not a
    /// mark: with one marked call in it, the answer is unknown. [`Telnyx::find_marked`] knows.
    fn find(&self, sought: &Sought, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        listing::find(self, None, sought, replies)
    }

    fn list_live(&self, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        listing::list_live(self, replies)
    }

    fn hang_up(&self, leg: &CarrierCallId, replies: &[Reply]) -> Next<HangUpReply> {
        control::hang_up(self, leg, replies)
    }

    /// Checks the signature, and not how old it is, which takes a clock: [`Telnyx::verify_at`].
    fn verify<'a>(&self, raw: &'a RawWebhook) -> Result<Verified<'a>, WebhookError> {
        signature::verify(&self.config.public_key, raw)
    }

    fn decode(&self, webhook: &Verified<'_>) -> Result<HeardWebhook, WebhookError> {
        webhook::decode(&self.config.connection_id, webhook.raw())
    }

    /// Telnyx heeds nothing but the status of the reply.
    fn document(&self, _script: &Script) -> Document {
        Document { content_type: "text/plain", body: String::new() }
    }
}

#[cfg(test)]
mod tests;
