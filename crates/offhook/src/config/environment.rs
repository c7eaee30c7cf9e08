//! What the process was started in: its variables and its folder, as a value, so that reading a
//! configuration is a pure matter of what it is given and of the files it names.
//!
//! `OFFHOOK_CALLS__LIVE_MAX` overrides `calls.live_max`: `__` goes one table deeper, and case
//! does not matter.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::faults::Origin;
use super::tree::{Entry, Node, Table, Value};
use engine::crash::{CAN_CRASH, SLOW_VARIABLE, STOP_VARIABLE, VARIABLE};

/// The variables and the working folder of a process.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    variables: BTreeMap<String, String>,
    folder: PathBuf,
}

impl Environment {
    /// The environment of this process. A variable that is not UTF-8 is as good as absent.
    pub(crate) fn of_process() -> Self {
        let pairs = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::new(pairs, std::env::current_dir().unwrap_or_default())
    }

    /// An environment made of `pairs`, with `folder` as the working folder.
    pub(crate) fn new<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
        folder: impl Into<PathBuf>,
    ) -> Self {
        let variables = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, folder: folder.into() }
    }

    /// A variable's value; an empty one counts as unset, as the XDG specification has it and as
    /// compose files write it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The working folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The variables that override settings, with the path of keys that each one names, in lower
    /// case.
    fn overrides(&self) -> impl Iterator<Item = (&str, Vec<String>, &str)> {
        self.variables.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(name, value)| {
            let path = name.to_ascii_lowercase().strip_prefix(PREFIX)?.to_owned();
            let setting =
                !NOT_SETTINGS.contains(&path.as_str()) && !is_service_link(&path) && !is_crash_point(name);
            setting.then(|| (name.as_str(), path.split("__").map(str::to_owned).collect(), value.as_str()))
        })
    }

    /// Lays the overrides over what a file says.
    pub(super) fn lay_over(&self, table: &mut Table) {
        for (name, path, value) in self.overrides() {
            let origin = Origin::Variable(name.to_owned());
            insert(table, &path, &Node { value: Value::Text(value.to_owned()), origin });
        }
    }
}

/// Puts `leaf` at `path`, making the tables on the way; what stands in the way yields.
fn insert(table: &mut Table, path: &[String], leaf: &Node) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let key = table.keys().find(|key| same_name(key, first)).cloned().unwrap_or_else(|| new_name(first));
    if rest.is_empty() {
        table.insert(key, Entry { key: leaf.origin.clone(), node: leaf.clone() });
        return;
    }
    let entry = table.entry(key).or_insert_with(|| Entry::empty_table(&leaf.origin));
    if !matches!(entry.node.value, Value::Table(_)) {
        *entry = Entry::empty_table(&leaf.origin);
    }
    if let Value::Table(inner) = &mut entry.node.value {
        insert(inner, rest, leaf);
    }
}

/// Whether a variable's part means this key. A variable's name can hold neither the `-` of
/// `my-carrier` nor the `+` of a number.
fn same_name(key: &str, part: &str) -> bool {
    key.trim_start_matches('+').replace('-', "_").eq_ignore_ascii_case(part)
}

/// The key that a variable's part makes where there is none yet; digits alone are a number.
fn new_name(part: &str) -> String {
    let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { format!("+{part}") } else { part.to_owned() }
}

/// Whether Kubernetes or Docker put the variable there, as they do for every service, also for
/// one that is called "offhook". Source:
/// <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
fn is_service_link(path: &str) -> bool {
    path == "port"
        || path == "name"
        || ["port_", "service_host", "service_port", "env_"].iter().any(|head| path.starts_with(head))
}

/// Whether it arms a crash point, in a build that has any.
fn is_crash_point(name: &str) -> bool {
    CAN_CRASH && [VARIABLE, STOP_VARIABLE, SLOW_VARIABLE].contains(&name)
}

const PREFIX: &str = "offhook_";

/// Variables that the command line reads itself.
const NOT_SETTINGS: [&str; 2] = ["config", "url"];
