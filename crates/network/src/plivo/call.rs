//! What Plivo knows of a call besides the line itself.

use std::collections::BTreeMap;

use http::Method;

use super::document::Action;
use super::hangup::Hangup;
use super::recording::Recording;
use super::script::Script;
use super::stream::Stream;
use super::webhook::Planned;
use crate::form::Form;
use crate::world::{Cause, Direction, Leg, LegId, Stage};

/// Which way a call goes, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Inbound,
    /// Placed by a request to the API.
    OutboundApi,
    /// Placed by a `<Dial>` on this leg: a B leg.
    OutboundDial(LegId),
}

impl Way {
    pub(crate) fn direction(self) -> Direction {
        match self {
            Way::Inbound => Direction::Inbound,
            Way::OutboundApi | Way::OutboundDial(_) => Direction::Outbound,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Way::Inbound => "inbound",
            Way::OutboundApi | Way::OutboundDial(_) => "outbound",
        }
    }
}

/// A URL of the customer's and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hook {
    /// With its fragment, if it has one.
    pub(crate) url: String,
    pub(crate) method: Method,
}

impl Hook {
    /// `GET` if the method is that, else `POST`.
    pub(crate) fn new(url: &str, method: &str) -> Hook {
        let method = if method.eq_ignore_ascii_case("GET") { Method::GET } else { Method::POST };
        Hook { url: url.to_owned(), method }
    }

    /// An element's URL. Plivo takes absolute ones only; `None` for none and for any other.
    pub(crate) fn of(action: &Action) -> Option<Hook> {
        let url = action.url.as_deref().filter(|url| super::body::is_url(url, &["http", "https"]))?;
        Some(Hook::new(url, action.method.as_deref().unwrap_or("POST")))
    }
}

/// Whether and how it is found out that a machine answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Detection {
    #[default]
    Off,
    /// The answer URL waits for it, and is told.
    First { ms: u64 },
    /// The answer URL doesn't wait; another one is told.
    Meanwhile { ms: u64, hook: Hook },
    /// A machine is hung up.
    HangUp { ms: u64 },
}

/// One call, which is one leg.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) call_uuid: String,
    pub(crate) request_uuid: String,
    pub(crate) way: Way,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) caller_name: String,
    /// The A leg's, for a B leg.
    pub(crate) parent_uuid: Option<String>,
    pub(crate) answer: Option<Hook>,
    pub(crate) fallback: Option<Hook>,
    pub(crate) ring: Option<Hook>,
    pub(crate) hangup: Option<Hook>,
    /// Where the A leg's customer is told of this B leg.
    pub(crate) dial_events: Option<Hook>,
    pub(crate) send_digits: Option<String>,
    pub(crate) detection: Detection,
    /// Whether Plivo said "call queued": it comes faster than calls are dialled.
    pub(crate) queued: bool,
    pub(crate) script: Script,
    /// How it is to be said that the call ended, where the end itself doesn't tell.
    pub(crate) ending: Option<Hangup>,
    pub(crate) streams: Vec<Stream>,
    pub(crate) recordings: Vec<Recording>,
    /// Held back by a fault until the next has been sent.
    pub(crate) held: Option<Planned>,
}

impl Call {
    pub(crate) fn new(way: Way, from: &str, to: &str) -> Call {
        Call {
            call_uuid: String::new(),
            request_uuid: String::new(),
            way,
            from: from.to_owned(),
            to: to.to_owned(),
            caller_name: String::new(),
            parent_uuid: None,
            answer: None,
            fallback: None,
            ring: None,
            hangup: None,
            dial_events: None,
            send_digits: None,
            detection: Detection::Off,
            queued: false,
            script: Script::idle(),
            ending: None,
            streams: Vec::new(),
            recordings: Vec::new(),
            held: None,
        }
    }

    /// The query parameters of the customer's URLs: what tells the customer's own call.
    pub(crate) fn mark(&self) -> BTreeMap<String, String> {
        let hooks = [&self.answer, &self.ring, &self.hangup, &self.fallback];
        mark(hooks.into_iter().flatten().map(|hook| hook.url.as_str()))
    }

    /// How the call ended, once it has.
    pub(crate) fn hung_up(&self, leg: &Leg) -> Option<Hangup> {
        let end = leg.end()?;
        Some(self.ending.unwrap_or_else(|| Hangup::of(end, self.way)))
    }

    /// What every webhook of this call says.
    pub(crate) fn parameters(&self, leg: &Leg) -> Form {
        let mut form = Form::default()
            .with("CallUUID", &self.call_uuid)
            .with("From", bare(&self.from))
            .with("To", bare(&self.to))
            .with("CallStatus", status(leg))
            .with("Direction", self.way.word())
            .with("CallerName", &self.caller_name)
            .with("SessionStart", utc(leg.asked_at));
        match self.way {
            Way::Inbound => {}
            Way::OutboundApi => {
                form.put("ALegUUID", &self.call_uuid);
                form.put("ALegRequestUUID", &self.request_uuid);
                form.put("RequestUUID", &self.request_uuid);
            }
            Way::OutboundDial(_) => {
                form.put("ALegUUID", self.parent_uuid.as_deref().unwrap_or_default());
                form.put("RequestUUID", &self.request_uuid);
            }
        }
        form
    }

    /// What the webhook of the end says besides.
    pub(crate) fn parameters_of_end(&self, leg: &Leg, hangup: Hangup) -> Form {
        let talked_s = leg.talked_s().unwrap_or(0);
        let time = |at: Option<crate::time::Millis>| at.map(utc).unwrap_or_default();
        Form::default()
            .with("Event", "Hangup")
            .with("HangupCause", hangup.cause)
            .with("HangupCauseName", hangup.name)
            .with("HangupCauseCode", hangup.code.to_string())
            .with("HangupSource", hangup.source)
            .with("Duration", talked_s.to_string())
            .with("BillDuration", billed_s(talked_s).to_string())
            .with("StartTime", utc(leg.asked_at))
            .with("AnswerTime", time(leg.answered_at))
            .with("EndTime", time(leg.end().map(|end| end.at)))
            .with("TotalCost", "0.00000")
    }
}

/// The status word of webhooks and of live calls.
///
/// Source: <https://docs.plivo.com/docs/voice/xml/request/call-status>.
pub(crate) fn status(leg: &Leg) -> &'static str {
    match leg.stage {
        Stage::Queued => "queued",
        Stage::Dialling | Stage::Ringing => "ringing",
        Stage::Talking => "in-progress",
        Stage::Ended(_) if leg.answered_at.is_some() => "completed",
        Stage::Ended(end) => match end.cause {
            Cause::Busy | Cause::Rejected => "busy",
            Cause::RingTimeout | Cause::TimeLimit => "no-answer",
            Cause::HungUp | Cause::Canceled => "cancel",
            Cause::Unreachable | Cause::InstructionsFailed => "failed",
        },
    }
}

/// A number as Plivo writes it: without its plus.
pub(crate) fn bare(number: &str) -> &str {
    number.trim_start_matches('+')
}

/// What is paid for, in whole minutes.
pub(crate) fn billed_s(talked_s: u64) -> u64 {
    talked_s.div_ceil(60) * 60
}

/// A time in a webhook: `2022-10-12 16:27:47`, in UTC.
fn utc(at: crate::time::Millis) -> String {
    super::zone::written(at, 0, "%Y-%m-%d %H:%M:%S")
}

/// The query parameters of URLs; where two give the same name, the first counts.
pub(crate) fn mark<'a>(urls: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    let mut mark = BTreeMap::new();
    for url in urls {
        let before_fragment = url.split('#').next().unwrap_or_default();
        let query = before_fragment.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            mark.entry(name).or_insert(value);
        }
    }
    mark
}
