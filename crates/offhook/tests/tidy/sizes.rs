//! Files and functions that are read in one go.

use crate::blank::is_word;
use crate::none;
use crate::tree::{Source, sources};

#[test]
fn a_file_is_read_in_one_sitting() {
    let mut faults = Vec::new();
    for source in sources() {
        let (n_lines, most) = if source.is_test() {
            (source.text.lines().count(), TEST_FILE_MAX)
        } else {
            (source.n_lines, FILE_MAX)
        };
        if n_lines > most {
            let path = &source.path;
            faults.push(format!("{path}:{n_lines}: over {most} lines; split it where its meaning splits"));
        }
    }
    none(faults);
}

#[test]
fn a_function_is_seen_at_once() {
    let mut faults = Vec::new();
    for source in sources() {
        for (line, n_lines) in functions(&source.shipped()) {
            if n_lines > FUNCTION_MAX {
                let path = &source.path;
                faults.push(format!(
                    "{path}:{line}: a function of {n_lines} lines, over {FUNCTION_MAX}; move its leaves out"
                ));
            }
        }
    }
    none(faults);
}

#[test]
fn a_file_begins_with_what_it_is() {
    let told_by_its_neighbour = |source: &Source| source.path.ends_with("/tests.rs");
    none(
        sources()
            .iter()
            .filter(|source| !source.text.starts_with("//!") && !told_by_its_neighbour(source))
            .map(|source| format!("{}:1: begin with //! and what the file is and why it exists", source.path))
            .collect(),
    );
}

#[test]
fn tests_come_last() {
    let mut faults = Vec::new();
    for source in sources() {
        let after = source.code.lines().enumerate().skip(source.n_lines);
        let belongs = |line: &str| {
            line.is_empty() || line.starts_with([' ', '}', '#']) || line.split(' ').any(|word| word == "mod")
        };
        if let Some((index, _)) = after.into_iter().find(|(_, line)| !belongs(line)) {
            let path = &source.path;
            faults.push(format!("{path}:{}: code after the tests; put it before them", index + 1));
        }
    }
    none(faults);
}

/// The functions with a body: the line on which each begins, and how many lines it has.
fn functions(code: &str) -> Vec<(usize, usize)> {
    let letters: Vec<char> = code.chars().collect();
    let mut found = Vec::new();
    let mut line = 1;
    for at in 0..letters.len() {
        line += usize::from(letters[at] == '\n');
        let begins = letters[at..].starts_with(&['f', 'n', ' ']) && (at == 0 || !is_word(letters[at - 1]));
        if !begins {
            continue;
        }
        if let Some(end) = body_end(&letters, at) {
            let n_lines = letters[at..end].iter().filter(|letter| **letter == '\n').count() + 1;
            found.push((line, n_lines));
        }
    }
    found
}

/// Where the body of the function that begins here ends; `None` if it has none.
fn body_end(letters: &[char], from: usize) -> Option<usize> {
    let mut round = 0i32;
    let mut curly = 0i32;
    for (at, letter) in letters.iter().enumerate().skip(from) {
        match letter {
            '(' | '[' => round += 1,
            ')' | ']' => round -= 1,
            ';' if round == 0 && curly == 0 => return None,
            '{' => curly += 1,
            '}' => {
                curly -= 1;
                if curly == 0 {
                    return Some(at);
                }
                // A function type at the end of a block that isn't its own.
                if curly < 0 {
                    return None;
                }
            }
            _ => {}
        }
    }
    None
}

#[test]
fn functions_are_measured_from_their_first_line_to_their_last_brace() {
    let code = "fn a() {\n  b(|x| {\n  });\n}\nfn c(x: [u8; 2]);\nstruct D { f: fn (u8) }\nfn e() {}\n";
    assert_eq!(functions(code), [(1, 4), (7, 1)]);
}

/// Lines of a file, its tests not counted.
const FILE_MAX: usize = 500;
/// Lines of a file of tests.
const TEST_FILE_MAX: usize = 800;
/// Lines of a function.
const FUNCTION_MAX: usize = 70;
