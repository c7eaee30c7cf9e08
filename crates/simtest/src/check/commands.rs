//! What is asked of calls, held against what was heard, pressed and said on the line.

use super::{Breach, Promise};
use crate::plan::{OPT_OUT_KEY, keys_of, transfer_of, wish_of};
use crate::scene::Kind;
use crate::world::{GREETING, World, end, tail};
use call::call::command::{Command, GREETING as FIRST};
use call::call::{CommandState, ConfirmedBy, Input, News, Outcome, Performed, Verb};
use call::{Call, CallId, CallState};
use carrier::HeardWebhook;
use network::CallTruth;
use network::world::{Cause, Direction, EndedBy, Sound};
use std::collections::BTreeMap;

impl World {
    /// An answer belongs to the question that was heard last when it was given.
    pub(super) fn inspect_answers(&self, is: &Call) -> Result<(), Breach> {
        for command in &is.commands {
            let CommandState::Done(outcome) = &command.state else { continue };
            for token in tokens(outcome) {
                let asked = self.checks.given.get(&token).map(Vec::as_slice).unwrap_or_default();
                let answered = match &command.verb {
                    Verb::Ask { text, input, .. } => {
                        let spoken = *input == Input::Speech;
                        wish_of(text).filter(|_| spoken == outcome.speech.is_some())
                    }
                    Verb::Say { .. }
                    | Verb::Play { .. }
                    | Verb::SendDigits { .. }
                    | Verb::Transfer { .. }
                    | Verb::Stream { .. } => None,
                };
                if answered.is_none_or(|answered| !asked.contains(&answered)) {
                    let (id, call) = (command.id, tail(is.facts.id));
                    let what = format!(
                        "command {id} of {call}, wish {answered:?}, has {token}, given to questions {asked:?}"
                    );
                    return Err(self.breach(Promise::RightAnswer, what));
                }
            }
        }
        Ok(())
    }

    /// The keys of an acknowledged webhook are in the log of its call, for ever.
    pub(super) fn inspect_keys(&self, id: CallId, heard: &HeardWebhook) -> Result<(), Breach> {
        let Some((told, event_id)) = heard.news.as_ref().and_then(keys_told) else { return Ok(()) };
        let tables = self.disk.tables();
        let log = tables.events.get(&id).map(Vec::as_slice).unwrap_or_default();
        let is_kept = log.iter().any(|line| {
            let kept = keys_told(&line.event.news);
            kept.is_some_and(|(keys, name)| keys == told && name == event_id)
        });
        // A log that is too long for one step of the keeper loses its oldest lines first.
        let is_going = log.first().is_none_or(|line| line.version > 1);
        drop(tables);
        if is_kept || is_going {
            return Ok(());
        }
        let what = format!("{} was told of the keys {told} and did not keep them", tail(id));
        Err(self.breach(Promise::KeptDigits, what))
    }

    /// What was heard on all lines, and what calls say of it. At the end, with `settled`, nothing
    /// that was asked is open any more.
    pub(crate) fn inspect_commands(&self, settled: bool) -> Result<(), Breach> {
        // A call that went back in time says again what it had not said yet then.
        if self.checks.lost_a_store() {
            return Ok(());
        }
        let legs = self.network.calls();
        let heard = self.heard_once(&legs)?;
        self.inspect_others(&legs)?;
        let tables = self.disk.tables();
        let calls: Vec<Call> = tables.calls.values().map(|row| row.call.clone()).collect();
        drop(tables);
        calls.iter().try_for_each(|call| {
            self.inspect_apart(call, &legs)?;
            call.commands.iter().try_for_each(|command| {
                if settled && command.state.is_open() {
                    let (id, call) = (command.id, tail(call.facts.id));
                    let what = format!("at the end command {id} of {call} is {:?}", command.state);
                    return Err(self.breach(Promise::CommandsSettled, what));
                }
                self.inspect_done(call, command, &heard, &legs)
            })
        })
    }

    /// Each sentence, and each row of keys, is one wish's own: nobody hears it twice.
    fn heard_once(&self, legs: &[CallTruth]) -> Result<BTreeMap<String, usize>, Breach> {
        let mut heard: BTreeMap<String, usize> = BTreeMap::new();
        for leg in legs {
            for one in &leg.heard {
                let text = match &one.what {
                    Sound::Say(text) if wish_of(text).is_some() || text.starts_with(GREETING) => text,
                    Sound::Play(url) => url,
                    Sound::Digits(keys) if keys.len() == keys_of(0).len() => keys,
                    _ => continue,
                };
                let n_times = heard.entry(text.clone()).or_default();
                *n_times += 1;
                if *n_times > 1 {
                    let what = format!("{} heard {text:?} {n_times} times", end(&leg.id));
                    return Err(self.breach(Promise::NoSecondSaying, what));
                }
            }
        }
        Ok(heard)
    }

    /// What was done was heard, where the carrier tells; what was refused was not.
    fn inspect_done(
        &self,
        call: &Call,
        command: &Command,
        heard: &BTreeMap<String, usize>,
        legs: &[CallTruth],
    ) -> Result<(), Breach> {
        let n_times = match &command.verb {
            Verb::Say { text } if wish_of(text).is_none() && !text.starts_with(GREETING) => return Ok(()),
            Verb::Say { text } | Verb::Ask { text, .. } => heard.get(text).copied().unwrap_or(0),
            Verb::SendDigits { digits } => heard.get(digits).copied().unwrap_or(0),
            Verb::Play { url, .. } => heard.get(url).copied().unwrap_or(0),
            // Nobody hears it here.
            Verb::Stream { .. } => return Ok(()),
            Verb::Transfer { to } => legs.iter().filter(|leg| leg.to == to.as_str()).count(),
        };
        let fits = match &command.state {
            CommandState::Done(_) => n_times > 0 || !self.tells_done(call, command),
            CommandState::Failed { reason, .. } => n_times == 0 || reason == UNABLE,
            _ => true,
        };
        if fits {
            return Ok(());
        }
        let (id, name) = (command.id, tail(call.facts.id));
        let what = format!("command {id} of {name} is {:?}, and was done {n_times} times", command.state);
        Err(self.breach(Promise::SaidIsHeard, what))
    }

    /// Whether a command that counts as done must have been. What a document says is done when its
    /// time has passed, whether or not the carrier came to ask for it. Telnyx is made to listen before
    /// it asks, and may have been answered in between.
    fn tells_done(&self, call: &Call, command: &Command) -> bool {
        if self.plan.carrier == Kind::Telnyx
            && matches!(&command.verb, Verb::Ask { input: Input::Speech, .. })
        {
            return false;
        }
        let by_document = command.id == FIRST && !call.facts.by_command;
        let told = matches!(command.verb, Verb::Transfer { .. })
            || matches!(&command.state, CommandState::Done(outcome)
                if Outcome { stopped: false, ..outcome.clone() } != Outcome::default());
        !by_document && (self.plan.carrier != Kind::Plivo || told)
    }

    /// A transfer rings one phone, and the end of that leg doesn't end the call's own.
    fn inspect_others(&self, legs: &[CallTruth]) -> Result<(), Breach> {
        let mut rung = BTreeMap::new();
        for leg in legs {
            let Some(n) = transfer_of(&leg.to).filter(|_| leg.direction == Direction::Outbound) else {
                continue;
            };
            if let Some(before) = rung.insert(n, &leg.id) {
                let what = format!("wish {n} rang {} and {}", end(before), end(&leg.id));
                return Err(self.breach(Promise::TransferApart, what));
            }
        }
        Ok(())
    }

    /// A call has no name of another's, no stray that is its own leg or a transfer's other one, and
    /// did not end because that one ended.
    fn inspect_apart(&self, call: &Call, legs: &[CallTruth]) -> Result<(), Breach> {
        let own = call.leg().map(|leg| self.checks.real(leg.as_str()));
        let first = legs.iter().find(|leg| Some(leg.id.as_str()) == own);
        for command in &call.commands {
            let Verb::Transfer { to } = &command.verb else { continue };
            let Some(second) = legs.iter().find(|leg| leg.to == to.as_str()) else { continue };
            let Some(first) = first else { continue };
            let together = first.ended_at.is_some() && first.ended_at == second.ended_at;
            let dragged = matches!(first.ended_by, Some(EndedBy::Carrier | EndedBy::Instructions));
            let hung_up = first.cause == Some(Cause::HungUp);
            if together && dragged && hung_up && second.ended_by == Some(EndedBy::Remote) {
                let what = format!("{} ended with {}, its transfer's leg", end(&first.id), end(&second.id));
                return Err(self.breach(Promise::TransferApart, what));
            }
        }
        Ok(())
    }

    /// No call takes its own leg, unless it was given up, or the other leg of a transfer, for a stray; nor that one for its
    /// own.
    pub(super) fn inspect_names(&self, is: &Call) -> Result<(), Breach> {
        let own = is.leg().map(|leg| self.checks.real(leg.as_str()));
        let is_other =
            |leg: &CallTruth| leg.direction == Direction::Outbound && transfer_of(&leg.to).is_some();
        let given_up = matches!(&is.state, CallState::Ended(over)
            if over.ending.confirmed_by == ConfirmedBy::Nobody);
        let stray = is.strays.iter().find(|stray| {
            let is_own = !given_up && Some(self.checks.real(stray.leg.as_str())) == own;
            is_own || self.truth(stray.leg.as_str()).is_some_and(|leg| is_other(&leg))
        });
        // Of a name that the network doesn't give to calls nothing is known.
        let named = is.leg().into_iter().chain(&is.also).find(|name| {
            let truth = self.truth(name.as_str());
            truth.is_some_and(|leg| is_other(&leg) || own.is_some_and(|own| own != leg.id))
        });
        match (stray, named) {
            (None, None) => Ok(()),
            (stray, named) => {
                let what = format!("{} has the stray {stray:?}, the name {named:?}", tail(is.facts.id));
                Err(self.breach(Promise::OwnLeg, what))
            }
        }
    }
}

/// What was given in answer, in pieces that are given once.
fn tokens(outcome: &Outcome) -> Vec<String> {
    // Who wants no more calls may say so in any answer.
    let pressed = outcome.digits.as_deref().unwrap_or_default();
    let digits = pressed.replace(OPT_OUT_KEY, "");
    let is_whole = |chunk: &&[u8]| chunk.len() == 4 || pressed.len() == digits.len();
    let digits = digits.as_bytes().chunks(4).filter(is_whole);
    let digits = digits.map(|chunk| String::from_utf8_lossy(chunk).into_owned());
    let words = outcome.speech.as_deref().unwrap_or_default().split_whitespace();
    let is_token = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit());
    digits.chain(words.filter(is_token).map(str::to_owned)).collect()
}

/// The keys that a piece of news tells, and the name by which a repeat of it is known.
fn keys_told(news: &News) -> Option<(String, Option<String>)> {
    match news {
        News::CommandHeard { id, performed: Performed::Finished(outcome), .. } => {
            Some((outcome.digits.clone()?, Some(id.to_string())))
        }
        News::DigitsHeard { digits, event_id, .. } => Some((digits.clone(), event_id.clone())),
        _ => None,
    }
}

/// Why a command failed that was taken.
const UNABLE: &str = "the carrier could not do it";
