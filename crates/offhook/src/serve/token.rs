//! The API's token: from the configuration, or made once and kept beside the store.

use crate::config::settings::Config;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;

/// The token that the API asks for.
///
/// # Errors
/// The file beside the store can't be read or made.
pub(super) fn of(config: &Config) -> io::Result<String> {
    if let Some(token) = &config.api.token {
        return Ok(token.expose().to_owned());
    }
    let path = config.store.url.token_file();
    match OpenOptions::new().read(true).open(&path) {
        Ok(mut file) => {
            let mut token = String::new();
            file.read_to_string(&mut token)?;
            if !token.trim().is_empty() {
                return Ok(token.trim().to_owned());
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let token = hex::encode(rand::random::<[u8; 24]>());
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
    writeln!(file, "{token}")?;
    file.sync_all()?;
    Ok(token)
}
