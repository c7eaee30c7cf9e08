//! When each carrier's live calls are held against the store: after a start and every so often. What
//! a sweep asks and decides is [`Sweep`]'s; it is sent and heard here.

use super::errands::Runner;
use super::lane::Lane;
use crate::calls::Calls;
use crate::heard::{Answer, Heard};
use crate::orphan::Stranger;
use crate::settings::Settings;
use crate::sweep::{Sweep, Wanted};
use call::call::Unknown;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sweeps for ever. Where the configuration wants none it is done all the same while a store that
/// went back in time waits for somebody to say that calls may be placed again.
pub(crate) async fn run(calls: Calls, runner: Arc<Runner>) {
    let began = Instant::now();
    let spread = SPREAD.mul_f64(rand::random::<f64>());
    tokio::time::sleep(AFTER_START + spread).await;
    let mut sweeps: BTreeMap<_, Sweep> = BTreeMap::new();
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
            let sweep = sweeps.entry(name.clone()).or_default();
            match run_one(sweep, &runner, &settings, lane, began).await {
                Ok(strangers) => runner.wire.health.set_strangers(name, strangers),
                Err(unknown) => {
                    let (why, detail) = (unknown.why.word(), &unknown.detail);
                    tracing::debug!(carrier = %name, why, detail, "a carrier's live calls can't be listed");
                }
            }
            if sweep.has_young(&settings, began.elapsed()) {
                again = again.min(settings.limits.settle);
            }
        }
        tokio::time::sleep(again).await;
    }
}

/// One sweep of one carrier.
async fn run_one(
    sweep: &mut Sweep,
    runner: &Runner,
    settings: &Settings,
    lane: &Lane,
    began: Instant,
) -> Result<Vec<Stranger>, Unknown> {
    sweep.begin();
    loop {
        let now = runner.wire.clock.now();
        match sweep.next(lane.carrier().as_ref(), settings, now, began.elapsed()) {
            Wanted::Sent(request) => match lane.send(&runner.wire.sender, &request).await {
                Ok(reply) => sweep.replied(reply),
                Err(error) => sweep.unreplied(&error, began.elapsed()),
            },
            Wanted::Heard(heard) => {
                let is_orphan = matches!(heard, Heard::Orphan(_));
                let answer = runner.ear.hear(heard).await.ok();
                if let (true, Some(Answer::Call(call))) = (is_orphan, &answer) {
                    runner.wire.health.note_orphan(call.facts.id);
                }
                sweep.answered(answer);
            }
            Wanted::Nothing(told) => return told,
        }
    }
}

/// So long after a start the first sweep waits, for the looks that a start owes,
const AFTER_START: Duration = Duration::from_secs(3);
/// and up to so much longer, so that not all gateways ask at once.
const SPREAD: Duration = Duration::from_secs(2);
/// How often after a start with a store that went back in time.
const AFTER_A_STEP_BACK: Duration = Duration::from_secs(30);
/// No more often than this, whatever the configuration says.
const EVERY_MIN: Duration = Duration::from_secs(1);
