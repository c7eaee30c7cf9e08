//! The sweep: each carrier's live calls are held against the store, after a start and every so
//! often. What isn't in the store is ours only if its mark proves it; anything else is told, and
//! never touched.

use super::errands::Runner;
use super::lane::Lane;
use crate::calls::Calls;
use crate::heard::{Answer, Heard};
use crate::orphan::{Orphan, Stranger};
use crate::settings::Settings;
use call::CarrierCallId;
use call::call::Unknown;
use carrier::{Listed, Mark};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sweeps for ever. Where the configuration wants none it is done all the same while a store that
/// went back in time waits for somebody to say that calls may be placed again.
pub(crate) async fn run(calls: Calls, runner: Arc<Runner>) {
    let spread = SPREAD.mul_f64(rand::random::<f64>());
    tokio::time::sleep(AFTER_START + spread).await;
    let mut seen: BTreeMap<_, Seen> = BTreeMap::new();
    loop {
        let settings = calls.settings();
        let every = settings.sweep_every.map(|every| every.max(EVERY_MIN));
        let stepped_back = runner.wire.health.has_notice().then_some(AFTER_A_STEP_BACK);
        let Some(mut again) = every.into_iter().chain(stepped_back).min() else {
            // A reload may ask for sweeps.
            tokio::time::sleep(AFTER_A_STEP_BACK).await;
            continue;
        };
        for (name, lane) in runner.wire.lanes.all().iter() {
            let sweep = Sweep { runner: &runner, settings: &settings, lane };
            let seen = seen.entry(name.clone()).or_default();
            match sweep.sweep(seen).await {
                Ok(strangers) => runner.wire.health.set_strangers(name, strangers),
                Err(unknown) => {
                    let (why, detail) = (unknown.why.word(), &unknown.detail);
                    tracing::debug!(carrier = %name, why, detail, "a carrier's live calls can't be listed");
                }
            }
            let settle = settings.limits.settle;
            if seen.values().any(|one| one.verdict == Verdict::Young && one.since.elapsed() < settle) {
                again = again.min(settle);
            }
        }
        tokio::time::sleep(again).await;
    }
}

/// The unknown calls that live, and since when each is known to.
type Seen = BTreeMap<CarrierCallId, One>;

/// A live call that the store doesn't know.
struct One {
    since: Instant,
    verdict: Verdict,
    listed: Listed,
}

/// What is to become of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// A placement that is under way may yet claim it, or its mark turn up.
    Young,
    /// It is somebody else's, by its mark, or goes with another call.
    Others,
    /// Nobody proves whose it is, or it is ours and left alone.
    Stranger,
}

/// One sweep of one carrier.
struct Sweep<'a> {
    runner: &'a Runner,
    settings: &'a Settings,
    lane: &'a Lane,
}

impl Sweep<'_> {
    /// Lists what lives, and judges what isn't known. Who is in the store by now, or lives no more,
    /// is forgotten.
    async fn sweep(&self, seen: &mut Seen) -> Result<Vec<Stranger>, Unknown> {
        let listed = self.lane.survey(&self.runner.wire.sender).await?;
        let unknown = self.unknown(listed).await;
        seen.retain(|leg, _| unknown.iter().any(|one| one.leg == *leg));
        let is_open = |one: &Listed| seen.get(&one.leg).is_none_or(|one| one.verdict == Verdict::Young);
        let mut open: Vec<Listed> = unknown.into_iter().filter(is_open).collect();
        open.truncate(JUDGED_MAX);
        for one in open {
            let since = seen.get(&one.leg).map_or_else(Instant::now, |known| known.since);
            let leg = one.leg.clone();
            match self.judge(one, since).await {
                Some(one) => seen.insert(leg, one),
                None => seen.remove(&leg),
            };
        }
        let strangers = seen.values().filter(|one| one.verdict == Verdict::Stranger);
        Ok(strangers.map(|one| stranger(&one.listed)).collect())
    }

    /// Asks whose it is, and has it taken in if that is proved. `None` if it is in the store now.
    async fn judge(&self, listed: Listed, since: Instant) -> Option<One> {
        let young = |listed| Some(One { since, verdict: Verdict::Young, listed });
        let Ok(proved) = self.lane.prove(&self.runner.wire.sender, &listed).await else {
            return young(listed);
        };
        let carrier = self.lane.carrier();
        if let Some(orphan) =
            Orphan::listed(&proved, carrier.as_ref(), self.settings, self.runner.wire.clock.now())
        {
            match self.runner.ear.hear(Heard::Orphan(Box::new(orphan))).await {
                Ok(Answer::Call(call)) => {
                    self.runner.wire.health.note_orphan(call.facts.id);
                    return None;
                }
                Ok(Answer::Done) => return None,
                Ok(_) => return Some(One { since, verdict: Verdict::Stranger, listed: proved }),
                Err(_) => return young(proved),
            }
        }
        let verdict = match proved.mark {
            Mark::Others | Mark::Beside => Verdict::Others,
            _ if since.elapsed() < self.settings.limits.settle => Verdict::Young,
            _ => Verdict::Stranger,
        };
        // By now its other name is told.
        let known = verdict != Verdict::Others && self.unknown(vec![proved.clone()]).await.is_empty();
        (!known).then_some(One { since, verdict, listed: proved })
    }

    /// Which of these aren't in the store. What can't be told now is left for the next sweep.
    async fn unknown(&self, listed: Vec<Listed>) -> Vec<Listed> {
        let mut unknown = Vec::new();
        for some in listed.chunks(READ_AT_ONCE) {
            let carrier = self.lane.carrier().name().clone();
            let heard = Heard::Surveyed { carrier, listed: some.to_vec() };
            if let Ok(Answer::Unknown(some)) = self.runner.ear.hear(heard).await {
                unknown.extend(some);
            }
        }
        unknown
    }
}

fn stranger(listed: &Listed) -> Stranger {
    let call = match listed.mark {
        Mark::Ours(call) => Some(call),
        Mark::None | Mark::Unsigned(_) | Mark::Foreign | Mark::Others | Mark::Beside => None,
    };
    Stranger { leg: listed.leg.clone(), call, ends: listed.ends.clone() }
}

/// So long after a start the first sweep waits, for the looks that a start owes,
const AFTER_START: Duration = Duration::from_secs(3);
/// and up to so much longer, so that not all gateways ask at once.
const SPREAD: Duration = Duration::from_secs(2);
/// How often after a start with a store that went back in time.
const AFTER_A_STEP_BACK: Duration = Duration::from_secs(30);
/// No more often than this, whatever the configuration says.
const EVERY_MIN: Duration = Duration::from_secs(1);
/// So many unknown calls are judged in one sweep, each with a request or none: a carrier's pace is
/// for the calls that are ours.
const JUDGED_MAX: usize = 256;
/// So many listed calls are looked for in the store in one turn.
const READ_AT_ONCE: usize = 256;
