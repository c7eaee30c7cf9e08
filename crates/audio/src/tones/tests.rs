use super::*;
use crate::dtmf::Detector;
use crate::g711::Law;
use crate::resample::Resampler;
use crate::sounds::{babble, decibels, framed, mixed, noise, silence, unframed, voice};
use proptest::prelude::*;

/// What a line does to a sound.
#[derive(Clone, Debug)]
struct Line {
    law: Option<Law>,
    /// The rate that it is turned to and back from.
    over: SampleRate,
    gain_decibels: f32,
    /// How much fainter the noise is than the sound.
    noise_decibels: f32,
    /// Silence before it, so that frames lie otherwise.
    n_before: usize,
    seed: u64,
}

const CLEAN: Line =
    Line { law: None, over: RATE, gain_decibels: 0.0, noise_decibels: 99.0, n_before: 0, seed: 0 };

impl Line {
    fn over(&self, frames: &[Frame]) -> Vec<Frame> {
        let mut samples = vec![0; self.n_before];
        samples.extend(unframed(frames));
        samples.resize(samples.len().next_multiple_of(160), 0);
        let sound: Vec<Frame> =
            framed(RATE, &samples).iter().map(|frame| frame.scaled(decibels(self.gain_decibels))).collect();
        let loudness = -12.0 + self.gain_decibels.min(0.0) - self.noise_decibels;
        let sound = mixed(&sound, &noise(self.seed, RATE, loudness, sound.len()));
        let sound = self.coded(&sound);
        let (mut up, mut down) = (Resampler::new(RATE, self.over), Resampler::new(self.over, RATE));
        self.coded(&sound.iter().map(|frame| down.turned(&up.turned(frame))).collect::<Vec<_>>())
    }

    fn coded(&self, frames: &[Frame]) -> Vec<Frame> {
        let Some(law) = self.law else { return frames.to_vec() };
        let code = |frame: &Frame| {
            let mut codes = Vec::new();
            law.write(frame, &mut codes);
            law.read(&codes).unwrap()
        };
        frames.iter().map(code).collect()
    }
}

fn heard(frames: &[Frame]) -> Vec<Heard> {
    let mut listener = Listener::new();
    frames.iter().flat_map(|frame| listener.hear(frame)).collect()
}

fn whole(text: &str) -> Vec<Heard> {
    vec![Heard::Began, Heard::Text(text.to_owned())]
}

#[track_caller]
fn check(text: &str, line: &Line) {
    let said: Vec<Frame> = say(text).collect();
    assert_eq!(heard(&line.over(&said)), whole(text), "{line:?}");
}

const SENTENCE: &str = "Good morning, what can I do for you? Grüße aus Köln, 電話 ☎.";

#[test]
fn what_is_said_is_heard_to_the_letter() {
    for text in ["", " ", "a", "\u{0}\u{0}\u{0}", "🎉", SENTENCE, &"ÿ".repeat(300)] {
        check(text, &CLEAN);
    }
}

#[test]
fn it_is_heard_at_every_alignment() {
    for n_before in 0..160 {
        check("any way it lies", &Line { n_before, law: Some(Law::Mu), ..CLEAN });
    }
}

#[test]
fn it_is_heard_at_every_rate() {
    for rate in SampleRate::ALL {
        let mut resampler = Resampler::new(RATE, rate);
        let frames: Vec<Frame> = say(SENTENCE).map(|frame| resampler.turned(&frame)).collect();
        assert_eq!(heard(&frames), whole(SENTENCE), "{rate:?}");
    }
}

/// Every byte in every place among others, so loud that most of it is clipped.
#[test]
fn it_is_heard_from_loud_and_faint_lines() {
    let text: String = (0..1_900).map(|n| char::from(b' ' + (n * n / 7 + n) as u8 % 95)).collect();
    for gain_decibels in [-30.0, -12.0, -6.0, 6.0, 12.0] {
        for law in [Law::Mu, Law::A] {
            check(&text, &Line { gain_decibels, law: Some(law), ..CLEAN });
        }
    }
}

#[test]
fn it_is_heard_in_noise() {
    for seed in 0..20 {
        check(SENTENCE, &Line { noise_decibels: 10.0, seed, law: Some(Law::Mu), ..CLEAN });
    }
}

#[test]
fn it_is_quick_and_as_loud_as_speech() {
    let text = "a text of some two hundred bytes, as somebody may say one ".repeat(4);
    let frames: Vec<Frame> = say(&text).collect();
    let bytes_each_second = text.len() as f64 / (frames.len() as f64 / 50.0);
    assert!(bytes_each_second > 85.0, "{bytes_each_second}");
    for frame in &frames[..frames.len() - 4] {
        assert!((-15.0..-9.0).contains(&frame.level_dbfs()), "{frame:?}");
    }
}

#[test]
fn it_presses_no_keys() {
    let mut detector = Detector::new(RATE);
    for byte in 0..=127u8 {
        let text = char::from(byte).to_string().repeat(30);
        for frame in say(&text) {
            assert_eq!(detector.hear(&frame), None, "{text:?}");
        }
    }
}

#[test]
fn nothing_else_is_heard_as_text() {
    for frames in [voice(), babble(3, RATE, -12.0, 1_000), noise(4, RATE, -12.0, 3_000), silence(RATE, 100)] {
        assert_eq!(heard(&frames), []);
    }
}

/// One cut off for another, at every frame.
#[test]
fn what_is_cut_off_is_heard_as_far_as_it_came() {
    let said: Vec<Frame> = say(SENTENCE).collect();
    let mut longest = 0;
    for n_frames in 0..said.len() {
        let mut frames = said[..n_frames].to_vec();
        frames.extend(say("Yes?"));
        let told = heard(&frames);
        let (cut, next) = told.split_at(told.len() - 2);
        assert_eq!(next, whole("Yes?"), "{n_frames}");
        match cut {
            [] => assert!(n_frames <= 3, "{n_frames}"),
            [Heard::Began, Heard::Broken { so_far, n_bytes }] => {
                assert!(SENTENCE.starts_with(so_far), "{n_frames}: {so_far:?}");
                assert!(so_far.len() >= longest && n_bytes.is_none_or(|bytes| bytes == SENTENCE.len()));
                longest = so_far.len();
            }
            _ => assert_eq!(cut, whole(SENTENCE), "{n_frames}"),
        }
    }
    assert!(longest > SENTENCE.len() - 13, "{longest}");
}

#[test]
fn what_is_cut_off_by_silence_or_the_end_is_told_too() {
    let said: Vec<Frame> = say("hello how are you today").take(9).collect();
    let broken = Heard::Broken { so_far: "hello how ".to_owned(), n_bytes: Some(23) };
    let then_silent = [&said[..], &silence(RATE, 10)].concat();
    assert_eq!(heard(&then_silent), [Heard::Began, broken.clone()]);
    let mut listener = Listener::new();
    said.iter().for_each(|frame| drop(listener.hear(frame)));
    assert_eq!((listener.end(), listener.end()), (Some(broken), None));
}

/// The first has bytes that are nearly a preamble, at one step of the listener.
#[test]
fn what_looks_like_a_preamble_within_a_text_is_a_part_of_it() {
    for text in [
        "\u{fffc}\u{1290}!\u{1e800}A!!a\u{f99}\u{10efc}\u{1a1e}\u{10600}!0\u{10d7b}%Xy\u{19fb}n\u{fa80}a\u{fffc}\u{ae}\u{1003c}",
        &"\u{3f}\0\u{aa}U\u{3f}\u{aa}".repeat(20),
        &"\u{10ffff}\0\u{10aaaa}U\u{10ffff}\u{10aaaa}".repeat(20),
    ] {
        check(text, &CLEAN);
        check(text, &Line { noise_decibels: 20.0, law: Some(Law::Mu), ..CLEAN });
    }
}

#[test]
fn a_lost_frame_breaks_what_is_said() {
    let said: Vec<Frame> = say(SENTENCE).collect();
    for lost in 4..said.len() - 4 {
        let told = heard(&[&said[..lost], &said[lost + 1..]].concat());
        let [Heard::Began, Heard::Broken { so_far, .. }] = &told[..] else { panic!("{lost}: {told:?}") };
        assert!(SENTENCE.starts_with(so_far));
    }
}

#[test]
fn a_long_text_is_several() {
    let text = "ä".repeat(TEXT_BYTES_MAX);
    let half = "ä".repeat(TEXT_BYTES_MAX / 2);
    let frames: Vec<Frame> = say(&text).collect();
    assert_eq!(heard(&frames), [whole(&half), whole(&half)].concat());
}

fn line() -> impl Strategy<Value = Line> {
    let law = prop::sample::select(vec![None, Some(Law::Mu), Some(Law::A)]);
    let over = prop::sample::select(SampleRate::ALL.to_vec());
    (law, over, -12.0..12.0f32, 15.0..60.0f32, 0..400usize, any::<u64>()).prop_map(
        |(law, over, gain_decibels, noise_decibels, n_before, seed)| Line {
            law,
            over,
            gain_decibels,
            noise_decibels,
            n_before,
            seed,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_heard_over_any_line(text in "\\PC{0,60}", line in line()) {
        let said: Vec<Frame> = say(&text).collect();
        prop_assert_eq!(heard(&line.over(&said)), whole(&text));
    }

    #[test]
    fn any_cut_leaves_what_came(text in "[a-zäß ]{1,80}", line in line(), share in 0.0..1.0f64) {
        let mut said: Vec<Frame> = say(&text).collect();
        said.truncate((said.len() as f64 * share) as usize);
        said.extend(silence(RATE, 12));
        match &heard(&line.over(&said))[..] {
            [] => prop_assert!(share * (text.len() + 20) as f64 <= 20.0),
            [Heard::Began, Heard::Broken { so_far, n_bytes }] => {
                prop_assert!(text.starts_with(so_far), "{:?}", so_far);
                prop_assert!(n_bytes.is_none_or(|n_bytes| n_bytes == text.len()));
            }
            told => prop_assert_eq!(told, whole(&text)),
        }
    }
}
