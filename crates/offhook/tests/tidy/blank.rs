//! Rust without its comments and its strings, so that what is found in it is code.

/// The same text with every letter of a comment, a string or a character literal made a space.
/// Lines stay where they are.
pub(crate) fn blanked(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut blanked = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let end = end_of_blank(&letters, at);
        if end == at {
            blanked.push(letters[at]);
            at += 1;
        } else {
            blanked.extend(letters[at..end].iter().map(|letter| if *letter == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    blanked
}

/// Where what begins here ends, if it is to be blanked; otherwise `at`.
fn end_of_blank(letters: &[char], at: usize) -> usize {
    let rest = &letters[at..];
    let goes_on_a_word = at > 0 && is_word(letters[at - 1]);
    let length = match rest {
        ['/', '/', ..] => rest.iter().position(|letter| *letter == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => quoted(rest, '"'),
        ['r', '"' | '#', ..] if !goes_on_a_word => raw_string(rest, 1),
        ['b' | 'c', 'r', '"' | '#', ..] if !goes_on_a_word => raw_string(rest, 2),
        ['\'', '\\', ..] => quoted(rest, '\''),
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    };
    at + length
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => {
                depth += 1;
                at += 2;
            }
            ['*', '/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    rest.len()
}

fn quoted(rest: &[char], mark: char) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            letter if letter == mark => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `prefix` letters, any number of `#`, and the string; 0 if it is none, as in `r#type`.
fn raw_string(rest: &[char], prefix: usize) -> usize {
    let n_marks = rest[prefix..].iter().take_while(|letter| **letter == '#').count();
    let begin = prefix + n_marks;
    if rest.get(begin) != Some(&'"') {
        return 0;
    }
    let mut closing = vec!['"'];
    closing.extend(std::iter::repeat_n('#', n_marks));
    let inside = &rest[begin + 1..];
    match inside.windows(closing.len()).position(|window| window == closing) {
        Some(end) => begin + 1 + end + closing.len(),
        None => rest.len(),
    }
}

/// Whether a letter can be part of a name.
pub(crate) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[test]
fn only_code_is_left() {
    for (text, expected) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        (r#"f("x\"}", '{', '\'', 'a)"#, "f(      ,    ,     , 'a)"),
        (r###"r#"{"#; br"}"; r#type"###, "      ;      ; r#type"),
    ] {
        assert_eq!(blanked(text), expected, "{text}");
    }
}
