//! The configuration: one TOML file, overridden by the environment, and checked whole before
//! anything starts.
//!
//! A file is read into a [`tree`] in which every key and value knows where it was written, the
//! environment is laid over it, and [`read`] turns it into the plain structs of [`settings`]. Every
//! fault is collected on the way, so that a person mends a file once.

mod access;
mod agents;
mod carriers;
mod countries;
mod default_file;
mod dial;
mod document;
mod durations;
mod environment;
mod faults;
mod mcp;
mod models;
mod notices;
mod numbers;
mod places;
mod print;
mod privacy;
mod read;
mod recording;
mod renewal;
mod secrets;
mod section;
pub(crate) mod settings;
pub(crate) mod single;
mod speech;
mod suggest;
mod telemetry;
mod tools;
mod tree;
mod values;
mod voicemail;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(crate) use self::access::{Access, Networks};
pub(crate) use self::default_file::DEFAULT_FILE;
pub(crate) use self::durations::parse_duration;
pub(crate) use self::environment::Environment;
pub(crate) use self::faults::{ConfigFaults, Origin};
pub(crate) use self::print::print_in_force;
pub(crate) use self::renewal::Renewal;
pub(crate) use self::section::quoted;
pub(crate) use self::settings::Config;

/// A configuration that was read and found without fault.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What is in force.
    pub(crate) config: Config,
    /// The file it was read from, if there was one.
    pub(crate) source: Source,
    origins: BTreeMap<String, Origin>,
}

/// Where a configuration began; the environment may have changed it since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// No file was found anywhere: the gateway runs on the simulated network.
    BuiltIn,
    /// This file.
    File(PathBuf),
}

impl Config {
    /// Reads the configuration in force: `explicit`, or else the first of `./offhook.toml` and
    /// `offhook/offhook.toml` in the user's configuration folder, or else the built-in default;
    /// then the environment over it.
    ///
    /// # Errors
    /// Every fault that was found, each with its place and the way out. Nothing may start on it.
    pub(crate) fn load(explicit: Option<&Path>, environment: &Environment) -> Result<Loaded, ConfigFaults> {
        read::load(explicit, environment)
    }

    /// Which file [`load`](Self::load) would read, whether its settings are right or not.
    ///
    /// # Errors
    /// It can't be read, or is no TOML.
    pub(crate) fn source(explicit: Option<&Path>, environment: &Environment) -> Result<Source, ConfigFaults> {
        read::source(explicit, environment)
    }
}

#[cfg(test)]
mod tests;
