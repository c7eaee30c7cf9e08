//! Names that say something, and nothing left undone.

use crate::blank::is_word;
use crate::none;
use crate::tree::{files, read, sources};

#[test]
fn names_would_stand_in_a_conversation() {
    let mut faults = Vec::new();
    for source in sources() {
        let path = &source.path;
        for part in path.split(['/', '.']) {
            if let Some(word) = empty_word(part) {
                faults.push(format!("{path}:1: {word:?} in the name of a file; say what it is"));
            }
        }
        for (index, line) in source.code.lines().enumerate() {
            let names = line.split(|letter| !is_word(letter)).filter(|name| !OF_OTHERS.contains(name));
            for name in names {
                if let Some(word) = empty_word(name) {
                    let line = index + 1;
                    faults.push(format!("{path}:{line}: {word:?} in {name}; say what it is or does"));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn nothing_is_left_undone() {
    let mut faults = Vec::new();
    for source in sources() {
        for (index, line) in source.code.lines().enumerate() {
            let compact: String = line.split_whitespace().collect();
            let undone = UNDONE.iter().find(|(mark, names)| {
                names.iter().any(|name| match mark {
                    Mark::Macro => compact.contains(&format!("{name}!(")),
                    Mark::Attribute => compact.contains(&format!("#[{name}")),
                })
            });
            if let Some((_, names)) = undone {
                let (path, line) = (&source.path, index + 1);
                faults.push(format!("{path}:{line}: one of {names:?}; do it, or take it out"));
            }
        }
    }
    none(faults);
}

#[test]
fn what_ships_does_not_unwrap() {
    let mut faults = Vec::new();
    for source in sources() {
        for (index, line) in source.shipped().lines().enumerate() {
            if line.contains(".unwrap()") {
                let (path, line) = (&source.path, index + 1);
                faults.push(format!("{path}:{line}: unwrap; return an error, or expect with the invariant"));
            }
        }
    }
    none(faults);
}

#[test]
fn lines_end_where_their_text_ends() {
    let mut faults = Vec::new();
    for path in files(&["rs", "md", "toml", "sql"]) {
        let text = read(&path);
        for (index, line) in text.lines().enumerate() {
            if line.ends_with([' ', '\t', '\r']) {
                faults.push(format!("{path}:{}: white space at the end; take it out", index + 1));
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            faults.push(format!("{path}:{}: no line feed at the end; add it", text.lines().count()));
        }
    }
    none(faults);
}

/// The first word of a name that says nothing.
fn empty_word(name: &str) -> Option<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if letter == '_' || letter == '-' || letter.is_uppercase() {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.into_iter().find(|word| EMPTY.contains(&word.trim_end_matches('s')))
}

#[test]
fn a_name_is_read_word_by_word() {
    for (name, expected) in [
        ("CallManager", Some("manager")),
        ("fn_helpers", Some("helpers")),
        ("UTIL", None),
        ("util", Some("util")),
        ("utility_pole", None),
    ] {
        assert_eq!(empty_word(name).as_deref(), expected, "{name}");
    }
}

enum Mark {
    Macro,
    Attribute,
}

/// Words that say nothing of what a thing is.
const EMPTY: [&str; 4] = ["manager", "handler", "helper", "util"];
/// Names that others gave.
const OF_OTHERS: [&str; 4] = ["LocalSessionManager", "ServerHandler", "http_body_util", "hyper_util"];
/// What says that something is left undone.
const UNDONE: [(Mark, &[&str]); 2] =
    [(Mark::Macro, &["todo", "unimplemented", "dbg"]), (Mark::Attribute, &["ignore", "allow(dead_code"])];
