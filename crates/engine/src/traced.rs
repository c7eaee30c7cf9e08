//! Spans, for whoever collects traces of calls. Nobody is told of them unless somebody collects: a log doesn't show
//! them.
//!
//! A span says in `call` which call it is about, and no span has a number, speech or a secret.

use call::CallId;
use carrier::{Reply, SendError};
use tracing::Span;
use tracing::field::display;

/// The target of all spans, by which they are told from those of libraries.
pub const TRACED: &str = "traced";

/// What is under way turns out to be about this call.
pub(crate) fn concerns(call: CallId) {
    Span::current().record("call", display(call));
}

/// What came of a request is told by its span.
pub(crate) fn note_reply(span: &Span, sent: &Result<Reply, SendError>) {
    let outcome = match sent {
        Ok(reply) => {
            span.record("status", reply.status);
            "answered"
        }
        Err(SendError::NotSent(_) | SendError::TooLate) => "not_sent",
        Err(SendError::Broken(_) | SendError::TimedOut(_)) => "in_doubt",
    };
    span.record("outcome", outcome);
}
