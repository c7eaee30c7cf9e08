//! How the carriers sign, written from their documents and not from the connectors.

use crate::carriers::Kind;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use carrier::RawWebhook;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use sha1::Sha1;
use sha2::Sha256;
use std::collections::BTreeSet;

/// What Twilio and Plivo share with us.
pub(crate) const TOKEN: &str = "12345";

/// The public half of the key that Telnyx's webhooks are signed with here.
pub(crate) fn telnyx_public_key() -> String {
    STANDARD.encode(telnyx_key(true).verifying_key().as_bytes())
}

/// The same webhook without any signature.
pub(crate) fn bare(raw: &RawWebhook) -> RawWebhook {
    let mut raw = raw.clone();
    raw.headers.retain(|(name, _)| !NAMES.contains(&name.as_str()));
    raw
}

/// The same webhook signed, by the carrier or by somebody else. The rest of its headers stay.
pub(crate) fn signed(kind: Kind, raw: &RawWebhook, at_s: i64, by_carrier: bool) -> RawWebhook {
    let mut signed = bare(raw);
    let token = if by_carrier { TOKEN } else { "54321" };
    let mut add = |name: &str, value: String| signed.headers.push((name.to_owned(), value));
    match kind {
        Kind::Twilio => add("x-twilio-signature", STANDARD.encode(twilio(raw, token))),
        Kind::Telnyx => {
            let text = [at_s.to_string().as_bytes(), b"|", &raw.body].concat();
            add("telnyx-timestamp", at_s.to_string());
            let signature = telnyx_key(by_carrier).sign(&text);
            add("telnyx-signature-ed25519", STANDARD.encode(signature.to_bytes()));
        }
        Kind::Plivo => {
            add("x-plivo-signature-v3-nonce", "n0nce".to_owned());
            let mac = mac::<Hmac<Sha256>>(token, &format!("{}.n0nce", plivo(raw)));
            add("x-plivo-signature-v3", STANDARD.encode(mac));
        }
    }
    signed
}

/// The fields of a form, in their order.
pub(crate) fn fields(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}

/// The fields in an address.
pub(crate) fn query(url: &str) -> Vec<(String, String)> {
    let url = url.split('#').next().unwrap_or_default();
    fields(url.split_once('?').map_or("", |(_, query)| query).as_bytes())
}

fn twilio(raw: &RawWebhook, token: &str) -> Vec<u8> {
    let mut text = raw.url.split('#').next().unwrap_or_default().to_owned();
    if raw.method == Method::POST {
        for (name, value) in fields(&raw.body).into_iter().collect::<BTreeSet<_>>() {
            text += &(name + &value);
        }
    }
    mac::<Hmac<Sha1>>(token, &text)
}

fn plivo(raw: &RawWebhook) -> String {
    let mut text = raw.url.split(['?', '#']).next().unwrap_or_default().to_owned();
    let mut query = query(&raw.url);
    query.sort();
    let query: Vec<String> = query.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut form = fields(if raw.method == Method::GET { b"" } else { &raw.body });
    form.sort();
    if !query.is_empty() || !form.is_empty() {
        text += &format!("?{}", query.join("&"));
    }
    if !query.is_empty() && !form.is_empty() {
        text.push('.');
    }
    form.into_iter().for_each(|(name, value)| text += &(name + &value));
    text
}

fn mac<M: Mac + KeyInit>(token: &str, text: &str) -> Vec<u8> {
    let mac = <M as KeyInit>::new_from_slice(token.as_bytes()).expect("a key of any length will do");
    mac.chain_update(text.as_bytes()).finalize().into_bytes().to_vec()
}

fn telnyx_key(of_carrier: bool) -> SigningKey {
    SigningKey::from_bytes(&[if of_carrier { 7 } else { 8 }; 32])
}

const NAMES: [&str; 10] = [
    "x-twilio-signature",
    "telnyx-signature-ed25519",
    "telnyx-timestamp",
    "x-plivo-signature-v2",
    "x-plivo-signature-v2-nonce",
    "x-plivo-signature-ma-v2",
    "x-plivo-signature-v3",
    "x-plivo-signature-v3-nonce",
    "x-plivo-signature-ma-v3",
    "x-twilio-webhooks-signature-settings",
];
