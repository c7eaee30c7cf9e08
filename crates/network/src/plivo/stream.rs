//! Media streams: the seam for media. Until a stream can be opened, every attempt fails.

use serde_json::{Map, Value, json};

use super::body::{Body, is_url};
use super::call::Hook;
use super::error::ApiError;
use super::resource::object;
use super::{Alarm, Face, document, uuid, zone};
use crate::form::Form;
use crate::time::Millis;
use crate::world::{LegId, World};

/// How long it takes until a stream that can't be opened is given up.
const STREAM_FAILS_MS: u64 = 1_000;

/// A media stream that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    id: String,
    url: String,
    callback: Option<Hook>,
    ended_at: Option<Millis>,
}

impl Face {
    /// Begins to open a stream that the API asks for.
    pub(super) fn open_stream_of_api(
        &mut self,
        world: &mut World,
        id: LegId,
        body: &Body,
    ) -> Result<Map<String, Value>, ApiError> {
        let url = body.needed("service_url")?;
        if !is_url(&url, &["ws", "wss"]) {
            return Err(ApiError::invalid("service_url"));
        }
        let tracks = body.word("audio_track", &["inbound", "outbound", "both"])?;
        let goes_both_ways = body.word("bidirectional", &["true", "false"])? == Some("true");
        if goes_both_ways && tracks.is_some_and(|tracks| tracks != "inbound") {
            return Err(ApiError::invalid("audio_track"));
        }
        let callback = body.hook("status_callback_url", "status_callback_method")?;
        let stream_id = self.open_stream(world, id, url, callback);
        Ok(object(json!({ "message": "audio streaming started", "stream_id": stream_id })))
    }

    /// Begins to open a stream of a document, and says how long that takes.
    pub(super) fn open_stream_of_document(
        &mut self,
        world: &mut World,
        id: LegId,
        stream: &document::Stream,
    ) -> u64 {
        self.open_stream(world, id, stream.url.clone(), Hook::of(&stream.callback));
        STREAM_FAILS_MS
    }

    fn open_stream(&mut self, world: &mut World, id: LegId, url: String, callback: Option<Hook>) -> String {
        let stream_id = uuid(world);
        let Some(call) = self.calls.get_mut(&id) else { return stream_id };
        call.streams.push(Stream { id: stream_id.clone(), url, callback, ended_at: None });
        let stream = stream_id.clone();
        Face::remind(world, STREAM_FAILS_MS, Alarm::StreamFails { leg: id, stream });
        stream_id
    }

    /// A stream could not be opened.
    pub(super) fn stream_fails(&mut self, world: &mut World, id: LegId, stream_id: &str) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let open = |stream: &&mut Stream| stream.id == stream_id && stream.ended_at.is_none();
        let Some(stream) = call.streams.iter_mut().find(open) else { return };
        stream.ended_at = Some(world.now);
        let form = Form::default()
            .with("Event", "DroppedStream")
            .with("StreamID", &stream.id)
            .with("ServiceURL", &stream.url)
            .with("Error", "connection failed");
        let callback = stream.callback.clone();
        self.tell(world, id, callback, form);
    }

    /// Ends one stream of a call, or all of them.
    pub(super) fn stop_streams(
        &mut self,
        world: &World,
        id: LegId,
        stream_id: Option<&str>,
    ) -> Result<(), ApiError> {
        let Some(call) = self.calls.get_mut(&id) else { return Err(ApiError::not_found()) };
        let is_meant = |stream: &&mut Stream| stream_id.is_none_or(|wanted| stream.id == wanted);
        let mut n_found = 0;
        for stream in call.streams.iter_mut().filter(is_meant) {
            stream.ended_at.get_or_insert(world.now);
            n_found += 1;
        }
        if n_found == 0 && stream_id.is_some() { Err(ApiError::not_found()) } else { Ok(()) }
    }

    /// One stream of a call, or the list of them.
    pub(super) fn streams(&self, id: LegId, stream_id: Option<&str>) -> Result<Map<String, Value>, ApiError> {
        let Some(call) = self.calls.get(&id) else { return Err(ApiError::not_found()) };
        let written = |stream: &Stream| {
            json!({
                "call_uuid": call.call_uuid,
                "end_time": stream.ended_at.map(zone::session_start),
                "service_url": stream.url,
                "start_time": null,
                "status": if stream.ended_at.is_some() { "stopped" } else { "initiated" },
                "status_callback_url": stream.callback.as_ref().map_or("", |hook| hook.url.as_str()),
                "stream_id": stream.id,
            })
        };
        match stream_id {
            Some(wanted) => {
                let stream = call.streams.iter().find(|stream| stream.id == wanted);
                stream.map(|stream| object(written(stream))).ok_or_else(ApiError::not_found)
            }
            None => {
                let objects: Vec<Value> = call.streams.iter().map(written).collect();
                let n_streams = objects.len();
                let meta = json!({
                    "count": n_streams, "limit": 20, "next": null, "offset": 0, "previous": null,
                });
                Ok(object(json!({ "meta": meta, "objects": objects })))
            }
        }
    }
}
