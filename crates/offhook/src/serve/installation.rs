//! What this installation is called: what the configuration says, or a random name that the store
//! keeps, so that a restored backup still knows its calls.

use crate::config::settings::Config;
use carrier::Installation;
use store::{History, Store, StoreError};

/// The installation's name; made and kept if there is none yet.
///
/// # Errors
/// The store can't be read or written.
pub(super) fn of(config: &Config, store: &mut impl Store) -> Result<Installation, StoreError> {
    if let Some(configured) = &config.installation {
        return Ok(configured.clone());
    }
    let drawn = hex::encode(rand::random::<[u8; 8]>());
    let mut kept = drawn.clone();
    store.turn(&mut |page| {
        kept = match page.setting(INSTALLATION)? {
            Some(kept) => kept,
            None => {
                page.set_setting(INSTALLATION, Some(&drawn))?;
                drawn.clone()
            }
        };
        Ok(())
    })?;
    read(&kept)
}

/// The installation's name, if it has one by now. Nothing is written.
///
/// # Errors
/// The store can't be read.
pub(crate) fn known(config: &Config, history: &mut impl History) -> Result<Option<Installation>, StoreError> {
    match &config.installation {
        Some(configured) => Ok(Some(configured.clone())),
        None => history.setting(INSTALLATION)?.map(|kept| read(&kept)).transpose(),
    }
}

fn read(kept: &str) -> Result<Installation, StoreError> {
    kept.parse().map_err(|error| StoreError::Failed(format!("its setting {INSTALLATION}: {error}")))
}

/// The setting that holds it.
const INSTALLATION: &str = "installation";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::of;
    use crate::config::{Config, Environment};
    use call::Timestamp;
    use store::sqlite::SqliteStore;

    #[test]
    fn a_name_is_made_once_and_a_configured_one_goes_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let open = || SqliteStore::open(&folder.path().join("calls.db"), Timestamp(0)).unwrap().store;
        let config = |text: &str| {
            std::fs::write(folder.path().join("offhook.toml"), text).unwrap();
            let environment = Environment::new([("HOME", "/home/ada")], folder.path());
            Config::load(None, &environment).unwrap().config
        };
        let made = of(&config(""), &mut open()).unwrap();
        assert_eq!(of(&config("installation = 'blue'"), &mut open()).unwrap().as_str(), "blue");
        assert_eq!(of(&config(""), &mut open()).unwrap(), made);
    }
}
