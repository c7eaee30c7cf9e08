//! What the account's settings say: whether our Call Control application tells us of its calls, in
//! the words that we read, and whether a number is connected to it.
//!
//! Source: `CallControlApplication` and `GET /phone_numbers` in Telnyx's OpenAPI document
//! (2026-07-16). An application that is made without `webhook_api_version` has `1`.

use super::Telnyx;
use super::control::segment;
use super::record::{flag, text, unknown, unreadable};
use crate::roles::Next;
use crate::wire::{Operation, Reply, Request};
use crate::wiring::{Setting, Stake, Wiring};
use call::PhoneNumber;
use call::call::Unknown;
use serde::Deserialize;
use serde::de::DeserializeOwned;

#[derive(Deserialize)]
struct Envelope<T> {
    data: T,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Application {
    #[serde(deserialize_with = "flag")]
    active: Option<bool>,
    #[serde(deserialize_with = "text")]
    webhook_api_version: Option<String>,
    #[serde(deserialize_with = "text")]
    webhook_event_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Number {
    #[serde(deserialize_with = "text")]
    phone_number: Option<String>,
    #[serde(deserialize_with = "text")]
    connection_id: Option<String>,
}

/// Asks for the application, and then for the number if there is one.
pub(super) fn webhook_settings(
    telnyx: &Telnyx,
    number: Option<&PhoneNumber>,
    replies: &[Reply],
) -> Next<Result<Wiring, Unknown>> {
    let Some(first) = replies.first() else { return Next::Ask(application(telnyx)) };
    let mut settings = match read::<Application>(first) {
        Ok(application) => of_calls(&application, telnyx.webhook_url().filter(|_| number.is_some())),
        Err(unknown) => return Next::Done(Err(unknown)),
    };
    let Some(number) = number else { return Next::Done(Ok(Wiring::Told(settings))) };
    let Some(second) = replies.get(1) else { return Next::Ask(by_number(telnyx, number)) };
    let is_ours = |one: &Number| one.phone_number.as_deref() == Some(number.as_str());
    Next::Done(read::<Vec<Number>>(second).map(|numbers| match numbers.into_iter().find(is_ours) {
        None => Wiring::NoSuchNumber,
        Some(number) => {
            let ours = telnyx.config.connection_id.as_str();
            let found = number.connection_id.as_deref();
            settings.push(Setting::new("connection_id", found, Some(ours), Stake::CallsIn));
            Wiring::Told(settings)
        }
    }))
}

fn of_calls(application: &Application, webhook_url: Option<String>) -> Vec<Setting> {
    let active = if application.active.unwrap_or(true) { "true" } else { "false" };
    let mut settings = vec![
        Setting::new("active", Some(active), Some("true"), Stake::EveryCall),
        Setting::new(
            "webhook_api_version",
            application.webhook_api_version.as_deref(),
            Some("2"),
            Stake::EveryCall,
        ),
    ];
    if let Some(wanted) = webhook_url {
        let found = application.webhook_event_url.as_deref();
        settings.push(Setting::new("webhook_event_url", found, Some(&wanted), Stake::CallsIn));
    }
    settings
}

fn read<T: DeserializeOwned>(reply: &Reply) -> Result<T, Unknown> {
    if !(200..=299).contains(&reply.status) {
        return Err(unknown(reply));
    }
    let envelope: Result<Envelope<T>, _> = serde_json::from_slice(&reply.body);
    envelope.map(|envelope| envelope.data).map_err(|_| unreadable("the answer is not what was asked for"))
}

fn application(telnyx: &Telnyx) -> Request {
    let id = segment(&telnyx.config.connection_id);
    telnyx.get(Operation::LookUp, format!("{}/call_control_applications/{id}", telnyx.base))
}

/// The filter takes digits alone: any other letter, and nothing is found.
fn by_number(telnyx: &Telnyx, number: &PhoneNumber) -> Request {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("filter[phone_number]", number.as_str().trim_start_matches('+'))
        .finish();
    telnyx.get(Operation::LookUp, format!("{}/phone_numbers?{query}", telnyx.base))
}
