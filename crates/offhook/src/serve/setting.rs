//! What is settled once for a store, and kept in it.

use store::{Store, StoreError};

/// What the store keeps under this name; if nothing yet, it keeps `first` from now on.
///
/// # Errors
/// It can't be read or kept.
pub(super) fn kept_or(store: &mut impl Store, name: &str, first: String) -> Result<String, StoreError> {
    let mut kept = first;
    store.turn(&mut |page| {
        match page.setting(name)? {
            Some(known) => kept = known,
            None => page.set_setting(name, Some(&kept))?,
        }
        Ok(())
    })?;
    Ok(kept)
}
