//! A Plivo account as configured.

use super::path::segment;
use super::xml::Addresses;
use crate::mark::{Installation, SignedCall};
use crate::secret::Secret;
use crate::send::REQUEST_WITHIN;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use call::{CallId, CarrierName};
use std::time::Duration;

/// A Plivo account as configured. Start from [`PlivoConfig::new`] and set what differs.
#[derive(Clone, Debug)]
pub struct PlivoConfig {
    /// The name in the configuration.
    pub name: CarrierName,
    /// Where the REST API is: an origin, maybe with a path. Default: Plivo's own host.
    pub base_url: Option<String>,
    /// The account, `MA…`, or subaccount, `SA…`.
    pub auth_id: String,
    /// Its token: it signs in, and checks webhooks.
    pub auth_token: Secret,
    /// Another token by which webhooks may be signed, for the time in which the tokens rotate.
    pub auth_token_previous: Option<Secret>,
    /// Whether a webhook may be signed by version 2 alone, which covers neither query nor body:
    /// whoever has seen one such webhook can make any other. Default: no.
    pub signature_v2: bool,
    /// Where Plivo reaches us, such as `https://gw.example/webhooks/plivo`. Plivo can't be told
    /// otherwise what to do on a line: the request for a call needs an address that is asked.
    pub callback_base: String,
    /// How long one request may take. A call that it makes may be so much younger than the moment
    /// of its sending. Default: [`REQUEST_WITHIN`].
    pub request_timeout: Duration,
    /// Who signs our marks. Default: nobody, and no signed mark is ours.
    pub installation: Option<Installation>,
}

impl PlivoConfig {
    /// An account with every other setting at its default.
    pub fn new(name: CarrierName, auth_id: String, auth_token: Secret, callback_base: String) -> PlivoConfig {
        PlivoConfig {
            name,
            base_url: None,
            auth_id,
            auth_token,
            auth_token_previous: None,
            signature_v2: false,
            callback_base,
            request_timeout: REQUEST_WITHIN,
            installation: None,
        }
    }

    /// The address of the account, with a slash at its end: every address of Plivo's ends with one.
    pub(super) fn account_url(&self) -> String {
        let base = self.base_url.as_deref().unwrap_or(PLIVO).trim_end_matches('/');
        format!("{base}/v1/Account/{}/", segment(&self.auth_id))
    }

    /// HTTP Basic (RFC 7617) by the account and its token.
    pub(super) fn authorization(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.auth_id, self.auth_token.expose())))
    }

    /// Where Plivo asks and tells, as addresses that carry our mark.
    pub(super) fn addresses(&self, call: CallId) -> Addresses {
        let base = self.callback_base.trim_end_matches('/');
        let mark = SignedCall::new(call, self.installation.as_ref()).query();
        let (voice, status) = (format!("{base}/voice?{mark}"), format!("{base}/status?{mark}"));
        Addresses { voice, status }
    }
}

const PLIVO: &str = "https://api.plivo.com";
