//! The dial gate: whether a number may be called now. It protects the one who is called, and the
//! one who pays.
//!
//! One decision over plain values, taken in the transaction that admits the call. Each rule looks at
//! the question alone, so that the order in which they are asked decides only which of several
//! refusals is told. `gate/cases.txt` shows what is decided, case by case.
//!
//! Rules that refuse are here and in [`refused`]; what only makes a call wait is in [`places`].

pub mod money;
pub mod opt_out;
pub mod places;
pub mod quiet;
pub mod record;
pub mod refused;
pub mod zones;

pub use money::Money;
pub use opt_out::{Heard, OptOut};
pub use places::{Admission, Counts, Places, Wait, admit};
pub use quiet::{QuietHours, Several};
pub use record::{Decided, Record, Stage};
pub use refused::{Listed, ListedBy, Refused, Rule};

use crate::ids::CarrierName;
use crate::number::{NumberKind, Party, PhoneNumber};
use crate::time::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the configuration says about who may be called, and how often.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Which countries may be called.
    pub destinations: Destinations,
    /// The hours in which nobody is called, on the clock of the one who would be; `None` for none.
    pub quiet: Option<QuietHours>,
    /// What counts where a number may be in several zones.
    pub several: Several,
    /// How many calls to one number may be asked for in an hour.
    pub attempts_per_hour: u64,
    /// How many calls to one number may be asked for in 24 hours.
    pub attempts_per_day: u64,
    /// How long a number that rejected a call is left alone; zero for not at all.
    pub rejected_pause: Duration,
    /// How many begun minutes of outbound talk a day has; `None` for without limit.
    pub minutes_per_day: Option<u64>,
    /// How much a day's outbound talk may cost; `None` for without limit.
    pub spend_per_day: Option<Money>,
    /// What a begun minute costs, for each carrier that has a price.
    pub prices: BTreeMap<CarrierName, Money>,
    /// On whose clock a day of `minutes_per_day` and `spend_per_day` begins.
    pub day_zone: TimeZone,
}

/// Without a limit save those that nothing changes.
impl Default for Rules {
    fn default() -> Rules {
        Rules {
            destinations: Destinations::Everywhere,
            quiet: None,
            several: Several::Any,
            attempts_per_hour: u64::MAX,
            attempts_per_day: u64::MAX,
            rejected_pause: Duration::ZERO,
            minutes_per_day: None,
            spend_per_day: None,
            prices: BTreeMap::new(),
            day_zone: TimeZone::UTC,
        }
    }
}

impl Rules {
    /// Whether a day's talk has a limit, so that [`Known::minutes`] is asked for.
    pub fn counts_minutes(&self) -> bool {
        self.minutes_per_day.is_some() || self.spend_per_day.is_some()
    }
}

/// Which countries may be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destinations {
    /// All of them.
    Everywhere,
    /// These, by ISO 3166-1 code.
    Countries(BTreeSet<String>),
    /// The countries of these numbers. They are looked up when a number is to be dialled: the plans take
    /// longer to read than all else at a start.
    Like(BTreeSet<PhoneNumber>),
}

/// What the deciding transaction read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Why no outbound call starts, if none does.
    pub paused: Option<String>,
    /// The number's entry in the do-not-call list.
    pub listed: Option<Listed>,
    /// How many calls to it were asked for within the hour, this one aside.
    pub attempts_hour: u64,
    /// How many calls to it were asked for within 24 hours, this one aside.
    pub attempts_day: u64,
    /// When it last rejected a call, as far back as is asked for.
    pub rejected_at: Option<Timestamp>,
    /// Begun minutes of outbound talk today, by carrier. A talk counts for the day on which it was
    /// answered.
    pub minutes: BTreeMap<CarrierName, u64>,
}

/// What is asked of the gate.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who would be called.
    pub to: &'a Party,
    /// When.
    pub now: Timestamp,
    /// What the configuration says.
    pub rules: &'a Rules,
    /// What is known.
    pub known: &'a Known,
}

/// What the gate decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The number may be called.
    Allowed(Passed),
    /// It may not.
    Refused(Refused),
}

/// With what values a call passed the gate; kept with the call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// What the clock showed where the number is, and where that is, like `14:05 Europe/London`: of
    /// its first zone, if there are several. Absent where no hours are quiet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// Other calls to the number within the hour.
    pub attempts_hour: u64,
    /// Other calls to the number within 24 hours.
    pub attempts_day: u64,
    /// Begun minutes of the day's outbound talk, where a day has a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes_day: Option<u64>,
}

/// Decides whether a number may be called now: it may if no rule stands against it. Of several that
/// do, the first of [`Rule::ALL`] is told.
pub fn decide(question: &Question<'_>) -> Verdict {
    let refused = Rule::ALL.into_iter().find_map(|rule| stands_against(rule, question));
    refused.map_or_else(|| Verdict::Allowed(passed(question)), Verdict::Refused)
}

/// The refusal by this rule, if it stands against the call.
pub fn stands_against(rule: Rule, question: &Question<'_>) -> Option<Refused> {
    let Question { to, now, rules, known } = *question;
    let shown = || to.as_str().to_owned();
    let number = to.number();
    match rule {
        Rule::Emergency => number.is_none().then(|| Refused::Emergency { to: shown() }),
        Rule::Premium => {
            let premium = number.is_some_and(|number| number.kind() == NumberKind::Premium);
            premium.then(|| Refused::Premium { to: shown() })
        }
        Rule::Destination => destination(number?, &rules.destinations),
        Rule::Paused => known.paused.clone().map(|reason| Refused::Paused { reason }),
        Rule::DoNotCall => known.listed.clone().map(|entry| Refused::DoNotCall { to: shown(), entry }),
        Rule::Rejected => rejected(to, now, rules.rejected_pause, known.rejected_at?),
        Rule::QuietHours => {
            let hours = rules.quiet?;
            let quiet = hours.ask(number?, rules.several, now)?;
            Some(Refused::QuietHours {
                to: shown(),
                clock: quiet.clock,
                zone: quiet.zone,
                hours: hours.to_string(),
                not_before: quiet.opens_at,
            })
        }
        Rule::AttemptsPerHour => {
            let (made, allowed) = (known.attempts_hour, rules.attempts_per_hour);
            (made >= allowed).then(|| Refused::AttemptsPerHour { to: shown(), made, allowed })
        }
        Rule::AttemptsPerDay => {
            let (made, allowed) = (known.attempts_day, rules.attempts_per_day);
            (made >= allowed).then(|| Refused::AttemptsPerDay { to: shown(), made, allowed })
        }
        Rule::MinutesPerDay => {
            let (talked, allowed) = (minutes(known), rules.minutes_per_day?);
            let not_before = quiet::day_end(&rules.day_zone, now);
            (talked >= allowed).then_some(Refused::MinutesPerDay { talked, allowed, not_before })
        }
        Rule::SpendPerDay => {
            let (spent, allowed) = (spent(known, rules), rules.spend_per_day?);
            let not_before = quiet::day_end(&rules.day_zone, now);
            (spent >= allowed).then_some(Refused::SpendPerDay { spent, allowed, not_before })
        }
    }
}

fn destination(number: &PhoneNumber, destinations: &Destinations) -> Option<Refused> {
    let allowed = match destinations {
        Destinations::Everywhere => return None,
        Destinations::Countries(countries) => countries.clone(),
        Destinations::Like(numbers) => numbers.iter().filter_map(PhoneNumber::country).collect(),
    };
    let country = number.country().unwrap_or_else(|| "no country".to_owned());
    if allowed.contains(&country) {
        return None;
    }
    let allowed = allowed.into_iter().collect::<Vec<_>>().join(", ");
    Some(Refused::Destination { to: number.to_string(), country, allowed })
}

fn rejected(to: &Party, now: Timestamp, pause: Duration, at: Timestamp) -> Option<Refused> {
    let not_before = at + pause;
    let refused = !pause.is_zero() && now < not_before;
    refused.then(|| Refused::Rejected { to: to.as_str().to_owned(), at, pause, not_before })
}

fn passed(question: &Question<'_>) -> Passed {
    let Question { to, now, rules, known } = *question;
    let clock = || {
        let zone = to.number().and_then(|number| zones::zones_of(number).into_iter().next())?;
        let at = jiff::Timestamp::from_millisecond(now.as_millis()).ok()?;
        Some(format!("{} {zone}", TimeZone::get(zone).ok()?.to_datetime(at).strftime("%H:%M")))
    };
    Passed {
        clock: rules.quiet.and_then(|_| clock()),
        attempts_hour: known.attempts_hour,
        attempts_day: known.attempts_day,
        minutes_day: rules.counts_minutes().then(|| minutes(known)),
    }
}

fn minutes(known: &Known) -> u64 {
    known.minutes.values().fold(0, |sum, minutes| sum.saturating_add(*minutes))
}

fn spent(known: &Known, rules: &Rules) -> Money {
    let cost = |(carrier, minutes): (&CarrierName, &u64)| {
        rules.prices.get(carrier).map_or(0, |price| price.0.saturating_mul(*minutes))
    };
    Money(known.minutes.iter().map(cost).fold(0, u64::saturating_add))
}

#[cfg(test)]
mod tests;
