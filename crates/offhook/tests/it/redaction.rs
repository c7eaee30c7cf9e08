//! With redaction switched on, a card's number that is said or pressed is kept nowhere and shown nowhere; the call's
//! agent, and whoever asked for it, get it all the same.

use crate::world::{
    API_TOKEN, Face, Line, Model, Replies, SOON, Sent, World, exchange, number, wait_until, word, words,
};
use serde_json::{Value, json};
use std::path::Path;

on_every_carrier!(
    a_card_that_is_said_reaches_the_model_and_is_kept_nowhere,
    a_card_that_is_pressed_reaches_whoever_asked_and_is_kept_nowhere,
);

const CARD: &str = "4111 1111 1111 1111";
const SAID: &str = "My card is 4111 1111 1111 1111, thank you.";
const HIDDEN: &str = "My card is •••• •••• •••• ••••, thank you.";
const REPEATED: &str = "I heard 4111 1111 1111 1111, and you are at +1 202 555 0177.";
const REPEATED_HIDDEN: &str = "I heard •••• •••• •••• ••••, and you are at +• ••• ••• ••••.";

fn a_card_that_is_said_reaches_the_model_and_is_kept_nowhere(face: Face) {
    let (mut world, model) = with_model(face, |n, _| match n {
        0 => Replies::Words(&[REPEATED]),
        1 => Replies::Never,
        _ => Replies::Tool("Goodbye.", "end_call", json!({})),
    });
    let them = world.speaker(SAID);
    let id = world.called_by_clerk(&them);

    let said = |body: &Value| {
        let messages = body["messages"].as_array().expect("there are messages").iter().skip(1);
        messages.map(|one| word(one, "content").to_owned()).collect::<Vec<String>>()
    };
    assert_eq!(said(&model.is_asked().1), [SAID]);
    assert_eq!(said(&model.is_asked().1), [SAID, REPEATED, SAID]);
    assert_eq!(world.n_heard(&them, REPEATED), 1);

    // What isn't kept, the next process doesn't know.
    world.kill_dash_nine();
    world.start_gateway();
    let (_, body) = model.is_asked();
    assert_eq!(said(&body)[..3], [HIDDEN, REPEATED_HIDDEN, HIDDEN]);
    world.wait_for_end(&id);

    assert!(world.get(&format!("/v1/calls/{id}/transcript")).to_string().contains(HIDDEN));
    assert_is_nowhere(&mut world, &id);
}

fn a_card_that_is_pressed_reaches_whoever_asked_and_is_kept_nowhere(face: Face) {
    let mut world = World::start(Line::On(face), REDACT);
    let them = number(1);
    let card = CARD.replace(' ', "");
    let presses = json!({
        "does": "press", "digits": card, "answer_after_ms": 0, "press_after_ms": 100, "talk_ms": 3_600_000
    });
    world.subscriber(&them, &presses);
    let id = word(&world.place_with(&json!({"to": them, "hold": true})), "id").to_owned();
    world.wait_for_talk(&id);

    let (code, out, said) = words(&world.command(&["ask", &id, "Your card?", "--digits", "16"]));

    assert_eq!((code, out.trim()), (Some(0), card.as_str()), "{said}");
    let page = format!("/v1/calls/{id}/commands/1");
    let shown = |token: &str| {
        let headers = vec![("Authorization".to_owned(), format!("Bearer {token}"))];
        let sent = Sent { method: "GET".to_owned(), path: page.clone(), headers, body: Vec::new() };
        let reply = exchange(world.gateway, &sent).expect("it answers");
        word(&reply.json()["command"], "digits").to_owned()
    };
    let (_, token, _) = words(&world.command(&["token", "add", "reader", "--scope", "read"]));
    assert_eq!(shown(API_TOKEN), card, "whoever may ask");
    assert_eq!(shown(token.trim()), "••••••••••••••••", "who may only read");
    assert_eq!(word(&world.call(&id)["commands"][0], "digits"), "••••••••••••••••");
    world.hang_up(&id);
    world.wait_for_end(&id);
    assert_is_nowhere(&mut world, &id);
}

/// No file of the gateway's, and no face of it, has the card's number.
fn assert_is_nowhere(world: &mut World, id: &str) {
    let pages = ["", "/events", "/transcript"].map(|page| format!("/v1/calls/{id}{page}"));
    for page in
        pages.iter().map(String::as_str).chain(["/v1/calls", "/v1/events?after=0&wait_s=0", "/metrics"])
    {
        assert_has_no_card(page, world.ask("GET", page, None).body.as_bytes());
    }
    for command in [&["show", id][..], &["show", id, "--json"], &["history", "--json"], &["export"]] {
        let (_, out, said) = words(&world.command(command));
        assert_has_no_card(&command.join(" "), format!("{out}{said}").as_bytes());
    }
    wait_until("the call was told of", SOON, || world.gateway_logs().contains("a call ended"));
    world.stop_gateway();
    let n_files = assert_no_file_has_it(&world.path("store"));
    assert!(n_files > 0, "there is something to search");
    assert_has_no_card("the log", world.gateway_logs().as_bytes());
}

fn assert_no_file_has_it(folder: &Path) -> usize {
    let entries =
        std::fs::read_dir(folder).expect("it can be read").map(|entry| entry.expect("it is there").path());
    entries
        .map(|path| match path.is_dir() {
            true => assert_no_file_has_it(&path),
            false => {
                assert_has_no_card(
                    &path.display().to_string(),
                    &std::fs::read(&path).expect("it can be read"),
                );
                1
            }
        })
        .sum()
}

fn assert_has_no_card(name: &str, bytes: &[u8]) {
    for card in [CARD.to_owned(), CARD.replace(' ', ""), "202 555 0177".to_owned()] {
        let is_there = bytes.windows(card.len()).any(|window| window == card.as_bytes());
        assert!(!is_there, "{name} has {card}");
    }
}

fn with_model(face: Face, script: fn(usize, &Value) -> Replies) -> (World, Model) {
    let model = Model::start(script);
    let agent = format!(
        "{REDACT}\n[agents.clerk]\nkind = 'llm'\nbase_url = '{}'\nmodel = 'wise-1'\nprompt = 'Be kind.'\nreply_within = '2s'",
        model.base_url
    );
    (World::start(Line::On(face), &agent), model)
}

const REDACT: &str = "privacy.redact = ['cards', 'numbers']";
