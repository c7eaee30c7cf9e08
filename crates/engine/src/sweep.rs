//! The sweep of one carrier's live calls, without sending: what is asked of the carrier and of the
//! crank next, and what the answers come to. The running gateway and the simulation run the same one.
//!
//! What isn't in the store is ours only if its mark proves it; anything else is told, and never
//! touched.

use crate::heard::{Answer, Heard};
use crate::orphan::{Orphan, Stranger};
use crate::settings::Settings;
use call::call::{Unknown, UnknownWhy};
use call::{CarrierCallId, Timestamp};
use carrier::roles::EXCHANGE_MAX;
use carrier::{Carrier, Listed, Mark, Next, Reply, Request, SendError};
use std::collections::BTreeMap;
use std::time::Duration;

/// The sweeps of one carrier: the one under way, and which unknown calls were seen before it.
#[derive(Debug, Default)]
pub struct Sweep {
    seen: BTreeMap<CarrierCallId, One>,
    stage: Stage,
    /// Listed calls that are not looked for in the store yet.
    listed: Vec<Listed>,
    /// Calls that are not in the store; then those that are still to be judged.
    unknown: Vec<Listed>,
}

/// A live call that the store doesn't know.
#[derive(Clone, Debug)]
struct One {
    /// Since when it is known to be, on the clock that nobody can set.
    since: Duration,
    verdict: Verdict,
    listed: Listed,
}

/// What is to become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// A placement that is under way may yet claim it, or its mark turn up.
    Young,
    /// It is somebody else's, by its mark, or goes with another call.
    Others,
    /// Nobody proves whose it is, or it is ours and left alone.
    Stranger,
}

/// How far a sweep is.
#[derive(Debug, Default)]
enum Stage {
    /// The carrier is asked what lives, with these replies so far.
    Listing(Vec<Reply>),
    /// The store is asked which of these it has.
    Sorting,
    /// The next of the unknown calls is judged.
    #[default]
    Judging,
    /// The carrier is asked whose this one is.
    Proving(Listed, Vec<Reply>),
    /// The crank is told of this one, whose mark names a call.
    Taking(One),
    /// The store is asked once more about this one, of which the proof may have told another name.
    Asking(One),
    /// The listing told nothing.
    Failed(Unknown),
}

/// What a sweep wants next.
#[derive(Debug)]
pub enum Wanted {
    /// This is to be sent, and its fate told.
    Sent(Request),
    /// The crank is to hear this, and its answer told.
    Heard(Heard),
    /// Nothing: it is over. These live and are left alone; or nothing could be learnt.
    Nothing(Result<Vec<Stranger>, Unknown>),
}

impl Sweep {
    /// Begins another sweep: what lives is listed anew.
    pub fn begin(&mut self) {
        self.stage = Stage::Listing(Vec::new());
        self.listed.clear();
        self.unknown.clear();
    }

    /// What is wanted next. `steady` is what the clock shows that nobody can set.
    pub fn next(
        &mut self,
        carrier: &dyn Carrier,
        settings: &Settings,
        now: Timestamp,
        steady: Duration,
    ) -> Wanted {
        loop {
            match std::mem::take(&mut self.stage) {
                Stage::Listing(replies) => match exchange(&replies, |replies| carrier.survey(replies)) {
                    Next::Ask(request) => {
                        self.stage = Stage::Listing(replies);
                        return Wanted::Sent(request);
                    }
                    Next::Done(Ok(listed)) => (self.listed, self.stage) = (listed, Stage::Sorting),
                    Next::Done(Err(unknown)) => self.stage = Stage::Failed(unknown),
                },
                Stage::Sorting => {
                    if let Some(heard) = self.sort(carrier) {
                        self.stage = Stage::Sorting;
                        return Wanted::Heard(heard);
                    }
                }
                Stage::Judging => match self.unknown.pop() {
                    Some(listed) => self.stage = Stage::Proving(listed, Vec::new()),
                    None => return Wanted::Nothing(Ok(self.strangers())),
                },
                Stage::Proving(listed, replies) => {
                    match exchange(&replies, |replies| carrier.prove(&listed, replies)) {
                        Next::Ask(request) => {
                            self.stage = Stage::Proving(listed, replies);
                            return Wanted::Sent(request);
                        }
                        Next::Done(Ok(proved)) => {
                            if let Some(heard) = self.judge(proved, carrier, settings, now, steady) {
                                return Wanted::Heard(heard);
                            }
                        }
                        Next::Done(Err(_)) => self.leave_young(listed, steady),
                    }
                }
                // An answer is owed to these.
                Stage::Taking(one) => self.note(one),
                Stage::Asking(one) => self.note(one),
                Stage::Failed(unknown) => return Wanted::Nothing(Err(unknown)),
            }
        }
    }

    /// What was sent last was replied to.
    pub fn replied(&mut self, reply: Reply) {
        if let Stage::Listing(replies) | Stage::Proving(_, replies) = &mut self.stage {
            replies.push(reply);
        }
    }

    /// What was sent last got no reply.
    pub fn unreplied(&mut self, error: &SendError, steady: Duration) {
        match std::mem::take(&mut self.stage) {
            Stage::Listing(_) => self.stage = Stage::Failed(error.unknown()),
            Stage::Proving(listed, _) => self.leave_young(listed, steady),
            stage => self.stage = stage,
        }
    }

    /// The crank answered; `None` if it could not. What can't be told now is left for the next sweep.
    pub fn answered(&mut self, answer: Option<Answer>) {
        match (std::mem::take(&mut self.stage), answer) {
            (Stage::Sorting, answer) => {
                if let Some(Answer::Unknown(unknown)) = answer {
                    self.unknown.extend(unknown);
                }
                self.stage = Stage::Sorting;
            }
            // It is in the store now.
            (Stage::Taking(one), Some(Answer::Call(_) | Answer::Done)) => {
                self.seen.remove(&one.listed.leg);
            }
            (Stage::Taking(one), Some(_)) => self.note(One { verdict: Verdict::Stranger, ..one }),
            (Stage::Taking(one), None) => self.note(one),
            // By now its other name is known here.
            (Stage::Asking(one), Some(Answer::Unknown(unknown))) if unknown.is_empty() => {
                self.seen.remove(&one.listed.leg);
            }
            (Stage::Asking(one), Some(Answer::Unknown(_))) => self.note(one),
            (Stage::Asking(one), _) => {
                self.seen.remove(&one.listed.leg);
            }
            (stage, _) => self.stage = stage,
        }
    }

    /// Whether a call was seen that is too young to be judged: it is worth another look soon.
    pub fn has_young(&self, settings: &Settings, steady: Duration) -> bool {
        let is_young = |one: &One| {
            one.verdict == Verdict::Young && steady.saturating_sub(one.since) < settings.limits.settle
        };
        self.seen.values().any(is_young)
    }

    /// Which of the next listed calls aren't in the store? When all are asked about, who is in the
    /// store by now, or lives no more, is forgotten, and the others that may be ours are to be judged.
    fn sort(&mut self, carrier: &dyn Carrier) -> Option<Heard> {
        if !self.listed.is_empty() {
            let rest = self.listed.split_off(READ_AT_ONCE.min(self.listed.len()));
            let listed = std::mem::replace(&mut self.listed, rest);
            return Some(Heard::Surveyed { carrier: carrier.name().clone(), listed });
        }
        let Sweep { seen, unknown, .. } = self;
        seen.retain(|leg, _| unknown.iter().any(|one| one.leg == *leg));
        unknown.retain(|one| seen.get(&one.leg).is_none_or(|one| one.verdict == Verdict::Young));
        unknown.truncate(JUDGED_MAX);
        unknown.reverse();
        None
    }

    /// Judges a call by all that the carrier tells of whose it is: has it taken in if its mark names a
    /// call, or notes what it is.
    fn judge(
        &mut self,
        proved: Listed,
        carrier: &dyn Carrier,
        settings: &Settings,
        now: Timestamp,
        steady: Duration,
    ) -> Option<Heard> {
        let since = self.since(&proved, steady);
        let one = |verdict| One { since, verdict, listed: proved.clone() };
        if let Some(orphan) = Orphan::listed(&proved, carrier, settings, now) {
            self.stage = Stage::Taking(one(Verdict::Young));
            return Some(Heard::Orphan(Box::new(orphan)));
        }
        let verdict = match proved.mark {
            Mark::Others | Mark::Beside => {
                self.note(one(Verdict::Others));
                return None;
            }
            _ if steady.saturating_sub(since) < settings.limits.settle => Verdict::Young,
            _ => Verdict::Stranger,
        };
        self.stage = Stage::Asking(one(verdict));
        Some(Heard::Surveyed { carrier: carrier.name().clone(), listed: vec![proved] })
    }

    fn leave_young(&mut self, listed: Listed, steady: Duration) {
        let since = self.since(&listed, steady);
        self.note(One { since, verdict: Verdict::Young, listed });
    }

    fn since(&self, listed: &Listed, steady: Duration) -> Duration {
        self.seen.get(&listed.leg).map_or(steady, |known| known.since)
    }

    fn note(&mut self, one: One) {
        self.seen.insert(one.listed.leg.clone(), one);
    }

    fn strangers(&self) -> Vec<Stranger> {
        let strangers = self.seen.values().filter(|one| one.verdict == Verdict::Stranger);
        strangers.map(|one| stranger(&one.listed)).collect()
    }
}

/// What comes next in an exchange. One that doesn't come to its end tells nothing.
fn exchange<T>(
    replies: &[Reply],
    next: impl Fn(&[Reply]) -> Next<Result<T, Unknown>>,
) -> Next<Result<T, Unknown>> {
    match next(replies) {
        Next::Ask(_) if replies.len() >= EXCHANGE_MAX => {
            let detail = "the account has more calls than one listing can tell".to_owned();
            Next::Done(Err(Unknown { why: UnknownWhy::Unreadable, detail, retry_after: None }))
        }
        next => next,
    }
}

fn stranger(listed: &Listed) -> Stranger {
    let call = match listed.mark {
        Mark::Ours(call) => Some(call),
        Mark::None | Mark::Unsigned(_) | Mark::Foreign | Mark::Others | Mark::Beside => None,
    };
    Stranger { leg: listed.leg.clone(), call, ends: listed.ends.clone() }
}

/// So many unknown calls are judged in one sweep, each with a request or none: a carrier's pace is
/// for the calls that are ours.
const JUDGED_MAX: usize = 256;
/// So many listed calls are looked for in the store in one turn.
const READ_AT_ONCE: usize = 256;
