//! Plivo's signatures of webhooks, the third version and the second.
//!
//! Source: `plivo/utils/signature_v3.py` and `validate_signature` of Plivo's own Python client,
//! 4.63.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use sha2::Sha256;

use crate::form::Form;

/// `X-Plivo-Signature-V3`. `form` is what the body holds; empty for `GET`, whose parameters are in
/// the URL.
///
/// A body after a URL without a query leaves a bare question mark behind, and no full stop.
pub(crate) fn sign_v3(token: &str, method: &Method, url: &str, form: &Form, nonce: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let query = Form::read(query);
    let mut text = base.to_owned();
    let is_posted = *method == Method::POST && !form.is_empty();
    if is_posted || !query.is_empty() {
        text.push('?');
    }
    text.push_str(&joined(&query, "=", "&"));
    if is_posted && !query.is_empty() {
        text.push('.');
    }
    if is_posted {
        text.push_str(&joined(form, "", ""));
    }
    hmac(token, &format!("{text}.{nonce}"))
}

/// `X-Plivo-Signature-V2`, which covers neither query nor body.
pub(crate) fn sign_v2(token: &str, url: &str, nonce: &str) -> String {
    let base = url.split('?').next().unwrap_or_default();
    hmac(token, &format!("{base}{nonce}"))
}

/// Pairs sorted by name, and by value under one name.
fn joined(form: &Form, is: &str, and: &str) -> String {
    let mut pairs: Vec<(&str, &str)> = form.pairs().collect();
    pairs.sort_unstable();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}{is}{value}")).collect();
    pairs.join(and)
}

fn hmac(token: &str, text: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(token.as_bytes()) else {
        // HMAC takes keys of every length.
        return String::new();
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "token";
    const NONCE: &str = "12345";

    fn v3(method: Method, url: &str, pairs: &[(&str, &str)]) -> String {
        let mut form = Form::default();
        pairs.iter().for_each(|(name, value)| form.put(name, *value));
        sign_v3(TOKEN, &method, url, &form, NONCE)
    }

    /// Made with `get_signature_v3` of Plivo's Python client.
    #[test]
    fn the_known_answers_of_the_third_version_come_out() {
        let body = [("B", "2"), ("A", "1 é")];
        let plain = [("B", "2"), ("A", "1")];
        for (method, url, pairs, expected) in [
            (
                Method::POST,
                "https://x.test:8443/a",
                &body[..],
                "/+7vdKQTI3eBCYJvihxJ4IXtO9ClpAlGRchbzG83MIE=",
            ),
            (
                Method::POST,
                "https://x.test/a?q=2&p=1&p=0&e=",
                &plain,
                "5FKtF8svGntWdPgxwY+27vD0ZHvLPnFqvm6bgZTNHaw=",
            ),
            (Method::POST, "https://x.test/a?q=2&p=1", &[], "Q0aMHo11g3sSUyKdwZ7I09s74muPc6Xqpta0JOHy0hM="),
            (Method::POST, "https://x.test/a", &[], "d87ayktEFur5ZcogpP+ijRv5bizxWNGYkUzSPii8z0M="),
            (
                Method::GET,
                "https://x.test/a?To=%2B1555&From=9&e=",
                &[],
                "tfcaKtPvBTreAe56uZ0DFKLmFuY/iVVIJLlnt7iMoJk=",
            ),
            (Method::GET, "https://x.test/a", &[], "d87ayktEFur5ZcogpP+ijRv5bizxWNGYkUzSPii8z0M="),
        ] {
            assert_eq!(v3(method, url, pairs), expected, "{url}");
        }
    }

    #[test]
    fn the_second_version_sees_neither_query_nor_body() {
        let expected = "1vvybkrxMeFxdEU+osNp77LMcEv0QNbH+dn6zPIf1k4=";
        assert_eq!(sign_v2(TOKEN, "https://x.test:8443/a?q=1", NONCE), expected);
    }
}
