//! Prints the configuration in force, as a TOML document in which every secret is masked.

mod speech;
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::time::Duration;

use super::agents::TURNS;
use super::durations::show_duration;
use super::faults::Origin;
use super::read::ORPHANS;
use super::recording::COPIES;
use super::section::quoted;
use super::settings::{
    Alarms, Api, BaseUrl, Calls, Carrier, CarrierKind, Config, ConfiguredAgent, ConfiguredNotices,
    ConfiguredRealtime, CountryCode, Destinations, Dial, Face, History, Inbound, Number, Plivo, Recording,
    Recovery, Secret, Simulated, Store, Telnyx, Twilio,
};
use super::{Loaded, Source, privacy};
use agent::model::Model;
use agent::realtime::Settings;
use call::call::{Agent, Does};
use call::dialogue::Silence;
use call::gate::Several;
use engine::ModelSettings;

/// The configuration in force as TOML: every setting, and where it was written unless it is the
/// default. Secrets are masked; what is not set is a comment.
pub(crate) fn print_in_force(loaded: &Loaded) -> String {
    let beginning = match &loaded.source {
        Source::BuiltIn => {
            "# In force: the built-in default, since there is no configuration file.\n".to_owned()
        }
        Source::File(path) => format!("# In force: {}\n", path.display()),
    };
    beginning + &page(&loaded.config, &loaded.origins).text
}

/// The full names of the settings that differ, in the order of the alphabet. Of none its value: it
/// may be a secret.
pub(super) fn changed(before: &Config, after: &Config) -> BTreeSet<String> {
    let nowhere = BTreeMap::new();
    let (before, after) = (page(before, &nowhere).values, page(after, &nowhere).values);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

fn page<'a>(config: &Config, origins: &'a BTreeMap<String, Origin>) -> Page<'a> {
    let Config {
        listen,
        public_url,
        installation,
        log,
        store: Store { url },
        history,
        recording,
        redact,
        otlp_endpoint,
        api: Api { token, open_metrics, requests_per_second, burst },
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
    } = config;
    let mut page = Page { text: String::new(), section: String::new(), origins, values: BTreeMap::new() };
    page.set("listen", text(&listen.to_string()));
    page.set_if("public_url", public_url.as_ref().map(base_url));
    page.set_if("installation", installation.as_ref().map(|id| text(id.as_str())));
    page.set("log", text(log));
    page.section("store");
    page.set("url", text(&url.to_string()));
    let History { keep_days, keep_calls } = history;
    page.section("history");
    page.set("keep_days", keep_days.to_string());
    page.set("keep_calls", keep_calls.to_string());
    print_recording(&mut page, recording);
    page.section("privacy");
    page.set("redact", list(privacy::words(*redact)));
    page.section("telemetry");
    page.set_if("otlp_endpoint", otlp_endpoint.as_ref().map(base_url));
    page.section("api");
    page.set_if("token", token.as_ref().map(secret));
    page.set("open_metrics", open_metrics.to_string());
    page.set("requests_per_second", requests_per_second.to_string());
    page.set("burst", burst.to_string());
    print_alarms(&mut page, alarms);
    for (name, one) in notices {
        page.section(&format!("notices.{}", quoted(name)));
        print_notices(&mut page, one);
    }
    print_calls(&mut page, calls);
    print_dial(&mut page, dial);
    print_recovery(&mut page, recovery);
    for (name, carrier) in carriers {
        page.section(&format!("carriers.{}", quoted(name)));
        print_carrier(&mut page, carrier);
    }
    speech::print(&mut page, recognizers, synthesizers, models);
    for (name, agent) in agents {
        page.section(&format!("agents.{}", quoted(name)));
        print_agent(&mut page, agent);
    }
    for (digits, number) in numbers {
        page.section(&format!("numbers.{}", quoted(digits)));
        print_number(&mut page, number);
    }
    page
}

fn print_recovery(page: &mut Page<'_>, Recovery { sweep_every, orphans }: &Recovery) {
    page.section("recovery");
    page.set("sweep_every", duration(*sweep_every));
    let orphans = ORPHANS.iter().find(|(_, meant)| meant == orphans);
    page.set("orphans", text(orphans.map_or("", |(word, _)| word)));
}

fn print_recording(page: &mut Page<'_>, recording: &Recording) {
    let Recording { announcement, folder, keep_days, keep_mb, carrier_copy } = recording;
    page.section("recording");
    page.set_if("announcement", announcement.as_deref().map(text));
    page.set_if("folder", folder.as_ref().map(|folder| text(&folder.display().to_string())));
    page.set("keep_days", keep_days.to_string());
    page.set("keep_mb", keep_mb.to_string());
    let copy = COPIES.iter().find(|(_, copy)| copy == carrier_copy).map(|(word, _)| text(word));
    page.set_if("carrier_copy", copy);
}

/// A document as it grows.
struct Page<'a> {
    text: String,
    section: String,
    origins: &'a BTreeMap<String, Origin>,
    /// Every value that is set, by its full name.
    values: BTreeMap<String, Digest>,
}

/// A value as it is shown, and as it is told from another.
struct Shown {
    text: String,
    digest: Digest,
}

/// Tells values apart and says nothing of them: its key is drawn anew by each process.
type Digest = u64;

impl From<String> for Shown {
    fn from(text: String) -> Shown {
        Shown { digest: digest(&text), text }
    }
}

impl Page<'_> {
    fn section(&mut self, name: &str) {
        name.clone_into(&mut self.section);
        self.line(&format!("\n[{name}]"));
    }

    fn set(&mut self, key: &str, value: impl Into<Shown>) {
        let Shown { text: value, digest } = value.into();
        let name = if self.section.is_empty() { key.to_owned() } else { format!("{}.{key}", self.section) };
        let origin = match self.origins.get(&name) {
            None | Some(Origin::Default) => String::new(),
            Some(Origin::Line { file, line, .. }) => format!("  # {file}:{line}"),
            Some(origin @ (Origin::File(_) | Origin::Variable(_))) => format!("  # {origin}"),
        };
        self.line(&format!("{key} = {value}{origin}"));
        self.values.insert(name, digest);
    }

    fn set_if(&mut self, key: &str, value: Option<impl Into<Shown>>) {
        match value {
            Some(value) => self.set(key, value),
            None => self.line(&format!("# {key} is not set")),
        }
    }

    fn line(&mut self, line: &str) {
        writeln!(self.text, "{line}").expect("a string takes every line");
    }
}

fn print_alarms(page: &mut Page<'_>, Alarms { url, command, after }: &Alarms) {
    page.section("alarms");
    page.set_if("url", url.as_ref().map(secret));
    let command = (!command.is_empty()).then(|| list(command.iter().map(String::as_str)));
    page.set_if("command", command);
    page.set("after", duration(*after));
}

fn print_notices(page: &mut Page<'_>, ConfiguredNotices { url, secrets, tells }: &ConfiguredNotices) {
    page.set("url", secret(url));
    let [now, previous] = [0, 1].map(|n| secrets.get(n).map(|one| secret(one.written())));
    page.set_if("secret", now);
    page.set_if("secret_previous", previous);
    page.set("tells", list(tells.iter().map(|kind| kind.word())));
}

fn print_calls(page: &mut Page<'_>, calls: &Calls) {
    let Calls {
        live_max,
        queue_max,
        duration_max,
        ring_max,
        find_max,
        attempts_per_hour,
        over_limit,
        destinations,
    } = calls;
    page.section("calls");
    page.set("live_max", live_max.to_string());
    page.set("queue_max", duration(*queue_max));
    page.set("duration_max", duration(*duration_max));
    page.set("ring_max", duration(*ring_max));
    page.set("find_max", duration(*find_max));
    page.set("attempts_per_hour", attempts_per_hour.to_string());
    page.set_if("over_limit", over_limit.as_deref().map(text));
    match destinations {
        Destinations::OwnCountries => {
            page.line("# destinations is not set: the countries of one's own numbers")
        }
        Destinations::Only(countries) => {
            page.set("destinations", list(countries.iter().map(CountryCode::as_str)))
        }
        Destinations::Everywhere => page.set("destinations", list(["*"])),
    }
}

fn print_dial(page: &mut Page<'_>, dial: &Dial) {
    let Dial {
        quiet_hours,
        several,
        attempts_per_day,
        rejected_pause,
        minutes_per_day,
        spend_per_day,
        day_zone,
        opt_out_digits,
        opt_out_words,
    } = dial;
    page.section("dial");
    page.set_if("quiet_hours", quiet_hours.map(|hours| text(&hours.to_string())));
    let zones = match several {
        Several::Any => "any",
        Several::All => "all",
    };
    page.set("quiet_zones", text(zones));
    page.set("attempts_per_day", attempts_per_day.to_string());
    page.set("rejected_pause", duration(*rejected_pause));
    page.set_if("minutes_per_day", minutes_per_day.map(|minutes| minutes.to_string()));
    page.set_if("spend_per_day", spend_per_day.map(|amount| amount.to_string()));
    page.set("day_zone", text(&day_zone.written));
    page.set_if("opt_out_digits", opt_out_digits.as_deref().map(text));
    let words = (!opt_out_words.is_empty()).then(|| list(opt_out_words.iter().map(String::as_str)));
    page.set_if("opt_out_words", words);
}

fn print_carrier(page: &mut Page<'_>, carrier: &Carrier) {
    let Carrier { kind, calls_per_second, live_max, price_per_minute, request_timeout } = carrier;
    let word = match kind {
        CarrierKind::Twilio(_) => "twilio",
        CarrierKind::Telnyx(_) => "telnyx",
        CarrierKind::Plivo(_) => "plivo",
        CarrierKind::Simulated(_) => "simulated",
    };
    page.set("kind", text(word));
    page.set_if("calls_per_second", calls_per_second.map(|rate| rate.to_string()));
    page.set_if("live_max", live_max.map(|calls| calls.to_string()));
    page.set_if("price_per_minute", price_per_minute.map(|price| price.to_string()));
    page.set("request_timeout", duration(*request_timeout));
    match kind {
        CarrierKind::Twilio(twilio) => print_twilio(page, twilio),
        CarrierKind::Telnyx(telnyx) => print_telnyx(page, telnyx),
        CarrierKind::Plivo(plivo) => print_plivo(page, plivo),
        CarrierKind::Simulated(simulated) => print_simulated(page, simulated),
    }
}

fn print_twilio(page: &mut Page<'_>, twilio: &Twilio) {
    let Twilio {
        base_url: url,
        account_sid,
        auth_token,
        auth_token_previous,
        api_key,
        region,
        edge,
        webhook_shared_keys,
    } = twilio;
    page.set_if("base_url", url.as_ref().map(base_url));
    page.set("account_sid", text(account_sid));
    page.set("auth_token", secret(auth_token));
    page.set_if("auth_token_previous", auth_token_previous.as_ref().map(secret));
    page.set_if("api_key_sid", api_key.as_ref().map(|key| text(&key.sid)));
    page.set_if("api_key_secret", api_key.as_ref().map(|key| secret(&key.secret)));
    page.set_if("region", region.as_deref().map(text));
    page.set_if("edge", edge.as_deref().map(text));
    if webhook_shared_keys.is_empty() {
        page.line("# webhook_shared_keys is not set");
        return;
    }
    page.section(&format!("{}.webhook_shared_keys", page.section.clone()));
    for (name, key) in webhook_shared_keys {
        page.set(&quoted(name), secret(key));
    }
}

fn print_telnyx(page: &mut Page<'_>, telnyx: &Telnyx) {
    let Telnyx { base_url: url, api_key, public_key, connection_id, stream_codec } = telnyx;
    page.set_if("base_url", url.as_ref().map(base_url));
    page.set("api_key", secret(api_key));
    page.set("public_key", text(&public_key.written));
    page.set("connection_id", text(connection_id));
    page.set("stream_codec", text(stream_codec.word()));
}

fn print_plivo(page: &mut Page<'_>, plivo: &Plivo) {
    let Plivo { base_url: url, auth_id, auth_token, auth_token_previous, accept_signature_v2 } = plivo;
    page.set_if("base_url", url.as_ref().map(base_url));
    page.set("auth_id", text(auth_id));
    page.set("auth_token", secret(auth_token));
    page.set_if("auth_token_previous", auth_token_previous.as_ref().map(secret));
    page.set("accept_signature_v2", accept_signature_v2.to_string());
}

fn print_simulated(page: &mut Page<'_>, Simulated { base_url: url, face }: &Simulated) {
    page.set("base_url", base_url(url));
    match face {
        Face::Twilio { account_sid, auth_token } => {
            page.set("face", text("twilio"));
            page.set_if("account_sid", account_sid.as_deref().map(text));
            page.set_if("auth_token", auth_token.as_ref().map(secret));
        }
        Face::Telnyx { api_key, public_key, connection_id, stream_codec } => {
            page.set("face", text("telnyx"));
            page.set_if("api_key", api_key.as_ref().map(secret));
            page.set_if("public_key", public_key.as_ref().map(|key| text(&key.written)));
            page.set_if("connection_id", connection_id.as_deref().map(text));
            page.set("stream_codec", text(stream_codec.word()));
        }
        Face::Plivo { auth_id, auth_token } => {
            page.set("face", text("plivo"));
            page.set_if("auth_id", auth_id.as_deref().map(text));
            page.set_if("auth_token", auth_token.as_ref().map(secret));
        }
    }
}

fn print_agent(page: &mut Page<'_>, configured: &ConfiguredAgent) {
    let ConfiguredAgent { agent, record, token, model, spares, sound, realtime, tools, mcp } = configured;
    let Agent { name: _, does, gap, apology, machine } = agent;
    page.set("kind", text(does.word()));
    match does {
        Does::Say { text: words, again } => {
            page.set("text", text(words));
            page.set_if("again", again.as_deref().map(text));
        }
        Does::Stream { url, speaks } => {
            page.set("url", text(url));
            page.set("speaks", text(speaks.word()));
        }
        Does::Echo => {}
        Does::Relay { url } => page.set("url", text(url)),
        Does::Llm { .. } | Does::Realtime { .. } => {}
    }
    if let Some(ModelSettings { base_url, model, reply_within, fallback, silence }) = model {
        print_model(page, base_url, model);
        page.set_if("spares", (!spares.is_empty()).then(|| list(spares.iter().map(String::as_str))));
        page.set("reply_within", duration(*reply_within));
        page.set("fallback", text(fallback));
        print_silence(page, silence);
    }
    if let Some(sound) = sound {
        speech::print_sound(page, sound);
    }
    if let Some(ConfiguredRealtime { base_url, settings }) = realtime {
        let Settings { model, voice, transcriber, turns, silence } = settings;
        print_model(page, base_url, model);
        page.set_if("voice", voice.as_deref().map(text));
        page.set("transcriber", text(transcriber));
        let turns = TURNS.iter().find(|(_, meant)| meant == turns);
        page.set_if("turns", turns.map(|(word, _)| text(word)));
        print_silence(page, silence);
    }
    speech::print_voicemail(page, sound.as_ref().map(|sound| &sound.voicemail), machine.as_ref());
    page.set("record", record.to_string());
    if does.carries_sound() {
        page.set_if("gap", gap.as_deref().map(text));
    }
    if !matches!(does, Does::Say { .. }) {
        page.set_if("apology", apology.as_deref().map(text));
    }
    match does {
        Does::Say { .. } | Does::Echo => {}
        Does::Stream { .. } | Does::Relay { .. } => {
            page.set_if("auth_token", token.as_ref().map(secret));
        }
        Does::Llm { .. } | Does::Realtime { .. } => page.set_if("api_key", token.as_ref().map(secret)),
    }
    let words = model.as_ref().map(|settings| &settings.model);
    let sound = realtime.as_ref().map(|realtime| &realtime.settings.model);
    if let Some(transfers) = words.or(sound).map(|model| &model.transfers).filter(|all| !all.is_empty()) {
        page.section(&format!("agents.{}.transfers", quoted(&agent.name)));
        for (name, number) in transfers {
            page.set(&quoted(name), text(number.as_str()));
        }
    }
    tools::print(page, &agent.name, tools, mcp);
}

fn print_silence(page: &mut Page<'_>, silence: &Silence) {
    page.set("silent_after", duration(silence.after));
    page.set("still_there", text(&silence.text));
}

fn print_model(page: &mut Page<'_>, base_url: &str, model: &Model) {
    page.set("base_url", text(base_url));
    page.set("model", text(&model.name));
    page.set("prompt", text(&model.prompt));
}

fn print_number(page: &mut Page<'_>, number: &Number) {
    let Number { carrier, fallback, inbound, greeting, agent, hold, record, ring_out } = number;
    page.set("carrier", text(carrier));
    let asked_next = (!fallback.is_empty()).then(|| list(fallback.iter().map(String::as_str)));
    page.set_if("fallback", asked_next);
    let inbound = match inbound {
        Inbound::Deny => text("deny"),
        Inbound::Open => text("open"),
        Inbound::Allow(allowed) => list(allowed.written.iter().map(String::as_str)),
    };
    page.set("inbound", inbound);
    page.set_if("greeting", greeting.as_deref().map(text));
    page.set_if("agent", agent.as_deref().map(text));
    page.set("hold", hold.to_string());
    page.set("record", record.to_string());
    page.set("decline", text(if *ring_out { "ring" } else { "reject" }));
}

fn text(value: &str) -> String {
    toml::Value::from(value).to_string()
}

fn base_url(url: &BaseUrl) -> String {
    text(url.as_str())
}

fn duration(duration: Duration) -> String {
    text(&show_duration(duration))
}

fn secret(secret: &Secret) -> Shown {
    Shown { text: text(&secret.to_string()), digest: digest(secret.expose()) }
}

fn digest(value: &str) -> Digest {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(value)
}

fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(text).collect();
    format!("[{}]", words.join(", "))
}
