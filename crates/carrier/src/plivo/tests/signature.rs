//! Signatures, with known answers that Plivo's own Python library (4.63.0) computed.

use super::*;
use crate::webhook::{RawWebhook, WebhookError};

const URL: &str = "https://gw.example/hooks/plivo/voice?call=c_01jd3v6p9nf4q8s0t2x5z7a9bc";
const BARE: &str = "https://gw.example/hooks/plivo/voice";
const NONCE: &str = "05429567804466091622";
const FORM: &str = "CallUUID=7c0f3e1a-0000-4000-8000-000000000001&From=15550100000&To=12025550143&CallStatus=in-progress&Direction=outbound&Event=StartApp";
const SIGNED: &str = "i3dsmadSSIcdzI+aGR5b/w4V3HsQ4WC/lPORD4fBje8=";
const SIGNED_V2: &str = "tbTs4gnR3tF5R88VJA5Zh3xa0yPdkaUIFFXxGw0tYrU=";
const V3: &str = "x-plivo-signature-v3";

fn raw(method: http::Method, url: &str, body: &str, signature: &str) -> RawWebhook {
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    let headers = [("content-type", form), (V3, signature), ("x-plivo-signature-v3-nonce", NONCE)];
    RawWebhook {
        method,
        url: url.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: body.as_bytes().to_vec(),
    }
}

fn post(url: &str, body: &str, signature: &str) -> RawWebhook {
    raw(http::Method::POST, url, body, signature)
}

fn with(mut raw: RawWebhook, name: &str, value: &str) -> RawWebhook {
    raw.headers.retain(|(key, _)| key != name);
    raw.headers.push((name.to_owned(), value.to_owned()));
    raw
}

fn without(mut raw: RawWebhook, name: &str) -> RawWebhook {
    raw.headers.retain(|(key, _)| key != name);
    raw
}

/// The same webhook, signed by version 2 alone.
fn in_v2(raw: RawWebhook, signature: &str) -> RawWebhook {
    let raw = without(without(raw, V3), "x-plivo-signature-v3-nonce");
    with(with(raw, "x-plivo-signature-v2", signature), "x-plivo-signature-v2-nonce", NONCE)
}

fn holds(config: PlivoConfig, raw: &RawWebhook) -> bool {
    match Plivo::new(config).verify(raw, CREATED) {
        Ok(_) => true,
        Err(WebhookError::WrongSignature(_) | WebhookError::Unsigned) => false,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn the_known_answers_hold() {
    let get = |url: &str, signature| raw(http::Method::GET, url, "", signature);
    let fields = format!("{URL}&{FORM}");
    let odd = "b=2&a=%C3%BC+%26+%3C&b=1&Empty=";
    for known in [
        post(URL, FORM, SIGNED),
        // A form alone stands behind a bare question mark.
        post(BARE, FORM, "ogViRnEjheeEjD53ftK0hD+h4aPodxVHdY5apDSzdak="),
        post(&format!("{BARE}?"), FORM, "ogViRnEjheeEjD53ftK0hD+h4aPodxVHdY5apDSzdak="),
        post(URL, "", "eWImTDsiZs+sbUy4full5AbZjPBrE84TrNR6Kp1lzkY="),
        post(BARE, "", "larv58YsBH2PyJcQTCu93/PYYgjBx7LvgNV7UTjBbSE="),
        // A port is signed as it stands; names and values are sorted, and repeats kept.
        post(
            "https://gw.example:8443/hooks/plivo/voice?b=2&a=1&a=0",
            odd,
            "Fv/AxpZc+SgcuPokspXtLuboTKiXi0jVyCdq/NaESyY=",
        ),
        get(&fields, "dgzJzZQKWohOqoefh6ZicMSYUAjLC4iMIzpvpXYVn+U="),
        get(BARE, "larv58YsBH2PyJcQTCu93/PYYgjBx7LvgNV7UTjBbSE="),
        get(&format!("{BARE}?z=1&a=x+y%2Bz&e="), "9TrvpLWREJuFGfItpAumJNQH7fFiHlUaFAvhiysCrBA="),
        // The fragment sets Plivo's time-outs, and never arrives.
        post(&format!("{URL}#rt=2000"), FORM, SIGNED),
    ] {
        assert!(holds(config(), &known), "{known:?}");
    }
}

#[test]
fn any_of_several_signatures_is_enough_and_the_main_account_s_too() {
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for list in [format!("{other},{SIGNED}"), format!("{SIGNED} , {other}"), format!("not base64,,{SIGNED}")]
    {
        assert!(holds(config(), &post(URL, FORM, &list)), "{list}");
    }
    assert!(!holds(config(), &post(URL, FORM, &format!("{other},{other}"))));
    let main = with(post(URL, FORM, other), "x-plivo-signature-ma-v3", SIGNED);
    assert!(holds(config(), &main));
    assert!(holds(config(), &without(main, V3)));
}

#[test]
fn while_tokens_rotate_both_sign() {
    let rotated = PlivoConfig {
        auth_token: Secret::new("new"),
        auth_token_previous: Some(Secret::new("12345")),
        ..config()
    };
    assert!(holds(rotated.clone(), &post(URL, FORM, SIGNED)));
    assert!(!holds(PlivoConfig { auth_token_previous: None, ..rotated }, &post(URL, FORM, SIGNED)));
    // An empty token would let anybody sign: the right answer for it is refused.
    let empty = PlivoConfig { auth_token: Secret::new(""), ..config() };
    assert!(!holds(empty, &post(BARE, "", "1AJdnT1zDHu3JmEDW0nyTpUp1QAqyTndJvSLg/8OU88=")));
}

#[test]
fn what_is_changed_or_missing_is_refused() {
    let rows = [
        post(URL, FORM, "not base64!"),
        post(URL, FORM, "AAAA"),
        post(&URL.replace("9bc", "9bd"), FORM, SIGNED),
        post(&URL.replace("https", "http"), FORM, SIGNED),
        post(&URL.replace("gw.example", "gw.example:443"), FORM, SIGNED),
        post(&URL.replace("gw.example", "evil.example"), FORM, SIGNED),
        post(&URL.replace("voice?", "voice/?"), FORM, SIGNED),
        post(&format!("{URL}&x="), FORM, SIGNED),
        post(URL, &FORM.replace("in-progress", "completed"), SIGNED),
        post(URL, &format!("{FORM}&Extra=1"), SIGNED),
        post(URL, "", SIGNED),
        raw(http::Method::GET, URL, FORM, SIGNED),
        raw(http::Method::PUT, URL, FORM, SIGNED),
        with(post(URL, FORM, SIGNED), "x-plivo-signature-v3-nonce", "1"),
        with(post(URL, FORM, SIGNED), "x-plivo-signature-v3-nonce", ""),
        without(post(URL, FORM, SIGNED), "x-plivo-signature-v3-nonce"),
        // What is no form isn't in the signed text.
        with(
            post(BARE, "{}", "larv58YsBH2PyJcQTCu93/PYYgjBx7LvgNV7UTjBbSE="),
            "content-type",
            "application/json",
        ),
    ];
    for row in rows {
        let refused = plivo().verify(&row, CREATED).map(|_| ());
        assert!(matches!(refused, Err(WebhookError::WrongSignature(_))), "{row:?}");
    }
    for unsigned in [post(URL, FORM, ""), post(URL, FORM, " , "), without(post(URL, FORM, SIGNED), V3)] {
        assert_eq!(plivo().verify(&unsigned, CREATED).map(|_| ()), Err(WebhookError::Unsigned));
    }
}

#[test]
fn version_2_counts_only_where_it_is_asked_for() {
    let opted_in = || PlivoConfig { signature_v2: true, ..config() };
    let old = in_v2(post(URL, FORM, ""), SIGNED_V2);
    assert!(!holds(config(), &old));
    assert!(holds(opted_in(), &old));
    let main = with(without(old.clone(), "x-plivo-signature-v2"), "x-plivo-signature-ma-v2", SIGNED_V2);
    assert!(holds(opted_in(), &main));
    // It covers neither query nor form: that is why it must be asked for.
    assert!(holds(opted_in(), &in_v2(post(&format!("{URL}&x=1"), "a=b", ""), SIGNED_V2)));
    assert!(!holds(opted_in(), &in_v2(post(&URL.replace("voice", "status"), FORM, ""), SIGNED_V2)));
    // Nobody is judged by the weaker one who also carries the stronger one.
    let both =
        with(post(URL, &FORM.replace("in-progress", "completed"), SIGNED), "x-plivo-signature-v2", SIGNED_V2);
    let both = with(both, "x-plivo-signature-v2-nonce", NONCE);
    assert!(!holds(opted_in(), &both));
    assert!(holds(opted_in(), &post(URL, FORM, SIGNED)));
}
