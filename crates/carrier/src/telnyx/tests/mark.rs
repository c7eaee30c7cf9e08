//! What `client_state` says.

use super::*;
use crate::telnyx::mark::{ClientState, Doing, read_mark};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use call::call::CommandId;
use proptest::prelude::*;

fn ours(doing: Option<(u32, Doing)>) -> ClientState {
    ClientState::Ours { call: signed(), doing: doing.map(|(id, doing)| (CommandId(id), doing)) }
}

fn text(state: &ClientState) -> String {
    String::from_utf8(STANDARD.decode(state.write()).unwrap()).unwrap()
}

#[test]
fn a_text_names_the_call_the_command_and_what_it_does() {
    let rows = [
        (None, CALL.to_owned()),
        (Some((0, Doing::Say)), format!("{CALL}:0:say")),
        (Some((1, Doing::Keys)), format!("{CALL}:1:keys")),
        (Some((2, Doing::Speech)), format!("{CALL}:2:speech")),
        (Some((2, Doing::Hush)), format!("{CALL}:2:hush")),
        (Some((3, Doing::Digits)), format!("{CALL}:3:digits")),
        (Some((4_294_967_295, Doing::Transfer)), format!("{CALL}:4294967295:transfer")),
    ];
    for (doing, expected) in rows {
        assert_eq!(text(&ours(doing)), expected);
        assert_eq!(ClientState::read(&ours(doing).write()), Some(ours(doing)));
        // The listing and the call tell it too: the mark is readable from each of them.
        assert_eq!(read_mark(&ours(doing).write(), None), Mark::Unsigned(mark()), "{expected}");
    }
    assert_eq!(telnyx().mark(mark()), ours(None).write());
}

/// Were it read as the call's mark, a search would take the second leg for the call.
#[test]
fn a_second_leg_bears_no_mark() {
    let second = ClientState::Second { call: signed(), id: CommandId(4), first: leg() };
    assert_eq!(text(&second), format!("second:{CALL}:4:{LEG}"));
    assert_eq!(read_mark(&second.write(), None), Mark::Beside);
}

/// Texts of old say nothing of an installation; of another one, nothing is ours.
#[test]
fn a_signed_text_is_one_installation_s_own() {
    let us: Installation = "blue".parse().unwrap();
    let by = |by: &str| SignedCall { call: mark(), by: Some(by.to_owned()) };
    let doing = Some((CommandId(3), Doing::Say));
    let state = ClientState::Ours { call: by("blue"), doing };
    assert_eq!(text(&state), format!("{CALL}@blue:3:say"));
    assert_eq!(ClientState::read(&state.write()), Some(state));
    let second = |name: &str| ClientState::Second { call: by(name), id: CommandId(4), first: leg() };
    assert_eq!(text(&second("blue")), format!("second:{CALL}@blue:4:{LEG}"));
    let rows = [
        (ClientState::Ours { call: by("blue"), doing }, Mark::Ours(mark())),
        (ClientState::Ours { call: by("green"), doing }, Mark::Others),
        (ours(doing.map(|(id, doing)| (id.0, doing))), Mark::Unsigned(mark())),
        (second("blue"), Mark::Beside),
        (second("green"), Mark::Others),
    ];
    for (state, expected) in rows {
        assert_eq!(read_mark(&state.write(), Some(&us)), expected, "{state:?}");
    }
    assert_eq!(read_mark(&STANDARD.encode("have a nice day =]"), Some(&us)), Mark::Foreign);
    let blue = Telnyx::new(TelnyxConfig { installation: Some(us), ..config() });
    assert_eq!(STANDARD.decode(blue.mark(mark())).unwrap(), format!("{CALL}@blue").as_bytes());
}

#[test]
fn what_is_not_understood_of_a_command_leaves_the_call_named() {
    for command in ["", "3", "3:", "3:sing", "3:say:again", "-1:say", "4294967296:say", ":say"] {
        let state = STANDARD.encode(format!("{CALL}:{command}"));
        assert_eq!(ClientState::read(&state), Some(ours(None)), "{command}");
    }
}

#[test]
fn what_names_no_call_says_nothing() {
    let second = |rest: &str| format!("second:{rest}");
    let texts = [
        String::new(),
        "have a nice day =]".to_owned(),
        format!(" {CALL}"),
        format!("{CALL}x"),
        second(CALL),
        second(&format!("{CALL}:4")),
        second(&format!("{CALL}:4:")),
        second(&format!("{CALL}:four:{LEG}")),
        second(&format!("{CALL}:4:a b")),
        second(&format!("4:{LEG}:{CALL}")),
    ];
    for text in texts {
        assert_eq!(ClientState::read(&STANDARD.encode(&text)), None, "{text}");
    }
    for state in ["", "////", "Y18=", CALL] {
        assert_eq!(ClientState::read(state), None, "{state}");
    }
}

proptest! {
    /// Whatever a leg is called.
    #[test]
    fn a_second_leg_s_text_reads_back_as_itself(first in "[!-~]{1,256}", id: u32, bits: u128) {
        let first = CarrierCallId::new(first).unwrap();
        let second = ClientState::Second { call: SignedCall::new(CallId::from_bits(bits), None), id: CommandId(id), first };
        prop_assert_eq!(ClientState::read(&second.write()), Some(second.clone()));
        prop_assert_eq!(read_mark(&second.write(), None), Mark::Beside);
    }

    #[test]
    fn no_text_makes_it_stumble(state: String, bytes: Vec<u8>) {
        let _ = ClientState::read(&state);
        let _ = ClientState::read(&STANDARD.encode(bytes));
    }
}
