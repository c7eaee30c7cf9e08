//! A talk of several requests and replies, written as if it went on without a break.
//!
//! A question whose reply has not come yet ends the talk for this time; with the reply added it is
//! gone through again from its beginning, and gets one question further.

use super::record::{unknown, unreadable};
use crate::roles::{EXCHANGE_MAX, Next};
use crate::wire::{Reply, Request};
use call::call::Unknown;

/// The replies so far, and how many of them were heard.
pub(super) struct Exchange<'a> {
    replies: &'a [Reply],
    n_heard: usize,
}

/// Why a talk doesn't go on.
#[derive(Debug)]
pub(super) enum Stop {
    /// This must be asked first.
    Ask(Request),
    /// What came back tells nothing.
    Unknown(Unknown),
}

impl<'a> Exchange<'a> {
    /// Begins at the first reply.
    pub(super) fn new(replies: &'a [Reply]) -> Exchange<'a> {
        Exchange { replies, n_heard: 0 }
    }

    /// The reply to this request. Stops where it has not come yet, and where it would be one more
    /// than an exchange may have.
    pub(super) fn ask(&mut self, request: Request) -> Result<&'a Reply, Stop> {
        match self.replies.get(self.n_heard) {
            Some(reply) => {
                self.n_heard += 1;
                Ok(reply)
            }
            None if self.n_heard < REPLIES_MAX => Err(Stop::Ask(request)),
            None => Err(Stop::Unknown(unreadable(TOO_MANY))),
        }
    }

    /// The reply to this request if it holds what was asked for, `None` where that is not there.
    /// Stops at every other reply: it says nothing of any call.
    pub(super) fn find(&mut self, request: Request) -> Result<Option<&'a Reply>, Stop> {
        let reply = self.ask(request)?;
        match reply.status {
            200..=299 => Ok(Some(reply)),
            404 => Ok(None),
            _ => Err(Stop::Unknown(unknown(reply))),
        }
    }
}

impl From<Unknown> for Stop {
    fn from(unknown: Unknown) -> Stop {
        Stop::Unknown(unknown)
    }
}

/// How a talk ended, if it did.
pub(super) fn outcome<T>(talk: Result<T, Stop>) -> Next<Result<T, Unknown>> {
    match talk {
        Ok(done) => Next::Done(Ok(done)),
        Err(Stop::Unknown(unknown)) => Next::Done(Err(unknown)),
        Err(Stop::Ask(request)) => Next::Ask(request),
    }
}

/// An exchange that still asks when it has [`EXCHANGE_MAX`] replies is cut off, so the last of
/// them would be asked for in vain.
const REPLIES_MAX: usize = EXCHANGE_MAX - 1;
/// What is said of an account that is too large to be looked through.
const TOO_MANY: &str = "the account has more calls than one search can look through";
