//! A customer's instructions being carried out: TwiML, verb by verb, on one call.

use std::collections::VecDeque;

use url::Url;

use super::call::{Hook, Way};
use super::gather::Gathering;
use super::media::Ways;
use super::twiml::{self, Prompt, Verb};
use super::{Alarm, Face};
use crate::form::Form;
use crate::wire::{WebhookFailure, WireResponse};
use crate::world::{Cause, EndedBy, Entry, LegId, Sound, Stage, StreamId, World};

/// How long the carrier's message that something went wrong takes.
const APOLOGY_MS: u64 = 2_000;

/// Instructions under way.
#[derive(Debug)]
pub(crate) struct Script {
    verbs: VecDeque<Verb>,
    pub(super) doing: Doing,
    /// Where the document came from: what its relative URLs are relative to.
    hook: Option<Hook>,
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
    /// Waits for a document.
    Fetching,
    Gathering(Gathering),
    Recording {
        hook: Option<Hook>,
        ms: u64,
    },
    Dialling {
        child: LegId,
        hook: Option<Hook>,
    },
    /// Waits for the end of a media stream.
    Streaming {
        stream: StreamId,
        hook: Option<Hook>,
    },
    /// Tells the subscriber that something went wrong, then hangs up.
    Apologizing,
}

/// A request for a document.
#[derive(Clone, Debug)]
pub(crate) struct Fetch {
    pub(crate) hook: Hook,
    epoch: u64,
    is_fallback: bool,
}

impl Script {
    pub(crate) fn idle() -> Script {
        Script { verbs: VecDeque::new(), doing: Doing::Nothing, hook: None, epoch: 0, alarm: None }
    }

    /// Drops all that is left, and says what was being done.
    pub(crate) fn stop(&mut self, world: &mut World) -> Doing {
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

    /// A URL of the document, made absolute.
    pub(super) fn hook(&self, url: &str, method: Option<&str>) -> Option<Hook> {
        let base = self.hook.as_ref().and_then(|hook| Url::parse(&hook.url).ok());
        let absolute = match base {
            Some(base) => base.join(url).ok()?,
            None => Url::parse(url).ok()?,
        };
        Some(Hook::new(absolute.as_str(), method.unwrap_or("POST")))
    }

    /// A verb's action, or the document itself where it has none.
    pub(super) fn action(&self, action: Option<&str>, method: Option<&str>) -> Option<Hook> {
        match action {
            Some(url) => self.hook(url, method),
            None => self.hook.clone(),
        }
    }
}

impl Face {
    /// Begins with the instructions that came with the call.
    pub(super) fn begin(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(ms) = call.send_digits.as_deref().map(|digits| twiml::digits(digits).ms()) {
            call.script.verbs.push_front(Verb::Pause { ms });
        }
        self.send_digits(world, id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        match (call.twiml.clone(), call.voice.clone()) {
            (Some(document), _) => self.load(world, id, &document, None),
            (None, Some(hook)) => self.fetch(world, id, hook, Form::default(), false),
            // A call out of nowhere is held until somebody hangs up.
            (None, None) => {}
        }
    }

    /// Plays the keys that whoever picks up is to hear first.
    pub(super) fn send_digits(&self, world: &mut World, id: LegId) {
        let digits = self.calls.get(&id).and_then(|call| call.send_digits.clone());
        if let Some(digits) = digits {
            world.play(id, Sound::Digits(digits));
        }
    }

    /// Drops what is being done and begins with other instructions.
    pub(super) fn redirect(&mut self, world: &mut World, id: LegId, to: Instructions) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let doing = call.script.stop(world);
        world.keep_listening(id);
        match doing {
            Doing::Dialling { child, .. } => world.hang_up(child, EndedBy::Instructions),
            Doing::Streaming { stream, .. } => world.close_stream(stream),
            Doing::Nothing
            | Doing::Waiting
            | Doing::Fetching
            | Doing::Gathering(_)
            | Doing::Recording { .. }
            | Doing::Apologizing => {}
        }
        match to {
            Instructions::Document(document) => self.load(world, id, &document, None),
            Instructions::At(hook) => self.fetch(world, id, hook, Form::default(), false),
        }
    }

    fn load(&mut self, world: &mut World, id: LegId, document: &str, hook: Option<Hook>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match twiml::read(document) {
            Ok(verbs) => {
                call.script.verbs.extend(verbs);
                call.script.hook = hook;
                self.go_on(world, id);
            }
            Err(_) => self.fail(world, id, 12_100, hook.as_ref()),
        }
    }

    /// Does the next verb; after the last one the call is over.
    pub(super) fn go_on(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.turn_to(world, Doing::Nothing);
        let verb = call.script.verbs.pop_front();
        let rings = world.leg(id).is_some_and(|leg| leg.stage == Stage::Ringing);
        if rings {
            match verb {
                // These two, and only first, leave the caller unanswered.
                Some(Verb::Reject { busy }) => {
                    let cause = if busy { Cause::Busy } else { Cause::Rejected };
                    return world.end(id, EndedBy::Instructions, cause);
                }
                Some(Verb::Pause { ms }) => return self.wait(world, id, Doing::Waiting, ms),
                _ => world.answer(id),
            }
        }
        match verb {
            Some(verb) => self.obey(world, id, verb),
            None => world.hang_up(id, EndedBy::Instructions),
        }
    }

    fn obey(&mut self, world: &mut World, id: LegId, verb: Verb) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match verb {
            Verb::Prompt(prompt) => {
                let ms = prompt.ms();
                if let Some(rest) = prompt.rest() {
                    call.script.verbs.push_front(Verb::Prompt(rest));
                }
                hear(world, id, prompt);
                self.wait(world, id, Doing::Waiting, ms);
            }
            Verb::Pause { ms } => self.wait(world, id, Doing::Waiting, ms),
            Verb::Gather(gather) => self.gather(world, id, gather),
            Verb::Redirect { url, method } => match call.script.hook(&url, method.as_deref()) {
                Some(hook) => {
                    call.script.verbs.clear();
                    self.fetch(world, id, hook, Form::default(), false);
                }
                None => self.fail(world, id, 11_100, None),
            },
            Verb::Hangup | Verb::Reject { .. } => world.hang_up(id, EndedBy::Instructions),
            Verb::Record { action, method, ms } => {
                let hook = call.script.action(action.as_deref(), method.as_deref());
                self.wait(world, id, Doing::Recording { hook, ms }, ms);
            }
            Verb::Dial(dial) => self.dial(world, id, &dial),
            Verb::Connect { stream, action, method } => {
                let hook = action.and_then(|url| call.script.hook(&url, method.as_deref()));
                self.connect(world, id, &stream, hook);
            }
            Verb::Start(stream) => {
                self.open_stream(world, id, &stream, Ways::One);
                self.go_on(world, id);
            }
            Verb::Stop { name } => {
                self.stop_stream(world, id, &name);
                self.go_on(world, id);
            }
            Verb::Aside => self.go_on(world, id),
        }
    }

    pub(super) fn wait(&mut self, world: &mut World, id: LegId, doing: Doing, ms: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.turn_to(world, doing);
        let epoch = call.script.epoch;
        let alarm = Face::remind(world, ms, Alarm::StepOver { leg: id, epoch });
        call.script.alarm = Some(alarm);
    }

    /// What was being done has taken its time.
    pub(super) fn step_over(&mut self, world: &mut World, id: LegId, epoch: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.script.epoch != epoch {
            return;
        }
        match call.script.turn_to(world, Doing::Nothing) {
            Doing::Waiting => self.go_on(world, id),
            Doing::Gathering(gathering) => self.gather_more(world, id, gathering),
            Doing::Recording { hook, ms } => {
                let mut form = Form::default();
                form.put("RecordingUrl", format!("https://api.twilio.com/recordings/{}", call.sid));
                form.put("RecordingDuration", (ms / 1_000).to_string());
                self.act(world, id, hook, form);
            }
            Doing::Apologizing => world.end(id, EndedBy::Carrier, Cause::InstructionsFailed),
            Doing::Nothing | Doing::Fetching | Doing::Dialling { .. } | Doing::Streaming { .. } => {}
        }
    }

    /// Asks a verb's action what is next, or goes on where it has none.
    pub(super) fn act(&mut self, world: &mut World, id: LegId, hook: Option<Hook>, form: Form) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match hook {
            Some(hook) => {
                call.script.verbs.clear();
                self.fetch(world, id, hook, form, false);
            }
            None => self.go_on(world, id),
        }
    }

    fn fetch(&mut self, world: &mut World, id: LegId, hook: Hook, more: Form, is_fallback: bool) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.turn_to(world, Doing::Fetching);
        let Some(leg) = world.leg(id) else { return };
        let mut form = call.parameters(call.status(leg));
        if call.detects_machines && call.way == Way::OutboundApi {
            form.put("AnsweredBy", answered_by(leg.behaviour.is_machine()));
        }
        for (name, value) in more.pairs() {
            form.put(name, value);
        }
        let fetch = Fetch { hook, epoch: call.script.epoch, is_fallback };
        self.ask(world, id, fetch, form);
    }

    /// A document came, or didn't.
    pub(super) fn fetched(
        &mut self,
        world: &mut World,
        id: LegId,
        fetch: &Fetch,
        outcome: Result<WireResponse, WebhookFailure>,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.script.epoch != fetch.epoch {
            return;
        }
        let code = match outcome {
            Ok(response) if response.is_success() => match document_of(&response) {
                Some(Document::Twiml(document)) => {
                    if twiml::read(&document).is_ok() || fetch.is_fallback {
                        return self.load(world, id, &document, Some(fetch.hook.clone()));
                    }
                    12_100
                }
                Some(Document::Prompt(prompt)) => {
                    call.script.verbs.push_back(Verb::Prompt(prompt));
                    return self.go_on(world, id);
                }
                None => 12_300,
            },
            Ok(_) => 11_200,
            Err(WebhookFailure::Refused | WebhookFailure::Broken) => 11_205,
            Err(WebhookFailure::TimedOut) => 11_200,
        };
        if fetch.is_fallback {
            return self.apologize(world, id);
        }
        self.fail(world, id, code, Some(&fetch.hook));
    }

    /// The instructions can't be had or understood: asks the fallback, or gives up.
    fn fail(&mut self, world: &mut World, id: LegId, code: u32, at: Option<&Hook>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.verbs.clear();
        let Some(fallback) = call.fallback.clone().filter(|hook| Some(hook) != at) else {
            return self.apologize(world, id);
        };
        let mut form = Form::default();
        form.put("ErrorCode", code.to_string());
        form.put("ErrorUrl", at.map_or("", |hook| hook.url.as_str()));
        self.fetch(world, id, fallback, form, true);
    }

    fn apologize(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.script.verbs.clear();
        world.answer(id);
        let text = "We are sorry, an application error has occurred. Goodbye.";
        world.play(id, Sound::Apology(text.to_owned()));
        self.wait(world, id, Doing::Apologizing, APOLOGY_MS);
    }
}

/// Where other instructions for a call are.
#[derive(Debug)]
pub(crate) enum Instructions {
    Document(String),
    At(Hook),
}

/// What Twilio says of who answered.
pub(crate) fn answered_by(is_machine: bool) -> &'static str {
    if is_machine { "machine_start" } else { "human" }
}

/// What came as instructions.
enum Document {
    Twiml(String),
    Prompt(Prompt),
}

/// Reads an answer by its content type; `None` for one that Twilio doesn't take.
fn document_of(response: &WireResponse) -> Option<Document> {
    let content_type = response.header("content-type").unwrap_or_default();
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let text = || String::from_utf8_lossy(&response.body).into_owned();
    match kind.as_str() {
        "text/xml" | "application/xml" | "text/html" => Some(Document::Twiml(text())),
        "text/plain" => Some(Document::Prompt(twiml::say(&text(), 1))),
        _ if kind.starts_with("audio/") => Some(Document::Prompt(twiml::play("", 1))),
        _ => None,
    }
}

pub(super) fn hear(world: &mut World, id: LegId, prompt: Prompt) {
    match prompt {
        Prompt::Say { text, .. } => world.play(id, Sound::Say(text)),
        Prompt::Play { url, .. } => world.play(id, Sound::Play(url)),
        Prompt::Digits { digits, .. } => world.play(id, Sound::Digits(digits)),
        Prompt::Silence { .. } => {}
    }
}
