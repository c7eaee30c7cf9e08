//! What can be set of each carrier.

use super::{BaseUrl, Secret};
use call::gate::Money;
use carrier::telnyx::{PublicKey, StreamCodec};
use std::collections::BTreeMap;
use std::time::Duration;

/// One carrier.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    /// What sort of carrier it is, with what only that sort needs.
    pub(crate) kind: CarrierKind,
    /// How many calls may be placed in a second; `None` is without limit. Default: 1 for Twilio,
    /// 30 for Telnyx and 2 for Plivo, which is what each gives an account, and none for the
    /// simulated network.
    pub(crate) calls_per_second: Option<f64>,
    /// How many calls may be live at once at this carrier. Default: without limit of its own.
    pub(crate) live_max: Option<u32>,
    /// What a begun minute of an outbound call costs. Default: none is known.
    pub(crate) price_per_minute: Option<Money>,
    /// How long one request to the carrier may take, reply included. Default: 10 s.
    pub(crate) request_timeout: Duration,
}

/// The sorts of carriers.
#[derive(Clone, Debug)]
pub(crate) enum CarrierKind {
    /// `kind = "twilio"`.
    Twilio(Twilio),
    /// `kind = "telnyx"`.
    Telnyx(Telnyx),
    /// `kind = "plivo"`.
    Plivo(Plivo),
    /// `kind = "simulated"`: the network of `offhook sim`.
    Simulated(Simulated),
}

/// An account at Twilio.
#[derive(Clone, Debug)]
pub(crate) struct Twilio {
    /// Where the REST API is, for tests and proxies. Default: Twilio's host, by region and edge.
    pub(crate) base_url: Option<BaseUrl>,
    /// The account, `AC…`.
    pub(crate) account_sid: String,
    /// The primary auth token: checks webhooks, and signs requests in if there is no API key.
    pub(crate) auth_token: Secret,
    /// A second token by which webhooks may be signed while the tokens rotate. Default: none.
    pub(crate) auth_token_previous: Option<Secret>,
    /// A key that signs requests in, instead of the auth token. Default: none.
    pub(crate) api_key: Option<ApiKey>,
    /// The region that processes the calls, such as `ie1`. Default: Twilio's own, `us1`.
    pub(crate) region: Option<String>,
    /// The edge at which requests enter Twilio's network, such as `dublin`. Default: none.
    pub(crate) edge: Option<String>,
    /// Keys of webhooks that are signed with HMAC-SHA256, by the names that stand in
    /// `X-Twilio-Webhooks-Signature-Settings`. Default: none.
    pub(crate) webhook_shared_keys: BTreeMap<String, Secret>,
}

/// A Twilio API key: `api_key_sid` and `api_key_secret`.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey {
    /// The key's name, `SK…`.
    pub(crate) sid: String,
    /// The key's secret.
    pub(crate) secret: Secret,
}

/// A Call Control application at Telnyx.
#[derive(Clone, Debug)]
pub(crate) struct Telnyx {
    /// Where the API is, version and all, for tests and proxies. Default: Telnyx's host.
    pub(crate) base_url: Option<BaseUrl>,
    /// The key that signs requests in, `KEY…`.
    pub(crate) api_key: Secret,
    /// The account's public key, by which webhooks are checked.
    pub(crate) public_key: WebhookKey,
    /// The Call Control application that calls run on.
    pub(crate) connection_id: String,
    /// The codec of media streams. Default: µ-law.
    pub(crate) stream_codec: StreamCodec,
}

/// A public key by which webhooks are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebhookKey {
    /// As it was written.
    pub(crate) written: String,
    /// As it was understood.
    pub(crate) key: Box<PublicKey>,
}

/// An account at Plivo.
#[derive(Clone, Debug)]
pub(crate) struct Plivo {
    /// Where the REST API is, for tests and proxies. Default: Plivo's host.
    pub(crate) base_url: Option<BaseUrl>,
    /// The account, `MA…`, or subaccount, `SA…`.
    pub(crate) auth_id: String,
    /// Its token: signs requests in, and checks webhooks.
    pub(crate) auth_token: Secret,
    /// A second token by which webhooks may be signed while the tokens rotate. Default: none.
    pub(crate) auth_token_previous: Option<Secret>,
    /// Whether a webhook may be signed by version 2 alone, which covers neither the query nor the
    /// body. Default: no.
    pub(crate) accept_signature_v2: bool,
}

/// An account on the simulated network.
#[derive(Clone, Debug)]
pub(crate) struct Simulated {
    /// Where `offhook sim` listens. Default: `http://127.0.0.1:4061`.
    pub(crate) base_url: BaseUrl,
    /// Which carrier's interface is spoken. Default: Twilio's.
    pub(crate) face: Face,
}

/// A carrier's interface on the simulated network, and the credentials for it. Default of each:
/// `None`, the network's own.
#[derive(Clone, Debug)]
pub(crate) enum Face {
    /// `face = "twilio"`.
    Twilio {
        /// The account.
        account_sid: Option<String>,
        /// The account's token.
        auth_token: Option<Secret>,
    },
    /// `face = "telnyx"`.
    Telnyx {
        /// The key that signs requests in.
        api_key: Option<Secret>,
        /// The key by which webhooks are checked.
        public_key: Option<WebhookKey>,
        /// The Call Control application.
        connection_id: Option<String>,
        /// The codec of media streams. Default: µ-law.
        stream_codec: StreamCodec,
    },
    /// `face = "plivo"`.
    Plivo {
        /// The account.
        auth_id: Option<String>,
        /// The account's token.
        auth_token: Option<Secret>,
    },
}
