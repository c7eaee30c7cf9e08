//! Webhooks: raw, verified, read, and answered.

use crate::mark::{Ends, Mark};
use call::call::{News, Page};
use call::{CarrierCallId, Party};

/// A webhook as it arrived.
#[derive(Clone, Debug)]
pub struct RawWebhook {
    /// `POST` or `GET`.
    pub method: http::Method,
    /// The address that the carrier was told to call: the configured public address, and the
    /// path and query as they arrived. Nothing that a stranger can send decides its host.
    pub url: String,
    /// Header names in lower case, and their values.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// Evidence that a webhook was signed by the carrier. Only the signature check can make one.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    raw: &'a RawWebhook,
}

/// What a webhook says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardWebhook {
    /// Whose it is, by the mark in its address or in the call.
    pub mark: Mark,
    /// The leg that it speaks of.
    pub leg: CarrierCallId,
    /// Another name of that leg, older than `leg`, where it tells one.
    pub was: Option<CarrierCallId>,
    /// What it says; `None` where it only asks what to do.
    pub news: Option<News>,
    /// What else it tells of the leg; `None` where it speaks of another leg, too.
    pub ends: Option<Ends>,
    /// The two ends, when it offers us a call that came in.
    pub inbound: Option<InboundCall>,
    /// What its reply is to say of the line, if anything.
    pub page: Option<Page>,
}

/// A call that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundCall {
    /// Who calls.
    pub from: Party,
    /// Which of our numbers is called.
    pub to: Party,
}

/// The body of the reply to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its media type.
    pub content_type: &'static str,
    /// Itself.
    pub body: String,
}

/// Why a webhook was not heard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// It carries no signature.
    #[error("the webhook carries no signature")]
    Unsigned,
    /// Its signature is not the carrier's.
    #[error("the webhook's signature is wrong ({0}); check public_url and the carrier's token")]
    WrongSignature(String),
    /// It can't be read, and not even the call that it speaks of can be told.
    #[error("the webhook cannot be read: {0}")]
    Unreadable(String),
}

impl RawWebhook {
    /// The first header of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The signature check has passed. For the connectors' signature modules alone.
    pub(crate) fn verified(&self) -> Verified<'_> {
        Verified { raw: self }
    }
}

impl<'a> Verified<'a> {
    /// The webhook, which may now be believed.
    pub fn raw(self) -> &'a RawWebhook {
        self.raw
    }
}
