//! The carrier's two ends: the face of the network that the calls run over, and the gateway's
//! connector, each set up as the other expects.

use super::{BASE, CALLBACKS};
use crate::plan::{OPT_OUT_KEY, OPT_OUT_WORDS, OURS, PRICE, Plan, REQUEST_TIMEOUT, SEND_WITHIN};
use crate::sabotage::{Broken, Sabotage};
use crate::scene::Kind;
use call::CarrierName;
use call::gate::opt_out::plain;
use call::gate::{Destinations, Money, OptOut, Rules};
use carrier::plivo::{Plivo, PlivoConfig};
use carrier::telnyx::{Telnyx, TelnyxConfig};
use carrier::twilio::{Twilio, TwilioConfig};
use carrier::{Carrier, Installation, Secret};
use engine::{Inbound, NumberSettings, OrphanPolicy, RecordingSettings, Settings};
use network::{
    Application, Connection, DEFAULT_ACCOUNT_SID, DEFAULT_AUTH_TOKEN, DEFAULT_PLIVO_AUTH_ID,
    DEFAULT_PLIVO_AUTH_TOKEN, DEFAULT_TELNYX_API_KEY, DEFAULT_TELNYX_CONNECTION_ID,
    DEFAULT_TELNYX_PUBLIC_KEY, Number, PlivoAccount, TelnyxAccount,
};
use std::collections::BTreeMap;
use std::time::Duration;

pub(super) fn network_settings(plan: &Plan) -> network::Settings {
    let unset = network::Settings { subscribers: plan.subscribers.clone(), ..network::Settings::default() };
    if !plan.told {
        return unset;
    }
    match plan.carrier {
        Kind::Twilio => network::Settings { numbers: each(&twilio_number()), ..unset },
        Kind::Telnyx => {
            let id = DEFAULT_TELNYX_CONNECTION_ID.to_owned();
            let url = Some(format!("{CALLBACKS}/events"));
            let connection = Connection { webhook_event_url: url, ..Connection::default() };
            let numbers = each(&id);
            let connections = BTreeMap::from([(id, connection)]);
            let telnyx = TelnyxAccount { connections, numbers, ..TelnyxAccount::default() };
            network::Settings { telnyx, ..unset }
        }
        Kind::Plivo => {
            let plivo = PlivoAccount { numbers: each(&plivo_number()), ..PlivoAccount::default() };
            network::Settings { plivo, ..unset }
        }
    }
}

fn each<T: Clone>(setting: &T) -> BTreeMap<String, T> {
    OURS.iter().map(|ours| ((*ours).to_owned(), setting.clone())).collect()
}

fn twilio_number() -> Number {
    Number {
        voice_url: format!("{CALLBACKS}/voice"),
        voice_method: "POST".to_owned(),
        voice_fallback_url: None,
        status_callback: Some(format!("{CALLBACKS}/status")),
        status_callback_method: "POST".to_owned(),
        account_sid: None,
    }
}

fn plivo_number() -> Application {
    Application {
        answer_url: format!("{CALLBACKS}/voice"),
        answer_method: "POST".to_owned(),
        hangup_url: Some(format!("{CALLBACKS}/status")),
        hangup_method: "POST".to_owned(),
        fallback_answer_url: None,
        fallback_method: "POST".to_owned(),
    }
}

pub(super) fn connector(plan: &Plan, sabotage: Option<Sabotage>) -> Box<dyn Carrier> {
    let told = plan.told.then_some(CALLBACKS);
    let carrier = connector_of(plan, plan.losses.as_ref().map(|_| OURS_BY_NAME), told);
    match sabotage {
        Some(sabotage @ (Sabotage::NotFoundIsOver | Sabotage::TakeOthers)) => {
            Box::new(Broken { inner: carrier, sabotage })
        }
        _ => carrier,
    }
}

/// The connector of a gateway on our account, by the name of its installation.
pub(super) fn connector_of(
    plan: &Plan,
    installation: Option<&str>,
    callbacks: Option<&str>,
) -> Box<dyn Carrier> {
    let installation = installation.and_then(|name| name.parse().ok());
    let callback_base = callbacks.map(str::to_owned);
    match plan.carrier {
        Kind::Twilio => Box::new(twilio(installation, callback_base)),
        Kind::Telnyx => Box::new(telnyx(installation, callback_base)),
        Kind::Plivo => Box::new(plivo(installation, callback_base.unwrap_or_default())),
    }
}

fn twilio(installation: Option<Installation>, callback_base: Option<String>) -> Twilio {
    let account = (DEFAULT_ACCOUNT_SID.to_owned(), Secret::new(DEFAULT_AUTH_TOKEN));
    Twilio::new(TwilioConfig {
        base_url: Some(BASE.to_owned()),
        callback_base,
        installation,
        request_timeout: REQUEST_TIMEOUT,
        ..TwilioConfig::new(name(), account.0, account.1)
    })
}

fn telnyx(installation: Option<Installation>, callback_base: Option<String>) -> Telnyx {
    let key = DEFAULT_TELNYX_PUBLIC_KEY.parse().unwrap_or_else(|error| panic!("{error}"));
    let (secret, id) = (Secret::new(DEFAULT_TELNYX_API_KEY), DEFAULT_TELNYX_CONNECTION_ID.to_owned());
    Telnyx::new(TelnyxConfig {
        base_url: Some(format!("{BASE}/v2")),
        callback_base,
        installation,
        request_timeout: REQUEST_TIMEOUT,
        ..TelnyxConfig::new(name(), secret, key, id)
    })
}

fn plivo(installation: Option<Installation>, callback_base: String) -> Plivo {
    let (id, token) = (DEFAULT_PLIVO_AUTH_ID.to_owned(), Secret::new(DEFAULT_PLIVO_AUTH_TOKEN));
    Plivo::new(PlivoConfig {
        base_url: Some(BASE.to_owned()),
        installation,
        request_timeout: REQUEST_TIMEOUT,
        ..PlivoConfig::new(name(), id, token, callback_base)
    })
}

fn name() -> CarrierName {
    CarrierName("main".to_owned())
}

pub(super) fn settings(plan: &Plan, sabotage: Option<Sabotage>) -> Settings {
    let carrier = name();
    let apart = match sabotage {
        Some(Sabotage::ForgetPace) => 0,
        _ => plan.apart_ms,
    };
    let number = |inbound, greeting: Option<&str>| NumberSettings {
        carrier: carrier.clone(),
        fallback: Vec::new(),
        inbound,
        hold: plan.inbound_hold,
        ring_out: false,
        record: false,
        greeting: greeting.map(str::to_owned),
        agent: None,
    };
    let numbers = [number(Inbound::Open, Some("Hello.")), number(Inbound::Deny, None)];
    let numbers = OURS.iter().filter_map(|ours| ours.parse().ok()).zip(numbers).collect();
    Settings {
        over_limit: None,
        live_max: if sabotage == Some(Sabotage::ForgetLiveMax) { 1_000 } else { plan.live_max },
        gate: gate(plan, sabotage),
        redaction: call::redaction::Redaction::default(),
        opt_out: opt_out(plan, sabotage),
        carrier_live_max: plan
            .rules
            .carrier_live_max
            .filter(|_| sabotage != Some(Sabotage::ForgetCarrierLiveMax))
            .map(|most| (carrier.clone(), most))
            .into_iter()
            .collect(),
        limits: plan.limits.clone(),
        send_within: SEND_WITHIN,
        orphans: orphans(plan, sabotage),
        recording: RecordingSettings::default(),
        sweep_every: plan
            .losses
            .as_ref()
            .map(|losses| Duration::from_millis(losses.sweep_every_ms.unsigned_abs())),
        apart: [(carrier.clone(), Duration::from_millis(apart.unsigned_abs()))].into(),
        names_anew: (plan.carrier == Kind::Plivo).then(|| carrier.clone()).into_iter().collect(),
        agents: BTreeMap::new(),
        numbers,
    }
}

fn gate(plan: &Plan, sabotage: Option<Sabotage>) -> Rules {
    let rules = &plan.rules;
    let day_is_kept = sabotage != Some(Sabotage::ForgetDay);
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let quiet = rules.quiet.and_then(|(from, to)| format!("{}-{}", clock(from), clock(to)).parse().ok());
    Rules {
        destinations: match rules.home_only && sabotage != Some(Sabotage::ForgetCountries) {
            true => Destinations::Countries(["US".to_owned()].into()),
            false => Destinations::Everywhere,
        },
        quiet: quiet.filter(|_| sabotage != Some(Sabotage::ForgetQuietHours)),
        attempts_per_hour: plan.attempts_per_hour,
        attempts_per_day: rules.attempts_per_day.unwrap_or(u64::MAX),
        rejected_pause: rules.rejected_pause,
        minutes_per_day: rules.minutes_per_day.filter(|_| day_is_kept),
        spend_per_day: rules.spend_per_day.filter(|_| day_is_kept).map(|minutes| Money(minutes * PRICE)),
        prices: [(name(), Money(PRICE))].into(),
        ..Rules::default()
    }
}

fn opt_out(plan: &Plan, sabotage: Option<Sabotage>) -> OptOut {
    if !plan.rules.opt_out || sabotage == Some(Sabotage::ForgetOptOut) {
        return OptOut::default();
    }
    OptOut { digits: Some(OPT_OUT_KEY.to_owned()), words: vec![plain(OPT_OUT_WORDS)] }
}

/// The name of our installation.
const OURS_BY_NAME: &str = "blue";

fn orphans(plan: &Plan, sabotage: Option<Sabotage>) -> OrphanPolicy {
    match (&plan.losses, sabotage) {
        (None, _) | (_, Some(Sabotage::HangUpOrphans)) => OrphanPolicy::HangUp,
        (Some(losses), _) => losses.orphans,
    }
}
