//! Plivo: calls by REST with JSON, webhooks with `X-Plivo-Signature-V3`, and Plivo XML.
//!
//! What Plivo promises and what it doesn't is in `docs/carriers/plivo.md`. A call is named twice:
//! the request that makes it by a `request_uuid`, and the call by a `call_uuid` as soon as there is
//! one. A live call, a queued one and the record of a completed one are three resources.

mod command;
mod config;
mod control;
mod exchange;
mod listing;
mod media;
mod path;
mod record;
mod recording;
mod settings;
mod signature;
mod status;
mod webhook;
mod xml;

pub use config::PlivoConfig;
pub use status::{ending, progress};

use crate::media::{MediaError, Opening};
use crate::recording::{Begun, Found};
use crate::roles::{Candidate, Carrier, Leg, Listed, Next, Pace, PlaceError, Placement, Seen, Sought};
use crate::webhook::{Document, HeardWebhook, RawWebhook, Verified, WebhookError};
use crate::wire::{Reply, Request};
use crate::wiring::Wiring;
use call::call::{CommandReply, HangUpReply, Performance, Script, Unknown};
use call::{CallId, CarrierCallId, CarrierName, PhoneNumber, Timestamp};
use std::time::Duration;

/// One Plivo account or subaccount.
pub struct Plivo {
    config: PlivoConfig,
    /// The address of the account, with a slash at its end.
    account_url: String,
    /// The value of the `authorization` header.
    authorization: String,
}

impl Plivo {
    /// Takes an account as configured. Nothing is sent.
    pub fn new(config: PlivoConfig) -> Plivo {
        Plivo { account_url: config.account_url(), authorization: config.authorization(), config }
    }
}

impl Carrier for Plivo {
    fn name(&self) -> &CarrierName {
        &self.config.name
    }

    fn account(&self) -> Option<&str> {
        Some(&self.config.auth_id)
    }

    /// 300 requests in 5 s, those that make calls aside
    /// (<https://docs.plivo.com/docs/voice/concepts/account-limits>, 2026-11-22).
    fn pace(&self) -> Option<Pace> {
        Some(Pace { requests: 300, within: Duration::from_secs(5) })
    }

    fn place(&self, placement: &Placement) -> Request {
        control::place(self, placement)
    }

    fn read_placed(&self, reply: &Reply) -> Result<CarrierCallId, PlaceError> {
        control::read_placed(reply)
    }

    fn look_up(&self, leg: &Leg, replies: &[Reply]) -> Next<Seen> {
        control::look_up(self, leg, replies)
    }

    fn find(&self, sought: &Sought, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        listing::find(self, sought, replies)
    }

    fn survey(&self, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>> {
        listing::survey(self, replies)
    }

    fn prove(&self, listed: &Listed, replies: &[Reply]) -> Next<Result<Listed, Unknown>> {
        listing::prove(self, listed, replies)
    }

    fn hang_up(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        control::hang_up(self, leg, replies)
    }

    fn perform(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        command::perform(self, leg, performance, replies)
    }

    fn conclude(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        command::conclude(self, leg, performance, replies)
    }

    fn record(&self, leg: &Leg, lasts_max: Duration, replies: &[Reply]) -> Next<Begun> {
        recording::record(self, leg, lasts_max, replies)
    }

    fn stop_recording(&self, leg: &Leg, _name: Option<&str>, replies: &[Reply]) -> Next<CommandReply> {
        recording::stop(self, leg, replies)
    }

    fn find_recording(
        &self,
        leg: &Leg,
        name: Option<&str>,
        replies: &[Reply],
    ) -> Next<Result<Found, Unknown>> {
        recording::find(self, leg, name, replies)
    }

    fn drop_recording(&self, leg: &Leg, name: Option<&str>, replies: &[Reply]) -> Next<Result<(), Unknown>> {
        recording::drop(self, leg, name, replies)
    }

    /// Plivo doesn't say when it signed.
    fn verify<'a>(&self, raw: &'a RawWebhook, _now: Timestamp) -> Result<Verified<'a>, WebhookError> {
        signature::verify(&self.config, raw)
    }

    fn decode(&self, webhook: &Verified<'_>) -> Result<HeardWebhook, WebhookError> {
        webhook::decode(self.config.installation.as_ref(), webhook.raw())
    }

    fn read_opening(&self, text: &str) -> Result<Opening, MediaError> {
        media::opening(text)
    }

    fn document(&self, call: Option<CallId>, script: &Script) -> Document {
        let addresses = call.map(|call| self.config.addresses(call));
        Document { content_type: "text/xml", body: xml::write(script, addresses.as_ref()) }
    }

    fn webhook_settings(
        &self,
        number: Option<&PhoneNumber>,
        replies: &[Reply],
    ) -> Next<Result<Wiring, Unknown>> {
        settings::webhook_settings(self, number, replies)
    }
}

#[cfg(test)]
mod tests;
