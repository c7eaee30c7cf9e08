//! A Twilio account as configured.

use crate::mark::Installation;
use crate::secret::Secret;
use crate::send::REQUEST_WITHIN;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use call::CarrierName;
use std::time::Duration;

/// A Twilio account as configured. Start from [`TwilioConfig::new`] and set what differs.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// The name in the configuration.
    pub name: CarrierName,
    /// Where the REST API is: an origin, maybe with a path. It goes before region and edge.
    /// Default: Twilio's own host.
    pub base_url: Option<String>,
    /// The region that processes the calls, such as `ie1`. Default: `us1`.
    pub region: Option<String>,
    /// The edge at which requests enter Twilio's network, such as `dublin`. Default: left to Twilio.
    pub edge: Option<String>,
    /// The account, `AC…`.
    pub account_sid: String,
    /// The primary auth token: it checks webhooks, and signs in where there is no API key.
    pub auth_token: Secret,
    /// Another token by which webhooks may be signed, for the time in which the tokens rotate.
    pub auth_token_previous: Option<Secret>,
    /// An API key that signs in. Keys never sign webhooks.
    pub api_key: Option<ApiKey>,
    /// Keys of webhooks that are signed with HMAC-SHA256, by the names that stand in
    /// `X-Twilio-Webhooks-Signature-Settings`.
    pub webhook_shared_keys: Vec<(String, Secret)>,
    /// Where Twilio reaches us, such as `https://gw.example/webhooks/twilio`. Without it no webhook
    /// is asked for: what to do on the line travels with the call, and its fate is learnt by looks.
    pub callback_base: Option<String>,
    /// How long one request may take. A call that it makes may be so much younger than the moment
    /// of its sending. Default: [`REQUEST_WITHIN`].
    pub request_timeout: Duration,
    /// Who signs our marks. Default: nobody, and no signed mark is ours.
    pub installation: Option<Installation>,
}

/// A Twilio API key.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// The key's name, `SK…`.
    pub sid: String,
    /// The key's secret.
    pub secret: Secret,
}

impl TwilioConfig {
    /// An account with every other setting at its default.
    pub fn new(name: CarrierName, account_sid: String, auth_token: Secret) -> TwilioConfig {
        TwilioConfig {
            name,
            base_url: None,
            region: None,
            edge: None,
            account_sid,
            auth_token,
            auth_token_previous: None,
            api_key: None,
            webhook_shared_keys: Vec::new(),
            callback_base: None,
            request_timeout: REQUEST_WITHIN,
            installation: None,
        }
    }

    /// Where the API is, without a slash at the end. The host's form is
    /// `{product}.{edge}.{region}.twilio.com`, and an edge needs a region
    /// (<https://www.twilio.com/docs/global-infrastructure/using-the-twilio-rest-api-in-a-non-us-region>,
    /// 2026-11-22).
    pub(super) fn base(&self) -> String {
        if let Some(base_url) = &self.base_url {
            return base_url.trim_end_matches('/').to_owned();
        }
        match (&self.edge, &self.region) {
            (None, None) => "https://api.twilio.com".to_owned(),
            (None, Some(region)) => format!("https://api.{region}.twilio.com"),
            (Some(edge), None) => format!("https://api.{edge}.us1.twilio.com"),
            (Some(edge), Some(region)) => format!("https://api.{edge}.{region}.twilio.com"),
        }
    }

    /// HTTP Basic (RFC 7617) by the key if there is one, by the account and its token if not.
    pub(super) fn authorization(&self) -> String {
        let (user, password) = match &self.api_key {
            Some(key) => (&key.sid, &key.secret),
            None => (&self.account_sid, &self.auth_token),
        };
        format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.expose())))
    }
}
