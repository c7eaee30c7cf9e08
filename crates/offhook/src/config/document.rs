//! What was written, gathered: the file or the built-in default, and the environment over it.

use std::path::{Path, PathBuf};

use super::Source;
use super::environment::Environment;
use super::faults::{ConfigFaults, Origin};
use super::places;
use super::section::{Reader, Section};
use super::tree::{self, Entry, Node, Table, Value};

/// What was written, by file and environment together.
pub(super) struct Document {
    table: Table,
    /// Where a key that is missing from the top is reported.
    origin: Origin,
    /// Where relative paths begin.
    pub(super) folder: PathBuf,
    pub(super) source: Source,
}

impl Document {
    /// Reads the file, and lays the environment over it.
    ///
    /// # Errors
    /// The file can't be read, or is no TOML.
    pub(super) fn gather(explicit: Option<&Path>, environment: &Environment) -> Result<Self, ConfigFaults> {
        let mut document = match places::find(explicit, environment)? {
            None => Self {
                table: Table::new(),
                origin: Origin::Default,
                folder: environment.folder().to_owned(),
                source: Source::BuiltIn,
            },
            Some(file) => Self {
                table: tree::parse(&file.shown, &file.text)?,
                origin: Origin::File(file.shown.into()),
                folder: file.path.parent().unwrap_or(Path::new("")).to_owned(),
                source: Source::File(file.path),
            },
        };
        add_simulated_network(&mut document.table);
        environment.lay_over(&mut document.table);
        Ok(document)
    }

    /// The document as the section that holds all others.
    pub(super) fn root<'s, 'a>(&'s self, reader: &'s mut Reader<'a>) -> Section<'s, 'a> {
        Section::root(reader, &self.table, self.origin.clone())
    }
}

/// One who names no carrier gets the simulated network, and a number on it unless there are
/// numbers.
fn add_simulated_network(table: &mut Table) {
    if is_filled(table, "carriers") {
        return;
    }
    let carrier = built_in("kind", Value::Text("simulated".to_owned()));
    table.insert("carriers".to_owned(), entry(built_in("simulated", carrier)));
    if !is_filled(table, "numbers") {
        let number = built_in("carrier", Value::Text("simulated".to_owned()));
        table.insert("numbers".to_owned(), entry(built_in(SIMULATED_NUMBER, number)));
    }
}

/// Whether a key is there and is no empty table.
fn is_filled(table: &Table, key: &str) -> bool {
    match table.get(key).map(|entry| &entry.node.value) {
        None => false,
        Some(Value::Table(within)) => !within.is_empty(),
        Some(_) => true,
    }
}

/// A table with one entry that nobody wrote.
fn built_in(key: &str, value: Value) -> Value {
    Value::Table(Table::from([(key.to_owned(), entry(value))]))
}

fn entry(value: Value) -> Entry {
    Entry { key: Origin::Default, node: Node { value, origin: Origin::Default } }
}

/// The own number of one who names no carrier.
const SIMULATED_NUMBER: &str = "+15550100000";
