//! Webhooks that are signed by hand, after each carrier's documentation: what no carrier would send
//! at the time, about a call of somebody else or long ago.

use crate::world::{AUTH_TOKEN, Face, PLIVO_AUTH_TOKEN, Sent};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};
use url::form_urlencoded;

/// Signs a webhook anew as its carrier would, so many seconds ago.
pub(super) fn signed(face: Face, public: SocketAddr, sent: &Sent, seconds_ago: u64) -> Sent {
    let token = if face == Face::Plivo { PLIVO_AUTH_TOKEN } else { AUTH_TOKEN };
    signed_by(token, face, public, sent, seconds_ago)
}

/// The same with another token than the account's; Telnyx has none, but a key.
pub(super) fn signed_by(token: &str, face: Face, public: SocketAddr, sent: &Sent, seconds_ago: u64) -> Sent {
    let url = format!("http://{public}{}", sent.path);
    let signatures = match face {
        Face::Twilio => vec![("x-twilio-signature", twilio(token, &url, &sent.body))],
        Face::Telnyx => telnyx(&sent.body, seconds_ago),
        Face::Plivo => vec![
            ("x-plivo-signature-v3", plivo(token, &url, &sent.body)),
            ("x-plivo-signature-v3-nonce", NONCE.to_owned()),
        ],
    };
    let is_other = |name: &str| !name.contains("signature") && !name.contains("timestamp");
    let mut headers: Vec<(String, String)> =
        sent.headers.iter().filter(|(name, _)| is_other(name)).cloned().collect();
    headers.extend(signatures.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Sent { headers, ..sent.clone() }
}

/// <https://www.twilio.com/docs/usage/security>
fn twilio(token: &str, url: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update((url.to_owned() + &joined(body, "", "")).as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// <https://developers.telnyx.com/docs/voice/programmable-voice/receiving-webhooks/index>
fn telnyx(body: &[u8], seconds_ago: u64) -> Vec<(&'static str, String)> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let time = (now - seconds_ago).to_string();
    let signature = SigningKey::from_bytes(&TELNYX_SEED).sign(&[time.as_bytes(), b"|", body].concat());
    vec![("telnyx-timestamp", time), ("telnyx-signature-ed25519", STANDARD.encode(signature.to_bytes()))]
}

/// <https://docs.plivo.com/docs/voice/xml/request/validation>
fn plivo(token: &str, url: &str, body: &[u8]) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let dot = if query.is_empty() { "" } else { "." };
    let query = joined(query.as_bytes(), "=", "&");
    let mut mac = Hmac::<Sha256>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(format!("{base}?{query}{dot}{}.{NONCE}", joined(body, "", "")).as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The fields of a form, sorted.
fn joined(form: &[u8], is: &str, and: &str) -> String {
    let mut fields: Vec<(String, String)> = form_urlencoded::parse(form).into_owned().collect();
    fields.sort();
    fields.into_iter().map(|(name, value)| format!("{name}{is}{value}")).collect::<Vec<_>>().join(and)
}

/// What makes each of Plivo's signatures another one.
const NONCE: &str = "31415926535";
/// The private half of the key that the network's Telnyx signs with.
const TELNYX_SEED: [u8; 32] = [5; 32];
