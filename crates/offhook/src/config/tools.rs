//! Reads the tools that a model is given by its owner.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use agent::model::{OwnTool, is_free};
use serde_json::{Map, Value as Json, json};

use super::durations::duration;
use super::read::secret;
use super::section::{Rejected, Section};
use super::settings::{ConfiguredTool, Parameter};
use super::tree::{Node, Value};
use super::values;

/// Reads the tools of one agent.
pub(super) fn tools(section: &mut Section<'_, '_>, folder: &Path) -> BTreeMap<String, ConfiguredTool> {
    section.sections("tools", |name, section| tool(name, section, folder))
}

fn tool(name: &str, section: &mut Section<'_, '_>, folder: &Path) -> Option<ConfiguredTool> {
    if !is_free(name) {
        let why = "cannot be the name of a tool; use 1 to 64 letters, digits, - and _, and none of \
            end_call, press_keys and transfer_call";
        section.wrong(format!("{name:?} {why}"));
    }
    let description = section.required("description", "\"Finds a guest's booking by name.\"", values::text);
    let url = section.required("url", "\"https://hotel.example.com/find\"", values::base_url);
    let parameters = section.section("parameters", |names| names.each(parameter));
    let token = secret(section, "token", folder);
    let timeout = section.optional("timeout", |node| duration(node, TIMEOUTS)).unwrap_or(TIMEOUT);
    section.finish();
    Some(ConfiguredTool { description: description?, parameters, url: url?, token, timeout })
}

/// A text that says what it is, or a table that says more.
fn parameter(node: &Node) -> Result<Parameter, Rejected> {
    let Value::Table(table) = &node.value else {
        return Ok(Parameter { description: values::text(node)?, kind: STRING, optional: false });
    };
    let (mut description, mut kind, mut optional) = (None, STRING, false);
    for (key, entry) in table {
        let within = |rejected: Rejected| rejected.within(key, &entry.node.origin);
        match key.as_str() {
            "description" => description = Some(values::text(&entry.node).map_err(within)?),
            "type" => kind = values::word(&entry.node, &TYPES).map_err(within)?,
            "optional" => optional = values::boolean(&entry.node).map_err(within)?,
            _ => {
                let why = format!("has the key `{key}`; known here: `description`, `type`, `optional`");
                return Err(Rejected::at(&entry.key, why));
            }
        }
    }
    let description = description.ok_or("has no description; the model must know what it is")?;
    Ok(Parameter { description, kind, optional })
}

/// The tools as the model is told of them.
pub(super) fn known_to_model(tools: &BTreeMap<String, ConfiguredTool>) -> BTreeMap<String, OwnTool> {
    let known = |(name, tool): (&String, &ConfiguredTool)| {
        let description = tool.description.clone();
        (name.clone(), OwnTool { description, parameters: schema(&tool.parameters) })
    };
    tools.iter().map(known).collect()
}

fn schema(parameters: &BTreeMap<String, Parameter>) -> Json {
    let property = |(name, one): (&String, &Parameter)| {
        (name.clone(), json!({ "type": one.kind, "description": one.description }))
    };
    let properties: Map<String, Json> = parameters.iter().map(property).collect();
    let needed: Vec<&String> =
        parameters.iter().filter(|(_, one)| !one.optional).map(|(name, _)| name).collect();
    json!({ "type": "object", "properties": properties, "required": needed, "additionalProperties": false })
}

pub(super) const STRING: &str = "string";
/// Of which sort a parameter may be.
const TYPES: [(&str, &str); 4] =
    [(STRING, STRING), ("number", "number"), ("integer", "integer"), ("boolean", "boolean")];
/// What `timeout` may be, and its default.
pub(super) const TIMEOUTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
