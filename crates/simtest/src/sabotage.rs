//! Breakages on purpose, so that every checker is seen to bite. They sit between the world and
//! the product, never in the product.

mod connector;
pub(crate) use connector::Broken;

use call::call::{CarrierEnding, EndingKind, HangUpReply, News, Sighting, Source, UnknownWhy};
use carrier::Seen;
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
    /// A command whose fate is unknown is sent again.
    RepeatCommand,
    /// An answer goes to the question that was asked last.
    AnswerToLast,
    /// Keys of webhooks are dropped.
    DropDigits,
    /// Nobody's night is kept.
    ForgetQuietHours,
    /// The do-not-call list is not read.
    ForgetList,
    /// Whoever is called asks for no more calls in vain.
    ForgetOptOut,
    /// Whoever rejected a call is called again at once.
    ForgetRejections,
    /// Nobody counts how often a number was called.
    ForgetAttempts,
    /// Calls to a number count for ever.
    CountForEver,
    /// A day's minutes and money have no limit.
    ForgetDay,
    /// Every country is called.
    ForgetCountries,
    /// The limit of calls at a carrier is not kept.
    ForgetCarrierLiveMax,
    /// What the gate decides is not written down.
    ForgetAudit,
    /// What is over is taken out at once.
    PruneTooEarly,
    /// Keys go with the calls that they made.
    PruneKeys,
    /// Every call on the account is taken for ours.
    TakeOthers,
    /// Nobody looks what lives at the carrier and isn't known.
    NeverSweep,
    /// Orphans are hung up, whatever the policy is.
    HangUpOrphans,
}

impl Sabotage {
    /// All of them.
    pub const ALL: [Sabotage; 38] = [
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
        Sabotage::RepeatCommand,
        Sabotage::AnswerToLast,
        Sabotage::DropDigits,
        Sabotage::ForgetQuietHours,
        Sabotage::ForgetList,
        Sabotage::ForgetOptOut,
        Sabotage::ForgetRejections,
        Sabotage::ForgetAttempts,
        Sabotage::CountForEver,
        Sabotage::ForgetDay,
        Sabotage::ForgetCountries,
        Sabotage::ForgetCarrierLiveMax,
        Sabotage::ForgetAudit,
        Sabotage::PruneTooEarly,
        Sabotage::PruneKeys,
        Sabotage::TakeOthers,
        Sabotage::NeverSweep,
        Sabotage::HangUpOrphans,
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

fn made_up() -> CarrierEnding {
    CarrierEnding {
        kind: EndingKind::Completed,
        code: "made-up".to_owned(),
        by: None,
        ended_at: None,
        duration: None,
    }
}
