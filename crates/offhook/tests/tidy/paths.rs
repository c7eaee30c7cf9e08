//! The paths that code names: `use` trees taken apart, and those written where they are used.

use crate::blank::is_word;

/// Every path of this code with the line on which it ends, as `std::time::Instant`.
pub(crate) fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let tokens = tokens(code);
    let mut at = 0;
    while at < tokens.len() {
        let (line, token) = &tokens[at];
        if token == "use" {
            at = tree(&tokens, at + 1, "", &mut found);
        } else if is_name(token) {
            let mut path = token.clone();
            while let Some([(_, colons), (_, name)]) = tokens.get(at + 1..at + 3)
                && colons == "::"
                && is_name(name)
            {
                path.push_str("::");
                path.push_str(name);
                at += 2;
            }
            found.push((*line, path));
            at += 1;
        } else {
            at += 1;
        }
    }
    found
}

/// Whether `path` names `part`: the same segments in a row, anywhere in it.
pub(crate) fn names(path: &str, part: &str) -> bool {
    format!("::{path}::").contains(&format!("::{part}::"))
}

/// Takes one branch of a `use` tree apart; returns the place after it.
fn tree(tokens: &[(usize, String)], mut at: usize, before: &str, found: &mut Vec<(usize, String)>) -> usize {
    let mut path = before.to_owned();
    while let Some((line, token)) = tokens.get(at) {
        match token.as_str() {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|(_, token)| token != "}") {
                    at = tree(tokens, at, &path, found);
                    if tokens.get(at).is_some_and(|(_, token)| token == ",") {
                        at += 1;
                    }
                }
                return at + 1;
            }
            "," | "}" | ";" => {
                found.push((*line, path));
                return at;
            }
            "as" => at += 1,
            "::" => path.push_str("::"),
            name => path.push_str(name),
        }
        at += 1;
    }
    at
}

/// Names, `::`, and single letters of anything else, each with its line.
fn tokens(code: &str) -> Vec<(usize, String)> {
    let mut tokens: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (index, line) in code.lines().enumerate() {
        for letter in line.chars() {
            let last = tokens.last_mut().map(|(_, token)| token).filter(|_| goes_on);
            goes_on = true;
            match last {
                Some(token) if is_word(letter) && is_name(token) => token.push(letter),
                Some(token) if letter == ':' && token == ":" => token.push(letter),
                _ if letter.is_whitespace() => goes_on = false,
                _ => tokens.push((index + 1, letter.to_string())),
            }
        }
        goes_on = false;
    }
    tokens
}

fn is_name(token: &str) -> bool {
    token.starts_with(is_word)
}

#[test]
fn a_tree_is_taken_apart() {
    let code = "use std::{fs, time::{Duration, Instant as Now}};\nlet x: a::B = c::d(1);\n";
    let found: Vec<String> = paths(code).into_iter().map(|(line, path)| format!("{line} {path}")).collect();
    let expected = "1 std::fs|1 std::time::Duration|1 std::time::Instant|2 let|2 x|2 a::B|2 c::d|2 1";
    assert_eq!(found.join("|"), expected);
    assert!(names("std::time::Instant::now", "Instant"));
    assert!(names("std::fs::File", "std::fs"));
    assert!(!names("fs::Instants", "Instant"));
}
