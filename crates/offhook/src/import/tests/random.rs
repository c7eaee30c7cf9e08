//! Files that no gateway would write: whatever is in one, each of its lines is taken or told.

use super::*;
use crate::import::numbers;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A value of a snapshot: as it should be, or one of what breaks it.
fn value(usual: &'static [&'static str]) -> impl Strategy<Value = String> {
    let odd = ["null", "\"\"", "1", "-9223372036854775808", "1e999", "[]", "\"\\u0000\"", "\"é ü\"", "tru"];
    prop_oneof![
        9 => prop::sample::select(usual).prop_map(str::to_owned),
        1 => prop::sample::select(odd.to_vec()).prop_map(str::to_owned),
    ]
}

fn snapshot() -> impl Strategy<Value = String> {
    let states = ["\"initiated\"", "\"ringing\"", "\"active\"", "\"completed\"", "\"busy\"", "\"flying\""];
    let fields = (
        value(&["\"1\"", "\"2\"", "\"3\""]),
        value(&["\"twilio\"", "\"mock\"", "\"telnyx\""]),
        value(&["\"outbound\"", "\"inbound\""]),
        prop::sample::select(states.to_vec()),
        value(&["\"+12025550100\"", "\"anonymous\""]),
        value(&["1700000000000", "1700000000"]),
        value(&["null", "1700000060000", "9223372036854775807"]),
        value(&["\"CA1\"", "\"C A\"", "null"]),
        0..200usize,
    );
    fields.prop_map(|(id, provider, direction, state, number, at, ended, leg, cut)| {
        let call = format!(
            "{{\"callId\":{id},\"provider\":{provider},\"direction\":{direction},\"state\":{state},\
             \"from\":{number},\"to\":{number},\"startedAt\":{at},\"answeredAt\":{ended},\
             \"endedAt\":{ended},\"providerCallId\":{leg}}}"
        );
        match cut {
            0..10 => call.chars().take(cut * 10).collect(),
            10..30 => format!("{{\"call\":{call}}}"),
            _ => call,
        }
    })
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![8 => snapshot(), 1 => "\\PC{0,40}", 1 => Just(String::new())]
}

proptest! {
    /// Taken, told, or followed by another line about the same call that is taken.
    #[test]
    fn no_line_is_lost_without_a_word(lines in prop::collection::vec(line(), 0..12)) {
        let text = lines.join("\n");
        let read = read(&text, &mapping(&["a"]), NOW);
        let taken: BTreeMap<usize, &str> =
            read.calls.iter().map(|call| (call.line, call.facts.imported_id.as_deref().unwrap())).collect();
        let told: BTreeSet<usize> = read.skipped.iter().map(|skipped| skipped.line).collect();
        prop_assert_eq!(told.len(), read.skipped.len(), "a line is told twice");
        prop_assert!(told.iter().all(|line| !taken.contains_key(line)), "taken and told");
        for (index, line) in text.lines().enumerate() {
            let number = index + 1;
            if line.trim().is_empty() || taken.contains_key(&number) || told.contains(&number) {
                continue;
            }
            let id = super::super::snapshot(line).unwrap().call_id;
            let later = taken.iter().any(|(later, of)| *later > number && *of == id);
            prop_assert!(later, "line {} is lost: {}", number, line);
        }
    }

    #[test]
    fn no_line_of_numbers_is_lost_without_a_word(
        lines in prop::collection::vec("[+0-9 ,;\"#a-c\\t-]{0,24}", 0..8),
    ) {
        let text = lines.join("\n");
        let read = numbers::read(&text);
        let is_one = |(index, line): &(usize, &str)| {
            let line = line.trim();
            let is_heading = *index == 0 && !line.contains(|letter: char| letter.is_ascii_digit());
            !line.is_empty() && !line.starts_with('#') && !is_heading
        };
        let n_lines = text.lines().enumerate().filter(is_one).count();
        prop_assert_eq!(read.numbers.len() + read.skipped.len(), n_lines);
    }
}
