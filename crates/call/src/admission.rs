//! Who is let in: the callers whose calls to a number are answered.

use crate::number::{Party, PhoneNumber};

/// Callers who may call in: numbers, and beginnings of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    entries: Vec<String>,
}

/// A text that names no callers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no callers; write a number like \"+12025550143\", or the beginning of one with a star, like \"+1202*\""
)]
pub struct NoCallers(String);

impl Callers {
    /// Reads a list of numbers, and of beginnings that end in `*`.
    ///
    /// # Errors
    /// [`NoCallers`] with the first entry that is neither.
    pub fn read(entries: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Callers, NoCallers> {
        let mut callers = Callers::default();
        for entry in entries {
            let entry = entry.as_ref();
            let refuse = || NoCallers(entry.to_owned());
            let read = match entry.strip_suffix('*') {
                Some(beginning) => {
                    let digits = beginning.strip_prefix('+').ok_or_else(refuse)?;
                    let plausible = (1..15).contains(&digits.len());
                    if !plausible || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
                        return Err(refuse());
                    }
                    entry.to_owned()
                }
                None => entry.parse::<PhoneNumber>().map_err(|_| refuse())?.as_str().to_owned(),
            };
            callers.entries.push(read);
        }
        Ok(callers)
    }

    /// The entries as they are kept: numbers in their one form, and beginnings with their star.
    pub fn into_entries(self) -> Vec<String> {
        self.entries
    }

    /// Whether this caller is among them. Whoever hides their number never is.
    pub fn include(&self, caller: &Party) -> bool {
        let Some(number) = caller.number() else { return false };
        self.entries.iter().any(|entry| match entry.strip_suffix('*') {
            Some(beginning) => number.as_str().starts_with(beginning),
            None => number.as_str() == entry,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn callers_are_known_by_their_number_or_its_beginning_and_nobody_by_hiding_it() {
        let callers = Callers::read(["+12025550143", "+4420*"]).unwrap();
        for (caller, expected) in [
            ("+12025550143", true),
            ("+12025550144", false),
            ("+442079460123", true),
            ("+441632960123", false),
            ("anonymous", false),
            ("", false),
            ("+266696687", false),
        ] {
            assert_eq!(callers.include(&Party::read(caller)), expected, "{caller:?}");
        }
        for wrong in ["", "*", "+*", "2025550143*", "+12*34", "12025550143x"] {
            assert!(Callers::read([wrong]).is_err(), "{wrong:?}");
        }
    }
}
