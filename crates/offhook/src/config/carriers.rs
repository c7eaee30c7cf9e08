//! Reads the carriers: what each kind of them needs, and what goes with no other setting.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use carrier::directory::TELNYX_TALK_MAX;
use carrier::telnyx::StreamCodec;

use super::dial::money;
use super::durations::{duration, show_duration};
use super::read::{LIVE_MOST, secret};
use super::secrets;
use super::section::{Rejected, Section, quoted};
use super::settings::{
    ApiKey, BaseUrl, Carrier, CarrierKind, Face, PLIVO_CALLS_PER_SECOND, Plivo, REQUEST_TIMEOUT,
    SIMULATED_BASE_URL, Secret, Simulated, TELNYX_CALLS_PER_SECOND, TWILIO_CALLS_PER_SECOND, Telnyx, Twilio,
    WebhookKey,
};
use super::tree::Node;
use super::values;

/// What a carrier must go with.
pub(super) struct Surroundings<'a> {
    /// The configuration file's folder.
    pub(super) folder: &'a Path,
    /// Whether there is a `public_url`.
    pub(super) is_public: bool,
    /// `calls.duration_max`.
    pub(super) duration_max: Duration,
}

/// What a carrier's `kind` may be, and a simulated carrier's `face` all but the last.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Twilio,
    Telnyx,
    Plivo,
    Simulated,
}

/// Reads one carrier.
pub(super) fn carrier(
    name: &str,
    section: &mut Section<'_, '_>,
    surroundings: &Surroundings<'_>,
) -> Option<Carrier> {
    let folder = surroundings.folder;
    // Without a kind nobody can say which keys are right.
    let kind = section.required("kind", "\"twilio\"", |node| values::word(node, &KINDS))?;
    let calls_per_second = section.optional("calls_per_second", values::rate);
    let live_max = section.optional("live_max", |node| values::integer(node, 1..=LIVE_MOST));
    let price_per_minute = section.optional("price_per_minute", money);
    let request_timeout = section.optional("request_timeout", |node| duration(node, REQUEST_TAKES));
    let base_url = section.optional("base_url", values::base_url);
    let (read, spoken, usual_rate) = match kind {
        Kind::Twilio => (twilio(section, base_url, folder), Kind::Twilio, Some(TWILIO_CALLS_PER_SECOND)),
        Kind::Telnyx => (telnyx(section, base_url, folder), Kind::Telnyx, Some(TELNYX_CALLS_PER_SECOND)),
        Kind::Plivo => (plivo(section, base_url, folder), Kind::Plivo, Some(PLIVO_CALLS_PER_SECOND)),
        Kind::Simulated => {
            let (simulated, face) = simulated(section, base_url, folder)?;
            (Some(CarrierKind::Simulated(simulated)), face, None)
        }
    };
    section.finish();
    if kind == Kind::Plivo && !surroundings.is_public {
        section.wrong(format!(
            "`carriers.{}` can place no call without `public_url`, since Plivo asks there what to do on the \
             line; add public_url = \"https://…\", the address of your proxy or tunnel",
            quoted(name)
        ));
    }
    if spoken == Kind::Telnyx && surroundings.duration_max > TELNYX_TALK_MAX {
        let (asked, most) = (show_duration(surroundings.duration_max), show_duration(TELNYX_TALK_MAX));
        let why = format!(
            "`calls.duration_max` is {asked:?}, and at Telnyx (`carriers.{}`) no call lasts longer than \
             {most}; give at most {most:?}",
            quoted(name)
        );
        section.wrong_elsewhere("calls.duration_max", why);
    }
    Some(Carrier {
        kind: read?,
        calls_per_second: calls_per_second.or(usual_rate),
        live_max,
        price_per_minute,
        request_timeout: request_timeout.unwrap_or(REQUEST_TIMEOUT),
    })
}

/// Where the simulated network of a carrier is, if it is on one.
pub(super) fn network(section: &mut Section<'_, '_>) -> Option<BaseUrl> {
    let kind = section.optional("kind", |node| values::word(node, &KINDS))?;
    (kind == Kind::Simulated)
        .then(|| section.optional("base_url", values::base_url).unwrap_or_else(usual_network))
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

fn telnyx(section: &mut Section<'_, '_>, base_url: Option<BaseUrl>, folder: &Path) -> Option<CarrierKind> {
    let api_key = required_secret(section, "api_key", "TELNYX_API_KEY", folder);
    let public_key = section.required("public_key", "\"…\", from Keys & Credentials in the portal", key);
    let connection_id =
        section.required("connection_id", "\"…\", the id of your Call Control application", values::text);
    let stream_codec = stream_codec(section);
    Some(CarrierKind::Telnyx(Telnyx {
        base_url,
        api_key: api_key?,
        public_key: public_key?,
        connection_id: connection_id?,
        stream_codec,
    }))
}

fn stream_codec(section: &mut Section<'_, '_>) -> StreamCodec {
    let words = StreamCodec::ALL.map(|codec| (codec.word(), codec));
    section.optional("stream_codec", |node| values::word(node, &words)).unwrap_or_default()
}

fn plivo(section: &mut Section<'_, '_>, base_url: Option<BaseUrl>, folder: &Path) -> Option<CarrierKind> {
    let auth_id = section.required("auth_id", "\"MA…\", as the Plivo console shows it", values::text);
    let auth_token = required_secret(section, "auth_token", "PLIVO_AUTH_TOKEN", folder);
    let auth_token_previous = secret(section, "auth_token_previous", folder);
    let accept_signature_v2 = section.optional("accept_signature_v2", values::boolean).unwrap_or(false);
    Some(CarrierKind::Plivo(Plivo {
        base_url,
        auth_id: auth_id?,
        auth_token: auth_token?,
        auth_token_previous,
        accept_signature_v2,
    }))
}

/// An account on the simulated network, and whose interface it speaks. `None` where nobody can say
/// which keys are right.
fn simulated(
    section: &mut Section<'_, '_>,
    base_url: Option<BaseUrl>,
    folder: &Path,
) -> Option<(Simulated, Kind)> {
    let n_faults = section.n_faults();
    let spoken = section.optional("face", |node| values::word(node, &FACES));
    if section.n_faults() > n_faults {
        return None;
    }
    let spoken = spoken.unwrap_or(Kind::Twilio);
    let face = match spoken {
        Kind::Telnyx => Face::Telnyx {
            api_key: secret(section, "api_key", folder),
            public_key: section.optional("public_key", key),
            connection_id: section.optional("connection_id", values::text),
            stream_codec: stream_codec(section),
        },
        Kind::Plivo => Face::Plivo {
            auth_id: section.optional("auth_id", values::text),
            auth_token: secret(section, "auth_token", folder),
        },
        Kind::Twilio | Kind::Simulated => Face::Twilio {
            account_sid: section.optional("account_sid", values::text),
            auth_token: secret(section, "auth_token", folder),
        },
    };
    Some((Simulated { base_url: base_url.unwrap_or_else(usual_network), face }, spoken))
}

fn usual_network() -> BaseUrl {
    BaseUrl(SIMULATED_BASE_URL.to_owned())
}

fn required_secret(
    section: &mut Section<'_, '_>,
    key: &'static str,
    variable: &str,
    folder: &Path,
) -> Option<Secret> {
    let environment = section.environment();
    let example = format!("{{ env = {variable:?} }}");
    section.required(key, &example, |node| secrets::secret(node, folder, environment))
}

/// A public key of Telnyx's.
pub(super) fn key(node: &Node) -> Result<WebhookKey, Rejected> {
    let written = values::text(node)?;
    let key = written.parse().map_err(|_| {
        "is no Ed25519 key in base64; copy it from Keys & Credentials in the Telnyx portal".to_owned()
    })?;
    Ok(WebhookKey { written, key: Box::new(key) })
}

const KINDS: [(&str, Kind); 4] = [
    ("twilio", Kind::Twilio),
    ("telnyx", Kind::Telnyx),
    ("plivo", Kind::Plivo),
    ("simulated", Kind::Simulated),
];

const FACES: [(&str, Kind); 3] = [("twilio", Kind::Twilio), ("telnyx", Kind::Telnyx), ("plivo", Kind::Plivo)];

/// A request that takes longer holds up the look at every other call.
const REQUEST_TAKES: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(120);
