//! The rules by name, and what each says when it refuses: the values that decided, and the way out.

use super::money::Money;
use crate::ids::CallId;
use crate::time::{Timestamp, as_millis};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A rule of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Emergency and other short numbers, and what is no number, are never dialled.
    Emergency,
    /// Numbers that cost their caller extra are never dialled.
    Premium,
    /// Only some countries may be called.
    Destination,
    /// Somebody said that no outbound call starts.
    Paused,
    /// The number is on the do-not-call list.
    DoNotCall,
    /// The number rejected a call not long ago.
    Rejected,
    /// It is night where the number is.
    QuietHours,
    /// The number was called too often within the hour.
    AttemptsPerHour,
    /// The number was called too often within 24 hours.
    AttemptsPerDay,
    /// The day's minutes are used up.
    MinutesPerDay,
    /// The day's money is used up.
    SpendPerDay,
}

/// A refusal: the rule, and the values that decided.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Refused {
    /// [`Rule::Emergency`].
    Emergency {
        /// What would be dialled.
        to: String,
    },
    /// [`Rule::Premium`].
    Premium {
        /// The number.
        to: String,
    },
    /// [`Rule::Destination`].
    Destination {
        /// The number.
        to: String,
        /// Its country.
        country: String,
        /// Those that may be called.
        allowed: String,
    },
    /// [`Rule::Paused`].
    Paused {
        /// Why.
        reason: String,
    },
    /// [`Rule::DoNotCall`].
    DoNotCall {
        /// The number.
        to: String,
        /// Its entry in the list.
        entry: Listed,
    },
    /// [`Rule::Rejected`].
    Rejected {
        /// The number.
        to: String,
        /// When it rejected a call.
        at: Timestamp,
        /// How long it is left alone.
        #[serde(with = "as_millis")]
        pause: Duration,
        /// When it may be called again.
        not_before: Timestamp,
    },
    /// [`Rule::QuietHours`].
    QuietHours {
        /// The number.
        to: String,
        /// What the clock shows where it is.
        clock: String,
        /// Where that is, by the name of the zone; empty if nobody knows.
        zone: String,
        /// The quiet hours.
        hours: String,
        /// When it may be called; absent if no hour is ever open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
    },
    /// [`Rule::AttemptsPerHour`].
    AttemptsPerHour {
        /// The number.
        to: String,
        /// How many calls were asked for.
        made: u64,
        /// How many are allowed.
        allowed: u64,
    },
    /// [`Rule::AttemptsPerDay`].
    AttemptsPerDay {
        /// The number.
        to: String,
        /// How many calls were asked for.
        made: u64,
        /// How many are allowed.
        allowed: u64,
    },
    /// [`Rule::MinutesPerDay`].
    MinutesPerDay {
        /// How many minutes were begun today.
        talked: u64,
        /// How many are allowed.
        allowed: u64,
        /// When the next day begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
    },
    /// [`Rule::SpendPerDay`].
    SpendPerDay {
        /// What was spent today.
        spent: Money,
        /// How much is allowed.
        allowed: Money,
        /// When the next day begins.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
    },
}

/// An entry of the do-not-call list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Since when.
    pub at: Timestamp,
    /// Who put it there.
    pub by: ListedBy,
    /// Why; may be empty.
    pub reason: String,
    /// The call in which the one who was called said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
}

/// Who put a number on the do-not-call list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListedBy {
    /// A user of the API or of the command line.
    Api,
    /// A file.
    Import,
    /// The one who was called, by a key.
    CalleeKey,
    /// The one who was called, in words.
    CalleeWords,
}

impl Rule {
    /// All rules, in the order in which they are asked: first what never changes, then what
    /// somebody said, then what time heals.
    pub const ALL: [Rule; 11] = [
        Rule::Emergency,
        Rule::Premium,
        Rule::Destination,
        Rule::Paused,
        Rule::DoNotCall,
        Rule::Rejected,
        Rule::QuietHours,
        Rule::AttemptsPerHour,
        Rule::AttemptsPerDay,
        Rule::MinutesPerDay,
        Rule::SpendPerDay,
    ];

    /// The word for it, as the log, the audit and the HTTP interface write it.
    pub fn word(self) -> &'static str {
        match self {
            Rule::Emergency => "emergency",
            Rule::Premium => "premium",
            Rule::Destination => "destination",
            Rule::Paused => "paused",
            Rule::DoNotCall => "do_not_call",
            Rule::Rejected => "rejected",
            Rule::QuietHours => "quiet_hours",
            Rule::AttemptsPerHour => "attempts_per_hour",
            Rule::AttemptsPerDay => "attempts_per_day",
            Rule::MinutesPerDay => "minutes_per_day",
            Rule::SpendPerDay => "spend_per_day",
        }
    }

    /// What changes it: a setting, or a command; `None` for what nothing changes.
    pub fn changed_by(self) -> Option<&'static str> {
        match self {
            Rule::Emergency | Rule::Premium => None,
            Rule::Destination => Some("calls.destinations"),
            Rule::Paused => Some("offhook resume"),
            Rule::DoNotCall => Some("offhook dnc remove"),
            Rule::Rejected => Some("dial.rejected_pause"),
            Rule::QuietHours => Some("dial.quiet_hours"),
            Rule::AttemptsPerHour => Some("calls.attempts_per_hour"),
            Rule::AttemptsPerDay => Some("dial.attempts_per_day"),
            Rule::MinutesPerDay => Some("dial.minutes_per_day"),
            Rule::SpendPerDay => Some("dial.spend_per_day"),
        }
    }
}

impl Refused {
    /// The rule that refuses.
    pub fn rule(&self) -> Rule {
        match self {
            Refused::Emergency { .. } => Rule::Emergency,
            Refused::Premium { .. } => Rule::Premium,
            Refused::Destination { .. } => Rule::Destination,
            Refused::Paused { .. } => Rule::Paused,
            Refused::DoNotCall { .. } => Rule::DoNotCall,
            Refused::Rejected { .. } => Rule::Rejected,
            Refused::QuietHours { .. } => Rule::QuietHours,
            Refused::AttemptsPerHour { .. } => Rule::AttemptsPerHour,
            Refused::AttemptsPerDay { .. } => Rule::AttemptsPerDay,
            Refused::MinutesPerDay { .. } => Rule::MinutesPerDay,
            Refused::SpendPerDay { .. } => Rule::SpendPerDay,
        }
    }

    /// Before this time the rule refuses it again, where that is known.
    pub fn not_before(&self) -> Option<Timestamp> {
        match self {
            Refused::Rejected { not_before, .. } => Some(*not_before),
            Refused::QuietHours { not_before, .. }
            | Refused::MinutesPerDay { not_before, .. }
            | Refused::SpendPerDay { not_before, .. } => *not_before,
            Refused::Emergency { .. }
            | Refused::Premium { .. }
            | Refused::Destination { .. }
            | Refused::Paused { .. }
            | Refused::DoNotCall { .. }
            | Refused::AttemptsPerHour { .. }
            | Refused::AttemptsPerDay { .. } => None,
        }
    }
}

impl ListedBy {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            ListedBy::Api => "api",
            ListedBy::Import => "import",
            ListedBy::CalleeKey => "callee_key",
            ListedBy::CalleeWords => "callee_words",
        }
    }

    /// Reads the word for it.
    pub fn read(word: &str) -> Option<ListedBy> {
        [ListedBy::Api, ListedBy::Import, ListedBy::CalleeKey, ListedBy::CalleeWords]
            .into_iter()
            .find(|by| by.word() == word)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Emergency { to } => {
                write!(f, "{to:?} is an emergency or short number, which offhook never dials")
            }
            Refused::Premium { to } => {
                write!(f, "{to} is a premium or shared-cost number, which offhook never dials")
            }
            Refused::Destination { to, country, allowed } => write!(
                f,
                "{to} is in {country}, which is not among the countries that may be called ({allowed}); add it \
                 to [calls] destinations"
            ),
            Refused::Paused { reason } => {
                write!(f, "outbound calls are paused ({reason}); offhook resume lets them start again")
            }
            Refused::DoNotCall { to, entry } => do_not_call(f, to, entry),
            Refused::Rejected { to, at, pause, not_before } => write!(
                f,
                "{to} rejected a call at {}, and [dial] rejected_pause leaves it alone for {}; call it after {}",
                time(*at),
                length(*pause),
                time(*not_before)
            ),
            Refused::QuietHours { to, clock, zone, hours, not_before } => {
                quiet_hours(f, to, (clock, zone), hours, *not_before)
            }
            Refused::AttemptsPerHour { to, made, allowed } => write!(
                f,
                "{to} was called {made} times within the hour, and [calls] attempts_per_hour allows {allowed}; \
                 wait, or raise it"
            ),
            Refused::AttemptsPerDay { to, made, allowed } => write!(
                f,
                "{to} was called {made} times within 24 hours, and [dial] attempts_per_day allows {allowed}; \
                 wait, or raise it"
            ),
            Refused::MinutesPerDay { talked, allowed, not_before } => write!(
                f,
                "{talked} minutes of outbound talk were begun today, and [dial] minutes_per_day allows \
                 {allowed}; {}",
                wait_or_raise(*not_before)
            ),
            Refused::SpendPerDay { spent, allowed, not_before } => write!(
                f,
                "today's outbound talk costs {spent} by [carriers] price_per_minute, and [dial] spend_per_day \
                 allows {allowed}; {}",
                wait_or_raise(*not_before)
            ),
        }
    }
}

/// Its numbers are masked: what is formatted for debugging may end in a log.
impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::number::without_numbers(&self.to_string()))
    }
}

impl std::error::Error for Refused {}

fn do_not_call(f: &mut fmt::Formatter<'_>, to: &str, entry: &Listed) -> fmt::Result {
    let by = match entry.by {
        ListedBy::Api | ListedBy::Import => String::new(),
        ListedBy::CalleeKey | ListedBy::CalleeWords => {
            let call = entry.call.map(|call| format!(" in call {call}")).unwrap_or_default();
            format!(", at the wish of whoever answered{call}")
        }
    };
    let reason = if entry.reason.is_empty() { String::new() } else { format!(" ({})", entry.reason) };
    write!(
        f,
        "{to} is on the do-not-call list since {}{by}{reason}; offhook dnc remove {to} takes it off",
        time(entry.at)
    )
}

fn quiet_hours(
    f: &mut fmt::Formatter<'_>,
    to: &str,
    (clock, zone): (&str, &str),
    hours: &str,
    not_before: Option<Timestamp>,
) -> fmt::Result {
    if zone.is_empty() {
        return write!(
            f,
            "nobody knows what time it is where {to} is, and [dial] quiet_hours ({hours}) may hold there; leave \
             quiet_hours out to call such numbers"
        );
    }
    let when = match not_before {
        Some(at) => format!("call it after {}, or change quiet_hours", time(at)),
        None => "no hour is open in all of its zones, so shorten quiet_hours, or set quiet_zones = \"all\""
            .to_owned(),
    };
    write!(f, "it is {clock} where {to} is ({zone}), within [dial] quiet_hours ({hours}); {when}")
}

fn wait_or_raise(not_before: Option<Timestamp>) -> String {
    not_before.map_or_else(|| "raise it".to_owned(), |at| format!("wait until {}, or raise it", time(at)))
}

/// A time as people write it, to the second, in UTC.
fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.as_millis())
        .map_or_else(|_| at.as_millis().to_string(), |at| format!("{at:.0}"))
}

fn length(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds % 3600, seconds % 60) {
        (0, _) => format!("{} h", seconds / 3600),
        (_, 0) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
