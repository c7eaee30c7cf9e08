//! Transcription by the carrier: what is said on a call comes to the customer as text.
//!
//! Source: `TranscriptionStartRequest` in Telnyx's OpenAPI, and the webhook at
//! <https://developers.telnyx.com/api-reference/callbacks/transcription>.

use serde_json::{Value, json};

use super::body::Body;
use super::error::ApiError;
use super::{Alarm, Face};
use crate::time::Millis;
use crate::world::{LegId, World, speech_ms};

const ENGINES: [&str; 11] = [
    "Google",
    "Telnyx",
    "Deepgram",
    "Azure",
    "xAI",
    "AssemblyAI",
    "Speechmatics",
    "Soniox",
    "Parakeet",
    "A",
    "B",
];

/// How sure the carrier is of every text.
const CONFIDENCE: f64 = 0.977_219;

/// What a call's transcription was asked to be.
#[derive(Clone, Debug)]
pub(crate) struct Transcription {
    tracks: Tracks,
    /// Only Telnyx's own engine tells which leg was heard.
    names_track: bool,
    /// Whether unfinished texts are told too.
    interim: bool,
    /// Which of the call's: what one has begun to make out the next one doesn't tell.
    begun_at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tracks {
    Inbound,
    Outbound,
    Both,
}

/// Which leg a text was said on, seen from the one that has it transcribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Track {
    /// That leg itself.
    Inbound,
    /// The one that it is bridged with.
    Outbound,
}

/// A text that the carrier has made out.
#[derive(Clone, Debug)]
pub(crate) struct Transcript {
    text: String,
    track: Track,
    is_final: bool,
    /// When what made it out was begun.
    begun_at: Millis,
}

impl Transcription {
    /// What `transcription_start` asks for.
    pub(crate) fn read(body: &Body, now: Millis) -> Result<Transcription, ApiError> {
        let engine = body.word("transcription_engine", &ENGINES)?.unwrap_or("Google");
        let tracks = match body.word("transcription_tracks", &["inbound", "outbound", "both"])? {
            Some("outbound") => Tracks::Outbound,
            Some("both") => Tracks::Both,
            _ => Tracks::Inbound,
        };
        let config = body.value("transcription_engine_config");
        let interim = config.and_then(|config| config.get("interim_results")).and_then(Value::as_bool);
        Ok(Transcription {
            tracks,
            names_track: ["Telnyx", "B"].contains(&engine),
            interim: interim.unwrap_or(false),
            begun_at: now,
        })
    }

    fn covers(&self, track: Track) -> bool {
        match (self.tracks, track) {
            (Tracks::Both, _) | (Tracks::Inbound, Track::Inbound) | (Tracks::Outbound, Track::Outbound) => {
                true
            }
            (Tracks::Inbound, Track::Outbound) | (Tracks::Outbound, Track::Inbound) => false,
        }
    }
}

impl Face {
    /// Begins to transcribe a call, in place of what was being transcribed of it.
    pub(super) fn transcribe(&mut self, world: &mut World, id: LegId, wanted: Transcription) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.transcription = Some(wanted);
        self.listen(world, id);
    }

    pub(super) fn stop_transcribing(&mut self, world: &mut World, id: LegId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.transcription = None;
        }
        world.keep_listening(id);
    }

    /// Whoever is to be transcribed is asked to speak, unless something is being played.
    pub(super) fn listen(&self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get(&id) else { return };
        let is_heard = call.transcription.as_ref().is_some_and(|wanted| wanted.covers(Track::Inbound));
        let is_silent = !call.player.is_playing() && !self.is_prompting(world, id);
        if is_heard && is_silent {
            world.ask_for_speech(id);
        }
    }

    /// The subscriber begins to say something.
    pub(super) fn spoke(&mut self, world: &mut World, id: LegId, words: &str) {
        self.make_out(world, id, Track::Inbound, words);
        if let Some(other) = self.calls.get(&id).and_then(|call| call.bridged_with) {
            self.make_out(world, other, Track::Outbound, words);
        }
    }

    fn make_out(&mut self, world: &mut World, id: LegId, track: Track, words: &str) {
        let wanted = self.calls.get(&id).and_then(|call| call.transcription.as_ref());
        let Some(wanted) = wanted.filter(|wanted| wanted.covers(track)) else { return };
        let (all_ms, begun_at) = (speech_ms(words), wanted.begun_at);
        if let (true, Some(first)) = (wanted.interim, words.split_whitespace().next()) {
            let heard = Transcript { text: first.to_owned(), track, is_final: false, begun_at };
            Face::remind(world, all_ms / 2, Alarm::MadeOut { leg: id, heard: Box::new(heard) });
        }
        let heard = Transcript { text: words.to_owned(), track, is_final: true, begun_at };
        Face::remind(world, all_ms, Alarm::MadeOut { leg: id, heard: Box::new(heard) });
    }

    /// The carrier has made out a text, and tells it if that is still asked for.
    pub(super) fn made_out(&mut self, world: &mut World, id: LegId, heard: &Transcript) {
        let Some(call) = self.calls.get(&id) else { return };
        let goes_on =
            |wanted: &&Transcription| wanted.covers(heard.track) && wanted.begun_at == heard.begun_at;
        let Some(wanted) = call.transcription.as_ref().filter(goes_on) else { return };
        let mut said = json!({
            "confidence": if heard.is_final { CONFIDENCE } else { 0.0 },
            "is_final": heard.is_final,
            "transcript": heard.text,
        });
        if wanted.names_track {
            let track = match heard.track {
                Track::Inbound => "inbound",
                Track::Outbound => "outbound",
            };
            said["transcription_track"] = json!(track);
        }
        let mut payload = call.payload();
        payload.insert("transcription_data".to_owned(), said);
        self.tell(world, id, "call.transcription", payload);
    }
}
