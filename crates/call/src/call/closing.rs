//! What an end is called: how, by whom, why, and who says so.

use super::ending::{CarrierEnding, ConfirmedBy, EndedBy, Ending, EndingKind};
use super::event::{Source, UnknownWhy};
use super::facts::Direction;
use super::state::{Call, CallState};

/// The carrier's ending in full: who did it and why, as far as we know better than the carrier.
pub(super) fn closing(call: &Call, word: &CarrierEnding, confirmed_by: ConfirmedBy) -> Ending {
    let wanted = match &call.state {
        CallState::HangingUp(hanging) => Some((hanging.by, hanging.cause.as_str())),
        CallState::Placing(placing) => placing.wish.as_ref().map(|(by, cause)| (*by, cause.as_str())),
        _ => None,
    };
    // The carrier has no word of its own for a caller whom we declined; but one who was heard, was.
    let declined = call.facts.direction == Direction::Inbound
        && call.answered_at().is_none()
        && word.kind != EndingKind::Completed;
    if let Some((by, cause)) = wanted
        && declined
        && by == EndedBy::Gateway
    {
        let ending = ending(EndingKind::Rejected, by, cause, confirmed_by);
        return Ending { carrier_code: Some(word.code.clone()), duration: word.duration, ..ending };
    }
    let ran_out = word.duration.is_some_and(|duration| duration >= call.facts.limits.duration_max);
    // Whoever was known to have answered did: a carrier that tells by the length of a call alone
    // whether anybody picked up can't tell it of one that ended within its first second.
    let kind = match word.kind {
        EndingKind::NoAnswer if call.answered_at().is_some() => EndingKind::Completed,
        kind => kind,
    };
    let ours = matches!(kind, EndingKind::Completed | EndingKind::Canceled);
    let (by, cause) = match wanted {
        Some(wanted) if ours => wanted,
        _ if ran_out => (EndedBy::Carrier, "duration_max"),
        _ => (word.by.unwrap_or(usual_ender(kind)), kind.word()),
    };
    // Nobody picked up in time: that the carrier was told to stop is how, not why.
    let unanswered = kind == EndingKind::Canceled && cause == "ring_max";
    Ending {
        kind: if unanswered { EndingKind::NoAnswer } else { kind },
        by,
        cause: cause.to_owned(),
        carrier_code: Some(word.code.clone()),
        confirmed_by,
        duration: word.duration,
    }
}

fn usual_ender(kind: EndingKind) -> EndedBy {
    match kind {
        EndingKind::Completed | EndingKind::Busy | EndingKind::NoAnswer | EndingKind::Rejected => {
            EndedBy::Remote
        }
        EndingKind::Canceled | EndingKind::Failed | EndingKind::Indeterminate => EndedBy::Carrier,
    }
}

pub(super) fn confirmed_by(source: Source) -> ConfirmedBy {
    match source {
        Source::Webhook => ConfirmedBy::Webhook,
        Source::LookUp => ConfirmedBy::LookUp,
        Source::Listing => ConfirmedBy::Listing,
        Source::Reply => ConfirmedBy::Reply,
        Source::Import => ConfirmedBy::Import,
        Source::Api | Source::Agent | Source::Gateway => ConfirmedBy::Gateway,
    }
}

/// The one end without proof.
pub(super) fn nowhere_to_be_found(why: UnknownWhy) -> Ending {
    let cause = match why {
        UnknownWhy::NotConfigured => "carrier_not_configured",
        _ => "not_found_at_carrier",
    };
    ending(EndingKind::Indeterminate, EndedBy::Gateway, cause, ConfirmedBy::Nobody)
}

/// The ending of a placement that may have become any of several calls, which are all over.
pub(super) fn one_of_several() -> Ending {
    ending(EndingKind::Indeterminate, EndedBy::Gateway, "one_of_several", ConfirmedBy::Nobody)
}

/// Whether a look says that there is nothing to be found. That nobody can be asked, since the
/// carrier is not configured, says so only of a call that its user gave up.
pub(super) fn is_nowhere(why: UnknownWhy, given_up_by: EndedBy) -> bool {
    match why {
        UnknownWhy::NotFound => true,
        UnknownWhy::NotConfigured => given_up_by == EndedBy::Agent,
        _ => false,
    }
}

pub(super) fn ending(kind: EndingKind, by: EndedBy, cause: &str, confirmed_by: ConfirmedBy) -> Ending {
    Ending { kind, by, cause: cause.to_owned(), carrier_code: None, confirmed_by, duration: None }
}
