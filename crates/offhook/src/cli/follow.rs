//! What to tell a person who follows a call, one answer of the gateway after the other.
//!
//! A gateway that goes away is waited for: that it comes back and knows the call is what it is for.

use std::time::{Duration, Instant};

use super::Exit;
use super::client::ClientError;
use super::paint::{Cell, Paint, Tone};
use super::wire::Call;
use super::words;

/// One call as it is followed.
#[derive(Debug)]
pub(super) struct Follow {
    paint: Paint,
    /// The call's line as it was last told.
    told: String,
    state: String,
    /// Since when the gateway is away.
    away_since: Option<Instant>,
    /// Since when the call is queued without the gateway saying why; `None` once that was told.
    queued_since: Option<Instant>,
}

/// What came of an answer.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing to tell.
    Nothing,
    /// The call changed: a line for the standard output.
    News(String),
    /// Something beside the call: a line for the standard error.
    Remark(String),
    /// The call is over.
    Over {
        /// Its last line.
        lines: String,
        /// How the command ends.
        exit: Exit,
    },
    /// There is nothing more to be heard.
    GivenUp(ClientError),
}

impl Follow {
    /// Begins with nothing told.
    pub(super) fn new(paint: Paint) -> Self {
        Self { paint, told: String::new(), state: String::new(), away_since: None, queued_since: None }
    }

    /// The call's state, or that the gateway is away.
    pub(super) fn state(&self) -> &str {
        &self.state
    }

    /// Hears an answer of the gateway.
    pub(super) fn hear(&mut self, answer: Result<Call, ClientError>, now: Instant) -> Heard {
        let call = match answer {
            Ok(call) => call,
            Err(error @ (ClientError::Unreachable { .. } | ClientError::Lost { .. })) => {
                return self.away(error, now);
            }
            Err(error) => return Heard::GivenUp(error),
        };
        self.away_since = None;
        self.state = call.state.clone();
        let lines = line(&call, self.paint);
        if call.is_over() {
            let exit = if call.is_completed() { Exit::Done } else { Exit::EndedOtherwise };
            return Heard::Over { lines, exit };
        }
        if lines == self.told {
            return self.still(now);
        }
        self.queued_since = (call.state == "queued" && call.waits_for.is_none()).then_some(now);
        self.told.clone_from(&lines);
        Heard::News(lines)
    }

    /// Says once that a call is queued for longer than it takes to place one.
    fn still(&mut self, now: Instant) -> Heard {
        match self.queued_since {
            Some(since) if now.duration_since(since) >= QUEUED_LONG => {
                self.queued_since = None;
                let why = "still queued: it waits for a free slot (`calls.live_max`) or its turn";
                Heard::Remark(why.to_owned())
            }
            _ => Heard::Nothing,
        }
    }

    fn away(&mut self, error: ClientError, now: Instant) -> Heard {
        let Some(since) = self.away_since else {
            self.away_since = Some(now);
            "away".clone_into(&mut self.state);
            return Heard::Remark(format!(
                "the gateway is away; waiting {} s for it to come back",
                AWAY_MAX.as_secs()
            ));
        };
        if now.duration_since(since) < AWAY_MAX { Heard::Nothing } else { Heard::GivenUp(error) }
    }
}

/// A call in one line: its id, its state, and what there is to say about it.
pub(super) fn line(call: &Call, paint: Paint) -> String {
    let remark = Cell::normal(words::remark(call));
    paint.columns(&[vec![Cell::new(&call.id, Tone::Strong), words::state(call), remark]])
}

/// As long as a talk may be taken up again by default after a restart.
const AWAY_MAX: Duration = Duration::from_secs(60);

/// A call that has a slot and its turn leaves the queue in well under a second.
const QUEUED_LONG: Duration = Duration::from_secs(2);
