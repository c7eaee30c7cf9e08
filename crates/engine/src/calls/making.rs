//! What a call is made of: its numbers, its carrier, what is said; and what is refused.

use super::{Calls, EngineError, new_id};
use crate::heard::Offer;
use crate::settings::{Inbound, NumberSettings};
use call::call::command::are_keys;
use call::call::script::NOBODY_HERE;
use call::call::{Agent, Direction, Facts, Route};
use call::{CarrierName, Party, PhoneNumber};
use carrier::{Carrier, InboundCall, SAY_MAX, address_fits, say_fits};

impl Calls {
    /// The number that a call without a wish comes from.
    pub fn first_number(&self) -> Option<PhoneNumber> {
        self.rules().settings.numbers.keys().next().cloned()
    }

    /// The number to call from, and its carrier; without a wish the only, or the first, number.
    pub(super) fn own_number(
        &self,
        wish: Option<PhoneNumber>,
    ) -> Result<(PhoneNumber, NumberSettings), EngineError> {
        let rules = self.rules();
        let numbers = &rules.settings.numbers;
        let found = match &wish {
            Some(from) => numbers.get_key_value(from),
            None => numbers.iter().next(),
        };
        match (found, wish) {
            (Some((number, settings)), _) => Ok((number.clone(), settings.clone())),
            (None, None) => Err(EngineError::NoNumber),
            (None, Some(from)) => {
                let known = numbers.keys().map(PhoneNumber::as_str).collect::<Vec<_>>().join(", ");
                Err(EngineError::NotOurs { from: from.to_string(), known })
            }
        }
    }

    /// The agent of this name, and whether its calls are recorded.
    pub(super) fn agent(&self, name: String) -> Result<(Agent, bool), EngineError> {
        let rules = self.rules();
        let agents = &rules.settings.agents;
        agents.get(&name).map(|one| (one.agent.clone(), one.record)).ok_or_else(|| {
            let known = agents.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let way_out = match known.as_str() {
                "" => format!("add it to the configuration, under [agents.{name}]"),
                known => format!("there are {known}"),
            };
            EngineError::NoAgent { name, way_out }
        })
    }

    /// What is said first on a call that is to be recorded. What is recorded follows it.
    pub(super) fn announced(&self, say: Option<String>, hold: bool) -> Result<Option<String>, EngineError> {
        if !hold {
            return Err(EngineError::NotRecorded(CLOSED.to_owned()));
        }
        let rules = self.rules();
        let announcement = rules.settings.recording.announcement.as_ref();
        let announcement = announcement.ok_or_else(|| EngineError::NotRecorded(UNTOLD.to_owned()))?;
        Ok(after(announcement, say))
    }

    pub(super) fn facts(&self, direction: Direction, from: Party, to: Party, carrier: &CarrierName) -> Facts {
        let Route { carrier, account, by_command } = self.route(carrier);
        Facts {
            id: new_id(),
            direction,
            from,
            to,
            carrier,
            account,
            by_command,
            fallback: Vec::new(),
            say: None,
            hold: false,
            agent: None,
            created_at: self.inner.clock.now(),
            record: false,
            imported_id: None,
            placed_by: None,
            limits: self.rules().settings.limits.clone(),
        }
    }

    pub(super) fn route(&self, name: &CarrierName) -> Route {
        let lane = self.inner.runner.wire.lanes.get(name);
        let carrier = lane.as_ref().map(|lane| lane.carrier());
        Route {
            carrier: name.clone(),
            account: carrier.and_then(|carrier| carrier.account().map(str::to_owned)),
            by_command: carrier.is_some_and(|carrier| carrier.by_command()),
        }
    }

    /// What is to become of a call that comes in, by the number that was called.
    pub(super) fn offer(&self, inbound: &InboundCall, carrier: &dyn Carrier) -> Offer {
        let rules = self.rules();
        let number = inbound.to.number().and_then(|to| rules.settings.numbers.get(to));
        let declined = match number {
            None => Some("unknown_number"),
            Some(number) if &number.carrier != carrier.name() => Some("unknown_number"),
            Some(number) => match &number.inbound {
                Inbound::Deny => Some("inbound_denied"),
                Inbound::Allow(callers) if !callers.include(&inbound.from) => Some("caller_not_allowed"),
                Inbound::Allow(_) | Inbound::Open => None,
            },
        };
        let mut facts =
            self.facts(Direction::Inbound, inbound.from.clone(), inbound.to.clone(), carrier.name());
        facts.agent = number.and_then(|number| number.agent.clone());
        facts.hold = facts.agent.is_some() || number.is_some_and(|number| number.hold);
        facts.say = number.and_then(|number| number.greeting.clone());
        // A configuration in which this isn't so is refused.
        if number.is_some_and(|number| number.record)
            && let Ok(say) = self.announced(facts.say.clone(), facts.hold)
        {
            (facts.say, facts.record) = (say, true);
        }
        if facts.say.is_none() && !facts.hold {
            facts.say = Some(NOBODY_HERE.to_owned());
        }
        let full = rules.settings.over_limit.clone();
        let ring_out = number.is_some_and(|number| number.ring_out);
        Offer { facts, declined: declined.map(str::to_owned), ring_out, full }
    }
}

/// A greeting, and before it what whoever is on the line must be told.
fn after(announcement: &str, say: Option<String>) -> Option<String> {
    match say {
        say if announcement.is_empty() => say,
        Some(say) => Some(format!("{announcement} {say}")),
        None => Some(announcement.to_owned()),
    }
}

const CLOSED: &str = "a line that is closed when its text was said is over before anything is recorded; place it \
                      with hold, or with an agent, such as one of kind say";
const UNTOLD: &str = "recording.announcement is not set; set it to what whoever is on the line is told first, or \
                      to \"\" if they have consented otherwise";

/// Refuses what is too long to be said.
pub(super) fn check_say(text: &str) -> Result<(), EngineError> {
    if say_fits(text) {
        Ok(())
    } else {
        Err(EngineError::SayTooLong { n_letters: text.chars().count(), allowed: SAY_MAX })
    }
}

/// Refuses what has no keys.
pub(super) fn check_digits(digits: &str) -> Result<(), EngineError> {
    if are_keys(digits) { Ok(()) } else { Err(EngineError::NoDigits(digits.to_owned())) }
}

/// Refuses what no carrier could fetch or connect to.
pub(super) fn check_address(url: &str, schemes: &[&str]) -> Result<(), EngineError> {
    let fits = address_fits(url, schemes);
    let schemes = schemes.join(":// or ");
    if fits { Ok(()) } else { Err(EngineError::NoAddress { url: url.to_owned(), schemes }) }
}
