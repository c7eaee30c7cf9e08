//! The dial gate: who is not called, what is said of it, and that it stands after `kill -9`.

use crate::world::{Answer, Face, Line, SOON, World, number, wait_for, word, words};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

fn ask(world: &World, to: &str) -> Answer {
    world.ask("POST", "/v1/calls", Some(&json!({ "to": to })))
}

/// The problem with which a call is refused: its code, rule, and what changes it.
fn refused(world: &World, to: &str) -> (Value, [String; 3]) {
    let answer = ask(world, to);
    assert!(answer.status >= 400, "{to} is called: {}", answer.body);
    let problem = answer.json();
    let told = ["code", "rule", "changed_by"].map(|field| word(&problem, field).to_owned());
    (problem, told)
}

/// What the gate decided, the oldest first.
fn audit(world: &World) -> Vec<String> {
    let page = world.get("/v1/gate/audit?limit=500");
    let line = |one: &Value| {
        format!("{} {} {}", word(one, "decided"), word(one, "asked_at"), word(one, "rule")).trim().to_owned()
    };
    page["decisions"].as_array().unwrap().iter().rev().map(line).collect()
}

#[test]
fn it_is_quiet_by_the_callees_own_clock_also_after_a_kill() {
    // The numbers of these tests are in Washington.
    let there = Timestamp::now().to_zoned(TimeZone::get("America/New_York").unwrap());
    let hours = |from: i64, to: i64| {
        let clock = |hours: i64| there.checked_add(hours.hours()).unwrap().strftime("%H:%M").to_string();
        format!("dial.quiet_hours = '{}-{}'", clock(from), clock(to))
    };
    let mut world = World::start(Line::Webhooks, &hours(-1, 2));
    for _ in 0..2 {
        let (problem, told) = refused(&world, &number(1));
        assert_eq!(told, ["OH-0025", "quiet_hours", "dial.quiet_hours"], "{problem}");
        let until: Timestamp = word(&problem, "not_before").parse().unwrap();
        let wait = until.duration_since(Timestamp::now()).as_secs();
        assert!((6_900..=7_200).contains(&wait), "{wait} s: {problem}");
        world.restart();
    }
    assert_eq!(audit(&world), ["refused order quiet_hours", "refused order quiet_hours"]);
    assert_eq!(world.truth_to(&number(1)).len(), 0);
    world.kill_dash_nine();
    world.write_settings(&hours(1, 2));
    world.start_gateway();
    let id = world.dial(&world.talker(1));
    world.wait_for_leg(&id);
    let admitted = world.events(&id).into_iter().find(|event| word(event, "kind") == "admitted").unwrap();
    assert!(word(&admitted, "summary").contains("America/New_York"), "{admitted}");
}

#[test]
fn a_list_of_numbers_is_kept_by_hand_and_by_file_and_survives_a_kill() {
    let mut world = World::start(Line::Webhooks, "");
    let (one, two) = (number(1), number(2));
    let (code, out, said) = words(&world.command(&["dnc", "add", &one, "--reason", "asked by letter"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains(&one), "{out}");
    let file = format!("phone,reason\n{two},said so\n2025550100\n{one}\nnobody\n");
    std::fs::write(world.path("numbers.csv"), file).unwrap();
    let (code, out, said) = words(&world.command(&["dnc", "import", "numbers.csv"]));
    assert_eq!((code, out.trim()), (Some(0), "1 taken, 1 on the list already; 2 lines skipped"), "{said}");
    assert!(said.contains("line 3: skipped") && said.contains("line 5: skipped"), "{said}");

    world.restart();

    let (problem, told) = refused(&world, &one);
    assert_eq!(told, ["OH-0026", "do_not_call", "offhook dnc remove"], "{problem}");
    assert!(word(&problem, "detail").contains("asked by letter"), "{problem}");
    let page = world.get("/v1/dnc?limit=1");
    assert_eq!(page["numbers"].as_array().unwrap().len(), 1);
    let next = format!("/v1/dnc?limit=1&cursor=%2B{}", word(&page, "next").trim_start_matches('+'));
    assert_eq!(word(&world.get(&next)["numbers"][0], "number"), two);
    let (_, out, _) = words(&world.command(&["dnc", "list"]));
    assert!(out.contains(&one) && out.contains("said so"), "{out}");
    let (code, _, said) = words(&world.command(&["dnc", "remove", &one]));
    assert_eq!(code, Some(0), "{said}");
    let (code, _, said) = words(&world.command(&["dnc", "remove", &one]));
    assert!(code == Some(1) && said.contains("OH-0029"), "{said}");
    world.wait_for_leg(&world.dial(&world.talker(1)));
    let (_, out, _) = words(&world.command(&["audit"]));
    for told in ["unlisted", "refused", "do_not_call", "allowed"] {
        assert!(out.contains(told), "{told}: {out}");
    }
}

#[test]
fn who_is_listed_while_their_call_waits_is_not_called_by_the_next_start() {
    let mut world = World::start(Line::Webhooks, "calls.live_max = 1");
    let first = world.dial(&world.talker(1));
    world.wait_for_talk(&first);
    let to = world.talker(2);
    let second = world.dial(&to);
    let listed = world.ask("POST", "/v1/dnc", Some(&json!({ "number": to })));
    assert_eq!(listed.status, 201, "{}", listed.body);

    world.restart();
    world.hang_up(&first);

    let ended = world.wait_for_end(&second);
    let told = ["kind", "by", "cause"].map(|field| word(&ended["ending"], field).to_owned());
    assert_eq!(told, ["failed", "gateway", "do_not_call"], "{ended}");
    assert_eq!(world.truth_to(&to).len(), 0, "nobody's phone rang");
    let (_, out, _) = words(&world.command(&["show", &second]));
    assert!(out.contains("it is not placed") && out.contains("do-not-call list"), "{out}");
    assert_eq!(audit(&world).last().map(String::as_str), Some("refused admission do_not_call"));
}

on_every_carrier!(who_rejects_a_call_is_left_alone_and_who_is_busy_is_not, who_says_so_is_never_called_again,);

fn who_rejects_a_call_is_left_alone_and_who_is_busy_is_not(face: Face) {
    let mut world = World::start(Line::On(face), "");
    let (rejecting, busy) = (number(1), number(2));
    world.subscriber(&rejecting, &json!({"does": "reject", "after_ms": 0}));
    world.subscriber(&busy, &json!({"does": "busy"}));
    for (to, kind) in [(&rejecting, "rejected"), (&busy, "busy")] {
        let ended = world.wait_for_end(&world.dial(to));
        assert_eq!(word(&ended["ending"], "kind"), kind, "{ended}");
    }

    world.restart();

    let (problem, told) = refused(&world, &rejecting);
    assert_eq!(told, ["OH-0027", "rejected", "dial.rejected_pause"], "{problem}");
    assert!(problem["not_before"].is_string(), "{problem}");
    world.wait_for_end(&world.dial(&busy));
    assert_eq!(world.truth_to(&rejecting).len(), 1, "rung once");
}

fn who_says_so_is_never_called_again(face: Face) {
    let mut world = World::start(Line::On(face), "dial.opt_out_words = ['Stop calling!']");
    let to = number(1);
    let words_said = "please stop calling me";
    world.subscriber(
        &to,
        &json!({"does": "speak", "words": words_said, "answer_after_ms": 0, "speak_after_ms": 100}),
    );
    let id = word(&world.place_with(&json!({"to": to, "hold": true})), "id").to_owned();
    world.wait_for_talk(&id);
    let (code, out, said) = words(&world.command(&["ask", &id, "Is it a good time?", "--speech"]));
    assert_eq!((code, out.trim()), (Some(0), words_said), "{said}");

    world.restart();

    let (problem, told) = refused(&world, &to);
    assert_eq!(told[..2], ["OH-0026", "do_not_call"], "{problem}");
    assert!(word(&problem, "detail").contains(&id), "{problem}");
    assert!(world.call(&id)["opted_out_at"].is_string());
    assert!(world.events(&id).iter().any(|event| word(event, "kind") == "opted_out"));
    let entry = &world.get("/v1/dnc")["numbers"][0];
    assert_eq!((word(entry, "by"), word(entry, "call")), ("callee_words", id.as_str()), "{entry}");
}

#[test]
fn a_key_pressed_unasked_is_enough_where_the_carrier_tells_it() {
    let world = World::start(Line::On(Face::Telnyx), "dial.opt_out_digits = '9'");
    let to = world.talker(1);
    let id = world.dial(&to);
    world.wait_for_talk(&id);
    world.presses(&world.wait_for_leg(&id), "9");
    wait_for("the number is listed", SOON, || {
        let listed = world.get("/v1/dnc");
        (word(&listed["numbers"][0], "by") == "callee_key").then_some(())
    });
    assert_eq!(refused(&world, &to).1[1], "do_not_call");
}

#[test]
fn a_day_has_so_many_minutes_and_so_much_money() {
    let settings =
        "dial.spend_per_day = 0.02\ncarriers.line.price_per_minute = 0.014\ncarriers.line.live_max = 1";
    let mut world = World::start(Line::Webhooks, settings);
    let first = world.dial(&world.talker(1));
    world.wait_for_talk(&first);
    let waits = world.place(&world.talker(2));
    assert_eq!((word(&waits, "state"), word(&waits, "waits_for")), ("queued", "slot"), "{waits}");
    world.hang_up(&first);
    world.wait_for_talk(word(&waits, "id"));

    world.restart();

    let (problem, told) = refused(&world, &number(3));
    assert_eq!(told, ["OH-0028", "spend_per_day", "dial.spend_per_day"], "{problem}");
    assert!(word(&problem, "detail").contains("0.028"), "{problem}");
    assert_eq!(word(&world.call(word(&waits, "id")), "state"), "in_progress", "who talks, talks on");
}

#[test]
fn whoever_asks_for_an_emergency_number_is_on_record() {
    let world = World::start(Line::Webhooks, "calls.destinations = ['*']");
    let (problem, told) = refused(&world, "911");
    assert_eq!(told[..2], ["OH-0004", "emergency"], "{problem}");
    let (_, out, _) = words(&world.command(&["audit", "--refused", "--json"]));
    let page: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(word(&page["decisions"][0], "to"), "911", "{page}");
}
