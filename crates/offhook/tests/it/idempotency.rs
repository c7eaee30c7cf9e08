//! `Idempotency-Key`: one key, one call, one ring.

use crate::world::{Line, World, word};
use serde_json::json;

#[test]
fn the_same_key_is_the_same_call_also_after_a_death() {
    let mut world = World::start(Line::Webhooks, "");
    let to = world.talker(1);
    let wishes = json!({"to": to, "say": "Good day."});
    let first = world.place_under("k-1", &wishes);
    assert_eq!(first.status, 202, "{first:?}");
    let id = word(&first.json(), "id").to_owned();

    let again = world.place_under("k-1", &wishes);
    let other = world.place_under("k-1", &json!({"to": to, "say": "Good night."}));
    world.restart();
    let after_death = world.place_under("k-1", &wishes);
    let other_after_death = world.place_under("k-1", &json!({"to": world.talker(2)}));

    for repeat in [again, after_death] {
        assert_eq!((repeat.status, word(&repeat.json(), "id")), (202, id.as_str()), "{repeat:?}");
    }
    for other in [other, other_after_death] {
        assert_eq!((other.status, word(&other.json(), "code")), (422, "OH-0009"), "{other:?}");
    }
    world.wait_for_leg(&id);
    assert_eq!(world.truth().len(), 1, "one call, one ring");
}

#[test]
fn many_at_once_under_one_key_are_one_call() {
    let world = World::start(Line::Webhooks, "");
    let wishes = json!({"to": world.talker(1)});
    let ids: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| world.place_under("k-2", &wishes))).collect();
        threads.into_iter().map(|thread| word(&thread.join().unwrap().json(), "id").to_owned()).collect()
    });
    assert!(!ids[0].is_empty() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    world.wait_for_leg(&ids[0]);
    assert_eq!(world.truth().len(), 1);
}

#[test]
fn a_call_that_was_acknowledged_is_there_after_a_death() {
    let mut world = World::start(Line::Webhooks, "");
    for n in 1..=3 {
        let to = world.talker(n);
        let key = format!("k-{n}");
        let placed = world.place_under(&key, &json!({ "to": to }));
        world.restart();
        let id = word(&placed.json(), "id").to_owned();
        assert_eq!(word(&world.call(&id), "to"), to);
        world.place_under(&key, &json!({ "to": to }));
        assert!(world.truth_to(&to).len() <= 1, "the death placed no second call");
    }
}
