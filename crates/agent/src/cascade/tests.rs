#![allow(clippy::unwrap_used)]
use super::*;
use crate::chat::Piece;
use crate::model::tests::{model, with_weather};

/// A conversation, and all that was to be done in it.
struct Talk {
    cascade: Cascade,
    now: Duration,
    /// What was to be done since it was asked for last, in words.
    done: Vec<String>,
    /// How many bytes were played since the line was cleared last, and the marks behind them.
    n_played: usize,
    marks: Vec<(u64, usize)>,
}

fn settings() -> Settings {
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
    fn new(settings: Settings) -> Talk {
        let cascade = Cascade::new(settings, false);
        let mut talk =
            Talk { cascade, now: Duration::ZERO, done: Vec::new(), n_played: 0, marks: Vec::new() };
        talk.does(Cascade::open);
        talk
    }

    fn does(&mut self, what: impl FnOnce(&mut Cascade, Duration, Acts<'_>)) {
        let Talk { cascade, now, done, n_played, marks } = self;
        what(cascade, *now, &mut |act| match act {
            Act::Play(sound) => {
                assert!(!sound.is_empty() && sound.len() % 160 == 0, "frames are whole");
                *n_played += sound.len();
            }
            Act::Mark(number) => marks.push((number, *n_played)),
            Act::Clear => {
                done.push("clear".to_owned());
                *n_played = 0;
                marks.clear();
            }
            Act::Ask => done.push("ask".to_owned()),
            Act::Forget => done.push("forget".to_owned()),
            Act::Hush => done.push("hush".to_owned()),
            Act::Say { utterance, text } => done.push(format!("say {utterance}: {text}")),
            Act::Press { utterance, keys } => done.push(format!("press {utterance}: {keys}")),
            Act::Said(line, _) => done.push(format!("{:?}: {}", line.by, line.text)),
            Act::Leave(leave) => done.push(format!("leave: {leave:?}")),
            Act::HandOver => done.push("hand over".to_owned()),
            Act::Refused { tool, why, .. } => done.push(format!("refused: {tool}: {why}")),
            Act::Warn(what, _) => done.push(format!("warn: {what}")),
            Act::GiveUp(what) => done.push(format!("give up: {what}")),
        });
    }

    /// Time passes, in which so much is heard of what was played.
    fn pass(&mut self, ms: u64) {
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
    fn hear(&mut self, words: &str) {
        self.does(Cascade::speech_began);
        self.pass(1_000);
        self.is_silent();
        self.does(|cascade, now, acts| cascade.understood(Ok(words.to_owned()), now, acts));
    }

    fn is_silent(&mut self) {
        self.does(|cascade, now, acts| {
            cascade.speech_over(now.saturating_sub(Duration::from_millis(500)), now, acts);
        });
    }

    fn writes(&mut self, words: &str) {
        self.does(|cascade, now, acts| cascade.piece(Piece::Words(words.to_owned()), now, acts));
    }

    fn is_written(&mut self) {
        self.does(|cascade, now, acts| cascade.piece(Piece::Done, now, acts));
    }

    fn wishes(&mut self, tool: &str, arguments: &str) {
        let (name, arguments) = (tool.to_owned(), arguments.to_owned());
        self.does(|cascade, now, acts| cascade.piece(Piece::Tool { name, arguments }, now, acts));
    }

    /// An utterance gets its sound, of so many milliseconds, in odd pieces.
    fn sounds(&mut self, utterance: u64, ms: usize) {
        for piece in vec![7; ms * 8].chunks(333) {
            self.does(|cascade, now, acts| cascade.sound(utterance, piece, now, acts));
        }
        self.does(|cascade, now, acts| cascade.sound_over(utterance, Ok(()), now, acts));
    }

    /// Keys get theirs.
    fn presses(&mut self, utterance: u64, ms: usize) {
        let sound = vec![7; ms * 8];
        self.does(|cascade, now, acts| cascade.sound_of_keys(utterance, &sound, now, acts));
    }

    /// What was to be done since this was asked last.
    fn done(&mut self) -> Vec<String> {
        std::mem::take(&mut self.done)
    }

    /// A turn of theirs, and a reply that is being said, of two sentences and two seconds each.
    fn speaking(settings: Settings) -> Talk {
        let mut talk = Talk::new(settings);
        talk.hear("Hello?");
        talk.writes("Good morning, this is the hotel, and I am glad. What can I do for you?");
        talk.is_written();
        talk.sounds(1, 2_000);
        talk.sounds(2, 2_000);
        talk.done();
        talk
    }
}

#[test]
fn what_is_said_is_replied_to_sentence_by_sentence() {
    let mut talk = Talk::new(settings());
    assert_eq!(talk.done(), [""; 0], "it doesn't begin by itself");
    talk.hear("Hello, who is there?");
    assert_eq!(talk.done(), ["Remote: Hello, who is there?", "ask"]);
    talk.writes("This is ");
    talk.writes("the hotel. What ");
    assert_eq!(talk.done(), ["say 1: This is the hotel."], "while the rest is written");
    talk.writes("can I do?");
    talk.is_written();
    assert_eq!(talk.done(), ["say 2: What can I do?"]);
    talk.sounds(1, 1_000);
    talk.sounds(2, 1_000);
    talk.pass(1_000);
    assert_eq!(talk.done(), ["Agent: This is the hotel."]);
    talk.pass(1_000);
    assert_eq!(talk.done(), ["Agent: What can I do?"]);
}

#[test]
fn who_talks_over_it_makes_it_stop_and_is_replied_to() {
    let mut talk = Talk::speaking(settings());
    talk.pass(1_000);
    talk.does(Cascade::speech_began);
    assert_eq!(talk.done(), ["clear"], "at once");
    talk.pass(700);
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok("Wait.".to_owned()), now, acts));
    assert_eq!(
        talk.done(),
        ["hush", "Agent: Good morning, this is", "Remote: Wait.", "ask"],
        "of what it said, as much as they heard"
    );
}

#[test]
fn who_only_coughs_or_listens_hears_the_rest() {
    for words in ["", "Mhm."] {
        let mut talk = Talk::speaking(settings());
        talk.pass(1_000);
        talk.hear(words);
        talk.pass(1_000);
        talk.pass(2_000);
        let noted = if words.is_empty() { None } else { Some(format!("Remote: {words}")) };
        let heard =
            ["Agent: Good morning, this is the hotel, and I am glad.", "Agent: What can I do for you?"];
        let done: Vec<String> =
            ["clear".to_owned()].into_iter().chain(noted).chain(heard.map(str::to_owned)).collect();
        assert_eq!(talk.done(), done, "from where it stopped, and no reply is asked for");
    }
}

#[test]
fn who_speaks_again_before_the_reply_is_heard_gets_one_to_all() {
    let mut talk = Talk::new(settings());
    talk.hear("I would like");
    talk.writes("What would you like, then? ");
    talk.done();
    talk.does(Cascade::speech_began);
    talk.sounds(1, 500);
    assert_eq!(talk.n_played, 0, "nothing is said over them");
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok("a table for two.".to_owned()), now, acts));
    assert_eq!(talk.done(), ["forget", "hush", "Remote: a table for two.", "ask"]);
    talk.sounds(1, 500);
    assert_eq!(talk.n_played, 0, "nobody hears the reply that is stale");
}

#[test]
fn all_that_was_said_is_understood_before_it_is_replied_to() {
    let mut talk = Talk::new(settings());
    talk.does(Cascade::speech_began);
    talk.is_silent();
    talk.does(Cascade::speech_began);
    talk.does(|cascade, now, acts| cascade.understood(Ok("One.".to_owned()), now, acts));
    talk.is_silent();
    assert_eq!(talk.done(), ["Remote: One."]);
    talk.does(|cascade, now, acts| cascade.understood(Ok(String::new()), now, acts));
    assert_eq!(talk.done(), ["ask"]);
}

#[test]
fn a_protected_sentence_is_said_to_its_end_and_the_words_are_replied_to() {
    let mut talk = Talk::speaking(Settings { barge_in: false, ..settings() });
    talk.hear("I know.");
    assert_eq!(talk.done(), ["Remote: I know."], "the rest is said first");
    talk.pass(1_000);
    talk.pass(2_000);
    assert_eq!(
        talk.done(),
        ["Agent: Good morning, this is the hotel, and I am glad.", "Agent: What can I do for you?", "ask"]
    );
}

#[test]
fn who_objects_to_a_protected_goodbye_is_replied_to_and_not_left() {
    let mut talk = Talk::new(Settings { barge_in: false, ..settings() });
    talk.hear("That is all.");
    talk.writes("Goodbye to you.");
    talk.wishes("end_call", "{}");
    talk.is_written();
    talk.sounds(1, 2_000);
    talk.pass(100);
    talk.hear("One thing more!");
    talk.done();
    talk.pass(2_000);
    assert_eq!(talk.done(), ["Agent: Goodbye to you.", "ask"]);
}

#[test]
fn it_leaves_when_its_last_words_were_heard() {
    let mut talk = Talk::speaking(settings());
    talk.hear("Goodbye then.");
    talk.writes("Goodbye. ");
    talk.wishes("end_call", "{}");
    talk.is_written();
    talk.done();
    talk.sounds(3, 500);
    assert_eq!(talk.done(), [""; 0]);
    talk.pass(500);
    assert_eq!(talk.done(), ["Agent: Goodbye.", "leave: End"]);
}

#[test]
fn who_objects_to_a_goodbye_is_not_left() {
    let mut talk = Talk::new(settings());
    talk.hear("That is all.");
    talk.writes("Goodbye.");
    talk.wishes("end_call", "{}");
    talk.is_written();
    talk.sounds(1, 1_000);
    talk.pass(400);
    talk.hear("One thing more!");
    talk.writes("Yes?");
    talk.is_written();
    talk.sounds(2, 400);
    talk.pass(400);
    assert!(!talk.done().iter().any(|done| done.starts_with("leave")));
}

#[test]
fn keys_and_transfers_come_in_their_order() {
    let mut talk = Talk::new(settings());
    talk.hear("Put me through.");
    talk.writes("I press one. ");
    talk.wishes("press_keys", r#"{"digits":"1"}"#);
    talk.writes("And now you are put through.");
    talk.wishes("transfer_call", r#"{"to":"desk"}"#);
    talk.is_written();
    assert_eq!(
        talk.done()[2..],
        ["say 1: I press one.", "press 2: 1", "say 3: And now you are put through."]
    );
    talk.presses(2, 200);
    assert_eq!(talk.n_played, 0, "keys wait for the words before them");
    talk.sounds(1, 400);
    talk.sounds(3, 400);
    assert_eq!(talk.n_played, 400 * 8, "until these were heard");
    talk.pass(400);
    assert_eq!(talk.n_played, 200 * 8, "and all behind waits for keys");
    talk.pass(200);
    talk.pass(400);
    let done = talk.done();
    assert_eq!(done.len(), 3, "{done:?}");
    assert!(done[2].starts_with("leave: Transfer"), "{done:?}");
    talk.does(Cascade::refuse);
    assert_eq!(talk.done(), ["ask"]);
}

#[test]
fn keys_are_pressed_once_and_whole_whoever_speaks() {
    let mut talk = Talk::new(settings());
    talk.hear("Press one.");
    talk.wishes("press_keys", r#"{"digits":"12"}"#);
    talk.writes("Done, and what now?");
    talk.is_written();
    talk.presses(1, 600);
    talk.sounds(2, 600);
    talk.done();
    talk.pass(300);
    talk.does(Cascade::speech_began);
    assert_eq!(talk.done(), [""; 0], "nothing is dropped");
    talk.pass(300);
    assert_eq!(talk.n_played, 0, "and nothing is said over them");
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok(String::new()), now, acts));
    assert_eq!(talk.n_played, 600 * 8, "what was behind the keys, once");
}

#[test]
fn keys_that_are_pressed_are_their_turn() {
    let mut talk = Talk::speaking(settings());
    talk.pass(400);
    for key in ['4', '2'] {
        talk.does(|cascade, now, acts| cascade.key(key, now, acts));
    }
    assert_eq!(talk.cascade.due_at(), None, "others may come");
    talk.does(Cascade::keys_over);
    assert_eq!(talk.done(), ["clear", "hush", "Agent: Good", "Remote: 42", "ask"]);
}

#[test]
fn what_fails_is_made_up_for_and_given_up_in_the_end() {
    let fail = |cascade: &mut Cascade, now, acts: Acts<'_>| {
        cascade.understood(Err("HTTP 500".to_owned()), now, acts)
    };
    let mut talk = Talk::new(settings());
    talk.is_silent();
    talk.does(fail);
    assert_eq!(talk.done(), ["warn: somebody was not understood", "say 1: Sorry?"]);
    talk.is_silent();
    talk.does(fail);
    talk.hear("");
    talk.is_silent();
    talk.does(fail);
    assert!(!talk.done().iter().any(|done| done.starts_with("give up")), "not one after another");
    talk.is_silent();
    talk.does(fail);
    talk.is_silent();
    talk.does(fail);
    assert_eq!(talk.done().last().unwrap(), "give up: recognizer");

    let mut talk = Talk::new(settings());
    talk.hear("A real question?");
    talk.is_silent();
    talk.does(fail);
    assert!(!talk.done().contains(&"forget".to_owned()), "what was understood is replied to");

    let mut talk = Talk::new(settings());
    for n in 1..=3 {
        talk.hear("Hello?");
        talk.does(|cascade, now, acts| cascade.piece(Piece::Failed("HTTP 500".to_owned()), now, acts));
        let last = if n < 3 { format!("say {n}: Sorry?") } else { "give up: model".to_owned() };
        assert_eq!(talk.done().last().unwrap(), &last);
    }

    let mut talk = Talk::new(settings());
    talk.hear("Hello?");
    talk.writes("One sentence is said here. Two sentences are said here, and it is one of a few. Three, and that is all.");
    talk.is_written();
    for utterance in 1..=3 {
        talk.does(|cascade, now, acts| {
            cascade.sound_over(utterance, Err("HTTP 500".to_owned()), now, acts);
        });
    }
    let done = talk.done();
    assert_eq!(done.last().unwrap(), "give up: synthesizer", "{done:?}");
    assert!(!done.iter().any(|done| done.starts_with("Agent")), "nobody heard a word: {done:?}");
}

#[test]
fn of_a_sentence_whose_sound_breaks_off_no_more_was_heard_than_came() {
    let mut talk = Talk::new(settings());
    talk.hear("Hello?");
    talk.writes("This is a long sentence, of which the end will never be said by anybody at all.");
    talk.is_written();
    talk.done();
    for piece in vec![7; 8_000].chunks(333) {
        talk.does(|cascade, now, acts| cascade.sound(1, piece, now, acts));
    }
    talk.does(|cascade, now, acts| cascade.sound_over(1, Err("broke".to_owned()), now, acts));
    talk.pass(1_000);
    assert_eq!(talk.done(), ["warn: a sentence could not be said", "Agent: This is a"]);
}

#[test]
fn a_wish_in_vain_is_told_to_the_model_and_an_empty_reply_is_none() {
    let mut talk = Talk::new(settings());
    talk.hear("The kitchen, please.");
    talk.done();
    talk.wishes("transfer_call", r#"{"to":"kitchen"}"#);
    talk.is_written();
    let done = talk.done();
    assert!(done[0].starts_with("refused: transfer_call: ") && done[1..] == ["ask"], "{done:?}");
    talk.is_written();
    assert_eq!(talk.done(), ["warn: a model did not reply", "say 1: Sorry?"]);
}

#[test]
fn a_sound_that_goes_on_without_words_is_noise_and_a_speech_without_end_is_replied_to() {
    let part = |talk: &mut Talk, words: &str| {
        talk.pass(30_000);
        talk.does(Cascade::speech_goes_on);
        talk.does(|cascade, now, acts| cascade.understood(Ok(words.to_owned()), now, acts));
    };
    let mut talk = Talk::speaking(settings());
    talk.does(Cascade::speech_began);
    assert_eq!(talk.n_played, 0);
    part(&mut talk, "(music)");
    assert!(talk.n_played > 0, "it goes on in spite of it");

    let mut talk = Talk::new(settings());
    talk.does(Cascade::speech_began);
    part(&mut talk, "Here is the news.");
    assert_eq!(talk.done(), ["Remote: Here is the news."]);
    part(&mut talk, "And now the weather.");
    assert_eq!(talk.done(), ["Remote: And now the weather.", "ask"]);
}

#[test]
fn a_carrier_that_forgets_a_mark_keeps_nobody_on_the_line() {
    let mut talk = Talk::new(settings());
    talk.hear("That is all.");
    talk.writes("Goodbye.");
    talk.wishes("end_call", "{}");
    talk.is_written();
    talk.sounds(1, 1_000);
    talk.done();
    let due_at = talk.cascade.due_at().unwrap();
    assert_eq!(due_at, talk.now + Duration::from_secs(6));
    talk.now = due_at;
    talk.does(Cascade::time_is_up);
    assert_eq!(talk.done(), ["Agent: Goodbye.", "leave: End"]);
}

#[test]
fn it_is_handed_over_between_two_sentences_and_when_they_are_understood() {
    let mut talk = Talk::speaking(settings());
    talk.pass(1_000);
    talk.does(Cascade::finish);
    assert_eq!(talk.done(), [""; 0], "in the middle of a sentence");
    talk.pass(1_000);
    assert_eq!(talk.done(), ["Agent: Good morning, this is the hotel, and I am glad.", "hand over"]);

    let mut talk = Talk::new(settings());
    talk.does(Cascade::speech_began);
    talk.does(Cascade::finish);
    talk.is_silent();
    assert_eq!(talk.done(), [""; 0]);
    talk.does(|cascade, now, acts| cascade.understood(Ok("Hello?".to_owned()), now, acts));
    let done = talk.done();
    assert_eq!((&done[0], done.last().unwrap()), (&"Remote: Hello?".to_owned(), &"hand over".to_owned()));
}

#[test]
fn at_a_beep_a_message_is_left_whatever_was_being_said() {
    let message = Voicemail::Leave("Please call back.".to_owned());
    let mut talk = Talk::new(Settings { voicemail: Some(message), ..settings() });
    talk.hear("Please leave a message after the tone.");
    talk.writes("Good morning, is this Ada, or who?");
    talk.is_written();
    talk.sounds(1, 2_000);
    talk.pass(600);
    talk.done();
    talk.does(Cascade::speech_began);
    talk.does(Cascade::beeped);
    assert_eq!(talk.done(), ["clear", "hush", "Agent: Good", "Remote: (a beep)", "say 2: Please call back."]);
    talk.sounds(2, 1_000);
    assert_eq!(talk.n_played, 8_000);
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok("To listen, press one.".to_owned()), now, acts));
    talk.does(Cascade::beeped);
    assert_eq!(talk.done(), ["Remote: To listen, press one."], "a machine is not replied to");
    talk.pass(1_000);
    assert_eq!(talk.done(), ["Agent: Please call back.", "leave: End"]);

    let mut talk = Talk::new(Settings { voicemail: Some(Voicemail::HangUp), ..settings() });
    talk.does(Cascade::speech_began);
    talk.is_silent();
    talk.does(Cascade::beeped);
    assert_eq!(talk.done(), ["Remote: (a beep)", "leave: End"]);

    let hangs_up = Settings { voicemail: Some(Voicemail::HangUp), barge_in: false, ..settings() };
    let mut talk = Talk::speaking(hangs_up);
    talk.pass(400);
    talk.does(Cascade::beeped);
    assert_eq!(talk.done(), ["hush", "clear", "Agent: Good", "Remote: (a beep)", "leave: End"]);

    let mut talk = Talk::speaking(settings());
    talk.does(Cascade::beeped);
    assert_eq!(talk.done(), [""; 0], "nobody asked for that");
}

#[test]
fn the_last_words_are_written_down_though_nobody_is_there_any_more() {
    let mut talk = Talk::speaking(settings());
    talk.pass(1_000);
    talk.does(Cascade::speech_began);
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.key('7', now, acts));
    talk.done();
    assert!(talk.cascade.awaits_words());
    talk.does(|cascade, _, acts| {
        cascade.last_words("Never call me again.", acts);
        cascade.end(acts);
    });
    assert_eq!(talk.done(), ["Remote: Never call me again.", "Agent: Good morning, this is", "Remote: 7"]);
    assert!(!talk.cascade.awaits_words());
}

#[test]
fn a_silence_is_spoken_to_and_then_ends_the_call() {
    let mut talk = Talk::new(settings());
    for n in 1..=2 {
        talk.pass(20_000);
        talk.does(Cascade::time_is_up);
        assert_eq!(talk.done().last().unwrap(), &format!("say {n}: Are you there?"));
        assert_eq!(talk.cascade.due_at(), None, "not while it is said");
        talk.sounds(n, 600);
        talk.pass(600);
    }
    talk.pass(19_000);
    talk.does(Cascade::time_is_up);
    assert_eq!(talk.done(), ["Agent: Are you there?"]);
    talk.pass(1_000);
    talk.does(Cascade::time_is_up);
    assert_eq!(talk.done(), ["leave: End"]);
    let never = Silence { after: Duration::ZERO, text: String::new(), n_max: 2 };
    let talk = Talk::new(Settings { silence: never, model: model(), ..settings() });
    assert_eq!(talk.cascade.due_at(), None);
}

#[test]
fn what_a_reply_was_waited_for_is_known() {
    let mut talk = Talk::new(settings());
    talk.does(Cascade::speech_began);
    talk.pass(1_000);
    talk.is_silent();
    talk.pass(300);
    talk.does(|cascade, now, acts| cascade.understood(Ok("Hello?".to_owned()), now, acts));
    talk.pass(200);
    talk.writes("Good morning to you.");
    talk.is_written();
    talk.pass(100);
    let mut waits = None;
    for piece in vec![7; 1_600].chunks(160) {
        talk.does(|cascade, now, acts| cascade.sound(1, piece, now, acts));
    }
    talk.does(|cascade, now, acts| cascade.sound_over(1, Ok(()), now, acts));
    talk.now += Duration::from_millis(260);
    let (now, mark) = (talk.now, talk.marks[0].0);
    talk.cascade.played(mark, now, &mut |act| {
        if let Act::Said(_, found) = act {
            waits = found;
        }
    });
    let expected =
        Waits { turn_ms: 500, recognizer_ms: 300, model_ms: 200, synthesizer_ms: 100, playout_ms: 60 };
    assert_eq!(waits, Some(expected));
    assert_eq!(expected.whole_ms(), 1_160);
}
