//! Whether a webhook is Plivo's.
//!
//! Sources: <https://docs.plivo.com/docs/voice/xml/request/validation> (2026-11-22) and
//! `signature_v3.py` of Plivo's own Python library 4.63.0, which the tests' known answers come from.
//!
//! Neither version has a time in it, so that a webhook which was once valid stays valid. Hearing it
//! again changes nothing: a call only moves on. Nothing is kept about nonces for the same reason.

use super::PlivoConfig;
use super::webhook::{form, path, query};
use crate::webhook::{RawWebhook, Verified, WebhookError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use sha2::Sha256;

/// The headers of one version: the signature by the account's own token, the one by the main
/// account's token, and what makes each signature another one.
struct Version {
    signatures: [&'static str; 2],
    nonce: &'static str,
    /// What stands before the nonce in the signed text.
    before_nonce: &'static str,
}

/// Checks the signature. Everything that isn't plainly right is wrong. A webhook with version 3 is
/// judged by that alone, so that nobody can have a weaker check by adding headers.
pub(super) fn verify<'a>(config: &PlivoConfig, raw: &'a RawWebhook) -> Result<Verified<'a>, WebhookError> {
    let (version, text) = if V3.is_in(raw) {
        (&V3, signed_v3(raw)?)
    } else if config.signature_v2 && V2.is_in(raw) {
        // The form isn't signed, but what is none is not Plivo's.
        form(raw)?;
        (&V2, path(raw).to_owned())
    } else if V2.is_in(raw) {
        return Err(wrong("it is signed by version 2 alone; set accept_signature_v2 to accept it"));
    } else {
        return Err(WebhookError::Unsigned);
    };
    let nonce = raw.header(version.nonce).filter(|nonce| !nonce.is_empty());
    let nonce = nonce.ok_or_else(|| wrong("it has no nonce"))?;
    let text = format!("{text}{}{nonce}", version.before_nonce);
    if version.values(raw).any(|signature| matches(config, &text, signature)) {
        return Ok(raw.verified());
    }
    Err(wrong("it does not match"))
}

impl Version {
    fn is_in(&self, raw: &RawWebhook) -> bool {
        self.values(raw).next().is_some()
    }

    /// All signatures that it carries: a header may hold several, separated by commas.
    fn values<'a>(&self, raw: &'a RawWebhook) -> impl Iterator<Item = &'a str> {
        let headers = self.signatures.map(|name| raw.header(name).unwrap_or_default());
        let values = headers.into_iter().flat_map(|header| header.split(','));
        values.map(str::trim).filter(|value| !value.is_empty()).take(SIGNATURES_MAX)
    }
}

/// The text that version 3 signs, but for the nonce. The query and the form are sorted by name and
/// then by value; between them stands a `.` if there are both, and before a form a `?` always.
fn signed_v3(raw: &RawWebhook) -> Result<String, WebhookError> {
    let form = form(raw)?.sorted();
    let query: Vec<String> =
        query(raw).sorted().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let query = query.join("&");
    let mut text = path(raw).to_owned();
    if raw.method == Method::GET || form.is_empty() {
        if !query.is_empty() {
            text = format!("{text}?{query}");
        }
        return Ok(text);
    }
    text = format!("{text}?{query}");
    if !query.is_empty() {
        text.push('.');
    }
    for (name, value) in form {
        text.push_str(&name);
        text.push_str(&value);
    }
    Ok(text)
}

/// Whether one of the tokens in force made this signature of this text, in constant time each.
/// While tokens rotate, webhooks that were on their way are still signed by the old one.
fn matches(config: &PlivoConfig, text: &str, signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    let tokens = [Some(&config.auth_token), config.auth_token_previous.as_ref()];
    tokens.into_iter().flatten().any(|token| is_mac(token.expose(), text, &signature))
}

/// An empty token is no token: anybody could sign with it.
fn is_mac(token: &str, text: &str, signature: &[u8]) -> bool {
    match <Hmac<Sha256> as KeyInit>::new_from_slice(token.as_bytes()) {
        Ok(mac) if !token.is_empty() => mac.chain_update(text.as_bytes()).verify_slice(signature).is_ok(),
        _ => false,
    }
}

fn wrong(why: &str) -> WebhookError {
    WebhookError::WrongSignature(why.to_owned())
}

const V3: Version = Version {
    signatures: ["x-plivo-signature-v3", "x-plivo-signature-ma-v3"],
    nonce: "x-plivo-signature-v3-nonce",
    before_nonce: ".",
};
const V2: Version = Version {
    signatures: ["x-plivo-signature-v2", "x-plivo-signature-ma-v2"],
    nonce: "x-plivo-signature-v2-nonce",
    before_nonce: "",
};
/// Two accounts with two tokens each sign at most; more are somebody's try.
const SIGNATURES_MAX: usize = 8;
