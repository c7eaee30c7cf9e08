//! What is said while listening, which is nobody's turn.

/// Whether these words only say that somebody listens.
pub(super) fn only_listens(words: &str) -> bool {
    let lower = words.to_lowercase();
    let mut said = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    said.by_ref().all(|word| LISTENING.contains(&word))
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
    fn who_only_listens_is_told_from_who_speaks() {
        for words in ["Mhm.", "Uh-huh", "Mm-hmm, mm-hmm.", "Ah!", "hm, oh"] {
            assert!(only_listens(words), "{words:?}");
        }
        for words in ["Yes.", "No", "Uh, wait.", "Mhm, but when?", "Okay"] {
            assert!(!only_listens(words), "{words:?}");
        }
    }
}
