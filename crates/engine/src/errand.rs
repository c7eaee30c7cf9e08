//! The exchange with a carrier that an effect asks for: which request comes next, and what the
//! replies come to. It sends nothing, so the running gateway and the simulation run the same one.

use crate::driver::Owed;
use crate::heard::Heard;
use crate::media::Door;
use call::call::{
    CommandReply, Direction, Effect, Found, HangUpReply, News, OnMachine, Page, Performance, Recorded,
    Sighting, Source, Unknown, UnknownWhy,
};
use call::{Call, CallId, CallState, CarrierCallId, Timestamp};
use carrier::recording::Begun;
use carrier::roles::EXCHANGE_MAX;
use carrier::{Carrier, Leg, Listens, Next, PlaceError, Placement, Reply, Seen, SendError, Sought};
use std::time::Duration;

/// One exchange with a carrier on behalf of a call.
#[derive(Clone, Debug)]
pub struct Errand {
    call: CallId,
    purpose: Purpose,
    replies: Vec<Reply>,
}

/// What an errand is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To have the call made. Its request must not leave after `send_by`.
    Place {
        /// What is to be placed.
        placement: Box<Placement>,
        /// When the permission to send ends.
        send_by: Timestamp,
    },
    /// To search for a placement in doubt.
    Find(Box<Sought>),
    /// To ask how a leg stands.
    LookUp(Box<Leg>),
    /// To end a leg.
    HangUp(Box<Leg>),
    /// To decline an inbound leg that nobody answered.
    Decline(Box<Leg>),
    /// To answer an inbound leg.
    Answer(Box<Leg>),
    /// To have something done on the line.
    Perform(Box<Leg>, Box<Performance>),
    /// To end what goes on for a command that is over.
    Conclude(Box<Leg>, Box<Performance>),
    /// To have the carrier record the call, which lasts so long at most.
    Record(Box<Leg>, Duration),
    /// To have it record no longer, by its name for the recording.
    StopRecording(Box<Leg>, Option<String>),
}

impl Errand {
    /// The errand that is owed; `None` if the call moved on meanwhile and doesn't owe it.
    pub fn new(owed: &Owed) -> Option<Errand> {
        let purpose = match &owed.effect {
            Effect::Place => place(&owed.call)?,
            Effect::Find => find(&owed.call)?,
            Effect::LookUp(leg) => Purpose::LookUp(leg_of(&owed.call, leg)),
            Effect::HangUp(leg) if is_declined(&owed.call) => Purpose::Decline(leg_of(&owed.call, leg)),
            Effect::HangUp(leg) => Purpose::HangUp(leg_of(&owed.call, leg)),
            Effect::Answer(leg) => Purpose::Answer(leg_of(&owed.call, leg)),
            Effect::Perform(id) => {
                let leg = leg_of(&owed.call, owed.call.leg()?);
                Purpose::Perform(leg, Box::new(owed.call.performance(*id)?))
            }
            Effect::Conclude(id) => {
                let leg = leg_of(&owed.call, owed.call.leg()?);
                Purpose::Conclude(leg, Box::new(owed.call.performance(*id)?))
            }
            Effect::Record => {
                Purpose::Record(leg_of(&owed.call, owed.call.leg()?), owed.call.facts.limits.duration_max)
            }
            Effect::StopRecording => {
                let name = owed.call.at_carrier.as_ref().and_then(|kept| kept.name.clone());
                Purpose::StopRecording(leg_of(&owed.call, owed.call.leg()?), name)
            }
            // A file comes, which is no reply to be read whole.
            Effect::FetchRecording | Effect::DropRecording => return None,
        };
        Some(Errand { call: owed.call.facts.id, purpose, replies: Vec::new() })
    }

    /// Tells a search how far the carrier's clock is ahead of ours.
    pub fn at_skew(mut self, skew_ms: i64) -> Errand {
        match &mut self.purpose {
            Purpose::Place { .. } => {}
            Purpose::Find(sought) => sought.skew_ms = skew_ms,
            Purpose::LookUp(leg)
            | Purpose::HangUp(leg)
            | Purpose::Decline(leg)
            | Purpose::Answer(leg)
            | Purpose::Conclude(leg, _)
            | Purpose::Record(leg, _)
            | Purpose::StopRecording(leg, _)
            | Purpose::Perform(leg, _) => leg.sought.skew_ms = skew_ms,
        }
        self
    }

    /// Has a stream that goes through us brought to our own door.
    pub(crate) fn by_door(mut self, door: Option<&Door>) -> Errand {
        if let (Purpose::Perform(_, performance) | Purpose::Conclude(_, performance), Some(door)) =
            (&mut self.purpose, door)
        {
            door.lead(self.call, performance);
        }
        self
    }

    /// What it is for.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// The call that it is run for.
    pub fn call(&self) -> CallId {
        self.call
    }

    /// The next request, or what the whole exchange came to.
    pub fn next(&self, carrier: &dyn Carrier) -> Next<Heard> {
        if self.replies.len() >= EXCHANGE_MAX {
            let unknown = unknown(UnknownWhy::Unreadable, "the exchange did not come to an end");
            return Next::Done(self.told_nothing(unknown));
        }
        match &self.purpose {
            Purpose::Place { placement, .. } => match self.replies.last() {
                None => Next::Ask(carrier.place(placement)),
                Some(reply) => Next::Done(self.news(Source::Reply, placed(carrier, reply))),
            },
            Purpose::Find(sought) => match carrier.find(sought, &self.replies) {
                Next::Ask(request) => Next::Ask(request),
                Next::Done(Ok(candidates)) => Next::Done(Heard::Candidates { call: self.call, candidates }),
                Next::Done(Err(unknown)) => Next::Done(self.told_nothing(unknown)),
            },
            Purpose::LookUp(leg) => carrier.look_up(leg, &self.replies).map(|seen| self.seen(leg, seen)),
            Purpose::HangUp(leg) => carrier.hang_up(leg, &self.replies).map(|reply| self.hung_up(leg, reply)),
            Purpose::Decline(leg) => {
                carrier.decline(leg, &self.replies).map(|reply| self.hung_up(leg, reply))
            }
            Purpose::Answer(leg) => carrier.answer(leg, &self.replies).map(|reply| self.answered(leg, reply)),
            Purpose::Perform(leg, performance) => carrier
                .perform(leg, performance, &self.replies)
                .map(|reply| self.performed(performance, reply)),
            Purpose::Conclude(leg, performance) => carrier
                .conclude(leg, performance, &self.replies)
                .map(|reply| self.concluded(performance, reply)),
            Purpose::Record(leg, lasts_max) => {
                carrier.record(leg, *lasts_max, &self.replies).map(|begun| self.recording_begun(begun))
            }
            Purpose::StopRecording(leg, name) => carrier
                .stop_recording(leg, name.as_deref(), &self.replies)
                .map(|reply| self.recording_stopped(reply)),
        }
    }

    /// The reply to the last request came.
    pub fn hear(&mut self, reply: Reply) {
        self.replies.push(reply);
    }

    /// The last request got no reply: what that comes to.
    pub fn failed(&self, carrier: &dyn Carrier, error: &SendError) -> Heard {
        match (&self.purpose, error) {
            (Purpose::Place { .. }, SendError::NotSent(why)) => {
                tracing::info!(call = %self.call, why, "a placement did not leave");
                let news = News::PlaceDeferred { why: "unreachable".to_owned(), retry_after: None };
                self.news(Source::Reply, news)
            }
            (Purpose::Place { .. }, SendError::Broken(_) | SendError::TimedOut(_)) => {
                self.news(Source::Reply, News::PlaceInDoubt { why: error.to_string() })
            }
            // A process that was stopped or a machine that slept wakes with old intentions.
            (Purpose::Place { .. }, SendError::TooLate) => {
                tracing::warn!(call = %self.call, "a placement did not leave, since its time had passed");
                let news = News::PlaceDeferred { why: "too_late".to_owned(), retry_after: None };
                self.news(Source::Reply, news)
            }
            (Purpose::Perform(_, performance), SendError::NotSent(why)) if self.replies.is_empty() => {
                let reply = CommandReply::Refused { code: "unreachable".to_owned(), reason: why.clone() };
                self.performed(performance, reply)
            }
            (Purpose::Perform(_, performance), _) => {
                let reply = carrier.unanswered(performance, &self.replies, error);
                self.performed(performance, reply)
            }
            (Purpose::Record(..), SendError::NotSent(why)) if self.replies.is_empty() => {
                let reply = CommandReply::Refused { code: "unreachable".to_owned(), reason: why.clone() };
                self.recording_begun(Begun { reply, name: None })
            }
            _ => self.told_nothing(error.unknown()),
        }
    }

    /// The carrier that carries the call can't be asked: it is not configured, or with another
    /// account. The call is kept.
    pub fn nobody_to_ask(&self) -> Heard {
        let unknown =
            unknown(UnknownWhy::NotConfigured, "the carrier or account of this call is not configured");
        match &self.purpose {
            Purpose::Place { .. } => self.news(
                Source::Gateway,
                News::PlaceRefused { code: "not_configured".to_owned(), reason: "not_configured".to_owned() },
            ),
            Purpose::Perform(_, performance) => {
                let reply =
                    CommandReply::Refused { code: "not_configured".to_owned(), reason: unknown.detail };
                self.performed(performance, reply)
            }
            Purpose::Record(..) => {
                let reply =
                    CommandReply::Refused { code: "not_configured".to_owned(), reason: unknown.detail };
                self.recording_begun(Begun { reply, name: None })
            }
            _ => self.told_nothing(unknown),
        }
    }

    /// What it means for this errand that the carrier told nothing.
    pub fn told_nothing(&self, unknown: Unknown) -> Heard {
        match &self.purpose {
            Purpose::Place { .. } => self.news(Source::Reply, News::PlaceInDoubt { why: unknown.detail }),
            Purpose::Find(_) => self.news(Source::Listing, News::Found(Found::Unknown(unknown))),
            Purpose::LookUp(leg) => self.seen(leg, Sighting::Unknown(unknown).into()),
            Purpose::HangUp(leg) | Purpose::Decline(leg) => self.hung_up(leg, HangUpReply::Failed(unknown)),
            Purpose::Answer(leg) => self.answered(leg, CommandReply::InDoubt { why: unknown.detail }),
            Purpose::Perform(_, performance) => {
                self.performed(performance, CommandReply::InDoubt { why: unknown.detail })
            }
            Purpose::Conclude(_, performance) => {
                self.concluded(performance, CommandReply::InDoubt { why: unknown.detail })
            }
            Purpose::Record(..) => {
                let reply = CommandReply::InDoubt { why: unknown.detail };
                self.recording_begun(Begun { reply, name: None })
            }
            Purpose::StopRecording(..) => {
                self.recording_stopped(CommandReply::InDoubt { why: unknown.detail })
            }
        }
    }

    fn seen(&self, leg: &Leg, seen: Seen) -> Heard {
        Heard::Seen { call: self.call, leg: leg.id.clone(), seen }
    }

    fn hung_up(&self, leg: &Leg, reply: HangUpReply) -> Heard {
        self.news(Source::Reply, News::HangUpReplied { leg: leg.id.clone(), reply })
    }

    fn answered(&self, leg: &Leg, reply: CommandReply) -> Heard {
        self.news(Source::Reply, News::AnswerReplied { leg: leg.id.clone(), reply })
    }

    fn performed(&self, performance: &Performance, reply: CommandReply) -> Heard {
        self.news(Source::Reply, News::CommandReplied { id: performance.id, reply })
    }

    fn concluded(&self, performance: &Performance, reply: CommandReply) -> Heard {
        self.news(Source::Reply, News::StopReplied { id: performance.id, reply })
    }

    fn recording_begun(&self, Begun { reply, name }: Begun) -> Heard {
        self.news(Source::Reply, News::Recording(Recorded::Replied { reply, name }))
    }

    fn recording_stopped(&self, reply: CommandReply) -> Heard {
        self.news(Source::Reply, News::Recording(Recorded::StopReplied { reply }))
    }

    fn news(&self, source: Source, news: News) -> Heard {
        Heard::News { call: self.call, source, news }
    }
}

fn place(call: &Call) -> Option<Purpose> {
    let CallState::Placing(placing) = &call.state else { return None };
    let facts = &call.facts;
    debug_assert_eq!(facts.direction, Direction::Outbound);
    let placement = Placement {
        id: facts.id,
        from: facts.from.clone(),
        to: facts.to.clone(),
        script: call.script(Page::First),
        ring_max: facts.limits.ring_max,
        duration_max: facts.limits.duration_max,
        listens: facts.agent.as_ref().and_then(|agent| agent.machine.as_ref()).map(|machine| match machine {
            OnMachine::HangUp => Listens::Briefly,
            OnMachine::Leave(_) => Listens::UntilItRecords,
        }),
    };
    Some(Purpose::Place { placement: Box::new(placement), send_by: placing.send_by })
}

fn find(call: &Call) -> Option<Purpose> {
    let CallState::Placing(placing) = &call.state else { return None };
    let sought = Sought {
        mark: call.facts.id,
        from: call.facts.from.clone(),
        to: call.facts.to.clone(),
        since: placing.since,
        until: placing.send_by,
        skew_ms: 0,
    };
    Some(Purpose::Find(Box::new(sought)))
}

/// A leg of this call, with all that may help to find it: it was dialled at some time between its
/// making and the end of its wait in the queue.
pub(crate) fn leg_of(call: &Call, leg: &CarrierCallId) -> Box<Leg> {
    let facts = &call.facts;
    let also = if call.is_named(leg) {
        call.leg().into_iter().chain(&call.also).filter(|name| *name != leg).cloned().collect()
    } else {
        Vec::new()
    };
    let sought = Sought {
        mark: facts.id,
        from: facts.from.clone(),
        to: facts.to.clone(),
        since: facts.created_at,
        until: facts.created_at + facts.limits.queue_max + facts.limits.settle,
        skew_ms: 0,
    };
    Box::new(Leg { id: leg.clone(), also, sought })
}

/// Whether it is a caller who is to be turned away before anybody answered.
fn is_declined(call: &Call) -> bool {
    let unanswered = matches!(&call.state, CallState::HangingUp(hanging) if hanging.answered_at.is_none());
    call.facts.by_command && call.facts.direction == Direction::Inbound && unanswered
}

fn placed(carrier: &dyn Carrier, reply: &Reply) -> News {
    match carrier.read_placed(reply) {
        Ok(leg) => News::Placed { leg, also: carrier.placed_also(reply) },
        Err(PlaceError::Refused { code, reason }) => News::PlaceRefused { code, reason },
        Err(PlaceError::Deferred { why, retry_after }) => News::PlaceDeferred { why, retry_after },
        Err(PlaceError::InDoubt(why)) => News::PlaceInDoubt { why },
    }
}

fn unknown(why: UnknownWhy, detail: &str) -> Unknown {
    Unknown { why, detail: detail.to_owned(), retry_after: None }
}
