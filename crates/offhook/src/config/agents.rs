//! Reads the agents: who talks on a line from when it is open.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use agent::model::Model;
use agent::realtime::{Settings, Turns};
use call::PhoneNumber;
use call::call::{Agent, Does, Speaks};
use call::dialogue::Silence;
use carrier::{ADDRESS_MAX, address_fits, say_fits};
use engine::ModelSettings;

use super::durations::{duration, show_duration};
use super::mcp;
use super::models;
use super::read::secret;
use super::recording::record;
use super::section::{Rejected, Section};
use super::settings::{ConfiguredAgent, ConfiguredRealtime, ConfiguredTool};
use super::speech;
use super::suggest;
use super::tools;
use super::tree::Node;
use super::values;
use super::voicemail::{on_machine, voicemail};

/// What an agent is read among.
pub(super) struct Around<'a> {
    pub(super) voices: &'a speech::Known<'a>,
    /// The names of the models that may be asked where its own doesn't reply.
    pub(super) spares: &'a [&'a str],
    /// Where paths begin.
    pub(super) folder: &'a Path,
    /// Whether something is said where a call is recorded.
    pub(super) is_announced: bool,
}

/// Reads one agent.
pub(super) fn agent(
    name: &str,
    section: &mut Section<'_, '_>,
    around: &Around<'_>,
) -> Option<ConfiguredAgent> {
    let Around { voices, spares, folder, is_announced } = *around;
    if name.trim().is_empty() {
        section.wrong("an agent needs a name; write [agents.NAME]".to_owned());
    }
    // Without a kind nobody can say which keys are right.
    let kind = section.required("kind", "\"say\"", |node| values::word(node, &KINDS))?;
    let (mut model, mut realtime, mut tools, mut mcp) = (None, None, BTreeMap::new(), BTreeMap::new());
    let voicemail = voicemail(section);
    let sound =
        if matches!(kind, Kind::Llm) { speech::sound(section, voices, voicemail.as_ref()) } else { None };
    let machine = on_machine(section, voicemail.as_ref(), sound.is_some());
    let spares = if matches!(kind, Kind::Llm) { models::spares(section, spares) } else { Vec::new() };
    if matches!(kind, Kind::Llm | Kind::Realtime) {
        tools = tools::tools(section, folder);
        mcp = mcp::servers(section, folder);
    }
    let does = match kind {
        Kind::Say => say(section),
        Kind::Stream => stream(section),
        Kind::Llm => llm(section, &tools, sound.is_some(), &mut model),
        Kind::Realtime => self::realtime(section, &tools, &mut realtime),
        Kind::Echo => Some(Does::Echo),
        Kind::Relay => {
            let url = section.required("url", "\"wss://bot.example.com/relay\"", program);
            url.map(|url| Does::Relay { url })
        }
    };
    let apologises = !matches!(kind, Kind::Say);
    let apology =
        apologises.then(|| section.optional("apology", values::spoken).unwrap_or_else(|| APOLOGY.to_owned()));
    let token = match kind {
        Kind::Say | Kind::Echo => None,
        Kind::Stream | Kind::Relay => secret(section, "auth_token", folder),
        Kind::Llm | Kind::Realtime => secret(section, "api_key", folder),
    };
    let gap = (matches!(kind, Kind::Stream | Kind::Realtime | Kind::Echo) || sound.is_some())
        .then(|| section.optional("gap", values::spoken).unwrap_or_else(|| GAP.to_owned()));
    let record = record(section, is_announced, None, true);
    section.finish();
    let agent = Agent { name: name.to_owned(), does: does?, gap, apology, machine };
    Some(ConfiguredAgent { agent, record, token, model, spares, sound, realtime, tools, mcp })
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

fn llm(
    section: &mut Section<'_, '_>,
    tools: &Tools,
    by_sound: bool,
    settings: &mut Option<ModelSettings>,
) -> Option<Does> {
    let base_url = models::base_url(section).as_str().to_owned();
    let model = model(section, "\"gpt-5-mini\"", values::text, tools);
    let reply_within = section.optional("reply_within", |node| duration(node, REPLIES));
    let fallback = section.optional("fallback", values::spoken);
    let silence = silence(section);
    let model = model?;
    let name = model.name.clone();
    let sound = by_sound.then(|| base_url.clone());
    *settings = Some(ModelSettings {
        base_url,
        model,
        reply_within: reply_within.unwrap_or(REPLY_WITHIN),
        fallback: fallback.unwrap_or_else(|| FALLBACK.to_owned()),
        silence,
    });
    Some(Does::Llm { model: name, sound })
}

/// What is said into a silence.
fn silence(section: &mut Section<'_, '_>) -> Silence {
    let after = section.optional("silent_after", |node| match duration(node, SILENCES) {
        Ok(after) if !after.is_zero() && after < SILENCE_MIN => {
            Err(format!("is less than {}; give 0s for never", show_duration(SILENCE_MIN)).into())
        }
        read => read,
    });
    let text = section.optional("still_there", values::spoken);
    Silence {
        after: after.unwrap_or(SILENT_AFTER),
        text: text.unwrap_or_else(|| STILL_THERE.to_owned()),
        n_max: SPOKEN_TO_MAX,
    }
}

fn realtime(
    section: &mut Section<'_, '_>,
    tools: &Tools,
    realtime: &mut Option<ConfiguredRealtime>,
) -> Option<Does> {
    let base_url = models::base_url(section).as_str().to_owned();
    let model = model(section, "\"gpt-realtime\"", named, tools);
    let voice = section.optional("voice", values::text);
    let transcriber = section.optional("transcriber", values::text);
    let turns = section.optional("turns", |node| values::word(node, &TURNS));
    let silence = silence(section);
    let model = model?;
    // An address of http is one of ws, and https of wss.
    let sockets = base_url.strip_prefix("http").unwrap_or(&base_url);
    let url = format!("ws{}/realtime?model={}", sockets.trim_end_matches('/'), model.name);
    let settings = Settings {
        model,
        voice,
        transcriber: transcriber.unwrap_or_else(|| TRANSCRIBER.to_owned()),
        turns: turns.unwrap_or_default(),
        silence,
    };
    *realtime = Some(ConfiguredRealtime { base_url, settings });
    Some(Does::Realtime { url })
}

fn model(
    section: &mut Section<'_, '_>,
    example: &str,
    name: fn(&Node) -> Result<String, Rejected>,
    tools: &Tools,
) -> Option<Model> {
    let name = section.required("model", example, name);
    let prompt = section.required("prompt", "\"You answer the telephone of …\"", values::text);
    let transfers = section.section("transfers", |names| names.each(number));
    Some(Model { name: name?, prompt: prompt?, transfers, tools: tools::known_to_model(tools) })
}

/// A model's name that can stand in an address.
fn named(node: &Node) -> Result<String, Rejected> {
    let name = values::text(node)?;
    if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
        return Ok(name);
    }
    Err(format!("is {name:?}, which stands in an address; write letters, digits, - and .").into())
}

fn number(node: &Node) -> Result<PhoneNumber, Rejected> {
    values::text(node)?.parse().map_err(|error: call::number::NumberError| Rejected::from(error.to_string()))
}

/// Where a program listens.
fn program(node: &Node) -> Result<String, Rejected> {
    let url = values::text(node)?;
    if url.parse::<http::Uri>().is_ok_and(|url| url.authority().is_some_and(|at| at.as_str().contains('@'))) {
        return Err("holds a user or a password; a secret has a setting of its own".into());
    }
    if address_fits(&url, &["wss", "ws"]) {
        return Ok(url);
    }
    let why = format!("is no address of a program; write wss://HOST/PATH, at most {ADDRESS_MAX} characters");
    Err(why.into())
}

type Tools = BTreeMap<String, ConfiguredTool>;

/// What an agent's `kind` may be.
#[derive(Clone, Copy)]
enum Kind {
    Say,
    Stream,
    Relay,
    Llm,
    Realtime,
    Echo,
}

const KINDS: [(&str, Kind); 6] = [
    ("say", Kind::Say),
    ("stream", Kind::Stream),
    ("relay", Kind::Relay),
    ("llm", Kind::Llm),
    ("realtime", Kind::Realtime),
    ("echo", Kind::Echo),
];

/// What `turns` may be.
pub(super) const TURNS: [(&str, Turns); 2] = [("silence", Turns::Silence), ("meaning", Turns::Meaning)];
/// The default of `transcriber`.
const TRANSCRIBER: &str = "gpt-4o-mini-transcribe";

/// What a program may speak.
pub(super) const LANGUAGES: [(&str, Speaks); 2] = [("twilio", Speaks::Twilio), ("carrier", Speaks::Carrier)];

/// What `reply_within` may be, and its default.
const REPLIES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(60);
const REPLY_WITHIN: Duration = Duration::from_secs(10);
/// What `silent_after` may be, beside never, and its default. A carrier listens for a minute at most.
const SILENCES: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(50);
const SILENCE_MIN: Duration = Duration::from_secs(3);
const SILENT_AFTER: Duration = Duration::from_secs(20);
/// The default of `still_there`, and how often it is said.
const STILL_THERE: &str = "Are you still there?";
const SPOKEN_TO_MAX: u32 = 2;
/// The default of `fallback`.
const FALLBACK: &str = "Sorry, could you say that again?";
/// The default of `gap`.
const GAP: &str = "One moment, please. I lost you for a second.";
/// The default of `apology`.
const APOLOGY: &str = "Sorry, I can't talk right now. Please try again later. Goodbye.";
