//! Where calls are kept, and what stands beside them.

use std::fmt;
use std::path::PathBuf;

/// A store's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// `sqlite://PATH`: one file on this machine.
    Sqlite(PathBuf),
}

impl StoreUrl {
    /// The file that holds the API token which the gateway made: `<store file>.token`.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.beside(".token")
    }

    /// The file that says who was told of which calls: `<store file>.notices`.
    pub(crate) fn notices_file(&self) -> PathBuf {
        self.beside(".notices")
    }

    /// The file that says of which alarms somebody was told: `<store file>.alarms`.
    pub(crate) fn alarms_file(&self) -> PathBuf {
        self.beside(".alarms")
    }

    /// The file that holds the installation's name which the gateway drew: `<store file>.installation`.
    pub(crate) fn installation_file(&self) -> PathBuf {
        self.beside(".installation")
    }

    /// Where recordings are kept whose owner names no folder: `<store file>.recordings`.
    pub(crate) fn recordings(&self) -> PathBuf {
        self.beside(".recordings")
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let Self::Sqlite(path) = self;
        let mut name = path.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Sqlite(path) = self;
        write!(f, "sqlite://{}", path.display())
    }
}
