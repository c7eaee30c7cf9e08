//! The play, act by act.

use super::agent::Agent;
use super::people::{Face, Fate, NEWCOMER, ONE_TOO_MANY};
use super::picture::{Row, Screen};
use super::promises::Promises;
use super::stage::{DURATION_MAX, Stage};
use super::talk::{Talked, talk};
use crate::cli::gateway::Which;
use crate::cli::wire::PlaceCall;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How the play went.
pub(super) struct Played {
    /// The carrier whose interface the calls went through.
    pub(super) face: Face,
    /// The calls.
    pub(super) rows: Vec<Row>,
    /// The call at the end that shows that slots are free.
    pub(super) newcomer: Value,
    /// The call that had to wait while all slots were taken.
    pub(super) waited: Value,
    /// The promises, counted from the network's truth.
    pub(super) promises: Promises,
    /// The conversation at the end.
    pub(super) talked: Talked,
    /// How long it took.
    pub(super) took: Duration,
}

impl Played {
    /// Whether everything came as promised.
    pub(super) fn holds(&self) -> bool {
        let dialled = !self.newcomer["carrier_call_id"].is_null();
        self.promises.hold() && dialled && self.talked.holds() && self.rows.iter().all(Row::is_settled)
    }

    /// One document.
    pub(super) fn as_json(&self) -> Value {
        json!({
            "carrier": self.face.word(),
            "calls": self.rows.iter().map(Row::as_json).collect::<Vec<_>>(),
            "promises": self.promises,
            "new_call": { "id": self.newcomer["id"], "state": self.newcomer["state"] },
            "queued_at_the_limit": { "id": self.waited["id"], "waits_for": self.waited["waits_for"] },
            "conversation": self.talked.as_json(),
            "holds": self.holds(),
            "seconds": seconds(self.took),
        })
    }
}

/// A time as the JSON document has it.
pub(super) fn seconds(took: Duration) -> f64 {
    (took.as_secs_f64() * 10.0).round() / 10.0
}

/// Plays all acts.
pub(super) async fn play(
    stage: &mut Stage,
    agent: &mut Agent,
    screen: &mut Screen,
) -> anyhow::Result<Played> {
    let begun = Instant::now();
    let mut rows = Vec::new();
    stage.start_gateway().await?;
    let carrier = stage.face().title();
    screen.act(&format!(
        "the gateway runs on {carrier}'s interface; at most 5 calls may be live; five people are called"
    ));
    let first_answered = call_everybody(stage, screen, &mut rows).await?;
    let waited = one_too_many(stage, screen).await?;
    cut_one_off(stage, screen, &mut rows).await?;

    for row in &mut rows {
        row.before = believed(stage, &row.id).await?["state"].as_str().unwrap_or_default().to_owned();
    }
    let pid = stage.gateway_pid();
    stage.kill_gateway();
    for row in &mut rows {
        row.after = "(nobody knows)".to_owned();
    }
    screen.act(&format!("kill -9 {pid}: the gateway is dead; the calls are not"));
    while_nobody_looks(stage, screen, &mut rows, first_answered).await?;

    stage.start_gateway().await?;
    screen.act("the gateway is back, and asks the carrier about each call");
    recover(stage, screen, &mut rows).await?;
    let newcomer = place_anew(stage, screen, &rows).await?;

    let believed = all_calls(stage).await?;
    let truth = truth(stage).await?;
    let promises = Promises::count(&believed, &truth);
    screen.calls(&rows);
    let talked = talk(stage, agent, screen).await?;
    Ok(Played { face: stage.face(), rows, newcomer, waited, promises, talked, took: begun.elapsed() })
}

/// Calls four of the five, the one that is to be past its maximum well before the others.
async fn call_everybody(stage: &Stage, screen: &mut Screen, rows: &mut Vec<Row>) -> anyhow::Result<Instant> {
    let fault = json!({ "on": "create", "to": Fate::PastMaximum.number(), "do": "forget-limits" });
    stage.network()?.post(&["network", "faults"], &fault).await?;
    rows.push(place(stage, Fate::PastMaximum).await?);
    until_states(stage, screen, rows, &["in_progress"]).await?;
    let answered = Instant::now();
    screen.wait("the first call talks for a while", HEAD_START, rows).await;
    for fate in [Fate::TalksOn, Fate::EndsMeanwhile, Fate::Ringing] {
        rows.push(place(stage, fate).await?);
    }
    let rings = stage.face().rings();
    until_states(stage, screen, rows, &["in_progress", "in_progress", "in_progress", rings]).await?;
    Ok(answered)
}

/// The fifth: its request reaches the carrier and the answer is cut off, no webhook arrives, and
/// the carrier's listing is down too, so that nobody learns its name before the gateway dies.
async fn cut_one_off(stage: &Stage, screen: &mut Screen, rows: &mut Vec<Row>) -> anyhow::Result<()> {
    let number = Fate::CutOff.number();
    for fault in [
        json!({ "on": "create", "to": number, "do": "cut-after" }),
        json!({ "on": "status-callback", "to": number, "do": "drop" }),
        json!({ "on": "list", "do": { "status": 503 } }),
    ] {
        stage.network()?.post(&["network", "faults"], &fault).await?;
    }
    rows.push(place(stage, Fate::CutOff).await?);
    screen.act("a request is cut off after the call was placed: its phone rings, and nobody knows its name");
    let rings = stage.face().rings();
    until_states(stage, screen, rows, &["in_progress", "in_progress", "in_progress", rings, "placing"])
        .await?;
    screen.wait("the gateway looks for it in vain", Duration::from_millis(1_200), rows).await;
    Ok(())
}

/// With four calls live and the fifth place kept for the call that is cut off, show the limit.
async fn one_too_many(stage: &Stage, screen: &mut Screen) -> anyhow::Result<Value> {
    let gateway = stage.gateway()?;
    let spare = gateway.place(&PlaceCall { to: NEWCOMER_TOO, ..PlaceCall::default() }).await?.json()?;
    let waits = gateway.place(&PlaceCall { to: ONE_TOO_MANY, ..PlaceCall::default() }).await?.json()?;
    screen.act(&format!(
        "all 5 places are taken: one more call is {}, and waits for a {}",
        waits["state"].as_str().unwrap_or_default(),
        waits["waits_for"].as_str().unwrap_or("slot"),
    ));
    for call in [&waits, &spare] {
        gateway.hang_up(call["id"].as_str().unwrap_or_default()).await?;
    }
    let begun = Instant::now();
    while live(stage).await? > 4 {
        anyhow::ensure!(begun.elapsed() < STEP_WITHIN, "a call that was hung up did not end");
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(waits)
}

/// The gateway is dead. One side hangs up, the carrier's faults go, and time passes.
async fn while_nobody_looks(
    stage: &Stage,
    screen: &mut Screen,
    rows: &mut [Row],
    answered: Instant,
) -> anyhow::Result<()> {
    for leg in truth(stage).await? {
        if leg["to"] == Fate::EndsMeanwhile.number() {
            let id = leg["id"].as_str().unwrap_or_default().to_owned();
            stage.network()?.post(&["network", "calls", &id, "hangup"], &json!({})).await?;
        }
    }
    stage.network()?.delete(&["network", "faults"]).await?;
    screen.act("meanwhile one hangs up, one talks on, one rings, and one passes its maximum of 12 s");
    let past = DURATION_MAX + Duration::from_millis(700);
    screen.wait("nobody looks", past.saturating_sub(answered.elapsed()), rows).await;
    for leg in truth(stage).await? {
        for row in rows.iter_mut().filter(|row| leg["to"] == row.fate.number()) {
            row.carrier = leg["status"].as_str().unwrap_or_default().to_owned();
        }
    }
    Ok(())
}

/// Waits until recovery has decided, and its decisions are done.
async fn recover(stage: &Stage, screen: &mut Screen, rows: &mut [Row]) -> anyhow::Result<()> {
    let gateway = stage.gateway()?;
    let begun = Instant::now();
    loop {
        let report = gateway.recovery().await?.json()?;
        let lines = report["calls"].as_array().cloned().unwrap_or_default();
        for row in rows.iter_mut() {
            let call = believed(stage, &row.id).await?;
            row.after = picture_of(&call);
            row.state = call["state"].as_str().unwrap_or_default().to_owned();
            if let Some(line) = lines.iter().find(|line| line["id"] == row.id.as_str()) {
                row.note(line);
            }
        }
        screen.table(rows);
        if rows.iter().all(Row::is_settled) {
            return Ok(());
        }
        anyhow::ensure!(begun.elapsed() < STEP_WITHIN, "recovery did not come to an end: {rows:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn place_anew(stage: &Stage, screen: &mut Screen, rows: &[Row]) -> anyhow::Result<Value> {
    let gateway = stage.gateway()?;
    let call = gateway.place(&PlaceCall { to: NEWCOMER, ..PlaceCall::default() }).await?.json()?;
    let id = call["id"].as_str().context("the new call has no id")?.to_owned();
    let begun = Instant::now();
    loop {
        let call = believed(stage, &id).await?;
        if call["state"] == "in_progress" {
            screen.table(rows);
            screen.act(&format!("places are free again: {NEWCOMER} is called, and answers"));
            return Ok(call);
        }
        anyhow::ensure!(begun.elapsed() < STEP_WITHIN, "no new call could be placed: {call}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn place(stage: &Stage, fate: Fate) -> anyhow::Result<Row> {
    let call = PlaceCall { to: fate.number(), ..PlaceCall::default() };
    let placed = stage.gateway()?.place(&call).await?.json()?;
    Ok(Row::new(fate, stage.face(), placed["id"].as_str().context("a placed call has no id")?))
}

/// Waits until each call is in its wanted state.
async fn until_states(
    stage: &Stage,
    screen: &mut Screen,
    rows: &mut [Row],
    wanted: &[&str],
) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        let mut all = true;
        for (row, wanted) in rows.iter_mut().zip(wanted) {
            let call = believed(stage, &row.id).await?;
            row.state = call["state"].as_str().unwrap_or_default().to_owned();
            row.after = picture_of(&call);
            all &= row.state == *wanted;
        }
        screen.table(rows);
        if all {
            return Ok(());
        }
        anyhow::ensure!(begun.elapsed() < STEP_WITHIN, "the calls did not get to {wanted:?}: {rows:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The call as the gateway knows it.
async fn believed(stage: &Stage, id: &str) -> anyhow::Result<Value> {
    Ok(stage.gateway()?.call(id).await?.json()?)
}

async fn live(stage: &Stage) -> anyhow::Result<usize> {
    let calls = stage.gateway()?.calls(Which::Live).await?.into_items();
    Ok(calls.len())
}

async fn all_calls(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    Ok(stage.gateway()?.calls(Which::All).await?.into_items())
}

/// What really rang.
async fn truth(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    let truth = stage.network()?.get(&["network", "calls"]).await?;
    truth["calls"].as_array().cloned().context("the network told no truth")
}

fn picture_of(call: &Value) -> String {
    let state = call["state"].as_str().unwrap_or_default();
    match call["ending"]["kind"].as_str() {
        Some(kind) => format!("{state}: {kind}"),
        None => state.to_owned(),
    }
}

/// Called to fill the fifth place while the limit is shown.
const NEWCOMER_TOO: &str = "+15550180006";
/// How much longer the first call talks than the others.
const HEAD_START: Duration = Duration::from_secs(5);
/// How often it is looked whether something happened.
const LOOK_EVERY: Duration = Duration::from_millis(60);
/// How long one step may take before the demo gives up.
const STEP_WITHIN: Duration = Duration::from_secs(12);
