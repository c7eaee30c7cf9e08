//! Faults: what can go wrong between a carrier and its customer, switched on as data.
//!
//! ```json
//! {"on": "create", "to": "+15550100", "probability": 0.5, "times": 3, "do": "cut-after"}
//! ```
//!
//! `on` is needed and says where: `create`, `fetch`, `list`, `update`, `recording` (requests to the carrier),
//! `any-api` (all of these and the rest of its API), `status-callback`, `voice` (webhooks),
//! `webhook` (both), `stream` (a media stream is opened). `to` narrows it to calls to that number or to
//! numbers that end so, `sid` to one call; `probability` is 1 and `times` unlimited where left out. The
//! first fault that fits and comes up is the one that happens.
//!
//! | `do` | on a request to the carrier |
//! |---|---|
//! | `{"status": 503}` | refused with this status and the carrier's own error body; with `"retry_after_s": N` a `Retry-After` header, at Telnyx with 429 also as `x-ratelimit-reset`; with `"processed": true` done all the same |
//! | `"cut-before"` | the connection is closed; nothing was done |
//! | `"cut-after"` | done, then the connection is closed without an answer: the phone rings |
//! | `{"delay_ms": N}` | done, answered late |
//! | `"stall-before"` | nothing is done, no answer ever comes |
//! | `"stall-after"` | done, no answer ever comes |
//! | `"html"` | done, answered 200 with an HTML page |
//! | `"truncated-json"` | done, the body is cut off in the middle, its length header agreeing |
//! | `"broken-body"` | done, the connection breaks in the middle of the body |
//! | `"garbled"` | done, the body is no JSON at all |
//! | `"forget-limits"` | on `create`: done, and the carrier keeps neither how long it may ring nor how long it may last |
//! | `{"word": "teleported"}` | done, every status word in the answer is this one; at Telnyx, `is_alive` and `result` are, at Plivo `call_status` and `call_state` |
//! | `{"wrong-sid": true}` | done, the answer names another call |
//!
//! | `do` | on a webhook |
//! |---|---|
//! | `"drop"` | never arrives; for `voice` as if no connection came about |
//! | `"double"` | arrives twice |
//! | `{"delay_ms": N}` | arrives late, and those after it don't wait |
//! | `"reorder"` | a status callback, which at Telnyx every webhook is, changes places with the next one of its call, or is 5 s late |
//! | `"garble-signature"` | arrives with a wrong signature |
//!
//! | `do` | on a media stream |
//! |---|---|
//! | `{"delay_ms": N}` | the carrier connects late |
//!
//! What is listed in one table only is refused for a target of another.

use rand::Rng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::wire::{Reply, WireResponse};

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A request to place a call.
    Create,
    /// A request for one call.
    Fetch,
    /// A request for many calls.
    List,
    /// A request to change or end a call.
    Update,
    /// A request to record a call, or for what was recorded of it.
    Recording,
    /// Any request to a carrier's API.
    AnyApi,
    /// Any webhook.
    Webhook,
    /// A webhook that tells of a call's progress.
    StatusCallback,
    /// A webhook that asks for instructions.
    Voice,
    /// The opening of a media stream.
    Stream,
}

/// What a fault strikes, by which it is told what can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Request,
    Webhook,
    Stream,
}

/// A fault by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trick {
    /// The connection is closed before anything is done.
    CutBefore,
    /// The connection is closed after everything is done.
    CutAfter,
    /// Nothing is done and no answer comes.
    StallBefore,
    /// Everything is done and no answer comes.
    StallAfter,
    /// The answer is an HTML page.
    Html,
    /// The answer's body is half of what it should be.
    TruncatedJson,
    /// The connection breaks in the middle of the answer's body.
    BrokenBody,
    /// The answer's body is no JSON.
    Garbled,
    /// The carrier forgets how long it should let the call ring and last.
    ForgetLimits,
    /// A webhook never arrives.
    Drop,
    /// A webhook arrives twice.
    Double,
    /// A webhook changes places with the next one of its call.
    Reorder,
    /// A webhook is signed wrongly.
    GarbleSignature,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "`do` is none of the faults that docs/simulated-network.md lists, such as \"cut-after\" or {\"status\": 503}"
)]
pub enum Act {
    /// Something that needs no more than its name.
    Trick(Trick),
    /// The carrier answers with this status and its own error body.
    Status {
        /// 400 to 599.
        status: u16,
        /// The value of a `Retry-After` header, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u32>,
        /// Whether the request is carried out all the same. Default: no.
        #[serde(default)]
        processed: bool,
    },
    /// An answer or a webhook is late.
    Delay {
        /// By how much, in milliseconds.
        delay_ms: u64,
    },
    /// The status word in the answer is one that nobody knows.
    Word {
        /// That word.
        word: String,
    },
    /// The answer names another call.
    WrongSid {
        /// `true`.
        #[serde(rename = "wrong-sid")]
        wrong_sid: bool,
    },
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Where it strikes.
    pub on: Target,
    /// Only calls to this number, or to numbers that end with these digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Only the call with this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// How likely it is each time, 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
    /// How often it strikes before it is used up; `None` for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What goes wrong.
    #[serde(rename = "do")]
    pub act: Act,
}

impl Fault {
    /// Whether it makes sense; if not, why.
    ///
    /// # Errors
    /// The probability is none, the status is no error, or the act doesn't fit the target.
    pub fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(format!("probability {} is not between 0 and 1", self.probability));
        }
        if let Act::Status { status, .. } = self.act
            && !(400..600).contains(&status)
        {
            return Err(format!("status {status} is not between 400 and 599"));
        }
        if self.act.fits(self.on.kind()) {
            Ok(())
        } else {
            Err(format!("{:?} cannot happen on {:?}", self.act, self.on))
        }
    }
}

impl Target {
    fn kind(self) -> Kind {
        match self {
            Target::Webhook | Target::StatusCallback | Target::Voice => Kind::Webhook,
            Target::Stream => Kind::Stream,
            Target::Create
            | Target::Fetch
            | Target::List
            | Target::Update
            | Target::Recording
            | Target::AnyApi => Kind::Request,
        }
    }
}

impl Act {
    /// Whether it can happen to this.
    fn fits(&self, kind: Kind) -> bool {
        match self {
            Act::Delay { .. } => true,
            Act::Status { .. } | Act::Word { .. } | Act::WrongSid { .. } => kind == Kind::Request,
            Act::Trick(trick) => match trick {
                Trick::CutBefore
                | Trick::CutAfter
                | Trick::StallBefore
                | Trick::StallAfter
                | Trick::Html
                | Trick::TruncatedJson
                | Trick::BrokenBody
                | Trick::Garbled
                | Trick::ForgetLimits => kind == Kind::Request,
                Trick::Drop | Trick::Double | Trick::Reorder | Trick::GarbleSignature => {
                    kind == Kind::Webhook
                }
            },
        }
    }
}

/// The name of a fault in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct FaultId(pub(crate) u64);

/// A fault in force, as it is listed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Standing {
    pub(crate) id: FaultId,
    /// How often it has struck.
    pub(crate) struck: u32,
    #[serde(flatten)]
    pub(crate) fault: Fault,
}

/// What a fault may strike: the call that a request or webhook is about, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Subject<'a> {
    pub(crate) to: Option<&'a str>,
    pub(crate) sid: Option<&'a str>,
}

/// All faults in force.
#[derive(Debug)]
pub(crate) struct Faults {
    standing: Vec<Standing>,
    named: u64,
}

impl Faults {
    pub(crate) fn new(faults: &[Fault]) -> Faults {
        let mut all = Faults { standing: Vec::new(), named: 0 };
        for fault in faults {
            all.add(fault.clone());
        }
        all
    }

    pub(crate) fn add(&mut self, fault: Fault) -> FaultId {
        self.named += 1;
        let id = FaultId(self.named);
        self.standing.push(Standing { id, struck: 0, fault });
        id
    }

    /// Takes a fault back; false if there is none of that name.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let n_before = self.standing.len();
        self.standing.retain(|standing| standing.id.0 != id);
        self.standing.len() < n_before
    }

    pub(crate) fn clear(&mut self) {
        self.standing.clear();
    }

    pub(crate) fn all(&self) -> &[Standing] {
        &self.standing
    }

    /// Throws the dice: the fault that happens now at one of these targets, if any.
    pub(crate) fn draw(&mut self, targets: &[Target], subject: Subject<'_>, rng: &mut StdRng) -> Option<Act> {
        let struck = self.standing.iter_mut().find(|standing| {
            let fault = &standing.fault;
            targets.contains(&fault.on)
                && fault.times.is_none_or(|times| standing.struck < times)
                && fits(fault.to.as_deref(), subject.to, |number, to| number.ends_with(to))
                && fits(fault.sid.as_deref(), subject.sid, |sid, wanted| sid == wanted)
                && comes_up(fault.probability, rng)
        })?;
        struck.struck += 1;
        Some(struck.fault.act.clone())
    }
}

fn comes_up(probability: f64, rng: &mut StdRng) -> bool {
    probability >= 1.0 || (probability > 0.0 && rng.random_bool(probability))
}

fn fits(wanted: Option<&str>, is: Option<&str>, same: impl Fn(&str, &str) -> bool) -> bool {
    match (wanted, is) {
        (None, _) => true,
        (Some(wanted), Some(is)) => same(is, wanted),
        (Some(_), None) => false,
    }
}

/// A drawn fault, sorted by when it acts on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Drawn {
    /// This is all that happens.
    Instead(Instead),
    /// The request is carried out, and the reply then spoilt.
    Afterwards(Act),
}

/// What happens in place of a request's being carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    Cut,
    Stall,
    Refuse { status: u16, retry_after_s: Option<u32> },
}

impl From<Act> for Drawn {
    fn from(act: Act) -> Drawn {
        match act {
            Act::Trick(Trick::CutBefore) => Drawn::Instead(Instead::Cut),
            Act::Trick(Trick::StallBefore) => Drawn::Instead(Instead::Stall),
            Act::Status { status, retry_after_s, processed: false } => {
                Drawn::Instead(Instead::Refuse { status, retry_after_s })
            }
            Act::Trick(_)
            | Act::Status { .. }
            | Act::Delay { .. }
            | Act::Word { .. }
            | Act::WrongSid { .. } => Drawn::Afterwards(act),
        }
    }
}

/// Spoils a reply in the ways that need no knowledge of a carrier; gives it back as it was for the
/// others.
pub(crate) fn spoil(act: &Act, response: WireResponse) -> Reply {
    let trick = match act {
        Act::Delay { delay_ms } => return Reply::Respond { response, after_ms: *delay_ms },
        Act::Trick(trick) => trick,
        Act::Status { .. } | Act::Word { .. } | Act::WrongSid { .. } => {
            return Reply::now(response);
        }
    };
    match trick {
        Trick::CutAfter => Reply::Cut { after_ms: 0 },
        Trick::StallAfter => Reply::Stall,
        Trick::Html => Reply::now(
            WireResponse {
                status: 200,
                headers: Vec::new(),
                body: b"<!doctype html><html><body><h1>Please log in</h1></body></html>".to_vec(),
            }
            .with_header("content-type", "text/html; charset=utf-8"),
        ),
        Trick::TruncatedJson => {
            let half = response.body.len() / 2;
            let body = response.body.get(..half).unwrap_or_default().to_vec();
            Reply::now(WireResponse { body, ..response })
        }
        Trick::BrokenBody => Reply::Truncated { response, after_ms: 0 },
        Trick::Garbled => {
            let body = response.body.iter().map(|byte| byte ^ 0x55).collect();
            Reply::now(WireResponse { body, ..response })
        }
        Trick::CutBefore
        | Trick::StallBefore
        | Trick::ForgetLimits
        | Trick::Drop
        | Trick::Double
        | Trick::Reorder
        | Trick::GarbleSignature => Reply::now(response),
    }
}

fn certain() -> f64 {
    1.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn fault(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_act_in_the_tables_is_read_and_written_back() {
        for act in [
            r#"{"status":429,"retry_after_s":2,"processed":false}"#,
            r#""cut-before""#,
            r#""cut-after""#,
            r#"{"delay_ms":7}"#,
            r#""stall-before""#,
            r#""stall-after""#,
            r#""html""#,
            r#""truncated-json""#,
            r#""broken-body""#,
            r#""garbled""#,
            r#"{"word":"teleported"}"#,
            r#"{"wrong-sid":true}"#,
            r#""forget-limits""#,
            r#""drop""#,
            r#""double""#,
            r#""reorder""#,
            r#""garble-signature""#,
        ] {
            let read: Act = serde_json::from_str(act).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), act);
        }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_says_and_only_where_it_fits() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut faults = Faults::new(&[fault(r#"{"on":"create","to":"0100","times":1,"do":"cut-after"}"#)]);
        let other = Subject { to: Some("+15550101"), sid: None };
        let meant = Subject { to: Some("+15550100"), sid: None };
        assert_eq!(faults.draw(&[Target::Create], other, &mut rng), None);
        assert_eq!(faults.draw(&[Target::Fetch], meant, &mut rng), None);
        assert!(faults.draw(&[Target::Create], meant, &mut rng).is_some());
        assert_eq!(faults.draw(&[Target::Create], meant, &mut rng), None);
    }

    #[test]
    fn an_act_that_nobody_knows_is_told_where_they_are_listed() {
        let read = serde_json::from_str::<Fault>(r#"{"on":"create","do":"cut-in-half"}"#);
        let said = read.unwrap_err().to_string();
        assert!(
            said.starts_with("`do` is none of the faults that docs/simulated-network.md lists"),
            "{said}"
        );
    }

    #[test]
    fn a_fault_that_cannot_happen_is_refused() {
        assert!(fault(r#"{"on":"voice","do":"html"}"#).check().is_err());
        assert!(fault(r#"{"on":"create","do":"double"}"#).check().is_err());
        assert!(fault(r#"{"on":"create","do":{"status":200}}"#).check().is_err());
        assert!(fault(r#"{"on":"create","probability":2,"do":"html"}"#).check().is_err());
        assert!(fault(r#"{"on":"stream","do":"drop"}"#).check().is_err());
        assert!(fault(r#"{"on":"any-api","do":{"status":503}}"#).check().is_ok());
        assert!(fault(r#"{"on":"stream","do":{"delay_ms":7}}"#).check().is_ok());
    }
}
