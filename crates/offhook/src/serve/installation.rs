//! What this installation is called: what the configuration says, or a random name. That is kept in
//! the store, so that a restored backup still knows its calls, and beside it, so that an empty one does
//! where the store was lost.

use super::{beside, setting};
use crate::config::settings::Config;
use anyhow::Context as _;
use carrier::Installation;
use store::{History, Store, StoreError};

/// The installation's name; made and kept if there is none yet.
///
/// # Errors
/// It can't be kept.
pub(super) fn of(config: &Config, store: &mut impl Store) -> anyhow::Result<Installation> {
    if let Some(configured) = &config.installation {
        return Ok(configured.clone());
    }
    let path = config.store.url.installation_file();
    let lost = beside::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let lost = lost.and_then(|name| name.trim().parse::<Installation>().ok());
    let drawn = || hex::encode(rand::random::<[u8; 8]>());
    let name = lost.as_ref().map_or_else(drawn, |name| name.as_str().to_owned());
    let kept = setting::kept_or(store, INSTALLATION, name)?;
    let kept = read(&kept)?;
    if lost.as_ref() != Some(&kept) {
        beside::keep(&path, &format!("{}\n", kept.as_str()))
            .with_context(|| format!("cannot keep the installation's name in {}", path.display()))?;
    }
    Ok(kept)
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
            let text = format!("store.url = 'sqlite://calls.db'\n{text}");
            std::fs::write(folder.path().join("offhook.toml"), text).unwrap();
            let environment = Environment::new([("HOME", "/home/ada")], folder.path());
            Config::load(None, &environment).unwrap().config
        };
        let made = of(&config(""), &mut open()).unwrap();
        assert_eq!(of(&config("installation = 'blue'"), &mut open()).unwrap().as_str(), "blue");
        assert_eq!(of(&config(""), &mut open()).unwrap(), made);
    }

    #[test]
    fn the_name_outlives_the_store_and_is_a_restored_one_s_own() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("offhook.toml"), "store.url = 'sqlite://calls.db'").unwrap();
        let environment = Environment::new([("HOME", "/home/ada")], folder.path());
        let config = Config::load(None, &environment).unwrap().config;
        let open = |name: &str| SqliteStore::open(&folder.path().join(name), Timestamp(0)).unwrap().store;
        let made = of(&config, &mut open("calls.db")).unwrap();
        assert_eq!(of(&config, &mut open("empty.db")).unwrap(), made, "its store was lost");
        std::fs::write(folder.path().join("calls.db.installation"), "another").unwrap();
        assert_eq!(of(&config, &mut open("calls.db")).unwrap(), made, "the store says so");
        let beside = std::fs::read_to_string(folder.path().join("calls.db.installation")).unwrap();
        assert_eq!(beside.trim(), made.as_str());
    }
}
