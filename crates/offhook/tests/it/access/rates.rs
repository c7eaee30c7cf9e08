//! How often may be asked.

use super::{ask, audited, token};
use crate::world::{API_TOKEN, Answer, Line, SOON, World, bare, exchange, wait_for, wait_until, word};

fn retry_after(answer: &Answer) -> u64 {
    answer.header("retry-after").expect("it says how long to wait").parse().expect("in seconds")
}

fn status(world: &World, token: &str) -> u16 {
    ask(world, token, "GET", "/v1/calls", None).status
}

#[test]
fn a_token_that_asks_too_fast_is_told_when_to_ask_again_and_nobody_else_is() {
    let world = World::start(Line::Webhooks, "api.requests_per_second = 1\napi.burst = 8");
    let fast = token(&world, &["fast", "--scope", "read"]);
    let n_good = (0..500).take_while(|_| status(&world, &fast) == 200).count();
    assert!((8..500).contains(&n_good), "{n_good} in a row");
    let over = wait_for("it asks too fast", SOON, || {
        Some(ask(&world, &fast, "GET", "/v1/calls", None)).filter(|answer| answer.status == 429)
    });
    assert_eq!(word(&over.json(), "code"), "OH-0042", "{}", over.body);
    assert!((1..=8).contains(&retry_after(&over)), "{over:?}");

    // Another token has its own pace, and carriers are never made to wait.
    assert_eq!(world.ask("GET", "/v1/pause", None).status, 200);
    let sent = bare("/webhooks/line/voice");
    for _ in 0..30 {
        let answer = exchange(world.gateway, &sent).unwrap();
        assert_eq!(answer.status, 403, "{}", answer.body);
    }
    wait_until("it may ask again", SOON, || status(&world, &fast) == 200);
}

#[test]
fn who_guesses_tokens_is_slowed_down_and_fills_no_disk() {
    let world = World::start(Line::Webhooks, "");
    let good = token(&world, &["good", "--scope", "read"]);
    let mut n_wrong = 0;
    let mut guess = |n: u32| {
        let answer = ask(&world, &format!("guess-{n}"), "GET", "/v1/calls", None);
        n_wrong += usize::from(answer.status == 401);
        Some(answer).filter(|answer| answer.status == 429)
    };
    let over = (0..500).find_map(&mut guess).expect("that many in a row are too many");
    assert!(retry_after(&over) >= 1, "{over:?}");
    for n in 500..550 {
        guess(n);
    }
    assert!(n_wrong >= 20, "{n_wrong} were told that they are wrong");
    assert_eq!(status(&world, &good), 200, "a token that nobody can guess is let in");
    // One that a person chose is looked at again when the guesses stop.
    wait_until("the owner is let in", SOON, || status(&world, API_TOKEN) == 200);
    let line = audited(&world, "list", "OH-0042");
    assert!(line["token"].is_null() && !word(&line, "address").is_empty(), "{line}");
    let page = world.get("/v1/access/audit?verb=list&refused=true&limit=500");
    let n_lines = page["lines"].as_array().unwrap().len();
    assert!((20..=2 * n_wrong + 10).contains(&n_lines), "{n_lines} lines of {n_wrong} refusals");
    assert!(!page.to_string().contains("guess-"), "no guess is on record: it may be a slip");
}
