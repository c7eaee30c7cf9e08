//! Media streams, by the messages of Plivo's documents.

use super::*;
use crate::media::{Encoding, Form, Heard, MediaStream, Opening};
use audio::l16::ByteOrder;
use audio::{Frame, SampleRate};

const START: &str = r#"{"sequenceNumber":0,"event":"start","start":{"callId":"0bd7ed4b-4ae0-4f3e-9ff4-8f0f5a9a5d3c","streamId":"20170ada","accountId":"MA","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-l16","sampleRate":16000}},"extra_headers":"{}"}"#;

fn stream(text: &str) -> (Form, Box<dyn MediaStream>) {
    match plivo().read_opening(text).unwrap() {
        Opening::Began(began) => (began.heard, began.messages),
        Opening::Hello => panic!("it has begun"),
    }
}

#[test]
fn a_stream_begins_at_once_in_one_of_three_forms() {
    let wide = Form { encoding: Encoding::L16(ByteOrder::Little), rate: SampleRate::Hz16000 };
    assert_eq!(stream(START).0, wide);
    let narrow = START.replace("audio/x-l16", "audio/x-mulaw").replace("16000", "8000");
    assert_eq!(stream(&narrow).0, Form::TELEPHONE);
    for text in [&START.replace("16000", "24000"), r#"{"event":"connected"}"#] {
        assert!(plivo().read_opening(text).is_err(), "{text}");
    }
}

#[test]
fn wideband_sound_is_said_and_heard_low_byte_first() {
    let (_, mut stream) = stream(START);
    let samples: Vec<i16> = (0..320).map(|at| at * 90 - 14_000).collect();
    let frame = Frame::from_samples(SampleRate::Hz16000, &samples).unwrap();
    let mut said = String::new();
    stream.play(&frame, &mut said).unwrap();
    assert!(said.starts_with(
        r#"{"event":"playAudio","media":{"contentType":"audio/x-l16","sampleRate":16000,"payload":""#
    ));
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let payload = said["media"]["payload"].as_str().unwrap();
    let text =
        format!(r#"{{"event":"media","media":{{"track":"inbound","chunk":1,"payload":"{payload}"}}}}"#);
    let mut all = Vec::new();
    stream.hear(&text, &mut |heard| all.push(heard)).unwrap();
    assert_eq!(all, [Heard::Sound { place: Some(1), frame }]);
}

#[test]
fn what_plivo_could_not_play_is_told_in_its_words() {
    let (_, mut stream) = stream(START);
    let mut all = Vec::new();
    for text in [
        r#"{"event":"playFailed","streamId":"20170ada","reason":"no sound"}"#,
        r#"{"event":"error"}"#,
        r#"{"event":"clearedAudio","streamId":"20170ada"}"#,
        r#"{"event":"playedStream","name":"another's"}"#,
    ] {
        stream.hear(text, &mut |heard| all.push(heard)).unwrap();
    }
    let refused = |why: &str| Heard::Refused(why.to_owned());
    assert_eq!(all, [refused("no sound"), refused("no reason was given"), Heard::Cleared]);
}
