//! Telephone numbers in E.164, checked against the world's numbering plans.

mod lengths;

use lengths::Country;
use phonenumber::Type;
use phonenumber::metadata::DATABASE;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A telephone number that can be dialled from anywhere: `+` and 7 to 15 digits, whose country
/// code exists and whose length fits that country (ITU-T E.164).
///
/// Whether the number is given to anybody is for the carrier to say: plans change faster than
/// the library's tables, so a number of an unknown range passes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PhoneNumber(String);

/// Why a text is no telephone number that could be dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not `+` and digits.
    #[error("{0:?} is no telephone number; write it as + and the country code, like +12025550143")]
    NotE164(String),
    /// As it is dialled within its country.
    #[error("{0:?} looks like a national number; write it with + and the country code, like +12025550143")]
    National(String),
    /// The country code isn't given to any country or network.
    #[error("{0} has no country code that exists")]
    UnknownCountry(String),
    /// Too short or too long for its country.
    #[error("{0} has {1} digits after the country code, which no number of its country has")]
    WrongLength(String, usize),
    /// An emergency or other short number, which a gateway must never dial.
    #[error("{0} is an emergency or short number, which offhook never dials")]
    Emergency(String),
}

/// What sort of number it is, as far as it bears on whether we may dial it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    /// An ordinary number: fixed, mobile, Internet, toll-free, or of an unknown range.
    Ordinary,
    /// The one who calls pays extra: premium rate and shared cost.
    Premium,
}

impl PhoneNumber {
    /// The number, with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The country's ISO 3166-1 code, like `US`; of an unassigned range, the main country of its
    /// country code; `None` for international networks.
    pub fn country(&self) -> Option<String> {
        let parsed = parsed(&self.0)?;
        let known = parsed.metadata(&DATABASE).map(|plan| plan.id().to_owned());
        let main =
            || DATABASE.region(&parsed.code().value()).and_then(|ids| ids.first().map(|id| (*id).to_owned()));
        // The library writes 001 for what belongs to no country.
        known.or_else(main).filter(|id| id != "001")
    }

    /// Whether it is a number that costs its caller extra.
    pub fn kind(&self) -> NumberKind {
        match parsed(&self.0).map(|number| number.number_type(&DATABASE)) {
            Some(Type::PremiumRate | Type::SharedCost) => NumberKind::Premium,
            _ => NumberKind::Ordinary,
        }
    }
}

impl FromStr for PhoneNumber {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<PhoneNumber, NumberError> {
        let shown = || text.chars().take(32).collect::<String>();
        let compact: String =
            text.trim().chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')')).collect();
        let digits = compact.strip_prefix('+').unwrap_or(&compact);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(NumberError::NotE164(shown()));
        }
        if is_national(&compact) {
            return Err(NumberError::National(shown()));
        }
        if is_short(digits) {
            return Err(NumberError::Emergency(shown()));
        }
        if !compact.starts_with('+') || digits.len() > 15 {
            return Err(NumberError::NotE164(shown()));
        }
        let country = Country::of(digits).ok_or_else(|| NumberError::UnknownCountry(shown()))?;
        let national = digits.len() - country.n_digits();
        if is_short_national(country.code, national, digits) {
            return Err(NumberError::Emergency(shown()));
        }
        if !country.lengths.contains(&national) {
            return Err(NumberError::WrongLength(shown(), national));
        }
        Ok(PhoneNumber(compact))
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Masked: what is formatted for debugging may end in a log.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> String {
        number.0
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = NumberError;

    fn try_from(text: String) -> Result<PhoneNumber, NumberError> {
        text.parse()
    }
}

/// One end of a call: a number, or what else a carrier names there (`anonymous`, a SIP address, a
/// short number).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Party {
    /// A number that could be called back.
    Number(PhoneNumber),
    /// Anything else, as the carrier wrote it, at most 128 letters.
    Other(String),
}

impl Party {
    /// Takes what a carrier wrote: a number if it is one.
    pub fn read(text: &str) -> Party {
        match text.parse() {
            Ok(number) => Party::Number(number),
            Err(_) => Party::Other(text.chars().take(128).collect()),
        }
    }

    /// What a carrier tells of a call that it has: by its shape alone, since the call is there
    /// whatever the plans say, and a look at them costs more than all else that reads a webhook.
    pub fn told(text: &str) -> Party {
        if has_shape(text) {
            Party::Number(PhoneNumber(text.to_owned()))
        } else {
            Party::Other(text.chars().take(128).collect())
        }
    }

    /// As the carrier writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Party::Number(number) => number.as_str(),
            Party::Other(text) => text,
        }
    }

    /// The number, if it is one.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Party::Number(number) => Some(number),
            Party::Other(_) => None,
        }
    }
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(self.as_str()))
    }
}

/// What is kept of a party: itself, behind a mark where it has the shape of a number and is none, or
/// begins with the mark.
impl From<Party> for String {
    fn from(party: Party) -> String {
        match party {
            Party::Number(number) => number.0,
            Party::Other(text) if has_shape(&text) || text.starts_with(NO_NUMBER) => {
                format!("{NO_NUMBER}{text}")
            }
            Party::Other(text) => text,
        }
    }
}

/// Reads a party back from where it was kept. What has the shape of a number was checked against
/// the plans when it came in; checking again is half the cost of reading a call.
impl From<String> for Party {
    fn from(text: String) -> Party {
        match text.strip_prefix(NO_NUMBER) {
            Some(other) => Party::Other(other.to_owned()),
            None if has_shape(&text) => Party::Number(PhoneNumber(text)),
            None => Party::Other(text),
        }
    }
}

/// Whether a text is written as a [`PhoneNumber`] is, given to somebody or not.
fn has_shape(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
}

/// The text with all but its first two and last two letters hidden, for logs.
pub fn masked(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < 6 {
        return "…".to_owned();
    }
    let head: String = letters[..2].iter().collect();
    let tail: String = letters[letters.len() - 2..].iter().collect();
    format!("{head}…{tail}")
}

/// The text with every number of seven digits or more hidden like [`masked`] does: for texts that
/// a carrier wrote.
pub fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut number = String::new();
    for letter in text.chars().chain(std::iter::once(' ')) {
        if letter.is_ascii_digit() || (letter == '+' && number.is_empty()) {
            number.push(letter);
            continue;
        }
        let n_digits = number.trim_start_matches('+').len();
        out += &if n_digits >= 7 { masked(&number) } else { number.clone() };
        number.clear();
        out.push(letter);
    }
    out.pop();
    out
}

/// Reads the world's numbering plans, which else the first number does whose country or kind is asked
/// for: some 80 ms for thousands of expressions, once in a process.
pub fn read_plans() {
    let _ = parsed("+12025550143");
}

/// Whether digits, as they are dialled within the country of this number, are a number that may be given to
/// somebody there.
pub fn is_national_of(digits: &str, number: &PhoneNumber) -> bool {
    let country = number.country().and_then(|country| country.parse::<phonenumber::country::Id>().ok());
    let Some(country) = country else { return false };
    phonenumber::parse(Some(country), digits).is_ok_and(|national| national.is_valid())
}

fn parsed(text: &str) -> Option<phonenumber::PhoneNumber> {
    phonenumber::parse(None, text).ok()
}

/// What is dialled within a country: of the length of a subscriber's number, or with the 0 that
/// many countries put first. Short numbers that begin so have three digits at most: 000, 091.
fn is_national(compact: &str) -> bool {
    let from_anywhere = compact.starts_with('+') || compact.starts_with("00");
    let least = if compact.starts_with('0') { 4 } else { 7 };
    !from_anywhere && (least..=15).contains(&compact.len())
}

/// Emergency, operator and service numbers: 911, 112, 999, 110, 15, 116117, 0 and their like have
/// at most six digits; no international number is so short.
fn is_short(digits: &str) -> bool {
    (2..=6).contains(&digits.len()) || digits == "0"
}

/// A service number behind the code and the area of the North American plan (`+1202911`): never a
/// subscriber, whatever a carrier may do with it. What has three digits after any code is short
/// altogether.
fn is_short_national(code: u16, n_digits: usize, digits: &str) -> bool {
    code == 1 && n_digits < 10 && digits.ends_with("11")
}

/// Stands before a kept party that could be taken for a number.
const NO_NUMBER: char = '=';
#[cfg(test)]
mod tests;
