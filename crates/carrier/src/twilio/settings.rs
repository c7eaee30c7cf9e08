//! What the account's settings say of a number: who is asked what to do with a call to it, and who
//! is told what becomes of that call.
//!
//! Source: `IncomingPhoneNumber` and `Application` in Twilio's OpenAPI document `twilio_api_v2010`
//! (2026-04-14): "the `voice_url` will not be used if a `voice_application_sid` or a `trunk_sid` is
//! set".

use super::Twilio;
use super::control::segment;
use super::record::{unknown, unreadable};
use crate::roles::Next;
use crate::wire::{Operation, Reply, Request};
use crate::wiring::{Setting, Stake, Wiring};
use call::PhoneNumber;
use call::call::Unknown;
use serde::Deserialize;

/// A page of the account's numbers.
#[derive(Deserialize)]
struct Page {
    incoming_phone_numbers: Vec<Number>,
}

/// A number of the account.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Number {
    phone_number: Option<String>,
    voice_application_sid: Option<String>,
    trunk_sid: Option<String>,
    #[serde(flatten)]
    addresses: Addresses,
}

/// What a number and a TwiML app both have.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Addresses {
    voice_url: Option<String>,
    status_callback: Option<String>,
}

/// Asks for the number, and for the TwiML app that stands in for its addresses if there is one.
pub(super) fn webhook_settings(
    twilio: &Twilio,
    number: Option<&PhoneNumber>,
    replies: &[Reply],
) -> Next<Result<Wiring, Unknown>> {
    let (Some(number), Some(base)) = (number, twilio.config.callback_base.as_deref()) else {
        return Next::Done(Ok(Wiring::Untold));
    };
    let Some(first) = replies.first() else { return Next::Ask(by_number(twilio, number)) };
    let found = match numbers(first) {
        Ok(numbers) => numbers.into_iter().find(|one| one.phone_number.as_deref() == Some(number.as_str())),
        Err(unknown) => return Next::Done(Err(unknown)),
    };
    let Some(found) = found else { return Next::Done(Ok(Wiring::NoSuchNumber)) };
    let told = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    if told(&found.trunk_sid) {
        let trunk = Setting::new("trunk_sid", found.trunk_sid.as_deref(), None, Stake::CallsIn);
        return Next::Done(Ok(Wiring::Told(vec![trunk])));
    }
    let app = found.voice_application_sid.as_deref().filter(|sid| !sid.is_empty());
    match (app, replies.get(1)) {
        (None, _) => Next::Done(Ok(told_by(&found.addresses, base, OWN))),
        (Some(sid), None) => Next::Ask(app_by_sid(twilio, sid)),
        (Some(_), Some(reply)) => Next::Done(read_app(reply).map(|app| told_by(&app, base, OF_APP))),
    }
}

fn told_by(addresses: &Addresses, base: &str, names: [&'static str; 2]) -> Wiring {
    let base = base.trim_end_matches('/');
    let [voice, status] = names;
    let (voice_url, callback) = (format!("{base}/voice"), format!("{base}/status"));
    Wiring::Told(vec![
        Setting::new(voice, addresses.voice_url.as_deref(), Some(&voice_url), Stake::CallsIn),
        Setting::new(status, addresses.status_callback.as_deref(), Some(&callback), Stake::News),
    ])
}

fn numbers(reply: &Reply) -> Result<Vec<Number>, Unknown> {
    if !(200..=299).contains(&reply.status) {
        return Err(unknown(reply));
    }
    let page: Result<Page, _> = serde_json::from_slice(&reply.body);
    page.map(|page| page.incoming_phone_numbers).map_err(|_| unreadable("the answer is no list of numbers"))
}

fn read_app(reply: &Reply) -> Result<Addresses, Unknown> {
    if !(200..=299).contains(&reply.status) {
        return Err(unknown(reply));
    }
    serde_json::from_slice(&reply.body).map_err(|_| unreadable("the answer is no TwiML app"))
}

fn by_number(twilio: &Twilio, number: &PhoneNumber) -> Request {
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("PhoneNumber", number.as_str()).finish();
    of_account(twilio, &format!("IncomingPhoneNumbers.json?{query}"))
}

fn app_by_sid(twilio: &Twilio, sid: &str) -> Request {
    of_account(twilio, &format!("Applications/{}.json", segment(sid)))
}

fn of_account(twilio: &Twilio, rest: &str) -> Request {
    let account = segment(&twilio.config.account_sid);
    twilio.get(Operation::LookUp, format!("{}/2010-04-01/Accounts/{account}/{rest}", twilio.base))
}

/// How the settings are called, of a number and of a TwiML app.
const OWN: [&str; 2] = ["voice_url", "status_callback"];
const OF_APP: [&str; 2] = ["voice_url of its TwiML app", "status_callback of its TwiML app"];
