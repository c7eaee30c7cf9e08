//! What the gateway says of a whole life at the usual level: no secret, no telephone number in
//! full, no speech.

use crate::world::{API_TOKEN, AUTH_TOKEN, Form, Line, OURS, SOON, World, number, wait_until, word};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

const SAY: &str = "Xylophones quarrel quietly at noon.";
const GREETING: &str = "Walruses welcome wanderers warmly.";
const CALLER: &str = "+12025550777";

#[test]
fn no_log_at_the_usual_level_holds_a_secret_a_number_or_speech() {
    let settings = format!(
        "log = 'info'\ncalls.ring_max = '1s'\ncalls.queue_max = '1s'\ncalls.live_max = 3
         calls.attempts_per_hour = 2\ncarriers.line.request_timeout = '1s'
         numbers.'{OURS}'.greeting = '{GREETING}'"
    );
    let mut world = World::start(Line::Webhooks, &settings);
    live_a_full_life(&mut world);
    world.stop_gateway();

    let logs = world.gateway_logs();

    assert!(logs.contains("a call ended") && logs.contains("WARN"), "there is something to search:\n{logs}");
    let basic = STANDARD.encode(format!("{}:{AUTH_TOKEN}", crate::world::ACCOUNT));
    for secret in [API_TOKEN, AUTH_TOKEN, &basic, "Bearer"] {
        assert!(!logs.contains(secret), "{secret:?} is logged");
    }
    let numbers = (1..=9).map(number).chain([OURS, CALLER].map(str::to_owned));
    for number in numbers {
        let digits = number.trim_start_matches("+1");
        let line = logs.lines().find(|line| line.contains(digits));
        assert!(line.is_none(), "{number} is logged: {line:?}");
    }
    for word in ["Xylophones", "quarrel", "Walruses", "wanderers"] {
        let line = logs.lines().find(|line| line.contains(word));
        assert!(line.is_none(), "speech is logged: {line:?}");
    }
}

/// Everything that a gateway may come to log something about.
fn live_a_full_life(world: &mut World) {
    world.connect_our_number();
    let said = world.place_with(&json!({"to": world.talker(1), "say": SAY}));
    world.call_in(CALLER);
    world.wait_for_end(word(&said, "id"));
    let unanswered = world.dial(&world.sleeper(2));
    world.wait_for_end(&unanswered);
    let to = world.talker(3);
    world.fault(&json!({"on": "create", "to": to, "do": "cut-after"}));
    let doubtful = world.dial(&to);
    world.wait_for_leg(&doubtful);
    world.fault(&json!({"on": "create", "to": number(4), "do": {"status": 400}}));
    world.dial(&number(4));
    world.fault(&json!({"on": "create", "to": number(5), "do": {"status": 429}, "times": 1}));
    world.dial(&world.talker(5));
    for refused in
        [json!({"to": number(1)}), json!({"to": number(1)}), json!({"to": "+19005550123", "say": SAY})]
    {
        world.ask("POST", "/v1/calls", Some(&refused));
    }
    let form = Form::about("CA0123456789abcdef0123456789abcdef", CALLER, OURS, "completed");
    world.webhook(&world.unsigned("status", &form));
    world.webhook(&world.signed_with("another token", "status", &form));
    world.webhook(&world.signed("status", &form));
    let page = format!("status?call={doubtful}");
    let leg = world.wait_for_leg(&doubtful);
    world.webhook(&world.signed(&page, &Form::about(&leg, OURS, &to, "teleported")));
    world.fault(&json!({"on": "fetch", "do": "html"}));
    world.fault(&json!({"on": "update", "do": {"status": 503}}));
    world.restart();
    world.hang_up(&doubtful);
    wait_until("a hang-up failed", SOON, || !world.requests("update").is_empty());
    world.ask(
        "POST",
        "/v1/import",
        Some(&json!({"callId": "x", "to": number(6), "transcript": [{"text": SAY}]})),
    );
    world.command(&["pause", "--reason", "for the test"]);
    world.command(&["call", &number(7), "--say", SAY]);
    world.lift_faults();
    world.wait_for_end(&doubtful);
}
