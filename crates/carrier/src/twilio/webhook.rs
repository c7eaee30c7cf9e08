//! What Twilio's webhooks say.
//!
//! Sources: <https://www.twilio.com/docs/voice/twiml#request-parameters>,
//! <https://www.twilio.com/docs/voice/api/call-resource#statuscallback> and
//! <https://www.twilio.com/docs/voice/twiml/stream#attributes-statuscallback> (2026-11-22).

use super::record::{call_sid, ends, short, time};
use super::recording::recording_sid;
use super::status;
use crate::mark::{self, Installation, Mark};
use crate::webhook::{HeardWebhook, InboundCall, RawWebhook, WebhookError};
use crate::wire::seconds;
use call::call::{
    AnsweredBy, CarrierEnding, CommandId, EndingKind, News, Outcome, Page, Performed, Progress, Recorded,
};
use call::{CarrierCallId, Party};
use http::Method;
use std::borrow::Cow;

/// Names and values, in the order in which they came; those without an escape in them aren't copied.
pub(super) type Fields<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// Reads a webhook that was verified.
pub(super) fn decode(us: Option<&Installation>, raw: &RawWebhook) -> Result<HeardWebhook, WebhookError> {
    let unreadable = |what: &str| WebhookError::Unreadable(what.to_owned());
    let query = query(raw);
    let page = match path(raw).rsplit('/').next() {
        Some("voice") if value(&query, "answer").is_some() => Some(Page::Next),
        Some("voice") => Some(Page::First),
        Some("status") => None,
        _ => return Err(unreadable("its path ends neither in /voice nor in /status")),
    };
    let fields = fields(raw);
    let field = |name: &str| value(&fields, name);
    let leg = field("CallSid").and_then(call_sid).ok_or_else(|| unreadable("it names no call"))?;
    let mark = Mark::of_query(value(&query, mark::CALL), value(&query, mark::BY), us);
    // A leg that <Dial> made has a life of its own, which says nothing of the call that dialled.
    let is_child = field("ParentCallSid").is_some_and(|parent| !parent.is_empty() && parent != leg.as_str());
    if is_child {
        return Ok(of_child(mark, leg, &query, &fields, page));
    }
    let asked = |name| value(&query, name).and_then(command_id);
    let news = match (asked("answer"), asked("stream")) {
        (Some(id), _) => Some(answer(&leg, id, &fields)),
        (None, Some(id)) => stream(&leg, id, &fields),
        (None, None) if value(&query, MACHINE).is_some() => Some(picked_up(&leg, &fields)),
        (None, None) if value(&query, RECORDING).is_some() => {
            Some(News::Recording(Recorded::Told { name: field("RecordingSid").and_then(recording_sid) }))
        }
        (None, None) => news(&leg, &fields, page.is_some()),
    };
    let offers = page == Some(Page::First)
        && field("Direction") == Some("inbound")
        && !matches!(news, Some(News::Over { .. }));
    let party = |name: &str| Party::read(field(name).unwrap_or_default());
    let inbound = offers.then(|| InboundCall { from: party("From"), to: party("To") });
    let ends = Some(ends(field("Direction"), field("From"), field("To")));
    Ok(HeardWebhook { mark, leg, was: None, news, ends, inbound, page })
}

/// The other leg of a transfer: what becomes of it becomes of the transfer, and of nothing else.
fn of_child(
    mark: Mark,
    leg: CarrierCallId,
    query: &Fields<'_>,
    fields: &Fields<'_>,
    page: Option<Page>,
) -> HeardWebhook {
    let nothing = |leg| HeardWebhook {
        mark: mark.clone(),
        leg,
        was: None,
        news: None,
        ends: None,
        inbound: None,
        page,
    };
    let parent = value(fields, "ParentCallSid").and_then(call_sid);
    let transfer = value(query, "transfer").and_then(command_id);
    let (Some(parent), Some(id)) = (parent, transfer) else { return nothing(leg) };
    let word = value(fields, "CallStatus").unwrap_or_default();
    let performed = match (status::progress(word), status::ending(word)) {
        (Some(Progress::InProgress), _) => Performed::Begun,
        (_, Some(EndingKind::Completed)) => {
            Performed::Finished(Outcome { transfer: Some(word.to_owned()), ..Outcome::default() })
        }
        (_, Some(_)) => Performed::Failed { code: word.to_owned() },
        _ => return nothing(parent),
    };
    let news = News::CommandHeard { leg: parent.clone(), id, performed };
    HeardWebhook { news: Some(news), ..nothing(parent) }
}

/// What was pressed or said in answer to a question.
fn answer(leg: &CarrierCallId, id: CommandId, fields: &Fields<'_>) -> News {
    let heard = |name| value(fields, name).filter(|text| !text.is_empty()).map(str::to_owned);
    let outcome = Outcome { digits: heard("Digits"), speech: heard("SpeechResult"), ..Outcome::default() };
    News::CommandHeard { leg: leg.clone(), id, performed: Performed::Finished(outcome) }
}

/// What became of a stream.
fn stream(leg: &CarrierCallId, id: CommandId, fields: &Fields<'_>) -> Option<News> {
    let performed = match value(fields, "StreamEvent")? {
        "stream-started" => Performed::Begun,
        "stream-stopped" => Performed::Finished(Outcome::default()),
        "stream-error" => {
            Performed::Failed { code: short(value(fields, "StreamError").unwrap_or("stream-error")) }
        }
        _ => return None,
    };
    Some(News::CommandHeard { leg: leg.clone(), id, performed })
}

/// Who picked up, as an answer to [`MACHINE`].
fn picked_up(leg: &CarrierCallId, fields: &Fields<'_>) -> News {
    let by = match value(fields, "AnsweredBy").unwrap_or_default() {
        "human" => AnsweredBy::Human,
        "machine_start" => AnsweredBy::Machine,
        "machine_end_beep" | "machine_end_silence" | "machine_end_other" => AnsweredBy::Recording,
        "fax" => AnsweredBy::Fax,
        _ => AnsweredBy::Unknown,
    };
    News::AnsweredBy { leg: leg.clone(), by }
}

fn command_id(text: &str) -> Option<CommandId> {
    text.parse().ok().map(CommandId)
}

/// What `CallStatus` says. A request for instructions may come without it; a status callback that
/// does is one we can't read.
fn news(leg: &CarrierCallId, fields: &Fields<'_>, wants_script: bool) -> Option<News> {
    let leg = leg.clone();
    let Some(word) = value(fields, "CallStatus") else {
        let unread = News::Unread { leg, what: "a status callback without CallStatus".to_owned() };
        return (!wants_script).then_some(unread);
    };
    if let Some(progress) = status::progress(word) {
        return Some(News::Progressed { leg, progress });
    }
    let declined = value(fields, "SipResponseCode") == Some(status::DECLINED);
    Some(match status::ending(word) {
        Some(kind) => News::Over {
            leg,
            ending: CarrierEnding {
                kind: if declined { status::declined(kind) } else { kind },
                code: word.to_owned(),
                by: None,
                ended_at: value(fields, "Timestamp").and_then(time),
                duration: value(fields, "CallDuration").and_then(seconds),
            },
        },
        None => News::Unread { leg, what: short(word) },
    })
}

/// The form in the body, empty where there is no body to speak of (as with `GET`), and `None`
/// where the body is something else.
///
/// # Errors
/// Twilio sends nothing but `GET` and `POST`.
pub(super) fn form_of(raw: &RawWebhook) -> Result<Option<Fields<'_>>, WebhookError> {
    let media_type = raw.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if raw.method == Method::GET {
        return Ok(Some(Fields::new()));
    }
    if raw.method != Method::POST {
        return Err(WebhookError::WrongSignature("Twilio sends GET and POST alone".to_owned()));
    }
    let is_form = media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    Ok((is_form || raw.body.is_empty()).then(|| pairs(&raw.body)))
}

/// The fields that a webhook carries, all of them signed: the form of a `POST`, the query of a
/// `GET`. The body of a `GET` is not signed, and not read.
fn fields(raw: &RawWebhook) -> Fields<'_> {
    match form_of(raw) {
        Ok(Some(_)) if raw.method == Method::GET => query(raw),
        Ok(Some(form)) => form,
        Ok(None) | Err(_) => Fields::new(),
    }
}

/// The fields in the address.
pub(super) fn query(raw: &RawWebhook) -> Fields<'_> {
    let address = raw.url.split('#').next().unwrap_or_default();
    pairs(address.split_once('?').map_or("", |(_, query)| query).as_bytes())
}

fn path(raw: &RawWebhook) -> &str {
    raw.url.split(['?', '#']).next().unwrap_or_default()
}

fn value<'a>(fields: &'a Fields<'_>, name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
}

fn pairs(text: &[u8]) -> Fields<'_> {
    form_urlencoded::parse(text).collect()
}

/// What the address has where Twilio tells that a recording is over.
pub(super) const RECORDING: &str = "recording";
/// What the address has where Twilio tells who picked up.
pub(super) const MACHINE: &str = "machine";
