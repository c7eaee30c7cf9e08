//! The carriers whose interfaces the network speaks: what a gateway's configuration needs of each,
//! where its webhooks go, and what its requests are called in the network's journal.

use super::{ACCOUNT, AUTH_TOKEN};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// One carrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    /// Twilio: documents, and webhooks that ask for them.
    Twilio,
    /// Telnyx: commands, and webhooks that tell what came of them.
    Telnyx,
    /// Plivo: documents; a look-up takes up to three requests.
    Plivo,
}

impl Face {
    /// Its name in the configuration and in the network's truth.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Face::Twilio => "twilio",
            Face::Telnyx => "telnyx",
            Face::Plivo => "plivo",
        }
    }

    /// A leg that the network has never heard of, named as this carrier names them.
    pub(crate) fn nobodys_leg(self) -> &'static str {
        match self {
            Face::Twilio => "CA0123456789abcdef0123456789abcdef",
            Face::Telnyx => "v3:0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefgh",
            Face::Plivo => "01234567-89ab-cdef-0123-456789abcdef",
        }
    }

    /// Another carrier.
    pub(crate) fn next(self) -> Face {
        match self {
            Face::Twilio => Face::Telnyx,
            Face::Telnyx => Face::Plivo,
            Face::Plivo => Face::Twilio,
        }
    }

    /// The setting of its section that holds the secret.
    pub(crate) fn secret_key(self) -> &'static str {
        match self {
            Face::Twilio | Face::Plivo => "auth_token",
            Face::Telnyx => "api_key",
        }
    }

    /// What its section must not lose for the carrier to accept a request.
    pub(crate) fn secret(self) -> &'static str {
        match self {
            Face::Twilio => AUTH_TOKEN,
            Face::Telnyx => TELNYX_API_KEY,
            Face::Plivo => PLIVO_AUTH_TOKEN,
        }
    }

    /// Its section of the configuration, but for what every section has.
    pub(crate) fn section(self, name: &str, network: SocketAddr) -> String {
        let (version, account) = match self {
            Face::Twilio => ("", vec![("account_sid", ACCOUNT), ("auth_token", AUTH_TOKEN)]),
            Face::Telnyx => (
                "/v2",
                vec![
                    ("api_key", TELNYX_API_KEY),
                    ("public_key", TELNYX_PUBLIC_KEY),
                    ("connection_id", TELNYX_CONNECTION),
                ],
            ),
            Face::Plivo => ("", vec![("auth_id", PLIVO_AUTH_ID), ("auth_token", PLIVO_AUTH_TOKEN)]),
        };
        let base_url = format!("http://{network}{version}");
        let words = [("kind", self.name()), ("base_url", &base_url), ("request_timeout", "2s")];
        let words = words.iter().chain(&account);
        let lines = words.map(|(key, value)| format!("carriers.{name}.{key} = '{value}'\n"));
        lines.collect::<String>() + &format!("carriers.{name}.calls_per_second = 100\n")
    }

    /// What the carrier's customer sets in its console, so that calls to `number` are told to the
    /// carrier `name` of the gateway: paths of the network's interface, and what is put there.
    pub(crate) fn console(self, name: &str, gateway: SocketAddr, number: &str) -> Vec<(String, Value)> {
        let page = |page: &str| format!("http://{gateway}/webhooks/{name}/{page}");
        match self {
            Face::Twilio => vec![(
                format!("/network/numbers/{number}"),
                json!({"voice_url": page("voice"), "status_callback": page("status")}),
            )],
            Face::Telnyx => vec![
                (
                    format!("/network/telnyx/connections/{TELNYX_CONNECTION}"),
                    json!({"webhook_event_url": page("events")}),
                ),
                (format!("/network/telnyx/numbers/{number}"), json!({"connection_id": TELNYX_CONNECTION})),
            ],
            Face::Plivo => vec![(
                format!("/network/plivo/numbers/{number}"),
                json!({"answer_url": page("voice"), "hangup_url": page("status")}),
            )],
        }
    }

    /// The requests that end a call.
    pub(crate) fn hang_ups(self) -> &'static [&'static str] {
        match self {
            Face::Twilio => &["update"],
            Face::Telnyx => &["hangup"],
            Face::Plivo => &["hangup", "cancel"],
        }
    }

    /// The requests that ask about one call, or about all.
    pub(crate) fn looks(self) -> &'static [&'static str] {
        match self {
            Face::Twilio => &["fetch", "list"],
            Face::Telnyx => &["fetch", "list", "events"],
            Face::Plivo => &["fetch", "fetch-queued", "fetch-record", "list", "list-queued", "list-records"],
        }
    }

    /// The requests that have a sentence said on a call that lives.
    pub(crate) fn says(self) -> &'static [&'static str] {
        match self {
            Face::Twilio => &["update"],
            Face::Telnyx => &["speak"],
            Face::Plivo => &["redirect"],
        }
    }
}

/// The key of the network's Telnyx account.
pub(crate) const TELNYX_API_KEY: &str = "KEY00000000000000000000000000000003";
/// Its application.
pub(crate) const TELNYX_CONNECTION: &str = "1000000000000000004";
/// What its webhooks are checked with.
pub(crate) const TELNYX_PUBLIC_KEY: &str = "bnoc3Smwt4/ROvTFWY/v9O8qlxZuPKby5Pv8zYBQW/E=";
/// The network's Plivo account.
pub(crate) const PLIVO_AUTH_ID: &str = "MAOFFHOOKSIMULATED00";
/// The token of [`PLIVO_AUTH_ID`].
pub(crate) const PLIVO_AUTH_TOKEN: &str = "0000000000000000000000000000000000000006";
