//! What of a transcript is not to be kept: the digits of payment cards and of telephone numbers, as people write,
//! say and press them.
//!
//! Every hidden letter becomes one [`HIDDEN`], so that a text stays as long as it was: how long a voice takes for
//! it, and so everything that a call decides by it, stays the same.

mod digits;
mod news;

pub use self::news::{Before, redact_news};

use self::digits::{Group, Run, runs};
use crate::number::{PhoneNumber, is_national_of};
use std::borrow::Cow;
use std::ops::Range;

/// What is hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redaction {
    /// Digits that can be a payment card's: 13 to 19 of them, of which the last one checks the others (ISO/IEC
    /// 7812-1, annex B, Luhn's formula).
    pub cards: bool,
    /// Telephone numbers: international ones, and national ones of the countries that are on the line.
    pub numbers: bool,
}

impl Redaction {
    /// Whether nothing is.
    pub fn is_nothing(self) -> bool {
        !self.cards && !self.numbers
    }
}

/// The text with the digits that `what` names hidden. A national number is known as one of the countries of the
/// numbers that are `near`.
pub fn redact<'t>(text: &'t str, what: Redaction, near: &[&PhoneNumber]) -> Cow<'t, str> {
    let mut kept = Cow::Borrowed(text);
    if what.cards {
        let cards: Vec<Range<usize>> = runs(text).iter().flat_map(|run| cards(&run.groups)).collect();
        kept = hide(text, &cards, HIDDEN);
    }
    // Where one is hidden, what stood beside it may be known for another.
    let mut numbers = places_of_numbers(&kept, what, near);
    while !numbers.is_empty() {
        kept = Cow::Owned(hide(&kept, &numbers, HIDDEN).into_owned());
        numbers = places_of_numbers(&kept, what, near);
    }
    kept
}

/// The same for words that follow on others: where those ended in so many digits (`n_before`), and these begin with
/// more, nobody can know yet whether they become a card's. From the seventh on they are hidden.
pub(crate) fn redact_on<'t>(
    text: &'t str,
    n_before: usize,
    what: Redaction,
    near: &[&PhoneNumber],
) -> Cow<'t, str> {
    let alone = redact(text, what, near);
    let Some(run) = runs(text).into_iter().next().filter(|run| n_before > 0 && run.begins(text)) else {
        return alone;
    };
    let mut n_digits = n_before;
    let is_late = |group: &&Group| {
        n_digits += group.digits.len();
        n_digits > SHOWN_MAX
    };
    let late: Vec<Range<usize>> = run.groups.iter().filter(is_late).map(|group| group.at.clone()).collect();
    if late.is_empty() {
        return alone;
    }
    let here = hide(text, &late, HIDDEN);
    Cow::Owned(
        here.chars().zip(alone.chars()).map(|(one, other)| if one == HIDDEN { one } else { other }).collect(),
    )
}

/// With how many digits a text ends, those included with which the one before it ended, if it has no more than
/// digits.
pub(crate) fn n_at_end(text: &str, n_before: usize) -> usize {
    match runs(text).last() {
        Some(run) if run.ends(text) && run.begins(text) => n_before + run.n_digits(),
        Some(run) if run.ends(text) => run.n_digits(),
        _ => 0,
    }
}

/// Keys that were pressed, after so many others, with those hidden that may be a card's: all, where there are so
/// many at once, or the seventh and what comes after it.
pub(crate) fn redact_keys(keys: &str, n_before: usize, hidden: char) -> Cow<'_, str> {
    let is_digit = |key: &char| key.is_ascii_digit();
    let shown = if keys.chars().filter(is_digit).count() >= CARD_MIN { 0 } else { SHOWN_MAX };
    let mut n_digits = n_before;
    let mut places = Vec::new();
    for (at, key) in keys.char_indices().filter(|(_, key)| is_digit(key)) {
        n_digits += 1;
        if n_digits > shown {
            places.push(at..at + key.len_utf8());
        }
    }
    hide(keys, &places, hidden)
}

/// The groups that belong to what may be a card.
fn cards(groups: &[Group]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for first in 0..groups.len() {
        let mut digits = String::new();
        for last in first..groups.len() {
            digits += &groups[last].digits;
            if digits.len() > CARD_MAX {
                break;
            }
            if digits.len() >= CARD_MIN && is_checked(&digits) {
                found.extend(groups[first..=last].iter().map(|group| group.at.clone()));
            }
        }
    }
    found
}

/// Luhn's formula.
fn is_checked(digits: &str) -> bool {
    let values = digits.bytes().rev().map(|digit| u32::from(digit - b'0'));
    let sum: u32 = values
        .enumerate()
        .map(|(place, value)| match value * 2 {
            _ if place % 2 == 0 => value,
            doubled if doubled > 9 => doubled - 9,
            doubled => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Where telephone numbers stand, if they are to be hidden.
fn places_of_numbers(text: &str, what: Redaction, near: &[&PhoneNumber]) -> Vec<Range<usize>> {
    if !what.numbers {
        return Vec::new();
    }
    runs(text).iter().flat_map(|run| number(run, near)).collect()
}

/// The groups that are a telephone number: where it begins with a plus the longest that is one, else all or none.
fn number(run: &Run, near: &[&PhoneNumber]) -> Vec<Range<usize>> {
    let written = |n_groups: usize| {
        run.groups[..n_groups].iter().map(|group| group.digits.as_str()).collect::<String>()
    };
    let is_one =
        |digits: &str| digits.len() <= NUMBER_MAX && format!("+{digits}").parse::<PhoneNumber>().is_ok();
    let all = run.groups.len();
    let n_groups = if run.has_plus {
        (1..=all).rev().find(|n_groups| is_one(&written(*n_groups)))
    } else {
        let digits = written(all);
        let abroad = digits.strip_prefix("00").or_else(|| digits.strip_prefix("011"));
        let is_number = abroad.is_some_and(is_one)
            || (NUMBER_MIN..=NUMBER_MAX).contains(&digits.len())
                && !is_date(&run.groups)
                && near.iter().any(|number| is_national_of(&digits, number));
        is_number.then_some(all)
    };
    run.groups[..n_groups.unwrap_or(0)].iter().map(|group| group.at.clone()).collect()
}

/// 2026-11-29, 29.11.2026, 11/29/2026.
fn is_date(groups: &[Group]) -> bool {
    let lengths: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    matches!(lengths.as_slice(), [4, 1..=2, 1..=2] | [1..=2, 1..=2, 4])
}

/// The text with every letter at these places hidden.
fn hide<'t>(text: &'t str, places: &[Range<usize>], hidden: char) -> Cow<'t, str> {
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let is_hidden =
        |at: usize, letter: char| letter.is_alphanumeric() && places.iter().any(|place| place.contains(&at));
    let letters = text.char_indices();
    Cow::Owned(letters.map(|(at, letter)| if is_hidden(at, letter) { hidden } else { letter }).collect())
}

/// What stands for a letter that isn't kept.
pub const HIDDEN: char = '•';
/// A card's number has so many digits at least, and at most (ISO/IEC 7812-1).
const CARD_MIN: usize = 13;
const CARD_MAX: usize = 19;
/// So many digits of one may be shown: they say who issued it (PCI DSS 4.0, requirement 3.4.1).
const SHOWN_MAX: usize = 6;
/// A telephone number has so many digits at least where its country isn't said, and at most (ITU-T E.164).
const NUMBER_MIN: usize = 7;
const NUMBER_MAX: usize = 15;

#[cfg(test)]
mod tests;
