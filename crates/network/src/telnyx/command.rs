//! Commands to a call.

use http::Method;
use serde_json::json;

use super::body::Body;
use super::call::{Event, Way, mark};
use super::error::ApiError;
use super::gather::Wish;
use super::sound::Piece;
use super::transcription::Transcription;
use super::transfer::Takeover;
use super::{COMMAND_ID_MS, Face, recording, stream};
use crate::world::{Cause, EndedBy, LegId, Sound, Stage, World};

/// What a call can be told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Answer,
    Reject,
    Hangup,
    Speak,
    PlaybackStart,
    PlaybackStop,
    Gather,
    GatherUsingSpeak,
    GatherStop,
    SendDtmf,
    Transfer,
    TranscriptionStart,
    TranscriptionStop,
    StreamingStart,
    StreamingStop,
    RecordStart,
    RecordStop,
    ClientStateUpdate,
}

impl Command {
    /// The command at the end of a path; `None` for one that this face doesn't speak.
    pub(crate) fn read(method: &Method, word: &str) -> Option<Command> {
        let command = match word {
            "answer" => Command::Answer,
            "reject" => Command::Reject,
            "hangup" => Command::Hangup,
            "speak" => Command::Speak,
            "playback_start" => Command::PlaybackStart,
            "playback_stop" => Command::PlaybackStop,
            "gather" => Command::Gather,
            "gather_using_speak" => Command::GatherUsingSpeak,
            "gather_stop" => Command::GatherStop,
            "send_dtmf" => Command::SendDtmf,
            "transfer" => Command::Transfer,
            "transcription_start" => Command::TranscriptionStart,
            "transcription_stop" => Command::TranscriptionStop,
            "streaming_start" => Command::StreamingStart,
            "streaming_stop" => Command::StreamingStop,
            "record_start" => Command::RecordStart,
            "record_stop" => Command::RecordStop,
            "client_state_update" => Command::ClientStateUpdate,
            _ => return None,
        };
        let needed = if command == Command::ClientStateUpdate { Method::PUT } else { Method::POST };
        (*method == needed).then_some(command)
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Command::Answer => "answer",
            Command::Reject => "reject",
            Command::Hangup => "hangup",
            Command::Speak => "speak",
            Command::PlaybackStart => "playback_start",
            Command::PlaybackStop => "playback_stop",
            Command::Gather => "gather",
            Command::GatherUsingSpeak => "gather_using_speak",
            Command::GatherStop => "gather_stop",
            Command::SendDtmf => "send_dtmf",
            Command::Transfer => "transfer",
            Command::TranscriptionStart => "transcription_start",
            Command::TranscriptionStop => "transcription_stop",
            Command::StreamingStart => "streaming_start",
            Command::StreamingStop => "streaming_stop",
            Command::RecordStart => "start_recording",
            Command::RecordStop => "stop_recording",
            Command::ClientStateUpdate => "client_state_update",
        }
    }

    /// Whether it can only be carried out on a call that is answered.
    fn needs_voice(self) -> bool {
        match self {
            Command::Answer | Command::Reject | Command::Hangup | Command::ClientStateUpdate => false,
            Command::Speak
            | Command::PlaybackStart
            | Command::PlaybackStop
            | Command::Gather
            | Command::GatherUsingSpeak
            | Command::GatherStop
            | Command::SendDtmf
            | Command::Transfer
            | Command::TranscriptionStart
            | Command::TranscriptionStop
            | Command::StreamingStart
            | Command::StreamingStop
            | Command::RecordStart
            | Command::RecordStop => true,
        }
    }
}

impl Face {
    /// Carries out a command, or says why not. A repetition by its command id does nothing.
    pub(super) fn command(
        &mut self,
        world: &mut World,
        id: LegId,
        command: Command,
        body: &Body,
    ) -> Result<(), ApiError> {
        let now = world.now;
        let command_id = body.text("command_id")?;
        let Some(stage) = world.leg(id).map(|leg| leg.stage) else { return Err(ApiError::unknown_call()) };
        let Some(call) = self.calls.get_mut(&id) else { return Err(ApiError::unknown_call()) };
        call.commands.retain(|_, at| now.since(*at) < COMMAND_ID_MS);
        if command_id.is_some_and(|command_id| call.commands.contains_key(command_id)) {
            return Ok(());
        }
        match stage {
            Stage::Ended(_) => return Err(ApiError::ended()),
            Stage::Talking => {}
            Stage::Queued | Stage::Dialling | Stage::Ringing if command.needs_voice() => {
                return Err(ApiError::not_answered());
            }
            Stage::Queued | Stage::Dialling | Stage::Ringing => {}
        }
        self.obey(world, id, command, body)?;
        let Some(call) = self.calls.get_mut(&id) else { return Ok(()) };
        let name = command.word().to_owned();
        call.note(Event { at: now, name, kind: "command", metadata: json!({ "command_id": command_id }) });
        if let Some(command_id) = command_id {
            call.commands.insert(command_id.to_owned(), now);
        }
        Ok(())
    }

    fn obey(&mut self, world: &mut World, id: LegId, command: Command, body: &Body) -> Result<(), ApiError> {
        match command {
            Command::Answer => self.answer(world, id, body)?,
            Command::Reject => self.reject(world, id, body)?,
            Command::Hangup => self.hang_up(world, id, body)?,
            Command::Speak => {
                let piece = Piece::speech(body)?;
                self.begin_sound(world, id, body, piece)?;
            }
            Command::PlaybackStart => {
                let piece = Piece::playback(body)?;
                self.begin_sound(world, id, body, piece)?;
            }
            Command::PlaybackStop => {
                let only_current = body.word("stop", &["current", "all"])? == Some("current");
                self.heed(world, id, body)?;
                self.stop_playing(world, id, only_current);
            }
            Command::Gather => {
                let wish = Wish::silent(world, body)?;
                self.heed(world, id, body)?;
                self.gather(world, id, wish);
            }
            Command::GatherUsingSpeak => {
                let wish = Wish::spoken(body)?;
                self.heed(world, id, body)?;
                self.gather(world, id, wish);
            }
            Command::GatherStop => {
                self.heed(world, id, body)?;
                self.stop_gathering(world, id, "cancelled");
            }
            Command::SendDtmf => {
                let digits = keys(body, "digits")?.ok_or_else(|| ApiError::missing("digits"))?;
                body.number("duration_millis", &(100..=500))?;
                self.heed(world, id, body)?;
                world.play(id, Sound::Digits(digits));
            }
            Command::Transfer => {
                let takeover = Takeover::read(body)?;
                self.heed(world, id, body)?;
                self.transfer(world, id, takeover);
            }
            Command::TranscriptionStart => {
                let wanted = Transcription::read(body, world.now)?;
                self.heed(world, id, body)?;
                self.transcribe(world, id, wanted);
            }
            Command::TranscriptionStop => {
                self.heed(world, id, body)?;
                self.stop_transcribing(world, id);
            }
            Command::StreamingStart => {
                let wanted = stream::wanted(world, body)?.ok_or_else(|| ApiError::missing("stream_url"))?;
                self.heed(world, id, body)?;
                self.open_stream(world, id, wanted);
            }
            Command::StreamingStop => {
                let stream_id = body.text("stream_id")?;
                self.heed(world, id, body)?;
                self.stop_streams(world, id, stream_id);
            }
            Command::RecordStart | Command::RecordStop => self.tape(world, id, command, body)?,
            Command::ClientStateUpdate => {
                body.needed("client_state")?;
                self.heed(world, id, body)?;
            }
        }
        Ok(())
    }

    fn tape(&mut self, world: &mut World, id: LegId, command: Command, body: &Body) -> Result<(), ApiError> {
        if command == Command::RecordStart {
            recording::check(body)?;
            self.heed(world, id, body)?;
            self.start_recording(world, id);
        } else {
            self.heed(world, id, body)?;
            self.stop_recording(world, id);
        }
        Ok(())
    }

    fn hang_up(&mut self, world: &mut World, id: LegId, body: &Body) -> Result<(), ApiError> {
        self.heed(world, id, body)?;
        if let Some(leg) = world.leg_mut(id) {
            leg.counts.hangups += 1;
        }
        world.hang_up(id, EndedBy::Api);
        Ok(())
    }

    /// Plays what a command gives, after or in place of what is being played.
    fn begin_sound(
        &mut self,
        world: &mut World,
        id: LegId,
        body: &Body,
        piece: Piece,
    ) -> Result<(), ApiError> {
        let stops = body.word("stop", &["current", "all"])?;
        self.heed(world, id, body)?;
        if let Some(word) = stops {
            self.stop_playing(world, id, word == "current");
        }
        self.play(world, id, piece);
        Ok(())
    }

    /// Takes over what a command says of all that follows. The first client state is the mark.
    fn heed(&mut self, world: &mut World, id: LegId, body: &Body) -> Result<(), ApiError> {
        let Some(call) = self.calls.get_mut(&id) else { return Ok(()) };
        call.heed(body)?;
        if let (Some(leg), Some(client_state)) = (world.leg_mut(id), &call.client_state)
            && leg.mark.is_empty()
        {
            leg.mark = mark(client_state);
        }
        Ok(())
    }

    fn answer(&mut self, world: &mut World, id: LegId, body: &Body) -> Result<(), ApiError> {
        let stream = stream::wanted(world, body)?;
        let is_incoming = self.calls.get(&id).is_some_and(|call| call.way == Way::Incoming);
        let is_answered = world.leg(id).is_some_and(|leg| leg.stage == Stage::Talking);
        if !is_incoming && !is_answered {
            return Err(ApiError::not_answered());
        }
        self.heed(world, id, body)?;
        if let Some(call) = self.calls.get_mut(&id)
            && !is_answered
        {
            call.stream_at_answer = stream;
        }
        world.answer(id);
        Ok(())
    }

    /// Declines an incoming call; one that is answered or goes out is hung up.
    fn reject(&mut self, world: &mut World, id: LegId, body: &Body) -> Result<(), ApiError> {
        body.needed("cause")?;
        let cause = match body.word("cause", &["CALL_REJECTED", "USER_BUSY"])? {
            Some("USER_BUSY") => Cause::Busy,
            _ => Cause::Rejected,
        };
        self.heed(world, id, body)?;
        let is_incoming = self.calls.get(&id).is_some_and(|call| call.way == Way::Incoming);
        let rings = world.leg(id).is_some_and(|leg| leg.stage == Stage::Ringing);
        if is_incoming && rings {
            world.end(id, EndedBy::Api, cause);
        } else {
            world.hang_up(id, EndedBy::Api);
        }
        Ok(())
    }
}

/// Keys that are to be sent as tones.
pub(super) fn keys(body: &Body, key: &str) -> Result<Option<String>, ApiError> {
    let Some(digits) = body.text(key)? else { return Ok(None) };
    let is_key = |key: char| key.is_ascii_digit() || "ABCDwW*#".contains(key);
    if digits.chars().all(is_key) { Ok(Some(digits.to_owned())) } else { Err(ApiError::bad_digits(key)) }
}
