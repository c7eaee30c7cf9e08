//! Reads where models' servers are, and which of them are asked where an agent's own doesn't reply.

use super::read::secret;
use super::section::{Rejected, Section};
use super::settings::{BaseUrl, ConfiguredServer, ConfiguredSpare};
use super::tree::Node;
use super::{speech, values};
use std::path::Path;

/// Reads one model.
pub(super) fn spare(section: &mut Section<'_, '_>, folder: &Path) -> Option<ConfiguredSpare> {
    let model = section.required("model", "\"gpt-5-mini\"", values::text);
    let server = ConfiguredServer { base_url: base_url(section), key: secret(section, "api_key", folder) };
    section.finish();
    Some(ConfiguredSpare { model: model?, server })
}

/// Reads where a model's server is.
pub(super) fn base_url(section: &mut Section<'_, '_>) -> BaseUrl {
    section.optional("base_url", up_to_the_interface).unwrap_or_else(|| BaseUrl(OPENAI.to_owned()))
}

fn up_to_the_interface(node: &Node) -> Result<BaseUrl, Rejected> {
    let url = values::base_url(node)?;
    match ["/chat/completions", "/realtime"].into_iter().find(|added| url.as_str().ends_with(added)) {
        Some(added) => Err(format!("ends in {added}, which is added to it; leave that out").into()),
        None => Ok(url),
    }
}

/// Reads which of them an agent has, in order.
pub(super) fn spares(section: &mut Section<'_, '_>, known: &[&str]) -> Vec<String> {
    section.optional("spares", |node| speech::names(node, "model", known)).unwrap_or_default()
}

/// The default of `base_url`.
const OPENAI: &str = "https://api.openai.com/v1";
