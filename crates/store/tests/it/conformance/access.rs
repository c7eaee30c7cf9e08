//! Who may use the API, and what each did.

use super::Bench;
use crate::lives::{admitted, at, event, facts, hear, id};
use call::News;
use call::access::{Grant, Scope};
use call::call::Facts;
use store::{AccessLine, AccessQuery, CallQuery, DONE, KeptToken, StoreError};

fn token(name: &str) -> KeptToken {
    let grant = Grant { scopes: [Scope::Read].into(), to: Some(vec!["+1*".to_owned()]), ..Grant::default() };
    KeptToken {
        name: name.to_owned(),
        hash: format!("digest of {name}"),
        old: None,
        grant,
        created_at: at(1),
        rotated_at: None,
        expires_at: Some(at(99)),
        last_used_at: None,
    }
}

pub(crate) fn a_token_is_kept_until_it_is_taken_away(bench: &mut Bench) {
    let rotated = KeptToken {
        hash: "another".to_owned(),
        old: Some(("digest of b".to_owned(), at(7))),
        rotated_at: Some(at(5)),
        last_used_at: Some(at(6)),
        ..token("b")
    };
    bench.turn(|page| {
        page.keep_token(&token("b")).unwrap();
        page.keep_token(&token("a")).unwrap();
        page.keep_token(&rotated).unwrap();
        assert_eq!(page.token("b").unwrap(), Some(rotated.clone()));
        assert_eq!(page.token("c").unwrap(), None);
        let undone = page.within(&mut |page| {
            page.drop_token("a")?;
            Err(StoreError::Failed("on purpose".to_owned()))
        });
        assert!(undone.is_err());
    });
    assert_eq!(bench.history.tokens().unwrap(), [token("a"), rotated.clone()]);
    bench.turn(|page| page.drop_token("a").unwrap());
    assert_eq!(bench.history.tokens().unwrap(), std::slice::from_ref(&rotated));
}

fn line(second: i64, token: &str, outcome: &str) -> AccessLine {
    AccessLine {
        at: at(second),
        token: (!token.is_empty()).then(|| token.to_owned()),
        verb: "place".to_owned(),
        call: (outcome == DONE).then(|| id(7)),
        number: Some("+12025550143".to_owned()),
        outcome: outcome.to_owned(),
        address: token.is_empty().then(|| "192.0.2.7".to_owned()),
        request_id: format!("r{second}"),
    }
}

pub(crate) fn what_was_asked_for_is_read_newest_first_and_goes_when_it_is_old(bench: &mut Bench) {
    let all = [line(1, "a", DONE), line(2, "b", "OH-0004"), line(3, "", "OH-0001"), line(4, "b", DONE)];
    bench.turn(|page| all.iter().for_each(|line| page.note_access(line).unwrap()));
    let mut read = |query: AccessQuery| {
        let found = bench.history.access_lines(&AccessQuery { limit: query.limit.max(1), ..query }).unwrap();
        found.iter().map(|kept| (kept.id, kept.line.request_id.clone())).collect::<Vec<_>>()
    };
    let found = bench_all(&mut read);
    assert_eq!(names(&found), ["r4", "r3", "r2", "r1"]);
    let query = |token: Option<&str>, refused| AccessQuery {
        token: token.map(str::to_owned),
        refused,
        limit: 9,
        ..AccessQuery::default()
    };
    assert_eq!(names(&read(query(Some("b"), false))), ["r4", "r2"]);
    assert_eq!(names(&read(query(None, true))), ["r3", "r2"]);
    assert_eq!(names(&read(query(Some("b"), true))), ["r2"]);
    assert_eq!(names(&read(AccessQuery { before: Some(found[1].0), ..query(None, false) })), ["r2", "r1"]);
    assert_eq!(names(&read(AccessQuery { call: Some(id(7)), ..query(None, false) })), ["r4", "r1"]);
    assert!(read(AccessQuery { verb: Some("say".to_owned()), ..query(None, false) }).is_empty());
    bench.turn(|page| {
        assert_eq!(page.prune_access(at(4), 2).unwrap(), 2);
        assert_eq!(page.prune_access(at(4), 2).unwrap(), 1);
        assert_eq!(page.prune_access(at(4), 2).unwrap(), 0);
    });
    let left = bench.history.access_lines(&query(None, false)).unwrap();
    assert_eq!(left.into_iter().map(|kept| kept.line).collect::<Vec<_>>(), all[3..]);
}

fn bench_all(read: &mut impl FnMut(AccessQuery) -> Vec<(u64, String)>) -> Vec<(u64, String)> {
    read(AccessQuery { limit: 9, ..AccessQuery::default() })
}

fn names(found: &[(u64, String)]) -> Vec<&str> {
    found.iter().map(|(_, name)| name.as_str()).collect()
}

pub(crate) fn calls_are_told_by_the_token_that_asked_for_them(bench: &mut Bench) {
    bench.turn(|page| {
        for (n, token) in [(1, Some("a")), (2, None), (3, Some("a")), (4, Some("b"))] {
            let facts = Facts { placed_by: token.map(str::to_owned), ..facts(n, at(0)) };
            hear(page, n, &event(0, News::Asked(Box::new(facts)))).unwrap();
        }
        hear(page, 3, &admitted(1)).unwrap();
        assert_eq!(page.placed_by("a", id(0)).unwrap(), 2);
        assert_eq!(page.placed_by("a", id(2)).unwrap(), 1);
        assert_eq!(page.placed_by("c", id(0)).unwrap(), 0);
    });
    let mut read = |query: CallQuery| {
        let query = CallQuery { placed_by: Some("a".to_owned()), limit: 9, ..query };
        let found = bench.history.calls(&query).unwrap();
        found.iter().map(|kept| kept.call.facts.id).collect::<Vec<_>>()
    };
    assert_eq!(read(CallQuery::default()), [id(3), id(1)]);
    assert_eq!(read(CallQuery { before: Some(id(3)), ..CallQuery::default() }), [id(1)]);
    assert_eq!(read(CallQuery { state: Some("placing".to_owned()), ..CallQuery::default() }), [id(3)]);
    assert_eq!(read(CallQuery { unfinished: true, ..CallQuery::default() }), [id(3), id(1)]);
}
