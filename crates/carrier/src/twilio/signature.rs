//! Whether a webhook is Twilio's.
//!
//! Sources: <https://www.twilio.com/docs/usage/security> (2026-11-22) and the validator of
//! Twilio's own Python library 9.13, which the tests' known answers come from. What is signed is
//! the address that Twilio called, followed by the name and value of every form field in the order
//! of their bytes, a value that is repeated under one name counting once.

use super::TwilioConfig;
use super::webhook::{Fields, form_of, query};
use crate::secret::Secret;
use crate::webhook::{RawWebhook, Verified, WebhookError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// By what a webhook says that it is signed.
enum Scheme<'a> {
    /// HMAC-SHA1 with the account's primary token.
    Token,
    /// HMAC-SHA256 with the shared key of this name.
    SharedKey(&'a str),
}

/// Checks the signature and the account. Everything that isn't plainly right is wrong.
pub(super) fn verify<'a>(config: &TwilioConfig, raw: &'a RawWebhook) -> Result<Verified<'a>, WebhookError> {
    let signature = raw.header("x-twilio-signature").filter(|text| !text.is_empty());
    let signature = signature.ok_or(WebhookError::Unsigned)?;
    let signature = STANDARD.decode(signature).map_err(|_| wrong("not base64"))?;
    let scheme = scheme(raw.header("x-twilio-webhooks-signature-settings"))?;

    let form = form_of(raw)?;
    if form.is_none() {
        check_body_hash(raw)?;
    }
    let address = raw.url.split('#').next().unwrap_or_default();
    let pairs = signed_pairs(form.as_deref().unwrap_or_default());
    let mut signed = variants(address).into_iter().map(|address| address + &pairs);
    if !signed.any(|text| matches(config, &scheme, &text, &signature)) {
        return Err(wrong("it does not match"));
    }
    match form {
        // The body of a GET isn't signed.
        Some(_) if raw.method == Method::GET => check_account(config, &query(raw))?,
        Some(form) => check_account(config, &form)?,
        // What is no form has no field that names the account.
        None => {}
    }
    Ok(raw.verified())
}

/// Checks the signature of a media stream's upgrade: of its address, which begins with `wss`.
pub(super) fn verify_upgrade(
    config: &TwilioConfig,
    url: &str,
    header: &dyn Fn(&str) -> Option<String>,
) -> Result<(), WebhookError> {
    let signature = header("x-twilio-signature").filter(|text| !text.is_empty());
    let signature = STANDARD.decode(signature.ok_or(WebhookError::Unsigned)?);
    let signature = signature.map_err(|_| wrong("not base64"))?;
    let settings = header("x-twilio-webhooks-signature-settings");
    let scheme = scheme(settings.as_deref())?;
    let matches = variants(url).into_iter().any(|address| matches(config, &scheme, &address, &signature));
    if matches { Ok(()) } else { Err(wrong("it does not match")) }
}

/// What Twilio would sign the upgrade of a connection to a program with, in `X-Twilio-Signature`: the
/// address up to its query, and what that asks, as a form's fields are signed. So Twilio's own Agent
/// Connect checks it (`tac/server/signature_validation.py` 2.5.0).
pub fn upgrade_signature(url: &str, token: &Secret) -> String {
    let url = url.split('#').next().unwrap_or_default();
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let fields: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let text = address.to_owned() + &signed_pairs(&fields);
    let mac = <Hmac<Sha1> as KeyInit>::new_from_slice(token.expose().as_bytes());
    mac.map(|mac| STANDARD.encode(mac.chain_update(text).finalize().into_bytes())).unwrap_or_default()
}

/// Reads `X-Twilio-Webhooks-Signature-Settings`, as in `key=webhooks_sharedkey_…,algorithm=HMAC_SHA256`.
/// Where it names no algorithm the old one is meant; one that we don't know is refused.
fn scheme(settings: Option<&str>) -> Result<Scheme<'_>, WebhookError> {
    let setting = |name: &str| {
        let pairs = settings.unwrap_or_default().split(',').filter_map(|pair| pair.split_once('='));
        let mut trimmed = pairs.map(|(key, value)| (key.trim(), value.trim()));
        trimmed.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
    };
    match (setting("algorithm").unwrap_or("HMAC_SHA1"), setting("key")) {
        (algorithm, _) if algorithm.eq_ignore_ascii_case("HMAC_SHA1") => Ok(Scheme::Token),
        (algorithm, Some(key)) if algorithm.eq_ignore_ascii_case("HMAC_SHA256") => Ok(Scheme::SharedKey(key)),
        _ => Err(wrong("an algorithm that is not known, or without its key's name")),
    }
}

/// Whether one of the keys in force made this signature of this text, in constant time each.
fn matches(config: &TwilioConfig, scheme: &Scheme<'_>, text: &str, signature: &[u8]) -> bool {
    match scheme {
        // While tokens rotate, webhooks that were on their way are still signed by the old one.
        Scheme::Token => {
            let tokens = [Some(&config.auth_token), config.auth_token_previous.as_ref()];
            let mut tokens = tokens.into_iter().flatten().map(|token| token.expose());
            tokens.any(|token| is_mac::<Hmac<Sha1>>(token, text, signature))
        }
        Scheme::SharedKey(name) => {
            let mut keys = config.webhook_shared_keys.iter().filter(|(key, _)| key == name);
            keys.any(|(_, key)| is_mac::<Hmac<Sha256>>(key.expose(), text, signature))
        }
    }
}

/// An empty key is no key: anybody could sign with it.
fn is_mac<M: Mac + KeyInit>(key: &str, text: &str, signature: &[u8]) -> bool {
    match <M as KeyInit>::new_from_slice(key.as_bytes()) {
        Ok(mac) if !key.is_empty() => mac.chain_update(text.as_bytes()).verify_slice(signature).is_ok(),
        _ => false,
    }
}

/// What of the form is signed.
fn signed_pairs(form: &[(Cow<'_, str>, Cow<'_, str>)]) -> String {
    let pairs: BTreeSet<&(Cow<'_, str>, Cow<'_, str>)> = form.iter().collect();
    pairs.into_iter().flat_map(|(name, value)| [name.as_ref(), value.as_ref()]).collect()
}

/// The address as it is, and with its port left out or its usual port put in: Twilio signs now the
/// one, now the other ("sig generation on back end is inconsistent", its Python library says).
fn variants(address: &str) -> Vec<String> {
    let Some((scheme, rest)) = address.split_once("://") else { return vec![address.to_owned()] };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (host, port) = match authority.rsplit_once(':') {
        // In [::1] the last colon is the address's own.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let other = match (port, scheme) {
        (Some(_), _) => host.to_owned(),
        (None, "https" | "wss") => format!("{host}:443"),
        (None, _) => format!("{host}:80"),
    };
    vec![address.to_owned(), format!("{scheme}://{other}{rest}")]
}

/// A body that is no form isn't in the signed text; the address carries its hash instead.
fn check_body_hash(raw: &RawWebhook) -> Result<(), WebhookError> {
    let hash = query_field(raw, "bodySHA256").ok_or_else(|| wrong("its body is not signed"))?;
    let hash = hex::decode(hash).map_err(|_| wrong("its body's hash is no hash"))?;
    // Both sides are known to whoever sent it: nothing is given away by the time this takes.
    if hash == Sha256::digest(&raw.body).as_slice() { Ok(()) } else { Err(wrong("its body is another")) }
}

/// A token signs for one account; a sub-account has its own.
fn check_account(config: &TwilioConfig, fields: &Fields<'_>) -> Result<(), WebhookError> {
    let mut accounts = fields.iter().filter(|(name, _)| name == "AccountSid").peekable();
    if accounts.peek().is_some() && accounts.all(|(_, sid)| *sid == config.account_sid) {
        Ok(())
    } else {
        Err(wrong("it is of another account"))
    }
}

fn query_field(raw: &RawWebhook, name: &str) -> Option<String> {
    query(raw).into_iter().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

fn wrong(why: &str) -> WebhookError {
    WebhookError::WrongSignature(why.to_owned())
}
