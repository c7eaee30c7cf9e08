//! What Twilio knows of a call besides the line itself.

use std::collections::{BTreeMap, VecDeque};

use http::Method;
use serde_json::Value;

use super::recording::Recording;
use super::script::Script;
use super::stream::Streaming;
use super::webhook::Planned;
use crate::form::Form;
use crate::time::Millis;
use crate::world::{Cause, End, Leg, LegId, Stage};

/// Which way a call goes, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Inbound,
    /// Placed by a request to the API.
    OutboundApi,
    /// Placed by a `<Dial>`.
    OutboundDial,
}

impl Way {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Way::Inbound => "inbound",
            Way::OutboundApi => "outbound-api",
            Way::OutboundDial => "outbound-dial",
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
}

/// What a customer can be told of while a call goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallbackEvent {
    Initiated,
    Ringing,
    Answered,
    Completed,
}

impl CallbackEvent {
    pub(crate) fn read(word: &str) -> Option<CallbackEvent> {
        match word {
            "initiated" => Some(CallbackEvent::Initiated),
            "ringing" => Some(CallbackEvent::Ringing),
            "answered" => Some(CallbackEvent::Answered),
            "completed" => Some(CallbackEvent::Completed),
            _ => None,
        }
    }
}

/// The status callbacks of one call that are to be sent.
#[derive(Debug, Default)]
pub(crate) struct Callbacks {
    pub(crate) waiting: VecDeque<Planned>,
    /// Whether one is on its way, for whose fate the next waits.
    pub(crate) one_is_away: bool,
    /// Held back by a fault until the next has been sent.
    pub(crate) held: Option<Planned>,
    /// How many have been made so far.
    pub(crate) n_made: u32,
}

/// How it is told who picked up, where the call doesn't wait for that.
#[derive(Clone, Debug)]
pub(crate) struct Detection {
    pub(crate) hook: Hook,
    /// A machine is told of when its greeting is over.
    pub(crate) until_it_records: bool,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) sid: String,
    pub(crate) account_sid: String,
    pub(crate) way: Way,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) parent: Option<LegId>,
    pub(crate) parent_sid: Option<String>,
    pub(crate) created_at: Millis,
    pub(crate) updated_at: Millis,
    pub(crate) queued_ms: u64,
    pub(crate) voice: Option<Hook>,
    pub(crate) twiml: Option<String>,
    pub(crate) fallback: Option<Hook>,
    pub(crate) callback: Option<Hook>,
    pub(crate) callback_events: Vec<CallbackEvent>,
    pub(crate) send_digits: Option<String>,
    pub(crate) detects_machines: bool,
    /// Where it is told, meanwhile, who picked up.
    pub(crate) detection: Option<Detection>,
    /// Whether the customer had the record deleted.
    pub(crate) deleted: bool,
    pub(crate) script: Script,
    /// The media streams that are not over.
    pub(crate) streams: Vec<Streaming>,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) callbacks: Callbacks,
    /// The webhooks and their answers, as `Events.json` gives them.
    pub(crate) exchanges: Vec<Value>,
}

impl Call {
    pub(crate) fn new(account_sid: &str, way: Way, from: &str, to: &str) -> Call {
        Call {
            sid: String::new(),
            account_sid: account_sid.to_owned(),
            way,
            from: from.to_owned(),
            to: to.to_owned(),
            parent: None,
            parent_sid: None,
            created_at: Millis::default(),
            updated_at: Millis::default(),
            queued_ms: 0,
            voice: None,
            twiml: None,
            fallback: None,
            callback: None,
            callback_events: vec![CallbackEvent::Completed],
            send_digits: None,
            detects_machines: false,
            detection: None,
            deleted: false,
            script: Script::default(),
            streams: Vec::new(),
            recordings: Vec::new(),
            callbacks: Callbacks::default(),
            exchanges: Vec::new(),
        }
    }

    /// The query parameters of the customer's URLs: what tells the customer's own call.
    pub(crate) fn mark(&self) -> BTreeMap<String, String> {
        mark([&self.voice, &self.fallback, &self.callback].into_iter().flatten())
    }

    /// The status word of the API.
    pub(crate) fn status(&self, leg: &Leg) -> &'static str {
        match leg.stage {
            Stage::Queued | Stage::Dialling => "queued",
            Stage::Ringing => "ringing",
            Stage::Talking => "in-progress",
            Stage::Ended(_) if leg.answered_at.is_some() => "completed",
            Stage::Ended(end) => self.unanswered(end),
        }
    }

    fn unanswered(&self, end: End) -> &'static str {
        match (end.cause, self.way) {
            (Cause::Rejected, Way::Inbound) => "no-answer",
            (Cause::Busy | Cause::Rejected, _) => "busy",
            (Cause::RingTimeout | Cause::TimeLimit, _) => "no-answer",
            (Cause::HungUp | Cause::Canceled, Way::Inbound) => "no-answer",
            (Cause::HungUp | Cause::Canceled, Way::OutboundApi | Way::OutboundDial) => "canceled",
            (Cause::Unreachable | Cause::InstructionsFailed, _) => "failed",
        }
    }

    /// What SIP said at the end.
    pub(crate) fn sip_code(&self, leg: &Leg) -> Option<u16> {
        let end = leg.end()?;
        if leg.answered_at.is_some() {
            return Some(200);
        }
        Some(match end.cause {
            Cause::Busy => 486,
            Cause::Rejected => 603,
            Cause::Unreachable => 404,
            Cause::InstructionsFailed => 500,
            Cause::RingTimeout | Cause::TimeLimit | Cause::HungUp | Cause::Canceled => 487,
        })
    }

    /// What every webhook of this call says.
    pub(crate) fn parameters(&self, status: &str) -> Form {
        let mut form = Form::default();
        form.put("CallSid", &self.sid);
        form.put("AccountSid", &self.account_sid);
        form.put("From", &self.from);
        form.put("To", &self.to);
        form.put("Caller", &self.from);
        form.put("Called", &self.to);
        form.put("CallStatus", status);
        form.put("ApiVersion", super::API_VERSION);
        form.put("Direction", self.way.word());
        if let Some(parent_sid) = &self.parent_sid {
            form.put("ParentCallSid", parent_sid);
        }
        form
    }
}

/// The query parameters of URLs; where two give the same name, the first counts.
pub(crate) fn mark<'a>(hooks: impl Iterator<Item = &'a Hook>) -> BTreeMap<String, String> {
    let mut mark = BTreeMap::new();
    for hook in hooks {
        let before_fragment = hook.url.split('#').next().unwrap_or_default();
        let query = before_fragment.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            mark.entry(name).or_insert(value);
        }
    }
    mark
}
