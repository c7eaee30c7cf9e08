//! How Plivo says that a call ended: a code, its name, who did it, and the telephone network's own
//! word.
//!
//! Source: <https://www.plivo.com/docs/voice/troubleshooting/hangup-causes/>.

use super::call::Way;
use crate::world::{Cause, End, EndedBy};

/// One way to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hangup {
    pub(crate) code: u16,
    pub(crate) name: &'static str,
    pub(crate) source: &'static str,
    pub(crate) cause: &'static str,
}

/// Where a document came from, which a fault with it is named after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Answer,
    Action,
    Transfer,
    Redirect,
}

impl Hangup {
    /// What the hang-up of all calls of an account leaves behind; Plivo calls it a known bug.
    pub(crate) const UNKNOWN: Hangup = Hangup::new(0, "Unknown", "Unknown", "NORMAL_CLEARING");
    pub(crate) const END_OF_XML: Hangup =
        Hangup::new(4010, "End Of XML Instructions", "Plivo", "NORMAL_CLEARING");
    pub(crate) const BY_XML: Hangup = Hangup::new(4000, "Normal Hangup", "Answer XML", "NORMAL_CLEARING");
    pub(crate) const SCHEDULED: Hangup = Hangup::new(6000, "Scheduled Hangup", "Plivo", "ALLOTTED_TIMEOUT");
    pub(crate) const LOST_RACE: Hangup = Hangup::new(9000, "Lost Race", "Plivo", "LOSE_RACE");
    pub(crate) const MACHINE: Hangup = Hangup::new(9100, "Machine Detected", "Plivo", "NORMAL_CLEARING");

    const fn new(code: u16, name: &'static str, source: &'static str, cause: &'static str) -> Hangup {
        Hangup { code, name, source, cause }
    }

    /// A document could not be had.
    pub(crate) fn unreachable(origin: Origin) -> Hangup {
        let (code, name) = match origin {
            Origin::Answer => (7011, "Error Reaching Answer URL"),
            Origin::Action => (7012, "Error Reaching Action URL"),
            Origin::Transfer => (7013, "Error Reaching Transfer URL"),
            Origin::Redirect => (7014, "Error Reaching Redirect URL"),
        };
        Hangup::new(code, name, "Error", "NORMAL_CLEARING")
    }

    /// A document is no Plivo XML.
    pub(crate) fn unreadable(origin: Origin) -> Hangup {
        let (code, name) = match origin {
            Origin::Answer => (8011, "Invalid Answer XML"),
            Origin::Action => (8012, "Invalid Action XML"),
            Origin::Transfer => (8013, "Invalid Transfer XML"),
            Origin::Redirect => (8014, "Invalid Redirect XML"),
        };
        Hangup::new(code, name, "Error", "NORMAL_CLEARING")
    }

    /// A document names a URL that is none.
    pub(crate) fn no_url(origin: Origin) -> Hangup {
        let (code, name) = match origin {
            Origin::Answer | Origin::Action => (7022, "Invalid Action URL"),
            Origin::Transfer => (7023, "Invalid Transfer URL"),
            Origin::Redirect => (7024, "Invalid Redirect URL"),
        };
        Hangup::new(code, name, "Error", "NORMAL_CLEARING")
    }

    /// What an end is, where nothing more is known of it.
    pub(crate) fn of(end: End, way: Way) -> Hangup {
        let source = match (end.by, way) {
            (EndedBy::Remote, Way::Inbound) => "Caller",
            (EndedBy::Remote, Way::OutboundApi | Way::OutboundDial(_)) => "Callee",
            (EndedBy::Api, _) => "API Request",
            (EndedBy::Instructions, _) => "Answer XML",
            (EndedBy::Carrier, _) => "Plivo",
        };
        match end.cause {
            Cause::HungUp => Hangup::new(4000, "Normal Hangup", source, "NORMAL_CLEARING"),
            Cause::Canceled => Hangup::new(1000, "Canceled", source, "ORIGINATOR_CANCEL"),
            Cause::Busy => Hangup::new(3010, "Busy Line", source, "USER_BUSY"),
            Cause::Rejected => Hangup::new(3020, "Rejected", source, "CALL_REJECTED"),
            Cause::Unreachable => {
                Hangup::new(2010, "Destination Out Of Service", "Carrier", "DESTINATION_OUT_OF_ORDER")
            }
            Cause::RingTimeout => Hangup::new(6010, "Ring Timeout Reached", "Plivo", "NO_ANSWER"),
            Cause::TimeLimit => Hangup::SCHEDULED,
            Cause::InstructionsFailed => Hangup::unreachable(Origin::Answer),
        }
    }
}
