#![allow(clippy::unwrap_used)]

mod machines;
mod talk;
mod troubles;

use super::*;
use crate::chat::Piece;
use call::call::{Vendors, Work};
use talk::{Talk, settings};

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
fn whose_work_words_are_stands_with_them() {
    let took = |name: &str, ms: u64| Some(Work { by: name.to_owned(), ms: Some(ms) });
    let mut talk = Talk::new(settings());
    talk.begins_to_speak();
    talk.pass(1_000);
    talk.is_silent();
    talk.is_at_work(100, |cascade, now, _| cascade.understood_by("gone".to_owned(), now));
    talk.is_at_work(70, |cascade, now, _| cascade.understood_by("ear".to_owned(), now));
    talk.does(|cascade, now, acts| cascade.understood(Ok("Hello.".to_owned()), now, acts));
    assert_eq!(talk.vendors, Vendors { recognizer: took("ear", 70), ..Vendors::default() });
    talk.is_at_work(900, |cascade, now, acts| cascade.piece(Piece::By("mute".to_owned()), now, acts));
    talk.is_at_work(300, |cascade, now, acts| cascade.piece(Piece::By("wise-1".to_owned()), now, acts));
    talk.writes("This is the hotel.");
    talk.is_written();
    talk.is_at_work(500, |cascade, now, _| cascade.spoken_by(1, "refuses".to_owned(), now));
    talk.is_at_work(200, |cascade, now, _| cascade.spoken_by(1, "mouth".to_owned(), now));
    talk.sounds(1, 1_000);
    talk.pass(1_000);
    assert_eq!(
        talk.vendors,
        Vendors { model: took("wise-1", 300), synthesizer: took("mouth", 200), ..Vendors::default() },
        "and not the time of those who failed before"
    );
    talk.pass(30_000);
    talk.does(Cascade::time_is_up);
    talk.sounds(2, 500);
    talk.pass(500);
    assert_eq!(talk.done().last().map(String::as_str), Some("Agent: Are you there?"));
    assert_eq!(talk.vendors, Vendors::default(), "no model wrote this, and nobody said who spoke it");
}

#[test]
fn who_talks_over_it_makes_it_stop_and_is_replied_to() {
    let mut talk = Talk::speaking(settings());
    talk.pass(1_000);
    talk.begins_to_speak();
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
    talk.begins_to_speak();
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
    talk.begins_to_speak();
    talk.is_silent();
    talk.begins_to_speak();
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
    let mut talk = Talk::leaving(Settings { barge_in: false, ..settings() }, 2_000);
    talk.pass(100);
    talk.hear("One thing more!");
    talk.done();
    talk.pass(2_000);
    assert_eq!(talk.done(), ["Agent: Goodbye.", "ask"]);
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
    let mut talk = Talk::leaving(settings(), 1_000);
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
    talk.begins_to_speak();
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
fn how_long_somebody_talked_over_it_is_known() {
    let over = |talk: &mut Talk| std::mem::take(&mut talk.talked_over);
    let ms = Duration::from_millis;

    let mut talk = Talk::speaking(settings());
    talk.pass(1_000);
    talk.begins_to_speak();
    talk.pass(60);
    talk.pass(840);
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok("Wait.".to_owned()), now, acts));
    assert_eq!(
        over(&mut talk),
        [ms(160)],
        "100 ms until it was noticed, 60 until the line says that it is silent"
    );

    talk.hear("Nothing was being said then.");
    assert!(over(&mut talk).is_empty());

    let mut talk = Talk::speaking(settings());
    talk.pass(1_000);
    talk.begins_to_speak();
    talk.marks.clear();
    talk.pass(900);
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok("Wait.".to_owned()), now, acts));
    assert_eq!(over(&mut talk), [ms(100)], "where no line says so, until it was told to be silent");

    let mut talk = Talk::speaking(Settings { barge_in: false, ..settings() });
    talk.pass(200);
    talk.hear("I know.");
    assert_eq!(
        over(&mut talk),
        [ms(600)],
        "what is protected goes on; they were silent half a second before they were done"
    );
    talk.pass(2_800);
    talk.begins_to_speak();
    talk.pass(200);
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok("Hm.".to_owned()), now, acts));
    assert!(over(&mut talk).is_empty(), "it had just been said");

    let mut talk = Talk::speaking(settings());
    talk.pass(1_000);
    talk.hear("");
    talk.pass(3_000);
    talk.hear("Hello?");
    assert!(over(&mut talk).is_empty(), "a cough is no talk");
}
