//! What `client_state` says: whose call a leg is, and what is being done on it.
//!
//! Telnyx takes base64 alone, and tells the text in the call, in the listing, and in "every
//! subsequent webhook" (OpenAPI document, 2026-07-16). It belongs to the leg, so an event may carry
//! what a later command has set. The text therefore says what its command is doing, and an event
//! is believed to speak of a command only where it is one that such a command brings about.

use crate::mark::{Installation, Mark, SignedCall};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use call::CarrierCallId;
use call::call::CommandId;

/// What a text in `client_state` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ClientState {
    /// A leg of ours: `CALL`, or `CALL:COMMAND:DOING`, where `CALL` may be `CALL@INSTALLATION`.
    Ours {
        /// Its call.
        call: SignedCall,
        /// The command that was sent last, and what it does.
        doing: Option<(CommandId, Doing)>,
    },
    /// A leg that a transfer rang: `second:CALL:COMMAND:FIRST`. No call of ours runs on it.
    Second {
        /// The call that was transferred.
        call: SignedCall,
        /// The command that transferred it.
        id: CommandId,
        /// That call's own leg.
        first: CarrierCallId,
    },
}

/// What a command is doing on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Something is said.
    Say,
    /// A question is asked that keys answer.
    Keys,
    /// A question is asked that words answer.
    Speech,
    /// What was still listened for is not listened for any more.
    Hush,
    /// A file is played.
    Play,
    /// Keys are pressed.
    Digits,
    /// Somebody else is called and put through.
    Transfer,
    /// The line's sound goes to a program.
    Stream,
}

impl ClientState {
    /// The text that says it.
    pub(super) fn write(&self) -> String {
        let text = match self {
            ClientState::Ours { call, doing: None } => call.to_string(),
            ClientState::Ours { call, doing: Some((id, doing)) } => format!("{call}:{id}:{}", doing.word()),
            ClientState::Second { call, id, first } => format!("{SECOND}{call}:{id}:{first}"),
        };
        STANDARD.encode(text)
    }

    /// Reads a text; `None` for one that offhook doesn't write. What a command does that we don't
    /// know is no part of it: the call is named all the same.
    pub(super) fn read(state: &str) -> Option<ClientState> {
        let text = String::from_utf8(STANDARD.decode(state).ok()?).ok()?;
        if let Some(rest) = text.strip_prefix(SECOND) {
            let mut parts = rest.splitn(3, ':');
            let call = SignedCall::read(parts.next()?)?;
            let id = CommandId(parts.next()?.parse().ok()?);
            let first = CarrierCallId::new(parts.next()?).ok()?;
            return Some(ClientState::Second { call, id, first });
        }
        let (call, command) = match text.split_once(':') {
            Some((call, command)) => (call, Some(command)),
            None => (text.as_str(), None),
        };
        Some(ClientState::Ours { call: SignedCall::read(call)?, doing: command.and_then(read_command) })
    }
}

/// Whose a leg is by its `client_state`.
pub(super) fn read_mark(state: &str, us: Option<&Installation>) -> Mark {
    match ClientState::read(state) {
        None => Mark::Foreign,
        Some(ClientState::Ours { call, .. }) => Mark::of(Some(call), us),
        Some(ClientState::Second { call, .. }) => match Mark::of(Some(call), us) {
            Mark::Ours(_) | Mark::Unsigned(_) => Mark::Beside,
            others => others,
        },
    }
}

fn read_command(text: &str) -> Option<(CommandId, Doing)> {
    let (id, word) = text.split_once(':')?;
    let doing = ALL.into_iter().find(|doing| doing.word() == word)?;
    Some((CommandId(id.parse().ok()?), doing))
}

impl Doing {
    fn word(self) -> &'static str {
        match self {
            Doing::Say => "say",
            Doing::Keys => "keys",
            Doing::Speech => "speech",
            Doing::Hush => "hush",
            Doing::Play => "play",
            Doing::Digits => "digits",
            Doing::Transfer => "transfer",
            Doing::Stream => "stream",
        }
    }
}

const ALL: [Doing; 8] = [
    Doing::Say,
    Doing::Keys,
    Doing::Speech,
    Doing::Hush,
    Doing::Play,
    Doing::Digits,
    Doing::Transfer,
    Doing::Stream,
];
/// What a second leg's text begins with, so that it names no call as its own.
const SECOND: &str = "second:";
