//! Makes the structs of [`settings`](super::settings) of a tree, and reports every fault on the
//! way.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use super::Loaded;
use super::access::Access;
use super::countries;
use super::document::Document;
use super::durations;
use super::environment::Environment;
use super::faults::ConfigFaults;
use super::places;
use super::secrets;
use super::section::{Reader, Rejected, Section, quoted};
use super::settings::{
    Api, ApiKey, BaseUrl, Calls, Carrier, CarrierKind, Config, Inbound, LISTEN, LOG, Number, REQUEST_TIMEOUT,
    SIMULATED_BASE_URL, Secret, Simulated, Store, StoreUrl, TWILIO_CALLS_PER_SECOND, Twilio,
};
use super::suggest;
use super::tree::{Node, Value};
use super::values;

/// Reads the whole configuration. See [`Config::load`].
pub(super) fn load(explicit: Option<&Path>, environment: &Environment) -> Result<Loaded, ConfigFaults> {
    let document = Document::gather(explicit, environment)?;
    let mut reader = Reader::new(environment);
    let config = config(&mut document.root(&mut reader), &document.folder);
    match (config, ConfigFaults::of(reader.faults)) {
        (_, Some(faults)) => Err(faults),
        (Some(config), None) => Ok(Loaded { config, source: document.source, origins: reader.origins }),
        (None, None) => unreachable!("a setting that is missing is on record as a fault"),
    }
}

/// Reads what a command needs. See [`Access::load`].
pub(super) fn access(explicit: Option<&Path>, environment: &Environment) -> Result<Access, ConfigFaults> {
    let document = Document::gather(explicit, environment)?;
    let mut reader = Reader::new(environment);
    let mut root = document.root(&mut reader);
    let listen = listen(&mut root);
    let token = root.section("api", |section| api(section, &document.folder)).token;
    let store = root.section("store", |section| store_url(section, &document.folder));
    let token_file = store.or_else(|| places::default_store(environment)).map(|url| url.token_file());
    match ConfigFaults::of(reader.faults) {
        Some(faults) => Err(faults),
        None => Ok(Access { listen, token, token_file }),
    }
}

fn config(root: &mut Section<'_, '_>, folder: &Path) -> Option<Config> {
    let listen = listen(root);
    let public_url = root.optional("public_url", values::base_url);
    let log = root.optional("log", values::log_filter).unwrap_or_else(|| LOG.to_owned());
    let store = root.section("store", |section| store(section, folder));
    let api = root.section("api", |section| api(section, folder));
    let calls = root.section("calls", calls);
    let carriers = root.sections("carriers", |_, section| carrier(section, folder));
    let known = root.names("carriers");
    let numbers = root.sections("numbers", |digits, section| number(digits, section, &known));
    root.finish();
    Some(Config { listen, public_url, log, store: store?, api, calls, carriers, numbers })
}

fn listen(root: &mut Section<'_, '_>) -> SocketAddr {
    root.optional("listen", values::address).unwrap_or(LISTEN)
}

fn store(section: &mut Section<'_, '_>, folder: &Path) -> Option<Store> {
    let n_faults = section.n_faults();
    let url = store_url(section, folder).or_else(|| places::default_store(section.environment()));
    if url.is_none() && section.n_faults() == n_faults {
        let why = "`store.url` has no default, since neither XDG_STATE_HOME nor HOME is set; \
            set one of the three";
        section.wrong(why.to_owned());
    }
    url.map(|url| Store { url })
}

fn store_url(section: &mut Section<'_, '_>, folder: &Path) -> Option<StoreUrl> {
    let environment = section.environment();
    let url = section.optional("url", |node| values::store_url(node, folder, environment));
    section.finish();
    url
}

fn api(section: &mut Section<'_, '_>, folder: &Path) -> Api {
    let token = secret(section, "token", folder);
    section.finish();
    Api { token }
}

fn calls(section: &mut Section<'_, '_>) -> Calls {
    let default = Calls::default();
    let mut limit = |key, range: RangeInclusive<Duration>, default| {
        section.optional(key, |node| durations::duration(node, range)).unwrap_or(default)
    };
    let queue_max = limit("queue_max", Duration::ZERO..=HOUR, default.queue_max);
    let duration_max = limit("duration_max", SECOND..=DAY, default.duration_max);
    let ring_max = limit("ring_max", SECOND..=RING_LONGEST, default.ring_max);
    let find_max = limit("find_max", SECOND..=HOUR, default.find_max);
    let mut number = |key, range: RangeInclusive<u32>, default| {
        section.optional(key, |node| values::integer(node, range)).unwrap_or(default)
    };
    let live_max = number("live_max", 1..=LIVE_MOST, default.live_max);
    let attempts_per_hour = number("attempts_per_hour", 1..=ATTEMPTS_MOST, default.attempts_per_hour);
    let destinations =
        section.optional("destinations", countries::destinations).unwrap_or(default.destinations);
    section.finish();
    Calls { live_max, queue_max, duration_max, ring_max, find_max, attempts_per_hour, destinations }
}

/// What a carrier's `kind` may be.
#[derive(Clone, Copy)]
enum Kind {
    Twilio,
    Simulated,
}

fn carrier(section: &mut Section<'_, '_>, folder: &Path) -> Option<Carrier> {
    // Without a kind nobody can say which keys are right.
    let kind = section.required("kind", "\"twilio\"", kind)?;
    let calls_per_second = section.optional("calls_per_second", values::rate);
    let request_timeout =
        section.optional("request_timeout", |node| durations::duration(node, SECOND..=REQUEST_LONGEST));
    let base_url = section.optional("base_url", values::base_url);
    let (kind, calls_per_second) = match kind {
        Kind::Twilio => {
            (twilio(section, base_url, folder), calls_per_second.or(Some(TWILIO_CALLS_PER_SECOND)))
        }
        Kind::Simulated => (Some(simulated(section, base_url, folder)), calls_per_second),
    };
    section.finish();
    Some(Carrier {
        kind: kind?,
        calls_per_second,
        request_timeout: request_timeout.unwrap_or(REQUEST_TIMEOUT),
    })
}

fn kind(node: &Node) -> Result<Kind, Rejected> {
    match &node.value {
        Value::Text(word) if word == "telnyx" || word == "plivo" => {
            let known = "so far there are \"twilio\" and \"simulated\"";
            Err(format!("is {word:?}, a carrier that offhook can't use yet; {known}").into())
        }
        _ => values::word(node, &[("twilio", Kind::Twilio), ("simulated", Kind::Simulated)]),
    }
}

fn twilio(section: &mut Section<'_, '_>, base_url: Option<BaseUrl>, folder: &Path) -> Option<CarrierKind> {
    let environment = section.environment();
    let read_secret = |node: &Node| secrets::secret(node, folder, environment);
    let account_sid =
        section.required("account_sid", "\"AC…\", as the Twilio console shows it", values::text);
    let auth_token = section.required("auth_token", "{ env = \"TWILIO_AUTH_TOKEN\" }", read_secret);
    let auth_token_previous = section.optional("auth_token_previous", read_secret);
    let api_key = api_key(section, folder);
    let region = section.optional("region", values::host_label);
    let edge = section.optional("edge", values::host_label);
    let webhook_shared_keys = section.section("webhook_shared_keys", |keys| keys.each(read_secret));
    Some(CarrierKind::Twilio(Twilio {
        base_url,
        account_sid: account_sid?,
        auth_token: auth_token?,
        auth_token_previous,
        api_key,
        region,
        edge,
        webhook_shared_keys,
    }))
}

/// A key's name and its secret, which are of no use without each other.
fn api_key(section: &mut Section<'_, '_>, folder: &Path) -> Option<ApiKey> {
    let n_faults = section.n_faults();
    let sid = section.optional("api_key_sid", values::text);
    let secret = secret(section, "api_key_secret", folder);
    match (sid, secret) {
        (Some(sid), Some(secret)) => Some(ApiKey { sid, secret }),
        (None, None) => None,
        (sid, _) => {
            let (given, missing) = if sid.is_some() {
                ("api_key_sid", "api_key_secret")
            } else {
                ("api_key_secret", "api_key_sid")
            };
            if section.n_faults() == n_faults {
                let (given, missing) = (section.full_name(given), section.full_name(missing));
                section.wrong(format!("`{given}` is of no use without `{missing}`; set both or neither"));
            }
            None
        }
    }
}

fn simulated(section: &mut Section<'_, '_>, base_url: Option<BaseUrl>, folder: &Path) -> CarrierKind {
    CarrierKind::Simulated(Simulated {
        base_url: base_url.unwrap_or_else(|| BaseUrl(SIMULATED_BASE_URL.to_owned())),
        account_sid: section.optional("account_sid", values::text),
        auth_token: secret(section, "auth_token", folder),
    })
}

fn number(digits: &str, section: &mut Section<'_, '_>, carriers: &[&str]) -> Option<Number> {
    if !values::is_e164(digits) {
        section.wrong(format!(
            "{} is no telephone number; write + and 7 to 15 digits, such as \"+15550100000\"",
            quoted(digits)
        ));
    } else if let Err(error) = digits.parse::<call::PhoneNumber>() {
        section.wrong(error.to_string());
    }
    let example = format!("{:?}", carriers.first().unwrap_or(&"twilio"));
    let carrier = section.required("carrier", &example, |node| match values::text(node)? {
        name if carriers.contains(&name.as_str()) => Ok(name),
        name => Err(format!(
            "is {name:?}, which is no configured carrier; {}",
            suggest::way_out(&name, carriers.iter().copied())
        )
        .into()),
    });
    let words = [("deny", Inbound::Deny), ("open", Inbound::Open)];
    let inbound = section.optional("inbound", |node| values::word(node, &words)).unwrap_or_default();
    let greeting = section.optional("greeting", |node| values::short_text(node, GREETING_LONGEST));
    section.finish();
    Some(Number { carrier: carrier?, inbound, greeting })
}

fn secret(section: &mut Section<'_, '_>, key: &'static str, folder: &Path) -> Option<Secret> {
    let environment = section.environment();
    section.optional(key, |node| secrets::secret(node, folder, environment))
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The longest `Timeout` that Twilio takes for a call that rings.
const RING_LONGEST: Duration = Duration::from_secs(600);

/// A request that takes longer holds up the look at every other call.
const REQUEST_LONGEST: Duration = Duration::from_secs(120);

/// More live calls than one machine has ports for their sound.
const LIVE_MOST: u32 = 30_000;

/// One every three seconds to one destination.
const ATTEMPTS_MOST: u32 = 1200;

/// The longest TwiML that Twilio takes in a request is 4000 characters, markup included.
const GREETING_LONGEST: usize = 3000;
