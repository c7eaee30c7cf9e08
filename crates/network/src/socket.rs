//! Carrying one media stream over a WebSocket: opens it, tells what the subscriber says, 20 ms by
//! 20 ms, heeds what the customer's server says, and reports what became of it.
//!
//! What is said is the carrier's affair ([`Protocol`](crate::media::Protocol)), and so is what the
//! line does with it ([`Line`]). Here are the clock, the socket and their bounds.

use std::pin::pin;
use std::time::Duration;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use http::{HeaderName, HeaderValue, Request};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{Error, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::media::{FRAME_MS, Frame, Line, Misspoken, Track, Word};
use crate::time::Millis;
use crate::world::{StreamEnd, StreamFailure, StreamOpening, StreamReport};

/// How long the connection and the handshake may take. The carriers name no time.
const OPEN_WITHIN: Duration = Duration::from_secs(10);

/// How long a peer may take for the last messages and for its close frame.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// How many messages may wait for a peer that reads slowly: sound of five seconds.
const WAITING_MAX: usize = 250;

/// The longest message that is taken: thirty seconds of the widest sound, in Base64.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// From how late on the clock of a stream starts anew, as after the process was stopped: what was
/// missed is not made up for.
const LATE_MAX: Duration = Duration::from_secs(1);

/// Carries a stream until it is over. The keys that the subscriber presses come by `pressed`; its
/// end is the carrier's wish to end the stream.
pub(crate) async fn carry(
    opening: StreamOpening,
    asked_at: Millis,
    mut pressed: mpsc::Receiver<String>,
    report: impl Fn(StreamReport),
) {
    let asked = Instant::now();
    let late = Duration::from_millis(opening.late_ms);
    let open = async {
        sleep(late).await;
        timeout(OPEN_WITHIN, open(&opening)).await.unwrap_or(Err(StreamFailure::TimedOut))
    };
    let opened = tokio::select! {
        opened = open => opened,
        () = end_of(&mut pressed) => return report(StreamReport::Closed(StreamEnd::ByCarrier)),
    };
    match opened {
        Ok(socket) => {
            report(StreamReport::Opened);
            let waited_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
            let talk = Talk::new(opening, asked_at + waited_ms, &report);
            converse(socket, talk, pressed).await;
        }
        Err(why) => report(StreamReport::Failed(why)),
    }
}

async fn end_of(pressed: &mut mpsc::Receiver<String>) {
    while pressed.recv().await.is_some() {}
}

async fn open(opening: &StreamOpening) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, StreamFailure> {
    let request = request(opening).map_err(|error| StreamFailure::Unreachable(error.to_string()))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    // A frame must not wait for the acknowledgement of the one before.
    let opened = connect_async_with_config(request, Some(config), true).await;
    opened.map(|(socket, _)| socket).map_err(|error| match error {
        Error::Http(response) => StreamFailure::Refused(response.status().to_string()),
        Error::Protocol(why) => StreamFailure::Refused(why.to_string()),
        error => StreamFailure::Unreachable(error.to_string()),
    })
}

fn request(opening: &StreamOpening) -> Result<Request<()>, Error> {
    let mut request = opening.order.url.as_str().into_client_request()?;
    for (name, value) in &opening.order.headers {
        let name = HeaderName::try_from(name.as_str());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value.as_str())) {
            request.headers_mut().insert(name, value);
        }
    }
    Ok(request)
}

/// Talks over an open socket until one side ends it, and says which.
async fn converse<S, R>(
    socket: WebSocketStream<S>,
    mut talk: Talk<'_, R>,
    mut pressed: mpsc::Receiver<String>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
    R: Fn(StreamReport),
{
    let (sink, mut source) = socket.split();
    let (say, to_say) = mpsc::channel(WAITING_MAX);
    let mut writing = pin!(write(sink, to_say));
    let report = talk.report;
    let (end, is_writing) = tokio::select! {
        end = talk.run(say, &mut source, &mut pressed) => (end, true),
        () = &mut writing => (StreamEnd::Broken, false),
    };
    talk.opening.tally.note_understood(talk.line.cut().into_iter().collect());
    let is_heard = is_writing && end != StreamEnd::TooSlow;
    report(StreamReport::Closed(end));
    if is_heard {
        // Were the socket dropped with something unread, the peer could lose our last words.
        let farewell = async {
            writing.await;
            while let Some(Ok(_)) = source.next().await {}
        };
        let _ = timeout(CLOSE_WITHIN, farewell).await;
    }
}

/// Writes what is to be said, and closes after the last of it.
async fn write<S>(mut sink: SplitSink<WebSocketStream<S>, Message>, mut to_say: mpsc::Receiver<Utf8Bytes>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(text) = to_say.recv().await {
        if sink.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

/// One stream being talked over.
struct Talk<'a, R> {
    opening: StreamOpening,
    line: Line,
    began_at: Millis,
    n_ticks: u64,
    report: &'a R,
}

impl<'a, R: Fn(StreamReport)> Talk<'a, R> {
    fn new(opening: StreamOpening, began_at: Millis, report: &'a R) -> Talk<'a, R> {
        let line = Line::new(opening.order.hears, opening.order.speaks, &opening.says);
        Talk { opening, line, began_at, n_ticks: 0, report }
    }

    /// Runs until there is a reason to end. Drops `say` then, which ends the writing.
    async fn run<S>(
        &mut self,
        say: mpsc::Sender<Utf8Bytes>,
        source: &mut SplitStream<WebSocketStream<S>>,
        pressed: &mut mpsc::Receiver<String>,
    ) -> StreamEnd
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let say = Say(say);
        let frame = Duration::from_millis(FRAME_MS);
        let mut ticks = interval_at(Instant::now() + frame, frame);
        let mut done = say.all(self.opening.order.protocol.opening());
        while done.is_ok() {
            done = tokio::select! {
                due = ticks.tick() => {
                    if due.elapsed() > LATE_MAX {
                        ticks.reset();
                    }
                    self.tick(&say)
                }
                message = source.next() => self.heed(&say, message),
                keys = pressed.recv() => self.obey(&say, keys),
            };
        }
        done.err().unwrap_or(StreamEnd::Broken)
    }

    /// Lets 20 ms pass on the line.
    fn tick(&mut self, say: &Say) -> Result<(), StreamEnd> {
        let tick = self.line.tick();
        if !tick.understood.is_empty() {
            self.opening.tally.note_understood(tick.understood);
        }
        if let Some(sound) = tick.kept {
            self.opening.tally.keep(&sound);
        }
        if let Some(ms) = tick.waited_ms {
            self.opening.tally.note_waited(ms);
        }
        if let Some(ms) = tick.talked_over_ms {
            self.opening.tally.note_talked_over(ms);
        }
        let since_ms = self.n_ticks * FRAME_MS;
        self.n_ticks += 1;
        let order = &mut self.opening.order;
        for track in &order.tracks {
            let sound = match track {
                Track::Inbound => &tick.spoken,
                Track::Outbound => &tick.heard,
            };
            let at = self.began_at + since_ms;
            let frame = Frame { track: *track, chunk: self.n_ticks, since_ms, at, sound };
            say.one(order.protocol.sound(&frame))?;
            self.opening.tally.count_sent();
        }
        for mark in tick.played {
            say.one(order.protocol.played(&mark))?;
            (self.report)(StreamReport::Marked(mark));
        }
        Ok(())
    }

    fn heed(&mut self, say: &Say, message: Option<Result<Message, Error>>) -> Result<(), StreamEnd> {
        match message {
            Some(Ok(Message::Text(text))) => self.take(say, &text),
            Some(Ok(Message::Close(frame))) => Err(closed(frame.as_ref())),
            // None of the carriers takes binary messages, and none ends the stream for one.
            Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Err(Error::Capacity(why))) => Err(StreamEnd::Misspoken(why.to_string())),
            Some(Err(Error::Utf8(why))) => Err(StreamEnd::Misspoken(why)),
            Some(Err(Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))) => Err(StreamEnd::Broken),
            Some(Err(Error::Protocol(why))) => Err(StreamEnd::Misspoken(why.to_string())),
            Some(Err(_)) | None => Err(StreamEnd::Broken),
        }
    }

    fn take(&mut self, say: &Say, text: &str) -> Result<(), StreamEnd> {
        let overflow = |overflow: crate::media::Overflow| StreamEnd::Misspoken(overflow.to_string());
        match self.opening.order.protocol.read(text) {
            Ok(Word::Play(format, sound)) => {
                self.opening.tally.count_received(format, sound.len());
                self.line.play(format, sound).map_err(overflow)
            }
            Ok(Word::Mark(name)) => self.line.mark(name).map_err(overflow),
            Ok(Word::Clear) => {
                let marks = self.line.clear();
                (self.report)(StreamReport::Cleared);
                say.all(self.opening.order.protocol.cleared(&marks))?;
                marks.into_iter().for_each(|mark| (self.report)(StreamReport::Marked(mark)));
                Ok(())
            }
            Ok(Word::Keys(keys)) => {
                (self.report)(StreamReport::Keyed(keys));
                Ok(())
            }
            Ok(Word::Aside) => Ok(()),
            Err(Misspoken::Answered(answer)) => say.one(answer),
            Err(Misspoken::Fatal(why)) => Err(StreamEnd::Misspoken(why)),
        }
    }

    /// Tells of keys; without any the carrier ends the stream.
    fn obey(&mut self, say: &Say, keys: Option<String>) -> Result<(), StreamEnd> {
        let protocol = &mut self.opening.order.protocol;
        match keys {
            Some(keys) => {
                let told: Vec<String> = keys.chars().filter_map(|key| protocol.pressed(key)).collect();
                say.all(told)
            }
            None => {
                protocol.closing().map_or(Ok(()), |text| say.one(text))?;
                Err(StreamEnd::ByCarrier)
            }
        }
    }
}

/// What leads to the peer.
struct Say(mpsc::Sender<Utf8Bytes>);

impl Say {
    fn one(&self, text: String) -> Result<(), StreamEnd> {
        self.0.try_send(text.into()).map_err(|_| StreamEnd::TooSlow)
    }

    fn all(&self, texts: Vec<String>) -> Result<(), StreamEnd> {
        texts.into_iter().try_for_each(|text| self.one(text))
    }
}

/// What a close frame means.
fn closed(frame: Option<&CloseFrame>) -> StreamEnd {
    match frame.map(|frame| u16::from(frame.code)) {
        None | Some(1_000 | 1_005) => StreamEnd::ByCustomer,
        Some(code) => StreamEnd::ByCustomerOddly(code),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
