//! How soon the gateway is silent for whoever talks over it.

use super::super::http;
use super::super::report::{at_share, print, rounded};
use super::super::world::{Plan, World};
use super::turns::{HOUR, PATIENCE, agent, vendor};
use anyhow::ensure;
use audio::g711::Law;
use audio::{Frame, SampleRate, tones};
use base64::Engine as _;
use serde_json::json;
use std::time::{Duration, Instant};

/// Has so many people called, who ask something, and talk over the reply.
pub(crate) fn barge_in() -> anyhow::Result<()> {
    let plan = Plan { kind: "simulated", latency: Duration::ZERO, duration_max: HOUR, is_reached: true };
    let mut world = World::build(&plan)?;
    let agent = agent(vendor(SPEECH)?);
    world.mend(|before| before + &agent)?;
    world.start_gateway()?;
    let sound = base64::engine::general_purpose::STANDARD.encode(sound());
    let behaviour = json!({ "does": "play", "sound": sound, "answer_after_ms": 0 });
    for n in 0..N_CALLS {
        let them = format!("+1555{:03}0099", 200 + n);
        world.subscriber(&them, &behaviour)?;
        let order = json!({ "to": them, "agent": "clerk" }).to_string();
        http::ask(world.address, "POST", "/v1/calls", order.as_bytes())?;
        std::thread::sleep(APART);
    }
    let begun = Instant::now();
    let over = loop {
        let truth = world.truth()?;
        let over: Vec<f64> =
            truth.iter().filter_map(|call| call["streams"][0]["talked_over_ms"][0].as_f64()).collect();
        if over.len() >= N_CALLS {
            break over;
        }
        ensure!(begun.elapsed() < PATIENCE, "only {} were talked over", over.len());
        std::thread::sleep(Duration::from_millis(200));
    };
    let of = |share| rounded(at_share(&over, share));
    let value = json!({
        "figure": "silent_after_barge_in", "conversations": N_CALLS, "value": of(0.5), "unit": "ms",
        "p99": of(0.99),
    });
    let sentence =
        format!("whoever talks over it hears it for {} ms more, p99 {} ({N_CALLS} talks)", of(0.5), of(0.99));
    print(&value, &sentence);
    Ok(())
}

/// A question, silence in which the reply begins, and what is said over it.
fn sound() -> Vec<u8> {
    let silence = std::iter::repeat_n(Frame::silence(SampleRate::Hz8000), 110);
    let over = tones::say("Wait, please, I have one more question, before you tell me all of it.");
    let mut codes = Vec::new();
    tones::say("Hello, who is this?")
        .chain(silence)
        .chain(over)
        .for_each(|frame| Law::Mu.write(&frame, &mut codes));
    codes
}

const N_CALLS: usize = 100;
/// So long after each other they are called.
const APART: Duration = Duration::from_millis(50);
/// How long a reply is.
const SPEECH: Duration = Duration::from_secs(5);
