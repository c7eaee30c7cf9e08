//! A call as the API writes it.
//!
//! Source: `api.v2010.account.call` in Twilio's OpenAPI, `twilio_api_v2010`.

use serde::Serialize;

use super::API_VERSION;
use super::call::{Call, Way};
use super::script::answered_by;
use crate::world::Leg;

/// A call's record, with every field of it.
#[derive(Serialize)]
pub(crate) struct CallResource<'a> {
    sid: &'a str,
    date_created: String,
    date_updated: String,
    parent_call_sid: Option<&'a str>,
    account_sid: &'a str,
    to: &'a str,
    to_formatted: String,
    from: &'a str,
    from_formatted: String,
    phone_number_sid: Option<&'a str>,
    status: &'static str,
    start_time: Option<String>,
    end_time: Option<String>,
    duration: Option<String>,
    price: Option<&'a str>,
    price_unit: &'static str,
    direction: &'static str,
    answered_by: Option<&'static str>,
    annotation: Option<&'a str>,
    api_version: &'static str,
    forwarded_from: Option<&'a str>,
    group_sid: Option<&'a str>,
    caller_name: Option<&'a str>,
    queue_time: String,
    trunk_sid: Option<&'a str>,
    uri: String,
    subresource_uris: SubresourceUris,
}

#[derive(Serialize)]
struct SubresourceUris {
    user_defined_messages: String,
    notifications: String,
    recordings: String,
    streams: String,
    payments: String,
    user_defined_message_subscriptions: String,
    siprec: String,
    events: String,
    transcriptions: String,
}

impl<'a> CallResource<'a> {
    pub(crate) fn of(call: &'a Call, leg: &'a Leg) -> CallResource<'a> {
        let path = path(&call.account_sid, &call.sid);
        let detects = call.detects_machines && call.way == Way::OutboundApi;
        let is_machine = leg.behaviour.is_machine();
        CallResource {
            sid: &call.sid,
            date_created: call.created_at.rfc2822(),
            date_updated: call.updated_at.rfc2822(),
            parent_call_sid: call.parent_sid.as_deref(),
            account_sid: &call.account_sid,
            to: &call.to,
            to_formatted: formatted(&call.to),
            from: &call.from,
            from_formatted: formatted(&call.from),
            phone_number_sid: None,
            status: call.status(leg),
            start_time: leg.answered_at.or(leg.dialled_at).map(|at| at.rfc2822()),
            end_time: leg.end().map(|end| end.at.rfc2822()),
            duration: leg.talked_s().map(|seconds| seconds.to_string()),
            price: None,
            price_unit: "USD",
            direction: call.way.word(),
            answered_by: (detects && leg.answered_at.is_some()).then(|| answered_by(is_machine)),
            annotation: None,
            api_version: API_VERSION,
            forwarded_from: None,
            group_sid: None,
            caller_name: None,
            queue_time: call.queued_ms.to_string(),
            trunk_sid: None,
            uri: format!("{path}.json"),
            subresource_uris: SubresourceUris::under(&path),
        }
    }
}

impl SubresourceUris {
    fn under(path: &str) -> SubresourceUris {
        let uri = |name: &str| format!("{path}/{name}.json");
        SubresourceUris {
            user_defined_messages: uri("UserDefinedMessages"),
            notifications: uri("Notifications"),
            recordings: uri("Recordings"),
            streams: uri("Streams"),
            payments: uri("Payments"),
            user_defined_message_subscriptions: uri("UserDefinedMessageSubscriptions"),
            siprec: uri("Siprec"),
            events: uri("Events"),
            transcriptions: uri("Transcriptions"),
        }
    }
}

/// The path of a call, without `.json`.
pub(crate) fn path(account_sid: &str, sid: &str) -> String {
    format!("/{API_VERSION}/Accounts/{account_sid}/Calls/{sid}")
}

/// A North American number as people write it there; others stay in E.164.
fn formatted(number: &str) -> String {
    match number.strip_prefix("+1") {
        Some(national) if national.len() == 10 && national.is_ascii() => {
            let (area, rest) = national.split_at(3);
            let (exchange, line) = rest.split_at(3);
            format!("({area}) {exchange}-{line}")
        }
        _ => number.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn north_american_numbers_are_written_as_there() {
        assert_eq!(formatted("+14158675309"), "(415) 867-5309");
        assert_eq!(formatted("+442071838750"), "+442071838750");
        assert_eq!(formatted("+15550100"), "+15550100");
    }
}
