//! A TOML document as a tree in which every key and every value remembers where it was written.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::faults::{ConfigFaults, Fault, Origin};

/// A table's entries by their keys.
pub(super) type Table = BTreeMap<String, Entry>;

/// One key with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where the key stands.
    pub(super) key: Origin,
    pub(super) node: Node,
}

impl Entry {
    /// A table with nothing in it yet.
    pub(super) fn empty_table(origin: &Origin) -> Self {
        Self { key: origin.clone(), node: Node { value: Value::Table(Table::new()), origin: origin.clone() } }
    }
}

/// One value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
}

/// What may be written on the right of a `=`.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    /// Saturated where TOML allows more digits than 128 bits hold; no setting comes near.
    Integer(i128),
    Float(f64),
    Boolean(bool),
    Date,
    List(Vec<Node>),
    Table(Table),
}

impl Value {
    /// What it is, for a sentence that says what was expected in its place.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float(_) => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// Reads a TOML document.
///
/// # Errors
/// All that is wrong with its grammar; nothing else is said of such a file, since half a document
/// would only seem to lack keys.
pub(super) fn parse(file: &str, text: &str) -> Result<Table, ConfigFaults> {
    let places = Places::new(file, text);
    let (document, errors) = DeTable::parse_recoverable(text);
    let fault = |error: &toml::de::Error| {
        let origin = places.of(error.span().unwrap_or_default());
        Fault::new(&origin, format!("not TOML: {}; see https://toml.io", error.message()))
    };
    match ConfigFaults::of(errors.iter().take(SYNTAX_FAULTS_MAX).map(fault).collect()) {
        None => Ok(places.table(document.get_ref())),
        Some(faults) => Err(faults),
    }
}

/// Finds lines and columns.
struct Places<'a> {
    file: Arc<str>,
    text: &'a str,
    /// The byte at which each line begins.
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(file: &str, text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { file: file.into(), text, lines: std::iter::once(0).chain(ends).collect() }
    }

    fn of(&self, span: Range<usize>) -> Origin {
        let line = self.lines.partition_point(|begin| *begin <= span.start);
        let before = self.text.get(self.lines[line - 1]..span.start).unwrap_or_default();
        Origin::Line { file: Arc::clone(&self.file), line, column: before.chars().count() + 1 }
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            (name.to_string(), Entry { key: self.of(key.span()), node: self.node(value) })
        };
        table.iter().map(entry).collect()
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        let origin = self.of(value.span());
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(digits) => Value::Integer(integer(digits)),
            DeValue::Float(digits) => Value::Float(digits.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(flag) => Value::Boolean(*flag),
            DeValue::Datetime(_) => Value::Date,
            DeValue::Array(values) => Value::List(values.iter().map(|value| self.node(value)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { value, origin }
    }
}

fn integer(digits: &DeInteger<'_>) -> i128 {
    i128::from_str_radix(digits.as_str(), digits.radix()).unwrap_or(i128::MAX)
}

/// One slip often makes the parser stumble several times; more than this helps nobody.
const SYNTAX_FAULTS_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use super::{Value, parse};

    #[test]
    fn every_key_and_value_knows_its_line_and_column() {
        let text = "listen = \"x\"\n[calls]\n  live_max = 3\n\
            [numbers.\"+49é1\"] # é\ngreeting = \"ö\" # c\n";
        let tree = parse("f", text).expect("is TOML");
        let Value::Table(calls) = &tree["calls"].node.value else { panic!("calls is a table") };
        let Value::Table(numbers) = &tree["numbers"].node.value else { panic!("numbers is a table") };
        let places = [
            (&tree["listen"].key, "f:1:1"),
            (&tree["listen"].node.origin, "f:1:10"),
            (&tree["calls"].key, "f:2:2"),
            (&calls["live_max"].key, "f:3:3"),
            (&calls["live_max"].node.origin, "f:3:14"),
            (&numbers["+49é1"].key, "f:4:10"),
        ];
        for (origin, expected) in places {
            assert_eq!(origin.to_string(), expected);
        }
    }
}
