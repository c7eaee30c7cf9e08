//! Media streams, by the messages of Telnyx's documents.

use super::*;
use crate::media::{Began, Encoding, Form, Heard, MediaStream, Opening};
use audio::g711::Law;
use audio::l16::ByteOrder;
use audio::{Frame, Resampler, SampleRate, tones};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const START: &str = r#"{"event":"start","sequence_number":"1","start":{"user_id":"U","call_control_id":"v3:T02llQxIyaRkhfRKxgAP8nY511EhFLizdvdUKJiSw8d6A9BborherQ","call_session_id":"S","from":"+13122010094","to":"+13122123456","client_state":"aGF2ZQ==","media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}},"stream_id":"32DE0DEA"}"#;

/// A stream for which this codec was asked, by what it begins with.
fn asked(codec: StreamCodec, text: &str) -> Result<Began, String> {
    match Telnyx::new(TelnyxConfig { stream_codec: codec, ..config() }).read_opening(text) {
        Ok(Opening::Began(began)) => {
            assert!(began.leg.as_str().starts_with("v3:"));
            Ok(began)
        }
        Ok(Opening::Hello) => panic!("it has begun"),
        Err(error) => Err(error.to_string()),
    }
}

fn opened(text: &str) -> Result<(Form, String, Box<dyn MediaStream>), String> {
    asked(StreamCodec::Pcmu, text).map(|began| (began.heard, began.stream, began.messages))
}

fn start(encoding: &str, hz: u32) -> String {
    START.replace("\"PCMU\",\"sample_rate\":8000", &format!("\"{encoding}\",\"sample_rate\":{hz}"))
}

#[test]
fn the_forms_that_telnyx_has_are_told_from_those_that_are_not_spoken() {
    let (form, stream, _) = opened(START).unwrap();
    assert_eq!((form, stream.as_str()), (Form::TELEPHONE, "32DE0DEA"));
    let linear = Encoding::L16(ByteOrder::Little);
    let wide = |encoding| Form { encoding, rate: SampleRate::Hz16000 };
    for (encoding, hz, expected) in [
        ("PCMA", 8000, Form { encoding: Encoding::G711(Law::A), rate: SampleRate::Hz8000 }),
        ("G722", 8000, wide(Encoding::G722)),
        ("G722", 16000, wide(Encoding::G722)),
        ("L16", 16000, wide(linear)),
    ] {
        assert_eq!(opened(&start(encoding, hz)).unwrap().0, expected, "{encoding} at {hz} Hz");
    }
    for (encoding, hz) in [("OPUS", 8000), ("PCMU", 16000), ("G722", 24000), ("L16", 22050)] {
        let error = opened(&start(encoding, hz)).map(|_| ()).unwrap_err();
        assert!(error.contains(&format!("its sound is {encoding} at {hz} Hz")), "{error}");
    }
}

/// The line may have a codec that Telnyx can't change; what it takes is what was asked for.
#[test]
fn what_is_heard_may_have_another_codec_than_what_is_said() {
    let mut began = asked(StreamCodec::G722, &start("PCMA", 8000)).unwrap();
    assert_eq!((began.heard.rate, began.played.encoding), (SampleRate::Hz8000, Encoding::G722));
    let quiet = STANDARD.encode([Law::A.silence(); 160]);
    let text =
        format!(r#"{{"event":"media","media":{{"track":"inbound","chunk":"1","payload":"{quiet}"}}}}"#);
    let mut all = Vec::new();
    began.messages.hear(&text, &mut |heard| all.push(heard)).unwrap();
    let mut frame = Frame::silence(SampleRate::Hz8000);
    frame.samples_mut().fill(8);
    assert_eq!(all, [Heard::Sound { place: Some(1), frame: frame.clone() }]);
    let mut message = String::new();
    let refused = began.messages.play(&frame, &mut message).unwrap_err();
    assert_eq!((refused.wanted, message.as_str()), (SampleRate::Hz16000, ""));
}

/// What one end writes the other reads: words, to the letter.
#[test]
fn words_go_through_every_codec_that_can_be_asked_for() {
    for codec in StreamCodec::ALL {
        let ends = || asked(codec, &start(codec.word(), codec.form().rate.hz())).unwrap();
        let (mut one, mut other) = (ends(), ends());
        assert_eq!(one.heard, one.played, "{codec:?}");
        let mut up = Resampler::new(SampleRate::Hz8000, one.played.rate);
        let (mut ear, mut understood) = (tones::Listener::new(), Vec::new());
        for frame in tones::say("Grüezi, who is this?") {
            let mut message = String::new();
            one.messages.play(&up.turned(&frame), &mut message).unwrap();
            other
                .messages
                .hear(&message, &mut |heard| match heard {
                    Heard::Sound { frame, .. } => understood.extend(ear.hear(&frame)),
                    other => panic!("{other:?}"),
                })
                .unwrap();
        }
        let text = tones::Heard::Text("Grüezi, who is this?".to_owned());
        assert_eq!(understood.last(), Some(&text), "{codec:?}");
    }
}

#[test]
fn what_telnyx_does_not_take_is_told_in_its_words() {
    let (_, _, mut stream) = opened(START).unwrap();
    let mut all = Vec::new();
    let complaint = r#"{"event":"error","payload":{"code":100004,"title":"invalid_media","detail":"No."},"stream_id":"1"}"#;
    let numbered = complaint.replace("100004", "\"100004\"");
    for text in [complaint, &numbered, r#"{"event":"stop","stop":{}}"#] {
        stream.hear(text, &mut |heard| all.push(heard)).unwrap();
    }
    let refused = Heard::Refused("100004 invalid_media No.".to_owned());
    assert_eq!(all, [refused.clone(), refused, Heard::Ended]);
}

#[test]
fn a_message_that_holds_more_than_a_frame_has_no_place() {
    let (_, _, mut stream) = opened(START).unwrap();
    let mut places = Vec::new();
    for payload in ["/".repeat(213) + "w==", "/".repeat(426) + "8="] {
        let text =
            format!(r#"{{"event":"media","media":{{"track":"inbound","chunk":"9","payload":"{payload}"}}}}"#);
        stream
            .hear(&text, &mut |heard| match heard {
                Heard::Sound { place, .. } => places.push(place),
                other => panic!("{other:?}"),
            })
            .unwrap();
    }
    assert_eq!(places, [Some(9), None, None]);
}
