//! Recordings by the API: begun on a line, listed, fetched and deleted.
//!
//! Sources: <https://www.plivo.com/docs/voice/api/call/record-calls/> and
//! <https://www.plivo.com/docs/voice/api/recording/>.

use serde_json::{Map, Value, json};

use super::body::Body;
use super::call::{Call, Hook};
use super::error::ApiError;
use super::resource::object;
use super::{Alarm, Face, uuid};
use crate::form::Form;
use crate::wire::{WireRequest, WireResponse};
use crate::world::{LegId, READY_AFTER_MS, Tape, World};

/// How long one lasts where nothing else is asked for.
const TIME_LIMIT_S: u64 = 60;

/// A recording of a call.
#[derive(Debug)]
pub(crate) struct Recording {
    tape: Tape,
    hook: Option<Hook>,
    is_deleted: bool,
}

impl Face {
    /// Begins one, unless one goes on.
    pub(super) fn start_recording(
        &mut self,
        world: &mut World,
        id: LegId,
        body: &Body,
    ) -> Result<Map<String, Value>, ApiError> {
        body.word("file_format", &["mp3", "wav"])?;
        body.word("record_channel_type", &["mono", "stereo"])?;
        let seconds = match body.text("time_limit") {
            None => TIME_LIMIT_S,
            Some(text) => text.parse().map_err(|_| ApiError::invalid("time_limit"))?,
        };
        let hook = body.hook("callback_url", "callback_method")?;
        let name = uuid(world);
        let call = self.calls.get_mut(&id).ok_or_else(ApiError::not_found)?;
        if call.recordings.iter().any(|one| one.tape.over_at.is_none()) {
            return Err(ApiError::invalid("call is being recorded"));
        }
        call.recordings.push(Recording { tape: Tape::new(name.clone(), world.now), hook, is_deleted: false });
        Face::remind(
            world,
            seconds.saturating_mul(1_000),
            Alarm::RecordingTimesOut { leg: id, recording: name.clone() },
        );
        Ok(object(json!({
            "message": "call recording started",
            "recording_id": name,
            "url": format!("https://media.plivo.com/v1/Account/{}/Recording/{name}.wav", self.account.auth_id),
        })))
    }

    /// Ends the one that goes on, if it is this one, or whichever does.
    pub(super) fn stop_recording(&mut self, world: &mut World, id: LegId, only: Option<&str>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let goes_on =
            |one: &&mut Recording| one.tape.over_at.is_none() && only.is_none_or(|only| one.tape.id == only);
        for one in call.recordings.iter_mut().filter(goes_on) {
            one.tape.over_at = Some(world.now);
            let alarm = Alarm::Recorded { leg: id, recording: one.tape.id.clone() };
            Face::remind(world, READY_AFTER_MS, alarm);
        }
    }

    /// The account's recordings whose files are there; filter `call_uuid`.
    pub(super) fn recordings(
        &self,
        world: &World,
        query: &Form,
        request: &WireRequest,
    ) -> Map<String, Value> {
        let call_uuid = query.get("call_uuid");
        let meant = |call: &&Call| call_uuid.is_none_or(|wanted| call.call_uuid == wanted);
        let of = |call: &Call| -> Vec<Map<String, Value>> {
            let there = call.recordings.iter().filter(|one| !one.is_deleted && one.tape.is_ready(world.now));
            there.map(|one| self.resource(call, one, world, request)).collect()
        };
        let objects: Vec<_> = self.calls.values().filter(meant).flat_map(of).collect();
        let meta =
            json!({ "limit": 20, "offset": 0, "total_count": objects.len(), "next": null, "previous": null });
        object(json!({ "meta": meta, "objects": objects }))
    }

    /// One, once its file is there.
    pub(super) fn one_recording(
        &self,
        world: &World,
        name: &str,
        request: &WireRequest,
    ) -> Option<Map<String, Value>> {
        let (_, call, one) = self.recording(name).filter(|(_, _, one)| one.tape.is_ready(world.now))?;
        Some(self.resource(call, one, world, request))
    }

    fn resource(
        &self,
        call: &Call,
        one: &Recording,
        world: &World,
        request: &WireRequest,
    ) -> Map<String, Value> {
        let (account, name) = (&self.account.auth_id, &one.tape.id);
        let host = request.header("host").unwrap_or_default();
        let ms = one.tape.lasted_ms(world.now);
        object(json!({
            "recording_id": name,
            "call_uuid": call.call_uuid,
            "conference_name": null,
            "recording_type": "call",
            "recording_format": "wav",
            "recording_url": format!("http://{host}/v1/Account/{account}/Recording/{name}.wav"),
            "recording_duration_ms": format!("{ms}.00000"),
            "recording_start_ms": format!("{}.00000", one.tape.began_at.get()),
            "resource_uri": format!("/v1/Account/{account}/Recording/{name}/"),
        }))
    }

    pub(super) fn drop_recording(&mut self, name: &str) -> Result<(), ApiError> {
        let all = self.calls.values_mut().flat_map(|call| &mut call.recordings);
        let mut meant = all.filter(|one| one.tape.id == name && !one.is_deleted);
        meant.next().ok_or_else(ApiError::not_found)?.is_deleted = true;
        Ok(())
    }

    /// The sound of one.
    pub(super) fn recording_media(&self, world: &World, name: &str) -> WireResponse {
        let found = self.recording(name).filter(|(_, _, one)| one.tape.is_ready(world.now));
        match found.and_then(|(id, _, one)| Some((world.leg(id)?, one))) {
            Some((leg, one)) => {
                let headers = vec![("content-type".to_owned(), "audio/wav".to_owned())];
                WireResponse { status: 200, headers, body: one.tape.wav(leg, world.now) }
            }
            None => WireResponse::empty(404),
        }
    }

    fn recording(&self, name: &str) -> Option<(LegId, &Call, &Recording)> {
        self.calls.iter().find_map(|(id, call)| {
            let one = call.recordings.iter().find(|one| one.tape.id == name && !one.is_deleted)?;
            Some((*id, call, one))
        })
    }

    /// The file is there: the customer is told, in names of its own.
    pub(super) fn tell_of_recording(&mut self, world: &mut World, id: LegId, name: &str) {
        let Some((_, call, one)) = self.recording(name) else { return };
        let ms = one.tape.lasted_ms(world.now);
        let url = format!("https://media.plivo.com/v1/Account/{}/Recording/{name}.wav", self.account.auth_id);
        let form = Form::default()
            .with("call_uuid", call.call_uuid.clone())
            .with("recording_id", name)
            .with("record_url", url)
            .with("recording_duration", (ms / 1_000).to_string())
            .with("recording_duration_ms", ms.to_string())
            .with("recording_start_ms", one.tape.began_at.get().to_string())
            .with("recording_end_ms", world.now.get().to_string());
        let hook = one.hook.clone();
        self.tell_alone(world, id, hook, form);
    }
}
