//! Digits in a text, as people write and say them: `4111 1111`, `4111-1111`, `four one one one`, `double one`.

use std::ops::Range;

/// Digits that stand together, such as those of one number.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) groups: Vec<Group>,
    /// A plus stands before them, or the word.
    pub(super) has_plus: bool,
}

/// Digits that are written without a space between, or one that is said.
#[derive(Debug)]
pub(super) struct Group {
    /// Where they stand.
    pub(super) at: Range<usize>,
    pub(super) digits: String,
}

impl Run {
    pub(super) fn n_digits(&self) -> usize {
        self.groups.iter().map(|group| group.digits.len()).sum()
    }

    /// Whether no word stands before it.
    pub(super) fn begins(&self, text: &str) -> bool {
        self.groups.first().is_some_and(|first| !text[..first.at.start].contains(char::is_alphanumeric))
    }

    /// Whether no word stands after it.
    pub(super) fn ends(&self, text: &str) -> bool {
        self.groups.last().is_some_and(|last| !text[last.at.end..].contains(char::is_alphanumeric))
    }
}

/// All digits of a text.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut run = Run::default();
    // Where the last group ended; and where "double" began, and how often the next digit counts.
    let (mut end, mut times) = (0, None::<(usize, usize)>);
    for at in words(text) {
        let word = text[at.clone()].to_ascii_lowercase();
        let gap = &text[end..at.start];
        let goes_on = gap.chars().count() <= GAP_MAX && gap.chars().all(is_between);
        let has_plus = gap.ends_with('+') || word == "plus";
        if !goes_on || word == "plus" {
            close(&mut runs, &mut run);
            run.has_plus = has_plus;
        }
        match (digits_of(&word), times.take()) {
            (Some(digits), Some((start, n))) if digits.len() == 1 => {
                run.groups.push(Group { at: start..at.end, digits: digits.repeat(n) });
            }
            (Some(digits), _) => run.groups.push(Group { at: at.clone(), digits }),
            (None, _) => match word.as_str() {
                "double" => times = Some((at.start, 2)),
                "triple" => times = Some((at.start, 3)),
                "plus" => {}
                filler if FILLERS.contains(&filler) => {}
                _ => close(&mut runs, &mut run),
            },
        }
        end = at.end;
    }
    close(&mut runs, &mut run);
    runs
}

/// A run is over.
fn close(runs: &mut Vec<Run>, run: &mut Run) {
    let run = std::mem::take(run);
    if !run.groups.is_empty() {
        runs.push(run);
    }
}

/// Where the words of a text are: letters and digits that stand together.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_edge = |letter: char| !letter.is_alphanumeric();
    text.split(is_edge).filter(|word| !word.is_empty()).map(move |word| {
        let start = word.as_ptr().addr() - text.as_ptr().addr();
        start..start + word.len()
    })
}

/// The digits that a word is, in small letters.
fn digits_of(word: &str) -> Option<String> {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(word.to_owned());
    }
    let digit = match word {
        "zero" | "oh" | "o" | "nought" => "0",
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" | "niner" => "9",
        _ => return None,
    };
    Some(digit.to_owned())
}

/// What may stand between digits of one number.
fn is_between(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '‐' | '‑' | '–' | '.' | ',' | '/' | '(' | ')' | '·')
}

/// So many letters may.
const GAP_MAX: usize = 3;
/// Words that people say between digits of one number.
const FILLERS: [&str; 5] = ["uh", "um", "dash", "hyphen", "space"];
