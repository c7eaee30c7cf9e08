//! Messages on media streams: what a program says to the line, and what a carrier says to a program.
//!
//! An input is the carrier's name, and a message a line; an empty line lets 20 ms pass. Each message is
//! read from both ends.

use crate::carriers::Kind;
use carrier::media::{Heard, MediaStream, Opening};
use network::reading::{Face, Listener};
use serde_json::Value;

/// Lets a program speak on one stream, and a carrier on another.
pub(crate) fn take(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines();
    let Some(kind) = lines.next().and_then(Kind::read) else { return };
    lines.clone().for_each(|line| drop(kind.connector().read_opening(line)));
    spoken_to_us(kind, lines.clone());
    spoken_to_the_line(face(kind), lines);
}

/// Whatever a carrier says, it is understood or refused, and its sound has the stream's rate.
fn spoken_to_us<'a>(kind: Kind, lines: impl Iterator<Item = &'a str>) {
    let mut stream = begun(kind, &mut Listener::new(face(kind)));
    for line in lines {
        let _ = stream.hear(line, &mut |heard| {
            if let Heard::Sound { frame, .. } = heard {
                assert_eq!(frame.samples().len(), 160, "a frame of 20 ms at 8 kHz");
            }
        });
    }
}

/// The connector's end of a stream that the network opens.
fn begun(kind: Kind, listener: &mut Listener) -> Box<dyn MediaStream> {
    let mut openings = listener.opening().into_iter();
    loop {
        let text = openings.next().expect("a stream begins");
        if let Opening::Began(began) = kind.connector().read_opening(&text).expect("it is understood") {
            return began.messages;
        }
    }
}

fn face(kind: Kind) -> Face {
    match kind {
        Kind::Twilio => Face::Twilio,
        Kind::Telnyx => Face::Telnyx,
        Kind::Plivo => Face::Plivo,
    }
}

fn spoken_to_the_line<'a>(face: Face, lines: impl Iterator<Item = &'a str>) {
    let mut listener = Listener::new(face);
    let mut n_marks = 0;
    for line in lines {
        let said = if line.is_empty() {
            let said = listener.pass();
            assert!(!said.is_empty(), "a frame of sound every 20 ms");
            n_marks -= marks(&said);
            said
        } else {
            let Ok(said) = listener.hear(line) else { return };
            let event = event(line);
            n_marks += i64::from(event == mark_word(face)) - marks(&said);
            // Plivo never tells of what it drops.
            if event == clear_word(face) {
                n_marks = 0;
            }
            said
        };
        for message in said {
            let message: Value = serde_json::from_str(&message).expect("the carrier speaks JSON");
            assert!(message["event"].is_string(), "every message says what it is: {message}");
        }
        assert!(n_marks >= 0, "a mark comes back that nobody set");
    }
}

fn marks(said: &[String]) -> i64 {
    let is_mark = |text: &&String| {
        let message: Value = serde_json::from_str(text).unwrap_or_default();
        matches!(message["event"].as_str(), Some("mark" | "playedStream"))
    };
    said.iter().filter(is_mark).count().try_into().unwrap_or(i64::MAX)
}

fn mark_word(face: Face) -> Option<String> {
    let word = if face == Face::Plivo { "checkpoint" } else { "mark" };
    Some(word.to_owned())
}

fn clear_word(face: Face) -> Option<String> {
    let word = if face == Face::Plivo { "clearAudio" } else { "clear" };
    Some(word.to_owned())
}

fn event(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    message["event"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio::{Frame, SampleRate};
    use carrier::media::Mark;
    use network::reading::{CALL, STREAM};

    const KINDS: [Kind; 3] = [Kind::Twilio, Kind::Telnyx, Kind::Plivo];

    /// A frame that no other number makes, as loud as it comes back through µ-law.
    fn frame(n: i16) -> Frame {
        let samples: Vec<i16> = (0..160).map(|at| if (at + n) % 7 == 0 { 8_316 } else { -8_316 }).collect();
        Frame::from_samples(SampleRate::Hz8000, &samples).expect("it is as long as a frame")
    }

    fn hear(stream: &mut dyn MediaStream, said: &[String]) -> Vec<Heard> {
        let mut all = Vec::new();
        for text in said {
            stream.hear(text, &mut |heard| all.push(heard)).expect("it is understood");
        }
        all
    }

    fn play(stream: &mut dyn MediaStream, n: i16) -> String {
        let mut message = String::new();
        stream.play(&frame(n), &mut message).expect("the rate is the stream's");
        message
    }

    #[test]
    fn a_stream_begins_with_its_call_and_its_name() {
        for kind in KINDS {
            let said = Listener::new(face(kind)).opening();
            let openings: Vec<_> =
                said.iter().map(|text| kind.connector().read_opening(text).expect("understood")).collect();
            let Some(Opening::Began(began)) = openings.last() else { panic!("{said:?}") };
            assert_eq!((began.leg.as_str(), began.stream.as_str()), (CALL, STREAM), "{kind:?}");
            assert_eq!([began.heard, began.played], [carrier::Form::TELEPHONE; 2]);
        }
    }

    #[test]
    fn what_is_said_to_an_echo_comes_back_sample_for_sample() {
        for kind in KINDS {
            let mut listener = Listener::new(face(kind));
            let mut stream = begun(kind, &mut listener);
            for n in 0..5 {
                assert_eq!(listener.hear(&play(&mut *stream, n)), Ok(Vec::new()), "{kind:?}");
            }
            let heard: Vec<Heard> = (0..5).flat_map(|_| hear(&mut *stream, &listener.pass())).collect();
            let expected = (0..5).map(|n| Heard::Sound { place: Some(n as u64 + 1), frame: frame(n) });
            assert_eq!(heard, expected.collect::<Vec<_>>(), "{kind:?}");
        }
    }

    #[test]
    fn a_mark_comes_back_when_it_was_played_and_a_clear_drops_what_waits() {
        for kind in KINDS {
            let mut listener = Listener::new(face(kind));
            let mut stream = begun(kind, &mut listener);
            for n in 0..3 {
                listener.hear(&play(&mut *stream, n)).expect("it is taken");
                listener.hear(&stream.mark(Mark(n as u64))).expect("it is taken");
            }
            let first = hear(&mut *stream, &listener.pass());
            assert_eq!(first.last(), Some(&Heard::Played(Mark(0))), "{kind:?}");
            let cleared = listener.hear(&stream.clear()).expect("it is taken");
            let dropped = match kind {
                Kind::Twilio | Kind::Telnyx => vec![Heard::Played(Mark(1)), Heard::Played(Mark(2))],
                // It never tells of checkpoints that it drops.
                Kind::Plivo => vec![Heard::Cleared],
            };
            assert_eq!(hear(&mut *stream, &cleared), dropped, "{kind:?}");
            assert_eq!(hear(&mut *stream, &listener.pass()).len(), 1, "{kind:?}: silence alone");
        }
    }

    #[test]
    fn keys_are_heard() {
        for kind in KINDS {
            let mut listener = Listener::new(face(kind));
            let mut stream = begun(kind, &mut listener);
            let said: Vec<String> = "5#".chars().filter_map(|key| listener.press(key)).collect();
            assert_eq!(hear(&mut *stream, &said), [Heard::Key('5'), Heard::Key('#')], "{kind:?}");
        }
    }

    #[test]
    fn a_frame_of_another_rate_writes_nothing() {
        for kind in KINDS {
            let mut stream = begun(kind, &mut Listener::new(face(kind)));
            let mut message = "before".to_owned();
            let wide = Frame::silence(SampleRate::Hz16000);
            assert!(stream.play(&wide, &mut message).is_err());
            assert_eq!(message, "before");
        }
    }
}
