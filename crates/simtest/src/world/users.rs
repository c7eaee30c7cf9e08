//! Users of the gateway: they ask for calls, ask again when no answer comes, hang up, pause. And
//! subscribers who call in.

use super::gateway::{Job, Then};
use super::wishes::Asking;
use super::{RESUME, World};
use crate::check::{Breach, Promise};
use crate::plan::{UserAct, message_of};
use crate::sabotage::Sabotage;
use call::call::{Agent, Direction, Does, EndedBy, Facts, OnMachine};
use call::{CallId, CallState, Party};
use engine::{Answer, Heard, Order, Quota, Refusal};
use http::Method;
use rand::Rng;
use std::collections::BTreeMap;

/// All users.
#[derive(Default)]
pub(crate) struct Users {
    pub(crate) asked: Vec<Asked>,
    /// What was asked of calls that live.
    pub(super) askings: Vec<Asking>,
    n_ids: u32,
    /// So many of those who asked for calls and for things ask no more.
    n_gave_up: (usize, usize),
    /// How often each fault had struck when it was last counted.
    pub(crate) struck: BTreeMap<u64, u64>,
}

/// A call that somebody asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    from: String,
    pub(crate) to: String,
    say: bool,
    hold: bool,
    pub(crate) key: Option<String>,
    /// Every name that was drawn for it; one at most is a call.
    pub(crate) ids: Vec<CallId>,
    pub(crate) answer: Option<CallId>,
    n_tries: u32,
    asks_again: bool,
    waits: bool,
}

impl Users {
    /// Whether every user has an answer, or gave up.
    pub(crate) fn nobody_waits(&self) -> bool {
        self.asked.iter().all(|asked| !asked.waits) && self.askings.iter().all(|asking| !asking.waits)
    }

    /// Whether the gateway drew this name.
    pub(crate) fn was_drawn(&self, id: CallId) -> bool {
        id.bits() & ((1 << 80) - 1) <= u128::from(self.n_ids)
    }

    /// Nobody asks again for what was asked for so far.
    pub(super) fn give_up(&mut self) {
        self.n_gave_up = (self.asked.len(), self.askings.len());
        for asked in &mut self.asked {
            (asked.waits, asked.asks_again) = (false, false);
        }
        for asking in &mut self.askings {
            asking.waits = false;
        }
    }

    /// Whether this is asked for no more.
    pub(super) fn gave_up(&self, place: usize) -> bool {
        place < self.n_gave_up.0
    }

    /// Whether this is asked of a call no more.
    pub(super) fn gave_up_wish(&self, place: usize) -> bool {
        place < self.n_gave_up.1
    }

    /// Whether somebody may ask once more for this: it has a key, and an answer.
    pub(super) fn may_ask(&self, place: usize) -> bool {
        let asked = self.asked.get(place);
        asked.is_some_and(|asked| !asked.waits && asked.key.is_some() && asked.answer.is_some())
    }

    pub(super) fn asks_once_more(&mut self, place: usize) {
        if let Some(asked) = self.asked.get_mut(place) {
            (asked.waits, asked.n_tries) = (true, 0);
        }
    }
}

impl World {
    pub(super) fn act(&mut self, index: usize) {
        let act = if index == RESUME { UserAct::Resume } else { self.plan.acts[index].1.clone() };
        match act {
            UserAct::Order { from, to, say, hold, keyed, asks_again } => {
                let place = self.users.asked.len();
                let key = keyed.then(|| format!("key-{place}"));
                self.order(Asked {
                    from: from.to_owned(),
                    to,
                    say,
                    hold,
                    key,
                    ids: Vec::new(),
                    answer: None,
                    n_tries: 0,
                    asks_again,
                    waits: true,
                });
            }
            UserAct::HangUp { pick } => {
                let known: Vec<CallId> = self.users.asked.iter().filter_map(|asked| asked.answer).collect();
                if let Some(call) = known.get(pick % known.len().max(1)) {
                    let heard = Heard::HangUp {
                        call: *call,
                        by: EndedBy::Agent,
                        cause: "hangup_requested".to_owned(),
                    };
                    self.tell_gateway(heard, Then::HangUp(*call));
                }
            }
            UserAct::Pause => {
                let forgotten = self.sabotage == Some(Sabotage::ForgetPause);
                let heard = Heard::Pause(Some("a user said so".to_owned()));
                self.tell_gateway(if forgotten { Heard::TakeDue(0) } else { heard }, Then::Paused(true));
            }
            UserAct::Resume => {
                self.tell_gateway(Heard::Pause(None), Then::Paused(false));
                if index != RESUME && self.gateway.is_none() {
                    self.agenda.put(self.now + 60_000, super::Happening::Act(index));
                }
            }
            UserAct::CallIn { from, to, behaviour } => {
                self.story.tell(self.now, || format!("{from} calls {to} and will {behaviour:?}"));
                let body = serde_json::json!({ "from": from, "to": to, "behaviour": behaviour });
                self.control(Method::POST, "/calls", body.to_string());
            }
            UserAct::List { to } => self.list(&to),
            UserAct::Unlist { to } => self.unlist(&to),
            UserAct::OptOut { pick, spoken } => self.opt_out(pick, spoken),
            UserAct::AskOld { pick } => self.ask_old(pick),
            UserAct::Wish(wish) => self.wish(wish),
            UserAct::Stop { pick, which } => self.stop(pick, which),
            UserAct::Give(given) => self.give(&given),
        }
    }

    /// Somebody wants a call.
    pub(super) fn order(&mut self, asked: Asked) -> usize {
        self.users.asked.push(asked);
        let place = self.users.asked.len() - 1;
        self.ask(place);
        place
    }

    /// Asks for a call, for the first time or again.
    pub(super) fn ask(&mut self, place: usize) {
        if self.users.gave_up(place) {
            return;
        }
        let id = self.draw_id();
        let Some(asked) = self.users.asked.get_mut(place) else { return };
        asked.n_tries += 1;
        if self.gateway.is_none() {
            return self.ask_later(place);
        }
        asked.ids.push(id);
        let (asked, key) = (asked.clone(), asked.key.clone());
        let number = |text: &str| Party::read(text);
        let mut facts = self.facts(id, Direction::Outbound, number(&asked.from), number(&asked.to));
        facts.say = asked.say.then(|| format!("{GREETING}{place:04}."));
        facts.hold = asked.hold;
        facts.agent = (asked.hold && self.plan.agents && place.is_multiple_of(2)).then(|| spokesman(place));
        let key = key.filter(|_| self.sabotage != Some(Sabotage::NoIdempotency));
        let digest = format!("{}>{} {}", asked.from, asked.to, asked.say);
        let order = Order { facts, key: key.map(|key| (key, digest)), quota: Quota::default() };
        self.story.tell(self.now, || {
            format!("a user asks for {} -> {} ({:?}), drawn {id}", asked.from, asked.to, asked.key)
        });
        self.tell_gateway(Heard::Order(Box::new(order)), Then::Order(place));
    }

    /// No answer came. Whoever has a key may ask again; whoever has none knows nothing.
    pub(super) fn unanswered(&mut self, place: usize, was_refused: bool) {
        let Some(asked) = self.users.asked.get_mut(place) else { return };
        if asked.key.is_some() || was_refused {
            self.ask_later(place);
        } else {
            asked.waits = false;
        }
    }

    fn ask_later(&mut self, place: usize) {
        let pause = self.rng.random_range(100..90_000);
        let Some(asked) = self.users.asked.get_mut(place) else { return };
        if asked.n_tries > TRIES_MAX {
            asked.waits = false;
            return;
        }
        self.agenda.put(self.now + pause, super::Happening::AskAgain(place));
    }

    /// The gateway answered an order.
    pub(super) fn answered(&mut self, place: usize, answer: &Answer) -> Result<(), Breach> {
        let Some(asked) = self.users.asked.get_mut(place) else { return Ok(()) };
        asked.waits = false;
        match answer {
            Answer::Call(call) => {
                let id = call.facts.id;
                let before = asked.answer.replace(id);
                if before.is_some_and(|before| before != id) {
                    let what = format!("{:?} was answered with {before:?} and then with {id}", asked.key);
                    return Err(self.breach(Promise::Idempotency, what));
                }
                if asked.asks_again && asked.key.is_some() {
                    asked.asks_again = false;
                    asked.waits = true;
                    self.ask_later(place);
                }
            }
            Answer::Refused(Refusal::KeyReused(id)) => {
                let what = format!("the same request was refused as another one's key, {id}");
                return Err(self.breach(Promise::Idempotency, what));
            }
            Answer::Refused(Refusal::NoSuchCall(id))
                if asked.answer != Some(*id) || !self.checks.is_pruned(*id) =>
            {
                let what = format!("{:?} is answered with no call, and {id} was not pruned", asked.key);
                return Err(self.breach(Promise::Idempotency, what));
            }
            Answer::Refused(Refusal::Gate(refused)) => {
                let (to, known) = (asked.to.clone(), asked.answer);
                if let Some(known) = known {
                    let what = format!("{:?} was answered with {known}, and is refused", asked.key);
                    return Err(self.breach(Promise::Idempotency, what));
                }
                return self.gate_refused(&to, refused);
            }
            _ => {}
        }
        Ok(())
    }

    /// An answered hang-up is on disk: the call is to end, or over.
    pub(super) fn hang_up_answered(&self, id: CallId) -> Result<(), Breach> {
        let tables = self.disk.tables();
        let Some(row) = tables.calls.get(&id) else { return Ok(()) };
        let heeded = match &row.call.state {
            CallState::HangingUp(_) | CallState::Ended(_) => true,
            CallState::Placing(placing) => placing.wish.is_some(),
            _ => false,
        };
        if heeded {
            return Ok(());
        }
        let what = format!("a hang-up of {id} was acknowledged, and it is {}", row.call.state.word());
        drop(tables);
        Err(self.breach(Promise::NoLostNews, what))
    }

    pub(super) fn tell_gateway(&mut self, heard: Heard, then: Then) {
        if self.gateway.is_some() {
            self.hear(Job { heard, then, n_tries: 0 });
        }
    }

    /// A name for a call, as the gateway draws it: names sort by the wall clock.
    pub(super) fn draw_id(&mut self) -> CallId {
        self.users.n_ids += 1;
        let wall = u128::from(self.wall().0.unsigned_abs());
        CallId::from_bits(wall << 80 | u128::from(self.users.n_ids))
    }

    pub(super) fn facts(&self, id: CallId, direction: Direction, from: Party, to: Party) -> Facts {
        Facts {
            id,
            direction,
            from,
            to,
            carrier: self.carrier.name().clone(),
            account: self.carrier.account().map(str::to_owned),
            say: None,
            created_at: self.wall(),
            hold: false,
            agent: None,
            by_command: self.carrier.by_command(),
            fallback: Vec::new(),
            record: false,
            imported_id: None,
            placed_by: None,
            limits: self.settings.limits.clone(),
        }
    }

    /// In the end new calls find free places: as many as there are, to numbers nobody called.
    pub(super) fn probe(&mut self) -> Result<(), Breach> {
        let places =
            self.plan.rules.carrier_live_max.map_or(self.plan.live_max, |most| most.min(self.plan.live_max));
        // The first one may use up the day's minutes.
        let n_probes = if self.plan.rules.minutes().is_some() { 1 } else { places.min(3) };
        let mut refused = if self.plan.has_rules() { self.outwait_rules()? } else { Vec::new() };
        let began = self.now;
        let probes: Vec<usize> = (0..n_probes)
            .map(|n| {
                self.order(Asked {
                    from: crate::plan::OURS[0].to_owned(),
                    to: refused.pop().unwrap_or_else(|| format!("+1202555{}", 9_900 + n)),
                    say: true,
                    hold: false,
                    key: None,
                    ids: Vec::new(),
                    answer: None,
                    n_tries: 0,
                    asks_again: false,
                    waits: true,
                })
            })
            .collect();
        let pace = self.plan.apart_ms * i64::try_from(n_probes).unwrap_or(0);
        self.run_until(began + pace + 8_000, |_| false)?;
        for place in probes {
            let made = self.users.asked[place].ids.iter().any(|id| self.checks.n_created(*id) > 0);
            if !made {
                let what =
                    format!("nothing lives, and a new call is not placed: {:?}", self.users.asked[place]);
                let was_refused = self.checks.dials.refused.contains(&self.users.asked[place].to);
                let promise = if was_refused { Promise::FairGate } else { Promise::FreeSlots };
                return Err(self.breach(promise, what));
            }
        }
        self.run_until(began + 120_000, World::is_quiet)
    }
}

/// What a call says when it is answered, but for the number of its order.
pub(crate) const GREETING: &str = "Hello, this is order ";
/// So often does a user ask for the same call.
const TRIES_MAX: u32 = 6;

/// An agent with a message that no other has, nor any machine.
fn spokesman(place: usize) -> Agent {
    let machine = match place % 8 {
        0 | 4 => Some(OnMachine::Leave(message_of(place + PLACES_MAX))),
        2 => Some(OnMachine::HangUp),
        _ => None,
    };
    let does = Does::Say { text: message_of(place), again: None };
    Agent { name: "spokesman".to_owned(), does, gap: None, apology: None, machine }
}

/// So many orders has no plan.
const PLACES_MAX: usize = 1_000;
