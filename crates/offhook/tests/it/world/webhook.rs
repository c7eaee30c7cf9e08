//! Webhooks as Twilio would send them, signed by hand after its documentation
//! (<https://www.twilio.com/docs/usage/security>), so that a mistake in the connector or in the
//! network isn't mirrored here.

use super::http::Sent;
use super::{ACCOUNT, AUTH_TOKEN, Answer, World, exchange};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::collections::BTreeMap;
use url::form_urlencoded;

/// The fields of a webhook.
#[derive(Clone, Debug)]
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// What every webhook about this leg has.
    pub(crate) fn about(leg: &str, from: &str, to: &str, status: &str) -> Form {
        let fields = [
            ("CallSid", leg),
            ("AccountSid", ACCOUNT),
            ("From", from),
            ("To", to),
            ("CallStatus", status),
            ("Direction", "outbound-api"),
            ("ApiVersion", "2010-04-01"),
        ];
        Form(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    /// With one field more, or another value in it.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Form {
        self.0.insert(name.to_owned(), value.to_owned());
        self
    }

    fn body(&self) -> Vec<u8> {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish().into_bytes()
    }

    fn signature(&self, url: &str, token: &str) -> String {
        let mut text = url.to_owned();
        for (name, value) in &self.0 {
            text.push_str(name);
            text.push_str(value);
        }
        let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).expect("a key of any length will do");
        mac.update(text.as_bytes());
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

impl World {
    /// The webhook at this page (`voice?call=…`, `status?call=…`), signed rightly.
    pub(crate) fn signed(&self, page: &str, form: &Form) -> Sent {
        self.signed_with(AUTH_TOKEN, page, form)
    }

    /// The same, signed with this token.
    pub(crate) fn signed_with(&self, token: &str, page: &str, form: &Form) -> Sent {
        let mut sent = self.unsigned(page, form);
        let signature = form.signature(&format!("http://{}{}", self.gateway, sent.path), token);
        sent.headers.push(("x-twilio-signature".to_owned(), signature));
        sent
    }

    /// The same, not signed at all.
    pub(crate) fn unsigned(&self, page: &str, form: &Form) -> Sent {
        let kind = ("content-type".to_owned(), "application/x-www-form-urlencoded; charset=UTF-8".to_owned());
        Sent {
            method: "POST".to_owned(),
            path: format!("/webhooks/line/{page}"),
            headers: vec![kind],
            body: form.body(),
        }
    }

    /// Sends a webhook to the gateway.
    pub(crate) fn webhook(&self, sent: &Sent) -> Answer {
        exchange(self.gateway, sent).expect("the gateway hears webhooks")
    }
}
