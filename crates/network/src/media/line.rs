//! The line to one subscriber: what is played to them, frame by frame in real time, and what they
//! say back.
//!
//! It has no clock: whoever owns the stream calls [`Line::tick`] every 20 ms.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{FRAME_MS, Format};
use audio::tones::{self, Heard, Listener};
use audio::{Frame, SampleRate};

/// How much sound may wait to be played, in frames: five minutes. A peer that sends faster than it
/// is played for longer than that would fill the memory.
const WAITING_FRAMES_MAX: usize = 15_000;

/// What is no louder than this is silence.
const SILENT_DBFS: f32 = -50.0;

/// How long nothing is heard of whoever stopped speaking.
const SILENCE_MS_MIN: u64 = 100;

/// How many marks may wait for the sound before them.
const MARKS_MAX: usize = 1_000;

/// How long a machine greets that says this, until it has beeped.
pub(crate) fn greeting_ms(words: &str) -> u64 {
    let n_frames = tones::say(words).chain(beep()).count();
    u64::try_from(n_frames).unwrap_or(u64::MAX).saturating_mul(FRAME_MS)
}

/// Half a second of one tone.
fn beep() -> impl Iterator<Item = Frame> {
    (0..BEEP_FRAMES).map(|index| {
        let mut frame = Frame::silence(SampleRate::Hz8000);
        for (n, sample) in (index * 160..).zip(frame.samples_mut()) {
            *sample = BEEP[n % BEEP.len()];
        }
        frame
    })
}

/// How long a beep is.
const BEEP_FRAMES: usize = 25;
/// A tone of 1 kHz, one turn of it.
const BEEP: [i16; 8] = [0, 5_657, 8_000, 5_657, 0, -5_657, -8_000, -5_657];

/// More waits to be played than the line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Overflow {
    #[error("more than five minutes of sound wait to be played")]
    Sound,
    #[error("more than a thousand marks wait to be reached")]
    Marks,
}

/// What a subscriber hears and says on one stream.
#[derive(Debug)]
pub(crate) struct Line {
    hears: Format,
    speaks: Format,
    waiting: VecDeque<Piece>,
    n_waiting_bytes: usize,
    n_marks: usize,
    /// What the subscriber is about to say, frame by frame, in the form in which is heard.
    to_say: VecDeque<Vec<u8>>,
    repeats: bool,
    ear: Listener,
    /// For how long nothing was said by the subscriber who said something, and to which nobody replied.
    silent_ms: Option<u64>,
    /// Somebody else was speaking when the subscriber began, who speaks yet.
    talked_over: Option<TalkedOver>,
    /// Whether the last frame was said by the subscriber.
    is_speaking: bool,
    /// What is heard is kept.
    keeps: bool,
}

/// For how long it has been heard, and for how long nothing was heard since.
#[derive(Clone, Copy, Debug, Default)]
struct TalkedOver {
    heard_ms: u64,
    silent_ms: u64,
}

/// What a subscriber says on a stream of their own accord.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Nothing,
    /// What was heard so long ago.
    Again {
        after_ms: u64,
    },
    /// This sound, µ-law of 8 kHz; what is heard is kept.
    Sound {
        after_ms: u64,
        mulaw: Arc<[u8]>,
    },
    /// These words, as tones that carry them, and then the beep of a machine that records.
    Greeting {
        words: String,
    },
    /// These words, as tones that carry them.
    Words {
        after_ms: u64,
        words: String,
    },
}

/// Words that a subscriber understood, of tones that carry them.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Understood {
    /// What was said, to the letter.
    pub text: String,
    /// Whether it was said to its end.
    pub whole: bool,
}

/// Something that waits its turn.
#[derive(Debug)]
enum Piece {
    Sound(VecDeque<u8>),
    Mark(String),
}

/// What happens in 20 ms.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    /// What the subscriber says.
    pub(crate) spoken: Vec<u8>,
    /// What the subscriber hears, in the form in which the line is spoken.
    pub(crate) heard: Vec<u8>,
    /// Marks whose sound has been played.
    pub(crate) played: Vec<String>,
    /// How long a reply was waited for that begins now: from the last sound that the subscriber made.
    pub(crate) waited_ms: Option<u64>,
    /// How long somebody went on speaking over whom the subscriber began to speak, if they are silent now.
    pub(crate) talked_over_ms: Option<u64>,
    /// What is to be kept of what is heard, as µ-law of 8 kHz.
    pub(crate) kept: Option<Vec<u8>>,
    /// What the subscriber understands by now.
    pub(crate) understood: Vec<Understood>,
}

impl Line {
    /// A line that hears one form and speaks one.
    pub(crate) fn new(hears: Format, speaks: Format, says: &Says) -> Line {
        let pause = |ms: u64| {
            let n_frames = usize::try_from(ms / FRAME_MS).unwrap_or(WAITING_FRAMES_MAX);
            vec![silence(hears); n_frames.min(WAITING_FRAMES_MAX)]
        };
        let (to_say, repeats) = match says {
            Says::Nothing => (Vec::new(), false),
            Says::Again { after_ms } => (pause(*after_ms), true),
            Says::Sound { after_ms, mulaw } => {
                let said = mulaw.chunks(Format::MULAW.frame_bytes()).map(|codes| {
                    let mut codes = codes.to_vec();
                    codes.resize(Format::MULAW.frame_bytes(), Format::MULAW.silence());
                    Format::MULAW.turned(codes, hears)
                });
                (pause(*after_ms).into_iter().chain(said).collect(), false)
            }
            Says::Greeting { words } => {
                (tones::say(words).chain(beep()).map(|frame| hears.written(&frame)).collect(), false)
            }
            Says::Words { after_ms, words } => {
                let said = tones::say(words).map(|frame| hears.written(&frame));
                (pause(*after_ms).into_iter().chain(said).collect(), false)
            }
        };
        Line {
            hears,
            speaks,
            waiting: VecDeque::new(),
            n_waiting_bytes: 0,
            n_marks: 0,
            to_say: to_say.into(),
            repeats,
            ear: Listener::new(),
            silent_ms: None,
            talked_over: None,
            is_speaking: false,
            keeps: matches!(says, Says::Sound { .. }),
        }
    }

    /// Plays something of this form after all that waits.
    ///
    /// # Errors
    /// Too much waits already.
    pub(crate) fn play(&mut self, format: Format, sound: Vec<u8>) -> Result<(), Overflow> {
        let sound = format.turned(sound, self.hears);
        self.n_waiting_bytes += sound.len();
        if self.n_waiting_bytes > WAITING_FRAMES_MAX * self.hears.frame_bytes() {
            return Err(Overflow::Sound);
        }
        if !sound.is_empty() {
            self.waiting.push_back(Piece::Sound(sound.into()));
        }
        Ok(())
    }

    /// Asks to be told when all that waits has been played.
    ///
    /// # Errors
    /// Too many marks wait already.
    pub(crate) fn mark(&mut self, name: String) -> Result<(), Overflow> {
        self.n_marks += 1;
        if self.n_marks > MARKS_MAX {
            return Err(Overflow::Marks);
        }
        self.waiting.push_back(Piece::Mark(name));
        Ok(())
    }

    /// Drops all that waits, and gives the marks that did.
    pub(crate) fn clear(&mut self) -> Vec<String> {
        self.n_waiting_bytes = 0;
        self.n_marks = 0;
        let names = self.waiting.drain(..).filter_map(|piece| match piece {
            Piece::Mark(name) => Some(name),
            Piece::Sound(_) => None,
        });
        names.collect()
    }

    /// Lets 20 ms pass. A frame that is not full ends in silence.
    pub(crate) fn tick(&mut self) -> Tick {
        let wanted = self.hears.frame_bytes();
        let (mut heard, mut played) = (Vec::with_capacity(wanted), Vec::new());
        loop {
            match self.waiting.pop_front() {
                Some(Piece::Mark(name)) => {
                    self.n_marks = self.n_marks.saturating_sub(1);
                    played.push(name);
                }
                Some(Piece::Sound(mut sound)) => {
                    let n_taken = sound.len().min(wanted - heard.len());
                    heard.extend(sound.drain(..n_taken));
                    self.n_waiting_bytes = self.n_waiting_bytes.saturating_sub(n_taken);
                    if !sound.is_empty() {
                        self.waiting.push_front(Piece::Sound(sound));
                        break;
                    }
                }
                None => break,
            }
        }
        heard.resize(wanted, self.hears.silence());
        if self.repeats {
            self.to_say.push_back(heard.clone());
        }
        let said = self.to_say.pop_front();
        let waited_ms = self.wait(said.as_deref(), &heard);
        let talked_over_ms = self.talk_over(said.as_deref(), &heard);
        let spoken = match said {
            Some(frame) => self.hears.turned(frame, self.speaks),
            None => silence(self.speaks),
        };
        let understood = self.understand(&heard);
        let kept = self.keeps.then(|| self.hears.turned(heard.clone(), Format::MULAW));
        let heard = self.hears.turned(heard, self.speaks);
        Tick { spoken, heard, played, waited_ms, talked_over_ms, kept, understood }
    }

    /// How long a reply was waited for, if it begins with this frame.
    fn wait(&mut self, said: Option<&[u8]>, heard: &[u8]) -> Option<u64> {
        if said.is_some_and(|said| self.is_loud(said)) {
            self.silent_ms = Some(0);
            return None;
        }
        let waited_ms = self.silent_ms?;
        if self.is_loud(heard) {
            return self.silent_ms.take();
        }
        self.silent_ms = Some(waited_ms + FRAME_MS);
        None
    }

    /// How long whoever was talked over went on, if they just came to their end: a tenth of a second without a
    /// sound is one.
    fn talk_over(&mut self, said: Option<&[u8]>, heard: &[u8]) -> Option<u64> {
        let speaks = said.is_some_and(|said| self.is_loud(said));
        let spoke = std::mem::replace(&mut self.is_speaking, speaks);
        let begins = speaks && !spoke;
        let is_heard = self.is_loud(heard);
        let Some(TalkedOver { heard_ms, silent_ms }) = self.talked_over else {
            self.talked_over = (begins && is_heard).then(TalkedOver::default);
            return None;
        };
        if is_heard {
            self.talked_over = Some(TalkedOver { heard_ms: heard_ms + silent_ms + FRAME_MS, silent_ms: 0 });
            return None;
        }
        let silent_ms = silent_ms + FRAME_MS;
        self.talked_over = (silent_ms < SILENCE_MS_MIN).then_some(TalkedOver { heard_ms, silent_ms });
        self.talked_over.is_none().then_some(heard_ms)
    }

    fn is_loud(&self, sound: &[u8]) -> bool {
        self.hears.frame(sound).is_some_and(|frame| frame.level_dbfs() > SILENT_DBFS)
    }

    /// The line is gone: what was being said then, as far as it was understood.
    pub(crate) fn cut(&mut self) -> Option<Understood> {
        self.ear.end().and_then(understood)
    }

    fn understand(&mut self, heard: &[u8]) -> Vec<Understood> {
        let Some(frame) = self.hears.frame(heard) else { return Vec::new() };
        self.ear.hear(&frame).into_iter().filter_map(understood).collect()
    }
}

fn understood(heard: Heard) -> Option<Understood> {
    match heard {
        Heard::Began => None,
        Heard::Text(text) => Some(Understood { text, whole: true }),
        Heard::Broken { so_far, .. } => Some(Understood { text: so_far, whole: false }),
    }
}

fn silence(format: Format) -> Vec<u8> {
    vec![format.silence(); format.frame_bytes()]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::Encoding;
    use super::*;

    const L16: Format = Format { encoding: Encoding::L16, rate: 16_000 };

    fn line(says: &Says) -> Line {
        Line::new(Format::MULAW, Format::MULAW, says)
    }

    const REPEATS: Says = Says::Again { after_ms: 0 };

    #[test]
    fn a_mark_comes_back_when_what_was_before_it_has_been_played() {
        let mut line = line(&Says::Nothing);
        line.play(Format::MULAW, vec![1; 400]).unwrap();
        line.mark("a".to_owned()).unwrap();
        line.mark("b".to_owned()).unwrap();
        line.play(Format::MULAW, vec![2; 160]).unwrap();
        line.mark("c".to_owned()).unwrap();
        let played: Vec<Vec<String>> = (0..5).map(|_| line.tick().played).collect();
        assert_eq!(played, [vec![], vec![], vec!["a", "b"], vec!["c"], vec![]]);
    }

    #[test]
    fn a_mark_before_any_sound_comes_back_at_once() {
        let mut line = line(&Says::Nothing);
        line.mark("a".to_owned()).unwrap();
        assert_eq!(line.tick().played, ["a"]);
    }

    #[test]
    fn clearing_drops_the_sound_and_gives_the_marks() {
        let mut line = line(&REPEATS);
        line.play(Format::MULAW, vec![1; 1_600]).unwrap();
        line.mark("a".to_owned()).unwrap();
        line.mark("b".to_owned()).unwrap();
        line.tick();
        assert_eq!(line.clear(), ["a", "b"]);
        let tick = line.tick();
        assert_eq!((tick.spoken, tick.heard, tick.played), (vec![0xFF; 160], vec![0xFF; 160], vec![]));
    }

    #[test]
    fn an_echo_says_what_it_heard_as_late_as_it_should() {
        let mut line = line(&Says::Again { after_ms: 60 });
        line.play(Format::MULAW, [vec![1; 160], vec![2; 40]].concat()).unwrap();
        let said: Vec<Vec<u8>> = (0..6).map(|_| line.tick().spoken).collect();
        let silent = vec![0xFF; 160];
        let half = [vec![2; 40], vec![0xFF; 120]].concat();
        let expected = [silent.clone(), silent.clone(), silent.clone(), vec![1; 160], half, silent];
        assert_eq!(said, expected);
    }

    #[test]
    fn one_who_is_silent_says_nothing_in_the_form_that_is_spoken() {
        let mut line = Line::new(Format::MULAW, L16, &Says::Nothing);
        line.play(Format::MULAW, vec![7; 160]).unwrap();
        let tick = line.tick();
        assert_eq!((tick.spoken, tick.heard.len()), (vec![0; 640], 640));
    }

    #[test]
    fn how_long_a_reply_was_waited_for_is_known() {
        let mut line = line(&Says::Words { after_ms: 40, words: "hello".to_owned() });
        let said = tones::say("hello").count();
        for _ in 0..2 + said + 10 {
            assert_eq!(line.tick().waited_ms, None);
        }
        line.play(Format::MULAW, vec![0x80; 480]).unwrap();
        let waited: Vec<Option<u64>> = (0..3).map(|_| line.tick().waited_ms).collect();
        // The last frames of the words are silent.
        assert!(waited[0].is_some_and(|ms| (200..=260).contains(&ms)), "{waited:?}");
        assert_eq!(waited[1..], [None, None]);
    }

    #[test]
    fn how_long_somebody_went_on_who_was_talked_over_is_known() {
        // They speak twice, a frame each, from the third frame and from the thirteenth on.
        let mulaw = [vec![0x80; 160], vec![0xFF; 160 * 9], vec![0x80; 160]].concat();
        let mut line = line(&Says::Sound { after_ms: 40, mulaw: mulaw.into() });
        for _ in 0..10 {
            assert_eq!(line.tick().talked_over_ms, None, "over nobody");
        }
        line.play(Format::MULAW, vec![0x80; 160 * 8]).unwrap();
        let over: Vec<Option<u64>> = (0..20).map(|_| line.tick().talked_over_ms).collect();
        // Two frames came before, and five in which nothing is heard are an end.
        let known: Vec<u64> = over.iter().flatten().copied().collect();
        assert_eq!((known, over[12]), (vec![100], Some(100)), "{over:?}");
    }

    #[test]
    fn one_who_plays_a_sound_keeps_what_is_heard() {
        let sound: Arc<[u8]> = vec![0x80; 200].into();
        let mut line = line(&Says::Sound { after_ms: 20, mulaw: sound });
        line.play(Format::MULAW, vec![0x90; 160]).unwrap();
        let ticks: Vec<Tick> = (0..4).map(|_| line.tick()).collect();
        let half = [vec![0x80; 40], vec![0xFF; 120]].concat();
        let said: Vec<&[u8]> = ticks.iter().map(|tick| &tick.spoken[..]).collect();
        assert_eq!(said, [&[0xFF; 160][..], &[0x80; 160], &half, &[0xFF; 160]]);
        assert_eq!(ticks[0].kept.as_deref(), Some(&[0x90; 160][..]));
    }

    /// Two lines, each hearing what the other says.
    #[test]
    fn words_are_understood_at_the_other_end_to_the_letter() {
        let words = "Guten Tag, wer spricht? \u{1F4DE}".to_owned();
        for form in [Format::MULAW, L16, Format { rate: 8_000, ..L16 }] {
            let mut one = Line::new(form, form, &Says::Words { after_ms: 100, words: words.clone() });
            let mut other = Line::new(form, form, &Says::Nothing);
            let mut understood = Vec::new();
            for _ in 0..60 {
                other.play(form, one.tick().spoken).unwrap();
                understood.extend(other.tick().understood);
            }
            assert_eq!(understood, [Understood { text: words.clone(), whole: true }], "{form:?}");
        }
    }

    #[test]
    fn of_words_that_are_cut_off_the_first_are_understood() {
        let words = "one two three four five six seven eight nine ten".to_owned();
        let mut one = line(&Says::Words { after_ms: 0, words });
        let mut other = line(&Says::Nothing);
        for _ in 0..20 {
            other.play(Format::MULAW, one.tick().spoken).unwrap();
        }
        let understood: Vec<Understood> = (0..60).flat_map(|_| other.tick().understood).collect();
        let [Understood { text, whole: false }] = &understood[..] else { panic!("{understood:?}") };
        assert!(text.starts_with("one two three") && !text.contains("nine"), "{text}");
    }

    #[test]
    fn what_waits_has_a_bound() {
        let mut line = line(&Says::Nothing);
        line.play(Format::MULAW, vec![0; 160 * WAITING_FRAMES_MAX]).unwrap();
        assert_eq!(line.play(Format::MULAW, vec![0]), Err(Overflow::Sound));
        line.clear();
        line.play(Format::MULAW, vec![0]).unwrap();
        (0..MARKS_MAX).for_each(|index| line.mark(index.to_string()).unwrap());
        assert_eq!(line.mark(String::new()), Err(Overflow::Marks));
    }
}
