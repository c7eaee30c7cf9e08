//! A customer's instructions being carried out: Plivo XML, element by element, on one call.

use std::collections::VecDeque;

use super::call::{Detection, Hook, Way};
use super::dial::Dialling;
use super::document::{self, Action, Prompt, Reason, Record, Verb};
use super::hangup::{Hangup, Origin};
use super::input::Hearing;
use super::{Alarm, Face, uuid};
use crate::form::Form;
use crate::wire::{WebhookFailure, WireResponse};
use crate::world::{Cause, EndedBy, Entry, LegId, Sound, Stage, StreamId, World};

/// How long it takes to hear that a human answered.
const HUMAN_MS: u64 = 1_000;

/// Instructions under way.
#[derive(Debug)]
pub(crate) struct Script {
    verbs: VecDeque<Verb>,
    pub(super) doing: Doing,
    /// Moves on whenever something else begins to be done, so that late alarms are known.
    epoch: u64,
    /// The alarm that ends what is being done.
    alarm: Option<Entry>,
}

/// What a script is doing.
#[derive(Debug)]
pub(crate) enum Doing {
    Nothing,
    /// Something that takes its time.
    Waiting,
    /// Listens whether a machine answered.
    Detecting,
    /// Waits for a document.
    Fetching,
    Hearing(Box<Hearing>),
    Recording(Box<Record>),
    Dialling(Dialling),
    /// Waits for the end of a media stream.
    Streaming(StreamId),
}

/// A request for a document.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) hook: Hook,
    pub(crate) origin: Origin,
    epoch: u64,
    is_fallback: bool,
}

impl Script {
    pub(crate) fn idle() -> Script {
        Script { verbs: VecDeque::new(), doing: Doing::Nothing, epoch: 0, alarm: None }
    }

    /// Drops all that is left, and says what was being done.
    pub(super) fn stop(&mut self, world: &mut World) -> Doing {
        self.verbs.clear();
        self.turn_to(world, Doing::Nothing)
    }

    pub(super) fn turn_to(&mut self, world: &mut World, doing: Doing) -> Doing {
        self.epoch += 1;
        if let Some(alarm) = self.alarm.take() {
            world.agenda.strike(alarm);
        }
        std::mem::replace(&mut self.doing, doing)
    }
}

impl Face {
    /// The call was answered, or has come in: begins with what the customer wants done.
    pub(super) fn begin(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_machine = world.leg(id).is_some_and(|leg| leg.behaviour.is_machine());
        if let Some(digits) = call.send_digits.clone() {
            world.play(id, Sound::Digits(digits));
        }
        match call.detection.clone() {
            Detection::Off => self.ask_for_answer(world, id, Form::default()),
            Detection::First { ms } | Detection::HangUp { ms } => {
                let ms = if is_machine { ms } else { HUMAN_MS.min(ms) };
                self.wait(world, id, Doing::Detecting, ms);
            }
            Detection::Meanwhile { ms, hook } => {
                let ms = if is_machine { ms } else { HUMAN_MS.min(ms) };
                Face::remind(world, ms, Alarm::Detected { leg: id, hook });
                self.ask_for_answer(world, id, Form::default());
            }
        }
    }

    fn detected(&mut self, world: &mut World, id: LegId) {
        let is_machine = world.leg(id).is_some_and(|leg| leg.behaviour.is_machine());
        let Some(call) = self.calls.get_mut(&id) else { return };
        if is_machine && matches!(call.detection, Detection::HangUp { .. }) {
            return self.hang_up(world, id, Hangup::MACHINE, EndedBy::Carrier);
        }
        self.ask_for_answer(world, id, Form::default().with("Machine", is_machine.to_string()));
    }

    /// Who answered is known while the call goes on.
    pub(super) fn tell_of_machine(&mut self, world: &mut World, id: LegId, hook: Hook) {
        let Some(leg) = world.leg(id).filter(|leg| leg.end().is_none()) else { return };
        let machine = leg.behaviour.is_machine().to_string();
        let form = Form::default().with("Event", "MachineDetection").with("Machine", machine);
        self.tell(world, id, Some(hook), form);
    }

    fn ask_for_answer(&mut self, world: &mut World, id: LegId, more: Form) {
        // A call out of nowhere has no answer URL and is held until somebody hangs up.
        if let Some(hook) = self.calls.get(&id).and_then(|call| call.answer.clone()) {
            self.fetch(world, id, hook, Origin::Answer, more);
        }
    }

    /// Drops what is being done and begins with another document.
    pub(super) fn transfer(&mut self, world: &mut World, id: LegId, hook: Hook) {
        world.keep_listening(id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        match call.script.stop(world) {
            Doing::Dialling(dialling) => dialling.hang_up(world),
            Doing::Streaming(stream) => world.close_stream(stream),
            Doing::Nothing
            | Doing::Waiting
            | Doing::Detecting
            | Doing::Fetching
            | Doing::Hearing(_)
            | Doing::Recording(_) => {}
        }
        self.fetch(world, id, hook, Origin::Transfer, Form::default());
    }

    /// Does the next element; after the last one the call is over.
    pub(super) fn go_on(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.turn_to(world, Doing::Nothing);
        let verb = call.script.verbs.pop_front();
        let rings = world.leg(id).is_some_and(|leg| leg.stage == Stage::Ringing);
        if rings {
            match verb {
                // These, and only first, leave the caller unanswered.
                Some(Verb::Hangup { reason, after_ms: None }) => return self.turn_away(world, id, reason),
                Some(Verb::Wait { ms }) => return self.wait(world, id, Doing::Waiting, ms),
                Some(Verb::PreAnswer(prompts)) => return self.prompt(world, id, &prompts),
                _ => world.answer(id),
            }
        }
        match verb {
            Some(verb) => self.obey(world, id, verb),
            None => self.hang_up(world, id, Hangup::END_OF_XML, EndedBy::Instructions),
        }
    }

    fn turn_away(&mut self, world: &mut World, id: LegId, reason: Option<Reason>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let cause = match reason {
            Some(Reason::Busy) => Cause::Busy,
            Some(Reason::Rejected) => Cause::Rejected,
            None => {
                call.ending = Some(Hangup::BY_XML);
                Cause::Rejected
            }
        };
        world.end(id, EndedBy::Instructions, cause);
    }

    fn obey(&mut self, world: &mut World, id: LegId, verb: Verb) {
        match verb {
            Verb::Prompt(prompt) => self.prompt(world, id, &[prompt]),
            Verb::PreAnswer(prompts) => self.prompt(world, id, &prompts),
            Verb::Wait { ms } => self.wait(world, id, Doing::Waiting, ms),
            Verb::WaitForSilence { ms, silence_ms } => {
                let greets_ms = world.leg(id).map_or(0, |leg| leg.still_greets_ms(world.now));
                self.wait(world, id, Doing::Waiting, ms.min(greets_ms.saturating_add(silence_ms)));
            }
            Verb::Input(input) => {
                let tries_left = input.tries;
                self.listen(world, id, input, tries_left);
            }
            Verb::Redirect { url, method } => {
                let action = Action { url: Some(url), method, redirects: true };
                match Hook::of(&action) {
                    Some(hook) => self.replace(world, id, hook, Origin::Redirect, Form::default()),
                    None => self.fail(world, id, Hangup::no_url(Origin::Redirect)),
                }
            }
            Verb::Hangup { after_ms: None, .. } => {
                self.hang_up(world, id, Hangup::BY_XML, EndedBy::Instructions);
            }
            Verb::Hangup { after_ms: Some(ms), .. } => {
                Face::remind(world, ms, Alarm::HangUp { leg: id });
                self.go_on(world, id);
            }
            Verb::Record(record) => {
                let ms = record.ms;
                self.wait(world, id, Doing::Recording(Box::new(record)), ms);
            }
            Verb::Dial(dial) => self.dial(world, id, &dial),
            Verb::Stream(stream) => self.open_stream_of_document(world, id, &stream),
            Verb::Aside => self.go_on(world, id),
        }
    }

    fn prompt(&mut self, world: &mut World, id: LegId, prompts: &[Prompt]) {
        let ms = prompts.iter().fold(0, |ms: u64, prompt| ms.saturating_add(prompt.ms()));
        prompts.iter().for_each(|prompt| hear(world, id, prompt));
        self.wait(world, id, Doing::Waiting, ms);
    }

    pub(super) fn wait(&mut self, world: &mut World, id: LegId, doing: Doing, ms: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.turn_to(world, doing);
        let epoch = call.script.epoch;
        call.script.alarm = Some(Face::remind(world, ms, Alarm::StepOver { leg: id, epoch }));
    }

    /// What was being done has taken its time.
    pub(super) fn step_over(&mut self, world: &mut World, id: LegId, epoch: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.script.epoch != epoch {
            return;
        }
        match call.script.turn_to(world, Doing::Nothing) {
            Doing::Waiting => self.go_on(world, id),
            Doing::Detecting => self.detected(world, id),
            Doing::Hearing(hearing) => self.hear_more(world, id, *hearing),
            Doing::Recording(record) => {
                let ms = record.ms;
                self.recorded(world, id, &record, ms, "");
            }
            Doing::Nothing | Doing::Fetching | Doing::Dialling(_) | Doing::Streaming(_) => {}
        }
    }

    pub(super) fn recorded(&mut self, world: &mut World, id: LegId, record: &Record, ms: u64, digits: &str) {
        let recording = uuid(world);
        let (seconds, end_ms) = ((ms / 1_000).to_string(), world.now);
        let form = Form::default()
            .with("RecordUrl", format!("https://media.plivo.com/v1/Recording/{recording}.mp3"))
            .with("RecordingID", recording)
            .with("RecordingDuration", seconds)
            .with("RecordingDurationMs", ms.to_string())
            .with("RecordingStartMs", end_ms.before(ms).to_string())
            .with("RecordingEndMs", end_ms.to_string())
            .with("Digits", digits);
        let told = form.clone().with("Event", "RecordStop");
        self.tell(world, id, Hook::of(&record.callback), told);
        self.act(world, id, &record.action, form);
    }

    /// Posts what came of an element, and goes on with the answer or with the document.
    pub(super) fn act(&mut self, world: &mut World, id: LegId, action: &Action, form: Form) {
        match (action.url.is_some(), Hook::of(action)) {
            (false, _) => self.go_on(world, id),
            (true, None) if action.redirects => self.fail(world, id, Hangup::no_url(Origin::Action)),
            (true, None) => self.go_on(world, id),
            (true, Some(hook)) if action.redirects => {
                self.replace(world, id, hook, Origin::Action, form);
            }
            (true, hook) => {
                self.tell(world, id, hook, form);
                self.go_on(world, id);
            }
        }
    }

    fn replace(&mut self, world: &mut World, id: LegId, hook: Hook, origin: Origin, form: Form) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.script.verbs.clear();
        }
        self.fetch(world, id, hook, origin, form);
    }

    fn fetch(&mut self, world: &mut World, id: LegId, hook: Hook, origin: Origin, more: Form) {
        self.fetch_at(world, id, Fetch { hook, origin, epoch: 0, is_fallback: false }, more);
    }

    fn fetch_at(&mut self, world: &mut World, id: LegId, fetch: Fetch, more: Form) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.turn_to(world, Doing::Fetching);
        let Some(leg) = world.leg(id) else { return };
        let event = match fetch.origin {
            Origin::Answer => "StartApp",
            Origin::Action | Origin::Transfer | Origin::Redirect => "Redirect",
        };
        let mut form = call.parameters(leg).with("Event", event);
        form.extend(more);
        let fetch = Fetch { epoch: call.script.epoch, ..fetch };
        self.ask(world, id, fetch, form);
    }

    /// A document came, or didn't.
    pub(super) fn fetched(
        &mut self,
        world: &mut World,
        id: LegId,
        fetch: &Fetch,
        outcome: &Result<WireResponse, WebhookFailure>,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.script.epoch != fetch.epoch {
            return;
        }
        let hangup = match outcome {
            Ok(response) if response.status == 200 => {
                match document::read(&String::from_utf8_lossy(&response.body)) {
                    Ok(verbs) => {
                        call.script.verbs.extend(verbs);
                        return self.go_on(world, id);
                    }
                    Err(_) => Hangup::unreadable(fetch.origin),
                }
            }
            Ok(_) | Err(_) => Hangup::unreachable(fetch.origin),
        };
        let is_for_the_fallback = fetch.origin == Origin::Answer && !fetch.is_fallback;
        match call.fallback.clone().filter(|_| is_for_the_fallback) {
            Some(hook) => {
                let fetch = Fetch { hook, is_fallback: true, ..fetch.clone() };
                self.fetch_at(world, id, fetch, Form::default());
            }
            None => self.fail(world, id, hangup),
        }
    }

    /// The instructions can't be had or understood: the call is over.
    fn fail(&mut self, world: &mut World, id: LegId, hangup: Hangup) {
        self.note_ending(world, id, hangup);
        world.end(id, EndedBy::Carrier, Cause::InstructionsFailed);
    }

    /// Hangs up, saying why.
    pub(super) fn hang_up(&mut self, world: &mut World, id: LegId, hangup: Hangup, by: EndedBy) {
        self.note_ending(world, id, hangup);
        world.hang_up(id, by);
    }

    fn note_ending(&mut self, world: &World, id: LegId, hangup: Hangup) {
        let is_live = world.leg(id).is_some_and(|leg| leg.end().is_none());
        if let Some(call) = self.calls.get_mut(&id).filter(|_| is_live) {
            call.ending = Some(hangup);
        }
    }

    /// A call is over: so is what was being done on it.
    pub(super) fn wind_up(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Doing::Dialling(dialling) = call.script.stop(world) {
            dialling.hang_up(world);
        }
        if let Way::OutboundDial(parent) = call.way {
            self.other_ended(world, parent, id);
        }
    }
}

pub(super) fn hear(world: &mut World, id: LegId, prompt: &Prompt) {
    match prompt {
        Prompt::Speak { text, .. } => world.play(id, Sound::Say(text.clone())),
        Prompt::Play { url, .. } => world.play(id, Sound::Play(url.clone())),
        Prompt::Digits { digits, .. } => world.play(id, Sound::Digits(digits.clone())),
        Prompt::Silence { .. } => {}
    }
}
