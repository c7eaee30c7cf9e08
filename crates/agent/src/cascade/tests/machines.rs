//! Answering machines that a carrier finds out.

use super::talk::{Talk, settings};
use crate::cascade::*;

const MESSAGE: &str = "Please call back.";

fn leaves() -> Settings {
    Settings { voicemail: Some(OnMachine::Leave(MESSAGE.to_owned())), ..settings() }
}

#[test]
fn nobody_talks_with_a_machine_that_greets() {
    let mut talk = Talk::speaking(leaves());
    talk.pass(400);
    talk.begins_to_speak();
    talk.done();
    talk.does(Cascade::machine);
    assert_eq!(talk.done(), ["hush", "Agent: Good"]);
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok("We are not at home.".to_owned()), now, acts));
    assert_eq!(talk.done(), ["Remote: We are not at home."], "and it isn't replied to");
    talk.does(Cascade::beeped);
    assert_eq!(talk.done(), ["Remote: (a beep)", "say 3: Please call back."]);
    talk.does(Cascade::recorded);
    talk.does(Cascade::machine);
    assert_eq!(talk.done(), [""; 0], "it is left once");
    talk.sounds(3, 1_000);
    talk.pass(1_000);
    assert_eq!(talk.done(), ["Agent: Please call back.", "leave: End"]);
}

/// Where neither the carrier nor a beep tells that it records, two seconds of silence do.
#[test]
fn a_machine_that_is_silent_has_greeted() {
    let mut talk = Talk::new(leaves());
    talk.does(Cascade::machine);
    talk.pass(1_500);
    talk.begins_to_speak();
    talk.pass(5_000);
    assert_eq!(talk.cascade.due_at(), None, "it speaks");
    talk.is_silent();
    talk.does(|cascade, now, acts| cascade.understood(Ok("Leave a message.".to_owned()), now, acts));
    talk.pass(1_400);
    talk.does(Cascade::time_is_up);
    assert_eq!(talk.done(), ["Remote: Leave a message."]);
    talk.pass(100);
    assert_eq!(talk.cascade.due_at(), Some(talk.now));
    talk.does(Cascade::time_is_up);
    assert_eq!(talk.done(), ["say 1: Please call back."]);
}

#[test]
fn a_message_is_left_as_soon_as_the_carrier_says_so() {
    let mut talk = Talk::speaking(leaves());
    talk.pass(400);
    talk.does(Cascade::recorded);
    assert_eq!(talk.done(), ["hush", "clear", "Agent: Good", "say 3: Please call back."]);
}

#[test]
fn without_a_wish_a_machine_is_talked_with_like_anybody() {
    let mut talk = Talk::new(settings());
    talk.does(Cascade::machine);
    talk.does(Cascade::recorded);
    talk.hear("We are not at home.");
    assert_eq!(talk.done(), ["Remote: We are not at home.", "ask"]);
}
