//! What Whisper is given of an utterance, pure: its samples, and how much of the model is used for them.

use audio::{Frame, Resampler, SampleRate};

/// An utterance as Whisper hears it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// 16 kHz, between -1 and 1.
    pub samples: Vec<f32>,
    /// How many positions of the encoder are used, 20 ms each. The time that it takes grows with them; if they
    /// hardly cover the utterance, or are fewer than 512, Whisper repeats itself and invents.
    pub audio_ctx: usize,
    /// How many tokens the words may come to: Whisper that repeats itself ends there.
    pub tokens_max: usize,
}

impl Heard {
    /// Of an utterance in frames of 8 kHz. One that lasts longer than half a minute isn't heard to its end.
    pub fn of(utterance: &[Frame]) -> Heard {
        let mut resampler = Resampler::new(SampleRate::Hz8000, SampleRate::Hz16000);
        // What the last frame ends with comes with the next one.
        let frames = utterance.iter().cloned().chain([Frame::silence(SampleRate::Hz8000)]);
        let mut samples = Vec::with_capacity((utterance.len() + 1) * SampleRate::Hz16000.frame_samples());
        for frame in frames {
            let turned = resampler.turned(&frame);
            samples.extend(turned.samples().iter().map(|sample| f32::from(*sample) / 32_768.0));
        }
        let seconds = samples.len().div_ceil(SECOND);
        if samples.len() < SAMPLES_LEAST {
            samples.resize(SAMPLES_LEAST, 0.0);
        }
        let needed = (seconds + 1) * CTX_PER_SECOND;
        let audio_ctx = needed.next_multiple_of(CTX_STEP).clamp(CTX_LEAST, CTX_MOST);
        Heard { samples, audio_ctx, tokens_max: (seconds * TOKENS_PER_SECOND).max(TOKENS_LEAST) }
    }
}

/// So many samples.
const SECOND: usize = SampleRate::Hz16000.hz() as usize;
/// Silence is added to less: what is shorter than a second Whisper doesn't take well.
const SAMPLES_LEAST: usize = SECOND * 5 / 4;
const CTX_PER_SECOND: usize = 50;
const CTX_LEAST: usize = 512;
const CTX_STEP: usize = 256;
/// As many as a model has.
const CTX_MOST: usize = 1_500;
/// More than anybody says.
const TOKENS_PER_SECOND: usize = 6;
const TOKENS_LEAST: usize = 48;

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(n_frames: usize) -> Heard {
        let mut frame = Frame::silence(SampleRate::Hz8000);
        frame.samples_mut().fill(8_192);
        Heard::of(&vec![frame; n_frames])
    }

    #[test]
    fn an_utterance_is_heard_to_its_last_sample() {
        let Heard { samples, .. } = heard(100);
        assert_eq!(samples.len(), 101 * 320);
        let (middle, end) = (samples[16_000], samples[32_000 + 150]);
        assert!((middle - 0.25).abs() < 0.01, "{middle}");
        assert!((end - 0.25).abs() < 0.05, "{end}: the resampler is half a frame late");
    }

    #[test]
    fn a_word_is_as_long_as_whisper_takes() {
        assert_eq!(heard(10).samples.len(), 20_000);
        assert_eq!(heard(0).samples, vec![0.0; 20_000]);
    }

    #[test]
    fn more_of_the_model_is_used_for_more() {
        for (seconds, ctx, tokens) in
            [(1, 512, 48), (8, 512, 54), (10, 768, 66), (20, 1_280, 126), (40, 1_500, 246)]
        {
            let heard = heard(seconds * 50);
            assert_eq!((heard.audio_ctx, heard.tokens_max), (ctx, tokens), "{seconds} s");
        }
    }
}
