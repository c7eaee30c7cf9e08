//! What admission counts, and what it remembers.

use super::Bench;
use crate::lives::{
    admitted, asked, at, carrier, ended, event, facts, hear, id, leg, next, offered, progressed, them, us,
};
use call::call::{EndedBy, Facts, Found, Progress};
use call::{CarrierName, News, Timestamp};
use std::time::Duration;
use store::{Page, Stretches, Tally};

pub(crate) fn queued_calls_come_oldest_first(bench: &mut Bench) {
    bench.turn(|page| {
        for n in [3, 1, 2, 4] {
            hear(page, n, &asked(n, 0)).unwrap();
        }
        hear(page, 2, &admitted(1)).unwrap();
        hear(page, 5, &offered(5, 0, leg(5))).unwrap();
        let ids =
            |limit| page.queued(limit).unwrap().iter().map(|kept| kept.call.facts.id).collect::<Vec<_>>();
        let mut ids = ids;
        assert_eq!(ids(9), [id(1), id(3), id(4)]);
        assert_eq!(ids(2), [id(1), id(3)]);
    });
}

pub(crate) fn only_live_calls_take_up_a_place(bench: &mut Bench) {
    let hang_up =
        |second| event(second, News::HangUpRequested { by: EndedBy::Agent, cause: "done".to_owned() });
    bench.turn(|page| {
        assert_eq!(page.live().unwrap(), 0);
        hear(page, 1, &asked(1, 0)).unwrap();
        assert_eq!(page.live().unwrap(), 0, "a queued call waits for a place");
        hear(page, 1, &admitted(1)).unwrap();
        hear(page, 2, &offered(2, 1, leg(2))).unwrap();
        assert_eq!(page.live().unwrap(), 2);
        hear(page, 2, &hang_up(2)).unwrap();
        assert_eq!(page.live().unwrap(), 2, "what is to end is not over");
        hear(page, 2, &ended(3, leg(2))).unwrap();
        assert_eq!(page.live().unwrap(), 1);
    });
    assert_eq!(bench.history.census().unwrap(), [("placing".to_owned(), 1)]);
}

pub(crate) fn placements_are_counted_by_their_numbers(bench: &mut Bench) {
    bench.turn(|page| {
        hear(page, 1, &asked(1, 0)).unwrap();
        assert_eq!(page.placing_between(&us(), &them()).unwrap(), 0);
        hear(page, 1, &admitted(1)).unwrap();
        assert_eq!(page.placing_between(&us(), &them()).unwrap(), 1);
        assert_eq!(page.placing_between(&them(), &us()).unwrap(), 0);
        hear(page, 1, &event(2, News::Placed { leg: leg(1), also: None })).unwrap();
        assert_eq!(page.placing_between(&us(), &them()).unwrap(), 0);
    });
}

pub(crate) fn calls_of_a_single_name_are_counted_by_their_numbers(bench: &mut Bench) {
    bench.turn(|page| {
        hear(page, 1, &asked(1, 0)).unwrap();
        hear(page, 1, &admitted(1)).unwrap();
        assert_eq!(page.named_once_between(&us(), &them(), Timestamp(0)).unwrap(), 0);
        hear(page, 1, &event(2, News::Placed { leg: leg(1), also: None })).unwrap();
        let made = page.call(id(1)).unwrap().unwrap().call.facts.created_at;
        assert_eq!(page.named_once_between(&us(), &them(), made).unwrap(), 1);
        assert_eq!(page.named_once_between(&them(), &us(), made).unwrap(), 0);
        let later = Timestamp(made.0 + 1);
        assert_eq!(page.named_once_between(&us(), &them(), later).unwrap(), 0);
        hear(page, 1, &event(3, News::Named { leg: leg(11), was: leg(1) })).unwrap();
        assert_eq!(page.named_once_between(&us(), &them(), made).unwrap(), 0, "it has two names");
    });
    bench.turn(|page| {
        hear(page, 2, &asked(2, 4)).unwrap();
        hear(page, 2, &admitted(5)).unwrap();
        hear(page, 2, &event(6, News::Placed { leg: leg(2), also: None })).unwrap();
        assert_eq!(page.named_once_between(&us(), &them(), Timestamp(0)).unwrap(), 1);
        hear(page, 2, &ended(7, leg(2))).unwrap();
        assert_eq!(page.named_once_between(&us(), &them(), Timestamp(0)).unwrap(), 0, "it is over");
    });
}

pub(crate) fn calls_that_were_given_up_are_counted_by_their_numbers(bench: &mut Bench) {
    let given_up = |page: &mut dyn Page| page.given_up_between(&us(), &them(), Timestamp(0)).unwrap();
    bench.turn(|page| {
        hear(page, 1, &asked(1, 0)).unwrap();
        hear(page, 1, &admitted(1)).unwrap();
        hear(page, 1, &event(2, News::PlaceInDoubt { why: "it broke".to_owned() })).unwrap();
        assert_eq!(given_up(page), 0, "it is sought");
        for second in 0..60 {
            hear(page, 1, &event(600 + 60 * second, News::Found(Found::Nothing))).unwrap();
        }
        assert_eq!(given_up(page), 1);
        let made = page.call(id(1)).unwrap().unwrap().call.facts.created_at;
        assert_eq!(page.given_up_between(&them(), &us(), made).unwrap(), 0);
        assert_eq!(page.given_up_between(&us(), &them(), made).unwrap(), 1);
        assert_eq!(page.given_up_between(&us(), &them(), Timestamp(made.0 + 1)).unwrap(), 0);
    });
    bench.turn(|page| {
        hear(page, 2, &asked(2, 4)).unwrap();
        hear(page, 2, &admitted(5)).unwrap();
        hear(page, 2, &event(6, News::Placed { leg: leg(2), also: None })).unwrap();
        hear(page, 2, &ended(7, leg(2))).unwrap();
        assert_eq!(given_up(page), 1, "of the second its end is known");
    });
}

pub(crate) fn attempts_are_counted_whatever_became_of_them(bench: &mut Bench) {
    bench.turn(|page| {
        for n in 1..=3 {
            hear(page, n, &asked(n, i64::try_from(n).unwrap())).unwrap();
        }
        hear(page, 1, &event(4, News::HangUpRequested { by: EndedBy::Agent, cause: "done".to_owned() }))
            .unwrap();
        hear(page, 4, &offered(4, 4, leg(4))).unwrap();
        let imported = Facts { imported_id: Some("old".to_owned()), ..facts(5, at(5)) };
        let state = next(None, &asked(5, 5)).state;
        hear(page, 5, &event(5, News::Imported(Box::new(imported), Box::new(state)))).unwrap();
        assert_eq!(page.attempts(&them(), at(0)).unwrap(), 3);
        assert_eq!(page.attempts(&them(), at(2)).unwrap(), 2);
        assert_eq!(page.attempts(&them(), at(4)).unwrap(), 0);
        assert_eq!(page.attempts(&us(), at(0)).unwrap(), 0);
    });
}

pub(crate) fn a_carrier_is_paced(bench: &mut Bench) {
    bench.turn(|page| {
        assert_eq!(page.next_dial_at(&carrier()).unwrap(), Timestamp(0));
        page.set_next_dial_at(&carrier(), at(1)).unwrap();
        page.set_next_dial_at(&carrier(), at(2)).unwrap();
    });
    bench.turn(|page| {
        assert_eq!(page.next_dial_at(&carrier()).unwrap(), at(2));
        assert_eq!(page.next_dial_at(&CarrierName("telnyx".to_owned())).unwrap(), Timestamp(0));
    });
}

pub(crate) fn a_setting_is_kept_until_it_is_taken_away(bench: &mut Bench) {
    bench.turn(|page| {
        assert_eq!(page.setting("paused").unwrap(), None);
        page.set_setting("paused", Some("by hand")).unwrap();
        page.set_setting("paused", Some("by hand, 'again'")).unwrap();
    });
    assert_eq!(bench.history.setting("paused").unwrap().as_deref(), Some("by hand, 'again'"));
    bench.turn(|page| {
        assert_eq!(page.setting("paused").unwrap().as_deref(), Some("by hand, 'again'"));
        page.set_setting("paused", None).unwrap();
        page.set_setting("never set", None).unwrap();
    });
    assert_eq!(bench.history.setting("paused").unwrap(), None);
}

/// Four calls: one that was asked for before, one that talked for 70 s, one that still talks, and a caller.
fn four_calls(page: &mut dyn Page) {
    for (n, second) in [(1, 50), (2, 100), (3, 160)] {
        hear(page, n, &asked(n, second)).unwrap();
        hear(page, n, &admitted(second)).unwrap();
        hear(page, n, &progressed(second + 10, leg(n), Progress::InProgress)).unwrap();
    }
    hear(page, 2, &ended(180, leg(2))).unwrap();
    hear(page, 4, &offered(4, 170, leg(4))).unwrap();
}

pub(crate) fn calls_are_counted_by_the_stretch_in_which_they_began(bench: &mut Bench) {
    bench.turn(|page| four_calls(page));
    let stretches = Stretches { from: at(100), each: Duration::from_secs(60), n: 2 };
    let tallies = bench.history.tallies(&stretches, at(200)).unwrap();
    let tally = |stretch, outbound, ending: Option<&str>, n_answered, talked_s, minutes| Tally {
        stretch,
        outbound,
        carrier: carrier(),
        ending: ending.map(str::to_owned),
        n_calls: 1,
        n_answered,
        talked: Duration::from_secs(talked_s),
        minutes,
    };
    let expected = [
        tally(0, true, Some("completed"), 1, 70, 2),
        tally(1, false, None, 0, 0, 0),
        tally(1, true, None, 1, 30, 1),
    ];
    assert_eq!(tallies, expected);
    let later = Stretches { from: at(1000), ..stretches };
    assert_eq!(bench.history.tallies(&later, at(2000)).unwrap(), []);
}

pub(crate) fn answered_calls_of_a_stretch_are_read_newest_first(bench: &mut Bench) {
    bench.turn(|page| four_calls(page));
    let mut ids = |from, until, limit| -> Vec<_> {
        let found = bench.history.answered(at(from), at(until), limit).unwrap();
        found.iter().map(|kept| kept.call.facts.id).collect()
    };
    assert_eq!(ids(0, 1000, 9), [id(3), id(2), id(1)]);
    assert_eq!(ids(0, 1000, 2), [id(3), id(2)]);
    assert_eq!(ids(50, 160, 9), [id(2), id(1)]);
}
