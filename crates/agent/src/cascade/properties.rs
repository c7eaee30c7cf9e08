//! What holds for every conversation, whatever happens in whatever order. Random lives are led on a line that
//! plays what it is given and tells of its marks, beside a witness that knows only what was told and done.

mod life;

use super::{Act, Leave};
use call::dialogue::Speaker;
use life::{Life, life};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::time::Duration;

/// How a life is led.
#[derive(Clone, Debug)]
struct Terms {
    barge_in: bool,
    is_owed: bool,
    silence_after: Duration,
    n_max: u32,
    /// Whether a transfer that is wished for can't be had.
    refuses: bool,
    /// Whether a line that is cleared tells of all its marks at once, as Twilio's does.
    tells_cleared: bool,
    /// Whether no mark is told of what was played last.
    loses_marks: bool,
}

proptest! {
    #[test]
    fn no_life_breaks_a_promise_and_none_is_without_end((terms, events) in life()) {
        let mut life = Life::led(terms, &events);
        life.comes_to_its_end();
    }

    #[test]
    fn whenever_it_ends_what_was_heard_is_written_down_and_never_more((terms, events) in life()) {
        let mut life = Life::led(terms, &events);
        life.is_ended();
    }
}

/// What was told and done until now.
struct Witness {
    terms: Terms,
    now: Duration,
    /// For how much of 20 ms the line has played the next frame.
    played_ms: u64,
    /// Somebody speaks, or it only sounds so.
    makes_noise: bool,
    is_spoken_to: bool,
    n_parts: usize,
    n_unknown: usize,
    keys: String,
    /// Nothing may be played until all that was said is understood.
    is_silenced: bool,
    /// What is said has stopped for somebody.
    is_held: bool,
    /// A reply is asked for and comes.
    is_asked: bool,
    /// Somebody said something that no reply was asked for.
    is_owed: bool,
    /// The letters of the reply without its spaces, as it was written and as far as it is said.
    written: String,
    said: String,
    has_acted: bool,
    wish: Option<Leave>,
    n_silences: u32,
    n_failures: u32,
    /// What is to be said and wasn't heard to its end.
    utterances: VecDeque<Utterance>,
    cut: Vec<u64>,
    n_said: u64,
    line: VecDeque<OnLine>,
    n_marks: u64,
    /// Marks since the last clear: whose they are, and how many of its frames are before it.
    marks: VecDeque<(u64, u64, usize)>,
    /// Marks of which the line would tell.
    echoes: VecDeque<u64>,
    /// When all that is on the line will have been played.
    played_by: Duration,
    rests_since: Option<Duration>,
    left: Option<Leave>,
    has_given_up: bool,
    event: Seen,
}

/// What is to be seen in one event, and what was.
#[derive(Default)]
struct Seen {
    must_forget: bool,
    must_hush: bool,
    must_refuse: bool,
    is_reply: bool,
    /// What is said that is no reply.
    must_say: Option<&'static str>,
    /// What was understood settles whether a reply is due, whatever is said still.
    goes_on: bool,
    n_asks: usize,
    closed: Vec<Utterance>,
    agent: VecDeque<String>,
    remote: Vec<String>,
    understood: Vec<String>,
}

#[derive(Clone, Debug)]
struct Utterance {
    number: u64,
    text: String,
    is_keys: bool,
    sound: Vec<u8>,
    is_made: bool,
    is_broken: bool,
    /// Frames that were played since the last clear or known to be heard before, and the latter alone.
    n_sent: usize,
    n_heard: usize,
    has_begun: bool,
}

#[derive(Debug, PartialEq)]
enum OnLine {
    Frame(u64),
    Mark(u64),
}

impl Witness {
    fn new(terms: Terms) -> Witness {
        Witness {
            now: Duration::ZERO,
            played_ms: 0,
            makes_noise: false,
            is_spoken_to: false,
            n_parts: 0,
            n_unknown: 0,
            keys: String::new(),
            is_silenced: false,
            is_held: false,
            is_asked: false,
            is_owed: terms.is_owed,
            written: String::new(),
            said: String::new(),
            has_acted: false,
            wish: None,
            n_silences: 0,
            n_failures: 0,
            utterances: VecDeque::new(),
            cut: Vec::new(),
            n_said: 0,
            line: VecDeque::new(),
            n_marks: 0,
            marks: VecDeque::new(),
            echoes: VecDeque::new(),
            played_by: Duration::ZERO,
            rests_since: None,
            left: None,
            has_given_up: false,
            event: Seen::default(),
            terms,
        }
    }

    /// Whether nobody speaks and all that was said is known.
    fn is_clear(&self) -> bool {
        !self.is_spoken_to && self.n_unknown == 0 && self.keys.is_empty()
    }

    fn has_begun(&self) -> bool {
        self.utterances.iter().any(|one| one.has_begun)
    }

    fn unmade(&mut self, which: usize) -> Option<&mut Utterance> {
        let n_unmade = self.utterances.iter().filter(|one| !one.is_made).count().max(1);
        self.utterances.iter_mut().filter(|one| !one.is_made).nth(which % n_unmade)
    }

    /// Somebody begins to speak, or presses a key.
    fn is_talked_over(&mut self) {
        if !self.is_protected() {
            (self.is_silenced, self.is_held) = (true, true);
        }
    }

    /// Whether nobody may talk over what is being said.
    fn is_protected(&self) -> bool {
        !self.terms.barge_in && self.has_begun()
    }

    /// Whether keys are being pressed, which is done whole and once.
    fn presses(&self) -> bool {
        self.utterances.front().is_some_and(|first| first.is_keys && first.has_begun)
    }

    /// The model can't have what it wished for, and is asked again.
    fn wishes_in_vain(&mut self) {
        (self.is_owed, self.n_failures) = (true, self.n_failures + 1);
    }

    /// It is their turn, as far as what is said may be cut off.
    fn takes_turn(&mut self) {
        (self.is_owed, self.wish, self.n_silences) = (true, None, 0);
        if !self.is_protected() {
            self.event.must_forget = self.is_asked;
            self.event.must_hush = !self.utterances.is_empty();
            self.is_held = self.is_spoken_to;
        }
    }

    /// The line plays for so long.
    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        let is_idle = !self.line.iter().any(|one| matches!(one, OnLine::Frame(_)));
        let played_ms = if is_idle { 0 } else { self.played_ms + ms };
        let mut n_frames = played_ms / 20;
        self.played_ms = played_ms % 20;
        while let Some(next) = self.line.front() {
            match next {
                OnLine::Mark(mark) => self.echoes.push_back(*mark),
                OnLine::Frame(_) if n_frames > 0 => n_frames -= 1,
                OnLine::Frame(_) => return,
            }
            self.line.pop_front();
        }
    }

    /// The conversation is told of a mark; of one that was cleared it makes nothing.
    fn hears(&mut self, mark: u64) {
        while let Some((number, whose, n_frames)) = self.marks.front().copied()
            && number <= mark
        {
            self.marks.pop_front();
            if let Some(one) = self.utterances.iter_mut().find(|one| one.number == whose) {
                one.n_heard = n_frames;
            }
        }
        self.closes();
    }

    /// What was heard to its end is not to be said any more.
    fn closes(&mut self) {
        while self.utterances.front().is_some_and(Utterance::is_heard_whole) {
            self.event.closed.extend(self.utterances.pop_front());
        }
    }

    fn sees(&mut self, act: Act<'_>) {
        if self.has_given_up {
            return;
        }
        assert!(self.left.is_none(), "it left, and wants {act:?}");
        match act {
            Act::Ask => {
                assert!(self.is_clear(), "a reply is asked for while somebody isn't understood");
                assert!(!self.is_asked, "two replies come at once");
                assert!(!self.is_protected(), "a reply comes before all is said that nobody may talk over");
                (self.is_asked, self.has_acted, self.wish) = (true, false, None);
                self.event.n_asks += 1;
                self.written.clear();
                self.said.clear();
            }
            Act::Forget => {
                assert!(std::mem::take(&mut self.event.must_forget), "a reply is forgotten for nothing");
                self.is_asked = false;
            }
            Act::Say { utterance, text } => self.is_to_say(utterance, text, false),
            Act::Press { utterance, .. } => self.is_to_say(utterance, String::new(), true),
            Act::Hush => {
                assert!(std::mem::take(&mut self.event.must_hush), "what is said is cut off for nothing");
                let n_kept = usize::from(self.presses());
                self.cut.extend(self.utterances.iter().skip(n_kept).map(|one| one.number));
                self.event.closed.extend(self.utterances.drain(n_kept..));
            }
            Act::Play(sound) => {
                assert!(!sound.is_empty() && sound.len().is_multiple_of(FRAME_BYTES), "frames are whole");
                sound.chunks(FRAME_BYTES).for_each(|frame| self.is_played(frame));
            }
            Act::Mark(number) => self.is_marked(number),
            Act::Clear(number) => self.is_cleared(number),
            Act::Said(line, _) => match line.by {
                Speaker::Agent => self.event.agent.push_back(line.text),
                Speaker::Remote => self.event.remote.push(line.text),
            },
            Act::Leave(leave) => {
                assert_eq!(self.wish.take().as_ref(), Some(&leave), "it leaves as nobody wished");
                self.left = Some(leave);
            }
            Act::Refused { .. } => {
                assert!(std::mem::take(&mut self.event.must_refuse), "it is refused what it may have");
            }
            // It is never finished here.
            Act::HandOver => panic!("it is handed over to nobody"),
            Act::Warn(..) => {}
            Act::GiveUp(_) => {
                assert!(self.n_failures >= 3, "it gives up too soon");
                self.has_given_up = true;
            }
        }
    }

    fn is_to_say(&mut self, number: u64, text: String, is_keys: bool) {
        assert!(number > self.n_said, "a number is used again");
        self.n_said = number;
        if self.event.is_reply {
            self.said.extend(text.chars().filter(|letter| !letter.is_whitespace()));
        } else {
            assert_eq!(self.event.must_say.take(), Some(&*text), "it says something by itself");
        }
        self.utterances.push_back(Utterance {
            number,
            text,
            is_keys,
            sound: Vec::new(),
            is_made: false,
            is_broken: false,
            n_sent: 0,
            n_heard: 0,
            has_begun: false,
        });
    }

    /// Each frame is the next one of what is to be said.
    fn is_played(&mut self, frame: &[u8]) {
        assert!(!self.is_silenced || self.is_clear(), "it speaks over somebody");
        let at = self.utterances.iter().position(|one| one.n_sent < one.sound.len().div_ceil(FRAME_BYTES));
        let at = at.expect("something is to be said");
        let one = &mut self.utterances[at];
        let begin = one.n_sent * FRAME_BYTES;
        assert_eq!(one.sound.get(begin..begin + FRAME_BYTES), Some(frame), "another sound is next");
        (one.n_sent, one.has_begun) = (one.n_sent + 1, true);
        self.line.push_back(OnLine::Frame(one.number));
        self.played_by = self.played_by.max(self.now) + Duration::from_millis(20);
        let is_key = self.utterances[at].is_keys;
        let is_done = |one: &Utterance| one.is_made && (one.is_heard_whole() || !(is_key || one.is_keys));
        assert!(self.utterances.iter().take(at).all(is_done), "something comes before it");
        assert!(!is_key || self.utterances[at].is_made, "keys are pressed in part");
    }

    fn is_marked(&mut self, number: u64) {
        assert!(number > self.n_marks, "a mark is set again");
        self.n_marks = number;
        let Some(OnLine::Frame(whose)) = self.line.back() else {
            return self.is_marked_late(number);
        };
        let n_frames = self.utterances.iter().find(|one| one.number == *whose).map_or(0, |one| one.n_sent);
        self.marks.push_back((number, *whose, n_frames));
        self.line.push_back(OnLine::Mark(number));
    }

    /// The frames before it were played by now, when it turns out that they were the last.
    fn is_marked_late(&mut self, number: u64) {
        let one = self.utterances.iter().rfind(|one| one.n_sent > one.n_heard).expect("something was played");
        self.marks.push_back((number, one.number, one.n_sent));
        self.line.push_back(OnLine::Mark(number));
    }

    fn is_cleared(&mut self, number: u64) {
        assert!(number > self.n_marks, "a mark is set again");
        self.n_marks = number;
        let was_on_its_way = |one: &Utterance| one.n_sent > one.n_heard;
        let mut all = self.utterances.iter().chain(&self.event.closed);
        assert!(all.any(was_on_its_way), "there is nothing to clear");
        assert!(!self.presses(), "keys are pressed in part");
        let left = std::mem::take(&mut self.line);
        if self.terms.tells_cleared {
            let marks = left.into_iter().filter_map(|one| match one {
                OnLine::Mark(mark) => Some(mark),
                OnLine::Frame(_) => None,
            });
            self.echoes.extend(marks);
        }
        self.marks.clear();
        self.line.push_back(OnLine::Mark(number));
        (self.played_ms, self.played_by) = (0, Duration::ZERO);
        for one in &mut self.utterances {
            one.n_sent = one.n_heard;
        }
    }

    /// Judges an event when all that it led to is done.
    fn judges(&mut self, due_at: Option<Duration>) {
        (self.is_silenced, self.is_held) =
            (self.is_silenced && !self.is_clear(), self.is_held && !self.is_clear());
        let mut event = std::mem::take(&mut self.event);
        event.are_heard();
        assert!(!event.must_forget, "a reply comes that is stale");
        assert!(!event.must_hush, "what nobody wants to hear is said");
        assert_eq!(event.must_say, None, "it says nothing");
        assert!(!event.must_refuse, "a model isn't told what it can't have");
        assert_eq!(event.remote, event.understood, "what they said is written down once");
        let is_due = self.is_clear() && (self.utterances.is_empty() || event.goes_on && !self.is_protected());
        assert!(event.n_asks <= usize::from(self.is_owed), "a reply is asked for and none is due");
        self.is_owed &= event.n_asks == 0;
        assert!(!(self.is_owed && is_due) || self.is_asked, "no reply is asked for");
        self.line_is_in_order();
        let is_at_rest = self.is_clear() && !self.is_asked && self.utterances.is_empty();
        assert!(self.left.is_none() || is_at_rest, "it leaves before all is said, heard and understood");
        assert!(self.wish.is_none() || !is_at_rest, "it doesn't leave");
        self.rests_since = if is_at_rest { self.rests_since.or(Some(self.now)) } else { None };
        let after = Some(self.terms.silence_after).filter(|after| !after.is_zero());
        let silent_at = self.rests_since.zip(after).map(|(since, after)| since + after);
        let late_at = (!self.marks.is_empty()).then_some(self.played_by + Duration::from_secs(5));
        let expected = if is_at_rest { silent_at } else { late_at };
        assert_eq!(due_at, expected, "when it is silent for too long, or all was heard in any case");
    }

    /// On the line is only what is wanted, and it will be known when it was heard.
    fn line_is_in_order(&self) {
        let is_wanted = |number: u64| self.utterances.iter().any(|one| one.number == number);
        let mut n_unmarked = 0;
        for one in &self.line {
            match one {
                OnLine::Frame(number) => {
                    assert!(is_wanted(*number), "what was cut off is on the line");
                    n_unmarked += 1;
                    assert!(n_unmarked <= 10, "nobody will know how much of it was heard");
                }
                OnLine::Mark(_) => n_unmarked = 0,
            }
        }
        let speaks = self.line.iter().any(|one| matches!(one, OnLine::Frame(_)));
        assert!(!self.is_silenced || self.presses() || !speaks, "it speaks on");
        for one in self.utterances.iter().filter(|one| one.is_made && one.is_sent() && !one.is_heard_whole())
        {
            let is_marked = self.marks.iter().any(|(_, whose, n)| (*whose, *n) == (one.number, one.n_sent));
            assert!(is_marked || one.n_sent == one.n_heard, "nobody will know when it was heard");
        }
    }
}

impl Utterance {
    fn is_sent(&self) -> bool {
        self.n_sent * FRAME_BYTES == self.sound.len()
    }

    fn is_heard_whole(&self) -> bool {
        self.is_made && self.n_heard * FRAME_BYTES == self.sound.len()
    }

    /// The words that were heard of it: whole ones, by its sound's share. How long all of it would have been is
    /// a guess where it didn't come whole, of 70 ms a letter.
    fn heard_words(&self) -> String {
        let (n_letters, n_bytes) = (self.text.chars().count(), self.sound.len());
        let n_bytes = if self.is_made && !self.is_broken {
            if self.n_heard > 0 && self.is_heard_whole() {
                return self.text.clone();
            }
            n_bytes.max(1)
        } else {
            (n_letters * 560).max(n_bytes + 1)
        };
        let n_letters = n_letters * self.n_heard * FRAME_BYTES / n_bytes;
        let mut heard = String::new();
        for word in self.text.split_inclusive(char::is_whitespace) {
            let n_with = heard.chars().count() + word.chars().count();
            if n_with > n_letters || !word.ends_with(char::is_whitespace) {
                break;
            }
            heard += word;
        }
        heard.trim().to_owned()
    }
}

impl Seen {
    /// What is over is written down as far as it was heard, in order, and nothing else is.
    fn are_heard(&mut self) {
        for one in &self.closed {
            let words = one.heard_words();
            if !words.is_empty() {
                assert_eq!(self.agent.pop_front(), Some(words), "what was heard of {:?}", one.text);
            }
        }
        assert!(self.agent.is_empty(), "nobody heard {:?} of {:?}", self.agent, self.closed);
    }
}

const FRAME_BYTES: usize = 160;
const SILENCE: u8 = 0xFF;
