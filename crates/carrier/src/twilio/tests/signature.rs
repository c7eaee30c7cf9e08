//! Signatures, with known answers that Twilio's own Python library (9.13) computed.

use super::*;
use crate::twilio::upgrade_signature;
use crate::webhook::{RawWebhook, WebhookError};
use proptest::prelude::*;

const VOICE: &str = include_str!("../fixtures/voice_outbound.form");
const URL: &str = "https://gw.example/hooks/twilio/voice?call=c_01jd3v6p9nf4q8s0t2x5z7a9bc";
const SIGNED: &str = "JjQW500IRemt+EAn8YePjW1VE5o=";
const SIGNED_443: &str = "vZxfWtn9/0aNkU0qmSd8+2R0ju8=";
const SIGNED_8443: &str = "vlRtkXF2TngxfruseIxoeTCjZ04=";
const SIGNED_SHA256: &str = "gCI7Rc5+OL7PcJ4xNvcPSJGiT5Zoest8JskYo/8ttQM=";
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

fn raw(url: &str, body: &str, signature: &str) -> RawWebhook {
    let form = "application/x-www-form-urlencoded; charset=UTF-8";
    let headers = [("content-type", form), ("x-twilio-signature", signature)];
    RawWebhook {
        method: http::Method::POST,
        url: url.to_owned(),
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        body: body.as_bytes().to_vec(),
    }
}

fn with(raw: RawWebhook, name: &str, value: &str) -> RawWebhook {
    let mut raw = raw;
    raw.headers.retain(|(key, _)| key != name);
    raw.headers.push((name.to_owned(), value.to_owned()));
    raw
}

fn holds(twilio: &Twilio, raw: &RawWebhook) -> bool {
    match twilio.verify(raw, CREATED) {
        Ok(_) => true,
        Err(WebhookError::WrongSignature(_) | WebhookError::Unsigned) => false,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn twilio_s_own_example_holds() {
    let sign = |caller: &str| {
        let fields = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", caller),
            ("Digits", "1234"),
            ("From", caller),
            ("To", "+18005551212"),
        ];
        form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    };
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    for (caller, signature) in
        [("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="), ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8=")]
    {
        // The example has no account, so that only its signature can be right.
        let example = raw(url, &sign(caller), signature);
        let error = twilio().verify(&example, CREATED).unwrap_err();
        assert_eq!(error, WebhookError::WrongSignature("it is of another account".to_owned()));
        let forged = raw(url, &sign("+10000000000"), signature);
        let error = twilio().verify(&forged, CREATED).unwrap_err();
        assert_eq!(error, WebhookError::WrongSignature("it does not match".to_owned()));
    }
}

#[test]
fn the_known_answers_hold() {
    assert!(holds(&twilio(), &raw(URL, VOICE, SIGNED)));
    // Twilio leaves the fragment, which sets its time-outs, out of what it signs.
    assert!(holds(&twilio(), &raw(&format!("{URL}#rc=2"), VOICE, SIGNED)));
    let repeated = format!(
        "AccountSid={ACCOUNT}&Digits=2&Digits=1&Digits=2&CallSid={LEG}&Name=Zo%C3%AB+%26+%3Cco%3E&Empty="
    );
    let status = "https://gw.example/hooks/twilio/status";
    assert!(holds(&twilio(), &raw(status, &repeated, "3k0SD8TLKfys58kJUHvfsEPdWFw=")));
    let v6 = "https://[::1]/hooks/twilio/voice";
    assert!(holds(&twilio(), &raw(v6, VOICE, "7i9KJDfeobKU8gd0RNH/obihGFw=")));
}

#[test]
fn a_port_may_be_signed_or_not() {
    let with_port = |port: &str| URL.replace("gw.example", &format!("gw.example{port}"));
    assert!(holds(&twilio(), &raw(&with_port(":8443"), VOICE, SIGNED_8443)));
    assert!(holds(&twilio(), &raw(&with_port(":8443"), VOICE, SIGNED)));
    assert!(holds(&twilio(), &raw(&with_port(""), VOICE, SIGNED_443)));
    assert!(holds(&twilio(), &raw(&with_port(":443"), VOICE, SIGNED)));
    assert!(!holds(&twilio(), &raw(&with_port(""), VOICE, SIGNED_8443)));
    assert!(!holds(&twilio(), &raw(&URL.replace("https", "http"), VOICE, SIGNED)));
}

#[test]
fn what_is_changed_or_missing_is_refused() {
    let rows = [
        raw(URL, VOICE, ""),
        raw(URL, VOICE, "not base64!"),
        raw(URL, VOICE, "AAAA"),
        raw(URL, VOICE, SIGNED_SHA256),
        raw(&URL.replace("9bc", "9bd"), VOICE, SIGNED),
        raw(&format!("{URL}/"), VOICE, SIGNED),
        raw(&URL.replace("gw.example", "evil.example"), VOICE, SIGNED),
        raw(URL, &VOICE.replace("in-progress", "completed"), SIGNED),
        raw(URL, &format!("{VOICE}&Extra=1"), SIGNED),
        raw(URL, "", SIGNED),
        RawWebhook { method: http::Method::PUT, ..raw(URL, VOICE, SIGNED) },
        RawWebhook { method: http::Method::GET, ..raw(URL, VOICE, SIGNED) },
    ];
    for row in rows {
        assert!(!holds(&twilio(), &row), "{row:?}");
    }
    let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let unsigned = RawWebhook { headers, ..raw(URL, VOICE, SIGNED) };
    assert_eq!(twilio().verify(&unsigned, CREATED).unwrap_err(), WebhookError::Unsigned);
}

#[test]
fn both_tokens_hold_while_they_rotate() {
    let account = |now: &str, previous: Option<&str>| {
        let auth_token_previous = previous.map(Secret::new);
        Twilio::new(TwilioConfig { auth_token: Secret::new(now), auth_token_previous, ..config() })
    };
    let webhook = raw(URL, VOICE, SIGNED);
    assert!(holds(&account("new", Some("12345")), &webhook));
    assert!(holds(&account("12345", Some("old")), &webhook));
    assert!(!holds(&account("new", Some("old")), &webhook));
    assert!(!holds(&account("new", None), &webhook));
    // HMAC takes an empty key, and so anybody could sign.
    assert!(!holds(&account("", Some("")), &webhook));
}

/// Over the address alone, and nothing of a form.
#[test]
fn the_upgrade_of_a_stream_is_signed_by_its_address() {
    let check = |signature: Option<&str>| {
        let header = |name: &str| signature.filter(|_| name == "x-twilio-signature").map(str::to_owned);
        twilio().verify_upgrade("wss://gw.example/streams/c_1.3.0.ab", &header)
    };
    assert_eq!(check(Some("JyuBPUeifTNlbCauAv4jttwHh8c=")), Ok(()));
    assert_eq!(check(Some("ytj2AiUGcATq9hDGtXGiasEWpqQ=")), Ok(()), "with its port");
    assert_eq!(check(None), Err(WebhookError::Unsigned));
    assert_eq!(check(Some("")), Err(WebhookError::Unsigned));
    for other in ["ecKjic5ay0JqhpNZPYekvrE7iUs=", "AAAA", "*"] {
        assert!(matches!(check(Some(other)), Err(WebhookError::WrongSignature(_))), "{other}");
    }
}

#[test]
fn shared_keys_sign_by_their_name() {
    let keys = vec![
        ("webhooks_sharedkey_1".to_owned(), Secret::new("another")),
        ("webhooks_sharedkey_2".to_owned(), Secret::new("shared-key-secret")),
    ];
    let twilio = Twilio::new(TwilioConfig { webhook_shared_keys: keys, ..config() });
    let signed = |settings: &str, signature: &str| {
        holds(&twilio, &with(raw(URL, VOICE, signature), SETTINGS, settings))
    };
    assert!(signed("key=webhooks_sharedkey_2,algorithm=HMAC_SHA256", SIGNED_SHA256));
    assert!(signed(" algorithm = hmac_sha256 , key = webhooks_sharedkey_2", SIGNED_SHA256));
    assert!(!signed("key=webhooks_sharedkey_1,algorithm=HMAC_SHA256", SIGNED_SHA256));
    assert!(!signed("key=webhooks_sharedkey_3,algorithm=HMAC_SHA256", SIGNED_SHA256));
    assert!(!signed("algorithm=HMAC_SHA256", SIGNED_SHA256));
    assert!(!signed("key=webhooks_sharedkey_2,algorithm=HMAC_SHA512", SIGNED_SHA256));
    assert!(!signed("key=webhooks_sharedkey_2,algorithm=none", SIGNED));
    assert!(!signed("key=webhooks_sharedkey_2,algorithm=HMAC_SHA256", SIGNED));
    // Without an algorithm, or with the old one, the token signs.
    assert!(signed("", SIGNED));
    assert!(signed("key=webhooks_sharedkey_2", SIGNED));
    assert!(signed("algorithm=HMAC_SHA1", SIGNED));
    assert!(!signed("algorithm=HMAC_SHA1", SIGNED_SHA256));
}

#[test]
fn a_body_that_is_no_form_is_covered_by_its_hash() {
    let hash = "cc05c44a95b212ecc35fb961c907e4d16e8dd4219674e24ce9357600ec75b03e";
    let base = "https://gw.example/hooks/twilio/status";
    let body = format!("{{\"AccountSid\":\"{ACCOUNT}\"}}");
    let json = |url: &str, body: &str, signature: &str| {
        with(raw(url, body, signature), "content-type", "application/json")
    };
    let url = format!("{base}?bodySHA256={hash}");
    let signature = "UBKo/cVQAZwqsRwppJACkP3Mp88=";
    assert!(holds(&twilio(), &json(&url, &body, signature)));
    assert!(!holds(&twilio(), &json(&url, "{}", signature)));
    // Its address is signed, but nothing covers its body.
    assert!(!holds(&twilio(), &json(base, &body, "ZiVzMVmTkp5T8h3GQPkZjEEfy9U=")));
    assert!(!holds(&twilio(), &json(&format!("{base}?bodySHA256=zz"), &body, signature)));
    // Passing it off as a form changes what must have been signed.
    assert!(!holds(&twilio(), &raw(&url, &body, signature)));
}

#[test]
fn a_get_is_signed_by_its_address_alone() {
    let url = format!(
        "https://gw.example/hooks/twilio/voice?AccountSid={ACCOUNT}&CallSid={LEG}&CallStatus=ringing\
         &Direction=inbound&From=%2B12025550143&To=%2B15550100000"
    );
    let get = RawWebhook { method: http::Method::GET, ..raw(&url, "", "bt319iIB1lVXzW2CVIRbkfoI0Dk=") };
    assert!(holds(&twilio(), &get));
    // What stands in its body is neither signed nor read.
    let body = format!("CallStatus=completed&CallSid={LEG}").into_bytes();
    let smuggled = RawWebhook { body, ..get };
    let heard = twilio().decode(&twilio().verify(&smuggled, CREATED).unwrap()).unwrap();
    let leg = leg();
    let progress = call::call::Progress::Ringing;
    assert_eq!(heard.news, Some(call::call::News::Progressed { leg, progress }));
}

/// The answers are those of Twilio's own Python library 9.13.
#[test]
fn a_connection_to_a_program_is_signed_as_twilio_signs_it() {
    let token = Secret::new("12345");
    for (url, signature) in [
        ("wss://bot.example.com/relay", "SnCeZH+NDSBEvCSHLJUEPZAKVtM="),
        ("wss://bot.example.com:8443/relay?b=2+3&a=%C3%BC#here", "O1qeO9MDEwr5jled2FaL+VN7584="),
    ] {
        assert_eq!(upgrade_signature(url, &token), signature, "{url}");
    }
}

#[test]
fn a_webhook_of_another_account_is_refused() {
    let other = "ACffffffffffffffffffffffffffffffff";
    let body = VOICE.replace(ACCOUNT, other);
    assert!(!holds(&twilio(), &raw(URL, &body, "VnVVLrLfqXWnHp2eJh2hVtdansc=")));
    let theirs = Twilio::new(TwilioConfig { account_sid: other.to_owned(), ..config() });
    assert!(holds(&theirs, &raw(URL, &body, "VnVVLrLfqXWnHp2eJh2hVtdansc=")));
}

proptest! {
    #[test]
    fn nothing_is_verified_by_chance(url: String, body: Vec<u8>, signature in "[A-Za-z0-9+/]{27}=") {
        let webhook = RawWebhook { body, ..raw(&url, "", &signature) };
        prop_assert!(twilio().verify(&webhook, CREATED).is_err());
    }
}
