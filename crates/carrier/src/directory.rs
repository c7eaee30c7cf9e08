//! Which kinds of carriers there are, and how each is opened.

use crate::mark::Installation;
use crate::plivo::{Plivo, PlivoConfig};
use crate::roles::Carrier;
use crate::secret::Secret;
use crate::telnyx::{PublicKey, StreamCodec, Telnyx, TelnyxConfig};
use crate::twilio::{Twilio, TwilioConfig};
use call::CarrierName;
use std::sync::Arc;
use std::time::Duration;

/// A configured carrier: its kind, and what that kind needs.
#[derive(Clone, Debug)]
pub enum CarrierConfig {
    /// `kind = "twilio"`.
    Twilio(TwilioConfig),
    /// `kind = "telnyx"`.
    Telnyx(TelnyxConfig),
    /// `kind = "plivo"`.
    Plivo(PlivoConfig),
    /// `kind = "simulated"`.
    Simulated(SimulatedConfig),
}

/// An account on the simulated network, which is reached through one of its faces.
#[derive(Clone, Debug)]
pub struct SimulatedConfig {
    /// The name in the configuration.
    pub name: CarrierName,
    /// Where the network listens, such as `http://127.0.0.1:4061`.
    pub base_url: String,
    /// Which carrier's interface is spoken, and who we are there.
    pub face: SimulatedFace,
    /// Where the network reaches us, as in [`PlivoConfig::callback_base`].
    pub callback_base: String,
    /// As in [`TwilioConfig::request_timeout`].
    pub request_timeout: Duration,
    /// As in [`TwilioConfig::installation`].
    pub installation: Option<Installation>,
}

/// A face of the simulated network, with the credentials that it takes.
#[derive(Clone, Debug)]
pub enum SimulatedFace {
    /// Twilio's.
    Twilio {
        /// The account.
        account_sid: String,
        /// The account's token.
        auth_token: Secret,
    },
    /// Telnyx's.
    Telnyx {
        /// The key that opens the API.
        api_key: Secret,
        /// The key by which webhooks are checked.
        public_key: PublicKey,
        /// The Call Control application.
        connection_id: String,
        /// The codec of media streams.
        stream_codec: StreamCodec,
    },
    /// Plivo's.
    Plivo {
        /// The account.
        auth_id: String,
        /// The account's token.
        auth_token: Secret,
    },
}

impl CarrierConfig {
    /// The name in the configuration.
    pub fn name(&self) -> &CarrierName {
        match self {
            CarrierConfig::Twilio(twilio) => &twilio.name,
            CarrierConfig::Telnyx(telnyx) => &telnyx.name,
            CarrierConfig::Plivo(plivo) => &plivo.name,
            CarrierConfig::Simulated(simulated) => &simulated.name,
        }
    }

    /// The word for its kind, as the configuration writes it.
    pub fn kind(&self) -> &'static str {
        match self {
            CarrierConfig::Twilio(_) => "twilio",
            CarrierConfig::Telnyx(_) => "telnyx",
            CarrierConfig::Plivo(_) => "plivo",
            CarrierConfig::Simulated(_) => "simulated",
        }
    }
}

/// Opens a carrier. Nothing is sent.
pub fn open(config: CarrierConfig) -> Arc<dyn Carrier> {
    match config {
        CarrierConfig::Twilio(twilio) => Arc::new(Twilio::new(twilio)),
        CarrierConfig::Telnyx(telnyx) => Arc::new(Telnyx::new(telnyx)),
        CarrierConfig::Plivo(plivo) => Arc::new(Plivo::new(plivo)),
        CarrierConfig::Simulated(simulated) => open(face(simulated)),
    }
}

/// The carrier that the face is taken for.
fn face(simulated: SimulatedConfig) -> CarrierConfig {
    let SimulatedConfig { name, base_url, face, callback_base, request_timeout, installation } = simulated;
    match face {
        SimulatedFace::Twilio { account_sid, auth_token } => CarrierConfig::Twilio(TwilioConfig {
            base_url: Some(base_url),
            callback_base: Some(callback_base),
            request_timeout,
            installation,
            ..TwilioConfig::new(name, account_sid, auth_token)
        }),
        SimulatedFace::Telnyx { api_key, public_key, connection_id, stream_codec } => {
            CarrierConfig::Telnyx(TelnyxConfig {
                base_url: Some(format!("{}/v2", base_url.trim_end_matches('/'))),
                callback_base: Some(callback_base),
                request_timeout,
                stream_codec,
                installation,
                ..TelnyxConfig::new(name, api_key, public_key, connection_id)
            })
        }
        SimulatedFace::Plivo { auth_id, auth_token } => CarrierConfig::Plivo(PlivoConfig {
            base_url: Some(base_url),
            request_timeout,
            installation,
            ..PlivoConfig::new(name, auth_id, auth_token, callback_base)
        }),
    }
}

/// The longest talk at Telnyx: `time_limit_secs` goes from 30 s to 14,400 s (its OpenAPI document,
/// 2026-07-16). A talk that is to be shorter is ended by the gateway itself.
pub const TELNYX_TALK_MAX: Duration = Duration::from_secs(14_400);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{Next, Placement};
    use call::call::Script;
    use call::{CallId, Party};

    fn hidden(text: &str) -> Secret {
        Secret::new(format!("{text} nobody may see"))
    }

    fn name() -> CarrierName {
        CarrierName("lab".to_owned())
    }

    /// The key of the simulated network.
    fn public_key() -> PublicKey {
        "bnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E=".parse().unwrap()
    }

    fn simulated(face: SimulatedFace) -> CarrierConfig {
        CarrierConfig::Simulated(SimulatedConfig {
            name: name(),
            base_url: "http://127.0.0.1:4061".to_owned(),
            face,
            callback_base: "http://127.0.0.1:4060/webhooks/lab".to_owned(),
            request_timeout: Duration::from_secs(10),
            installation: None,
        })
    }

    fn faces() -> [SimulatedFace; 3] {
        [
            SimulatedFace::Twilio { account_sid: "AC1".to_owned(), auth_token: hidden("one") },
            SimulatedFace::Telnyx {
                api_key: hidden("two"),
                public_key: public_key(),
                connection_id: "1000".to_owned(),
                stream_codec: StreamCodec::default(),
            },
            SimulatedFace::Plivo { auth_id: "MA1".to_owned(), auth_token: hidden("three") },
        ]
    }

    #[test]
    fn the_simulated_network_is_a_carrier_like_any_other() {
        let expected = [
            ("AC1", "http://127.0.0.1:4061/2010-04-01/Accounts/AC1/"),
            ("1000", "http://127.0.0.1:4061/v2/connections/1000/active_calls"),
            ("MA1", "http://127.0.0.1:4061/v1/Account/MA1/Call/"),
        ];
        for (face, (account, url)) in faces().into_iter().zip(expected) {
            let config = simulated(face);
            assert_eq!((config.kind(), config.name().as_str()), ("simulated", "lab"));
            let carrier = open(config);
            assert_eq!((carrier.name().as_str(), carrier.account()), ("lab", Some(account)));
            let Next::Ask(request) = carrier.list_live(&[]) else { panic!("a listing asks") };
            assert!(request.url.starts_with(url), "{}", request.url);
        }
    }

    #[test]
    fn each_kind_is_opened_under_its_name() {
        let token = || Secret::new("x");
        for (config, kind) in [
            (CarrierConfig::Twilio(TwilioConfig::new(name(), "AC1".to_owned(), token())), "twilio"),
            (
                CarrierConfig::Telnyx(TelnyxConfig::new(name(), token(), public_key(), "1".to_owned())),
                "telnyx",
            ),
            (
                CarrierConfig::Plivo(PlivoConfig::new(
                    name(),
                    "MA1".to_owned(),
                    token(),
                    "http://gw".to_owned(),
                )),
                "plivo",
            ),
        ] {
            assert_eq!((config.kind(), config.name()), (kind, &name()));
            assert_eq!(open(config).name(), &name());
        }
    }

    #[test]
    fn telnyx_is_asked_for_no_longer_talk_than_it_gives() {
        let [_, telnyx, _] = faces();
        let request = open(simulated(telnyx)).place(&Placement {
            id: CallId::from_bits(1),
            from: Party::read("+12025550100"),
            to: Party::read("+12025550143"),
            script: Script::HangUp,
            ring_max: Duration::from_secs(30),
            duration_max: Duration::from_secs(86_400),
            listens: None,
        });
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        let limit = format!("\"time_limit_secs\":{}", TELNYX_TALK_MAX.as_secs());
        assert!(body.contains(&limit), "{body}");
    }

    #[test]
    fn no_secret_is_printed() {
        let mut twilio = TwilioConfig::new(name(), "AC1".to_owned(), hidden("four"));
        twilio.auth_token_previous = Some(hidden("five"));
        twilio.webhook_shared_keys = vec![("k".to_owned(), hidden("six"))];
        let telnyx = TelnyxConfig::new(name(), hidden("seven"), public_key(), "1".to_owned());
        let mut plivo = PlivoConfig::new(name(), "MA1".to_owned(), hidden("eight"), "http://gw".to_owned());
        plivo.auth_token_previous = Some(hidden("nine"));
        let real =
            [CarrierConfig::Twilio(twilio), CarrierConfig::Telnyx(telnyx), CarrierConfig::Plivo(plivo)];
        for config in faces().map(simulated).into_iter().chain(real) {
            let printed = format!("{config:?}");
            assert!(!printed.contains("nobody may see"), "{printed}");
        }
    }
}
