//! The mark: our name for a call, and which installation gave it, in what a carrier keeps for us.
//!
//! Several gateways may run on one account. Each signs its marks with its installation's id, so
//! that none takes another's calls for its own, whatever else fits.

use call::call::Direction;
use call::{CallId, Party};
use std::fmt;
use std::str::FromStr;

/// The id of an installation: 1 to 32 letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation(String);

/// A text that is no id of an installation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no id of an installation; write 1 to {INSTALLATION_MAX} letters, digits, - or _")]
pub struct NoInstallation(String);

/// Whose a leg is, by the mark that it carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// It carries none.
    #[default]
    None,
    /// It names a call, and no installation: marks of old do. Ours if that call is known here.
    Unsigned(CallId),
    /// It names a call of this installation.
    Ours(CallId),
    /// It carries something that isn't offhook's: nothing is proved by it.
    Foreign,
    /// It is another installation's.
    Others,
    /// It is a leg that the transfer of a call rang. It ends with that call, and is never touched.
    Beside,
}

/// What a carrier tells of a leg beside how it stands; what it doesn't tell is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ends {
    /// Who rings whom.
    pub direction: Option<Direction>,
    /// The one who calls.
    pub from: Option<Party>,
    /// The one who is called.
    pub to: Option<Party>,
}

/// A call as a mark names it, signed or not: `CALL` or `CALL@INSTALLATION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedCall {
    pub(crate) call: CallId,
    /// Whatever stands there, also what no installation is called: it isn't ours then.
    pub(crate) by: Option<String>,
}

impl Installation {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Installation {
    type Err = NoInstallation;

    fn from_str(text: &str) -> Result<Installation, NoInstallation> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let fits = (1..=INSTALLATION_MAX).contains(&text.len()) && text.bytes().all(is_letter);
        if fits { Ok(Installation(text.to_owned())) } else { Err(NoInstallation(text.to_owned())) }
    }
}

impl Mark {
    /// The call that it names, if that may be one of ours.
    pub fn call(&self) -> Option<CallId> {
        match self {
            Mark::Ours(call) | Mark::Unsigned(call) => Some(*call),
            Mark::None | Mark::Foreign | Mark::Others | Mark::Beside => None,
        }
    }

    /// What a mark that was read says to this installation.
    pub(crate) fn of(read: Option<SignedCall>, us: Option<&Installation>) -> Mark {
        match read {
            None => Mark::None,
            Some(SignedCall { call, by: None }) => Mark::Unsigned(call),
            Some(SignedCall { call, by }) if by.as_deref() == us.map(Installation::as_str) => {
                Mark::Ours(call)
            }
            Some(_) => Mark::Others,
        }
    }

    /// What the query of an address says.
    pub(crate) fn of_query(call: Option<&str>, by: Option<&str>, us: Option<&Installation>) -> Mark {
        let read = call.and_then(|call| call.parse().ok());
        Mark::of(read.map(|call| SignedCall { call, by: by.map(str::to_owned) }), us)
    }
}

impl SignedCall {
    /// This installation's mark of a call.
    pub(crate) fn new(call: CallId, by: Option<&Installation>) -> SignedCall {
        SignedCall { call, by: by.map(|by| by.as_str().to_owned()) }
    }

    /// Reads what [`Display`](fmt::Display) writes.
    pub(crate) fn read(text: &str) -> Option<SignedCall> {
        let (call, by) = match text.split_once('@') {
            Some((call, by)) => (call, Some(by.to_owned())),
            None => (text, None),
        };
        Some(SignedCall { call: call.parse().ok()?, by })
    }

    /// The mark in the query of an address, from behind its `?`.
    pub(crate) fn query(&self) -> String {
        match &self.by {
            None => format!("{CALL}={}", self.call),
            Some(by) => format!("{CALL}={}&{BY}={by}", self.call),
        }
    }
}

impl fmt::Display for SignedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.by {
            None => self.call.fmt(f),
            Some(by) => write!(f, "{}@{by}", self.call),
        }
    }
}

/// Under which name an address carries our name for a call.
pub(crate) const CALL: &str = "call";
/// Under which name an address carries the installation.
pub(crate) const BY: &str = "installation";
/// So long may the id of an installation be.
pub const INSTALLATION_MAX: usize = 32;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NAME: &str = "c_01jd3v6p9nf4q8s0t2x5z7a9bc";

    #[test]
    fn an_id_is_short_and_has_nothing_that_an_address_would_read() {
        for text in ["a", "blue", "Gateway-2_b", &"x".repeat(32)] {
            assert_eq!(text.parse::<Installation>().unwrap().as_str(), text);
        }
        for text in ["", "a b", "a&b", "a:b", "a@b", "é", &"x".repeat(33)] {
            assert!(text.parse::<Installation>().is_err(), "{text}");
        }
    }

    #[test]
    fn only_the_mark_of_this_installation_is_proof() {
        let (us, call): (Installation, CallId) = ("blue".parse().unwrap(), NAME.parse().unwrap());
        let rows = [
            (Some(NAME), None, Some(&us), Mark::Unsigned(call)),
            (Some(NAME), Some("blue"), Some(&us), Mark::Ours(call)),
            (Some(NAME), Some("green"), Some(&us), Mark::Others),
            (Some(NAME), Some(""), Some(&us), Mark::Others),
            (Some(NAME), Some("Blue"), Some(&us), Mark::Others),
            (Some(NAME), Some("blue"), None, Mark::Others),
            (Some("c_"), Some("blue"), Some(&us), Mark::None),
            (None, Some("blue"), Some(&us), Mark::None),
        ];
        for (name, by, us, expected) in rows {
            assert_eq!(Mark::of_query(name, by, us), expected, "{name:?} {by:?} {us:?}");
        }
    }

    #[test]
    fn a_signed_name_reads_back_as_itself() {
        for by in [None, Some("blue".parse().unwrap())] {
            let signed = SignedCall::new(NAME.parse().unwrap(), by.as_ref());
            assert_eq!(SignedCall::read(&signed.to_string()), Some(signed));
        }
    }
}
