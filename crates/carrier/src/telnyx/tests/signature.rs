//! Whether a webhook is Telnyx's.

use super::*;
use crate::webhook::{RawWebhook, WebhookError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

const BODY: &[u8] = include_bytes!("../fixtures/hook_answered.json");
/// The seconds of [`DIALLED`].
const NOW_S: &str = "1795341600";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// The public key of [`key`], as Telnyx's portal would show it.
pub(super) const PUBLIC_KEY: &str = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";

fn raw(headers: &[(&str, &str)], body: &[u8]) -> RawWebhook {
    RawWebhook {
        method: http::Method::POST,
        url: "https://gw.example/hooks/telnyx/events".to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.to_vec(),
    }
}

fn sign(key: &SigningKey, time: &str, body: &[u8]) -> String {
    let text = [time.as_bytes(), b"|", body].concat();
    STANDARD.encode(key.sign(&text).to_bytes())
}

fn signed(time: &str, body: &[u8]) -> RawWebhook {
    let signature = sign(&key(), time, body);
    raw(&[("telnyx-signature-ed25519", &signature), ("telnyx-timestamp", time)], body)
}

fn is_wrong(raw: &RawWebhook) -> bool {
    matches!(telnyx().verify(raw, DIALLED), Err(WebhookError::WrongSignature(_)))
}

#[test]
fn what_telnyx_signed_is_believed() {
    let raw = signed(NOW_S, BODY);
    assert_eq!(telnyx().verify(&raw, DIALLED).unwrap().raw().body, BODY);
    // The address isn't signed: no proxy can spoil it.
    let elsewhere = RawWebhook { url: "http://127.0.0.1/x?y=z".to_owned(), ..raw };
    telnyx().verify(&elsewhere, DIALLED).unwrap();
}

/// The vectors of RFC 8032, section 7.1, tests 1 and 2.
#[test]
fn the_arithmetic_is_the_standard_s() {
    let check = |key: &str, text: &str, signature: &str| {
        let key: PublicKey = STANDARD.encode(hex::decode(key).unwrap()).parse().unwrap();
        let signature: [u8; 64] = hex::decode(signature).unwrap().try_into().unwrap();
        assert!(key.signed(&hex::decode(text).unwrap(), &signature));
        assert!(!key.signed(b"another text", &signature));
    };
    check(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
    check(
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
}

/// Telnyx's own libraries believe 300 s and not 301, either way.
#[test]
fn what_was_signed_long_before_or_after_now_is_refused() {
    let check = |off_ms: i64, is_believed: bool| {
        let now = Timestamp(DIALLED.0 + off_ms);
        assert_eq!(telnyx().verify(&signed(NOW_S, BODY), now).is_ok(), is_believed, "{off_ms}");
    };
    for off_ms in [0, 299_000, -299_000, 300_000, -300_000] {
        check(off_ms, true);
    }
    for off_ms in [300_001, -300_001, 301_000, -301_000, i64::MIN / 2, i64::MAX / 2] {
        check(off_ms, false);
    }
    assert!(telnyx().verify(&signed("1", BODY), DIALLED).is_err());
    for time in ["yesterday", "-1", " 1795341600", "1795341600.5", "99999999999999999999"] {
        assert!(telnyx().verify(&signed(time, BODY), DIALLED).is_err(), "{time}");
    }
}

#[test]
fn what_is_not_signed_is_no_webhook() {
    let signature = sign(&key(), NOW_S, BODY);
    let rows: [&[(&str, &str)]; 5] = [
        &[],
        &[("telnyx-timestamp", NOW_S)],
        &[("telnyx-signature-ed25519", &signature)],
        &[("telnyx-signature-ed25519", ""), ("telnyx-timestamp", NOW_S)],
        &[("telnyx-signature-ed25519", &signature), ("telnyx-timestamp", "")],
    ];
    for headers in rows {
        let verified = telnyx().verify(&raw(headers, BODY), DIALLED).map(|_| ());
        assert_eq!(verified, Err(WebhookError::Unsigned), "{headers:?}");
    }
}

#[test]
fn a_signature_of_anything_else_is_wrong() {
    let good = sign(&key(), NOW_S, BODY);
    let with = |signature: &str, time: &str, body: &[u8]| {
        raw(&[("telnyx-signature-ed25519", signature), ("telnyx-timestamp", time)], body)
    };
    assert!(!is_wrong(&with(&good, NOW_S, BODY)));
    assert!(is_wrong(&with(&good, "1795341601", BODY)));
    assert!(is_wrong(&with(&good, "01795341600", BODY)));
    assert!(is_wrong(&with(&good, NOW_S, b"")));
    assert!(is_wrong(&with(&good, NOW_S, &[BODY, b" "].concat())));
    assert!(is_wrong(&with(&sign(&SigningKey::from_bytes(&[8; 32]), NOW_S, BODY), NOW_S, BODY)));
    assert!(is_wrong(&with("AAAA", NOW_S, BODY)));
    assert!(is_wrong(&with("not base64!", NOW_S, BODY)));
    assert!(is_wrong(&with(&STANDARD.encode([0; 64]), NOW_S, BODY)));
    assert!(is_wrong(&RawWebhook { method: http::Method::GET, ..with(&good, NOW_S, BODY) }));
}

#[test]
fn a_key_is_32_bytes_that_not_anybody_could_sign_for() {
    assert_eq!(STANDARD.encode(key().verifying_key().as_bytes()), PUBLIC_KEY);
    assert!(format!(" {PUBLIC_KEY}\n").parse::<PublicKey>().is_ok());
    let weak = STANDARD.encode([0; 32]);
    for text in ["", "AAAA", "nonsense!", &weak, &STANDARD.encode([1; 31]), "KEY0123"] {
        assert!(text.parse::<PublicKey>().is_err(), "{text}");
    }
}

proptest! {
    // Arithmetic on curves is slow where it is not optimized.
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn one_changed_byte_is_noticed(place in 0..BODY.len(), change in 1u8..) {
        let mut raw = signed(NOW_S, BODY);
        raw.body[place] ^= change;
        prop_assert!(is_wrong(&raw));
    }
}
