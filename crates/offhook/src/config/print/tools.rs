//! Prints the tools that a model's owner gives it.

use super::super::section::quoted;
use super::super::settings::{ConfiguredTool, ConfiguredToolServer, Parameter, Place};
use super::super::tools::STRING;
use super::{Page, duration, list, secret, text};
use std::collections::BTreeMap;

pub(super) fn print(
    page: &mut Page<'_>,
    agent: &str,
    tools: &BTreeMap<String, ConfiguredTool>,
    servers: &BTreeMap<String, ConfiguredToolServer>,
) {
    print_tools(page, agent, tools);
    for (name, ConfiguredToolServer { place, only, timeout }) in servers {
        page.section(&format!("agents.{}.mcp.{}", quoted(agent), quoted(name)));
        match place {
            Place::Url(url, token) => {
                page.set("url", text(url.as_str()));
                page.set_if("token", token.as_ref().map(secret));
            }
            Place::Command(words) => page.set("command", list(words.iter().map(String::as_str))),
        }
        let only = only.as_ref().map(|only| list(only.iter().map(String::as_str)));
        page.set_if("only", only);
        page.set("timeout", duration(*timeout));
    }
}

fn print_tools(page: &mut Page<'_>, agent: &str, tools: &BTreeMap<String, ConfiguredTool>) {
    for (name, tool) in tools {
        let ConfiguredTool { description, parameters, url, token, timeout } = tool;
        let section = format!("agents.{}.tools.{}", quoted(agent), quoted(name));
        page.section(&section);
        page.set("description", text(description));
        page.set("url", text(url.as_str()));
        page.set_if("token", token.as_ref().map(secret));
        page.set("timeout", duration(*timeout));
        if !parameters.is_empty() {
            page.section(&format!("{section}.parameters"));
        }
        for (name, Parameter { description, kind, optional }) in parameters {
            let whole = format!(
                "{{ description = {}, type = {}, optional = {optional} }}",
                text(description),
                text(kind)
            );
            let is_plain = *kind == STRING && !optional;
            page.set(&quoted(name), if is_plain { text(description) } else { whole });
        }
    }
}
