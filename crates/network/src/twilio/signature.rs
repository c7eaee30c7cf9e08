//! `X-Twilio-Signature`, as Twilio computes it: base64 of the HMAC-SHA1, keyed with the account's
//! token, of the URL followed by every form parameter's name and value, sorted by name.
//!
//! Source: <https://www.twilio.com/docs/usage/security>, "Validating signatures from Twilio".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::form::Form;

/// Signs a webhook. `form` is what its body holds; empty for `GET`, whose parameters are in `url`.
pub(crate) fn sign(auth_token: &str, url: &str, form: &Form) -> String {
    let mut pairs: Vec<(&str, &str)> = form.pairs().collect();
    pairs.sort_unstable();
    // A value that is given twice under one name counts once.
    pairs.dedup();
    let mut text = url.to_owned();
    for (name, value) in pairs {
        text.push_str(name);
        text.push_str(value);
    }
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()) else {
        // HMAC takes keys of every length.
        return String::new();
    };
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";

    fn signed(to: &str) -> String {
        let mut form = Form::default();
        form.put("To", "+18005551212");
        form.put("Digits", "1234");
        form.put("From", to);
        form.put("Caller", to);
        form.put("CallSid", "CA1234567890ABCDE");
        sign("12345", URL, &form)
    }

    #[test]
    fn the_known_answers_come_out() {
        assert_eq!(signed("+12349013030"), "0/KCTR6DLpKmkAf8muzZqo1nDgQ=");
        assert_eq!(signed("+14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }

    #[test]
    fn a_repeated_value_counts_once() {
        let (mut once, mut twice) = (Form::default(), Form::default());
        once.put("A", "1");
        twice.put("A", "1");
        twice.put("A", "1");
        assert_eq!(sign("t", URL, &once), sign("t", URL, &twice));
    }
}
