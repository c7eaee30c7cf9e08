//! What Plivo's webhooks say.
//!
//! Sources: <https://docs.plivo.com/docs/voice/xml/request>,
//! <https://docs.plivo.com/docs/voice/api/call/machine-detection>, the callbacks of
//! <https://docs.plivo.com/docs/voice/api/call/make-a-call>, and those of
//! <https://docs.plivo.com/docs/voice/xml/dial> (2026-11-22).

use super::path::Name;
use super::record::{ends, party, short, time};
use super::status;
use crate::mark::{self, Installation, Mark};
use crate::webhook::{HeardWebhook, InboundCall, RawWebhook, WebhookError};
use crate::wire::seconds;
use call::CarrierCallId;
use call::call::{AnsweredBy, CarrierEnding, CommandId, News, Outcome, Page, Performed, Recorded};
use http::Method;

/// Names and values, in the order in which they came.
pub(super) struct Fields(Vec<(String, String)>);

/// Reads a webhook that was verified.
pub(super) fn decode(us: Option<&Installation>, raw: &RawWebhook) -> Result<HeardWebhook, WebhookError> {
    let unreadable = |what: &str| WebhookError::Unreadable(what.to_owned());
    let query = query(raw);
    let page = match path(raw).rsplit('/').next() {
        Some("voice") => Some(page(&query)),
        Some("status") => None,
        _ => return Err(unreadable("its path ends neither in /voice nor in /status")),
    };
    let fields = fields(raw);
    let mark = Mark::of_query(query.value(mark::CALL), query.value(mark::BY), us);
    let requested = || fields.told("RequestUUID").or_else(|| fields.told("ALegRequestUUID"));
    // A call that was never made may end without a name of its own.
    let leg = fields.told("CallUUID").or_else(|| fields.told("call_uuid")).or_else(requested);
    let leg = leg.ok_or_else(|| unreadable("it names no call"))?;
    let leg = id(leg).ok_or_else(|| unreadable("it names no call that Plivo could have named"))?;
    if is_of_dial(&query, &fields) {
        return Ok(of_dial(mark, leg, &query, &fields, page));
    }
    if is_other_leg(&leg, &fields) {
        return Ok(HeardWebhook { mark, leg, was: None, news: None, ends: None, inbound: None, page });
    }
    let was = requested().and_then(id).filter(|was| *was != leg);
    let asked = |name| query.value(name).and_then(command_id);
    let news = match (asked("answer"), asked("stream")) {
        (Some(id), _) => Some(answer(&leg, id, &fields)),
        (None, Some(id)) => stream(&leg, id, &fields),
        (None, None) if fields.value("Event") == Some("MachineDetection") => Some(picked_up(&leg, &fields)),
        (None, None) if query.value(RECORDING).is_some() => {
            let name = fields.told("recording_id").and_then(Name::read).map(|name| name.as_str().to_owned());
            Some(News::Recording(Recorded::Told { name }))
        }
        (None, None) => news(&leg, &fields, page.is_some()),
    };
    // What is over is told even where a document is asked for otherwise, and wants none.
    let is_over = matches!(news, Some(News::Over { .. })) || fields.value("Event") == Some(HANGUP);
    let page = page.filter(|_| !is_over);
    let offers = page == Some(Page::First) && fields.value("Direction") == Some("inbound");
    let end = |name: &str| party(fields.value(name).unwrap_or_default());
    let inbound = offers.then(|| InboundCall { from: end("From"), to: end("To") });
    let ends = Some(ends(fields.value("Direction"), fields.told("From"), fields.told("To")));
    Ok(HeardWebhook { mark, leg, was, news, ends, inbound, page })
}

/// Which document is asked for.
fn page(query: &Fields) -> Page {
    match query.value("command").and_then(command_id) {
        Some(id) => Page::Of(id),
        None if ["answer", "stop"].iter().any(|name| query.value(name).is_some()) => Page::Next,
        None => Page::First,
    }
}

/// Whether it is told of a transfer: Plivo tells it of the call, with the fate of the other leg in
/// fields of their own.
fn is_of_dial(query: &Fields, fields: &Fields) -> bool {
    let has = |name| fields.told(name).is_some();
    let names_other_leg = has("DialAction") || has("DialBLegUUID");
    query.value("transfer").is_some() || (names_other_leg && fields.value("Event") != Some(HANGUP))
}

/// The other leg of a transfer: what becomes of it becomes of the transfer, and of nothing else.
fn of_dial(
    mark: Mark,
    leg: CarrierCallId,
    query: &Fields,
    fields: &Fields,
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
    let leg = fields.told("DialALegUUID").and_then(id).unwrap_or(leg);
    let transfer = query.value("transfer").and_then(command_id);
    let performed = match fields.value("DialAction") {
        Some("answer" | "connected") => Some(Performed::Begun),
        Some("hangup") => Some(transferred(fields)),
        _ => None,
    };
    let news =
        transfer.zip(performed).map(|(id, performed)| News::CommandHeard { leg: leg.clone(), id, performed });
    HeardWebhook { news, ..nothing(leg) }
}

/// Whether the two spoke: only then there is a duration, or the end was a usual one.
fn transferred(fields: &Fields) -> Performed {
    let spoke = fields.told("DialBLegDuration").and_then(seconds).is_some_and(|span| !span.is_zero());
    let cause = fields.told("DialBLegHangupCauseName").or_else(|| fields.told("DialBLegHangupCause"));
    let code = fields.told("DialBLegHangupCauseCode").unwrap_or_default();
    let is_usual = code.starts_with('4') || (code.is_empty() && matches!(cause, None | Some(USUAL)));
    if spoke || is_usual {
        let transfer = Some(short(cause.unwrap_or("hangup")));
        return Performed::Finished(Outcome { transfer, ..Outcome::default() });
    }
    Performed::Failed { code: short(cause.unwrap_or(code)) }
}

/// Whether it speaks of a leg that another one dialled: that leg has a life of its own.
fn is_other_leg(leg: &CarrierCallId, fields: &Fields) -> bool {
    let own = [Some(leg.as_str()), fields.told("RequestUUID"), fields.told("ALegRequestUUID")];
    fields.told("ALegUUID").is_some_and(|first| !own.contains(&Some(first)))
}

/// What was pressed or said in answer to a question.
fn answer(leg: &CarrierCallId, id: CommandId, fields: &Fields) -> News {
    let heard = |name| fields.told(name).map(str::to_owned);
    let outcome = Outcome { digits: heard("Digits"), speech: heard("Speech"), ..Outcome::default() };
    News::CommandHeard { leg: leg.clone(), id, performed: Performed::Finished(outcome) }
}

/// What became of a stream.
fn stream(leg: &CarrierCallId, id: CommandId, fields: &Fields) -> Option<News> {
    let performed = match fields.value("Event")? {
        "StartStream" => Performed::Begun,
        "StopStream" => Performed::Finished(Outcome::default()),
        event @ "DroppedStream" => Performed::Failed { code: event.to_owned() },
        _ => return None,
    };
    Some(News::CommandHeard { leg: leg.clone(), id, performed })
}

/// Who picked up: a machine or not. That it doesn't greet any more, Plivo never tells.
fn picked_up(leg: &CarrierCallId, fields: &Fields) -> News {
    let by = match fields.value("Machine").unwrap_or_default().to_ascii_lowercase().as_str() {
        "true" => AnsweredBy::Machine,
        "false" => AnsweredBy::Human,
        _ => AnsweredBy::Unknown,
    };
    News::AnsweredBy { leg: leg.clone(), by }
}

/// What `CallStatus` says. A request for a document may come without it; a callback that does is
/// one we can't read, and so is an end that calls itself anything else.
fn news(leg: &CarrierCallId, fields: &Fields, asks: bool) -> Option<News> {
    let leg = leg.clone();
    let ends = fields.value("Event") == Some(HANGUP);
    let Some(word) = fields.told("CallStatus") else {
        let unread = News::Unread { leg, what: "a callback without CallStatus".to_owned() };
        return (!asks || ends).then_some(unread);
    };
    if let Some(ending) = over(word, fields) {
        return Some(News::Over { leg, ending });
    }
    match status::progress(word) {
        Some(progress) if !ends => Some(News::Progressed { leg, progress }),
        _ => Some(News::Unread { leg, what: short(word) }),
    }
}

/// The end that a word tells. Some causes say more exactly how a call ended that was never answered.
/// One that was answered is completed, unless Plivo could not learn what to do on it.
fn over(word: &str, fields: &Fields) -> Option<CarrierEnding> {
    let kind = status::ending(word)?;
    let code = fields.told("HangupCauseCode");
    let field = |name| fields.value(name).unwrap_or_default();
    Some(CarrierEnding {
        kind: code.and_then(|code| status::by_cause(kind, code)).unwrap_or(kind),
        code: short(
            &code
                .map_or_else(|| word.to_owned(), |code| status::reason(code, fields.told("HangupCauseName"))),
        ),
        by: status::ended_by(field("HangupSource"), code.unwrap_or_default(), field("Direction")),
        ended_at: fields.value("EndTime").and_then(time),
        duration: fields.value("Duration").and_then(seconds),
    })
}

fn id(text: &str) -> Option<CarrierCallId> {
    Name::read(text).map(|name| name.id().clone())
}

fn command_id(text: &str) -> Option<CommandId> {
    text.parse().ok().map(CommandId)
}

impl Fields {
    /// The first of this name.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first of this name, if it says anything.
    fn told(&self, name: &str) -> Option<&str> {
        self.value(name).filter(|value| !value.is_empty())
    }

    /// All of them, sorted by their names' bytes and then by their values'.
    pub(super) fn sorted(mut self) -> Vec<(String, String)> {
        self.0.sort();
        self.0
    }
}

/// The form in the body, empty where there is no body to speak of (as with `GET`).
///
/// # Errors
/// Plivo sends nothing but `GET`, and `POST` with a form: nothing else is covered by its signature.
pub(super) fn form(raw: &RawWebhook) -> Result<Fields, WebhookError> {
    let wrong = |why: &str| Err(WebhookError::WrongSignature(why.to_owned()));
    if raw.method == Method::GET {
        return Ok(Fields(Vec::new()));
    }
    if raw.method != Method::POST {
        return wrong("Plivo sends GET and POST alone");
    }
    let media_type = raw.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !raw.body.is_empty() && !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return wrong("its body is no form, and not signed");
    }
    Ok(pairs(&raw.body))
}

/// The fields in the address.
pub(super) fn query(raw: &RawWebhook) -> Fields {
    let address = raw.url.split('#').next().unwrap_or_default();
    pairs(address.split_once('?').map_or("", |(_, query)| query).as_bytes())
}

/// The address without its query.
pub(super) fn path(raw: &RawWebhook) -> &str {
    raw.url.split(['?', '#']).next().unwrap_or_default()
}

/// The fields that a webhook carries, all of them signed: the form of a `POST`, the query of a
/// `GET`. The body of a `GET` is not signed, and not read.
fn fields(raw: &RawWebhook) -> Fields {
    match form(raw) {
        Ok(_) if raw.method == Method::GET => query(raw),
        Ok(form) => form,
        Err(_) => Fields(Vec::new()),
    }
}

fn pairs(text: &[u8]) -> Fields {
    Fields(form_urlencoded::parse(text).into_owned().collect())
}

/// What the address has where Plivo tells that a recording is over. What it tells there of the call goes by names
/// of its own.
pub(super) const RECORDING: &str = "recording";
/// The event that is an end.
const HANGUP: &str = "Hangup";
/// The cause of an end like any other.
const USUAL: &str = "NORMAL_CLEARING";
