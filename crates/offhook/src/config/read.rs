//! Makes the structs of [`settings`](super::settings) of a tree, and reports every fault on the
//! way.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use engine::OrphanPolicy;

use super::access::{Access, Networks};
use super::agents;
use super::carriers::{self, Surroundings};
use super::countries;
use super::dial::dial;
use super::document::Document;
use super::durations;
use super::environment::Environment;
use super::faults::ConfigFaults;
use super::models;
use super::notices;
use super::numbers;
use super::places;
use super::privacy::privacy;
use super::recording;
use super::secrets;
use super::section::{Reader, Section};
use super::settings::{Alarms, Api, Calls, Config, History, LISTEN, LOG, Recovery, Secret, Store, StoreUrl};
use super::speech;
use super::telemetry::telemetry;
use super::values;
use super::{Loaded, Source};

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

/// Which file is read. See [`Config::source`].
pub(super) fn source(explicit: Option<&Path>, environment: &Environment) -> Result<Source, ConfigFaults> {
    Ok(Document::gather(explicit, environment)?.source)
}

/// Reads what a command needs. See [`Access::load`].
pub(super) fn access(explicit: Option<&Path>, environment: &Environment) -> Result<Access, ConfigFaults> {
    let document = Document::gather(explicit, environment)?;
    let mut reader = Reader::new(environment);
    let mut root = document.root(&mut reader);
    let listen = listen(&mut root);
    let token = root.section("api", |section| api(section, &document.folder)).token;
    let store = root.section("store", |section| store_url(section, &document.folder));
    let store = store.or_else(|| places::default_store(environment));
    let recordings = root.section("recording", |section| recording::folder(section, &document.folder));
    let recordings = recordings.or_else(|| store.as_ref().map(StoreUrl::recordings));
    let token_file = store.as_ref().map(StoreUrl::token_file);
    match ConfigFaults::of(reader.faults) {
        Some(faults) => Err(faults),
        None => Ok(Access { listen, token, token_file, store, recordings }),
    }
}

/// Reads where the simulated networks are. See [`Networks::load`].
pub(super) fn networks(explicit: Option<&Path>, environment: &Environment) -> Result<Networks, ConfigFaults> {
    let document = Document::gather(explicit, environment)?;
    let mut reader = Reader::new(environment);
    let mut root = document.root(&mut reader);
    let of_carriers = root.sections("carriers", |_, section| carriers::network(section));
    let numbers = root.sections("numbers", |_, section| section.optional("carrier", values::text));
    match ConfigFaults::of(reader.faults) {
        Some(faults) => Err(faults),
        None => Ok(Networks { of_carriers, numbers }),
    }
}

fn config(root: &mut Section<'_, '_>, folder: &Path) -> Option<Config> {
    let listen = listen(root);
    let public_url = root.optional("public_url", values::base_url);
    let installation = root.optional("installation", values::installation);
    let log = root.optional("log", values::log_filter).unwrap_or_else(|| LOG.to_owned());
    let store = root.section("store", |section| store(section, folder));
    let history = root.section("history", history);
    let recording = root.section("recording", |section| recording::recording(section, folder));
    let redact = root.section("privacy", privacy);
    let otlp_endpoint = root.section("telemetry", telemetry);
    let api = root.section("api", |section| api(section, folder));
    let alarms = root.section("alarms", |section| alarms(section, folder));
    let notices = root.sections("notices", |name, section| notices::notices(name, section, folder));
    let calls = root.section("calls", calls);
    let dial = root.section("dial", dial);
    let recovery = root.section("recovery", recovery);
    let surroundings =
        Surroundings { folder, is_public: root.has("public_url"), duration_max: calls.duration_max };
    let carriers = root.sections("carriers", |name, section| carriers::carrier(name, section, &surroundings));
    let known = root.names("carriers");
    let recognizers = root.sections("recognizers", |_, section| speech::recognizer(section, folder));
    let synthesizers = root.sections("synthesizers", |_, section| speech::synthesizer(section, folder));
    let voices =
        speech::Known { recognizers: root.names("recognizers"), synthesizers: root.names("synthesizers") };
    let models = root.sections("models", |_, section| models::spare(section, folder));
    let is_announced = recording.announcement.is_some();
    let spares = root.names("models");
    let around = agents::Around { voices: &voices, spares: &spares, folder, is_announced };
    let agents = root.sections("agents", |name, section| agents::agent(name, section, &around));
    let known = numbers::Known {
        carriers: known,
        agents: root.names("agents"),
        announcement: recording.announcement.as_deref(),
    };
    let numbers = root.sections("numbers", |digits, section| numbers::number(digits, section, &known));
    root.finish();
    Some(Config {
        listen,
        public_url,
        installation,
        log,
        store: store?,
        history,
        recording,
        redact,
        otlp_endpoint,
        api,
        alarms,
        notices,
        calls,
        dial,
        recovery,
        carriers,
        recognizers,
        synthesizers,
        models,
        agents,
        numbers,
    })
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

fn history(section: &mut Section<'_, '_>) -> History {
    let default = History::default();
    let mut number = |key, most: u32, default| {
        section.optional(key, |node| values::integer(node, 0..=most)).unwrap_or(default)
    };
    let keep_days = number("keep_days", KEPT_DAYS_MOST, default.keep_days);
    let keep_calls = number("keep_calls", KEPT_CALLS_MOST, default.keep_calls);
    section.finish();
    History { keep_days, keep_calls }
}

fn api(section: &mut Section<'_, '_>, folder: &Path) -> Api {
    let token = secret(section, "token", folder);
    let default = Api::default();
    let open_metrics = section.optional("open_metrics", values::boolean).unwrap_or(default.open_metrics);
    let mut number = |key, range: RangeInclusive<u32>, default| {
        section.optional(key, |node| values::integer(node, range)).unwrap_or(default)
    };
    let requests_per_second = number("requests_per_second", 0..=REQUESTS_MOST, default.requests_per_second);
    let burst = number("burst", 1..=REQUESTS_MOST, default.burst);
    section.finish();
    Api { token, open_metrics, requests_per_second, burst }
}

fn alarms(section: &mut Section<'_, '_>, folder: &Path) -> Alarms {
    let (default, environment) = (Alarms::default(), section.environment());
    let url = section.optional("url", |node| {
        let url = secrets::secret(node, folder, environment)?;
        if values::is_private(url.expose()) { Ok(url) } else { Err(NO_ALARM_URL.into()) }
    });
    let command = section.optional("command", values::command).unwrap_or(default.command);
    let range = Duration::ZERO..=HOUR;
    let after = section.optional("after", |node| durations::duration(node, range)).unwrap_or(default.after);
    section.finish();
    Alarms { url, command, after }
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
    let over_limit = section.optional("over_limit", values::spoken);
    section.finish();
    Calls {
        live_max,
        queue_max,
        duration_max,
        ring_max,
        find_max,
        attempts_per_hour,
        over_limit,
        destinations,
    }
}

fn recovery(section: &mut Section<'_, '_>) -> Recovery {
    let default = Recovery::default();
    let sweep_every = section.optional("sweep_every", |node| durations::duration(node, Duration::ZERO..=DAY));
    let orphans = section.optional("orphans", |node| values::word(node, &ORPHANS));
    section.finish();
    Recovery {
        sweep_every: sweep_every.unwrap_or(default.sweep_every),
        orphans: orphans.unwrap_or(default.orphans),
    }
}

pub(super) fn secret(section: &mut Section<'_, '_>, key: &'static str, folder: &Path) -> Option<Secret> {
    let environment = section.environment();
    section.optional(key, |node| secrets::secret(node, folder, environment))
}

const NO_ALARM_URL: &str = "is no address of a page; write https://HOST/PATH, or http for this machine";
/// What may become of an orphan.
pub(super) const ORPHANS: [(&str, OrphanPolicy); 3] =
    [("hang_up", OrphanPolicy::HangUp), ("adopt", OrphanPolicy::Adopt), ("report", OrphanPolicy::Report)];

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The longest that Twilio and Telnyx let a phone ring. A shorter time than a carrier takes is kept
/// by the gateway.
const RING_LONGEST: Duration = Duration::from_secs(600);

/// More live calls than one machine has ports for their sound.
pub(super) const LIVE_MOST: u32 = 30_000;

/// A century.
const KEPT_DAYS_MOST: u32 = 36_500;

/// More than one file should hold.
const KEPT_CALLS_MOST: u32 = 100_000_000;

/// One every three seconds to one destination.
const ATTEMPTS_MOST: u32 = 1200;

/// More than any gateway answers in a second.
const REQUESTS_MOST: u32 = 1_000_000;
