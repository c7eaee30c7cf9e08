//! The wall clock of the gateway's machine is wrong, or is set while calls live: by the real
//! libfaketime, so that the whole process sees the wrong time and the carrier the right one.

use crate::world::{Face, Line, SOON, World, number, wait_for, wait_until, word};
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use tempfile::TempDir;

/// A wall clock that can be set, for one gateway.
pub(crate) struct FakeClock {
    folder: TempDir,
    library: String,
    file: String,
}

impl FakeClock {
    /// A clock that is right; `None`, and a word about it, where libfaketime isn't installed.
    pub(crate) fn or_skip(what: &str) -> Option<FakeClock> {
        let Some(library) = library() else {
            let why = "libfaketime is not installed; to have it: apt-get install faketime";
            writeln!(std::io::stdout().lock(), "{what}: SKIPPED: {why}").unwrap();
            return None;
        };
        let folder = TempDir::with_prefix("offhook-clock-").unwrap();
        let file = folder.path().join("offset").display().to_string();
        let clock = FakeClock { folder, library: library.display().to_string(), file };
        clock.set("+0");
        Some(clock)
    }

    /// From now on the gateway's clock is so many seconds from the right one.
    pub(crate) fn set(&self, offset: &str) {
        let next = self.folder.path().join("next");
        fs::write(&next, offset).unwrap();
        fs::rename(&next, &self.file).unwrap();
    }

    /// What a process needs in its environment to live by it. The clock that nobody can set goes on.
    pub(crate) fn variables(&self) -> [(&str, &str); 5] {
        [
            ("LD_PRELOAD", &self.library),
            ("FAKETIME_TIMESTAMP_FILE", &self.file),
            ("FAKETIME_NO_CACHE", "1"),
            ("DONT_FAKE_MONOTONIC", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
    }
}

fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    let libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    libraries.into_iter().find(|library| library.exists())
}

/// A test for each way in which the clock may be set.
macro_rules! however_the_clock_is_set {
    ($($name:ident: $offset:literal, $when:expr;)*) => {
        mod however_the_clock_is_set {
            $(
                #[test]
                fn $name() {
                    super::no_call_ends_early_and_none_lives_on($offset, $when);
                }
            )*
        }
    };
}

/// When it is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Running,
    Dead,
}

however_the_clock_is_set! {
    an_hour_forward_in_a_run: "+3600", super::When::Running;
    an_hour_back_in_a_run: "-3600", super::When::Running;
    an_hour_forward_between_two_runs: "+3600", super::When::Dead;
    an_hour_back_between_two_runs: "-3600", super::When::Dead;
}

/// How long each call may last, in milliseconds.
const TALK_MS: i64 = 12_000;

fn no_call_ends_early_and_none_lives_on(offset: &str, when: When) {
    let Some(clock) = FakeClock::or_skip("a clock that is set while calls live") else { return };
    let mut world = World::without_gateway(Line::Webhooks, "calls.duration_max = '12s'");
    world.start_gateway_with(&clock.variables());
    // Only the gateway may end them.
    world.fault(&json!({"on": "create", "do": "forget-limits"}));
    let ids = [1, 2, 3].map(|n| world.dial(&world.talker(n)));
    for id in &ids {
        world.wait_for_talk(id);
    }
    let n_looks = world.requests("fetch").len();

    match when {
        When::Running => clock.set(offset),
        When::Dead => {
            world.kill_dash_nine();
            clock.set(offset);
            world.start_gateway_with(&clock.variables());
        }
    }

    wait_until("each is asked about", SOON, || world.requests("fetch").len() >= n_looks + ids.len());
    for n in [1, 2, 3] {
        let truth = world.only_truth_to(&number(n));
        assert_eq!((&truth["live"], &truth["hangups"]), (&json!(true), &json!(0)), "{truth}");
    }
    for (id, n) in ids.iter().zip(1..) {
        let ending = world.wait_for_end(id)["ending"].clone();
        assert_eq!((word(&ending, "by"), word(&ending, "cause")), ("gateway", "duration_max"), "{ending}");
        let truth = world.only_truth_to(&number(n));
        let at = |field: &str| truth[field].as_i64().unwrap();
        let late = at("ended_at") - at("answered_at") - TALK_MS;
        assert!((-1_500..=6_000).contains(&late), "hung up {late} ms after its time: {truth}");
    }
    assert!(
        world.health().1.contains("this machine's clock is 3"),
        "and somebody is told: {:?}",
        world.health()
    );
}

#[test]
fn a_placement_in_doubt_is_not_sent_when_the_clock_goes_back() {
    let Some(clock) = FakeClock::or_skip("a placement in doubt while the clock goes back") else { return };
    let mut world = World::without_gateway(Line::Webhooks, "calls.find_max = '1s'");
    let mut variables = clock.variables().to_vec();
    variables.push((engine::crash::VARIABLE, "order-committed"));
    world.start_gateway_with(&variables);
    let to = world.sleeper(1);
    assert!(world.try_place_under("one", &json!({"to": to})).is_err(), "it dies of it");
    world.wait_for_death();
    clock.set("-3600");

    world.start_gateway_with(&clock.variables());

    wait_until("it is searched for", SOON, || world.requests("list").len() >= 2);
    let call = world.get("/v1/calls")["calls"][0].clone();
    assert_eq!(word(&call, "state"), "placing", "what its time is, this clock can't tell: {call}");
    clock.set("+0");
    let ending = world.wait_for_end(word(&call, "id"))["ending"].clone();
    assert_eq!(
        (word(&ending, "kind"), word(&ending, "confirmed_by")),
        ("indeterminate", "nobody"),
        "{ending}"
    );
    assert_eq!(world.n_requests(&["create"]), 0, "nothing was ever sent");
}

#[test]
fn a_clock_that_is_minutes_off_loses_telnyxs_webhooks_and_no_call() {
    let Some(clock) = FakeClock::or_skip("a clock that is minutes off, at telnyx") else { return };
    let mut world = World::without_gateway(Line::On(Face::Telnyx), "");
    clock.set("+400");
    world.start_gateway_with(&clock.variables());
    let ids = [1, 2].map(|n| world.dial(&world.talker(n)));
    let refused = |world: &World| {
        crate::metrics::value(
            &world.metrics(),
            "offhook_webhooks_total{carrier=\"line\",outcome=\"refused\"}",
        )
    };
    wait_until("webhooks are refused", SOON, || refused(&world) >= 2.0);
    wait_until("health names the clock and what is lost", SOON, || {
        let (is_ok, reasons) = world.health();
        !is_ok && reasons.contains("s ahead of line's") && reasons.contains("Telnyx's webhooks are refused")
    });
    let alarms: Value = wait_for("it is an alarm of its own", SOON, || {
        let value = crate::metrics::value(&world.metrics(), "offhook_alarms{alarm=\"clock_differs\"}");
        (value > 0.0).then(|| json!(value))
    });
    assert_eq!(alarms, json!(1.0));
    assert!(world.gateway_logs().contains("check this host's clock"), "the log names the way out");

    clock.set("+0");

    for id in &ids {
        world.wait_for_state(id, &["in_progress"]);
    }
    wait_until("all is well", SOON, || world.health().0);
    let ending = world.only_truth_to(&number(1));
    world.remote_hangs_up(word(&ending, "id"));
    assert_eq!(word(&world.wait_for_end(&ids[0])["ending"], "confirmed_by"), "webhook");
    assert_eq!(world.only_truth_to(&number(2))["hangups"], 0);
}
