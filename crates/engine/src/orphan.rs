//! Live calls at a carrier that are ours and not in the store: it was lost, or restored from an old
//! backup. What they are made of once the carrier's word is all that is left.

use crate::settings::Settings;
use call::call::{Direction, Facts, Progress, Route, Sighting, Source, Talk, Unanswered, Watch};
use call::{CallId, CallState, CarrierCallId, Party, Timestamp};
use carrier::{Carrier, Ends, HeardWebhook, Listed, Mark};
use std::time::Duration;

/// What becomes of a live call that is proved ours and not in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanPolicy {
    /// It is taken into the store and hung up until that is verified.
    HangUp,
    /// It is taken into the store and goes on, with the limits of today.
    Adopt,
    /// It is reported and left alone.
    Report,
}

/// A live call that its mark names, as a call of the store would be.
#[derive(Clone, Debug)]
pub struct Orphan {
    /// Whether the mark proves that it is ours.
    pub mark: Mark,
    /// What is settled about it, under the name in its mark.
    pub facts: Facts,
    /// The carrier's name for it.
    pub leg: CarrierCallId,
    /// Another name of it.
    pub also: Option<CarrierCallId>,
    /// How it stands.
    pub progress: Progress,
    /// For how long, where the carrier tells.
    pub lasted: Option<Duration>,
    /// Who told us.
    pub source: Source,
}

/// A live call at a carrier that isn't in the store and is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// The carrier's name for it.
    pub leg: CarrierCallId,
    /// Our name for it, where its mark proves that it is ours.
    pub call: Option<CallId>,
    /// What else the carrier tells of it.
    pub ends: Ends,
}

impl Orphan {
    /// Of a listed call; `None` where its mark names no call.
    pub fn listed(
        listed: &Listed,
        carrier: &dyn Carrier,
        settings: &Settings,
        now: Timestamp,
    ) -> Option<Orphan> {
        let Sighting::Live { progress, lasted } = listed.sighting else { return None };
        let age = listed.age.or(lasted).unwrap_or_default();
        Some(Orphan {
            facts: facts(listed.mark.call()?, &listed.ends, carrier, settings, now - age),
            mark: listed.mark.clone(),
            leg: listed.leg.clone(),
            also: listed.also.clone(),
            progress,
            lasted: lasted.filter(|lasted| !lasted.is_zero()),
            source: Source::Listing,
        })
    }

    /// Of the call that a webhook speaks of; `None` unless its mark proves that it is ours, and it
    /// may still live.
    pub fn told(
        heard: &HeardWebhook,
        carrier: &dyn Carrier,
        settings: &Settings,
        now: Timestamp,
    ) -> Option<Orphan> {
        use call::call::News;
        let Mark::Ours(call) = heard.mark else { return None };
        let progress = match &heard.news {
            Some(News::Over { .. }) => return None,
            Some(News::Progressed { progress, .. }) => *progress,
            _ => Progress::Initiated,
        };
        Some(Orphan {
            facts: facts(call, heard.ends.as_ref()?, carrier, settings, now),
            mark: heard.mark.clone(),
            leg: heard.leg.clone(),
            also: heard.was.clone(),
            progress,
            lasted: None,
            source: Source::Webhook,
        })
    }

    /// How it stands as a call of the store: somebody looks at once.
    pub(crate) fn state(&self, now: Timestamp) -> CallState {
        let (limits, since, leg) = (&self.facts.limits, self.facts.created_at, self.leg.clone());
        let watch = Watch { due_at: now, not_before: None, blind: 0 };
        let ring_until = since.max(now) + limits.ring_max;
        let hard_until = ring_until + limits.duration_max;
        let unanswered =
            || Unanswered { leg: leg.clone(), since, ring_until, hard_until, watch: watch.clone() };
        match self.progress {
            Progress::Initiated => CallState::Initiated(unanswered()),
            Progress::Ringing => CallState::Ringing(unanswered()),
            Progress::InProgress => {
                let answered_at = now - self.lasted.unwrap_or_default();
                let talk_until = answered_at + limits.duration_max;
                CallState::InProgress(Talk { leg, answered_at, talk_until, hard_until, watch })
            }
        }
    }
}

fn facts(
    id: CallId,
    ends: &Ends,
    carrier: &dyn Carrier,
    settings: &Settings,
    created_at: Timestamp,
) -> Facts {
    let party = |end: &Option<Party>| end.clone().unwrap_or_else(|| Party::read(""));
    let Route { carrier, account, by_command } = Route {
        carrier: carrier.name().clone(),
        account: carrier.account().map(str::to_owned),
        by_command: carrier.by_command(),
    };
    Facts {
        id,
        direction: ends.direction.unwrap_or(Direction::Outbound),
        from: party(&ends.from),
        to: party(&ends.to),
        carrier,
        account,
        fallback: Vec::new(),
        say: None,
        hold: true,
        agent: None,
        by_command,
        created_at,
        record: false,
        imported_id: None,
        placed_by: None,
        limits: settings.limits.clone(),
    }
}
