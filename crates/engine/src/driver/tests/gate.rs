//! The dial gate in the turn: when it is asked, and what is kept of its answer.

use super::orphans::{orphan, ours};
use super::*;
use call::call::{CarrierEnding, CommandId, EndingKind, Input, Outcome, Performed, Verb};
use call::gate::opt_out::plain;
use call::gate::{Decided, Destinations, ListedBy, Rule, Stage};
use std::collections::BTreeSet;
use store::sqlite::SqliteHistory;
use store::{History, KeptRecord, RecordQuery};

const THEM: &str = "+12125550143";

/// 2023-11-14 at 17:13 in New York; the night begins at nine.
const EVENING: Timestamp = NOW;

fn with(gate: Rules) -> World {
    let opt_out = OptOut { digits: Some("9".to_owned()), words: vec![plain("stop calling")] };
    world(Settings { gate, opt_out, ..settings(9) })
}

fn quiet() -> Rules {
    Rules { quiet: Some("21:00-08:00".parse().unwrap()), ..Rules::default() }
}

fn refused(answer: &Answer) -> Refused {
    match answer {
        Answer::Refused(Refusal::Gate(refused)) => (**refused).clone(),
        other => panic!("{other:?}"),
    }
}

fn rule(answer: &Answer) -> Rule {
    refused(answer).rule()
}

fn ending(call: &Call) -> (EndingKind, EndedBy, String) {
    match &call.state {
        CallState::Ended(over) => (over.ending.kind, over.ending.by, over.ending.cause.clone()),
        other => panic!("{other:?}"),
    }
}

impl World {
    fn records(&self) -> Vec<KeptRecord> {
        let mut history = SqliteHistory::open(&self._folder.path().join("calls.db")).unwrap();
        let mut records = history.gate_records(&RecordQuery { limit: 99, ..RecordQuery::default() }).unwrap();
        records.reverse();
        records
    }

    /// What was decided, in one line: the word, the stage, the rule.
    fn decided(&self) -> Vec<String> {
        let line = |kept: KeptRecord| match kept.record.decided {
            Decided::Allowed { stage, .. } => format!("allowed at {}", stage.word()),
            Decided::Refused { stage, refused } => format!("{} at {}", refused.rule().word(), stage.word()),
            other => other.word().to_owned(),
        };
        self.records().into_iter().map(line).collect()
    }

    fn call(&mut self, id: u128) -> Call {
        self.news(id, Source::Gateway, News::AnswerRequested)
    }

    fn list(&mut self, number: &str) -> Answer {
        let numbers = vec![(number.parse().unwrap(), String::new())];
        self.hear(Heard::List { numbers, by: ListedBy::Api })
    }

    fn talking(&mut self, id: u128, leg: &str) {
        self.placed(id, THEM, leg);
        let progressed = News::Progressed { leg: sid(leg), progress: Progress::InProgress };
        self.hear(webhook(Some(id), leg, Some(progressed), false));
    }
}

#[test]
fn an_order_in_quiet_hours_is_refused_with_the_hour_at_which_it_may_be_placed() {
    let mut world = with(quiet());
    world.now = EVENING + Duration::from_secs(4 * 3600);
    let refused = refused(&world.order(1, THEM, None));
    assert_eq!(refused.rule(), Rule::QuietHours);
    let until = refused.not_before().unwrap();
    assert_eq!(world.decided(), ["quiet_hours at order"]);
    world.now = until;
    assert_eq!(state(&world.order(1, THEM, None)), "placing");
}

#[test]
fn a_call_that_waits_when_the_night_begins_is_not_placed() {
    let mut world = world(Settings { gate: quiet(), ..settings(1) });
    world.now = EVENING + Duration::from_secs(13_559);
    world.placed(1, "+12125550144", "CA1");
    assert_eq!(state(&world.order(2, THEM, None)), "queued");
    world.effects();
    world.now = EVENING + Duration::from_secs(13_610);
    world.hear(webhook(Some(1), "CA1", Some(over("CA1", EndingKind::Completed)), false));
    let call = world.call(2);
    assert_eq!(ending(&call), (EndingKind::Failed, EndedBy::Gateway, "quiet_hours".to_owned()));
    assert!(!world.effects().contains(&Effect::Place));
    assert_eq!(world.decided(), ["allowed at admission", "quiet_hours at admission"]);
    assert_eq!(world.records()[1].record.call, Some(CallId::from_bits(2)));
}

#[test]
fn the_attempts_that_are_counted_do_not_hold_the_call_itself() {
    let mut world = with(Rules { attempts_per_hour: 1, attempts_per_day: 2, ..Rules::default() });
    assert_eq!(state(&world.order(1, THEM, None)), "placing");
    assert_eq!(rule(&world.order(2, THEM, None)), Rule::AttemptsPerHour);
    world.now = NOW + Duration::from_secs(3_601);
    let mut second = facts(Direction::Outbound, 2, "+12025550101", THEM);
    second.created_at = world.now;
    assert_eq!(
        state(&world.hear(Heard::Order(Box::new(Order {
            facts: second,
            key: None,
            quota: Quota::default()
        })))),
        "placing"
    );
    world.now = NOW + Duration::from_secs(7_300);
    assert_eq!(rule(&world.order(3, THEM, None)), Rule::AttemptsPerDay);
}

#[test]
fn an_emergency_number_is_refused_and_the_attempt_is_kept() {
    let mut world = with(Rules::default());
    assert_eq!(rule(&world.order(1, "911", None)), Rule::Emergency);
    assert_eq!(world.records()[0].record.to, "911");
}

#[test]
fn who_is_listed_is_neither_called_nor_put_through_to() {
    let mut world = with(Rules::default());
    world.talking(1, "CA1");
    world.list("+12125550199");
    assert_eq!(rule(&world.order(2, "+12125550199", None)), Rule::DoNotCall);
    let verb = Verb::Transfer { to: "+12125550199".parse().unwrap() };
    let _ = world.hear(Heard::Command {
        call: CallId::from_bits(1),
        verb: verb.clone(),
        key: None,
        by_agent: false,
    });
    let hold = |world: &mut World| {
        world.hear(Heard::Command {
            call: CallId::from_bits(1),
            verb: verb.clone(),
            key: None,
            by_agent: false,
        })
    };
    assert_eq!(rule(&hold(&mut world)), Rule::DoNotCall);
    assert!(world.decided().contains(&"do_not_call at transfer".to_owned()));
    let number = "+12125550199".parse().unwrap();
    assert!(matches!(world.hear(Heard::Unlist(number)), Answer::Listed(_)));
    assert!(matches!(hold(&mut world), Answer::Asked(..)));
    let number = "+12125550199".parse().unwrap();
    assert!(matches!(world.hear(Heard::Unlist(number)), Answer::Refused(Refusal::NotListed(_))));
    assert!(world.decided().contains(&"unlisted".to_owned()));
}

#[test]
fn who_is_listed_while_their_call_waits_is_not_called() {
    let mut world = world(settings(1));
    world.placed(1, "+12125550144", "CA1");
    world.order(2, THEM, None);
    world.list(THEM);
    world.hear(webhook(Some(1), "CA1", Some(over("CA1", EndingKind::Busy)), false));
    assert_eq!(ending(&world.call(2)).2, "do_not_call");
}

#[test]
fn an_older_entry_stays_as_it_is() {
    let mut world = with(Rules::default());
    let Answer::Listed(first) = world.list(THEM) else { panic!() };
    world.now = NOW + Duration::from_secs(60);
    let Answer::Listed(second) = world.list(THEM) else { panic!() };
    assert_eq!((first[0].1, second[0].1), (true, false));
    assert_eq!(first[0].0, second[0].0);
    assert_eq!(world.decided(), ["listed"]);
}

#[test]
fn who_rejected_a_call_is_left_alone_and_who_was_busy_is_not() {
    let mut world =
        with(Rules { rejected_pause: Duration::from_secs(3600), attempts_per_hour: 9, ..Rules::default() });
    for (id, leg, kind) in [(1, "CA1", EndingKind::Busy), (2, "CA2", EndingKind::Rejected)] {
        world.placed(id, THEM, leg);
        world.hear(webhook(Some(id), leg, Some(over(leg, kind)), false));
    }
    world.now = NOW + Duration::from_secs(3_599);
    assert_eq!(rule(&world.order(3, THEM, None)), Rule::Rejected);
    world.now = NOW + Duration::from_secs(3_600);
    assert_eq!(state(&world.order(3, THEM, None)), "placing");
}

#[test]
fn a_day_has_so_many_minutes() {
    let mut world = with(Rules { minutes_per_day: Some(3), ..Rules::default() });
    world.talking(1, "CA1");
    world.now = NOW + Duration::from_secs(61);
    world.hear(webhook(Some(1), "CA1", Some(over("CA1", EndingKind::Completed)), false));
    assert_eq!(state(&world.order(2, "+12125550144", None)), "placing", "two minutes were begun");
    world.news(2, Source::Reply, News::Placed { leg: sid("CA2"), also: None });
    let progressed = News::Progressed { leg: sid("CA2"), progress: Progress::InProgress };
    world.hear(webhook(Some(2), "CA2", Some(progressed), false));
    let refused = refused(&world.order(3, "+12125550145", None));
    assert_eq!(refused.rule(), Rule::MinutesPerDay, "the third is under way");
    world.now = refused.not_before().unwrap();
    assert_eq!(state(&world.order(3, "+12125550145", None)), "placing");
}

#[test]
fn a_carrier_has_so_many_places() {
    let carrier_live_max = BTreeMap::from([(CarrierName("main".to_owned()), 1)]);
    let mut world = world(Settings { carrier_live_max, ..settings(9) });
    assert_eq!(state(&world.order(1, THEM, None)), "placing");
    assert_eq!(state(&world.order(2, "+12125550144", None)), "queued");
    let mut other = facts(Direction::Outbound, 3, "+12025550100", "+12125550145");
    other.carrier = CarrierName("other".to_owned());
    assert_eq!(
        state(&world.hear(Heard::Order(Box::new(Order {
            facts: other,
            key: None,
            quota: Quota::default()
        })))),
        "placing"
    );
}

#[test]
fn a_key_pressed_unasked_puts_the_number_on_the_list_once() {
    let mut world = with(Rules::default());
    world.talking(1, "CA1");
    let pressed = |digits: &str, event: &str| News::DigitsHeard {
        leg: sid("CA1"),
        digits: digits.to_owned(),
        event_id: Some(event.to_owned()),
    };
    world.hear(webhook(Some(1), "CA1", Some(pressed("1", "e1")), false));
    assert_eq!(world.call(1).opted_out, None);
    for _ in 0..2 {
        world.hear(webhook(Some(1), "CA1", Some(pressed("9", "e2")), false));
    }
    assert_eq!(world.call(1).opted_out, Some(NOW));
    let refused = refused(&world.order(2, THEM, None));
    let Refused::DoNotCall { entry, .. } = refused else { panic!("{refused:?}") };
    assert_eq!((entry.by, entry.call), (ListedBy::CalleeKey, Some(CallId::from_bits(1))));
    assert_eq!(world.decided(), ["allowed at admission", "listed", "do_not_call at order"]);
}

/// The carrier's listing may not tell whom an orphan is with, and the webhook does.
#[test]
fn whoever_opts_out_of_a_call_that_was_taken_in_is_known_by_the_webhook() {
    let mut world = with(Rules::default());
    let Heard::Orphan(mut taken_in) = orphan(7, "CA7", ours(7)) else { unreachable!() };
    taken_in.facts.to = Party::read("");
    world.hear(Heard::Orphan(taken_in));
    let news = News::DigitsHeard { leg: sid("CA7"), digits: "9".to_owned(), event_id: None };
    let Heard::Webhook { carrier, heard, offer } = webhook(Some(7), "CA7", Some(news), false) else {
        unreachable!()
    };
    let ends = Some(Ends { to: Some(Party::read(THEM)), ..Ends::default() });
    let heard = Arc::new(HeardWebhook { ends, ..HeardWebhook::clone(&heard) });
    world.hear(Heard::Webhook { carrier, heard, offer });
    assert_eq!(rule(&world.order(8, THEM, None)), Rule::DoNotCall);
}

#[test]
fn words_in_answer_to_a_question_put_the_number_on_the_list() {
    let mut world = with(Rules::default());
    world.talking(1, "CA1");
    let verb = Verb::Ask { text: "Well?".to_owned(), input: Input::Speech, timeout: Duration::from_secs(5) };
    world.hear(Heard::Command { call: CallId::from_bits(1), verb, key: None, by_agent: false });
    let said = |text: &str| News::CommandHeard {
        leg: sid("CA1"),
        id: CommandId(1),
        performed: Performed::Finished(Outcome { speech: Some(text.to_owned()), ..Outcome::default() }),
    };
    world.hear(webhook(Some(1), "CA1", Some(said("Please, STOP calling me.")), false));
    assert_eq!(world.call(1).opted_out, Some(NOW));
    assert_eq!(rule(&world.order(2, THEM, None)), Rule::DoNotCall);
}

#[test]
fn a_country_that_is_not_allowed_any_more_is_not_called() {
    let home = Destinations::Countries(BTreeSet::from(["US".to_owned()]));
    let mut world = with(Rules { destinations: home, ..Rules::default() });
    assert_eq!(rule(&world.order(1, "+442079460123", None)), Rule::Destination);
    assert_eq!(world.decided(), [format!("destination at {}", Stage::Order.word())]);
}

fn over(leg: &str, kind: EndingKind) -> News {
    let ending = CarrierEnding { kind, code: "x".to_owned(), by: None, ended_at: None, duration: None };
    News::Over { leg: sid(leg), ending }
}
