//! What is seen of calls, and what keys do, without a terminal.

#![allow(clippy::unwrap_used)]

use super::draw::whole;
use super::keys::{Done, pressed};
use super::screen::{Mode, Screen};
use super::watch::{News, Round, Wish};
use crate::cli::paint::Paint;
use crate::cli::wire::{Call, Recovery};
use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use serde_json::json;
use std::time::{Duration, Instant};

fn now() -> Timestamp {
    "2026-11-22T13:40:00Z".parse().unwrap()
}

fn call(n: usize, state: &str) -> Call {
    let inbound = n.is_multiple_of(3);
    let (from, to) = match inbound {
        true => (format!("+1555022{n:04}"), "+15550100000".to_owned()),
        false => ("+15550100000".to_owned(), format!("+1555011{n:04}")),
    };
    let answered = (state == "in_progress").then_some("2026-11-22T13:38:55Z");
    serde_json::from_value(json!({
        "id": format!("c_{n:026}"), "state": state, "direction": if inbound { "inbound" } else { "outbound" },
        "from": from, "to": to, "carrier": "main", "created_at": "2026-11-22T13:38:50Z",
        "answered_at": answered, "deadline": "2026-11-22T13:49:00Z", "agent": (n == 2).then_some("concierge"),
    }))
    .unwrap()
}

fn round(calls: Vec<Call>) -> News {
    let recovery: Recovery = serde_json::from_value(json!({
        "started_at": "2026-11-22T13:30:00.5Z", "orphans": [], "strangers": [], "pending": 0,
        "calls": [{"id": "c_1", "decision": "kept"}, {"id": "c_2", "decision": "closed"},
                  {"id": "c_3", "decision": "kept"}],
    }))
    .unwrap();
    let health =
        serde_json::from_value(json!({"reasons": ["1 call at main cannot be verified: HTTP 429"]})).unwrap();
    News::Round(Box::new(Round { calls, health, recovery: Some(recovery), live_max: Some(10), paused: true }))
}

fn some_calls() -> Vec<Call> {
    ["in_progress", "in_progress", "ringing", "hanging_up", "queued"]
        .into_iter()
        .zip(1..)
        .map(|(state, n)| call(n, state))
        .collect()
}

fn screen(calls: Vec<Call>) -> Screen {
    let mut screen = Screen::new("http://127.0.0.1:4060", Paint::Plain);
    screen.hear(round(calls), now());
    screen
}

/// What is seen, line by line.
fn seen(screen: &mut Screen, width: u16, height: u16) -> Vec<String> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    whole(screen, &mut buffer, now());
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(line).collect()
}

fn press(screen: &mut Screen, key: KeyCode) -> Done {
    pressed(screen, KeyEvent::new(key, KeyModifiers::NONE))
}

#[test]
fn a_screen_of_80_by_24_shows_all_that_matters() {
    let mut screen = screen(some_calls());
    let said = "the other side said \"A table for two, please\"";
    screen.hear(News::Said(call(2, "").id, said.to_owned()), now());
    let seen = seen(&mut screen, 80, 24);
    let expected = "\
offhook  http://127.0.0.1:4060  4 of 10 live, 1 queued, outbound calls paused
! 1 call at main cannot be verified: HTTP 429
the start at 13:30:00Z found 3 unfinished: 2 kept, 1 closed
STATE          WHO                 FOR     LEFT    AGENT       LAST SAID
in_progress    > +15550110001      1m05s   9m00s   -
in_progress    > +15550110002      1m05s   9m00s   concierge   the other side sa
ringing        < +15550220003      1m10s   9m00s   -
hanging_up     > +15550110004      1m10s   9m00s   -
queued         > +15550110005      1m10s   9m00s   -";
    assert_eq!(seen[..9].join("\n"), expected);
    assert!(seen[9..23].iter().all(String::is_empty), "{seen:?}");
    assert_eq!(seen[23], "q quit  jk select  enter story  h hang up  / filter");
}

#[test]
fn a_narrow_screen_leaves_columns_out_and_a_tiny_one_says_so() {
    let mut screen = screen(some_calls());
    let narrow = seen(&mut screen, 38, 10);
    assert_eq!(narrow[3], "STATE          WHO");
    assert_eq!(narrow[4], "in_progress    > +15550110001");
    assert!(narrow[9].starts_with("q quit"), "{narrow:?}");
    assert_eq!(seen(&mut screen, 12, 3)[0], "too small");
    for (width, height) in
        (1..200).step_by(7).flat_map(|width| (1..40).step_by(3).map(move |height| (width, height)))
    {
        seen(&mut screen, width, height);
    }
    assert!(seen(&mut screen, 200, 24)[4].contains(&call(1, "").id), "a wide one has the ids");
}

#[test]
fn a_gateway_that_goes_away_is_told_and_its_calls_stay_seen() {
    let mut screen = screen(some_calls());
    let later = now().checked_sub(Duration::from_secs(12)).unwrap();
    screen.hear(News::Away("cannot reach the gateway".to_owned()), later);
    screen.hear(News::Away("cannot reach the gateway".to_owned()), now());
    let away = seen(&mut screen, 80, 24);
    assert_eq!(away[1], "! away for 12s, and asked again: cannot reach the gateway");
    assert!(away[3].contains("+15550110001"), "{away:?}");
    screen.hear(round(some_calls()), now());
    assert_eq!(seen(&mut screen, 80, 24)[1], "the gateway is back since 0s");
}

#[test]
fn the_selection_stays_on_its_call_and_is_always_seen() {
    let mut screen = screen((1..=1000).map(|n| call(n, "in_progress")).collect());
    seen(&mut screen, 80, 24);
    for key in [KeyCode::Down, KeyCode::Char('j'), KeyCode::Up] {
        assert!(matches!(press(&mut screen, key), Done::Nothing));
    }
    assert_eq!(screen.selected, Some(call(2, "").id));
    screen.hear(round((2..=1000).map(|n| call(n, "in_progress")).collect()), now());
    assert_eq!((screen.selected.clone(), screen.row), (Some(call(2, "").id), 0));
    screen.hear(round((3..=1000).map(|n| call(n, "in_progress")).collect()), now());
    assert_eq!(screen.selected, Some(call(3, "").id), "its place is taken by the next");
    press(&mut screen, KeyCode::End);
    let last = seen(&mut screen, 80, 24);
    assert!(last[22].contains("+15550111000"), "{last:?}");
    assert!(screen.visible().contains(&call(1000, "").id) && screen.visible().len() <= 20);
    press(&mut screen, KeyCode::PageUp);
    press(&mut screen, KeyCode::Home);
    assert!(seen(&mut screen, 80, 24)[4].contains("+15550220003"));
}

#[test]
fn a_filter_is_typed_and_dropped() {
    let mut screen = screen(some_calls());
    press(&mut screen, KeyCode::Char('/'));
    for letter in "CONC".chars() {
        press(&mut screen, KeyCode::Char(letter));
    }
    let filtered = seen(&mut screen, 80, 24);
    assert!(filtered[0].contains("1 fit /CONC: 4 of 10 live"), "{filtered:?}");
    assert!(filtered[4].contains("+15550110002") && filtered[5].is_empty(), "{filtered:?}");
    assert!(filtered[23].starts_with("/CONC_"), "{filtered:?}");
    // A q in a filter is a letter.
    assert!(matches!(press(&mut screen, KeyCode::Char('q')), Done::Nothing));
    press(&mut screen, KeyCode::Enter);
    assert!(seen(&mut screen, 80, 24).iter().any(|line| line.contains("no live call fits")));
    press(&mut screen, KeyCode::Esc);
    assert_eq!(screen.shown().len(), 5);
}

#[test]
fn nobody_is_hung_up_without_being_asked_about() {
    let mut screen = screen(some_calls());
    press(&mut screen, KeyCode::Char('h'));
    let asked = seen(&mut screen, 80, 24);
    assert_eq!(asked[23], "hang up > +15550110001? y hangs up, any other key leaves it alone");
    assert!(matches!(press(&mut screen, KeyCode::Char('q')), Done::Nothing));
    assert_eq!(screen.mode, Mode::List);
    press(&mut screen, KeyCode::Char('h'));
    let done = press(&mut screen, KeyCode::Char('y'));
    assert!(matches!(done, Done::Wish(Wish::HangUp(id)) if id == call(1, "").id));
    screen.hear(News::Told("c_1: hanging_up".to_owned()), now());
    assert_eq!(seen(&mut screen, 80, 24)[23], "c_1: hanging_up");
}

#[test]
fn a_story_is_asked_for_read_and_left() {
    let mut screen = screen(some_calls());
    let done = press(&mut screen, KeyCode::Enter);
    assert!(matches!(done, Done::Wish(Wish::Tell(id)) if id == call(1, "").id));
    assert!(seen(&mut screen, 40, 6)[0].starts_with("asking for c_"));
    let long = "x".repeat(100);
    screen.hear(News::Story(call(1, "").id, format!("first\n{long}\nlast")), now());
    let story = seen(&mut screen, 40, 6);
    assert_eq!((story[0].as_str(), story[1].len(), story[3].len()), ("first", 40, 20));
    assert_eq!(story[4], "last");
    press(&mut screen, KeyCode::Down);
    assert_eq!(seen(&mut screen, 40, 6)[3], "last");
    assert!(matches!(press(&mut screen, KeyCode::Char('q')), Done::Nothing));
    assert_eq!(screen.mode, Mode::List);
    assert!(matches!(press(&mut screen, KeyCode::Char('q')), Done::Leave));
}

#[test]
fn a_thousand_calls_are_drawn_in_a_moment() {
    let mut screen = screen((1..=1000).map(|n| call(n, "in_progress")).collect());
    let began = Instant::now();
    for _ in 0..20 {
        press(&mut screen, KeyCode::Down);
        seen(&mut screen, 200, 60);
    }
    // Some milliseconds each in a debug build; a machine that is three times slower has time to spare.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}
