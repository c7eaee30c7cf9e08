//! Recordings: begun on a line, listed, fetched by links that expire, and deleted.
//!
//! Source: `StartRecordingRequest` and `CallRecordingSaved` in Telnyx's OpenAPI, and
//! <https://developers.telnyx.com/api-reference/call-recordings/list-all-call-recordings>.

use serde_json::{Value, json};

use super::body::Body;
use super::call::Call;
use super::error::ApiError;
use super::{Alarm, Face, uuid};
use crate::form::Form;
use crate::time::Millis;
use crate::wire::{WireRequest, WireResponse};
use crate::world::{LegId, READY_AFTER_MS, Tape, World};

/// How long a link holds.
///
/// Source: "These URLs are valid for 10 minutes", `CallRecordingSaved` in Telnyx's OpenAPI.
const LINK_MS: u64 = 600_000;

/// A recording of a call.
#[derive(Debug)]
pub(crate) struct Recording {
    tape: Tape,
    /// What opens its links.
    key: String,
    is_deleted: bool,
}

/// Checks what a command says of the file.
pub(super) fn check(body: &Body) -> Result<(), ApiError> {
    body.word("format", &["wav", "mp3"])?.ok_or_else(|| ApiError::missing("format"))?;
    body.word("channels", &["single", "dual"])?.ok_or_else(|| ApiError::missing("channels"))?;
    body.number("max_length", &(0..=14_400))?;
    Ok(())
}

impl Recording {
    /// A link to the file, at the host that was asked.
    fn link(&self, host: &str, now: Millis) -> String {
        let until = (now + LINK_MS).get();
        format!("http://{host}/v2/recordings/{}/sound.wav?expires={until}&key={}", self.tape.id, self.key)
    }

    fn resource(&self, call: &Call, host: &str, now: Millis) -> Value {
        let tape = &self.tape;
        json!({
            "record_type": "recording",
            "id": tape.id,
            "call_control_id": call.control_id,
            "call_leg_id": call.leg_id,
            "call_session_id": call.session_id,
            "channels": "dual",
            "conference_id": null,
            "source": "call",
            "status": if tape.is_ready(now) { "completed" } else { "partial" },
            "download_urls": { "wav": tape.is_ready(now).then(|| self.link(host, now)), "mp3": null },
            "duration_millis": tape.lasted_ms(now),
            "created_at": tape.began_at.rfc3339(),
            "updated_at": tape.over_at.unwrap_or(tape.began_at).rfc3339(),
            "recording_started_at": tape.began_at.rfc3339(),
            "recording_ended_at": tape.over_at.map(Millis::rfc3339),
        })
    }
}

impl Face {
    /// Begins one; nothing happens where one goes on.
    pub(super) fn start_recording(&mut self, world: &mut World, id: LegId) {
        let (name, key) = (uuid(world), uuid(world));
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.recordings.iter().all(|one| one.tape.over_at.is_some()) {
            call.recordings.push(Recording { tape: Tape::new(name, world.now), key, is_deleted: false });
        }
    }

    /// Ends the one that goes on, if one does.
    pub(super) fn stop_recording(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        for one in call.recordings.iter_mut().filter(|one| one.tape.over_at.is_none()) {
            one.tape.over_at = Some(world.now);
            let alarm = Alarm::Recorded { leg: id, recording: one.tape.id.clone() };
            Face::remind(world, READY_AFTER_MS, alarm);
        }
    }

    /// The name of a call's last recording.
    pub(super) fn recording_of(&self, id: LegId) -> Option<&str> {
        Some(&self.calls.get(&id)?.recordings.last()?.tape.id)
    }

    /// The recordings that are over, of one leg where that is asked.
    pub(super) fn list_recordings(&self, world: &World, request: &WireRequest) -> WireResponse {
        let query = Form::read(request.query().as_bytes());
        let leg_id = query.get("filter[call_leg_id]");
        let host = request.header("host").unwrap_or_default();
        let of_leg = |call: &&Call| leg_id.is_none_or(|wanted| call.leg_id == wanted);
        let of = |call: &Call| -> Vec<Value> {
            let there = call.recordings.iter().filter(|one| !one.is_deleted && one.tape.over_at.is_some());
            there.map(|one| one.resource(call, host, world.now)).collect()
        };
        let data: Vec<Value> = self.calls.values().filter(of_leg).flat_map(of).collect();
        let meta =
            json!({ "page_number": 1, "page_size": 20, "total_pages": 1, "total_results": data.len() });
        WireResponse::json(200, &json!({ "data": data, "meta": meta }))
    }

    pub(super) fn fetch_recording(
        &self,
        world: &World,
        name: &str,
        request: &WireRequest,
    ) -> Result<WireResponse, ApiError> {
        let (_, call, one) = self.recording(name).ok_or_else(ApiError::not_found)?;
        let resource = one.resource(call, request.header("host").unwrap_or_default(), world.now);
        Ok(WireResponse::json(200, &json!({ "data": resource })))
    }

    pub(super) fn delete_recording(
        &mut self,
        world: &World,
        name: &str,
        request: &WireRequest,
    ) -> Result<WireResponse, ApiError> {
        let response = self.fetch_recording(world, name, request)?;
        let all = self.calls.values_mut().flat_map(|call| &mut call.recordings);
        all.filter(|one| one.tape.id == name).for_each(|one| one.is_deleted = true);
        Ok(response)
    }

    /// The sound of one, for whoever has a link that holds still.
    pub(super) fn recording_media(
        &self,
        world: &World,
        name: &str,
        request: &WireRequest,
    ) -> Result<WireResponse, ApiError> {
        let query = Form::read(request.query().as_bytes());
        let holds = query
            .get("expires")
            .and_then(|until| until.parse().ok())
            .is_some_and(|until: i64| world.now.get() <= until);
        let (id, _, one) = self.recording(name).ok_or_else(ApiError::not_found)?;
        let leg = world.leg(id).ok_or_else(ApiError::not_found)?;
        if !holds || query.get("key") != Some(&one.key) || !one.tape.is_ready(world.now) {
            return Err(ApiError::not_found());
        }
        let headers = vec![("content-type".to_owned(), "audio/x-wav".to_owned())];
        Ok(WireResponse { status: 200, headers, body: one.tape.wav(leg, world.now) })
    }

    fn recording(&self, name: &str) -> Option<(LegId, &Call, &Recording)> {
        self.calls.iter().find_map(|(id, call)| {
            let one = call.recordings.iter().find(|one| one.tape.id == name && !one.is_deleted)?;
            Some((*id, call, one))
        })
    }

    /// The file is there: the customer is told.
    pub(super) fn tell_of_recording(&mut self, world: &mut World, id: LegId, name: &str) {
        let Some((_, call, one)) = self.recording(name) else { return };
        let mut payload = call.payload();
        let link = one.link("recordings.example", world.now);
        payload.insert("recording_id".to_owned(), json!(name));
        payload.insert("channels".to_owned(), json!("dual"));
        payload.insert("recording_started_at".to_owned(), json!(one.tape.began_at.rfc3339()));
        payload.insert("recording_ended_at".to_owned(), json!(one.tape.over_at.map(Millis::rfc3339)));
        payload.insert("recording_urls".to_owned(), json!({ "wav": link, "mp3": null }));
        payload.insert("public_recording_urls".to_owned(), json!({ "wav": null, "mp3": null }));
        self.tell(world, id, "call.recording.saved", payload);
    }
}
