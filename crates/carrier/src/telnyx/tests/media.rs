//! Media streams, by the messages of Telnyx's documents.

use super::*;
use crate::media::{Encoding, Form, Heard, MediaStream, Opening};
use audio::SampleRate;
use audio::l16::ByteOrder;

const START: &str = r#"{"event":"start","sequence_number":"1","start":{"user_id":"U","call_control_id":"v3:T02llQxIyaRkhfRKxgAP8nY511EhFLizdvdUKJiSw8d6A9BborherQ","call_session_id":"S","from":"+13122010094","to":"+13122123456","client_state":"aGF2ZQ==","media_format":{"encoding":"PCMU","sample_rate":8000,"channels":1}},"stream_id":"32DE0DEA"}"#;

fn opened(text: &str) -> Result<(Form, String, Box<dyn MediaStream>), String> {
    match telnyx().read_opening(text) {
        Ok(Opening::Began(began)) => {
            assert!(began.leg.as_str().starts_with("v3:"));
            Ok((began.form, began.stream, began.messages))
        }
        Ok(Opening::Hello) => panic!("it has begun"),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn the_forms_that_telnyx_has_are_told_from_those_that_are_not_spoken() {
    let (form, stream, _) = opened(START).unwrap();
    assert_eq!((form, stream.as_str()), (Form::TELEPHONE, "32DE0DEA"));
    let wide = START.replace("\"PCMU\",\"sample_rate\":8000", "\"L16\",\"sample_rate\":16000");
    let linear = Encoding::L16(ByteOrder::Little);
    assert_eq!(opened(&wide).unwrap().0, Form { encoding: linear, rate: SampleRate::Hz16000 });
    for (encoding, hz) in [("OPUS", 8000), ("PCMU", 16000), ("L16", 22050)] {
        let other =
            START.replace("\"PCMU\",\"sample_rate\":8000", &format!("\"{encoding}\",\"sample_rate\":{hz}"));
        let error = opened(&other).map(|_| ()).unwrap_err();
        assert!(error.contains(&format!("its sound is {encoding} at {hz} Hz")), "{error}");
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
