//! Media streams: the seam for media. Until a stream can be opened, every attempt fails.

use serde_json::json;

use super::body::Body;
use super::call::Stream;
use super::error::ApiError;
use super::{Alarm, Face, uuid};
use crate::world::{LegId, World};

/// How long it takes until a stream that can't be opened is given up.
const STREAM_FAILS_MS: u64 = 1_000;

const TRACKS: [&str; 3] = ["inbound_track", "outbound_track", "both_tracks"];

/// The stream that a command asks for, if it does.
pub(super) fn wanted(world: &mut World, body: &Body) -> Result<Option<Stream>, ApiError> {
    let track = body.word("stream_track", &TRACKS)?.unwrap_or("inbound_track").to_owned();
    let url = body.url("stream_url", &["ws", "wss"])?;
    Ok(url.map(|url| Stream { id: uuid(world), url, track }))
}

impl Face {
    /// Begins to open a stream on an answered call.
    pub(super) fn open_stream(world: &mut World, id: LegId, stream: Stream) {
        Face::remind(world, STREAM_FAILS_MS, Alarm::StreamFails { leg: id, stream: Box::new(stream) });
    }

    pub(super) fn stream_fails(&mut self, world: &mut World, id: LegId, stream: &Stream) {
        let Some(call) = self.calls.get(&id) else { return };
        let mut payload = call.payload();
        payload.insert("failure_reason".to_owned(), json!("connection_failed"));
        payload.insert("stream_id".to_owned(), json!(stream.id));
        let params = json!({ "stream_url": stream.url, "track": stream.track });
        payload.insert("stream_params".to_owned(), params);
        payload.insert("stream_type".to_owned(), json!("websocket"));
        self.tell(world, id, "streaming.failed", payload);
    }
}
