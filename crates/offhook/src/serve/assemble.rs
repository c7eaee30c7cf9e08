//! From the configuration to the parts of the gateway.

use crate::config::settings::{
    Carrier, CarrierKind, Config, Destinations as Countries, Inbound as ConfiguredInbound,
};
use crate::import::Mapping;
use call::admission::Destinations;
use call::call::Limits;
use call::{CarrierName, PhoneNumber};
use carrier::Secret;
use carrier::directory::{self, CarrierConfig, SimulatedConfig};
use carrier::twilio::{ApiKey, TwilioConfig};
use engine::{Inbound, Line, NumberSettings, Settings};
use std::collections::BTreeMap;
use std::time::Duration;

/// The carriers. `public_url` is where their webhooks arrive.
pub(super) fn lines(config: &Config, public_url: &str) -> Vec<Line> {
    config
        .carriers
        .iter()
        .map(|(name, carrier)| Line {
            carrier: directory::open(carrier_config(config, name, carrier, public_url)),
            request_timeout: carrier.request_timeout,
        })
        .collect()
}

fn carrier_config(config: &Config, name: &str, carrier: &Carrier, public_url: &str) -> CarrierConfig {
    let callback = || format!("{}/webhooks/{name}", public_url.trim_end_matches('/'));
    let name = CarrierName(name.to_owned());
    match &carrier.kind {
        CarrierKind::Twilio(twilio) => {
            let token = secret(&twilio.auth_token);
            let mut made = TwilioConfig::new(name, twilio.account_sid.clone(), token);
            made.base_url = twilio.base_url.as_ref().map(|url| url.as_str().to_owned());
            made.region.clone_from(&twilio.region);
            made.edge.clone_from(&twilio.edge);
            made.auth_token_previous = twilio.auth_token_previous.as_ref().map(secret);
            made.api_key = twilio
                .api_key
                .as_ref()
                .map(|key| ApiKey { sid: key.sid.clone(), secret: secret(&key.secret) });
            made.webhook_shared_keys =
                twilio.webhook_shared_keys.iter().map(|(key, value)| (key.clone(), secret(value))).collect();
            // Twilio can't reach an address that nobody configured.
            made.callback_base = config.public_url.is_some().then(callback);
            made.request_timeout = carrier.request_timeout;
            CarrierConfig::Twilio(made)
        }
        CarrierKind::Simulated(simulated) => CarrierConfig::Simulated(SimulatedConfig {
            name,
            base_url: simulated.base_url.as_str().to_owned(),
            account_sid: simulated
                .account_sid
                .clone()
                .unwrap_or_else(|| network::DEFAULT_ACCOUNT_SID.to_owned()),
            auth_token: simulated
                .auth_token
                .as_ref()
                .map_or_else(|| Secret::new(network::DEFAULT_AUTH_TOKEN), secret),
            // The simulated network is on this machine, where our own address is reached.
            callback_base: Some(callback()),
            request_timeout: carrier.request_timeout,
        }),
    }
}

fn secret(secret: &crate::config::settings::Secret) -> Secret {
    Secret::new(secret.expose())
}

/// What the configuration says about calls.
pub(super) fn settings(config: &Config) -> Settings {
    let numbers: BTreeMap<PhoneNumber, NumberSettings> = config
        .numbers
        .iter()
        .filter_map(|(number, settings)| {
            let inbound = match settings.inbound {
                ConfiguredInbound::Deny => Inbound::Deny,
                ConfiguredInbound::Open => Inbound::Open,
            };
            let carrier = CarrierName(settings.carrier.clone());
            Some((
                number.parse().ok()?,
                NumberSettings { carrier, inbound, greeting: settings.greeting.clone() },
            ))
        })
        .collect();
    Settings {
        live_max: u64::from(config.calls.live_max),
        attempts_per_hour: u64::from(config.calls.attempts_per_hour),
        destinations: destinations(config, &numbers),
        limits: limits(config),
        send_within: SEND_WITHIN,
        apart: config.carriers.iter().filter_map(apart).collect(),
        numbers,
    }
}

fn destinations(config: &Config, numbers: &BTreeMap<PhoneNumber, NumberSettings>) -> Destinations {
    match &config.calls.destinations {
        Countries::Everywhere => Destinations::Everywhere,
        Countries::Only(countries) => {
            Destinations::Countries(countries.iter().map(|country| country.as_str().to_owned()).collect())
        }
        Countries::OwnCountries => {
            Destinations::Countries(numbers.keys().filter_map(PhoneNumber::country).collect())
        }
    }
}

fn limits(config: &Config) -> Limits {
    let calls = &config.calls;
    let slowest = config.carriers.values().map(|carrier| carrier.request_timeout).max();
    // Where webhooks come, looks are the safety net; where none come, they are all the news.
    let told = config.carriers.values().all(|carrier| match carrier.kind {
        CarrierKind::Twilio(_) => config.public_url.is_some(),
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
