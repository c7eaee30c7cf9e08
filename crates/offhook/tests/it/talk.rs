//! Sound both ways: what is said at one end of a call's stream is understood at the other, through the
//! carrier's own messages and codec.

use crate::world::{Face, Line, SOON, World, wait_for, word};
use audio::{Resampler, SampleRate, tones};
use call::CarrierName;
use carrier::media::{Began, Heard, Mark, MediaStream, Opening};
use carrier::plivo::{Plivo, PlivoConfig};
use carrier::telnyx::{StreamCodec, Telnyx, TelnyxConfig};
use carrier::twilio::{Twilio, TwilioConfig};
use carrier::{Carrier, Secret};
use serde_json::json;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept};

on_every_carrier!(two_who_talk_through_a_stream_understand_each_other_to_the_letter);

fn two_who_talk_through_a_stream_understand_each_other_to_the_letter(face: Face) {
    understand_each_other(face, StreamCodec::default(), "");
}

#[test]
fn they_do_in_every_codec_that_telnyx_can_be_asked_for() {
    for codec in StreamCodec::ALL {
        let settings = format!("carriers.line.stream_codec = '{}'", codec.word());
        understand_each_other(Face::Telnyx, codec, &settings);
    }
}

fn understand_each_other(face: Face, codec: StreamCodec, settings: &str) {
    let world = World::start(Line::On(face), settings);
    let to = "+12025550188";
    let words = "Grüezi, who is this?";
    world.subscriber(to, &json!({"does": "tell", "words": words, "tell_after_ms": 100}));
    let id = world.dial(to);
    world.wait_for_talk(&id);
    let program = Program::start((face, codec), "This is a program, and it has understood.");

    world.tell(&id, "stream", &json!({ "url": program.url }));

    assert_eq!(program.hears(), words);
    assert_eq!(program.hears(), "its answer was played");
    let understood = || {
        let streams = world.only_truth_to(to)["streams"].clone();
        let understood = streams[0]["understood"].clone();
        (understood != json!([])).then_some(understood)
    };
    let understood = wait_for("the subscriber understands", SOON, understood);
    assert_eq!(understood, json!([{"text": "This is a program, and it has understood.", "whole": true}]));
    world.hang_up(&id);
    assert_eq!(word(&world.wait_for_end(&id)["ending"], "kind"), "completed");
}

/// A program at the other end of a stream: it answers the first words that it understands, and tells
/// what it understood, and when its answer was played.
struct Program {
    url: String,
    told: Receiver<String>,
}

impl Program {
    fn start(carrier: (Face, StreamCodec), answer: &'static str) -> Program {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let url = format!("ws://{}/sound", listener.local_addr().expect("it has an address"));
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let (socket, _) = listener.accept().expect("the carrier connects");
            converse(carrier, &mut accept(socket).expect("it is a WebSocket"), answer, &tell);
        });
        Program { url, told }
    }

    fn hears(&self) -> String {
        self.told.recv_timeout(SOON).expect("the program understands")
    }
}

fn converse(
    carrier: (Face, StreamCodec),
    socket: &mut WebSocket<TcpStream>,
    answer: &str,
    tell: &Sender<String>,
) {
    let Began { heard, played, messages: mut stream, .. } = begun(carrier, socket);
    assert_eq!(heard, played, "the carrier speaks as it was asked to");
    let mut ear = tones::Listener::new();
    while let Ok(message) = socket.read() {
        let Ok(text) = message.to_text() else { continue };
        let mut heard = Vec::new();
        if stream.hear(text, &mut |one| heard.push(one)).is_err() {
            continue;
        }
        for one in heard {
            match one {
                Heard::Sound { frame, .. } => {
                    for words in ear.hear(&frame) {
                        if let tones::Heard::Text(words) = words {
                            let _ = tell.send(words);
                            say(&mut *stream, played.rate, socket, answer);
                        }
                    }
                }
                Heard::Played(Mark(7)) => drop(tell.send("its answer was played".to_owned())),
                _ => {}
            }
        }
    }
}

fn begun(carrier: (Face, StreamCodec), socket: &mut WebSocket<TcpStream>) -> Began {
    let connector = connector(carrier);
    loop {
        let message = socket.read().expect("the carrier says how it begins");
        let opening = connector.read_opening(message.to_text().expect("in words"));
        if let Opening::Began(began) = opening.expect("it is understood") {
            return began;
        }
    }
}

fn say(stream: &mut dyn MediaStream, rate: SampleRate, socket: &mut WebSocket<TcpStream>, words: &str) {
    let mut resampler = Resampler::new(SampleRate::Hz8000, rate);
    for frame in tones::say(words) {
        let mut message = String::new();
        stream.play(&resampler.turned(&frame), &mut message).expect("it has the stream's rate");
        socket.send(Message::text(message)).expect("it is taken");
    }
    socket.send(Message::text(stream.mark(Mark(7)))).expect("it is taken");
}

/// The carrier's connector, with an account that nobody has: to read messages takes none.
fn connector((face, stream_codec): (Face, StreamCodec)) -> Box<dyn Carrier> {
    let (name, nobody) = (CarrierName("line".to_owned()), || Secret::new("nobody"));
    match face {
        Face::Twilio => Box::new(Twilio::new(TwilioConfig::new(name, "AC".to_owned(), nobody()))),
        Face::Telnyx => {
            let key = "bnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E=".parse().expect("it is a key");
            let config = TelnyxConfig::new(name, nobody(), key, "1".to_owned());
            Box::new(Telnyx::new(TelnyxConfig { stream_codec, ..config }))
        }
        Face::Plivo => Box::new(Plivo::new(PlivoConfig::new(name, "MA".to_owned(), nobody(), String::new()))),
    }
}
