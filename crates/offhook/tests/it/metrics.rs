//! `/metrics` of a gateway that had calls, was killed and came back.

use crate::world::{Line, OURS, SOON, World, wait_until};
use serde_json::json;

#[test]
fn the_metrics_count_what_happened_and_name_nobody() {
    let mut world = World::start(Line::Webhooks, "calls.live_max = 3");
    let (talker, other) = (world.talker(1), world.talker(2));
    let ended = world.dial(&talker);
    world.wait_for_talk(&ended);
    world.hang_up(&ended);
    world.wait_for_end(&ended);
    let live = world.dial(&other);
    world.wait_for_talk(&live);
    let text = world.metrics();
    for (line, least) in [
        ("offhook_calls_begun_total{carrier=\"line\",direction=\"outbound\"}", 2.0),
        ("offhook_calls_ended_total{carrier=\"line\",ending=\"completed\"}", 1.0),
        ("offhook_calls{state=\"in_progress\",carrier=\"line\"}", 1.0),
        ("offhook_hang_ups_total{carrier=\"line\",reply=\"accepted\"}", 1.0),
        ("offhook_webhooks_total{carrier=\"line\",outcome=\"heard\"}", 4.0),
        ("offhook_webhook_seconds_count{carrier=\"line\"}", 4.0),
        ("offhook_commit_seconds_count", 4.0),
        ("offhook_turn_size_count", 4.0),
        ("offhook_live_max", 3.0),
        ("offhook_ready", 1.0),
    ] {
        assert!(value(&text, line) >= least, "{line} is at least {least}:\n{text}");
    }
    for name in [&ended, &live, &talker, &other, OURS] {
        assert!(!text.contains(name.trim_start_matches('+')), "{name} is named:\n{text}");
    }

    world.kill_dash_nine();
    world.fault(&json!({"on": "fetch", "do": {"status": 503}}));
    world.start_gateway();
    let unknown = "offhook_unknown_calls{carrier=\"line\",why=\"carrier_error\"}";
    wait_until("it can't be asked", SOON, || value(&world.metrics(), unknown) == 1.0);
    let look = "offhook_look_ups_total{carrier=\"line\",verdict=\"unknown\",why=\"carrier_error\"}";
    assert!(value(&world.metrics(), look) >= 1.0);
    assert_eq!(value(&world.metrics(), "offhook_alarms{alarm=\"calls_unknown\"}"), 1.0);
    world.lift_faults();
    let kept = "offhook_recovery_decisions{decision=\"kept\"}";
    wait_until("what the start decided is counted", 2 * SOON, || value(&world.metrics(), kept) == 1.0);
    wait_until("it can be asked again", SOON, || value(&world.metrics(), unknown) == 0.0);
}

#[test]
fn the_metrics_are_shown_without_the_token_where_that_is_configured() {
    let world = World::start(Line::Webhooks, "api.open_metrics = true");
    let sent = crate::world::bare("/metrics");
    let answer = crate::world::exchange(world.gateway, &sent).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"));
}

/// The value of the sample of this name and these labels; 0 if there is none.
pub(crate) fn value(text: &str, sample: &str) -> f64 {
    let found = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')?.parse().ok());
    found.unwrap_or(0.0)
}
