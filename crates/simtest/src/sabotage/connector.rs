//! A connector that is broken on purpose.

use super::{Sabotage, made_up};
use call::call::{CommandReply, HangUpReply, Performance, Script, Sighting, Unknown, UnknownWhy};
use call::{CallId, CarrierCallId, CarrierName, Timestamp};
use carrier::recording::{Begun, Found};
use carrier::{
    Candidate, Carrier, Document, HeardWebhook, Leg, Listed, Mark, MediaError, Next, Opening, PlaceError,
    Placement, RawWebhook, Reply, Request, Seen, Sought, Verified, WebhookError,
};
use std::time::Duration;

/// A connector whose look-ups take 404 for an end, or that takes every call on the account for ours.
pub(crate) struct Broken {
    pub(crate) inner: Box<dyn Carrier>,
    pub(crate) sabotage: Sabotage,
}

impl Carrier for Broken {
    fn name(&self) -> &CarrierName {
        self.inner.name()
    }

    fn account(&self) -> Option<&str> {
        self.inner.account()
    }

    fn place(&self, placement: &Placement) -> Request {
        self.inner.place(placement)
    }

    fn read_placed(&self, reply: &Reply) -> Result<CarrierCallId, PlaceError> {
        self.inner.read_placed(reply)
    }

    fn look_up(&self, leg: &Leg, replies: &[Reply]) -> Next<Seen> {
        self.inner.look_up(leg, replies).map(|seen| match seen.sighting {
            Sighting::Unknown(Unknown { why: UnknownWhy::NotFound, .. })
                if self.sabotage == Sabotage::NotFoundIsOver =>
            {
                Sighting::Over(made_up()).into()
            }
            _ => seen,
        })
    }

    fn find(&self, sought: &Sought, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        self.inner.find(sought, replies)
    }

    fn survey(&self, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>> {
        self.inner.survey(replies)
    }

    fn prove(&self, listed: &Listed, replies: &[Reply]) -> Next<Result<Listed, Unknown>> {
        self.inner.prove(listed, replies).map(|proved| match proved {
            Ok(listed) if self.sabotage == Sabotage::TakeOthers && listed.mark.call().is_none() => {
                let bits = listed
                    .leg
                    .as_str()
                    .bytes()
                    .fold(1, |bits: u128, byte| bits.rotate_left(7) ^ u128::from(byte));
                Ok(Listed { mark: Mark::Ours(CallId::from_bits(bits)), ..listed })
            }
            proved => proved,
        })
    }

    fn hang_up(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        self.inner.hang_up(leg, replies)
    }

    fn by_command(&self) -> bool {
        self.inner.by_command()
    }

    fn answer(&self, leg: &Leg, replies: &[Reply]) -> Next<CommandReply> {
        self.inner.answer(leg, replies)
    }

    fn decline(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        self.inner.decline(leg, replies)
    }

    fn perform(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        self.inner.perform(leg, performance, replies)
    }

    fn conclude(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        self.inner.conclude(leg, performance, replies)
    }

    fn record(&self, leg: &Leg, lasts_max: Duration, replies: &[Reply]) -> Next<Begun> {
        self.inner.record(leg, lasts_max, replies)
    }

    fn stop_recording(&self, leg: &Leg, name: Option<&str>, replies: &[Reply]) -> Next<CommandReply> {
        self.inner.stop_recording(leg, name, replies)
    }

    fn find_recording(
        &self,
        leg: &Leg,
        name: Option<&str>,
        replies: &[Reply],
    ) -> Next<Result<Found, Unknown>> {
        self.inner.find_recording(leg, name, replies)
    }

    fn drop_recording(&self, leg: &Leg, name: Option<&str>, replies: &[Reply]) -> Next<Result<(), Unknown>> {
        self.inner.drop_recording(leg, name, replies)
    }

    fn verify<'a>(&self, raw: &'a RawWebhook, now: Timestamp) -> Result<Verified<'a>, WebhookError> {
        self.inner.verify(raw, now)
    }

    fn decode(&self, webhook: &Verified<'_>) -> Result<HeardWebhook, WebhookError> {
        self.inner.decode(webhook)
    }

    fn read_opening(&self, text: &str) -> Result<Opening, MediaError> {
        self.inner.read_opening(text)
    }

    fn document(&self, call: Option<CallId>, script: &Script) -> Document {
        self.inner.document(call, script)
    }
}
