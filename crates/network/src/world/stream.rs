//! Media streams on a leg: which are wished for, open and over.
//!
//! The world opens no socket. It writes down a [`StreamWish`], and whoever owns the sockets takes
//! it and says what became of it. A wish that nobody takes, as where nobody owns sockets, has failed
//! after a second.

use std::collections::VecDeque;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::fault::{Act, Subject, Target};
use super::leg::{LegId, News, Sound, Stage};
use super::{Happening, World};
use crate::media::{Format, Protocol, Says, Tally, Track, Understood};
use crate::time::Millis;

/// How long a wish waits to be taken.
const TAKEN_WITHIN_MS: u64 = 1_000;

/// How many streams of one leg are remembered, and may be under way at once.
const STREAMS_MAX: usize = 20;

/// How many marks of one stream are remembered.
const MARKS_KEPT_MAX: usize = 100;

/// The network's own name of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamId {
    pub(crate) leg: LegId,
    pub(crate) number: u64,
}

/// What a face wants opened.
#[derive(Debug)]
pub(crate) struct StreamOrder {
    /// The carrier's own id of the stream.
    pub(crate) name: String,
    pub(crate) url: String,
    /// Sent with the request for the upgrade.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) protocol: Box<dyn Protocol>,
    /// Whose sound is told.
    pub(crate) tracks: Vec<Track>,
    /// The form of the sound that is told.
    pub(crate) speaks: Format,
    /// The form in which sound is played to the subscriber.
    pub(crate) hears: Format,
}

/// Something for whoever owns the sockets.
#[derive(Debug)]
pub(crate) enum StreamWish {
    Open(Box<Opening>),
    /// The subscriber pressed keys.
    Press(StreamId, String),
    /// The carrier ends the stream.
    Close(StreamId),
}

/// A socket to be opened, with all that is needed to carry it.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) id: StreamId,
    pub(crate) order: StreamOrder,
    /// How long the carrier waits before it connects, in milliseconds.
    pub(crate) late_ms: u64,
    /// What the subscriber says there.
    pub(crate) says: Says,
    pub(crate) tally: Arc<Tally>,
}

/// What happened to a stream, as whoever owns the socket tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamReport {
    Opened,
    /// A mark was told to have been played.
    Marked(String),
    Cleared,
    /// The customer had keys sent to the subscriber.
    Keyed(String),
    Failed(StreamFailure),
    Closed(StreamEnd),
}

/// What a face hears of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamNews {
    Opened,
    Failed(StreamFailure),
    Closed(StreamEnd),
}

/// Why a stream was never open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamFailure {
    /// Nobody owns sockets, or there are too many already.
    #[error("there is no socket for it")]
    NoSocket,
    #[error("no connection came about: {0}")]
    Unreachable(String),
    #[error("the connection was not there in time")]
    TimedOut,
    #[error("the server did not switch protocols: {0}")]
    Refused(String),
}

/// Why an open stream is over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StreamEnd {
    #[error("the carrier ended it")]
    ByCarrier,
    /// With a close frame; its code is 1000, or it says none.
    #[error("the customer's server ended it")]
    ByCustomer,
    #[error("the customer's server ended it with code {0}")]
    ByCustomerOddly(u16),
    #[error("the connection broke")]
    Broken,
    #[error("the customer's server reads too slowly")]
    TooSlow,
    /// It said something that the carrier doesn't take.
    #[error("{0}")]
    Misspoken(String),
}

/// A stream as it is remembered.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) asked_at: Millis,
    pub(crate) opened_at: Option<Millis>,
    pub(crate) state: StreamState,
    pub(crate) marks: Vec<String>,
    pub(crate) n_clears: u32,
    pub(crate) tally: Arc<Tally>,
}

/// Where a stream is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamState {
    /// Nobody has taken the wish.
    Wished,
    Opening,
    Open,
    Failed {
        at: Millis,
        why: StreamFailure,
    },
    Closed {
        at: Millis,
        why: StreamEnd,
    },
}

impl Stream {
    fn new(id: StreamId, name: &str, url: &str, asked_at: Millis, state: StreamState) -> Stream {
        Stream {
            id,
            name: name.to_owned(),
            url: url.to_owned(),
            asked_at,
            opened_at: None,
            state,
            marks: Vec::new(),
            n_clears: 0,
            tally: Arc::default(),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        match self.state {
            StreamState::Wished | StreamState::Opening | StreamState::Open => false,
            StreamState::Failed { .. } | StreamState::Closed { .. } => true,
        }
    }

    pub(crate) fn ended_at(&self) -> Option<Millis> {
        match self.state {
            StreamState::Wished | StreamState::Opening | StreamState::Open => None,
            StreamState::Failed { at, .. } | StreamState::Closed { at, .. } => Some(at),
        }
    }
}

/// One media stream as it really was. Times are Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamTruth {
    /// The carrier's id of it.
    pub id: String,
    /// Where it was to go.
    pub url: String,
    /// `opening`, `open`, `closed` or `failed`.
    pub state: &'static str,
    /// When it was asked for.
    pub asked_at: Millis,
    /// When its socket was open.
    pub opened_at: Option<Millis>,
    /// When it was over.
    pub ended_at: Option<Millis>,
    /// Frames of sound, of 20 ms, that were told to the customer's server.
    pub frames_sent: u64,
    /// Frames of sound that came from there to be played.
    pub frames_received: u64,
    /// Marks that were told to have been played or dropped, in order, the first hundred.
    pub marks: Vec<String>,
    /// What the subscriber understood of tones that carry words, the first hundred.
    pub understood: Vec<Understood>,
    /// How long replies were waited for, from when the subscriber was silent until they heard somebody, in
    /// milliseconds, the first hundred.
    pub waited_ms: Vec<u64>,
    /// How long somebody went on whom the subscriber talked over, from the subscriber's first sound until they
    /// heard no more, in milliseconds, the first hundred.
    pub talked_over_ms: Vec<u64>,
    /// What the subscriber heard, where they keep it, as µ-law of 8 kHz in Base64.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sound: String,
    /// How often what waited to be played was dropped.
    pub clears: u32,
    /// Why it failed or ended, where it did.
    pub error: Option<String>,
}

impl StreamTruth {
    pub(crate) fn of(stream: &Stream) -> StreamTruth {
        let (state, error) = match &stream.state {
            StreamState::Wished | StreamState::Opening => ("opening", None),
            StreamState::Open => ("open", None),
            StreamState::Closed { why: StreamEnd::ByCarrier | StreamEnd::ByCustomer, .. } => ("closed", None),
            StreamState::Closed { why, .. } => ("closed", Some(why.to_string())),
            StreamState::Failed { why, .. } => ("failed", Some(why.to_string())),
        };
        StreamTruth {
            id: stream.name.clone(),
            url: stream.url.clone(),
            state,
            asked_at: stream.asked_at,
            opened_at: stream.opened_at,
            ended_at: stream.ended_at(),
            frames_sent: stream.tally.sent(),
            frames_received: stream.tally.received(),
            marks: stream.marks.clone(),
            understood: stream.tally.understood(),
            waited_ms: stream.tally.waited_ms(),
            talked_over_ms: stream.tally.talked_over_ms(),
            sound: STANDARD.encode(stream.tally.kept()),
            clears: stream.n_clears,
            error,
        }
    }
}

/// The wishes that nobody has taken, and the names that were given.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    wishes: VecDeque<StreamWish>,
    named: u64,
}

impl Streams {
    fn next(&mut self, leg: LegId) -> StreamId {
        self.named += 1;
        StreamId { leg, number: self.named }
    }

    fn forget_opening(&mut self, id: StreamId) {
        self.wishes.retain(|wish| !matches!(wish, StreamWish::Open(opening) if opening.id == id));
    }
}

impl World {
    /// Wishes for a stream on a leg. Where there can be none, that is news.
    pub(crate) fn open_stream(&mut self, leg_id: LegId, order: StreamOrder) -> StreamId {
        let id = self.streams.next(leg_id);
        let tally = Arc::new(Tally::default());
        let Some(leg) = self.legs.get_mut(&leg_id) else { return id };
        let says = leg.behaviour.says();
        let stream = Stream::new(id, &order.name, &order.url, self.now, StreamState::Wished);
        let stream = Stream { tally: Arc::clone(&tally), ..stream };
        if leg.stage != Stage::Talking || !remember(&mut leg.streams, stream) {
            self.news.push_back((leg_id, News::Stream(id, StreamNews::Failed(StreamFailure::NoSocket))));
            return id;
        }
        let subject = Subject { to: Some(&leg.to), sid: Some(&leg.carrier_id) };
        let late_ms = match self.faults.draw(&[Target::Stream], subject, &mut self.rng) {
            Some(Act::Delay { delay_ms }) => delay_ms,
            _ => 0,
        };
        let opening = Opening { id, order, late_ms, says, tally };
        self.streams.wishes.push_back(StreamWish::Open(Box::new(opening)));
        self.remind(TAKEN_WITHIN_MS, Happening::StreamUntaken(id));
        id
    }

    /// Writes down a stream that was refused before anybody tried to open it.
    pub(crate) fn refuse_stream(&mut self, leg_id: LegId, name: &str, url: &str, why: &str) {
        let id = self.streams.next(leg_id);
        let at = self.now;
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        let state = StreamState::Failed { at, why: StreamFailure::Refused(why.to_owned()) };
        remember(&mut leg.streams, Stream::new(id, name, url, at, state));
    }

    pub(crate) fn stream(&self, id: StreamId) -> Option<&Stream> {
        self.legs.get(&id.leg)?.streams.iter().find(|stream| stream.id == id)
    }

    fn stream_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.legs.get_mut(&id.leg)?.streams.iter_mut().find(|stream| stream.id == id)
    }

    /// Ends a stream, unless it is over.
    pub(crate) fn close_stream(&mut self, id: StreamId) {
        let Some(state) = self.stream(id).map(|stream| stream.state.clone()) else { return };
        match state {
            StreamState::Wished => {
                self.streams.forget_opening(id);
                self.stream_reported(id, StreamReport::Closed(StreamEnd::ByCarrier));
            }
            StreamState::Opening | StreamState::Open => self.streams.wishes.push_back(StreamWish::Close(id)),
            StreamState::Failed { .. } | StreamState::Closed { .. } => {}
        }
    }

    /// Ends all streams of a leg.
    pub(super) fn close_streams(&mut self, leg_id: LegId) {
        let Some(leg) = self.legs.get(&leg_id) else { return };
        let ids: Vec<StreamId> = leg.streams.iter().map(|stream| stream.id).collect();
        ids.into_iter().for_each(|id| self.close_stream(id));
    }

    /// Drops all wishes but that the sockets be closed.
    pub(super) fn reset_streams(&mut self) {
        self.streams.wishes.clear();
        let streams = self.legs.values().flat_map(|leg| &leg.streams);
        let carried = streams.filter(|stream| match stream.state {
            StreamState::Opening | StreamState::Open => true,
            StreamState::Wished | StreamState::Failed { .. } | StreamState::Closed { .. } => false,
        });
        self.streams.wishes.extend(carried.map(|stream| StreamWish::Close(stream.id)));
    }

    /// Tells the streams of a leg which keys the subscriber pressed.
    pub(super) fn press_on_streams(&mut self, leg_id: LegId, keys: &str) {
        let Some(leg) = self.legs.get(&leg_id) else { return };
        let open = leg.streams.iter().filter(|stream| stream.state == StreamState::Open);
        self.streams.wishes.extend(open.map(|stream| StreamWish::Press(stream.id, keys.to_owned())));
    }

    /// Takes what is wished for, in order. Whoever does owns sockets and reports what becomes of
    /// each stream.
    pub(crate) fn take_stream_wishes(&mut self) -> Vec<StreamWish> {
        let wishes: Vec<StreamWish> = self.streams.wishes.drain(..).collect();
        for wish in &wishes {
            if let StreamWish::Open(opening) = wish
                && let Some(stream) = self.stream_mut(opening.id)
            {
                stream.state = StreamState::Opening;
            }
        }
        wishes
    }

    /// A wish has waited long enough: nobody here owns sockets.
    pub(crate) fn stream_untaken(&mut self, id: StreamId) {
        if self.stream(id).is_some_and(|stream| stream.state == StreamState::Wished) {
            self.streams.forget_opening(id);
            self.stream_reported(id, StreamReport::Failed(StreamFailure::NoSocket));
        }
    }

    /// Takes what happened to a stream. One that is over stays as it is.
    pub(crate) fn stream_reported(&mut self, id: StreamId, report: StreamReport) {
        let at = self.now;
        let Some(stream) = self.stream_mut(id).filter(|stream| !stream.is_over()) else { return };
        let news = match report {
            StreamReport::Opened => {
                stream.state = StreamState::Open;
                stream.opened_at = Some(at);
                StreamNews::Opened
            }
            StreamReport::Marked(name) => {
                if stream.marks.len() < MARKS_KEPT_MAX {
                    stream.marks.push(name);
                }
                return;
            }
            StreamReport::Cleared => {
                stream.n_clears += 1;
                return;
            }
            StreamReport::Keyed(keys) => return self.play(id.leg, Sound::Digits(keys)),
            StreamReport::Failed(why) => {
                stream.state = StreamState::Failed { at, why: why.clone() };
                StreamNews::Failed(why)
            }
            StreamReport::Closed(why) => {
                stream.state = StreamState::Closed { at, why: why.clone() };
                StreamNews::Closed(why)
            }
        };
        self.news.push_back((id.leg, News::Stream(id, news)));
    }
}

/// Adds a stream, in the place of the oldest that is over where there are too many; not at all where
/// all of them are under way.
fn remember(streams: &mut Vec<Stream>, stream: Stream) -> bool {
    if streams.len() >= STREAMS_MAX {
        match streams.iter().position(Stream::is_over) {
            Some(oldest) => streams.remove(oldest),
            None => return false,
        };
    }
    streams.push(stream);
    true
}
