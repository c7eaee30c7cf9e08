#![allow(clippy::unwrap_used)]
use super::*;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_row_has_its_page_and_every_page_its_row() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.verb).collect();
    let pages: BTreeSet<&str> = PAGES.iter().map(|page| page.verb).collect();
    assert_eq!(pages.len(), PAGES.len(), "a row has two pages");
    assert_eq!(pages, rows);
}

/// What a reference names is there, and nothing is that nobody names.
#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    let mut named = BTreeSet::new();
    for at in text.split("\"$ref\":\"#").skip(1) {
        let pointer = at.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
        named.insert(pointer.rsplit('/').next().unwrap().to_owned());
    }
    for shape in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(named.contains(shape), "{shape} is named by nobody");
    }
}

/// The file in the docs is the one that the gateway serves. `UPDATE_SNAPSHOTS=1` writes it.
#[test]
fn the_docs_have_it_as_it_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let served = format!("{:#}\n", document());
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &served).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == served, "docs/openapi.json is not what is served: run again with UPDATE_SNAPSHOTS=1");
}
