//! Commands of a live call: asked, sent one after the other, and never twice.

use super::agent::{self, Leaving, Wants};
use super::at_carrier::BeforeTransfer;
use super::command::{
    ANSWER_GRACE, COMMANDS_KEPT_MAX, COMMANDS_OPEN_MAX, Command, CommandId, CommandReply, CommandState,
    GREETING, Outcome, PRESSED_KEPT_MAX, Performed, Pressed, STREAMS_MAX, StreamEnd, Verb,
};
use super::effect::Effect;
use super::ending::EndedBy;
use super::event::{Event, News, Source};
use super::machine;
use super::moves::{Step, hanging_up, stay};
use super::state::{Call, CallState};
use super::stops;
use super::timers::ANSWER_WITHIN;
use crate::time::Timestamp;
use std::time::Duration;

/// Somebody asks for something. Whether it may be asked is decided before; what is asked of a call
/// that ends fails with it.
pub(super) fn ask(call: &Call, verb: &Verb, event: &Event) -> Step {
    let over = matches!(call.state, CallState::HangingUp(_) | CallState::Ended(_));
    // What an agent wished for that had not heard yet that a machine is there.
    let too_late = event.source == Source::Agent && call.message.is_some();
    if over || too_late || call.commands_open() >= COMMANDS_OPEN_MAX {
        return stay(call);
    }
    let mut next = call.clone();
    add(&mut next, verb.clone(), event.source == Source::Agent, event.at);
    stay(&next)
}

fn add(call: &mut Call, verb: Verb, by_agent: bool, at: Timestamp) {
    call.last_command = CommandId(call.last_command.0.saturating_add(1));
    call.commands.push(Command::asked(call.last_command, verb, by_agent, at));
}

/// The carrier's answer to a command.
pub(super) fn replied(call: &Call, id: CommandId, reply: &CommandReply, at: Timestamp) -> Step {
    change(call, id, |command| {
        let next = match (&command.state, reply) {
            (CommandState::Sent { .. }, CommandReply::Taken { lasts }) => taken(command, *lasts, at),
            (CommandState::Sent { .. }, CommandReply::Refused { code, reason }) => {
                CommandState::Failed { code: code.clone(), reason: reason.clone() }
            }
            (CommandState::Sent { .. }, CommandReply::InDoubt { why }) => {
                CommandState::InDoubt { why: why.clone(), taken: false }
            }
            _ => return,
        };
        command.state = next;
    })
}

/// What a webhook says of a command. It may be late, and is true all the same: of that command and
/// no other.
pub(super) fn heard(call: &Call, id: CommandId, performed: &Performed, at: Timestamp) -> Step {
    let free = !call.commands.iter().any(|command| command.state.is_under_way());
    change(call, id, |command| {
        use CommandState as C;
        let listened =
            call.facts.by_command && matches!(command.verb, Verb::Ask { input, .. } if input.hears_words());
        // Of a stream that came to it the gateway's own word counts: the carrier doesn't say of which.
        if command.is_through_us() && command.attached > 0 {
            return;
        }
        let next = match (&command.state, performed) {
            // The question is being said: who answers hears it.
            (C::Sent { .. }, Performed::Begun) if listened => asking(&command.verb, at),
            (C::InDoubt { taken: false, .. }, Performed::Begun) if listened && free => {
                asking(&command.verb, at)
            }
            // What is heard may have been said to no question: the carrier listens before one is put.
            (C::InDoubt { taken: false, .. }, Performed::Finished(_)) if listened => return,
            (C::Sent { .. }, Performed::Begun) => begun(&taken(command, None, at)),
            (taken @ C::Taken { told: true, begun: false, .. }, Performed::Begun) => begun(taken),
            // Whether a program hung up or broke down, the carriers tell in one word.
            (C::Taken { begun: true, .. }, Performed::Failed { .. })
                if matches!(command.verb, Verb::Stream { .. }) =>
            {
                C::Done(Outcome::default())
            }
            (C::Sent { .. } | C::Taken { .. } | C::InDoubt { .. }, Performed::Finished(outcome)) => {
                C::Done(outcome.clone())
            }
            (C::Stopping { .. }, Performed::Finished(outcome)) => {
                C::Done(Outcome { stopped: true, ..outcome.clone() })
            }
            // A carrier may call a sentence that was cut off a failed one.
            (C::Stopping { .. }, Performed::Failed { .. }) => stops::stopped(),
            // First that nothing more comes, and then what came: nothing is lost.
            (C::Done(known), Performed::Finished(outcome)) if is_wordless(known) => {
                C::Done(Outcome { stopped: known.stopped, ..outcome.clone() })
            }
            (C::Sent { .. } | C::Taken { .. } | C::InDoubt { .. }, Performed::Failed { code }) => {
                C::Failed { code: code.clone(), reason: "the carrier could not do it".to_owned() }
            }
            _ => return,
        };
        command.state = next;
    })
}

/// The carrier's stream came to a gateway. One of another number came too late, or twice.
pub(super) fn attached(call: &Call, id: CommandId, number: u32, run: u64, at: Timestamp) -> Step {
    change(call, id, |command| {
        if command.awaits_stream(number) {
            command.attached += 1;
            command.attached_to = Some(run);
            command.state = taken(command, None, at);
        }
    })
}

/// Why a stream failed, by the word for it.
fn why_it_failed(code: &str) -> &'static str {
    match code {
        "model_silent" => "its model did not reply, time and again",
        "recognizer_failed" => "what was said was not understood, time and again",
        "synthesizer_failed" => "what was to be said could not be spoken, time and again",
        _ => "the sound could not be carried",
    }
}

/// A stream through a gateway is over. One that broke is asked for again: it was there, so nobody is
/// handed a sound twice.
pub(super) fn stream_over(call: &Call, id: CommandId, number: u32, end: &StreamEnd, at: Timestamp) -> Step {
    let mut asked_again = false;
    let mut step = change(call, id, |command| {
        if command.attached != number + 1 || command.attached_to.take().is_none() {
            return;
        }
        command.state = match (&command.state, end) {
            (CommandState::Taken { .. }, StreamEnd::Lost) if command.attached < STREAMS_MAX => {
                asked_again = true;
                CommandState::Sent { until: at + ANSWER_WITHIN }
            }
            (CommandState::Taken { .. }, StreamEnd::Ended) => CommandState::Done(Outcome::default()),
            (CommandState::Taken { .. }, StreamEnd::Failed { code }) => {
                CommandState::Failed { code: code.clone(), reason: why_it_failed(code).to_owned() }
            }
            (CommandState::Taken { .. }, StreamEnd::Lost) => CommandState::Failed {
                code: "stream_lost".to_owned(),
                reason: "it broke again and again".to_owned(),
            },
            (CommandState::Stopping { .. }, _) => stops::stopped(),
            _ => return,
        };
    });
    if asked_again && matches!(step.call.state, CallState::InProgress(_)) {
        step.effects.push(Effect::Perform(id));
    }
    step
}

/// A question that the carrier puts. That nobody answers it tells nowhere.
fn asking(verb: &Verb, at: Timestamp) -> CommandState {
    CommandState::Taken { until: at + verb.lasts() + ANSWER_GRACE, told: false, begun: true }
}

/// Keys were pressed without being asked for. A repeat of the news is known by its name.
pub(super) fn pressed(call: &Call, digits: &str, event_id: Option<&String>, at: Timestamp) -> Step {
    let known = event_id.is_some() && call.pressed.iter().any(|one| one.event_id.as_ref() == event_id);
    if known {
        return stay(call);
    }
    let mut next = call.clone();
    next.pressed.push(Pressed { digits: digits.to_owned(), at, event_id: event_id.cloned() });
    let surplus = next.pressed.len().saturating_sub(PRESSED_KEPT_MAX);
    next.pressed.drain(..surplus);
    stay(&next)
}

/// After each step: what is over is closed, and the next command goes when it is its turn.
pub(super) fn settle(before: &Call, mut step: Step, event: &Event) -> Step {
    let at = event.at;
    greet(&mut step.call, at);
    let talks = matches!(step.call.state, CallState::InProgress(_));
    let begins = step.call.facts.agent.is_some() || step.call.owes_recording();
    if step.call.commands.is_empty() && !(talks && begins) {
        return step;
    }
    if event.news == News::CheckDue {
        expire(&mut step.call, at);
        step.effects.extend(stops::repeat(&mut step.call, at));
    }
    step.effects.extend(concluded(before, &step.call));
    if talks && machine::interrupts(&step.call) {
        step = interrupted(step, at);
    }
    match &step.call.state {
        CallState::InProgress(_) => match wanted(&step.call) {
            Wants::Close(by, cause) => {
                let closed = hanging_up(&step.call, by, cause, at, true);
                step.effects.extend(closed.effects);
                step.call = closed.call;
                close(&mut step.call, false);
            }
            wants => {
                match wants {
                    Wants::This(verb) => add(&mut step.call, verb, true, at),
                    Wants::Message(text) => {
                        step.call.agent_left = step.call.agent_left.or(Some(Leaving::Done));
                        add(&mut step.call, Verb::Say { text }, true, at);
                        step.call.message = Some(step.call.last_command);
                    }
                    Wants::Nothing | Wants::Close(..) => {}
                }
                step.effects.extend(step.call.ask_for_recording(at));
                step.effects.extend(send_next(&mut step.call, at));
            }
        },
        CallState::HangingUp(_) => close(&mut step.call, false),
        CallState::Ended(_) => close(&mut step.call, true),
        _ => {}
    }
    forget(&mut step.call);
    step
}

/// Everything that is asked, or under way, ends before its time; nothing more is asked for.
fn interrupted(mut step: Step, at: Timestamp) -> Step {
    step.call.agent_left = step.call.agent_left.or(Some(Leaving::Done));
    let open = step.call.commands.iter().filter(|command| command.state.is_open());
    for id in open.map(|command| command.id).collect::<Vec<_>>() {
        let stopped = stops::ask(&step.call, id, at);
        step.call = stopped.call;
        step.effects.extend(stopped.effects);
    }
    step
}

/// The greeting is a command of its own where it has to be sent, or where something follows it.
fn greet(call: &mut Call, at: Timestamp) {
    let Some(text) = call.facts.say.clone() else { return };
    let wanted = call.facts.by_command || call.facts.hold;
    let greeted = call.commands.iter().any(|command| command.id == GREETING);
    if !wanted || greeted || !matches!(call.state, CallState::InProgress(_)) {
        return;
    }
    let mut greeting = Command::asked(GREETING, Verb::Say { text }, false, at);
    if !call.facts.by_command {
        // The document that the line began with says it.
        let until = at + greeting.verb.lasts();
        greeting.state = CommandState::Taken { until, told: false, begun: false };
    }
    call.commands.insert(0, greeting);
}

/// What is wanted of a line beside what was asked for: that it is closed when all that was to be said
/// is said, and what its agent wants.
fn wanted(call: &Call) -> Wants {
    if let Some(wants) = machine::wants(call) {
        return wants;
    }
    let over = |command: &Command| command.id == GREETING && !command.state.is_open();
    if call.facts.by_command && !call.facts.hold && call.commands.iter().any(over) {
        return Wants::Close(EndedBy::Gateway, "said");
    }
    agent::wants(call)
}

/// A time-out decides nothing but that nobody waits any longer.
fn expire(call: &mut Call, at: Timestamp) {
    for command in &mut call.commands {
        let next = match &command.state {
            CommandState::Sent { until } if at >= *until => {
                CommandState::InDoubt { why: "the carrier did not answer".to_owned(), taken: false }
            }
            CommandState::Taken { until, told: false, .. } if at >= *until => {
                CommandState::Done(Outcome::default())
            }
            CommandState::Taken { until, told: true, .. } if at >= *until => CommandState::InDoubt {
                why: "the carrier took it and did not say that it was over".to_owned(),
                taken: true,
            },
            _ => continue,
        };
        command.state = next;
    }
}

/// Questions that just came to their end, where the carrier listens until it is told to stop.
fn concluded(before: &Call, call: &Call) -> Vec<Effect> {
    if !call.facts.by_command || !matches!(call.state, CallState::InProgress(_)) {
        return Vec::new();
    }
    let listened = |command: &&Command| {
        let speech = matches!(command.verb, Verb::Ask { input, .. } if input.hears_words());
        let known = before.command(command.id).map(|known| &known.state);
        // To stop it has told the carrier already.
        let listened = matches!(known, Some(CommandState::Sent { .. } | CommandState::Taken { .. }));
        speech && listened && !command.state.is_open()
    };
    call.commands.iter().filter(listened).map(|command| Effect::Conclude(command.id)).collect()
}

/// One at a time: the next goes when the one before is over.
fn send_next(call: &mut Call, at: Timestamp) -> Option<Effect> {
    if call.commands.iter().any(|command| command.state.is_under_way()) || call.awaits_recording() {
        return None;
    }
    loop {
        let is_next = |command: &Command| command.state == CommandState::Asked;
        let next = call.commands.iter().position(is_next)?;
        let before = match call.commands[next].verb {
            Verb::Transfer { .. } => call.stop_recording_for_transfer(at),
            _ => BeforeTransfer::Nothing,
        };
        let next = &mut call.commands[next];
        match before {
            BeforeTransfer::Nothing => {
                next.state = CommandState::Sent { until: at + ANSWER_WITHIN };
                return Some(Effect::Perform(next.id));
            }
            BeforeTransfer::Wait(stop) => return stop,
            BeforeTransfer::Refuse => {
                next.state = CommandState::Failed {
                    code: "still_recorded".to_owned(),
                    reason: "the carrier would not stop recording, of which nobody told them".to_owned(),
                }
            }
        }
    }
}

/// The call ends: what wasn't sent isn't sent any more; of what was, nobody will tell.
fn close(call: &mut Call, over: bool) {
    for command in &mut call.commands {
        let next = match &command.state {
            CommandState::Asked => CommandState::Failed {
                code: "call_over".to_owned(),
                reason: "the call ended first".to_owned(),
            },
            // Of a question it isn't known whether it was answered: the answer may have found nobody.
            CommandState::Taken { told: false, .. } if over && !matches!(command.verb, Verb::Ask { .. }) => {
                CommandState::Done(Outcome::default())
            }
            // A line that is no more has no sound.
            CommandState::Taken { .. } if over && matches!(command.verb, Verb::Stream { .. }) => {
                CommandState::Done(Outcome::default())
            }
            CommandState::Stopping { .. } if over => stops::stopped(),
            CommandState::Sent { .. } | CommandState::Taken { .. } if over => CommandState::InDoubt {
                why: "the call ended meanwhile".to_owned(),
                taken: matches!(command.state, CommandState::Taken { .. }),
            },
            _ => continue,
        };
        command.state = next;
    }
}

/// Forgets the oldest that are over. The greeting is never forgotten, nor the last that the agent asked
/// for: they would be said again.
fn forget(call: &mut Call) {
    let by_agent = call.commands.iter().rev().find(|command| command.by_agent).map(|command| command.id);
    while call.commands.len() > COMMANDS_KEPT_MAX {
        let kept = |command: &Command| command.id == GREETING || Some(command.id) == by_agent;
        let oldest = |command: &Command| !kept(command) && !command.state.is_open();
        let Some(index) = call.commands.iter().position(oldest) else { return };
        call.commands.remove(index);
    }
}

fn taken(command: &Command, lasts: Option<Duration>, at: Timestamp) -> CommandState {
    match lasts {
        Some(lasts) => CommandState::Taken { until: at + lasts, told: false, begun: false },
        None => {
            let grace = match command.verb {
                // The carrier is to bring it at once.
                Verb::Stream { speaks, .. } if speaks.is_through_us() && command.attached_to.is_none() => {
                    GRACE
                }
                Verb::Transfer { .. } | Verb::Stream { .. } => TALK_MAX,
                Verb::Say { .. } | Verb::Ask { .. } | Verb::SendDigits { .. } | Verb::Play { .. } => GRACE,
            };
            CommandState::Taken { until: at + command.verb.lasts() + grace, told: true, begun: false }
        }
    }
}

/// The same, of which the carrier said that it has begun.
fn begun(state: &CommandState) -> CommandState {
    match state {
        CommandState::Taken { until, told, .. } => {
            CommandState::Taken { until: *until, told: *told, begun: true }
        }
        other => other.clone(),
    }
}

/// Whether it says only that the command is over.
fn is_wordless(outcome: &Outcome) -> bool {
    Outcome { stopped: false, ..outcome.clone() } == Outcome::default()
}

pub(super) fn change(call: &Call, id: CommandId, mut with: impl FnMut(&mut Command)) -> Step {
    let mut next = call.clone();
    next.commands.iter_mut().filter(|command| command.id == id).for_each(&mut with);
    stay(&next)
}

/// So much longer than it should take may a command take until nobody waits for its end.
const GRACE: Duration = Duration::from_secs(60);
/// Those who were put through may talk for so long, and a program with whoever is on the line: the
/// longest that a carrier lets a call last.
const TALK_MAX: Duration = Duration::from_secs(86_400);
