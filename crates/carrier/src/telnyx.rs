//! Telnyx: Call Control v2, with JSON both ways and webhooks signed with Ed25519.
//!
//! What Telnyx promises and what it doesn't is in `docs/carriers/telnyx.md`. Field names are those
//! of its OpenAPI document (2026-07-16). Telnyx takes no instructions from the reply to a webhook:
//! whatever is done on the line, from the answer to the end, takes a command.

mod command;
mod config;
mod control;
mod listing;
mod mark;
mod media;
mod record;
mod recording;
mod retries;
mod settings;
mod signature;
mod status;
mod webhook;

pub use config::{NoPublicKey, PublicKey, TelnyxConfig};
pub use media::StreamCodec;
pub use status::{ending, progress};

use self::record::Record;
use crate::media::{MediaError, Opening};
use crate::recording::{Begun, Found};
use crate::roles::{Candidate, Carrier, Leg, Listed, Next, PlaceError, Placement, Seen, Sought};
use crate::webhook::{Document, HeardWebhook, RawWebhook, Verified, WebhookError};
use crate::wire::{Reply, Request, SendError};
use crate::wiring::Wiring;
use call::call::{CommandReply, HangUpReply, Performance, Script, Unknown};
use call::{CallId, CarrierCallId, CarrierName, PhoneNumber, Timestamp};
use std::time::Duration;

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

    /// The name by which the events of the leg are listed, also when the call itself is forgotten.
    fn placed_also(&self, reply: &Reply) -> Option<CarrierCallId> {
        Record::read(reply)?.leg_id()
    }

    fn look_up(&self, leg: &Leg, replies: &[Reply]) -> Next<Seen> {
        control::look_up(self, leg, replies)
    }

    /// Of the calls that live, the one that carries the mark, or, of those that carry nothing, one
    /// whose two ends are told and the same.
    fn find(&self, sought: &Sought, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        listing::find(self, sought, replies)
    }

    fn survey(&self, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>> {
        listing::survey(self, replies)
    }

    /// The listing tells it.
    fn page_of_live(&self, page: &Reply) -> Vec<Candidate> {
        listing::page_of_live(self, page)
    }

    fn prove(&self, listed: &Listed, _replies: &[Reply]) -> Next<Result<Listed, Unknown>> {
        Next::Done(Ok(listed.clone()))
    }

    fn hang_up(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        control::hang_up(self, &leg.id, replies)
    }

    fn conclude(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        command::conclude(self, leg, performance, replies)
    }

    fn by_command(&self) -> bool {
        true
    }

    fn answer(&self, leg: &Leg, replies: &[Reply]) -> Next<CommandReply> {
        command::answer(self, leg, replies)
    }

    fn decline(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        command::decline(self, leg, replies)
    }

    fn perform(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        command::perform(self, leg, performance, replies)
    }

    fn unanswered(&self, performance: &Performance, replies: &[Reply], error: &SendError) -> CommandReply {
        command::unanswered(performance, replies, error)
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

    fn verify<'a>(&self, raw: &'a RawWebhook, now: Timestamp) -> Result<Verified<'a>, WebhookError> {
        signature::verify(&self.config.public_key, raw, now)
    }

    fn decode(&self, webhook: &Verified<'_>) -> Result<HeardWebhook, WebhookError> {
        webhook::decode(&self.config, webhook.raw())
    }

    /// Telnyx heeds nothing but the status of the reply to a webhook.
    fn read_opening(&self, text: &str) -> Result<Opening, MediaError> {
        media::opening(self.config.stream_codec, text)
    }

    fn document(&self, _call: Option<CallId>, _script: &Script) -> Document {
        Document { content_type: "text/plain", body: String::new() }
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
