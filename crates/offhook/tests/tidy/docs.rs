//! Pages that say what is: one title each, links that lead somewhere, a page for every error code,
//! and every page of the API in its reference.

use crate::none;
use crate::tree::{files, read, root};
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn a_page_has_one_title_and_begins_with_it() {
    let mut faults = Vec::new();
    for path in files(&["md"]) {
        let titles: Vec<usize> =
            prose(&read(&path)).filter(|(_, line)| line.starts_with("# ")).map(|(line, _)| line).collect();
        match titles.as_slice() {
            [1] => {}
            [] => faults.push(format!("{path}:1: no title; begin with '# ' and what the page is about")),
            [line] => faults.push(format!("{path}:{line}: the title comes late; put it first")),
            [_, line, ..] => faults.push(format!("{path}:{line}: a second title; make it '## '")),
        }
    }
    none(faults);
}

#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    for path in files(&["md"]) {
        let folder = root().join(Path::new(&path).parent().unwrap_or(Path::new("")));
        for (line, text) in prose(&read(&path)) {
            for target in targets(text) {
                let (file, heading) = target.split_once('#').unwrap_or((target, ""));
                let page = if file.is_empty() { root().join(&path) } else { folder.join(file) };
                if !page.exists() {
                    faults.push(format!("{path}:{line}: there is no {target}; mend the link"));
                } else if !heading.is_empty() && !has_heading(&page, heading) {
                    faults.push(format!("{path}:{line}: {target} names no heading; mend the link"));
                }
            }
        }
    }
    none(faults);
}

#[test]
fn every_error_code_has_its_page() {
    let codes = error_codes();
    assert!(codes.len() > 10, "{PROBLEMS} has only {} codes: is the table still read right?", codes.len());
    let mut faults = Vec::new();
    let mut pages: BTreeSet<String> = files(&["md"])
        .into_iter()
        .filter_map(|path| Some(path.strip_prefix("docs/errors/")?.to_owned()))
        .collect();
    for (line, code, title) in codes {
        let page = format!("{code}.md");
        if !pages.remove(&page) {
            faults.push(format!("{PROBLEMS}:{line}: {code} has no docs/errors/{page}; write it"));
            continue;
        }
        let expected = format!("# {code}: {title}");
        if read(&format!("docs/errors/{page}")).lines().next() != Some(&expected) {
            faults.push(format!("docs/errors/{page}:1: the title is not {expected:?}, as {PROBLEMS} has it"));
        }
    }
    let left = pages.iter().filter(|page| *page != "README.md");
    faults.extend(left.map(|page| format!("docs/errors/{page}:1: no such code in {PROBLEMS}; remove it")));
    none(faults);
}

#[test]
fn every_page_of_the_api_is_in_its_reference() {
    let reference = read("docs/http.md");
    let routes = read("crates/offhook/src/http.rs");
    let mut faults = Vec::new();
    for (index, line) in routes.lines().enumerate() {
        let Some(route) = line.trim().strip_prefix(".route(\"").and_then(|rest| rest.split('"').next())
        else {
            continue;
        };
        if !reference.contains(&route.replace("/{*rest}", "")) {
            let line = index + 1;
            faults
                .push(format!("crates/offhook/src/http.rs:{line}: docs/http.md lacks {route}; describe it"));
        }
    }
    none(faults);
}

/// The lines of a page that are no code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// What the links of a line lead to within the project.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let ends = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    ends.filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
}

fn has_heading(page: &Path, heading: &str) -> bool {
    let text = std::fs::read_to_string(page).unwrap_or_default();
    prose(&text).any(|(_, line)| line.starts_with('#') && anchor(line) == heading)
}

/// The address of a heading, as forges make it.
fn anchor(line: &str) -> String {
    let kept =
        line.trim_start_matches('#').trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).flat_map(char::to_lowercase).collect()
}

/// Each code of the table of problems, with its line and its title.
fn error_codes() -> Vec<(usize, String, String)> {
    let text = read(PROBLEMS);
    let mut codes = Vec::new();
    for (at, _) in text.match_indices("(\"OH-") {
        let line = text[..at].lines().count();
        let mut strings = text[at..].split('"').skip(1).step_by(2);
        if let (Some(code), Some(title)) = (strings.next(), strings.next()) {
            codes.push((line, code.to_owned(), title.to_owned()));
        }
    }
    codes
}

/// Where the table of problems is.
const PROBLEMS: &str = "crates/offhook/src/http/problem.rs";
