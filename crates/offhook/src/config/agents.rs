//! Reads the agents: who talks on a line from when it is open.

use std::path::Path;

use call::call::{Agent, Does, Speaks};
use carrier::{ADDRESS_MAX, address_fits, say_fits};

use super::read::secret;
use super::section::{Rejected, Section};
use super::settings::ConfiguredAgent;
use super::suggest;
use super::tree::Node;
use super::values;

/// Reads one agent.
pub(super) fn agent(name: &str, section: &mut Section<'_, '_>, folder: &Path) -> Option<ConfiguredAgent> {
    // Without a kind nobody can say which keys are right.
    let kind = section.required("kind", "\"say\"", |node| values::word(node, &KINDS))?;
    let does = match kind {
        Kind::Say => say(section),
        Kind::Stream => stream(section),
        Kind::Relay => {
            let url = section.required("url", "\"wss://bot.example.com/relay\"", program);
            url.map(|url| Does::Relay { url })
        }
    };
    let has_program = matches!(kind, Kind::Stream | Kind::Relay);
    let apology = has_program
        .then(|| section.optional("apology", values::spoken).unwrap_or_else(|| APOLOGY.to_owned()));
    let auth_token = has_program.then(|| secret(section, "auth_token", folder)).flatten();
    section.finish();
    Some(ConfiguredAgent { agent: Agent { name: name.to_owned(), does: does?, apology }, auth_token })
}

/// Whether this is the name of an agent; if not, what to say of it.
pub(super) fn known(node: &Node, agents: &[&str]) -> Result<String, Rejected> {
    let name = values::text(node)?;
    if agents.contains(&name.as_str()) {
        return Ok(name);
    }
    let way_out = match agents {
        [] => "add it under [agents]".to_owned(),
        _ => suggest::way_out(&name, agents.iter().copied()),
    };
    Err(format!("is {name:?}, which is no configured agent; {way_out}").into())
}

fn say(section: &mut Section<'_, '_>) -> Option<Does> {
    let text = section.required("text", "\"Your order is ready.\"", values::spoken);
    let again = section.optional("again", values::spoken);
    let (text, again) = (text?, again);
    if again.as_ref().is_some_and(|again| !say_fits(&format!("{text} {again}"))) {
        section.wrong("`text` and `again` are too long together; shorten one".to_owned());
    }
    Some(Does::Say { text, again })
}

fn stream(section: &mut Section<'_, '_>) -> Option<Does> {
    let url = section.required("url", "\"wss://bot.example.com/talk\"", program);
    let speaks = section.optional("speaks", |node| values::word(node, &LANGUAGES));
    Some(Does::Stream { url: url?, speaks: speaks.unwrap_or(Speaks::Twilio) })
}

/// Where a program listens.
fn program(node: &Node) -> Result<String, Rejected> {
    let url = values::text(node)?;
    if address_fits(&url, &["wss", "ws"]) {
        return Ok(url);
    }
    let why = format!("is no address of a program; write wss://HOST/PATH, at most {ADDRESS_MAX} characters");
    Err(why.into())
}

/// What an agent's `kind` may be.
#[derive(Clone, Copy)]
enum Kind {
    Say,
    Stream,
    Relay,
}

const KINDS: [(&str, Kind); 3] = [("say", Kind::Say), ("stream", Kind::Stream), ("relay", Kind::Relay)];

/// What a program may speak.
pub(super) const LANGUAGES: [(&str, Speaks); 2] = [("twilio", Speaks::Twilio), ("carrier", Speaks::Carrier)];

/// The default of `apology`.
const APOLOGY: &str = "Sorry, I can't talk right now. Please try again later. Goodbye.";
