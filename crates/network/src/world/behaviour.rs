//! Who is at the other end of the line: what a subscriber's phone does when it is called, as data.
//!
//! | number ends in | does |
//! |---|---|
//! | `0001` | is busy |
//! | `0002` | rings and is never answered |
//! | `0003` | cannot be reached: the call fails |
//! | `0004` | rejects the call after 1 s of ringing |
//! | `0005` | voicemail: answers after 5 s and records for 60 s |
//! | `0006` | picks up at once and talks for an hour |
//! | `0007` | answers after 10 s, then as any other |
//! | `0008` | picks up and hangs up within 1 s |
//! | `0009` | answers, and presses 1 whenever asked for digits |
//! | `0010` | answers, and says "yes please" whenever asked for speech |
//! | `0011` | picks up at once, and repeats on a media stream what is played there 200 ms later |
//! | `0012` | picks up at once, and says "hello, who is this?" on a media stream, as tones that carry the words |
//! | anything else | picks up after 2 s, listens, and hangs up 20 s later |
//!
//! In JSON a behaviour is an object whose `does` names it; every other key may be left out:
//!
//! ```json
//! {"does": "talk", "answer_after_ms": 2000, "talk_ms": 20000}
//! {"does": "silent", "answer_after_ms": 2000}
//! {"does": "voicemail", "answer_after_ms": 5000, "record_ms": 60000}
//! {"does": "press", "answer_after_ms": 2000, "digits": "1", "press_after_ms": 1500, "talk_ms": 60000}
//! {"does": "speak", "words": "yes please", "answer_after_ms": 2000, "speak_after_ms": 1500, "talk_ms": 60000}
//! {"does": "echo", "answer_after_ms": 0, "echo_after_ms": 200, "talk_ms": 3600000}
//! {"does": "tell", "words": "hello, who is this?", "answer_after_ms": 0, "tell_after_ms": 500, "talk_ms": 3600000}
//! {"does": "never"}
//! {"does": "busy"}
//! {"does": "reject", "after_ms": 1000}
//! {"does": "unreachable"}
//! ```
//!
//! When a subscriber is asked is the carrier's affair. For digits: when it begins to gather them.
//! For speech: when it waits for it and isn't speaking itself. A subscriber answers each asking
//! once, and a caller does as one who is called.
//!
//! Whoever has a media stream understands tones that carry words: what was understood is in the truth.

use crate::media::{Says, greeting_ms};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const HOUR_MS: u64 = 3_600_000;
/// A minute of µ-law at 8 kHz.
const RECORDING_BYTES_MAX: usize = 60 * 8_000;

/// A sound, written as µ-law of 8 kHz in Base64, of a minute at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Recording {
    mulaw: Arc<[u8]>,
}

impl TryFrom<String> for Recording {
    type Error = String;

    fn try_from(text: String) -> Result<Recording, String> {
        match STANDARD.decode(text) {
            Ok(mulaw) if mulaw.len() <= RECORDING_BYTES_MAX => Ok(Recording { mulaw: mulaw.into() }),
            Ok(_) => Err("the sound is longer than a minute".to_owned()),
            Err(error) => Err(format!("the sound is no µ-law in Base64: {error}")),
        }
    }
}

impl From<Recording> for String {
    fn from(recording: Recording) -> String {
        STANDARD.encode(recording.mulaw)
    }
}

/// What a subscriber does when called, or, being the caller, once the call is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Behaviour {
    /// Picks up, talks or listens, and hangs up.
    Talk {
        /// From the first ring to picking up, in milliseconds.
        #[serde(default = "two_seconds")]
        answer_after_ms: u64,
        /// From picking up to hanging up, in milliseconds.
        #[serde(default = "twenty_seconds")]
        talk_ms: u64,
    },
    /// Picks up and says nothing until somebody else hangs up.
    Silent {
        /// From the first ring to picking up, in milliseconds.
        #[serde(default = "two_seconds")]
        answer_after_ms: u64,
    },
    /// A machine picks up, greets, beeps, and records until somebody hangs up or the tape is full.
    Voicemail {
        /// From the first ring to picking up, in milliseconds.
        #[serde(default = "five_seconds")]
        answer_after_ms: u64,
        /// What it says before it beeps; on a stream, as tones that carry it.
        #[serde(default = "not_here")]
        greeting: String,
        /// The length of the tape, in milliseconds.
        #[serde(default = "sixty_seconds")]
        record_ms: u64,
    },
    /// Picks up, and presses digits whenever asked for some.
    Press {
        /// From the first ring to picking up, in milliseconds.
        #[serde(default = "two_seconds")]
        answer_after_ms: u64,
        /// What is pressed: `0`–`9`, `*`, `#`.
        #[serde(default = "one")]
        digits: String,
        /// From being asked to pressing, in milliseconds.
        #[serde(default = "a_while")]
        press_after_ms: u64,
        /// From picking up to hanging up, in milliseconds.
        #[serde(default = "sixty_seconds")]
        talk_ms: u64,
    },
    /// Picks up, and says something whenever asked to speak.
    Speak {
        /// From the first ring to picking up, in milliseconds.
        #[serde(default = "two_seconds")]
        answer_after_ms: u64,
        /// What is said.
        #[serde(default = "yes_please")]
        words: String,
        /// From being asked to beginning to speak, in milliseconds.
        #[serde(default = "a_while")]
        speak_after_ms: u64,
        /// From picking up to hanging up, in milliseconds.
        #[serde(default = "sixty_seconds")]
        talk_ms: u64,
    },
    /// Picks up, and repeats on every media stream what is played there, 20 ms by 20 ms.
    Echo {
        /// From the first ring to picking up, in milliseconds.
        #[serde(default)]
        answer_after_ms: u64,
        /// From hearing to repeating, in milliseconds; no longer than five minutes.
        #[serde(default = "a_moment")]
        echo_after_ms: u64,
        /// From picking up to hanging up, in milliseconds.
        #[serde(default = "an_hour")]
        talk_ms: u64,
    },
    /// Picks up, and says something on every media stream, as tones that carry the words.
    Tell {
        /// From the first ring to picking up, in milliseconds.
        #[serde(default)]
        answer_after_ms: u64,
        /// What is said.
        #[serde(default = "who_is_this")]
        words: String,
        /// From the beginning of the stream to that of the words, in milliseconds.
        #[serde(default = "half_a_second")]
        tell_after_ms: u64,
        /// From picking up to hanging up, in milliseconds.
        #[serde(default = "an_hour")]
        talk_ms: u64,
    },
    /// Picks up, says a sound of one's own on every media stream, and keeps what is heard there: for
    /// recognizers, which understand no tones.
    Play {
        /// From the first ring to picking up, in milliseconds.
        #[serde(default)]
        answer_after_ms: u64,
        /// What is said.
        sound: Recording,
        /// From the beginning of the stream to that of the sound, in milliseconds.
        #[serde(default = "half_a_second")]
        play_after_ms: u64,
        /// From picking up to hanging up, in milliseconds.
        #[serde(default = "an_hour")]
        talk_ms: u64,
    },
    /// Lets it ring.
    Never,
    /// Is on the phone already (SIP 486).
    Busy,
    /// Lets it ring a little and declines (SIP 603).
    Reject {
        /// From the first ring to declining, in milliseconds.
        #[serde(default = "one_second")]
        after_ms: u64,
    },
    /// There is no such number, or no way to it (SIP 404).
    Unreachable,
}

impl Behaviour {
    /// The behaviour that a number has of itself, by its last four digits.
    pub fn of_number(number: &str) -> Behaviour {
        let talk = |answer_after_ms, talk_ms| Behaviour::Talk { answer_after_ms, talk_ms };
        match number.get(number.len().saturating_sub(4)..) {
            Some("0001") => Behaviour::Busy,
            Some("0002") => Behaviour::Never,
            Some("0003") => Behaviour::Unreachable,
            Some("0004") => Behaviour::Reject { after_ms: one_second() },
            Some("0005") => {
                let (answer_after_ms, record_ms) = (five_seconds(), sixty_seconds());
                Behaviour::Voicemail { answer_after_ms, greeting: not_here(), record_ms }
            }
            Some("0006") => talk(0, HOUR_MS),
            Some("0007") => talk(10_000, twenty_seconds()),
            Some("0008") => talk(0, 800),
            Some("0009") => Behaviour::Press {
                answer_after_ms: two_seconds(),
                digits: one(),
                press_after_ms: a_while(),
                talk_ms: sixty_seconds(),
            },
            Some("0010") => Behaviour::Speak {
                answer_after_ms: two_seconds(),
                words: yes_please(),
                speak_after_ms: a_while(),
                talk_ms: sixty_seconds(),
            },
            Some("0011") => {
                Behaviour::Echo { answer_after_ms: 0, echo_after_ms: a_moment(), talk_ms: an_hour() }
            }
            Some("0012") => Behaviour::Tell {
                answer_after_ms: 0,
                words: who_is_this(),
                tell_after_ms: half_a_second(),
                talk_ms: an_hour(),
            },
            _ => Behaviour::default(),
        }
    }

    /// What is said on a media stream.
    pub(crate) fn says(&self) -> Says {
        match self {
            Behaviour::Echo { echo_after_ms, .. } => Says::Again { after_ms: *echo_after_ms },
            Behaviour::Tell { words, tell_after_ms, .. } => {
                Says::Words { after_ms: *tell_after_ms, words: words.clone() }
            }
            Behaviour::Play { sound, play_after_ms, .. } => {
                Says::Sound { after_ms: *play_after_ms, mulaw: sound.mulaw.clone() }
            }
            Behaviour::Voicemail { greeting, .. } => Says::Greeting { words: greeting.clone() },
            Behaviour::Talk { .. }
            | Behaviour::Silent { .. }
            | Behaviour::Press { .. }
            | Behaviour::Speak { .. }
            | Behaviour::Never
            | Behaviour::Busy
            | Behaviour::Reject { .. }
            | Behaviour::Unreachable => Says::Nothing,
        }
    }

    /// How long the phone rings before it is picked up; `None` for one that never is.
    pub(crate) fn answers_after_ms(&self) -> Option<u64> {
        match self {
            Behaviour::Talk { answer_after_ms, .. }
            | Behaviour::Silent { answer_after_ms }
            | Behaviour::Voicemail { answer_after_ms, .. }
            | Behaviour::Press { answer_after_ms, .. }
            | Behaviour::Speak { answer_after_ms, .. }
            | Behaviour::Echo { answer_after_ms, .. }
            | Behaviour::Tell { answer_after_ms, .. }
            | Behaviour::Play { answer_after_ms, .. } => Some(*answer_after_ms),
            Behaviour::Never | Behaviour::Busy | Behaviour::Reject { .. } | Behaviour::Unreachable => None,
        }
    }

    /// How long after the answer the subscriber hangs up; `None` for one who waits for the other.
    pub(crate) fn hangs_up_after_ms(&self) -> Option<u64> {
        match self {
            Behaviour::Talk { talk_ms, .. }
            | Behaviour::Press { talk_ms, .. }
            | Behaviour::Speak { talk_ms, .. }
            | Behaviour::Echo { talk_ms, .. }
            | Behaviour::Tell { talk_ms, .. }
            | Behaviour::Play { talk_ms, .. } => Some(*talk_ms),
            Behaviour::Voicemail { record_ms, .. } => Some(*record_ms),
            Behaviour::Silent { .. }
            | Behaviour::Never
            | Behaviour::Busy
            | Behaviour::Reject { .. }
            | Behaviour::Unreachable => None,
        }
    }

    /// Whether a machine answers.
    pub(crate) fn is_machine(&self) -> bool {
        self.greets_ms().is_some()
    }

    /// How long a machine greets until it records; `None` for whoever is none.
    pub(crate) fn greets_ms(&self) -> Option<u64> {
        match self {
            Behaviour::Voicemail { greeting, .. } => Some(greeting_ms(greeting)),
            _ => None,
        }
    }
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour::Talk { answer_after_ms: two_seconds(), talk_ms: twenty_seconds() }
    }
}

fn a_moment() -> u64 {
    200
}

fn an_hour() -> u64 {
    HOUR_MS
}

fn half_a_second() -> u64 {
    500
}

fn one_second() -> u64 {
    1_000
}

fn a_while() -> u64 {
    1_500
}

fn two_seconds() -> u64 {
    2_000
}

fn five_seconds() -> u64 {
    5_000
}

fn twenty_seconds() -> u64 {
    20_000
}

fn sixty_seconds() -> u64 {
    60_000
}

fn one() -> String {
    "1".to_owned()
}

fn not_here() -> String {
    "nobody is here, please leave a message".to_owned()
}

fn who_is_this() -> String {
    "hello, who is this?".to_owned()
}

fn yes_please() -> String {
    "yes please".to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_behaviour_may_leave_out_all_but_its_name() {
        const ALL: [&str; 11] = [
            "talk",
            "silent",
            "voicemail",
            "press",
            "speak",
            "echo",
            "tell",
            "never",
            "busy",
            "reject",
            "unreachable",
        ];
        for does in ALL {
            let json = format!(r#"{{"does":"{does}"}}"#);
            let read: Behaviour = serde_json::from_str(&json).unwrap();
            let again = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
            assert_eq!(read, again, "{does}");
        }
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let read = serde_json::from_str::<Behaviour>(r#"{"does":"talk","talk_s":3}"#);
        assert!(read.is_err());
    }

    #[test]
    fn the_last_four_digits_tell() {
        assert_eq!(Behaviour::of_number("+15555550001"), Behaviour::Busy);
        assert_eq!(Behaviour::of_number("+15555550002"), Behaviour::Never);
        let speaks = serde_json::from_str(r#"{"does":"speak"}"#).unwrap();
        assert_eq!(Behaviour::of_number("+15555550010"), speaks);
        assert_eq!(Behaviour::of_number("+15555551234"), Behaviour::default());
        assert_eq!(Behaviour::of_number("1"), Behaviour::default());
    }
}
