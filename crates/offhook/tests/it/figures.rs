//! What the load generator of the benchmarks says and hears on media streams, held against the gateway's own
//! parsers, so that a slip in either is known before anything is measured.

#[path = "../../benches/figures/streams/words.rs"]
mod words;

use crate::world::ACCOUNT;
use call::{CallId, CarrierName};
use carrier::directory::{CarrierConfig, open};
use carrier::media::program::{FromProgram, Said, ToProgram};
use carrier::media::{Encoding, Form, Heard, Opening};
use carrier::plivo::PlivoConfig;
use carrier::telnyx::{StreamCodec, TelnyxConfig};
use carrier::twilio::TwilioConfig;
use carrier::{Began, Secret};
use words::{Carrier, Words, repeated};

#[test]
fn a_frame_that_a_carrier_says_is_found_in_what_it_is_told_to_play() {
    for carrier in [Carrier::Twilio, Carrier::Telnyx, Carrier::TelnyxWide, Carrier::Plivo] {
        let (words, mut began) = begun(carrier);
        assert_eq!([began.heard, began.played].map(written), [carrier.encoding(); 2], "{carrier:?}");
        for n in [0, 1, 17, 749] {
            let (mut heard, mut played) = (Vec::new(), String::new());
            began.messages.hear(&words.sound(n), &mut |one| heard.push(one)).unwrap();
            let [Heard::Sound { place, frame }] = &heard[..] else { panic!("{carrier:?}: {heard:?}") };
            assert_eq!(*place, Some(u64::from(n) + 1), "{carrier:?}");
            began.messages.play(frame, &mut played).unwrap();
            assert_eq!(words.played(&played, n).unwrap(), Some(n), "{carrier:?}: {played}");
        }
        assert_eq!(words.played(&began.messages.clear(), 0).unwrap(), None, "{carrier:?}");
    }
}

#[test]
fn what_a_carrier_would_not_take_is_no_frame() {
    let silence = audio::Frame::silence(audio::SampleRate::Hz8000);
    let played = |carrier| {
        let mut played = String::new();
        begun(carrier).1.messages.play(&silence, &mut played).unwrap();
        played
    };
    for (carrier, another) in [
        (Carrier::Twilio, Carrier::Telnyx),
        (Carrier::Telnyx, Carrier::Plivo),
        (Carrier::Plivo, Carrier::Twilio),
    ] {
        let refused = begun(carrier).0.played(&played(another), 0).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("{} takes no", carrier.name())), "{refused}");
    }
    let of_another = Words::new(Carrier::Twilio, CALL, 8).played(&played(Carrier::Twilio), 0);
    assert!(of_another.is_err(), "{of_another:?}");
}

#[test]
fn a_program_repeats_what_it_hears_and_nothing_else() {
    let (words, mut began) = begun(Carrier::Twilio);
    let (mut program, mut said) = (ToProgram::new(&began.stream, CallId::from_bits(1)), Vec::new());
    let mut heard = String::new();
    began
        .messages
        .hear(&words.sound(3), &mut |one| match one {
            Heard::Sound { frame, .. } => program.sound(&frame, &mut heard).unwrap(),
            other => panic!("{other:?}"),
        })
        .unwrap();
    let again = repeated(&heard).unwrap();
    FromProgram::new()
        .hear(&again, &mut |one| match one {
            Said::Sound(frame) => said.push(frame),
            other => panic!("{other:?}"),
        })
        .unwrap();
    let mut played = String::new();
    began.messages.play(&said[0], &mut played).unwrap();
    assert_eq!((said.len(), words.played(&played, 0).unwrap()), (1, Some(3)));
    for other in program.opening("+12025550110", "+12025550111") {
        assert_eq!(repeated(&other), None);
    }
}

/// A stream of this carrier, by the generator and by the parser.
fn begun(carrier: Carrier) -> (Words, Began) {
    let (name, secret) = (CarrierName(carrier.name().to_owned()), Secret::new("x"));
    let parser = open(match carrier {
        Carrier::Twilio => CarrierConfig::Twilio(TwilioConfig::new(name, ACCOUNT.to_owned(), secret)),
        Carrier::Telnyx | Carrier::TelnyxWide => {
            let key = network::DEFAULT_TELNYX_PUBLIC_KEY.parse().unwrap();
            let config = TelnyxConfig::new(name, secret, key, "1000".to_owned());
            let is_wide = carrier == Carrier::TelnyxWide;
            let stream_codec = if is_wide { StreamCodec::G722 } else { StreamCodec::Pcmu };
            CarrierConfig::Telnyx(TelnyxConfig { stream_codec, ..config })
        }
        Carrier::Plivo => CarrierConfig::Plivo(PlivoConfig::new(
            name,
            "MA".to_owned(),
            secret,
            "https://gw.example".to_owned(),
        )),
    });
    let words = Words::new(carrier, CALL, 7);
    let mut opened = words.opening().into_iter().map(|message| parser.read_opening(&message).unwrap());
    match opened.find(|opening| matches!(opening, Opening::Began(_))) {
        Some(Opening::Began(began)) if began.leg.as_str() == CALL => (words, began),
        other => panic!("{carrier:?}: {other:?}"),
    }
}

fn written(form: Form) -> String {
    let encoding = match form.encoding {
        Encoding::G711(law) => format!("{law:?}law"),
        Encoding::G722 => "g722".to_owned(),
        Encoding::L16(_) => "l16".to_owned(),
    };
    format!("{}_{}", encoding.to_lowercase(), form.rate.hz())
}

/// As Twilio names it, which is choosier than the others.
const CALL: &str = "CA0123456789abcdef0123456789abcdef";
