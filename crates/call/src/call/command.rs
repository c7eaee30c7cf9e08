//! What is asked of a call while it lives: to say or ask something, to play a file, to press keys, to
//! put it through to somebody else, to hand its sound to a program.

use crate::number::PhoneNumber;
use crate::time::{Timestamp, as_millis};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// One thing asked of a call, and how it stands. They are done one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Its name within the call.
    pub id: CommandId,
    /// What is asked.
    pub verb: Verb,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// How it stands.
    pub state: CommandState,
    /// It is the call's agent that asked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub by_agent: bool,
    /// How often its stream came to a gateway: whoever comes with an older number comes too late.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub attached: u32,
    /// Which run of a gateway holds its stream now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attached_to: Option<u64>,
}

/// The name of a command within its call: 1, 2, 3, … in the order in which they were asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommandId(pub u32);

/// The greeting ([`Facts::say`](super::Facts::say)), where it is followed by something.
pub const GREETING: CommandId = CommandId(0);

/// What is asked of a call. Whoever is on the line would notice each of them twice, so none is
/// ever done again when its fate is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// The carrier's voice says this.
    Say {
        /// The words.
        text: String,
    },
    /// The carrier's voice says this, and what the other side presses or says is told.
    Ask {
        /// The words; without any it is only listened.
        text: String,
        /// What is listened for.
        input: Input,
        /// How long it may take until the other side begins.
        #[serde(with = "as_millis")]
        timeout: Duration,
    },
    /// Keys are pressed on the line.
    SendDigits {
        /// `0`–`9`, `*`, `#`, and `w` for a pause of half a second.
        digits: String,
    },
    /// A sound file is played.
    Play {
        /// Where the carrier fetches it: `http` or `https`.
        url: String,
        /// How long it takes, for a carrier that doesn't tell when it is over.
        #[serde(with = "as_millis")]
        lasts: Duration,
    },
    /// Somebody else is called and put through.
    Transfer {
        /// Who.
        to: PhoneNumber,
    },
    /// The line's sound goes to a program and comes from it, over a WebSocket, until either side
    /// closes it.
    Stream {
        /// Where the program listens: `wss`, or `ws` where whoever connects takes it.
        url: String,
        /// Whose messages it speaks.
        #[serde(default, skip_serializing_if = "Speaks::is_carriers_own")]
        speaks: Speaks,
    },
}

/// Whose messages a program speaks that is handed the sound of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    /// The carrier's own, and it is the carrier that connects to it.
    #[default]
    Carrier,
    /// Twilio's media streams, whichever carrier carries the call: the sound goes through the gateway,
    /// which connects to it.
    Twilio,
    /// OpenAI's Realtime interface: a model that hears and speaks, to which the gateway connects.
    Realtime,
    /// Words: what the gateway's recognizer understands is told to a language model, and its synthesizer says
    /// the reply.
    Words,
    /// Whatever is heard, at once: the gateway itself gives the sound back.
    Echo,
}

impl Speaks {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Speaks::Carrier => "carrier",
            Speaks::Twilio => "twilio",
            Speaks::Realtime => "realtime",
            Speaks::Words => "words",
            Speaks::Echo => "echo",
        }
    }

    /// Whether the sound goes through the gateway.
    pub fn is_through_us(self) -> bool {
        self != Speaks::Carrier
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_carriers_own(&self) -> bool {
        *self == Speaks::Carrier
    }
}

/// What is listened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Keys, until so many were pressed, or `#`, or none for a while.
    Digits {
        /// How many at most; without it as many as are pressed.
        n_max: Option<u8>,
    },
    /// What is said, as the carrier writes it down.
    Speech,
    /// What is said, or one key. Telnyx tells keys as they are pressed, asked for or not, so that there
    /// they answer nothing.
    Any,
}

impl Input {
    /// Whether words are listened for.
    pub fn hears_words(self) -> bool {
        match self {
            Input::Speech | Input::Any => true,
            Input::Digits { .. } => false,
        }
    }
}

/// How a command stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// It waits: for the call to be answered, or for what was asked before it.
    Asked,
    /// Its request may have left, and the answer isn't known.
    Sent {
        /// When the answer is given up.
        until: Timestamp,
    },
    /// The carrier took it.
    Taken {
        /// When it is over at the latest.
        until: Timestamp,
        /// Whether the carrier tells when it is over. If not, it is done when its time has passed.
        told: bool,
        /// Whether the carrier said that it has begun.
        #[serde(default, skip_serializing_if = "is_false")]
        begun: bool,
    },
    /// The carrier took it, and somebody wants it to end before its time.
    Stopping {
        /// When the carrier is told so again.
        until: Timestamp,
        /// How often it was told.
        told: u32,
    },
    /// It was done.
    Done(Outcome),
    /// It wasn't, and never will be: the carrier said no, or nothing reached it.
    Failed {
        /// The carrier's code, or ours.
        code: String,
        /// The carrier's reason.
        reason: String,
    },
    /// Nobody knows whether it was done. It isn't done again.
    InDoubt {
        /// Why.
        why: String,
        /// Whether the carrier took it, so that only its end is in doubt.
        #[serde(default, skip_serializing_if = "is_false")]
        taken: bool,
    },
}

/// What came of a command that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The keys that were pressed, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digits: Option<String>,
    /// The words that were said, if any, as the carrier understood them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speech: Option<String>,
    /// How the other leg of a transfer ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
    /// Whether somebody ended it before its time.
    #[serde(default, skip_serializing_if = "is_false")]
    pub stopped: bool,
}

/// How a stream through a gateway ended, as that gateway saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamEnd {
    /// The program or the carrier ended it.
    Ended,
    /// It can't go on.
    Failed {
        /// Why, in a word.
        code: String,
    },
    /// It broke, and nobody said that it is over: it is asked for again.
    Lost,
}

/// The carrier's answer to a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommandReply {
    /// It was taken.
    Taken {
        /// How long it takes, where the carrier won't tell when it is over.
        #[serde(default, with = "as_millis::option", skip_serializing_if = "Option::is_none")]
        lasts: Option<Duration>,
    },
    /// It was refused, or nothing reached the carrier: nothing was done.
    Refused {
        /// The carrier's code, or ours.
        code: String,
        /// The carrier's reason.
        reason: String,
    },
    /// It may have been taken.
    InDoubt {
        /// What failed.
        why: String,
    },
}

/// What a webhook says of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Performed {
    /// It is being done.
    Begun,
    /// It is over, with this.
    Finished(Outcome),
    /// It failed.
    Failed {
        /// The carrier's code.
        code: String,
    },
}

/// Keys that the other side pressed without being asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// The keys.
    pub digits: String,
    /// When we heard of them.
    pub at: Timestamp,
    /// The carrier's name for the news, so that a repeat is known as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// Whether these are keys that can be pressed: `0`–`9`, `*`, `#`, and `w` for a pause, not too many.
pub fn are_keys(digits: &str) -> bool {
    let is_key = |key: char| key.is_ascii_digit() || matches!(key, '*' | '#' | 'w');
    (1..=KEYS_MAX).contains(&digits.len()) && digits.chars().all(is_key)
}

/// So many keys may be pressed by one command.
pub const KEYS_MAX: usize = 64;
/// So much longer may whoever was asked go on speaking, or the answer be on its way.
pub const ANSWER_GRACE: Duration = Duration::from_secs(10);
/// So often a stream is asked for that broke.
pub const STREAMS_MAX: u32 = 8;
/// So many commands may wait or be under way at once.
pub const COMMANDS_OPEN_MAX: usize = 8;
/// So many are remembered in the call; all are in its log.
pub const COMMANDS_KEPT_MAX: usize = 32;
/// So many unasked keys are remembered in the call; all are in its log.
pub const PRESSED_KEPT_MAX: usize = 64;

impl Command {
    /// Somebody asks for this.
    pub(super) fn asked(id: CommandId, verb: Verb, by_agent: bool, at: Timestamp) -> Command {
        let state = CommandState::Asked;
        Command { id, verb, asked_at: at, state, by_agent, attached: 0, attached_to: None }
    }

    /// Whether its sound goes through a gateway.
    pub fn is_through_us(&self) -> bool {
        matches!(self.verb, Verb::Stream { speaks, .. } if speaks.is_through_us())
    }

    /// Whether the carrier's stream of this number may come to a gateway.
    pub fn awaits_stream(&self, number: u32) -> bool {
        let under_way = matches!(self.state, CommandState::Sent { .. } | CommandState::Taken { .. });
        self.is_through_us() && under_way && self.attached == number && self.attached_to.is_none()
    }

    /// The number of the stream that a gateway held which doesn't run any more, if there is one.
    pub fn left_by(&self, run: u64) -> Option<u32> {
        let left = self.state.is_under_way() && self.attached_to.is_some_and(|held_by| held_by != run);
        left.then(|| self.attached.saturating_sub(1))
    }
}

impl Verb {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Verb::Say { .. } => "say",
            Verb::Ask { .. } => "ask",
            Verb::SendDigits { .. } => "digits",
            Verb::Play { .. } => "play",
            Verb::Transfer { .. } => "transfer",
            Verb::Stream { .. } => "stream",
        }
    }

    /// Whether it can be ended before its time. Keys are pressed before anybody could say so, and
    /// those who were put through have a call of their own.
    pub fn can_be_stopped(&self) -> bool {
        match self {
            Verb::Say { .. } | Verb::Ask { .. } | Verb::Play { .. } | Verb::Stream { .. } => true,
            Verb::SendDigits { .. } | Verb::Transfer { .. } => false,
        }
    }

    /// How long it takes about: an unhurried voice says some twelve letters a second, and a key
    /// takes half a second.
    pub fn lasts(&self) -> Duration {
        let said = |text: &str| Duration::from_millis(1_000 + 85 * count(text));
        match self {
            Verb::Say { text } => said(text),
            Verb::Ask { text, timeout, .. } => said(text) + *timeout,
            Verb::SendDigits { digits } => Duration::from_millis(500 + 500 * count(digits)),
            Verb::Play { lasts, .. } => *lasts,
            Verb::Transfer { .. } | Verb::Stream { .. } => Duration::from_secs(60),
        }
    }
}

impl CommandState {
    /// The word for it.
    pub fn word(&self) -> &'static str {
        match self {
            CommandState::Asked => "asked",
            CommandState::Sent { .. } => "sent",
            CommandState::Taken { .. } => "taken",
            CommandState::Stopping { .. } => "stopping",
            CommandState::Done(_) => "done",
            CommandState::Failed { .. } => "failed",
            CommandState::InDoubt { .. } => "in_doubt",
        }
    }

    /// Whether it may still change by itself: who waits for it waits on.
    pub fn is_open(&self) -> bool {
        *self == CommandState::Asked || self.is_under_way()
    }

    /// Whether it is being done, or may be.
    pub fn is_under_way(&self) -> bool {
        matches!(self, CommandState::Sent { .. } | CommandState::Taken { .. } | CommandState::Stopping { .. })
    }

    /// When something must be decided about it.
    pub fn due_at(&self) -> Option<Timestamp> {
        match self {
            CommandState::Sent { until }
            | CommandState::Taken { until, .. }
            | CommandState::Stopping { until, .. } => Some(*until),
            _ => None,
        }
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_none_yet(n: &u32) -> bool {
    *n == 0
}

fn count(text: &str) -> u64 {
    text.chars().map(|_| 1).sum()
}
