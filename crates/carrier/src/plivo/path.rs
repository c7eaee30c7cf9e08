//! The only place where addresses of Plivo's are built.
//!
//! `DELETE /Call/` without a name ends every call of the account
//! (<https://www.plivo.com/docs/voice/detailed-reference/api/call/hangup-a-call/>, 2026-11-22). So
//! a request about one call can't be written without a [`Name`], and a name is a whole segment of a
//! path that nobody on the way can read as none, as another one or as two.

use super::Plivo;
use crate::roles::Leg;
use crate::wire::{Operation, Request};
use call::CarrierCallId;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// The name of one call or request, fit to stand in a path as it is: 1 to 64 letters, digits, `-`
/// and `_`. Plivo's names are UUIDs. What else a text may hold is not escaped but refused: `.` and
/// `..` are cut out of a path even where they are written `%2E`, and some proxies undo other
/// escapes before they pass a request on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name(CarrierCallId);

/// One of the three resources that share a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shelf {
    /// Calls that live.
    Live,
    /// Calls that wait to be dialled.
    Queued,
    /// Records of calls that are completed.
    Records,
}

/// What a hang-up is asked of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// A call, live or queued.
    Call(&'a Name),
    /// A request that may not have become a call yet.
    Request(&'a Name),
}

/// What else of an account's is asked for by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owned {
    /// One of its numbers.
    Number,
    /// What numbers are connected to.
    Application,
}

impl Name {
    /// Takes a name as it came.
    pub(super) fn read(text: &str) -> Option<Name> {
        let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_');
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(is_plain);
        if fits { CarrierCallId::new(text).ok().map(Name) } else { None }
    }

    /// All names of a leg that can be asked about, the one that it goes by first.
    pub(super) fn all_of(leg: &Leg) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        for name in std::iter::once(&leg.id).chain(&leg.also).filter_map(|id| Name::read(id.as_str())) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// As it is written.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The same, for those who speak of calls.
    pub(super) fn id(&self) -> &CarrierCallId {
        &self.0
    }
}

impl Shelf {
    fn query(self) -> &'static str {
        match self {
            Shelf::Live => "?status=live",
            Shelf::Queued => "?status=queued",
            Shelf::Records => "",
        }
    }
}

impl Plivo {
    /// The request that makes a call.
    pub(super) fn create(&self, body: &impl Serialize) -> Request {
        self.post(Operation::Place, self.calls_url(), body)
    }

    /// Asks for one call on this shelf.
    pub(super) fn one(&self, shelf: Shelf, name: &Name) -> Request {
        self.bodiless(Operation::LookUp, Method::GET, format!("{}{}", self.call_url(name), shelf.query()))
    }

    /// Asks for a page of calls.
    pub(super) fn list(&self, query: &str) -> Request {
        self.bodiless(Operation::List, Method::GET, format!("{}?{query}", self.calls_url()))
    }

    /// Has a live call run another document.
    pub(super) fn redirect(&self, name: &Name, body: &impl Serialize) -> Request {
        self.post(Operation::Command, self.call_url(name), body)
    }

    /// Ends a call, or calls off a request.
    pub(super) fn delete(&self, target: Target<'_>) -> Request {
        let url = match target {
            Target::Call(name) => self.call_url(name),
            Target::Request(name) => format!("{}Request/{}/", self.account_url, name.as_str()),
        };
        self.bodiless(Operation::HangUp, Method::DELETE, url)
    }

    /// Has a live call be recorded.
    pub(super) fn begin_recording(&self, name: &Name, body: &impl Serialize) -> Request {
        self.post(Operation::Command, format!("{}Record/", self.call_url(name)), body)
    }

    /// Has it be recorded no longer.
    pub(super) fn end_recording(&self, name: &Name) -> Request {
        self.bodiless(Operation::Command, Method::DELETE, format!("{}Record/", self.call_url(name)))
    }

    /// Asks for recordings: `rest` is a name with its slash, or a query.
    pub(super) fn recordings(&self, rest: &str) -> Request {
        self.bodiless(Operation::LookUp, Method::GET, format!("{}Recording/{rest}", self.account_url))
    }

    /// Deletes one.
    pub(super) fn delete_recording(&self, name: &Name) -> Request {
        let url = format!("{}Recording/{}/", self.account_url, name.as_str());
        self.bodiless(Operation::Recording, Method::DELETE, url)
    }

    /// Asks for something of the account's that is no call.
    pub(super) fn owned(&self, owned: Owned, name: &Name) -> Request {
        let folder = match owned {
            Owned::Number => "Number",
            Owned::Application => "Application",
        };
        let url = format!("{}{folder}/{}/", self.account_url, name.as_str());
        self.bodiless(Operation::LookUp, Method::GET, url)
    }

    fn calls_url(&self) -> String {
        format!("{}Call/", self.account_url)
    }

    fn call_url(&self, name: &Name) -> String {
        format!("{}Call/{}/", self.account_url, name.as_str())
    }

    fn bodiless(&self, operation: Operation, method: Method, url: String) -> Request {
        Request { operation, method, url, headers: self.headers(), body: Vec::new() }
    }

    fn post(&self, operation: Operation, url: String, body: &impl Serialize) -> Request {
        let mut headers = self.headers();
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
        // Texts and numbers can always be written; an empty body would be refused by Plivo.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Request { operation, method: Method::POST, url, headers, body }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let headers = [
            ("accept", "application/json"),
            ("authorization", &self.authorization),
            ("user-agent", USER_AGENT),
        ];
        headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
}

/// A text of the configuration as one segment of a path.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, OUTSIDE_SEGMENT).to_string()
}

const OUTSIDE_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');
const USER_AGENT: &str = concat!("offhook/", env!("CARGO_PKG_VERSION"));
