//! Turns, versions, and who owns what.

use super::{Bench, failure};
use crate::lives::{admitted, asked, at, carrier, ended, event, facts, hear, id, leg, next, offered};
use call::News;
use call::call::{Facts, Progress};
use store::{Kept, KeyUse, StoreError};

pub(crate) fn a_turn_that_fails_never_happened(bench: &mut Bench) {
    let failed = bench.store.turn(&mut |page| {
        hear(page, 1, &asked(1, 0))?;
        page.set_setting("paused", Some("yes"))?;
        Err(failure())
    });
    assert!(matches!(failed, Err(StoreError::Failed(_))));
    assert_eq!(bench.history.call(id(1)).unwrap(), None);
    assert_eq!(bench.history.setting("paused").unwrap(), None);
    assert_eq!(bench.history.events(id(1), 0, 9).unwrap(), []);
}

pub(crate) fn one_bad_event_does_not_undo_its_neighbours(bench: &mut Bench) {
    bench.turn(|page| {
        page.within(&mut |page| hear(page, 1, &asked(1, 0))).unwrap();
        let failed = page.within(&mut |page| {
            hear(page, 2, &asked(2, 0))?;
            page.within(&mut |page| hear(page, 3, &asked(3, 0)))?;
            Err(failure())
        });
        assert!(matches!(failed, Err(StoreError::Failed(_))));
        page.within(&mut |page| hear(page, 4, &asked(4, 0))).unwrap();
    });
    let kept = |bench: &mut Bench, n| bench.history.call(id(n)).unwrap().is_some();
    assert_eq!([1, 2, 3, 4].map(|n| kept(bench, n)), [true, false, false, true]);
}

pub(crate) fn a_turn_may_be_refused_whole_after_something_went_well_within_it(bench: &mut Bench) {
    let failed = bench.store.turn(&mut |page| {
        page.within(&mut |page| hear(page, 1, &asked(1, 0)))?;
        Err(failure())
    });
    assert!(failed.is_err());
    assert_eq!(bench.history.call(id(1)).unwrap(), None);
}

pub(crate) fn a_stale_version_is_a_conflict(bench: &mut Bench) {
    bench.hear(1, &asked(1, 0));
    bench.hear(1, &admitted(1));
    let call = bench.history.call(id(1)).unwrap().unwrap().call;
    let of = |version| Kept { call: call.clone(), version };
    bench.turn(|page| {
        for stale in [None, Some(of(0)), Some(of(1)), Some(of(3))] {
            let refused = page.write(&call, &event(2, News::CheckDue), stale.as_ref());
            assert!(matches!(refused, Err(StoreError::Conflict(_))), "{stale:?}: {refused:?}");
        }
        page.write(&call, &event(2, News::CheckDue), Some(&of(2))).unwrap();
    });
    assert_eq!(bench.history.call(id(1)).unwrap().unwrap().version, 3);
    assert_eq!(bench.history.events(id(1), 0, 9).unwrap().len(), 3);
}

/// Even where nobody wrapped it in `within`.
pub(crate) fn a_refused_write_leaves_nothing_behind(bench: &mut Bench) {
    bench.hear(1, &offered(1, 0, leg(1)));
    bench.turn(|page| {
        let thief = offered(2, 0, leg(1));
        assert!(matches!(page.write(&next(None, &thief), &thief, None), Err(StoreError::Conflict(_))));
    });
    assert_eq!(bench.history.call(id(2)).unwrap(), None);
    assert_eq!(bench.history.events(id(2), 0, 9).unwrap(), []);
}

pub(crate) fn a_leg_belongs_to_one_call(bench: &mut Bench) {
    bench.hear(1, &offered(1, 0, leg(1)));
    let stolen = bench.store.turn(&mut |page| hear(page, 2, &offered(2, 0, leg(1))));
    assert!(matches!(stolen, Err(StoreError::Conflict(_))), "{stolen:?}");
    bench.turn(|page| {
        assert_eq!(page.call_by_leg(&carrier(), &leg(1)).unwrap(), Some(id(1)));
        assert_eq!(page.call_by_leg(&carrier(), &leg(2)).unwrap(), None);
        let other = call::CarrierName("telnyx".to_owned());
        assert_eq!(page.call_by_leg(&other, &leg(1)).unwrap(), None);
    });
}

pub(crate) fn a_leg_is_remembered_when_its_call_is_over(bench: &mut Bench) {
    bench.hear(1, &asked(1, 0));
    bench.hear(1, &admitted(1));
    bench.hear(1, &event(2, News::Placed { leg: leg(1), also: None }));
    // A second leg under our mark: a stray, hung up until it is over, and then forgotten by the call.
    bench.hear(1, &event(3, News::Progressed { leg: leg(2), progress: Progress::Ringing }));
    assert_eq!(bench.history.call(id(1)).unwrap().unwrap().call.strays.len(), 1);
    bench.hear(1, &ended(4, leg(2)));
    bench.hear(1, &ended(5, leg(1)));
    assert!(bench.history.call(id(1)).unwrap().unwrap().call.strays.is_empty());
    bench.turn(|page| {
        assert_eq!(page.call_by_leg(&carrier(), &leg(1)).unwrap(), Some(id(1)));
        assert_eq!(page.call_by_leg(&carrier(), &leg(2)).unwrap(), Some(id(1)));
    });
}

pub(crate) fn an_import_happens_once(bench: &mut Bench) {
    let import = |n| {
        let facts = Facts { imported_id: Some("old-7".to_owned()), ..facts(n, at(0)) };
        let state = next(None, &asked(n, 0)).state;
        event(0, News::Imported(Box::new(facts), Box::new(state)))
    };
    bench.hear(1, &import(1));
    let again = bench.store.turn(&mut |page| hear(page, 2, &import(2)));
    assert!(matches!(again, Err(StoreError::Conflict(_))), "{again:?}");
    bench.turn(|page| {
        assert_eq!(page.call_by_imported_id("old-7").unwrap(), Some(id(1)));
        assert_eq!(page.call_by_imported_id("old-8").unwrap(), None);
    });
}

pub(crate) fn a_key_is_used_once(bench: &mut Bench) {
    let used = KeyUse { call: id(1), digest: "d1".to_owned() };
    bench.turn(|page| {
        assert_eq!(page.key_use("k").unwrap(), None);
        // Before the call is there: the order within a turn is the engine's business.
        page.keep_key("k", &used, at(0)).unwrap();
        hear(page, 1, &asked(1, 0)).unwrap();
        assert_eq!(page.key_use("k").unwrap(), Some(used.clone()));
    });
    let other = KeyUse { call: id(2), digest: "d2".to_owned() };
    let again = bench.store.turn(&mut |page| page.keep_key("k", &other, at(1)));
    assert!(matches!(again, Err(StoreError::Conflict(_))));
    bench.turn(|page| assert_eq!(page.key_use("k").unwrap(), Some(used.clone())));
}

pub(crate) fn nobody_sees_what_is_not_committed(bench: &mut Bench) {
    let Bench { store, history, .. } = bench;
    store
        .turn(&mut |page| {
            hear(page, 1, &asked(1, 0))?;
            assert!(page.call(id(1))?.is_some());
            assert_eq!(history.call(id(1))?, None);
            assert_eq!(history.census()?, []);
            Ok(())
        })
        .unwrap();
    assert!(history.call(id(1)).unwrap().is_some());
}
