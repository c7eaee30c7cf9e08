//! Live calls that the store doesn't know: taken in, hung up or left alone.

use super::*;
use crate::orphan::Orphan;

pub(super) fn orphan(id: u128, leg: &str, mark: Mark) -> Heard {
    Heard::Orphan(Box::new(Orphan {
        mark,
        facts: facts(Direction::Outbound, id, "+12025550100", "+12025550143"),
        leg: sid(leg),
        also: None,
        progress: Progress::InProgress,
        lasted: Some(Duration::from_secs(30)),
        source: Source::Listing,
    }))
}

pub(super) fn ours(id: u128) -> Mark {
    Mark::Ours(CallId::from_bits(id))
}

#[test]
fn a_live_call_that_is_ours_and_not_known_is_taken_in_once_and_hung_up() {
    let mut world = world(settings(2));
    assert_eq!(state(&world.hear(orphan(7, "CA7", ours(7)))), "hanging_up");
    assert_eq!(world.effects(), [Effect::HangUp(sid("CA7"))]);
    assert_eq!(world.hear(orphan(7, "CA7", ours(7))), Answer::Done);
    assert_eq!(world.effects(), []);
}

#[test]
fn an_orphan_goes_on_or_is_left_alone_where_that_is_wished() {
    let with = |orphans| world(Settings { orphans, ..settings(2) });
    let mut adopting = with(OrphanPolicy::Adopt);
    let adopted = adopting.hear(orphan(7, "CA7", ours(7))).into_call().unwrap().unwrap();
    assert_eq!(adopted.answered_at(), Some(NOW - Duration::from_secs(30)));
    adopting.hear(Heard::TakeDue(10));
    assert_eq!(adopting.effects(), [Effect::LookUp(sid("CA7"))]);
    let mut reporting = with(OrphanPolicy::Report);
    assert_eq!(reporting.hear(orphan(7, "CA7", ours(7))), Answer::NotOurs);
    // Asked what to do on its line, the answer ends nothing.
    let heard = webhook(None, "CA7", None, true);
    let Heard::Webhook { carrier, mut heard, offer } = heard else { panic!("it is a webhook") };
    Arc::make_mut(&mut heard).mark = ours(7);
    let script = Some(Script::Hold(Duration::from_secs(600)));
    let answer = reporting.hear(Heard::Webhook { carrier, heard, offer });
    assert_eq!(answer, Answer::Script(ScriptReply { call: None, script }));
}

#[test]
fn a_mark_of_old_proves_nothing_of_a_call_that_is_not_known() {
    let mut world = world(settings(2));
    for mark in [Mark::Unsigned(CallId::from_bits(7)), Mark::None, Mark::Others] {
        assert_eq!(world.hear(orphan(7, "CA7", mark)), Answer::NotOurs);
    }
    assert_eq!(world.effects(), []);
}

#[test]
fn a_listed_leg_is_told_to_the_call_that_its_mark_names() {
    let mut world = world(settings(2));
    world.order(1, "+12025550143", None);
    world.effects();
    assert_eq!(world.hear(orphan(1, "CA1", Mark::Unsigned(CallId::from_bits(1)))), Answer::Done);
    let listed = |leg: &str| Listed {
        leg: sid(leg),
        also: None,
        sighting: Sighting::Live { progress: Progress::Ringing, lasted: None },
        age: None,
        mark: Mark::None,
        ends: Ends::default(),
    };
    let named = Listed { also: Some(sid("CA1")), ..listed("CA2") };
    let asked = Heard::Surveyed {
        carrier: CarrierName("main".to_owned()),
        listed: vec![listed("CA1"), named, listed("CA3")],
    };
    assert_eq!(world.hear(asked), Answer::Unknown(vec![listed("CA3")]));
    // A second leg is one too many.
    assert_eq!(world.hear(orphan(1, "CA9", ours(1))), Answer::Done);
    assert_eq!(world.effects(), [Effect::HangUp(sid("CA9"))]);
}
