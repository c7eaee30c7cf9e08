//! What recovery decided, told once the carriers have answered.

use engine::{Calls, Decision, RecoveryReport};
use std::time::Duration;

/// Waits until each call that the start found unfinished was heard of, and tells what was decided.
pub(super) async fn tell(calls: Calls) {
    for _ in 0..ROUNDS {
        tokio::time::sleep(PAUSE).await;
        match calls.unheard().await {
            Ok((_, 0)) => break,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "cannot tell what recovery decided"),
        }
    }
    let Ok(report) = calls.recovery().await else { return };
    tell_what_was_decided(&report);
    for _ in 0..COUNTS {
        match calls.count_recovery().await {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "cannot count what recovery decided"),
        }
        tokio::time::sleep(COUNT_EVERY).await;
    }
}

fn tell_what_was_decided(report: &RecoveryReport) {
    if report.lines.is_empty() {
        return;
    }
    let count = |decision: Decision| report.lines.iter().filter(|line| line.decision == decision).count();
    tracing::info!(
        unfinished = report.unfinished,
        closed = count(Decision::Closed),
        kept = count(Decision::Kept) + count(Decision::Adopted),
        hung_up = count(Decision::HungUp),
        asked_again = count(Decision::AskedAgain),
        pending = report.pending,
        "recovered"
    );
    for line in &report.lines {
        tracing::info!(
            call = %line.call.facts.id,
            believed = line.believed,
            carrier = line.carrier.as_deref().unwrap_or("nothing yet"),
            decision = line.decision.word(),
            why = line.why,
            "recovered call"
        );
    }
}

/// How often the log is read again while carriers have not answered.
const PAUSE: Duration = Duration::from_millis(500);
/// How often at most: carriers that don't answer within 10 s are told of as pending.
const ROUNDS: usize = 20;
/// How often the decisions are counted anew while some carrier still owes an answer, and how often at
/// most: what is not settled within an hour is told by the alarm.
const COUNT_EVERY: Duration = Duration::from_secs(15);
const COUNTS: usize = 240;
