//! Which kinds of carriers there are, and how each is opened.

use crate::roles::Carrier;
use crate::secret::Secret;
use crate::twilio::{Twilio, TwilioConfig};
use call::CarrierName;
use std::sync::Arc;
use std::time::Duration;

/// A configured carrier: its kind, and what that kind needs.
#[derive(Clone, Debug)]
pub enum CarrierConfig {
    /// `kind = "twilio"`.
    Twilio(TwilioConfig),
    /// `kind = "simulated"`.
    Simulated(SimulatedConfig),
}

/// An account on the simulated network, which is reached through its Twilio face.
#[derive(Clone, Debug)]
pub struct SimulatedConfig {
    /// The name in the configuration.
    pub name: CarrierName,
    /// Where the network listens, such as `http://127.0.0.1:4061`.
    pub base_url: String,
    /// The account on it.
    pub account_sid: String,
    /// The account's token.
    pub auth_token: Secret,
    /// As in [`TwilioConfig::callback_base`].
    pub callback_base: Option<String>,
    /// As in [`TwilioConfig::request_timeout`].
    pub request_timeout: Duration,
}

impl CarrierConfig {
    /// The name in the configuration.
    pub fn name(&self) -> &CarrierName {
        match self {
            CarrierConfig::Twilio(twilio) => &twilio.name,
            CarrierConfig::Simulated(simulated) => &simulated.name,
        }
    }

    /// The word for its kind, as the configuration writes it.
    pub fn kind(&self) -> &'static str {
        match self {
            CarrierConfig::Twilio(_) => "twilio",
            CarrierConfig::Simulated(_) => "simulated",
        }
    }
}

/// Opens a carrier. Nothing is sent.
pub fn open(config: CarrierConfig) -> Arc<dyn Carrier> {
    match config {
        CarrierConfig::Twilio(twilio) => Arc::new(Twilio::new(twilio)),
        CarrierConfig::Simulated(simulated) => Arc::new(Twilio::new(twilio_face(simulated))),
    }
}

fn twilio_face(simulated: SimulatedConfig) -> TwilioConfig {
    TwilioConfig {
        base_url: Some(simulated.base_url),
        callback_base: simulated.callback_base,
        request_timeout: simulated.request_timeout,
        ..TwilioConfig::new(simulated.name, simulated.account_sid, simulated.auth_token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulated() -> CarrierConfig {
        CarrierConfig::Simulated(SimulatedConfig {
            name: CarrierName("lab".to_owned()),
            base_url: "http://127.0.0.1:4061".to_owned(),
            account_sid: "AC00000000000000000000000000000001".to_owned(),
            auth_token: Secret::new("a token nobody may see"),
            callback_base: None,
            request_timeout: Duration::from_secs(10),
        })
    }

    #[test]
    fn the_simulated_network_is_a_carrier_like_any_other() {
        let config = simulated();
        assert_eq!((config.kind(), config.name().as_str()), ("simulated", "lab"));
        let carrier = open(config);
        assert_eq!(carrier.name().as_str(), "lab");
        assert_eq!(carrier.account(), Some("AC00000000000000000000000000000001"));
        let crate::Next::Ask(request) = carrier.list_live(&[]) else { panic!("a listing asks") };
        assert!(request.url.starts_with("http://127.0.0.1:4061/2010-04-01/Accounts/AC"), "{}", request.url);
    }

    #[test]
    fn no_secret_is_printed() {
        let mut twilio = TwilioConfig::new(
            CarrierName("t".to_owned()),
            "AC00000000000000000000000000000001".to_owned(),
            Secret::new("a token nobody may see"),
        );
        twilio.auth_token_previous = Some(Secret::new("one nobody may see"));
        twilio.webhook_shared_keys = vec![("k".to_owned(), Secret::new("two nobody may see"))];
        for config in [simulated(), CarrierConfig::Twilio(twilio)] {
            let printed = format!("{config:?}");
            assert!(!printed.contains("nobody may see"), "{printed}");
        }
    }
}
