//! Tries who speaks and who understands, without a call.

use crate::media::cascade::Part;
use crate::media::ear::understood_by;
use crate::media::voice::said_by;
use crate::settings::{RecognizerSettings, SynthesizerSettings};
use audio::g711::Law;
use audio::{FRAME, Frame};
use carrier::send::Sender;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// What somebody said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its sound, of 8 kHz.
    pub sound: Vec<Frame>,
    /// How long after it was asked for it began.
    pub first_after: Duration,
}

impl Said {
    /// How long it lasts.
    pub fn lasts(&self) -> Duration {
        FRAME * u32::try_from(self.sound.len()).unwrap_or(u32::MAX)
    }
}

/// Has a text said.
///
/// # Errors
/// It isn't, and why; this may quote what a server answered.
pub async fn say(sender: &Sender, by: &SynthesizerSettings, text: &str) -> Result<Said, String> {
    let (tell, mut told) = mpsc::channel(PIECES_MAX);
    let asked_at = Instant::now();
    let said = async move { said_by(sender, by, text, (0, &tell), &mut 0).await };
    let heard = async {
        let (mut codes, mut first_after) = (Vec::new(), Duration::ZERO);
        while let Some(part) = told.recv().await {
            if let Part::Sound(_, sound) = part {
                if codes.is_empty() {
                    first_after = asked_at.elapsed();
                }
                codes.extend(sound);
            }
        }
        (codes, first_after)
    };
    let (said, (codes, first_after)) = tokio::join!(said, heard);
    said?;
    let frames = codes.chunks_exact(FRAME_CODES).map(|codes| Law::Mu.read(codes));
    let sound = frames.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    Ok(Said { sound, first_after })
}

/// What somebody understands of an utterance, of 8 kHz.
///
/// # Errors
/// It can't tell, and why; this may quote what a server answered.
pub async fn understand(
    sender: &Sender,
    by: &RecognizerSettings,
    utterance: &[Frame],
) -> Result<String, String> {
    understood_by(sender, by, utterance).await
}

/// So many pieces may wait.
const PIECES_MAX: usize = 64;
/// 20 ms of µ-law.
const FRAME_CODES: usize = 160;
