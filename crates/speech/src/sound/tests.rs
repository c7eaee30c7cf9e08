use super::*;
use crate::wav;
use audio::g711::Law;
use proptest::prelude::*;

/// A sound of 1 kHz, as loud as half of what can be.
fn tone(hz: u32, n_samples: usize) -> Vec<i16> {
    let turn = std::f64::consts::TAU * 1_000.0 / f64::from(hz);
    (0..n_samples).map(|n| ((n as f64 * turn).sin() * 16_384.0) as i16).collect()
}

fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// A chunk of a file, whose length may be told wrongly.
fn chunk(name: &[u8; 4], told: usize, body: &[u8]) -> Vec<u8> {
    let odd: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
    [name, &(told as u32).to_le_bytes()[..], body, odd].concat()
}

/// How samples are, as a file says it.
fn format(tag: u16, channels: u16, hz: u32, bits: u16) -> Vec<u8> {
    let block = channels * bits / 8;
    let (tag, channels) = (tag.to_le_bytes(), channels.to_le_bytes());
    let (second, block) = ((hz * u32::from(block)).to_le_bytes(), block.to_le_bytes());
    let body = [&tag[..], &channels, &hz.to_le_bytes(), &second, &block, &bits.to_le_bytes()].concat();
    chunk(b"fmt ", body.len(), &body)
}

fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
    [&b"RIFF\xff\xff\xff\xffWAVE"[..], &chunks.concat()].concat()
}

/// A file of one channel and 16 bits.
fn mono(hz: u32, samples: &[i16]) -> Vec<u8> {
    let body = bytes_of(samples);
    file(&[format(1, 1, hz, 16), chunk(b"data", body.len(), &body)])
}

/// What is heard of these pieces.
fn heard<'a>(form: Form, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Frame>, Unreadable> {
    let (mut sound, mut frames) = (Sound::new(form), Vec::new());
    for piece in pieces {
        sound.hear(piece, &mut |frame| frames.push(frame))?;
    }
    sound.end(&mut |frame| frames.push(frame));
    Ok(frames)
}

fn whole(form: Form, bytes: &[u8]) -> Vec<Frame> {
    heard(form, [bytes]).unwrap()
}

fn samples_of(frames: &[Frame]) -> Vec<i16> {
    frames.iter().flat_map(|frame| frame.samples().iter().copied()).collect()
}

#[track_caller]
fn check_refused(bytes: &[u8], why: &str) {
    let error = heard(Form::Wav, [bytes]).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn what_is_written_is_read_again() {
    let frames: Vec<Frame> = tone(8_000, 800)
        .chunks_exact(160)
        .map(|samples| Frame::from_samples(SampleRate::Hz8000, samples).unwrap())
        .collect();
    let written = wav(&frames);
    assert_eq!((written.len(), &written[4..8]), (44 + 1_600, &(36u32 + 1_600).to_le_bytes()[..]));
    assert_eq!(whole(Form::Wav, &written), frames);
    assert_eq!(whole(Form::Wav, &wav(&[])), []);
}

#[test]
fn a_file_may_be_cut_anywhere() {
    let list = chunk(b"LIST", 7, b"INFOx\0y");
    let body = bytes_of(&tone(16_000, 700));
    let whole_file = file(&[list, format(1, 1, 16_000, 16), chunk(b"data", body.len(), &body)]);
    let frames = whole(Form::Wav, &whole_file);
    assert_eq!(frames.len(), 3);
    for at in 0..=whole_file.len() {
        let (before, after) = whole_file.split_at(at);
        assert_eq!(heard(Form::Wav, [before, after]).as_ref(), Ok(&frames), "cut at {at}");
    }
    assert_eq!(heard(Form::Wav, whole_file.chunks(1)).as_ref(), Ok(&frames));
}

#[test]
fn raw_sound_may_be_cut_anywhere() {
    let samples = tone(24_000, 1_000);
    let bytes = bytes_of(&samples);
    let form = Form::Pcm(SampleRate::Hz24000);
    let frames = whole(form, &bytes);
    for at in 0..=bytes.len() {
        let (before, after) = bytes.split_at(at);
        assert_eq!(heard(form, [before, after]).as_ref(), Ok(&frames), "cut at {at}");
    }
}

#[test]
fn what_follows_the_samples_is_no_sound() {
    let body = bytes_of(&tone(8_000, 160));
    let data = chunk(b"data", body.len(), &body);
    let tags = chunk(b"LIST", 400, &[0x55; 400]);
    let frames = whole(Form::Wav, &file(&[format(1, 1, 8_000, 16), data, tags]));
    assert_eq!(samples_of(&frames), tone(8_000, 160));
}

/// `espeak-ng --stdout`, `ffmpeg` and `piper` write such.
#[test]
fn a_length_may_be_unknown() {
    let body = bytes_of(&tone(8_000, 480));
    for told in [0, 0xFFFF_FFFF, 0x7FFF_F000, 0x7FFF_FFFF] {
        let samples =
            samples_of(&whole(Form::Wav, &file(&[format(1, 1, 8_000, 16), chunk(b"data", told, &body)])));
        assert_eq!(samples, tone(8_000, 480), "{told:#x}");
    }
}

#[test]
fn what_is_left_is_filled_up() {
    let frames = whole(Form::Wav, &mono(8_000, &tone(8_000, 200)));
    let mut wanted = tone(8_000, 200);
    wanted.resize(320, 0);
    assert_eq!(samples_of(&frames), wanted);
    // The last sample lacks a byte.
    let bytes = bytes_of(&wanted);
    let frames = whole(Form::Pcm(SampleRate::Hz8000), &bytes[..399]);
    assert_eq!(samples_of(&frames)[..199], wanted[..199]);
    assert_eq!(samples_of(&frames)[199..], [0; 121]);
}

#[test]
fn every_kind_of_samples_is_heard() {
    let samples = tone(8_000, 160);
    let eight: Vec<u8> = samples.iter().map(|sample| ((sample >> 8) + 128) as u8).collect();
    let near = |form: u16, channels: u16, bits: u16, body: &[u8]| {
        let frames = whole(Form::Wav, &file(&[format(form, channels, 8_000, bits), chunk(b"data", 0, body)]));
        assert_eq!(frames.len(), 1);
        for (is, was) in samples_of(&frames).iter().zip(&samples) {
            assert!(is.abs_diff(*was) <= 256, "{channels} channels, {bits} bits: {is} for {was}");
        }
    };
    near(1, 1, 8, &eight);
    let twice: Vec<u8> = eight.iter().flat_map(|level| [*level; 2]).collect();
    near(1, 2, 8, &twice);
    // One channel has all, the other nothing: together they are half as loud.
    let left: Vec<i16> = samples.iter().flat_map(|sample| [sample.saturating_mul(2), 0]).collect();
    near(1, 2, 16, &bytes_of(&left));
}

#[test]
fn the_extended_form_says_the_same() {
    let samples = tone(8_000, 160);
    let plain = format(1, 1, 8_000, 16);
    let mut body = plain[8..].to_vec();
    body[..2].copy_from_slice(&[0xFE, 0xFF]);
    body.extend_from_slice(b"\x16\0\x10\0\x04\0\0\0\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
    let extended =
        |body: &[u8]| file(&[chunk(b"fmt ", body.len(), body), chunk(b"data", 0, &bytes_of(&samples))]);
    assert_eq!(samples_of(&whole(Form::Wav, &extended(&body))), samples);
    body[24] = 3;
    check_refused(&extended(&body), "cannot take sound of WAV format 3; take 1 (PCM)");
}

/// What is heard of a tone of half a second is as loud and as long as it was, with its end.
#[test]
fn every_rate_is_heard() {
    for rate in SampleRate::ALL {
        let n_samples = rate.hz() as usize / 2;
        for n_more in [0, 1, rate.frame_samples() / 4, rate.frame_samples() - 1] {
            let samples = tone(rate.hz(), n_samples + n_more);
            let frames = whole(Form::Wav, &mono(rate.hz(), &samples));
            assert_eq!(frames, whole(Form::Pcm(rate), &bytes_of(&samples)), "{rate:?}");
            let power = |samples: &[i16]| -> f64 {
                samples.iter().map(|sample| f64::from(*sample) * f64::from(*sample)).sum()
            };
            let was = power(&samples) / f64::from(rate.hz());
            let is = power(&samples_of(&frames)) / 8_000.0;
            assert!((is / was - 1.0).abs() < 0.003, "{rate:?} and {n_more}: {is} for {was}");
            assert!((25..=27).contains(&frames.len()), "{rate:?} and {n_more}: {}", frames.len());
        }
    }
}

#[test]
fn another_kind_of_sound_is_refused() {
    let refused = |format: Vec<u8>, why: &str| check_refused(&file(&[format, chunk(b"data", 0, &[])]), why);
    refused(format(1, 1, 11_025, 16), "cannot take sound of 11025 Hz; take 8000");
    refused(format(1, 1, 8_000, 24), "cannot take sound of 24 bits a sample; take 8 or 16");
    refused(format(1, 6, 8_000, 16), "cannot take sound of 6 channels; take 1 or 2");
    refused(format(1, 0, 8_000, 16), "cannot take sound of 0 channels; take 1 or 2");
    refused(format(3, 1, 8_000, 32), "cannot take sound of WAV format 3; take 1 (PCM)");
    refused(chunk(b"fmt ", 2, &[1, 0]), "it doesn't say how its samples are");
    refused(Vec::new(), "it doesn't say how its samples are");
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    check_refused(br#"{"error":{"message":"no such voice"}}"#, "it is no WAV file");
    check_refused(b"RIFX", "it is no WAV file");
    check_refused(b"RIFF\0\0\0\0AVI ", "it is no WAV file");
    check_refused(&file(&[chunk(b"id3 ", 1 << 20, &vec![0; 70_000])]), "within its first 65536 bytes");
    let large = file(&[chunk(b"fmt ", 0xFFFF_FFFF, &vec![0; 70_000])]);
    check_refused(&large, "within its first 65536 bytes");
}

#[test]
fn a_refusal_is_no_sound() {
    for form in [Form::MuLaw, Form::Pcm(SampleRate::Hz24000)] {
        let refusal = b"{\n  \"error\": {\"message\": \"no such voice\"}}";
        let error = heard(form, [&refusal[..]]).unwrap_err().to_string();
        assert!(error.contains("no such voice"), "{error}");
        assert!(heard(form, refusal.chunks(1)).is_err());
    }
}

#[test]
fn a_sound_may_begin_with_a_brace() {
    for codes in [vec![b'{'; 160], [b"{", &[b' '; 159][..]].concat(), [b"{", &[0xFF; 159][..]].concat()] {
        let wanted = Law::Mu.read(&codes).unwrap();
        let wanted = vec![wanted];
        assert_eq!(whole(Form::MuLaw, &codes), wanted);
        assert_eq!(heard(Form::MuLaw, codes.chunks(1)), Ok(wanted));
    }
}

#[test]
fn mu_law_is_heard_code_by_code() {
    let codes: Vec<u8> = (0..=255).chain(0..64).collect();
    let frames = whole(Form::MuLaw, &codes);
    let mut again = Vec::new();
    frames.iter().for_each(|frame| Law::Mu.write(frame, &mut again));
    // Of silence there are two codes.
    let alike = |code: u8| if code == 0x7F { 0xFF } else { code };
    assert_eq!(again, codes.into_iter().map(alike).collect::<Vec<u8>>());
}

#[test]
fn of_nothing_nothing_is_heard() {
    assert_eq!(whole(Form::MuLaw, b""), []);
    assert_eq!(whole(Form::Pcm(SampleRate::Hz24000), b""), []);
    assert_eq!(whole(Form::Wav, b"RIFF"), []);
    assert_eq!(whole(Form::Wav, &mono(22_050, &[])), []);
}

proptest! {
    #[test]
    fn no_bytes_are_too_wild(
        junk in prop::collection::vec(any::<u8>(), 0..400),
        at in 0usize..60,
        cut in 0usize..400,
    ) {
        let mut bytes = mono(8_000, &tone(8_000, 160));
        let end = (at + junk.len()).min(bytes.len());
        bytes[at..end].copy_from_slice(&junk[..end - at]);
        let (before, after) = bytes.split_at(cut.min(bytes.len()));
        for form in [Form::Wav, Form::MuLaw, Form::Pcm(SampleRate::Hz22050)] {
            let in_two = heard(form, [before, after]);
            let in_one = heard(form, [&*bytes]);
            prop_assert_eq!(in_one.ok(), in_two.ok());
        }
    }
}

#[test]
fn a_server_that_gives_a_file_instead_is_heard_or_told_why_not() {
    let file =
        crate::wav(&[audio::Frame::silence(SampleRate::Hz8000), audio::Frame::silence(SampleRate::Hz8000)]);
    for cut in [1, 3, 4, 50] {
        let mut sound = Sound::new(Form::Pcm(SampleRate::Hz24000));
        let mut n_frames = 0;
        for piece in [&file[..cut], &file[cut..]] {
            sound.hear(piece, &mut |_| n_frames += 1).unwrap();
        }
        sound.end(&mut |_| n_frames += 1);
        assert_eq!(n_frames, 2, "cut at {cut}");
    }
    let mut sound = Sound::new(Form::Pcm(SampleRate::Hz24000));
    sound.hear(b"I", &mut |_| {}).unwrap();
    let error = sound.hear(b"D3 and so on", &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("it is MP3"), "{error}");
}
