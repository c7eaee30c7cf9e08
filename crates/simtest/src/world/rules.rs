//! Who may not be called: users who keep the do-not-call list, and subscribers who want to be on it.
//! And the keeper, which takes out of the store what is older than anybody wants to keep.

use super::gateway::{Job, Then};
use super::{Happening, World, end};
use crate::check::{Breach, Promise};
use crate::plan::{OPT_OUT_KEY, OPT_OUT_WORDS};
use crate::sabotage::Sabotage;
use call::gate::{ListedBy, Refused};
use call::{CallId, PhoneNumber, Timestamp};
use engine::{Answer, Heard, Keep};
use http::Method;
use network::CallTruth;
use network::world::Direction;
use store::History;

impl World {
    /// Somebody puts a number on the do-not-call list.
    pub(super) fn list(&mut self, to: &str) {
        let Ok(number) = to.parse::<PhoneNumber>() else { return };
        self.checks.dials.may_be_listed(to);
        self.story.tell(self.now, || format!("a user puts {to} on the do-not-call list"));
        let heard = Heard::List { numbers: vec![(number, "asked to".to_owned())], by: ListedBy::Api };
        self.tell_gateway(heard, Then::Listed(to.to_owned()));
    }

    /// Somebody takes a number off it.
    pub(super) fn unlist(&mut self, to: &str) {
        let Ok(number) = to.parse::<PhoneNumber>() else { return };
        self.checks.dials.may_be_unlisted(to);
        self.story.tell(self.now, || format!("a user takes {to} off the do-not-call list"));
        self.tell_gateway(Heard::Unlist(number), Then::Nothing);
    }

    /// One of those who talk to us wants no more calls.
    pub(super) fn opt_out(&mut self, pick: usize, spoken: bool) {
        let legs = self.network.calls();
        let called = |leg: &&CallTruth| leg.direction == Direction::Outbound && leg.answered_at.is_some();
        let talking: Vec<&CallTruth> = legs.iter().filter(|leg| leg.live).filter(called).collect();
        let Some(leg) = talking.get(pick % talking.len().max(1)) else { return };
        self.checks.dials.may_be_listed(&leg.to);
        let (verb, body) = if spoken {
            ("speech", serde_json::json!({ "words": format!("please {OPT_OUT_WORDS} me") }))
        } else {
            ("digits", serde_json::json!({ "digits": OPT_OUT_KEY }))
        };
        self.tally.command("opted out");
        self.story.tell(self.now, || format!("{} wants no more calls, by {verb}", end(&leg.id)));
        self.control(Method::POST, &format!("/calls/{}/{verb}", leg.id), body.to_string());
    }

    /// Somebody asks again for a call of long ago, under its key.
    pub(super) fn ask_old(&mut self, pick: usize) {
        let old: Vec<usize> =
            (0..self.users.asked.len()).filter(|place| self.users.may_ask(*place)).collect();
        if let Some(place) = old.get(pick % old.len().max(1)) {
            self.users.asks_once_more(*place);
            self.ask(*place);
        }
    }

    /// The keeper begins, or goes on: so long after the start, or after the last time.
    pub(super) fn book_keeper(&mut self, pause_ms: i64) {
        let life = self.lives;
        if self.plan.keep != Keep::default() {
            self.agenda.put(self.now + pause_ms, Happening::Keep { life });
        }
    }

    /// The keeper looks for what is too old.
    pub(super) fn keep(&mut self) {
        let keep = self.plan.keep;
        let newest = keep.calls.and_then(|n_calls| self.disk.nth_newest(n_calls).ok().flatten());
        let before = match self.sabotage {
            Some(Sabotage::PruneTooEarly) => CallId::from_bits(u128::MAX),
            _ => keep.oldest(newest, self.wall()),
        };
        self.prune(before);
    }

    pub(super) fn prune(&mut self, before: CallId) {
        self.hear(Job { heard: Heard::Prune { before }, then: Then::Pruned(before), n_tries: 0 });
    }

    /// A step of the keeper is done.
    pub(super) fn pruned(&mut self, before: CallId, answer: &Answer) {
        let life = self.lives;
        match answer {
            Answer::Taken(n_lines) if *n_lines > 0 => {
                self.tally.fault("pruned");
                if self.sabotage == Some(Sabotage::PruneKeys) {
                    self.disk.forget_keys();
                }
                self.agenda.put(self.now + STEP_MS, Happening::Prune { life, before });
            }
            _ => {
                // Looks that can find nothing yet are left out.
                let oldest = self.disk.tables().calls.keys().next().copied();
                let made_at = oldest.map_or(self.wall().0, |id| made_at(id).0);
                let ripe = made_at + KEPT_ANYWAY_MS - self.skew - self.now;
                self.book_keeper(ripe.max(KEEPER_MS));
            }
        }
    }

    /// Whoever asked was refused by the gate: rightly, and it is written down.
    pub(super) fn gate_refused(&mut self, to: &str, refused: &Refused) -> Result<(), Breach> {
        self.tally.command(&format!("refused: {}", refused.rule().word()));
        self.checks.dials.refused.insert(to.to_owned());
        self.inspect_refusal(to, None, refused)
    }

    /// Waits until no rule stands against anybody any more, and says who may be called then.
    pub(super) fn outwait_rules(&mut self) -> Result<Vec<String>, Breach> {
        self.sleep(OUTWAITED_MS)?;
        let open = |world: &World, to: &str| {
            !world.plan.rules.is_quiet(to, world.wall().0)
                && !world.plan.rules.is_quiet(to, world.wall().0 + 60_000)
        };
        for _ in 0..60 {
            if open(self, crate::plan::OURS[0]) {
                break;
            }
            self.sleep(60_000)?;
        }
        let may = |to: &&String| {
            open(self, to) && !self.plan.rules.is_too_far(to) && !self.checks.dials.is_perhaps_listed(to)
        };
        Ok(self.checks.dials.refused.iter().filter(may).cloned().collect())
    }

    /// A number is on the list now, by the gateway's word.
    pub(super) fn is_listed(&mut self, to: &str, answer: &Answer) -> Result<(), Breach> {
        if !matches!(answer, Answer::Listed(_)) {
            let what = format!("{to} was to be listed, and the answer is {answer:?}");
            return Err(self.breach(Promise::DoNotCall, what));
        }
        self.checks.dials.listed(to, self.now);
        Ok(())
    }
}

/// When a call was made: its name begins with the time.
pub(crate) fn made_at(id: CallId) -> Timestamp {
    Timestamp(i64::try_from(id.bits() >> 80).unwrap_or(i64::MAX))
}

/// However little is kept, it is kept for so long.
pub(crate) const KEPT_ANYWAY_MS: i64 = 2 * 24 * 3_600_000;
/// After so long every window of the gate has passed, and a clock that was an hour ahead matters no more.
const OUTWAITED_MS: i64 = 26 * 3_600_000;
/// So long after a start the keeper begins,
pub(super) const KEEPER_AFTER_START_MS: i64 = 3_000;
/// so often it looks again,
pub(super) const KEEPER_MS: i64 = 600_000;
/// and so long it pauses between two steps.
const STEP_MS: i64 = 20;
