//! Calls that live at random, against a model in memory: whatever happens to them, the store says
//! what the model says, and their logs rebuild them.

use crate::conformance::failure;
use crate::lives::{asked, at, carrier, ending, event, hear, id, leg, next, offered};
use call::call::{Decline, EndedBy, Found, HangUpReply, Progress, Unknown, UnknownWhy};
use call::{Call, CarrierCallId, Event, News, Sighting};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;
use store::sqlite::{SqliteHistory, SqliteStore};
use store::{CallQuery, History, Kept, Store, StoreError};

/// Something that happens to one of the calls.
#[derive(Clone, Debug)]
struct Happening {
    call: u64,
    /// Whether a first event, should it be one, is an inbound call.
    inbound: bool,
    news: News,
    /// Whether the engine fails after it was written.
    fails: bool,
}

#[derive(Default)]
struct Model {
    calls: BTreeMap<u64, Kept>,
    legs: BTreeMap<CarrierCallId, u64>,
    n_events: u64,
}

impl Model {
    /// What becomes of the call, unless one of its legs is another call's.
    fn hear(&mut self, n: u64, event: &Event) -> bool {
        let old = self.calls.get(&n);
        let call = next(old.map(|kept| &kept.call), event);
        let legs = legs_of(&call);
        if legs.iter().any(|leg| self.legs.get(leg).is_some_and(|owner| *owner != n)) {
            return false;
        }
        let version = old.map_or(0, |kept| kept.version) + 1;
        self.legs.extend(legs.into_iter().map(|leg| (leg, n)));
        self.calls.insert(n, Kept { call, version });
        self.n_events += 1;
        true
    }
}

fn legs_of(call: &Call) -> Vec<CarrierCallId> {
    call.leg().into_iter().chain(call.strays.iter().map(|stray| &stray.leg)).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_store_says_what_happened(turns in vec((vec(happening(), 1..12), prop::bool::weighted(0.1)), 1..20)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.db");
        let mut store = SqliteStore::open(&path, at(0)).unwrap().store;
        let mut model = Model::default();
        for (second, (happenings, refused)) in (0..).zip(turns) {
            let mut then = Model { calls: model.calls.clone(), legs: model.legs.clone(), ..model };
            let done = store.turn(&mut |page| {
                for happening in &happenings {
                    let event = happening.event(then.calls.contains_key(&happening.call), second);
                    let kept = page.within(&mut |page| {
                        hear(page, happening.call, &event)?;
                        if happening.fails { Err(failure()) } else { Ok(()) }
                    });
                    match kept {
                        Ok(()) => assert!(then.hear(happening.call, &event)),
                        Err(StoreError::Failed(_)) => assert!(happening.fails),
                        Err(StoreError::Conflict(_)) => assert!(!then.hear(happening.call, &event)),
                        Err(error) => panic!("{error}"),
                    }
                }
                if refused { Err(failure()) } else { Ok(()) }
            });
            prop_assert_eq!(done.is_ok(), !refused);
            if !refused {
                model = then;
            }
        }
        agree(&mut store, &mut SqliteHistory::open(&path).unwrap(), &model);
        drop(store);
        let opened = SqliteStore::open(&path, at(0)).unwrap();
        prop_assert_eq!(opened.rewound, None);
        let mut store = opened.store;
        agree(&mut store, &mut SqliteHistory::open(&path).unwrap(), &model);
    }
}

fn agree(store: &mut SqliteStore, history: &mut SqliteHistory, model: &Model) {
    let all = CallQuery { limit: 99, ..CallQuery::default() };
    let mut calls = history.calls(&all).unwrap();
    calls.reverse();
    assert_eq!(calls, model.calls.values().cloned().collect::<Vec<_>>());
    let n_events: usize = model.calls.keys().map(|n| history.events(id(*n), 0, 999).unwrap().len()).sum();
    assert_eq!(u64::try_from(n_events).unwrap(), model.n_events);
    assert_eq!(history.verify_log().unwrap(), []);
    store
        .turn(&mut |page| {
            for (leg, n) in &model.legs {
                assert_eq!(page.call_by_leg(&carrier(), leg)?, Some(id(*n)));
            }
            let live = model.calls.values().filter(|kept| kept.call.state.is_live()).count();
            assert_eq!(page.live()?, u64::try_from(live).unwrap());
            let due = model.calls.values().filter(|kept| kept.call.due_at().is_some()).count();
            let forever = call::Timestamp(i64::MAX);
            assert_eq!(page.take_due(forever, forever, 99)?.len(), due);
            Err(failure())
        })
        .unwrap_err();
}

impl Happening {
    fn event(&self, lives: bool, second: i64) -> Event {
        match (lives, self.inbound) {
            (true, _) => event(second, self.news.clone()),
            (false, false) => asked(self.call, second),
            (false, true) => offered(self.call, second, leg(self.call)),
        }
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    (0..5_u64, any::<bool>(), news(), prop::bool::weighted(0.1))
        .prop_map(|(call, inbound, news, fails)| Happening { call, inbound, news, fails })
}

fn news() -> impl Strategy<Value = News> {
    let cause = || "some cause".to_owned();
    prop_oneof![
        3 => (0..40_i64).prop_map(|second| News::Admitted { send_by: at(second), gate: None }),
        3 => legs().prop_map(|leg| News::Placed { leg, also: None }),
        1 => Just(News::PlaceRefused { code: "21211".to_owned(), reason: cause() }),
        1 => Just(News::PlaceDeferred { why: cause(), retry_after: None }),
        1 => Just(News::PlaceInDoubt { why: cause() }),
        1 => (legs(), sightings()).prop_map(|(leg, sighting)| News::Found(Found::Leg { leg, sighting })),
        1 => Just(News::Found(Found::Nothing)),
        4 => (legs(), progress()).prop_map(|(leg, progress)| News::Progressed { leg, progress }),
        2 => legs().prop_map(|leg| News::Over { leg, ending: ending() }),
        1 => legs().prop_map(move |leg| News::Unread { leg, what: "späť \"ok\" \u{0}".to_owned() }),
        3 => (legs(), sightings()).prop_map(|(leg, sighting)| News::Sighted { leg, sighting }),
        2 => Just(News::HangUpRequested { by: EndedBy::Agent, cause: cause() }),
        1 => Just(News::AnswerRequested),
        1 => Just(News::Declined { cause: cause(), how: Decline::Reject }),
        1 => legs().prop_map(|leg| News::HangUpReplied { leg, reply: HangUpReply::Accepted }),
        2 => Just(News::CheckDue),
    ]
}

/// A few, so that calls fight over them.
fn legs() -> impl Strategy<Value = CarrierCallId> {
    (0..8_u64).prop_map(leg)
}

fn progress() -> impl Strategy<Value = Progress> {
    prop_oneof![Just(Progress::Initiated), Just(Progress::Ringing), Just(Progress::InProgress)]
}

fn sightings() -> impl Strategy<Value = Sighting> {
    let unknown = |(pause, limited): (u64, bool)| {
        Sighting::Unknown(Unknown {
            why: if limited { UnknownWhy::RateLimited } else { UnknownWhy::NotFound },
            detail: String::new(),
            retry_after: limited.then(|| Duration::from_secs(pause)),
        })
    };
    prop_oneof![
        progress().prop_map(|progress| Sighting::Live { progress, lasted: None }),
        Just(Sighting::Over(ending())),
        (0..60_u64, any::<bool>()).prop_map(unknown),
    ]
}
