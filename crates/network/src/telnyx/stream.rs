//! Media streams: how they are asked for, and what the customer is told of them.

use serde_json::{Map, Value, json};

use super::body::Body;
use super::error::ApiError;
use super::media::{Codec, Media, Mode, Wide};
use super::{Face, uuid};
use crate::media::{Encoding, Format, Track};
use crate::world::{LegId, StreamEnd, StreamId, StreamNews, StreamOrder, World};

const TRACKS: [&str; 3] = ["inbound_track", "outbound_track", "both_tracks"];

/// The codecs of the API.
const CODECS: [&str; 6] = ["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"];

const RATES: [u64; 5] = [8_000, 16_000, 22_050, 24_000, 48_000];

/// The longest token, in characters; Telnyx's OpenAPI.
const TOKEN_MAX: usize = 4_000;

/// A media stream that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    id: String,
    url: String,
    track: String,
    /// The form of what is told.
    speaks: Codec,
    mode: Mode,
    auth_token: Option<String>,
    parameters: Map<String, Value>,
}

/// A media stream of a call that is not over.
#[derive(Clone, Debug)]
pub(crate) struct Streaming {
    id: StreamId,
    stream: Stream,
}

/// The stream that a command asks for, if it does.
pub(super) fn wanted(world: &mut World, body: &Body) -> Result<Option<Stream>, ApiError> {
    let track = body.word("stream_track", &TRACKS)?.unwrap_or(TRACKS[0]).to_owned();
    let url = body.url("stream_url", &["ws", "wss"])?;
    let rate = match body.number("stream_bidirectional_sampling_rate", &(8_000..=48_000))? {
        Some(rate) if !RATES.contains(&rate) => {
            return Err(ApiError::outside("stream_bidirectional_sampling_rate", &(8_000..=48_000)));
        }
        rate => u32::try_from(rate.unwrap_or(RATES[0])).unwrap_or(8_000),
    };
    let codec = body.word("stream_bidirectional_codec", &CODECS)?.unwrap_or(CODECS[0]);
    let mode = match body.word("stream_bidirectional_mode", &["mp3", "rtp"])? {
        Some("rtp") => Mode::Rtp(spoken(codec, rate, "stream_bidirectional_codec")?),
        _ => Mode::Mp3,
    };
    let words = ["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16", "default"];
    let speaks = match (body.word("stream_codec", &words)?, mode) {
        // The line's own codec is μ-law; linear sound is told at the rate at which it comes.
        (None | Some("default"), _) => Codec::MULAW,
        (Some(codec), _) => spoken(codec, rate, "stream_codec")?,
    };
    let auth_token = body.text("stream_auth_token")?.map(str::to_owned);
    if auth_token.as_ref().is_some_and(|token| token.chars().count() > TOKEN_MAX) {
        return Err(ApiError::outside("stream_auth_token", &(0..=TOKEN_MAX as u64)));
    }
    let parameters = parameters(body)?;
    Ok(url.map(|url| Stream { id: uuid(world), url, track, speaks, mode, auth_token, parameters }))
}

/// A codec by its name; one that isn't spoken here is refused rather than spoken wrongly.
fn spoken(codec: &str, rate: u32, key: &str) -> Result<Codec, ApiError> {
    match codec {
        "PCMU" => Ok(Codec::MULAW),
        "PCMA" => Ok(Codec::Plain(Format { encoding: Encoding::Alaw, rate: 8_000 })),
        "G722" => Ok(Codec::G722),
        "L16" => Ok(Codec::Plain(Format { encoding: Encoding::L16, rate })),
        _ => Err(ApiError::none_of(key, &["PCMU", "PCMA", "G722", "L16"])),
    }
}

/// Custom parameters: a list of names and values.
fn parameters(body: &Body) -> Result<Map<String, Value>, ApiError> {
    const KEY: &str = "custom_parameters";
    let Some(value) = body.value(KEY) else { return Ok(Map::new()) };
    let list = value.as_array().ok_or_else(|| ApiError::wrong_type(KEY, "array"))?;
    let pairs =
        list.iter().filter_map(|pair| Some((pair["name"].as_str()?.to_owned(), pair["value"].clone())));
    Ok(pairs.collect())
}

impl Stream {
    fn tracks(&self) -> Vec<Track> {
        match self.track.as_str() {
            "outbound_track" => vec![Track::Outbound],
            "both_tracks" => vec![Track::Inbound, Track::Outbound],
            _ => vec![Track::Inbound],
        }
    }

    fn hears(&self) -> Format {
        match self.mode {
            Mode::Mp3 => Format::MULAW,
            Mode::Rtp(codec) => codec.format(),
        }
    }
}

impl Face {
    /// Begins to open a stream on an answered call.
    pub(super) fn open_stream(&mut self, world: &mut World, id: LegId, stream: Stream) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut told = Map::new();
        let mut put = |key: &str, value: Value| told.insert(key.to_owned(), value);
        put("user_id", json!(call.connection_id));
        put("call_control_id", json!(call.control_id));
        put("call_session_id", json!(call.session_id));
        put("from", json!(call.from));
        put("to", json!(call.to));
        put("tags", json!([]));
        put("client_state", json!(call.client_state));
        let protocol = Media {
            stream_id: stream.id.clone(),
            call: told,
            parameters: stream.parameters.clone(),
            auth_token: stream.auth_token.clone(),
            speaks: stream.speaks,
            mode: stream.mode,
            wide: Wide::default(),
            n_said: 0,
        };
        let token = stream.auth_token.iter();
        let order = StreamOrder {
            name: stream.id.clone(),
            url: stream.url.clone(),
            headers: token.map(|token| ("x-telnyx-streaming-auth-token".to_owned(), token.clone())).collect(),
            protocol: Box::new(protocol),
            tracks: stream.tracks(),
            speaks: stream.speaks.format(),
            hears: stream.hears(),
        };
        call.streams.push(Streaming { id: world.open_stream(id, order), stream });
    }

    /// Ends one stream of a call, or all of them.
    pub(super) fn stop_streams(&self, world: &mut World, id: LegId, stream_id: Option<&str>) {
        let Some(call) = self.calls.get(&id) else { return };
        let meant =
            call.streams.iter().filter(|known| stream_id.is_none_or(|wanted| known.stream.id == wanted));
        meant.for_each(|known| world.close_stream(known.id));
    }

    /// Something happened to a stream. The call goes on, whatever it was.
    pub(super) fn hear_of_stream(
        &mut self,
        world: &mut World,
        id: LegId,
        stream: StreamId,
        news: StreamNews,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(at) = call.streams.iter().position(|known| known.id == stream) else { return };
        let (kind, reason) = match news {
            StreamNews::Opened => ("streaming.started", None),
            StreamNews::Failed(_) => ("streaming.failed", Some("connection_failed")),
            StreamNews::Closed(
                StreamEnd::ByCarrier | StreamEnd::ByCustomer | StreamEnd::ByCustomerOddly(_),
            ) => ("streaming.stopped", None),
            StreamNews::Closed(StreamEnd::Broken | StreamEnd::TooSlow | StreamEnd::Misspoken(_)) => {
                ("streaming.failed", Some("connection_lost"))
            }
        };
        let Stream { id: stream_id, url, track, .. } = call.streams[at].stream.clone();
        if kind != "streaming.started" {
            call.streams.remove(at);
        }
        let mut payload = call.payload();
        let mut put = |key: &str, value: Value| payload.insert(key.to_owned(), value);
        match reason {
            Some(reason) => {
                put("failure_reason", json!(reason));
                put("stream_id", json!(stream_id));
                put("stream_params", json!({ "stream_url": url, "track": track }));
                put("stream_type", json!("websocket"));
            }
            None => {
                put("stream_url", json!(url));
            }
        }
        self.tell(world, id, kind, payload);
    }
}
