//! A configuration that is read anew while another is in force: what differs, and what of that can be
//! taken over by a process that runs.

use std::collections::BTreeSet;

use super::environment::Environment;
use super::faults::ConfigFaults;
use super::print::changed;
use super::{Config, Loaded, Source};

/// What another configuration brings to a running gateway.
#[derive(Debug)]
pub(crate) struct Renewal {
    /// The configuration to take: as it is written, save what needs a restart.
    pub(crate) config: Config,
    /// The full names of the settings that differ and can be taken over.
    pub(crate) changed: BTreeSet<String>,
    /// The full names of those that can't be without a restart.
    pub(crate) needs_restart: BTreeSet<String>,
}

impl Renewal {
    /// Reads the configuration anew, from where it was read before: a file that is gone is a fault,
    /// and no reason to go on with the built-in default.
    ///
    /// # Errors
    /// All its faults, as at a start.
    pub(crate) fn read(
        source: &Source,
        in_force: &Config,
        environment: &Environment,
    ) -> Result<Renewal, ConfigFaults> {
        let file = match source {
            Source::BuiltIn => None,
            Source::File(path) => Some(path.as_path()),
        };
        let Loaded { mut config, .. } = Config::load(file, environment)?;
        let (needs_restart, changed) =
            changed(in_force, &config).into_iter().partition(|name| NEED_RESTART.contains(&name.as_str()));
        config.listen = in_force.listen;
        config.public_url.clone_from(&in_force.public_url);
        config.installation.clone_from(&in_force.installation);
        config.log.clone_from(&in_force.log);
        config.otlp_endpoint.clone_from(&in_force.otlp_endpoint);
        config.store = in_force.store.clone();
        Ok(Renewal { config, changed, needs_restart })
    }

    /// Whether something in this table changed.
    pub(crate) fn touches(&self, table: &str) -> bool {
        self.changed.iter().any(|name| name.split('.').next() == Some(table))
    }
}

/// What the process has taken hold of, and what carriers were told of calls that live: the webhooks of
/// such a call go to the address, are signed for the address, and carry the installation, of the time
/// when it was placed.
const NEED_RESTART: [&str; 6] =
    ["listen", "public_url", "installation", "log", "store.url", "telemetry.otlp_endpoint"];
