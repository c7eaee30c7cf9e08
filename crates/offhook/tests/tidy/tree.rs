//! The files of the project as text.

use crate::blank::blanked;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A file of Rust.
pub(crate) struct Source {
    /// Where it is, from the root of the project.
    pub(crate) path: String,
    /// As it is.
    pub(crate) text: String,
    /// The same lines without comments and without what strings hold.
    pub(crate) code: String,
    /// How many lines come before its test module; all of them if it has none.
    pub(crate) n_lines: usize,
}

impl Source {
    /// Whether all of it is test code.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/") || self.path.contains("/benches/")
    }

    /// The code that ships, by lines: empty for a file of tests.
    pub(crate) fn shipped(&self) -> String {
        let n_lines = if self.is_test() { 0 } else { self.n_lines };
        self.code.lines().take(n_lines).flat_map(|line| [line, "\n"]).collect()
    }
}

/// All Rust of the project, read once.
pub(crate) fn sources() -> &'static [Source] {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let sources: Vec<Source> = files(&["rs"]).into_iter().map(source).collect();
        assert!(sources.len() > 100, "only {} files of Rust: is this the whole project?", sources.len());
        sources
    });
    &SOURCES
}

fn source(path: String) -> Source {
    let text = read(&path);
    let code = blanked(&text);
    let n_lines = lines_before_tests(&code);
    Source { path, text, code, n_lines }
}

/// The files with one of these endings, from the root of the project, sorted.
pub(crate) fn files(endings: &[&str]) -> Vec<String> {
    let root = root();
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
                found.push(path.strip_prefix(&root).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// A file's text.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The lines before the first test module; attributes may stand between its mark and it.
fn lines_before_tests(code: &str) -> usize {
    let lines: Vec<&str> = code.lines().collect();
    let opens_tests = |at: &usize| {
        let after = lines[at + 1..].iter().find(|line| !line.starts_with("#["));
        lines[*at] == "#[cfg(test)]" && after.is_some_and(|line| line.contains("mod "))
    };
    (0..lines.len()).find(opens_tests).unwrap_or(lines.len())
}
