//! Reads one table of the tree, key by key, and knows at the end which keys nobody asked for.

use std::collections::BTreeMap;

use super::environment::Environment;
use super::faults::{Fault, Origin};
use super::suggest;
use super::tree::{Entry, Node, Table, Value};

/// What all sections of one configuration share.
pub(super) struct Reader<'a> {
    /// Where secrets that name a variable find it.
    pub(super) environment: &'a Environment,
    /// Every fault so far.
    pub(super) faults: Vec<Fault>,
    /// Where each setting that was found was written, by its full name.
    pub(super) origins: BTreeMap<String, Origin>,
}

impl<'a> Reader<'a> {
    /// Begins with nothing read.
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self { environment, faults: Vec::new(), origins: BTreeMap::new() }
    }
}

/// One table, with the full name by which people know it.
pub(super) struct Section<'s, 'a> {
    reader: &'s mut Reader<'a>,
    /// Empty for the document itself.
    name: String,
    /// Where the table begins; what is missing from it is reported there.
    origin: Origin,
    table: &'s Table,
    known: Vec<&'static str>,
}

/// A value that was not taken, and where, if deeper than the value itself.
pub(super) struct Rejected {
    at: Option<Origin>,
    why: String,
}

impl Rejected {
    /// Rejects a part of the value.
    pub(super) fn at(origin: &Origin, why: impl Into<String>) -> Self {
        Self { at: Some(origin.clone()), why: why.into() }
    }

    /// The same of a part of the value, which has this name and stands there.
    pub(super) fn within(self, name: &str, origin: &Origin) -> Self {
        Self { at: self.at.or_else(|| Some(origin.clone())), why: format!("has a {name} that {}", self.why) }
    }

    /// What is wrong, without its place.
    pub(super) fn into_why(self) -> String {
        self.why
    }
}

impl From<String> for Rejected {
    fn from(why: String) -> Self {
        Self { at: None, why }
    }
}

impl From<&str> for Rejected {
    fn from(why: &str) -> Self {
        Self { at: None, why: why.to_owned() }
    }
}

impl<'s, 'a> Section<'s, 'a> {
    /// The document itself.
    pub(super) fn root(reader: &'s mut Reader<'a>, table: &'s Table, origin: Origin) -> Self {
        Section { reader, name: String::new(), origin, table, known: Vec::new() }
    }

    /// The environment, for values that name a variable.
    pub(super) fn environment(&self) -> &'a Environment {
        self.reader.environment
    }

    /// A setting that may be left out. `None` also where it has a fault, which is then on record.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Node) -> Result<T, Rejected>,
    ) -> Option<T> {
        self.known.push(key);
        let entry = self.table.get(key)?;
        self.take(key, entry, read)
    }

    /// A setting that must be there. `None` where it is missing or has a fault, which is then on
    /// record.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&Node) -> Result<T, Rejected>,
    ) -> Option<T> {
        if !self.table.contains_key(key) {
            let name = self.full_name(key);
            self.fault(&self.origin.clone(), format!("`{name}` is missing; add {key} = {example}"));
        }
        self.optional(key, read)
    }

    /// A table within this one; one that is absent is as good as empty.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_, 'a>) -> T,
    ) -> T {
        self.known.push(key);
        let nothing = Table::new();
        let (table, origin) = match self.table.get(key) {
            None => (&nothing, self.origin.clone()),
            Some(entry) => (self.table_of(key, entry).unwrap_or(&nothing), entry.key.clone()),
        };
        let name = self.full_name(key);
        read(&mut Section { reader: self.reader, name, origin, table, known: Vec::new() })
    }

    /// A table of tables whose names are the owner's. One that `read` gives up on is left out.
    pub(super) fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&str, &mut Section<'_, 'a>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        self.known.push(key);
        let Some(tables) = self.table.get(key).and_then(|entry| self.table_of(key, entry)) else {
            return BTreeMap::new();
        };
        let mut found = BTreeMap::new();
        for (key_within, entry) in tables {
            let name = format!("{}.{}", self.full_name(key), quoted(key_within));
            let Some(table) = self.table_of(&name, entry) else {
                continue;
            };
            let origin = entry.key.clone();
            let mut section = Section { reader: &mut *self.reader, name, origin, table, known: Vec::new() };
            if let Some(value) = read(key_within, &mut section) {
                found.insert(key_within.clone(), value);
            }
        }
        found
    }

    /// Whether a key is there, with a fault or without.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// How many faults are on record, to tell whether more came.
    pub(super) fn n_faults(&self) -> usize {
        self.reader.faults.len()
    }

    /// The names in a table of tables, also of those that have faults.
    pub(super) fn names(&self, key: &str) -> Vec<&'s str> {
        match self.table.get(key).map(|entry| &entry.node.value) {
            Some(Value::Table(tables)) => tables.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Every entry of a table whose keys are the owner's. One that has a fault is left out.
    pub(super) fn each<T>(&mut self, read: impl Fn(&Node) -> Result<T, Rejected>) -> BTreeMap<String, T> {
        let mut found = BTreeMap::new();
        let table = self.table;
        for (key, entry) in table {
            if let Some(value) = self.take(&quoted(key), entry, &read) {
                found.insert(key.clone(), value);
            }
        }
        found
    }

    /// Says that something is wrong with the section as a whole.
    pub(super) fn wrong(&mut self, message: String) {
        self.fault(&self.origin.clone(), message);
    }

    /// Says that a setting elsewhere, by its full name, doesn't go with this section.
    pub(super) fn wrong_elsewhere(&mut self, name: &str, message: String) {
        let origin = self.reader.origins.get(name).unwrap_or(&self.origin).clone();
        self.fault(&origin, message);
    }

    /// Refuses every key that nobody asked for.
    pub(super) fn finish(&mut self) {
        let known = self.known.clone();
        for (key, entry) in self.table.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let way_out = suggest::way_out(key, known.iter().copied());
            let name = self.full_name(&quoted(key));
            self.fault(&entry.key, format!("`{name}` is no setting; {way_out}"));
        }
    }

    fn take<T>(
        &mut self,
        key: &str,
        Entry { node, .. }: &Entry,
        read: impl FnOnce(&Node) -> Result<T, Rejected>,
    ) -> Option<T> {
        let name = self.full_name(key);
        match read(node) {
            Ok(value) => {
                self.reader.origins.insert(name, node.origin.clone());
                Some(value)
            }
            Err(Rejected { at, why }) => {
                self.fault(at.as_ref().unwrap_or(&node.origin), format!("`{name}` {why}"));
                None
            }
        }
    }

    fn table_of(&mut self, key: &str, entry: &'s Entry) -> Option<&'s Table> {
        if let Value::Table(table) = &entry.node.value {
            return Some(table);
        }
        let found = entry.node.value.noun();
        self.fault(&entry.node.origin, format!("`{key}` must be a table, not {found}; write [{key}]"));
        None
    }

    fn fault(&mut self, origin: &Origin, message: String) {
        self.reader.faults.push(Fault::new(origin, message));
    }

    /// A key's name from the top of the document.
    pub(super) fn full_name(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

/// A key as TOML writes it.
pub(crate) fn quoted(key: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { toml::Value::from(key).to_string() }
}
