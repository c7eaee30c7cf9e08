//! Names and numbers: what is taken for one, and what is kept of it.

use call::number::{masked, without_numbers};
use call::{CallId, CarrierCallId, Party, PhoneNumber};

/// Reads one text as everything that a text may be.
pub(crate) fn take(input: &[u8]) {
    let text = &*String::from_utf8_lossy(input);
    if let Ok(number) = text.parse::<PhoneNumber>() {
        let digits = number.as_str().strip_prefix('+').expect("a number begins with its plus");
        assert!((7..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()));
        assert!(text.chars().filter(char::is_ascii_digit).eq(digits.chars()), "the digits that were written");
        assert_eq!(number.to_string().parse().as_ref(), Ok(&number), "it reads back as itself");
        let country = number.country();
        assert!(country.is_none_or(|id| id.len() == 2), "a country has two letters");
        let _ = number.kind();
        assert!(!format!("{number:?}").contains(digits), "a log shows no number");
        assert_eq!(Party::read(text).number(), Some(&number));
    }
    let party = Party::read(text);
    assert_eq!(Party::from(String::from(party.clone())), party, "what is kept is what came");
    if let Ok(id) = text.parse::<CallId>() {
        assert_eq!(id.to_string(), text, "a call has one name");
    }
    if let Ok(id) = CarrierCallId::new(text) {
        assert_eq!((id.as_str(), (1..=256).contains(&text.len())), (text, true));
    }
    let shown = without_numbers(text);
    let longest = shown.split(|letter: char| !letter.is_ascii_digit()).map(str::len).max();
    assert!(longest.is_none_or(|n_digits| n_digits < 7), "a log shows no number: {shown:?}");
    assert!(masked(text).chars().count() <= 5, "a log shows four letters at most");
}
