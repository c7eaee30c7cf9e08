//! How a notice is sealed, so that whoever takes it knows whose it is: the Standard Webhooks scheme
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>), with
//! a secret that both sides share.

use crate::config::settings::NoticeSecret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The headers of a notice with this id, sent at this time in Unix seconds, under each of the secrets: two
/// while one is exchanged for another.
pub(super) fn headers(secrets: &[NoticeSecret], id: &str, at: i64, body: &str) -> Vec<(String, String)> {
    let sealed: Vec<String> = secrets.iter().map(|secret| signature(secret, id, at, body)).collect();
    vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("user-agent".to_owned(), concat!("offhook/", env!("CARGO_PKG_VERSION")).to_owned()),
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), at.to_string()),
        ("webhook-signature".to_owned(), sealed.join(" ")),
    ]
}

fn signature(secret: &NoticeSecret, id: &str, at: i64, body: &str) -> String {
    // HMAC takes keys of any length.
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("any length");
    let sealed = mac.chain_update(format!("{id}.{at}.{body}")).finalize().into_bytes();
    format!("v1,{}", STANDARD.encode(sealed))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The example of the scheme's own reference libraries.
    #[test]
    fn a_seal_is_that_of_the_scheme() {
        let secret = NoticeSecret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let headers =
            headers(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        let sealed = headers.iter().find(|(name, _)| name == "webhook-signature").unwrap();
        assert_eq!(sealed.1, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
