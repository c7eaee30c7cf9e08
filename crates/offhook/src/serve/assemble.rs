//! From the configuration to the parts of the gateway.

mod speech;

pub(crate) use speech::speech_vendors;

use crate::config::settings::{
    Carrier, CarrierKind, Config, ConfiguredAgent, ConfiguredTool, ConfiguredToolServer,
    Destinations as Countries, Face, Inbound as ConfiguredInbound, Number, Place, Plivo,
    Secret as Configured, Simulated, Telnyx, Twilio, WebhookKey,
};
use crate::import::Mapping;
use call::call::Limits;
use call::gate::opt_out::plain;
use call::gate::{Destinations, OptOut, Rules};
use call::{CarrierName, PhoneNumber};
use carrier::directory::{self, CarrierConfig, SimulatedConfig, SimulatedFace};
use carrier::plivo::PlivoConfig;
use carrier::telnyx::{PublicKey, TelnyxConfig};
use carrier::twilio::{ApiKey, TwilioConfig};
use carrier::{Installation, Secret};
use engine::{
    AgentSettings, Asked, Inbound, Keep, Line, NumberSettings, RecordingSettings, Settings, ToolServer,
    ToolSettings,
};
use mcp::Address;
use std::collections::BTreeMap;
use std::time::Duration;
use store::Store;

/// The carriers. `public_url` is where their webhooks arrive; without an `installation` nothing may
/// be placed.
///
/// # Errors
/// One of them can't be opened; what a person writes never gets so far.
pub(crate) fn lines(
    config: &Config,
    public_url: &str,
    installation: Option<&Installation>,
) -> anyhow::Result<Vec<Line>> {
    let line = |(name, carrier): (&String, &Carrier)| {
        Ok(Line {
            carrier: directory::open(carrier_config(config, name, carrier, public_url, installation)?),
            request_timeout: carrier.request_timeout,
        })
    };
    config.carriers.iter().map(line).collect()
}

fn carrier_config(
    config: &Config,
    name: &str,
    carrier: &Carrier,
    public_url: &str,
    installation: Option<&Installation>,
) -> anyhow::Result<CarrierConfig> {
    let callback = callback_base(public_url, name);
    // No carrier can reach an address that nobody configured. The simulated network is on this
    // machine, where our own address is reached.
    let public = config.public_url.is_some().then(|| callback.clone());
    let name = CarrierName(name.to_owned());
    let (request_timeout, installation) = (carrier.request_timeout, installation.cloned());
    Ok(match &carrier.kind {
        CarrierKind::Twilio(configured) => CarrierConfig::Twilio(TwilioConfig {
            callback_base: public,
            request_timeout,
            installation,
            ..twilio(name, configured)
        }),
        CarrierKind::Telnyx(configured) => CarrierConfig::Telnyx(TelnyxConfig {
            callback_base: public,
            request_timeout,
            installation,
            ..telnyx(name, configured)
        }),
        CarrierKind::Plivo(configured) => {
            let plivo = plivo(name, configured, callback);
            CarrierConfig::Plivo(PlivoConfig { request_timeout, installation, ..plivo })
        }
        CarrierKind::Simulated(Simulated { base_url, face }) => CarrierConfig::Simulated(SimulatedConfig {
            name,
            base_url: base_url.as_str().to_owned(),
            face: simulated_face(face)?,
            callback_base: callback,
            request_timeout,
            installation,
        }),
    })
}

/// Where a carrier of this name reaches us.
pub(crate) fn callback_base(public_url: &str, name: &str) -> String {
    format!("{}/webhooks/{name}", public_url.trim_end_matches('/'))
}

fn twilio(name: CarrierName, twilio: &Twilio) -> TwilioConfig {
    let mut made = TwilioConfig::new(name, twilio.account_sid.clone(), secret(&twilio.auth_token));
    made.base_url = twilio.base_url.as_ref().map(|url| url.as_str().to_owned());
    made.region.clone_from(&twilio.region);
    made.edge.clone_from(&twilio.edge);
    made.auth_token_previous = twilio.auth_token_previous.as_ref().map(secret);
    made.api_key =
        twilio.api_key.as_ref().map(|key| ApiKey { sid: key.sid.clone(), secret: secret(&key.secret) });
    made.webhook_shared_keys =
        twilio.webhook_shared_keys.iter().map(|(key, value)| (key.clone(), secret(value))).collect();
    made
}

fn telnyx(name: CarrierName, telnyx: &Telnyx) -> TelnyxConfig {
    let (key, app) = (telnyx.public_key.key.as_ref().clone(), telnyx.connection_id.clone());
    let mut made = TelnyxConfig::new(name, secret(&telnyx.api_key), key, app);
    made.base_url = telnyx.base_url.as_ref().map(|url| url.as_str().to_owned());
    made.stream_codec = telnyx.stream_codec;
    made
}

fn plivo(name: CarrierName, plivo: &Plivo, callback_base: String) -> PlivoConfig {
    let mut made = PlivoConfig::new(name, plivo.auth_id.clone(), secret(&plivo.auth_token), callback_base);
    made.base_url = plivo.base_url.as_ref().map(|url| url.as_str().to_owned());
    made.auth_token_previous = plivo.auth_token_previous.as_ref().map(secret);
    made.signature_v2 = plivo.accept_signature_v2;
    made
}

/// Whose interface is spoken on the simulated network, where what isn't set is the network's own.
fn simulated_face(face: &Face) -> anyhow::Result<SimulatedFace> {
    Ok(match face {
        Face::Twilio { account_sid, auth_token } => SimulatedFace::Twilio {
            account_sid: or_own(account_sid, network::DEFAULT_ACCOUNT_SID),
            auth_token: secret_or_own(auth_token, network::DEFAULT_AUTH_TOKEN),
        },
        Face::Telnyx { api_key, public_key, connection_id, stream_codec } => SimulatedFace::Telnyx {
            api_key: secret_or_own(api_key, network::DEFAULT_TELNYX_API_KEY),
            public_key: match public_key {
                Some(WebhookKey { key, .. }) => key.as_ref().clone(),
                None => network::DEFAULT_TELNYX_PUBLIC_KEY.parse::<PublicKey>()?,
            },
            connection_id: or_own(connection_id, network::DEFAULT_TELNYX_CONNECTION_ID),
            stream_codec: *stream_codec,
        },
        Face::Plivo { auth_id, auth_token } => SimulatedFace::Plivo {
            auth_id: or_own(auth_id, network::DEFAULT_PLIVO_AUTH_ID),
            auth_token: secret_or_own(auth_token, network::DEFAULT_PLIVO_AUTH_TOKEN),
        },
    })
}

fn or_own(configured: &Option<String>, own: &str) -> String {
    configured.as_deref().unwrap_or(own).to_owned()
}

fn secret_or_own(configured: &Option<Configured>, own: &str) -> Secret {
    configured.as_ref().map_or_else(|| Secret::new(own), secret)
}

fn secret(secret: &Configured) -> Secret {
    Secret::new(secret.expose())
}

/// How much of the past is kept.
pub(super) fn keep(config: &Config) -> Keep {
    let some = |number: u32| (number > 0).then_some(u64::from(number));
    let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    Keep { age: some(config.history.keep_days).map(days), calls: some(config.history.keep_calls) }
}

/// What the configuration says about calls, with the models in memory of all who hear and speak in this process.
///
/// # Errors
/// One of the models can't be read.
pub(super) async fn ready(config: &Config) -> anyhow::Result<Settings> {
    let settings = settings(config);
    speech::load(&settings).await?;
    Ok(settings)
}

/// The same for a start. Where calls are not over they come first: the models are read meanwhile, and
/// whoever needs one that can't be read does without.
///
/// # Errors
/// One of the models can't be read, or the store.
pub(super) async fn ready_to_start(config: &Config, store: &mut impl Store) -> anyhow::Result<Settings> {
    let mut n_live = 0;
    store.turn(&mut |page| {
        n_live = page.live()?;
        Ok(())
    })?;
    if n_live == 0 {
        return ready(config).await;
    }
    let settings = settings(config);
    let named = settings.clone();
    tokio::spawn(async move {
        if let Err(error) = speech::load(&named).await {
            let why = format!("{error:#}");
            tracing::error!(why, "who hears or speaks in this process can't; mend it, and reload");
        }
    });
    Ok(settings)
}

/// What the configuration says about calls.
fn settings(config: &Config) -> Settings {
    let numbers: BTreeMap<PhoneNumber, NumberSettings> = config
        .numbers
        .iter()
        .filter_map(|(number, settings)| {
            Some((number.parse().ok()?, number_settings(settings, &config.agents)))
        })
        .collect();
    Settings {
        over_limit: config.calls.over_limit.clone(),
        live_max: u64::from(config.calls.live_max),
        gate: rules(config, &numbers),
        opt_out: OptOut {
            digits: config.dial.opt_out_digits.clone(),
            words: config.dial.opt_out_words.iter().map(|words| plain(words)).collect(),
        },
        redaction: config.redact,
        limits: limits(config),
        send_within: SEND_WITHIN,
        orphans: config.recovery.orphans,
        sweep_every: Some(config.recovery.sweep_every).filter(|every| !every.is_zero()),
        apart: config.carriers.iter().filter_map(apart).collect(),
        names_anew: config
            .carriers
            .iter()
            .filter(|(_, carrier)| matches!(carrier.kind, CarrierKind::Plivo(_)))
            .map(|(name, _)| CarrierName(name.clone()))
            .collect(),
        carrier_live_max: each_carrier(config, |carrier| carrier.live_max.map(u64::from)),
        recording: recording(config),
        agents: config
            .agents
            .iter()
            .map(|(name, agent)| (name.clone(), agent_settings(agent, config)))
            .collect(),
        numbers,
    }
}

/// What is recorded, and how long that is kept.
fn recording(config: &Config) -> RecordingSettings {
    let recording = &config.recording;
    let some = |number: u32| (number > 0).then_some(u64::from(number));
    RecordingSettings {
        announcement: recording.announcement.clone(),
        folder: config.recordings(),
        age: some(recording.keep_days).map(|days| Duration::from_secs(days * 24 * 3600)),
        bytes: some(recording.keep_mb).map(|mb| mb * 1_000_000),
        carrier_copy: recording.carrier_copy,
    }
}

/// What the configuration says about who may be called.
fn rules(config: &Config, numbers: &BTreeMap<PhoneNumber, NumberSettings>) -> Rules {
    let dial = &config.dial;
    Rules {
        destinations: destinations(config, numbers),
        quiet: dial.quiet_hours,
        several: dial.several,
        attempts_per_hour: u64::from(config.calls.attempts_per_hour),
        attempts_per_day: u64::from(dial.attempts_per_day),
        rejected_pause: dial.rejected_pause,
        minutes_per_day: dial.minutes_per_day.map(u64::from),
        spend_per_day: dial.spend_per_day,
        prices: each_carrier(config, |carrier| carrier.price_per_minute),
        day_zone: dial.day_zone.zone.clone(),
    }
}

/// What is set for some carriers, by their names.
fn each_carrier<T>(config: &Config, set: impl Fn(&Carrier) -> Option<T>) -> BTreeMap<CarrierName, T> {
    let one = |(name, carrier): (&String, &Carrier)| Some((CarrierName(name.clone()), set(carrier)?));
    config.carriers.iter().filter_map(one).collect()
}

fn agent_settings(configured: &ConfiguredAgent, config: &Config) -> AgentSettings {
    let ConfiguredAgent { agent, record, token, model, spares, sound, realtime, tools, mcp } = configured;
    let tool = |(name, tool): (&String, &ConfiguredTool)| {
        let (url, token) = (tool.url.as_str().to_owned(), tool.token.as_ref().map(secret));
        (name.clone(), ToolSettings { url, token, timeout: tool.timeout })
    };
    AgentSettings {
        agent: agent.clone(),
        record: *record,
        token: token.as_ref().map(secret),
        model: model.clone(),
        spares: speech::spares(spares, config),
        sound: sound.as_ref().map(|sound| speech::sound(sound, config)),
        realtime: realtime.as_ref().map(|realtime| realtime.settings.clone()),
        tools: tools.iter().map(tool).collect(),
        servers: mcp.iter().map(|(name, server)| (name.clone(), tool_server(server))).collect(),
    }
}

/// The agents that have a model of words, and how that is asked.
pub(crate) fn models(config: &Config) -> Vec<(String, Asked)> {
    let of = |configured: &ConfiguredAgent| {
        let agent = agent_settings(configured, config);
        Some((agent.agent.name.clone(), Asked::of(&agent)?))
    };
    config.agents.values().filter_map(of).collect()
}

/// A server of tools, as the engine uses it.
pub(crate) fn tool_server(
    ConfiguredToolServer { place, only, timeout }: &ConfiguredToolServer,
) -> ToolServer {
    let address = match place {
        Place::Url(url, token) => {
            Address::Url { url: url.as_str().to_owned(), token: token.as_ref().map(secret) }
        }
        Place::Command(words) => Address::Command(words.clone()),
    };
    ToolServer { address, only: only.as_ref().map(|only| only.iter().cloned().collect()), timeout: *timeout }
}

fn number_settings(number: &Number, agents: &BTreeMap<String, ConfiguredAgent>) -> NumberSettings {
    NumberSettings {
        carrier: CarrierName(number.carrier.clone()),
        fallback: number.fallback.iter().map(|name| CarrierName(name.clone())).collect(),
        inbound: match &number.inbound {
            ConfiguredInbound::Deny => Inbound::Deny,
            ConfiguredInbound::Open => Inbound::Open,
            ConfiguredInbound::Allow(allowed) => Inbound::Allow(allowed.callers.clone()),
        },
        greeting: number.greeting.clone(),
        agent: number.agent.as_ref().and_then(|name| agents.get(name)).map(|one| one.agent.clone()),
        hold: number.hold,
        ring_out: number.ring_out,
        record: number.record,
    }
}

fn destinations(config: &Config, numbers: &BTreeMap<PhoneNumber, NumberSettings>) -> Destinations {
    match &config.calls.destinations {
        Countries::Everywhere => Destinations::Everywhere,
        Countries::Only(countries) => {
            Destinations::Countries(countries.iter().map(|country| country.as_str().to_owned()).collect())
        }
        Countries::OwnCountries => Destinations::Like(numbers.keys().cloned().collect()),
    }
}

fn limits(config: &Config) -> Limits {
    let calls = &config.calls;
    let slowest = config.carriers.values().map(|carrier| carrier.request_timeout).max();
    // Where webhooks come, looks are the safety net; where none come, they are all the news.
    let told = config.carriers.values().all(|carrier| match carrier.kind {
        CarrierKind::Twilio(_) | CarrierKind::Telnyx(_) | CarrierKind::Plivo(_) => {
            config.public_url.is_some()
        }
        CarrierKind::Simulated(_) => true,
    });
    Limits {
        queue_max: calls.queue_max,
        ring_max: calls.ring_max,
        duration_max: calls.duration_max,
        find_max: calls.find_max,
        settle: slowest.unwrap_or_default() + LISTING_LAG,
        look_unanswered: Duration::from_secs(if told { 15 } else { 2 }),
        look_talking: Duration::from_secs(if told { 60 } else { 5 }),
    }
}

fn apart((name, carrier): (&String, &Carrier)) -> Option<(CarrierName, Duration)> {
    let apart = Duration::try_from_secs_f64(1.0 / carrier.calls_per_second?).ok()?;
    Some((CarrierName(name.clone()), apart))
}

/// What finds the carrier of an imported call.
pub(super) fn import_mapping(config: &Config) -> Mapping {
    let mut by_kind: BTreeMap<String, Vec<CarrierName>> = BTreeMap::new();
    for (name, carrier) in &config.carriers {
        let kind = match carrier.kind {
            CarrierKind::Twilio(_) => "twilio",
            CarrierKind::Telnyx(_) => "telnyx",
            CarrierKind::Plivo(_) => "plivo",
            CarrierKind::Simulated(_) => "simulated",
        };
        by_kind.entry(kind.to_owned()).or_default().push(CarrierName(name.clone()));
    }
    let numbers =
        settings(config).numbers.into_iter().map(|(number, settings)| (number, settings.carrier)).collect();
    Mapping { by_kind, numbers, limits: Some(limits(config)) }
}

/// How long after its admission a call's request may still leave.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// How long a call may be made before a listing holds it. Twilio states no figure; a listing of
/// the same region has been seen to lag by seconds.
const LISTING_LAG: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
