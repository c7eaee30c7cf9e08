//! Media streams: how the API and documents ask for them, and what the customer is told of them.
//!
//! Source: <https://docs.plivo.com/docs/voice/xml/audiostream>.

use serde_json::{Map, Value, json};

use super::body::{Body, is_url};
use super::call::Hook;
use super::error::ApiError;
use super::media::{Media, Ways, format};
use super::resource::object;
use super::script::Doing;
use super::{Alarm, Face, document, uuid, zone};
use crate::form::Form;
use crate::media::{Encoding, Format, Track};
use crate::world::{LegId, StreamEnd, StreamId, StreamNews, StreamOrder, World};

/// How long a stream lasts at most where nothing else is asked for.
const TIMEOUT_S: u64 = 86_400;

/// How many characters the extra headers may have.
const EXTRA_HEADERS_MAX: usize = 512;

/// How many streams of one call are remembered.
const STREAMS_MAX: usize = 20;

/// The form of sound where nothing else is asked for.
const USUAL: Format = Format { encoding: Encoding::L16, rate: 8_000 };

/// A media stream that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    stream: StreamId,
    id: String,
    url: String,
    callback: Option<Hook>,
}

/// What is asked of a stream, by the API or a document.
struct Wanted {
    url: String,
    callback: Option<Hook>,
    ways: Ways,
    tracks: Vec<Track>,
    format: Format,
    timeout_s: u64,
    extra_headers: String,
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
        let track = body.word("audio_track", &["inbound", "outbound", "both"])?;
        let ways = match body.word("bidirectional", &["true", "false"])? {
            Some("true") => Ways::Both,
            _ => Ways::One,
        };
        if ways == Ways::Both && track.is_some_and(|track| track != "inbound") {
            return Err(ApiError::invalid("audio_track"));
        }
        let format = match body.text("content_type") {
            Some(content_type) => format(&content_type).ok_or_else(|| ApiError::invalid("content_type"))?,
            None => USUAL,
        };
        let extra_headers = body.text("extra_headers").unwrap_or_default();
        if extra_headers.len() > EXTRA_HEADERS_MAX {
            return Err(ApiError::invalid("extra_headers"));
        }
        let wanted = Wanted {
            url,
            callback: body.hook("status_callback_url", "status_callback_method")?,
            ways,
            tracks: tracks(track),
            format,
            timeout_s: body.number("stream_timeout", &(1..=u64::from(u32::MAX)))?.unwrap_or(TIMEOUT_S),
            extra_headers: listed(&extra_headers),
        };
        let stream = self.open_stream(world, id, wanted).ok_or_else(ApiError::not_found)?;
        Ok(object(json!({ "message": "audio streaming started", "stream_id": stream.id })))
    }

    /// Begins to open a stream of a document, which waits for its end if it is to.
    pub(super) fn open_stream_of_document(
        &mut self,
        world: &mut World,
        id: LegId,
        stream: &document::Stream,
    ) {
        let ways = if stream.goes_both_ways { Ways::Both } else { Ways::One };
        let track = stream.track.as_deref().filter(|_| ways == Ways::One);
        let wanted = Wanted {
            url: stream.url.clone(),
            callback: Hook::of(&stream.callback),
            ways,
            tracks: tracks(track),
            format: stream.content_type.as_deref().and_then(format).unwrap_or(USUAL),
            timeout_s: stream.timeout_s.unwrap_or(TIMEOUT_S),
            extra_headers: listed(&stream.extra_headers),
        };
        let opened = self.open_stream(world, id, wanted);
        match (opened, self.calls.get_mut(&id)) {
            (Some(opened), Some(call)) if stream.keeps_call => {
                call.script.turn_to(world, Doing::Streaming(opened.stream));
            }
            _ => self.go_on(world, id),
        }
    }

    fn open_stream(&mut self, world: &mut World, id: LegId, wanted: Wanted) -> Option<Stream> {
        let name = uuid(world);
        let call = self.calls.get_mut(&id)?;
        let protocol = Media {
            call_uuid: call.call_uuid.clone(),
            stream_id: name.clone(),
            auth_id: self.account.auth_id.clone(),
            extra_headers: wanted.extra_headers,
            tracks: wanted.tracks.clone(),
            speaks: wanted.format,
            ways: wanted.ways,
            n_said: 0,
        };
        let order = StreamOrder {
            name: name.clone(),
            url: wanted.url.clone(),
            headers: Vec::new(),
            protocol: Box::new(protocol),
            tracks: wanted.tracks,
            speaks: wanted.format,
            hears: wanted.format,
        };
        let stream = Stream {
            stream: world.open_stream(id, order),
            id: name,
            url: wanted.url,
            callback: wanted.callback,
        };
        if call.streams.len() >= STREAMS_MAX {
            call.streams.remove(0);
        }
        call.streams.push(stream.clone());
        let timed_out = Alarm::StreamTimesOut { stream: stream.stream };
        Face::remind(world, wanted.timeout_s.saturating_mul(1_000), timed_out);
        Some(stream)
    }

    /// Something happened to a stream.
    pub(super) fn hear_of_stream(
        &mut self,
        world: &mut World,
        id: LegId,
        stream: StreamId,
        news: &StreamNews,
    ) {
        let Some(call) = self.calls.get(&id) else { return };
        let is_waited_for =
            matches!(&call.script.doing, Doing::Streaming(waited_for) if *waited_for == stream);
        let (event, error) = match news {
            StreamNews::Opened => ("StartStream", None),
            StreamNews::Failed(why) => ("DroppedStream", Some(why.to_string())),
            StreamNews::Closed(StreamEnd::ByCarrier) => ("StopStream", None),
            StreamNews::Closed(why) => ("DroppedStream", Some(why.to_string())),
        };
        if let Some(known) = call.streams.iter().find(|known| known.stream == stream) {
            let mut form = Form::default()
                .with("Event", event)
                .with("StreamID", &known.id)
                .with("ServiceURL", &known.url);
            if let Some(error) = error {
                form.put("Error", error);
            }
            let callback = known.callback.clone();
            self.tell(world, id, callback, form);
        }
        if is_waited_for && *news != StreamNews::Opened {
            self.go_on(world, id);
        }
    }

    /// Ends one stream of a call, or all of them.
    pub(super) fn stop_streams(
        &mut self,
        world: &mut World,
        id: LegId,
        stream_id: Option<&str>,
    ) -> Result<(), ApiError> {
        let Some(call) = self.calls.get(&id) else { return Err(ApiError::not_found()) };
        let is_meant = |stream: &&Stream| stream_id.is_none_or(|wanted| stream.id == wanted);
        let meant: Vec<StreamId> = call.streams.iter().filter(is_meant).map(|stream| stream.stream).collect();
        if meant.is_empty() && stream_id.is_some() {
            return Err(ApiError::not_found());
        }
        meant.into_iter().for_each(|stream| world.close_stream(stream));
        Ok(())
    }

    /// One stream of a call, or the list of them.
    pub(super) fn streams(
        &self,
        world: &World,
        id: LegId,
        stream_id: Option<&str>,
    ) -> Result<Map<String, Value>, ApiError> {
        let Some(call) = self.calls.get(&id) else { return Err(ApiError::not_found()) };
        let written = |stream: &Stream| {
            let known = world.stream(stream.stream);
            let started_at = known.and_then(|known| known.opened_at);
            let is_over = known.is_none_or(crate::world::Stream::is_over);
            let status = match (is_over, started_at) {
                (true, _) => "stopped",
                (false, Some(_)) => "started",
                (false, None) => "initiated",
            };
            json!({
                "call_uuid": call.call_uuid,
                "end_time": known.and_then(|known| known.ended_at()).map(zone::session_start),
                "service_url": stream.url,
                "start_time": started_at.map(zone::session_start),
                "status": status,
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

fn tracks(word: Option<&str>) -> Vec<Track> {
    match word {
        Some("outbound") => vec![Track::Outbound],
        Some("both") => vec![Track::Inbound, Track::Outbound],
        _ => vec![Track::Inbound],
    }
}

/// Extra headers come with commas between them and are told with semicolons.
fn listed(extra_headers: &str) -> String {
    let pairs: Vec<&str> = extra_headers.split(',').map(str::trim).filter(|pair| !pair.is_empty()).collect();
    pairs.join(";")
}
