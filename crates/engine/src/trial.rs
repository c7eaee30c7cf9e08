//! Tries who speaks, who understands and who replies, without a call.

use crate::media::cascade::Part;
use crate::media::ear::understood_by;
use crate::media::voice::said_by;
use crate::settings::{Recognizer, RecognizerSettings, Synthesizer, SynthesizerSettings};
use crate::talk::{Asked, Reply};
use audio::g711::Law;
use audio::{FRAME, Frame};
use call::dialogue::{Entry, Line, Speaker};
use carrier::send::Sender;
use std::sync::Arc;
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

/// Has a text said. Who speaks in this process is ready before.
///
/// # Errors
/// It isn't, and why; this may quote what a server answered.
pub async fn say(sender: &Sender, by: &SynthesizerSettings, text: &str) -> Result<Said, String> {
    let (tell, mut told) = mpsc::channel(PIECES_MAX);
    if let Synthesizer::Local(by, pool) = &by.by {
        let by = Arc::clone(by);
        pool.run(move |_| by.load()).await?;
    }
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

/// What somebody understands of an utterance, of 8 kHz, and how long that takes. Who does so in this process
/// is ready before.
///
/// # Errors
/// It can't tell, and why; this may quote what a server answered.
pub async fn understand(
    sender: &Sender,
    by: &RecognizerSettings,
    utterance: &[Frame],
) -> Result<(String, Duration), String> {
    if let Recognizer::Local(by, pool) = &by.by {
        let by = Arc::clone(by);
        pool.run(move |_| by.load()).await?;
    }
    let asked_at = Instant::now();
    let words = understood_by(sender, by, utterance).await?;
    Ok((words, asked_at.elapsed()))
}

/// Has a model begin the reply that an agent would have of it; how long that takes.
///
/// # Errors
/// It doesn't reply, and why.
pub async fn begin_reply(sender: &Sender, asked: &Asked) -> Result<Duration, String> {
    let hello = Entry::Said(Line { by: Speaker::Remote, text: "Hello?".to_owned() });
    let (request, asked_at) = (asked.completion(&[hello]), Instant::now());
    let (tell, mut told) = mpsc::channel(1);
    let mut written = String::new();
    let mut reply = Reply { written: &mut written, tell: &tell, may_be_empty: false, has_begun: false };
    tokio::select! {
        replied = reply.hear(sender, &request, &asked.settings) => replied.map(drop)?,
        _ = told.recv() => {}
    }
    Ok(asked_at.elapsed())
}

/// So many pieces may wait.
const PIECES_MAX: usize = 64;
/// 20 ms of µ-law.
const FRAME_CODES: usize = 160;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Pool;
    use audio::SampleRate;
    use carrier::send::SendSettings;
    use speech::{Cancellation, Form, LocalRecognizer, LocalSynthesizer};
    use std::sync::mpsc::Sender as Tell;
    use std::thread::yield_now;

    /// Says each word as a tenth of a second, and hears as many words as it is given tenths. What takes too long
    /// it does until it is cancelled, and tells so.
    #[derive(Debug)]
    struct Local {
        cancelled: Option<Tell<()>>,
    }

    impl Local {
        fn work(&self, cancellation: &Cancellation) {
            if let Some(tell) = &self.cancelled {
                while !cancellation.is_cancelled() {
                    yield_now();
                }
                let _ = tell.send(());
            }
        }
    }

    impl LocalRecognizer for Local {
        fn load(&self) -> Result<(), String> {
            Ok(())
        }

        fn understand(&self, utterance: &[Frame], cancellation: &Cancellation) -> Result<String, String> {
            self.work(cancellation);
            Ok(vec!["word"; utterance.len() / 5].join(" "))
        }
    }

    impl LocalSynthesizer for Local {
        fn load(&self) -> Result<(), String> {
            Ok(())
        }

        fn say(
            &self,
            text: &str,
            cancellation: &Cancellation,
            tell: &mut dyn FnMut(Form, Vec<u8>),
        ) -> Result<(), String> {
            for word in text.split(' ') {
                self.work(cancellation);
                match word {
                    "unspeakable" => return Err("nobody can say that".to_owned()),
                    _ => tell(Form::Pcm(SampleRate::Hz16000), vec![1; 3_200]),
                }
            }
            Ok(())
        }
    }

    fn synthesizer(cancelled: Option<Tell<()>>) -> SynthesizerSettings {
        let by = Synthesizer::Local(Arc::new(Local { cancelled }), Arc::new(Pool::new("voice", 1)));
        SynthesizerSettings { name: "voice".to_owned(), by, within: Duration::from_millis(100) }
    }

    fn recognizer(cancelled: Option<Tell<()>>) -> RecognizerSettings {
        let by = Recognizer::Local(Arc::new(Local { cancelled }), Arc::new(Pool::new("ear", 1)));
        RecognizerSettings { name: "ear".to_owned(), by, within: Duration::from_millis(100) }
    }

    #[tokio::test]
    async fn who_speaks_and_understands_in_this_process_is_heard() {
        let sender = Sender::new(SendSettings::default());
        let said = say(&sender, &synthesizer(None), "three short words").await.unwrap();
        // The resampler is half a frame late.
        assert_eq!(said.lasts(), Duration::from_millis(320));
        let (words, _) = understand(&sender, &recognizer(None), &said.sound[..15]).await.unwrap();
        assert_eq!(words, "word word word");
    }

    #[tokio::test]
    async fn who_fails_in_this_process_says_why() {
        let sender = Sender::new(SendSettings::default());
        let why = say(&sender, &synthesizer(None), "some unspeakable words").await.unwrap_err();
        assert_eq!(why, "nobody can say that");
    }

    #[tokio::test]
    async fn who_takes_too_long_in_this_process_is_cancelled() {
        let sender = Sender::new(SendSettings::default());
        let (tell, told) = std::sync::mpsc::channel();
        let why = say(&sender, &synthesizer(Some(tell.clone())), "words").await.unwrap_err();
        assert_eq!(why, "no sound within 100ms");
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(()));
        let silence = vec![Frame::silence(SampleRate::Hz8000); 10];
        let why = understand(&sender, &recognizer(Some(tell)), &silence).await.unwrap_err();
        assert_eq!(why, "no words within 100ms");
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(()));
    }
}
