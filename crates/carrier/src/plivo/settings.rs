//! What the account's settings say of a number: its application, and whom that asks and tells.
//!
//! Sources: `numberGetResponse.json` and `applicationGetResponse.json`, fixtures of Plivo's Python
//! library, and <https://docs.plivo.com/docs/voice/api/application> (2026-11-22): without a
//! `hangup_url` the end is told to the `answer_url`, where the gateway hears it too.

use super::Plivo;
use super::exchange::{Exchange, Stop, outcome};
use super::path::{Name, Owned};
use super::record::{json, text, unknown};
use crate::roles::Next;
use crate::wire::Reply;
use crate::wiring::{Setting, Stake, Wiring};
use call::PhoneNumber;
use call::call::Unknown;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Number {
    /// The path of its application, such as `/v1/Account/MA…/Application/29986316244302815/`.
    #[serde(deserialize_with = "text")]
    application: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Application {
    #[serde(deserialize_with = "text")]
    answer_url: Option<String>,
    #[serde(deserialize_with = "text")]
    hangup_url: Option<String>,
}

/// Asks for the number, and for its application.
pub(super) fn webhook_settings(
    plivo: &Plivo,
    number: Option<&PhoneNumber>,
    replies: &[Reply],
) -> Next<Result<Wiring, Unknown>> {
    match number.and_then(|number| Name::read(number.as_str().trim_start_matches('+'))) {
        Some(number) => outcome(wiring(plivo, &number, &mut Exchange::new(replies))),
        None => Next::Done(Ok(Wiring::Untold)),
    }
}

fn wiring(plivo: &Plivo, number: &Name, exchange: &mut Exchange<'_>) -> Result<Wiring, Stop> {
    let Some(reply) = exchange.find(plivo.owned(Owned::Number, number))? else {
        return Ok(Wiring::NoSuchNumber);
    };
    let number: Number = json(reply)?;
    let path = number.application.as_deref().unwrap_or_default();
    let Some(id) = path.trim_end_matches('/').rsplit('/').next().and_then(Name::read) else {
        let application = Setting::new("application", None, Some("one that calls us"), Stake::CallsIn);
        return Ok(Wiring::Told(vec![application]));
    };
    let reply = exchange.ask(plivo.owned(Owned::Application, &id))?;
    if !(200..=299).contains(&reply.status) {
        return Err(unknown(reply).into());
    }
    Ok(told_by(&json(reply)?, &plivo.config.callback_base))
}

fn told_by(application: &Application, base: &str) -> Wiring {
    let base = base.trim_end_matches('/');
    let (voice, status) = (format!("{base}/voice"), format!("{base}/status"));
    let answer = application.answer_url.as_deref();
    let mut settings = vec![Setting::new("answer_url", answer, Some(&voice), Stake::CallsIn)];
    if let Some(hangup) = application.hangup_url.as_deref().filter(|url| !url.is_empty()) {
        let at_voice = Setting::new("hangup_url", Some(hangup), Some(&voice), Stake::News);
        let at_status = Setting::new("hangup_url", Some(hangup), Some(&status), Stake::News);
        settings.push(if at_voice.is_right() { at_voice } else { at_status });
    }
    Wiring::Told(settings)
}
