//! The carrier's end of a stream, in sound: frames at the telephone's rate, whatever the carrier speaks.

use super::bridge::{Over, PATIENCE, SOUND_BYTES, TELEPHONE, Unsaid, said, turned};
use super::order::Order;
use crate::tap::Tap;
use audio::Frame;
use audio::dtmf::{Key, pressed};
use audio::resample::Resampler;
use audio::{FRAME, SampleRate};
use carrier::media::{Began, Heard, Mark, MediaStream};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

/// What is heard on a line.
#[expect(clippy::large_enum_variant, reason = "a box for each frame would be a trip to the heap")]
pub(super) enum OnLine {
    /// The other side.
    Sound(Frame),
    /// A key that it pressed.
    Key(char),
    /// All before this mark was played.
    Played(u64),
}

/// What is heard from a line, and what it is to hear.
pub(super) struct Line {
    stream: Box<dyn MediaStream>,
    order: Order,
    up: Option<Resampler>,
    down: Option<Resampler>,
    to_line: VecDeque<String>,
    tap: Tap,
    /// When it was heard last.
    heard_at: Instant,
}

impl Line {
    /// One that has begun.
    pub(super) fn new(began: Began, tap: Tap) -> Line {
        let between = |from: SampleRate, to| (from != to).then(|| Resampler::new(from, to));
        Line {
            stream: began.messages,
            order: Order::new(),
            up: between(began.heard.rate, TELEPHONE),
            down: between(TELEPHONE, began.played.rate),
            to_line: VecDeque::new(),
            tap,
            heard_at: Instant::now(),
        }
    }

    /// What a message of the carrier's tells, or how the line is over.
    pub(super) fn hear(
        &mut self,
        message: Option<Result<Message, tungstenite::Error>>,
    ) -> Result<Vec<OnLine>, Over> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Over::Lost),
            Some(Ok(_)) => return Ok(Vec::new()),
        };
        self.heard_at = Instant::now();
        let Line { stream, order, up, tap, .. } = self;
        let (mut heard, mut ended) = (Vec::new(), false);
        let read = stream.hear(&text, &mut |one| match one {
            Heard::Sound { place, frame } => {
                order.hear(place, frame, |frame| {
                    let frame = turned(frame, up.as_mut());
                    tap.heard(&frame);
                    heard.push(OnLine::Sound(frame));
                });
            }
            Heard::Key(key) => heard.push(OnLine::Key(key)),
            Heard::Played(Mark(number)) => heard.push(OnLine::Played(number)),
            // Whoever had it dropped knows.
            Heard::Cleared => {}
            Heard::Refused(why) => {
                tracing::warn!(why, "the carrier did not take what was said on a stream");
            }
            Heard::Ended => ended = true,
        });
        if let Err(error) = read {
            tracing::debug!(%error, "a message on a stream is passed over");
        }
        if ended { Err(Over::Carrier) } else { Ok(heard) }
    }

    /// It is to hear this.
    pub(super) fn play(&mut self, frame: Frame) {
        self.tap.said(&frame);
        let frame = turned(frame, self.down.as_mut());
        let mut message = String::with_capacity(SOUND_BYTES);
        match self.stream.play(&frame, &mut message) {
            Ok(()) => self.to_line.push_back(message),
            Err(error) => tracing::debug!(%error, "a frame is not handed on"),
        }
    }

    /// It is to tell when all before was played.
    pub(super) fn mark(&mut self, number: u64) {
        self.to_line.push_back(self.stream.mark(Mark(number)));
    }

    /// What was not played is to be dropped.
    pub(super) fn clear(&mut self) {
        self.tap.cut();
        self.to_line.clear();
        self.to_line.push_back(self.stream.clear());
    }

    /// Says to it what it is to hear; how it is over, if it is.
    pub(super) async fn pay<S>(&mut self, socket: &mut WebSocketStream<S>) -> Option<Over>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        while let Some(message) = self.to_line.pop_front() {
            match said(socket, message, PATIENCE).await {
                Ok(()) => {}
                Err(Unsaid::Closed) => return Some(Over::Lost),
                Err(Unsaid::TooSlow) => return Some(Over::Broke("carrier_slow")),
            }
        }
        None
    }

    /// When it has been silent for so long that it must be gone.
    pub(super) fn silent_at(&self) -> Instant {
        self.heard_at + PATIENCE.silent
    }

    /// How it is over, if it has been silent for so long.
    pub(super) fn silence(&self) -> Option<Over> {
        (self.silent_at() <= Instant::now()).then_some(Over::Broke("carrier_silent"))
    }
}

/// The sound of keys, as they are pressed.
pub(super) fn sound_of_keys(keys: &str) -> impl Iterator<Item = Frame> {
    keys.chars().flat_map(|key| -> Box<dyn Iterator<Item = Frame>> {
        match Key::new(key) {
            Ok(key) => Box::new(pressed(&[key], TELEPHONE).collect::<Vec<_>>().into_iter()),
            Err(_) => Box::new((0..PAUSE_FRAMES).map(|_| Frame::silence(TELEPHONE))),
        }
    })
}

/// How long after a key no other comes, when they are all.
pub(super) const KEYS_WITHIN: Duration = Duration::from_millis(1_500);
/// What a `w` lasts: half a second.
const PAUSE_FRAMES: u128 = 500 / FRAME.as_millis();
