//! A connector that is broken on purpose.

use super::made_up;
use call::call::{CommandReply, HangUpReply, Performance, Script, Sighting, Unknown, UnknownWhy};
use call::{CallId, CarrierCallId, CarrierName, Timestamp};
use carrier::{
    Candidate, Carrier, Document, HeardWebhook, Leg, Listed, Next, PlaceError, Placement, RawWebhook, Reply,
    Request, Seen, Sought, Verified, WebhookError,
};

/// A connector whose look-ups take 404 for an end.
pub(crate) struct NotFoundIsOver(pub(crate) Box<dyn Carrier>);

impl Carrier for NotFoundIsOver {
    fn name(&self) -> &CarrierName {
        self.0.name()
    }

    fn account(&self) -> Option<&str> {
        self.0.account()
    }

    fn place(&self, placement: &Placement) -> Request {
        self.0.place(placement)
    }

    fn read_placed(&self, reply: &Reply) -> Result<CarrierCallId, PlaceError> {
        self.0.read_placed(reply)
    }

    fn look_up(&self, leg: &Leg, replies: &[Reply]) -> Next<Seen> {
        self.0.look_up(leg, replies).map(|seen| match seen.sighting {
            Sighting::Unknown(Unknown { why: UnknownWhy::NotFound, .. }) => Sighting::Over(made_up()).into(),
            _ => seen,
        })
    }

    fn find(&self, sought: &Sought, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        self.0.find(sought, replies)
    }

    fn survey(&self, replies: &[Reply]) -> Next<Result<Vec<Listed>, Unknown>> {
        self.0.survey(replies)
    }

    fn prove(&self, listed: &Listed, replies: &[Reply]) -> Next<Result<Listed, Unknown>> {
        self.0.prove(listed, replies)
    }

    fn hang_up(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        self.0.hang_up(leg, replies)
    }

    fn by_command(&self) -> bool {
        self.0.by_command()
    }

    fn answer(&self, leg: &Leg, replies: &[Reply]) -> Next<CommandReply> {
        self.0.answer(leg, replies)
    }

    fn decline(&self, leg: &Leg, replies: &[Reply]) -> Next<HangUpReply> {
        self.0.decline(leg, replies)
    }

    fn perform(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        self.0.perform(leg, performance, replies)
    }

    fn conclude(&self, leg: &Leg, performance: &Performance, replies: &[Reply]) -> Next<CommandReply> {
        self.0.conclude(leg, performance, replies)
    }

    fn verify<'a>(&self, raw: &'a RawWebhook, now: Timestamp) -> Result<Verified<'a>, WebhookError> {
        self.0.verify(raw, now)
    }

    fn decode(&self, webhook: &Verified<'_>) -> Result<HeardWebhook, WebhookError> {
        self.0.decode(webhook)
    }

    fn document(&self, call: Option<CallId>, script: &Script) -> Document {
        self.0.document(call, script)
    }
}
