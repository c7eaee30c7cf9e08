//! The world behind the carriers: subscribers, the legs between them and a carrier, and what is
//! still to happen. It knows no carrier's words; a face turns its news into them.

mod agenda;
pub mod behaviour;
pub mod fault;
mod journal;
mod leg;
mod outbox;
mod stream;
mod tape;
mod truth;
mod voice;
mod wish;

use std::collections::{BTreeMap, VecDeque};

use rand::SeedableRng;
use rand::rngs::StdRng;

pub(crate) use agenda::{Agenda, Entry, Happening};
pub use behaviour::Behaviour;
pub use fault::{Act, Fault, FaultId, Target, Trick};
pub(crate) use fault::{Drawn, Faults, Instead, Subject, spoil};
pub(crate) use journal::{Asked, Journal};
pub use leg::{Cause, Counts, Direction, EndedBy, Heard, Sound, Spoken};
pub(crate) use leg::{End, Leg, LegHappening, LegId, Limits, News, Stage};
pub(crate) use outbox::Outbox;
pub use stream::StreamTruth;
pub(crate) use stream::{
    Opening as StreamOpening, Stream, StreamEnd, StreamFailure, StreamId, StreamNews, StreamOrder,
    StreamReport, StreamWish,
};
pub(crate) use tape::{READY_AFTER_MS, Tape};
pub use truth::CallTruth;
pub(crate) use voice::speech_ms;
pub(crate) use wish::{Established, Incoming};

use crate::settings::Settings;
use crate::time::Millis;

/// How long a caller waits for an answer before giving up.
const CALLER_PATIENCE_MS: u64 = 60_000;

/// Subscribers, legs, and the shared ground on which the faces stand.
pub(crate) struct World {
    pub(crate) now: Millis,
    pub(crate) agenda: Agenda,
    pub(crate) rng: StdRng,
    pub(crate) subscribers: BTreeMap<String, Behaviour>,
    pub(crate) faults: Faults,
    pub(crate) outbox: Outbox,
    pub(crate) journal: Journal,
    legs: BTreeMap<LegId, Leg>,
    legs_opened: u64,
    ring_after_ms: u64,
    news: VecDeque<(LegId, News)>,
    streams: stream::Streams,
}

/// What is known of a leg when it is asked for.
pub(crate) struct Opening {
    pub(crate) direction: Direction,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) limits: Limits,
    pub(crate) behaviour: Option<Behaviour>,
    pub(crate) carrier: &'static str,
    pub(crate) carrier_id: String,
    pub(crate) mark: BTreeMap<String, String>,
}

impl World {
    pub(crate) fn new(settings: &Settings, seed: u64) -> World {
        World {
            now: Millis::default(),
            agenda: Agenda::default(),
            rng: StdRng::seed_from_u64(seed),
            subscribers: settings.subscribers.clone(),
            faults: Faults::new(&settings.faults),
            outbox: Outbox::default(),
            journal: Journal::default(),
            legs: BTreeMap::new(),
            legs_opened: 0,
            ring_after_ms: settings.ring_after_ms,
            news: VecDeque::new(),
            streams: stream::Streams::default(),
        }
    }

    /// Forgets everything that happened and is to happen, and keeps the dice and the counters, so
    /// that no name is given twice.
    pub(crate) fn reset(&mut self, settings: &Settings) {
        self.agenda = Agenda::default();
        self.subscribers = settings.subscribers.clone();
        self.faults = Faults::new(&settings.faults);
        self.outbox.clear();
        self.journal = Journal::default();
        self.reset_streams();
        self.legs.clear();
        self.news.clear();
    }

    pub(crate) fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.get(&id)
    }

    pub(crate) fn leg_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.get_mut(&id)
    }

    /// All legs, the oldest first.
    pub(crate) fn legs(&self) -> impl DoubleEndedIterator<Item = (LegId, &Leg)> {
        self.legs.iter().map(|(id, leg)| (*id, leg))
    }

    /// The next piece of news that no face has heard.
    pub(crate) fn take_news(&mut self) -> Option<(LegId, News)> {
        self.news.pop_front()
    }

    /// Writes down that a face is to be reminded after so long.
    pub(crate) fn remind(&mut self, after_ms: u64, happening: Happening) -> Entry {
        self.agenda.put(self.now + after_ms, happening)
    }

    /// Writes down what is to happen to a leg, unless it ends before.
    fn expect_of(&mut self, id: LegId, after_ms: u64, happening: LegHappening) {
        if let Some(leg) = self.legs.get_mut(&id) {
            let at = self.now + after_ms;
            leg.ahead.push(self.agenda.put(at, Happening::Leg(id, happening)));
        }
    }

    /// How the subscriber with this number behaves.
    pub(crate) fn behaviour_of(&self, number: &str) -> Behaviour {
        let set = self.subscribers.get(number).cloned();
        set.unwrap_or_else(|| Behaviour::of_number(number))
    }

    /// Makes a leg that waits to be dialled.
    pub(crate) fn open(&mut self, opening: Opening) -> LegId {
        self.legs_opened += 1;
        let id = LegId(self.legs_opened);
        let subscriber = match opening.direction {
            Direction::Outbound => &opening.to,
            Direction::Inbound => &opening.from,
        };
        let behaviour = opening.behaviour.unwrap_or_else(|| self.behaviour_of(subscriber));
        let leg = Leg {
            direction: opening.direction,
            from: opening.from,
            to: opening.to,
            behaviour,
            limits: opening.limits,
            stage: Stage::Queued,
            asked_at: self.now,
            dialled_at: None,
            rang_at: None,
            answered_at: None,
            ahead: Vec::new(),
            heard: Vec::new(),
            pressed: String::new(),
            spoken: Vec::new(),
            streams: Vec::new(),
            about_to_speak: None,
            counts: Counts::default(),
            carrier: opening.carrier,
            carrier_id: opening.carrier_id,
            mark: opening.mark,
        };
        self.legs.insert(id, leg);
        id
    }

    /// Forgets a carrier's oldest ended leg beyond `kept_max` legs, and says which.
    pub(crate) fn forget_one(&mut self, kept_max: usize, carrier: &str) -> Option<LegId> {
        if self.legs.len() <= kept_max {
            return None;
        }
        let is_due = |leg: &Leg| leg.carrier == carrier && leg.end().is_some();
        let oldest = self.legs.iter().find(|(_, leg)| is_due(leg)).map(|(id, _)| *id)?;
        self.legs.remove(&oldest);
        Some(oldest)
    }

    /// The carrier dials a queued leg after so long.
    pub(crate) fn dial_after(&mut self, id: LegId, after_ms: u64) {
        self.expect_of(id, after_ms, LegHappening::Dial);
    }

    /// A subscriber's call arrives at the carrier: to the caller it rings.
    pub(crate) fn arrive(&mut self, id: LegId) {
        let now = self.now;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.stage = Stage::Ringing;
        leg.dialled_at = Some(now);
        leg.rang_at = Some(now);
        self.expect_of(id, CALLER_PATIENCE_MS, LegHappening::HangUp);
    }

    /// Something that was due happens.
    pub(crate) fn happen(&mut self, id: LegId, happening: LegHappening) {
        let Some(stage) = self.legs.get(&id).map(|leg| leg.stage) else { return };
        match (happening, stage) {
            (LegHappening::Dial, Stage::Queued) => self.dial(id),
            (LegHappening::Reach, Stage::Dialling) => self.reach(id),
            (LegHappening::PickUp, Stage::Ringing) => self.answer(id),
            (LegHappening::Decline, Stage::Ringing) => {
                self.end(id, EndedBy::Remote, Cause::Rejected);
            }
            (LegHappening::RingOut, Stage::Ringing) => {
                self.end(id, EndedBy::Carrier, Cause::RingTimeout);
            }
            // A caller whose patience ends after the answer stays on the line.
            (LegHappening::HangUp, Stage::Ringing) => {
                self.end(id, EndedBy::Remote, Cause::Canceled);
            }
            (LegHappening::HangUp, Stage::Talking) => self.hang_up_if_talked_out(id),
            (LegHappening::LimitReached, Stage::Talking) => self.end_if_at_its_limit(id),
            (LegHappening::Press(digits), Stage::Talking) => self.press(id, digits),
            (LegHappening::Speak(words), Stage::Talking) => self.speak(id, words),
            // What the leg has outlived: the phone was picked up, or somebody hung up, before.
            (
                LegHappening::Dial
                | LegHappening::Reach
                | LegHappening::PickUp
                | LegHappening::Decline
                | LegHappening::RingOut
                | LegHappening::HangUp
                | LegHappening::LimitReached
                | LegHappening::Press(_)
                | LegHappening::Speak(_),
                _,
            ) => {}
        }
    }

    fn dial(&mut self, id: LegId) {
        let (now, ring_after_ms) = (self.now, self.ring_after_ms);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.stage = Stage::Dialling;
        leg.dialled_at = Some(now);
        self.news.push_back((id, News::Dialled));
        self.expect_of(id, ring_after_ms, LegHappening::Reach);
    }

    fn reach(&mut self, id: LegId) {
        let now = self.now;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match leg.behaviour {
            Behaviour::Busy => return self.end(id, EndedBy::Remote, Cause::Busy),
            Behaviour::Unreachable => return self.end(id, EndedBy::Carrier, Cause::Unreachable),
            Behaviour::Talk { .. }
            | Behaviour::Silent { .. }
            | Behaviour::Voicemail { .. }
            | Behaviour::Press { .. }
            | Behaviour::Speak { .. }
            | Behaviour::Echo { .. }
            | Behaviour::Tell { .. }
            | Behaviour::Play { .. }
            | Behaviour::Never
            | Behaviour::Reject { .. } => {}
        }
        leg.stage = Stage::Ringing;
        leg.rang_at = Some(now);
        let (answers, ring_ms) = (leg.behaviour.answers_after_ms(), leg.limits.ring_ms);
        let declines = match leg.behaviour {
            Behaviour::Reject { after_ms } => Some(after_ms),
            _ => None,
        };
        self.news.push_back((id, News::Ringing));
        if let Some(after_ms) = answers {
            self.expect_of(id, after_ms, LegHappening::PickUp);
        }
        if let Some(after_ms) = declines {
            self.expect_of(id, after_ms, LegHappening::Decline);
        }
        self.expect_of(id, ring_ms, LegHappening::RingOut);
    }

    /// The called side picks up. Does nothing to a leg that is answered or over.
    pub(crate) fn answer(&mut self, id: LegId) {
        let now = self.now;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        match leg.stage {
            Stage::Queued | Stage::Dialling | Stage::Ringing => {}
            Stage::Talking | Stage::Ended(_) => return,
        }
        leg.stage = Stage::Talking;
        leg.dialled_at.get_or_insert(now);
        leg.answered_at = Some(now);
        let limit_ms = leg.limits.talk_ms;
        let hangs_up = leg.behaviour.hangs_up_after_ms();
        self.news.push_back((id, News::Answered));
        if let Some(after_ms) = hangs_up {
            self.expect_of(id, after_ms, LegHappening::HangUp);
        }
        self.expect_of(id, limit_ms, LegHappening::LimitReached);
    }

    /// Lets a leg ring and talk without end.
    pub(crate) fn forget_limits(&mut self, id: LegId) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.limits = Limits::NONE;
        }
    }

    /// Changes how long a leg may talk, counted from its answer.
    pub(crate) fn limit(&mut self, id: LegId, talk_ms: u64) {
        let now = self.now;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.limits.talk_ms = talk_ms;
        if let Some(answered_at) = leg.answered_at {
            let left_ms = (answered_at + talk_ms).since(now);
            self.expect_of(id, left_ms, LegHappening::LimitReached);
        }
    }

    fn hang_up_if_talked_out(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        let talked_ms = leg.answered_at.map_or(0, |at| self.now.since(at));
        if leg.behaviour.hangs_up_after_ms().is_some_and(|after_ms| talked_ms >= after_ms) {
            self.end(id, EndedBy::Remote, Cause::HungUp);
        }
    }

    fn end_if_at_its_limit(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        let talked_ms = leg.answered_at.map_or(0, |at| self.now.since(at));
        if talked_ms >= leg.limits.talk_ms {
            self.end(id, EndedBy::Carrier, Cause::TimeLimit);
        }
    }

    /// Makes a queued leg one that was answered so long ago, without any news of it.
    pub(crate) fn establish(&mut self, id: LegId, answered_ago_ms: u64) {
        let at = self.now.before(answered_ago_ms);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.stage = Stage::Talking;
        leg.asked_at = at;
        leg.dialled_at = Some(at);
        leg.rang_at = Some(at);
        leg.answered_at = Some(at);
        let limit_left_ms = leg.limits.talk_ms.saturating_sub(answered_ago_ms);
        let hangs_up = leg.behaviour.hangs_up_after_ms();
        if let Some(after_ms) = hangs_up {
            let left_ms = after_ms.saturating_sub(answered_ago_ms);
            self.expect_of(id, left_ms, LegHappening::HangUp);
        }
        self.expect_of(id, limit_left_ms, LegHappening::LimitReached);
    }

    /// Somebody hangs up, whatever the leg is doing.
    pub(crate) fn hang_up(&mut self, id: LegId, by: EndedBy) {
        let Some(leg) = self.legs.get(&id) else { return };
        let cause = match leg.stage {
            Stage::Queued | Stage::Dialling | Stage::Ringing => Cause::Canceled,
            Stage::Talking | Stage::Ended(_) => Cause::HungUp,
        };
        self.end(id, by, cause);
    }

    /// Ends a leg. An ended one keeps its end.
    pub(crate) fn end(&mut self, id: LegId, by: EndedBy, cause: Cause) {
        let end = End { at: self.now, by, cause };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.end().is_none() {
            leg.stage = Stage::Ended(end);
            for entry in leg.ahead.drain(..) {
                self.agenda.strike(entry);
            }
            self.close_streams(id);
            self.news.push_back((id, News::Ended(end)));
        }
    }
}
