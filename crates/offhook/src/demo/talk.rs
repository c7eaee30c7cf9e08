//! The last act: a conversation that is cut off in the middle of a sentence, and goes on.

use super::agent::{Agent, Told};
use super::picture::Screen;
use super::stage::{AGENT, GAP, Stage};
use crate::cli::wire::PlaceCall;
use anyhow::Context as _;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::{sleep, timeout};

/// How the conversation went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Talked {
    /// What the other side heard of the sentence that was cut off.
    pub(super) heard_of_it: String,
    /// From the start of the gateway until the agent had its line again.
    pub(super) back_after: Duration,
    /// Whether the other side was told to wait.
    pub(super) was_told: bool,
    /// Whether they heard the agent go on, to the letter.
    pub(super) goes_on: bool,
    /// How often they were rung.
    pub(super) n_rings: usize,
}

impl Talked {
    /// Whether everything came as promised.
    pub(super) fn holds(&self) -> bool {
        let is_cut = !self.heard_of_it.is_empty() && SENTENCE.starts_with(&self.heard_of_it);
        is_cut && self.was_told && self.goes_on && self.n_rings == 1
    }

    /// One object.
    pub(super) fn as_json(&self) -> Value {
        json!({
            "heard_of_the_sentence": self.heard_of_it,
            "back_after_ms": self.back_after.as_millis(),
            "was_told_to_wait": self.was_told,
            "goes_on": self.goes_on,
            "rings": self.n_rings,
            "holds": self.holds(),
        })
    }
}

/// Plays it.
pub(super) async fn talk(
    stage: &mut Stage,
    agent: &mut Agent,
    screen: &mut Screen,
) -> anyhow::Result<Talked> {
    let behaviour = json!({ "does": "tell", "words": WORDS, "tell_after_ms": 600 });
    stage.network()?.put(&["network", "subscribers", THEM], &behaviour).await?;
    let order = PlaceCall { to: THEM, agent: Some(AGENT), ..PlaceCall::default() };
    let placed = stage.gateway()?.place(&order).await?.json()?;
    let id = placed["id"].as_str().context("a placed call has no id")?.to_owned();
    screen
        .act(&format!("{THEM} is called, and an agent talks with them; its sound goes through the gateway"));
    expect(agent, &Told::Begun).await?;
    expect(agent, &Told::Heard(WORDS.to_owned())).await?;
    screen.said("caller", WORDS);
    screen.said("agent", SENTENCE);
    sleep(INTO_THE_SENTENCE).await;

    let pid = stage.gateway_pid();
    stage.kill_gateway();
    screen.act(&format!("kill -9 {pid}, in the middle of that sentence; the caller holds the line"));
    sleep(AWAY).await;
    let started = Instant::now();
    stage.start_gateway().await?;
    expect(agent, &Told::Begun).await?;
    let back_after = started.elapsed();
    screen.act(&format!(
        "the gateway is back: the caller hears \"{GAP}\", and the agent has its line again {:.2} s after the start",
        back_after.as_secs_f64()
    ));
    expect(agent, &Told::Heard(WORDS.to_owned())).await?;
    screen.said("caller", WORDS);
    let goes_on = until_understood(stage).await?;
    screen.said("agent", ON_IT_GOES);

    let calls = calls_to_them(stage).await?;
    let call = calls.first().context("the network knows of no such call")?;
    let heard = call["heard"].as_array().cloned().unwrap_or_default();
    let cut = call["streams"][0]["understood"].as_array().and_then(|all| all.last().cloned());
    let talked = Talked {
        heard_of_it: cut.and_then(|cut| cut["text"].as_str().map(str::to_owned)).unwrap_or_default(),
        back_after,
        was_told: heard.iter().any(|one| one["text"] == GAP),
        goes_on,
        n_rings: calls.len(),
    };
    screen.act(&format!("one call, one ring; of the sentence they had heard: \"{}\"", talked.heard_of_it));
    stage.gateway()?.hang_up(&id).await?;
    Ok(talked)
}

async fn expect(agent: &mut Agent, wanted: &Told) -> anyhow::Result<()> {
    let told = timeout(STEP_WITHIN, agent.told()).await.context("nobody is heard in the conversation")??;
    anyhow::ensure!(told == *wanted, "the agent was to be told {wanted:?}, and was told {told:?}");
    Ok(())
}

/// Whether the other side understands the agent's answer on the second stream, to the letter.
async fn until_understood(stage: &Stage) -> anyhow::Result<bool> {
    let begun = Instant::now();
    while begun.elapsed() < STEP_WITHIN {
        let calls = calls_to_them(stage).await?;
        let streams = calls.first().and_then(|call| call["streams"].as_array().cloned()).unwrap_or_default();
        let heard = streams.last().map(|stream| stream["understood"].clone()).unwrap_or_default();
        if let Some(last) = heard.as_array().and_then(|heard| heard.last()) {
            return Ok(streams.len() == 2 && last["whole"] == true && last["text"] == ON_IT_GOES);
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(false)
}

async fn calls_to_them(stage: &Stage) -> anyhow::Result<Vec<Value>> {
    let truth = stage.network()?.get(&["network", "calls"]).await?;
    let calls = truth["calls"].as_array().context("the network told no truth")?;
    Ok(calls.iter().filter(|call| call["to"] == THEM).cloned().collect())
}

/// What the agent says, on its first line and on its second.
pub(super) const ANSWERS: &[&str] = &[SENTENCE, ON_IT_GOES];
const SENTENCE: &str = "Good evening, this is the agent of the demo, and while I say this long sentence, of which \
                        you are not going to hear the end, somebody somewhere pulls the plug.";
const ON_IT_GOES: &str = "As I was saying: nothing is lost.";
const WORDS: &str = "Hello, who is this?";
/// Who is called.
const THEM: &str = "+15550190012";
/// The sentence takes two seconds.
const INTO_THE_SENTENCE: Duration = Duration::from_millis(1_200);
const AWAY: Duration = Duration::from_millis(700);
const STEP_WITHIN: Duration = Duration::from_secs(12);
const LOOK_EVERY: Duration = Duration::from_millis(60);
