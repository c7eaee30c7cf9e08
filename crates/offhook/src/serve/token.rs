//! The API's token: from the configuration, or made once and kept beside the store.

use super::beside;
use crate::config::settings::Config;
use std::io;

/// The token that the API asks for.
///
/// # Errors
/// The file beside the store can't be read or made.
pub(super) fn of(config: &Config) -> io::Result<String> {
    if let Some(token) = &config.api.token {
        return Ok(token.expose().to_owned());
    }
    let path = config.store.url.token_file();
    let made = beside::read(&path)?.unwrap_or_default();
    if !made.trim().is_empty() {
        return Ok(made.trim().to_owned());
    }
    let token = hex::encode(rand::random::<[u8; 24]>());
    beside::keep(&path, &format!("{token}\n"))?;
    Ok(token)
}
