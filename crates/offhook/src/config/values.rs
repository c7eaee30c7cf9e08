//! Reads single values: what each may look like, and what to say if it doesn't.
//!
//! From the environment every value comes as text, and a list is split at its commas.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use carrier::{INSTALLATION_MAX, Installation, SAY_MAX};
use url::{Host, Url};

use super::environment::Environment;
use super::faults::Origin;
use super::places;
use super::section::Rejected;
use super::settings::{BaseUrl, StoreUrl};
use super::suggest;
use super::tree::{Node, Value};

/// A text that is not empty.
pub(super) fn text(node: &Node) -> Result<String, Rejected> {
    let text = any_text(node, "a string")?;
    if text.trim().is_empty() {
        return Err("is empty; give it a value or leave it out".into());
    }
    Ok(text.to_owned())
}

/// A text that is said on a line: short enough for every carrier.
pub(super) fn spoken(node: &Node) -> Result<String, Rejected> {
    let text = text(node)?;
    let n_letters = text.chars().count();
    if carrier::say_fits(&text) {
        return Ok(text);
    }
    let why = if n_letters > SAY_MAX { "" } else { ", with & as five and < and > as four" };
    Err(format!("has {n_letters} letters; at most {SAY_MAX} are allowed{why}").into())
}

/// The same, or nothing on purpose.
pub(super) fn spoken_or_nothing(node: &Node) -> Result<String, Rejected> {
    match &node.value {
        Value::Text(text) if text.is_empty() => Ok(String::new()),
        _ => spoken(node),
    }
}

/// `true` or `false`.
pub(super) fn boolean(node: &Node) -> Result<bool, Rejected> {
    match &node.value {
        Value::Boolean(flag) => Ok(*flag),
        Value::Text(text) if is_variable(node) => {
            text.trim().parse().map_err(|_| format!("must be true or false, not {text:?}").into())
        }
        _ => Err(format!("must be true or false, not {}", found(node)).into()),
    }
}

/// A list of strings, each with its place.
pub(super) fn texts<'n>(node: &'n Node, example: &str) -> Result<Vec<(&'n str, &'n Origin)>, Rejected> {
    match &node.value {
        Value::Text(text) if is_variable(node) => {
            Ok(text.split(',').map(|word| (word.trim(), &node.origin)).collect())
        }
        Value::List(nodes) => {
            nodes.iter().map(|node| Ok((any_text(node, "a list of strings")?, &node.origin))).collect()
        }
        _ => Err(format!("must be a list such as {example}, not {}", found(node)).into()),
    }
}

/// A program and its arguments.
pub(super) fn command(node: &Node) -> Result<Vec<String>, Rejected> {
    let words = texts(node, "[\"mail\", \"-s\", \"offhook\", \"you@example.com\"]")?;
    match words.first() {
        Some((program, _)) if !program.trim().is_empty() => {
            Ok(words.into_iter().map(|(word, _)| word.to_owned()).collect())
        }
        _ => Err("names no program; write it first, and then its arguments".into()),
    }
}

/// Whether this is an address to which nobody on the way can read what is sent: `https`, or `http` on
/// this machine.
pub(super) fn is_private(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    match url.scheme() {
        "https" => url.host().is_some(),
        "http" => is_on_this_machine(&url),
        _ => false,
    }
}

fn is_on_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// A whole number within `range`.
pub(super) fn integer(node: &Node, range: RangeInclusive<u32>) -> Result<u32, Rejected> {
    let number = match &node.value {
        Value::Integer(number) => Some(*number),
        Value::Text(text) if is_variable(node) => text.trim().parse().ok(),
        _ => None,
    };
    let Some(number) = number else {
        return Err(format!("must be an integer, not {}", found(node)).into());
    };
    let (least, most) = (range.start(), range.end());
    let taken = u32::try_from(number).ok().filter(|number| range.contains(number));
    taken.ok_or_else(|| match number {
        i128::MAX => format!("is too large; give {least} to {most}").into(),
        _ => format!("is {number}; give {least} to {most}").into(),
    })
}

/// A rate per second: more than nothing, and no more than [`RATE_MAX`].
pub(super) fn rate(node: &Node) -> Result<f64, Rejected> {
    let rate = match &node.value {
        #[expect(clippy::cast_precision_loss, reason = "what is that large is refused below")]
        Value::Integer(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        Value::Text(text) if is_variable(node) => text.trim().parse().ok(),
        _ => None,
    };
    let Some(rate) = rate else {
        return Err(format!("must be a number, not {}", found(node)).into());
    };
    if rate > 0.0 && rate <= RATE_MAX {
        return Ok(rate);
    }
    Err(format!("is {rate}; give more than 0 and at most {RATE_MAX}").into())
}

/// An address to listen on.
pub(super) fn address(node: &Node) -> Result<SocketAddr, Rejected> {
    let text = any_text(node, "a string")?;
    let address = text.trim().parse();
    address.map_err(|_| {
        let way_out = "write an IP address and a port, such as \"127.0.0.1:4060\"";
        format!("is {text:?}, which is no address; {way_out}").into()
    })
}

/// The address of an HTTP server. It is not repeated in a fault, since it may hold a password.
pub(super) fn base_url(node: &Node) -> Result<BaseUrl, Rejected> {
    let text = any_text(node, "a URL")?;
    let url = Url::parse(text.trim()).map_err(|error| {
        Rejected::from(format!("is no URL: {error}; write one like \"https://calls.example.com\""))
    })?;
    let why = match url.scheme() {
        "http" if !is_on_this_machine(&url) => {
            "is http to another machine; use https, http is for loopback only"
        }
        "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
            "holds a user or a password; a secret has a setting of its own"
        }
        "http" | "https" if url.query().is_some() || url.fragment().is_some() => {
            "has a query or a fragment; leave out what begins with ? or #"
        }
        "http" | "https" => return Ok(BaseUrl(url.as_str().trim_end_matches('/').to_owned())),
        _ => "must begin with https://",
    };
    Err(why.into())
}

/// A store's address; a relative path begins at `folder`.
pub(super) fn store_url(node: &Node, folder: &Path, environment: &Environment) -> Result<StoreUrl, Rejected> {
    let text = any_text(node, "a string")?;
    let (scheme, path) = text.trim().split_once("://").unwrap_or(("", text));
    match scheme {
        "sqlite" if path.is_empty() || path.ends_with('/') => {
            Err("names no file; write one like \"sqlite:///var/lib/offhook/offhook.db\"".into())
        }
        "sqlite" => Ok(StoreUrl::Sqlite(path_from(path, node, folder, environment)?)),
        "postgres" | "postgresql" => {
            Err("is Postgres, which is not there yet; write \"sqlite://PATH\"".into())
        }
        _ => Err("is no store; write \"sqlite://PATH\"".into()),
    }
}

/// One of a few words.
pub(super) fn word<T: Clone>(node: &Node, words: &[(&str, T)]) -> Result<T, Rejected> {
    let text = any_text(node, "a string")?;
    let known = words.iter().map(|(name, _)| *name);
    let meant = words.iter().find(|(name, _)| *name == text).map(|(_, meaning)| meaning.clone());
    meant.ok_or_else(|| format!("is {text:?}; {}", suggest::way_out(text, known)).into())
}

/// The id of an installation.
pub(super) fn installation(node: &Node) -> Result<Installation, Rejected> {
    let text = text(node)?;
    let way_out = format!("use at most {INSTALLATION_MAX} letters, digits, - and _");
    text.parse().map_err(|_| format!("is {text:?}; {way_out}").into())
}

/// A part of a host name, such as a region: letters, digits and hyphens, so that nothing written
/// here can send credentials elsewhere.
pub(super) fn host_label(node: &Node) -> Result<String, Rejected> {
    let text = text(node)?;
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if text.len() <= 63 && text.chars().all(allowed) {
        return Ok(text);
    }
    Err(format!("is {text:?}; use lower-case letters, digits and hyphens only").into())
}

/// What is logged. A lone word that is no level would silence everything but one module of that
/// name.
pub(super) fn log_filter(node: &Node) -> Result<String, Rejected> {
    let filter = text(node)?;
    for directive in filter.split(',').map(str::trim) {
        let level = directive.to_ascii_lowercase();
        if !directive.contains(['=', '[']) && !LOG_LEVELS.contains(&level.as_str()) {
            return Err(format!(
                "has {directive:?}, which is no level; {}",
                suggest::way_out(directive, LOG_LEVELS)
            )
            .into());
        }
    }
    match tracing_subscriber::EnvFilter::try_new(&filter) {
        Ok(_) => Ok(filter),
        Err(error) => Err(format!("is no log filter: {error}; write one like \"info,engine=debug\"").into()),
    }
}

/// Whether `text` has the form of a number in E.164: `+` and 7 to 15 digits.
pub(super) fn is_e164(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn any_text<'n>(node: &'n Node, expected: &str) -> Result<&'n str, Rejected> {
    match &node.value {
        Value::Text(text) => Ok(text),
        _ => Err(Rejected::at(&node.origin, format!("must be {expected}, not {}", found(node)))),
    }
}

pub(super) fn is_variable(node: &Node) -> bool {
    matches!(node.origin, Origin::Variable(_))
}

/// What stands where something else was expected; a variable's text is shown, since it is all
/// that one has of it.
pub(super) fn found(node: &Node) -> String {
    match &node.value {
        Value::Text(text) if is_variable(node) => format!("{text:?}"),
        value => value.noun().to_owned(),
    }
}

/// A path that was written down: `~` is the home folder, and a relative path begins at the file's
/// folder, or at the working folder if a variable holds it.
pub(super) fn path_from(
    path: &str,
    node: &Node,
    folder: &Path,
    environment: &Environment,
) -> Result<PathBuf, Rejected> {
    let folder = if is_variable(node) { environment.folder() } else { folder };
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home =
                places::home(environment).ok_or("begins with ~ but HOME is not set; write the whole path")?;
            Ok(home.join(rest.trim_start_matches('/')))
        }
        _ => Ok(folder.join(path)),
    }
}

/// No carrier places more calls in a second for one account without a contract of its own.
const RATE_MAX: f64 = 1000.0;

const LOG_LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
