//! Status callbacks with the fields that Twilio sends, signed after its documentation
//! (<https://www.twilio.com/docs/usage/security>), as bytes ready to be written to a socket.

use super::calls::{person, sid};
use super::world::{ACCOUNT, AUTH_TOKEN, OURS, PUBLIC_URL, stranger};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use url::form_urlencoded;

/// What a call hears in its life, in this order.
pub(crate) const STATUSES: [&str; 3] = ["ringing", "in-progress", "completed"];

/// The request that tells of one status of a call.
pub(crate) fn request(sid: &str, n: usize, status: &str) -> anyhow::Result<Vec<u8>> {
    let to = person(n);
    let sequence = STATUSES.iter().position(|known| *known == status).unwrap_or_default().to_string();
    let mut fields = vec![
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", sid),
        ("CallStatus", status),
        ("CallbackSource", "call-progress-events"),
        ("Called", &to),
        ("CalledCountry", "US"),
        ("Caller", OURS),
        ("CallerCountry", "US"),
        ("Direction", "outbound-api"),
        ("From", OURS),
        ("FromCountry", "US"),
        ("SequenceNumber", &sequence),
        ("Timestamp", "Sun, 22 Nov 2026 12:00:00 +0000"),
        ("To", &to),
        ("ToCountry", "US"),
    ];
    if status == "completed" {
        fields.extend([("CallDuration", "42"), ("Duration", "1")]);
    }
    signed(PUBLIC_URL, &format!("{PATH}/status"), fields)
}

/// The request that tells a gateway of this public address of somebody who calls our number.
pub(crate) fn caller(public_url: &str, n: usize) -> anyhow::Result<Vec<u8>> {
    let (sid, from) = (sid("caller", n), stranger(n));
    let fields = vec![
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("CallSid", &sid),
        ("CallStatus", "ringing"),
        ("Called", OURS),
        ("Caller", &from),
        ("Direction", "inbound"),
        ("From", &from),
        ("To", OURS),
    ];
    signed(public_url, &format!("{PATH}/voice"), fields)
}

fn signed(public_url: &str, path: &str, mut fields: Vec<(&str, &str)>) -> anyhow::Result<Vec<u8>> {
    fields.sort_unstable();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    Ok(format!(
        "POST {path} HTTP/1.1\r\nhost: gateway.example\r\nuser-agent: TwilioProxy/1.1\r\naccept: */*\r\n\
         content-type: application/x-www-form-urlencoded; charset=UTF-8\r\n\
         x-twilio-signature: {}\r\ncontent-length: {}\r\n\r\n{body}",
        signature(&format!("{public_url}{path}"), &fields)?,
        body.len()
    )
    .into_bytes())
}

/// What Twilio signs a request to this address with.
pub(crate) fn signature(url: &str, fields: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(AUTH_TOKEN.as_bytes())?;
    mac.update(url.as_bytes());
    for (name, value) in fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

const PATH: &str = "/webhooks/line";
