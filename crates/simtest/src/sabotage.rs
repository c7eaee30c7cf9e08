//! Breakages on purpose, so that every checker is seen to bite. They sit between the world and
//! the product, never in the product.

use call::call::{
    CarrierEnding, CommandReply, EndingKind, HangUpReply, News, Performance, Script, Sighting, Source,
    Unknown, UnknownWhy,
};
use call::{CallId, CarrierCallId, CarrierName, Timestamp};
use carrier::{
    Candidate, Carrier, Document, HeardWebhook, Leg, Next, PlaceError, Placement, RawWebhook, Reply, Request,
    Seen, Sought, Verified, WebhookError,
};
use engine::Heard;
use std::time::Duration;

/// One promise broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// A start places every call again that it finds in `placing`.
    PlaceAgainOnResume,
    /// A placement whose reply got lost is taken to have done nothing, and tried again.
    RetryInDoubt,
    /// A look that finds no such call ends it.
    NotFoundIsOver,
    /// A look that is not answered in time ends the call.
    SilenceIsOver,
    /// A hang-up that failed is taken to have worked.
    ForgetFailedHangUp,
    /// A call past its deadline is not hung up.
    ForgetDeadlines,
    /// Calls that are over are counted as live.
    CountPhantoms,
    /// The limit of live calls is not kept.
    ForgetLiveMax,
    /// Calls are dialled without a pause between them.
    ForgetPace,
    /// A webhook is answered 200 though its turn failed.
    AnswerBeforeCommit,
    /// The last turn before a death is lost.
    LoseLastTurn,
    /// The `Idempotency-Key` is ignored.
    NoIdempotency,
    /// A start looks at nothing.
    SleepAtStart,
    /// What is due is never taken up.
    NeverLook,
    /// Outbound calls are dialled while they are paused.
    ForgetPause,
    /// A leg that turns up late is not hung up.
    ForgetStrays,
    /// A placement whose reply got lost is taken to have been refused.
    DoubtIsRefusal,
    /// Each look asks twenty times.
    AskTooOften,
    /// A talk is taken to have lasted an hour longer.
    MiscountTalk,
    /// What is written is not what the log says.
    WriteOtherwise,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Sabotage; 20] = [
        Sabotage::PlaceAgainOnResume,
        Sabotage::RetryInDoubt,
        Sabotage::NotFoundIsOver,
        Sabotage::SilenceIsOver,
        Sabotage::ForgetFailedHangUp,
        Sabotage::ForgetDeadlines,
        Sabotage::CountPhantoms,
        Sabotage::ForgetLiveMax,
        Sabotage::ForgetPace,
        Sabotage::AnswerBeforeCommit,
        Sabotage::LoseLastTurn,
        Sabotage::NoIdempotency,
        Sabotage::SleepAtStart,
        Sabotage::NeverLook,
        Sabotage::ForgetPause,
        Sabotage::ForgetStrays,
        Sabotage::DoubtIsRefusal,
        Sabotage::AskTooOften,
        Sabotage::MiscountTalk,
        Sabotage::WriteOtherwise,
    ];

    /// Turns what an errand came back with into what a broken gateway would have made of it.
    pub(crate) fn twist(self, heard: Heard) -> Heard {
        let (call, source, news) = match heard {
            Heard::News { call, source, news } => (call, source, news),
            Heard::Seen { call, leg, seen } => {
                let sighting = self.twist_sighting(seen.sighting);
                return Heard::Seen { call, leg, seen: Seen { sighting, ..seen } };
            }
            other => return other,
        };
        let news = match (self, news) {
            (Sabotage::RetryInDoubt, News::PlaceInDoubt { why }) => {
                News::PlaceDeferred { why, retry_after: None }
            }
            (Sabotage::DoubtIsRefusal, News::PlaceInDoubt { why }) => {
                News::PlaceRefused { code: "made-up".to_owned(), reason: why }
            }
            (Sabotage::ForgetFailedHangUp, News::HangUpReplied { leg, reply: HangUpReply::Failed(_) }) => {
                News::Over { leg, ending: made_up() }
            }
            (_, news) => news,
        };
        let source = if matches!(news, News::Over { .. }) { Source::Reply } else { source };
        Heard::News { call, source, news }
    }

    fn twist_sighting(self, sighting: Sighting) -> Sighting {
        match (self, sighting) {
            (Sabotage::MiscountTalk, Sighting::Live { progress, lasted }) => {
                let lasted = lasted.map(|lasted| lasted + Duration::from_secs(3600));
                Sighting::Live { progress, lasted }
            }
            (Sabotage::SilenceIsOver, Sighting::Unknown(unknown)) if unknown.why == UnknownWhy::TimedOut => {
                Sighting::Over(made_up())
            }
            (_, sighting) => sighting,
        }
    }
}

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

    fn list_live(&self, replies: &[Reply]) -> Next<Result<Vec<Candidate>, Unknown>> {
        self.0.list_live(replies)
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

fn made_up() -> CarrierEnding {
    CarrierEnding {
        kind: EndingKind::Completed,
        code: "made-up".to_owned(),
        by: None,
        ended_at: None,
        duration: None,
    }
}
