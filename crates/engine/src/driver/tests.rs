//! The crank on a real store in a temporary folder: what it admits, refuses, repeats and owes.
#![allow(clippy::unwrap_used)]

mod access;
mod forward;
mod gate;
mod orphans;
mod redacting;

use super::{Driver, Owed};
use crate::heard::{Answer, Heard, Offer, Order, Quota, Refusal, ScriptReply};
use crate::orphan::OrphanPolicy;
use crate::settings::{RecordingSettings, Settings};
use call::call::{
    CarrierEnding, CommandId, Direction, Effect, EndedBy, EndingKind, Facts, Limits, News, Page, Progress,
    Script, Sighting, Source, Speaks, Unknown, UnknownWhy, Verb,
};
use call::gate::{OptOut, Refused, Rules};
use call::{Call, CallId, CallState, CarrierCallId, CarrierName, Party, Timestamp};
use carrier::{Candidate, Ends, HeardWebhook, InboundCall, Listed, Mark};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::sqlite::SqliteStore;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

struct World {
    driver: Driver,
    now: Timestamp,
    owed: Vec<Owed>,
    _folder: tempfile::TempDir,
}

fn settings(live_max: u64) -> Settings {
    let seconds = Duration::from_secs;
    Settings {
        over_limit: None,
        live_max,
        gate: Rules { attempts_per_hour: 3, ..Rules::default() },
        redaction: call::redaction::Redaction::default(),
        opt_out: OptOut::default(),
        carrier_live_max: BTreeMap::new(),
        limits: Limits {
            queue_max: seconds(60),
            ring_max: seconds(45),
            duration_max: seconds(600),
            find_max: seconds(120),
            settle: seconds(15),
            look_unanswered: seconds(15),
            look_talking: seconds(60),
        },
        send_within: seconds(5),
        apart: BTreeMap::new(),
        names_anew: BTreeSet::new(),
        orphans: OrphanPolicy::HangUp,
        recording: RecordingSettings::default(),
        sweep_every: None,
        agents: BTreeMap::new(),
        numbers: BTreeMap::new(),
    }
}

fn world(settings: Settings) -> World {
    let folder = tempfile::tempdir().unwrap();
    let opened = SqliteStore::open(&folder.path().join("calls.db"), NOW).unwrap();
    let driver = Driver::new(Box::new(opened.store), settings, 1);
    World { driver, now: NOW, owed: Vec::new(), _folder: folder }
}

impl World {
    fn hear(&mut self, heard: Heard) -> Answer {
        let turned = self.driver.turn(&[heard], self.now).unwrap();
        self.owed.extend(turned.owed);
        turned.answers.into_iter().next().unwrap().unwrap()
    }

    fn order(&mut self, id: u128, to: &str, key: Option<&str>) -> Answer {
        let facts = facts(Direction::Outbound, id, "+12025550100", to);
        let key = key.map(|key| (key.to_owned(), to.to_owned()));
        self.hear(Heard::Order(Box::new(Order { facts, key, quota: Quota::default() })))
    }

    fn placed(&mut self, id: u128, to: &str, leg: &str) -> Call {
        self.order(id, to, None);
        self.news(id, Source::Reply, News::Placed { leg: sid(leg), also: None })
    }

    fn news(&mut self, id: u128, source: Source, news: News) -> Call {
        match self.hear(Heard::News { call: CallId::from_bits(id), source, news }) {
            Answer::Call(call) => *call,
            other => panic!("{other:?}"),
        }
    }

    fn effects(&mut self) -> Vec<Effect> {
        self.owed.drain(..).map(|owed| owed.effect).collect()
    }
}

fn facts(direction: Direction, id: u128, from: &str, to: &str) -> Facts {
    Facts {
        id: CallId::from_bits(id),
        direction,
        from: Party::read(from),
        to: Party::read(to),
        carrier: CarrierName("main".to_owned()),
        account: None,
        say: None,
        created_at: NOW,
        hold: false,
        agent: None,
        by_command: false,
        fallback: Vec::new(),
        record: false,
        imported_id: None,
        placed_by: None,
        limits: settings(1).limits,
    }
}

fn sid(text: &str) -> CarrierCallId {
    CarrierCallId::new(text).unwrap()
}

fn busy() -> CarrierEnding {
    let (kind, code) = (EndingKind::Busy, "busy".to_owned());
    CarrierEnding { kind, code, by: None, ended_at: None, duration: None }
}

fn state(answer: &Answer) -> &'static str {
    match answer {
        Answer::Call(call) => call.state.word(),
        other => panic!("{other:?}"),
    }
}

fn webhook(mark: Option<u128>, leg: &str, news: Option<News>, wants_script: bool) -> Heard {
    let heard = HeardWebhook {
        mark: mark.map_or(Mark::None, |bits| Mark::Unsigned(CallId::from_bits(bits))),
        leg: sid(leg),
        was: None,
        news,
        ends: None,
        inbound: None,
        page: wants_script.then_some(Page::First),
    };
    Heard::Webhook { carrier: CarrierName("main".to_owned()), heard: Arc::new(heard), offer: None }
}

#[test]
fn an_order_is_admitted_in_the_turn_that_hears_it() {
    let mut world = world(settings(2));
    assert_eq!(state(&world.order(1, "+12025550143", None)), "placing");
    assert_eq!(world.effects(), [Effect::Place]);
}

#[test]
fn a_call_over_the_limit_waits_until_a_place_is_free_and_is_then_dialled_once() {
    let mut world = world(settings(1));
    world.placed(1, "+12025550143", "CA1");
    assert_eq!(state(&world.order(2, "+12025550144", None)), "queued");
    assert_eq!(world.effects(), [Effect::Place]);
    let over = Sighting::Over(busy());
    world.news(1, Source::LookUp, News::Sighted { leg: sid("CA1"), sighting: over });
    assert_eq!(world.effects(), [Effect::Place]);
    world.hear(Heard::TakeDue(10));
    assert_eq!(world.effects(), []);
}

#[test]
fn a_call_that_waits_too_long_is_not_admitted_and_says_so() {
    let mut world = world(settings(1));
    world.placed(1, "+12025550143", "CA1");
    world.order(2, "+12025550144", None);
    world.now = NOW + Duration::from_secs(61);
    world.hear(Heard::TakeDue(10));
    let call = world.news(2, Source::Api, News::AnswerRequested);
    let CallState::Ended(over) = &call.state else { panic!("{:?}", call.state) };
    assert_eq!((over.ending.by, over.ending.cause.as_str()), (EndedBy::Gateway, "not_admitted"));
}

#[test]
fn the_same_key_is_the_same_call_and_another_request_under_it_is_a_mistake() {
    let mut world = world(settings(9));
    world.order(1, "+12025550143", Some("k"));
    let again = world.order(2, "+12025550143", Some("k"));
    assert!(matches!(&again, Answer::Call(call) if call.facts.id == CallId::from_bits(1)));
    assert_eq!(world.effects(), [Effect::Place]);
    let other = world.order(3, "+12025550144", Some("k"));
    assert_eq!(other, Answer::Refused(Refusal::KeyReused(CallId::from_bits(1))));
}

#[test]
fn nobody_is_called_more_often_than_allowed() {
    let mut world = world(settings(9));
    for id in 1..=3 {
        world.order(id, "+12025550143", None);
    }
    let to = "+12025550143".to_owned();
    let refused = Refused::AttemptsPerHour { to, made: 3, allowed: 3 };
    assert_eq!(world.order(4, "+12025550143", None), Answer::Refused(refused.into()));
    assert_eq!(state(&world.order(5, "+12025550144", None)), "placing");
    world.now = NOW + Duration::from_secs(3_601);
    assert!(matches!(world.order(6, "+12025550143", None), Answer::Call(_)));
}

#[test]
fn while_paused_nothing_is_ordered_and_nothing_queued_goes() {
    let mut world = world(settings(1));
    world.placed(1, "+12025550143", "CA1");
    world.order(2, "+12025550144", None);
    world.effects();
    world.hear(Heard::Pause(Some("night".to_owned())));
    let night = Refused::Paused { reason: "night".to_owned() };
    assert_eq!(world.order(3, "+12025550145", None), Answer::Refused(night.into()));
    world.news(1, Source::Webhook, News::HangUpRequested { by: EndedBy::Agent, cause: "x".to_owned() });
    assert_eq!(world.effects(), [Effect::HangUp(sid("CA1"))]);
    world.hear(Heard::Pause(None));
    world.hear(Heard::TakeDue(1));
    assert_eq!(world.effects(), []);
}

#[test]
fn two_placements_between_the_same_numbers_are_not_in_doubt_together() {
    let mut world = world(settings(9));
    world.order(1, "+12025550143", None);
    assert_eq!(state(&world.order(2, "+12025550143", None)), "queued");
    world.news(1, Source::Reply, News::Placed { leg: sid("CA1"), also: None });
    world.hear(Heard::TakeDue(1));
    assert_eq!(world.effects(), [Effect::Place, Effect::Place]);
}

/// Plivo tells of a call that ended its last name alone, and not what it was made for.
#[test]
fn who_is_named_anew_is_named_before_the_same_number_is_called_again() {
    let mut late = settings(9);
    late.names_anew.insert(CarrierName("main".to_owned()));
    let mut world = world(late);
    world.placed(1, "+12025550143", "CA1");
    assert_eq!(state(&world.order(2, "+12025550143", None)), "queued");
    assert_eq!(state(&world.order(3, "+12025550144", None)), "placing");
    assert_eq!(world.effects(), [Effect::Place, Effect::Place]);
    world.news(1, Source::Webhook, News::Named { leg: sid("CA9"), was: sid("CA1") });
    world.hear(Heard::TakeDue(1));
    assert_eq!(world.effects(), [Effect::Place]);
}

#[test]
fn calls_are_paced_to_the_carriers_calls_per_second() {
    let mut slow = settings(9);
    slow.apart.insert(CarrierName("main".to_owned()), Duration::from_secs(1));
    let mut world = world(slow);
    for (id, to) in [(1, "+12025550143"), (2, "+12025550144"), (3, "+12025550145")] {
        world.order(id, to, None);
    }
    let mut dialled = vec![world.effects().len()];
    for _ in 0..3 {
        world.now = world.now + Duration::from_millis(600);
        world.hear(Heard::TakeDue(1));
        dialled.push(world.effects().len());
    }
    assert_eq!(dialled, [1, 0, 1, 0]);
}

#[test]
fn a_candidate_that_belongs_to_another_call_is_not_adopted() {
    let mut world = world(settings(9));
    world.placed(1, "+12025550143", "CA1");
    world.order(2, "+12025550143", None);
    let live = || Sighting::Live { progress: Progress::Ringing, lasted: None };
    let candidate = |leg: &str| Candidate { leg: sid(leg), sighting: live() };
    let heard = |legs: &[&str]| Heard::Candidates {
        call: CallId::from_bits(2),
        candidates: legs.iter().map(|leg| candidate(leg)).collect(),
    };
    assert_eq!(state(&world.hear(heard(&["CA1"]))), "placing");
    assert_eq!(state(&world.hear(heard(&["CA1", "CA2", "CA3"]))), "placing");
    world.now = world.now + Duration::from_secs(600);
    for _ in 0..3 {
        assert_eq!(state(&world.hear(heard(&["CA1", "CA2", "CA3"]))), "placing", "two may live");
    }
    let adopted = world.hear(heard(&["CA1", "CA2"]));
    assert!(matches!(&adopted, Answer::Call(call) if call.leg() == Some(&sid("CA2"))));
}

#[test]
fn a_placement_that_fits_several_calls_that_are_over_gives_its_place_back() {
    let mut world = world(settings(1));
    world.order(1, "+12025550143", None);
    let over = |leg: &str| Candidate { leg: sid(leg), sighting: Sighting::Over(busy()) };
    let heard =
        || Heard::Candidates { call: CallId::from_bits(1), candidates: vec![over("CA1"), over("CA2")] };
    world.now = world.now + Duration::from_secs(600);
    assert_eq!(state(&world.hear(heard())), "placing");
    assert_eq!(state(&world.hear(heard())), "ended");
    assert_eq!(state(&world.order(2, "+12025550144", None)), "placing");
}

#[test]
fn a_stream_is_attached_once_and_to_a_call_that_talks() {
    let mut world = world(settings(2));
    let url = "wss://example.com/sound".to_owned();
    let attach =
        |call: u128, number| Heard::Attach { call: CallId::from_bits(call), command: CommandId(1), number };
    let is_refused = |answer: Answer| matches!(answer, Answer::Refused(Refusal::NoStreamAwaited { .. }));
    assert!(is_refused(world.hear(attach(1, 0))), "there is no such call");
    world.placed(1, "+12025550143", "CA1");
    world.news(1, Source::Webhook, News::Progressed { leg: sid("CA1"), progress: Progress::InProgress });
    assert!(is_refused(world.hear(attach(1, 0))), "nothing was asked");
    let verb = Verb::Stream { url, speaks: Speaks::Twilio };
    world.hear(Heard::Command { call: CallId::from_bits(1), verb, key: None, by_agent: false });
    assert!(is_refused(world.hear(attach(1, 1))), "of another address");
    assert_eq!(state(&world.hear(attach(1, 0))), "in_progress");
    assert!(is_refused(world.hear(attach(1, 0))), "twice");
    world.news(1, Source::Api, News::HangUpRequested { by: EndedBy::Agent, cause: "x".to_owned() });
    assert!(is_refused(world.hear(attach(1, 1))), "the call is to end");
}

#[test]
fn a_repeated_webhook_gets_the_same_answer_and_costs_no_disk() {
    let mut world = world(settings(9));
    world.order(1, "+12025550143", None);
    let news = || Some(News::Progressed { leg: sid("CA1"), progress: Progress::InProgress });
    let first = world.hear(webhook(Some(1), "CA1", news(), true));
    assert!(matches!(&first, Answer::Script(ScriptReply { script: Some(Script::Hold(_)), .. })));
    let before = world.news(1, Source::Api, News::AnswerRequested);
    assert_eq!(world.hear(webhook(Some(1), "CA1", news(), true)), first);
    assert_eq!(world.news(1, Source::Api, News::AnswerRequested), before);
}

#[test]
fn a_webhook_without_our_mark_finds_its_call_by_the_leg_and_a_foreign_one_makes_none() {
    let mut world = world(settings(9));
    world.placed(1, "+12025550143", "CA1");
    let news = |leg: &str| Some(News::Progressed { leg: sid(leg), progress: Progress::Ringing });
    let ours = world.hear(webhook(None, "CA1", news("CA1"), false));
    assert_eq!(ours, Answer::Script(ScriptReply { call: Some(CallId::from_bits(1)), script: None }));
    let foreign = world.hear(webhook(None, "CA9", news("CA9"), true));
    assert_eq!(foreign, Answer::Script(ScriptReply { call: None, script: Some(Script::HangUp) }));
}

/// It asked the wrong gateway, which must neither move a call of its own by it nor end that one.
#[test]
fn another_installation_s_webhook_is_left_alone_whatever_else_fits() {
    let mut world = world(settings(2));
    let call = world.placed(1, "+12025550143", "CA1");
    let Heard::Webhook { carrier, mut heard, .. } = webhook(
        Some(1),
        "CA1",
        Some(News::Progressed { leg: sid("CA1"), progress: Progress::InProgress }),
        true,
    ) else {
        panic!("it is a webhook")
    };
    let told = Arc::make_mut(&mut heard);
    told.mark = Mark::Others;
    let (from, to) = (Party::read("+12025550143"), Party::read("+12025550100"));
    told.inbound = Some(InboundCall { from, to });
    let Heard::Webhook { offer, .. } = comes_in(2, "CA2", None) else { panic!("it is an offer") };
    let answer = world.hear(Heard::Webhook { carrier, heard, offer });
    let script = Some(Script::Hold(Duration::from_secs(600)));
    assert_eq!(answer, Answer::Script(ScriptReply { call: None, script }));
    let now = world.news(1, Source::Gateway, News::AnswerRequested);
    assert_eq!(now.state, call.state);
}

fn comes_in(id: u128, leg: &str, declined: Option<&str>) -> Heard {
    let (from, to) = (Party::read("+12025550143"), Party::read("+12025550100"));
    let heard = HeardWebhook {
        mark: Mark::None,
        leg: sid(leg),
        ends: None,
        news: Some(News::Progressed { leg: sid(leg), progress: Progress::Ringing }),
        inbound: Some(InboundCall { from, to }),
        was: None,
        page: Some(Page::First),
    };
    let facts = facts(Direction::Inbound, id, "+12025550143", "+12025550100");
    let offer = Offer { facts, declined: declined.map(str::to_owned), ring_out: false, full: None };
    Heard::Webhook {
        carrier: CarrierName("main".to_owned()),
        heard: Arc::new(heard),
        offer: Some(Box::new(offer)),
    }
}

#[test]
fn a_call_that_comes_in_is_decided_in_the_same_turn_and_a_doubled_webhook_makes_one_call() {
    let mut world = world(settings(1));
    let answered = world.hear(comes_in(1, "CA1", None));
    assert!(matches!(&answered, Answer::Script(ScriptReply { script: Some(Script::SayAndHangUp(_)), .. })));
    assert_eq!(world.hear(comes_in(2, "CA1", None)), answered);
    let full = world.hear(comes_in(3, "CA3", None));
    assert!(matches!(&full, Answer::Script(ScriptReply { script: Some(Script::Reject), .. })));
    assert_eq!(state(&world.order(4, "+12025550144", None)), "queued");
}

#[test]
fn an_unwanted_caller_is_declined_by_the_reply_and_a_look_verifies_it() {
    let mut world = world(settings(9));
    let declined = world.hear(comes_in(1, "CA1", Some("inbound_denied")));
    assert!(matches!(&declined, Answer::Script(ScriptReply { script: Some(Script::Reject), .. })));
    assert_eq!(world.effects(), []);
    world.now = NOW + Duration::from_secs(2);
    world.hear(Heard::TakeDue(1));
    assert_eq!(world.effects(), [Effect::LookUp(sid("CA1"))]);
}

/// It may have been placed after the backup was made: two rings are worse than none.
#[test]
fn what_waits_in_a_store_that_went_back_is_looked_for_and_never_placed() {
    let mut world = world(settings(1));
    world.placed(1, "+12025550143", "CA1");
    world.order(2, "+12025550144", None);
    world.effects();
    let went_back = || Heard::Start { paused: Some("the store went back".to_owned()) };
    world.hear(went_back());
    world.hear(went_back());
    world.hear(Heard::Pause(None));
    world.now = NOW + Duration::from_secs(20);
    world.hear(Heard::TakeDue(10));
    let effects = world.effects();
    assert!(effects.contains(&Effect::Find) && !effects.contains(&Effect::Place), "{effects:?}");
}

#[test]
fn an_answer_that_changes_nothing_still_ends_the_lease() {
    let mut world = world(settings(9));
    world.placed(1, "+12025550143", "CA1");
    let why = Unknown { why: UnknownWhy::CarrierError, detail: String::new(), retry_after: None };
    world.hear(Heard::Start { paused: None });
    world.hear(Heard::TakeDue(10));
    world.news(1, Source::LookUp, News::Sighted { leg: sid("CA1"), sighting: Sighting::Unknown(why) });
    world.now = NOW + Duration::from_secs(2);
    assert_eq!(world.hear(Heard::TakeDue(10)), Answer::Taken(1));
}

#[test]
fn what_fails_leaves_no_trace_and_takes_nobody_with_it() {
    let mut world = world(settings(9));
    let order = |id| {
        Heard::Order(Box::new(Order {
            facts: facts(Direction::Outbound, id, "+12025550100", &format!("+1202555010{id}")),
            key: None,
            quota: Quota::default(),
        }))
    };
    // The same id twice: the second is a conflict, and the third goes on.
    let turned = world.driver.turn(&[order(1), order(1), order(2)], NOW).unwrap();
    let fine: Vec<bool> = turned.answers.iter().map(Result::is_ok).collect();
    assert_eq!(fine, [true, false, true]);
    assert_eq!(turned.owed.len(), 2);
}

#[test]
fn a_pruned_call_is_not_made_again_by_who_repeats_what_made_it() {
    let mut world = world(settings(2));
    world.hear(comes_in(7, "CA7", None));
    world.hear(webhook(None, "CA7", Some(News::Over { leg: sid("CA7"), ending: busy() }), false));
    world.order(1, "+12025550143", Some("key"));
    let reason = News::PlaceRefused { code: "1".to_owned(), reason: String::new() };
    assert!(world.news(1, Source::Reply, reason).state.is_ended());

    assert_eq!(world.hear(Heard::Prune { before: CallId::from_bits(99) }), Answer::Taken(6));
    assert_eq!(world.hear(Heard::Prune { before: CallId::from_bits(99) }), Answer::Taken(0));

    let not_ours = ScriptReply { call: None, script: Some(Script::HangUp) };
    assert_eq!(world.hear(comes_in(8, "CA7", None)), Answer::Script(not_ours));
    let again = world.order(2, "+12025550143", Some("key"));
    assert_eq!(again, Answer::Refused(Refusal::NoSuchCall(CallId::from_bits(1))));
}
