//! What is said while listening, which is nobody's turn.

/// Whether these words only say that somebody listens.
pub(super) fn only_listens(words: &str) -> bool {
    let lower = words.to_lowercase();
    let mut said = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    said.by_ref().all(|word| LISTENING.contains(&word))
}

/// Without what a recognizer notes of a sound that is no words: `[BLANK_AUDIO]`, `(music)`, `*coughs*`.
pub(super) fn without_notes(words: &str) -> String {
    let mut said = String::new();
    let mut until = None;
    for letter in words.chars() {
        match (until, letter) {
            (Some(end), _) if letter == end => until = None,
            (Some(_), _) => {}
            (None, '[') => until = Some(']'),
            (None, '(') => until = Some(')'),
            (None, '*') => until = Some('*'),
            (None, _) => said.push(letter),
        }
    }
    // A note that has no end is none.
    let said = if until.is_some() { words } else { &said };
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As recognizers write them, of several languages: no answer to a question is among them.
const LISTENING: [&str; 18] = [
    "mhm", "mm", "mmm", "hm", "hmm", "hmhm", "uh", "huh", "um", "er", "äh", "ähm", "ah", "aha", "oh", "eh",
    "ooh", "mmhmm",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_of_sounds_are_no_words() {
        for (written, words) in [
            (" [BLANK_AUDIO]", ""),
            ("(upbeat music)\n", ""),
            ("*coughs* I am Ada. [laughs]", "I am Ada."),
            ("It costs 2 * 3 (about", "It costs 2 * 3 (about"),
            ("  one\n two ", "one two"),
        ] {
            assert_eq!(without_notes(written), words, "{written:?}");
        }
    }

    #[test]
    fn who_only_listens_is_told_from_who_speaks() {
        for words in ["Mhm.", "Uh-huh", "Mm-hmm, mm-hmm.", "Ah!", "hm, oh"] {
            assert!(only_listens(words), "{words:?}");
        }
        for words in ["Yes.", "No", "Uh, wait.", "Mhm, but when?", "Okay"] {
            assert!(!only_listens(words), "{words:?}");
        }
    }
}
