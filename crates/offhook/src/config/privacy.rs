//! Reads what is kept of what is said.

use std::collections::BTreeSet;

use call::redaction::Redaction;

use super::section::{Rejected, Section};
use super::tree::Node;
use super::values;

/// Reads `[privacy]`.
pub(super) fn privacy(section: &mut Section<'_, '_>) -> Redaction {
    let redact = section.optional("redact", redaction).unwrap_or_default();
    section.finish();
    redact
}

fn redaction(node: &Node) -> Result<Redaction, Rejected> {
    let named = values::texts(node, "[\"cards\", \"numbers\"]")?;
    if let Some((other, at)) = named.iter().find(|(word, _)| !matches!(*word, CARDS | NUMBERS)) {
        let why = format!("has {other:?}; \"{CARDS}\" and \"{NUMBERS}\" can be hidden");
        return Err(Rejected::at(at, why));
    }
    let named: BTreeSet<&str> = named.into_iter().map(|(word, _)| word).collect();
    Ok(Redaction { cards: named.contains(CARDS), numbers: named.contains(NUMBERS) })
}

/// The words for what is hidden.
pub(super) fn words(redact: Redaction) -> Vec<&'static str> {
    let Redaction { cards, numbers } = redact;
    [(cards, CARDS), (numbers, NUMBERS)]
        .into_iter()
        .filter_map(|(is_on, word)| is_on.then_some(word))
        .collect()
}

const CARDS: &str = "cards";
const NUMBERS: &str = "numbers";
