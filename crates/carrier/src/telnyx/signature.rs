//! Whether a webhook is Telnyx's.
//!
//! Source: <https://developers.telnyx.com/docs/voice/programmable-voice/receiving-webhooks/index>
//! (2026-11-22), and the validators of Telnyx's own Python and Node libraries, which allow 300 s
//! either way. What is signed is the time, `|`, and the body byte for byte; not the address, so
//! that no proxy can spoil it.

use super::PublicKey;
use crate::webhook::{RawWebhook, Verified, WebhookError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use call::Timestamp;
use http::Method;
use std::time::Duration;

/// Checks the signature, and that it was made not long before or after `now`.
pub(super) fn verify<'a>(
    key: &PublicKey,
    raw: &'a RawWebhook,
    now: Timestamp,
) -> Result<Verified<'a>, WebhookError> {
    let verified = check(key, raw)?;
    let signed_at = signed_at(raw).ok_or_else(|| wrong("telnyx-timestamp is no time"))?;
    if now.since(signed_at).max(signed_at.since(now)) > AGE_MAX {
        return Err(wrong("it was signed more than 300 s before or after now; check this host's clock"));
    }
    Ok(verified)
}

/// Checks the signature alone, whenever it was made.
fn check<'a>(key: &PublicKey, raw: &'a RawWebhook) -> Result<Verified<'a>, WebhookError> {
    let header = |name: &str| raw.header(name).filter(|text| !text.is_empty());
    let signature = header("telnyx-signature-ed25519").ok_or(WebhookError::Unsigned)?;
    let time = header("telnyx-timestamp").ok_or(WebhookError::Unsigned)?;
    if raw.method != Method::POST {
        return Err(wrong("Telnyx sends POST alone"));
    }
    let signature = STANDARD.decode(signature).map_err(|_| wrong("not base64"))?;
    let signature = signature.try_into().map_err(|_| wrong("not 64 bytes"))?;
    let text = [time.as_bytes(), b"|", &raw.body].concat();
    if key.signed(&text, &signature) { Ok(raw.verified()) } else { Err(wrong("it does not match")) }
}

/// When it was signed: whole seconds since 1970.
fn signed_at(raw: &RawWebhook) -> Option<Timestamp> {
    let seconds: u32 = raw.header("telnyx-timestamp")?.parse().ok()?;
    Some(Timestamp(i64::from(seconds) * 1_000))
}

fn wrong(why: &str) -> WebhookError {
    WebhookError::WrongSignature(why.to_owned())
}

/// As much older or younger than now may a signature be.
const AGE_MAX: Duration = Duration::from_secs(300);
