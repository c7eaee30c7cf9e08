//! The customer's credentials at each carrier, which rotate while calls live.

use serde::Deserialize;

use super::{Answer, read, refuse};
use crate::network::Network;
use crate::wire::{WireRequest, WireResponse};

/// What opens the carrier's API from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotated {
    token: String,
}

/// Has this token, and no other, open the carrier's API: the first account's at Twilio, the key at
/// Telnyx, the account's at Plivo. Twilio and Plivo sign their webhooks with it too; Telnyx signs with
/// a key of its own.
pub(super) fn rotate(network: &mut Network, request: &WireRequest, carrier: &str) -> Answer {
    let Rotated { token } = read(request)?;
    match carrier {
        "twilio" => network.twilio.rotate(token),
        "telnyx" => network.telnyx.account.api_keys = vec![token],
        "plivo" => network.plivo.account.auth_token = token,
        _ => return refuse(404, format!("{carrier} is none of twilio, telnyx and plivo")),
    }
    Ok(WireResponse::empty(204))
}
