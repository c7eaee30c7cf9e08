//! Media streams, by the messages of Twilio's documents.

use super::*;
use crate::media::{Form, Heard, Mark, MediaStream, Opening};

const START: &str = r#"{"event":"start","sequenceNumber":"1","start":{"accountSid":"AC1","streamSid":"MZ1","callSid":"CA00000000000000000000000000000001","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1},"customParameters":{"FirstName":"Jane"}},"streamSid":"MZ1"}"#;

fn stream() -> Box<dyn MediaStream> {
    match twilio().read_opening(START).unwrap() {
        Opening::Began(began) => {
            assert_eq!(
                (began.leg.as_str(), began.stream.as_str(), began.heard),
                (LEG, "MZ1", Form::TELEPHONE)
            );
            began.messages
        }
        Opening::Hello => panic!("it has begun"),
    }
}

fn heard(text: &str) -> Vec<Heard> {
    let mut all = Vec::new();
    stream().hear(text, &mut |heard| all.push(heard)).unwrap();
    all
}

#[test]
fn a_stream_begins_with_its_second_message() {
    let hello = twilio().read_opening(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#);
    assert!(matches!(hello, Ok(Opening::Hello)));
    stream();
}

#[test]
fn what_is_no_beginning_is_refused_with_what_came() {
    let other_sound = START.replace("audio/x-mulaw", "audio/x-alaw");
    for (text, why) in [
        ("", "EOF"),
        (r#"{"event":"media","media":{"payload":""}}"#, "neither connected nor start"),
        (other_sound.as_str(), "its sound is audio/x-alaw at 8000 Hz"),
        (&START.replace("CA0", "XX0"), "it names no call"),
        (&START.replace("\"sampleRate\":8000", "\"sampleRate\":\"x\""), "invalid type"),
    ] {
        let error = twilio().read_opening(text).unwrap_err().to_string();
        assert!(error.contains(why) && error.starts_with("cannot read Twilio's message"), "{error}");
    }
}

#[test]
fn only_the_caller_is_heard() {
    let media = |track: &str| {
        let payload = "/".repeat(213) + "w==";
        format!(
            r#"{{"event":"media","sequenceNumber":"4","media":{{"track":"{track}","chunk":"2","timestamp":"5","payload":"{payload}"}},"streamSid":"MZ1"}}"#
        )
    };
    assert!(matches!(heard(&media("inbound"))[..], [Heard::Sound { place: Some(2), .. }]));
    assert_eq!(heard(&media("outbound")), []);
}

#[test]
fn marks_of_others_and_events_to_come_say_nothing() {
    assert_eq!(heard(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"7"}}"#), [Heard::Played(Mark(7))]);
    assert_eq!(heard(r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"x"}}"#), []);
    assert_eq!(heard(r#"{"event":"weather","weather":{"sun":true}}"#), []);
    assert_eq!(heard(r#"{"event":"stop","stop":{"accountSid":"AC1","callSid":"CA1"}}"#), [Heard::Ended]);
}

#[test]
fn what_cannot_be_read_is_an_error_and_no_end() {
    let mut stream = stream();
    let broken = r#"{"event":"media","media":{"payload":"%"}}"#;
    let error = stream.hear(broken, &mut |_| panic!("it says nothing")).unwrap_err();
    assert!(error.to_string().contains("no Base64"), "{error}");
    let long = "x".repeat(1_000);
    let error = stream.hear(&long, &mut |_| panic!("it says nothing")).unwrap_err();
    assert_eq!(error.received.len(), 120);
}
