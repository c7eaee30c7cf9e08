//! What is kept of what is said, and who knows more.

use super::*;
use call::Event;
use call::call::{CommandId, Outcome, Performed, Verb};
use call::dialogue::Speaker;
use call::redaction::Redaction;
use store::sqlite::SqliteHistory;
use store::{History as _, KeptEvent, rebuild};

const CARD: &str = "4111111111111111";
fn me() -> CallId {
    CallId::from_bits(1)
}

fn hears_a_card() -> World {
    let redaction = Redaction { cards: true, numbers: false };
    let mut world = world(Settings { redaction, ..settings(1) });
    let mut facts = facts(Direction::Outbound, 1, "+12025550100", "+12025550143");
    facts.hold = true;
    world.hear(Heard::Order(Box::new(Order { facts, key: None, quota: Quota::default() })));
    world.news(1, Source::Reply, News::Placed { leg: sid("CA1"), also: None });
    let answered = News::Progressed { leg: sid("CA1"), progress: Progress::InProgress };
    world.news(1, Source::Webhook, answered);
    world.effects();
    world
}

fn spoken(text: &str) -> News {
    News::Spoken {
        by: Speaker::Remote,
        text: text.to_owned(),
        after_ms: None,
        waits: None,
        talk_over_ms: None,
        vendors: None,
    }
}

fn agent_says(text: &str) -> Heard {
    let verb = Verb::Say { text: text.to_owned() };
    Heard::Command { call: me(), verb, key: None, by_agent: true }
}

fn on_disk(world: &World) -> (Call, Vec<KeptEvent>) {
    let mut history = SqliteHistory::open(&world._folder.path().join("calls.db")).unwrap();
    (history.call(me()).unwrap().unwrap().call, history.events(me(), 0, 1_000).unwrap())
}

fn says(call: &Call) -> Option<&str> {
    match &call.commands.last()?.verb {
        Verb::Say { text } => Some(text),
        _ => None,
    }
}

#[test]
fn what_is_owed_is_whole_what_is_kept_and_answered_is_not_and_the_log_folds_to_the_state() {
    let mut world = hears_a_card();

    world.news(1, Source::Agent, spoken(&format!("It is {CARD}.")));
    let Answer::Asked(told, _) = world.hear(agent_says(&format!("{CARD}, right?"))) else {
        panic!("it is asked")
    };

    assert_eq!(says(&told), Some("••••••••••••••••, right?"));
    let owed: Vec<Option<&str>> = world.owed.iter().map(|owed| says(&owed.call)).collect();
    assert_eq!(owed, [Some("4111111111111111, right?")]);
    let heard = News::CommandHeard {
        leg: sid("CA1"),
        id: CommandId(1),
        performed: Performed::Finished(Outcome { digits: Some(CARD.to_owned()), ..Outcome::default() }),
    };
    world.news(1, Source::Webhook, heard);
    let (kept, log) = on_disk(&world);
    assert_eq!(rebuild(&log).unwrap(), kept);
    assert!(!format!("{kept:?}{log:?}").contains(CARD));
    let whole = world.driver.unredacted().get(me()).unwrap();
    let redacted: Vec<Event> = log.iter().map(|line| line.event.clone()).collect();
    let mut known = log;
    world.driver.unredacted().whole_log(me(), &mut known);
    assert_eq!(rebuild(&known).unwrap(), whole.call);
    assert_eq!(known.iter().zip(&redacted).filter(|(whole, kept)| whole.event != **kept).count(), 3);
}

#[test]
fn what_was_heard_is_forgotten_a_minute_after_the_call() {
    let mut world = hears_a_card();
    world.news(1, Source::Agent, spoken(CARD));
    let before = world.driver.unredacted().get(me()).unwrap().version;
    world.news(1, Source::Agent, spoken("Is that all?"));
    assert_eq!(world.driver.unredacted().get(me()).unwrap().version, before + 1);

    world.news(1, Source::LookUp, News::Sighted { leg: sid("CA1"), sighting: Sighting::Over(busy()) });

    assert!(world.driver.unredacted().get(me()).is_some(), "whoever asked may still come");
    world.now = NOW + Duration::from_secs(61);
    world.order(2, "+12025550144", None);
    assert!(world.driver.unredacted().get(me()).is_none());
}

#[test]
fn another_process_knows_what_is_kept() {
    let mut world = hears_a_card();
    world.hear(agent_says(CARD));
    let World { driver, _folder: folder, .. } = world;
    let redaction = driver.settings.redaction;
    drop(driver);
    let opened = SqliteStore::open(&folder.path().join("calls.db"), NOW).unwrap();
    let driver = Driver::new(Box::new(opened.store), Settings { redaction, ..settings(1) }, 2);
    let mut world = World { driver, now: NOW + Duration::from_secs(60), owed: Vec::new(), _folder: folder };

    world.news(1, Source::Agent, spoken(CARD));

    let (kept, log) = on_disk(&world);
    assert_eq!(rebuild(&log).unwrap(), kept);
    assert_eq!(says(&world.driver.unredacted().get(me()).unwrap().call), Some("••••••••••••••••"));
}
