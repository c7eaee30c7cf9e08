//! How much was heard of what was said.

/// The words of a text of whose sound so much was heard: as many as the sound's share, and whole ones.
pub(crate) fn heard_of(text: &str, n_heard: usize, n_said: usize) -> String {
    if n_heard >= n_said {
        // Of one without a sound nobody heard a word.
        return if n_heard > 0 { text.trim().to_owned() } else { String::new() };
    }
    let n_letters = text.chars().count() * n_heard / n_said;
    let heard: String = text.chars().take(n_letters).collect();
    let whole = heard.rfind(char::is_whitespace).map_or("", |space| &heard[..space]);
    whole.trim().to_owned()
}
