use super::*;
use crate::sounds::noise;

const LAWS: [(Law, &[i16; 128]); 2] = [(Law::Mu, &MU_POSITIVE), (Law::A, &A_POSITIVE)];

#[test]
fn every_code_stands_for_what_the_recommendation_says() {
    for (law, positive) in LAWS {
        for (code, expected) in (0x80..=0xFF).zip(positive) {
            assert_eq!(law.decode(code), *expected, "{law:?} {code:#x}");
            assert_eq!(law.decode(code & 0x7F), -expected, "{law:?} {:#x}", code & 0x7F);
        }
    }
}

/// Minus zero of µ-law is plus zero.
#[test]
fn a_code_that_is_decoded_is_encoded_to_itself() {
    for (law, _) in LAWS {
        for code in 0..=255 {
            let expected = if (law, code) == (Law::Mu, 0x7F) { 0xFF } else { code };
            assert_eq!(law.encode(law.decode(code)), expected, "{law:?} {code:#x}");
        }
    }
}

#[test]
fn silence_is_known_by_its_code() {
    assert_eq!((Law::Mu.silence(), Law::A.silence()), (0xFF, 0xD5));
    let frame = Law::Mu.read(&[0xFF; 160]).unwrap();
    assert_eq!(frame, Frame::silence(SampleRate::Hz8000));
}

#[test]
fn no_sample_is_off_by_more_than_half_a_step_of_its_segment() {
    for sample in -MU_LOUDEST..=MU_LOUDEST {
        let code = Law::Mu.encode(sample);
        let half_step = 4 << ((!code >> 4) & 7);
        let off = Law::Mu.decode(code).abs_diff(sample);
        assert!(off <= half_step, "{sample}: {code:#x}, off by {off}");
    }
    for sample in i16::MIN..=i16::MAX {
        let code = Law::A.encode(sample);
        let half_step = 8 << (((code ^ A_TURNED) >> 4) & 7).saturating_sub(1);
        let off = Law::A.decode(code).abs_diff(sample);
        assert!(off <= half_step, "{sample}: {code:#x}, off by {off}");
    }
}

#[test]
fn what_is_louder_than_any_code_gets_the_loudest() {
    for (sample, code) in [(i16::MAX, 0x80), (i16::MIN, 0x00), (MU_LOUDEST, 0x80)] {
        assert_eq!(Law::Mu.encode(sample), code, "{sample}");
    }
    assert_eq!((Law::A.encode(i16::MAX), Law::A.encode(i16::MIN)), (0xAA, 0x2A));
}

#[test]
fn quantizing_costs_what_is_known() {
    for (law, _) in LAWS {
        for level in [-12.0, -24.0, -36.0] {
            let frames = noise(3, SampleRate::Hz8000, level, 50);
            let (mut signal, mut error) = (0.0, 0.0);
            for frame in &frames {
                let mut codes = Vec::new();
                law.write(frame, &mut codes);
                let back = law.read(&codes).unwrap();
                for (sample, back) in frame.samples().iter().zip(back.samples()) {
                    signal += f64::from(*sample).powi(2);
                    error += (f64::from(*sample) - f64::from(*back)).powi(2);
                }
            }
            let ratio = 10.0 * (signal / error).log10();
            assert!(ratio > 34.0, "{law:?} at {level} dBFS: {ratio} dB");
        }
    }
}

#[test]
fn another_number_of_codes_is_refused() {
    for got in [0, 159, 320] {
        let refused = Law::A.read(&vec![0; got]);
        assert_eq!(refused, Err(WrongLength { got, wanted: 160, unit: "bytes" }));
    }
}

/// Half a step above the last value of µ-law.
const MU_LOUDEST: i16 = 32_635;
/// What the codes 0x80 to 0xFF of µ-law stand for, by CPython's `audioop` (3.11).
#[rustfmt::skip]
const MU_POSITIVE: [i16; 128] = [
    32124, 31100, 30076, 29052, 28028, 27004, 25980, 24956, 23932, 22908, 21884, 20860, 19836, 18812, 17788, 16764,
    15996, 15484, 14972, 14460, 13948, 13436, 12924, 12412, 11900, 11388, 10876, 10364, 9852, 9340, 8828, 8316,
    7932, 7676, 7420, 7164, 6908, 6652, 6396, 6140, 5884, 5628, 5372, 5116, 4860, 4604, 4348, 4092,
    3900, 3772, 3644, 3516, 3388, 3260, 3132, 3004, 2876, 2748, 2620, 2492, 2364, 2236, 2108, 1980,
    1884, 1820, 1756, 1692, 1628, 1564, 1500, 1436, 1372, 1308, 1244, 1180, 1116, 1052, 988, 924,
    876, 844, 812, 780, 748, 716, 684, 652, 620, 588, 556, 524, 492, 460, 428, 396,
    372, 356, 340, 324, 308, 292, 276, 260, 244, 228, 212, 196, 180, 164, 148, 132,
    120, 112, 104, 96, 88, 80, 72, 64, 56, 48, 40, 32, 24, 16, 8, 0,
];
/// What the codes 0x80 to 0xFF of A-law stand for, by CPython's `audioop` (3.11).
#[rustfmt::skip]
const A_POSITIVE: [i16; 128] = [
    5504, 5248, 6016, 5760, 4480, 4224, 4992, 4736, 7552, 7296, 8064, 7808, 6528, 6272, 7040, 6784,
    2752, 2624, 3008, 2880, 2240, 2112, 2496, 2368, 3776, 3648, 4032, 3904, 3264, 3136, 3520, 3392,
    22016, 20992, 24064, 23040, 17920, 16896, 19968, 18944, 30208, 29184, 32256, 31232, 26112, 25088, 28160, 27136,
    11008, 10496, 12032, 11520, 8960, 8448, 9984, 9472, 15104, 14592, 16128, 15616, 13056, 12544, 14080, 13568,
    344, 328, 376, 360, 280, 264, 312, 296, 472, 456, 504, 488, 408, 392, 440, 424,
    88, 72, 120, 104, 24, 8, 56, 40, 216, 200, 248, 232, 152, 136, 184, 168,
    1376, 1312, 1504, 1440, 1120, 1056, 1248, 1184, 1888, 1824, 2016, 1952, 1632, 1568, 1760, 1696,
    688, 656, 752, 720, 560, 528, 624, 592, 944, 912, 1008, 976, 816, 784, 880, 848,
];
