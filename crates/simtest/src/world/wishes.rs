//! What users ask of calls that live, again where no answer comes; and what the other side presses
//! and says.

use super::gateway::{Job, Then};
use super::{Happening, World, end, tail};
use crate::check::{Breach, Promise};
use crate::plan::{Given, Wish, is_question, wish_of};
use call::call::{CommandId, CommandState, Verb};
use call::{CallId, CallState};
use engine::{Answer, Heard, Refusal};
use http::Method;
use network::CallTruth;
use network::world::Sound;
use rand::Rng;

/// Something that somebody asked of a call.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    wish: Wish,
    call: CallId,
    answer: Option<CommandId>,
    n_tries: u32,
    asks_again: bool,
    pub(super) waits: bool,
}

impl World {
    /// Somebody asks something of one of the calls that live and are held.
    pub(super) fn wish(&mut self, wish: Wish) {
        let held: Vec<CallId> = {
            let tables = self.disk.tables();
            let calls = tables.calls.values().map(|row| &row.call).filter(|call| {
                call.is_held() && !matches!(call.state, CallState::HangingUp(_) | CallState::Ended(_))
            });
            calls.map(|call| call.facts.id).collect()
        };
        let Some(call) = held.get(wish.pick % held.len().max(1)).copied() else { return };
        self.tally.command(&format!("{} asked", wish.verb.word()));
        let asks_again = wish.asks_again;
        self.users.askings.push(Asking { wish, call, answer: None, n_tries: 0, asks_again, waits: true });
        self.ask_of_call(self.users.askings.len() - 1);
    }

    /// Somebody wants what was asked of a call to end. Whoever gets no answer lets it be.
    pub(super) fn stop(&mut self, pick: usize, which: Option<usize>) {
        let open: Vec<(CallId, Vec<CommandId>)> = {
            let tables = self.disk.tables();
            let calls = tables.calls.values().map(|row| &row.call);
            let asked = calls.map(|call| {
                let open = call.commands.iter().filter(|command| command.state.is_open());
                (call.facts.id, open.map(|command| command.id).collect::<Vec<_>>())
            });
            asked.filter(|(_, open)| !open.is_empty()).collect()
        };
        let Some((call, commands)) = open.get(pick % open.len().max(1)) else { return };
        let (call, command) = (*call, which.map(|which| commands[which % commands.len()]));
        self.tally.command("stop asked");
        self.story.tell(self.now, || format!("a user stops {command:?} of {}", tail(call)));
        self.tell_gateway(Heard::Stop { call, command, by_agent: false }, Then::Nothing);
    }

    /// Asks something of a call, for the first time or again.
    pub(super) fn ask_of_call(&mut self, place: usize) {
        if self.users.gave_up_wish(place) {
            return;
        }
        let Some(asking) = self.users.askings.get_mut(place) else { return };
        asking.n_tries += 1;
        let Asking { wish, call, .. } = asking.clone();
        if self.gateway.is_none() {
            return self.ask_of_call_later(place);
        }
        let key = wish.keyed.then(|| (format!("wish-{}", wish.n), format!("{:?}", wish.verb)));
        self.story
            .tell(self.now, || format!("a user asks {} for wish {}: {:?}", tail(call), wish.n, wish.verb));
        let heard = Heard::Command { call, verb: wish.verb, key, by_agent: false };
        self.hear(Job { heard, then: Then::Command(place), n_tries: 0 });
    }

    /// No answer came. Whoever has a key may ask again; whoever has none knows nothing.
    pub(super) fn wish_unanswered(&mut self, place: usize, was_refused: bool) {
        let Some(asking) = self.users.askings.get_mut(place) else { return };
        if asking.wish.keyed || was_refused {
            self.ask_of_call_later(place);
        } else {
            asking.waits = false;
        }
    }

    fn ask_of_call_later(&mut self, place: usize) {
        let pause = self.rng.random_range(100..20_000);
        let Some(asking) = self.users.askings.get_mut(place) else { return };
        if asking.n_tries > TRIES_MAX {
            asking.waits = false;
            return;
        }
        self.agenda.put(self.now + pause, Happening::AskOfCall(place));
    }

    /// The gateway answered: what was asked is on disk under its name, and always the same one.
    pub(super) fn wish_answered(&mut self, place: usize, answer: &Answer) -> Result<(), Breach> {
        let Some(asking) = self.users.askings.get_mut(place) else { return Ok(()) };
        asking.waits = false;
        match answer {
            Answer::Asked(call, id) => {
                let before = asking.answer.replace(*id);
                if before.is_some_and(|before| before != *id) || call.last_command < *id {
                    let what = format!(
                        "wish {} was answered with {before:?}, then with {id}, and {} has {}",
                        asking.wish.n,
                        tail(call.facts.id),
                        call.last_command
                    );
                    return Err(self.breach(Promise::Idempotency, what));
                }
                if asking.asks_again && asking.wish.keyed {
                    asking.asks_again = false;
                    asking.waits = true;
                    self.ask_of_call_later(place);
                }
                Ok(())
            }
            Answer::Refused(Refusal::KeyReused(id)) => {
                let what = format!("the same wish was refused as another one's key, of {}", tail(*id));
                Err(self.breach(Promise::Idempotency, what))
            }
            Answer::Refused(Refusal::Gate(refused)) => {
                let Verb::Transfer { to } = asking.wish.verb.clone() else { return Ok(()) };
                self.inspect_refusal(to.as_str(), None, refused)
            }
            _ => Ok(()),
        }
    }

    /// A subscriber presses or says something: in answer to a question that was heard, or just so.
    pub(super) fn give(&mut self, given: &Given) {
        let legs = self.network.calls();
        let talking: Vec<&CallTruth> =
            legs.iter().filter(|leg| leg.live && leg.answered_at.is_some()).collect();
        let leg = match given.of {
            Ok(n) => talking.into_iter().find(|leg| questions(leg).any(|heard| heard == n)),
            Err(any) => talking.get(any % talking.len().max(1)).copied(),
        };
        let Some(leg) = leg else { return };
        // Whoever hears a question thinks of that one. Telnyx is made to listen just before it asks for
        // words, and what is said in between is taken for an answer to the next question.
        let last = questions(leg).last();
        let next = if given.spoken { self.about_to_ask(&leg.id) } else { None };
        let asked: Vec<usize> = last.into_iter().chain(next).collect();
        self.checks.given(&given.token, asked.clone());
        let token = &given.token;
        let (verb, body) = if given.spoken {
            ("speech", serde_json::json!({ "words": format!("number {token}") }))
        } else {
            let last = if given.finished { "#" } else { "" };
            ("digits", serde_json::json!({ "digits": format!("{token}{last}") }))
        };
        self.story.tell(self.now, || format!("{} {verb} {token} when asked {asked:?}", end(&leg.id)));
        self.tally.command(&format!("{verb} given"));
        self.control(Method::POST, &format!("/calls/{}/{verb}", leg.id), body.to_string());
    }
}

impl World {
    /// The question whose request is under way to the carrier.
    fn about_to_ask(&self, leg: &str) -> Option<usize> {
        let tables = self.disk.tables();
        let row = tables
            .calls
            .values()
            .find(|row| row.call.leg().is_some_and(|name| self.checks.real(name.as_str()) == leg))?;
        row.call.commands.iter().find_map(|command| match (&command.verb, &command.state) {
            (Verb::Ask { text, .. }, CommandState::Sent { .. }) => wish_of(text),
            _ => None,
        })
    }
}

/// The questions that were heard on a leg, in order.
fn questions(leg: &CallTruth) -> impl Iterator<Item = usize> + '_ {
    leg.heard.iter().filter_map(|heard| match &heard.what {
        Sound::Say(text) if is_question(text) => wish_of(text),
        _ => None,
    })
}

/// So often does a user ask for the same.
const TRIES_MAX: u32 = 4;
