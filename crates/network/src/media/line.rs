//! The line to one subscriber: what is played to them, frame by frame in real time, and what they
//! say back.
//!
//! It has no clock: whoever owns the stream calls [`Line::tick`] every 20 ms.

use std::collections::VecDeque;

use super::{FRAME_MS, Format};

/// How much sound may wait to be played, in frames: five minutes. A peer that sends faster than it
/// is played for longer than that would fill the memory.
const WAITING_FRAMES_MAX: usize = 15_000;

/// How many marks may wait for the sound before them.
const MARKS_MAX: usize = 1_000;

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
    /// What one who echoes is about to say, in the form in which it was heard; `None` for one who
    /// is silent.
    echo: Option<VecDeque<Vec<u8>>>,
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
}

impl Line {
    /// A line that hears one form and speaks one, with a subscriber who says nothing, or repeats
    /// what was heard so many milliseconds ago.
    pub(crate) fn new(hears: Format, speaks: Format, echoes_after_ms: Option<u64>) -> Line {
        let echo = echoes_after_ms.map(|ms| {
            let n_frames = usize::try_from(ms / FRAME_MS).unwrap_or(WAITING_FRAMES_MAX);
            vec![silence(hears); n_frames.min(WAITING_FRAMES_MAX)].into()
        });
        Line { hears, speaks, waiting: VecDeque::new(), n_waiting_bytes: 0, n_marks: 0, echo }
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
        let spoken = match &mut self.echo {
            Some(echo) => {
                echo.push_back(heard.clone());
                self.hears.turned(echo.pop_front().unwrap_or_default(), self.speaks)
            }
            None => silence(self.speaks),
        };
        Tick { spoken, heard: self.hears.turned(heard, self.speaks), played }
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

    fn line(echoes_after_ms: Option<u64>) -> Line {
        Line::new(Format::MULAW, Format::MULAW, echoes_after_ms)
    }

    #[test]
    fn a_mark_comes_back_when_what_was_before_it_has_been_played() {
        let mut line = line(None);
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
        let mut line = line(None);
        line.mark("a".to_owned()).unwrap();
        assert_eq!(line.tick().played, ["a"]);
    }

    #[test]
    fn clearing_drops_the_sound_and_gives_the_marks() {
        let mut line = line(Some(0));
        line.play(Format::MULAW, vec![1; 1_600]).unwrap();
        line.mark("a".to_owned()).unwrap();
        line.mark("b".to_owned()).unwrap();
        line.tick();
        assert_eq!(line.clear(), ["a", "b"]);
        assert_eq!(line.tick(), Tick { spoken: vec![0xFF; 160], heard: vec![0xFF; 160], played: vec![] });
    }

    #[test]
    fn an_echo_says_what_it_heard_as_late_as_it_should() {
        let mut line = line(Some(60));
        line.play(Format::MULAW, [vec![1; 160], vec![2; 40]].concat()).unwrap();
        let said: Vec<Vec<u8>> = (0..6).map(|_| line.tick().spoken).collect();
        let silent = vec![0xFF; 160];
        let half = [vec![2; 40], vec![0xFF; 120]].concat();
        let expected = [silent.clone(), silent.clone(), silent.clone(), vec![1; 160], half, silent];
        assert_eq!(said, expected);
    }

    #[test]
    fn one_who_is_silent_says_nothing_in_the_form_that_is_spoken() {
        let mut line = Line::new(Format::MULAW, L16, None);
        line.play(Format::MULAW, vec![7; 160]).unwrap();
        let tick = line.tick();
        assert_eq!((tick.spoken, tick.heard.len()), (vec![0; 640], 640));
    }

    #[test]
    fn what_waits_has_a_bound() {
        let mut line = line(None);
        line.play(Format::MULAW, vec![0; 160 * WAITING_FRAMES_MAX]).unwrap();
        assert_eq!(line.play(Format::MULAW, vec![0]), Err(Overflow::Sound));
        line.clear();
        line.play(Format::MULAW, vec![0]).unwrap();
        (0..MARKS_MAX).for_each(|index| line.mark(index.to_string()).unwrap());
        assert_eq!(line.mark(String::new()), Err(Overflow::Marks));
    }
}
