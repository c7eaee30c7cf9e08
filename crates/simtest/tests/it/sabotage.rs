//! What is broken on purpose is noticed, and by the checker that is there for it.

use simtest::{Promise, Sabotage, Telling, run};

/// The checker that is there for it. Another one may cry first on some seed.
fn watchman(sabotage: Sabotage) -> Promise {
    match sabotage {
        Sabotage::PlaceAgainOnResume | Sabotage::RetryInDoubt => Promise::NoSecondRing,
        Sabotage::NoIdempotency => Promise::Idempotency,
        Sabotage::NotFoundIsOver
        | Sabotage::SilenceIsOver
        | Sabotage::ForgetFailedHangUp
        | Sabotage::DoubtIsRefusal => Promise::NoGuess,
        Sabotage::ForgetDeadlines => Promise::BoundedLife,
        Sabotage::CountPhantoms => Promise::FreeSlots,
        Sabotage::ForgetLiveMax => Promise::LiveMax,
        Sabotage::ForgetPace => Promise::Pace,
        Sabotage::AnswerBeforeCommit | Sabotage::LoseLastTurn => Promise::NoLostNews,
        Sabotage::SleepAtStart => Promise::Recovery,
        Sabotage::NeverLook => Promise::NoPhantom,
        Sabotage::ForgetPause => Promise::Paused,
        Sabotage::ForgetStrays => Promise::NoOrphan,
        Sabotage::AskTooOften => Promise::Budget,
        Sabotage::MiscountTalk => Promise::NoEarlyEnd,
        Sabotage::WriteOtherwise => Promise::Rebuilt,
        Sabotage::RepeatCommand => Promise::NoSecondSaying,
        Sabotage::AnswerToLast => Promise::RightAnswer,
        Sabotage::DropDigits => Promise::KeptDigits,
        Sabotage::ForgetQuietHours => Promise::QuietHours,
        Sabotage::ForgetList | Sabotage::ForgetOptOut => Promise::DoNotCall,
        Sabotage::ForgetRejections => Promise::RejectedPause,
        Sabotage::ForgetAttempts => Promise::Attempts,
        Sabotage::CountForEver => Promise::FairGate,
        Sabotage::ForgetDay => Promise::DayBudget,
        Sabotage::ForgetCountries => Promise::Destinations,
        Sabotage::ForgetCarrierLiveMax => Promise::LiveMax,
        Sabotage::ForgetAudit => Promise::Audit,
        Sabotage::PruneTooEarly => Promise::KeptHistory,
        Sabotage::PruneKeys => Promise::Idempotency,
        Sabotage::TakeOthers => Promise::LeaveOthers,
        Sabotage::NeverSweep | Sabotage::HangUpOrphans => Promise::FindOrphans,
    }
}

#[test]
fn every_sabotage_is_caught() {
    for sabotage in Sabotage::ALL {
        let watchman = watchman(sabotage);
        let caught = (0..SEEDS_MAX).find(|seed| {
            let breach = run(*seed, Some(sabotage), Telling::Silent).breach;
            breach.is_some_and(|breach| breach.promise == watchman)
        });
        let seed = caught.unwrap_or_else(|| panic!("{sabotage:?} went unnoticed in {SEEDS_MAX} seeds"));
        println!("{sabotage:?}: {watchman:?}, seed {seed}");
    }
}

/// Within so many seeds each is caught.
const SEEDS_MAX: u64 = 400;
