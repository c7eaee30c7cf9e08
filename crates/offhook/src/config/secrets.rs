//! Secrets: written out, in a variable of the environment, or in a file.

use std::path::Path;

use super::environment::Environment;
use super::section::Rejected;
use super::settings::Secret;
use super::tree::{Node, Value};
use super::values::{any_text, path_from};

/// A secret: a string, `{ env = "NAME" }` or `{ file = "PATH" }`.
pub(super) fn secret(node: &Node, folder: &Path, environment: &Environment) -> Result<Secret, Rejected> {
    let table = match &node.value {
        Value::Text(text) if text.trim().is_empty() => return Err("is an empty secret".into()),
        Value::Text(text) => return Ok(Secret::new(text.as_str())),
        Value::Table(table) => table,
        other => {
            return Err(format!("must be a secret, not {}; {SECRET_FORMS}", other.noun()).into());
        }
    };
    let mut entries = table.iter();
    let (Some((key, entry)), None) = (entries.next(), entries.next()) else {
        return Err(format!("must name one place; {SECRET_FORMS}").into());
    };
    let named = any_text(&entry.node, "a string")?;
    match key.as_str() {
        "env" => {
            let unset = || {
                Rejected::at(
                    &entry.node.origin,
                    format!("names the variable {named}, which is not set; set it"),
                )
            };
            environment.get(named).map(Secret::new).ok_or_else(unset)
        }
        "file" => secret_in_file(&path_from(named, &entry.node, folder, environment)?)
            .map_err(|why| Rejected::at(&entry.node.origin, why)),
        _ => Err(Rejected::at(&entry.key, format!("has the key `{key}`; {SECRET_FORMS}"))),
    }
}

fn secret_in_file(path: &Path) -> Result<Secret, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        let way_out = "create it, readable by this user alone";
        format!("names the file {shown}, which cannot be read: {error}; {way_out}")
    })?;
    match text.trim() {
        "" => Err(format!("names the file {shown}, which is empty; write the secret into it")),
        secret => Ok(Secret::new(secret)),
    }
}

const SECRET_FORMS: &str = "write a string, { env = \"NAME\" } or { file = \"PATH\" }";
