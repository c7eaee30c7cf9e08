//! What can go wrong between a gateway and a carrier, by number. The index names the tests that hold
//! each situation, wherever they are; those that are nowhere else are here.
//!
//! `docs/situations.md` is the index in print: `GOLDEN=write cargo test -p offhook --test it
//! situations::the_page` writes it anew.

mod accounts;
mod index;
mod unseen;
mod untold;

use index::{Proof, SITUATIONS, Situation, Where};
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn the_page_prints_the_index() {
    let path = root().join("docs/situations.md");
    let expected = page();
    if std::env::var("GOLDEN").as_deref() == Ok("write") {
        fs::write(&path, &expected).unwrap();
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert!(known == expected, "write it anew with GOLDEN=write:\n{expected}");
}

#[test]
fn every_situation_is_held_by_a_test_or_says_what_is_not_there() {
    assert_eq!(SITUATIONS.len(), 32);
    for Situation { name, answer, proofs, lacks } in SITUATIONS {
        assert_eq!(answer.is_empty(), proofs.is_empty(), "{name}: an answer that nothing holds");
        assert!(!proofs.is_empty() || !lacks.is_empty(), "{name}: nothing is said");
    }
}

#[test]
fn every_test_of_the_index_is_there() {
    let missing = SITUATIONS.iter().flat_map(|situation| situation.proofs).filter(|proof| !is_there(proof));
    let missing: Vec<&str> = missing.map(|Proof(_, test)| *test).collect();
    assert_eq!(missing, Vec::<&str>::new(), "renamed, taken out, or not at each carrier");
}

/// Whether a test stands where the index has it, and is one.
fn is_there(Proof(place, test): &Proof) -> bool {
    let (path, name) = test.rsplit_once("::").expect("a path and a name");
    let files = match place {
        Where::Pure => vec![root().join(path)],
        Where::Each | Where::These(_) => {
            let path = root().join("crates/offhook/tests/it").join(path.replace("::", "/"));
            vec![path.with_extension("rs"), path.join("mod.rs")]
        }
    };
    let text: String = files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect();
    let is_made_by = |made: &str| {
        let lists = text.split(made).skip(1).filter_map(|rest| rest.split(");").next());
        lists.flat_map(|list| list.split(',')).any(|listed| listed.trim() == name)
    };
    let stands_alone =
        text.contains(&format!("#[test]\nfn {name}(")) || text.contains(&format!("#[test]\n    fn {name}("));
    text.contains(&format!("fn {name}("))
        && match place {
            Where::Each => is_made_by("on_every_carrier!("),
            Where::These(_) | Where::Pure => stands_alone || is_made_by("on_both_lines!("),
        }
}

/// `docs/situations.md`.
fn page() -> String {
    let mut text = TITLE.to_owned();
    for (nth, situation) in (1..).zip(SITUATIONS) {
        let tests: Vec<String> = situation.proofs.iter().map(written).collect();
        let said: Vec<&str> =
            [situation.answer, situation.lacks].into_iter().filter(|said| !said.is_empty()).collect();
        let mark = if situation.proofs.is_empty() { "**Not there.** " } else { "" };
        let said = match situation.lacks {
            "" => said.join(" "),
            lacks => format!("{mark}{}", said.join(" ").replace(lacks, &format!("*{lacks}*"))),
        };
        text += &format!("| {nth} | {} | {said} | {} |\n", situation.name, tests.join("<br>"));
    }
    text
}

fn written(Proof(place, test): &Proof) -> String {
    match place {
        Where::Each => format!("`{test}` (each carrier)"),
        Where::These(whose) => format!("`{test}` ({whose})"),
        Where::Pure => {
            let (path, name) = test.rsplit_once("::").expect("a path and a name");
            format!("[`{name}`](../{path})")
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// The head of the page.
const TITLE: &str = "# What can go wrong, and what offhook does about it

Each row is a situation that a gateway gets into with a carrier, and names the tests that hold offhook to what it says. What is in
*italics* isn't there, or can't be. Tests without a link are end to end, with real processes and `kill -9`, in
[`crates/offhook/tests/it`](../crates/offhook/tests/it): `cargo test -p offhook --test it situations::` runs those of this page
that are nowhere else. The page is written by a test, which also sees to it that each test named here exists.

| | what goes wrong | what offhook does | held by |
|---|---|---|---|
";
