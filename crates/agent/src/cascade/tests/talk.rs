//! A conversation that a test leads.

use super::super::*;
use crate::chat::Piece;
use crate::model::tests::with_weather;
use call::call::Vendors;

/// A conversation, and all that was to be done in it.
pub(super) struct Talk {
    pub(super) cascade: Cascade,
    pub(super) now: Duration,
    /// What was to be done since it was asked for last, in words.
    pub(super) done: Vec<String>,
    /// How many bytes were played since the line was cleared last, and the marks behind them.
    pub(super) n_played: usize,
    pub(super) marks: Vec<(u64, usize)>,
    /// How long the other side talked over it, each time that it is said to have done.
    pub(super) talked_over: Vec<Duration>,
    /// Whose work the last words are.
    pub(super) vendors: Vendors,
}

pub(super) fn settings() -> Settings {
    let silence = Silence { after: Duration::from_secs(20), text: "Are you there?".to_owned(), n_max: 2 };
    Settings {
        model: with_weather(),
        fallback: "Sorry?".to_owned(),
        silence,
        barge_in: true,
        voicemail: None,
    }
}

impl Talk {
    pub(super) fn new(settings: Settings) -> Talk {
        let cascade = Cascade::new(settings, false);
        let mut talk = Talk {
            cascade,
            now: Duration::ZERO,
            done: Vec::new(),
            n_played: 0,
            marks: Vec::new(),
            talked_over: Vec::new(),
            vendors: Vendors::default(),
        };
        talk.does(Cascade::open);
        talk
    }

    pub(super) fn does(&mut self, what: impl FnOnce(&mut Cascade, Duration, Acts<'_>)) {
        let Talk { cascade, now, done, n_played, marks, talked_over, vendors } = self;
        what(cascade, *now, &mut |act| match act {
            Act::Play(sound) => {
                assert!(!sound.is_empty() && sound.len() % 160 == 0, "frames are whole");
                *n_played += sound.len();
            }
            Act::Mark(number) => marks.push((number, *n_played)),
            Act::Clear(number) => {
                done.push("clear".to_owned());
                *n_played = 0;
                marks.clear();
                marks.push((number, 0));
            }
            Act::Ask => done.push("ask".to_owned()),
            Act::Forget => done.push("forget".to_owned()),
            Act::Hush => done.push("hush".to_owned()),
            Act::Say { utterance, text } => done.push(format!("say {utterance}: {text}")),
            Act::Press { utterance, keys } => done.push(format!("press {utterance}: {keys}")),
            Act::Said(line, timing) => {
                done.push(format!("{:?}: {}", line.by, line.text));
                talked_over.extend(timing.talk_over);
                *vendors = timing.vendors;
            }
            Act::Leave(leave) => done.push(format!("leave: {leave:?}")),
            Act::HandOver => done.push("hand over".to_owned()),
            Act::Refused { tool, why, .. } => done.push(format!("refused: {tool}: {why}")),
            Act::Warn(what, _) => done.push(format!("warn: {what}")),
            Act::GiveUp(what) => done.push(format!("give up: {what:?}")),
        });
    }

    /// Time passes, in which so much is heard of what was played.
    pub(super) fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        let heard = self.n_played.min(ms as usize * 8);
        let played: Vec<u64> =
            self.marks.iter().filter(|(_, at)| *at <= heard).map(|(mark, _)| *mark).collect();
        self.marks.retain(|(_, at)| *at > heard);
        for (_, at) in &mut self.marks {
            *at -= heard;
        }
        self.n_played -= heard;
        if let Some(last) = played.last() {
            self.does(|cascade, now, acts| cascade.played(*last, now, acts));
        }
    }

    /// Somebody says something, in a second, and is understood.
    pub(super) fn hear(&mut self, words: &str) {
        self.begins_to_speak();
        self.pass(1_000);
        self.is_silent();
        self.does(|cascade, now, acts| cascade.understood(Ok(words.to_owned()), now, acts));
    }

    /// Somebody speaks, since a moment ago.
    pub(super) fn begins_to_speak(&mut self) {
        self.does(|cascade, now, acts| {
            cascade.speech_began(now.saturating_sub(Duration::from_millis(100)), now, acts);
        });
    }

    pub(super) fn is_silent(&mut self) {
        self.does(|cascade, now, acts| {
            cascade.speech_over(now.saturating_sub(Duration::from_millis(500)), now, acts);
        });
    }

    /// Something happens, and so many milliseconds pass.
    pub(super) fn is_at_work(&mut self, ms: u64, what: impl FnOnce(&mut Cascade, Duration, Acts<'_>)) {
        self.does(what);
        self.pass(ms);
    }

    pub(super) fn writes(&mut self, words: &str) {
        self.does(|cascade, now, acts| cascade.piece(Piece::Words(words.to_owned()), now, acts));
    }

    pub(super) fn is_written(&mut self) {
        self.does(|cascade, now, acts| cascade.piece(Piece::Done, now, acts));
    }

    pub(super) fn wishes(&mut self, tool: &str, arguments: &str) {
        let (name, arguments) = (tool.to_owned(), arguments.to_owned());
        self.does(|cascade, now, acts| cascade.piece(Piece::Tool { name, arguments }, now, acts));
    }

    /// An utterance gets its sound, of so many milliseconds, in odd pieces.
    pub(super) fn sounds(&mut self, utterance: u64, ms: usize) {
        for piece in vec![7; ms * 8].chunks(333) {
            self.does(|cascade, now, acts| cascade.sound(utterance, piece, now, acts));
        }
        self.does(|cascade, now, acts| cascade.sound_over(utterance, Ok(()), now, acts));
    }

    /// Keys get theirs.
    pub(super) fn presses(&mut self, utterance: u64, ms: usize) {
        let sound = vec![7; ms * 8];
        self.does(|cascade, now, acts| cascade.sound_of_keys(utterance, &sound, now, acts));
    }

    /// What was to be done since this was asked last.
    pub(super) fn done(&mut self) -> Vec<String> {
        std::mem::take(&mut self.done)
    }

    /// A turn of theirs, and a reply that is being said, of two sentences and two seconds each.
    pub(super) fn speaking(settings: Settings) -> Talk {
        let mut talk = Talk::new(settings);
        talk.hear("Hello?");
        talk.writes("Good morning, this is the hotel, and I am glad. What can I do for you?");
        talk.is_written();
        talk.sounds(1, 2_000);
        talk.sounds(2, 2_000);
        talk.done();
        talk
    }

    /// A goodbye that is being said, for so long, and after which it leaves.
    pub(super) fn leaving(settings: Settings, ms: usize) -> Talk {
        let mut talk = Talk::new(settings);
        talk.hear("That is all.");
        talk.writes("Goodbye.");
        talk.wishes("end_call", "{}");
        talk.is_written();
        talk.sounds(1, ms);
        talk.done();
        talk
    }
}
