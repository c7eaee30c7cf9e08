//! Where the configuration file is looked for, and where things are kept unless the owner says.
//!
//! Source: the XDG Base Directory Specification 0.8,
//! <https://specifications.freedesktop.org/basedir-spec/latest/>.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::faults::{Fault, Origin};
use super::settings::StoreUrl;

/// A configuration file that was read.
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    /// The path as people see it in faults.
    pub(super) shown: String,
    pub(super) text: String,
}

/// Reads the file that `explicit` names, or else the first that is there. `None` if none is.
///
/// # Errors
/// A file that is there, or was asked for by name, can't be read.
pub(super) fn find(explicit: Option<&Path>, environment: &Environment) -> Result<Option<ConfigFile>, Fault> {
    if let Some(path) = explicit {
        let way_out = "name another one, or leave out --config (OFFHOOK_CONFIG)";
        return match read(path, environment)? {
            Some(file) => Ok(Some(file)),
            None => Err(unreadable(path, "there is no such file", way_out)),
        };
    }
    if let Some(file) = read(Path::new(FILE_NAME), environment)? {
        return Ok(Some(file));
    }
    match base_folder(environment, "XDG_CONFIG_HOME", ".config") {
        Some(folder) => read(&folder.join("offhook").join(FILE_NAME), environment),
        None => Ok(None),
    }
}

/// The store of one who names none. `None` if the user has no home.
pub(super) fn default_store(environment: &Environment) -> Option<StoreUrl> {
    let folder = base_folder(environment, "XDG_STATE_HOME", ".local/state")?;
    Some(StoreUrl::Sqlite(folder.join("offhook").join("offhook.db")))
}

/// The user's home folder.
pub(super) fn home(environment: &Environment) -> Option<PathBuf> {
    environment.get("HOME").map(PathBuf::from)
}

/// One of the specification's folders; a relative path in its variable is invalid and ignored.
fn base_folder(environment: &Environment, variable: &str, under_home: &str) -> Option<PathBuf> {
    let named = environment.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| Some(home(environment)?.join(under_home)))
}

fn read(path: &Path, environment: &Environment) -> Result<Option<ConfigFile>, Fault> {
    let whole = environment.folder().join(path);
    match std::fs::read_to_string(&whole) {
        Ok(text) => Ok(Some(ConfigFile { path: whole, shown: path.display().to_string(), text })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error.to_string(), "make it a readable text file")),
    }
}

fn unreadable(path: &Path, why: &str, way_out: &str) -> Fault {
    Fault::new(&Origin::File(path.display().to_string().into()), format!("cannot read it: {why}; {way_out}"))
}

const FILE_NAME: &str = "offhook.toml";
