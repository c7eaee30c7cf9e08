//! Every turn: each call that was written is rebuilt from its log, and each of its moves is held
//! against the truth.

use super::{Breach, Paused, Promise};
use crate::scene::Kind;
use crate::world::World;
use crate::world::{end, millis, tail};
use call::call::{
    AnsweredBy, Command, ConfirmedBy, EndedBy, Event, News, OnMachine, Over, Progress, Sighting, Source,
    Verb, born, step,
};
use call::{Call, CallId, CallState, CarrierCallId, Timestamp};
use http::Method;
use network::CallTruth;
use network::world::Cause;
use std::time::Duration;

impl World {
    /// Holds what the last turn wrote against its log and the truth.
    pub(crate) fn inspect_written(&mut self) -> Result<(), Breach> {
        let written: Vec<CallId> = self.disk.tables().written.iter().copied().collect();
        for id in written {
            self.inspect_call(id)?;
        }
        Ok(())
    }

    fn inspect_call(&mut self, id: CallId) -> Result<(), Breach> {
        let known = self.checks.rebuilt.remove(&id);
        let row = self.disk.tables().calls.get(&id).cloned();
        let Some(row) = row else {
            return known.map_or(Ok(()), |(_, known)| self.inspect_pruned(id, &known));
        };
        let log = {
            let tables = self.disk.tables();
            let seen = known.as_ref().map_or(0, |(version, _)| *version);
            let log = tables.events.get(&id).into_iter().flatten();
            let log: Vec<Event> =
                log.filter(|line| line.version > seen).map(|line| line.event.clone()).collect();
            log
        };
        let mut call = known.map(|(_, call)| call);
        for event in &log {
            let next = match &call {
                None => born(event),
                Some(call) => Some(step(call, event).call),
            };
            let Some(next) = next else {
                return Err(self.breach(Promise::Rebuilt, format!("{} begins with {event:?}", tail(id))));
            };
            self.inspect_move(call.as_ref(), &next, event)?;
            call = Some(next);
        }
        if call.as_ref() != Some(&row.call) {
            let what = format!("{} is {:?}, and its log makes it {call:?}", tail(id), row.call);
            return Err(self.breach(Promise::Rebuilt, what));
        }
        if !row.call.state.is_ended() && row.due_at.is_none() {
            let what = format!("{} is {} and never due", tail(id), row.call.state.word());
            return Err(self.breach(Promise::BoundedLife, what));
        }
        self.checks.rebuilt.insert(id, (row.version, row.call));
        Ok(())
    }

    fn inspect_move(&mut self, was: Option<&Call>, is: &Call, event: &Event) -> Result<(), Breach> {
        let id = is.facts.id;
        self.inspect_ended(is)?;
        self.inspect_proof(is, event)?;
        self.inspect_leg(is)?;
        self.inspect_names(is)?;
        self.inspect_answers(is)?;
        if matches!(event.source, Source::Webhook | Source::LookUp | Source::Listing | Source::Reply) {
            self.checks.looked_at(id);
        }
        if let News::GateRefused(refused) = &event.news {
            self.inspect_refused_late(is, refused)?;
        }
        self.inspect_policy(is, was.is_none(), &event.news)?;
        self.inspect_agent(was, is)?;
        let was_ended = was.is_some_and(|was| was.state.is_ended());
        match &is.state {
            CallState::Ended(over) if !was_ended => self.inspect_ending(was, is, over, event),
            CallState::HangingUp(hanging)
                if hanging.by == EndedBy::Gateway
                    && !was.is_some_and(|was| matches!(was.state, CallState::HangingUp(_))) =>
            {
                self.inspect_deadline(id, &hanging.leg, &hanging.cause, event)
            }
            _ => Ok(()),
        }
    }

    /// An agent asks for its message once, and closes the line only when that is over.
    fn inspect_agent(&mut self, was: Option<&Call>, is: &Call) -> Result<(), Breach> {
        let id = is.facts.id;
        let is_message = |command: &&Command| is.message == Some(command.id);
        let theirs = |command: &&Command| command.by_agent && !is_message(command);
        let theirs: Vec<&Command> = is.commands.iter().filter(theirs).collect();
        if theirs.len() > 1 {
            let what = format!("the agent of {} asked {} times", tail(id), theirs.len());
            return Err(self.breach(Promise::NoSecondSaying, what));
        }
        self.inspect_machine(was, is)?;
        let closed = |call: &Call| matches!(&call.state, CallState::HangingUp(hanging) if hanging.cause.starts_with("agent_"));
        if !closed(is) || was.is_some_and(closed) {
            return Ok(());
        }
        self.tally.command("agent closed");
        match theirs.first() {
            Some(command) if !command.state.is_open() => Ok(()),
            command => {
                let what = format!("the agent of {} closed the line at {command:?}", tail(id));
                Err(self.breach(Promise::NoGuess, what))
            }
        }
    }

    /// The line of a machine is closed when what is left on it is over, and that of nobody else for one.
    fn inspect_machine(&mut self, was: Option<&Call>, is: &Call) -> Result<(), Breach> {
        let closed = |call: &Call| matches!(&call.state, CallState::HangingUp(hanging) if hanging.cause == "answering_machine");
        if !closed(is) || was.is_some_and(closed) {
            return Ok(());
        }
        let policy = is.facts.agent.as_ref().and_then(|agent| agent.machine.as_ref());
        let message = is.message.and_then(|id| is.command(id));
        let fits = match (policy, is.answered_by) {
            (Some(_), Some(AnsweredBy::Fax)) => true,
            (Some(OnMachine::HangUp), Some(AnsweredBy::Machine | AnsweredBy::Recording)) => true,
            (Some(OnMachine::Leave(text)), Some(AnsweredBy::Machine | AnsweredBy::Recording)) => {
                let says = |verb: &Verb| matches!(verb, Verb::Say { text: said } if said == text);
                message.is_some_and(|message| says(&message.verb) && !message.state.is_open())
            }
            _ => false,
        };
        self.tally.command(if is.message.is_some() { "message left" } else { "machine hung up on" });
        if fits {
            return Ok(());
        }
        let what = format!(
            "{} was closed as a machine's: {policy:?}, {:?}, {message:?}",
            tail(is.facts.id),
            is.answered_by
        );
        Err(self.breach(Promise::NoGuess, what))
    }

    /// What is over stays as it is; only its strays may change.
    fn inspect_ended(&mut self, is: &Call) -> Result<(), Breach> {
        let id = is.facts.id;
        let before = self.checks.ended.get(&id);
        match (&is.state, before) {
            (CallState::Ended(over), None) => {
                self.checks.ended.insert(id, over.clone());
                Ok(())
            }
            (CallState::Ended(over), Some(before)) if over == before => Ok(()),
            (_, None) => Ok(()),
            (state, Some(before)) => {
                let what = format!("{} was {before:?} and is {state:?}", tail(id));
                Err(self.breach(Promise::EndedStays, what))
            }
        }
    }

    /// A successful look that says "over" ends the call, there and then.
    fn inspect_proof(&self, is: &Call, event: &Event) -> Result<(), Breach> {
        let leg = match &event.news {
            News::Over { leg, .. } | News::Sighted { leg, sighting: Sighting::Over(_) } => leg,
            _ => return Ok(()),
        };
        if is.leg() != Some(leg) || is.state.is_ended() {
            return Ok(());
        }
        let what = format!("{} was told that it is over, and is {}", tail(is.facts.id), is.state.word());
        Err(self.breach(Promise::NoPhantom, what))
    }

    /// A leg that a call took for its own was made for it.
    fn inspect_leg(&mut self, is: &Call) -> Result<(), Breach> {
        let strays = is.strays.iter().map(|stray| &stray.leg);
        for name in is.leg().into_iter().chain(&is.also).chain(strays) {
            self.learn_name(name.as_str());
        }
        let Some(leg) = is.leg() else { return Ok(()) };
        // At Plivo a call may be known by its request alone, and can't be asked how it ended.
        let known = if self.checks.real(leg.as_str()) == leg.as_str() { Some(leg.clone()) } else { None };
        let since = self.checks.known_since.entry(is.facts.id).or_insert((self.now, known.clone()));
        if known.is_some() && since.1.is_none() {
            *since = (self.now, known);
        }
        match self.checks.owner.get(self.checks.real(leg.as_str())) {
            Some(owner) if *owner != is.facts.id => {
                let what = format!("{} took {leg}, which was made for {}", tail(is.facts.id), tail(*owner));
                Err(self.breach(Promise::NoGuess, what))
            }
            _ => Ok(()),
        }
    }

    fn inspect_ending(
        &mut self,
        was: Option<&Call>,
        is: &Call,
        over: &Over,
        event: &Event,
    ) -> Result<(), Breach> {
        let id = is.facts.id;
        self.checks.endings.push_back(self.now);
        let legs = self.checks.created.get(&id).map(Vec::as_slice).unwrap_or_default();
        let truths: Vec<CallTruth> = legs.iter().filter_map(|sid| self.truth(sid)).collect();
        let living = truths.iter().find(|truth| truth.live);
        if over.ending.confirmed_by == ConfirmedBy::Nobody && living.is_some() {
            self.tally.fault("given up while it lived");
            self.story.tell(self.now, || format!("{} is given up while it lives", tail(id)));
        }
        let guess = |what: String| Err(self.breach(Promise::NoGuess, what));
        match over.ending.confirmed_by {
            ConfirmedBy::Nobody => match bound_of(was) {
                Some(bound) if event.at >= bound => Ok(()),
                bound => guess(format!("{} was given up at {:?}, before {bound:?}", tail(id), event.at)),
            },
            ConfirmedBy::Gateway | ConfirmedBy::Reply => match living {
                Some(leg) => guess(format!(
                    "{} ended as {:?}, and {} is {}",
                    tail(id),
                    over.ending,
                    end(&leg.id),
                    leg.status
                )),
                None => Ok(()),
            },
            ConfirmedBy::Webhook | ConfirmedBy::LookUp | ConfirmedBy::Listing | ConfirmedBy::Import => {
                let leg = over.leg.as_ref().and_then(|leg| self.truth(leg.as_str()));
                match leg {
                    Some(leg) if leg.live => guess(format!(
                        "{} ended as {:?}, and {} is {}",
                        tail(id),
                        over.ending,
                        end(&leg.id),
                        leg.status
                    )),
                    Some(leg) if !agrees(self.plan.carrier, over, &leg) => guess(format!(
                        "{} ended as {:?}, and in truth {} ({:?})",
                        tail(id),
                        over.ending,
                        leg.status,
                        leg.cause
                    )),
                    Some(_) => Ok(()),
                    None => guess(format!("{} ended by proof of no leg: {:?}", tail(id), over)),
                }
            }
        }
    }

    /// The gateway hangs up for time: the time must have passed, by the network's clock.
    fn inspect_deadline(
        &self,
        id: CallId,
        leg: &CarrierCallId,
        cause: &str,
        event: &Event,
    ) -> Result<(), Breach> {
        let Some(truth) = self.truth(leg.as_str()) else { return Ok(()) };
        let limits = &self.plan.limits;
        let since = |at: Option<network::Millis>| at.map_or(0, |at| self.now - at.get());
        let lived = since(Some(truth.asked_at));
        // Plivo tells since when there is sound, and not since when it is a talk.
        let talk = if self.plan.carrier == Kind::Plivo { lived } else { since(truth.answered_at) };
        let talked = truth.answered_at.is_some() && talk >= millis(limits.duration_max) - SLACK_MS;
        let too_long = lived >= millis(limits.ring_max + limits.duration_max) - SLACK_MS;
        let rang = lived >= millis(limits.ring_max) - SLACK_MS;
        // Where the carrier can't be asked our own clock decides.
        let clock_set = self.checks.clock_set_at.is_some_and(|at| at + 10_000 >= truth.asked_at.get());
        let blind = match &event.news {
            News::Sighted { sighting: Sighting::Unknown(_), .. } => true,
            // It lives, and how far it got isn't told.
            News::Sighted { sighting: Sighting::Live { progress, lasted }, .. } => {
                *progress == Progress::Initiated && *lasted == Some(Duration::ZERO)
            }
            _ => false,
        };
        let fair = match cause {
            "duration_max" => talked || too_long || (clock_set && blind),
            "ring_max" => rang,
            _ => true,
        };
        if fair {
            return Ok(());
        }
        let talk_s = since(truth.answered_at) / 1000;
        let what =
            format!("{} is hung up for {cause} after {} s, {talk_s} s of talk", tail(id), lived / 1000);
        Err(self.breach(Promise::NoEarlyEnd, what))
    }

    /// A call is admitted: not too soon after the last one, and not while they are paused.
    pub(crate) fn inspect_admission(&mut self, call: &Call) -> Result<(), Breach> {
        let id = tail(call.facts.id);
        if self.checks.paused == Paused::Yes {
            return Err(self.breach(Promise::Paused, format!("{id} is dialled though calls are paused")));
        }
        self.note_admission(call)?;
        let before = self.checks.admitted_at.replace(self.now);
        match before {
            Some(before) if self.now - before < self.checks.apart_ms => {
                let what = format!("{id} is dialled {} ms after another", self.now - before);
                Err(self.breach(Promise::Pace, what))
            }
            _ => Ok(()),
        }
    }

    /// Asks the network once how it calls a leg itself, of which a call knows this name.
    pub(crate) fn learn_name(&mut self, name: &str) {
        if self.checks.names.contains_key(name) {
            return;
        }
        let truth = self.control(Method::GET, &format!("/calls/{name}"), String::new());
        if let Some(real) = truth["id"].as_str() {
            self.checks.names.insert(name.to_owned(), real.to_owned());
        }
    }

    /// The truth about a leg, whichever of its names is given.
    pub(crate) fn truth(&self, name: &str) -> Option<CallTruth> {
        let sid = self.checks.real(name);
        self.network.calls().into_iter().find(|truth| truth.id == sid)
    }
}

/// Before which time an end without proof is a guess.
fn bound_of(was: Option<&Call>) -> Option<Timestamp> {
    match &was?.state {
        CallState::Placing(placing) => Some(placing.give_up_at),
        CallState::HangingUp(hanging) => Some(hanging.hard_until),
        _ => None,
    }
}

/// Whether the end that we believe in is the one that was.
fn agrees(carrier: Kind, over: &Over, truth: &CallTruth) -> bool {
    use call::call::EndingKind as K;
    let kind = over.ending.kind;
    let inbound = truth.direction == network::world::Direction::Inbound;
    // That the caller gave up, or the document was not to be had, before we declined is not told by
    // any carrier.
    let declined = inbound && kind == K::Rejected && over.ending.by == EndedBy::Gateway;
    // A look at Telnyx tells that a call is over and how long it lasted, not how it ended.
    let looked = matches!(over.ending.confirmed_by, ConfirmedBy::LookUp | ConfirmedBy::Listing);
    if carrier == Kind::Telnyx && looked && over.ending.cause != "ring_max" {
        return declined || matches!(kind, K::Completed | K::NoAnswer);
    }
    if truth.answered_at.is_some() {
        // Plivo tells which document it could not have: without the first nobody heard a word.
        let wordless = carrier == Kind::Plivo
            && truth.cause == Some(Cause::InstructionsFailed)
            && truth.heard.is_empty();
        return kind == K::Completed || (wordless && kind == K::Failed);
    }
    match truth.cause {
        Some(Cause::Busy) => kind == K::Busy,
        _ if declined => true,
        Some(Cause::Rejected) if inbound => kind == K::Rejected || kind == K::NoAnswer,
        // Twilio has one word for both, and only its webhooks tell them apart.
        Some(Cause::Rejected) => kind == K::Rejected || (carrier == Kind::Twilio && kind == K::Busy),
        Some(Cause::RingTimeout | Cause::TimeLimit) => kind == K::NoAnswer,
        Some(Cause::Canceled | Cause::HungUp) => kind == K::Canceled || kind == K::NoAnswer,
        Some(Cause::Unreachable | Cause::InstructionsFailed) => kind == K::Failed,
        None => false,
    }
}

/// Carriers count in whole seconds.
const SLACK_MS: i64 = 3_000;
