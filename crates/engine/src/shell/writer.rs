//! The writer: the one thread that turns the crank. Whatever waits while a turn is committed
//! shares the next one, so that one sync of the disk serves many.

use super::{BATCH_MAX, Errands, Message, TurnFailed};
use crate::clock::Clock;
use crate::driver::{Driver, Moved, Turned};
use crate::health::Health;
use crate::heard::{Answer, Heard};
use crate::metrics::Metrics;
use crate::talk::Talks;
use crate::traced::TRACED;
use call::CallState;
use call::call::Ending;
use call::number::without_numbers;
use std::sync::Arc;
use std::time::Instant;
use store::StoreError;
use tokio::sync::{mpsc, watch};

/// Who is told of each turn.
pub(crate) struct Told<'a> {
    pub(crate) health: &'a Arc<Health>,
    pub(crate) metrics: &'a Metrics,
    pub(crate) talks: &'a Talks,
    pub(crate) commits: &'a watch::Sender<()>,
}

/// Turns the crank until it is told to stop, or nobody can send any more. What was heard before
/// the stop is still turned.
pub(crate) fn run(
    mut driver: Driver,
    mut jobs: mpsc::Receiver<Message>,
    errands: &mpsc::Sender<Errands>,
    clock: &dyn Clock,
    told: &Told<'_>,
) {
    let Told { health, metrics, talks, commits } = told;
    let mut stopping = false;
    while !stopping {
        let Some(Message::Hear(first)) = jobs.blocking_recv() else { return };
        let mut batch = vec![first];
        while batch.len() < BATCH_MAX && !stopping {
            match jobs.try_recv() {
                Ok(Message::Hear(job)) => batch.push(job),
                Ok(Message::Stop) => stopping = true,
                Err(_) => break,
            }
        }
        let (heard, (askers, answers)): (Vec<Heard>, (Vec<_>, Vec<_>)) =
            batch.into_iter().map(|job| (job.heard, (job.asker, job.answer))).unzip();
        let since = Instant::now();
        let turned = driver.turn_for(&heard, &askers, clock.now());
        metrics.note_turn(heard.len(), since.elapsed(), turned.as_ref().ok());
        match &turned {
            Err(error) => note_failure(health, error),
            Ok(turned) if turned.wrote && health.store_failed() => {
                tracing::info!("the store can be written again");
                health.set_store(None);
            }
            Ok(_) => {}
        }
        match turned {
            Ok(Turned { answers: given, owed, moved, talks: stand, wrote, .. }) => {
                if wrote {
                    commits.send_replace(());
                }
                stand.iter().for_each(|call| talks.tell(call));
                for (((heard, given), answer), asker) in heard.iter().zip(given).zip(answers).zip(askers) {
                    if let (Some(asker), Ok(said)) = (asker, &given)
                        && !matches!(said, Answer::Refused(_))
                    {
                        asker.note();
                    }
                    note_call(health, heard, given.as_ref().ok());
                    if let Err(error @ StoreError::Damaged { .. }) = &given {
                        health.set_damage(error.to_string());
                    }
                    // Whoever asked may have gone away meanwhile; what was heard stands.
                    let _ = answer.send(given.map_err(|error| TurnFailed::from(&error)));
                }
                for moved in &moved {
                    log_move(moved);
                    if moved.call.due_at().is_none() {
                        health.forget(moved.call.facts.id);
                    }
                }
                if !owed.is_empty() && errands.blocking_send(Errands { owed, since }).is_err() {
                    return;
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(TurnFailed::from(&error)));
                }
            }
        }
    }
}

fn log_move(moved: &Moved) {
    let (call, was, is) = (moved.call.facts.id, moved.was.unwrap_or("new"), moved.call.state.word());
    match &moved.call.state {
        CallState::Ended(over) => {
            let Ending { kind, cause, .. } = &over.ending;
            let cause = without_numbers(cause);
            tracing::info!(%call, was, is, kind = kind.word(), cause, "a call ended");
            let facts = &moved.call.facts;
            // Its whole life, which is over by now.
            drop(tracing::info_span!(
                target: TRACED,
                "call",
                %call,
                since_ms = facts.created_at.as_millis(),
                direction = ?facts.direction,
                carrier = %facts.carrier,
                kind = kind.word(),
                cause,
            ));
        }
        CallState::HangingUp(hanging) => {
            tracing::info!(%call, was, is, cause = hanging.cause, "a call moved")
        }
        _ => tracing::info!(%call, was, is, "a call moved"),
    }
}

fn note_failure(health: &Arc<Health>, error: &StoreError) {
    if !health.store_failed() {
        tracing::error!(%error, "the store failed; nothing of this turn happened");
    }
    health.set_store(Some(error.to_string()));
}

fn note_call(health: &Arc<Health>, heard: &Heard, answer: Option<&Answer>) {
    if let Some(Answer::Call(call)) = answer {
        health.note(heard, call);
        if call.due_at().is_none() {
            health.forget(call.facts.id);
        }
    }
}
