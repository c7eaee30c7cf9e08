//! The carrier's two ends: the face of the network that the calls run over, and the gateway's
//! connector, each set up as the other expects.

use super::{BASE, CALLBACKS};
use crate::plan::{OURS, Plan, REQUEST_TIMEOUT, SEND_WITHIN};
use crate::sabotage::{NotFoundIsOver, Sabotage};
use crate::scene::Kind;
use call::CarrierName;
use call::gate::{OptOut, Rules};
use carrier::plivo::{Plivo, PlivoConfig};
use carrier::telnyx::{Telnyx, TelnyxConfig};
use carrier::twilio::{Twilio, TwilioConfig};
use carrier::{Carrier, Secret};
use engine::{Inbound, NumberSettings, OrphanPolicy, Settings};
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
    let carrier: Box<dyn Carrier> = match plan.carrier {
        Kind::Twilio => Box::new(twilio(plan)),
        Kind::Telnyx => Box::new(telnyx(plan)),
        Kind::Plivo => Box::new(plivo()),
    };
    match sabotage {
        Some(Sabotage::NotFoundIsOver) => Box::new(NotFoundIsOver(carrier)),
        _ => carrier,
    }
}

fn twilio(plan: &Plan) -> Twilio {
    let account = (DEFAULT_ACCOUNT_SID.to_owned(), Secret::new(DEFAULT_AUTH_TOKEN));
    Twilio::new(TwilioConfig {
        base_url: Some(BASE.to_owned()),
        callback_base: plan.told.then(|| CALLBACKS.to_owned()),
        request_timeout: REQUEST_TIMEOUT,
        ..TwilioConfig::new(name(), account.0, account.1)
    })
}

fn telnyx(plan: &Plan) -> Telnyx {
    let key = DEFAULT_TELNYX_PUBLIC_KEY.parse().unwrap_or_else(|error| panic!("{error}"));
    let (secret, id) = (Secret::new(DEFAULT_TELNYX_API_KEY), DEFAULT_TELNYX_CONNECTION_ID.to_owned());
    Telnyx::new(TelnyxConfig {
        base_url: Some(format!("{BASE}/v2")),
        callback_base: plan.told.then(|| CALLBACKS.to_owned()),
        request_timeout: REQUEST_TIMEOUT,
        ..TelnyxConfig::new(name(), secret, key, id)
    })
}

fn plivo() -> Plivo {
    let (id, token) = (DEFAULT_PLIVO_AUTH_ID.to_owned(), Secret::new(DEFAULT_PLIVO_AUTH_TOKEN));
    Plivo::new(PlivoConfig {
        base_url: Some(BASE.to_owned()),
        request_timeout: REQUEST_TIMEOUT,
        ..PlivoConfig::new(name(), id, token, CALLBACKS.to_owned())
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
        greeting: greeting.map(str::to_owned),
    };
    let numbers = [number(Inbound::Open, Some("Hello.")), number(Inbound::Deny, None)];
    let numbers = OURS.iter().filter_map(|ours| ours.parse().ok()).zip(numbers).collect();
    Settings {
        over_limit: None,
        live_max: if sabotage == Some(Sabotage::ForgetLiveMax) { 1_000 } else { plan.live_max },
        gate: Rules { attempts_per_hour: plan.attempts_per_hour, ..Rules::default() },
        opt_out: OptOut::default(),
        carrier_live_max: BTreeMap::new(),
        limits: plan.limits.clone(),
        send_within: SEND_WITHIN,
        orphans: OrphanPolicy::HangUp,
        sweep_every: None,
        apart: [(carrier.clone(), Duration::from_millis(apart.unsigned_abs()))].into(),
        numbers,
    }
}
