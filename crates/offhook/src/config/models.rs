//! Reads the models that are asked where an agent's own doesn't reply.

use super::agents::OPENAI;
use super::section::Section;
use super::settings::ConfiguredSpare;
use super::{speech, values};
use std::path::Path;

/// Reads one model.
pub(super) fn spare(section: &mut Section<'_, '_>, folder: &Path) -> Option<ConfiguredSpare> {
    let model = section.required("model", "\"gpt-5-mini\"", values::text);
    let server = speech::server(section, OPENAI, folder);
    section.finish();
    Some(ConfiguredSpare { model: model?, server })
}

/// Reads which of them an agent has, in order.
pub(super) fn spares(section: &mut Section<'_, '_>, known: &[&str]) -> Vec<String> {
    section.optional("spares", |node| speech::names(node, "model", known)).unwrap_or_default()
}
