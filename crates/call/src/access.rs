//! Who may use the gateway: what a token is for, and how far it reaches.

use crate::admission::{Callers, NoCallers};
use crate::number::{Party, PhoneNumber};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To see calls, their events, and how the gateway is.
    Read,
    /// To have calls made.
    Place,
    /// To listen in on calls that live.
    Listen,
    /// To have something done on calls that live, and to end them.
    Control,
    /// To keep the do-not-call list, and to stop outbound calls.
    Gate,
    /// To change the gateway itself: its configuration, its past, its tokens.
    Admin,
}

/// What a token may do: its scopes, and the limits within them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// What it is for.
    pub scopes: BTreeSet<Scope>,
    /// Whom it may call: numbers, and beginnings of numbers with a star. `None` for anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<String>>,
    /// From which of our numbers, written likewise. `None` for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Vec<String>>,
    /// Which agents may talk on its calls. `None` for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<Vec<String>>,
    /// How many calls it may ask for in any hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_hour: Option<u64>,
    /// How many in any 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls_per_day: Option<u64>,
    /// It sees and touches only the calls that it asked for itself.
    #[serde(default, skip_serializing_if = "is_false")]
    pub own_calls: bool,
}

impl Scope {
    /// All there are.
    pub const ALL: [Scope; 6] =
        [Scope::Read, Scope::Place, Scope::Listen, Scope::Control, Scope::Gate, Scope::Admin];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Place => "place",
            Scope::Listen => "listen",
            Scope::Control => "control",
            Scope::Gate => "gate",
            Scope::Admin => "admin",
        }
    }

    /// What it is for, in a sentence.
    pub fn what(self) -> &'static str {
        match self {
            Scope::Read => "sees calls, and what was said and decided",
            Scope::Place => "places calls",
            Scope::Listen => "listens in on calls that live",
            Scope::Control => "has something done on a call that lives",
            Scope::Gate => "says who may be called, and whether anybody is",
            Scope::Admin => "changes the gateway itself: its configuration, tokens and what is kept",
        }
    }

    /// The scope of this word.
    pub fn read(word: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

impl Grant {
    /// Every scope, without a limit: what the owner has.
    pub fn everything() -> Grant {
        Grant { scopes: Scope::ALL.into(), ..Grant::default() }
    }

    /// Whether it has any limit.
    pub fn is_limited(&self) -> bool {
        *self != Grant { scopes: self.scopes.clone(), ..Grant::default() }
    }

    /// Whether this number may be called, or put through to.
    pub fn may_call(&self, to: &Party) -> bool {
        self.to.as_ref().is_none_or(|entries| fits(entries, to.number()))
    }

    /// Whether a call may come from this number.
    pub fn may_call_from(&self, from: &PhoneNumber) -> bool {
        self.from.as_ref().is_none_or(|entries| fits(entries, Some(from)))
    }

    /// Whether this agent may talk on its calls.
    pub fn may_use(&self, agent: &str) -> bool {
        self.agents.as_ref().is_none_or(|agents| agents.iter().any(|one| one == agent))
    }

    /// Takes what was written as numbers as they are kept.
    ///
    /// # Errors
    /// [`NoCallers`] with the first entry that is no number and no beginning of one.
    pub fn checked(self) -> Result<Grant, NoCallers> {
        let read =
            |entries: Option<Vec<String>>| entries.map(|list| Callers::read(list).map(Callers::into_entries));
        Ok(Grant { to: read(self.to).transpose()?, from: read(self.from).transpose()?, ..self })
    }
}

/// Whoever was forgotten since stands in the list as a word that is nobody's number: a list that
/// lost its last number lets nobody in.
fn fits(entries: &[String], number: Option<&PhoneNumber>) -> bool {
    let Some(number) = number.map(PhoneNumber::as_str) else { return false };
    entries.iter().any(|entry| match entry.strip_suffix('*') {
        Some(beginning) => number.starts_with(beginning),
        None => number == entry,
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_limit_lets_in_what_it_names_and_nothing_else() {
        let list = |entries: &[&str]| Some(entries.iter().map(ToString::to_string).collect::<Vec<_>>());
        let grant = Grant {
            to: list(&["+1 202 555 0143", "+4420*"]),
            from: list(&["+12025550100"]),
            agents: list(&["clerk"]),
            ..Grant::everything()
        };
        let grant = grant.checked().unwrap();
        assert!(grant.is_limited() && !Grant::everything().is_limited());
        for (to, expected) in
            [("+12025550143", true), ("+442079460123", true), ("+12025550144", false), ("911", false)]
        {
            assert_eq!(grant.may_call(&Party::read(to)), expected, "{to}");
        }
        assert!(grant.may_call_from(&"+12025550100".parse().unwrap()));
        assert!(!grant.may_call_from(&"+12025550143".parse().unwrap()));
        assert!(grant.may_use("clerk") && !grant.may_use("cleric"));
        assert!(Grant { to: list(&["everybody"]), ..Grant::default() }.checked().is_err());
    }

    #[test]
    fn who_was_forgotten_is_nobody_and_the_limit_stays() {
        let grant = Grant { to: Some(vec!["forgotten-0123456789abcdef".to_owned()]), ..Grant::everything() };
        assert!(!grant.may_call(&Party::read("+12025550143")));
    }
}
