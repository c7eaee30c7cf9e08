//! Every promise holds, whatever the seed draws.

use simtest::{Kind, Outcome, Scene, Tally, Telling, run, run_as};

/// Runs seeds; the first that fails is run again for its story.
fn hold(scene: Scene, seeds: impl IntoIterator<Item = u64>) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        let outcome = run_as(seed, scene, None, Telling::Silent);
        tally.add(&outcome.tally);
        if outcome.breach.is_some() {
            fail(scene, &run_as(seed, scene, None, Telling::Whole));
        }
    }
    tally
}

fn fail(scene: Scene, outcome: &Outcome) -> ! {
    let n_lines = outcome.story.len();
    let story = outcome.story[n_lines.saturating_sub(60)..].join("\n");
    let breach = outcome.breach.as_ref().map(ToString::to_string).unwrap_or_default();
    let commands = if scene.commands { "" } else { " --no-commands" };
    let commands = if scene.agents { commands.to_owned() } else { format!("{commands} --no-agents") };
    let mute = if scene.rules { commands } else { format!("{commands} --no-rules") };
    panic!(
        "seed {seed}: {breach}\nthe end of its story:\n{story}\nthe whole of it: cargo run -p simtest -- --seed {seed} --carrier {carrier}{mute} --trace",
        seed = outcome.seed,
        carrier = outcome.carrier
    );
}

/// As it was when these seeds were found.
fn without_agents() -> Scene {
    Scene { agents: false, ..Scene::default() }
}

#[test]
fn every_promise_holds_for_some_thousand_seeds() {
    let tally = hold(Scene::default(), 0..1_200);
    println!("{tally}");
    let n_kills: u64 = tally.kills.values().sum();
    assert!(n_kills > 1_000 && tally.kills.len() >= 6, "too tame: {:?}", tally.kills);
    assert!(tally.faults.len() >= 50, "too tame: {:?}", tally.faults);
    assert!(tally.carriers.values().all(|n_seeds| *n_seeds > 300), "too much alike: {:?}", tally.carriers);
    assert!(tally.commands.get("agent closed").is_some_and(|n_times| *n_times > 50), "too tame");
    for word in ["say", "ask", "digits", "transfer"] {
        for state in ["done", "failed", "in_doubt"] {
            let n_times = tally.commands.get(&format!("{word} {state}")).copied().unwrap_or(0);
            assert!(n_times > 20, "too tame: {:?}", tally.commands);
        }
    }
}

/// Seeds that once found something over Twilio's face, where nothing was asked of calls: a look lost
/// to a clock set back, a pause that outlived it, a call ended by the wrong word.
#[test]
fn what_was_found_once_stays_found() {
    let scene =
        Scene { carrier: Some(Kind::Twilio), commands: false, rules: false, losses: false, agents: false };
    hold(scene, [55, 894, 1_115, 3_428, 5_424, 7_037, 11_915, 12_239, 22_884]);
}

/// Seeds that found something over the others: a phone that the carrier let ring for ever (144), a
/// caller forgotten by the carrier (140); a talk that its limit ended as one that nobody answered (68),
/// a leg that was known by its request alone (22, 1240), a caller turned away twice (257).
#[test]
fn what_the_other_carriers_found_stays_found() {
    let mute = |carrier| Scene {
        carrier: Some(carrier),
        commands: false,
        rules: false,
        losses: false,
        agents: false,
    };
    hold(mute(Kind::Telnyx), [140, 144, 264]);
    hold(mute(Kind::Plivo), [22, 68, 257]);
    hold(
        Scene { carrier: Some(Kind::Plivo), commands: true, rules: false, losses: false, agents: false },
        [1_240],
    );
}

/// Seeds that found something in what is asked of calls: an answer that went to the next question
/// (202), a leg that pressed keys and was forgotten (217, 425), a transfer's leg that lived for ever
/// (412), an answer before its question (1392).
#[test]
fn what_commands_found_stays_found() {
    let scene =
        Scene { carrier: Some(Kind::Telnyx), commands: true, rules: false, losses: false, agents: false };
    hold(scene, [100, 202, 217, 412, 425, 1_392]);
}

/// Seeds that found something in stores that went back: a call that waited in the backup rang twice
/// (1652), or ended while it was talked on (2601); a search that took a forgotten call's leg (124).
#[test]
fn what_losses_found_stays_found() {
    hold(without_agents(), [124, 1_652, 2_601]);
}

/// Seeds that found calls that were asked about, and hung up, several times a second, for the sake of
/// a command that was to stop on a line that ended already.
#[test]
fn what_was_asked_without_measure_stays_found() {
    hold(without_agents(), [1_836, 1_011_338, 1_013_903, 1_014_234]);
}

#[test]
fn one_seed_has_one_history() {
    for seed in 0..30 {
        let (one, two) = (run(seed, None, Telling::Whole), run(seed, None, Telling::Whole));
        assert!(!one.story.is_empty());
        assert_eq!(
            (one.hash, one.story.len(), one.tally),
            (two.hash, two.story.len(), two.tally),
            "seed {seed}"
        );
    }
}

/// A carrier's `Retry-After` that was read an hour ahead, and a command after the clock was set back,
/// which put the call's old time in the place of the one that was brought forward.
#[test]
fn a_command_puts_no_look_off_after_the_clock_was_set_back() {
    hold(without_agents(), [2_010_140, 2_010_349]);
}

/// A placement that fitted several calls, all over, and took its place for ever (10091051); a bound that
/// a clock set which was ahead (10024732, 10184827); a number called again before Plivo named the call
/// (10048091); a key that somebody pressed whose number only the webhook told (10059938); words for a
/// question that was never put (10000344, 10067617, 10096280); two that were sought between the same
/// numbers in a store that went back (10367805), and one that was given up before another was sought
/// there (10874691); a look that a command put off after the clock was set back (10715920).
#[test]
fn what_a_million_seeds_found_stays_found() {
    let seeds = [
        10_000_344, 10_024_732, 10_048_091, 10_059_938, 10_067_617, 10_091_051, 10_096_280, 10_184_827,
        10_367_805, 10_715_920, 10_874_691, 10_940_201, 10_941_642,
    ];
    hold(without_agents(), seeds);
}
