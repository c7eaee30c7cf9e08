//! Reads what an agent does where an answering machine picks up.

use call::call::OnMachine;

use super::section::Section;
use super::values;

/// What an agent does where a machine picks up; without it, the talk goes on.
pub(super) fn voicemail(section: &mut Section<'_, '_>) -> Option<OnMachine> {
    let at_machine =
        section.optional("voicemail", |node| values::word(node, &AT_MACHINE)).unwrap_or(AtMachine::GoOn);
    let message = section.optional("voicemail_message", values::spoken);
    match (at_machine, message) {
        (AtMachine::Leave, Some(message)) => Some(OnMachine::Leave(message)),
        (AtMachine::Leave, None) => {
            let name = section.full_name("voicemail_message");
            section.wrong(format!("`{name}` is missing; it is what `voicemail` leaves"));
            None
        }
        (_, Some(_)) => {
            let name = section.full_name("voicemail_message");
            section.wrong(format!("`{name}` is never left; add voicemail = \"leave\", or leave it out"));
            None
        }
        (AtMachine::HangUp, None) => Some(OnMachine::HangUp),
        (AtMachine::GoOn, None) => None,
    }
}

/// What is done where the carrier finds a machine out: who hears the line by the gateway, which notices a
/// beep, needs no carrier for it.
pub(super) fn on_machine(
    section: &mut Section<'_, '_>,
    voicemail: Option<&OnMachine>,
    by_sound: bool,
) -> Option<OnMachine> {
    let by_carrier = match by_sound {
        true => section.optional("machine_detection", |node| values::word(node, &FINDERS)).unwrap_or(false),
        false => true,
    };
    if by_sound && by_carrier && voicemail.is_none() {
        let name = section.full_name("machine_detection");
        section.wrong(format!("`{name}` finds machines out for `voicemail`; add that, or leave it out"));
    }
    voicemail.filter(|_| by_carrier).cloned()
}

#[derive(Clone, Copy)]
enum AtMachine {
    GoOn,
    HangUp,
    Leave,
}

const AT_MACHINE: [(&str, AtMachine); 3] =
    [("go_on", AtMachine::GoOn), ("hang_up", AtMachine::HangUp), ("leave", AtMachine::Leave)];
/// Whether the carrier finds machines out.
const FINDERS: [(&str, bool); 2] = [("beep", false), ("carrier", true)];
