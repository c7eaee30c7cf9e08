//! What is wrong with a configuration, each fault with its place, and all of them at once.

use std::fmt;
use std::sync::Arc;

/// Where a key or a value was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// Nowhere: it is the built-in default.
    Default,
    /// A whole file, where no line can be named: it could not be read.
    File(Arc<str>),
    /// A place in a file, both counted from 1, the column in characters.
    Line {
        /// The file's path as it is shown to people.
        file: Arc<str>,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A variable of the environment, by its name.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built-in default"),
            Self::File(file) => f.write_str(file),
            Self::Line { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong, in words that name the key and the way out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// Where.
    pub(crate) origin: Origin,
    /// What, and what to do about it. Holds no secret.
    pub(crate) message: String,
}

impl Fault {
    /// Says what is wrong at `origin`.
    pub(super) fn new(origin: &Origin, message: impl Into<String>) -> Self {
        Self { origin: origin.clone(), message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.message)
    }
}

/// Every fault of a configuration, in the order of the file, those of the environment last. Never
/// empty.
#[derive(Debug)]
pub(crate) struct ConfigFaults(Vec<Fault>);

impl ConfigFaults {
    /// Puts the faults in order. `None` if there are none.
    pub(super) fn of(mut faults: Vec<Fault>) -> Option<Self> {
        faults.sort();
        faults.dedup();
        (!faults.is_empty()).then_some(Self(faults))
    }

    /// The faults, one by one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// That there are some, and how many.
    pub(crate) fn summary(&self) -> String {
        let n_faults = self.0.len();
        let noun = if n_faults == 1 { "fault" } else { "faults" };
        format!("cannot use the configuration: {n_faults} {noun}")
    }
}

impl From<Fault> for ConfigFaults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl fmt::Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        for fault in &self.0 {
            write!(f, "\n  {fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigFaults {}
