//! The key by which carriers' streams are let in: drawn once, and kept in the store, so that an address
//! that a carrier was given is still good after a restart.

use super::setting;
use engine::{Door, KEY_BYTES};
use store::{Store, StoreError};

/// The gateway's door; its key is made and kept if there is none yet.
///
/// # Errors
/// It can't be kept, or what is kept is no key.
pub(super) fn of(store: &mut impl Store, public_url: &str) -> Result<Door, StoreError> {
    let drawn = hex::encode(rand::random::<[u8; KEY_BYTES]>());
    let kept = setting::kept_or(store, STREAM_KEY, drawn)?;
    let mut key = [0; KEY_BYTES];
    hex::decode_to_slice(&kept, &mut key)
        .map_err(|error| StoreError::Failed(format!("its setting {STREAM_KEY}: {error}")))?;
    Ok(Door::new(public_url, key))
}

/// The setting that holds it.
const STREAM_KEY: &str = "stream_key";
