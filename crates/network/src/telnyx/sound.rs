//! What is played on a call: texts and recordings, one after another.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::body::Body;
use super::call::Call;
use super::error::ApiError;
use super::{Alarm, Face};
use crate::world::{Entry, LegId, Sound, World};

/// How long it takes to speak one character.
const CHARACTER_MS: u64 = 60;

/// The least that speaking takes.
const SPEECH_MS_MIN: u64 = 1_000;

/// What a recording takes, whatever is in it.
const PLAYBACK_MS: u64 = 3_000;

/// The longest text.
const PAYLOAD_MAX: usize = 3_000;

/// The longest queue of things to play; Telnyx names no bound.
const QUEUE_MAX: usize = 100;

/// What is played and what is to be played.
#[derive(Debug, Default)]
pub(crate) struct Player {
    current: Option<(Piece, Entry)>,
    queue: VecDeque<Piece>,
}

impl Player {
    pub(crate) fn is_playing(&self) -> bool {
        self.current.is_some()
    }
}

/// One thing to play, so many times.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Speech { text: String, times: u64 },
    Playback { url: Option<String>, name: Option<String>, times: u64 },
}

impl Piece {
    /// The text to speak, which a command must give along with a voice.
    pub(crate) fn speech(body: &Body) -> Result<Piece, ApiError> {
        Ok(Piece::Speech { text: spoken(body)?.to_owned(), times: times(body)? })
    }

    /// The recording to play; one of its own bytes has neither URL nor name.
    pub(crate) fn playback(body: &Body) -> Result<Piece, ApiError> {
        let url = body.url("audio_url", &["http", "https"])?;
        let name = body.text("media_name")?.map(str::to_owned);
        if url.is_none() && name.is_none() && body.text("playback_content")?.is_none() {
            return Err(ApiError::missing("audio_url"));
        }
        Ok(Piece::Playback { url, name, times: times(body)? })
    }

    /// Takes one repetition off; `false` where it was the last one.
    fn take_one(&mut self) -> bool {
        let (Piece::Speech { times, .. } | Piece::Playback { times, .. }) = self;
        *times = times.saturating_sub(1);
        *times > 0
    }

    /// How long it takes once.
    fn ms(&self) -> u64 {
        match self {
            Piece::Speech { text, .. } => speech_ms(text),
            Piece::Playback { .. } => PLAYBACK_MS,
        }
    }

    fn sound(&self) -> Sound {
        match self {
            Piece::Speech { text, .. } => Sound::Say(text.clone()),
            Piece::Playback { url, name, .. } => {
                Sound::Play(url.clone().or_else(|| name.clone()).unwrap_or_default())
            }
        }
    }

    fn payload(&self, call: &Call) -> Map<String, Value> {
        let mut payload = call.payload();
        if let Piece::Playback { url, name, .. } = self {
            payload.insert("media_url".to_owned(), json!(url));
            payload.insert("media_name".to_owned(), json!(name));
            payload.insert("overlay".to_owned(), json!(false));
        }
        payload
    }

    /// The types of the events that tell of its beginning and its end.
    fn events(&self) -> (&'static str, &'static str) {
        match self {
            Piece::Speech { .. } => ("call.speak.started", "call.speak.ended"),
            Piece::Playback { .. } => ("call.playback.started", "call.playback.ended"),
        }
    }
}

/// How many times a command has something played: a number, or `infinity`.
fn times(body: &Body) -> Result<u64, ApiError> {
    let read = match body.value("loop") {
        None => return Ok(1),
        Some(Value::String(word)) if word == "infinity" => return Ok(u64::MAX),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
    };
    read.filter(|times| *times > 0).ok_or_else(|| ApiError::wrong_type("loop", "integer"))
}

/// The text that a command must give along with a voice.
pub(crate) fn spoken(body: &Body) -> Result<&str, ApiError> {
    let text = body.needed("payload")?;
    body.needed("voice")?;
    let n_characters = text.chars().count();
    if n_characters > PAYLOAD_MAX {
        let most = u64::try_from(PAYLOAD_MAX).unwrap_or(u64::MAX);
        return Err(ApiError::outside("payload", &(1..=most)));
    }
    Ok(text)
}

/// How long it takes to speak a text.
pub(crate) fn speech_ms(text: &str) -> u64 {
    let n_characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    n_characters.saturating_mul(CHARACTER_MS).max(SPEECH_MS_MIN)
}

impl Face {
    /// Plays something after what is being played. What the queue has no room for is not played.
    pub(super) fn play(&mut self, world: &mut World, id: LegId, piece: Piece) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.player.queue.len() < QUEUE_MAX {
            call.player.queue.push_back(piece);
        }
        if call.player.current.is_none() {
            self.play_next(world, id);
        }
    }

    fn play_next(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(piece) = call.player.queue.pop_front() else { return };
        world.keep_listening(id);
        world.play(id, piece.sound());
        let alarm = Face::remind(world, piece.ms(), Alarm::SoundEnds { leg: id });
        let (payload, (event, _)) = (piece.payload(call), piece.events());
        call.player.current = Some((piece, alarm));
        self.tell(world, id, event, payload);
    }

    /// What is being played has been played.
    pub(super) fn sound_ends(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some((piece, alarm)) = &mut call.player.current
            && piece.take_one()
        {
            world.play(id, piece.sound());
            *alarm = Face::remind(world, piece.ms(), Alarm::SoundEnds { leg: id });
            return;
        }
        self.end_sound(world, id, "completed");
        self.play_next(world, id);
        self.listen(world, id);
    }

    /// Stops what is being played, and drops what waits unless only the current one is meant.
    pub(super) fn stop_playing(&mut self, world: &mut World, id: LegId, only_current: bool) {
        if !only_current && let Some(call) = self.calls.get_mut(&id) {
            call.player.queue.clear();
        }
        // A speech that is stopped has no word of its own for it.
        self.end_sound(world, id, "cancelled");
        self.play_next(world, id);
        self.listen(world, id);
    }

    /// The call is over, and with it what is being played.
    pub(super) fn fall_silent(&mut self, world: &mut World, id: LegId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.player.queue.clear();
        }
        self.end_sound(world, id, "call_hangup");
    }

    fn end_sound(&mut self, world: &mut World, id: LegId, status: &str) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some((piece, alarm)) = call.player.current.take() else { return };
        world.agenda.strike(alarm);
        let mut payload = piece.payload(call);
        let status = match (&piece, status) {
            (Piece::Speech { .. }, "cancelled") => "completed",
            _ => status,
        };
        payload.insert("status".to_owned(), json!(status));
        let (_, event) = piece.events();
        self.tell(world, id, event, payload);
    }
}
