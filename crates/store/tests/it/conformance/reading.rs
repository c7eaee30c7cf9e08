//! What the surfaces read.

use super::{Bench, failure};
use crate::lives::{admitted, asked, at, ended, event, hear, id, leg, offered};
use call::call::Direction;
use call::dialogue::Speaker;
use call::{CallId, News};
use store::{CallQuery, CallSearch, LogSpan};

pub(crate) fn calls_are_listed_newest_first(bench: &mut Bench) {
    bench.turn(|page| {
        for n in 1..=6 {
            hear(page, n, &offered(n, 0, leg(n))).unwrap();
        }
        hear(page, 2, &ended(1, leg(2))).unwrap();
        hear(page, 5, &ended(1, leg(5))).unwrap();
        hear(page, 4, &event(1, News::AnswerRequested)).unwrap();
    });
    let mut list = |unfinished, state: Option<&str>, before: Option<u64>, limit| -> Vec<CallId> {
        let query = CallQuery {
            unfinished,
            state: state.map(str::to_owned),
            before: before.map(id),
            limit,
            placed_by: None,
        };
        bench.history.calls(&query).unwrap().iter().map(|kept| kept.call.facts.id).collect()
    };
    assert_eq!(list(false, None, None, 9), [6, 5, 4, 3, 2, 1].map(id));
    assert_eq!(list(false, None, Some(5), 2), [4, 3].map(id));
    assert_eq!(list(true, None, None, 9), [6, 4, 3, 1].map(id));
    assert_eq!(list(true, None, Some(6), 2), [4, 3].map(id));
    assert_eq!(list(false, Some("ended"), None, 9), [5, 2].map(id));
    assert_eq!(list(false, Some("ended"), Some(5), 9), [2].map(id));
    assert_eq!(list(true, Some("ended"), None, 9), []);
    assert_eq!(list(false, Some("answering"), None, 9), [4].map(id));
    assert_eq!(list(true, Some("offered"), Some(6), 1), [3].map(id));
    assert_eq!(list(false, Some("no such word"), None, 9), []);
    assert_eq!(list(false, None, None, 0), []);
}

pub(crate) fn calls_are_searched_by_what_they_are_like(bench: &mut Bench) {
    bench.turn(|page| {
        // In another order than that of their names, as imported ones are.
        for (n, second) in [(1, 60), (2, 10), (3, 30), (4, 30)] {
            hear(page, n, &offered(n, second, leg(n))).unwrap();
        }
        for (n, second) in [(5, 40), (6, 50)] {
            hear(page, n, &asked(n, second)).unwrap();
        }
        hear(page, 3, &ended(61, leg(3))).unwrap();
        hear(page, 4, &event(62, News::AnswerRequested)).unwrap();
        let said = News::Spoken {
            by: Speaker::Remote,
            text: "Eine Brücke, \"bitte\"".to_owned(),
            after_ms: None,
            waits: None,
            talk_over_ms: None,
            vendors: None,
        };
        hear(page, 4, &event(63, said)).unwrap();
    });
    let all = || CallSearch { limit: 9, ..CallSearch::default() };
    let some = |text: &str| Some(text.to_owned());
    let mut find = |wanted: CallSearch| -> (Vec<CallId>, Option<CallId>) {
        let found = bench.history.search(&wanted).unwrap();
        (found.calls.iter().map(|kept| kept.call.facts.id).collect(), found.next)
    };
    let ids = |all: &[u64]| all.iter().copied().map(id).collect::<Vec<_>>();
    assert_eq!(find(all()), (ids(&[1, 6, 5, 4, 3, 2]), None), "the newest first");
    for (wanted, expected) in [
        (CallSearch { since: Some(at(30)), until: Some(at(60)), ..all() }, &[6, 5, 4, 3][..]),
        (CallSearch { direction: Some(Direction::Outbound), ..all() }, &[6, 5]),
        (CallSearch { to: some("+12025550123"), ..all() }, &[6, 5]),
        (CallSearch { to: some("+12025550100"), from: some("+12025550123"), ..all() }, &[1, 4, 3, 2]),
        (CallSearch { to: some("+12025550100"), from: some("+12025550100"), ..all() }, &[]),
        (CallSearch { from: some("+12025550123"), since: Some(at(30)), ..all() }, &[1, 4, 3]),
        (CallSearch { number: some("+12025550123"), ..all() }, &[1, 6, 5, 4, 3, 2]),
        (CallSearch { number: some("+12025550123"), from: some("+12025550123"), ..all() }, &[1, 4, 3, 2]),
        (CallSearch { number: some("+12025550123"), until: Some(at(50)), ..all() }, &[5, 4, 3, 2]),
        (CallSearch { number: some("+12025550144"), ..all() }, &[]),
        (CallSearch { state: some("ended"), ..all() }, &[3]),
        (CallSearch { ending: some("completed"), ..all() }, &[3]),
        (CallSearch { ending: some("busy"), ..all() }, &[]),
        (CallSearch { unfinished: true, state: some("answering"), ..all() }, &[4]),
        (CallSearch { carrier: some("twilio"), unfinished: true, ..all() }, &[1, 6, 5, 4, 2]),
        (CallSearch { carrier: some("elsewhere"), ..all() }, &[]),
        (CallSearch { agent: some("clerk"), ..all() }, &[]),
        (CallSearch { said: some("eine BRÜCKE, \"b"), ..all() }, &[4]),
        (CallSearch { said: some("remote"), ..all() }, &[]),
        (CallSearch { said: some("your table"), direction: Some(Direction::Outbound), ..all() }, &[6, 5]),
    ] {
        assert_eq!(find(wanted.clone()), (ids(expected), None), "{wanted:?}");
    }
    for number in [None, some("+12025550123")] {
        let (mut after, mut told) = (None, Vec::new());
        loop {
            let (calls, next) = find(CallSearch { number: number.clone(), after, limit: 2, ..all() });
            told.extend(calls);
            after = next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(told, ids(&[1, 6, 5, 4, 3, 2]), "page by page, also among calls of one time");
    }
}

pub(crate) fn a_log_is_read_in_pages(bench: &mut Bench) {
    let lines =
        [asked(1, 0), admitted(1), event(2, News::Placed { leg: leg(1), also: None }), ended(3, leg(1))];
    for line in &lines {
        bench.hear(1, line);
    }
    bench.hear(2, &asked(2, 0));
    let log = bench.history.events(id(1), 0, 99).unwrap();
    assert_eq!(log.iter().map(|line| line.version).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(log.iter().map(|line| line.event.clone()).collect::<Vec<_>>(), lines);
    assert_eq!(bench.history.events(id(1), 1, 2).unwrap(), log[1..3]);
    assert_eq!(bench.history.events(id(1), 4, 2).unwrap(), []);
    assert_eq!(bench.history.events(id(9), 0, 2).unwrap(), []);
}

pub(crate) fn the_log_of_all_calls_is_followed(bench: &mut Bench) {
    assert_eq!(bench.history.log_span().unwrap(), LogSpan::default());
    bench.hear(1, &asked(1, 0));
    bench.turn(|page| {
        hear(page, 2, &asked(2, 1)).unwrap();
        hear(page, 1, &admitted(2)).unwrap();
    });
    let lines = bench.history.log(None, 0, 99).unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.call, line.kept.version)).collect();
    assert_eq!(told, [(id(1), 1), (id(2), 1), (id(1), 2)]);
    assert_eq!(lines[1].kept.event, asked(2, 1));
    let span = bench.history.log_span().unwrap();
    assert_eq!(span, LogSpan { oldest: lines[0].place, newest: lines[2].place });
    assert_eq!(bench.history.log(None, lines[0].place, 1).unwrap(), lines[1..2]);
    assert_eq!(bench.history.log(Some(id(1)), 0, 99).unwrap(), [lines[0].clone(), lines[2].clone()]);
    assert_eq!(bench.history.log(Some(id(1)), lines[0].place, 99).unwrap(), lines[2..]);
    assert_eq!(bench.history.log(None, span.newest, 99).unwrap(), []);
    // What did not happen has no place that anybody saw.
    bench
        .store
        .turn(&mut |page| {
            hear(page, 3, &asked(3, 3))?;
            Err(failure())
        })
        .unwrap_err();
    assert_eq!(bench.history.log_span().unwrap(), span);
    bench.hear(2, &admitted(4));
    let after = bench.history.log(None, span.newest, 99).unwrap();
    assert_eq!(after.iter().map(|line| (line.call, line.kept.version)).collect::<Vec<_>>(), [(id(2), 2)]);
}

pub(crate) fn a_place_in_the_log_is_never_given_again(bench: &mut Bench) {
    bench.turn(|page| {
        hear(page, 1, &offered(1, 0, leg(1))).unwrap();
        hear(page, 1, &ended(1, leg(1))).unwrap();
    });
    let span = bench.history.log_span().unwrap();
    bench.turn(|page| while page.prune(id(9), 99).unwrap() > 0 {});
    assert_eq!(bench.history.log(None, 0, 99).unwrap(), []);
    assert_eq!(bench.history.log_span().unwrap(), LogSpan { oldest: 0, newest: span.newest });
    bench.hear(2, &asked(2, 0));
    assert_eq!(bench.history.log(None, span.newest, 99).unwrap().len(), 1);
}
