use super::*;
use crate::sounds::{
    Chance, babble, chord, decibels, framed, noise, sampled, silence, sine, unframed, voice,
};
use proptest::prelude::*;
use std::f64::consts::TAU;

const RATE: SampleRate = SampleRate::Hz16000;

/// A second of the voice, each sample twice, and a tenth of a second of noise as loud as can be.
fn known() -> Vec<[i16; 2]> {
    let voice = unframed(&voice()[..50]).into_iter().map(|sample| [sample; 2]);
    let mut chance = Chance(722);
    let mut any = || (chance.bits() >> 48) as i16;
    voice.chain((0..800).map(|_| [any(), any()])).collect()
}

/// FNV-1a over the bytes of the samples, the low one first.
fn checksum(samples: impl IntoIterator<Item = i16>) -> u64 {
    let bytes = samples.into_iter().flat_map(i16::to_le_bytes);
    bytes.fold(0xCBF2_9CE4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

fn decoded(codes: &[u8]) -> Vec<i16> {
    let mut decoder = Decoder::new();
    codes.iter().flat_map(|code| decoder.decode(*code)).collect()
}

/// Frames as they are heard at the other end of a stream.
fn through(frames: &[Frame]) -> Vec<Frame> {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    let mut codes = Vec::new();
    let coded = frames.iter().map(|frame| {
        codes.clear();
        encoder.write(frame, &mut codes);
        decoder.read(&codes).expect("a frame for a frame")
    });
    coded.collect()
}

/// How much louder a sound is than what it is off by, [`DELAY`] samples later and without its beginning.
fn signal_to_noise(was: &[i16], is: &[i16]) -> f64 {
    let settled = 3 * RATE.frame_samples();
    let (mut signal, mut error) = (0.0, 0.0);
    for (was, is) in was[settled..].iter().zip(&is[settled + DELAY..]) {
        signal += f64::from(*was).powi(2);
        error += (f64::from(*was) - f64::from(*is)).powi(2);
    }
    10.0 * (signal / error).log10()
}

/// FFmpeg (8.1.2, by PyAV) and libg722 (by PyPI's G722 1.2.8) write the same codes.
#[test]
fn a_known_sound_has_the_codes_that_others_write() {
    let mut encoder = Encoder::new();
    let codes: Vec<u8> = known().into_iter().map(|pair| encoder.encode(pair)).collect();
    let theirs = include_bytes!("speech.g722");
    let first = codes.iter().zip(theirs).position(|(ours, theirs)| ours != theirs);
    assert_eq!((codes.len(), first), (theirs.len(), None));
}

/// What the same two make of the codes, and of any bytes at all.
#[test]
fn known_codes_are_the_sound_that_others_hear() {
    assert_eq!(checksum(decoded(include_bytes!("speech.g722"))), 0x1C97_5DB6_A288_C593);
    let mut chance = Chance(722);
    let any: Vec<u8> = (0..9_600).map(|_| (chance.bits() >> 56) as u8).skip(1_600).collect();
    assert_eq!(checksum(decoded(&any)), 0xE05D_A3B0_3849_0E81);
}

#[test]
fn a_sweep_through_both_bands_is_what_it_was() {
    let sweep = |at: f64| (TAU * (100.0 + 1_600.0 * at) * at).sin() as f32 * decibels(-12.0) * 32_767.0;
    let was = framed(RATE, &sampled(RATE, 100, sweep));
    let ratio = signal_to_noise(&unframed(&was), &unframed(&through(&was)));
    assert!(ratio > 26.0, "{ratio} dB");
}

#[test]
fn tones_and_voices_are_what_they_were() {
    for (name, was, least) in [
        ("400 Hz", sine(RATE, 400.0, -12.0, 50), 55.0),
        ("6 kHz", sine(RATE, 6_000.0, -12.0, 50), 25.0),
        ("both", chord(RATE, &[(400.0, -12.0), (6_000.0, -30.0)], 50), 40.0),
        ("babble", babble(5, RATE, -20.0, 200), 30.0),
        ("quiet babble", babble(5, RATE, -44.0, 200), 27.0),
        ("noise", noise(3, RATE, -20.0, 50), 10.0),
    ] {
        let ratio = signal_to_noise(&unframed(&was), &unframed(&through(&was)));
        assert!(ratio > least, "{name}: {ratio} dB");
    }
}

#[test]
fn silence_stays_silent() {
    let heard = unframed(&through(&silence(RATE, 100)));
    assert!(heard.iter().all(|sample| sample.abs() <= 4), "{heard:?}");
    assert_eq!(decoded(&[SILENCE; 1_600]), [0; 3_200]);
}

/// Whatever it follows.
#[test]
fn the_code_of_silence_makes_a_sound_fade() {
    let mut codes = include_bytes!("speech.g722").to_vec();
    codes.extend([SILENCE; 160 * 10]);
    let heard = framed(RATE, &decoded(&codes));
    let levels: Vec<f32> = heard[53..].iter().map(Frame::level_dbfs).collect();
    assert!(levels[0] > -20.0 && levels[3..].iter().all(|level| *level < -60.0), "{levels:?}");
}

/// Where frames meet is no seam: they are the codes of one sound.
#[test]
fn what_was_learned_survives_a_frame() {
    let was = babble(9, RATE, -20.0, 50);
    let whole: Vec<i16> = {
        let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
        let samples = unframed(&was);
        samples.as_chunks().0.iter().flat_map(|pair| decoder.decode(encoder.encode(*pair))).collect()
    };
    assert_eq!(unframed(&through(&was)), whole);
}

/// A frame that got lost is not heard, and its neighbours soon are again.
#[test]
fn who_missed_a_frame_is_soon_right_again() {
    let was = babble(9, RATE, -20.0, 50);
    let (mut encoder, mut codes) = (Encoder::new(), Vec::new());
    was.iter().for_each(|frame| encoder.write(frame, &mut codes));
    let (mut all, mut fewer) = (Decoder::new(), Decoder::new());
    let mut off = Vec::new();
    for (index, codes) in codes.chunks(160).enumerate() {
        let right = all.read(codes).unwrap();
        if index == 10 {
            continue;
        }
        let heard = fewer.read(codes).unwrap();
        off.push(signal_to_noise_of_a_frame(&right, &heard));
    }
    assert!(off[..10].iter().all(|ratio| ratio.is_infinite()), "{off:?}");
    assert!(off[10] < 10.0, "{off:?}");
    assert!(off[20..].iter().all(|ratio| *ratio > 40.0), "{off:?}");
}

fn signal_to_noise_of_a_frame(was: &Frame, is: &Frame) -> f64 {
    let pairs = was.samples().iter().zip(is.samples());
    let powers = pairs.map(|(was, is)| (f64::from(*was).powi(2), f64::from(*was - *is).powi(2)));
    let (signal, error) = powers.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    10.0 * (signal / error).log10()
}

#[test]
fn another_number_of_codes_is_refused_and_not_heard() {
    let mut decoder = Decoder::new();
    for got in [0, 159, 161, 320] {
        let refused = decoder.read(&vec![7; got]);
        assert_eq!(refused, Err(WrongLength { got, wanted: 160, unit: "bytes" }));
    }
    let frame = decoder.read(&[7; 160]);
    assert_eq!(frame, Decoder::new().read(&[7; 160]));
}

proptest! {
    /// The arithmetic of a test's build is checked: what would not fit its type would panic.
    #[test]
    fn any_codes_are_some_sound(codes in prop::collection::vec(any::<u8>(), 0..800)) {
        prop_assert_eq!(decoded(&codes).len(), codes.len() * 2);
    }

    /// So too of the samples that make steps largest.
    #[test]
    fn any_sound_has_codes(
        samples in prop::collection::vec(prop_oneof![any::<i16>(), Just(i16::MIN), Just(i16::MAX)], 0..1_600),
    ) {
        let mut encoder = Encoder::new();
        let codes: Vec<u8> = samples.as_chunks().0.iter().map(|pair| encoder.encode(*pair)).collect();
        prop_assert_eq!(codes.len(), samples.len() / 2);
        // Those that are never sent would be taken for the smallest difference.
        prop_assert!(codes.iter().all(|code| code & 0x3F >= 4));
    }
}

/// How many samples later a sound is there: what both mirror filters hold, less the pair that is given.
const DELAY: usize = 22;
