//! Settings of recordings.

use super::Config;
use engine::CarrierCopy;
use std::path::PathBuf;

/// What is recorded, and how long that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recording {
    /// What whoever is on the line is told first; empty if they have consented otherwise. Default: none, and
    /// nothing can be recorded.
    pub(crate) announcement: Option<String>,
    /// Where recordings are kept. Default: beside the store, `<store file>.recordings`.
    pub(crate) folder: Option<PathBuf>,
    /// For how many days after the call was made; 0 as long as the call. Default: 0.
    pub(crate) keep_days: u32,
    /// How many megabytes all of them may have; 0 without limit. Default: 0.
    pub(crate) keep_mb: u32,
    /// What becomes of what carriers recorded, once it is here. Default: it is deleted there.
    pub(crate) carrier_copy: CarrierCopy,
}

impl Config {
    /// Where recordings are kept.
    pub(crate) fn recordings(&self) -> PathBuf {
        self.recording.folder.clone().unwrap_or_else(|| self.store.url.recordings())
    }
}
