//! What the dial gate reads and keeps.

use super::Bench;
use crate::lives::{
    admitted, asked, at, carrier, ended, ending, event, hear, id, leg, offered, progressed, them, us,
};
use call::call::{CarrierEnding, EndingKind, Progress};
use call::gate::{Decided, Listed, ListedBy, Record, Refused, Stage};
use call::{CarrierName, News, PhoneNumber};
use store::{DoNotCall, RecordQuery};

pub(crate) fn a_carrier_has_its_own_places(bench: &mut Bench) {
    bench.turn(|page| {
        hear(page, 1, &asked(1, 0)).unwrap();
        assert_eq!(page.live_at(&carrier()).unwrap(), 0, "a queued call waits for a place");
        hear(page, 1, &admitted(1)).unwrap();
        hear(page, 2, &offered(2, 1, leg(2))).unwrap();
        assert_eq!(page.live_at(&carrier()).unwrap(), 2);
        assert_eq!(page.live_at(&CarrierName("other".to_owned())).unwrap(), 0);
        hear(page, 2, &ended(3, leg(2))).unwrap();
        assert_eq!(page.live_at(&carrier()).unwrap(), 1);
    });
}

pub(crate) fn only_a_rejection_is_one(bench: &mut Bench) {
    let kinds = [EndingKind::Busy, EndingKind::Rejected, EndingKind::NoAnswer, EndingKind::Rejected];
    bench.turn(|page| {
        for (n, kind) in (1..).zip(kinds) {
            let second = i64::try_from(n).unwrap() * 10;
            hear(page, n, &asked(n, second)).unwrap();
            hear(page, n, &admitted(second)).unwrap();
            hear(page, n, &event(second, News::Placed { leg: leg(n), also: None })).unwrap();
            let ending = CarrierEnding { kind, ended_at: Some(at(second + 1)), ..ending() };
            hear(page, n, &event(second + 2, News::Over { leg: leg(n), ending })).unwrap();
        }
        assert_eq!(page.rejected_at(&them(), at(0)).unwrap(), Some(at(41)));
        assert_eq!(page.rejected_at(&them(), at(41)).unwrap(), Some(at(41)));
        assert_eq!(page.rejected_at(&them(), at(42)).unwrap(), None);
        assert_eq!(page.rejected_at(&us(), at(0)).unwrap(), None);
    });
}

pub(crate) fn begun_minutes_are_counted_for_the_day_of_the_answer(bench: &mut Bench) {
    bench.turn(|page| {
        assert!(page.minutes(at(0), at(1)).unwrap().is_empty());
        for (n, answered) in [(1, 10), (2, 100)] {
            hear(page, n, &asked(n, 0)).unwrap();
            hear(page, n, &admitted(1)).unwrap();
            hear(page, n, &progressed(answered, leg(n), Progress::InProgress)).unwrap();
        }
        hear(page, 3, &offered(3, 0, leg(3))).unwrap();
        hear(page, 3, &progressed(1, leg(3), Progress::InProgress)).unwrap();
        let ending = CarrierEnding { ended_at: Some(at(71)), ..ending() };
        hear(page, 1, &event(80, News::Over { leg: leg(1), ending })).unwrap();
        let all = page.minutes(at(0), at(100)).unwrap();
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [(carrier(), 3)], "two, and one just begun");
        assert_eq!(page.minutes(at(0), at(160)).unwrap().get(&carrier()), Some(&3));
        assert_eq!(page.minutes(at(0), at(161)).unwrap().get(&carrier()), Some(&4));
        assert_eq!(page.minutes(at(50), at(100)).unwrap().get(&carrier()), Some(&1));
    });
}

pub(crate) fn a_number_is_listed_once_and_until_it_is_taken_off(bench: &mut Bench) {
    let number = |n: u32| format!("+1202555{:04}", 100 + n).parse::<PhoneNumber>().unwrap();
    let entry = |reason: &str, call| Listed {
        at: at(5),
        by: if call { ListedBy::CalleeKey } else { ListedBy::Import },
        reason: reason.to_owned(),
        call: call.then(|| id(7)),
    };
    bench.turn(|page| {
        assert_eq!(page.listed(&number(1)).unwrap(), None);
        assert!(page.list(&number(2), &entry("asked, 'twice'", false)).unwrap());
        assert!(page.list(&number(1), &entry("", true)).unwrap());
        assert!(page.list(&number(3), &entry("", false)).unwrap());
        assert!(!page.list(&number(2), &entry("later", true)).unwrap());
        assert_eq!(page.listed(&number(2)).unwrap(), Some(entry("asked, 'twice'", false)));
    });
    let numbers = |found: Vec<DoNotCall>| found.into_iter().map(|found| found.number).collect::<Vec<_>>();
    let all = bench.history.do_not_call(None, 2).unwrap();
    assert_eq!(all[0], DoNotCall { number: number(1), entry: entry("", true) });
    assert_eq!(numbers(all), [number(1), number(2)]);
    assert_eq!(numbers(bench.history.do_not_call(Some(&number(2)), 2).unwrap()), [number(3)]);
    bench.turn(|page| {
        page.unlist(&number(2)).unwrap();
        page.unlist(&number(9)).unwrap();
    });
    assert_eq!(numbers(bench.history.do_not_call(None, 9).unwrap()), [number(1), number(3)]);
}

pub(crate) fn decisions_are_read_newest_first(bench: &mut Bench) {
    let record =
        |second, to: &str, decided| Record { at: at(second), to: to.to_owned(), call: None, decided };
    let refused = |second| {
        let refused = Refused::Emergency { to: "911".to_owned() };
        record(second, "911", Decided::Refused { stage: Stage::Order, refused })
    };
    let listed = Listed { at: at(2), by: ListedBy::Api, reason: String::new(), call: None };
    let unlisted = record(2, "+12025550123", Decided::Unlisted(listed));
    bench.turn(|page| {
        page.record(&refused(1)).unwrap();
        page.record(&unlisted).unwrap();
        page.record(&refused(3)).unwrap();
    });
    let mut read =
        |refused, before, limit| bench.history.gate_records(&RecordQuery { refused, before, limit }).unwrap();
    let all = read(false, None, 9);
    let records: Vec<_> = all.iter().map(|kept| kept.record.clone()).collect();
    assert_eq!(records, [refused(3), unlisted, refused(1)]);
    assert_eq!(read(false, Some(all[0].id), 1), all[1..2]);
    assert_eq!(read(true, None, 9), [all[0].clone(), all[2].clone()]);
    assert_eq!(read(true, Some(all[0].id), 9), all[2..]);
}
