//! Old calls are taken out: those that are over and of which nothing is owed, and no others.

use super::Bench;
use crate::lives::{asked, at, carrier, ended, event, id, leg, next, offered, them};
use call::News;
use call::call::{Stray, Watch};
use store::{CallQuery, KeyUse};

impl Bench {
    /// Prunes to the end, and returns in how many steps.
    fn prune(&mut self, before: u64, lines_max: usize) -> usize {
        for n_steps in 0..1_000 {
            let mut n_lines = 0;
            self.turn(|page| n_lines = page.prune(id(before), lines_max).unwrap());
            if n_lines == 0 {
                return n_steps;
            }
        }
        panic!("it has no end");
    }

    fn over(&mut self, n: u64) {
        self.hear(n, &offered(n, 0, leg(n)));
        self.hear(n, &ended(5, leg(n)));
    }

    fn left(&mut self) -> Vec<u64> {
        let query = CallQuery { limit: 99, ..CallQuery::default() };
        let calls = self.history.calls(&query).unwrap();
        let name = |n: &u64| calls.iter().any(|kept| kept.call.facts.id == id(*n));
        (1..30).filter(name).collect()
    }
}

/// Those that live, that have strays, and that are younger stay, whole.
pub(crate) fn what_is_over_and_old_goes(bench: &mut Bench) {
    for n in [1, 2, 4, 6, 7] {
        bench.over(n);
    }
    bench.hear(3, &offered(3, 0, leg(3)));
    let born = offered(5, 0, leg(5));
    let mut call = next(Some(&next(None, &born)), &ended(5, leg(5)));
    let watch = Watch { due_at: at(60), not_before: None, blind: 0 };
    call.strays = vec![Stray { leg: leg(50), since: at(5), failed: 0, missing: 0, watch }];
    bench.turn(|page| page.write(&call, &born, None).unwrap());
    bench.turn(|page| {
        page.note_start(at(9)).unwrap();
    });

    bench.prune(7, 64);

    assert_eq!(bench.left(), [3, 5, 7]);
    assert_eq!(bench.history.events(id(1), 0, 9).unwrap(), []);
    assert_eq!(bench.history.events(id(3), 0, 9).unwrap().len(), 1);
    assert_eq!(bench.history.events(id(7), 0, 9).unwrap().len(), 2);
    assert_eq!(bench.history.unheard().unwrap().0, 1, "what the start found is still told");
    assert_eq!(bench.prune(7, 64), 0);
}

/// A step is bounded by lines, however long one log is; until its last line goes a call is there.
pub(crate) fn old_calls_go_in_small_steps(bench: &mut Bench) {
    bench.hear(1, &offered(1, 0, leg(1)));
    for second in 1..20 {
        let news = News::Unread { leg: leg(1), what: "?".to_owned() };
        bench.hear(1, &event(second, news));
    }
    bench.hear(1, &ended(20, leg(1)));
    (2..=9).for_each(|n| bench.over(n));
    bench.turn(|page| assert_eq!(page.prune(id(10), 8).unwrap(), 8));
    assert_eq!(bench.left().len(), 9, "the first is not gone yet");
    assert_eq!(bench.history.events(id(1), 0, 99).unwrap().len(), 13);
    assert!(bench.prune(10, 8) >= 4);
    assert!(bench.left().is_empty());
}

/// A late webhook, a repeated order: what names a call outlives it.
pub(crate) fn what_names_a_call_outlives_it(bench: &mut Bench) {
    bench.over(1);
    let used = KeyUse { call: id(1), digest: "d".to_owned() };
    bench.turn(|page| page.keep_key("key", &used, at(0)).unwrap());
    bench.hear(2, &asked(2, 0));
    bench.prune(9, 64);
    bench.turn(|page| {
        assert_eq!(page.call(id(1)).unwrap(), None);
        assert_eq!(page.call_by_leg(&carrier(), &leg(1)).unwrap(), Some(id(1)));
        assert_eq!(page.key_use("key").unwrap().as_ref(), Some(&used));
        assert_eq!(page.attempts(&them(), at(0)).unwrap(), 1);
    });
}

/// A step that fails takes nothing out.
pub(crate) fn a_step_that_fails_takes_nothing_out(bench: &mut Bench) {
    (1..=3).for_each(|n| bench.over(n));
    let failed = bench.store.turn(&mut |page| {
        page.prune(id(9), 5)?;
        Err(super::failure())
    });
    assert!(failed.is_err());
    assert_eq!(bench.left(), [1, 2, 3]);
    assert_eq!(bench.history.events(id(1), 0, 9).unwrap().len(), 2);
}

/// Which call a bound on their number leaves last.
pub(crate) fn the_nth_newest_call_is_known(bench: &mut Bench) {
    (1..=3).for_each(|n| bench.over(n));
    let found: Vec<_> = (0..5).map(|n| bench.history.nth_newest(n).unwrap()).collect();
    assert_eq!(found, [Some(id(3)), Some(id(3)), Some(id(2)), Some(id(1)), None]);
}
