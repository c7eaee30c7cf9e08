//! Reads the servers of tools that a model has, which speak MCP.

use std::collections::BTreeMap;
use std::path::Path;

use super::durations::duration;
use super::read::secret;
use super::section::{Rejected, Section};
use super::settings::{ConfiguredToolServer, Place};
use super::tools::{TIMEOUT, TIMEOUTS};
use super::tree::Node;
use super::values;

/// Reads the servers of tools of one agent.
pub(super) fn servers(
    section: &mut Section<'_, '_>,
    folder: &Path,
) -> BTreeMap<String, ConfiguredToolServer> {
    section.sections("mcp", |name, section| server(name, section, folder))
}

fn server(name: &str, section: &mut Section<'_, '_>, folder: &Path) -> Option<ConfiguredToolServer> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(fits) {
        let why = format!("cannot begin the names of tools; use 1 to {NAME_MAX} letters, digits, - and _");
        section.wrong(format!("{name:?} {why}"));
    }
    let url = section.optional("url", values::base_url);
    let command = section.optional("command", values::command);
    let token = secret(section, "token", folder);
    let only = section.optional("only", only);
    let timeout = section.optional("timeout", |node| duration(node, TIMEOUTS)).unwrap_or(TIMEOUT);
    let place = match (section.has("url"), section.has("command")) {
        (true, true) => {
            section.wrong(format!("{name:?} has a url and a command; it is in one place, leave one out"));
            None
        }
        (false, false) => {
            let way_out = "add url = \"https://hotel.example.com/mcp\", or command = [\"hotel-mcp\"]";
            section.wrong(format!("{name:?} is nowhere; {way_out}"));
            None
        }
        (true, false) => url.map(|url| Place::Url(url, token)),
        (false, true) => {
            if section.has("token") {
                let way_out = "leave it out; what a program must know is in its command or its environment";
                section.wrong(format!("{name:?} is a program, and is shown no token; {way_out}"));
            }
            command.map(Place::Command)
        }
    };
    section.finish();
    Some(ConfiguredToolServer { place: place?, only, timeout })
}

fn only(node: &Node) -> Result<Vec<String>, Rejected> {
    let names = values::texts(node, "[\"find_booking\", \"cancel\"]")?;
    match names.iter().find(|(name, _)| name.trim().is_empty()) {
        _ if names.is_empty() => Err("names no tool; leave it out to have all".into()),
        Some((_, origin)) => {
            Err(Rejected::at(origin, "has an empty name; write the server's name of a tool"))
        }
        None => Ok(names.into_iter().map(|(name, _)| name.to_owned()).collect()),
    }
}

/// A name and a tool's are one name of 64 letters at most.
const NAME_MAX: usize = 32;
