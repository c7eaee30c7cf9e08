//! How the one who is called says: never again.

use serde::{Deserialize, Serialize};

/// The key and the words by which whoever is called gets on the do-not-call list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptOut {
    /// Keys that are pressed unasked, one after the other; `None` if no key does it.
    pub digits: Option<String>,
    /// Words that are said in answer to a question, as [`plain`] writes them.
    pub words: Vec<String>,
}

/// What was heard that opted out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// The key.
    Key(String),
    /// The words.
    Words(String),
}

impl OptOut {
    /// Whether keys that were just pressed do it, `before` being those pressed before them.
    pub fn by_keys(&self, before: &str, pressed: &str) -> Option<Heard> {
        let wanted = self.digits.as_deref().filter(|wanted| !wanted.is_empty())?;
        // So much of the keys before may be the beginning of the wanted ones.
        let n_before = before.chars().count().saturating_sub(wanted.chars().count() - 1);
        let keys: String = before.chars().skip(n_before).chain(pressed.chars()).collect();
        keys.contains(wanted).then(|| Heard::Key(wanted.to_owned()))
    }

    /// Whether what was said does it: the words stand in it whole, in their order.
    pub fn by_words(&self, said: &str) -> Option<Heard> {
        let said = format!(" {} ", plain(said));
        let wanted = |words: &&String| !words.is_empty() && said.contains(&format!(" {words} "));
        self.words.iter().find(wanted).map(|words| Heard::Words(words.clone()))
    }
}

/// A text as words are compared: small letters, one space between words, no punctuation.
pub fn plain(text: &str) -> String {
    let letter = |letter: char| if letter.is_alphanumeric() { letter } else { ' ' };
    // An apostrophe is dropped by some who write speech down, and kept by others.
    let kept = text.chars().filter(|letter| !matches!(letter, '\'' | '’'));
    let lower: String = kept.flat_map(char::to_lowercase).map(letter).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opt_out() -> OptOut {
        let words = ["Stop calling!", "don't call", "unsubscribe"].map(plain).to_vec();
        OptOut { digits: Some("99".to_owned()), words }
    }

    #[test]
    fn words_count_when_they_stand_whole_in_what_was_said() {
        for (said, expected) in [
            ("Please STOP calling, me!", Some("stop calling")),
            ("stop. calling?", Some("stop calling")),
            ("Unsubscribe.", Some("unsubscribe")),
            ("Don’t call again", Some("dont call")),
            ("dont call again", Some("dont call")),
            ("nonstop calling", None),
            ("stop the calling", None),
            ("unsubscribed", None),
            ("", None),
        ] {
            let expected = expected.map(|words| Heard::Words(words.to_owned()));
            assert_eq!(opt_out().by_words(said), expected, "{said:?}");
        }
        assert_eq!(OptOut::default().by_words("stop calling"), None);
    }

    #[test]
    fn keys_count_however_they_are_told() {
        for (before, pressed, expected) in [
            ("", "99", true),
            ("9", "9", true),
            ("1", "299", true),
            ("9", "19", false),
            ("99", "1", false),
            ("99", "9", true),
            ("", "9", false),
            ("", "", false),
        ] {
            assert_eq!(opt_out().by_keys(before, pressed).is_some(), expected, "{before} {pressed}");
        }
        assert_eq!(OptOut::default().by_keys("", "9"), None);
    }
}
