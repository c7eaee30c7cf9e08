//! Twilio: calls by REST with form bodies and JSON answers, webhooks with `X-Twilio-Signature`,
//! and TwiML.
//!
//! What Twilio promises and what it doesn't is in `docs/carriers/twilio.md`. Field names are those
//! of its OpenAPI document `twilio_api_v2010` (2026-04-14).

mod command;
mod config;
mod control;
mod events;
mod listing;
mod media;
mod record;
mod recording;
mod settings;
mod signature;
mod status;
mod twiml;
mod webhook;

pub use config::{ApiKey, TwilioConfig};
pub use signature::upgrade_signature;
pub use status::{ending, progress};

use crate::media::{MediaError, Opening};
use crate::recording::{Begun, Found};
use crate::roles::{Candidate, Carrier, Leg, Listed, Next, PlaceError, Placement, Seen, Sought};
use crate::webhook::{Document, HeardWebhook, RawWebhook, Verified, WebhookError};
use crate::wire::{Reply, Request};
use crate::wiring::Wiring;
use call::call::{CommandReply, HangUpReply, Performance, Script, Unknown};
use call::{CallId, CarrierCallId, CarrierName, PhoneNumber, Timestamp};
use std::time::Duration;

/// One Twilio account.
pub struct Twilio {
    config: TwilioConfig,
    /// The origin, maybe with a path before Twilio's own; no slash at its end.
    base: String,
    /// The value of the `authorization` header.
    authorization: String,
}

impl Twilio {
    /// Takes an account as configured. Nothing is sent.
    pub fn new(config: TwilioConfig) -> Twilio {
        Twilio { base: config.base(), authorization: config.authorization(), config }
    }
}

impl Carrier for Twilio {
    fn name(&self) -> &CarrierName {
        &self.config.name
    }

    fn account(&self) -> Option<&str> {
        Some(&self.config.account_sid)
    }

    fn place(&self, placement: &Placement) -> Request {
        control::place(self, placement)
    }

    fn read_placed(&self, reply: &Reply) -> Result<CarrierCallId, PlaceError> {
        control::read_placed(reply)
    }

    fn look_up(&self, leg: &Leg, replies: &[Reply]) -> Next<Seen> {
        control::look_up(self, &leg.id, replies).map(Seen::from)
    }

    fn find(&self, sought: &Sought, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        listing::find(self, sought, replies)
    }

    fn survey(&self, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>> {
        listing::survey(self, replies)
    }

    fn page_of_live(&self, page: &Reply) -> Vec<Candidate> {
        listing::page_of_live(page)
    }

    fn prove(&self, listed: &Listed, replies: &[Reply]) -> Next<Result<Listed, Unknown>> {
        events::prove(self, listed, replies)
    }

    fn hang_up(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        control::hang_up(self, &leg.id, replies)
    }

    fn perform(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        command::perform(self, leg, performance, replies)
    }

    fn conclude(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        command::conclude(self, leg, performance, replies)
    }

    fn record(&self, leg: &Leg, _lasts_max: Duration, replies: &[Reply]) -> Next<Begun> {
        recording::record(self, leg, replies)
    }

    fn stop_recording(&self, leg: &Leg, name: Option<&str>, replies: &[Reply]) -> Next<CommandReply> {
        recording::stop(self, leg, name, replies)
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

    /// Twilio doesn't say when it signed.
    fn verify_upgrade(&self, url: &str, header: &dyn Fn(&str) -> Option<String>) -> Result<(), WebhookError> {
        signature::verify_upgrade(&self.config, url, header)
    }

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
        Document { content_type: "text/xml", body: twiml::write(script, self.addresses(call).as_ref()) }
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
