//! What fails, is lost or is missed, and what becomes of the conversation.

use super::super::*;
use super::talk::{Talk, settings};
use crate::chat::Piece;
use crate::model::tests::model;
use call::call::Waits;

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
    assert_eq!(talk.done().last().unwrap(), "give up: Recognizer");

    let mut talk = Talk::new(settings());
    talk.hear("A real question?");
    talk.is_silent();
    talk.does(fail);
    assert!(!talk.done().contains(&"forget".to_owned()), "what was understood is replied to");

    let mut talk = Talk::new(settings());
    for n in 1..=3 {
        talk.hear("Hello?");
        talk.does(|cascade, now, acts| cascade.piece(Piece::Failed("HTTP 500".to_owned()), now, acts));
        let last = if n < 3 { format!("say {n}: Sorry?") } else { "give up: Model".to_owned() };
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
    assert_eq!(done.last().unwrap(), "give up: Synthesizer", "{done:?}");
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
    talk.begins_to_speak();
    assert_eq!(talk.n_played, 0);
    part(&mut talk, "(music)");
    assert!(talk.n_played > 0, "it goes on in spite of it");

    let mut talk = Talk::new(settings());
    talk.begins_to_speak();
    part(&mut talk, "Here is the news.");
    assert_eq!(talk.done(), ["Remote: Here is the news."]);
    part(&mut talk, "And now the weather.");
    assert_eq!(talk.done(), ["Remote: And now the weather.", "ask"]);
}

#[test]
fn a_carrier_that_forgets_a_mark_keeps_nobody_on_the_line() {
    let mut talk = Talk::leaving(settings(), 1_000);
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
    talk.begins_to_speak();
    talk.does(Cascade::finish);
    talk.is_silent();
    assert_eq!(talk.done(), [""; 0]);
    talk.does(|cascade, now, acts| cascade.understood(Ok("Hello?".to_owned()), now, acts));
    let done = talk.done();
    assert_eq!((&done[0], done.last().unwrap()), (&"Remote: Hello?".to_owned(), &"hand over".to_owned()));
}

#[test]
fn at_a_beep_a_message_is_left_whatever_was_being_said() {
    let message = OnMachine::Leave("Please call back.".to_owned());
    let mut talk = Talk::new(Settings { voicemail: Some(message), ..settings() });
    talk.hear("Please leave a message after the tone.");
    talk.writes("Good morning, is this Ada, or who?");
    talk.is_written();
    talk.sounds(1, 2_000);
    talk.pass(600);
    talk.done();
    talk.begins_to_speak();
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

    let mut talk = Talk::new(Settings { voicemail: Some(OnMachine::HangUp), ..settings() });
    talk.begins_to_speak();
    talk.is_silent();
    talk.does(Cascade::beeped);
    assert_eq!(talk.done(), ["Remote: (a beep)", "leave: End"]);

    let hangs_up = Settings { voicemail: Some(OnMachine::HangUp), barge_in: false, ..settings() };
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
    talk.begins_to_speak();
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
    talk.begins_to_speak();
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
        if let Act::Said(_, timing) = act {
            waits = timing.waits;
        }
    });
    let expected =
        Waits { turn_ms: 500, recognizer_ms: 300, model_ms: 200, synthesizer_ms: 100, playout_ms: 60 };
    assert_eq!(waits, Some(expected));
    assert_eq!(expected.whole_ms(), 1_160);
}
