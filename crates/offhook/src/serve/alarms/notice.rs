//! One alarm as it is told: raised, or cleared.

use crate::http::rfc3339;
use call::number::without_numbers;
use call::{CallId, CarrierName, Timestamp};
use engine::{Alarm, AlarmKind};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

/// What makes two alarms the same: there is one of each kind at each carrier.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    kind: AlarmKind,
    carrier: Option<CarrierName>,
}

/// Whether something is amiss, or is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// It is.
    Raised,
    /// It isn't any more.
    Cleared,
}

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    /// Of which alarm.
    pub(super) key: Key,
    /// Whether it is raised or cleared.
    pub(super) state: State,
    /// Since when it was amiss.
    pub(super) since: Timestamp,
    /// Which calls it is about.
    pub(super) calls: Vec<CallId>,
    /// What is amiss, in words, without whole telephone numbers.
    pub(super) texts: Vec<String>,
    /// Which gateway says so: the address that carriers know it by.
    pub(super) gateway: String,
}

impl Key {
    /// The key of an alarm.
    pub(super) fn of(alarm: &Alarm) -> Key {
        Key { kind: alarm.kind, carrier: alarm.carrier.clone() }
    }

    /// Whether it doesn't pass by itself, and costs money meanwhile.
    pub(super) fn is_urgent(&self) -> bool {
        self.kind == AlarmKind::HangUpFails
    }
}

impl State {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            State::Raised => "raised",
            State::Cleared => "cleared",
        }
    }
}

impl Notice {
    /// An alarm that is raised.
    pub(super) fn raised(alarm: &Alarm, since: Timestamp, gateway: &str) -> Notice {
        Notice {
            key: Key::of(alarm),
            state: State::Raised,
            since,
            calls: alarm.calls.clone(),
            texts: alarm.texts.iter().map(|text| without_numbers(text)).collect(),
            gateway: gateway.to_owned(),
        }
    }

    /// As a program reads it.
    pub(super) fn json(&self) -> Value {
        let calls: Vec<String> = self.calls.iter().take(CALLS_TOLD).map(ToString::to_string).collect();
        json!({
            "alarm": self.key.kind.word(),
            "carrier": self.key.carrier.as_ref().map(CarrierName::as_str),
            "state": self.state.word(),
            "since": rfc3339(self.since),
            "calls": calls,
            "n_calls": self.calls.len(),
            "text": self.text(),
            "gateway": self.gateway,
        })
    }

    /// As a person reads it who was asleep: what, since when, and how to look closer.
    pub(super) fn letter(&self) -> String {
        let mut letter = format!("offhook at {}\n{}\n", self.gateway, self.text());
        letter += &format!("since {}\n", rfc3339(self.since));
        for call in self.calls.iter().take(CALLS_TOLD) {
            letter += &format!("  offhook show {call}\n");
        }
        let others = self.calls.len().saturating_sub(CALLS_TOLD);
        if others > 0 {
            letter += &format!("  and {others} more calls\n");
        }
        letter
    }

    /// In a line.
    pub(super) fn text(&self) -> String {
        match self.state {
            State::Raised => format!("alarm {}: {}", self.key, self.texts.join("; ")),
            State::Cleared => format!("alarm {} is over: nothing of it is amiss any more", self.key),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.carrier {
            Some(carrier) => write!(f, "{} {carrier}", self.kind.word()),
            None => f.write_str(self.kind.word()),
        }
    }
}

impl FromStr for Key {
    type Err = ();

    fn from_str(text: &str) -> Result<Key, ()> {
        let (word, carrier) = match text.split_once(' ') {
            Some((word, carrier)) => (word, Some(CarrierName(carrier.to_owned()))),
            None => (text, None),
        };
        let kind = AlarmKind::ALL.into_iter().find(|kind| kind.word() == word).ok_or(())?;
        Ok(Key { kind, carrier })
    }
}

/// So many calls are named; the rest are counted.
const CALLS_TOLD: usize = 20;
