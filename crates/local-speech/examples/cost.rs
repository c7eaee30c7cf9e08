//! What it takes to say and to understand a sentence in this process, with a model of Whisper's and a voice of
//! Piper's, whose files are named: `cargo run --release -p local-speech --features engines --example cost -- ggml-tiny.en.bin VOICE.onnx`.

use audio::Frame;
use local_speech::{PiperVoice, WhisperCpp};
use speech::local::{Piper, Whisper};
use speech::{Cancellation, LocalRecognizer as _, LocalSynthesizer as _, Sound};
use std::time::{Duration, Instant};

fn main() -> Result<(), String> {
    let mut files = std::env::args().skip(1);
    let (model, voice) = files.next().zip(files.next()).ok_or("name Whisper's model and Piper's voice")?;
    println!("{:>10} {:>8} {:>8} {:>10} words", "threads", "sound s", "said ms", "heard ms");
    for threads in [1, 2] {
        let whisper =
            WhisperCpp::new(Whisper { model: (&model).into(), language: None, prompt: None, threads });
        let (phonemes, speaker) = ("espeak-ng".to_owned(), None);
        let piper = PiperVoice::new(Piper { model: (&voice).into(), phonemes, speed: 1.0, speaker, threads });
        for text in TEXTS {
            let (said, sound) = median(|| say(&piper, text))?;
            let (understood, words) = median(|| whisper.understand(&sound, &Cancellation::default()))?;
            let seconds = sound.len() as f64 * 0.02;
            let (said, understood) = (said.as_millis(), understood.as_millis());
            println!("{threads:>10} {seconds:>8.1} {said:>8} {understood:>10} {words}");
        }
    }
    Ok(())
}

/// The time that it takes, of several the one in the middle, and what comes of it. The first reads the model, and
/// doesn't count.
fn median<T>(mut work: impl FnMut() -> Result<T, String>) -> Result<(Duration, T), String> {
    let mut last = work()?;
    let mut took = Vec::new();
    for _ in 0..N_TIMES {
        let since = Instant::now();
        last = work()?;
        took.push(since.elapsed());
    }
    took.sort_unstable();
    Ok((took[N_TIMES / 2], last))
}

fn say(piper: &PiperVoice, text: &str) -> Result<Vec<Frame>, String> {
    let (mut frames, mut sound) = (Vec::new(), None);
    piper.say(text, &Cancellation::default(), &mut |form, piece| {
        let sound = sound.get_or_insert_with(|| Sound::new(form));
        let _ = sound.hear(&piece, &mut |frame| frames.push(frame));
    })?;
    Ok(frames)
}

const N_TIMES: usize = 7;
const TEXTS: [&str; 4] = [
    "Yes, please.",
    "Hello, I would like to book a table for two people, please.",
    "Thank you for calling the Grand Hotel. Your table is booked for tomorrow evening at half past seven, and \
     we look forward to seeing you.",
    "I am calling because we had booked a room for the coming weekend, from Friday to Sunday, and now it turns \
     out that my wife has to work on Saturday. So we would like to come a week later, if that is possible, and \
     stay for three nights instead of two, and we would also need a second bed for our daughter.",
];
