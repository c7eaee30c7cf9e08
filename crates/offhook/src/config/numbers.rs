//! Reads one's own numbers: which carriers they are with, and who may call them.

use std::collections::BTreeSet;

use call::admission::Callers;

use super::agents;
use super::recording::record;
use super::section::{Rejected, Section, quoted};
use super::settings::{Allowed, Inbound, Number};
use super::suggest;
use super::tree::{Node, Value};
use super::values;

/// The names of all that is configured elsewhere.
pub(super) struct Known<'a> {
    pub(super) carriers: Vec<&'a str>,
    pub(super) agents: Vec<&'a str>,
    /// What is said first where a call is recorded.
    pub(super) announcement: Option<&'a str>,
}

/// Reads one number.
pub(super) fn number(digits: &str, section: &mut Section<'_, '_>, known: &Known<'_>) -> Option<Number> {
    let carriers = known.carriers.as_slice();
    if !values::is_e164(digits) {
        section.wrong(format!(
            "{} is no telephone number; write + and 7 to 15 digits, such as \"+15550100000\"",
            quoted(digits)
        ));
    } else if let Err(error) = digits.parse::<call::PhoneNumber>() {
        section.wrong(error.to_string());
    }
    let example = format!("{:?}", carriers.first().unwrap_or(&"twilio"));
    let carrier = section.required("carrier", &example, |node| {
        let name = values::text(node)?;
        is_carrier(&name, carriers).map_err(|why| format!("is {why}"))?;
        Ok(name)
    });
    let fallback = section.optional("fallback", |node| fallback(node, carrier.as_deref(), carriers));
    let inbound = section.optional("inbound", inbound).unwrap_or_default();
    let greeting = section.optional("greeting", values::spoken);
    let agent = section.optional("agent", |node| agents::known(node, &known.agents));
    let hold = section.optional("hold", values::boolean).unwrap_or(false);
    let words = known.announcement.zip(greeting.as_deref());
    let record = record(section, known.announcement.is_some(), words, agent.is_some() || hold);
    let ring_out = section
        .optional("decline", |node| values::word(node, &[("reject", false), ("ring", true)]))
        .unwrap_or(false);
    section.finish();
    Some(Number {
        carrier: carrier?,
        fallback: fallback.unwrap_or_default(),
        inbound,
        greeting,
        agent,
        hold,
        record,
        ring_out,
    })
}

/// Whether this is the name of a carrier; if not, what to say of it.
fn is_carrier(name: &str, carriers: &[&str]) -> Result<(), String> {
    if carriers.contains(&name) {
        return Ok(());
    }
    let way_out = suggest::way_out(name, carriers.iter().copied());
    Err(format!("{name:?}, which is no configured carrier; {way_out}"))
}

/// Carriers that are asked in this order after the first one, each once.
fn fallback(node: &Node, first: Option<&str>, carriers: &[&str]) -> Result<Vec<String>, Rejected> {
    let mut asked: BTreeSet<&str> = first.into_iter().collect();
    let mut names = Vec::new();
    for (name, at) in values::texts(node, "[\"backup\"]")? {
        is_carrier(name, carriers).map_err(|why| Rejected::at(at, format!("has {why}")))?;
        if !asked.insert(name) {
            let why = format!("has {name:?}, which was asked before; name each carrier once");
            return Err(Rejected::at(at, why));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// Whose calls are answered: `"deny"`, `"open"`, or a list of numbers and their beginnings.
fn inbound(node: &Node) -> Result<Inbound, Rejected> {
    let written = match &node.value {
        Value::Text(text) if values::is_variable(node) && text.trim_start().starts_with('+') => {
            values::texts(node, CALLERS)?
        }
        Value::Text(text) if text.starts_with('+') => {
            return Err(format!("is one number; write a list: [{text:?}]").into());
        }
        Value::Text(_) => {
            return values::word(node, &[("deny", Inbound::Deny), ("open", Inbound::Open)]);
        }
        Value::List(_) => values::texts(node, CALLERS)?,
        _ => {
            let found = values::found(node);
            return Err(format!("must be \"deny\", \"open\" or a list such as {CALLERS}, not {found}").into());
        }
    };
    if written.is_empty() {
        return Err("is empty; write \"deny\" to reject every call".into());
    }
    for (entry, at) in &written {
        // Alone, so that it is told which one names nobody.
        Callers::read([entry]).map_err(|_| {
            let way_out = "write a number like \"+12025550143\", or the beginning of one with a star, \
                like \"+4420*\"";
            Rejected::at(at, format!("has {entry:?}, which names no callers; {way_out}"))
        })?;
    }
    let written: Vec<String> = written.into_iter().map(|(entry, _)| entry.to_owned()).collect();
    let callers = Callers::read(&written).map_err(|error| error.to_string())?;
    Ok(Inbound::Allow(Allowed { written, callers }))
}

const CALLERS: &str = "[\"+12025550143\", \"+4420*\"]";
