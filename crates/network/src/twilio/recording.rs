//! Recordings: begun on a line, listed, fetched and deleted, and what the customer is told of them.
//!
//! Source: `api.v2010.account.call.call_recording` in Twilio's OpenAPI, `twilio_api_v2010`, and
//! <https://www.twilio.com/docs/voice/api/recording>.

use http::Method;
use rand::Rng;
use serde_json::{Value, json};

use super::api::bare;
use super::call::{Call, Hook};
use super::create::hook;
use super::error::ApiError;
use super::{API_VERSION, Alarm, Face};
use crate::form::Form;
use crate::time::Millis;
use crate::wire::{WireRequest, WireResponse};
use crate::world::{LegId, READY_AFTER_MS, Stage, Tape, World};

/// A recording of a call, and who is told of it.
#[derive(Debug)]
pub(crate) struct Recording {
    tape: Tape,
    hook: Option<Hook>,
    is_deleted: bool,
}

impl Recording {
    fn status(&self, now: Millis) -> &'static str {
        match self.tape.over_at {
            None => "in-progress",
            Some(_) if self.tape.is_ready(now) => "completed",
            Some(_) => "processing",
        }
    }

    fn resource(&self, call: &Call, now: Millis) -> Value {
        let (account, sid) = (&call.account_sid, &self.tape.id);
        let seconds = self.tape.over_at.map(|_| (self.tape.lasted_ms(now) / 1_000).to_string());
        json!({
            "account_sid": account,
            "api_version": API_VERSION,
            "call_sid": call.sid,
            "conference_sid": null,
            "date_created": self.tape.began_at.rfc2822(),
            "date_updated": self.tape.over_at.unwrap_or(self.tape.began_at).rfc2822(),
            "start_time": self.tape.began_at.rfc2822(),
            "duration": seconds,
            "sid": sid,
            "price": null,
            "price_unit": "USD",
            "uri": format!("/{API_VERSION}/Accounts/{account}/Calls/{}/Recordings/{sid}.json", call.sid),
            "encryption_details": null,
            "status": self.status(now),
            "channels": 2,
            "source": "StartCallRecordingAPI",
            "error_code": null,
            "track": "both",
        })
    }
}

impl Face {
    /// Begins one, if the call is in progress.
    pub(super) fn start_recording(
        &mut self,
        world: &mut World,
        id: LegId,
        form: &Form,
    ) -> Result<WireResponse, ApiError> {
        let hook = hook(form, "RecordingStatusCallback", "RecordingStatusCallbackMethod", 21_609)?;
        let events = form.get("RecordingStatusCallbackEvent").unwrap_or("completed");
        let hook = hook.filter(|_| events.split_whitespace().any(|event| event == "completed"));
        if world.leg(id).is_none_or(|leg| leg.stage != Stage::Talking) {
            return Err(ApiError::new(400, 21_220, "Requested resource is not eligible for recording"));
        }
        let tape = Tape::new(format!("RE{:032x}", world.rng.random::<u128>()), world.now);
        let call = self.calls.get_mut(&id).ok_or_else(ApiError::not_in_progress)?;
        let recording = Recording { tape, hook, is_deleted: false };
        let resource = recording.resource(call, world.now);
        call.recordings.push(recording);
        Ok(WireResponse::json(201, &resource))
    }

    /// The recordings of a call.
    pub(super) fn list_recordings(&self, world: &World, id: LegId) -> WireResponse {
        let call = self.calls.get(&id);
        let of = |call: &Call| -> Vec<Value> {
            let there = call.recordings.iter().filter(|one| !one.is_deleted);
            there.map(|one| one.resource(call, world.now)).collect()
        };
        WireResponse::json(200, &json!({ "recordings": call.map(of).unwrap_or_default(), "page": 0 }))
    }

    /// Tells of one, ends it, or deletes it.
    pub(super) fn one_recording(
        &mut self,
        world: &mut World,
        id: LegId,
        request: &WireRequest,
        form: &Form,
    ) -> Result<WireResponse, ApiError> {
        let missing = || ApiError::not_found(request.path());
        let name = request.path().rsplit('/').next().map(bare).unwrap_or_default();
        let now = world.now;
        let call = self.calls.get_mut(&id).ok_or_else(missing)?;
        let is_meant = |one: &&mut Recording| match name {
            "Twilio.CURRENT" => one.tape.over_at.is_none(),
            name => one.tape.id == name && !one.is_deleted,
        };
        let meant = call.recordings.iter_mut().find(is_meant).ok_or_else(missing)?;
        let sid = meant.tape.id.clone();
        match (&request.method, form.get("Status")) {
            (&Method::DELETE, _) => {
                meant.is_deleted = true;
                return Ok(WireResponse::empty(204));
            }
            (&Method::POST, Some("stopped")) if meant.tape.over_at.is_none() => {
                meant.tape.over_at = Some(now);
                Face::remind(world, READY_AFTER_MS, Alarm::Recorded { leg: id, sid: sid.clone() });
            }
            (&Method::POST, Some("stopped")) => {}
            (&Method::POST, word) => {
                let word = word.unwrap_or_default();
                return Err(ApiError::new(400, 20_001, format!("Status must be stopped, not {word}")));
            }
            _ => {}
        }
        let found = call.recordings.iter().find(|one| one.tape.id == sid).ok_or_else(missing)?;
        Ok(WireResponse::json(200, &found.resource(call, now)))
    }

    /// The sound of one.
    pub(super) fn recording_media(
        &self,
        world: &World,
        account_sid: &str,
        path: &str,
    ) -> Result<WireResponse, ApiError> {
        let name = path.rsplit('/').next().and_then(|name| name.strip_suffix(".wav"));
        let mut known = self.calls.iter().filter(|(_, call)| call.account_sid == account_sid);
        let found = known.find_map(|(id, call)| {
            let is_meant = |one: &&Recording| Some(one.tape.id.as_str()) == name && !one.is_deleted;
            Some((*id, call.recordings.iter().find(is_meant)?))
        });
        match found.and_then(|(id, found)| Some((world.leg(id)?, found))) {
            Some((leg, found)) if found.tape.is_ready(world.now) => {
                let body = found.tape.wav(leg, world.now);
                let headers = vec![("content-type".to_owned(), "audio/x-wav".to_owned())];
                Ok(WireResponse { status: 200, headers, body })
            }
            _ => Err(ApiError::not_found(path)),
        }
    }

    /// The line ends, and with it what records it.
    pub(super) fn end_recordings(&mut self, world: &mut World, id: LegId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        for one in call.recordings.iter_mut().filter(|one| one.tape.over_at.is_none()) {
            one.tape.over_at = Some(world.now);
            let alarm = Alarm::Recorded { leg: id, sid: one.tape.id.clone() };
            Face::remind(world, READY_AFTER_MS, alarm);
        }
    }

    /// The file is there: the customer is told.
    pub(super) fn tell_of_recording(&mut self, world: &mut World, id: LegId, sid: &str) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(one) = call.recordings.iter().find(|one| one.tape.id == sid && !one.is_deleted) else {
            return;
        };
        let Some(hook) = one.hook.clone() else { return };
        let mut form = Form::default();
        form.put("AccountSid", &call.account_sid);
        form.put("CallSid", &call.sid);
        form.put("RecordingSid", sid);
        let url =
            format!("https://api.twilio.com/{API_VERSION}/Accounts/{}/Recordings/{sid}", call.account_sid);
        form.put("RecordingUrl", url);
        form.put("RecordingStatus", "completed");
        form.put("RecordingDuration", (one.tape.lasted_ms(world.now) / 1_000).to_string());
        form.put("RecordingChannels", "2");
        form.put("RecordingStartTime", one.tape.began_at.rfc2822());
        form.put("RecordingSource", "StartCallRecordingAPI");
        form.put("RecordingTrack", "both");
        form.put("ErrorCode", "0");
        self.post(world, id, hook, form);
    }
}
