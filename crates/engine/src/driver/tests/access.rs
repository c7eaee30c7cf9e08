//! Tokens, and what is on record of who asked for what.

use super::*;
use crate::access::Asker;
use crate::heard::TokenChange;
use call::access::Grant;
use store::sqlite::SqliteHistory;
use store::{AccessQuery, History, KeptToken};

fn order(id: u128, to: &str, quota: Quota) -> Heard {
    let placed_by = Some("clerk".to_owned());
    let facts = Facts { placed_by, ..facts(Direction::Outbound, id, "+12025550100", to) };
    Heard::Order(Box::new(Order { facts, key: None, quota }))
}

fn history(world: &World) -> SqliteHistory {
    SqliteHistory::open(&world._folder.path().join("calls.db")).unwrap()
}

#[test]
fn what_is_done_is_on_record_in_the_turn_that_does_it_and_once() {
    let mut world = world(settings(9));
    let asker = |name: &str| Some(Arc::new(Asker::new("clerk".to_owned(), "place", name.to_owned())));
    let askers = [asker("a"), None, asker("c"), asker("d")];
    let id = |n: u128| CallId::from_bits(n);
    let hang_up = Heard::HangUp { call: id(9), by: EndedBy::Agent, cause: "x".to_owned() };
    let heard = [
        order(1, "+12025550143", Quota::default()),
        order(2, "+12025550144", Quota::default()),
        hang_up,
        order(4, "+12025550145", Quota::default()),
    ];
    askers[3].as_ref().unwrap().note();
    world.driver.turn_for(&heard, &askers, NOW).unwrap();

    let query = AccessQuery { limit: 9, ..AccessQuery::default() };
    let lines = history(&world).access_lines(&query).unwrap();

    let told: Vec<_> = lines.iter().map(|kept| (kept.line.request_id.as_str(), kept.line.call)).collect();
    assert_eq!(told, [("a", Some(id(1)))], "nobody's is not, nor what is refused, nor what is on record");
}

#[test]
fn a_token_asks_for_so_many_calls_in_an_hour_and_in_a_day() {
    let mut world = world(settings(99));
    let quota = Quota { per_hour: Some(2), per_day: Some(3) };
    let minutes = |n: u64| Duration::from_secs(60 * n);
    // Names begin with the time of their calls.
    let at = |minute: u64| (NOW + minutes(minute)).as_millis();
    for (n, (minute, expected)) in
        [(0, None), (1, None), (2, Some("an hour")), (61, None), (62, Some("24 hours")), (24 * 60 + 1, None)]
            .into_iter()
            .enumerate()
    {
        world.now = NOW + minutes(minute);
        let id = (u128::try_from(at(minute)).unwrap() << 80) | n as u128;
        let refused = match world.hear(order(id, &format!("+1202555{:04}", 110 + n), quota)) {
            Answer::Refused(Refusal::TokenUsedUp { hours, .. }) => Some(hours),
            Answer::Call(_) => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(refused, expected, "after {minute} minutes");
    }
}

#[test]
fn a_rotated_token_keeps_what_it_may_and_the_text_before_for_a_while() {
    let mut world = world(settings(1));
    let token = KeptToken {
        name: "clerk".to_owned(),
        hash: "one".to_owned(),
        old: None,
        grant: Grant { calls_per_day: Some(7), ..Grant::everything() },
        created_at: NOW,
        rotated_at: None,
        expires_at: None,
        last_used_at: None,
    };
    let add = || Heard::Token(TokenChange::Add(Box::new(token.clone())));
    assert_eq!(world.hear(add()), Answer::Token(Box::new(token.clone())));
    assert!(matches!(world.hear(add()), Answer::Refused(Refusal::TokenTaken(_))));
    let used = vec![("clerk".to_owned(), NOW), ("gone".to_owned(), NOW)];
    assert_eq!(world.hear(Heard::Accessed { lines: Vec::new(), used }), Answer::Done);
    let rotate = |hash: &str, old_until| {
        let (name, hash) = ("clerk".to_owned(), hash.to_owned());
        Heard::Token(TokenChange::Rotate { name, hash, old_until, expires_at: None })
    };
    let later = NOW + Duration::from_secs(60);
    world.hear(rotate("two", later));
    let kept = history(&world).tokens().unwrap();
    let old = Some(("one".to_owned(), later));
    let expected =
        KeptToken { hash: "two".to_owned(), old, rotated_at: Some(NOW), last_used_at: Some(NOW), ..token };
    assert_eq!(kept, [expected]);
    world.hear(rotate("three", NOW));
    assert_eq!(history(&world).tokens().unwrap()[0].old, None, "good for no time at all");
    assert!(matches!(world.hear(Heard::Token(TokenChange::Remove("clerk".to_owned()))), Answer::Token(_)));
    assert!(matches!(world.hear(rotate("four", later)), Answer::Refused(Refusal::NoSuchToken(_))));
}
