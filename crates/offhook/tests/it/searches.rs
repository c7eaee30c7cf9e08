//! Calls that are over, searched through the API and by `offhook history`.

use crate::world::{Line, OURS, World, word, words};
use serde_json::{Value, json};

/// The ids that a search finds.
fn found(world: &World, query: &str) -> Vec<String> {
    let page = world.get(&format!("/v1/calls?{query}"));
    page["calls"].as_array().unwrap().iter().map(|call| word(call, "id").to_owned()).collect()
}

fn history(world: &World, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let (code, out, said) = words(&world.command(&[&["history", "--json"], arguments].concat()));
    (code, serde_json::from_str(&out).unwrap_or(Value::Null), said)
}

#[test]
fn calls_are_found_by_what_they_were_like() {
    let world = World::start(Line::Webhooks, "");
    let (one, two) = (world.talker(1), world.talker(2));
    let asked = |to: &str, say: &str| {
        let id = word(&world.place_with(&json!({"to": to, "say": say})), "id").to_owned();
        world.wait_for_end(&id);
        id
    };
    let first = asked(&one, "Your Table is ready.");
    let second = asked(&two, "Your parcel is here.");
    let third = asked(&one, "Good night.");
    let live = world.dial(&world.talker(3));
    world.wait_for_talk(&live);
    let plus = |number: &str| number.replace('+', "%2B");
    assert_eq!(found(&world, &format!("to={}", plus(&one))), [third.clone(), first.clone()]);
    assert_eq!(found(&world, &format!("from={}&limit=1", plus(OURS))), std::slice::from_ref(&live));
    assert_eq!(found(&world, &format!("number={}", plus(&one))), [third.clone(), first.clone()]);
    assert_eq!(found(&world, &format!("number={}", plus(OURS))).len(), 4);
    assert_eq!(found(&world, "said=TABLE"), std::slice::from_ref(&first));
    assert_eq!(found(&world, "said=is+&ending=completed"), [second.clone(), first.clone()]);
    assert_eq!(found(&world, "carrier=line&live=true"), std::slice::from_ref(&live));
    assert_eq!(found(&world, "direction=inbound"), Vec::<String>::new());
    assert_eq!(found(&world, "until=2020-01-01T00:00:00Z"), Vec::<String>::new());
    assert_eq!(found(&world, "since=2020-01-01T00:00:00Z&state=ended").len(), 3);
    for (query, told) in [
        ("ending=gone", "the endings are completed"),
        ("direction=up", "inbound or outbound"),
        ("since=yesterday", "which is no time"),
        ("said=+", "said is empty"),
    ] {
        let answer = world.ask("GET", &format!("/v1/calls?{query}"), None);
        assert_eq!((answer.status, word(&answer.json(), "code")), (400, "OH-0002"), "{query}");
        assert!(answer.body.contains(told), "{query}: {}", answer.body);
    }

    let (code, page, said) = history(&world, &["--since", "1h", "--limit", "2"]);
    assert_eq!((code, page["calls"].as_array().map(Vec::len)), (Some(0), Some(2)), "{said}");
    let cursor = word(&page, "next").to_owned();
    let (_, rest, _) = history(&world, &["--since", "1h", "--cursor", &cursor]);
    assert_eq!(word(&rest["calls"][0], "id"), first, "{rest}");
    assert!(rest["next"].is_null(), "{rest}");
    let (_, page, _) = history(&world, &["--to", &two, "--search", "PARCEL"]);
    assert_eq!(word(&page["calls"][0], "id"), second, "{page}");
    let (_, page, _) = history(&world, &["--number", &two]);
    assert_eq!(word(&page["calls"][0], "id"), second, "{page}");
    let (code, out, said) = words(&world.command(&["history", "--limit", "1"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains(&third) && !out.contains(&first) && said.contains("--cursor"), "{out}{said}");
    let (code, out, said) = words(&world.command(&["history", "--ending", "busy"]));
    assert_eq!((code, out.as_str()), (Some(0), ""), "{said}");
    assert_eq!(words(&world.command(&["history", "--ending", "gone"])).0, Some(1));
    assert_eq!(words(&world.command(&["history", "--since", "then"])).0, Some(2));
}
