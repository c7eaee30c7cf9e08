//! Reads a file of telephone numbers: one on each line, or CSV with the number and perhaps a reason.
//! A line that can't be read is told with its number, and nothing else is lost.

use call::PhoneNumber;

/// What a file holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// The numbers in their order, and why each.
    pub(crate) numbers: Vec<(PhoneNumber, String)>,
    /// Lines that were skipped, counted from 1, and why.
    pub(crate) skipped: Vec<(usize, String)>,
}

/// Reads a file.
pub(crate) fn read(text: &str) -> Numbers {
    let mut read = Numbers::default();
    for (line, text) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let text = text.trim();
        let fields = fields(text);
        // A heading has letters where a number would be.
        let is_heading = line == 1 && !text.contains(|letter: char| letter.is_ascii_digit());
        if text.is_empty() || text.starts_with('#') || is_heading {
            continue;
        }
        match one(&fields) {
            Ok(number) => read.numbers.push(number),
            Err(why) => read.skipped.push((line, why)),
        }
    }
    read
}

/// The first field that is a number, and the next one that isn't empty as the reason.
fn one(fields: &[String]) -> Result<(PhoneNumber, String), String> {
    let mut why = None;
    for (index, field) in fields.iter().enumerate() {
        match field.parse::<PhoneNumber>() {
            Ok(number) => {
                let reason = fields[index + 1..].iter().find(|field| !field.is_empty());
                let reason = reason.map(|reason| reason.chars().take(REASON_MAX).collect());
                return Ok((number, reason.unwrap_or_default()));
            }
            // What looks most like a number says best what is wrong with it.
            Err(error) if field.contains(|letter: char| letter.is_ascii_digit()) => {
                why.get_or_insert(error);
            }
            Err(_) => {}
        }
    }
    Err(why.map_or_else(|| "there is no telephone number on this line".to_owned(), |why| why.to_string()))
}

/// The fields of a line of CSV, whichever of the usual separators it has. A quote within quotes is
/// written twice.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                fields.last_mut().expect("there is one").push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' | ';' | '\t' if !is_quoted => fields.push(String::new()),
            letter => fields.last_mut().expect("there is one").push(letter),
        }
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

/// How long a reason may be, in letters; the rest is cut off.
const REASON_MAX: usize = 500;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_line_is_taken_or_told() {
        let file = "\u{feff}phone,reason\r\n\
                    +12125550123,\"asked, twice\"\r\n\
                    \r\n\
                    # a remark\n\
                    Ada;+44 20 7946 0123;\"said \"\"no\"\"\"\n\
                    2125550123\n\
                    911\n\
                    nobody\n\
                    +1212555012345678\n\
                    +12125550124";
        let Numbers { numbers, skipped } = read(file);
        let numbers: Vec<String> =
            numbers.iter().map(|(number, reason)| format!("{number}={reason}")).collect();
        assert_eq!(numbers, ["+12125550123=asked, twice", "+442079460123=said \"no\"", "+12125550124="]);
        let lines: Vec<usize> = skipped.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [6, 7, 8, 9], "{skipped:?}");
        assert!(skipped[0].1.contains("country code") && skipped[1].1.contains("emergency"), "{skipped:?}");
    }

    #[test]
    fn a_first_line_with_a_number_is_no_heading() {
        assert_eq!(read("+12125550123").numbers.len(), 1);
        assert_eq!(read("12").skipped.len(), 1);
        assert_eq!(read(""), Numbers::default());
    }
}
