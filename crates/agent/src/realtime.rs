//! Conversations by sound with a model that hears and speaks, in the messages of OpenAI's Realtime
//! interface as it is generally available, over a WebSocket.
//!
//! The server notices when somebody speaks, and replies by itself. What is left to us is to know how much
//! of a reply was heard when somebody talks over it, to tell the server so, and to write down what was
//! said, and when. For that the line is listened to here too: the server's own times have margins.
//!
//! Source: <https://platform.openai.com/docs/api-reference/realtime-client-events>, `…-server-events`, and
//! <https://platform.openai.com/docs/guides/realtime-conversations> (2026-11-28).

mod act;
mod event;
mod message;
mod playing;
mod tools;

use crate::model::{Model, end_of};
use crate::overlap::Overlap;
pub use act::{Act, Acts, Leave};
use call::call::{Timing, Vendors, Work};
use call::dialogue::{Entry, Line, Silence, Speaker};
use event::{Event, Response, Status};
use message::{called, message, messages_of, output};
use playing::{Playing, Utterance};
use serde_json::json;
use std::time::Duration;
use tools::OpenUse;

/// How a model is spoken with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Who it is, and what it may do.
    pub model: Model,
    /// The server's name for its voice; without it the server's own choice.
    pub voice: Option<String>,
    /// The server's name for the model that writes down what the other side says.
    pub transcriber: String,
    /// How it notices that the other side is done.
    pub turns: Turns,
    /// What it is to say into a silence; of no length it is never noticed.
    pub silence: Silence,
}

/// How the server notices that somebody is done speaking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turns {
    /// By a pause.
    #[default]
    Silence,
    /// By what was said.
    Meaning,
}

/// A session, as it goes on. It has neither socket nor clock.
#[derive(Debug)]
pub struct Session {
    settings: Settings,
    /// What was said and done on the call so far.
    said: Vec<Entry>,
    playing: Playing,
    overlap: Overlap,
    reply: Reply,
    n_failed: u32,
    /// When the server heard its first sound.
    begun_at: Option<Duration>,
    /// When the line fell silent last.
    spoken_at: Option<Duration>,
    /// When the other side was done speaking, and nobody replied yet.
    done_at: Option<Duration>,
    /// Keys that were pressed and not told yet.
    keys: String,
    /// The tools that are being used.
    open_uses: Vec<OpenUse>,
    /// Somebody is speaking: the server replies by itself when they are done.
    is_spoken_to: bool,
    /// The server has said something.
    is_open: bool,
    /// A server that comes is to speak first: nothing was said, or somebody waits for the reply of one
    /// before it.
    is_owed: bool,
    /// How it leaves, and the server's name for the wish.
    leaving: Option<(Leave, String)>,
    /// So often it spoke into a silence.
    n_asked: u32,
}

/// What the server is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    /// It listens.
    None,
    /// It makes a reply.
    Made,
    /// It makes one, and is to make another then.
    MadeAndWanted,
}

/// A message of the server's that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read a message of the model's server: {why}; it was: {received}")]
pub struct Unreadable {
    why: String,
    /// Its first letters.
    received: String,
}

impl Session {
    /// One on a call on which this was said and done already, and whose sound comes for the first time or
    /// `again`, so that somebody waits.
    pub fn new(settings: Settings, said: Vec<Entry>, again: bool) -> Session {
        Session {
            is_owed: again || said.is_empty(),
            settings,
            said,
            playing: Playing::default(),
            overlap: Overlap::default(),
            reply: Reply::None,
            n_failed: 0,
            begun_at: None,
            spoken_at: None,
            done_at: None,
            keys: String::new(),
            open_uses: Vec::new(),
            is_spoken_to: false,
            is_open: false,
            leaving: None,
            n_asked: 0,
        }
    }

    /// What a server is told first, which knows nothing.
    pub fn open(&mut self, acts: Acts<'_>) {
        acts(Act::Tell(self.settings.configuration().to_string()));
        for message in end_of(&self.said).iter().flat_map(messages_of) {
            acts(Act::Tell(message.to_string()));
        }
        // Their outputs come when they are there, and are replied to then.
        for OpenUse { wish, tool, arguments } in &self.open_uses {
            acts(Act::Tell(called(wish, tool, arguments).to_string()));
        }
        if self.is_owed && self.open_uses.is_empty() {
            self.ask(acts);
        }
    }

    /// The server went away. A reply that came whole goes on; of another what was heard stands, and the
    /// rest is dropped.
    pub fn lose(&mut self, now: Duration, acts: Acts<'_>) {
        let is_replying = self.reply != Reply::None;
        self.is_owed = is_replying || self.is_spoken_to || self.done_at.is_some();
        self.reply = Reply::None;
        (self.begun_at, self.done_at) = (None, None);
        (self.is_spoken_to, self.is_open) = (false, false);
        if is_replying {
            self.hush(now, acts);
            self.end(acts);
        }
    }

    /// Nothing more is heard: what was until now is written down.
    pub fn end(&mut self, acts: Acts<'_>) {
        for utterance in self.playing.cut() {
            self.note_own(&utterance, acts);
        }
    }

    /// Whether nobody says anything, nor is about to: for how long that may last.
    pub fn may_be_silent(&self) -> Option<Duration> {
        let is_silent =
            self.is_quiet() && self.is_open && self.reply == Reply::None && self.open_uses.is_empty();
        let after = self.settings.silence.after;
        (is_silent && self.keys.is_empty() && !after.is_zero()).then_some(after)
    }

    /// It has been silent for that long: the model asks whether anybody is there, and leaves when it asked often
    /// enough.
    pub fn ask_into_silence(&mut self, acts: Acts<'_>) {
        self.n_asked += 1;
        let Silence { text, n_max, .. } = &self.settings.silence;
        if self.n_asked > *n_max {
            return acts(Act::Leave(Leave::End, String::new()));
        }
        let instructions = format!("They have said nothing for a while. Say only this: {text}");
        let asked = json!({ "type": "response.create", "response": { "instructions": instructions } });
        acts(Act::Tell(asked.to_string()));
        self.reply = Reply::Made;
    }

    /// Whether nobody says anything.
    pub fn is_quiet(&self) -> bool {
        self.playing.is_silent() && !self.is_spoken_to
    }

    /// Whether the server has something to say: that it is there, or a reply.
    pub fn is_awaited(&self) -> bool {
        !self.is_open || self.reply != Reply::None
    }

    /// Writes the message by which the server hears the line now, since any start; `sound` writes µ-law at 8
    /// kHz in Base64.
    pub fn append<E>(
        &mut self,
        now: Duration,
        sound: impl FnOnce(&mut String) -> Result<(), E>,
        into: &mut String,
    ) -> Result<(), E> {
        self.begun_at.get_or_insert(now);
        into.push_str(r#"{"type":"input_audio_buffer.append","audio":""#);
        sound(into)?;
        into.push_str(r#""}"#);
        Ok(())
    }

    /// Somebody is heard to speak on the line, since then.
    pub fn speech_began(&mut self, since: Duration) {
        self.spoken_at = None;
        // The server may have noticed sooner.
        if self.playing.is_heard(since) || self.overlap.has_stopped_since(since) {
            self.overlap.forget_before(since);
            self.overlap.begin(since);
        }
    }

    /// The line has been silent since then.
    pub fn speech_over(&mut self, spoken_at: Duration) {
        self.overlap.end(spoken_at);
        self.spoken_at = Some(spoken_at);
        // The server may know sooner that they are done, and when only with its margin.
        self.done_at = self.done_at.map(|_| spoken_at);
    }

    /// Hears a message of the server's.
    ///
    /// # Errors
    /// [`Unreadable`]: it says nothing; the session goes on.
    pub fn hear(&mut self, text: &str, now: Duration, acts: Acts<'_>) -> Result<(), Unreadable> {
        let event: Event<'_> = serde_json::from_str(text).map_err(|error| Unreadable {
            why: error.to_string(),
            received: text.chars().take(SHOWN_MAX).collect(),
        })?;
        self.is_open = true;
        let (item, part) = (&*event.item_id, event.content_index);
        match &*event.kind {
            "response.created" => self.reply = self.reply.begun(),
            "response.output_audio.delta" => {
                self.playing.sound(item, part, (event.delta(), self.done_at), acts);
                self.done_at = None;
            }
            "response.output_audio.done" => self.playing.sound_over(item, acts),
            "response.output_audio_transcript.delta" => self.playing.words(item, part, event.delta()),
            "response.output_audio_transcript.done" => self.playing.all_words(item, part, event.transcript()),
            "response.output_item.done" => self.done(event.item.unwrap_or_default(), acts),
            "response.done" => self.replied(event.response.unwrap_or_default(), acts),
            "input_audio_buffer.speech_started" => {
                self.speaks_since(event.audio_start_ms);
                self.interrupted(now, acts);
            }
            "input_audio_buffer.speech_stopped" => {
                self.is_spoken_to = false;
                self.done_at = self.spoken_at.or(self.at(event.audio_end_ms));
            }
            "conversation.item.input_audio_transcription.completed" => {
                let recognizer = Some(Work::of(&self.settings.transcriber));
                let vendors = Vendors { recognizer, ..Vendors::default() };
                let timing = Timing { talk_over: self.overlap.take(), vendors, ..Timing::default() };
                self.note(Speaker::Remote, event.transcript().trim().to_owned(), timing, acts);
            }
            "conversation.item.input_audio_transcription.failed" => {
                self.overlap.take();
                let why = event.error.unwrap_or_default().to_string();
                acts(Act::Warn("it could not write down what the other side said", why));
            }
            "error" => {
                let error = event.error.unwrap_or_default();
                if error.code.as_deref() == Some(BUSY) {
                    self.reply = Reply::MadeAndWanted;
                }
                acts(Act::Warn("it refused a message", error.to_string()));
            }
            // Most only say how far it is; what is new is its own affair.
            _ => {}
        }
        self.settle(now, acts);
        Ok(())
    }

    /// When that was, by the server's clock: so much sound it had heard since it heard the first.
    fn at(&self, heard_ms: u64) -> Option<Duration> {
        self.begun_at.map(|begun| begun + Duration::from_millis(heard_ms))
    }

    /// All before this mark was played by now.
    pub fn played(&mut self, mark: u64, now: Duration, acts: Acts<'_>) {
        self.overlap.played(mark, now);
        self.playing.played(mark, now);
        self.settle(now, acts);
    }

    /// A key was pressed. When no more come, [`keys_over`](Self::keys_over).
    pub fn key(&mut self, key: char) {
        self.keys.push(key);
    }

    /// No more keys come for now: the model is told of them, and replies.
    pub fn keys_over(&mut self, acts: Acts<'_>) {
        let keys = std::mem::take(&mut self.keys);
        if !keys.is_empty() {
            self.n_asked = 0;
            acts(Act::Tell(
                message(Speaker::Remote, &format!("(I pressed {keys} on my telephone.)")).to_string(),
            ));
            self.note(Speaker::Remote, keys, Timing::default(), acts);
            self.ask(acts);
        }
    }

    /// They speak since then, by the server's clock: what was over by then is none of it.
    fn speaks_since(&mut self, heard_ms: u64) {
        if let Some(since) = self.at(heard_ms) {
            self.overlap.forget_before(since);
            self.spoken_at = self.spoken_at.filter(|spoken_at| *spoken_at >= since);
        }
    }

    /// Somebody talks over what is being said, or only talks.
    fn interrupted(&mut self, now: Duration, acts: Acts<'_>) {
        self.done_at = None;
        (self.is_spoken_to, self.n_asked) = (true, 0);
        if !self.playing.is_silent() {
            self.hush(now, acts);
        }
        for utterance in self.playing.cut() {
            match utterance.wish() {
                Some(wish) => acts(Act::Tell(output(wish, SPOKEN_OVER).to_string())),
                // The server takes none of what had no sound.
                None if !utterance.has_sound() => {}
                None => acts(Act::Tell(utterance.truncation().to_string())),
            }
            self.note_own(&utterance, acts);
        }
        // Whoever objects to a goodbye isn't left.
        if let Some((_, wish)) = self.leaving.take() {
            acts(Act::Tell(output(&wish, SPOKEN_OVER).to_string()));
        }
    }

    /// What was not played is dropped.
    fn hush(&mut self, now: Duration, acts: Acts<'_>) {
        let silent_by = self.playing.next_mark();
        acts(Act::Clear(silent_by));
        if self.playing.is_heard(now) {
            self.overlap.stop(silent_by, now);
        }
    }

    /// The server is done with its reply.
    fn replied(&mut self, response: Response, acts: Acts<'_>) {
        self.playing.all_over(acts);
        let is_wanted = self.reply == Reply::MadeAndWanted;
        self.reply = Reply::None;
        match response.status {
            Status::Failed => {
                self.n_failed += 1;
                acts(Act::Warn("it did not reply", response.why()));
                if self.n_failed >= FAILED_MAX {
                    return acts(Act::GiveUp);
                }
                self.ask(acts);
            }
            Status::Completed => {
                self.n_failed = 0;
                if is_wanted {
                    self.ask(acts);
                }
            }
            Status::Other if is_wanted => self.ask(acts),
            Status::Other => {}
        }
    }

    /// Asks for a reply, now or when the one that is being made is done. Of one that leaves nothing more is
    /// wanted, and whoever speaks is replied to when they are done.
    fn ask(&mut self, acts: Acts<'_>) {
        if self.leaving.is_some() || self.is_spoken_to {
            return;
        }
        self.reply = match self.reply {
            Reply::None => {
                acts(Act::Tell(json!({ "type": "response.create" }).to_string()));
                Reply::Made
            }
            Reply::Made | Reply::MadeAndWanted => Reply::MadeAndWanted,
        };
    }

    /// Writes down what was heard to its end, and leaves when nothing is left to be said.
    fn settle(&mut self, now: Duration, acts: Acts<'_>) {
        while let Some(utterance) = self.playing.heard_whole() {
            if let Some(wish) = utterance.wish() {
                self.answer(wish, &json!({ "ok": true }), acts);
            }
            self.note_own(&utterance, acts);
            if self.playing.is_silent() {
                self.overlap.end(now);
            }
        }
        if self.reply == Reply::None
            && self.playing.is_silent()
            && let Some((leave, wish)) = self.leaving.take()
        {
            acts(Act::Leave(leave, wish));
        }
    }

    fn note_own(&mut self, utterance: &Utterance, acts: Acts<'_>) {
        let model = Some(Work::of(&self.settings.model.name));
        let vendors = Vendors { model, ..Vendors::default() };
        let timing = Timing { after: utterance.after(), vendors, ..Timing::default() };
        self.note(Speaker::Agent, utterance.heard_text(), timing, acts);
    }

    fn note(&mut self, by: Speaker, text: String, timing: Timing, acts: Acts<'_>) {
        if !text.is_empty() {
            let line = Line { by, text };
            self.said.push(Entry::Said(line.clone()));
            acts(Act::Said(line, timing));
        }
    }
}

impl Reply {
    /// The server began to make one, by itself or because it was asked to.
    fn begun(self) -> Reply {
        match self {
            Reply::None => Reply::Made,
            other => other,
        }
    }
}

/// What a wish becomes that waited for what was being said.
const SPOKEN_OVER: &str = r#"{"ok":false,"error":"it was not done: they began to speak first"}"#;
/// The code of the error that a reply is being made already.
const BUSY: &str = "conversation_already_has_active_response";
/// So many replies may fail, one after another, until the model is given up.
const FAILED_MAX: u32 = 3;
/// So many letters are shown of what can't be read.
const SHOWN_MAX: usize = 200;

#[cfg(test)]
mod tests;
