//! What is owed, to whom, and when.

use super::Bench;
use crate::lives::{admitted, asked, at, ended, event, hear, id, leg, offered, progressed, sighted};
use call::call::{Progress, Unknown, UnknownWhy};
use call::{CallId, News, Sighting, Timestamp};
use std::time::Duration;
use store::{Kept, Page};

/// Live calls, each due ten seconds after its own second.
fn ring(bench: &mut Bench, calls: u64) {
    bench.turn(|page| {
        for n in 1..=calls {
            // The later ones are due sooner.
            hear(page, n, &offered(n, i64::try_from(calls - n).unwrap(), leg(n))).unwrap();
        }
    });
}

fn ids(kept: &[Kept]) -> Vec<CallId> {
    kept.iter().map(|kept| kept.call.facts.id).collect()
}

fn take(page: &mut dyn Page, now: Timestamp, limit: usize) -> Vec<CallId> {
    ids(&page.take_due(now, now + Duration::from_secs(30), limit).unwrap())
}

pub(crate) fn what_is_due_is_taken_once(bench: &mut Bench) {
    ring(bench, 4);
    bench.turn(|page| {
        assert_eq!(take(page, at(9), 9), []);
        assert_eq!(take(page, at(11), 9), [id(4), id(3)], "the most urgent first");
        assert_eq!(take(page, at(13), 1), [id(2)], "at most so many");
    });
    bench.turn(|page| {
        assert_eq!(take(page, at(13), 9), [id(1)]);
        assert_eq!(take(page, at(40), 9), []);
        assert_eq!(take(page, at(43), 9).len(), 4, "a lease ends by itself");
    });
    let call = bench.history.call(id(4)).unwrap().unwrap();
    assert_eq!((call.version, call.call.due_at()), (1, Some(at(10))), "the state stays as it was");
}

pub(crate) fn a_write_ends_the_lease(bench: &mut Bench) {
    ring(bench, 1);
    bench.turn(|page| {
        assert_eq!(take(page, at(10), 9), [id(1)]);
        hear(page, 1, &event(11, News::AnswerRequested)).unwrap();
        assert_eq!(take(page, at(12), 9), [id(1)], "a look verifies the answer a second later");
        hear(page, 1, &ended(12, leg(1))).unwrap();
        assert_eq!(take(page, at(9999), 9), [], "nothing is owed to a call that is over");
    });
}

pub(crate) fn what_is_owed_can_be_brought_forward(bench: &mut Bench) {
    let limited = Unknown {
        why: UnknownWhy::RateLimited,
        detail: String::new(),
        retry_after: Some(Duration::from_secs(60)),
    };
    ring(bench, 2);
    bench.turn(|page| {
        hear(page, 2, &sighted(0, leg(2), Sighting::Unknown(limited.clone()))).unwrap();
        hear(page, 3, &asked(3, 0)).unwrap();
        hear(page, 4, &offered(4, 0, leg(4))).unwrap();
        hear(page, 4, &ended(1, leg(4))).unwrap();
        // Over, but a leg of it rings: that is owed.
        hear(page, 4, &progressed(1, leg(5), Progress::Ringing)).unwrap();
        assert_eq!(take(page, at(200), 9).len(), 4, "somebody had taken them, and died");

        let owed = page.schedule().unwrap();
        let pauses: Vec<_> = owed.iter().map(|due| (due.call, due.not_before)).collect();
        let queued_aside = [(id(1), None), (id(2), Some(at(60))), (id(4), None)];
        assert_eq!(pauses, queued_aside);
        assert!(page.bring_forward(&owed[2], at(5)).unwrap());
        assert!(page.bring_forward(&owed[0], at(6)).unwrap());
        assert!(!page.bring_forward(&owed[0], at(4)).unwrap(), "it is due at another time by now");
        assert_eq!(take(page, at(5), 9), [id(4)]);
        let later: Vec<_> = page.schedule().unwrap().iter().map(|due| due.call).collect();
        assert_eq!(later, [id(1), id(4), id(2)], "the most urgent first");
        assert_eq!(take(page, at(6), 9), [id(1)]);
    });
}

/// What a call hears before somebody looks doesn't take the look away.
pub(crate) fn what_was_brought_forward_stays_so_until_the_call_has_another_time(bench: &mut Bench) {
    ring(bench, 1);
    bench.turn(|page| {
        let owed = page.schedule().unwrap();
        assert!(page.bring_forward(&owed[0], at(1)).unwrap());
        hear(page, 1, &event(1, News::Unread { leg: leg(1), what: "a word".to_owned() })).unwrap();
        assert_eq!(page.schedule().unwrap()[0].due_at, at(1));

        hear(page, 1, &sighted(2, leg(1), Sighting::Live { progress: Progress::Ringing, lasted: None }))
            .unwrap();
        let due_at = page.call(id(1)).unwrap().unwrap().call.due_at();
        assert_eq!(page.schedule().unwrap()[0].due_at, due_at.unwrap());
        assert!(due_at.unwrap() > at(2));
        hear(page, 1, &ended(3, leg(1))).unwrap();
        assert_eq!(page.schedule().unwrap(), []);
    });
}

pub(crate) fn a_start_says_what_it_found(bench: &mut Bench) {
    assert_eq!(bench.history.recovered(9).unwrap(), (None, Vec::new()));
    ring(bench, 2);
    bench.hear(3, &asked(3, 0));
    bench.hear(4, &offered(4, 0, leg(4)));
    bench.hear(4, &ended(1, leg(4)));
    bench.turn(|page| assert_eq!(page.note_start(at(7)).unwrap(), 3));
    bench.hear(1, &ended(8, leg(1)));

    let (started, found) = bench.history.recovered(9).unwrap();
    assert_eq!(started, Some(at(7)));
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.kept.call.facts.id, &*one.believed, one.version, one.kept.version))
        .collect();
    assert_eq!(told, [(id(1), "offered", 1, 2), (id(2), "offered", 1, 1), (id(3), "queued", 1, 1)]);
    assert!(found[0].kept.call.state.is_ended());
    assert_eq!(bench.history.recovered(1).unwrap().1.len(), 1);

    bench.hear(3, &admitted(9));
    bench.turn(|page| assert_eq!(page.note_start(at(10)).unwrap(), 2));
    let (started, found) = bench.history.recovered(9).unwrap();
    assert_eq!((started, found.len()), (Some(at(10)), 2), "in place of what the last start noted");
    assert_eq!(found[1].believed, "placing");
}
