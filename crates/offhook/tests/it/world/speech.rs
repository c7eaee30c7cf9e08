//! A server that understands speech and speaks, as OpenAI's, Deepgram's and ElevenLabs' references have it.
//! It understands tones that carry text, and speaks in them.

use super::SOON;
use super::tool::read_bytes;
use audio::g711::Law;
use audio::resample::Resampler;
use audio::{Frame, SampleRate, tones};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept_hdr};

/// Such a server.
pub(crate) struct Speech {
    /// Where it is, without a path.
    pub(crate) url: String,
    asked: Receiver<Value>,
}

impl Speech {
    /// Starts it.
    pub(crate) fn start() -> Speech {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let (tell, asked) = channel();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let socket = socket.expect("the gateway connects");
                let tell = tell.clone();
                std::thread::spawn(move || serve(socket, &tell));
            }
        });
        Speech { url, asked }
    }

    /// What it is asked next.
    pub(crate) fn is_asked(&self) -> Value {
        self.asked.recv_timeout(SOON).expect("the server of speech is asked")
    }
}

fn serve(mut socket: TcpStream, tell: &Sender<Value>) {
    let mut head = [0; 4];
    while socket.peek(&mut head).is_ok_and(|n| n < head.len()) {}
    if head.starts_with(b"GET ") {
        return listen(socket, tell);
    }
    let Some((head, body)) = read_bytes(&socket) else { return };
    let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let path = target.split('?').next().unwrap_or_default();
    let text = |key: &str| {
        let body: Value = serde_json::from_slice(&body).expect("it is JSON");
        // The test may be over.
        let _ = tell.send(json!({ "asked": "speech", "target": target, "body": body, "head": head }));
        body[key].as_str().expect("a text").to_owned()
    };
    let is_right = |header: &str| head.to_lowercase().contains(&format!("{header}\r\n"));
    let (kind, answer) = match path {
        "/v1/audio/transcriptions" if is_right("authorization: bearer sesame") => {
            let words = words_of_wav(&body);
            let _ = tell.send(json!({ "asked": "words", "told": words }));
            ("application/json", json!({ "text": words }).to_string().into_bytes())
        }
        "/v1/audio/speech" if is_right("authorization: bearer sesame") => ("audio/pcm", pcm(&text("input"))),
        "/v1/speak" if is_right("authorization: token sesame") => ("audio/mulaw", mulaw(&text("text"))),
        "/v1/text-to-speech/ada/stream" if is_right("xi-api-key: sesame") => {
            ("audio/basic", mulaw(&text("text")))
        }
        _ => {
            let no = r#"{"error":{"message":"no"}}"#;
            let _ = write!(
                socket,
                "HTTP/1.1 401 No\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{no}",
                no.len()
            );
            return;
        }
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", answer.len());
    let _ = socket.write_all(format!("{head}connection: close\r\n\r\n").as_bytes());
    // It comes in pieces that are no frames.
    for piece in answer.chunks(777) {
        let _ = socket.write_all(piece);
        let _ = socket.flush();
    }
}

/// What a form says whose file is a WAV.
fn words_of_wav(form: &[u8]) -> String {
    let file = form.windows(4).position(|four| four == b"RIFF").expect("a WAV");
    let form = &form[file..];
    let at = form.windows(4).position(|four| four == b"data").expect("the file has sound") + 4;
    let length = u32::from_le_bytes(form[at..at + 4].try_into().expect("four bytes")) as usize;
    let samples: Vec<i16> = form[at + 4..at + 4 + length]
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let mut ear = Ear::default();
    for samples in samples.chunks_exact(160) {
        ear.hear(&Frame::from_samples(SampleRate::Hz8000, samples).expect("20 ms"));
    }
    ear.finish()
}

fn pcm(text: &str) -> Vec<u8> {
    let mut resampler = Resampler::new(SampleRate::Hz8000, SampleRate::Hz24000);
    let frames: Vec<Frame> = tones::say(text).map(|frame| resampler.turned(&frame)).collect();
    frames.iter().flat_map(Frame::samples).flat_map(|sample| sample.to_le_bytes()).collect()
}

pub(crate) fn mulaw(text: &str) -> Vec<u8> {
    let mut codes = Vec::new();
    tones::say(text).for_each(|frame| Law::Mu.write(&frame, &mut codes));
    codes
}

/// Understands an utterance.
struct Ear {
    listener: tones::Listener,
    words: Vec<String>,
    /// So many of them were told.
    n_told: usize,
}

impl Default for Ear {
    fn default() -> Ear {
        Ear { listener: tones::Listener::new(), words: Vec::new(), n_told: 0 }
    }
}

impl Ear {
    fn hear(&mut self, frame: &Frame) {
        for heard in self.listener.hear(frame) {
            match heard {
                tones::Heard::Text(words) => self.words.push(words),
                tones::Heard::Began | tones::Heard::Broken { .. } => {}
            }
        }
    }

    fn finish(&mut self) -> String {
        // What the last symbol has to go through.
        for _ in 0..5 {
            self.hear(&Frame::silence(SampleRate::Hz8000));
        }
        std::mem::take(&mut self.words).join(" ")
    }
}

/// Hears somebody while they speak.
fn listen(socket: TcpStream, tell: &Sender<Value>) {
    let mut target = String::new();
    #[expect(clippy::result_large_err, reason = "the library asks for this one")]
    let let_in = |request: &Request, answer: Response| -> Result<Response, ErrorResponse> {
        target = request.uri().to_string();
        let shown = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let is_right =
            shown("authorization") == Some("Token sesame") || shown("xi-api-key") == Some("sesame");
        if is_right { Ok(answer) } else { Err(ErrorResponse::new(None)) }
    };
    let Ok(mut socket) = accept_hdr(socket, let_in) else { return };
    let _ = tell.send(json!({ "asked": "listen", "target": target }));
    let mut ear = Ear::default();
    while let Ok(message) = socket.read() {
        match message {
            Message::Binary(codes) => {
                for codes in codes.chunks_exact(160) {
                    ear.hear(&Law::Mu.read(codes).expect("20 ms of µ-law"));
                }
                if target.starts_with("/v2/") {
                    judge(&mut ear, &mut socket);
                }
            }
            // One that takes what it is told, and says nothing.
            Message::Text(_) if target.starts_with("/mute/") => {}
            Message::Text(text) => {
                let said: Value = serde_json::from_str(&text).expect("it is JSON");
                told(&said, &mut ear, &mut socket);
            }
            _ => {}
        }
    }
}

/// Flux: whose words end like a sentence are done, and nobody else is.
fn judge(ear: &mut Ear, socket: &mut WebSocket<TcpStream>) {
    if ear.words.len() == ear.n_told {
        return;
    }
    let words = ear.words.join(" ");
    ear.n_told = ear.words.len();
    let is_over = words.ends_with(['.', '?', '!']);
    if is_over {
        (ear.words, ear.n_told) = (Vec::new(), 0);
    }
    turn(if is_over { "EndOfTurn" } else { "Update" }, &words, socket);
}

fn turn(event: &str, words: &str, socket: &mut WebSocket<TcpStream>) {
    let told = json!({
        "type": "TurnInfo", "request_id": "52cc0efe", "sequence_id": 1, "event": event, "turn_index": 0,
        "audio_window_start": 0.0, "audio_window_end": 1.0, "transcript": words, "words": [],
        "end_of_turn_confidence": 0.5,
    });
    let _ = socket.send(Message::text(told.to_string()));
}

fn told(said: &Value, ear: &mut Ear, socket: &mut WebSocket<TcpStream>) {
    if said["type"] == "ForceEndTurn" {
        let words = std::mem::take(&mut ear.words).join(" ");
        ear.n_told = 0;
        return turn("EndOfTurn", &words, socket);
    }
    let mut send = |message: Value| drop(socket.send(Message::text(message.to_string())));
    if said["type"] == "Finalize" {
        let alternative = json!({ "transcript": ear.finish(), "confidence": 0.99, "words": [] });
        return send(json!({
            "type": "Results", "channel_index": [0, 1], "duration": 1.0, "start": 0.0, "is_final": true,
            "speech_final": true, "from_finalize": true, "channel": { "alternatives": [alternative] },
        }));
    }
    if said["message_type"] == "input_audio_chunk" {
        let codes = STANDARD.decode(said["audio_base_64"].as_str().expect("sound")).expect("it is Base64");
        for codes in codes.chunks_exact(160) {
            ear.hear(&Law::Mu.read(codes).expect("20 ms of µ-law"));
        }
        if said["commit"] == json!(true) {
            send(json!({ "message_type": "committed_transcript", "text": ear.finish() }));
        }
    }
}
