//! What Telnyx knows of a call besides the line itself.

use std::collections::{BTreeMap, VecDeque};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::body::Body;
use super::error::ApiError;
use super::gather::Gathering;
use super::machine::Detection;
use super::recording::Recording;
use super::sound::Player;
use super::stream::{Stream, Streaming};
use super::transcription::Transcription;
use super::webhook::Planned;
use crate::time::Millis;
use crate::world::{Cause, Direction, End, EndedBy, Leg, LegId, Stage};

/// How many events of one call are remembered.
const EVENTS_MAX: usize = 200;

/// Which way a call goes, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Incoming,
    /// Placed by a request to the API.
    Dialled,
    /// Placed to transfer the call on this leg.
    Transfer(LegId),
}

impl Way {
    pub(crate) fn direction(self) -> Direction {
        match self {
            Way::Incoming => Direction::Inbound,
            Way::Dialled | Way::Transfer(_) => Direction::Outbound,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Way::Incoming => "incoming",
            Way::Dialled | Way::Transfer(_) => "outgoing",
        }
    }
}

/// Something that happened to a call, as `call_events` gives it.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: Millis,
    pub(crate) name: String,
    /// `command` or `webhook`.
    pub(crate) kind: &'static str,
    pub(crate) metadata: Value,
}

/// One call leg.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) control_id: String,
    pub(crate) leg_id: String,
    pub(crate) session_id: String,
    pub(crate) connection_id: String,
    pub(crate) way: Way,
    pub(crate) from: String,
    pub(crate) to: String,
    /// As the customer gave it, in Base64.
    pub(crate) client_state: Option<String>,
    /// Told in place of the connection's URL.
    pub(crate) webhook_url: Option<String>,
    /// By event type: how long after each failed attempt the next one leaves, in milliseconds.
    pub(crate) retries_ms: BTreeMap<String, Vec<u64>>,
    /// When each command id was last heeded.
    pub(crate) commands: BTreeMap<String, Millis>,
    pub(crate) events: VecDeque<Event>,
    /// Held back by a fault until the next has been sent.
    pub(crate) held: Option<Planned>,
    pub(crate) player: Player,
    pub(crate) gathering: Option<Gathering>,
    pub(crate) transcription: Option<Transcription>,
    /// Keys to be sent as tones as soon as the call is answered.
    pub(crate) digits_at_answer: Option<String>,
    /// How it is found out whether a machine picked up.
    pub(crate) detection: Option<Detection>,
    /// To be opened as soon as the call is answered.
    pub(crate) stream_at_answer: Option<Stream>,
    pub(crate) recordings: Vec<Recording>,
    /// The media streams that are not over.
    pub(crate) streams: Vec<Streaming>,
    /// Whom this call talks to once it was transferred.
    pub(crate) bridged_with: Option<LegId>,
    /// Who is being called to take this call over.
    pub(crate) transfers_to: Vec<LegId>,
    /// Whether it goes on when whoever it talks to is gone.
    pub(crate) parks_after_unbridge: bool,
}

impl Call {
    pub(crate) fn new(connection_id: &str, way: Way, from: &str, to: &str) -> Call {
        Call {
            control_id: String::new(),
            leg_id: String::new(),
            session_id: String::new(),
            connection_id: connection_id.to_owned(),
            way,
            from: from.to_owned(),
            to: to.to_owned(),
            client_state: None,
            webhook_url: None,
            retries_ms: BTreeMap::new(),
            commands: BTreeMap::new(),
            events: VecDeque::new(),
            held: None,
            player: Player::default(),
            gathering: None,
            transcription: None,
            digits_at_answer: None,
            detection: None,
            stream_at_answer: None,
            recordings: Vec::new(),
            streams: Vec::new(),
            bridged_with: None,
            transfers_to: Vec::new(),
            parks_after_unbridge: false,
        }
    }

    /// What tells the customer's own call: the client state, decoded.
    pub(crate) fn mark(&self) -> BTreeMap<String, String> {
        self.client_state.as_deref().map(mark).unwrap_or_default()
    }

    /// Takes over what a command may say of all that follows: the client state, who is told
    /// and how often, and whether the call outlives a bridge.
    pub(crate) fn heed(&mut self, body: &Body) -> Result<(), ApiError> {
        let client_state = body.client_state("client_state")?;
        let webhook_url = body.url("webhook_url", &["http", "https"])?;
        let retries_ms = super::dial::retries(body)?;
        let parks = body.word("park_after_unbridge", &["self"])?.is_some();
        self.parks_after_unbridge |= parks;
        self.client_state = client_state.or(self.client_state.take());
        self.webhook_url = webhook_url.or(self.webhook_url.take());
        if !retries_ms.is_empty() {
            self.retries_ms = retries_ms;
        }
        Ok(())
    }

    pub(crate) fn note(&mut self, event: Event) {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }

    /// What every webhook of this call says.
    pub(crate) fn payload(&self) -> Map<String, Value> {
        let mut payload = Map::new();
        let mut put = |key: &str, value: Value| payload.insert(key.to_owned(), value);
        put("call_control_id", json!(self.control_id));
        put("call_leg_id", json!(self.leg_id));
        put("call_session_id", json!(self.session_id));
        put("client_state", json!(self.client_state));
        put("connection_id", json!(self.connection_id));
        payload
    }

    /// The same with the numbers.
    pub(crate) fn payload_with_numbers(&self) -> Map<String, Value> {
        let mut payload = self.payload();
        payload.insert("from".to_owned(), json!(self.from));
        payload.insert("to".to_owned(), json!(self.to));
        payload
    }

    /// The same with where the call is in its life.
    pub(crate) fn payload_of_life(&self, leg: &Leg, state: &str) -> Map<String, Value> {
        let mut payload = self.payload_with_numbers();
        let started_at = leg.dialled_at.unwrap_or(leg.asked_at);
        payload.insert("start_time".to_owned(), json!(started_at.rfc3339_micros()));
        payload.insert("state".to_owned(), json!(state));
        payload
    }

    pub(crate) fn payload_of_beginning(&self, leg: &Leg) -> Map<String, Value> {
        let state = if self.way == Way::Incoming { "parked" } else { "bridging" };
        let mut payload = self.payload_of_life(leg, state);
        payload.insert("direction".to_owned(), json!(self.way.word()));
        payload
    }

    pub(crate) fn payload_of_end(&self, leg: &Leg, end: End) -> Map<String, Value> {
        let was_answered = leg.answered_at.is_some();
        let mut payload = self.payload_of_life(leg, "hangup");
        let mut put = |key: &str, word: &str| payload.insert(key.to_owned(), json!(word));
        put("hangup_cause", cause(end.cause));
        put("hangup_source", self.source(end));
        // There is no SIP answer to an inbound call that Telnyx could tell.
        let sip_word =
            if self.way == Way::Incoming { "unspecified" } else { sip_cause(end.cause, was_answered) };
        put("sip_hangup_cause", sip_word);
        payload
    }

    fn source(&self, end: End) -> &'static str {
        let customer_called = self.way.direction() == Direction::Outbound;
        match (end.by, customer_called) {
            (EndedBy::Carrier, _) => "unknown",
            (EndedBy::Remote, true) | (EndedBy::Api | EndedBy::Instructions, false) => "callee",
            (EndedBy::Remote, false) | (EndedBy::Api | EndedBy::Instructions, true) => "caller",
        }
    }
}

/// Whether Telnyx says that the call is alive: dialling is not done by whoever answers the request.
pub(crate) fn is_alive(leg: &Leg) -> bool {
    match leg.stage {
        Stage::Queued | Stage::Ended(_) => false,
        Stage::Dialling | Stage::Ringing | Stage::Talking => true,
    }
}

/// Telnyx's word for why a call ended.
fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::HungUp => "normal_clearing",
        Cause::Canceled => "originator_cancel",
        Cause::Busy => "user_busy",
        Cause::Rejected => "call_rejected",
        Cause::Unreachable => "not_found",
        Cause::RingTimeout => "timeout",
        Cause::TimeLimit => "time_limit",
        Cause::InstructionsFailed => "unspecified",
    }
}

fn sip_cause(cause: Cause, was_answered: bool) -> &'static str {
    match cause {
        _ if was_answered => "200",
        Cause::Busy => "486",
        Cause::Rejected => "603",
        Cause::Unreachable => "404",
        Cause::RingTimeout | Cause::Canceled | Cause::HungUp | Cause::TimeLimit => "487",
        Cause::InstructionsFailed => "unspecified",
    }
}

/// What a client state says, decoded: the texts of a JSON object, or the whole text under `call`.
pub(crate) fn mark(client_state: &str) -> BTreeMap<String, String> {
    let decoded = STANDARD.decode(client_state).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = decoded.unwrap_or_else(|| client_state.to_owned());
    match serde_json::from_str::<Map<String, Value>>(&text) {
        Ok(object) => object.into_iter().map(|(key, value)| (key, written(value))).collect(),
        Err(_) => BTreeMap::from([("call".to_owned(), text)]),
    }
}

fn written(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_state_is_a_mark() {
        let of = |text: &str| mark(&STANDARD.encode(text));
        assert_eq!(of("c_1"), BTreeMap::from([("call".to_owned(), "c_1".to_owned())]));
        let expected = [("call", "c_2"), ("try", "1")].map(|(key, text)| (key.to_owned(), text.to_owned()));
        assert_eq!(of(r#"{"call":"c_2","try":1}"#), BTreeMap::from(expected));
    }
}
