//! The few settings by which a command reaches a running gateway.
//!
//! They are read alone, so that `offhook ls` works in a shell that doesn't have the carriers'
//! secrets in its environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::faults::ConfigFaults;
use super::read;
use super::settings::{BaseUrl, Secret, StoreUrl};

/// How a command reaches the gateway.
#[derive(Debug)]
pub(crate) struct Access {
    /// Where the gateway listens, from `listen`.
    pub(crate) listen: SocketAddr,
    /// The bearer token, if `api.token` sets one.
    pub(crate) token: Option<Secret>,
    /// Where the gateway keeps the token that it made itself. `None` if the user has no home.
    pub(crate) token_file: Option<PathBuf>,
    /// Where calls are kept. `None` if nothing tells.
    pub(crate) store: Option<StoreUrl>,
    /// Where recordings are kept. `None` if nothing tells.
    pub(crate) recordings: Option<PathBuf>,
}

impl Access {
    /// Reads what a command needs from the configuration that [`Config::load`](super::Config::load)
    /// would read, and leaves the rest of it alone.
    ///
    /// # Errors
    /// The faults in these settings, or that the file can't be read at all.
    pub(crate) fn load(explicit: Option<&Path>, environment: &Environment) -> Result<Self, ConfigFaults> {
        read::access(explicit, environment)
    }
}

/// Where simulated networks are that the configuration names.
#[derive(Debug)]
pub(crate) struct Networks {
    /// By the name of the carrier that is on it.
    pub(super) of_carriers: BTreeMap<String, BaseUrl>,
    /// One's own numbers, each with the name of its carrier.
    pub(super) numbers: BTreeMap<String, String>,
}

impl Networks {
    /// Reads what [`Config::load`](super::Config::load) would read, and leaves the rest of it alone.
    ///
    /// # Errors
    /// The faults in these settings, or that the file can't be read at all.
    pub(crate) fn load(explicit: Option<&Path>, environment: &Environment) -> Result<Self, ConfigFaults> {
        read::networks(explicit, environment)
    }

    /// The network that this number is on, or else the first. `None` where no carrier is simulated.
    pub(crate) fn with(&self, number: &str) -> Option<&BaseUrl> {
        let on = self.numbers.get(number).and_then(|carrier| self.of_carriers.get(carrier));
        on.or_else(|| self.of_carriers.values().next())
    }
}
